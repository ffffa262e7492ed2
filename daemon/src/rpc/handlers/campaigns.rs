//! `campaign.*`: one text to many people.

use std::time::Duration;

use mychatflow_data::ids::CampaignId;
use mychatflow_data::model::campaign::{Campaign, CampaignFile, CampaignState, MissedSlot, Plan};
use mychatflow_data::model::governor::Limits;
use mychatflow_data::model::governor::estimate::Load;
use mychatflow_data::model::recipient::Recipient;
use mychatflow_data::model::variant;
use mychatflow_data::protocol::calls::campaign::{
    CampaignCancel, CampaignDocument, CampaignEdit, CampaignLaunch, CampaignList, CampaignMedia, CampaignPause,
    CampaignRemove, CampaignRemoved, CampaignReport, CampaignReportLine, CampaignResume, CampaignShow, VariantDocument,
};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::name::CampaignName;
use mychatflow_data::protocol::span::Span;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::campaigns::{CampaignPlace, Progress, RATE_OVER};
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::recipients::Wanted;
use mychatflow_data::time::Timestamp;

use super::campaign_lists::{checked_all_if_given, checked_if_given};
use crate::compose::zone;
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::flow::foreign_placeholders::placeholder_warnings;
use crate::flow::quiet::Window;
use crate::flow::{eta, when};
use crate::rpc::paging;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;
use crate::stored_texts;

pub(super) fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(super) fn invalid<T>(text: impl Into<String>) -> Handled<T> {
    Err(CallError::invalid(text).into())
}

/// A campaign as replies show it.
#[must_use]
pub fn document(progress: Progress, limits: &Limits, now: Timestamp) -> CampaignDocument {
    let eta = eta(&progress, limits, now);
    let per_hour = per_hour(&progress, now);
    let Progress { campaign, counts, variants, newcomers_left, .. } = progress;
    let variants = variants.into_iter().enumerate().map(|(at, counts)| VariantDocument {
        label: variant::label(at),
        text: campaign.text_of(at).unwrap_or_default().to_owned(),
        counts,
    });
    let variants = variants.collect();
    let running = campaign.state == CampaignState::Running;
    let texts = std::iter::once(campaign.text.as_str()).chain(campaign.variants.iter().map(String::as_str));
    let warnings = placeholder_warnings(texts);
    let reason = campaign.reason.map(|reason| match campaign.next_at {
        Some(at) if running => {
            format!("next at {}: {reason}", clock(at, &campaign.timezone, now))
        }
        _ => reason,
    });
    CampaignDocument {
        id: campaign.id,
        name: campaign.name,
        state: campaign.state,
        text: campaign.text,
        instance: campaign.instance,
        recipients: counts.total(),
        counts,
        eta,
        scheduled_at: campaign.scheduled_at,
        timezone: campaign.timezone,
        created_at: campaign.created_at,
        started_at: campaign.started_at,
        finished_at: campaign.finished_at,
        reason: reason.map(|reason| clean_line(&reason)),
        next_at: campaign.next_at,
        per_hour,
        duplicates: campaign.duplicates,
        audience: campaign.audience.map(|audience| clean_line(&audience)),
        warnings,
        variants,
        media: campaign.media.map(|CampaignFile { file_name, mime, bytes }| CampaignMedia { file_name, mime, bytes }),
        quiet: campaign.plan.quiet,
        missed: campaign.plan.missed,
        late_within_s: campaign.plan.late_max.as_secs(),
        check: campaign.check,
        newcomers_left,
    }
}

/// When it will be through: at the pace allowed, or where nothing limits it at the pace it has.
fn eta(progress: &Progress, limits: &Limits, now: Timestamp) -> Option<Timestamp> {
    let Progress { campaign, counts, .. } = progress;
    let begins = match (campaign.state, campaign.scheduled_at) {
        (CampaignState::Running, _) => campaign.next_at.unwrap_or(now).max(now),
        (CampaignState::Scheduled, Some(at)) => at.max(now),
        _ => return None,
    };
    let load = Load {
        messages: counts.left(),
        newcomers: progress.newcomers_left,
        before: progress.newcomers,
        ..Load::default()
    };
    let allowed = eta::ends(&campaign.plan, &zone(&campaign.timezone), limits, load, begins);
    let measured = || {
        let rate = per_hour(progress, now);
        #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 people are on a list")]
        let hours = counts.left() as f64 / rate;
        (rate > 0.0).then(|| Duration::try_from_secs_f64(hours * 3600.0).ok()).flatten()
    };
    allowed.or_else(|| measured().map(|span| begins + span))
}

/// What a clock in a time zone shows; with the day, when that is another one.
fn clock(at: Timestamp, timezone: &str, now: Timestamp) -> String {
    let zone = zone(timezone);
    let [at, now] = [at, now].map(|at| at.to_jiff().to_zoned(zone.clone()));
    let format = if at.date() == now.date() { "%H:%M" } else { "%a %d %b %H:%M" };
    at.strftime(format).to_string()
}

