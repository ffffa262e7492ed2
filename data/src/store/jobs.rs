//! Jobs and steps: durable work, claimed by lease.

use rusqlite::Row;

use super::change::Change;
use super::db::Writer;
use super::error::StoreError;
use super::scope::{Scope, Scoped};
use super::{Store, TenantStore, ledger, quick_replies};
use crate::ids::{ChatId, InteractionId, JobId, ReplyId, RunId, TenantId};
use crate::model::fault::{AnswerFault, FaultCode};
use crate::model::job::{Job, JobArgs, JobKind, JobState};
use crate::scoped;
use crate::time::Timestamp;

/// How many jobs of a kind may start now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    /// The kind.
    pub kind: JobKind,
    /// How many.
    pub free: usize,
}

/// How a run of a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The work is done.
    Done,
    /// Not now; costs no attempt.
    Snooze {
        /// When to look again.
        until: Timestamp,
        /// Why, in words for people.
        reason: String,
    },
    /// Failed; run again later.
    Retry {
        /// When to run again.
        at: Timestamp,
        /// Why, in words for people.
        reason: String,
    },
    /// Something stands in the way of an answer; run again later. What it is stays with the job, and is told at once where a
    /// person must act.
    Fault {
        /// When to run again.
        at: Timestamp,
        /// What stands in the way, with what earlier runs met.
        fault: AnswerFault,
        /// Why, in words for people.
        reason: String,
        /// Does it cost an attempt?
        attempt: Attempt,
    },
    /// Failed for good: a dead letter.
    Discard {
        /// Why, in words for people.
        reason: String,
    },
    /// Not wanted any more.
    Cancel {
        /// Why, in words for people.
        reason: String,
    },
}

impl Ended {
    /// Why the work goes on later, in words for people; `None`: it does not.
    #[must_use]
    pub fn wait_reason(&self) -> Option<&str> {
        match self {
            Self::Snooze { reason, .. } | Self::Retry { reason, .. } | Self::Fault { reason, .. } => Some(reason),
            Self::Done | Self::Discard { .. } | Self::Cancel { .. } => None,
        }
    }
}

/// Does a run that came to nothing count as an attempt?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// Yes: it was tried, and failed.
    Counts,
    /// No: it could not even be tried.
    Free,
}

/// Makes a keyed job, or makes the live one of the same key run again.
pub(crate) fn insert_keyed(
    scope: &Scope<'_>,
    args: &JobArgs,
    key: &str,
    run_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: Scoped = scoped!(
        "INSERT INTO jobs (tenant_id, id, kind, key, args, state, run_at, created_at, updated_at)
         VALUES (:tenant, :id, :kind, :key, :args, 'available', :run_at, :now, :now)
         ON CONFLICT (tenant_id, kind, key)
             WHERE key IS NOT NULL AND state IN ('scheduled', 'available', 'running', 'retryable', 'held')
         DO UPDATE SET again = (state = 'running'), run_at = min(run_at, excluded.run_at)"
    );
    scope.execute(
        INSERT,
        &[
            (":id", &JobId::new()),
            (":kind", &args.kind()),
            (":key", &key),
            (":args", &encode(args)?),
            (":run_at", &run_at),
            (":now", &now),
        ],
    )?;
    scope.emit(Change::JobDue(args.kind(), run_at));
    Ok(())
}

/// Makes the job that sends one stored message.
pub(crate) fn insert_send(
    scope: &Scope<'_>,
    chat: ChatId,
    interaction: InteractionId,
    now: Timestamp,
) -> Result<JobId, StoreError> {
    insert_sender(scope, JobArgs::SendMessage { chat, interaction }, chat, interaction, now)
}

/// Makes the job that sends one stored message of a campaign.
pub(crate) fn insert_campaign_send(
    scope: &Scope<'_>,
    chat: ChatId,
    interaction: InteractionId,
    now: Timestamp,
) -> Result<JobId, StoreError> {
    insert_sender(scope, JobArgs::SendCampaign { chat, interaction }, chat, interaction, now)
}

