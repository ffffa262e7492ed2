//! The engine: claims what is due, runs it, ends it. One task a job; a bound for each kind.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mychatflow_data::ids::TenantId;
use mychatflow_data::model::job::{Job, JobArgs, JobKind};
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::jobs::{Ended, Slots};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    JobError, Outcome, answer_chat, backoff, reconcile_instance, recover_history, resolve_identity, run_campaign,
    send_message, sync_contacts,
};
use crate::chain::chain;
use crate::cx::Cx;
use crate::halt;

/// The longest that one run may take before its lease is taken away.
const LEASE_MAX: Duration = Duration::from_secs(600);
/// How long a stop waits for what is running.
const DRAIN: Duration = Duration::from_secs(8);
/// Failures after which a job of the daemon's own becomes a dead letter.
const ATTEMPTS_MAX: i64 = 10;
/// The pause after the store refused to give out jobs.
const STORE_PAUSE: Duration = Duration::from_millis(500);
/// How often the pause doubles between two attempts to store the end of a job: up to eight seconds.
const STORE_DOUBLINGS_MAX: i64 = 3;

/// Jobs of one kind that may run at once. Answers beyond the model's own bound wait for it, or type.
fn limit(cx: &Cx, kind: JobKind) -> usize {
    match kind {
        JobKind::AnswerChat => 256 + cx.config().gemini.concurrent_max,
        JobKind::SendMessage => 64,
        // Lanes of their own: whatever campaigns do, answers and people find theirs free.
        JobKind::SendCampaign => 32,
        JobKind::RunCampaign => 8,
        // WAHA serves one lifecycle call at a time and is slow at each.
        _ => 4,
    }
}

struct Finished {
    kind: JobKind,
}

/// Runs until told to stop, then lets what is running come to an end, for a while.
pub async fn run(cx: Arc<Cx>, stop: CancellationToken) {
    let mut running: JoinSet<Finished> = JoinSet::new();
    let mut busy: HashMap<JobKind, usize> = HashMap::new();
    let mut served: Option<TenantId> = None;
    // At start nothing has been told yet: everything may be due.
    for kind in JobKind::ALL {
        cx.wake.note(*kind, cx.now());
    }
    while !stop.is_cancelled() {
        let now = cx.now();
        let free = |kind: JobKind, busy: &HashMap<JobKind, usize>| {
            limit(&cx, kind).saturating_sub(busy.get(&kind).copied().unwrap_or(0))
        };
        let due = cx.wake.take_due(now);
        let (ready, full): (Vec<_>, Vec<_>) = due.into_iter().partition(|kind| free(*kind, &busy) > 0);
        let mut blocked = full;
        if !ready.is_empty() {
            let slots = ready.iter().map(|kind| Slots { kind: *kind, free: free(*kind, &busy) }).collect();
            match cx.store.claim_jobs(slots, served, cx.run, now).await {
                Ok((jobs, next)) => {
                    for (kind, at) in next {
                        cx.wake.note(kind, at);
                    }
                    // A kind whose slots are used up may have more that is due.
                    for kind in ready {
                        let claimed = jobs.iter().filter(|job| job.args.kind() == kind).count();
                        if claimed > 0 && claimed >= free(kind, &busy) {
                            blocked.push(kind);
                        }
                    }
                    served = jobs.last().map(|job| job.tenant).or(served);
                    for job in jobs {
                        let kind = job.args.kind();
                        *busy.entry(kind).or_default() += 1;
                        running.spawn(run_one(Arc::clone(&cx), job));
                    }
                }
                Err(error) => {
                    tracing::error!(error = chain(&error), "no jobs could be claimed");
                    for kind in ready {
                        cx.wake.note(kind, now + STORE_PAUSE);
                    }
                }
            }
        }
        let pause = cx.wake.next().map_or(Duration::from_secs(60), |next| next.since(cx.now()));
        tokio::select! {
            () = stop.cancelled() => break,
            () = cx.wake.told() => {}
            () = tokio::time::sleep(pause) => {}
            Some(finished) = running.join_next(), if !running.is_empty() => {
                settle(&mut busy, finished);
                while let Some(finished) = running.try_join_next() {
                    settle(&mut busy, finished);
                }
            }
        }
        for kind in blocked {
            cx.wake.note(kind, cx.now());
        }
    }
    let drained = async {
        while let Some(finished) = running.join_next().await {
            settle(&mut busy, finished);
        }
    };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        tracing::warn!(jobs = running.len(), "jobs were still running at the stop; the next start goes on with them");
        running.shutdown().await;
    }
}

