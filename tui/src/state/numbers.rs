//! Our WhatsApp numbers.

use mychatflow_data::ids::InstanceId;
use mychatflow_data::protocol::calls::instance::{InstanceDocument, InstanceShown};

use super::list::{Row, Rows};

impl Row for InstanceDocument {
    type Id = InstanceId;

    fn id(&self) -> InstanceId {
        self.id
    }
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    /// All numbers; the header counts them on every screen.
    pub rows: Rows<InstanceDocument>,
    /// The selected one with its history.
    pub shown: Option<InstanceShown>,
}