fn insert_sender(
    scope: &Scope<'_>,
    args: JobArgs,
    chat: ChatId,
    interaction: InteractionId,
    now: Timestamp,
) -> Result<JobId, StoreError> {
    const INSERT: Scoped = scoped!(
        "INSERT INTO jobs (tenant_id, id, kind, chat_id, args, state, run_at, created_at, updated_at)
         VALUES (:tenant, :id, :kind, :chat, :args, 'available', :now, :now, :now)"
    );
    const BIND: Scoped =
        scoped!("UPDATE interactions SET job_id = :job WHERE tenant_id = :tenant AND id = :interaction");
    let job = JobId::new();
    let kind = args.kind();
    let args = encode(&args)?;
    scope.execute(INSERT, &[(":id", &job), (":kind", &kind), (":chat", &chat), (":args", &args), (":now", &now)])?;
    scope.execute(BIND, &[(":job", &job), (":interaction", &interaction)])?;
    scope.emit(Change::JobDue(kind, now));
    Ok(job)
}

/// Moves the start of a chat's answer, or makes its job: quiet after the last message, with a hard cap.
///
/// A running one is told that its cause came once more; it decides at its next transaction.
pub(crate) fn answer_at(
    scope: &Scope<'_>,
    chat: ChatId,
    run_at: Timestamp,
    latest_after: std::time::Duration,
    now: Timestamp,
) -> Result<(), StoreError> {
    const UPSERT: Scoped = scoped!(
        "INSERT INTO jobs (tenant_id, id, kind, chat_id, args, state, run_at, created_at, updated_at)
         VALUES (:tenant, :id, 'answer_chat', :chat, :args, 'scheduled', :run_at, :now, :now)
         ON CONFLICT (tenant_id, chat_id)
             WHERE kind = 'answer_chat' AND state IN ('scheduled', 'available', 'running', 'retryable', 'held')
         DO UPDATE SET
             -- What has left, or may have, can't take the new message in: it needs an answer of its own.
             again = (again OR state = 'running'
                      OR EXISTS (SELECT 1 FROM interactions AS i
                                 WHERE i.tenant_id = :tenant AND i.job_id = jobs.id
                                   AND i.state IN ('sending', 'sent', 'delivered', 'read', 'played'))),
             -- A draft that waited for a human has no burst of its own: the new message begins one.
             created_at = CASE WHEN run_at > :far THEN excluded.created_at ELSE created_at END,
             run_at = min(excluded.run_at,
                          CASE WHEN run_at > :far THEN excluded.created_at ELSE created_at END + :cap_ms),
             state = CASE WHEN state = 'retryable' THEN 'scheduled' ELSE state END
         RETURNING run_at"
    );
    let args = encode(&JobArgs::AnswerChat { chat })?;
    let cap_ms = i64::try_from(latest_after.as_millis()).unwrap_or(i64::MAX);
    let due: Option<Timestamp> = scope.row(
        UPSERT,
        &[
            (":id", &JobId::new()),
            (":chat", &chat),
            (":args", &args),
            (":run_at", &run_at),
            (":cap_ms", &cap_ms),
            (":far", &FAR.millis()),
            (":now", &now),
        ],
        |row| row.get(0),
    )?;
    scope.emit(Change::JobDue(JobKind::AnswerChat, due.unwrap_or(run_at)));
    Ok(())
}

/// Does an answer of this chat wait or run?
pub(crate) fn is_answering(scope: &Scope<'_>, chat: ChatId) -> Result<bool, StoreError> {
    const LIVE: Scoped = scoped!(
        "SELECT 1 FROM jobs
         WHERE tenant_id = :tenant AND chat_id = :chat AND kind = 'answer_chat'
           AND state IN ('scheduled', 'available', 'running', 'retryable', 'held')"
    );
    Ok(scope.row(LIVE, &[(":chat", &chat)], |_| Ok(()))?.is_some())
}

