//! A contact: a person, under however many addresses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::words;
use crate::ids::ContactId;
use crate::phone::{Address, Phone};
use crate::time::Timestamp;

/// Why somebody who must be reviewed first is not answered, in words for people.
pub const UNREVIEWED: &str = "unreviewed: known from before pairing";
/// The same, where nobody can tell whether they wrote to each other before the pairing.
pub const HISTORY_UNREAD: &str = "unreviewed: the history of this chat could not be read";
/// How every reason begins of those who wait until the owner says who they are.
pub const UNREVIEWED_PREFIX: &str = "unreviewed: ";

words! {
    /// What the owner said about a person.
    Review {
        /// Wrote first after pairing: a customer until somebody says otherwise.
        New => "new",
        /// Known from before pairing; not answered until reviewed.
        Unreviewed => "unreviewed",
        /// Released to the assistant by the owner.
        Customer => "customer",
        /// Family, friends, the plumber: never answered by the assistant.
        Personal => "personal",
    }
}

words! {
    /// What a person said about being written to.
    ConsentState {
        /// Yes.
        Given => "given",
        /// No.
        Refused => "refused",
    }
}

/// What a person said about being written to, and what shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What was said.
    pub state: ConsentState,
    /// When.
    pub at: Timestamp,
    /// Where: a file, a form, a chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The words, a link, a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}

words! {
    /// How an address came to be one that nobody writes to any more.
    SuppressionCause {
        /// The person wrote a word such as STOP.
        Word => "word",
        /// The owner said so.
        Owner => "owner",
        /// It was on an imported list.
        Import => "import",
        /// The person was erased. They may write, and are answered; campaigns leave them alone.
        Erased => "erased",
    }
}

/// An address that nobody writes to any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The address; nothing once its person was erased.
    pub address: Option<Address>,
    /// How it came to be here.
    pub cause: SuppressionCause,
    /// Since when.
    pub at: Timestamp,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// The best name we have, cleaned.
    pub name: Option<String>,
    /// The phone number, once known.
    pub phone: Option<Phone>,
    /// Every address the person wrote from.
    pub addresses: Vec<Address>,
    /// What the owner said about the person.
    pub review: Review,
    /// When the person asked not to be written to.
    pub opted_out_at: Option<Timestamp>,
    /// Words the owner put on the person.
    pub tags: Vec<String>,
    /// Since when the person is known.
    pub created_at: Timestamp,
    /// The language the person is written to in, as two letters: `de`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What the owner wrote down about the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Columns of the owner's own, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// What the person said about being written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
}
