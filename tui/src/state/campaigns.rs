//! One text to many.

use mychatflow_data::ids::CampaignId;
use mychatflow_data::protocol::calls::campaign::CampaignDocument;

use super::list::{Row, Rows};

impl Row for CampaignDocument {
    type Id = CampaignId;

    fn id(&self) -> CampaignId {
        self.id
    }
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Campaigns {
    /// All campaigns, newest first.
    pub rows: Rows<CampaignDocument>,
}
