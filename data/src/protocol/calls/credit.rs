//! `credit.*`: the balance, its ledger, grants and the audit.

use serde::{Deserialize, Serialize};

use crate::credits::Credits;
use crate::ids::EntryId;
use crate::model::ledger::Summary;
use crate::protocol::name::{Cursor, TenantName};
use crate::time::Timestamp;

/// `credit show`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditShow {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
}

/// `credit ledger`: newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditLedger {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// How many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
}

/// `credit grant N [--note T]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditGrant {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// How many.
    pub amount: Credits,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// `credit audit`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditAudit {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
}

/// A tenant's credits in the current period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditSummary {
    /// The plan.
    pub plan: String,
    /// Granted in this period.
    pub granted: Credits,
    /// Settled in this period.
    pub used: Credits,
    /// Reserved for answers under way.
    pub reserved: Credits,
    /// What is left.
    pub balance: Credits,
    /// When the period began.
    pub period_start: Timestamp,
    /// When it ends.
    pub period_end: Timestamp,
}

impl From<Summary> for CreditSummary {
    fn from(summary: Summary) -> Self {
        let Summary { plan, granted, used, reserved, balance, period_start, period_end } = summary;
        Self { plan, granted, used, reserved, balance, period_start, period_end }
    }
}

/// Credits that were granted by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditGranted {
    /// The entry.
    pub id: EntryId,
    /// How many.
    pub amount: Credits,
    /// The balance after it.
    pub balance: Credits,
}

/// The balance, counted twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditAudited {
    /// The sum of the ledger.
    pub balance: Credits,
    /// The same, from what really happened.
    pub derived: Credits,
    /// The difference; anything but 0 is our mistake.
    pub drift: Credits,
}
