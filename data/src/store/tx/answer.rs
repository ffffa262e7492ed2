//! The way of one answer through the store: facts, reservation, draft, start of the send, end without a send.

mod facts;

pub use self::facts::Facts;
use crate::credits::Credits;
use crate::ids::{ChatId, InteractionId, JobId, QuickReplyId, ReplyId};
use crate::model::chat::ChatState;
use crate::model::interaction::{Author, Interaction, InteractionState};
use crate::phone::Address;
use crate::scoped;
use crate::store::TenantStore;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::interactions::{self, Extra, IdSource, Outbound};
use crate::store::jobs::{self, Ended, NEVER};
use crate::store::ledger::{self, Reservation};
pub use crate::store::questions::IGNORED;
use crate::store::scope::{Scope, Scoped};
use crate::store::tx::takeover::IdentityDelay;
use crate::store::tx::{outcome, takeover};
use crate::store::{chats, questions, quick_replies};
use crate::time::Timestamp;

/// How a reservation went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// The job holds this one.
    Held(ReplyId),
    /// Nothing is left.
    NoCredit,
    /// A human has the chat.
    Cancelled,
}

/// One part of an answer, as it will be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The words, in WhatsApp's format.
    pub text: String,
    /// The id reserved for it at WAHA.
    pub reserved: Option<String>,
}

/// An answer of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnswer {
    /// Its parts in order.
    pub parts: Vec<Part>,
    /// The chat's revision that it answers.
    pub revision: i64,
    /// Which version of the model wrote it.
    pub model: Option<String>,
    /// How long the model took, in milliseconds.
    pub latency_ms: i64,
    /// JSON of the tokens it cost.
    pub tokens: String,
    /// The quick replies it leans on: each is counted once the answer is out.
    pub cites: Vec<QuickReplyId>,
    /// Does its first part tell that a machine writes?
    pub discloses: bool,
}

/// Whether a send may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// The first part is on its way: POST it.
    Go(Box<Outbound>),
    /// The customer wrote meanwhile: look again, not before this instant.
    Stale(Timestamp),
    /// A human has the chat: nothing is sent, the credit is back.
    Cancelled,
    /// A human wrote to an address of which nobody knows yet whose it is; it may be this customer's. Try again, at this
    /// instant at the latest.
    Unresolved(Timestamp),
}

/// How an answer waits for a human.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wait {
    /// Until somebody approves it.
    ForApproval,
    /// Until somebody approves it, since a check stopped it.
    Held(String),
    /// Until this instant, unless somebody objects.
    Countdown(Timestamp),
}

/// How an answer ends without a send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// What the chat is then.
    pub state: ChatState,
    /// Why, in words for people.
    pub reason: String,
    /// Was a human asked for?
    pub handoff: Handoff,
    /// Does the job become a dead letter?
    pub letter: Letter,
    /// The model saw nothing to answer in what was asked up to this revision of the chat: that is closed.
    pub nothing_asked: Option<i64>,
}

/// Was a human asked for?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handoff {
    /// Yes: the assistant is silent until `resume` or `done`.
    Yes,
    /// No.
    No,
}

/// What becomes of a job that ended without its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letter {
    /// It is over.
    Closed,
    /// It is kept where people look for what failed.
    Dead,
}

/// How often an answer is thrown away for a newer message before it goes out all the same.
pub const REDONE_MAX: i64 = 2;

struct JobNow {
    chat: ChatId,
    reply: Option<ReplyId>,
    redone: i64,
    cancel: Option<String>,
    run_at: Timestamp,
    created_at: Timestamp,
}

fn running(scope: &Scope<'_>, job: JobId) -> Result<Option<JobNow>, StoreError> {
    const JOB: Scoped = scoped!(
        "SELECT chat_id, reply_id, redone, cancel, run_at, created_at FROM jobs
         WHERE tenant_id = :tenant AND id = :id AND state = 'running'"
    );
    scope.row(JOB, &[(":id", &job)], |row| {
        Ok(JobNow {
            chat: row.get(0)?,
            reply: row.get(1)?,
            redone: row.get(2)?,
            cancel: row.get(3)?,
            run_at: row.get(4)?,
            created_at: row.get(5)?,
        })
    })
}

fn revision(scope: &Scope<'_>, chat: ChatId) -> Result<i64, StoreError> {
    const REVISION: Scoped = scoped!("SELECT revision FROM chats WHERE tenant_id = :tenant AND id = :chat");
    scope.row(REVISION, &[(":chat", &chat)], |row| row.get(0))?.ok_or(StoreError::NotFound("chat"))
}

