//! One text to many.

pub mod people;

use jiff::tz::TimeZone;
use mychatflow_data::ids::CampaignId;
use mychatflow_data::model::campaign::{CampaignCounts, CampaignState, MissedSlot, NumberCheck};
use mychatflow_data::model::variant;
use mychatflow_data::protocol::calls::campaign::{CampaignDocument, CampaignSeriesDocument};
use mychatflow_data::time::Timestamp;

use self::people::People;
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

/// Where one is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    /// All campaigns.
    #[default]
    List,
    /// One of them, in full.
    Page(CampaignId),
    /// Its recipients.
    People(CampaignId),
}

/// Something that the daemon was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard<T> {
    /// No answer yet.
    Waiting,
    /// The answer.
    Here(T),
    /// Refused, with the reason.
    Refused(String),
}

/// How a campaign went over time.
#[derive(Debug, Clone)]
pub struct Series {
    /// Which.
    pub campaign: CampaignId,
    /// What the daemon said.
    pub heard: Heard<CampaignSeriesDocument>,
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Campaigns {
    /// All campaigns, newest first.
    pub rows: Rows<CampaignDocument>,
    /// Where one is.
    pub place: Place,
    /// How many rows of the page are above the first visible one.
    pub scroll: usize,
    /// The chart of the page.
    pub series: Option<Series>,
    /// The recipients of one of them.
    pub people: People,
    /// When the chart or the recipients are read again, because something happened.
    pub stale_at: Option<Timestamp>,
}

impl Campaigns {
    /// The one that is open in full.
    #[must_use]
    pub fn open(&self) -> Option<&CampaignDocument> {
        match self.place {
            Place::List => None,
            Place::Page(id) | Place::People(id) => self.rows.items().iter().find(|campaign| campaign.id == id),
        }
    }

    /// The one that an action is about: the open one, else the selected one.
    #[must_use]
    pub fn current(&self) -> Option<&CampaignDocument> {
        match self.place {
            Place::List => self.rows.selected(),
            Place::Page(_) | Place::People(_) => self.open(),
        }
    }

