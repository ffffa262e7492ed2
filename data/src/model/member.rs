//! Members: which account of the machine may do what for a tenant.

use serde::{Deserialize, Serialize};

use super::words;
use crate::time::Timestamp;

words! {
    /// What a member may do. Each role may do what the ones after it may.
    Role {
        /// Everything: numbers, settings, credits, members.
        Owner => "owner",
        /// Chats, contacts, quick replies, campaigns.
        Agent => "agent",
        /// Look, and touch nothing.
        Viewer => "viewer",
    }
}

impl Role {
    /// Does this role include what `needed` may do?
    #[must_use]
    pub const fn covers(self, needed: Self) -> bool {
        (self as u8) <= (needed as u8)
    }
}

/// One account of the machine that works for a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The Unix uid.
    pub uid: u32,
    /// The account's name when it was granted.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Since when.
    pub granted_at: Timestamp,
}