/// The job was told to stop: nothing more of it goes out.
pub(crate) fn give_up(scope: &Scope<'_>, job: JobId, why: &str, now: Timestamp) -> Result<(), StoreError> {
    drop_unsent(scope, job, why)?;
    if let Some(reply) = running(scope, job)?.and_then(|job| job.reply) {
        outcome::release_unless_sent(scope, reply, now)?;
    }
    jobs::end(scope, job, &Ended::Cancel { reason: why.to_owned() }, now)
}

/// Cancels what a job has written and not sent.
fn drop_unsent(scope: &Scope<'_>, job: JobId, why: &str) -> Result<(), StoreError> {
    const UNSENT: Scoped = scoped!(
        "SELECT id FROM interactions
         WHERE tenant_id = :tenant AND job_id = :job AND state IN ('draft', 'held', 'queued')"
    );
    let unsent: Vec<InteractionId> = scope.rows(UNSENT, &[(":job", &job)], |row| row.get(0))?;
    for id in unsent {
        interactions::set_state(scope, id, InteractionState::Cancelled, Some(why))?;
    }
    Ok(())
}

/// Compares what the job has seen with what is true now. Its chat where it may go on, else what it must do.
fn objection(scope: &Scope<'_>, job: JobId, seen: i64, now: Timestamp) -> Result<Result<ChatId, Start>, StoreError> {
    const REDO: Scoped =
        scoped!("UPDATE jobs SET redone = redone + 1, again = 0 WHERE tenant_id = :tenant AND id = :id");
    let Some(found) = running(scope, job)? else { return Ok(Err(Start::Cancelled)) };
    if let Some(why) = &found.cancel {
        give_up(scope, job, why, now)?;
        return Ok(Err(Start::Cancelled));
    }
    if revision(scope, found.chat)? != seen && found.redone < REDONE_MAX {
        drop_unsent(scope, job, "the customer wrote again")?;
        scope.execute(REDO, &[(":id", &job)])?;
        return Ok(Err(Start::Stale(found.run_at)));
    }
    Ok(Ok(found.chat))
}

/// A human wrote to somebody of whom nobody knows yet who it is. `None`: it can't be this customer.
fn unresolved(scope: &Scope<'_>, chat: ChatId, job: JobId, now: Timestamp) -> Result<Option<Start>, StoreError> {
    Ok(match takeover::identity_delay(scope, chat, Some(job), now)? {
        None => None,
        Some(IdentityDelay::Until(at)) => Some(Start::Unresolved(at)),
        Some(IdentityDelay::LeaveToHuman) => {
            takeover::give_up_unresolved(scope, chat, job, now)?;
            Some(Start::Cancelled)
        }
    })
}

impl TenantStore {
    /// Puts one credit aside for a job. Asking again returns the same reservation.
    ///
    /// # Errors
    /// What the store says.
    pub async fn reserve_answer(&self, job: JobId, plan: Credits, now: Timestamp) -> Result<Reserved, StoreError> {
        const HOLD: Scoped = scoped!("UPDATE jobs SET reply_id = :reply WHERE tenant_id = :tenant AND id = :id");
        self.write(move |scope| {
            let Some(found) = running(scope, job)? else { return Ok(Reserved::Cancelled) };
            if let Some(why) = &found.cancel {
                give_up(scope, job, why, now)?;
                return Ok(Reserved::Cancelled);
            }
            if let Some(reply) = found.reply {
                return Ok(Reserved::Held(reply));
            }
            let reply = ReplyId::new();
            match ledger::reserve(scope, reply, plan, now)? {
                Reservation::Empty => Ok(Reserved::NoCredit),
                Reservation::Made => {
                    scope.execute(HOLD, &[(":id", &job), (":reply", &reply)])?;
                    Ok(Reserved::Held(reply))
                }
            }
        })
        .await
    }

    /// Starts the send of an answer, if no human has the chat and the customer did not write again.
    ///
    /// # Errors
    /// What the store says.
    pub async fn start_answer(&self, job: JobId, answer: NewAnswer, now: Timestamp) -> Result<Start, StoreError> {
        self.write(move |scope| {
            let chat = match objection(scope, job, answer.revision, now)? {
                Ok(chat) => chat,
                Err(start) => return Ok(start),
            };
            if let Some(start) = unresolved(scope, chat, job, now)? {
                return Ok(start);
            }
            drop_unsent(scope, job, "written anew")?;
            let ids = write_parts(scope, job, &answer, InteractionState::Queued, None, now)?;
            let first = ids.first().copied().ok_or(StoreError::Invalid("an answer without words".to_owned()))?;
            outcome::mark_sending(scope, first, now)?;
            let first = interactions::find(scope, first)?.ok_or(StoreError::NotFound("interaction"))?;
            Ok(Start::Go(Box::new(first)))
        })
        .await
    }