/// The plan of a campaign with what was said about it.
pub(super) fn planned(
    before: &Plan,
    quiet: Option<&str>,
    missed: Option<MissedSlot>,
    late_within: Option<Span>,
) -> Handled<Plan> {
    let quiet = match quiet.map(Window::parse) {
        None => before.quiet.clone(),
        Some(Ok(window)) => window.map(|window| window.to_string()),
        Some(Err(wrong)) => return invalid(wrong),
    };
    let late_max = late_within.map_or(before.late_max, |span| span.0);
    Ok(Plan { quiet, missed: missed.unwrap_or(before.missed), late_max })
}

fn per_hour(progress: &Progress, now: Timestamp) -> f64 {
    let campaign = &progress.campaign;
    let Some(started) = campaign.started_at else { return 0.0 };
    let end = campaign.finished_at.unwrap_or(now);
    let span = end.since(started.max(end - RATE_OVER)).max(Duration::from_secs(1));
    #[expect(clippy::cast_precision_loss, reason = "nobody sends 2^52 messages an hour")]
    let rate = progress.begun_lately as f64 * 3600.0 / span.as_secs_f64();
    (rate * 10.0).round() / 10.0
}

pub(super) async fn named(shop: &TenantStore, name: &CampaignName) -> Handled<Campaign> {
    match shop.campaign_named(name.as_str().to_owned()).await {
        Err(StoreError::NotFound("campaign")) => {
            let text = format!("no campaign is called {:?}; see `mychatflow campaign list`", name.as_str());
            Err(CallError::not_found(text).into())
        }
        found => Ok(found?),
    }
}

pub(super) async fn shown(cx: &Cx, shop: &TenantStore, id: CampaignId) -> Handled<CampaignDocument> {
    let now = cx.now();
    let found = shop.campaign(id, now).await?.ok_or(StoreError::NotFound("campaign"))?;
    Ok(document(found, &cx.config().campaign.limits(), now))
}

pub(super) fn checked_zone(name: &str) -> Handled<String> {
    match jiff::tz::TimeZone::get(name.trim()) {
        Ok(zone) => Ok(zone.iana_name().unwrap_or(name.trim()).to_owned()),
        Err(_) => invalid(format!("{name:?} is no time zone; for example Europe/Berlin")),
    }
}

pub(super) fn instant(text: &str, timezone: &str, now: Timestamp) -> Handled<Option<Timestamp>> {
    if text.trim().eq_ignore_ascii_case("now") {
        return Ok(None);
    }
    match when::read(text, &zone(timezone)) {
        Ok(at) if at < now => invalid(format!("{text:?} is over; write a time to come, or now")),
        Ok(at) => Ok(Some(at)),
        Err(wrong) => invalid(wrong),
    }
}

/// `campaign.list`: newest first.
///
/// # Errors
/// `invalid` for a cursor that is none of ours.
pub async fn list(cx: &Cx, shop: &TenantStore, call: CampaignList) -> Handled<Reply<CampaignList>> {
    let limit = paging::limit(call.limit);
    let after = match &call.after {
        Some(cursor) => {
            let (millis, id) = paging::parts(cursor)?;
            Some(CampaignPlace { created_at: Timestamp::from_millis(millis), id })
        }
        None => None,
    };
    let now = cx.now();
    let limits = cx.config().campaign.limits();
    let found = shop.campaigns(call.state, after, paging::to_read(limit), now).await?;
    let cursor = |last: &Progress| format!("{}:{}", last.campaign.created_at.millis(), last.campaign.id);
    Ok(Reply(paging::page(found, limit, cursor, |progress| document(progress, &limits, now))))
}

/// `campaign.show`
///
/// # Errors
/// `not_found`
pub async fn show(cx: &Cx, shop: &TenantStore, call: CampaignShow) -> Handled<Reply<CampaignShow>> {
    let id = named(shop, &call.name).await?.id;
    Ok(Reply(shown(cx, shop, id).await?))
}

/// `campaign.launch`
///
/// # Errors
/// `conflict` when it is no draft, nobody is left to write to, or its time is over.
pub async fn launch(cx: &Cx, shop: &TenantStore, call: CampaignLaunch) -> Handled<Reply<CampaignLaunch>> {
    let campaign = named(shop, &call.name).await?;
    let id = campaign.id;
    // As a version with other limits may have stored it.
    if campaign.state == CampaignState::Draft
        && let Some(problem) = cx.renders.run(shop.id(), move || stored_texts::problem(&campaign)).await?
    {
        return invalid(problem);
    }
    shop.launch_campaign(id, cx.now()).await?;
    Ok(Reply(shown(cx, shop, id).await?))
}

/// `campaign.pause`
///
/// # Errors
/// `conflict` when it is not under way.
pub async fn pause(cx: &Cx, shop: &TenantStore, call: CampaignPause) -> Handled<Reply<CampaignPause>> {
    let id = named(shop, &call.name).await?.id;
    shop.pause_campaign(id, "paused by a person".to_owned(), cx.now()).await?;
    Ok(Reply(shown(cx, shop, id).await?))
}

