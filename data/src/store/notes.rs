//! Notes: what humans wrote down about a chat, for each other.

use rusqlite::Row;

use super::change::Change;
use super::error::StoreError;
use super::scope::Scoped;
use super::{TenantStore, chats};
use crate::ids::{ChatId, NoteId};
use crate::model::limit;
use crate::model::note::Note;
use crate::scoped;
use crate::time::Timestamp;

/// The longest note.
const NOTE_CHARS_MAX: usize = limit::CHAT_NOTE.chars;

fn read(row: &Row<'_>) -> rusqlite::Result<Note> {
    Ok(Note { id: row.get(0)?, chat: row.get(1)?, at: row.get(2)?, author: row.get(3)?, text: row.get(4)? })
}

impl TenantStore {
    /// Notes about a chat, oldest first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn notes(&self, chat: ChatId) -> Result<Vec<Note>, StoreError> {
        const NOTES: Scoped = scoped!(
            "SELECT id, chat_id, at, author, text FROM notes WHERE tenant_id = :tenant AND chat_id = :chat
             ORDER BY at, id"
        );
        self.read(move |scope| scope.rows(NOTES, &[(":chat", &chat)], read)).await
    }

    /// Writes something down about a chat.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for an empty or too long text, [`StoreError::NotFound`] when there is no such chat.
    pub async fn add_note(
        &self,
        chat: ChatId,
        author: String,
        text: String,
        now: Timestamp,
    ) -> Result<Note, StoreError> {
        const ADD: Scoped = scoped!(
            "INSERT INTO notes (tenant_id, id, chat_id, at, author, text)
             VALUES (:tenant, :id, :chat, :now, :author, :text)"
        );
        let text = text.trim().to_owned();
        if text.is_empty() || text.chars().count() > NOTE_CHARS_MAX {
            return Err(StoreError::Invalid(format!("a note has 1 to {NOTE_CHARS_MAX} characters")));
        }
        self.write(move |scope| {
            chats::find(scope, chat)?.ok_or(StoreError::NotFound("chat"))?;
            let note = Note { id: NoteId::new(), chat, at: now, author, text };
            scope.execute(
                ADD,
                &[
                    (":id", &note.id),
                    (":chat", &chat),
                    (":now", &now),
                    (":author", &note.author),
                    (":text", &note.text),
                ],
            )?;
            scope.emit(Change::ChatChanged(scope.tenant(), chat));
            Ok(note)
        })
        .await
    }

    /// Takes a note about a chat away; returns what it was.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such note about this chat.
    pub async fn remove_note(&self, chat: ChatId, id: NoteId) -> Result<Note, StoreError> {
        const REMOVE: Scoped = scoped!(
            "DELETE FROM notes WHERE tenant_id = :tenant AND id = :id AND chat_id = :chat
             RETURNING id, chat_id, at, author, text"
        );
        self.write(move |scope| {
            let note =
                scope.row(REMOVE, &[(":id", &id), (":chat", &chat)], read)?.ok_or(StoreError::NotFound("note"))?;
            scope.emit(Change::ChatChanged(scope.tenant(), chat));
            Ok(note)
        })
        .await
    }
}
