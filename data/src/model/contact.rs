//! A contact: a person, under however many addresses.

use serde::{Deserialize, Serialize};

use super::words;
use crate::ids::ContactId;
use crate::phone::{Address, Phone};
use crate::time::Timestamp;

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
}
