//! Fetches messages whose webhook never came. Each goes the way of a delivery, so a known one is a duplicate. A human's message
//! counts at its own time; where that may be made up (`flow/stamp.rs`) what was asked before it is left to a human, and it counts
//! once a webhook or another look confirms it.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::delivery::MessageEvent;
use mychatflow_data::model::instance::{Instance, InstanceStatus};
use mychatflow_data::model::job::Job;
use mychatflow_data::model::pairing::is_another;
use mychatflow_data::phone::Address;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::jobs::Ended;

use mychatflow_data::store::tx::accept_delivery::{Accepted, Stamp};
use mychatflow_data::time::Timestamp;

use super::{JobError, Outcome, broken_off};
use crate::cx::Cx;
use crate::flow::clean::clean_message;
use crate::flow::stamp::{self, PlacedMessage, StampEvidence, StampVerdict};
use crate::instances::{look, notice, server};
use crate::waha::Waha;
use crate::waha::chats::{Chats, Filter, Order};
use crate::waha::paging::{Paging, Turn};

/// Messages on one page.
const PAGE: u32 = 100;
/// Messages that are stored together. So few futures are polled in order, which is the order of the store's queue.
const TOGETHER: usize = 25;
/// Chats on one page.
const CHATS: u32 = 50;
/// How many pages of messages are read at most; what is not read then comes with the next search.
const PAGES_MAX: u32 = 2000;
/// How many pages of chats are read at most.
const CHAT_PAGES_MAX: u32 = 400;
/// How long to wait for a number that does not work.
const PAUSE: Duration = Duration::from_secs(60);

/// What a search of the history brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Messages that were missing.
    pub found: usize,
    /// Messages that were here already.
    pub duplicates: usize,
    /// Messages of kinds or from places that we do not keep.
    pub ignored: usize,
}

/// Runs the job.
///
/// # Errors
/// What WAHA or the store says.
pub async fn run(
    cx: &Cx,
    tenant: &TenantStore,
    job: &Job,
    instance: InstanceId,
    since: Timestamp,
) -> Result<Outcome, JobError> {
    let Some(found) = tenant.instance(instance).await? else {
        return Ok(Outcome::End(Ended::Cancel { reason: "the number was removed".to_owned() }));
    };
    let waha = server(cx, &found)?;
    let session = match waha.session(&found.session).await {
        Ok(session) => session,
        Err(error) => return broken_off(&waha, error, cx.now()),
    };
    if session.as_ref().is_none_or(|session| session.status != InstanceStatus::Working) {
        let reason = "the number does not work yet".to_owned();
        return Ok(Outcome::End(Ended::Snooze { until: cx.now() + PAUSE, reason }));
    }
    if is_another(found.me.as_ref(), session.and_then(|session| session.me).as_ref()) {
        // What another phone missed, or had before, is none of our business.
        look(cx, tenant, &found).await?;
        return Ok(Outcome::End(Ended::Cancel { reason: "another phone was paired".to_owned() }));
    }
    let (_, youngest) = read_since(cx, tenant, &found, &waha, since).await?;
    let now = cx.now();
    let wait =
        youngest.and_then(|youngest| stamp::look_again(youngest, server_now(cx, &waha), now.since(job.created_at)));
    if let Some(wait) = wait {
        let reason = "some messages are too new to be believed: looking again".to_owned();
        return Ok(Outcome::End(Ended::Snooze { until: now + wait, reason }));
    }
    Ok(Outcome::End(Ended::Done))
}

/// The time by the server, which is the one that makes times up; by our clock where the server has not said it.
fn server_now(cx: &Cx, waha: &Waha) -> Timestamp {
    waha.clock().heard().map_or_else(|| cx.now(), |heard| heard.time_at(Instant::now()))
}

/// The latest time on messages of ours that are too young to be believed yet.
pub(super) type Youngest = Option<Timestamp>;

