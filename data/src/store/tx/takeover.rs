//! A human beats the assistant under whichever address they write: what is still to be found out, and what a merge carries over.

use std::time::Duration;

use super::accept_delivery::LID_WAIT;
use super::send::HUMAN_ANSWERED;
use crate::ids::{ChatId, InteractionId, JobId};
use crate::model::chat::ChatState;
use crate::model::job::JobKind;
use crate::scoped;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::scope::{Scope, Scoped};
use crate::store::{chats, jobs, questions};
use crate::time::Timestamp;

/// Why a question is left to a human.
pub(crate) const MAY_HAVE_ANSWERED: &str = "somebody of the shop may have answered";

/// How long an answer rests before it looks again whether WAHA can tell by now for whom a human's message was.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How long an answer to somebody whom a human's message may be for waits until WAHA says whose the address is.
const IDENTITY_WAIT: Duration = Duration::from_secs(20);
/// A human who wrote so shortly after a customer may have taken that conversation over.
const CONVERSATION: Duration = Duration::from_secs(3600);
/// How long such a word keeps the assistant from answering while nobody can say whom it was for.
const RECENT: Duration = Duration::from_secs(3600);

/// What stands in the way of an answer while nobody knows for whom a human's message was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdentityDelay {
    /// It may be known by this instant: look again.
    Until(Timestamp),
    /// It takes too long: the human may have answered already, so a person decides.
    LeaveToHuman,
}

/// The messages of humans to addresses that WAHA is being asked about, as they concern one chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct UnresolvedWords {
    /// When the last one came, whomever it was for.
    came_at: Option<Timestamp>,
    /// When the last one came that was written after a question of this chat that is still open.
    after_question: Option<Timestamp>,
    /// When the last one came that was written lately, in the middle of this chat's conversation.
    in_conversation: Option<Timestamp>,
    /// Has a person said that this very answer is to be sent?
    approved: bool,
}

impl UnresolvedWords {
    /// Everybody whose other address is unknown waits a moment. Whoever asked before the human wrote, or was talking to the shop
    /// then, waits longer and is left to a human in the end: they may have been answered, or taken over. Others are answered, so
    /// that one message under an address that WAHA can't resolve does not silence a shop.
    fn delay(self, now: Timestamp) -> Option<IdentityDelay> {
        let soon = self.came_at? + LID_WAIT;
        if self.approved {
            return None;
        }
        if soon > now {
            return Some(IdentityDelay::Until(soon));
        }
        let at_last = self.after_question.max(self.in_conversation)? + IDENTITY_WAIT;
        Some(if at_last > now {
            IdentityDelay::Until(at_last.min(now + LOOK_AGAIN))
        } else {
            IdentityDelay::LeaveToHuman
        })
    }
}

/// What stands in the way of an answer of this chat since a human wrote to an address that may be its customer's other one.
pub(crate) fn identity_delay(
    scope: &Scope<'_>,
    chat: ChatId,
    answer: Option<JobId>,
    now: Timestamp,
) -> Result<Option<IdentityDelay>, StoreError> {
    const WORDS: Scoped = scoped!(
        "SELECT max(m.created_at),
                max(CASE WHEN m.at >= (SELECT min(coalesce(o.written_at, o.at)) FROM interactions AS o
                                       WHERE o.tenant_id = :tenant AND o.chat_id = h.id AND o.open_revision IS NOT NULL)
                         THEN m.created_at END),
                max(CASE WHEN m.at >= :recently
                          AND EXISTS (SELECT 1 FROM interactions AS c
                                      WHERE c.tenant_id = :tenant AND c.chat_id = h.id AND c.direction = 'in'
                                        AND c.at BETWEEN m.at - :conversation AND m.at)
                         THEN m.created_at END),
                EXISTS (SELECT 1 FROM jobs AS a
                        WHERE a.tenant_id = :tenant AND a.id = :answer AND a.reason = 'approved')
         FROM chats AS h
         JOIN jobs AS q ON q.tenant_id = h.tenant_id AND q.kind = 'resolve_identity' AND q.key IS NOT NULL
                       AND q.state IN ('scheduled', 'available', 'running', 'retryable', 'held')
         JOIN identities AS i ON i.tenant_id = q.tenant_id AND i.address = q.key AND i.contact_id <> h.contact_id
         JOIN chats AS o ON o.tenant_id = i.tenant_id AND o.contact_id = i.contact_id
                        AND o.instance_id = h.instance_id
         JOIN interactions AS m ON m.tenant_id = o.tenant_id AND m.chat_id = o.id
                               AND m.author IN ('phone', 'human')
                               -- With an echo, or found in the history with a time that may be made up.
                               AND (m.echoed_at IS NOT NULL OR (m.job_id IS NULL AND m.sending_at IS NULL))
         WHERE h.tenant_id = :tenant AND h.id = :chat
           AND NOT EXISTS (SELECT 1 FROM identities AS k
                           WHERE k.tenant_id = :tenant AND k.contact_id = h.contact_id
                             AND (k.address LIKE '%@lid') = (q.key LIKE '%@lid'))"
    );
    let conversation = i64::try_from(CONVERSATION.as_millis()).unwrap_or(i64::MAX);
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":chat", &chat), (":answer", &answer), (":recently", &(now - RECENT)), (":conversation", &conversation)];
    let words = scope.row(WORDS, params, |row| {
        Ok(UnresolvedWords {
            came_at: row.get(0)?,
            after_question: row.get(1)?,
            in_conversation: row.get(2)?,
            approved: row.get(3)?,
        })
    })?;
    Ok(words.unwrap_or_default().delay(now))
}

