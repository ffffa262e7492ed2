//! Business hours: `Mon-Fri 08:00-18:00; Sat 09:00-13:00, 14:00-16:00; Sun closed`, in the tenant's time zone.
//!
//! Text that is not written so is a fact for the model and closes nothing.

use jiff::Zoned;
use jiff::civil::{Time, Weekday};

/// Is the shop open?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// Yes, or nobody said when it is closed.
    Yes,
    /// No.
    No,
}

struct Span {
    days: Vec<Weekday>,
    from: Time,
    until: Time,
}

/// Is the shop open at this time, by hours written like this? Nothing, or words that are no hours, mean yes.
#[must_use]
pub fn open(hours: Option<&str>, at: &Zoned) -> Open {
    let Some(hours) = hours.map(str::trim).filter(|hours| !hours.is_empty()) else { return Open::Yes };
    let Some(spans) = parse(hours) else { return Open::Yes };
    let (day, time) = (at.weekday(), at.time());
    let inside = |span: &Span| {
        let today = span.days.contains(&day);
        if span.from < span.until {
            return today && span.from <= time && time < span.until;
        }
        // Past midnight: the evening of its own day, or the morning after it.
        (today && span.from <= time) || (span.days.contains(&day.previous()) && time < span.until)
    };
    if spans.iter().any(inside) { Open::Yes } else { Open::No }
}

fn parse(hours: &str) -> Option<Vec<Span>> {
    let mut spans = Vec::new();
    for rule in hours.split([';', '\n']).map(str::trim).filter(|rule| !rule.is_empty()) {
        let (days, times) = rule.split_once(char::is_whitespace)?;
        let days = parse_days(days.trim_end_matches(':'))?;
        if times.trim().eq_ignore_ascii_case("closed") {
            continue;
        }
        for span in times.split(',') {
            let (from, until) = span.split_once(['-', '–'])?;
            let (from, until) = (parse_time(from)?, parse_time(until)?);
            spans.push(Span { days: days.clone(), from, until });
        }
    }
    Some(spans)
}

fn parse_days(days: &str) -> Option<Vec<Weekday>> {
    if days.eq_ignore_ascii_case("daily") {
        return Some(Weekday::Monday.cycle_forward().take(7).collect());
    }
    let mut all = Vec::new();
    for part in days.split(',') {
        match part.split_once(['-', '–']) {
            None => all.push(parse_day(part)?),
            Some((from, until)) => {
                let (from, until) = (parse_day(from)?, parse_day(until)?);
                all.extend(from.cycle_forward().take_while(|day| *day != until));
                all.push(until);
            }
        }
    }
    Some(all)
}

fn parse_day(word: &str) -> Option<Weekday> {
    Some(match word.trim().to_ascii_lowercase().as_str() {
        "mon" | "monday" => Weekday::Monday,
        "tue" | "tuesday" => Weekday::Tuesday,
        "wed" | "wednesday" => Weekday::Wednesday,
        "thu" | "thursday" => Weekday::Thursday,
        "fri" | "friday" => Weekday::Friday,
        "sat" | "saturday" => Weekday::Saturday,
        "sun" | "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

fn parse_time(word: &str) -> Option<Time> {
    let (hour, minute) = word.trim().split_once(':')?;
    let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    if (hour, minute) == (24, 0) {
        return Some(Time::midnight());
    }
    Time::new(hour, minute, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_by_weekday_and_past_midnight() {
        let usual = "Mon-Fri 08:00-12:00, 13:00-18:00; Sat 09:00-13:00; Sun closed";
        let bar = "Fri-Sat 20:00-02:00";
        for (hours, at, expected) in [
            (usual, "2026-11-23T08:00[Europe/Berlin]", Open::Yes),
            (usual, "2026-11-23T12:30[Europe/Berlin]", Open::No),
            (usual, "2026-11-23T18:00[Europe/Berlin]", Open::No),
            (usual, "2026-11-28T10:00[Europe/Berlin]", Open::Yes),
            (usual, "2026-11-29T10:00[Europe/Berlin]", Open::No),
            (bar, "2026-11-28T01:00[UTC]", Open::Yes),
            (bar, "2026-11-29T01:59[UTC]", Open::Yes),
            (bar, "2026-11-27T01:00[UTC]", Open::No),
            ("daily 00:00-24:00", "2026-11-27T23:59[UTC]", Open::Yes),
            ("every day from 8 to 6", "2026-11-27T23:59[UTC]", Open::Yes),
            ("", "2026-11-27T23:59[UTC]", Open::Yes),
        ] {
            assert_eq!(open(Some(hours), &at.parse().unwrap()), expected, "{hours} at {at}");
        }
    }
}
