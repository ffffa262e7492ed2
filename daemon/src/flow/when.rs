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
            ("2026-12-01", "Europe/Berlin", None),
            ("tomorrow", "Europe/Berlin", None),
        ] {
            let found = read(text, &TimeZone::get(zone).unwrap()).ok().map(|at| at.to_string());
            assert_eq!(found.as_deref(), expected, "{text} {zone}");
        }
    }
}
