//! A human's hand on the queue: hold, release, retry, drop, for jobs, unreadable deliveries and unknown sends alike.

use super::outcome::{self, Resolution};
use crate::ids::{CampaignId, ChatId, InteractionId, JobId, QueueItemId, ReplyId, UnreadableId};
use crate::model::campaign::CampaignState;
use crate::model::chat::ChatState;
use crate::model::interaction::{Author, InteractionState};
use crate::model::job::{JobArgs, JobKind, JobState};
use crate::scoped;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::queue::{self, Item, QueueItem, Unreadable};
use crate::store::scope::{Scope, Scoped};
use crate::store::{TenantStore, campaigns, chats, interactions, jobs, ledger};
use crate::time::Timestamp;

/// What a retry sets going.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retried {
    /// It runs now.
    Runs,
    /// A body that the caller is to read once more; then [`TenantStore::forget_unreadable`] or
    /// [`TenantStore::note_unreadable`].
    ReadAgain(Unreadable),
}

fn found(scope: &Scope<'_>, id: QueueItemId) -> Result<QueueItem, StoreError> {
    queue::find(scope, id)?.ok_or(StoreError::NotFound("entry in the queue"))
}

fn conflict<T>(text: &str) -> Result<T, StoreError> {
    Err(StoreError::Conflict(text.to_owned()))
}

/// Moves a job from one of the states that a deed may begin in, and tells listeners.
fn moved(scope: &Scope<'_>, id: JobId, kind: JobKind, state: JobState) {
    scope.emit(Change::JobChanged(scope.tenant(), id, kind, state));
}

impl TenantStore {
    /// Puts an entry aside until somebody releases it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it runs, has ended, or waits for a person anyway.
    pub async fn hold(&self, id: QueueItemId, now: Timestamp) -> Result<QueueItem, StoreError> {
        const JOB: Scoped =
            scoped!("UPDATE jobs SET state = 'held', updated_at = :now WHERE tenant_id = :tenant AND id = :id");
        const BODY: Scoped = scoped!("UPDATE unreadable SET state = 'held' WHERE tenant_id = :tenant AND id = :id");
        self.write(move |scope| {
            match found(scope, id)?.item {
                Item::Job(kind, JobState::Scheduled | JobState::Available | JobState::Retryable) => {
                    scope.execute(JOB, &[(":id", &id), (":now", &now)])?;
                    moved(scope, id.into(), kind, JobState::Held);
                }
                Item::Job(_, state) => return Err(StoreError::Conflict(format!("the job is {state}"))),
                Item::Unreadable(_) => scope.execute(BODY, &[(":id", &id)]).map(drop)?,
                Item::UnknownSend => return conflict("a send of unknown end waits for you anyway: retry or drop it"),
            }
            found(scope, id)
        })
        .await
    }

    /// Lets an entry that was put aside go on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was not put aside.
    pub async fn release(&self, id: QueueItemId, now: Timestamp) -> Result<QueueItem, StoreError> {
        const JOB: Scoped = scoped!(
            "UPDATE jobs SET state = CASE WHEN run_at > :now THEN 'scheduled' ELSE 'available' END, updated_at = :now
             WHERE tenant_id = :tenant AND id = :id RETURNING state, run_at"
        );
        const BODY: Scoped =
            scoped!("UPDATE unreadable SET state = 'available' WHERE tenant_id = :tenant AND id = :id");
        self.write(move |scope| {
            match found(scope, id)?.item {
                Item::Job(kind, JobState::Held) => {
                    let free = scope.row(JOB, &[(":id", &id), (":now", &now)], |row| {
                        Ok((row.get::<_, JobState>(0)?, row.get::<_, Timestamp>(1)?))
                    })?;
                    if let Some((state, run_at)) = free {
                        moved(scope, id.into(), kind, state);
                        scope.emit(Change::JobDue(kind, run_at));
                    }
                }
                Item::Unreadable(JobState::Held) => scope.execute(BODY, &[(":id", &id)]).map(drop)?,
                Item::Job(..) | Item::Unreadable(_) | Item::UnknownSend => return conflict("it was not put aside"),
            }
            found(scope, id)
        })
        .await
    }

    /// Runs an entry once more, now, its attempts kept. For a send of unknown end a person takes the risk that the
    /// message arrives twice.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it runs already, when its answer waits for a human, or when other work took its
    /// place.
    pub async fn retry(&self, id: QueueItemId, now: Timestamp) -> Result<Retried, StoreError> {
        self.write(move |scope| {
            let entry = found(scope, id)?;
            match entry.item {
                Item::Job(_, JobState::Running) => return conflict("it runs right now"),
                Item::Job(kind, state) => retry_job(scope, id.into(), kind, state, now)?,
                Item::Unreadable(_) => return unreadable(scope, id.into()).map(Retried::ReadAgain),
                Item::UnknownSend => outcome::resolve(scope, id.into(), Resolution::Again, now)?,
            }
            Ok(Retried::Runs)
        })
        .await
    }

