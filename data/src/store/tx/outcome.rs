//! What became of a message on its way out: sent, not sent, unknown. Settles or releases with it.

use crate::ids::{ChatId, InteractionId, ReplyId};
use crate::model::chat::ChatState;
use crate::model::governor::stops::TIME_LOCKED;
use crate::model::interaction::{Ack, Author, InteractionState};
use crate::scoped;
use crate::store::TenantStore;
use crate::store::activity::Tally;
use crate::store::error::StoreError;
use crate::store::interactions::{self, Outbound};
use crate::store::jobs::{self, Ended};
use crate::store::scope::{Scope, Scoped};
use crate::store::{chats, ledger, questions, quick_replies};
use crate::time::Timestamp;

/// The reason of a message that WhatsApp itself did not take: whatever WAHA says of it, it was not sent.
const REFUSED: &str = "WhatsApp refused it";

/// What a chat is after the last part of an answer went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// The last word is ours.
    Waiting,
    /// A human was asked for; the assistant is silent until `resume` or `done`.
    Handoff(String),
}

/// Notes that a message went out. Doing it twice, by WAHA's answer and by its echo, is the same as doing it once. Returns the
/// furthest ack that came before its id was known, which is applied: after [`Ack::Error`] it has failed.
pub(crate) fn mark_sent(
    scope: &Scope<'_>,
    message: &Outbound,
    bare_id: Option<&str>,
    wa_id: Option<&str>,
    now: Timestamp,
) -> Result<Option<Ack>, StoreError> {
    use InteractionState::{Cancelled, Failed, Queued, Sending, Unknown};
    let early = interactions::learn_id(scope, message, bare_id, wa_id, now)?;
    let id = message.interaction.id;
    let state = message.interaction.state;
    let given_up = matches!(state, Cancelled | Failed);
    if given_up {
        arrive_late(scope, message, now)?;
    } else if matches!(state, Queued | Sending | Unknown) {
        interactions::set_state(scope, id, InteractionState::Sent, None)?;
        count_send(scope, message.interaction.author, now);
        touch(scope, message, now)?;
    }
    if let Some(reply) = message.reply {
        if given_up {
            ledger::charge_late(scope, reply, now)?;
        } else {
            ledger::settle(scope, reply, now)?;
        }
        quick_replies::count_cited(scope, reply, now)?;
    }
    if let Some(ack) = early
        && let Some(message) = interactions::find(scope, id)?
    {
        apply_ack(scope, &message, ack, now)?;
    }
    Ok(early)
}

fn count_send(scope: &Scope<'_>, author: Author, now: Timestamp) {
    scope.count(match author {
        Author::Assistant => "sends.assistant",
        Author::Campaign => "sends.campaign",
        Author::System => "sends.system",
        _ => "sends.human",
    });
    scope.tally(now, Tally::Sent(author));
}

/// A message that was given up is out after all: it stands in the chat where it was written, whatever came after it.
fn arrive_late(scope: &Scope<'_>, message: &Outbound, now: Timestamp) -> Result<(), StoreError> {
    const TOUCH: Scoped = scoped!(
        "UPDATE chats SET last_at = max(coalesce(last_at, 0), :at),
                          preview = CASE WHEN coalesce(last_at, 0) <= :at THEN :preview ELSE preview END,
                          last_out_at = CASE WHEN :author = 'campaign' THEN last_out_at
                                             ELSE max(coalesce(last_out_at, 0), :at) END
         WHERE tenant_id = :tenant AND id = :chat AND kind <> 'erased'"
    );
    let found = &message.interaction;
    interactions::set_state(scope, found.id, InteractionState::Sent, None)?;
    if !message.was_sent {
        count_send(scope, found.author, now);
    }
    let preview = super::accept_delivery::preview_by(found.author, &found.text);
    scope.execute(
        TOUCH,
        &[(":chat", &found.chat), (":at", &found.at), (":preview", &preview), (":author", &found.author)],
    )?;
    if found.author != Author::Campaign {
        chats::answered(scope, found.chat, found.id, found.at)?;
        chats::look_who_waits(scope, found.chat)?;
    }
    close_questions(scope, message)?;
    scope.emit(crate::store::change::Change::ChatChanged(scope.tenant(), found.chat));
    Ok(())
}