    /// What its chart is made of, as far as it is here.
    #[must_use]
    pub fn heard(&self, campaign: CampaignId) -> Option<&Heard<CampaignSeriesDocument>> {
        self.series.as_ref().filter(|series| series.campaign == campaign).map(|series| &series.heard)
    }
}

/// `1 person`, `283 people`.
#[must_use]
pub fn people(count: i64) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

/// The part of its people who are settled one way or the other; of one that was cancelled, the part to whom it went out.
#[must_use]
pub fn ratio(campaign: &CampaignDocument) -> f64 {
    share(done(campaign), campaign.recipients)
}

/// Cancelling settles everybody who was left, and yet it got no further.
const fn done(campaign: &CampaignDocument) -> i64 {
    match campaign.state {
        CampaignState::Cancelled => campaign.counts.gone_out(),
        _ => campaign.counts.settled(),
    }
}

/// A part of a whole, from 0 to 1; nothing of nothing is nothing.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 people are on a list")]
pub fn share(part: i64, whole: i64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// A share in whole percent, `-` of nothing: `54%`.
#[must_use]
pub fn percent(part: i64, whole: i64) -> String {
    if whole == 0 { "-".to_owned() } else { format!("{:.0}%", share(part, whole) * 100.0) }
}

/// Messages an hour, to a tenth where they are few.
#[must_use]
pub fn rate(per_hour: f64) -> String {
    if per_hour >= 100.0 {
        format!("{per_hour:.0} an hour")
    } else {
        format!("{} an hour", (per_hour * 10.0).round() / 10.0)
    }
}

/// How many have it, how many never will and how many are left, in words that add up to all; of one that never began,
/// how many people are on its list.
#[must_use]
pub fn progress(campaign: &CampaignDocument) -> String {
    match campaign.state {
        CampaignState::Draft | CampaignState::Scheduled => people(campaign.recipients),
        _ => {
            let (sent, left) = (campaign.counts.gone_out(), campaign.recipients - campaign.counts.settled());
            let mut parts = vec![format!("{sent} sent")];
            match campaign.recipients - sent - left {
                0 => {}
                not => parts.push(format!("{not} not")),
            }
            if left > 0 {
                parts.push(format!("{left} to go"));
            }
            parts.join(", ")
        }
    }
}

/// The same in few columns: `162/283`.
#[must_use]
pub fn progress_short(campaign: &CampaignDocument) -> String {
    match campaign.state {
        CampaignState::Draft | CampaignState::Scheduled => people(campaign.recipients),
        _ => format!("{}/{}", done(campaign), campaign.recipients),
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
            if campaign.per_hour > 0.0 {
                parts.push(rate(campaign.per_hour));
            }
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

/// A local time beside what the clocks of UTC show then: `Tue 1 Dec 09:00 Europe/Berlin = 08:00 UTC`.
#[must_use]
pub fn both_clocks(at: Timestamp, timezone: &str) -> String {
    let utc = at.to_jiff().to_zoned(TimeZone::UTC);
    let Ok(zone) = TimeZone::get(timezone) else { return utc.strftime("%a %-d %b %Y %H:%M UTC").to_string() };
    let local = at.to_jiff().to_zoned(zone);
    let there = if local.date() == utc.date() { utc.strftime("%H:%M") } else { utc.strftime("%a %-d %b %H:%M") };
    CleanText::line(&format!("{} {timezone} = {there} UTC", local.strftime("%a %-d %b %Y %H:%M"))).into_string()
}

/// What happens when its time has passed, in words.
#[must_use]
pub fn missed_words(campaign: &CampaignDocument) -> String {
    match campaign.missed {
        MissedSlot::RunLateWithin if campaign.late_within_s > 0 => {
            let span = std::time::Duration::from_secs(campaign.late_within_s);
            format!("starts up to {} late, then asks", mychatflow_data::protocol::span::Span(span))
        }
        MissedSlot::RunLateWithin => "starts late, up to an hour, then asks".to_owned(),
        MissedSlot::Skip => "is cancelled when its time was missed".to_owned(),
        MissedSlot::Ask => "pauses and asks when its time was missed".to_owned(),
    }
}

/// How it was planned, one fact a line.
#[must_use]
pub fn plan(campaign: &CampaignDocument, state: &State) -> Vec<(&'static str, String, Role)> {
    let (now, zone) = (state.now, &state.zone);
    let clean = |words: &str| CleanText::line(words).into_string();
    let mut facts = vec![("from", number(campaign, state).into_string(), Role::Text)];
    let list = campaign.audience.as_deref().map(|words| format!("{}, {}", people(campaign.recipients), clean(words)));
    facts.push(("people", list.unwrap_or_else(|| people(campaign.recipients)), Role::Text));
    if campaign.duplicates > 0 {
        let words = if campaign.duplicates == 1 {
            "1 row of the list named somebody twice".to_owned()
        } else {
            format!("{} rows of the list named somebody twice", campaign.duplicates)
        };
        facts.push(("duplicates", words, Role::Muted));
    }
    if let Some(media) = &campaign.media {
        let words = format!("{} ({}, {} kB)", media.file_name, media.mime, media.bytes.div_ceil(1000));
        facts.push(("file", clean(&words), Role::Text));
    }
    match campaign.scheduled_at {
        Some(at) => {
            facts.push(("start", both_clocks(at, &campaign.timezone), Role::Text));
            facts.push(("if missed", missed_words(campaign), Role::Text));
        }
        None => facts.push(("start", "when launched".to_owned(), Role::Text)),
    }
    let quiet = match campaign.quiet.as_deref().filter(|hours| !hours.is_empty()) {
        Some(hours) => format!("{}, where the person lives", clean(hours)),
        None => "none".to_owned(),
    };
    facts.push(("quiet hours", quiet, Role::Text));
    let check = match campaign.check {
        NumberCheck::Before => "new numbers are looked up first",
        NumberCheck::Never => "numbers are not looked up",
    };
    facts.push(("check", check.to_owned(), Role::Text));
    facts.extend(campaign.started_at.map(|at| ("started", when(at, now, zone), Role::Text)));
    facts.extend(campaign.finished_at.map(|at| ("ended", when(at, now, zone), Role::Text)));
    facts
}

/// How far those got to whom it went out: each with how many it was of all of them.
#[must_use]
pub const fn funnel(counts: &CampaignCounts) -> [(&'static str, i64); 4] {
    [
        ("sent", counts.gone_out()),
        ("delivered", variant::delivered(counts).hits),
        ("read", variant::read(counts).hits),
        ("replied", variant::replied(counts).hits),
    ]
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

    #[test]
    fn both_clocks_are_told_with_the_day_where_it_is_another() {
        let table = [
            ("2026-12-01T08:00:00Z", "Europe/Berlin", "Tue 1 Dec 2026 09:00 Europe/Berlin = 08:00 UTC"),
            ("2026-12-01T23:30:00Z", "Europe/Berlin", "Wed 2 Dec 2026 00:30 Europe/Berlin = Tue 1 Dec 23:30 UTC"),
            ("2026-12-01T08:00:00Z", "Mars/Olympus", "Tue 1 Dec 2026 08:00 UTC"),
        ];
        for (at, zone, words) in table {
            assert_eq!(both_clocks(at.parse().unwrap(), zone), words);
        }
    }

    #[test]
    fn a_share_of_nothing_is_not_told() {
        assert_eq!([percent(1, 3), percent(0, 9), percent(0, 0)], ["33%", "0%", "-"]);
    }
}
