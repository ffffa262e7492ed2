//! `overview`: how the shop is doing, on one page.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::credits::Credits;
use crate::model::finding::HealthFinding;
use crate::model::first_step::FirstStepDocument;
use crate::protocol::name::TenantName;
use crate::time::Timestamp;

/// `overview`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverviewShow {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
}

/// How many chats there are of each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatCounts {
    /// An answer is on its way.
    pub assistant: i64,
    /// The last word is ours.
    pub waiting: i64,
    /// A human is needed.
    pub needs_you: i64,
    /// Put away.
    pub snoozed: i64,
    /// Closed.
    pub done: i64,
    /// With messages that nobody has read, whatever their state.
    pub unread: i64,
}

/// Messages since midnight in the tenant's time zone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TodayCounts {
    /// From customers.
    pub received: i64,
    /// Of ours.
    pub sent: i64,
    /// Of those, by the assistant.
    pub by_assistant: i64,
    /// By a human through the console, a command or another program.
    pub by_human: i64,
    /// By the owner, on the phone.
    pub by_phone: i64,
    /// By a campaign.
    pub by_campaign: i64,
}

/// How long customers waited for our first word, over the last 24 hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct FirstResponse {
    /// Half of them waited no longer, in seconds.
    pub p50_s: Option<f64>,
    /// Nine of ten waited no longer, in seconds.
    pub p90_s: Option<f64>,
    /// How often we answered.
    pub answered: i64,
}

/// One hour of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourCounts {
    /// When it began.
    pub at: Timestamp,
    /// From customers.
    pub received: i64,
    /// Of ours.
    pub sent: i64,
    /// Of those, by the assistant.
    pub assistant: i64,
}

/// One day of messages, in the tenant's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCounts {
    /// Which day.
    pub on: Date,
    /// From customers.
    pub received: i64,
    /// Of ours.
    pub sent: i64,
    /// Of those, by the assistant.
    pub assistant: i64,
    /// Credits that answers cost.
    pub credits: Credits,
}

/// How long the credits last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Credits a day, over the last seven.
    pub per_day: f64,
    /// When none is left at this rate; `null` when they last past the end of the period.
    pub empty_at: Option<Timestamp>,
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverviewError {
    /// When.
    pub at: Timestamp,
    /// What, in words for people.
    pub text: String,
    /// The entry of the queue, the message or the number that it is about.
    pub id: Option<String>,
}

/// How the shop is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// Chats by state.
    pub chats: ChatCounts,
    /// Messages since midnight.
    pub today: TodayCounts,
    /// How long customers waited.
    pub first_response: FirstResponse,
    /// Answers that a check holds.
    pub held: i64,
    /// Answers that wait for a human's word.
    pub drafts: i64,
    /// Messages of unknown end.
    pub unknown: i64,
    /// Jobs that were given up.
    pub dead_letters: i64,
    /// People who must be reviewed before the assistant answers them.
    pub unreviewed: i64,
    /// The last 24 hours, oldest first; the last one is not over.
    pub hours: Vec<HourCounts>,
    /// The last 30 days, oldest first; the last one is today.
    pub days: Vec<DayCounts>,
    /// How long the credits last.
    pub forecast: Forecast,
    /// The last ten things that went wrong, newest first.
    pub errors: Vec<OverviewError>,
    /// What is wrong now that concerns the tenant, the worst first.
    #[serde(default)]
    pub findings: Vec<HealthFinding>,
    /// What is to be done until the first customer is answered; nothing once all of it is done.
    #[serde(default)]
    pub first_steps: Vec<FirstStepDocument>,
    /// When this was so.
    pub now: Timestamp,
    /// The tenant's time zone.
    pub timezone: String,
}
