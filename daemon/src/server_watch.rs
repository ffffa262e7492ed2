//! Looks at each WAHA server every few seconds: one question for the states of all its sessions, and one for its start. A number
//! whose state is another one than we know, or whose server has begun a new life, is compared and mended at once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{join_all, select_all};
use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::{Instance, InstanceStatus, Verdict};
use mychatflow_data::store::error::StoreError;
use mychatflow_data::time::Timestamp;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::chain::chain;
use crate::cx::{Clients, Cx};
use crate::instances::{InstanceError, keep_outage, request_reconcile, sentence};
use crate::waha::{Waha, WahaError};

/// The usual pause between two looks.
pub const LOOK: Duration = Duration::from_secs(20);
/// The pause while a server is out of order.
const LOOK_AWAY: Duration = Duration::from_secs(5);
/// Two looks are never closer than this, however often a server comes and goes.
const LOOK_MIN: Duration = Duration::from_secs(2);
/// So many looks in a row find a server away before its numbers are said to be.
const AWAY_MIN: u32 = 2;

/// What the looks before found.
#[derive(Default)]
pub struct ServerWatch {
    away: HashMap<String, u32>,
    /// Keys for single sessions may not list them all.
    by_session: HashMap<String, bool>,
    /// So many looks in a row did not find a number's session.
    missing: HashMap<InstanceId, u32>,
    /// With which clients it was looked.
    clients: Option<Arc<Clients>>,
}

/// So many looks lie between two tries to make a session that stays missing: some five minutes.
const MISSING_LOOKS_MAX: u32 = 16;

/// Shall a session that so many looks in a row have not found be made now? At once, then seldomer and seldomer: one that can't be made,
/// where WAHA has room for no more, is no reason to ask every few seconds.
const fn is_made_again(looks: u32) -> bool {
    looks.is_power_of_two() || looks.is_multiple_of(MISSING_LOOKS_MAX)
}

/// What a look found.
enum Found {
    Statuses(BTreeMap<String, InstanceStatus>),
    Away(WahaError),
    Nothing,
}

/// Looks until it is told to stop; the first look is one pause after the start, since the numbers are compared then.
pub async fn run(cx: Arc<Cx>, every: Duration, stop: CancellationToken) {
    let mut watch = ServerWatch::default();
    let mut pause = every;
    loop {
        let began = Instant::now();
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(pause) => {}
            () = any_recovered(&cx) => {
                // A server that comes and goes is not looked at each time.
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = sleep(LOOK_MIN.saturating_sub(began.elapsed())) => {}
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            looked = watch.look(&cx) => {
                if let Err(error) = looked {
                    tracing::warn!(error = %error, "the servers could not be looked at");
                }
            }
        }
        let is_away = cx.clients().wahas.values().any(|waha| waha.health().outage.is_some());
        pause = if is_away { LOOK_AWAY.min(every) } else { every };
    }
}

async fn any_recovered(cx: &Cx) {
    let wahas: Vec<Waha> = cx.clients().wahas.values().cloned().collect();
    if wahas.is_empty() {
        return std::future::pending().await;
    }
    select_all(wahas.iter().map(|waha| waha.recovered().boxed())).await;
}

impl ServerWatch {
    /// Looks at every server that has a number of ours.
    ///
    /// # Errors
    /// When the numbers can't be listed; what goes wrong with one of them is logged.
    pub async fn look(&mut self, cx: &Cx) -> Result<(), StoreError> {
        let instances = cx.store.all_instances().await?;
        let clients = cx.clients();
        if !self.clients.as_ref().is_some_and(|before| Arc::ptr_eq(before, &clients)) {
            // Another key may list them all.
            self.by_session.clear();
            self.clients = Some(Arc::clone(&clients));
        }
        let of = |name: &str| instances.iter().filter(|instance| instance.waha == name).collect::<Vec<_>>();
        let servers = clients.wahas.iter().map(|(name, waha)| (name, waha, of(name)));
        let servers: Vec<_> = servers.filter(|(_, _, instances)| !instances.is_empty()).collect();
        let asked_at = cx.now();
        let asked = servers.iter().map(|(name, waha, instances)| {
            let by_session = self.by_session.get(*name).copied().unwrap_or(false);
            ask(waha, instances, by_session)
        });
        for ((name, waha, instances), (found, started_at, by_session)) in servers.iter().zip(join_all(asked).await) {
            self.by_session.insert((*name).clone(), by_session);
            let begins_anew = match &found {
                Found::Statuses(_) => waha.note_look(started_at, cx.now()),
                _ => false,
            };
            let away = self.away.entry((*name).clone()).or_default();
            let was_away = *away >= AWAY_MIN;
            *away = if matches!(found, Found::Away(_)) { away.saturating_add(1) } else { 0 };
            for instance in instances {
                let outcome = match &found {
                    Found::Statuses(statuses) => {
                        let status = statuses.get(&instance.session);
                        let looks = self.missing.entry(instance.id).or_default();
                        *looks = if status.is_none() { looks.saturating_add(1) } else { 0 };
                        let rests = status.is_none() && !is_made_again(*looks);
                        settle(cx, instance, status, (begins_anew, was_away, rests), asked_at).await
                    }
                    Found::Away(error) => {
                        cx.numbers.note_unanswered(instance.id, &sentence(error), asked_at);
                        if *away == AWAY_MIN { lose(cx, instance, error).await } else { Ok(()) }
                    }
                    Found::Nothing => Ok(()),
                };
                if let Err(error) = outcome {
                    tracing::warn!(instance.id = %instance.id, error = chain(&error), "a look could not be kept");
                }
            }
        }
        Ok(())
    }
}

