//! The checks of what is filled in for a campaign, and the words for its times. Pure.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use mychatflow_data::model::query::Query;
use mychatflow_data::time::Timestamp;

use crate::state::form::{anything, something};

/// The longest text that a message may be.
const TEXT_CHARS_MAX: usize = 4096;

/// A text with places for variables.
///
/// # Errors
/// When there is none, when it is too long, or when its braces are wrong.
pub fn template(text: &str) -> Result<(), String> {
    something(text)?;
    maybe_template(text)
}

/// The same, or nothing.
///
/// # Errors
/// When it is too long, or when its braces are wrong.
pub fn maybe_template(text: &str) -> Result<(), String> {
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(format!("WhatsApp takes {TEXT_CHARS_MAX} characters at most"));
    }
    balanced(text)
}

/// Every brace that opens a place is closed by its own kind.
fn balanced(text: &str) -> Result<(), String> {
    const PAIRS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];
    let mut rest = text;
    loop {
        let first = |end: fn(&(&'static str, &'static str)) -> &'static str| {
            PAIRS.iter().filter_map(|pair| Some((rest.find(end(pair))?, *pair))).min_by_key(|(at, _)| *at)
        };
        let (open, close) = (first(|pair| pair.0), first(|pair| pair.1));
        let Some((at, (opens, closes))) = open else {
            return match close {
                Some((_, (opens, closes))) => Err(format!("{closes} closes what no {opens} has opened")),
                None => Ok(()),
            };
        };
        if let Some((early, (opens, closes))) = close
            && early < at
        {
            return Err(format!("{closes} closes what no {opens} has opened"));
        }
        let inside = &rest[at + opens.len()..];
        match inside.find(closes) {
            Some(end) if inside[..end].contains("{{") => return Err(format!("{opens} is opened twice")),
            Some(0) => return Err(format!("nothing stands between {opens} and {closes}")),
            Some(end) if opens == "{{" && inside[..end].trim().is_empty() => {
                return Err("nothing stands between {{ and }}".to_owned());
            }
            Some(end) => rest = &inside[end + closes.len()..],
            None => return Err(format!("{opens} is not closed by {closes}")),
        }
    }
}

/// Two letters, or nothing.
///
/// # Errors
/// When it is something else.
pub fn country(text: &str) -> Result<(), String> {
    let text = text.trim();
    let known = text.is_empty() || (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()));
    if known { Ok(()) } else { Err("two letters go here, such as DE or GB".to_owned()) }
}

/// Who gets it, as a query; the daemon says what else is wrong with it.
///
/// # Errors
/// When there is none, or when it may be a name of people as well as that of a segment.
pub fn audience(text: &str) -> Result<(), String> {
    something(text)?;
    match Query::parse(text) {
        Ok(query) if query.is_words() && !text.contains('"') => {
            Err("name:ana is a name, segment:ana a segment".to_owned())
        }
        _ => Ok(()),
    }
}

/// A time: none, local or RFC 3339.
///
/// # Errors
/// When it is something else.
pub fn time(text: &str) -> Result<(), String> {
    let text = text.trim();
    let known = text.is_empty() || text.parse::<DateTime>().is_ok() || text.parse::<jiff::Timestamp>().is_ok();
    if known { anything(text) } else { Err("a time such as 2026-12-01 09:00 goes here".to_owned()) }
}

/// A time zone, or nothing.
///
/// # Errors
/// When nobody knows it.
pub fn zone(text: &str) -> Result<(), String> {
    let text = text.trim();
    let known = text.is_empty() || TimeZone::get(text).is_ok();
    if known { Ok(()) } else { Err("nobody knows this zone; write it like Europe/Berlin".to_owned()) }
}

/// A length of time.
///
/// # Errors
/// When it is something else.
pub fn span(text: &str) -> Result<(), String> {
    text.trim().parse::<mychatflow_data::protocol::span::Span>().map(|_| ()).map_err(|error| error.to_string())
}

/// From when to when, or nothing.
///
/// # Errors
/// When it is something else.
pub fn quiet(text: &str) -> Result<(), String> {
    let clock = |text: &str| {
        let (hours, minutes) = text.trim().split_once(':')?;
        let number = |text: &str, most: u8| text.parse::<u8>().ok().filter(|number| text.len() <= 2 && *number <= most);
        Some((number(hours, 23)?, number(minutes, 59)?))
    };
    let ends = text.trim().split_once('-').map(|(from, to)| (clock(from), clock(to)));
    match ends {
        None if text.trim().is_empty() => Ok(()),
        Some((Some(from), Some(to))) if from != to => Ok(()),
        _ => Err("two times go here, such as 21:00-08:00".to_owned()),
    }
}

