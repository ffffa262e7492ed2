//! `chat.search`: messages by their words.

use serde::{Deserialize, Serialize};

use super::chat::InteractionDocument;
use crate::phone::Phone;
use crate::protocol::name::{ChatName, Cursor, InstanceName, TenantName};

/// `chat search TEXT [--chat CHAT]`: every word must occur, the last one may be a beginning; `"several words"` as they
/// stand, `-word` must not occur. Newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatSearch {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// The words.
    pub text: String,
    /// Only in this chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<ChatName>,
    /// Only on this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// How many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
}

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchHit {
    /// The message.
    pub interaction: InteractionDocument,
    /// The best name we have of its chat.
    pub chat_name: Option<String>,
    /// The person's phone number, once known.
    pub phone: Option<Phone>,
    /// The part of the message around what was found.
    pub snippet: String,
    /// What was found in it: where it begins and ends, in bytes.
    pub marks: Vec<[u32; 2]>,
}
