//! A quick reply: a stored answer of the shop, which the assistant reads as a fact.

use crate::ids::QuickReplyId;
use crate::time::Timestamp;

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
}
