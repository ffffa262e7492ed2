//! A human's message: stored, queued, and stronger than the assistant.

use crate::ids::{ChatId, ClientRef, InteractionId};
use crate::model::chat::{ChatKind, ChatState};
use crate::model::interaction::{Author, Interaction, InteractionState};
use crate::scoped;
use crate::store::TenantStore;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::interactions::{self, Extra, Outbound};
use crate::store::scope::{Scope, Scoped};
use crate::store::{chats, drafts, jobs, questions, quick_replies};
use crate::time::Timestamp;

/// What becomes of the composer's draft when a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Composer {
    /// It stays.
    Keep,
    /// It is forgotten with the send.
    Clear,
}

/// What a human wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The words.
    pub text: String,
    /// The quick reply they come from, by id or label; one that is gone meanwhile counts nothing.
    pub quick_reply: Option<String>,
}

impl From<String> for Written {
    fn from(text: String) -> Self {
        Self { text, quick_reply: None }
    }
}

impl From<&str> for Written {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

/// What a human wrote in a chat, and when it counts.
pub(crate) struct HumanWord<'w> {
    pub(crate) chat: ChatId,
    pub(crate) preview: &'w str,
    /// When it was written.
    pub(crate) at: Timestamp,
    /// What the customer wrote up to then has had a human's word.
    pub(crate) settles_until: Timestamp,
    /// How long the assistant is silent for it.
    pub(crate) paused_until: Timestamp,
}

/// Is the human's word the last one?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Last,
    /// The customer wrote after it.
    BeforeTheCustomers,
}

/// Why an answer is taken back.
pub(crate) const HUMAN_ANSWERED: &str = "a human answered";

/// A human wrote in a chat: the assistant's answer to what was asked before is taken back, and it is silent for a while.
/// What the customer asked since is answered, unless that while is still going on.
pub(crate) fn human_spoke(scope: &Scope<'_>, word: &HumanWord<'_>, now: Timestamp) -> Result<Place, StoreError> {
    // The pause only grows, and a pause that is over already (an old message from a backlog) is none.
    const SPOKE: Scoped = scoped!(
        "UPDATE chats
         SET revision = revision + 1,
             unread = CASE WHEN coalesce(last_in_at, 0) > :settles THEN unread ELSE 0 END,
             state = CASE WHEN coalesce(last_in_at, 0) <= :settles THEN 'waiting'
                          WHEN :paused_until > :now AND state = 'assistant' THEN 'needs_you' ELSE state END,
             reason = CASE WHEN coalesce(last_in_at, 0) <= :settles THEN NULL
                           WHEN :paused_until > :now AND state = 'assistant' THEN 'paused' ELSE reason END,
             snoozed_until = CASE WHEN coalesce(last_in_at, 0) > :settles THEN snoozed_until END,
             needs_human = CASE WHEN coalesce(last_in_at, 0) > :settles THEN needs_human END,
             preview = CASE WHEN coalesce(last_in_at, 0) > :settles THEN preview ELSE :preview END,
             last_at = max(coalesce(last_at, 0), :at), last_out_at = max(coalesce(last_out_at, 0), :at),
             paused_until = CASE WHEN :paused_until > :now THEN max(coalesce(paused_until, 0), :paused_until)
                                 ELSE paused_until END
         WHERE tenant_id = :tenant AND id = :chat AND kind = 'direct'
         RETURNING coalesce(last_in_at, 0) > :settles"
    );
    let customer_is_last: Option<bool> = scope.row(
        SPOKE,
        &[
            (":chat", &word.chat),
            (":preview", &word.preview),
            (":at", &word.at),
            (":settles", &word.settles_until),
            (":paused_until", &word.paused_until),
            (":now", &now),
        ],
        |row| row.get(0),
    )?;
    let place = if customer_is_last == Some(true) { Place::BeforeTheCustomers } else { Place::Last };
    // A message of the customer that was moved after our own last word has another time than WhatsApp's.
    let closes_until = if place == Place::Last { jobs::NEVER } else { word.settles_until };
    questions::close_up_to_time(scope, word.chat, closes_until)?;
    if place == Place::Last || word.paused_until > now {
        jobs::cancel_answer(scope, word.chat, HUMAN_ANSWERED, now)?;
    }
    scope.emit(Change::ChatChanged(scope.tenant(), word.chat));
    Ok(place)
}