    /// Stores an answer that waits for a human or for its countdown, and ends the run.
    ///
    /// `None` when it stands; otherwise why it was not stored.
    ///
    /// # Errors
    /// What the store says.
    pub async fn store_draft(
        &self,
        job: JobId,
        answer: NewAnswer,
        wait: Wait,
        now: Timestamp,
    ) -> Result<Option<Start>, StoreError> {
        self.write(move |scope| {
            let chat = match objection(scope, job, answer.revision, now)? {
                Ok(chat) => chat,
                Err(start) => return Ok(Some(start)),
            };
            let (state, reason, until, chat_state, chat_reason) = match &wait {
                Wait::ForApproval => {
                    (InteractionState::Draft, None, NEVER, ChatState::NeedsYou, Some("draft: waits for you".to_owned()))
                }
                Wait::Held(why) => (
                    InteractionState::Held,
                    Some(why.as_str()),
                    NEVER,
                    ChatState::NeedsYou,
                    Some(format!("held: {why}")),
                ),
                Wait::Countdown(at) => (InteractionState::Draft, None, *at, ChatState::Assistant, None),
            };
            drop_unsent(scope, job, "written anew")?;
            write_parts(scope, job, &answer, state, reason, now)?;
            let why = match &wait {
                Wait::ForApproval => "waiting for approval".to_owned(),
                Wait::Held(why) => format!("held: {why}"),
                Wait::Countdown(_) => "countdown".to_owned(),
            };
            match wait {
                Wait::ForApproval => scope.count("answers.draft"),
                Wait::Held(_) => scope.count("answers.held"),
                Wait::Countdown(_) => {}
            }
            chats::set_state(scope, chat, chat_state, chat_reason.as_deref())?;
            jobs::end(scope, job, &Ended::Snooze { until, reason: why }, now)?;
            Ok(None)
        })
        .await
    }

    /// Starts the send of an answer that was stored before: its countdown is over, somebody approved it, or an earlier
    /// attempt was certainly not sent. `reserved` are ids for parts that have none.
    ///
    /// # Errors
    /// What the store says.
    pub async fn start_stored(
        &self,
        job: JobId,
        seen: i64,
        reserved: Vec<(InteractionId, String)>,
        now: Timestamp,
    ) -> Result<Start, StoreError> {
        const PARTS: Scoped = scoped!(
            "SELECT id FROM interactions
             WHERE tenant_id = :tenant AND job_id = :job AND state IN ('draft', 'held', 'queued') ORDER BY part"
        );
        const RESERVE: Scoped = scoped!(
            "UPDATE interactions SET bare_id = :bare_id, id_source = 'reserved'
             WHERE tenant_id = :tenant AND id = :id AND bare_id IS NULL"
        );
        self.write(move |scope| {
            let chat = match objection(scope, job, seen, now)? {
                Ok(chat) => chat,
                Err(start) => return Ok(start),
            };
            if let Some(start) = unresolved(scope, chat, job, now)? {
                return Ok(start);
            }
            for (id, bare_id) in &reserved {
                scope.execute(RESERVE, &[(":id", id), (":bare_id", bare_id)])?;
            }
            let parts: Vec<InteractionId> = scope.rows(PARTS, &[(":job", &job)], |row| row.get(0))?;
            for part in parts.iter().skip(1) {
                interactions::set_state(scope, *part, InteractionState::Queued, None)?;
            }
            let Some(first) = parts.first() else {
                return Ok(Start::Stale(now));
            };
            outcome::mark_sending(scope, *first, now)?;
            let first = interactions::find(scope, *first)?.ok_or(StoreError::NotFound("interaction"))?;
            Ok(Start::Go(Box::new(first)))
        })
        .await
    }