/// Nobody can say in time for whom a human's message was: the answer is given up, and its question stays open for whoever finds
/// out.
pub(crate) fn give_up_unresolved(
    scope: &Scope<'_>,
    chat: ChatId,
    answer: JobId,
    now: Timestamp,
) -> Result<(), StoreError> {
    chats::set_state(scope, chat, ChatState::NeedsYou, Some(MAY_HAVE_ANSWERED))?;
    scope.count("answers.stopped");
    super::answer::give_up(scope, answer, MAY_HAVE_ANSWERED, now)
}

/// WAHA has said whose an address is, or that it does not know: the answers that waited for it look again, also those that were
/// left to a human for it. Of the customer whom the human wrote to nothing is open any more.
pub(crate) fn look_again_after_identity(scope: &Scope<'_>, now: Timestamp) -> Result<(), StoreError> {
    const WAKE: Scoped = scoped!(
        "UPDATE jobs SET run_at = :now
         WHERE tenant_id = :tenant AND kind = 'answer_chat' AND run_at > :now
           -- The first list is that of the index, the second what is meant.
           AND state IN ('scheduled', 'available', 'retryable') AND state = 'scheduled' AND reason = :reason"
    );
    const LEFT: Scoped = scoped!(
        "SELECT h.id FROM chats AS h
         WHERE h.tenant_id = :tenant AND h.state = 'needs_you' AND h.last_at >= :recently AND h.reason = :reason
           AND h.handoff_at IS NULL AND coalesce(h.paused_until, 0) <= :now
           AND EXISTS (SELECT 1 FROM interactions AS q
                       WHERE q.tenant_id = :tenant AND q.chat_id = h.id AND q.open_revision IS NOT NULL)"
    );
    if scope.execute(WAKE, &[(":reason", &jobs::WAITS_FOR_IDENTITY), (":now", &now)])? > 0 {
        scope.emit(Change::JobDue(JobKind::AnswerChat, now));
    }
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":reason", &MAY_HAVE_ANSWERED), (":recently", &(now - RECENT)), (":now", &now)];
    let left: Vec<ChatId> = scope.rows(LEFT, params, |row| row.get(0))?;
    for chat in left {
        if identity_delay(scope, chat, None, now)?.is_none() {
            chats::set_state(scope, chat, ChatState::Assistant, None)?;
            jobs::answer_at(scope, chat, now, Duration::from_secs(60), now)?;
        }
    }
    Ok(())
}

/// Somebody of the shop wrote, perhaps at this instant: what was asked up to then is left to a human. The assistant is not silent
/// for it: what is asked afterwards is answered.
pub(crate) fn leave_to_human(scope: &Scope<'_>, chat: ChatId, at: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    // An answer to what was asked afterwards is written anew, and sees the message.
    const ASKED: Scoped = scoped!(
        "UPDATE chats SET revision = revision + 1
         WHERE tenant_id = :tenant AND id = :chat AND kind = 'direct'
           AND EXISTS (SELECT 1 FROM interactions AS q
                       WHERE q.tenant_id = :tenant AND q.chat_id = :chat AND q.open_revision IS NOT NULL AND q.at <= :at)"
    );
    const LEAVE: Scoped = scoped!(
        "UPDATE chats SET state = 'needs_you', reason = :reason
         WHERE tenant_id = :tenant AND id = :chat AND state IN ('assistant', 'waiting', 'needs_you')
           AND handoff_at IS NULL AND coalesce(paused_until, 0) <= :now"
    );
    if scope.execute(ASKED, &[(":chat", &chat), (":at", &at)])? == 0 {
        return Ok(());
    }
    questions::close_up_to_time(scope, chat, at)?;
    if !questions::any_open(scope, chat)? {
        jobs::cancel_answer(scope, chat, MAY_HAVE_ANSWERED, now)?;
        scope.execute(LEAVE, &[(":chat", &chat), (":reason", &MAY_HAVE_ANSWERED), (":now", &now)])?;
    }
    scope.emit(Change::ChatChanged(scope.tenant(), chat));
    Ok(())
}

