//! A note: what a human wrote down about a chat. Neither the customer nor the model ever reads it.

use crate::ids::{ChatId, NoteId};
use crate::time::Timestamp;

/// What a human wrote down about a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// The chat it is about.
    pub chat: ChatId,
    /// When it was written.
    pub at: Timestamp,
    /// The account that wrote it.
    pub author: String,
    /// The words.
    pub text: String,
}
