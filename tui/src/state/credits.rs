//! The ledger, newest first. The balance itself is the dashboard's.

use mychatflow_data::ids::EntryId;
use mychatflow_data::model::ledger::Entry;

use super::list::{Row, Rows};

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
}