/// Did WhatsApp itself refuse this message? Neither WAHA's answer to the POST nor its echo says otherwise.
pub(crate) fn is_refused(message: &Outbound) -> bool {
    message.interaction.state == InteractionState::Failed
        && matches!(message.interaction.reason.as_deref(), Some(REFUSED | TIME_LOCKED))
}

fn touch(scope: &Scope<'_>, message: &Outbound, now: Timestamp) -> Result<(), StoreError> {
    const TOUCH: Scoped = scoped!(
        // A campaign is no answer: what the customer asked before it is still open.
        "UPDATE chats SET last_at = max(coalesce(last_at, 0), :now), preview = :preview,
                          last_out_at = CASE WHEN :author = 'campaign' THEN last_out_at ELSE :now END
         WHERE tenant_id = :tenant AND id = :chat AND kind <> 'erased'"
    );
    let found = &message.interaction;
    let preview = super::accept_delivery::preview_by(found.author, &found.text);
    scope.execute(
        TOUCH,
        &[(":chat", &found.chat), (":now", &now), (":preview", &preview), (":author", &found.author)],
    )?;
    if found.author != Author::Campaign {
        chats::answered(scope, found.chat, found.id, now)?;
    }
    close_questions(scope, message)?;
    scope.emit(crate::store::change::Change::ChatChanged(scope.tenant(), message.interaction.chat));
    Ok(())
}

/// An answer that is out, or may be, closes what it was written for.
fn close_questions(scope: &Scope<'_>, message: &Outbound) -> Result<(), StoreError> {
    match (message.interaction.author, message.revision) {
        (Author::Assistant, Some(revision)) => {
            questions::close_up_to_revision(scope, message.interaction.chat, revision)
        }
        _ => Ok(()),
    }
}

/// Applies an ack to a message of ours; a positive one settles, an error releases.
pub(crate) fn apply_ack(scope: &Scope<'_>, message: &Outbound, ack: Ack, now: Timestamp) -> Result<(), StoreError> {
    let Some(next) = message.interaction.state.after_ack(ack) else { return Ok(()) };
    if next == InteractionState::Failed {
        return mark_failed(scope, message, REFUSED, now);
    }
    use InteractionState::{Failed, Sending, Unknown};
    let state = message.interaction.state;
    if matches!(state, Sending | Unknown | Failed) {
        mark_sent(scope, message, None, None, now)?;
    }
    interactions::set_state(scope, message.interaction.id, next, None)?;
    if matches!(state, Unknown | Failed) { end_alarm(scope, message, state) } else { Ok(()) }
}

/// A chat that asked for a human because of this message asks no more, unless parts of the same answer were held back.
fn end_alarm(scope: &Scope<'_>, message: &Outbound, state: InteractionState) -> Result<(), StoreError> {
    const END: Scoped = scoped!(
        "UPDATE chats SET state = 'waiting', reason = NULL
         WHERE tenant_id = :tenant AND id = :chat AND state = 'needs_you' AND reason = :reason AND handoff_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM interactions AS i
                           WHERE i.tenant_id = :tenant AND i.job_id = :job AND i.part > :part AND i.state = 'cancelled')"
    );
    let reason = format!("{state}: {}", message.interaction.reason.as_deref().unwrap_or_default());
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":chat", &message.interaction.chat), (":reason", &reason), (":job", &message.job), (":part", &message.part)];
    if scope.execute(END, params)? > 0 {
        scope.emit(crate::store::change::Change::ChatChanged(scope.tenant(), message.interaction.chat));
    }
    Ok(())
}

/// Puts the chat of a message into a state, unless the message is a campaign's: then nobody asked anything, and whose
/// turn it was it still is.
fn tell_chat(
    scope: &Scope<'_>,
    author: Author,
    chat: ChatId,
    state: ChatState,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    if author == Author::Campaign { Ok(()) } else { chats::set_state(scope, chat, state, reason) }
}

