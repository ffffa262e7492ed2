//! `daemon.*`: the daemon itself. Status and stop are answered to every version of the protocol.

use serde::{Deserialize, Serialize};

use crate::ids::RunId;
use crate::model::finding::HealthFinding;
use crate::model::words;
use crate::time::Timestamp;

/// `daemon status`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DaemonStatus {}

/// `daemon stop`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DaemonStop {}

/// `daemon reload`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DaemonReload {}

words! {
    /// Whether something that we lean on answers.
    Health {
        /// It answers.
        Ok => "ok",
        /// It does not.
        Down => "down",
        /// Nobody asked it yet.
        Unknown => "unknown",
        /// It is not configured.
        Off => "off",
    }
}

/// A WAHA server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WahaHealth {
    /// Its name in the config.
    pub name: String,
    /// Where it is; empty for whoever does not run the daemon.
    pub url: String,
    /// Does it answer?
    pub health: Health,
    /// Its version.
    pub version: Option<String>,
    /// When it last answered.
    pub ok_at: Option<Timestamp>,
    /// Why it does not.
    pub error: Option<String>,
    /// When it was last asked for the states of all its sessions, and answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<Timestamp>,
    /// Since when it runs, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
}

/// Gemini.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeminiHealth {
    /// The model of the config.
    pub model: String,
    /// The model that answers in its place, where another does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
    /// Does it answer?
    pub health: Health,
    /// When it last answered.
    pub ok_at: Option<Timestamp>,
    /// Why it does not.
    pub error: Option<String>,
}

/// The store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreHealth {
    /// The file; empty for whoever does not run the daemon.
    pub path: String,
    /// Does it take writes?
    pub health: Health,
    /// The schema's number.
    pub schema: i64,
    /// The file's size.
    pub size_bytes: i64,
    /// The size of the write-ahead log beside it.
    pub wal_bytes: i64,
    /// What is left on the disk.
    pub free_bytes: Option<i64>,
    /// Why it takes no writes.
    pub error: Option<String>,
    /// When its pages were last looked through, in this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_through_at: Option<Timestamp>,
    /// When real work was last written, in this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_at: Option<Timestamp>,
}

/// The daemon and what it leans on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonShown {
    /// Its version.
    pub version: String,
    /// The protocol it speaks.
    pub protocol: u32,
    /// Its process id.
    pub pid: u32,
    /// How long it runs.
    pub uptime_s: i64,
    /// Its socket.
    pub socket: String,
    /// Where WAHA posts to; empty for whoever does not run the daemon.
    pub webhook: String,
    /// The WAHA servers; for whoever does not run the daemon those that their numbers are at.
    pub waha: Vec<WahaHealth>,
    /// Gemini.
    pub gemini: GeminiHealth,
    /// The store.
    pub store: StoreHealth,
    /// The revision it was made of.
    pub build: String,
    /// This run.
    pub epoch: RunId,
    /// Where its metrics are; for whoever runs it.
    pub metrics: Option<String>,
    /// What is wrong, the worst first, as far as the caller may know it.
    #[serde(default)]
    pub findings: Vec<HealthFinding>,
}

/// The daemon finishes what it has begun, and ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonStopping {
    /// Its process id.
    pub pid: u32,
    /// The lock that it has until it has gone, on the machine that it runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
}

words! {
    /// When a changed key counts.
    Applies {
        /// At once.
        Now => "now",
        /// After a restart of the daemon.
        Restart => "restart",
    }
}

/// A key of the config that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigChange {
    /// Which, for example `reply.mode`.
    pub key: String,
    /// What it was; secrets are masked.
    pub old: Option<String>,
    /// What it is; secrets are masked.
    pub new: Option<String>,
    /// When it counts.
    pub applies: Applies,
}

/// What a reload changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonReloaded {
    /// The keys that differ.
    pub changed: Vec<ConfigChange>,
}