/// `campaign.resume`
///
/// # Errors
/// `conflict` when it is not paused.
pub async fn resume(cx: &Cx, shop: &TenantStore, call: CampaignResume) -> Handled<Reply<CampaignResume>> {
    let id = named(shop, &call.name).await?.id;
    shop.resume_campaign(id, cx.now()).await?;
    Ok(Reply(shown(cx, shop, id).await?))
}

/// `campaign.cancel`
///
/// # Errors
/// `conflict` when it has ended.
pub async fn cancel(cx: &Cx, shop: &TenantStore, call: CampaignCancel) -> Handled<Reply<CampaignCancel>> {
    let id = named(shop, &call.name).await?.id;
    shop.cancel_campaign(id, cx.now()).await?;
    Ok(Reply(shown(cx, shop, id).await?))
}

/// `campaign.edit`: a draft's words or time. Another time zone alone moves a time that was written on its clock.
///
/// # Errors
/// `conflict` when it was launched, `invalid` about the text or the time.
pub async fn edit(cx: &Cx, shop: &TenantStore, call: CampaignEdit) -> Handled<Reply<CampaignEdit>> {
    let campaign = named(shop, &call.name).await?;
    let text = checked_if_given(cx, shop, call.text.as_deref()).await?;
    let variants = checked_all_if_given(cx, shop, call.variants.as_deref()).await?;
    let timezone = call.timezone.as_deref().map(checked_zone).transpose()?.unwrap_or_else(|| campaign.timezone.clone());
    let scheduled_at = match &call.at {
        Some(at) => instant(at, &timezone, cx.now())?,
        None => campaign.scheduled_at.map(|at| when::moved(at, &zone(&campaign.timezone), &zone(&timezone))),
    };
    let plan = planned(&campaign.plan, call.quiet.as_deref(), call.missed, call.late_within)?;
    if plan != campaign.plan {
        shop.plan_campaign(campaign.id, plan).await?;
    }
    if variants.is_some() || call.check.is_some() {
        shop.plan_texts(campaign.id, variants, call.check).await?;
    }
    // Whether numbers are looked up may be said of a paused one too: that may be why it is paused.
    let (tenant, name) = (call.tenant.clone(), call.name.clone());
    if call != (CampaignEdit { tenant, name, check: call.check, ..CampaignEdit::default() }) || call.check.is_none() {
        shop.edit_campaign(campaign.id, text, scheduled_at, timezone).await?;
    }
    Ok(Reply(shown(cx, shop, campaign.id).await?))
}

/// `campaign.remove`
///
/// # Errors
/// `conflict` while it is under way.
pub async fn remove(_: &Cx, shop: &TenantStore, call: CampaignRemove) -> Handled<Reply<CampaignRemove>> {
    let id = named(shop, &call.name).await?.id;
    let removed = shop.remove_campaign(id).await?;
    Ok(Reply(CampaignRemoved { id, name: removed.name }))
}

/// One of the texts of a campaign, as people call it.
pub(super) fn checked_variant(campaign: &Campaign, label: &str) -> Handled<usize> {
    match variant::of_label(label).filter(|variant| *variant < campaign.texts()) {
        Some(variant) => Ok(variant),
        None if campaign.texts() == 1 => invalid(format!("{} has one text only", campaign.name)),
        None => {
            let last = variant::label(campaign.texts() - 1);
            invalid(format!("{label:?} is no text of {}: they are A to {last}", campaign.name))
        }
    }
}

/// `campaign.report`: every recipient in the order of the list.
///
/// # Errors
/// `not_found`, or `invalid` for a cursor or a text that there is not.
pub async fn report(_: &Cx, shop: &TenantStore, call: CampaignReport) -> Handled<Reply<CampaignReport>> {
    let campaign = named(shop, &call.name).await?;
    let limit = paging::limit(call.limit);
    let after = call.after.as_ref().map(paging::whole).transpose()?;
    let variant = call.variant.as_deref().map(|label| checked_variant(&campaign, label)).transpose()?;
    let wanted = Wanted { state: call.state, variant };
    let found = shop.recipients_of(campaign.id, wanted, after, paging::to_read(limit)).await?;
    let line = |recipient: Recipient| CampaignReportLine {
        phone: clean_line(&recipient.phone),
        name: recipient.name.map(|name| clean_line(&name)),
        state: recipient.state,
        reason: recipient.reason.map(|reason| clean_line(&reason)),
        wa_id: recipient.wa_id,
        at: recipient.at,
        id: recipient.id,
        contact: recipient.contact,
        chat: recipient.chat,
        interaction: recipient.interaction,
        variant: (campaign.texts() > 1).then(|| variant::label(recipient.variant)),
    };
    Ok(Reply(paging::page(found, limit, |last| last.id.to_string(), line)))
}
