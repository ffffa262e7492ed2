//! The list of chats, a page at a time: newest first, or those whose customer has waited longest.

use super::TenantStore;
use super::chats::{Listed, read_listed, select_chats};
use super::error::StoreError;
use super::find::Needle;
use super::scope::{Params, Scope, Scoped};
use crate::ids::{ChatId, InstanceId};
use crate::model::chat::{Chat, ChatState};
use crate::scoped;
use crate::time::Timestamp;

/// Which chats to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatFilter {
    /// Only those in this state.
    pub state: Option<ChatState>,
    /// Only those on this number.
    pub instance: Option<InstanceId>,
    /// Only those whose name, title or phone number has this in it, letter case apart.
    pub find: Option<String>,
    /// Which come first.
    pub order: ChatOrder,
}

/// Which chats come first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ChatOrder {
    /// Those in which somebody wrote last.
    #[default]
    Newest,
    /// Those whose customer has waited longest. Chats in which nobody waits come after them, newest first.
    LongestWaiting,
}

/// Where a page of chats ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatPlace {
    /// Since when the last chat's customer waits; of no meaning where the newest come first.
    pub waiting_since: Option<Timestamp>,
    /// The last chat's last message; chats without any come last.
    pub last_at: Option<Timestamp>,
    /// The last chat.
    pub id: ChatId,
}

impl ChatPlace {
    /// The place after a chat.
    #[must_use]
    pub const fn after(chat: &Chat) -> Self {
        Self { waiting_since: chat.waiting_since, last_at: chat.last_at, id: chat.id }
    }
}

const FIRST_ID: ChatId = ChatId::from_bytes([0; 16]);
const LAST_ID: ChatId = ChatId::from_bytes([0xff; 16]);

/// The part of a list that is read.
struct Reading<'r, 'c> {
    scope: &'r Scope<'c>,
    filter: &'r ChatFilter,
    needle: Needle,
}

impl Reading<'_, '_> {
    fn rows(&self, sql: Scoped, own: Params<'_>, limit: i64) -> Result<Vec<Listed>, StoreError> {
        let mut params: Vec<(&'static str, &dyn rusqlite::ToSql)> =
            vec![(":instance", &self.filter.instance), (":limit", &limit)];
        params.extend(own);
        self.scope.rows(sql, &params, read_listed)
    }

    /// Those whose customer waits, the longest first.
    fn waiting(&self, since: Timestamp, id: ChatId, limit: i64) -> Result<Vec<Listed>, StoreError> {
        const WAITING: Scoped = scoped!(select_chats!(
            "AND h.waiting_since IS NOT NULL AND (h.waiting_since, h.id) > (:since, :id)
             -- The sign keeps the planner from the list by state, which has another order.
             AND (:state IS NULL OR +h.state = :state)
             AND (:instance IS NULL OR h.instance_id = :instance)
             AND (:find IS NULL OR instr(h.find, :find) OR instr(h.find, :digits))
             ORDER BY h.waiting_since, h.id LIMIT :limit"
        ));
        let own: Params<'_> = &[
            (":since", &since),
            (":id", &id),
            (":state", &self.filter.state),
            (":find", &self.needle.text),
            (":digits", &self.needle.digits),
        ];
        self.rows(WAITING, own, limit)
    }