/// Notes that a message did not go out and never will by itself.
pub(crate) fn mark_failed(
    scope: &Scope<'_>,
    message: &Outbound,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    interactions::set_state(scope, message.interaction.id, InteractionState::Failed, Some(reason))?;
    scope.count("sends.failed");
    if message.interaction.author == Author::Assistant {
        scope.count("answers.failed");
    }
    if let Some(reply) = message.reply {
        release_unless_sent(scope, reply, now)?;
        // WAHA took it and WhatsApp refused it later: nobody pays for an answer that nobody got.
        if !jobs::on_its_way(scope, reply)? {
            ledger::refund(scope, reply, now)?;
        }
    }
    let told = format!("failed: {reason}");
    let found = &message.interaction;
    chats::look_who_waits(scope, found.chat)?;
    tell_chat(scope, found.author, found.chat, ChatState::NeedsYou, Some(&told))
}

/// Releases a reservation of which no part went out or may have.
pub(crate) fn release_unless_sent(scope: &Scope<'_>, reply: ReplyId, now: Timestamp) -> Result<(), StoreError> {
    if jobs::on_its_way(scope, reply)? {
        return Ok(());
    }
    quick_replies::forget_cited(scope, reply)?;
    ledger::release(scope, reply, now)
}

/// The parts of the same answer that have not left yet, in order.
fn parts_left(scope: &Scope<'_>, message: &Outbound) -> Result<Vec<InteractionId>, StoreError> {
    const LEFT: Scoped = scoped!(
        "SELECT id FROM interactions
         WHERE tenant_id = :tenant AND job_id = :job AND state = 'queued' AND part > :part
         ORDER BY part"
    );
    let (Some(job), Some(part)) = (message.job, message.part) else { return Ok(Vec::new()) };
    scope.rows(LEFT, &[(":job", &job), (":part", &part)], |row| row.get(0))
}

/// Puts a message that was queued on its way.
pub(crate) fn mark_sending(scope: &Scope<'_>, id: InteractionId, now: Timestamp) -> Result<(), StoreError> {
    const SENDING: Scoped =
        scoped!("UPDATE interactions SET sending_at = :now, answered_at = NULL WHERE tenant_id = :tenant AND id = :id");
    scope.execute(SENDING, &[(":id", &id), (":now", &now)])?;
    interactions::set_state(scope, id, InteractionState::Sending, None)
}

impl TenantStore {
    /// Records that a message went out, ends its job after the last part, and puts the next part on its way.
    /// Returns that next part.
    ///
    /// # Errors
    /// What the store says.
    pub async fn record_sent(
        &self,
        id: InteractionId,
        bare_id: Option<String>,
        wa_id: Option<String>,
        after: After,
        now: Timestamp,
    ) -> Result<Option<Outbound>, StoreError> {
        // What was said is that a person will answer: for that the customer waits since they asked.
        const HANDOFF: Scoped = scoped!(
            "UPDATE chats SET handoff_at = :now, waiting_since = coalesce(waiting_since, last_in_at)
             WHERE tenant_id = :tenant AND id = :chat"
        );
        self.write(move |scope| {
            let message = interactions::find(scope, id)?.ok_or(StoreError::NotFound("interaction"))?;
            let refused = is_refused(&message)
                || mark_sent(scope, &message, bare_id.as_deref(), wa_id.as_deref(), now)? == Some(Ack::Error);
            if refused {
                cancel_rest(scope, &message, "an earlier part was refused")?;
                if let After::Handoff(_) = &after {
                    // The failure is what the chat tells; the assistant is silent all the same.
                    scope.execute(HANDOFF, &[(":chat", &message.interaction.chat), (":now", &now)])?;
                }
                if let Some(job) = message.job {
                    jobs::end(scope, job, &Ended::Done, now)?;
                }
                return Ok(None);
            }
            if let Some(next) = parts_left(scope, &message)?.first() {
                mark_sending(scope, *next, now)?;
                return interactions::find(scope, *next);
            }
            let chat = message.interaction.chat;
            if message.interaction.author == Author::Assistant {
                scope.count("answers.sent");
                match &after {
                    After::Waiting => waiting_unless_taken(scope, chat)?,
                    After::Handoff(reason) => {
                        scope.execute(HANDOFF, &[(":chat", &chat), (":now", &now)])?;
                        scope.count("answers.handoff");
                        chats::set_state(scope, chat, ChatState::NeedsYou, Some(&format!("handoff: {reason}")))?;
                    }
                }
            }
            if let Some(job) = message.job {
                jobs::end(scope, job, &Ended::Done, now)?;
            }
            Ok(None)
        })
        .await
    }

