//! Who is on the list of a campaign: `campaign.create`, `campaign.extend` and `campaign.preview`.

use std::collections::BTreeMap;

use mychatflow_data::ids::{CampaignId, InstanceId, RecipientId};
use mychatflow_data::model::campaign::Plan;
use mychatflow_data::model::contact::{Contact, Review};
use mychatflow_data::model::instance::Instance;
use mychatflow_data::model::recipient::{left_out, passed_over};
use mychatflow_data::model::variant::TEXTS_MAX;
use mychatflow_data::protocol::calls::campaign::{CampaignCreate, CampaignDocument, CampaignExtend, CampaignPreview};
use mychatflow_data::protocol::name::InstanceName;
use mychatflow_data::protocol::piece::Rest;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::recipients::Material;
use mychatflow_data::store::tx::draft_campaign::{NewCampaign, NewRecipient};
use mychatflow_data::store::tx::import_people::Taken;

use super::audience::{self, Audience, Group, Listing};
use super::campaign_preview;
use super::campaigns::{checked_zone, count, instant, invalid, named, planned, shown};
use super::instances;
use crate::cx::Cx;
use crate::flow::clean::{clean, clean_line};
use crate::flow::template;
use crate::rpc::paging;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// How many renderings a preview has unless the caller says otherwise.
const PREVIEWS: u32 = 5;
const OPTED_OUT: &str = "asked not to be written to";

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

pub(super) async fn checked_text(cx: &Cx, shop: &TenantStore, text: &str) -> Handled<String> {
    let text = clean(text).trim().to_owned();
    if text.is_empty() {
        return invalid("a campaign needs a text");
    }
    let checked = text.clone();
    match cx.renders.run(shop.id(), move || template::check(&checked)).await? {
        Ok(()) => Ok(text),
        Err(wrong) => invalid(wrong),
    }
}

/// The same of a text that may be absent.
pub(super) async fn checked_if_given(cx: &Cx, shop: &TenantStore, text: Option<&str>) -> Handled<Option<String>> {
    match text {
        Some(text) => Ok(Some(checked_text(cx, shop, text).await?)),
        None => Ok(None),
    }
}

/// Texts besides the first.
pub(super) async fn checked_texts(cx: &Cx, shop: &TenantStore, texts: &[String]) -> Handled<Vec<String>> {
    if texts.len() >= TEXTS_MAX {
        return invalid(format!("a campaign has {TEXTS_MAX} texts at most, the first one counted"));
    }
    let mut checked = Vec::with_capacity(texts.len());
    for text in texts {
        checked.push(checked_text(cx, shop, text).await?);
    }
    Ok(checked)
}

/// The same of texts that may be absent.
pub(super) async fn checked_all_if_given(
    cx: &Cx,
    shop: &TenantStore,
    texts: Option<&[String]>,
) -> Handled<Option<Vec<String>>> {
    match texts {
        Some(texts) => Ok(Some(checked_texts(cx, shop, texts).await?)),
        None => Ok(None),
    }
}

/// `campaign.create`: a draft with its list, or with the first piece of it.
///
/// # Errors
/// `invalid` about the text, the list, the number or the time; `conflict` when the name is taken; `overloaded` while too
/// many lists come in pieces.
pub async fn create(cx: &Cx, shop: &TenantStore, call: CampaignCreate) -> Handled<Reply<CampaignCreate>> {
    let now = cx.now();
    let text = checked_text(cx, shop, &call.text).await?;
    let variants = checked_texts(cx, shop, &call.variants).await?;
    let instance = number(shop, call.instance.as_ref()).await?;
    let timezone = match &call.timezone {
        Some(name) => checked_zone(name)?,
        None => super::tenant(cx, shop).await?.timezone,
    };
    let scheduled_at = call.at.as_deref().map(|at| instant(at, &timezone, now)).transpose()?.flatten();
    let plan = planned(&Plan::default(), call.quiet.as_deref(), call.missed, call.late_within)?;
    let audience = Audience::of_create(cx, shop, &call).await?;
    let new = NewCampaign {
        name: clean_line(&call.name),
        instance,
        text,
        scheduled_at,
        timezone,
        audience: Some(audience.in_words(call.file_name.as_deref())),
    };
    let id = shop.begin_campaign(new.clone(), now).await?;
    let planned: Handled<()> = async {
        shop.plan_campaign(id, plan).await?;
        Ok(shop.plan_texts(id, Some(variants), call.check).await?)
    }
    .await;
    abandon_unless(shop, id, planned).await?;
    let made = match audience {
        Audience::List(list) => {
            let listing = Listing::new(*list, audience::being_made(id, new, now));
            begin_list(cx, shop, id, listing, call.more).await
        }
        Audience::People(rows) => {
            let listed = async { Ok(shop.add_recipients(id, rows, cx.now()).await?) };
            complete(cx, shop, id, listed.await).await
        }
        Audience::Group(group) => complete(cx, shop, id, list_group(cx, shop, id, group).await).await,
    };
    abandon_unless(shop, id, made).await.map(Reply)
}

