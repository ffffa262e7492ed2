//! Drafts: what a human has begun to write in a chat and not sent.

use super::error::StoreError;
use super::scope::Scoped;
use super::{TenantStore, chats};
use crate::ids::ChatId;
use crate::scoped;
use crate::time::Timestamp;

impl TenantStore {
    /// The words in a chat's composer.
    ///
    /// # Errors
    /// What the store says.
    pub async fn draft(&self, chat: ChatId) -> Result<Option<String>, StoreError> {
        const FIND: Scoped = scoped!("SELECT text FROM drafts WHERE tenant_id = :tenant AND chat_id = :chat");
        self.read(move |scope| scope.row(FIND, &[(":chat", &chat)], |row| row.get(0))).await
    }

    /// Keeps the words in a chat's composer; an empty text forgets them.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such chat.
    pub async fn set_draft(&self, chat: ChatId, text: String, now: Timestamp) -> Result<(), StoreError> {
        const SET: Scoped = scoped!(
            "INSERT INTO drafts (tenant_id, chat_id, text, updated_at) VALUES (:tenant, :chat, :text, :now)
             ON CONFLICT (tenant_id, chat_id) DO UPDATE SET text = excluded.text, updated_at = excluded.updated_at"
        );
        const FORGET: Scoped = scoped!("DELETE FROM drafts WHERE tenant_id = :tenant AND chat_id = :chat");
        self.write(move |scope| {
            chats::find(scope, chat)?.ok_or(StoreError::NotFound("chat"))?;
            if text.is_empty() {
                scope.execute(FORGET, &[(":chat", &chat)])?;
            } else {
                scope.execute(SET, &[(":chat", &chat), (":text", &text), (":now", &now)])?;
            }
            Ok(())
        })
        .await
    }
}
