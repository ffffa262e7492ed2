//! What the daemon tells consoles: what changed, with a number that shows gaps.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::TenantId;
use crate::model::words;
use crate::time::Timestamp;

/// The notification that carries an [`Event`].
pub const EVENT: &str = "event";
/// The notification that carries a [`Lagged`].
pub const LAGGED: &str = "lagged";

words! {
    /// What an event is about. What is gone by the time it is told, or changed while nobody listened, is told by its
    /// name alone: `data` is `{"id"}` then.
    Topic {
        /// A message came or was written; `data` is an `InteractionDocument`.
        InteractionAdded => "interaction.added",
        /// A message's state or words changed; `data` is an `InteractionDocument`.
        InteractionChanged => "interaction.changed",
        /// A chat changed; `data` is a `ChatSummary`, or `{"id","typing"}` while the customer types.
        ChatChanged => "chat.changed",
        /// A number changed; `data` is an `InstanceDocument`.
        InstanceChanged => "instance.changed",
        /// The balance changed; `data` is a `CreditSummary`.
        CreditChanged => "credit.changed",
        /// A campaign changed; `data` is a `CampaignDocument`. At most two a second are told of one campaign.
        CampaignChanged => "campaign.changed",
        /// A job changed; `data` is a `QueueLine`.
        JobChanged => "job.changed",
        /// The daemon has something to say; `data` is `{"level","text"}`; a `debug` one is for screens to read
        /// anew, not for people.
        DaemonNotice => "daemon.notice",
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its number in this run of the daemon.
    pub seq: u64,
    /// The number of the event sent before it to this subscription; 0 before the first.
    pub prev: u64,
    /// Whose it is; absent where it concerns everybody.
    pub tenant: Option<TenantId>,
    /// What it is about.
    pub topic: Topic,
    /// When it was told.
    pub at: Timestamp,
    /// The thing after the change.
    pub data: Value,
}

/// Events were lost: read everything on the screen again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lagged {
    /// The number to go on from.
    pub seq: u64,
    /// How many events at most were lost.
    pub missed: u64,
}
