//! `stats`: what was counted since the daemon's store began.

use serde::{Deserialize, Serialize};

use crate::protocol::name::TenantName;
use crate::time::Timestamp;

/// `stats`: over everything that the caller may see, or one tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stats {
    /// Whose; absent: everybody's whom the caller may see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
}

/// Deliveries to the webhook. `received` is the sum of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngestStats {
    /// All of them.
    pub received: i64,
    /// Stored.
    pub accepted: i64,
    /// Stored before.
    pub duplicate: i64,
    /// Not signed with the number's key.
    pub bad_signature: i64,
    /// Signed, and nobody understood them.
    pub unreadable: i64,
    /// Of a kind or a chat that we do not keep.
    pub ignored: i64,
}

/// Answers of the assistant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerStats {
    /// Written by the model.
    #[serde(default)]
    pub generated: i64,
    /// Sent.
    #[serde(default)]
    pub sent: i64,
    /// Waiting for a human as drafts.
    #[serde(default)]
    pub drafts: i64,
    /// Held by a check.
    #[serde(default)]
    pub held: i64,
    /// Given to a human.
    #[serde(default)]
    pub handoffs: i64,
    /// Overtaken or thrown away.
    #[serde(default)]
    pub cancelled: i64,
    /// Not asked for: a gate was closed.
    #[serde(default)]
    pub skipped: i64,
    /// Given up after errors.
    #[serde(default)]
    pub failed: i64,
}

/// Messages of ours, by how far they got.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendStats {
    /// Not yet sent.
    #[serde(default)]
    pub queued: i64,
    /// Being sent.
    #[serde(default)]
    pub sending: i64,
    /// Taken by WAHA, or further.
    #[serde(default)]
    pub sent: i64,
    /// Refused.
    #[serde(default)]
    pub failed: i64,
    /// Nobody knows.
    #[serde(default)]
    pub unknown: i64,
}

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatsDocument {
    /// Deliveries.
    pub ingest: IngestStats,
    /// Answers.
    pub answers: AnswerStats,
    /// Sends.
    pub sends: SendStats,
    /// Since when.
    pub since: Option<Timestamp>,
}