    /// Notes that the POST of a message was answered, whatever the answer: a later look-up that finds nothing may be
    /// believed at once.
    ///
    /// # Errors
    /// What the store says.
    pub async fn record_answered(&self, id: InteractionId, now: Timestamp) -> Result<(), StoreError> {
        const ANSWERED: Scoped =
            scoped!("UPDATE interactions SET answered_at = :now WHERE tenant_id = :tenant AND id = :id");
        self.write(move |scope| scope.execute(ANSWERED, &[(":id", &id), (":now", &now)]).map(drop)).await
    }

    /// Starts the POST of a message anew, with the same id. False when it is a campaign's and must not leave any more: then
    /// it is taken back.
    ///
    /// # Errors
    /// What the store says.
    pub async fn record_resend(&self, id: InteractionId, now: Timestamp) -> Result<bool, StoreError> {
        self.write(move |scope| {
            let message = interactions::find(scope, id)?.ok_or(StoreError::NotFound("interaction"))?.interaction;
            if message.author == Author::Campaign && !super::run_campaign::may_leave(scope, message.chat, id, now)? {
                return Ok(false);
            }
            mark_sending(scope, id, now)?;
            Ok(true)
        })
        .await
    }

    /// A message is on its way since an instant that is still to come, by a clock that was ahead: it is looked for from now on.
    ///
    /// # Errors
    /// What the store says.
    pub async fn begin_search(&self, id: InteractionId, now: Timestamp) -> Result<(), StoreError> {
        const BEGIN: Scoped = scoped!(
            "UPDATE interactions SET sending_at = :now
             WHERE tenant_id = :tenant AND id = :id AND state = 'sending' AND sending_at > :now"
        );
        self.write(move |scope| scope.execute(BEGIN, &[(":id", &id), (":now", &now)]).map(drop)).await
    }

    /// Records that a message was certainly not sent: it waits in the queue for its job's next attempt.
    ///
    /// # Errors
    /// What the store says.
    pub async fn record_not_sent(&self, id: InteractionId, ended: Ended, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |scope| {
            let message = interactions::find(scope, id)?.ok_or(StoreError::NotFound("interaction"))?;
            // WhatsApp has refused it, and the chat asks for a human: to send it again is for them to say.
            if is_refused(&message) && matches!(ended, Ended::Retry { .. } | Ended::Snooze { .. }) {
                cancel_rest(scope, &message, "an earlier part was refused")?;
                return match message.job {
                    Some(job) => jobs::end(scope, job, &Ended::Done, now),
                    None => Ok(()),
                };
            }
            let reason = match &ended {
                Ended::Retry { reason, .. } | Ended::Snooze { reason, .. } | Ended::Fault { reason, .. } => {
                    interactions::set_state(scope, id, InteractionState::Queued, Some(reason))?;
                    reason
                }
                Ended::Discard { reason } => {
                    cancel_rest(scope, &message, reason)?;
                    mark_failed(scope, &message, reason, now)?;
                    reason
                }
                // Somebody took it back while nobody knew whether it was out: the chat is theirs.
                Ended::Cancel { reason } => {
                    cancel_rest(scope, &message, reason)?;
                    interactions::set_state(scope, id, InteractionState::Cancelled, Some(reason))?;
                    chats::look_who_waits(scope, message.interaction.chat)?;
                    if let Some(reply) = message.reply {
                        release_unless_sent(scope, reply, now)?;
                    }
                    reason
                }
                Ended::Done => return Err(StoreError::Invalid("a message that was not sent is not done".to_owned())),
            };
            tracing::debug!(reason, "a message was not sent");
            match message.job {
                Some(job) => jobs::end(scope, job, &ended, now),
                None => Ok(()),
            }
        })
        .await
    }

    /// Lets a message that was not begun wait, with the reason that whoever looks at it reads and its job has. One that was taken
    /// back meanwhile stays as it is.
    ///
    /// # Errors
    /// What the store says.
    pub async fn record_waiting(&self, id: InteractionId, ended: Ended, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |scope| {
            let message = interactions::find(scope, id)?.ok_or(StoreError::NotFound("interaction"))?;
            let found = &message.interaction;
            if let Some(reason) = ended.wait_reason()
                && found.state == InteractionState::Queued
                && found.reason.as_deref() != Some(reason)
            {
                interactions::set_state(scope, id, InteractionState::Queued, Some(reason))?;
            }
            match message.job {
                Some(job) => jobs::end(scope, job, &ended, now),
                None => Ok(()),
            }
        })
        .await
    }

    /// Records that nobody can tell whether a message was sent. It is never sent again by itself, keeps its
    /// reservation, and a human is asked.
    ///
    /// # Errors
    /// What the store says.
    pub async fn record_unknown(&self, id: InteractionId, reason: String, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |scope| {
            let message = interactions::find(scope, id)?.ok_or(StoreError::NotFound("interaction"))?;
            if message.interaction.state == InteractionState::Sending {
                interactions::set_state(scope, id, InteractionState::Unknown, Some(&reason))?;
                scope.count("sends.unknown");
                let told = format!("unknown: {reason}");
                let found = &message.interaction;
                tell_chat(scope, found.author, found.chat, ChatState::NeedsYou, Some(&told))?;
                close_questions(scope, &message)?;
            }
            cancel_rest(scope, &message, "an earlier part is of unknown end")?;
            match message.job {
                Some(job) => jobs::end(scope, job, &Ended::Done, now),
                None => Ok(()),
            }
        })
        .await
    }

    /// A human's word on a message of unknown end: it was sent, or it was not.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its end is known.
    pub async fn resolve_unknown(
        &self,
        id: InteractionId,
        resolution: Resolution,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |scope| resolve(scope, id, resolution, now)).await
    }
}

