//! `segment.*`: saved filters of contacts.

use serde::{Deserialize, Serialize};

use crate::ids::SegmentId;
use crate::protocol::name::{Cursor, SegmentName, TenantName};
use crate::time::Timestamp;

/// `segment list`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentList {
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

/// `segment add NAME QUERY`: a known name gets the new query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentAdd {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// What it is called, unique in the tenant.
    pub name: String,
    /// Whom it has: `tag:vip last_in:<30d -opted_out`.
    pub query: String,
}

/// `segment remove NAME`: the people stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentRemove {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub name: SegmentName,
}

/// A saved filter of contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentDocument {
    /// Its id.
    pub id: SegmentId,
    /// What it is called.
    pub name: String,
    /// Whom it has.
    pub query: String,
    /// How many that are now.
    pub people: i64,
    /// Since when it is here.
    pub created_at: Timestamp,
}