/// Does an answer of this chat wait or run of which nothing has left yet, nor may have?
pub(crate) fn is_answer_unsent(scope: &Scope<'_>, chat: ChatId) -> Result<bool, StoreError> {
    const UNSENT: Scoped = scoped!(
        "SELECT 1 FROM jobs AS j
         WHERE j.tenant_id = :tenant AND j.chat_id = :chat AND j.kind = 'answer_chat'
           AND j.state IN ('scheduled', 'available', 'running', 'retryable', 'held')
           AND NOT EXISTS (SELECT 1 FROM interactions AS i
                           WHERE i.tenant_id = :tenant AND i.job_id = j.id
                             AND i.state IN ('sending', 'unknown', 'sent', 'delivered', 'read', 'played'))"
    );
    Ok(scope.row(UNSENT, &[(":chat", &chat)], |_| Ok(()))?.is_some())
}

/// Is an answer of this chat on its way of which no part is known to be out?
pub(crate) fn is_answer_in_doubt(scope: &Scope<'_>, chat: ChatId) -> Result<bool, StoreError> {
    const IN_DOUBT: Scoped = scoped!(
        "SELECT 1 FROM jobs AS j
         WHERE j.tenant_id = :tenant AND j.chat_id = :chat AND j.kind = 'answer_chat'
           AND j.state IN ('scheduled', 'available', 'running', 'retryable', 'held')
           AND EXISTS (SELECT 1 FROM interactions AS i
                       WHERE i.tenant_id = :tenant AND i.job_id = j.id AND i.state = 'sending')
           AND NOT EXISTS (SELECT 1 FROM interactions AS i
                           WHERE i.tenant_id = :tenant AND i.job_id = j.id
                             AND i.state IN ('unknown', 'sent', 'delivered', 'read', 'played'))"
    );
    Ok(scope.row(IN_DOUBT, &[(":chat", &chat)], |_| Ok(()))?.is_some())
}

/// How the reason of an answer begins that waits for the model.
pub const WAITS_FOR_MODEL: &str = "gemini: ";
/// The reason of an answer that waits since nobody knows yet for whom a human's message was.
pub const WAITS_FOR_IDENTITY: &str =
    "somebody of the shop wrote to a hidden address; waiting for waha to say whose it is";

/// A start that no clock reaches: the job waits for a person, not for a time.
pub const NEVER: Timestamp = Timestamp::from_millis(i64::MAX / 4);
/// Everything beyond this waits for a person.
pub(crate) const FAR: Timestamp = Timestamp::from_millis(i64::MAX / 8);

/// Takes back a chat's answer, whatever it is doing: drafts go, the reservation comes back. A running job learns of
/// it at its next transaction; one whose message may be out goes on until that is known, and sends nothing more.
pub(crate) fn cancel_answer(scope: &Scope<'_>, chat: ChatId, reason: &str, now: Timestamp) -> Result<(), StoreError> {
    const CANCEL: Scoped = scoped!(
        "UPDATE jobs SET state = 'cancelled', reason = :reason, updated_at = :now
         WHERE tenant_id = :tenant AND chat_id = :chat AND kind = 'answer_chat'
           AND state IN ('scheduled', 'available', 'retryable', 'held')
           AND NOT EXISTS (SELECT 1 FROM interactions AS i
                           WHERE i.tenant_id = :tenant AND i.job_id = jobs.id AND i.state = 'sending')
         RETURNING id, reply_id"
    );
    const TELL: Scoped = scoped!(
        "UPDATE jobs SET cancel = :reason, again = 0
         WHERE tenant_id = :tenant AND chat_id = :chat AND kind = 'answer_chat'
           AND state IN ('scheduled', 'available', 'running', 'retryable', 'held')"
    );
    const RUNNING: Scoped = scoped!(
        "SELECT id FROM jobs
         WHERE tenant_id = :tenant AND chat_id = :chat AND kind = 'answer_chat' AND state = 'running' AND cancel IS NULL"
    );
    const DRAFTS: Scoped = scoped!(
        "SELECT id FROM interactions
         WHERE tenant_id = :tenant AND chat_id = :chat AND author = 'assistant' AND state IN ('draft', 'held', 'queued')"
    );
    let running: Vec<JobId> = scope.rows(RUNNING, &[(":chat", &chat)], |row| row.get(0))?;
    let cancelled = scope.rows(CANCEL, &[(":chat", &chat), (":reason", &reason), (":now", &now)], |row| {
        Ok((row.get::<_, JobId>(0)?, row.get::<_, Option<ReplyId>>(1)?))
    })?;
    scope.execute(TELL, &[(":chat", &chat), (":reason", &reason)])?;
    if !cancelled.is_empty() || !running.is_empty() {
        scope.count("answers.cancelled");
    }
    for (job, reply) in &cancelled {
        // A part of it may be on its way: then its end decides about the credit.
        if let Some(reply) = reply
            && !on_its_way(scope, *reply)?
        {
            quick_replies::forget_cited(scope, *reply)?;
            ledger::release(scope, *reply, now)?;
        }
        scope.emit(Change::JobChanged(scope.tenant(), *job, JobKind::AnswerChat, JobState::Cancelled));
    }
    let drafts: Vec<InteractionId> = scope.rows(DRAFTS, &[(":chat", &chat)], |row| row.get(0))?;
    for draft in drafts {
        super::interactions::set_state(
            scope,
            draft,
            crate::model::interaction::InteractionState::Cancelled,
            Some(reason),
        )?;
    }
    Ok(())
}