fn settle(busy: &mut HashMap<JobKind, usize>, finished: Result<Finished, tokio::task::JoinError>) {
    match finished {
        Ok(finished) => {
            if let Some(count) = busy.get_mut(&finished.kind) {
                *count = count.saturating_sub(1);
            }
        }
        Err(error) => tracing::error!(%error, "a job's task ended without a word"),
    }
}

async fn run_one(cx: Arc<Cx>, job: Job) -> Finished {
    let kind = job.args.kind();
    let work = tokio::spawn({
        let (cx, job) = (Arc::clone(&cx), job.clone());
        async move {
            let tenant = cx.store.tenant_of(&job);
            tokio::time::timeout(LEASE_MAX, work(&cx, &tenant, &job)).await.unwrap_or_else(|_| {
                Err(JobError::Retryable { reason: "it took too long".to_owned(), after: Duration::ZERO, fault: None })
            })
        }
    });
    let ended = match work.await {
        Ok(ended) => ended,
        Err(error) => {
            tracing::error!(job.id = %job.id, job.kind = %kind, %error, "a job panicked");
            Err(JobError::Retryable {
                reason: "it panicked; see the log".to_owned(),
                after: Duration::from_secs(5),
                fault: None,
            })
        }
    };
    let mut attempts = 0;
    while let Err(error) = finish(&cx, &job, &ended).await {
        tracing::error!(job.id = %job.id, job.kind = %kind, error = chain(&error), "the end of a job could not be stored");
        // Else the lease stays with this run, and nobody does the rest before the next start.
        if !error.may_pass() {
            break;
        }
        attempts = (attempts + 1).min(STORE_DOUBLINGS_MAX);
        let now = cx.now();
        let again = backoff(now, attempts, Duration::ZERO, u64::from(job.id.bytes()[15]));
        tokio::time::sleep(again.since(now)).await;
    }
    Finished { kind }
}

async fn work(cx: &Cx, tenant: &TenantStore, job: &Job) -> Result<Outcome, JobError> {
    halt::at("job_claimed").await;
    match &job.args {
        JobArgs::AnswerChat { chat } => {
            cx.hurry.note(cx.now());
            let ended = answer_chat::run(cx, tenant, job, *chat).await;
            cx.hurry.note(cx.now());
            ended
        }
        JobArgs::SendMessage { interaction, .. } | JobArgs::SendCampaign { interaction, .. } => {
            send_message::run(cx, tenant, job, *interaction).await
        }
        JobArgs::RunCampaign { campaign } => run_campaign::run(cx, tenant, job, *campaign).await,
        JobArgs::ResolveIdentity { instance, address } => {
            resolve_identity::run(cx, tenant, job, *instance, address).await
        }
        JobArgs::ReconcileInstance { instance } => reconcile_instance::run(cx, tenant, job, *instance).await,
        JobArgs::SyncContacts { instance } => sync_contacts::run(cx, tenant, job, *instance).await,
        JobArgs::RecoverHistory { instance, since } => recover_history::run(cx, tenant, job, *instance, *since).await,
    }
}

async fn finish(cx: &Cx, job: &Job, ended: &Result<Outcome, JobError>) -> Result<(), StoreError> {
    let now = cx.now();
    let tenant = cx.store.tenant_of(job);
    let ended = match ended {
        Ok(Outcome::Settled) => return Ok(()),
        Ok(Outcome::End(ended)) => ended.clone(),
        Err(JobError::Retryable { reason, after, .. })
            if job.args.kind() == JobKind::AnswerChat || job.attempts < ATTEMPTS_MAX =>
        {
            let bytes = job.id.bytes();
            let seed = u64::from(bytes[14]) << 8 | u64::from(bytes[15]);
            Ended::Retry { at: backoff(now, job.attempts, *after, seed), reason: reason.clone() }
        }
        Err(error) => {
            tracing::error!(job.id = %job.id, job.kind = %job.args.kind(), error = chain(&error), "a job gave up");
            if job.args.kind() == JobKind::AnswerChat {
                return answer_chat::give_up(&tenant, job, error.to_string(), now).await;
            }
            if let JobArgs::RunCampaign { campaign } = &job.args {
                tenant.give_up_campaign(*campaign, error.to_string(), now).await?;
            }
            Ended::Discard { reason: error.to_string() }
        }
    };
    tenant.end_job(job.id, ended, now).await
}
