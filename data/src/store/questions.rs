//! Which of a customer's messages are open: nobody has answered them yet. A message that was closed is never opened again,
//! so that no question is answered twice.

use super::error::StoreError;
use super::scope::{Scope, Scoped};
use crate::ids::ChatId;
use crate::scoped;
use crate::time::Timestamp;

/// Is a message of this chat open?
pub(crate) fn any_open(scope: &Scope<'_>, chat: ChatId) -> Result<bool, StoreError> {
    const ANY: Scoped = scoped!(
        "SELECT 1 FROM interactions
         WHERE tenant_id = :tenant AND chat_id = :chat AND open_revision IS NOT NULL LIMIT 1"
    );
    Ok(scope.row(ANY, &[(":chat", &chat)], |_| Ok(()))?.is_some())
}

/// Closes what an answer was written for: the messages up to a revision of the chat. What came later stays open.
pub(crate) fn close_up_to_revision(scope: &Scope<'_>, chat: ChatId, revision: i64) -> Result<(), StoreError> {
    const CLOSE: Scoped = scoped!(
        "UPDATE interactions SET open_revision = NULL
         WHERE tenant_id = :tenant AND chat_id = :chat AND open_revision IS NOT NULL AND open_revision <= :revision"
    );
    scope.execute(CLOSE, &[(":chat", &chat), (":revision", &revision)]).map(drop)
}

/// Closes what a person answered at an instant: everything that the customer wrote until then.
pub(crate) fn close_up_to_time(scope: &Scope<'_>, chat: ChatId, at: Timestamp) -> Result<(), StoreError> {
    const CLOSE: Scoped = scoped!(
        "UPDATE interactions SET open_revision = NULL
         WHERE tenant_id = :tenant AND chat_id = :chat AND open_revision IS NOT NULL AND at <= :at"
    );
    scope.execute(CLOSE, &[(":chat", &chat), (":at", &at)]).map(drop)
}

/// Counts the open messages of a chat by its revision of now, after messages of another chat came to it: an answer that was
/// begun before did not see them.
pub(crate) fn recount(scope: &Scope<'_>, chat: ChatId) -> Result<(), StoreError> {
    const RECOUNT: Scoped = scoped!(
        "UPDATE interactions
         SET open_revision = (SELECT revision FROM chats WHERE tenant_id = :tenant AND id = :chat)
         WHERE tenant_id = :tenant AND chat_id = :chat AND open_revision IS NOT NULL"
    );
    scope.execute(RECOUNT, &[(":chat", &chat)]).map(drop)
}
