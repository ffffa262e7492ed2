//! An instance: one WhatsApp number of ours on a WAHA server.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::new_chats::NewChatCapping;
use super::words;
use crate::ids::{InstanceId, TenantId};
use crate::phone::Address;
use crate::time::Timestamp;

/// WAHA's word for a session's state, kept verbatim. Only `WORKING` lets the assistant send.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum InstanceStatus {
    /// `STOPPED`
    Stopped,
    /// `STARTING`
    Starting,
    /// `SCAN_QR_CODE`
    ScanQrCode,
    /// `WORKING`
    Working,
    /// `FAILED`
    Failed,
    /// `PASSKEY_REQUIRED` (WAHA 2026.7.1, GOWS)
    PasskeyRequired,
    /// `PASSKEY_CONFIRMATION_REQUIRED` (WAHA 2026.7.1, GOWS)
    PasskeyConfirmationRequired,
    /// A word that this version does not know: not working.
    Other(String),
}

impl InstanceStatus {
    /// WAHA's own word.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Stopped => "STOPPED",
            Self::Starting => "STARTING",
            Self::ScanQrCode => "SCAN_QR_CODE",
            Self::Working => "WORKING",
            Self::Failed => "FAILED",
            Self::PasskeyRequired => "PASSKEY_REQUIRED",
            Self::PasskeyConfirmationRequired => "PASSKEY_CONFIRMATION_REQUIRED",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for InstanceStatus {
    fn from(word: String) -> Self {
        match word.as_str() {
            "STOPPED" => Self::Stopped,
            "STARTING" => Self::Starting,
            "SCAN_QR_CODE" => Self::ScanQrCode,
            "WORKING" => Self::Working,
            "FAILED" => Self::Failed,
            "PASSKEY_REQUIRED" => Self::PasskeyRequired,
            "PASSKEY_CONFIRMATION_REQUIRED" => Self::PasskeyConfirmationRequired,
            _ => Self::Other(word),
        }
    }
}

impl From<InstanceStatus> for String {
    fn from(status: InstanceStatus) -> Self {
        status.word().to_owned()
    }
}

impl fmt::Display for InstanceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

words! {
    /// What we think of a number, whatever WAHA says.
    Verdict {
        /// Working and heard from.
        Healthy => "healthy",
        /// Working, with less traffic than its own habit.
        Quiet => "quiet",
        /// Working by name, but silent or with sends that stay pending.
        Suspect => "suspect",
        /// Not connected: nothing can be sent.
        Dead => "dead",
        /// WhatsApp limits what it may send.
        Restricted => "restricted",
    }
}

/// Is a number being connected or paired?
#[must_use]
pub const fn is_on_its_way(status: Option<&InstanceStatus>) -> bool {
    use InstanceStatus as S;
    matches!(status, Some(S::Starting | S::ScanQrCode | S::PasskeyRequired | S::PasskeyConfirmationRequired))
}

/// The word for a number where people read it: one that is being connected or paired is on its way, not dead.
#[must_use]
pub fn condition(status: Option<&InstanceStatus>, verdict: Verdict) -> &'static str {
    match (verdict, status) {
        (Verdict::Dead, Some(InstanceStatus::Starting)) => "connecting",
        (Verdict::Dead, status) if is_on_its_way(status) => "pairing",
        (verdict, _) => verdict.word(),
    }
}

/// The account that a number is paired with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// The account's address by phone number.
    pub id: Address,
    /// Its hidden id, where WAHA tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lid: Option<Address>,
    /// The name it shows to others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One WhatsApp number of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its id; part of the webhook's address.
    pub id: InstanceId,
    /// Its name, unique in the tenant.
    pub name: String,
    /// The name of its WAHA server in the config (`[[waha]] name = …`).
    pub waha: String,
    /// The name of the session on that server.
    pub session: String,
    /// What WAHA last said; `None` until it was reached.
    pub status: Option<InstanceStatus>,
    /// What we think.
    pub verdict: Verdict,
    /// Why we think so.
    pub reason: Option<String>,
    /// Since when status and verdict are as they are.
    pub since: Timestamp,
    /// The paired account.
    pub me: Option<Me>,
    /// The engine that WAHA runs the session with (`NOWEB`, `GOWS`, `WEBJS`).
    pub engine: Option<String>,
    /// WAHA's version as last seen.
    pub version: Option<String>,
    /// When it was first paired with this account.
    pub paired_at: Option<Timestamp>,
    /// When it first worked after its last scan; `None`: it did not yet.
    pub worked_at: Option<Timestamp>,
    /// When the last complete reading of the people it knows began, since then.
    pub list_read_at: Option<Timestamp>,
    /// Was the last pairing found out some time after it? Then nobody knows when it was.
    pub paired_unseen: bool,
    /// When the last authentic delivery came.
    pub heard_at: Option<Timestamp>,
    /// How many new chats WhatsApp lets it start, where WAHA tells it.
    pub new_chats: Option<NewChatCapping>,
    /// Since when it is here.
    pub created_at: Timestamp,
}

/// One line of a number's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusChange {
    /// When.
    pub at: Timestamp,
    /// WAHA's word then.
    pub status: Option<InstanceStatus>,
    /// Our verdict then.
    pub verdict: Verdict,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What came and went on a number lately: its habit, and whether it arrives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Messages that came in the last two weeks.
    pub messages: i64,
    /// The longest pause between two of them.
    pub gap_longest: Duration,
    /// Chats whose last messages from us nobody got for a while, counted since anything last arrived.
    pub undelivered_chats: i64,
}
