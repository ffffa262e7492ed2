//! A human steers a chat: approve, edit, cancel, pause, resume, done, snooze, read.

use std::time::Duration;

use crate::ids::{ChatId, InteractionId};
use crate::model::chat::ChatState;
use crate::model::disclosure;
use crate::model::interaction::{Direction, InteractionState};
use crate::scoped;
use crate::store::TenantStore;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::interactions;
use crate::store::scope::{Scope, Scoped};
use crate::store::{chats, jobs, questions};
use crate::time::Timestamp;

/// What `resume` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resumed {
    /// The customer's last word is fresh: it will be answered.
    WillAnswer,
    /// The assistant is back; nothing waits for it.
    Ready,
}

/// Who decides about an answer has read what it answers.
fn mark_read(scope: &Scope<'_>, chat: ChatId) -> Result<bool, StoreError> {
    const READ: Scoped = scoped!("UPDATE chats SET unread = 0 WHERE tenant_id = :tenant AND id = :chat AND unread > 0");
    Ok(scope.execute(READ, &[(":chat", &chat)])? > 0)
}

fn waiting_drafts(scope: &Scope<'_>, chat: ChatId) -> Result<Vec<InteractionId>, StoreError> {
    const DRAFTS: Scoped = scoped!(
        "SELECT id FROM interactions
         WHERE tenant_id = :tenant AND chat_id = :chat AND author = 'assistant' AND state IN ('draft', 'held')
         ORDER BY part"
    );
    let drafts = scope.rows(DRAFTS, &[(":chat", &chat)], |row| row.get(0))?;
    if drafts.is_empty() {
        return Err(StoreError::Conflict("no answer waits in this chat".to_owned()));
    }
    Ok(drafts)
}

/// Leaves a chat to the assistant again: a fresh question is answered now, a stale one is for a human.
pub(crate) fn give_back(
    scope: &Scope<'_>,
    chat: ChatId,
    freshness: Duration,
    now: Timestamp,
) -> Result<Resumed, StoreError> {
    // Neither a campaign nor a message from the phone of which nobody knows when it was written is an answer.
    const LAST: Scoped = scoped!(
        "SELECT direction FROM interactions
         WHERE tenant_id = :tenant AND chat_id = :chat AND author <> 'campaign'
           AND (author <> 'phone' OR echoed_at IS NOT NULL)
           AND state NOT IN ('cancelled', 'failed', 'draft', 'held', 'revoked')
         ORDER BY at DESC, seq DESC LIMIT 1"
    );
    if let Some(asked_at) = questions::newest_open(scope, chat)? {
        return if now.since(asked_at) <= freshness {
            chats::set_state(scope, chat, ChatState::Assistant, None)?;
            jobs::answer_at(scope, chat, now, Duration::from_secs(60), now)?;
            Ok(Resumed::WillAnswer)
        } else {
            chats::set_state(scope, chat, ChatState::NeedsYou, Some("stale"))?;
            Ok(Resumed::Ready)
        };
    }
    match scope.row(LAST, &[(":chat", &chat)], |row| row.get::<_, Direction>(0))? {
        // A call, or a question whose answer WhatsApp refused.
        Some(Direction::In) => {
            chats::set_state(scope, chat, ChatState::NeedsYou, Some("nothing here that the assistant can answer"))?;
        }
        Some(Direction::Out) | None => chats::set_state(scope, chat, ChatState::Waiting, None)?,
    }
    Ok(Resumed::Ready)
}

impl TenantStore {
    /// Sends the answer that waits in a chat now.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when none waits.
    pub async fn approve_answer(&self, chat: ChatId, now: Timestamp) -> Result<InteractionId, StoreError> {
        const RELEASE: Scoped = scoped!(
            "UPDATE jobs SET state = 'available', run_at = :now, reason = 'approved', updated_at = :now
             WHERE tenant_id = :tenant AND chat_id = :chat AND kind = 'answer_chat'
               AND state IN ('scheduled', 'available', 'retryable', 'held')"
        );
        self.write(move |scope| {
            let drafts = waiting_drafts(scope, chat)?;
            mark_read(scope, chat)?;
            if scope.execute(RELEASE, &[(":chat", &chat), (":now", &now)])? == 0 {
                return Err(StoreError::Conflict("the answer is being written again".to_owned()));
            }
            for draft in &drafts {
                interactions::set_state(scope, *draft, InteractionState::Queued, None)?;
            }
            chats::set_state(scope, chat, ChatState::Assistant, None)?;
            scope.emit(Change::JobDue(crate::model::job::JobKind::AnswerChat, now));
            drafts.first().copied().ok_or(StoreError::NotFound("interaction"))
        })
        .await
    }

