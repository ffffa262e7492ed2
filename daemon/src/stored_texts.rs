//! Texts with places that a version with other limits has stored and this one can't read: nobody gets them, so somebody is told
//! which they are. Each campaign and each list of quick replies says so too; this is for who does not look there.

use mychatflow_data::model::campaign::{Campaign, CampaignState};
use mychatflow_data::model::quick_reply::QuickReplyState;
use mychatflow_data::model::variant;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::quick_replies::QuickReplyFilter;

use crate::chain::chain;
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::flow::template;
use crate::instances::notice;
use crate::renders::RenderError;

/// How many texts of one business are named.
const NAMED_MAX: usize = 5;
/// How many are looked at, of each kind.
const LOOKED_AT_MAX: i64 = 10_000;

/// Tells of every text that can't be read, one notice a business.
///
/// # Errors
/// What the store says.
pub async fn tell_unreadable(cx: &Cx) -> Result<(), StoreError> {
    for tenant in cx.store.tenants().await? {
        let tenant = cx.store.tenant(tenant.id).await?;
        let found = unreadable(cx, &tenant).await?;
        if found.is_empty() {
            continue;
        }
        let more = match found.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        let named: Vec<String> = found.into_iter().take(NAMED_MAX).collect();
        let text = format!("texts that can't be read any more: {}{more}", named.join("; "));
        tracing::warn!(tenant.id = %tenant.id(), "some stored texts can't be read any more: a notice names them");
        notice(cx, &tenant, "warning", &text);
    }
    Ok(())
}

/// What can't be read of a business, each with what to do.
async fn unreadable(cx: &Cx, tenant: &TenantStore) -> Result<Vec<String>, StoreError> {
    let filter = QuickReplyFilter { state: Some(QuickReplyState::Active), ..QuickReplyFilter::default() };
    let replies = tenant.quick_replies_like(filter, None, LOOKED_AT_MAX).await?;
    let mut found = Vec::new();
    let of_replies = cx.renders.each(tenant.id(), replies, |reply| {
        let why = template::check_if_filled_in(&reply.text).err()?;
        let label = clean_line(&reply.label);
        Some(format!("the quick reply {label}, which the assistant is not told: {why}; mychatflow quick-reply edit"))
    });
    found.extend(kept(of_replies.await));
    for state in [CampaignState::Draft, CampaignState::Scheduled, CampaignState::Running, CampaignState::Paused] {
        let campaigns = tenant.campaigns(Some(state), None, LOOKED_AT_MAX, cx.now()).await?;
        let campaigns = campaigns.into_iter().map(|progress| progress.campaign);
        let of_campaigns = cx.renders.each(tenant.id(), campaigns, |campaign| {
            let problem = problem(&campaign)?;
            Some(format!("the campaign {}: {problem}", clean_line(&campaign.name)))
        });
        found.extend(kept(of_campaigns.await));
    }
    Ok(found)
}

fn kept(made: Result<Vec<Option<String>>, RenderError>) -> Vec<String> {
    match made {
        Ok(found) => found.into_iter().flatten().collect(),
        Err(error) => {
            tracing::warn!(error = chain(&error), "the stored texts could not be looked through");
            Vec::new()
        }
    }
}

/// Which text of a campaign can give nobody a message, why, and what to do.
#[must_use]
pub fn problem(campaign: &Campaign) -> Option<String> {
    let texts = std::iter::once(&campaign.text).chain(&campaign.variants).enumerate();
    let (place, why) = texts.filter_map(|(place, text)| Some((place, template::check(text).err()?))).next()?;
    let which = if campaign.texts() == 1 { "its text".to_owned() } else { format!("text {}", variant::label(place)) };
    let remedy = match campaign.state {
        CampaignState::Draft => "write it anew: mychatflow campaign edit",
        _ => "copy it and write the text of the copy anew: mychatflow campaign clone",
    };
    Some(format!("{which} can give nobody a message, since {why}; {remedy}"))
}