/// Closes what the customer asked before the last word of a human in a chat that two became, also where that word's time may be
/// made up.
/// Returns what was closed.
pub(crate) fn close_answered(scope: &Scope<'_>, chat: ChatId) -> Result<Vec<InteractionId>, StoreError> {
    const LAST: Scoped = scoped!(
        "SELECT max(at) FROM interactions
         WHERE tenant_id = :tenant AND chat_id = :chat AND direction = 'out' AND author IN ('human', 'phone')
           AND state NOT IN ('draft', 'held', 'failed', 'cancelled')"
    );
    match scope.row(LAST, &[(":chat", &chat)], |row| row.get::<_, Option<Timestamp>>(0))?.flatten() {
        Some(at) => questions::close_up_to_time(scope, chat, at),
        None => Ok(Vec::new()),
    }
}

/// Two chats became one: a human's word in either of them counts in both. Takes the answer under way back where the assistant
/// is to be silent, and says whether it is.
pub(crate) fn carry_over(scope: &Scope<'_>, chat: ChatId, now: Timestamp) -> Result<bool, StoreError> {
    const LOOK: Scoped = scoped!(
        "SELECT coalesce(h.paused_until, 0) > :now,
                coalesce((SELECT max(i.at) FROM interactions AS i
                          WHERE i.tenant_id = :tenant AND i.chat_id = h.id AND i.direction = 'out'
                            AND i.author IN ('human', 'phone') AND (i.job_id IS NOT NULL OR i.echoed_at IS NOT NULL)
                            AND i.state NOT IN ('draft', 'held', 'failed', 'cancelled')), 0)
                >= coalesce(h.last_in_at, 1),
                h.handoff_at IS NOT NULL,
                -- The time on it may be made up.
                EXISTS (SELECT 1 FROM interactions AS i
                        WHERE i.tenant_id = :tenant AND i.chat_id = h.id AND i.at >= coalesce(h.last_in_at, 1)
                          AND i.direction = 'out' AND i.author IN ('human', 'phone')
                          AND i.job_id IS NULL AND i.echoed_at IS NULL AND i.sending_at IS NULL)
         FROM chats AS h WHERE h.tenant_id = :tenant AND h.id = :chat"
    );
    const READ: Scoped = scoped!("UPDATE chats SET unread = 0 WHERE tenant_id = :tenant AND id = :chat");
    let found = scope.row(LOOK, &[(":chat", &chat), (":now", &now)], |row| {
        Ok((row.get::<_, bool>(0)?, row.get::<_, bool>(1)?, row.get::<_, bool>(2)?, row.get::<_, bool>(3)?))
    })?;
    let (paused, human_is_last, handed_over, human_may_be_last) = found.unwrap_or_default();
    if !paused && !human_is_last && !human_may_be_last {
        return Ok(false);
    }
    let certain = paused || human_is_last;
    jobs::cancel_answer(scope, chat, if certain { HUMAN_ANSWERED } else { MAY_HAVE_ANSWERED }, now)?;
    if human_is_last {
        scope.execute(READ, &[(":chat", &chat)])?;
    }
    match (handed_over, human_is_last) {
        (true, _) => {}
        (false, true) => chats::set_state(scope, chat, ChatState::Waiting, None)?,
        (false, false) => {
            let reason = if paused { "paused" } else { MAY_HAVE_ANSWERED };
            chats::set_state(scope, chat, ChatState::NeedsYou, Some(reason))?;
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_waits_as_long_as_a_human_may_have_spoken_to_its_customer() {
        let at = |seconds: i64| Timestamp::from_seconds(1_000_000 + seconds);
        let until = |seconds: i64| Some(IdentityDelay::Until(at(seconds)));
        let none = UnresolvedWords::default();
        let somebodys = UnresolvedWords { came_at: Some(at(0)), ..none };
        let after_question = UnresolvedWords { after_question: Some(at(0)), ..somebodys };
        let in_conversation = UnresolvedWords { in_conversation: Some(at(0)), ..somebodys };
        let approved = UnresolvedWords { approved: true, ..after_question };
        let older = UnresolvedWords { after_question: Some(at(-30)), ..somebodys };
        for (words, now, expected) in [
            (none, 0, None),
            (somebodys, 0, until(3)),
            (somebodys, 2, until(3)),
            (somebodys, 3, None),
            (after_question, 2, until(3)),
            (after_question, 3, until(8)),
            (after_question, 17, until(20)),
            (after_question, 19, until(20)),
            (after_question, 20, Some(IdentityDelay::LeaveToHuman)),
            (in_conversation, 19, until(20)),
            (in_conversation, 20, Some(IdentityDelay::LeaveToHuman)),
            (approved, 2, None),
            (approved, 20, None),
            (older, 2, until(3)),
            (older, 3, Some(IdentityDelay::LeaveToHuman)),
        ] {
            assert_eq!(words.delay(at(now)), expected, "{words:?} {now}");
        }
    }
}