/// A time as it is typed: `2026-12-01 09:00`.
#[must_use]
pub fn local(at: Timestamp, timezone: &str) -> String {
    let zone = TimeZone::get(timezone).unwrap_or(TimeZone::UTC);
    at.to_jiff().to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string()
}

/// What a typed time is in its zone and in UTC, and what is odd about it; `None` while it is none.
#[must_use]
pub fn clocks(text: &str, timezone: &str, now: Timestamp) -> Option<(String, Option<&'static str>)> {
    let text = text.trim();
    let zone = TimeZone::get(timezone).ok()?;
    let (at, odd) = match text.parse::<jiff::Timestamp>() {
        Ok(at) => (at, None),
        Err(_) => {
            let ambiguous = zone.to_ambiguous_zoned(text.parse::<DateTime>().ok()?);
            let odd = match ambiguous.offset() {
                AmbiguousOffset::Unambiguous { .. } => None,
                AmbiguousOffset::Gap { .. } => Some("the clocks skip this time there: it starts after the gap"),
                AmbiguousOffset::Fold { .. } => Some("the clocks show this time twice there: the first one counts"),
            };
            (ambiguous.compatible().ok()?.timestamp(), odd)
        }
    };
    let at = Timestamp::from_millis(at.as_millisecond());
    let odd =
        if at <= now { Some("this time is over: write one to come, or none to start when launched") } else { odd };
    Some((crate::state::campaigns::both_clocks(at, timezone), odd))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::form::Check;

    #[test]
    fn braces_are_told_apart() {
        for good in ["Hi", "Hi {{ name }}", "{% if name %}Hi {{ name }}{% endif %}", "{one brace} }", "{# a note #}"] {
            assert_eq!(balanced(good), Ok(()), "{good}");
        }
        for bad in [
            "Hi {{ name",
            "Hi {{ name }",
            "Hi name }}",
            "{{ }}",
            "{{}}",
            "{{ {{ name }}",
            "{% if name }}",
            "%} {% x %}",
        ] {
            assert!(balanced(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_typed_is_checked() {
        let table: &[(Check, &[&str], &[&str])] = &[
            (time, &["", "2026-12-01 09:00", "2026-12-01T09:00:00Z"], &["tomorrow", "09:00", "2026-13-01 09:00"]),
            (quiet, &["", "21:00-08:00", " 9:00 - 10:30 "], &["21-8", "21:00", "24:00-08:00", "08:00-08:00", "1:-2:"]),
            (zone, &["", "Europe/Berlin"], &["Mars/Olympus"]),
            (country, &["", "DE", " gb "], &["Germany", "D1"]),
            (audience, &["all", "tag:vip", "name:ana", "tagg:vip"], &["", "ana", "ana maria"]),
            (span, &["1h", "30m"], &["", "soon"]),
            (template, &["Hi {{ name }}"], &["", "  ", "{{"]),
            (maybe_template, &["", "Hi {{ name }}"], &["{{"]),
        ];
        for (check, good, bad) in table {
            for text in *good {
                assert_eq!(check(text), Ok(()), "{text:?}");
            }
            for text in *bad {
                assert!(check(text).is_err(), "{text:?}");
            }
        }
    }

    #[test]
    fn a_typed_time_is_told_in_utc_too() {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let table = [
            ("2026-12-01 09:00", "Europe/Berlin", "09:00 Europe/Berlin = 08:00 UTC", false),
            ("2026-07-01 09:00", "Europe/Berlin", "09:00 Europe/Berlin = 07:00 UTC", false),
            ("2026-03-29 02:30", "Europe/Berlin", "03:30 Europe/Berlin = 01:30 UTC", true),
            ("2026-10-25 02:30", "Europe/Berlin", "02:30 Europe/Berlin = 00:30 UTC", true),
            ("2026-12-01T08:00:00Z", "Europe/Berlin", "09:00 Europe/Berlin = 08:00 UTC", false),
            ("2025-12-01 09:00", "Europe/Berlin", "09:00 Europe/Berlin = 08:00 UTC", true),
        ];
        for (text, zone, words, odd) in table {
            let told = clocks(text, zone, now).unwrap();
            assert!(told.0.ends_with(words), "{text}: {}", told.0);
            assert_eq!(told.1.is_some(), odd, "{text}");
        }
        assert_eq!(clocks("", "Europe/Berlin", now), None);
        assert_eq!(clocks("2026-12-01 09:00", "Mars", now), None);
    }
}