    /// Replaces the words of the answer that waits in a chat. A split answer becomes one, a countdown stops.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when none waits, or when it is about to be sent.
    pub async fn edit_answer(&self, chat: ChatId, text: String, now: Timestamp) -> Result<InteractionId, StoreError> {
        const STOP: Scoped = scoped!(
            "UPDATE jobs SET run_at = :never, reason = 'waiting for approval', updated_at = :now
             WHERE tenant_id = :tenant AND chat_id = :chat AND kind = 'answer_chat'
               AND state IN ('scheduled', 'available', 'retryable', 'held')"
        );
        const EDIT: Scoped = scoped!(
            // A person who takes the sentence away has not told it: the next answer does.
            "UPDATE interactions SET original = coalesce(original, nullif(text, :text)), text = :text,
                 discloses = discloses AND :discloses
             WHERE tenant_id = :tenant AND id = :id"
        );
        self.write(move |scope| {
            if text.trim().is_empty() {
                return Err(StoreError::Invalid("an empty message can't be sent".to_owned()));
            }
            let drafts = waiting_drafts(scope, chat)?;
            if scope.execute(STOP, &[(":chat", &chat), (":never", &jobs::NEVER), (":now", &now)])? == 0 {
                return Err(StoreError::Conflict("the answer is about to be sent, or written again".to_owned()));
            }
            let (first, rest) = drafts.split_first().ok_or(StoreError::NotFound("interaction"))?;
            let discloses = disclosure::discloses(&text);
            scope.execute(EDIT, &[(":id", first), (":text", &text), (":discloses", &discloses)])?;
            interactions::set_state(scope, *first, InteractionState::Draft, Some("edited by a human"))?;
            for part in rest {
                interactions::set_state(scope, *part, InteractionState::Cancelled, Some("edited by a human"))?;
            }
            chats::set_state(scope, chat, ChatState::NeedsYou, Some("draft: waits for you"))?;
            Ok(*first)
        })
        .await
    }

    /// Takes back the answer that waits or is being written. The credit is back.
    ///
    /// # Errors
    /// What the store says.
    pub async fn cancel_chat_answer(&self, chat: ChatId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |scope| {
            jobs::cancel_answer(scope, chat, "cancelled by a human", now)?;
            chats::set_state(scope, chat, ChatState::NeedsYou, Some("answer cancelled"))
        })
        .await
    }

    /// Silences the assistant in a chat until an instant. An answer under way is taken back.
    ///
    /// # Errors
    /// What the store says.
    pub async fn pause_chat(&self, chat: ChatId, until: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        const PAUSE: Scoped = scoped!(
            "UPDATE chats SET paused_until = :until,
                 state = CASE WHEN state = 'assistant' THEN 'needs_you' ELSE state END,
                 reason = CASE WHEN state = 'assistant' THEN 'paused' ELSE reason END
             WHERE tenant_id = :tenant AND id = :chat"
        );
        self.write(move |scope| {
            jobs::cancel_answer(scope, chat, "paused by a human", now)?;
            if scope.execute(PAUSE, &[(":chat", &chat), (":until", &until)])? == 0 {
                return Err(StoreError::NotFound("chat"));
            }
            scope.emit(Change::ChatChanged(scope.tenant(), chat));
            Ok(())
        })
        .await
    }

    /// Gives a chat back to the assistant: pause and handoff end. A fresh question is answered now.
    ///
    /// # Errors
    /// What the store says.
    pub async fn resume_chat(&self, chat: ChatId, freshness: Duration, now: Timestamp) -> Result<Resumed, StoreError> {
        const RESUME: Scoped = scoped!(
            "UPDATE chats SET paused_until = NULL, handoff_at = NULL, snoozed_until = NULL, needs_human = NULL
             WHERE tenant_id = :tenant AND id = :chat"
        );
        self.write(move |scope| {
            if scope.execute(RESUME, &[(":chat", &chat)])? == 0 {
                return Err(StoreError::NotFound("chat"));
            }
            questions::reopen_ignored(scope, chat)?;
            chats::look_who_waits(scope, chat)?;
            give_back(scope, chat, freshness, now)
        })
        .await
    }

    /// Closes the matter: the chat is done until the next inbound, which the assistant may answer, and the model will
    /// not see what was before.
    ///
    /// # Errors
    /// What the store says.
    pub async fn finish_chat(&self, chat: ChatId, now: Timestamp) -> Result<(), StoreError> {
        const DONE: Scoped = scoped!(
            "UPDATE chats SET state = 'done', reason = NULL, handoff_at = NULL, paused_until = NULL,
                              snoozed_until = NULL, unread = 0, waiting_since = NULL, needs_human = NULL,
                              context_from = :now
             WHERE tenant_id = :tenant AND id = :chat"
        );
        self.write(move |scope| {
            jobs::cancel_answer(scope, chat, "done", now)?;
            if scope.execute(DONE, &[(":chat", &chat), (":now", &now)])? == 0 {
                return Err(StoreError::NotFound("chat"));
            }
            questions::close_up_to_time(scope, chat, now)?;
            scope.emit(Change::ChatChanged(scope.tenant(), chat));
            Ok(())
        })
        .await
    }

    /// Puts a chat away until an instant or the next inbound. An answer under way is taken back.
    ///
    /// # Errors
    /// What the store says.
    pub async fn snooze_chat(&self, chat: ChatId, until: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        const SNOOZE: Scoped = scoped!(
            "UPDATE chats SET state = 'snoozed', reason = NULL, snoozed_until = :until
             WHERE tenant_id = :tenant AND id = :chat"
        );
        self.write(move |scope| {
            jobs::cancel_answer(scope, chat, "snoozed", now)?;
            if scope.execute(SNOOZE, &[(":chat", &chat), (":until", &until)])? == 0 {
                return Err(StoreError::NotFound("chat"));
            }
            scope.emit(Change::ChatChanged(scope.tenant(), chat));
            scope.emit(Change::Snoozed(until));
            Ok(())
        })
        .await
    }

    /// Somebody has read a chat.
    ///
    /// # Errors
    /// What the store says.
    pub async fn read_chat(&self, chat: ChatId) -> Result<(), StoreError> {
        self.write(move |scope| {
            if mark_read(scope, chat)? {
                scope.emit(Change::ChatChanged(scope.tenant(), chat));
            }
            Ok(())
        })
        .await
    }
}
