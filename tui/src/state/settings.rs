//! What the assistant does, for the business or for one number.

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::calls::settings::SettingLine;

use super::list::{Row, Rows};

impl Row for SettingLine {
    type Id = SettingKey;

    fn id(&self) -> SettingKey {
        self.key
    }
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Every key with its value in effect.
    pub rows: Rows<SettingLine>,
    /// As seen from this number; `None`: from the business.
    pub instance: Option<InstanceId>,
}
