//! Fetches messages whose webhook never came. Each goes the way of a delivery, so a known one is a duplicate.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::join_all;
use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::{Instance, InstanceStatus};
use mychatflow_data::model::job::Job;
use mychatflow_data::model::pairing::is_another;
use mychatflow_data::phone::Address;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::tx::accept_delivery::Accepted;
use mychatflow_data::time::Timestamp;

use super::{JobError, Outcome, broken_off};
use crate::cx::Cx;
use crate::flow::clean::clean_message;
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
    _job: &Job,
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
    read_since(cx, tenant, &found, &waha, since).await?;
    Ok(Outcome::End(Ended::Done))
}

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
    read_since(cx, tenant, instance, &waha, since).await
}

/// What was written before the pairing is not even stored: it is the phone's own past, and whoever is answered must have
/// written to the shop.
async fn read_since(
    cx: &Cx,
    tenant: &TenantStore,
    instance: &Instance,
    waha: &Waha,
    since: Timestamp,
) -> Result<Recovered, JobError> {
    let since = since.max(instance.paired_at.unwrap_or(since));
    let mut recovered = Recovered::default();
    // WEBJS has no history of all chats together.
    if instance.engine.as_deref() == Some("WEBJS") {
        for chat in chats_since(waha, instance, since).await? {
            read(cx, tenant, instance, waha, Chats::One(&chat), since, &mut recovered).await?;
        }
    } else {
        read(cx, tenant, instance, waha, Chats::All, since, &mut recovered).await?;
    }
    let Recovered { found, duplicates, ignored } = recovered;
    tracing::info!(instance.id = %instance.id, %since, found, duplicates, ignored, "the history was read");
    if found > 0 {
        let text = format!("{}: {found} missed messages were fetched, {duplicates} were here already", instance.name);
        notice(cx, tenant, "info", &text);
    }
    Ok(recovered)
}

async fn read(
    cx: &Cx,
    tenant: &TenantStore,
    instance: &Instance,
    waha: &Waha,
    chats: Chats<'_>,
    since: Timestamp,
    recovered: &mut Recovered,
) -> Result<(), JobError> {
    let defaults = cx.config().reply;
    let mut paging = Paging::new(PAGE, PAGES_MAX);
    let (mut from, mut newest) = (since, since);
    loop {
        let order = Order::OldestFirst;
        let (limit, offset) = (paging.limit(), paging.offset());
        let filter = Filter { since: Some(from), order, limit, offset, ..Filter::default() };
        let page = waha.messages(&instance.session, chats, &filter).await?;
        let turn = paging.turn(page.rows, page.items.iter().map(|message| message.wa_id.as_str()));
        newest = page.items.iter().map(|message| message.at).fold(newest, Timestamp::max);
        // A server may ignore the bound; it knows whole seconds only.
        let second = Timestamp::from_seconds(since.millis().div_euclid(1000));
        let items: Vec<_> = page.items.into_iter().filter(|message| message.at >= second).collect();
        for messages in items.chunks(TOGETHER) {
            let units = messages.iter().cloned().map(|mut message| {
                // As a delivery is cleaned before the store sees it.
                clean_message(&mut message);
                tenant.recover_message(instance.id, message, defaults, cx.now())
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

/// The chats in which something happened since, newest first.
async fn chats_since(waha: &Waha, instance: &Instance, since: Timestamp) -> Result<Vec<Address>, JobError> {
    let mut chats = Vec::new();
    let mut known = HashSet::new();
    // WhatsApp's clock has whole seconds.
    let second = Timestamp::from_seconds(since.millis().div_euclid(1000));
    let mut paging = Paging::new(CHATS, CHAT_PAGES_MAX);
    loop {
        let page = waha.overview(&instance.session, paging.limit(), paging.offset()).await?;
        let turn = paging.turn(page.rows, page.items.iter().map(|chat| chat.address.as_str()));
        let oldest = page.items.iter().filter_map(|chat| chat.last.as_ref()).map(|last| last.at).min();
        let alive = page.items.into_iter().filter(|chat| chat.last.as_ref().is_none_or(|last| last.at >= second));
        // Chats move up while the pages are read; nobody's history is read twice.
        chats.extend(alive.map(|chat| chat.address).filter(|chat| known.insert(chat.clone())));
        if turn != Turn::On || oldest.is_some_and(|oldest| oldest < second) {
            return Ok(chats);
        }
    }
}