    /// Those in which somebody wrote, the newest first.
    fn newest(&self, at: Timestamp, id: ChatId, limit: i64) -> Result<Vec<Listed>, StoreError> {
        const NEWEST: Scoped = scoped!(select_chats!(
            "AND (h.last_at, h.id) < (:at, :id)
             AND (:instance IS NULL OR h.instance_id = :instance) AND (:all OR h.waiting_since IS NULL)
             ORDER BY h.last_at DESC, h.id DESC LIMIT :limit"
        ));
        const NEWEST_IN_STATE: Scoped = scoped!(select_chats!(
            "AND h.state = :state AND (h.last_at, h.id) < (:at, :id)
             AND (:instance IS NULL OR h.instance_id = :instance) AND (:all OR h.waiting_since IS NULL)
             ORDER BY h.last_at DESC, h.id DESC LIMIT :limit"
        ));
        // `f` is the index alone, in its order; the chat itself is read only where the name fits.
        const NEWEST_FOUND: Scoped = scoped!(select_chats!(
            "chats AS f INDEXED BY chats_by_time CROSS JOIN",
            "AND f.tenant_id = :tenant AND (f.last_at, f.id) < (:at, :id)
             AND (instr(f.find, :find) OR instr(f.find, :digits))
             AND h.id = f.id
             AND (:state IS NULL OR +h.state = :state)
             AND (:instance IS NULL OR h.instance_id = :instance) AND (:all OR h.waiting_since IS NULL)
             ORDER BY f.last_at DESC, f.id DESC LIMIT :limit"
        ));
        let all = self.filter.order == ChatOrder::Newest;
        let mut own: Vec<(&'static str, &dyn rusqlite::ToSql)> = vec![(":at", &at), (":id", &id), (":all", &all)];
        let sql = match (&self.needle.text, self.filter.state) {
            (None, None) => NEWEST,
            (None, Some(_)) => {
                own.push((":state", &self.filter.state));
                NEWEST_IN_STATE
            }
            (Some(_), _) => {
                own.extend([
                    (":state", &self.filter.state as &dyn rusqlite::ToSql),
                    (":find", &self.needle.text),
                    (":digits", &self.needle.digits),
                ]);
                NEWEST_FOUND
            }
        };
        self.rows(sql, &own, limit)
    }

    /// Numbers that were paused before they ever wrote: they have no last message. Nor has the thread of the erased.
    fn silent(&self, id: ChatId, limit: i64) -> Result<Vec<Listed>, StoreError> {
        const SILENT: Scoped = scoped!(select_chats!(
            "AND h.last_at IS NULL AND h.id > :id AND h.kind <> 'erased'
             AND (:state IS NULL OR +h.state = :state)
             AND (:instance IS NULL OR h.instance_id = :instance)
             AND (:find IS NULL OR instr(h.find, :find) OR instr(h.find, :digits))
             ORDER BY h.id LIMIT :limit"
        ));
        let own: Params<'_> = &[
            (":id", &id),
            (":state", &self.filter.state),
            (":find", &self.needle.text),
            (":digits", &self.needle.digits),
        ];
        self.rows(SILENT, own, limit)
    }
}

fn page(
    scope: &Scope<'_>,
    filter: &ChatFilter,
    after: Option<ChatPlace>,
    limit: i64,
) -> Result<Vec<Listed>, StoreError> {
    const EVER: Timestamp = Timestamp::from_millis(i64::MAX);
    let reading = Reading { scope, filter, needle: Needle::new(filter.find.as_deref()) };
    let left = |found: &Vec<Listed>| limit - i64::try_from(found.len()).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    // The list has up to three parts. A page goes on in the part in which the one before it ended.
    let mut place = after;
    if filter.order == ChatOrder::LongestWaiting && place.is_none_or(|place| place.waiting_since.is_some()) {
        let since = place.and_then(|place| place.waiting_since).unwrap_or(Timestamp::from_millis(i64::MIN));
        found = reading.waiting(since, place.map_or(FIRST_ID, |place| place.id), limit)?;
        place = None;
    }
    if left(&found) > 0 && place.is_none_or(|place| place.last_at.is_some()) {
        let at = place.and_then(|place| place.last_at).unwrap_or(EVER);
        found.extend(reading.newest(at, place.map_or(LAST_ID, |place| place.id), left(&found))?);
        place = None;
    }
    if left(&found) > 0 {
        found.extend(reading.silent(place.map_or(FIRST_ID, |place| place.id), left(&found))?);
    }
    Ok(found)
}

impl TenantStore {
    /// Chats, a page of them.
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
