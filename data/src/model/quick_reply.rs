//! A quick reply: a stored answer of the shop, which the assistant reads as a fact.

use super::words;
use crate::ids::QuickReplyId;
use crate::time::Timestamp;

words! {
    /// Is a quick reply in use?
    QuickReplyState {
        /// Offered to people and told to the assistant.
        Active => "active",
        /// Kept, and neither offered nor told.
        Aside => "aside",
    }
}

/// The variable that has a value whoever gets a quick reply: the shop's name.
pub const BUSINESS: &str = "business";

/// A stored answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuickReply {
    /// Its id.
    pub id: QuickReplyId,
    /// What it is called, unique in the tenant whatever its case.
    pub label: String,
    /// The words.
    pub text: String,
    /// Since when it is here.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// What it is about, for sorting.
    pub category: Option<String>,
    /// Is it in use?
    pub state: QuickReplyState,
    /// How often people sent it.
    pub uses: i64,
    /// How many of the assistant's answers that went out lean on it.
    pub citations: i64,
    /// When it was of use last.
    pub used_at: Option<Timestamp>,
}