/// Has any message that a reservation pays for left, or may it have?
pub(crate) fn on_its_way(scope: &Scope<'_>, reply: ReplyId) -> Result<bool, StoreError> {
    const SENT: Scoped = scoped!(
        "SELECT 1 FROM interactions
         WHERE tenant_id = :tenant AND reply_id = :reply
           AND state IN ('sending', 'unknown', 'sent', 'delivered', 'read', 'played')"
    );
    Ok(scope.row(SENT, &[(":reply", &reply)], |_| Ok(()))?.is_some())
}

/// Ends a run: what it says becomes the job's state, unless its cause came once more while it ran.
pub(crate) fn end(scope: &Scope<'_>, job: JobId, ended: &Ended, now: Timestamp) -> Result<(), StoreError> {
    const END: Scoped = scoped!(
        "UPDATE jobs
         SET state = :state, run_at = coalesce(:run_at, run_at), reason = :reason, updated_at = :now,
             attempts = attempts + :attempt, lease_run = NULL,
             -- What stood in the way of an answer that waits for a person now does not any more.
             fault = CASE WHEN :run_at > :far THEN NULL ELSE coalesce(:fault, fault) END,
             cancel = CASE WHEN :state IN ('scheduled', 'retryable') THEN cancel ELSE NULL END,
             -- The next run takes a new message in, unless it only finds out what became of an answer.
             again = (again AND :state IN ('scheduled', 'retryable')
                      AND EXISTS (SELECT 1 FROM interactions AS i
                                  WHERE i.tenant_id = :tenant AND i.job_id = jobs.id
                                    AND i.state IN ('sending', 'sent', 'delivered', 'read', 'played')))
         WHERE tenant_id = :tenant AND id = :id AND state = 'running'
         RETURNING kind, again, chat_id, key, args, run_at"
    );
    // RETURNING shows the row after the update; what the run must know is read before it.
    const BEFORE: Scoped = scoped!(
        "SELECT again, chat_id, key, run_at, cancel FROM jobs
         WHERE tenant_id = :tenant AND id = :id AND state = 'running'"
    );
    let before = scope.row(BEFORE, &[(":id", &job)], |row| {
        Ok((
            row.get::<_, bool>(0)?,
            row.get::<_, Option<ChatId>>(1)?,
            row.get::<_, Option<String>>(2)?,
            row.get::<_, Timestamp>(3)?,
            row.get::<_, Option<String>>(4)?,
        ))
    })?;
    let Some((again, chat, key, due, cancel)) = before else { return Ok(()) };
    // Told to stop while it ran: it does not run again, unless a message of it may be out and must be accounted for.
    if let Some(reason) = cancel
        && matches!(ended, Ended::Snooze { .. } | Ended::Retry { .. } | Ended::Fault { .. })
        && !sending(scope, job)?
    {
        return super::tx::answer::give_up(scope, job, &reason, now);
    }
    let (state, run_at, reason, attempt) = match ended {
        Ended::Done => (JobState::Completed, None, None, 0i64),
        Ended::Snooze { until, reason } => (JobState::Scheduled, Some(*until), Some(reason.as_str()), 0),
        Ended::Retry { at, reason } => (JobState::Retryable, Some(*at), Some(reason.as_str()), 1),
        Ended::Fault { at, reason, attempt: Attempt::Counts, .. } => {
            (JobState::Retryable, Some(*at), Some(reason.as_str()), 1)
        }
        Ended::Fault { at, reason, attempt: Attempt::Free, .. } => {
            (JobState::Scheduled, Some(*at), Some(reason.as_str()), 0)
        }
        Ended::Discard { reason } => (JobState::Discarded, None, Some(reason.as_str()), 1),
        Ended::Cancel { reason } => (JobState::Cancelled, None, Some(reason.as_str()), 0),
    };
    let fault = match ended {
        Ended::Fault { fault, .. } => Some(fault),
        _ => None,
    };
    let kept = fault.map(serde_json::to_string).transpose().map_err(|error| StoreError::Invalid(error.to_string()))?;
    let kind_and_args = scope.row(
        END,
        &[
            (":id", &job),
            (":state", &state),
            (":run_at", &run_at),
            (":reason", &reason),
            (":attempt", &attempt),
            (":fault", &kept),
            (":far", &FAR.millis()),
            (":now", &now),
        ],
        |row| Ok((row.get::<_, JobKind>(0)?, row.get::<_, String>(4)?)),
    )?;
    let Some((kind, args)) = kind_and_args else { return Ok(()) };
    if let (Some(fault), Some(chat), Some(reason), JobKind::AnswerChat) = (fault, chat, reason, kind)
        && fault.code.needs_person()
    {
        super::chats::needs_person(scope, chat, reason)?;
    }
    if let Some(run_at) = run_at {
        scope.emit(Change::JobDue(kind, run_at));
    }
    scope.emit(Change::JobChanged(scope.tenant(), job, kind, state));
    let finished = matches!(state, JobState::Completed | JobState::Cancelled | JobState::Discarded);
    if again && finished {
        match (kind, chat, key) {
            (JobKind::AnswerChat, Some(chat), _) if super::questions::any_open(scope, chat)? => {
                super::chats::set_state(scope, chat, crate::model::chat::ChatState::Assistant, None)?;
                answer_at(scope, chat, due, std::time::Duration::from_secs(3600), now)?;
            }
            (_, _, Some(key)) => insert_keyed(scope, &decode(&args)?, &key, now, now)?,
            _ => {}
        }
    }
    match kind {
        // A send that ended lets the next one of its chat go.
        JobKind::SendMessage => scope.emit(Change::JobDue(kind, now)),
        // Or the next one of its campaign.
        JobKind::SendCampaign => super::tx::run_campaign::nudge(scope, job, now)?,
        // One of its messages ended while it looked: it must not sleep over that.
        JobKind::RunCampaign if again && !finished => hasten(scope, job, now)?,
        JobKind::ResolveIdentity if finished => super::tx::takeover::look_again_after_identity(scope, now)?,
        _ => {}
    }
    Ok(())
}

