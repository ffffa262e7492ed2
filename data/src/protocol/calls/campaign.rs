//! `campaign.*`: one text to many people.

use serde::{Deserialize, Serialize};

use crate::ids::{CampaignId, ChatId, ContactId, InstanceId, InteractionId, RecipientId};
pub use crate::model::campaign::Risk;
use crate::model::campaign::{CampaignCounts, CampaignState, MissedSlot, NumberCheck};
use crate::model::recipient::RecipientState;
use crate::model::words;
use crate::phone::Phone;
use crate::protocol::name::{CampaignName, Cursor, InstanceName, TenantName};
use crate::protocol::piece::Rest;
use crate::protocol::span::Span;
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
    /// The recipients among the contacts: a segment by its name, or a query such as `tag:vip` or `all`.
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
    /// The recipients by phone number, with country code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// More of the file follows with `campaign.extend`; nobody sees the campaign before it is complete.
    #[serde(default, skip_serializing_if = "Rest::is_default")]
    pub more: Rest,
    /// What the file is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Other texts for a part of the people each, to compare: the first text is A, these are B, C, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<String>,
    /// Hours in which nobody is disturbed, on the clock where the person lives: `21:00-08:00`; empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<String>,
    /// What happens when its time has passed before it could start; absent: as it is, else `run_late_within`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<MissedSlot>,
    /// How late it may start with `run_late_within`; absent: as it is, else an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_within: Option<Span>,
    /// Are numbers looked up before the first message to them? Absent: as it is, else yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<NumberCheck>,
    /// `--column phone=HEADING`: what columns of the list are whose headings do not say it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub column: Vec<String>,
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
    /// Other texts besides the first; absent: those of the campaign; an empty list: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variants: Option<Vec<String>>,
    /// How many at most; absent: 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// `--column phone=HEADING`: what columns of the list are whose headings do not say it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub column: Vec<String>,
}

/// `campaign edit NAME`: other words or another time, of a draft.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Other texts besides the first; absent: as they are; an empty list: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variants: Option<Vec<String>>,
    /// Hours in which nobody is disturbed, on the clock where the person lives: `21:00-08:00`; empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<String>,
    /// What happens when its time has passed before it could start; absent: as it is, else `run_late_within`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<MissedSlot>,
    /// How late it may start with `run_late_within`; absent: as it is, else an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_within: Option<Span>,
    /// Are numbers looked up before the first message to them? Absent: as it is, else yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<NumberCheck>,
}

/// The next piece of the list of a campaign that `campaign create` began with `more`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignExtend {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub campaign: CampaignId,
    /// The piece; it may begin and end anywhere between two characters.
    pub file: String,
    /// More follows.
    #[serde(default, skip_serializing_if = "Rest::is_default")]
    pub more: Rest,
}

/// `campaign create … --media FILE`, `campaign edit NAME --media FILE`: the picture or document that goes with the text, as
/// base64, in pieces where it is long. An empty file takes it away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignAttach {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which, by id or name.
    pub name: CampaignName,
    /// What the file is called.
    pub file_name: String,
    /// What it is: `image/png`.
    pub mime: String,
    /// The piece, as base64 of its own.
    pub data: String,
    /// More follows.
    #[serde(default, skip_serializing_if = "Rest::is_default")]
    pub more: Rest,
    /// Bytes that went before this piece; 0 begins anew.
    #[serde(default)]
    pub offset: u64,
}

/// `campaign test NAME [--to PHONE]`: one real message to oneself, which counts nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignTest {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which, by id or name.
    pub name: CampaignName,
    /// To whom, with country code; absent: to the number that it goes out from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Phone>,
    /// Which of the texts: `A`, `B`; absent: the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// A test that is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignTested {
    /// The message.
    pub id: InteractionId,
    /// The chat that it is in.
    pub chat: ChatId,
    /// To whom.
    pub phone: Phone,
    /// The words.
    pub text: String,
}

words! {
    /// Whom a copy of a campaign is for.
    CloneFor {
        /// Everybody on the list.
        All => "all",
        /// Those to whom it did not go out: left out, refused, never begun. Nobody whose end is unknown.
        NotReached => "not_reached",
        /// Those who got it and did not write back.
        NoReply => "no_reply",
    }
}

/// `campaign clone NAME NEW [--for all|not_reached|no_reply]`: a draft with the same texts, plans and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignClone {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which, by id or name.
    pub name: CampaignName,
    /// What the copy is called.
    pub copy: String,
    /// For whom; absent: everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whom: Option<CloneFor>,
}