/// `campaign.extend`: the next piece of a list.
///
/// # Errors
/// `not_found` when no list of this campaign is on its way, `invalid` about the list. The campaign is gone then.
pub async fn extend(cx: &Cx, shop: &TenantStore, call: CampaignExtend) -> Handled<Reply<CampaignExtend>> {
    let mut in_hand = cx.listings.take(call.campaign, shop.id(), cx.now())?;
    let listed = in_hand.work.take_in(cx, shop, &call.file, call.more).await;
    let made = match (listed, call.more) {
        (Ok(()), Rest::Follows) => {
            let document = in_hand.work.document(cx);
            in_hand.put_back();
            Ok(document)
        }
        (listed, _) => complete(cx, shop, call.campaign, listed.map(|()| in_hand.work.duplicates())).await,
    };
    abandon_unless(shop, call.campaign, made).await.map(Reply)
}

async fn begin_list(
    cx: &Cx,
    shop: &TenantStore,
    id: CampaignId,
    mut listing: Listing,
    more: Rest,
) -> Handled<CampaignDocument> {
    // The first piece is with the list already.
    let listed = listing.take_in(cx, shop, "", more).await;
    if more == Rest::Nothing {
        return complete(cx, shop, id, listed.map(|()| listing.duplicates())).await;
    }
    listed?;
    let document = listing.document(cx);
    cx.listings.begin(id, shop.id(), listing, cx.now())?.put_back();
    Ok(document)
}

async fn complete(cx: &Cx, shop: &TenantStore, id: CampaignId, listed: Handled<i64>) -> Handled<CampaignDocument> {
    shop.complete_list(id, listed?, cx.now()).await?;
    shown(cx, shop, id).await
}

/// A campaign whose list could not be written is none.
async fn abandon_unless<T>(shop: &TenantStore, id: CampaignId, made: Handled<T>) -> Handled<T> {
    if made.is_err() {
        shop.abandon_campaign(id).await?;
    }
    made
}

/// Puts everybody of a group on the list; returns how many were named twice.
async fn list_group(cx: &Cx, shop: &TenantStore, id: CampaignId, group: Group) -> Handled<i64> {
    let (now, skip) = (cx.now(), audience::segment_skip(cx));
    let (mut duplicates, mut after) = (0, None);
    loop {
        let listed = shop.add_people(id, group.query.clone(), skip.clone(), after, now).await?;
        duplicates += listed.duplicates;
        after = listed.next;
        if after.is_none() {
            return Ok(duplicates);
        }
    }
}