/// Makes a job that sleeps run now.
fn hasten(scope: &Scope<'_>, job: JobId, now: Timestamp) -> Result<(), StoreError> {
    const HASTEN: Scoped = scoped!(
        "UPDATE jobs SET run_at = :now WHERE tenant_id = :tenant AND id = :id AND state = 'scheduled' RETURNING kind"
    );
    if let Some(kind) = scope.row(HASTEN, &[(":id", &job), (":now", &now)], |row| row.get(0))? {
        scope.emit(Change::JobDue(kind, now));
    }
    Ok(())
}

/// Is a message of this job on its way?
fn sending(scope: &Scope<'_>, job: JobId) -> Result<bool, StoreError> {
    const SENDING: Scoped =
        scoped!("SELECT 1 FROM interactions WHERE tenant_id = :tenant AND job_id = :job AND state = 'sending'");
    Ok(scope.row(SENDING, &[(":job", &job)], |_| Ok(()))?.is_some())
}

fn encode(args: &JobArgs) -> Result<String, StoreError> {
    serde_json::to_string(args).map_err(|error| StoreError::Invalid(error.to_string()))
}

pub(crate) fn decode(args: &str) -> Result<JobArgs, StoreError> {
    serde_json::from_str(args).map_err(|error| StoreError::Invalid(error.to_string()))
}

