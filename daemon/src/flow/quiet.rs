//! Hours in which nobody is disturbed, on the clock where the person lives: `21:00-08:00`.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use jiff::Zoned;
use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use mychatflow_data::model::hush::{Hush, Until};
use mychatflow_data::time::Timestamp;

use super::zones;

/// The most that an estimate looks ahead.
const DAYS_MAX: usize = 400;
/// Several zones of a country are quiet one after the other; this many times at most.
const ROUNDS_MAX: usize = 8;

/// From when to when nobody is disturbed; past midnight where it begins later than it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    from: Time,
    until: Time,
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from.strftime("%H:%M"), self.until.strftime("%H:%M"))
    }
}

fn time(word: &str) -> Option<Time> {
    let (hour, minute) = word.trim().split_once(':').unwrap_or((word.trim(), "0"));
    let digits = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return None;
    }
    match (hour.parse().ok()?, minute.parse().ok()?) {
        (24, 0) => Some(Time::midnight()),
        (hour, minute) => Time::new(hour, minute, 0, 0).ok(),
    }
}

impl Window {
    /// Reads `21:00-08:00`; nothing is no such hours.
    ///
    /// # Errors
    /// What should have stood there.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let parts = text.split_once(['-', '–']).and_then(|(from, until)| Some((time(from)?, time(until)?)));
        match parts {
            None => Err(format!("{text:?} are no hours: write them like 21:00-08:00")),
            Some((from, until)) if from == until => {
                Err(format!("{text:?} is the whole day: nobody could ever be written to"))
            }
            Some((from, until)) => Ok(Some(Self { from, until })),
        }
    }

    fn holds(self, at: Time) -> bool {
        if self.from < self.until { self.from <= at && at < self.until } else { self.from <= at || at < self.until }
    }

    /// Until when nobody is disturbed in a zone; `None` when people may be now.
    #[must_use]
    pub fn until(self, zone: &TimeZone, now: Timestamp) -> Until {
        let here = now.to_jiff().to_zoned(zone.clone());
        if !self.holds(here.time()) {
            return None;
        }
        let today = here.time() < self.until;
        let on = if today { here.date() } else { here.date().tomorrow().unwrap_or(here.date()) };
        Some(clock_shows(on, self.until, &here))
    }

    /// When it begins again in a zone in which people may be disturbed now.
    fn begins(self, zone: &TimeZone, now: Timestamp) -> Timestamp {
        let here = now.to_jiff().to_zoned(zone.clone());
        let today = here.time() < self.from;
        let on = if today { here.date() } else { here.date().tomorrow().unwrap_or(here.date()) };
        clock_shows(on, self.from, &here)
    }
}

/// When a clock will show this hour for the first time from now on. One that it skips counts from where it jumps.
fn clock_shows(on: Date, at: Time, here: &Zoned) -> Timestamp {
    let zone = here.time_zone();
    let ambiguous = zone.to_ambiguous_timestamp(on.to_datetime(at));
    let found = match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => {
            let just_before = ambiguous.earlier().unwrap_or(here.timestamp());
            zone.following(just_before).next().map(|jump| jump.timestamp())
        }
        _ => ambiguous.earlier().ok(),
    };
    let now = here.timestamp();
    // Of an hour that comes twice the first may be over.
    let later = || ambiguous.later().ok();
    found.filter(|found| *found > now).or_else(later).filter(|found| *found > now).unwrap_or(now).into()
}

/// Whom nobody disturbs now. In a country of several zones people may be disturbed when it is quiet in none of them.
#[must_use]
pub fn hush(window: Window, home: &TimeZone, now: Timestamp) -> Hush {
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let zones: HashMap<&str, TimeZone> =
        names.iter().filter_map(|name| Some((name.as_str(), TimeZone::get(name).ok()?))).collect();
    let now_in: HashMap<&str, Until> = zones.iter().map(|(name, zone)| (*name, window.until(zone, now))).collect();
    let together = |of: &[&str]| {
        let mut until = of.iter().filter_map(|name| now_in.get(name).copied().flatten()).max()?;
        for _ in 0..ROUNDS_MAX {
            let again = of.iter().filter_map(|name| window.until(zones.get(name)?, until)).max();
            match again {
                Some(later) => until = later,
                None => break,
            }
        }
        Some(until)
    };
    Hush {
        codes: zones::codes().iter().map(|(code, zones)| ((*code).to_owned(), together(zones))).collect(),
        zones: now_in.iter().map(|(name, until)| (name.to_ascii_lowercase(), *until)).collect(),
        elsewhere: window.until(home, now),
    }
}

