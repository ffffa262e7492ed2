//! `events.subscribe`: the daemon tells what changes, for as long as the connection lasts.

use serde::{Deserialize, Serialize};

use crate::ids::RunId;
use crate::protocol::event::Topic;
use crate::protocol::name::TenantName;

/// `events [--topic T]…`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventsSubscribe {
    /// Whose; absent: everybody's whom the caller may see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Only these; empty: all.
    #[serde(default)]
    pub topics: Vec<Topic>,
    /// Tell again what came after this number; absent: from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_seq: Option<u64>,
    /// The run of the daemon that `since_seq` was counted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<RunId>,
}

/// The subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsSubscribed {
    /// The number that the first event's `prev` will have.
    pub seq: u64,
    /// The run of the daemon that counts.
    pub epoch: RunId,
}