type Claimed = (TenantId, JobId, String, i64, Timestamp, Option<ReplyId>, Option<String>);

fn read_claimed(row: &Row<'_>) -> rusqlite::Result<Claimed> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
}

/// The tenants with live jobs of a kind. A loose index scan: one probe a tenant, however many jobs each of them has.
fn tenants_with_live(writer: &Writer<'_>, kind: JobKind) -> Result<Vec<TenantId>, StoreError> {
    const TENANTS: &str = "WITH RECURSIVE waiting (tenant_id) AS (
             SELECT min(tenant_id) FROM jobs
             WHERE kind = ?1 AND state IN ('scheduled', 'available', 'retryable')
             UNION ALL
             SELECT (SELECT min(j.tenant_id) FROM jobs AS j
                     WHERE j.kind = ?1 AND j.state IN ('scheduled', 'available', 'retryable')
                       AND j.tenant_id > waiting.tenant_id)
             FROM waiting WHERE waiting.tenant_id IS NOT NULL
         )
         SELECT tenant_id FROM waiting WHERE tenant_id IS NOT NULL";
    let mut statement = writer.connection.prepare_cached(TENANTS)?;
    let tenants = statement.query_map((kind,), |row| row.get(0))?;
    Ok(tenants.collect::<Result<Vec<_>, _>>()?)
}

/// When the next job of a kind is due that is not due yet: one probe a tenant.
fn next_due(writer: &Writer<'_>, kind: JobKind, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    const NEXT: &str = "SELECT run_at FROM jobs
         WHERE kind = ?1 AND tenant_id = ?2 AND run_at > ?3 AND run_at < ?4
           AND state IN ('scheduled', 'available', 'retryable')
         ORDER BY run_at LIMIT 1";
    let mut next: Option<Timestamp> = None;
    let mut statement = writer.connection.prepare_cached(NEXT)?;
    for tenant in tenants_with_live(writer, kind)? {
        let due = statement.query_map((kind, tenant, now, FAR), |row| row.get(0))?.next().transpose()?;
        next = match (next, due) {
            (Some(next), Some(due)) => Some(next.min(due)),
            (next, due) => next.or(due),
        };
    }
    Ok(next)
}

/// Gives due jobs of one kind to this run: every tenant with due work gets its share before any gets more.
fn claim_kind(
    writer: &Writer<'_>,
    slots: Slots,
    after: Option<TenantId>,
    run: RunId,
    now: Timestamp,
) -> Result<Vec<Job>, StoreError> {
    // One send at a time in a chat, in the order of their making.
    const CLAIM: &str = "UPDATE jobs SET state = 'running', lease_run = ?4, updated_at = ?3
         WHERE (tenant_id, id) IN (
             SELECT j.tenant_id, j.id FROM jobs AS j
             WHERE j.kind = ?1 AND j.tenant_id = ?2 AND j.run_at <= ?3
               AND j.state IN ('scheduled', 'available', 'retryable')
               AND (j.kind <> 'send_message' OR NOT EXISTS (
                   SELECT 1 FROM jobs AS o
                   WHERE o.tenant_id = j.tenant_id AND o.chat_id = j.chat_id AND o.id < j.id
                     AND o.kind = 'send_message'
                     AND o.state IN ('scheduled', 'available', 'running', 'retryable', 'held')))
             ORDER BY j.run_at, j.id LIMIT ?5)
         RETURNING tenant_id, id, args, attempts, created_at, reply_id, fault";
    let mut tenants = tenants_with_live(writer, slots.kind)?;
    if let Some(after) = after {
        let next = tenants.partition_point(|tenant| *tenant <= after);
        tenants.rotate_left(next);
    }
    let mut claimed = Vec::new();
    let mut claim = writer.connection.prepare_cached(CLAIM)?;
    for (at, tenant) in tenants.iter().enumerate() {
        let left = slots.free - claimed.len();
        let share = left.div_ceil(tenants.len() - at);
        if share == 0 {
            break;
        }
        let limit = i64::try_from(share).unwrap_or(i64::MAX);
        let rows = claim.query_map((slots.kind, tenant, now, run, limit), read_claimed)?;
        for row in rows {
            let (tenant, id, args, attempts, created_at, reply, fault) = row?;
            // One that a newer version wrote differently is met again soon enough.
            let fault = fault.and_then(|fault| serde_json::from_str(&fault).ok());
            claimed.push(Job { tenant, id, args: decode(&args)?, attempts, created_at, reply, fault });
        }
    }
    Ok(claimed)
}

