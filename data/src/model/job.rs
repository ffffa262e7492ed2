//! A job: durable work, inserted in the transaction of its cause.

use serde::{Deserialize, Serialize};

use super::fault::AnswerFault;
use super::words;
use crate::ids::{CampaignId, ChatId, InstanceId, InteractionId, JobId, ReplyId, TenantId};
use crate::phone::Address;
use crate::time::Timestamp;

words! {
    /// Where a job stands.
    JobState {
        /// Waits for its time.
        Scheduled => "scheduled",
        /// May run now.
        Available => "available",
        /// A worker has it.
        Running => "running",
        /// Failed, and waits for its next attempt.
        Retryable => "retryable",
        /// Put aside by a person until released.
        Held => "held",
        /// Done.
        Completed => "completed",
        /// Not wanted any more.
        Cancelled => "cancelled",
        /// Gave up: a dead letter.
        Discarded => "discarded",
    }
}

words! {
    /// The kinds of work.
    JobKind {
        /// Answer a chat's burst.
        AnswerChat => "answer_chat",
        /// Send a stored message.
        SendMessage => "send_message",
        /// Ask WAHA for a person's other address: the phone number of a LID, or the other way round.
        ResolveIdentity => "resolve_identity",
        /// Make WAHA's session as we want it.
        ReconcileInstance => "reconcile_instance",
        /// Read people and chats after pairing.
        SyncContacts => "sync_contacts",
        /// Fetch messages whose webhook never came.
        RecoverHistory => "recover_history",
        /// Hand a campaign's recipients over, one by one.
        RunCampaign => "run_campaign",
        /// Send a stored message of a campaign: a lane of its own, so that people never wait behind it.
        SendCampaign => "send_campaign",
    }
}

/// What a job is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JobArgs {
    /// Answer a chat's burst.
    AnswerChat {
        /// The chat.
        chat: ChatId,
    },
    /// Send a stored message.
    SendMessage {
        /// The chat.
        chat: ChatId,
        /// The message.
        interaction: InteractionId,
    },
    /// Ask WAHA for a person's other address: the phone number of a LID, or the other way round.
    ResolveIdentity {
        /// The number that asks.
        instance: InstanceId,
        /// The address that is known. Jobs of versions that asked for LIDs alone call it `lid`.
        #[serde(alias = "lid")]
        address: Address,
    },
    /// Make WAHA's session as we want it.
    ReconcileInstance {
        /// The number.
        instance: InstanceId,
    },
    /// Read people and chats after pairing.
    SyncContacts {
        /// The number.
        instance: InstanceId,
    },
    /// Fetch messages whose webhook never came.
    RecoverHistory {
        /// The number.
        instance: InstanceId,
        /// From when.
        since: Timestamp,
    },
    /// Hand a campaign's recipients over, one by one.
    RunCampaign {
        /// The campaign.
        campaign: CampaignId,
    },
    /// Send a stored message of a campaign.
    SendCampaign {
        /// The chat.
        chat: ChatId,
        /// The message.
        interaction: InteractionId,
    },
}

impl JobArgs {
    /// The kind of the job.
    #[must_use]
    pub const fn kind(&self) -> JobKind {
        match self {
            Self::AnswerChat { .. } => JobKind::AnswerChat,
            Self::SendMessage { .. } => JobKind::SendMessage,
            Self::ResolveIdentity { .. } => JobKind::ResolveIdentity,
            Self::ReconcileInstance { .. } => JobKind::ReconcileInstance,
            Self::SyncContacts { .. } => JobKind::SyncContacts,
            Self::RecoverHistory { .. } => JobKind::RecoverHistory,
            Self::RunCampaign { .. } => JobKind::RunCampaign,
            Self::SendCampaign { .. } => JobKind::SendCampaign,
        }
    }

    /// The message that the job sends, and the chat it is in; answers make theirs first.
    #[must_use]
    pub const fn message(&self) -> Option<(ChatId, InteractionId)> {
        match self {
            Self::SendMessage { chat, interaction } | Self::SendCampaign { chat, interaction } => {
                Some((*chat, *interaction))
            }
            _ => None,
        }
    }
}

/// A job that a worker holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Whose.
    pub tenant: TenantId,
    /// Its id.
    pub id: JobId,
    /// What to do.
    pub args: JobArgs,
    /// How often it failed before.
    pub attempts: i64,
    /// When the first message of a burst came, or the job was made.
    pub created_at: Timestamp,
    /// The reservation it holds.
    pub reply: Option<ReplyId>,
    /// What stood in the way of an answer in the runs before.
    pub fault: Option<AnswerFault>,
}
