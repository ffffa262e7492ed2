//! Times of the day as people write them, and spans of them: `8`, `08:00`, `8h30`, `5pm`, `9-5`.

use super::DAY_MINUTES;
use super::scan::{Lexeme, Piece};
use super::words::{Half, LEXICON, Meaning};

/// A time as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClockTime {
    pub(super) hour: u16,
    pub(super) minute: u16,
    pub(super) half: Option<Half>,
    /// Is it certainly of a clock with 24 hours: `08:00`, `18`, `8 Uhr`?
    pub(super) of_24: bool,
}

/// A time that begins with these digits, and how many pieces it takes.
pub(super) fn clock_time(pieces: &[Piece], digits: &str) -> Option<(ClockTime, usize)> {
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
        // `0830`; a number that no clock shows is more likely a year.
        (4, _) => {
            (hour, minute) = (digits[..2].parse().ok()?, digits[2..].parse::<u16>().ok()?);
            if minute % 5 != 0 {
                return None;
            }
            of_24 = true;
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
    while let Some((taken, meaning)) = pieces
        .get(length..)
        .into_iter()
        .flat_map(|rest| LEXICON.at(rest))
        .find(|(_, meaning)| matches!(meaning, Meaning::Unit(_) | Meaning::After(_) | Meaning::HalfPast))
    {
        let is_joined = pieces.get(length).is_some_and(|piece| piece.joined);
        match meaning {
            // One letter is a unit only at its number: `18u`, not `8-12 u. 14-18`.
            Meaning::Unit(_) if pieces[length].lexeme == Lexeme::Word("u".to_owned()) && !is_joined => break,
            Meaning::Unit(is_of_24) => {
                of_24 |= is_of_24;
                length += taken;
                // `8h30`, `8点30分`, `8 h 30`, and not `8 h 12 h`
                let is_unit = |rest: &[Piece]| matches!(LEXICON.at(rest).next(), Some((_, Meaning::Unit(_))));
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
            Meaning::After(part) => {
                // `8-12 am Samstag`: the German word for "on".
                let is_am = !is_joined && taken == 1 && pieces[length].lexeme == Lexeme::Word("am".to_owned());
                let next = pieces.get(length + taken..).and_then(|rest| LEXICON.at(rest).next());
                if half.is_some() || (is_am && matches!(next, Some((_, Meaning::Days(_))))) {
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
    of_24 |= hour > 12 || hour == 0;
    Some((ClockTime { hour, minute, half, of_24 }, length))
}

impl std::fmt::Display for ClockTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{:02}", self.hour, self.minute)
    }
}

impl ClockTime {
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
const LIKELY_MINUTES_MAX: u16 = 16 * 60;

/// From a time until another one. `before`: the span before it on the same days.
pub(super) fn span(
    from: ClockTime,
    until: ClockTime,
    of_24: bool,
    before: Option<(u16, u16)>,
) -> Result<(u16, u16), String> {
    let noon = 12 * 60;
    let unclear = || format!("{from}-{until} has two readings: write it on the clock of 24 hours");
    let later = |from: u16, until: u16| if until > from { until } else { until + DAY_MINUTES };
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
                } else if !of_24 && !until.of_24 && past_midnight > LIKELY_MINUTES_MAX && end + noon > start {
                    (start, end + noon)
                } else {
                    return Err(unclear());
                }
            }
        }
    };
    if until_minutes - from_minutes > DAY_MINUTES {
        return Err(unclear());
    }
    Ok((from_minutes, until_minutes))
}