/// When so much work is done that rests in these hours. A rough word: it goes by the clock of one place.
#[must_use]
pub fn through(window: Window, zone: &TimeZone, begins: Timestamp, work: Duration) -> Timestamp {
    let (mut at, mut left) = (begins, work);
    for _ in 0..DAYS_MAX {
        if let Some(until) = window.until(zone, at) {
            at = until;
        }
        let rest = window.begins(zone, at);
        let open = rest.since(at);
        if left <= open {
            break;
        }
        left -= open;
        at = rest;
    }
    at + left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(text: &str) -> Window {
        Window::parse(text).unwrap().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse::<jiff::Timestamp>().unwrap().into()
    }

    #[test]
    fn hours_as_people_write_them() {
        for (text, expected) in [
            ("21:00-08:00", Ok(Some("21:00-08:00"))),
            (" 9:30 – 17:00 ", Ok(Some("09:30-17:00"))),
            ("21-8", Ok(Some("21:00-08:00"))),
            ("20:00-24:00", Ok(Some("20:00-00:00"))),
            ("24:00-06:00", Ok(Some("00:00-06:00"))),
            ("", Ok(None)),
            (" ", Ok(None)),
            ("21:00", Err("are no hours")),
            ("night", Err("are no hours")),
            ("21:00-25:00", Err("are no hours")),
            ("21:60-22:00", Err("are no hours")),
            ("+21:00-22:00", Err("are no hours")),
            ("9:00-9:00", Err("is the whole day")),
            ("00:00-24:00", Err("is the whole day")),
        ] {
            let found = Window::parse(text).map(|window| window.map(|window| window.to_string()));
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found.as_deref(), expected, "{text}"),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{text}: {found}"),
                (found, expected) => panic!("{text}: {found:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn when_they_end_whatever_the_clock_does() {
        let night = "21:00-08:00";
        for (hours, zone, now, expected) in [
            (night, "Europe/Berlin", "2026-11-23T12:00:00Z", None),
            (night, "Europe/Berlin", "2026-11-23T20:00:00Z", Some("2026-11-24T07:00:00Z")),
            (night, "Europe/Berlin", "2026-11-24T06:59:00Z", Some("2026-11-24T07:00:00Z")),
            (night, "Europe/Berlin", "2026-11-24T07:00:00Z", None),
            (night, "America/New_York", "2026-11-23T12:00:00Z", Some("2026-11-23T13:00:00Z")),
            ("12:00-14:00", "Europe/Berlin", "2026-11-23T12:00:00Z", Some("2026-11-23T13:00:00Z")),
            ("12:00-14:00", "Europe/Berlin", "2026-11-23T13:00:00Z", None),
            ("20:00-24:00", "UTC", "2026-11-23T23:59:00Z", Some("2026-11-24T00:00:00Z")),
            ("20:00-24:00", "UTC", "2026-11-24T00:00:00Z", None),
            ("24:00-06:00", "UTC", "2026-11-24T00:00:00Z", Some("2026-11-24T06:00:00Z")),
            // The night in which the clock goes on by an hour is shorter, that in which it goes back is longer.
            (night, "Europe/Berlin", "2026-03-28T21:00:00Z", Some("2026-03-29T06:00:00Z")),
            (night, "Europe/Berlin", "2026-10-24T20:00:00Z", Some("2026-10-25T07:00:00Z")),
            // They end in an hour that is skipped: where the clock jumps, at 03:00.
            ("22:00-02:30", "Europe/Berlin", "2026-03-29T00:30:00Z", Some("2026-03-29T01:00:00Z")),
            ("22:00-02:30", "Europe/Berlin", "2026-03-29T01:00:00Z", None),
            // They begin in it.
            ("02:30-05:00", "Europe/Berlin", "2026-03-29T01:00:00Z", Some("2026-03-29T03:00:00Z")),
            // They end in an hour that comes twice: the clock shows it the first time, and once more.
            ("22:00-02:30", "Europe/Berlin", "2026-10-25T00:10:00Z", Some("2026-10-25T00:30:00Z")),
            ("22:00-02:30", "Europe/Berlin", "2026-10-25T00:40:00Z", None),
            ("22:00-02:30", "Europe/Berlin", "2026-10-25T01:10:00Z", Some("2026-10-25T01:30:00Z")),
        ] {
            let found = window(hours).until(&TimeZone::get(zone).unwrap(), at(now));
            assert_eq!(found, expected.map(at), "{hours} {zone} {now}");
        }
    }

    #[test]
    fn people_are_asleep_where_they_live() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let hush = |now| hush(window("21:00-08:00"), &berlin, at(now));
        let noon = hush("2026-11-23T12:00:00Z");
        for (phone, zone, expected) in [
            ("4915112345678", None, None),
            // New York opens at 13:00 UTC, California at 16:00; a number of no place when the last of them does.
            ("12125550100", None, Some("2026-11-23T13:00:00Z")),
            ("14155550100", None, Some("2026-11-23T16:00:00Z")),
            ("18005550100", None, Some("2026-11-23T18:00:00Z")),
            // In Brazil the last zone opens with Acre, in Russia the east is quiet when the west is not.
            ("5511912345678", None, Some("2026-11-23T13:00:00Z")),
            ("79161234567", None, Some("2026-11-24T06:00:00Z")),
            ("77011234567", None, None),
            ("819012345678", None, Some("2026-11-23T23:00:00Z")),
            ("819012345678", Some("Europe/Lisbon"), None),
            ("4915112345678", Some("asia/tokyo"), Some("2026-11-23T23:00:00Z")),
            ("4915112345678", Some("Asia/Calcutta"), None),
            ("88212345678", None, None),
        ] {
            assert_eq!(noon.until(Some(phone), zone), expected.map(at), "{phone} {zone:?}");
        }
        // Nobody knows where this one is: the campaign's own clock counts.
        let evening = hush("2026-11-23T20:30:00Z");
        assert_eq!(evening.until(Some("88212345678"), None), Some(at("2026-11-24T07:00:00Z")));
    }

    #[test]
    fn work_that_rests_takes_longer() {
        let night = window("21:00-08:00");
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        for (begins, work, expected) in [
            ("2026-11-23T08:00:00Z", hours(2), "2026-11-23T10:00:00Z"),
            ("2026-11-23T08:00:00Z", hours(12), "2026-11-23T20:00:00Z"),
            ("2026-11-23T08:00:00Z", hours(13), "2026-11-24T08:00:00Z"),
            ("2026-11-23T22:00:00Z", hours(0), "2026-11-24T07:00:00Z"),
            ("2026-11-23T08:00:00Z", hours(12 + 13 * 3 + 1), "2026-11-27T08:00:00Z"),
        ] {
            assert_eq!(through(night, &zone, at(begins), work), at(expected), "{begins} {work:?}");
        }
    }
}
