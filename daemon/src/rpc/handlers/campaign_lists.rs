//! Who is on the list of a campaign: `campaign.create`, `campaign.extend` and `campaign.preview`.

use mychatflow_data::ids::{CampaignId, InstanceId, RecipientId};
use mychatflow_data::model::campaign::Plan;
use mychatflow_data::model::contact::{Contact, Review};
use mychatflow_data::model::instance::Instance;
use mychatflow_data::model::variant::TEXTS_MAX;
use mychatflow_data::protocol::calls::campaign::{CampaignCreate, CampaignExtend, CampaignPreview};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::name::InstanceName;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::contacts::ContactFilter;
use mychatflow_data::store::recipients::Material;
use mychatflow_data::store::tx::draft_campaign::{NewCampaign, NewRecipient, Segment};

use super::campaign_preview;
use super::campaigns::{checked_zone, count, instant, invalid, named, planned, shown};
use super::instances;
use crate::config::Consent;
use crate::cx::Cx;
use crate::flow::clean::{clean, clean_line};
use crate::flow::country::Country;
use crate::flow::{audience, template};
use crate::rpc::paging;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// How many renderings a preview has unless the caller says otherwise.
const PREVIEWS: u32 = 5;
/// Rows that one unit of work puts on a list.
const ROWS: usize = 250;

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

pub(super) fn checked_text(text: &str) -> Handled<String> {
    let text = clean(text).trim().to_owned();
    if text.is_empty() {
        return invalid("a campaign needs a text");
    }
    match template::check(&text) {
        Ok(()) => Ok(text),
        Err(wrong) => invalid(wrong),
    }
}

/// Texts besides the first.
pub(super) fn checked_texts(texts: &[String]) -> Handled<Vec<String>> {
    if texts.len() >= TEXTS_MAX {
        return invalid(format!("a campaign has {TEXTS_MAX} texts at most, the first one counted"));
    }
    texts.iter().map(|text| checked_text(text)).collect()
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

/// `campaign.create`: a draft with its list.
///
/// # Errors
/// `invalid` about the text, the list, the number or the time; `conflict` when the name is taken.
pub async fn create(cx: &Cx, shop: &TenantStore, call: CampaignCreate) -> Handled<Reply<CampaignCreate>> {
    let now = cx.now();
    let text = checked_text(&call.text)?;
    let variants = checked_texts(&call.variants)?;
    let instance = number(shop, call.instance.as_ref()).await?;
    let timezone = match &call.timezone {
        Some(name) => checked_zone(name)?,
        None => super::tenant(cx, shop).await?.timezone,
    };
    let scheduled_at = call.at.as_deref().map(|at| instant(at, &timezone, now)).transpose()?.flatten();
    let audience = audience(cx, call.file.as_deref(), call.country.as_deref(), call.segment.as_deref())?;
    let plan = planned(&Plan::default(), call.quiet.as_deref(), call.missed, call.late_within)?;
    let new = NewCampaign { name: clean_line(&call.name), instance, text, scheduled_at, timezone };
    let id = shop.begin_campaign(new, now).await?;
    let listed: Handled<()> = async {
        shop.plan_campaign(id, plan).await?;
        shop.plan_texts(id, Some(variants), call.check).await?;
        let duplicates = list_people(cx, shop, id, audience).await?;
        shop.complete_list(id, duplicates, cx.now()).await?;
        Ok(())
    }
    .await;
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

/// `campaign.preview`: what the first people of the list would get.
///
/// # Errors
/// `not_found`, or `invalid` about the text or the list.
pub async fn preview(cx: &Cx, shop: &TenantStore, call: CampaignPreview) -> Handled<Reply<CampaignPreview>> {
    let limit = paging::limit(Some(call.limit.unwrap_or(PREVIEWS)));
    let text = call.text.as_deref().map(checked_text).transpose()?;
    let (texts, materials) = match &call.name {
        Some(name) => {
            if call.file.is_some() || call.segment.is_some() {
                return invalid("a campaign has its list already");
            }
            let campaign = named(shop, name).await?;
            let materials = shop.recipient_materials(campaign.id, count(campaign_preview::LOOKED_AT_MAX)).await?;
            let text = text.unwrap_or(campaign.text);
            ([vec![text], campaign.variants].concat(), materials)
        }
        None => {
            let Some(text) = text else { return invalid("name a campaign, or give a text and a list") };
            let audience = audience(cx, call.file.as_deref(), call.country.as_deref(), call.segment.as_deref())?;
            let texts = [vec![text], checked_texts(&call.variants)?].concat();
            (texts, people(cx, shop, audience, campaign_preview::LOOKED_AT_MAX).await?)
        }
    };
    Ok(Reply(campaign_preview::previewed(&texts, materials, limit)))
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

/// `campaign.extend`
///
/// # Errors
/// `unavailable`
pub async fn extend(_: &Cx, _: &TenantStore, _: CampaignExtend) -> Handled<Reply<CampaignExtend>> {
    Err(CallError::not_found("not there yet").into())
}
