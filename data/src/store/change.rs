//! What a committed unit of work changed, told to whoever listens, after the commit only.

use crate::ids::{CampaignId, ChatId, InstanceId, JobId, TenantId};
use crate::model::interaction::Interaction;
use crate::model::job::{JobKind, JobState};
use crate::model::opt_out::Wish;
use crate::time::Timestamp;

/// One committed change.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A message came or was written.
    InteractionAdded(TenantId, Box<Interaction>),
    /// A message got further, was edited or taken back.
    InteractionChanged(TenantId, Box<Interaction>),
    /// A chat's state, reason, pause or reader count is another.
    ChatChanged(TenantId, ChatId),
    /// A chat is gone with everything that was said, and nobody may hear of it any more.
    ChatErased(TenantId, ChatId),
    /// A number's status, verdict or settings are another.
    InstanceChanged(TenantId, InstanceId),
    /// A tenant, its members or its settings are another.
    TenantChanged(TenantId),
    /// The balance is another.
    CreditChanged(TenantId),
    /// Another share of the period's credits is used up: 80, 95 or 100 per cent.
    CreditLow(TenantId, i64),
    /// A campaign is in another state, or got further.
    CampaignChanged(TenantId, CampaignId),
    /// A job is in another state.
    JobChanged(TenantId, JobId, JobKind, JobState),
    /// A job of this kind may run from this instant on.
    JobDue(JobKind, Timestamp),
    /// A chat was put away until this instant.
    Snoozed(Timestamp),
    /// A customer wrote a word such as STOP or START.
    Wished(TenantId, ChatId, Wish),
    /// A customer types in a chat, or stopped.
    Typing(TenantId, ChatId),
}

/// Hears of every commit, on the writer's thread: it must not block.
pub trait Listener: Send + Sync + 'static {
    /// These changes are durable now.
    fn committed(&self, changes: Vec<Change>);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deaf;

impl Listener for Deaf {
    fn committed(&self, _changes: Vec<Change>) {}
}