    /// Gives an entry up: what it wrote is cancelled, its credit is back, an unreadable body is forgotten.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it runs and can't be stopped.
    pub async fn drop_entry(&self, id: QueueItemId, now: Timestamp) -> Result<QueueItem, StoreError> {
        self.write(move |scope| {
            let entry = found(scope, id)?;
            match entry.item {
                Item::Job(kind, state) => drop_job(scope, id.into(), kind, state, now)?,
                Item::Unreadable(_) => forget(scope, id.into())?,
                Item::UnknownSend => outcome::resolve(scope, id.into(), Resolution::NotSent, now)?,
            }
            Ok(entry)
        })
        .await
    }

    /// Forgets a body that was understood after all.
    ///
    /// # Errors
    /// What the store says.
    pub async fn forget_unreadable(&self, id: UnreadableId) -> Result<(), StoreError> {
        self.write(move |scope| forget(scope, id)).await
    }

    /// Notes that a body was read once more and again not understood.
    ///
    /// # Errors
    /// What the store says.
    pub async fn note_unreadable(&self, id: UnreadableId, reason: String) -> Result<(), StoreError> {
        const NOTE: Scoped = scoped!(
            "UPDATE unreadable SET attempts = attempts + 1, reason = :reason WHERE tenant_id = :tenant AND id = :id"
        );
        self.write(move |scope| scope.execute(NOTE, &[(":id", &id), (":reason", &reason)]).map(drop)).await
    }
}

fn unreadable(scope: &Scope<'_>, id: UnreadableId) -> Result<Unreadable, StoreError> {
    const FIND: Scoped = scoped!("SELECT id, instance_id, body FROM unreadable WHERE tenant_id = :tenant AND id = :id");
    scope
        .row(FIND, &[(":id", &id)], |row| Ok(Unreadable { id: row.get(0)?, instance: row.get(1)?, body: row.get(2)? }))?
        .ok_or(StoreError::NotFound("entry in the queue"))
}

fn forget(scope: &Scope<'_>, id: UnreadableId) -> Result<(), StoreError> {
    const FORGET: Scoped = scoped!("DELETE FROM unreadable WHERE tenant_id = :tenant AND id = :id");
    scope.execute(FORGET, &[(":id", &id)]).map(drop)
}

