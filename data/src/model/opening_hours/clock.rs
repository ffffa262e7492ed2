//! Times of the day as people write them, and spans of them: `8`, `08:00`, `8h30`, `5pm`, `9-5`.

use super::DAY_MINUTES;
use super::lexicon::{Found, Half, Lexicon, Meaning};
use super::scan::{Lexeme, Piece};

/// A time as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClockTime {
    pub(super) hour: u16,
    pub(super) minute: u16,
    pub(super) half: Option<Half>,
    /// Is it certainly of a clock with 24 hours: `08:00`, `18`, `8 Uhr`?
    pub(super) of_24: bool,
    /// Has its hour two digits, as in `09:00`? Whoever writes all of them so shows 24 hours by one `0`.
    pub(super) is_padded: bool,
}

/// A time that begins with these digits, and how many pieces it takes.
pub(super) fn clock_time(lexicon: &Lexicon, pieces: &[Piece], digits: &str) -> Option<(ClockTime, usize)> {
    let number = |place: usize, joined: bool| match pieces.get(place) {
        Some(Piece { lexeme: Lexeme::Number(digits), joined: is_joined })
            if digits.len() == 2 && (*is_joined || !joined) =>
        {
            digits.parse::<u16>().ok()
        }
        _ => None,
    };
    let mut length = 1;
    let (hour, mut minute, mut of_24);
    match (digits.len(), pieces.get(1).map(|piece| &piece.lexeme)) {
        // `0830`, `830`; a number that no clock shows is more likely a year.
        (3 | 4, _) => {
            let (hours, minutes) = digits.split_at(digits.len() - 2);
            (hour, minute) = (hours.parse().ok()?, minutes.parse::<u16>().ok()?);
            if minute % 5 != 0 {
                return None;
            }
            of_24 = digits.len() == 4 && digits.starts_with('0');
        }
        (1 | 2, Some(Lexeme::Mark(':' | '.'))) if number(2, true).is_some() => {
            (hour, minute) = (digits.parse().ok()?, number(2, true)?);
            of_24 = digits.len() == 2 && digits.starts_with('0');
            length = 3;
            // `08:00:00`
            if matches!(pieces.get(3).map(|piece| &piece.lexeme), Some(Lexeme::Mark(':'))) && number(4, true) == Some(0)
            {
                length = 5;
            }
            // A date is no time.
            if matches!(pieces.get(length), Some(Piece { lexeme: Lexeme::Mark('.'), joined: true }))
                && matches!(pieces.get(length + 1), Some(Piece { lexeme: Lexeme::Number(_), joined: true }))
            {
                return None;
            }
        }
        (1 | 2, _) => {
            (hour, minute) = (digits.parse().ok()?, 0);
            of_24 = digits.len() == 2 && digits.starts_with('0');
        }
        _ => return None,
    }
    let mut half = None;
    loop {
        let rest = pieces.get(length..).unwrap_or_default();
        let longest = lexicon.at(rest).next().map_or(0, |found| found.length);
        let Some(Found { length: taken, meaning, .. }) = lexicon.at(rest).find(|found| {
            let belongs = matches!(
                found.meaning,
                Meaning::Unit(_) | Meaning::After(_) | Meaning::Part(_) | Meaning::HalfPast | Meaning::And
            );
            belongs && found.length == longest
        }) else {
            break;
        };
        let is_joined = rest[0].joined;
        match meaning {
            // A word that is a day too is a unit only at its number: `8h`, not `8-16 H-P`.
            Meaning::Unit(_) if !is_joined && !lexicon.days_at(rest).is_empty() => break,
            // One letter is a unit only at its number: `18u`, not `8-12 u. 14-18`.
            Meaning::Unit(_) if !is_joined && rest[0].lexeme == Lexeme::Word("u".to_owned()) => break,
            Meaning::Unit(is_of_24) => {
                of_24 |= is_of_24;
                length += taken;
                // `8h30`, `8点30分`, `8 h 30`, and not `8 h 12 h`
                let is_unit = |rest: &[Piece]| lexicon.at(rest).any(|found| matches!(found.meaning, Meaning::Unit(_)));
                let is_apart = !is_joined && !pieces.get(length + 1..).is_some_and(is_unit);
                if minute == 0
                    && let Some(minutes) = number(length, !is_apart)
                {
                    minute = minutes;
                    length += 1;
                    if let Some(Piece { lexeme: Lexeme::Word(word), joined: true }) = pieces.get(length)
                        && matches!(word.as_str(), "分" | "min" | "분")
                    {
                        length += 1;
                    }
                }
            }
            Meaning::HalfPast => {
                minute = 30;
                length += taken;
            }
            Meaning::After(part) | Meaning::Part(part) => {
                // `8-12 am Samstag`: the German word for "on".
                let is_am = !is_joined && taken == 1 && rest[0].lexeme == Lexeme::Word("am".to_owned());
                let next = rest.get(taken..).unwrap_or_default();
                let is_of_next = matches!(meaning, Meaning::Part(_))
                    && matches!(next.first(), Some(Piece { lexeme: Lexeme::Number(_), .. }));
                if half.is_some() || is_of_next || (is_am && !lexicon.days_at(next).is_empty()) {
                    break;
                }
                half = Some(part);
                length += taken;
            }
            _ => break,
        }
    }
    // `9a-5p`
    if half.is_none()
        && let Some(Piece { lexeme: Lexeme::Word(word), joined: true }) = pieces.get(length)
    {
        match word.as_str() {
            "p" => (half, length) = (Some(Half::Evening), length + 1),
            "a" if !matches!(pieces.get(length + 1), Some(Piece { lexeme: Lexeme::Number(_), .. })) => {
                (half, length) = (Some(Half::Morning), length + 1);
            }
            _ => {}
        }
    }
    if hour > 24 || minute > 59 || (hour == 24 && minute > 0) {
        return None;
    }
    // `14 in the morning`
    if hour > 12 && half == Some(Half::Morning) {
        return None;
    }
    of_24 |= hour > 12 || hour == 0;
    let is_padded = digits.len() == 2 && length >= 3 && half.is_none();
    Some((ClockTime { hour, minute, half, of_24, is_padded }, length))
}