/// Searches a number's history from an instant on, oldest first, and takes in what is missing. Finds nothing when another
/// phone was paired meanwhile: that is kept.
///
/// # Errors
/// What WAHA or the store says.
pub async fn recover(
    cx: &Cx,
    tenant: &TenantStore,
    instance: &Instance,
    since: Timestamp,
) -> Result<Recovered, JobError> {
    let waha = server(cx, instance)?;
    let session = waha.session(&instance.session).await?;
    if is_another(instance.me.as_ref(), session.and_then(|session| session.me).as_ref()) {
        look(cx, tenant, instance).await?;
        return Ok(Recovered::default());
    }
    Ok(read_since(cx, tenant, instance, &waha, since).await?.0)
}

/// What was written before the pairing is not even stored: it is the phone's own past, and whoever is answered must have
/// written to the shop.
async fn read_since(
    cx: &Cx,
    tenant: &TenantStore,
    instance: &Instance,
    waha: &Waha,
    since: Timestamp,
) -> Result<(Recovered, Youngest), JobError> {
    let begun_at = cx.now();
    let since = since.max(instance.paired_at.unwrap_or(since));
    let mut recovered = (Recovered::default(), None);
    // WEBJS has no history of all chats together.
    if instance.engine.as_deref() == Some("WEBJS") {
        let (chats, last) = chats_since(waha, instance, since).await?;
        let made_up = made_up_seconds(tenant, instance, last.iter()).await?;
        for chat in chats {
            read(cx, tenant, instance, waha, Chats::One(&chat), (since, &made_up), &mut recovered).await?;
        }
    } else {
        read(cx, tenant, instance, waha, Chats::All, (since, &HashSet::new()), &mut recovered).await?;
    }
    let Recovered { found, duplicates, ignored } = recovered.0;
    tracing::info!(instance.id = %instance.id, %since, found, duplicates, ignored, "the history was read");
    cx.numbers.history_was_read(instance.id, begun_at);
    tell_found(cx, tenant, instance, recovered.0);
    Ok(recovered)
}

/// Tells people of messages that were missing.
pub(super) fn tell_found(cx: &Cx, tenant: &TenantStore, instance: &Instance, recovered: Recovered) {
    let Recovered { found, duplicates, .. } = recovered;
    if found > 0 {
        let text = format!("{}: {found} missed messages were fetched, {duplicates} were here already", instance.name);
        notice(cx, tenant, "info", &text);
    }
}

async fn read(
    cx: &Cx,
    tenant: &TenantStore,
    instance: &Instance,
    waha: &Waha,
    chats: Chats<'_>,
    (since, made_up): (Timestamp, &HashSet<i64>),
    (recovered, youngest): &mut (Recovered, Youngest),
) -> Result<(), JobError> {
    let mut paging = Paging::new(PAGE, PAGES_MAX);
    let (mut from, mut newest) = (since, since);
    loop {
        let order = Order::OldestFirst;
        let (limit, offset) = (paging.limit(), paging.offset());
        let filter = Filter { since: Some(from), order, limit, offset, ..Filter::default() };
        let asked_at = server_now(cx, waha);
        let page = waha.messages(&instance.session, chats, &filter).await?;
        let turn = paging.turn(page.rows, page.items.iter().map(|message| message.wa_id.as_str()));
        newest = page.items.iter().map(|message| message.at).fold(newest, Timestamp::max);
        // A server may ignore the bound; it knows whole seconds only.
        let second = Timestamp::from_seconds(since.millis().div_euclid(1000));
        let latest = latest(&page.items);
        let items: Vec<_> = page.items.into_iter().filter(|message| message.at >= second).collect();
        let mut crowded = made_up_seconds(tenant, instance, items.iter()).await?;
        crowded.extend(made_up);
        let evidence = StampEvidence { asked_at, crowded, latest };
        take_in(cx, tenant, instance, &items, &evidence, (&mut *recovered, &mut *youngest)).await?;
        match turn {
            Turn::On => {}
            Turn::End => return Ok(()),
            // A server that ignores `offset` goes on from the newest message that it gave.
            Turn::Stuck if newest > from => {
                from = newest;
                paging.rewind();
            }
            Turn::Stuck => return Ok(()),
            Turn::TooMany => {
                tracing::warn!(instance.id = %instance.id, %since, "there are more missed messages than one search reads");
                return Ok(());
            }
        }
    }
}

