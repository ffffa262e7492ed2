//! Which of a customer's messages are open: nobody has answered them yet. A message that was answered is never opened again,
//! so that no question is answered twice. One in which the model saw nothing to answer is closed too; a person who gives the
//! chat back to the assistant, and a customer who edits it, open it again.

use super::error::StoreError;
use super::scope::{Scope, Scoped};
use crate::ids::{ChatId, InteractionId};
use crate::scoped;
use crate::store::change::Change;
use crate::store::interactions;
use crate::time::Timestamp;

/// How the reason of a message begins in which the model saw nothing to answer.
pub const IGNORED: &str = "the assistant read it and saw nothing to answer";

/// Is a message of this chat open?
pub(crate) fn any_open(scope: &Scope<'_>, chat: ChatId) -> Result<bool, StoreError> {
    Ok(newest_open(scope, chat)?.is_some())
}

/// When the newest open message of a chat was written: by that it is fresh or stale.
pub(crate) fn newest_open(scope: &Scope<'_>, chat: ChatId) -> Result<Option<Timestamp>, StoreError> {
    const NEWEST: Scoped = scoped!(
        "SELECT max(coalesce(written_at, at)) FROM interactions
         WHERE tenant_id = :tenant AND chat_id = :chat AND open_revision IS NOT NULL"
    );
    Ok(scope.row(NEWEST, &[(":chat", &chat)], |row| row.get::<_, Option<Timestamp>>(0))?.flatten())
}

/// Closes what an answer was written for: the messages up to a revision of the chat. What came later stays open.
pub(crate) fn close_up_to_revision(scope: &Scope<'_>, chat: ChatId, revision: i64) -> Result<(), StoreError> {
    const CLOSE: Scoped = scoped!(
        "UPDATE interactions SET open_revision = NULL
         WHERE tenant_id = :tenant AND chat_id = :chat AND open_revision IS NOT NULL AND open_revision <= :revision"
    );
    scope.execute(CLOSE, &[(":chat", &chat), (":revision", &revision)]).map(drop)
}

/// Closes what the model read up to a revision of the chat and saw nothing to answer in; each message says so. What was edited
/// since the model read it stays open.
pub(crate) fn close_ignored(scope: &Scope<'_>, chat: ChatId, revision: i64, reason: &str) -> Result<(), StoreError> {
    const CLOSE: Scoped = scoped!(concat!(
        "UPDATE interactions SET open_revision = NULL, reason = :reason
         WHERE tenant_id = :tenant AND chat_id = :chat AND open_revision IS NOT NULL AND open_revision <= :revision
           AND (state <> 'edited'
                OR EXISTS (SELECT 1 FROM chats AS h
                           WHERE h.tenant_id = :tenant AND h.id = :chat AND h.revision = :revision))
         RETURNING ",
        interactions::columns!()
    ));
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":chat", &chat), (":revision", &revision), (":reason", &reason)];
    for closed in scope.rows(CLOSE, params, interactions::read)? {
        scope.emit(Change::InteractionChanged(scope.tenant(), Box::new(closed)));
    }
    Ok(())
}

/// A person wants an answer after all: opens what the model saw nothing to answer in, unless somebody of the shop wrote since.
pub(crate) fn reopen_ignored(scope: &Scope<'_>, chat: ChatId) -> Result<(), StoreError> {
    const REOPEN: Scoped = scoped!(concat!(
        "UPDATE interactions
         SET reason = NULL, open_revision = (SELECT h.revision + 1 FROM chats AS h
                                             WHERE h.tenant_id = :tenant AND h.id = interactions.chat_id)
         WHERE tenant_id = :tenant AND chat_id = :chat AND direction = 'in' AND state <> 'revoked'
           AND substr(reason, 1, :length) = :ignored
           AND at > coalesce((SELECT max(o.at) FROM interactions AS o
                              WHERE o.tenant_id = :tenant AND o.chat_id = :chat AND o.direction = 'out'
                                AND o.author <> 'campaign' AND o.state NOT IN ('draft', 'held', 'failed', 'cancelled')), 0)
         RETURNING ",
        interactions::columns!()
    ));
    const REVISE: Scoped = scoped!("UPDATE chats SET revision = revision + 1 WHERE tenant_id = :tenant AND id = :chat");
    let length = i64::try_from(IGNORED.len()).unwrap_or(i64::MAX);
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":chat", &chat), (":ignored", &IGNORED), (":length", &length)];
    let opened = scope.rows(REOPEN, params, interactions::read)?;
    if !opened.is_empty() {
        scope.execute(REVISE, &[(":chat", &chat)])?;
    }
    for message in opened {
        scope.emit(Change::InteractionChanged(scope.tenant(), Box::new(message)));
    }
    Ok(())
}

