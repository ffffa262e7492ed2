//! `settings.*`: what a tenant, a number or a chat overrides.

use serde::{Deserialize, Serialize};

use crate::model::opening_hours::TypedHours;
use crate::model::setting::SettingKey;
use crate::model::words;
use crate::protocol::name::{ChatName, InstanceName, TenantName};

/// `settings show [--instance I | --chat C]`: every key with its value in effect there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsShow {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// As seen from this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// As seen from this chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<ChatName>,
}

/// `settings set KEY VALUE [--instance I | --chat C]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsSet {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub key: SettingKey,
    /// The new value; absent: inherit again (`--unset`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Only for this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// Only for this chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<ChatName>,
}

words! {
    /// Where a value comes from.
    Source {
        /// The config file or its default.
        Config => "config",
        /// The tenant.
        Tenant => "tenant",
        /// The number.
        Instance => "instance",
        /// The chat.
        Chat => "chat",
    }
}

/// A setting in effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingLine {
    /// Which.
    pub key: SettingKey,
    /// Its value; `null` where there is none.
    pub value: Option<String>,
    /// Where it comes from.
    pub source: Source,
    /// Of opening hours: what they were read as, in one spelling whatever the language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_as: Option<String>,
    /// The same for programs: the minutes of each day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typed_hours: Option<TypedHours>,
    /// What somebody should know about the value: one that an earlier version took is not understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}