impl Store {
    /// Gives due jobs to this run of the daemon, and says when the next one of each kind is due.
    ///
    /// `after` is the tenant that was served last, so that no tenant always goes first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn claim_jobs(
        &self,
        slots: Vec<Slots>,
        after: Option<TenantId>,
        run: RunId,
        now: Timestamp,
    ) -> Result<(Vec<Job>, Vec<(JobKind, Timestamp)>), StoreError> {
        self.db
            .write(move |writer| {
                let mut claimed = Vec::new();
                let mut next = Vec::new();
                for slots in slots {
                    if slots.free > 0 {
                        claimed.extend(claim_kind(writer, slots, after, run, now)?);
                    }
                    let due = next_due(writer, slots.kind, now)?;
                    next.extend(due.map(|due| (slots.kind, due)));
                }
                Ok((claimed, next))
            })
            .await
    }

    /// Frees the leases of every other run of the daemon. The lock file guarantees that none of them lives.
    ///
    /// # Errors
    /// What the store says.
    pub async fn free_leases(&self, run: RunId, now: Timestamp) -> Result<usize, StoreError> {
        self.db
            .write(move |writer| {
                Ok(writer.connection.execute(
                    "UPDATE jobs SET state = 'available', lease_run = NULL, updated_at = ?2
                     WHERE state = 'running' AND lease_run IS NOT ?1",
                    (run, now),
                )?)
            })
            .await
    }

    /// The model answers again: the answers that wait for it run now, whose tenants have any. How many.
    ///
    /// # Errors
    /// What the store says.
    pub async fn wake_answers_for_model(&self, now: Timestamp) -> Result<usize, StoreError> {
        const WAKE: &str = "UPDATE jobs SET run_at = ?1, state = 'available', updated_at = ?1
             WHERE kind = 'answer_chat' AND state IN ('scheduled', 'available', 'retryable') AND state <> 'available'
               AND run_at > ?1 AND run_at < ?2 AND substr(reason, 1, ?4) = ?3";
        self.db
            .write(move |writer| {
                let length = i64::try_from(WAITS_FOR_MODEL.len()).unwrap_or(0);
                let woken = writer.connection.execute(WAKE, (now, FAR, WAITS_FOR_MODEL, length))?;
                if woken > 0 {
                    writer.emit(Change::JobDue(JobKind::AnswerChat, now));
                }
                Ok(woken)
            })
            .await
    }

    /// Does an answer of anybody wait because the model did not answer, or would not?
    ///
    /// # Errors
    /// What the store says.
    pub async fn any_waits_for_model(&self) -> Result<bool, StoreError> {
        // The list of states is that of the index.
        const WAITS: &str = "SELECT fault FROM jobs
             WHERE kind = 'answer_chat' AND state IN ('scheduled', 'available', 'retryable') AND fault IS NOT NULL";
        self.db
            .read(|connection| {
                let mut statement = connection.prepare_cached(WAITS)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let fault: String = row.get(0)?;
                    let fault = serde_json::from_str::<AnswerFault>(&fault).ok();
                    if fault.is_some_and(|fault| fault.code.is_of_model() && fault.code != FaultCode::Other) {
                        return Ok(true);
                    }
                }
                Ok(false)
            })
            .await
    }

    /// Forgets finished jobs and delivery keys of before `horizon`.
    ///
    /// # Errors
    /// What the store says.
    pub async fn prune(&self, horizon: Timestamp) -> Result<usize, StoreError> {
        self.db
            .write(move |writer| {
                let jobs = writer.connection.execute(
                    "DELETE FROM jobs WHERE (tenant_id, id) IN (
                         SELECT tenant_id, id FROM jobs
                         WHERE state IN ('completed', 'cancelled') AND updated_at < ?1 LIMIT 500)",
                    (horizon,),
                )?;
                let keys = writer.connection.execute("DELETE FROM deliveries WHERE at < ?1", (horizon,))?;
                let acks = writer.connection.execute("DELETE FROM early_acks WHERE at < ?1", (horizon,))?;
                let changes = writer.connection.execute("DELETE FROM early_changes WHERE at < ?1", (horizon,))?;
                Ok(jobs + keys + acks + changes)
            })
            .await
    }
}

