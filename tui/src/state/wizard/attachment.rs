//! A file of this machine that goes with the text of a campaign.

use std::sync::Arc;

use mychatflow_data::ids::CampaignId;

/// What is typed to take the file of a draft away.
pub const NO_FILE: &str = "-";

/// A file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Where it was, as it was typed.
    pub path: String,
    /// All of it.
    pub bytes: Arc<[u8]>,
    /// The draft that the daemon has it with.
    pub with: Option<CampaignId>,
}

impl Attachment {
    /// What the file is called.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}
