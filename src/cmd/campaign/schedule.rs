//! When things happen, as people of the campaign's place read it, and in UTC.

use jiff::tz::TimeZone;
use mychatflow_data::protocol::calls::campaign::CampaignDocument;
use mychatflow_data::protocol::span::Span;
use mychatflow_data::time::Timestamp;

use crate::output::age;

/// An instant on the clock of a place: `2026-12-01 09:00 Europe/Berlin (08:00 UTC, in 8 d)`.
pub fn moment(at: Timestamp, timezone: &str, now: Timestamp) -> String {
    let here = at.to_jiff().to_zoned(TimeZone::get(timezone).unwrap_or(TimeZone::UTC));
    let utc = at.to_jiff().to_zoned(TimeZone::UTC);
    let shown = here.strftime("%Y-%m-%d %H:%M");
    let age = age(at, now);
    if here.offset() == utc.offset() {
        return format!("{shown} UTC ({age})");
    }
    let format = if here.date() == utc.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    format!("{shown} {timezone} ({} UTC, {age})", utc.strftime(format))
}

/// What happens when its time is missed, in words.
pub fn missed(shown: &CampaignDocument) -> String {
    use mychatflow_data::model::campaign::MissedSlot;
    if shown.scheduled_at.is_none() {
        return String::new();
    }
    let late = Span(std::time::Duration::from_secs(shown.late_within_s));
    match shown.missed {
        MissedSlot::RunLateWithin => format!("starts up to {late} late, then asks"),
        MissedSlot::Skip => "is cancelled".to_owned(),
        MissedSlot::Ask => "asks".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_are_shown() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-23T09:00:00Z");
        for (instant, zone, expected) in [
            ("2026-12-01T07:00:00Z", "Africa/Johannesburg", "2026-12-01 09:00 Africa/Johannesburg (07:00 UTC, in 7 d)"),
            ("2026-11-30T15:30:00Z", "Asia/Tokyo", "2026-12-01 00:30 Asia/Tokyo (2026-11-30 15:30 UTC, in 7 d)"),
            ("2026-11-23T10:00:00Z", "UTC", "2026-11-23 10:00 UTC (in 1 h)"),
            ("2026-11-23T10:00:00Z", "Mars/Olympus", "2026-11-23 10:00 UTC (in 1 h)"),
        ] {
            assert_eq!(moment(at(instant), zone, now), expected);
        }
    }
}