/// Until when messages of ours on a page of the history, oldest first, can have been written, by their bare ids.
pub(super) fn latest(items: &[MessageEvent]) -> HashMap<String, Timestamp> {
    let placed: Vec<PlacedMessage> =
        items.iter().map(|message| PlacedMessage { from_me: message.from_me, at: message.at }).collect();
    let bounds = stamp::latest_by_place(&placed);
    items.iter().zip(bounds).filter_map(|(message, bound)| Some((message.bare_id.clone(), bound?))).collect()
}

/// Takes in messages of the history, in their order, as deliveries are.
pub(super) async fn take_in(
    cx: &Cx,
    tenant: &TenantStore,
    instance: &Instance,
    items: &[MessageEvent],
    evidence: &StampEvidence,
    (recovered, youngest): (&mut Recovered, &mut Youngest),
) -> Result<(), JobError> {
    let defaults = cx.config().reply;
    let tenant = &tenant.clone().with_clock_error(cx.clock_error());
    for messages in items.chunks(TOGETHER) {
        let units = messages.iter().cloned().map(|mut message| {
            // As a delivery is cleaned before the store sees it.
            clean_message(&mut message);
            let verdict = match message.from_me {
                true => evidence.verdict(&message.bare_id, message.at),
                false => StampVerdict::True,
            };
            match verdict {
                StampVerdict::Young => *youngest = (*youngest).max(Some(message.at)),
                StampVerdict::NotAfter(latest) => message.at = latest,
                StampVerdict::Doubtful | StampVerdict::True => {}
            }
            let stamp = if verdict == StampVerdict::True { Stamp::Written } else { Stamp::Doubtful };
            tenant.recover_stamped(instance.id, message, stamp, defaults, cx.now())
        });
        // In the order of their making; those that wait together share a commit.
        for accepted in join_all(units).await {
            match accepted? {
                Accepted::Stored => recovered.found += 1,
                Accepted::Duplicate => recovered.duplicates += 1,
                Accepted::Ignored => recovered.ignored += 1,
            }
        }
    }
    Ok(())
}

/// The seconds on messages of ours, unknown so far, that the server must have made up.
pub(super) async fn made_up_seconds<'m>(
    tenant: &TenantStore,
    instance: &Instance,
    messages: impl Iterator<Item = &'m MessageEvent>,
) -> Result<HashSet<i64>, JobError> {
    let mut own: Vec<&MessageEvent> = messages.filter(|message| message.from_me && message.chat.is_person()).collect();
    let seconds =
        |own: &[&MessageEvent]| stamp::crowded_seconds(own.iter().map(|message| (message.chat.as_str(), message.at)));
    let suspects = seconds(&own);
    if suspects.is_empty() {
        return Ok(suspects);
    }
    own.retain(|message| suspects.contains(&stamp::second(message.at)));
    let ids = own.iter().map(|message| message.bare_id.clone()).collect();
    let known: HashSet<String> = tenant.dated_ids(instance.id, ids).await?.into_iter().collect();
    own.retain(|message| !known.contains(&message.bare_id));
    Ok(seconds(&own))
}

/// The chats in which something happened since, newest first, and their last messages.
async fn chats_since(
    waha: &Waha,
    instance: &Instance,
    since: Timestamp,
) -> Result<(Vec<Address>, Vec<MessageEvent>), JobError> {
    let (mut chats, mut last) = (Vec::new(), Vec::new());
    let mut known = HashSet::new();
    // WhatsApp's clock has whole seconds.
    let second = Timestamp::from_seconds(since.millis().div_euclid(1000));
    let mut paging = Paging::new(CHATS, CHAT_PAGES_MAX);
    loop {
        let page = waha.overview(&instance.session, paging.limit(), paging.offset()).await?;
        let turn = paging.turn(page.rows, page.items.iter().map(|chat| chat.address.as_str()));
        let oldest = page.items.iter().filter_map(|chat| chat.last.as_ref()).map(|last| last.at).min();
        for chat in page.items {
            let alive = chat.last.as_ref().is_none_or(|last| last.at >= second);
            // Chats move up while the pages are read; nobody's history is read twice.
            if alive && known.insert(chat.address.clone()) {
                chats.push(chat.address);
                last.extend(chat.last);
            }
        }
        if turn != Turn::On || oldest.is_some_and(|oldest| oldest < second) {
            return Ok((chats, last));
        }
    }
}
