//! What is not finished.

use mychatflow_data::protocol::calls::queue::QueueLine;
use mychatflow_data::protocol::name::QueueId;

use super::list::{Row, Rows};

impl Row for QueueLine {
    type Id = QueueId;

    fn id(&self) -> QueueId {
        self.id.clone()
    }
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    /// Unfinished jobs, dead letters, unreadable deliveries and unknown sends, oldest first.
    pub rows: Rows<QueueLine>,
}
