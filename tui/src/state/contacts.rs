//! People.

use mychatflow_data::model::contact::{Contact, Review};

use super::input::Input;
use super::list::Rows;

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Contacts {
    /// The people.
    pub rows: Rows<Contact>,
    /// Only those of whom the owner said this.
    pub review: Option<Review>,
    /// Only those that fit these words.
    pub find: Option<Input>,
    /// Whether the words are being typed.
    pub finding: super::chats::Finding,
}

impl Contacts {
    /// Are the words of the filter being typed?
    #[must_use]
    pub fn filter_open(&self) -> bool {
        self.finding == super::chats::Finding::Open
    }
}
