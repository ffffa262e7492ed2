//! People known from before pairing: who is personal, who may be answered.

use std::collections::BTreeSet;

use mychatflow_data::ids::ContactId;
use mychatflow_data::model::contact::Contact;

use super::list::{Row, Rows};

impl Row for Contact {
    type Id = ContactId;

    fn id(&self) -> ContactId {
        self.id
    }
}

/// The list with its marks.
#[derive(Debug, Clone, Default)]
pub struct Triage {
    /// The people.
    pub rows: Rows<Contact>,
    /// Those with a mark.
    pub marked: BTreeSet<ContactId>,
}
