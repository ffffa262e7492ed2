//! Fetches messages whose webhook never came. Each goes the way of a delivery, so a known one is a duplicate.

use std::time::Duration;

use futures_util::future::join_all;
use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::{Instance, InstanceStatus};
use mychatflow_data::model::job::Job;
use mychatflow_data::phone::Address;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::tx::accept_delivery::Accepted;
use mychatflow_data::time::Timestamp;

use super::{JobError, Outcome, broken_off};
use crate::cx::Cx;
use crate::flow::clean::clean_message;
use crate::instances::{notice, server};
use crate::waha::Waha;
use crate::waha::chats::{Chats, Filter, Order};

/// Messages on one page.
const PAGE: u32 = 100;
/// Messages that are stored together. So few futures are polled in order, which is the order of the store's queue.
const TOGETHER: usize = 25;
/// Chats on one page.
const CHATS: u32 = 50;
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
    if session.is_none_or(|session| session.status != InstanceStatus::Working) {
        let reason = "the number does not work yet".to_owned();
        return Ok(Outcome::End(Ended::Snooze { until: cx.now() + PAUSE, reason }));
    }
    recover(cx, tenant, &found, since).await?;
    Ok(Outcome::End(Ended::Done))
}

/// Searches a number's history from an instant on, oldest first, and takes in what is missing.
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
    let mut recovered = Recovered::default();
    // WEBJS has no history of all chats together.
    if instance.engine.as_deref() == Some("WEBJS") {
        for chat in chats_since(&waha, instance, since).await? {
            read(cx, tenant, instance, &waha, Chats::One(&chat), since, &mut recovered).await?;
        }
    } else {
        read(cx, tenant, instance, &waha, Chats::All, since, &mut recovered).await?;
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
    let mut filter = Filter { since: Some(since), order: Order::OldestFirst, limit: PAGE, ..Filter::default() };
    loop {
        let page = waha.messages(&instance.session, chats, &filter).await?;
        if page.rows == 0 {
            return Ok(());
        }
        filter.offset += PAGE;
        for messages in page.items.chunks(TOGETHER) {
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
    }
}

/// The chats in which something happened since, newest first.
async fn chats_since(waha: &Waha, instance: &Instance, since: Timestamp) -> Result<Vec<Address>, JobError> {
    let mut chats = Vec::new();
    let mut offset = 0;
    loop {
        let page = waha.overview(&instance.session, CHATS, offset).await?;
        let oldest = page.items.iter().filter_map(|chat| chat.last.as_ref()).map(|last| last.at).min();
        let alive = page.items.into_iter().filter(|chat| chat.last.as_ref().is_none_or(|last| last.at >= since));
        chats.extend(alive.map(|chat| chat.address));
        if page.rows == 0 || oldest.is_some_and(|oldest| oldest < since) {
            return Ok(chats);
        }
        offset += CHATS;
    }
}