impl TenantStore {
    /// Ends a run of a job that has no transaction of its own for its end.
    ///
    /// # Errors
    /// What the store says.
    pub async fn end_job(&self, job: JobId, ended: Ended, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |scope| end(scope, job, &ended, now)).await
    }

    /// Makes a keyed job, or makes the live one of the same key run again.
    ///
    /// # Errors
    /// What the store says.
    pub async fn request_job(
        &self,
        args: JobArgs,
        key: String,
        run_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |scope| insert_keyed(scope, &args, &key, run_at, now)).await
    }

    /// Why a job must not go on, if somebody said so.
    ///
    /// # Errors
    /// What the store says.
    pub async fn told_to_stop(&self, job: JobId) -> Result<Option<String>, StoreError> {
        const TOLD: Scoped = scoped!("SELECT cancel FROM jobs WHERE tenant_id = :tenant AND id = :id");
        self.read(move |scope| Ok(scope.row(TOLD, &[(":id", &job)], |row| row.get(0))?.flatten())).await
    }

    /// Gives a job back untouched: the daemon stops.
    ///
    /// # Errors
    /// What the store says.
    pub async fn give_back_job(&self, job: JobId, now: Timestamp) -> Result<(), StoreError> {
        const BACK: Scoped = scoped!(
            "UPDATE jobs SET state = 'available', lease_run = NULL, updated_at = :now
             WHERE tenant_id = :tenant AND id = :id AND state = 'running'"
        );
        self.write(move |scope| scope.execute(BACK, &[(":id", &job), (":now", &now)]).map(drop)).await
    }

    /// The stored result of a step, if the step was done for this revision.
    ///
    /// # Errors
    /// What the store says.
    pub async fn step(&self, job: JobId, name: &'static str, revision: i64) -> Result<Option<String>, StoreError> {
        const FIND: Scoped = scoped!(
            "SELECT value FROM steps
             WHERE tenant_id = :tenant AND job_id = :job AND name = :name AND revision = :revision"
        );
        self.read(move |scope| {
            scope.row(FIND, &[(":job", &job), (":name", &name), (":revision", &revision)], |row| row.get(0))
        })
        .await
    }

    /// Stores the result of a step. The first one stands.
    ///
    /// # Errors
    /// What the store says.
    pub async fn store_step(
        &self,
        job: JobId,
        name: &'static str,
        revision: i64,
        value: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const STORE: Scoped = scoped!(
            // The job is gone when its person was erased while it ran.
            "INSERT INTO steps (tenant_id, job_id, name, revision, value, at)
             SELECT :tenant, :job, :name, :revision, :value, :now
             WHERE EXISTS (SELECT 1 FROM jobs WHERE tenant_id = :tenant AND id = :job)
             ON CONFLICT (tenant_id, job_id, name, revision) DO NOTHING"
        );
        self.write(move |scope| {
            scope.execute(
                STORE,
                &[(":job", &job), (":name", &name), (":revision", &revision), (":value", &value), (":now", &now)],
            )?;
            Ok(())
        })
        .await
    }
}