impl std::fmt::Display for ClockTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{:02}", self.hour, self.minute)
    }
}

impl ClockTime {
    /// Is it of a clock with 24 hours, by its hour alone?
    pub(super) fn shows_24_hours(self) -> bool {
        self.of_24 && self.half.is_none() && (self.hour > 12 || self.hour == 0)
    }

    fn minutes(self) -> u16 {
        self.hour * 60 + self.minute
    }

    /// The minute of the day, where its half is said or nothing else is possible.
    fn certain(self) -> Option<u16> {
        let (minutes, noon) = (self.minutes(), 12 * 60);
        match self.half {
            _ if self.hour > 12 => Some(minutes),
            Some(Half::Morning) => Some(minutes % noon),
            Some(Half::Evening) => Some(minutes % noon + noon),
            Some(Half::Noon) => Some(if (1..=5).contains(&self.hour) { minutes + noon } else { minutes }),
            Some(Half::Night) => Some(match self.hour {
                12 => noon * 2,
                6..12 => minutes + noon,
                _ => minutes,
            }),
            None => self.of_24.then_some(minutes),
        }
    }
}

/// A span of longer than this is not what somebody meant by two bare numbers.
pub(super) const LIKELY_MINUTES_MAX: u16 = 16 * 60;

/// From a time until another one. `before`: the span before it on the same days.
pub(super) fn span(
    from: ClockTime,
    until: ClockTime,
    of_24: bool,
    before: Option<(u16, u16)>,
) -> Result<(u16, u16), String> {
    let noon = 12 * 60;
    // Midnight is where a day begins, if something begins then.
    let from = if from.hour == 24 { ClockTime { hour: 0, ..from } } else { from };
    let unclear = || format!("{from}-{until} has two readings: write it on the clock of 24 hours");
    let later = |from: u16, until: u16| if until > from { until } else { until + DAY_MINUTES };
    // Noon until midnight, or the other way, or all day long? And from 8:00 until the same time, but for midnight?
    let is_bare_12 = |time: ClockTime| time.hour == 12 && time.certain().is_none();
    let is_same = from.certain().is_some() && from.certain() == until.certain();
    let is_noon_to_noon = from.hour == 12 && until.hour == 12 && until.minute <= from.minute;
    if is_noon_to_noon && (is_bare_12(from) || is_bare_12(until)) {
        return Err(unclear());
    }
    if is_same && from.certain().is_some_and(|minutes| minutes % DAY_MINUTES != 0) {
        return Err(unclear());
    }
    let (from_minutes, until_minutes) = match (from.certain(), until.certain()) {
        (Some(start), Some(end)) => (start, later(start, end)),
        // `9-5pm`
        (None, Some(end)) if until.half.is_some() => {
            let (plain, shifted) = (from.minutes() % noon, from.minutes() % noon + noon);
            // `8-12pm` ends at noon.
            let candidates: Vec<u16> = [plain, shifted].into_iter().filter(|start| *start < end).collect();
            match candidates[..] {
                [start] => (start, end),
                [early, late] if end - early >= LIKELY_MINUTES_MAX => (late, end),
                [..] => return Err(unclear()),
            }
        }
        // `7am to 6`
        (Some(start), None) if from.half.is_some() => {
            let end =
                [0, noon, 2 * noon].into_iter().map(|half| until.minutes() % noon + half).find(|end| *end > start);
            (start, end.ok_or_else(unclear)?)
        }
        (start, end) => {
            let (start, end) = (start.unwrap_or(from.minutes()), end.unwrap_or(until.minutes()));
            let (is_certain, wraps) = (from.of_24 && until.of_24, end <= start);
            if !wraps {
                // `8-12, 1-5`: the second one is after noon. By itself it could be both.
                if !of_24 && !from.of_24 && !until.of_24 && from.hour < 6 {
                    match before {
                        Some((_, last)) if start < last && last <= start + noon => (start + noon, end + noon),
                        _ => return Err(unclear()),
                    }
                } else {
                    (start, end)
                }
            } else if is_certain || from.of_24 {
                (start, end + DAY_MINUTES)
            } else {
                let past_midnight = end + DAY_MINUTES - start;
                if of_24 && past_midnight <= LIKELY_MINUTES_MAX {
                    (start, end + DAY_MINUTES)
                } else if !of_24
                    && !until.of_24
                    && past_midnight > LIKELY_MINUTES_MAX
                    && (6..12).contains(&from.hour)
                    && end + noon > start
                {
                    (start, end + noon)
                } else {
                    return Err(unclear());
                }
            }
        }
    };
    let length = until_minutes - from_minutes;
    // `09:00-05:00`: by night, or as in `9-5`?
    let is_plain = |time: ClockTime| time.half.is_none() && (1..=12).contains(&time.hour);
    let is_long = until_minutes > DAY_MINUTES && length > LIKELY_MINUTES_MAX;
    if length > DAY_MINUTES || (is_long && is_plain(from) && is_plain(until)) {
        return Err(unclear());
    }
    Ok((from_minutes, until_minutes))
}

/// When a break is, within the span that it interrupts: on a clock of 12 hours it may be of both halves.
pub(super) fn pause_span(from: ClockTime, until: ClockTime, around: (u16, u16)) -> Option<(u16, u16)> {
    let within = |time: ClockTime| {
        let halves = [0, 12 * 60].map(|half| time.minutes() + half);
        let minutes = time.certain().map_or(halves.to_vec(), |minutes| vec![minutes]);
        minutes.into_iter().filter(|minutes| (around.0..=around.1).contains(minutes)).collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    for start in within(from) {
        found.extend(within(until).into_iter().filter(|end| *end > start).map(|end| (start, end)));
    }
    match found[..] {
        [(start, end)] if start > around.0 && end < around.1 => Some((start, end)),
        _ => None,
    }
}
