//! `ask`: what the assistant would answer. Sends nothing, costs no credit.

use serde::{Deserialize, Serialize};

use crate::credits::Credits;
use crate::model::words;
use crate::protocol::name::{InstanceName, TenantName};

/// `ask QUESTION [--instance I]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Whose assistant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// What a customer would write.
    pub question: String,
    /// With the settings of this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
}

words! {
    /// What the assistant wants to do.
    AskAction {
        /// Answer.
        Reply => "reply",
        /// Give way to a human.
        Handoff => "handoff",
        /// Say nothing.
        Ignore => "ignore",
    }
}

/// What the assistant would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskAnswer {
    /// What it wants to do.
    pub action: AskAction,
    /// Its words.
    pub answer: Option<String>,
    /// Why, where a check or the model says so.
    pub reason: Option<String>,
    /// Which facts it used.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Which model wrote it.
    pub model: String,
    /// How long the model took.
    pub latency_ms: i64,
    /// What it cost: nothing.
    pub credits: Credits,
}
