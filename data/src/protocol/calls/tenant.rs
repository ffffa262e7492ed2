//! `tenant.*`: the businesses of this daemon and the accounts that work for them.

use serde::{Deserialize, Serialize};

use crate::ids::TenantId;
use crate::model::member::{Member, Role};
use crate::model::tenant::{Tenant, TenantState};
use crate::model::words;
use crate::protocol::flag::flag;
use crate::protocol::name::{Cursor, TenantName};
use crate::time::Timestamp;

/// `tenant add NAME`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantAdd {
    /// Its name, unique on this daemon.
    pub name: String,
    /// The plan, a section `[plans.…]` of the config; absent: `starter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// An IANA time zone; absent: the machine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

/// `tenant list`: the tenants that the caller may see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantList {
    /// How many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
}

/// `tenant show TENANT`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantShow {
    /// Which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
}

flag! {
    /// Whether a tenant is to be served.
    Service {
        /// Store messages, answer and send nothing.
        Suspend,
        /// Serve again.
        Resume
    }
}

/// `tenant suspend TENANT [--resume]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantSuspend {
    /// Which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// `--resume`
    #[serde(default)]
    pub resume: Service,
}

words! {
    /// What a member is to be.
    Grant {
        /// Everything.
        Owner => "owner",
        /// Chats, contacts, quick replies, campaigns.
        Agent => "agent",
        /// Look, and touch nothing.
        Viewer => "viewer",
        /// No member any more.
        None => "none",
    }
}

impl Grant {
    /// The role; `None` where it is taken away.
    #[must_use]
    pub const fn role(self) -> Option<Role> {
        match self {
            Self::Owner => Some(Role::Owner),
            Self::Agent => Some(Role::Agent),
            Self::Viewer => Some(Role::Viewer),
            Self::None => None,
        }
    }
}

/// `tenant grant TENANT --user NAME|UID --role owner|agent|viewer|none`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantGrant {
    /// Which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// An account of the machine, by name or uid.
    pub user: String,
    /// What it may do.
    pub role: Grant,
}

/// `tenant remove TENANT`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantRemove {
    /// Which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantDocument {
    /// Its id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// Its plan.
    pub plan: String,
    /// Its time zone.
    pub timezone: String,
    /// Whether it is served.
    pub state: TenantState,
    /// Since when it is here.
    pub created_at: Timestamp,
    /// What the caller may do there; `null` for an operator who is no member.
    pub role: Option<Role>,
}

impl TenantDocument {
    /// The document of a tenant for a caller with this role.
    #[must_use]
    pub fn new(tenant: Tenant, role: Option<Role>) -> Self {
        let Tenant { id, name, plan, timezone, state, created_at } = tenant;
        Self { id, name, plan, timezone, state, created_at, role }
    }
}

/// A tenant with its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantShown {
    /// The tenant.
    #[serde(flatten)]
    pub tenant: TenantDocument,
    /// Who works for it.
    pub members: Vec<Member>,
}

/// What an account may do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantGranted {
    /// The tenant.
    pub tenant: TenantId,
    /// The account's uid.
    pub uid: u32,
    /// The account's name.
    pub name: String,
    /// What it may do.
    pub role: Grant,
}

/// A tenant that is gone, with everything it had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantRemoved {
    /// Its id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
}
