//! Drafts: what a human has begun to write in a chat and not sent.

use super::change::Change;
use super::error::StoreError;
use super::scope::{Scope, Scoped};
use super::{TenantStore, chats};
use crate::ids::ChatId;
use crate::scoped;
use crate::time::Timestamp;

/// Forgets the words in a chat's composer.
pub(crate) fn forget(scope: &Scope<'_>, chat: ChatId) -> Result<(), StoreError> {
    const FORGET: Scoped = scoped!("DELETE FROM drafts WHERE tenant_id = :tenant AND chat_id = :chat");
    if scope.execute(FORGET, &[(":chat", &chat)])? > 0 {
        scope.emit(Change::ChatChanged(scope.tenant(), chat));
    }
    Ok(())
}

impl TenantStore {
    /// The words in a chat's composer, and since when they are there.
    ///
    /// # Errors
    /// What the store says.
    pub async fn draft(&self, chat: ChatId) -> Result<Option<(String, Timestamp)>, StoreError> {
        const FIND: Scoped =
            scoped!("SELECT text, updated_at FROM drafts WHERE tenant_id = :tenant AND chat_id = :chat");
        self.read(move |scope| scope.row(FIND, &[(":chat", &chat)], |row| Ok((row.get(0)?, row.get(1)?)))).await
    }

    /// Keeps the words in a chat's composer; an empty text forgets them.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such chat.
    pub async fn set_draft(&self, chat: ChatId, text: String, now: Timestamp) -> Result<(), StoreError> {
        const SET: Scoped = scoped!(
            "INSERT INTO drafts (tenant_id, chat_id, text, updated_at) VALUES (:tenant, :chat, :text, :now)
             ON CONFLICT (tenant_id, chat_id) DO UPDATE SET text = excluded.text, updated_at = excluded.updated_at
             WHERE text <> excluded.text"
        );
        self.write(move |scope| {
            chats::find(scope, chat)?.ok_or(StoreError::NotFound("chat"))?;
            if text.is_empty() {
                return forget(scope, chat);
            }
            if scope.execute(SET, &[(":chat", &chat), (":text", &text), (":now", &now)])? > 0 {
                scope.emit(Change::ChatChanged(scope.tenant(), chat));
            }
            Ok(())
        })
        .await
    }
}
