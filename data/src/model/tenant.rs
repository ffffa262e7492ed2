//! A tenant: the paying business.

use serde::{Deserialize, Serialize};

use super::words;
use crate::ids::TenantId;
use crate::time::Timestamp;

words! {
    /// Whether a business is served.
    TenantState {
        /// Served.
        Active => "active",
        /// Messages are stored, nothing is answered or sent.
        Suspended => "suspended",
    }
}

/// The paying business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name, unique on this daemon.
    pub name: String,
    /// The name of its plan in the config (`[plans.starter]`).
    pub plan: String,
    /// Its IANA time zone; periods and opening hours are counted in it.
    pub timezone: String,
    /// Whether it is served.
    pub state: TenantState,
    /// Since when it is here; the day of the month on which its periods begin.
    pub created_at: Timestamp,
}
