//! `campaign.*`: one text to many people.

use std::time::Duration;

use mychatflow_data::ids::{CampaignId, InstanceId, RecipientId};
use mychatflow_data::model::campaign::{Campaign, CampaignState};
use mychatflow_data::model::contact::{Contact, Review};
use mychatflow_data::model::governor::{self, Limits};
use mychatflow_data::model::instance::Instance;
use mychatflow_data::model::recipient::Recipient;
use mychatflow_data::protocol::calls::campaign::{
    CampaignCancel, CampaignCreate, CampaignDocument, CampaignEdit, CampaignLaunch, CampaignList, CampaignPause,
    CampaignPreview, CampaignPreviewLine, CampaignRemove, CampaignRemoved, CampaignReport, CampaignReportLine,
    CampaignResume, CampaignShow,
};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::name::{CampaignName, InstanceName};
use mychatflow_data::protocol::page::Page;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::campaigns::{CampaignPlace, Progress, RATE_OVER};
use mychatflow_data::store::contacts::ContactFilter;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::recipients::Material;
use mychatflow_data::store::tx::draft_campaign::{NewCampaign, NewRecipient, Segment};
use mychatflow_data::time::Timestamp;

use super::instances;
use crate::compose::zone;
use crate::config::Consent;
use crate::cx::Cx;
use crate::flow::clean::{clean, clean_line};
use crate::flow::country::Country;
use crate::flow::{audience, template, when};
use crate::letter::letter;
use crate::rpc::paging;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// How many renderings a preview has unless the caller says otherwise.
const PREVIEWS: u32 = 5;
/// Rows that one unit of work puts on a list.
const ROWS: usize = 250;

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn invalid<T>(text: impl Into<String>) -> Handled<T> {
    Err(CallError::invalid(text).into())
}

