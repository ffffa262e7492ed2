//! When something is to happen, as people write it: a time on the clock of a place, or an instant.

use jiff::civil;
use jiff::tz::TimeZone;
use mychatflow_data::time::Timestamp;

/// Reads `2026-12-01 09:00` on the clock of a place, or RFC 3339. An hour that the clock skips is the one after it; of
/// one that comes twice it is the first.
///
/// # Errors
/// What should have stood there.
pub fn read(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(at.into());
    }
    let spelled = text.replacen(' ', "T", 1);
    let civil = spelled
        .parse::<civil::DateTime>()
        .map_err(|_| format!("{text:?} is no time: write 2026-12-01 09:00, or 2026-12-01T08:00:00Z"))?;
    if !spelled.contains('T') {
        return Err(format!("{text:?} has no hour: write {text} 09:00"));
    }
    let zoned = civil.to_zoned(zone.clone()).map_err(|error| format!("{text:?} is no time here: {error}"))?;
    Ok(zoned.timestamp().into())
}

/// The same time on the clock of another place.
#[must_use]
pub fn moved(at: Timestamp, from: &TimeZone, to: &TimeZone) -> Timestamp {
    let civil = at.to_jiff().to_zoned(from.clone()).datetime();
    civil.to_zoned(to.clone()).map_or(at, |zoned| zoned.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_on_the_clock_of_a_place() {
        for (text, zone, expected) in [
            ("2026-12-01T08:00:00Z", "Europe/Berlin", Some("2026-12-01T08:00:00.000Z")),
            ("2026-12-01T09:00:00+01:00", "America/New_York", Some("2026-12-01T08:00:00.000Z")),
            ("2026-12-01 09:00", "Europe/Berlin", Some("2026-12-01T08:00:00.000Z")),
            ("2026-07-01 09:00:30", "Europe/Berlin", Some("2026-07-01T07:00:30.000Z")),
            // 02:30 is skipped in spring, and comes twice in autumn.
            ("2026-03-29 02:30", "Europe/Berlin", Some("2026-03-29T01:30:00.000Z")),
            ("2026-10-25 02:30", "Europe/Berlin", Some("2026-10-25T00:30:00.000Z")),
            ("2026-12-31 23:30", "Asia/Tokyo", Some("2026-12-31T14:30:00.000Z")),
            ("2026-03-29 01:59:59", "Europe/Berlin", Some("2026-03-29T00:59:59.000Z")),
            ("2026-03-29 03:00", "Europe/Berlin", Some("2026-03-29T01:00:00.000Z")),
            ("2026-10-25 03:00", "Europe/Berlin", Some("2026-10-25T02:00:00.000Z")),
            // The other half of the world, and half an hour on Lord Howe Island.
            ("2026-04-05 02:30", "Australia/Sydney", Some("2026-04-04T15:30:00.000Z")),
            ("2026-10-04 02:30", "Australia/Sydney", Some("2026-10-03T16:30:00.000Z")),
            ("2026-10-04 02:15", "Australia/Lord_Howe", Some("2026-10-03T15:45:00.000Z")),
            // Midnight, on which some clocks jump: Cairo has no 00:30 on this day.
            ("2026-01-01 00:00", "America/New_York", Some("2026-01-01T05:00:00.000Z")),
            ("2026-04-24 00:30", "Africa/Cairo", Some("2026-04-23T22:30:00.000Z")),
            ("2026-12-01 24:00", "Europe/Berlin", None),
            ("2026-02-29 09:00", "Europe/Berlin", None),
            ("2026-12-01", "Europe/Berlin", None),
            ("tomorrow", "Europe/Berlin", None),
        ] {
            let found = read(text, &TimeZone::get(zone).unwrap()).ok().map(|at| at.to_string());
            assert_eq!(found.as_deref(), expected, "{text} {zone}");
        }
    }

    #[test]
    fn another_zone_moves_the_time_and_not_the_clock() {
        for (at, from, to, expected) in [
            ("2026-12-01T08:00:00Z", "Europe/Berlin", "America/New_York", "2026-12-01T14:00:00.000Z"),
            ("2026-12-01T08:00:00Z", "Europe/Berlin", "Asia/Tokyo", "2026-12-01T00:00:00.000Z"),
            // Past midnight the day stays the one that was written.
            ("2026-11-30T23:30:00Z", "Europe/Berlin", "Pacific/Auckland", "2026-11-30T11:30:00.000Z"),
            // 02:30 in New York is an hour that Berlin skips on this day, and comes twice in Berlin on the other.
            ("2026-03-29T06:30:00Z", "America/New_York", "Europe/Berlin", "2026-03-29T01:30:00.000Z"),
            ("2026-10-25T06:30:00Z", "America/New_York", "Europe/Berlin", "2026-10-25T00:30:00.000Z"),
            ("2026-12-01T08:00:00Z", "UTC", "UTC", "2026-12-01T08:00:00.000Z"),
        ] {
            let zone = |name| TimeZone::get(name).unwrap();
            let found = moved(at.parse().unwrap(), &zone(from), &zone(to));
            assert_eq!(found.to_string(), expected, "{at} {from} {to}");
        }
    }
}
