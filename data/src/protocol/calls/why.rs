//! `why`: how a message came to be, or why none came.

use serde::{Deserialize, Serialize};

use super::chat::InteractionDocument;
use crate::ids::ChatId;
use crate::protocol::name::TenantName;
use crate::time::Timestamp;

/// `why ID`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// The id of a message or of a chat.
    pub id: String,
}

/// What is known about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyDocument {
    /// The id that was asked about.
    pub id: String,
    /// The chat.
    pub chat: ChatId,
    /// The message; `null` for a chat without any of ours.
    pub interaction: Option<InteractionDocument>,
    /// All of it in one sentence.
    pub headline: String,
    /// What happened, oldest first; what has no time is how things are now.
    pub lines: Vec<WhyLine>,
}

/// One thing that happened or is so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyLine {
    /// When.
    pub at: Option<Timestamp>,
    /// What.
    pub what: String,
    /// More about it.
    pub detail: Option<String>,
}