/// What a server says of the sessions of these numbers, and of its start; and whether each session is asked for by itself.
async fn ask(waha: &Waha, instances: &[&Instance], by_session: bool) -> (Found, Option<Timestamp>, bool) {
    let listed = if by_session { one_by_one(waha, instances).await } else { waha.session_statuses().await };
    let listed = match listed {
        Err(WahaError::Unauthorized { status: 403 }) if !by_session => {
            return match one_by_one(waha, instances).await {
                Ok(statuses) => (Found::Statuses(statuses), None, true),
                Err(error) => (found_error(error), None, true),
            };
        }
        listed => listed,
    };
    match listed {
        // Whether it tells its start or not: it is there.
        Ok(statuses) => {
            let status = if by_session { None } else { waha.server_status().await.ok() };
            (Found::Statuses(statuses), status.map(|status| status.started_at), by_session)
        }
        Err(error) => (found_error(error), None, by_session),
    }
}

fn found_error(error: WahaError) -> Found {
    if error.is_outage() { Found::Away(error) } else { Found::Nothing }
}

async fn one_by_one(waha: &Waha, instances: &[&Instance]) -> Result<BTreeMap<String, InstanceStatus>, WahaError> {
    let mut statuses = BTreeMap::new();
    for instance in instances {
        if let Some(status) = waha.session_status(&instance.session).await? {
            statuses.insert(instance.session.clone(), status);
        }
    }
    Ok(statuses)
}

/// Compares a number with what its server says, and asks for more where that is not what we know.
async fn settle(
    cx: &Cx,
    instance: &Instance,
    status: Option<&InstanceStatus>,
    (begins_anew, was_away, rests): (bool, bool, bool),
    asked_at: Timestamp,
) -> Result<(), InstanceError> {
    if begins_anew || was_away {
        cx.numbers.note_new_life(instance.id);
    }
    if let Some(status) = status {
        cx.numbers.note_status(instance.id, status, asked_at);
    }
    let tenant = cx.store.tenant(instance.tenant).await?;
    if begins_anew {
        tracing::warn!(instance.id = %instance.id, "waha has begun a new life: the number is compared anew");
        // The deliveries that it still had to repeat are gone.
        tenant.recover_since_heard(instance.id, cx.now()).await?;
    }
    let works = status == Some(&InstanceStatus::Working);
    let is_wrong =
        status.is_none() || status != instance.status.as_ref() || (works && instance.verdict == Verdict::Dead);
    let has_news = has_news(cx, instance);
    if begins_anew || was_away || (is_wrong && !rests) || has_news {
        request_reconcile(cx, &tenant, instance.id).await?;
    }
    Ok(())
}

/// Is there evidence for or against a number that its verdict does not show?
fn has_news(cx: &Cx, instance: &Instance) -> bool {
    use mychatflow_data::model::remedy::{SENDS_FAIL, UNDELIVERED};
    if instance.status != Some(InstanceStatus::Working) {
        return false;
    }
    let evidence = cx.numbers.evidence(instance.id, cx.now());
    let says = |words: &str| instance.reason.as_deref().is_some_and(|reason| reason.starts_with(words));
    match (evidence.missing.is_some(), evidence.failing.is_some()) {
        (true, _) => !says(UNDELIVERED) && instance.verdict != Verdict::Restricted,
        (false, true) => !says(SENDS_FAIL) && instance.verdict != Verdict::Restricted,
        (false, false) => says(UNDELIVERED) || says(SENDS_FAIL),
    }
}

/// Keeps that a number's server can't be asked.
async fn lose(cx: &Cx, instance: &Instance, error: &WahaError) -> Result<(), InstanceError> {
    let tenant = cx.store.tenant(instance.tenant).await?;
    Ok(keep_outage(cx, &tenant, instance, &sentence(error)).await?)
}