/// A human's word on a message of unknown end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// It was sent.
    Sent,
    /// It was not, and shall not be.
    NotSent,
    /// Send it, even if that is a second time.
    Again,
}

/// Closes the question of a message of unknown end with a human's word.
pub(crate) fn resolve(
    scope: &Scope<'_>,
    id: InteractionId,
    resolution: Resolution,
    now: Timestamp,
) -> Result<(), StoreError> {
    // The reservation of an answer goes on with the job that sends it again.
    const PAYS: Scoped = scoped!("UPDATE jobs SET reply_id = :reply WHERE tenant_id = :tenant AND id = :job");
    let message = interactions::find(scope, id)?.ok_or(StoreError::NotFound("interaction"))?;
    if message.interaction.state != InteractionState::Unknown {
        return Err(StoreError::Conflict(format!("the message is {}", message.interaction.state)));
    }
    match resolution {
        Resolution::Sent => {
            mark_sent(scope, &message, None, None, now)?;
            let found = &message.interaction;
            tell_chat(scope, found.author, found.chat, ChatState::Waiting, None)
        }
        Resolution::NotSent => mark_failed(scope, &message, "given up by a human", now),
        Resolution::Again => {
            interactions::set_state(scope, id, InteractionState::Queued, Some("sent again by a human"))?;
            let job = match message.interaction.author {
                Author::Campaign => jobs::insert_campaign_send(scope, message.interaction.chat, id, now)?,
                _ => jobs::insert_send(scope, message.interaction.chat, id, now)?,
            };
            scope.execute(PAYS, &[(":job", &job), (":reply", &message.reply)]).map(drop)
        }
    }
}

fn cancel_rest(scope: &Scope<'_>, message: &Outbound, reason: &str) -> Result<(), StoreError> {
    for part in parts_left(scope, message)? {
        interactions::set_state(scope, part, InteractionState::Cancelled, Some(reason))?;
    }
    Ok(())
}

/// The last word is ours now, unless somebody else decided otherwise meanwhile.
fn waiting_unless_taken(scope: &Scope<'_>, chat: ChatId) -> Result<(), StoreError> {
    const WAITING: Scoped = scoped!(
        "UPDATE chats
         SET state = CASE WHEN needs_human IS NULL THEN 'waiting' ELSE 'needs_you' END, reason = needs_human
         WHERE tenant_id = :tenant AND id = :chat AND state NOT IN ('snoozed', 'done')"
    );
    scope.execute(WAITING, &[(":chat", &chat)])?;
    Ok(())
}
