//! The credit ledger: entries only, never changed.

use serde::{Deserialize, Serialize};

use super::words;
use crate::credits::Credits;
use crate::ids::{EntryId, ReplyId};
use crate::time::Timestamp;

words! {
    /// What an entry does to the balance.
    EntryKind {
        /// Adds.
        Grant => "grant",
        /// Takes one out before the model is asked.
        Reserve => "reserve",
        /// Gives a reserved one back.
        Release => "release",
        /// Says that a reserved one was earned; adds nothing.
        Settle => "settle",
        /// Takes what a period left over.
        Expire => "expire",
        /// A correction by hand.
        Adjust => "adjust",
    }
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// When.
    pub at: Timestamp,
    /// What it does.
    pub kind: EntryKind,
    /// What it adds; negative when it takes.
    pub amount: Credits,
    /// The answer it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<ReplyId>,
    /// Words of the person who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A tenant's credits in the current period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The name of the plan.
    pub plan: String,
    /// Granted in this period, by the plan and by hand.
    pub granted: Credits,
    /// Settled in this period.
    pub used: Credits,
    /// Reserved and neither settled nor released.
    pub reserved: Credits,
    /// What is left to reserve.
    pub balance: Credits,
    /// When the period began.
    pub period_start: Timestamp,
    /// When it ends.
    pub period_end: Timestamp,
}