/// Closes what a person answered at an instant: everything that the customer wrote until then. Returns what that was.
pub(crate) fn close_up_to_time(
    scope: &Scope<'_>,
    chat: ChatId,
    at: Timestamp,
) -> Result<Vec<InteractionId>, StoreError> {
    const CLOSE: Scoped = scoped!(
        "UPDATE interactions SET open_revision = NULL
         WHERE tenant_id = :tenant AND chat_id = :chat AND open_revision IS NOT NULL AND at <= :at
         RETURNING id"
    );
    scope.rows(CLOSE, &[(":chat", &chat), (":at", &at)], |row| row.get(0))
}

/// Two people are two again: opens what a human's word to the other one had closed, unless somebody wrote to this one since.
pub(crate) fn reopen(
    scope: &Scope<'_>,
    chat: ChatId,
    messages: &[InteractionId],
    revision: i64,
) -> Result<(), StoreError> {
    const REOPEN: Scoped = scoped!(
        "UPDATE interactions SET open_revision = :revision
         WHERE tenant_id = :tenant AND id = :id AND chat_id = :chat AND state <> 'revoked'
           AND NOT EXISTS (SELECT 1 FROM interactions AS o
                           WHERE o.tenant_id = :tenant AND o.chat_id = :chat AND o.direction = 'out'
                             AND o.author <> 'campaign' AND o.at >= interactions.at
                             AND o.state NOT IN ('draft', 'held', 'failed', 'cancelled'))"
    );
    for id in messages {
        scope.execute(REOPEN, &[(":id", id), (":chat", &chat), (":revision", &revision)])?;
    }
    Ok(())
}

/// Marks what an answer that is on its way was written for: whatever the chat's revision is by then, that answer closes it.
/// Called before messages of two chats are put together or parted, since each chat counts its own revisions.
pub(crate) fn keep_covered(scope: &Scope<'_>, chat: ChatId) -> Result<(), StoreError> {
    const COVERED: Scoped = scoped!(
        "UPDATE interactions SET open_revision = 0
         WHERE tenant_id = :tenant AND chat_id = :chat AND open_revision IS NOT NULL
           AND open_revision <= (SELECT max(o.revision) FROM interactions AS o
                                 WHERE o.tenant_id = :tenant AND o.chat_id = :chat AND o.author = 'assistant'
                                   AND o.state = 'sending')"
    );
    scope.execute(COVERED, &[(":chat", &chat)]).map(drop)
}

/// Is an answer of this chat on its way?
pub(crate) fn is_answer_sending(scope: &Scope<'_>, chat: ChatId) -> Result<bool, StoreError> {
    const SENDING: Scoped = scoped!(
        "SELECT 1 FROM interactions
         WHERE tenant_id = :tenant AND chat_id = :chat AND author = 'assistant' AND state = 'sending' LIMIT 1"
    );
    Ok(scope.row(SENDING, &[(":chat", &chat)], |_| Ok(()))?.is_some())
}

/// Counts the open messages of a chat by a revision that no answer has seen yet, but for what an answer on its way covers.
pub(crate) fn recount(scope: &Scope<'_>, chat: ChatId, revision: i64) -> Result<(), StoreError> {
    const RECOUNT: Scoped = scoped!(
        "UPDATE interactions SET open_revision = :revision
         WHERE tenant_id = :tenant AND chat_id = :chat AND open_revision IS NOT NULL AND open_revision > 0"
    );
    scope.execute(RECOUNT, &[(":chat", &chat), (":revision", &revision)]).map(drop)
}
