//! A human beats the assistant under whichever address they write: what is still to be found out, and what a merge carries over.

use std::time::Duration;

use super::accept_delivery::LID_WAIT;
use super::send::HUMAN_ANSWERED;
use crate::ids::{ChatId, InteractionId, JobId};
use crate::model::chat::ChatState;
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

/// Until when an answer waits at most, since a human wrote to an address that may be its customer's other one.
///
/// While the question whose address that is is open, everybody whose other address is unknown waits for it, for [`LID_WAIT`]
/// after the message came. Where WAHA can't tell for longer, only those wait on who asked before the human wrote: the human may
/// have answered them. What was asked since is answered, so that one message does not silence a shop.
pub(crate) fn unresolved_until(
    scope: &Scope<'_>,
    answer: JobId,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    const WORD: Scoped = scoped!(
        "SELECT max(m.created_at),
                coalesce(max(CASE WHEN m.at >= (SELECT min(o.at) FROM interactions AS o
                                                WHERE o.tenant_id = :tenant AND o.chat_id = h.id
                                                  AND o.open_revision IS NOT NULL) THEN 1 ELSE 0 END), 0)
         FROM jobs AS a
         JOIN chats AS h ON h.tenant_id = a.tenant_id AND h.id = a.chat_id
         JOIN jobs AS q ON q.tenant_id = a.tenant_id AND q.kind = 'resolve_identity' AND q.key IS NOT NULL
                       AND q.state IN ('scheduled', 'available', 'running', 'retryable', 'held')
         JOIN identities AS i ON i.tenant_id = q.tenant_id AND i.address = q.key AND i.contact_id <> h.contact_id
         JOIN chats AS o ON o.tenant_id = i.tenant_id AND o.contact_id = i.contact_id
                        AND o.instance_id = h.instance_id
         JOIN interactions AS m ON m.tenant_id = o.tenant_id AND m.chat_id = o.id
                               AND m.author IN ('phone', 'human')
                               -- With an echo, or found in the history with a time that may be made up.
                               AND (m.echoed_at IS NOT NULL OR (m.job_id IS NULL AND m.sending_at IS NULL))
         WHERE a.tenant_id = :tenant AND a.id = :answer
           AND NOT EXISTS (SELECT 1 FROM identities AS k
                           WHERE k.tenant_id = :tenant AND k.contact_id = h.contact_id
                             AND (k.address LIKE '%@lid') = (q.key LIKE '%@lid'))"
    );
    let found: Option<(Option<Timestamp>, bool)> =
        scope.row(WORD, &[(":answer", &answer)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some((Some(came_at), asked_before)) = found else { return Ok(None) };
    let soon = came_at + LID_WAIT;
    Ok(if soon > now {
        Some(soon)
    } else if asked_before {
        Some(now + LOOK_AGAIN)
    } else {
        None
    })
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
