//! Why: everything that is kept about one message, for whoever asks how it came to be.

use super::error::StoreError;
use super::interactions::{self, Outbound};
use super::scope::{Scope, Scoped};
use super::{TenantStore, chats};
use crate::ids::{ChatId, InteractionId, JobId, ReplyId};
use crate::model::chat::Chat;
use crate::model::interaction::{Direction, Interaction};
use crate::model::job::{JobKind, JobState};
use crate::model::ledger::Entry;
use crate::scoped;
use crate::time::Timestamp;

/// What is kept about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// The chat it is in.
    pub chat: Chat,
    /// The message.
    pub message: Outbound,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it was first known to have gone out.
    pub sent_at: Option<Timestamp>,
    /// When WAHA told of it by webhook.
    pub echoed_at: Option<Timestamp>,
    /// How long the customer had waited for it, in milliseconds.
    pub waited_ms: Option<i64>,
    /// Of a message of ours: the customer's last word before it. Of a customer's: our first word after it.
    pub other: Option<Interaction>,
    /// The work that wrote or sent it, or that should answer it.
    pub job: Option<Work>,
    /// What that work has stored, oldest first.
    pub steps: Vec<Stored>,
    /// What it did to the credits, oldest first.
    pub entries: Vec<Entry>,
}

/// The work behind a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Its id.
    pub id: JobId,
    /// What it is.
    pub kind: JobKind,
    /// Where it stands.
    pub state: JobState,
    /// Why.
    pub reason: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// How many answers were thrown away for a newer message.
    pub redone: i64,
    /// When it runs, or ran.
    pub run_at: Timestamp,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// The reservation it holds.
    pub reply: Option<ReplyId>,
}

/// A step of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its name.
    pub name: String,
    /// When it was done.
    pub at: Timestamp,
    /// JSON of what came of it.
    pub value: String,
}

macro_rules! select_work {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, state, reason, attempts, redone, run_at, created_at, updated_at, reply_id FROM jobs
             WHERE tenant_id = :tenant ",
            $rest
        )
    };
}

fn read_work(row: &rusqlite::Row<'_>) -> rusqlite::Result<Work> {
    Ok(Work {
        id: row.get(0)?,
        kind: row.get(1)?,
        state: row.get(2)?,
        reason: row.get(3)?,
        attempts: row.get(4)?,
        redone: row.get(5)?,
        run_at: row.get(6)?,
        created_at: row.get(7)?,
        updated_at: row.get(8)?,
        reply: row.get(9)?,
    })
}

fn story(scope: &Scope<'_>, id: InteractionId) -> Result<Option<Story>, StoreError> {
    const TIMES: Scoped = scoped!(
        "SELECT created_at, sent_at, echoed_at, waited_ms FROM interactions WHERE tenant_id = :tenant AND id = :id"
    );
    const QUESTION: Scoped = scoped!(concat!(
        "SELECT ",
        interactions::columns!(),
        " FROM interactions WHERE tenant_id = :tenant AND chat_id = :chat AND direction = 'in' AND at <= :at
         ORDER BY at DESC, seq DESC LIMIT 1"
    ));
    const ANSWER: Scoped = scoped!(concat!(
        "SELECT ",
        interactions::columns!(),
        " FROM interactions WHERE tenant_id = :tenant AND chat_id = :chat AND direction = 'out' AND at >= :at
           AND state IN ('sent', 'delivered', 'read', 'played')
         ORDER BY at, seq LIMIT 1"
    ));
    const ITS_WORK: Scoped = scoped!(select_work!("AND id = :job"));
    const WORK_SINCE: Scoped = scoped!(select_work!(
        "AND chat_id = :chat AND kind = 'answer_chat' AND updated_at >= :at ORDER BY created_at DESC LIMIT 1"
    ));
    const STEPS: Scoped =
        scoped!("SELECT name, at, value FROM steps WHERE tenant_id = :tenant AND job_id = :job ORDER BY at, name");
    const ENTRIES: Scoped = scoped!(
        "SELECT id, at, kind, amount, reply_id, note FROM ledger
         WHERE tenant_id = :tenant AND reason IN (:reserve, :settle, :release, :refund, :reserve_late, :settle_late, :charge_late, :free)
         ORDER BY at, id"
    );
    let Some(message) = interactions::find(scope, id)? else { return Ok(None) };
    let found = &message.interaction;
    let chat = chats::find(scope, found.chat)?.ok_or(StoreError::NotFound("chat"))?;
    let times = scope.row(TIMES, &[(":id", &id)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let (created_at, sent_at, echoed_at, waited_ms) = times.ok_or(StoreError::NotFound("message"))?;
    let other = if found.direction == Direction::In { ANSWER } else { QUESTION };
    let other = scope.row(other, &[(":chat", &found.chat), (":at", &found.at)], interactions::read)?;
    let job = match message.job {
        Some(job) => scope.row(ITS_WORK, &[(":job", &job)], read_work)?,
        None if found.direction == Direction::In => {
            scope.row(WORK_SINCE, &[(":chat", &found.chat), (":at", &found.at)], read_work)?
        }
        None => None,
    };
    let steps = match &job {
        Some(job) => scope.rows(STEPS, &[(":job", &job.id)], |row| {
            Ok(Stored { name: row.get(0)?, at: row.get(1)?, value: row.get(2)? })
        })?,
        None => Vec::new(),
    };
    let entries = match message.reply.or(job.as_ref().and_then(|job| job.reply)) {
        Some(reply) => scope.rows(
            ENTRIES,
            &[
                (":reserve", &format!("reserve:{reply}")),
                (":settle", &format!("settle:{reply}")),
                (":release", &format!("release:{reply}")),
                (":refund", &format!("refund:{reply}")),
                (":reserve_late", &format!("reserve:{reply}:late")),
                (":settle_late", &format!("settle:{reply}:late")),
                (":charge_late", &format!("charge:{reply}")),
                (":free", &format!("free:{reply}")),
            ],
            |row| {
                Ok(Entry {
                    id: row.get(0)?,
                    at: row.get(1)?,
                    kind: row.get(2)?,
                    amount: row.get(3)?,
                    reply: row.get(4)?,
                    note: row.get(5)?,
                })
            },
        )?,
        None => Vec::new(),
    };
    Ok(Some(Story { chat, message, created_at, sent_at, echoed_at, waited_ms, other, job, steps, entries }))
}

impl TenantStore {
    /// What is kept about a message.
    ///
    /// # Errors
    /// What the store says.
    pub async fn story(&self, id: InteractionId) -> Result<Option<Story>, StoreError> {
        self.read(move |scope| story(scope, id)).await
    }

    /// The last message of a chat that was not taken back: what the chat's state hangs on.
    ///
    /// # Errors
    /// What the store says.
    pub async fn last_message(&self, chat: ChatId) -> Result<Option<InteractionId>, StoreError> {
        const LAST: Scoped = scoped!(
            "SELECT id FROM interactions WHERE tenant_id = :tenant AND chat_id = :chat AND state <> 'cancelled'
             ORDER BY at DESC, seq DESC LIMIT 1"
        );
        self.read(move |scope| scope.row(LAST, &[(":chat", &chat)], |row| row.get(0))).await
    }
}
