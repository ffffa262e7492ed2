//! Instants in the few columns that a list or a bubble has for them. Pure: now and the time zone are arguments.

use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use mychatflow_data::time::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The time of day: `14:31`.
#[must_use]
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone).strftime("%H:%M").to_string()
}

/// The day, as it sorts: `2026-12-01`.
#[must_use]
pub fn date(at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone).date().to_string()
}

/// How long ago: `now`, `4 min`, `2 h`, `3 d`. What is still to come is now.
#[must_use]
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    match now.since(at).as_secs() {
        0..MINUTE => "now".to_owned(),
        seconds @ MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        seconds @ HOUR..DAY => format!("{} h", seconds / HOUR),
        seconds => format!("{} d", seconds / DAY),
    }
}

/// How long ago, in words: `just now`, `4 min ago`.
#[must_use]
pub fn long_ago(at: Timestamp, now: Timestamp) -> String {
    match ago(at, now).as_str() {
        "now" => "just now".to_owned(),
        ago => format!("{ago} ago"),
    }
}

/// How long until then, at most two units, rounded down: `58 s`, `4 min`, `11 h 59 min`, `2 d 3 h`; once it is over,
/// `0 s`.
#[must_use]
pub fn left(until: Timestamp, now: Timestamp) -> String {
    let two = |whole: u64, unit: &str, rest: u64, small: &str| match rest {
        0 => format!("{whole} {unit}"),
        _ => format!("{whole} {unit} {rest} {small}"),
    };
    match until.since(now).as_secs() {
        seconds @ 0..MINUTE => format!("{seconds} s"),
        seconds @ MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        seconds @ HOUR..DAY => two(seconds / HOUR, "h", seconds % HOUR / MINUTE, "min"),
        seconds => two(seconds / DAY, "d", seconds % DAY / HOUR, "h"),
    }
}

/// The line between two days of a chat: `today`, `yesterday`, `Mon 16 Nov`, and with the year when it is another.
#[must_use]
pub fn day_line(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (day, today) = (local(at, zone).date(), local(now, zone).date());
    match days_between(day, today) {
        0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        _ if day.year() == today.year() => day.strftime("%a %-d %b").to_string(),
        _ => day.strftime("%a %-d %b %Y").to_string(),
    }
}

/// When, in a list: the time today, `Mon` in the six days before, `16 Nov`, `16 Nov 2025`.
#[must_use]
pub fn stamp(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (day, today) = (local(at, zone).date(), local(now, zone).date());
    match days_between(day, today) {
        0 => clock(at, zone),
        1..=6 => day.strftime("%a").to_string(),
        _ if day.year() == today.year() => day.strftime("%-d %b").to_string(),
        _ => day.strftime("%-d %b %Y").to_string(),
    }
}

fn local(at: Timestamp, zone: &TimeZone) -> Zoned {
    at.to_jiff().to_zoned(zone.clone())
}

/// How many midnights lie between the days; negative when `day` is after `today`.
fn days_between(day: Date, today: Date) -> i32 {
    (today - day).get_days()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_clock_follows_the_zone_and_its_summer() {
        let table = [
            ("2026-11-23T13:31:00Z", "14:31"),
            ("2026-07-23T13:31:00Z", "15:31"),
            // 03:00 CEST is followed by 02:00 CET: the same hour twice.
            ("2026-10-25T00:30:00Z", "02:30"),
            ("2026-10-25T01:30:00Z", "02:30"),
            // 02:00 CET is followed by 03:00 CEST: an hour that does not exist.
            ("2026-03-29T00:59:00Z", "01:59"),
            ("2026-03-29T01:00:00Z", "03:00"),
        ];
        for (instant, expected) in table {
            assert_eq!(clock(at(instant), &berlin()), expected, "{instant}");
        }
        assert_eq!(clock(at("2026-11-23T00:05:00Z"), &TimeZone::UTC), "00:05");
    }

    #[test]
    fn ago_takes_the_largest_unit() {
        let now = at("2026-11-23T12:00:00Z");
        let table = [
            (-5, "now"),
            (0, "now"),
            (59, "now"),
            (60, "1 min"),
            (299, "4 min"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (86_399, "23 h"),
            (86_400, "1 d"),
            (3 * 86_400, "3 d"),
        ];
        for (seconds, expected) in table {
            let then = Timestamp::from_millis(now.millis() - seconds * 1_000);
            assert_eq!(ago(then, now), expected, "{seconds} s");
        }
    }

    #[test]
    fn left_takes_two_units() {
        let now = at("2026-11-23T12:00:00Z");
        let table = [
            (-5, "0 s"),
            (0, "0 s"),
            (58, "58 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (11 * 3_600 + 59 * 60 + 59, "11 h 59 min"),
            (86_400, "1 d"),
            (2 * 86_400 + 3 * 3_600, "2 d 3 h"),
        ];
        for (seconds, expected) in table {
            let then = Timestamp::from_millis(now.millis() + seconds * 1_000);
            assert_eq!(left(then, now), expected, "{seconds} s");
        }
    }

    #[test]
    fn days_are_those_of_the_zone() {
        // Monday 23 November, 00:30 in Berlin: still Sunday in UTC.
        let now = at("2026-11-22T23:30:00Z");
        let table = [
            ("2026-11-22T23:05:00Z", "today", "00:05"),
            ("2026-11-22T22:59:00Z", "yesterday", "Sun"),
            ("2026-11-21T12:00:00Z", "Sat 21 Nov", "Sat"),
            ("2026-11-17T12:00:00Z", "Tue 17 Nov", "Tue"),
            ("2026-11-16T12:00:00Z", "Mon 16 Nov", "16 Nov"),
            ("2026-01-01T12:00:00Z", "Thu 1 Jan", "1 Jan"),
            ("2025-11-16T12:00:00Z", "Sun 16 Nov 2025", "16 Nov 2025"),
            ("2026-11-24T12:00:00Z", "Tue 24 Nov", "24 Nov"),
        ];
        for (instant, line, listed) in table {
            assert_eq!(day_line(at(instant), now, &berlin()), line, "{instant}");
            assert_eq!(stamp(at(instant), now, &berlin()), listed, "{instant}");
        }
        assert_eq!(day_line(at("2026-11-22T23:05:00Z"), now, &TimeZone::UTC), "today");
    }

    #[test]
    fn a_day_of_23_or_25_hours_is_one_day() {
        let table = [
            ("2026-10-24T22:30:00Z", "2026-10-25T22:30:00Z", "today"),
            ("2026-10-24T21:30:00Z", "2026-10-25T22:30:00Z", "yesterday"),
            ("2026-03-28T23:30:00Z", "2026-03-29T21:30:00Z", "today"),
            ("2026-03-28T22:30:00Z", "2026-03-29T21:30:00Z", "yesterday"),
        ];
        for (instant, now, expected) in table {
            assert_eq!(day_line(at(instant), at(now), &berlin()), expected, "{instant} seen from {now}");
        }
    }
}
