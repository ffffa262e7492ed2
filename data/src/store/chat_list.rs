//! The list of chats, a page at a time: newest first, or those that need a human, the longest waiting first.

use super::TenantStore;
use super::chats::{Listed, read_listed, select_chats};
use super::error::StoreError;
use super::scope::{Params, Scope, Scoped};
use crate::ids::{ChatId, InstanceId};
use crate::model::chat::{Chat, ChatState};
use crate::scoped;
use crate::time::Timestamp;

/// Which chats to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatFilter {
    /// Only those in this state. Those that need a human come oldest first.
    pub state: Option<ChatState>,
    /// Only those on this number.
    pub instance: Option<InstanceId>,
    /// Only those whose name or phone number has this in it.
    pub text: Option<String>,
}

/// Where a page of chats ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatPlace {
    /// The last chat's last message; chats without any come last.
    pub last_at: Option<Timestamp>,
    /// The last chat.
    pub id: ChatId,
}

impl ChatPlace {
    /// The place after a chat.
    #[must_use]
    pub const fn after(chat: &Chat) -> Self {
        Self { last_at: chat.last_at, id: chat.id }
    }
}

const FIRST_ID: ChatId = ChatId::from_bytes([0; 16]);
const LAST_ID: ChatId = ChatId::from_bytes([0xff; 16]);

fn page(
    scope: &Scope<'_>,
    filter: &ChatFilter,
    after: Option<ChatPlace>,
    limit: i64,
) -> Result<Vec<Listed>, StoreError> {
    const NEWEST: Scoped = scoped!(select_chats!(
        "AND (h.last_at, h.id) < (:at, :id)
         AND (:instance IS NULL OR h.instance_id = :instance)
         AND (:text IS NULL OR instr(lower(coalesce(c.name, h.title, '')), lower(:text)) OR instr(c.phone, :text))
         ORDER BY h.last_at DESC, h.id DESC LIMIT :limit"
    ));
    const NEWEST_IN_STATE: Scoped = scoped!(select_chats!(
        "AND h.state = :state AND (h.last_at, h.id) < (:at, :id)
         AND (:instance IS NULL OR h.instance_id = :instance)
         AND (:text IS NULL OR instr(lower(coalesce(c.name, h.title, '')), lower(:text)) OR instr(c.phone, :text))
         ORDER BY h.last_at DESC, h.id DESC LIMIT :limit"
    ));
    const OLDEST_IN_STATE: Scoped = scoped!(select_chats!(
        "AND h.state = :state AND (h.last_at, h.id) > (:at, :id)
         AND (:instance IS NULL OR h.instance_id = :instance)
         AND (:text IS NULL OR instr(lower(coalesce(c.name, h.title, '')), lower(:text)) OR instr(c.phone, :text))
         ORDER BY h.last_at, h.id LIMIT :limit"
    ));
    // Numbers that were paused before they ever wrote have no last message.
    const SILENT: Scoped = scoped!(select_chats!(
        "AND h.last_at IS NULL AND h.id > :id
         AND (:state IS NULL OR h.state = :state)
         AND (:instance IS NULL OR h.instance_id = :instance)
         AND (:text IS NULL OR instr(lower(coalesce(c.name, h.title, '')), lower(:text)) OR instr(c.phone, :text))
         ORDER BY h.id LIMIT :limit"
    ));
    let oldest_first = filter.state == Some(ChatState::NeedsYou);
    let begin = if oldest_first {
        ChatPlace { last_at: Some(Timestamp::from_millis(i64::MIN)), id: FIRST_ID }
    } else {
        ChatPlace { last_at: Some(Timestamp::from_millis(i64::MAX)), id: LAST_ID }
    };
    let place = after.unwrap_or(begin);
    let mut found = Vec::new();
    if let Some(at) = place.last_at {
        let common: [(&'static str, &dyn rusqlite::ToSql); 5] = [
            (":at", &at),
            (":id", &place.id),
            (":instance", &filter.instance),
            (":text", &filter.text),
            (":limit", &limit),
        ];
        let in_state: Vec<_> = common.iter().copied().chain([(":state", &filter.state as _)]).collect();
        let (sql, params): (Scoped, Params<'_>) = match (filter.state, oldest_first) {
            (None, _) => (NEWEST, &common),
            (Some(_), false) => (NEWEST_IN_STATE, &in_state),
            (Some(_), true) => (OLDEST_IN_STATE, &in_state),
        };
        found = scope.rows(sql, params, read_listed)?;
    }
    let left = limit - i64::try_from(found.len()).unwrap_or(i64::MAX);
    if left > 0 {
        let id = if place.last_at.is_none() { place.id } else { FIRST_ID };
        let silent = scope.rows(
            SILENT,
            &[
                (":id", &id),
                (":state", &filter.state),
                (":instance", &filter.instance),
                (":text", &filter.text),
                (":limit", &left),
            ],
            read_listed,
        )?;
        found.extend(silent);
    }
    Ok(found)
}

impl TenantStore {
    /// Chats, newest first; with the state `needs_you`, the longest waiting first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn chats(
        &self,
        filter: ChatFilter,
        after: Option<ChatPlace>,
        limit: i64,
    ) -> Result<Vec<Listed>, StoreError> {
        self.read(move |scope| page(scope, &filter, after, limit)).await
    }

    /// One chat with the mode that was set for it.
    ///
    /// # Errors
    /// What the store says.
    pub async fn listed_chat(&self, id: ChatId) -> Result<Option<Listed>, StoreError> {
        const FIND: Scoped = scoped!(select_chats!("AND h.id = :id"));
        self.read(move |scope| scope.row(FIND, &[(":id", &id)], read_listed)).await
    }
}
