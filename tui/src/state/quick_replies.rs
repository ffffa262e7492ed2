//! Stored answers.

use jiff::tz::TimeZone;
use mychatflow_data::ids::QuickReplyId;
use mychatflow_data::protocol::calls::quick_reply::QuickReplyDocument;
use mychatflow_data::time::Timestamp;

use super::list::{Row, Rows};
use crate::moment;

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

/// How long a quick reply is, and when it was changed last.
#[must_use]
pub fn measure(reply: &QuickReplyDocument, now: Timestamp, zone: &TimeZone) -> String {
    let length = match reply.text.chars().count() {
        1 => "1 character".to_owned(),
        count => format!("{count} characters"),
    };
    match reply.updated_at.filter(|at| *at != reply.created_at) {
        Some(at) => format!("{length}, changed {}", moment::stamp(at, now, zone)),
        None => format!("{length}, here since {}", moment::stamp(reply.created_at, now, zone)),
    }
}