impl TenantStore {
    /// Stores a human's message and queues it, and counts the quick reply it comes from. The same `client_ref` twice is one
    /// message.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for an empty text or a chat that is no person's.
    pub async fn send_message(
        &self,
        chat: ChatId,
        written: Written,
        client_ref: ClientRef,
        takeover_pause: std::time::Duration,
        composer: Composer,
        now: Timestamp,
    ) -> Result<Interaction, StoreError> {
        const KNOWN: Scoped = scoped!(concat!(
            "SELECT ",
            interactions::columns!(),
            " FROM interactions WHERE tenant_id = :tenant AND client_ref = :client_ref"
        ));
        let clock_error = self.clock_error;
        self.write(move |scope| {
            if let Some(known) = scope.row(KNOWN, &[(":client_ref", &client_ref)], interactions::read)? {
                return Ok(known);
            }
            if written.text.trim().is_empty() {
                return Err(StoreError::Invalid("an empty message can't be sent".to_owned()));
            }
            let to = chats::find(scope, chat)?.ok_or(StoreError::NotFound("chat"))?;
            if to.kind != ChatKind::Direct || !to.address.is_person() {
                return Err(StoreError::Invalid("only chats with one person can be written to".to_owned()));
            }
            let interaction = Interaction {
                client_ref: Some(client_ref),
                ..Interaction::outgoing(chat, to.address, Author::Human, written.text, now)
            };
            let preview = super::accept_delivery::preview(&interaction.text);
            // Whoever writes here has read everything that is there.
            let (settles_until, paused_until) = (jobs::NEVER, clock_error.latest(now) + takeover_pause);
            human_spoke(scope, &HumanWord { chat, preview: &preview, at: now, settles_until, paused_until }, now)?;
            interactions::insert(scope, to.instance, &interaction, &Extra::default(), now)?;
            chats::answered(scope, chat, interaction.id, now)?;
            if let Some(name) = &written.quick_reply {
                quick_replies::sent(scope, name, now)?;
            }
            if composer == Composer::Clear {
                drafts::forget(scope, chat)?;
            }
            jobs::insert_send(scope, chat, interaction.id, now)?;
            Ok(interaction)
        })
        .await
    }

    /// Puts a queued message of a human, a command or a campaign on its way, with the id reserved for it.
    ///
    /// `None` when it was taken back meanwhile, or a campaign's person asked for silence.
    ///
    /// # Errors
    /// What the store says.
    pub async fn start_message(
        &self,
        id: InteractionId,
        reserved: Option<String>,
        now: Timestamp,
    ) -> Result<Option<Outbound>, StoreError> {
        const RESERVE: Scoped = scoped!(
            "UPDATE interactions SET bare_id = :bare_id, id_source = 'reserved'
             WHERE tenant_id = :tenant AND id = :id AND bare_id IS NULL"
        );
        self.write(move |scope| {
            let Some(message) = interactions::find(scope, id)? else { return Ok(None) };
            if message.interaction.state != InteractionState::Queued {
                return Ok(None);
            }
            if message.interaction.author == Author::Campaign
                && !super::run_campaign::may_leave(scope, message.interaction.chat, id, now)?
            {
                return Ok(None);
            }
            if let Some(bare_id) = reserved {
                scope.execute(RESERVE, &[(":id", &id), (":bare_id", &bare_id)])?;
            }
            super::outcome::mark_sending(scope, id, now)?;
            interactions::find(scope, id)
        })
        .await
    }

    /// Takes back a message that has not left yet.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is on its way or gone.
    pub async fn cancel_message(&self, id: InteractionId, now: Timestamp) -> Result<(), StoreError> {
        const JOB: Scoped = scoped!(
            "UPDATE jobs SET state = 'cancelled', reason = 'taken back', updated_at = :now
             WHERE tenant_id = :tenant AND id = :job AND state IN ('scheduled', 'available', 'retryable', 'held')"
        );
        self.write(move |scope| {
            let message = interactions::find(scope, id)?.ok_or(StoreError::NotFound("interaction"))?;
            if message.interaction.state != InteractionState::Queued {
                return Err(StoreError::Conflict(format!("the message is {}", message.interaction.state)));
            }
            interactions::set_state(scope, id, InteractionState::Cancelled, Some("taken back"))?;
            chats::look_who_waits(scope, message.interaction.chat)?;
            if let Some(job) = message.job {
                scope.execute(JOB, &[(":job", &job), (":now", &now)])?;
            }
            chats::set_state(scope, message.interaction.chat, ChatState::NeedsYou, Some("a message was taken back"))
        })
        .await
    }
}
