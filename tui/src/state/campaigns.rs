//! One text to many.

use jiff::tz::TimeZone;
use mychatflow_data::ids::CampaignId;
use mychatflow_data::model::campaign::{CampaignCounts, CampaignState};
use mychatflow_data::protocol::calls::campaign::CampaignDocument;
use mychatflow_data::time::Timestamp;

use super::State;
use super::list::{Row, Rows};
use crate::moment;
use crate::text::CleanText;
use crate::theme::Role;

impl Row for CampaignDocument {
    type Id = CampaignId;

    fn id(&self) -> CampaignId {
        self.id
    }
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Campaigns {
    /// All campaigns, newest first.
    pub rows: Rows<CampaignDocument>,
    /// The one that was opened to be read last: its reader follows what becomes of it.
    pub read: Option<CampaignId>,
}

/// `1 person`, `283 people`.
#[must_use]
pub fn people(count: i64) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

/// The part of its people to whom it went out.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 people are on a list")]
pub fn ratio(campaign: &CampaignDocument) -> f64 {
    campaign.counts.gone_out() as f64 / (reachable(campaign).max(1)) as f64
}

/// How many have it, in words; of one that never began, how many people are on its list.
#[must_use]
pub fn progress(campaign: &CampaignDocument) -> String {
    match campaign.state {
        CampaignState::Draft | CampaignState::Scheduled => people(campaign.recipients),
        _ => {
            let left_out = campaign.recipients - reachable(campaign);
            let rest = if left_out > 0 { format!(", {left_out} left out") } else { String::new() };
            format!("{} of {} sent{rest}", campaign.counts.gone_out(), reachable(campaign))
        }
    }
}

/// When, with the day unless it is today: `16:07`, `Tue 24 Nov 09:12`.
#[must_use]
pub fn when(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    match moment::day_line(at, now, zone).as_str() {
        "today" => moment::clock(at, zone),
        day => format!("{day} {}", moment::clock(at, zone)),
    }
}

/// What is to be said next about it: when it starts, when it will be through, why it stands, when it ended.
#[must_use]
pub fn outlook(campaign: &CampaignDocument, now: Timestamp, zone: &TimeZone) -> String {
    let mut parts: Vec<String> = Vec::new();
    match campaign.state {
        CampaignState::Draft => parts.push("nothing is sent before it is launched".to_owned()),
        CampaignState::Scheduled => {
            parts.extend(campaign.scheduled_at.map(|at| format!("starts {}", when(at, now, zone))));
        }
        CampaignState::Running => {
            parts.extend(campaign.eta.map(|at| format!("done about {}", when(at, now, zone))));
        }
        CampaignState::Paused => {}
        CampaignState::Completed | CampaignState::Cancelled => {
            parts.extend(campaign.finished_at.map(|at| format!("ended {}", when(at, now, zone))));
        }
    }
    parts.extend(campaign.reason.as_deref().map(|reason| CleanText::line(reason).into_string()));
    parts.join(" · ")
}

/// The states of recipients with how many are in each, in the order in which a message goes through them.
#[must_use]
pub const fn counted(counts: &CampaignCounts) -> [(&'static str, i64); 11] {
    [
        ("queued", counts.queued),
        ("checking", counts.checking),
        ("sending", counts.sending),
        ("sent", counts.sent),
        ("delivered", counts.delivered),
        ("read", counts.read),
        ("replied", counts.replied),
        ("skipped", counts.skipped),
        ("failed", counts.failed),
        ("unknown", counts.unknown),
        ("opted out", counts.opted_out),
    ]
}

/// What the number is called that it goes out from.
#[must_use]
pub fn number(campaign: &CampaignDocument, state: &State) -> CleanText {
    let number = state.numbers.rows.items().iter().find(|number| number.id == campaign.instance);
    CleanText::line(number.map_or("a number that is gone", |number| &number.name))
}

/// A campaign's facts, one a line.
#[must_use]
pub fn facts(campaign: &CampaignDocument, state: &State) -> Vec<(&'static str, String, Role)> {
    let (now, zone) = (state.now, &state.zone);
    let mut facts = vec![
        ("state", campaign.state.word().to_owned(), Role::Text),
        ("progress", progress(campaign), Role::Text),
        ("from", number(campaign, state).into_string(), Role::Text),
    ];
    let at = |name, at: Option<Timestamp>| at.map(|at| (name, when(at, now, zone), Role::Text));
    if let Some(reason) = &campaign.reason {
        facts.push(("why", CleanText::line(reason).into_string(), Role::Warn));
    }
    facts.extend(at("starts", campaign.scheduled_at.filter(|_| campaign.started_at.is_none())));
    facts.extend(at("started", campaign.started_at));
    facts.extend(at("done about", campaign.eta.filter(|_| campaign.finished_at.is_none())));
    facts.extend(at("ended", campaign.finished_at));
    if campaign.per_hour > 0.0 {
        facts.push(("pace", format!("{} an hour", campaign.per_hour), Role::Text));
    }
    if campaign.duplicates > 0 {
        let words = if campaign.duplicates == 1 {
            "1 row of the list named somebody twice".to_owned()
        } else {
            format!("{} rows of the list named somebody twice", campaign.duplicates)
        };
        facts.push(("duplicates", words, Role::Muted));
    }
    facts
}

/// Those who can get it: all but the ones left out for a reason.
#[must_use]
pub const fn reachable(campaign: &CampaignDocument) -> i64 {
    campaign.recipients - campaign.counts.skipped - campaign.counts.opted_out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_a_person_and_more_are_people() {
        assert_eq!([people(0), people(1), people(2)], ["0 people", "1 person", "2 people"]);
    }

    #[test]
    fn the_states_add_up() {
        let counts = CampaignCounts { queued: 1, sending: 2, opted_out: 4, replied: 8, ..CampaignCounts::default() };
        let sum: i64 = counted(&counts).iter().map(|(_, count)| count).sum();
        assert_eq!(sum, counts.total());
    }
}