/// `campaign.preview`: what the first people of the list would get.
///
/// # Errors
/// `not_found`, or `invalid` about the text or the list.
pub async fn preview(cx: &Cx, shop: &TenantStore, call: CampaignPreview) -> Handled<Reply<CampaignPreview>> {
    let limit = paging::limit(Some(call.limit.unwrap_or(PREVIEWS)));
    let text = checked_if_given(cx, shop, call.text.as_deref()).await?;
    let variants = checked_all_if_given(cx, shop, call.variants.as_deref()).await?;
    let (texts, mut materials) = match &call.name {
        Some(name) => {
            if call.file.is_some() || call.segment.is_some() {
                return invalid("a campaign has its list already");
            }
            let campaign = named(shop, name).await?;
            let materials = shop.recipient_materials(campaign.id, count(campaign_preview::LOOKED_AT_MAX)).await?;
            let text = text.unwrap_or(campaign.text);
            ([vec![text], variants.unwrap_or(campaign.variants)].concat(), materials)
        }
        None => {
            let Some(text) = text else { return invalid("name a campaign, or give a text and a list") };
            let audience = Audience::of_preview(cx, shop, &call).await?;
            let texts = [vec![text], variants.unwrap_or_default()].concat();
            (texts, people(cx, shop, audience, campaign_preview::LOOKED_AT_MAX).await?)
        }
    };
    note_opt_outs(shop, &mut materials).await?;
    Ok(Reply(campaign_preview::previewed(cx, shop, texts, materials, limit).await?))
}

/// The first people of a list that is not stored.
async fn people(cx: &Cx, shop: &TenantStore, audience: Audience, limit: usize) -> Handled<Vec<Material>> {
    let of_row = |row: NewRecipient| Material {
        recipient: RecipientId::new(),
        reason: row.phone.as_ref().err().cloned().or(row.skip),
        phone: row.phone.ok(),
        given: row.given,
        name: row.name,
        fields: row.fields,
    };
    match audience {
        Audience::List(list) => {
            let mut rows: Vec<Material> = audience::first(*list, cx, limit)?.into_iter().map(of_row).collect();
            note_consent(shop, &mut rows).await?;
            Ok(rows)
        }
        Audience::People(rows) => Ok(rows.into_iter().take(limit).map(of_row).collect()),
        Audience::Group(Group { query, .. }) => {
            let found = shop.contacts_that_fit(query.clone(), None, count(limit), cx.now()).await?;
            let skip = audience::segment_skip(cx);
            let material = |contact: Contact| Material {
                recipient: RecipientId::new(),
                reason: match contact.review {
                    Review::Personal => Some("personal: campaigns never write here".to_owned()),
                    _ if contact.opted_out_at.is_some() => Some(OPTED_OUT.to_owned()),
                    review => {
                        let recorded = contact.consent.as_ref().map(|consent| consent.state);
                        passed_over(&query, review, skip.as_deref(), recorded).map(str::to_owned)
                    }
                },
                given: contact.addresses.first().map(ToString::to_string).unwrap_or_default(),
                phone: contact.phone,
                name: contact.name,
                fields: columns(contact.fields),
            };
            Ok(found.into_iter().map(material).collect())
        }
    }
}

/// The columns of a person as a row of a list has them.
fn columns(fields: BTreeMap<String, String>) -> String {
    let fields = fields.into_iter().map(|(column, words)| (column, words.into())).collect();
    serde_json::Value::Object(fields).to_string()
}

/// What is on record of people counts for a list that is not stored, too.
async fn note_consent(shop: &TenantStore, materials: &mut [Material]) -> Handled<()> {
    let phones = materials.iter().filter_map(|material| material.phone.clone()).collect();
    let recorded = shop.recorded_consent(phones).await?;
    for (material, recorded) in materials.iter_mut().filter(|material| material.phone.is_some()).zip(recorded) {
        material.reason = left_out(material.reason.as_deref(), recorded).map(str::to_owned);
    }
    Ok(())
}

/// Whoever does not want to be written to gets nothing, and the preview says so before the sending does.
async fn note_opt_outs(shop: &TenantStore, materials: &mut [Material]) -> Handled<()> {
    let phones = materials.iter().filter_map(|material| material.phone.clone()).collect();
    let taken = shop.rehearse_import(phones).await?;
    for (material, taken) in materials.iter_mut().filter(|material| material.phone.is_some()).zip(taken) {
        if taken == Taken::Suppressed {
            material.reason.get_or_insert_with(|| OPTED_OUT.to_owned());
        }
    }
    Ok(())
}
