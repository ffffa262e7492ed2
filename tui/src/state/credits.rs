//! The ledger, newest first. The balance itself is the dashboard's.

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::EntryId;
use mychatflow_data::model::ledger::{Entry, EntryKind};
use mychatflow_data::protocol::name::Cursor;
use mychatflow_data::time::Timestamp;

use super::list::{Reading, Row, Rows};

impl Row for Entry {
    type Id = EntryId;

    fn id(&self) -> EntryId {
        self.id
    }
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct CreditsScreen {
    /// The ledger.
    pub rows: Rows<Entry>,
    /// When it is to be read again: events come in crowds.
    pub stale_at: Option<Timestamp>,
}

impl CreditsScreen {
    /// Takes the newest page. Entries never change, so what was read of the older pages stands.
    pub fn refresh(&mut self, page: Vec<Entry>, next: Option<Cursor>, now: Timestamp) {
        let joins = page.iter().any(|entry| self.rows.items().iter().any(|old| old.id == entry.id));
        if !joins {
            self.rows.replace(page, next, now);
            return;
        }
        // Whoever stands on the newest entry goes on standing on the newest one.
        let at_top = self.rows.position() == Some(0);
        self.rows.change(|items| {
            let fresh = page.into_iter().filter(|entry| !items.iter().any(|old| old.id == entry.id));
            let fresh: Vec<Entry> = fresh.collect();
            items.splice(0..0, fresh);
        });
        if at_top {
            self.rows.select_at(0);
        }
        self.rows.reading = Reading::Done(now);
    }
}

/// An amount with its sign; nothing has none.
#[must_use]
pub fn signed(amount: Credits) -> String {
    match amount.count() {
        0 => "0".to_owned(),
        count => format!("{count:+}"),
    }
}

/// What an entry does, in a few words.
#[must_use]
pub const fn meaning(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Grant => "credits came in",
        EntryKind::Reserve => "for an answer to come",
        EntryKind::Release => "its answer was not sent",
        EntryKind::Settle => "its answer was sent",
        EntryKind::Expire => "left when the period ended",
        EntryKind::Adjust => "corrected by hand",
    }
}