/// `campaign preflight NAME`: what a launch would do, and what it risks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignPreflight {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which, by id or name.
    pub name: CampaignName,
}

/// People who are left out, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Why.
    pub reason: String,
    /// How many.
    pub people: i64,
}

/// What a launch would do, and what it risks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preflight {
    /// Everybody on the list.
    pub recipients: i64,
    /// Those who get it, as far as is known now.
    pub audience: i64,
    /// Those who do not, by reason, most first.
    pub left_out: Vec<LeftOut>,
    /// Of the audience, people with whom nothing was ever written.
    pub newcomers: i64,
    /// New people that the number may write to today.
    pub newcomers_today: Option<i64>,
    /// Messages of campaigns that the number may send in the next 24 hours.
    pub safe_today: Option<i64>,
    /// Of the audience, numbers that were looked up and have WhatsApp.
    pub checked: i64,
    /// When it would begin.
    pub begins_at: Timestamp,
    /// When it would be through at the pace allowed.
    pub ends_at: Option<Timestamp>,
    /// How likely it is to get the number into trouble.
    pub risk: Risk,
    /// Why, and what to do about it, in words for people.
    pub advice: Vec<String>,
}

/// `campaign series NAME`: how it went over time, for a chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignSeries {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which, by id or name.
    pub name: CampaignName,
    /// How many points at most; absent: 60.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<u32>,
}

/// What happened in one stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesPoint {
    /// Messages that WAHA took.
    pub sent: i64,
    /// People who wrote back.
    pub replied: i64,
    /// People who were refused, or whose end is unknown.
    pub failed: i64,
    /// People who asked not to be written to.
    pub opted_out: i64,
}

/// How a campaign went over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignSeriesDocument {
    /// When the first point begins; `null` before the start.
    pub from: Option<Timestamp>,
    /// How long each lasts, in seconds.
    pub step_s: u64,
    /// The points, without a gap.
    pub points: Vec<SeriesPoint>,
}

/// `campaign report NAME`: every recipient, in the order of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Only those who got this one of several texts: `A`, `B`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
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
    /// Who is on its list, in words: a query, a file's name.
    #[serde(default)]
    pub audience: Option<String>,
    /// Where there are several texts: each with what became of it, the first one too.
    #[serde(default)]
    pub variants: Vec<VariantDocument>,
    /// The picture or document that goes with the text.
    #[serde(default)]
    pub media: Option<CampaignMedia>,
    /// Hours in which nobody is disturbed, where the person lives.
    #[serde(default)]
    pub quiet: Option<String>,
    /// What happens when its time has passed before it could start.
    #[serde(default = "late")]
    pub missed: MissedSlot,
    /// How late it may start with `run_late_within`, in seconds.
    #[serde(default)]
    pub late_within_s: u64,
    /// Are numbers looked up before the first message to them?
    #[serde(default)]
    pub check: NumberCheck,
    /// Of those who wait for their turn, people with whom nothing was ever written.
    #[serde(default)]
    pub newcomers_left: i64,
    /// What somebody should know of its texts: a placeholder of another program goes out as it stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

const fn late() -> MissedSlot {
    MissedSlot::RunLateWithin
}

/// One of several texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantDocument {
    /// `A`, `B`, …
    pub label: String,
    /// The text.
    pub text: String,
    /// How many recipients who got it, or were to, are in each state.
    pub counts: CampaignCounts,
}

/// The file that goes with a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignMedia {
    /// What it is called.
    pub file_name: String,
    /// What it is: `image/png`.
    pub mime: String,
    /// Its size.
    pub bytes: u64,
}

/// What some recipients would get, and how many would get nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignPreviewed {
    /// The renderings, in the order of the list; of several texts some of each.
    pub items: Vec<CampaignPreviewLine>,
    /// There are no more pages.
    pub next: Option<Cursor>,
    /// How many people were looked at: everybody on a list that is not very long.
    #[serde(default)]
    pub looked_at: i64,
    /// How many of them would be left out.
    #[serde(default)]
    pub left_out: i64,
    /// What somebody should know of the texts: a placeholder of another program goes out as it stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
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
    /// Which of several texts: `A`, `B`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
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
    /// Which of several texts: `A`, `B`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// A campaign that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignRemoved {
    /// Its id.
    pub id: CampaignId,
    /// What it was called.
    pub name: String,
}
