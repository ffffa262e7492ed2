//! `campaign.preflight`: what a launch would do, and what it risks.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use mychatflow_data::model::governor::estimate::Load;
use mychatflow_data::model::governor::{Limits, Whom};
use mychatflow_data::model::variant;
use mychatflow_data::protocol::calls::campaign::{CampaignPreflight, LeftOut, Preflight};
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::preflight::{NumberOutlook, Outlook};
use mychatflow_data::time::Timestamp;

use super::campaigns::named;
use crate::compose::zone;
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::flow::eta;
use crate::flow::risk::{Facts, risk};
use crate::letter::letter;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// People whose texts are made in one go.
const LOOKED_AT: i64 = 500;

/// `campaign.preflight`
///
/// # Errors
/// `not_found`, or `conflict` when it has ended.
pub async fn preflight(cx: &Cx, shop: &TenantStore, call: CampaignPreflight) -> Handled<Reply<CampaignPreflight>> {
    let now = cx.now();
    let id = named(shop, &call.name).await?.id;
    let mut outlook = shop.campaign_outlook(id, now).await?;
    leave_out_unmade(cx, shop, &mut outlook).await?;
    Ok(Reply(document(&outlook, &cx.config().campaign.limits(), now)))
}

/// Makes everybody's text: whoever has no value for a place in it gets nothing.
async fn leave_out_unmade(cx: &Cx, shop: &TenantStore, outlook: &mut Outlook) -> Handled<()> {
    let id = outlook.campaign.id;
    let texts: Arc<[String]> = std::iter::once(&outlook.campaign.text).chain(&outlook.variants).cloned().collect();
    let (mut unmade, mut after) = (BTreeMap::<String, i64>::new(), None);
    loop {
        let people = shop.audience_materials(id, after, LOOKED_AT).await?;
        let Some((last, _)) = people.last() else { break };
        after = Some(last.recipient);
        let texts = Arc::clone(&texts);
        let made = cx.renders.each(shop.id(), people, move |(material, whom)| {
            let text = &texts[variant::draw(material.recipient, texts.len())];
            (letter(text, &material).err(), whom)
        });
        for (reason, whom) in made.await? {
            if let Some(reason) = reason {
                *unmade.entry(reason).or_default() += 1;
                outlook.audience -= 1;
                outlook.newcomers -= i64::from(whom == Whom::Newcomer);
            }
        }
    }
    outlook.left_out.extend(unmade);
    outlook.left_out.sort_by_key(|(_, people)| std::cmp::Reverse(*people));
    Ok(())
}

/// New people that the number may write to today.
fn newcomers_today(limits: &Limits, number: &NumberOutlook, now: Timestamp) -> Option<i64> {
    if number.locked_until.is_some_and(|until| until > now) {
        return Some(0);
    }
    let ours = limits.new_people_per_day.map(|full| i64::from(number.newcomers.left_today(full, now)));
    let whatsapps = number.new_chats.as_ref().map(|(_, left)| *left);
    [ours, whatsapps].into_iter().flatten().min()
}

/// Messages that the number may send in the next 24 hours: what the caps leave, and no more new people than today's.
fn safe_today(limits: &Limits, outlook: &Outlook, now: Timestamp) -> Option<i64> {
    let left = |cap: NonZeroU32, sent: i64| (i64::from(cap.get()) - sent).max(0);
    let by_day = limits.per_day.map(|cap| left(cap, outlook.number.sent_day));
    let by_hour = limits.per_hour.map(|cap| left(cap, outlook.number.sent_hour) + 23 * i64::from(cap.get()));
    let by_newcomers = newcomers_today(limits, &outlook.number, now)
        .map(|newcomers| outlook.audience - outlook.newcomers + newcomers.min(outlook.newcomers));
    [by_day, by_hour, by_newcomers].into_iter().flatten().min()
}

/// How new people spread over days, in words; nothing where they are few enough for today.
fn spread(limits: &Limits, outlook: &Outlook, now: Timestamp) -> Option<String> {
    let full = limits.new_people_per_day?;
    let today = newcomers_today(limits, &outlook.number, now)?;
    if outlook.newcomers <= today {
        return None;
    }
    let days = outlook.number.newcomers.spread(outlook.newcomers, full, now) + 1;
    Some(format!("{} new people are more than today's {today}: they are spread over {days} days", outlook.newcomers))
}

fn document(outlook: &Outlook, limits: &Limits, now: Timestamp) -> Preflight {
    let Outlook { campaign, number, .. } = outlook;
    let texts: Vec<&str> = std::iter::once(&campaign.text).chain(&outlook.variants).map(String::as_str).collect();
    let (risk, mut advice) = risk(&Facts {
        audience: outlook.audience,
        newcomers: outlook.newcomers,
        texts: &texts,
        limits: *limits,
        verdict: number.verdict,
        age: number.paired_at.map(|paired_at| now.since(paired_at)),
        chats: number.chats,
        answered: number.answered,
        sent_lately: number.sent_lately,
        opted_out_lately: number.opted_out_lately,
        new_chats: number.new_chats.as_ref().map(|(told, left)| (told, *left)),
    });
    advice.extend(spread(limits, outlook, now));
    let home = zone(&campaign.timezone);
    let starts = campaign.scheduled_at.map_or(now, |at| at.max(now));
    let load = Load {
        messages: outlook.audience,
        newcomers: outlook.newcomers,
        before: number.newcomers,
        sent_hour: number.sent_hour,
        sent_day: number.sent_day,
    };
    Preflight {
        recipients: outlook.recipients,
        audience: outlook.audience,
        left_out: outlook
            .left_out
            .iter()
            .map(|(reason, people)| LeftOut { reason: clean_line(reason), people: *people })
            .collect(),
        newcomers: outlook.newcomers,
        newcomers_today: newcomers_today(limits, number, now),
        safe_today: safe_today(limits, outlook, now),
        checked: outlook.checked,
        begins_at: eta::begins(&campaign.plan, &home, starts),
        ends_at: eta::ends(&campaign.plan, &home, limits, load, starts),
        risk,
        advice,
    }
}
