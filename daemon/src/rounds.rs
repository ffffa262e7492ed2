//! Goes round all numbers: asks for each to be compared with what we want, and looks after those that are silent.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use mychatflow_data::model::instance::{Instance, InstanceStatus, Verdict};
use mychatflow_data::model::remedy::{UNDELIVERED, remedy};
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::error::StoreError;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::cx::Cx;
use crate::flow::slowdown::{self, REST_MAX, Slowdown};
use crate::flow::verdict::UNDELIVERED_CHATS_MAX;
use crate::instances::{InstanceError, RESTARTS, notice, request_reconcile, restart};
use crate::jobs::recover_history::recover;
use crate::jobs::{recheck_hidden_ids, recheck_history};

/// The usual pause between two rounds.
pub const ROUND: Duration = Duration::from_secs(300);
/// So many numbers are looked after at once.
const PARALLEL: usize = 4;
/// How much further back than the last sign of life a silent number's history is read.
const SLACK: Duration = Duration::from_secs(600);
/// How exactly the store remembers when a number was last heard from.
const HEARD_TO: Duration = Duration::from_secs(60);
/// How many of a number's last states tell how it came to the present one.
const HISTORY: i64 = 20;

/// Asks for the messages that came while no daemon ran, and takes up what the run before knew of each number. To be done before
/// the webhook listens: the first delivery moves the mark from which they are read.
///
/// # Errors
/// What the store says.
pub async fn recover_downtime(cx: &Cx) -> Result<(), StoreError> {
    for instance in cx.store.all_instances().await? {
        let tenant = cx.store.tenant(instance.tenant).await?;
        tenant.recover_since_heard(instance.id, cx.now()).await?;
        // The rests are in its history; the last one is younger than its present state.
        if cx.now().since(instance.since) < REST_MAX * 2 {
            let history = tenant.instance_history(instance.id, HISTORY).await?;
            let rest = history
                .iter()
                .find_map(|change| Slowdown::begun(change.at, slowdown::read_reason(change.reason.as_deref()?)?));
            rest.into_iter().for_each(|rest| cx.numbers.restore_slowdown(instance.id, rest));
        }
        // The webhook that told of the first work would have been heard; to the minute.
        if let Some(worked_at) = instance.worked_at
            && instance.heard_at.is_none_or(|heard_at| heard_at < worked_at - HEARD_TO)
        {
            cx.numbers.note_silence(instance.id, worked_at);
        }
    }
    Ok(())
}

/// Says of which opening hours an earlier version has taken words that are not understood: they close nothing.
///
/// # Errors
/// What the store says.
pub async fn warn_of_unread_hours(cx: &Cx) -> Result<(), StoreError> {
    for (tenant, text) in cx.store.all_opening_hours().await? {
        if let Err(error) = SettingKey::BusinessHours.check(&text) {
            tracing::warn!(tenant.id = %tenant, "business.hours closes nothing: {error}");
        }
    }
    Ok(())
}

/// Goes round until it is told to stop; the first round begins at once.
pub async fn run(cx: Arc<Cx>, every: Duration, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            outcome = round(&cx) => {
                if let Err(error) = outcome {
                    tracing::warn!(error = %error, "the round over all numbers failed");
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(every) => {}
        }
    }
}

/// Asks for every number to be compared with what we want: a new config may say something else of it.
///
/// # Errors
/// What the store says.
pub async fn reconcile_all(cx: &Cx) -> Result<(), StoreError> {
    for instance in cx.store.all_instances().await? {
        let tenant = cx.store.tenant(instance.tenant).await?;
        if let Err(error) = request_reconcile(cx, &tenant, instance.id).await {
            tracing::warn!(instance.id = %instance.id, error = %error, "the number could not be compared");
        }
    }
    Ok(())
}

/// Goes round once.
///
/// # Errors
/// When the numbers can't be listed; what goes wrong with one of them is logged.
pub async fn round(cx: &Cx) -> Result<(), StoreError> {
    let instances = cx.store.all_instances().await?;
    let visits = stream::iter(instances).for_each_concurrent(PARALLEL, async |instance| {
        if let Err(error) = visit(cx, &instance).await {
            tracing::warn!(instance.id = %instance.id, error = %error, "the number could not be looked after");
        }
    });
    visits.await;
    Ok(())
}

