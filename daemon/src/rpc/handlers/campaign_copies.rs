//! What is made of a campaign besides itself: a copy, a test, a chart.

use std::time::Duration;

use mychatflow_data::model::campaign::Campaign;
use mychatflow_data::model::variant;
use mychatflow_data::phone::{Address, Phone};
use mychatflow_data::protocol::calls::campaign::{
    CampaignClone, CampaignSeries, CampaignSeriesDocument, CampaignTest, CampaignTested, CloneFor, SeriesPoint,
};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::tx::clone_campaign::Whom;
use mychatflow_data::time::Timestamp;

use super::campaigns::{checked_variant, invalid, named, shown};
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::letter::letter;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// Points of a chart unless the caller says otherwise.
const POINTS: u32 = 60;
/// The most points.
const POINTS_MAX: u32 = 1_000;
/// How long the stretches of a chart may be: what people can read off. Longer ones are whole days.
const STEPS_S: &[u64] = &[1, 5, 10, 30, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, DAY_S];
const DAY_S: u64 = 86_400;

/// `campaign.clone`: a draft with the same texts, plans, file and people.
///
/// # Errors
/// `conflict` when the name is taken or nobody is left for it.
pub async fn copy(cx: &Cx, shop: &TenantStore, call: CampaignClone) -> Handled<Reply<CampaignClone>> {
    let original = named(shop, &call.name).await?;
    let whom = match call.whom {
        None | Some(CloneFor::All) => Whom::All,
        Some(CloneFor::NotReached) => Whom::NotReached,
        Some(CloneFor::NoReply) => Whom::NoReply,
    };
    let id = shop.begin_copy(original.id, clean_line(&call.copy), cx.now()).await?;
    let listed: Handled<()> = async {
        let mut after = None;
        loop {
            after = shop.copy_people(original.id, id, whom, after, cx.now()).await?;
            if after.is_none() {
                break;
            }
        }
        match shop.complete_list(id, 0, cx.now()).await {
            Err(StoreError::Invalid(_)) => {
                Err(CallError::conflict(format!("nobody of {} is left for a copy", original.name)).into())
            }
            completed => Ok(completed.map(drop)?),
        }
    }
    .await;
    if let Err(refused) = listed {
        shop.abandon_campaign(id).await?;
        return Err(refused);
    }
    Ok(Reply(shown(cx, shop, id).await?))
}

/// Our own number, where nobody else is to get the test.
async fn own_phone(shop: &TenantStore, campaign: &Campaign) -> Handled<Phone> {
    let instance = shop.instance(campaign.instance).await?;
    match instance.and_then(|instance| instance.me).as_ref().and_then(|me| Address::phone(&me.id)) {
        Some(phone) => Ok(phone),
        None => invalid("our own number is not known yet; say whom with --to PHONE"),
    }
}

/// `campaign.test`: one real message to oneself, made of the first person's values or those of whom it goes to. It
/// counts nowhere and takes no chat over.
///
/// # Errors
/// `invalid` about the text or the number, `conflict` when nothing can be made of the text.
pub async fn test(cx: &Cx, shop: &TenantStore, call: CampaignTest) -> Handled<Reply<CampaignTest>> {
    let campaign = named(shop, &call.name).await?;
    let variant = call.variant.as_deref().map(|label| checked_variant(&campaign, label)).transpose()?.unwrap_or(0);
    let to = match call.to {
        Some(to) => to,
        None => own_phone(shop, &campaign).await?,
    };
    let Some(mut material) = shop.material_for(campaign.id, to.clone()).await? else {
        return Err(CallError::conflict(format!("nobody is on the list of {}", campaign.name)).into());
    };
    if material.phone.as_ref() != Some(&to)
        && let Ok(contact) = shop.contact_named(to.to_string()).await
        && contact.name.is_some()
    {
        material.name = contact.name;
    }
    let text = campaign.text_of(variant).unwrap_or(&campaign.text).to_owned();
    let (made, material) = cx
        .renders
        .run(shop.id(), move || {
            let made = letter(&text, &material);
            (made, material)
        })
        .await?;
    let text = made.map_err(|why| {
        let whom = material.phone.as_ref().map_or_else(|| clean_line(&material.given), ToString::to_string);
        CallError::conflict(format!("text {} can't be made for {whom}: {why}", variant::label(variant)))
    })?;
    let sent = shop.test_campaign(campaign.id, to.clone(), text, cx.now()).await?;
    Ok(Reply(CampaignTested { id: sent.id, chat: sent.chat, phone: to, text: sent.text }))
}

/// How long each stretch of a chart lasts, so that there are no more than so many.
fn step(span: Duration, points: u32) -> Duration {
    let least = span.as_secs().div_ceil(u64::from(points.max(1))).max(1);
    let step = STEPS_S.iter().copied().find(|step| *step >= least).unwrap_or_else(|| least.div_ceil(DAY_S) * DAY_S);
    Duration::from_secs(step)
}

/// `campaign.series`: how it went over time.
///
/// # Errors
/// `not_found`
pub async fn series(cx: &Cx, shop: &TenantStore, call: CampaignSeries) -> Handled<Reply<CampaignSeries>> {
    let campaign = named(shop, &call.name).await?;
    let points = call.points.unwrap_or(POINTS).clamp(1, POINTS_MAX);
    let Some(from) = campaign.started_at else {
        return Ok(Reply(CampaignSeriesDocument { from: None, step_s: 0, points: Vec::new() }));
    };
    let until: Timestamp = campaign.finished_at.unwrap_or_else(|| cx.now());
    // The last instant is in a stretch too.
    let span = until.since(from) + Duration::from_secs(1);
    let step = step(span, points);
    let stretches = usize::try_from(span.as_secs().div_ceil(step.as_secs())).unwrap_or(0);
    let found = shop.campaign_series(campaign.id, from, step, stretches).await?;
    let points = found.into_iter().map(|stretch| SeriesPoint {
        sent: stretch.sent,
        replied: stretch.replied,
        failed: stretch.failed,
        opted_out: stretch.opted_out,
    });
    Ok(Reply(CampaignSeriesDocument { from: Some(from), step_s: step.as_secs(), points: points.collect() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stretches_of_a_chart_are_long_enough_and_can_be_read() {
        for (span_s, points, expected) in
            [(0, 60, 1), (59, 60, 1), (61, 60, 5), (3_600, 60, 60), (86_400, 60, 1_800), (200 * DAY_S, 60, 4 * DAY_S)]
        {
            assert_eq!(step(Duration::from_secs(span_s), points).as_secs(), expected, "{span_s} in {points}");
        }
    }
}