/// A campaign as replies show it.
#[must_use]
pub fn document(progress: Progress, limits: &Limits, now: Timestamp) -> CampaignDocument {
    let eta = eta(&progress, limits, now);
    let per_hour = per_hour(&progress, now);
    let Progress { campaign, counts, .. } = progress;
    let running = campaign.state == CampaignState::Running;
    let reason = campaign.reason.map(|reason| match campaign.next_at {
        Some(at) if running => {
            let clock = at.to_jiff().to_zoned(zone(&campaign.timezone));
            format!("next at {}: {reason}", clock.strftime("%H:%M"))
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
    let allowed = governor::duration(limits, counts.left(), progress.newcomers_left);
    let measured = || {
        let rate = per_hour(progress, now);
        #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 people are on a list")]
        let hours = counts.left() as f64 / rate;
        (rate > 0.0).then(|| Duration::try_from_secs_f64(hours * 3600.0).ok()).flatten()
    };
    allowed.or_else(measured).map(|span| begins + span)
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

async fn named(shop: &TenantStore, name: &CampaignName) -> Handled<Campaign> {
    match shop.campaign_named(name.as_str().to_owned()).await {
        Err(StoreError::NotFound("campaign")) => {
            let text = format!("no campaign is called {:?}; see `mychatflow campaign list`", name.as_str());
            Err(CallError::not_found(text).into())
        }
        found => Ok(found?),
    }
}

async fn shown(cx: &Cx, shop: &TenantStore, id: CampaignId) -> Handled<CampaignDocument> {
    let now = cx.now();
    let found = shop.campaign(id, now).await?.ok_or(StoreError::NotFound("campaign"))?;
    Ok(document(found, &cx.config().campaign.limits(), now))
}

/// The number that a campaign goes out from: the one that was named, else the only one.
async fn number(shop: &TenantStore, name: Option<&InstanceName>) -> Handled<InstanceId> {
    if let Some(name) = name {
        return Ok(instances::named(shop, name).await?.id);
    }
    let all: Vec<Instance> = shop.instances().await?;
    match all.as_slice() {
        [] => invalid("there is no number to send from; add one with `mychatflow instance add NAME`"),
        [only] => Ok(only.id),
        several => {
            let names: Vec<&str> = several.iter().map(|instance| instance.name.as_str()).collect();
            invalid(format!("say which number it goes out from: {}", names.join(", ")))
        }
    }
}

fn checked_text(text: &str) -> Handled<String> {
    let text = clean(text).trim().to_owned();
    if text.is_empty() {
        return invalid("a campaign needs a text");
    }
    match template::check(&text) {
        Ok(()) => Ok(text),
        Err(wrong) => invalid(wrong),
    }
}

fn country(letters: Option<&str>) -> Handled<Option<Country>> {
    let Some(letters) = letters else { return Ok(None) };
    match Country::parse(letters) {
        Some(country) => Ok(Some(country)),
        None => invalid(format!("{letters:?} is no country: write two letters, for example DE")),
    }
}

fn segment(text: &str) -> Handled<Segment> {
    match text.trim().split_once(':') {
        None if text.trim().eq_ignore_ascii_case("all") => Ok(Segment::All),
        Some((kind, tag)) if kind.trim().eq_ignore_ascii_case("tag") && !tag.trim().is_empty() => {
            Ok(Segment::Tag(tag.trim().trim_matches('"').to_owned()))
        }
        _ => invalid(format!("{text:?} is no segment: write all, or tag:vip")),
    }
}

/// Who is meant.
enum Audience {
    File(Vec<audience::Row>),
    Segment(Segment),
}

fn audience(cx: &Cx, file: Option<&str>, home: Option<&str>, people: Option<&str>) -> Handled<Audience> {
    match (file, people) {
        (Some(file), None) => match audience::read(file, country(home)?, cx.config().campaign.consent) {
            Ok(rows) => Ok(Audience::File(rows)),
            Err(wrong) => invalid(wrong),
        },
        (None, Some(text)) => segment(text).map(Audience::Segment),
        (Some(_), Some(_)) => invalid("a list or a segment, not both"),
        (None, None) => invalid("say who gets it: a list with --file, or --segment all or tag:vip"),
    }
}

/// Why people of a segment are left out as a whole.
fn segment_skip(cx: &Cx) -> Option<String> {
    (cx.config().campaign.consent == Consent::Required).then(|| "no consent on record".to_owned())
}

fn checked_zone(name: &str) -> Handled<String> {
    match jiff::tz::TimeZone::get(name.trim()) {
        Ok(zone) => Ok(zone.iana_name().unwrap_or(name.trim()).to_owned()),
        Err(_) => invalid(format!("{name:?} is no time zone; for example Europe/Berlin")),
    }
}

fn instant(text: &str, timezone: &str, now: Timestamp) -> Handled<Option<Timestamp>> {
    if text.trim().eq_ignore_ascii_case("now") {
        return Ok(None);
    }
    match when::read(text, &zone(timezone)) {
        Ok(at) if at < now => invalid(format!("{text:?} is over; write a time to come, or now")),
        Ok(at) => Ok(Some(at)),
        Err(wrong) => invalid(wrong),
    }
}

/// `campaign.create`: a draft with its list.
///
/// # Errors
/// `invalid` about the text, the list, the number or the time; `conflict` when the name is taken.
pub async fn create(cx: &Cx, shop: &TenantStore, call: CampaignCreate) -> Handled<Reply<CampaignCreate>> {
    let now = cx.now();
    let text = checked_text(&call.text)?;
    let instance = number(shop, call.instance.as_ref()).await?;
    let timezone = match &call.timezone {
        Some(name) => checked_zone(name)?,
        None => super::tenant(cx, shop).await?.timezone,
    };
    let scheduled_at = call.at.as_deref().map(|at| instant(at, &timezone, now)).transpose()?.flatten();
    let audience = audience(cx, call.file.as_deref(), call.country.as_deref(), call.segment.as_deref())?;
    let new = NewCampaign { name: clean_line(&call.name), instance, text, scheduled_at, timezone };
    let id = shop.begin_campaign(new, now).await?;
    let listed = match list_people(cx, shop, id, audience).await {
        Ok(duplicates) => shop.complete_list(id, duplicates, cx.now()).await.map_err(Into::into),
        Err(refused) => Err(refused),
    };
    if let Err(refused) = listed {
        shop.abandon_campaign(id).await?;
        return Err(refused);
    }
    Ok(Reply(shown(cx, shop, id).await?))
}

/// Puts everybody on the list; returns how many were named twice.
async fn list_people(cx: &Cx, shop: &TenantStore, id: CampaignId, audience: Audience) -> Handled<i64> {
    match audience {
        Audience::File(rows) => {
            let mut duplicates = 0;
            let mut rows = rows.into_iter().map(|row| NewRecipient {
                phone: row.phone,
                given: row.given,
                name: row.name,
                fields: serde_json::Value::Object(row.fields).to_string(),
                skip: row.skip,
            });
            loop {
                let page: Vec<NewRecipient> = rows.by_ref().take(ROWS).collect();
                if page.is_empty() {
                    return Ok(duplicates);
                }
                duplicates += shop.add_recipients(id, page, cx.now()).await?;
            }
        }
        Audience::Segment(segment) => {
            let (mut duplicates, mut after) = (0, None);
            loop {
                let listed = shop.add_segment(id, segment.clone(), segment_skip(cx), after, cx.now()).await?;
                duplicates += listed.duplicates;
                after = listed.next;
                if after.is_none() {
                    return Ok(duplicates);
                }
            }
        }
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

/// `campaign.preview`: what the first people of the list would get.
///
/// # Errors
/// `not_found`, or `invalid` about the text or the list.
pub async fn preview(cx: &Cx, shop: &TenantStore, call: CampaignPreview) -> Handled<Reply<CampaignPreview>> {
    let limit = paging::limit(Some(call.limit.unwrap_or(PREVIEWS)));
    let text = call.text.as_deref().map(checked_text).transpose()?;
    let (text, materials) = match &call.name {
        Some(name) => {
            if call.file.is_some() || call.segment.is_some() {
                return invalid("a campaign has its list already");
            }
            let campaign = named(shop, name).await?;
            let materials = shop.recipient_materials(campaign.id, count(limit)).await?;
            (text.unwrap_or(campaign.text), materials)
        }
        None => {
            let Some(text) = text else { return invalid("name a campaign, or give a text and a list") };
            let audience = audience(cx, call.file.as_deref(), call.country.as_deref(), call.segment.as_deref())?;
            (text, people(cx, shop, audience, limit).await?)
        }
    };
    let line = |material: Material| {
        let made = match &material.reason {
            Some(reason) => Err(reason.clone()),
            None => letter(&text, &material),
        };
        CampaignPreviewLine {
            phone: material.phone.as_ref().map_or_else(|| clean_line(&material.given), ToString::to_string),
            name: material.name.map(|name| clean_line(&name)),
            text: made.as_ref().ok().cloned(),
            reason: made.err(),
        }
    };
    Ok(Reply(Page::whole(materials.into_iter().map(line).collect())))
}

/// The first people of a list that is not stored.
async fn people(cx: &Cx, shop: &TenantStore, audience: Audience, limit: usize) -> Handled<Vec<Material>> {
    match audience {
        Audience::File(rows) => {
            let material = |row: audience::Row| Material {
                recipient: RecipientId::new(),
                reason: row.phone.as_ref().err().cloned().or(row.skip),
                phone: row.phone.ok(),
                given: row.given,
                name: row.name,
                fields: serde_json::Value::Object(row.fields).to_string(),
            };
            Ok(rows.into_iter().take(limit).map(material).collect())
        }
        Audience::Segment(segment) => {
            let tag = match &segment {
                Segment::All => None,
                Segment::Tag(tag) => Some(tag.clone()),
            };
            let filter = ContactFilter { tag, ..ContactFilter::default() };
            let found = shop.contacts(filter, None, count(limit)).await?;
            let skip = segment_skip(cx);
            let material = |contact: Contact| Material {
                recipient: RecipientId::new(),
                reason: match contact.review {
                    Review::Personal => Some("personal: campaigns never write here".to_owned()),
                    _ if contact.opted_out_at.is_some() => Some("asked not to be written to".to_owned()),
                    Review::Unreviewed if segment == Segment::All => {
                        Some("not reviewed yet: customer or personal?".to_owned())
                    }
                    _ => skip.clone(),
                },
                given: contact.addresses.first().map(ToString::to_string).unwrap_or_default(),
                phone: contact.phone,
                name: contact.name,
                fields: "{}".to_owned(),
            };
            Ok(found.into_iter().map(material).collect())
        }
    }
}

/// `campaign.launch`
///
/// # Errors
/// `conflict` when it is no draft, nobody is left to write to, or its time is over.
pub async fn launch(cx: &Cx, shop: &TenantStore, call: CampaignLaunch) -> Handled<Reply<CampaignLaunch>> {
    let id = named(shop, &call.name).await?.id;
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
    let text = call.text.as_deref().map(checked_text).transpose()?;
    let timezone = call.timezone.as_deref().map(checked_zone).transpose()?.unwrap_or_else(|| campaign.timezone.clone());
    let scheduled_at = match &call.at {
        Some(at) => instant(at, &timezone, cx.now())?,
        None => campaign.scheduled_at.map(|at| moved(at, &campaign.timezone, &timezone)),
    };
    shop.edit_campaign(campaign.id, text, scheduled_at, timezone).await?;
    Ok(Reply(shown(cx, shop, campaign.id).await?))
}

/// The same time on another clock.
fn moved(at: Timestamp, from: &str, to: &str) -> Timestamp {
    let civil = at.to_jiff().to_zoned(zone(from)).datetime();
    civil.to_zoned(zone(to)).map_or(at, |zoned| zoned.timestamp().into())
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

/// `campaign.report`: every recipient in the order of the list.
///
/// # Errors
/// `not_found`, or `invalid` for a cursor that is none of ours.
pub async fn report(_: &Cx, shop: &TenantStore, call: CampaignReport) -> Handled<Reply<CampaignReport>> {
    let id = named(shop, &call.name).await?.id;
    let limit = paging::limit(call.limit);
    let after = call.after.as_ref().map(paging::whole).transpose()?;
    let found = shop.recipients(id, call.state, after, paging::to_read(limit)).await?;
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
    };
    Ok(Reply(paging::page(found, limit, |last| last.id.to_string(), line)))
}
