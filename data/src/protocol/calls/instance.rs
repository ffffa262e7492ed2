//! `instance.*`: the WhatsApp numbers of a tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::InstanceId;
use crate::model::finding::HealthFinding;
use crate::model::instance::{Instance, InstanceStatus, Me, StatusChange, Verdict};
use crate::model::new_chats::NewChatCapping;
use crate::model::remedy;
use crate::phone::Phone;
use crate::protocol::flag::flag;
use crate::protocol::name::{Cursor, InstanceName, TenantName};
use crate::time::Timestamp;

/// `instance add NAME [--waha W] [--session S]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceAdd {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Its name, unique in the tenant.
    pub name: String,
    /// The WAHA server, an entry of `[[waha]]`; absent: the only one, or `main`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waha: Option<String>,
    /// The session on that server; absent: `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// `instance list`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceList {
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

/// `instance show NAME`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceShow {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub name: InstanceName,
}

flag! {
    /// Whether the pairing code comes as a picture too.
    Picture {
        /// Only its text.
        Without,
        /// As a PNG, in base64.
        Png
    }
}

/// `instance qr NAME [--png …]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceQr {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub name: InstanceName,
    /// As a picture too?
    #[serde(default)]
    pub png: Picture,
}

/// `instance pair NAME [--phone NUMBER]`: starts pairing; with a number, by a code typed into the phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstancePair {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub name: InstanceName,
    /// The number of the phone to pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
}

/// `instance restart NAME`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceRestart {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub name: InstanceName,
}

/// `instance logout NAME`: unpairs the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceLogout {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub name: InstanceName,
}

flag! {
    /// What becomes of WAHA's session when its number leaves us.
    SessionFate {
        /// Only our webhook is taken away.
        Keep,
        /// The session is deleted on the server.
        Delete
    }
}

/// `instance remove NAME [--delete-session]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceRemove {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub name: InstanceName,
    /// `--delete-session`
    #[serde(default)]
    pub delete_session: SessionFate,
}

flag! {
    /// Whether a key is told.
    Key {
        /// Not told.
        Hidden,
        /// Told in full.
        Revealed
    }
}

/// `instance webhook NAME [--reveal]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceWebhook {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub name: InstanceName,
    /// Tell the key?
    #[serde(default)]
    pub reveal: Key,
}

/// A number that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceAdded {
    /// Its id.
    pub id: InstanceId,
    /// Its name.
    pub name: String,
    /// Its WAHA server.
    pub waha: String,
    /// Its session there.
    pub session: String,
    /// What WAHA said; `null` when it could not be reached and a job goes on.
    pub status: Option<InstanceStatus>,
    /// Where WAHA posts to.
    pub webhook_url: String,
}

/// A number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceDocument {
    /// Its id.
    pub id: InstanceId,
    /// Its name.
    pub name: String,
    /// Its WAHA server.
    pub waha: String,
    /// Its session there.
    pub session: String,
    /// What WAHA last said.
    pub status: Option<InstanceStatus>,
    /// What we think.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// The paired account.
    pub me: Option<Me>,
    /// WAHA's engine.
    pub engine: Option<String>,
    /// WAHA's version.
    pub version: Option<String>,
    /// When it was first paired with this account.
    pub paired_at: Option<Timestamp>,
    /// When it was last heard from.
    pub heard_at: Option<Timestamp>,
    /// How many new chats WhatsApp lets it start, where WAHA tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_chats: Option<NewChatCapping>,
    /// When WAHA last answered in which state the session is, in this run of the daemon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// What helps, as it is typed; nothing where all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl From<Instance> for InstanceDocument {
    fn from(instance: Instance) -> Self {
        let found = remedy::remedy(instance.status.as_ref(), instance.verdict, instance.reason.as_deref());
        let remedy = found.map(|remedy| remedy.told_of(&instance.name));
        Self {
            remedy,
            asked_at: None,
            id: instance.id,
            name: instance.name,
            waha: instance.waha,
            session: instance.session,
            status: instance.status,
            verdict: instance.verdict,
            reason: instance.reason,
            since: instance.since,
            me: instance.me,
            engine: instance.engine,
            version: instance.version,
            paired_at: instance.paired_at,
            heard_at: instance.heard_at,
            new_chats: instance.new_chats,
        }
    }
}

/// Something in WAHA's session that is not as we want it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// What.
    pub what: String,
    /// As we want it.
    pub wanted: String,
    /// As it is.
    pub found: String,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, not {}", self.what, self.found, self.wanted)
    }
}

/// A number with its history, newest first, and its drift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceShown {
    /// The number.
    #[serde(flatten)]
    pub instance: InstanceDocument,
    /// Where WAHA posts to.
    pub webhook_url: String,
    /// What it was before.
    #[serde(default)]
    pub history: Vec<StatusChange>,
    /// What differs on the server.
    #[serde(default)]
    pub drift: Vec<Drift>,
    /// What is wrong with it now, the worst first.
    #[serde(default)]
    pub findings: Vec<HealthFinding>,
}

/// `doctor --probe`: a number sends a message to itself, and what comes back of it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceProbe {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which, by name or id.
    pub name: InstanceName,
}

/// What became of a message of a number to itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceProbed {
    /// The number.
    pub id: InstanceId,
    /// Its name.
    pub name: String,
    /// How long WAHA took to send it; `None`: it did not.
    pub sent_ms: Option<u64>,
    /// How long after the send began WAHA's delivery of it came; `None`: none came in time.
    pub arrived_ms: Option<u64>,
    /// What was wrong.
    pub error: Option<String>,
}

/// The code to scan.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QrCode {
    /// The text to draw, as WhatsApp reads it.
    pub value: String,
    /// Which code of this cycle, from 1.
    pub attempt: u32,
    /// How many codes a cycle has.
    pub attempts_max: u32,
    /// When it was first seen.
    pub shown_at: Timestamp,
    /// When the next one takes its place.
    pub expires_at: Timestamp,
    /// The picture, in base64.
    pub png: Option<String>,
}

impl fmt::Debug for QrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QrCode([redacted], {} of {})", self.attempt, self.attempts_max)
    }
}

/// Pairing has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstancePairing {
    /// The number's id.
    pub id: InstanceId,
    /// The number's name.
    pub name: String,
    /// What WAHA says now.
    pub status: Option<InstanceStatus>,
    /// With `--phone`: what to type into the phone.
    pub code: Option<Secret>,
}

/// A number that left us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceRemoved {
    /// Its id.
    pub id: InstanceId,
    /// Its name.
    pub name: String,
    /// Was the session deleted on the server?
    pub session_deleted: SessionFate,
}

/// Where WAHA posts to, and the key it signs with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDocument {
    /// The address.
    pub url: String,
    /// The key; `null` unless asked for.
    pub hmac_key: Option<Secret>,
}

/// A text that prints only on request.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a text into care.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
