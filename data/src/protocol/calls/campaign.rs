//! `campaign.*`: one text to many people.

use serde::{Deserialize, Serialize};

use crate::ids::{CampaignId, ChatId, ContactId, InstanceId, InteractionId, RecipientId};
use crate::model::campaign::{CampaignCounts, CampaignState};
use crate::model::recipient::RecipientState;
use crate::protocol::name::{CampaignName, Cursor, InstanceName, TenantName};
use crate::time::Timestamp;

/// `campaign create NAME --text T (--file F | --segment S)`: a draft; nothing is sent before `campaign launch`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignCreate {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// What it is called, unique in the tenant.
    pub name: String,
    /// The text, a template: `Hi {{ name }}`.
    pub text: String,
    /// The recipients as CSV with a header line: the content of a file, not its path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The country of phone numbers without a country code, as two letters: `DE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The recipients among the contacts: `all` or `tag:vip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// The number that it goes out from; absent: the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// When it is to start once launched: `2026-12-01 09:00` in the time zone, or RFC 3339; absent: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The time zone; absent: the tenant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

/// `campaign list`: newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignList {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Only those in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<CampaignState>,
    /// How many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
}

macro_rules! about_one {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Whose.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub tenant: Option<TenantName>,
            /// Which, by id or name.
            pub name: CampaignName,
        }
    )+};
}

about_one! {
    /// `campaign show NAME`
    CampaignShow;
    /// `campaign launch NAME`: a draft starts, now or at its time.
    CampaignLaunch;
    /// `campaign pause NAME`: what has not left yet stays in until resumed.
    CampaignPause;
    /// `campaign resume NAME`
    CampaignResume;
    /// `campaign cancel NAME`: ended; what has not left yet never will.
    CampaignCancel;
    /// `campaign remove NAME`: a draft, or one that has ended, with its report. The messages stay in their chats.
    CampaignRemove;
}

/// `campaign preview NAME`: what the first recipients would get. Without a name: of a text and a list that are not
/// stored yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignPreview {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which, by id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<CampaignName>,
    /// Another text than the campaign's, or the text where there is no campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The recipients as CSV, where there is no campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The country of phone numbers without a country code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The recipients among the contacts, where there is no campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// How many at most; absent: 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// `campaign edit NAME`: other words or another time, of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignEdit {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which, by id or name.
    pub name: CampaignName,
    /// The new text; absent: as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The new time; absent: as it is; `now`: at once when launched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The new time zone; absent: as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

/// `campaign report NAME`: every recipient, in the order of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignReport {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which, by id or name.
    pub name: CampaignName,
    /// Only those in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<RecipientState>,
    /// How many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
}

/// A campaign with what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CampaignDocument {
    /// Its id.
    pub id: CampaignId,
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub state: CampaignState,
    /// The text, with places for variables.
    pub text: String,
    /// The number that it goes out from.
    pub instance: InstanceId,
    /// How many people are on its list.
    pub recipients: i64,
    /// How many of them are in each state; they add up to `recipients`.
    pub counts: CampaignCounts,
    /// When it will be through at the pace allowed; `null` while nobody can tell.
    pub eta: Option<Timestamp>,
    /// When it is to start.
    pub scheduled_at: Option<Timestamp>,
    /// The time zone in which people think of it.
    pub timezone: String,
    /// Since when it is here.
    pub created_at: Timestamp,
    /// When it first began to send.
    pub started_at: Option<Timestamp>,
    /// When it came to its end.
    pub finished_at: Option<Timestamp>,
    /// Why it is slow or paused, in words for people.
    pub reason: Option<String>,
    /// When it goes on.
    pub next_at: Option<Timestamp>,
    /// Messages an hour, measured over the last hour of it.
    pub per_hour: f64,
    /// Rows that named a person who was on the list already.
    #[serde(default)]
    pub duplicates: i64,
}

/// What one recipient would get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignPreviewLine {
    /// The phone number with `+`, or what stands in its place.
    pub phone: String,
    /// The person's name.
    pub name: Option<String>,
    /// The words; `null` when the person would be left out.
    pub text: Option<String>,
    /// Why the person would be left out.
    pub reason: Option<String>,
}

/// What became of one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignReportLine {
    /// The phone number with `+`, or what stands in its place.
    pub phone: String,
    /// The person's name.
    pub name: Option<String>,
    /// How far it got.
    pub state: RecipientState,
    /// Why it is in its state.
    pub reason: Option<String>,
    /// WAHA's full id of the message.
    pub wa_id: Option<String>,
    /// When it got there.
    pub at: Option<Timestamp>,
    /// The row's id.
    pub id: RecipientId,
    /// The person.
    pub contact: Option<ContactId>,
    /// The thread that the message is in.
    pub chat: Option<ChatId>,
    /// The message.
    pub interaction: Option<InteractionId>,
}

/// A campaign that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignRemoved {
    /// Its id.
    pub id: CampaignId,
    /// What it was called.
    pub name: String,
}
