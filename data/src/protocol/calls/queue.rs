//! `queue.*`: what is not finished: jobs, unreadable deliveries, unknown sends.

use serde::{Deserialize, Serialize};

use crate::ids::{ChatId, InstanceId, InteractionId, JobId, UnreadableId};
use crate::model::job::{JobKind, JobState};
use crate::model::words;
use crate::protocol::name::{Cursor, QueueId, TenantName};
use crate::time::Timestamp;

words! {
    /// What an entry of the queue is.
    QueueKind {
        /// Answer a chat's burst.
        AnswerChat => "answer_chat",
        /// Send a stored message.
        SendMessage => "send_message",
        /// Ask WAHA which phone number a LID is.
        ResolveIdentity => "resolve_identity",
        /// Make WAHA's session as we want it.
        ReconcileInstance => "reconcile_instance",
        /// Read people and chats after pairing.
        SyncContacts => "sync_contacts",
        /// Fetch messages whose webhook never came.
        RecoverHistory => "recover_history",
        /// Hand a campaign's recipients over, one by one.
        RunCampaign => "run_campaign",
        /// Send a stored message of a campaign.
        SendCampaign => "send_campaign",
        /// A body that WAHA signed and nobody understood.
        UnreadableDelivery => "unreadable_delivery",
        /// A message that may or may not have been sent.
        UnknownSend => "unknown_send",
    }
}

impl From<JobKind> for QueueKind {
    fn from(kind: JobKind) -> Self {
        match kind {
            JobKind::AnswerChat => Self::AnswerChat,
            JobKind::SendMessage => Self::SendMessage,
            JobKind::ResolveIdentity => Self::ResolveIdentity,
            JobKind::ReconcileInstance => Self::ReconcileInstance,
            JobKind::SyncContacts => Self::SyncContacts,
            JobKind::RecoverHistory => Self::RecoverHistory,
            JobKind::RunCampaign => Self::RunCampaign,
            JobKind::SendCampaign => Self::SendCampaign,
        }
    }
}

words! {
    /// Where an entry of the queue stands.
    QueueState {
        /// A job that waits for its time.
        Scheduled => "scheduled",
        /// A job that may run now.
        Available => "available",
        /// A job that a worker has.
        Running => "running",
        /// A job that failed and waits for its next attempt.
        Retryable => "retryable",
        /// Put aside by a person until released.
        Held => "held",
        /// A job that is done.
        Completed => "completed",
        /// Not wanted any more.
        Cancelled => "cancelled",
        /// A job that gave up: a dead letter.
        Discarded => "discarded",
        /// A body that nobody understood.
        Unreadable => "unreadable",
        /// A send whose end nobody knows.
        Unknown => "unknown",
    }
}

impl From<JobState> for QueueState {
    fn from(state: JobState) -> Self {
        match state {
            JobState::Scheduled => Self::Scheduled,
            JobState::Available => Self::Available,
            JobState::Running => Self::Running,
            JobState::Retryable => Self::Retryable,
            JobState::Held => Self::Held,
            JobState::Completed => Self::Completed,
            JobState::Cancelled => Self::Cancelled,
            JobState::Discarded => Self::Discarded,
        }
    }
}

macro_rules! queue_id {
    ($($id:ident)+) => {$(
        impl From<$id> for QueueId {
            fn from(id: $id) -> Self {
                Self::from(id.to_string())
            }
        }
    )+};
}
queue_id!(JobId UnreadableId InteractionId);

/// `queue list`: unfinished jobs, dead letters, unreadable deliveries and unknown sends, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueList {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Only those in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<QueueState>,
    /// How many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
}

/// `queue show ID`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueShow {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub id: QueueId,
}

/// `queue hold ID`: it does not run until released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueHold {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub id: QueueId,
}

/// `queue release ID`: it may run again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueRelease {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub id: QueueId,
}

/// `queue retry ID`: once more, now. For an unknown send it is a person's decision to risk a second message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueRetry {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub id: QueueId,
}

/// `queue drop ID`: given up by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueDrop {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub id: QueueId,
}

/// An entry of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueLine {
    /// Its id.
    pub id: QueueId,
    /// What it is.
    pub kind: QueueKind,
    /// Where it stands.
    pub state: QueueState,
    /// Why.
    pub reason: Option<String>,
    /// How old it is.
    pub age_s: i64,
    /// How often it was tried.
    pub attempts: i64,
    /// The chat it is about.
    pub chat: Option<ChatId>,
    /// The number it is about.
    pub instance: Option<InstanceId>,
    /// When it runs next.
    pub next_at: Option<Timestamp>,
}

/// An entry of the queue in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueShown {
    /// The entry.
    #[serde(flatten)]
    pub line: QueueLine,
    /// When it was made.
    pub created_at: Timestamp,
    /// The steps that are done and stored.
    #[serde(default)]
    pub steps: Vec<String>,
    /// For a message: its words. For an unreadable delivery: the raw body.
    pub text: Option<String>,
}
