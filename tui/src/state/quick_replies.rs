//! Stored answers.

use mychatflow_data::ids::QuickReplyId;
use mychatflow_data::protocol::calls::quick_reply::QuickReplyDocument;

use super::list::{Row, Rows};

impl Row for QuickReplyDocument {
    type Id = QuickReplyId;

    fn id(&self) -> QuickReplyId {
        self.id
    }
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct QuickReplies {
    /// All of them.
    pub rows: Rows<QuickReplyDocument>,
}