    /// Ends an answer without a send: what was written is cancelled, the credit is back, the chat says why.
    ///
    /// # Errors
    /// What the store says.
    pub async fn stop_answer(&self, job: JobId, stop: Stop, now: Timestamp) -> Result<(), StoreError> {
        const HANDOFF: Scoped = scoped!("UPDATE chats SET handoff_at = :at WHERE tenant_id = :tenant AND id = :chat");
        self.write(move |scope| {
            let Some(found) = running(scope, job)? else { return Ok(()) };
            if let Some(judged) = stop.nothing_asked.filter(|_| found.cancel.is_none()) {
                questions::close_ignored(scope, found.chat, judged, &stop.reason)?;
            }
            if found.cancel.is_none() {
                let told = (stop.state != ChatState::Waiting).then_some(stop.reason.as_str());
                chats::set_state(scope, found.chat, stop.state, told)?;
                if stop.handoff == Handoff::Yes {
                    scope.execute(HANDOFF, &[(":chat", &found.chat), (":at", &now)])?;
                    scope.count("answers.handoff");
                }
            }
            // One that somebody took back was counted then.
            if found.cancel.is_none() {
                scope.count(match stop.letter {
                    Letter::Closed => "answers.stopped",
                    Letter::Dead => "answers.failed",
                });
            }
            drop_unsent(scope, job, &stop.reason)?;
            if let Some(reply) = found.reply {
                outcome::release_unless_sent(scope, reply, now)?;
            }
            let reason = found.cancel.unwrap_or(stop.reason);
            let ended = match stop.letter {
                Letter::Closed => Ended::Cancel { reason },
                Letter::Dead => Ended::Discard { reason },
            };
            jobs::end(scope, job, &ended, now)
        })
        .await
    }
}

fn write_parts(
    scope: &Scope<'_>,
    job: JobId,
    answer: &NewAnswer,
    state: InteractionState,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<Vec<InteractionId>, StoreError> {
    const TO: Scoped = scoped!(
        "SELECT h.instance_id, h.address, j.reply_id FROM jobs AS j
         JOIN chats AS h ON h.tenant_id = j.tenant_id AND h.id = j.chat_id
         WHERE j.tenant_id = :tenant AND j.id = :job"
    );
    let found = running(scope, job)?.ok_or(StoreError::NotFound("job"))?;
    let (instance, address, reply) = scope
        .row(TO, &[(":job", &job)], |row| {
            Ok((row.get(0)?, row.get::<_, Address>(1)?, row.get::<_, Option<ReplyId>>(2)?))
        })?
        .ok_or(StoreError::NotFound("chat"))?;
    // The send side refuses groups, channels and stories too, whatever let the job be made.
    if !address.is_person() {
        return Err(StoreError::Invalid("only one person can be answered".to_owned()));
    }
    let mut ids = Vec::with_capacity(answer.parts.len());
    for (number, part) in (0i64..).zip(&answer.parts) {
        let interaction = Interaction {
            state,
            reason: reason.map(str::to_owned),
            model: answer.model.clone(),
            latency_ms: Some(answer.latency_ms),
            ..Interaction::outgoing(found.chat, address.clone(), Author::Assistant, part.text.clone(), now)
        };
        let extra = Extra {
            bare_id: part.reserved.as_deref(),
            id_source: part.reserved.is_some().then_some(IdSource::Reserved),
            job: Some(job),
            reply,
            revision: Some(answer.revision),
            part: Some(number),
            tokens: Some(answer.tokens.clone()),
            discloses: answer.discloses && number == 0,
            ..Extra::default()
        };
        if !interactions::insert(scope, instance, &interaction, &extra, now)? {
            return Err(StoreError::Conflict("waha gave the same message id twice".to_owned()));
        }
        ids.push(interaction.id);
    }
    if let Some(reply) = reply {
        quick_replies::cite(scope, reply, &answer.cites)?;
    }
    scope.count("answers.generated");
    Ok(ids)
}

impl TenantStore {
    /// Chats that stopped for want of credit and whose customer wrote after `fresh_since` are answered after all,
    /// oldest first, as far as the balance goes.
    ///
    /// # Errors
    /// What the store says.
    pub async fn wake_unpaid(&self, fresh_since: Timestamp, now: Timestamp) -> Result<usize, StoreError> {
        const UNPAID: Scoped = scoped!(
            "SELECT id FROM chats
             WHERE tenant_id = :tenant AND state = 'needs_you' AND reason = :reason AND last_in_at >= :fresh
             ORDER BY last_in_at
             -- No more than can be paid: among more of them chance would decide who is answered.
             LIMIT (SELECT period + extra FROM purses WHERE tenant_id = :tenant)"
        );
        self.write(move |scope| {
            let waiting: Vec<ChatId> =
                scope.rows(UNPAID, &[(":reason", &NO_CREDIT), (":fresh", &fresh_since)], |row| row.get(0))?;
            for (place, chat) in (0u64..).zip(&waiting) {
                if !questions::any_open(scope, *chat)? {
                    continue;
                }
                chats::set_state(scope, *chat, ChatState::Assistant, None)?;
                let at = now + std::time::Duration::from_millis(place);
                jobs::answer_at(scope, *chat, at, std::time::Duration::from_secs(60), now)?;
            }
            scope.emit(Change::CreditChanged(scope.tenant()));
            Ok(waiting.len())
        })
        .await
    }
}

/// The reason of a chat that stopped for want of credit.
pub const NO_CREDIT: &str = "no credit left";