async fn visit(cx: &Cx, instance: &Instance) -> Result<(), InstanceError> {
    let tenant = cx.store.tenant(instance.tenant).await?;
    request_reconcile(cx, &tenant, instance.id).await?;
    if (&instance.status, instance.verdict) == (&Some(InstanceStatus::Working), Verdict::Healthy) {
        look_for_single_losses(cx, &tenant, instance).await;
    }
    let why = match (&instance.status, instance.verdict) {
        (Some(InstanceStatus::Working), Verdict::Quiet | Verdict::Suspect) => probe(cx, &tenant, instance).await?,
        (Some(InstanceStatus::Failed), _) if failed_at_work(&tenant, instance).await? => Some("it failed"),
        _ => None,
    };
    let Some(why) = why else { return Ok(()) };
    if !cx.numbers.may_restart(instance.id, cx.now()) {
        tracing::warn!(instance.id = %instance.id, why, "it was restarted too often: a person must look");
        if cx.numbers.is_news(instance.id, RESTARTS) {
            let found = remedy(instance.status.as_ref(), instance.verdict, instance.reason.as_deref());
            let helps = found.map(|remedy| format!("; {}", remedy.told_of(&instance.name))).unwrap_or_default();
            notice(cx, &tenant, "warning", &format!("restarts did not help {}: {why}{helps}", instance.name));
        }
        return Ok(());
    }
    notice(cx, &tenant, "warning", &format!("{} is being restarted: {why}", instance.name));
    restart(cx, &tenant, instance.id).await.map(drop)
}

/// A number that works loses a webhook now and then, and WAHA learns late whose a hidden id is.
async fn look_for_single_losses(cx: &Cx, tenant: &TenantStore, instance: &Instance) {
    let now = cx.now();
    if recheck_history::is_due(cx.numbers.history_read_at(instance.id), cx.started_at, instance.id, now)
        && let Err(error) = recheck_history::recheck(cx, tenant, instance).await
    {
        tracing::warn!(instance.id = %instance.id, error = %error, "the last minutes could not be read again");
    }
    if cx.numbers.may_look_for_hidden_ids(instance.id, recheck_hidden_ids::EVERY, now)
        && let Err(error) = recheck_hidden_ids::recheck(cx, tenant, instance).await
    {
        tracing::warn!(instance.id = %instance.id, error = %error, "hidden ids could not be asked about");
    }
}

/// Reads the history of a silent number: does WAHA know of messages that it did not tell? Says why it should be
/// restarted, if it should.
async fn probe(cx: &Cx, tenant: &TenantStore, instance: &Instance) -> Result<Option<&'static str>, InstanceError> {
    let since = instance.heard_at.unwrap_or(instance.since) - SLACK;
    let recovered = recover(cx, tenant, instance, since.max(instance.paired_at.unwrap_or(since))).await;
    // A restart changes nothing about an address that WAHA can't reach.
    let undelivered = instance.reason.as_deref().is_some_and(|reason| reason.starts_with(UNDELIVERED));
    if instance.verdict != Verdict::Suspect || undelivered {
        return Ok(None);
    }
    Ok(match recovered {
        Err(_) => Some("it says that it works and does not answer"),
        Ok(recovered) if recovered.found > 0 => Some("messages came that WAHA did not tell"),
        Ok(_) => {
            let traffic = tenant.traffic(instance.id, cx.now()).await?;
            (traffic.undelivered_chats >= UNDELIVERED_CHATS_MAX).then_some("what it sends does not arrive")
        }
    })
}

/// Did the session fail while it worked, rather than for want of somebody to scan its code?
async fn failed_at_work(tenant: &TenantStore, instance: &Instance) -> Result<bool, StoreError> {
    let history = tenant.instance_history(instance.id, HISTORY).await?;
    let passing = |status: &&InstanceStatus| matches!(status, InstanceStatus::Failed | InstanceStatus::Starting);
    let before = history.iter().filter_map(|change| change.status.as_ref()).find(|status| !passing(status));
    Ok(before == Some(&InstanceStatus::Working))
}