/// The chat and the reservation of a job.
fn ties(scope: &Scope<'_>, id: JobId) -> Result<(Option<ChatId>, Option<ReplyId>), StoreError> {
    const TIES: Scoped = scoped!("SELECT chat_id, reply_id FROM jobs WHERE tenant_id = :tenant AND id = :id");
    let ties = scope.row(TIES, &[(":id", &id)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(ties.unwrap_or((None, None)))
}

fn retry_job(scope: &Scope<'_>, id: JobId, kind: JobKind, state: JobState, now: Timestamp) -> Result<(), StoreError> {
    const DRAFTED: Scoped =
        scoped!("SELECT 1 FROM interactions WHERE tenant_id = :tenant AND job_id = :id AND state IN ('draft', 'held')");
    // A dead letter must not stand beside live work of the same kind for the same thing.
    const TAKEN: Scoped = scoped!(
        "SELECT 1 FROM jobs AS j
         WHERE j.tenant_id = :tenant AND j.id = :id
           AND (EXISTS (SELECT 1 FROM jobs AS o
                        WHERE o.tenant_id = :tenant AND o.kind = j.kind AND o.key = j.key AND o.key IS NOT NULL AND o.id <> j.id
                          AND o.state IN ('scheduled', 'available', 'running', 'retryable', 'held'))
                OR j.kind = 'answer_chat'
                   AND EXISTS (SELECT 1 FROM jobs AS o
                               WHERE o.tenant_id = :tenant AND o.chat_id = j.chat_id AND o.id <> j.id
                                 AND o.kind = 'answer_chat'
                                 AND o.state IN ('scheduled', 'available', 'running', 'retryable', 'held')))"
    );
    const AGAIN: Scoped = scoped!(
        "UPDATE jobs SET state = 'available', run_at = :now, reply_id = :reply, cancel = NULL, updated_at = :now,
                         fault = CASE WHEN state = 'discarded' THEN NULL ELSE fault END
         WHERE tenant_id = :tenant AND id = :id"
    );
    if scope.row(DRAFTED, &[(":id", &id)], |_| Ok(()))?.is_some() {
        return conflict("its answer waits for you: approve, edit or cancel it in its chat");
    }
    if scope.row(TAKEN, &[(":id", &id)], |_| Ok(()))?.is_some() {
        return conflict("newer work took its place");
    }
    let (chat, reply) = ties(scope, id)?;
    // A reservation that came back when the job gave up pays for nothing: the next run takes a new one.
    let reply = match reply {
        Some(reply) if ledger::is_open(scope, reply)? => Some(reply),
        _ => None,
    };
    if state == JobState::Discarded {
        let message = queue::args_of(scope, id)?.and_then(|args| args.message());
        match (kind, message, chat) {
            (_, Some((_, interaction)), _) => queue_again(scope, interaction)?,
            (JobKind::AnswerChat, _, Some(chat)) => chats::set_state(scope, chat, ChatState::Assistant, None)?,
            _ => {}
        }
    }
    scope.execute(AGAIN, &[(":id", &id), (":reply", &reply), (":now", &now)])?;
    moved(scope, id, kind, JobState::Available);
    scope.emit(Change::JobDue(kind, now));
    Ok(())
}

/// A message that failed with its job waits to be sent once more.
fn queue_again(scope: &Scope<'_>, id: InteractionId) -> Result<(), StoreError> {
    let message = interactions::find(scope, id)?.ok_or(StoreError::NotFound("interaction"))?;
    match message.interaction.state {
        InteractionState::Failed => {
            interactions::set_state(scope, id, InteractionState::Queued, Some("sent again by a human"))
        }
        InteractionState::Queued | InteractionState::Sending => Ok(()),
        state => Err(StoreError::Conflict(format!("the message is {state}"))),
    }
}

fn drop_job(scope: &Scope<'_>, id: JobId, kind: JobKind, state: JobState, now: Timestamp) -> Result<(), StoreError> {
    const DROPPED: &str = "dropped by a human";
    const CANCEL: Scoped = scoped!(
        "UPDATE jobs SET state = 'cancelled', reason = :reason, updated_at = :now
         WHERE tenant_id = :tenant AND id = :id AND state <> 'running'"
    );
    let (chat, reply) = ties(scope, id)?;
    match (kind, chat) {
        (JobKind::AnswerChat, Some(chat)) if state != JobState::Discarded => {
            jobs::cancel_answer(scope, chat, DROPPED, now)?;
            return chats::set_state(scope, chat, ChatState::NeedsYou, Some("the answer was dropped"));
        }
        _ if state == JobState::Running => return conflict("it runs right now; it can be dropped when it has ended"),
        _ => {}
    }
    scope.execute(CANCEL, &[(":id", &id), (":reason", &DROPPED), (":now", &now)])?;
    moved(scope, id, kind, JobState::Cancelled);
    match queue::args_of(scope, id)? {
        Some(JobArgs::RunCampaign { campaign }) => drop_campaign(scope, campaign, now)?,
        Some(args) => {
            if let Some((chat, interaction)) = args.message() {
                drop_message(scope, chat, interaction, now)?;
            }
        }
        None => {}
    }
    if let Some(reply) = reply {
        outcome::release_unless_sent(scope, reply, now)?;
    }
    // A send that is gone lets the next one of its chat go.
    scope.emit(Change::JobDue(kind, now));
    Ok(())
}

/// Without its job a campaign does not run: it says so.
fn drop_campaign(scope: &Scope<'_>, id: CampaignId, now: Timestamp) -> Result<(), StoreError> {
    match campaigns::find(scope, id)?.map(|campaign| campaign.state) {
        Some(CampaignState::Running | CampaignState::Scheduled) => {
            super::run_campaign::pause(scope, id, "its work was dropped by a human", now)
        }
        _ => Ok(()),
    }
}

fn drop_message(scope: &Scope<'_>, chat: ChatId, id: InteractionId, now: Timestamp) -> Result<(), StoreError> {
    let Some(message) = interactions::find(scope, id)? else { return Ok(()) };
    match message.interaction.state {
        InteractionState::Queued => {
            interactions::set_state(scope, id, InteractionState::Cancelled, Some("dropped by a human"))?;
        }
        // Its POST may have gone out before the job was put back: nobody can tell any more.
        InteractionState::Sending => {
            interactions::set_state(scope, id, InteractionState::Unknown, Some("dropped while it was being sent"))?;
        }
        _ => return Ok(()),
    }
    if message.interaction.author == Author::Assistant
        && let Some(reply) = message.reply
    {
        outcome::release_unless_sent(scope, reply, now)?;
    }
    if message.interaction.author == Author::Campaign {
        return Ok(());
    }
    chats::set_state(scope, chat, ChatState::NeedsYou, Some("a message was dropped"))
}
