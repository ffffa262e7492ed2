//! Reads opening hours as people write them: first the words become days, times and what joins them, then days and times
//! find each other. What has two readings, or none, is refused with the reason.

use super::scan::{Lexeme, Piece, lex};
use super::words::{DAILY, Half, LEXICON, Meaning};
use super::{DAY_MINUTES, OpeningHours};

/// What a text says.
pub(super) struct Reading {
    pub(super) hours: OpeningHours,
    /// Does it speak of public holidays? Nobody here knows when they are.
    pub(super) names_holidays: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Days(u8),
    To,
    And,
    Break,
    Time(ClockTime),
    AllDay,
    Closed,
    Except,
    Holiday,
    Unknown(String),
    Beyond(String),
}

/// A time as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ClockTime {
    hour: u16,
    minute: u16,
    half: Option<Half>,
    /// Is it certainly of a clock with 24 hours: `08:00`, `18`, `8 Uhr`?
    of_24: bool,
}

/// What belongs to days.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Spans(Vec<(u16, u16)>),
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Element {
    Days(u8),
    Value(Value),
    Break,
}

/// Days, and what belongs to them.
type Clause = (u8, Value);

/// Reads opening hours.
pub(super) fn read(text: &str) -> Result<Reading, String> {
    let tokens = tokens(&lex(text))?;
    let has_days = tokens.iter().any(|token| matches!(token, Token::Days(_)));
    let elements = elements(&tokens, has_days)?;
    let clauses = clauses(&elements)?;
    let hours = by_day(&clauses)?;
    Ok(Reading { hours, names_holidays: tokens.contains(&Token::Holiday) })
}

/// The text as tokens.
fn tokens(pieces: &[Piece]) -> Result<Vec<Token>, String> {
    let context = Context::of(pieces);
    let mut tokens: Vec<Token> = Vec::new();
    let (mut at, mut before) = (0, None);
    while let Some(piece) = pieces.get(at) {
        let rest = &pieces[at..];
        // `segunda-feira`
        if let [Piece { lexeme: Lexeme::Mark('-'), .. }, Piece { lexeme: Lexeme::Word(word), .. }, ..] = rest
            && (word == "feira" || word == "feiras")
        {
            at += 2;
            continue;
        }
        let is_last_to = matches!(tokens.last(), Some(Token::To));
        let phrase = context.meaning(pieces, at, tokens.last());
        if let Lexeme::Number(digits) = &piece.lexeme {
            let whole = phrase.filter(|(length, meaning)| match meaning {
                // `0-24h` is a time, `24h` is all day.
                Meaning::AllDay => !is_last_to && !is_to(pieces.get(at + length)),
                Meaning::Days(_) | Meaning::Always | Meaning::Clock(_) => true,
                _ => false,
            });
            if let Some((length, meaning)) = whole {
                push(&mut tokens, meaning, "", before.take());
                at += length;
                continue;
            }
            let (time, length) =
                clock_time(rest, digits).ok_or_else(|| format!("\"{digits}\" is no time of the day"))?;
            let time = match before.take() {
                Some(half) if time.half.is_none() => ClockTime { half: Some(half), ..time },
                _ => time,
            };
            tokens.push(Token::Time(time));
            at += length;
            continue;
        }
        let Some((length, meaning)) = phrase else {
            if let Lexeme::Word(word) = &piece.lexeme {
                // `والأحد`: the word for "and" is a part of the next one.
                if let Some(rest) = word.strip_prefix('و')
                    && let Some((_, meaning)) =
                        LEXICON.at(&[Piece { lexeme: Lexeme::Word(rest.to_owned()), joined: false }]).next()
                {
                    tokens.push(Token::And);
                    push(&mut tokens, meaning, rest, before.take());
                } else {
                    tokens.push(Token::Unknown(word.clone()));
                }
            } else if matches!(piece.lexeme, Lexeme::Mark(';' | '.')) {
                tokens.push(Token::Break);
            }
            at += 1;
            continue;
        };
        if let Meaning::Before(half) = meaning {
            before = Some(half);
        } else {
            let word = if let Lexeme::Word(word) = &piece.lexeme { word } else { "" };
            push(&mut tokens, meaning, word, before.take());
        }
        at += length;
    }
    Ok(tokens)
}

fn push(tokens: &mut Vec<Token>, meaning: Meaning, word: &str, half: Option<Half>) {
    let token = match meaning {
        Meaning::Days(days) => Token::Days(days),
        Meaning::To => Token::To,
        Meaning::And => Token::And,
        Meaning::Closed => Token::Closed,
        Meaning::AllDay => Token::AllDay,
        Meaning::Except => Token::Except,
        Meaning::Holiday => Token::Holiday,
        Meaning::Beyond => Token::Beyond(word.to_owned()),
        Meaning::Clock(minutes) => {
            Token::Time(ClockTime { hour: minutes / 60, minute: minutes % 60, half, of_24: true })
        }
        Meaning::Always => {
            tokens.push(Token::Days(DAILY));
            Token::AllDay
        }
        Meaning::Unit(_) | Meaning::After(_) | Meaning::Before(_) | Meaning::HalfPast | Meaning::Filler => return,
    };
    tokens.push(token);
}

fn is_to(piece: Option<&Piece>) -> bool {
    let meaning = piece.and_then(|piece| LEXICON.at(std::slice::from_ref(piece)).next());
    matches!(meaning, Some((_, Meaning::To)))
}

/// A time that begins with these digits, and how many pieces it takes.
fn clock_time(pieces: &[Piece], digits: &str) -> Option<(ClockTime, usize)> {
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

/// What the other words say about words that two languages use differently.
struct Context {
    /// `lu ma me`: Spanish, French or Italian days of two letters.
    romance: bool,
    /// `ma di wo`
    dutch: bool,
    /// `L M X J V S D`
    spanish_letters: bool,
    /// `M T W T F S S`
    english_letters: bool,
}

impl Context {
    fn of(pieces: &[Piece]) -> Self {
        let has = |words: &[&str]| {
            pieces.iter().any(|piece| matches!(&piece.lexeme, Lexeme::Word(word) if words.contains(&word.as_str())))
        };
        Self {
            romance: has(&["lu", "ju", "je", "gi", "vi"]),
            dutch: has(&["wo", "vr", "za", "zo"]),
            spanish_letters: has(&["x", "j", "v", "l"]),
            english_letters: has(&["f", "w"]),
        }
    }

    /// What begins at a place, and how many pieces it takes.
    fn meaning(&self, pieces: &[Piece], at: usize, last: Option<&Token>) -> Option<(usize, Meaning)> {
        if let Lexeme::Word(word) = &pieces[at].lexeme
            && let Some(found) = self.of_short_word(word, pieces, at, last)
        {
            return found.map(|meaning| (1, meaning));
        }
        let usable = |meaning: &Meaning| !matches!(meaning, Meaning::Unit(_) | Meaning::After(_) | Meaning::HalfPast);
        let mut found = LEXICON.at(&pieces[at..]);
        let first = found.find(|(_, meaning)| usable(meaning));
        // Units without a number, as in "часы работы", say nothing.
        first.or_else(|| LEXICON.at(&pieces[at..]).next().map(|(length, _)| (length, Meaning::Filler)))
    }

    /// Words of one or two letters that mean different things in different languages; `Some(None)`: nothing is known.
    fn of_short_word(&self, word: &str, pieces: &[Piece], at: usize, last: Option<&Token>) -> Option<Option<Meaning>> {
        let day = |day: u8| Some(Meaning::Days(1 << day));
        let mark = |place: Option<usize>| {
            let lexeme = place.and_then(|place| pieces.get(place)).map(|piece| &piece.lexeme);
            matches!(lexeme, Some(Lexeme::Mark('-' | ',' | '/' | '&' | '+') | Lexeme::Number(_)))
        };
        let beside_mark = mark(Some(at + 1)) || mark(at.checked_sub(1));
        let next_is_letter = matches!(
            pieces.get(at + 1).map(|piece| &piece.lexeme),
            Some(Lexeme::Word(next)) if matches!(next.as_str(), "a" | "y" | "e" | "x" | "m" | "j" | "v")
        );
        Some(match word {
            "ma" if self.dutch => day(0),
            "ma" if self.romance => day(1),
            "ma" => None,
            "di" if self.romance && beside_mark => day(6),
            "di" if beside_mark || self.dutch => day(1),
            "do" if matches!(last, Some(Token::Time(_))) && !beside_mark_before(pieces, at) => Some(Meaning::To),
            "do" if self.romance => day(6),
            "do" => day(3),
            // Turkish for "from", Indonesian for "and".
            "dan" => {
                let ends = ["a", "ya", "e", "ye"].map(|end| Lexeme::Word(end.to_owned()));
                let is_from = pieces.get(at + 2).is_some_and(|piece| ends.contains(&piece.lexeme));
                Some(if is_from || matches!(last, Some(Token::Time(_))) { Meaning::To } else { Meaning::And })
            }
            "me" if self.romance => day(2),
            "ve" if self.romance => day(4),
            "we" if beside_mark => day(2),
            "wo" => day(2),
            "l" if beside_mark || next_is_letter => day(0),
            "m" if self.english_letters && beside_mark => day(0),
            "m" if self.spanish_letters => day(1),
            "w" if beside_mark => day(2),
            "f" if beside_mark => day(4),
            "x" => day(2),
            "j" if beside_mark || next_is_letter => day(3),
            "v" if beside_mark || next_is_letter => day(4),
            "s" | "d" if self.spanish_letters && (beside_mark || at + 1 == pieces.len()) => {
                day(if word == "s" { 5 } else { 6 })
            }
            _ => return None,
        })
    }
}

fn beside_mark_before(pieces: &[Piece], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|place| pieces.get(place));
    matches!(before.map(|piece| &piece.lexeme), Some(Lexeme::Mark(',' | '/' | '+' | '&' | ';')))
}

/// The tokens as days and what may belong to them.
fn elements(tokens: &[Token], has_days: bool) -> Result<Vec<Element>, String> {
    let of_24 = tokens.iter().any(|token| matches!(token, Token::Time(time) if time.of_24 && time.half.is_none() && (time.hour > 12 || time.hour == 0)));
    let mut elements: Vec<Element> = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            Token::Days(first) => {
                let first_at = at - 1;
                let mut days = *first;
                if let (Some(Token::To), Some(Token::Days(last))) = (tokens.get(at), tokens.get(at + 1)) {
                    days = range(*first, *last).ok_or("a span of days goes from one day to another")?;
                    at += 2;
                }
                // `every day, Monday to Friday`: one explains the other.
                let explains = first_at.checked_sub(1).is_some_and(|before| matches!(tokens[before], Token::Days(_)));
                match elements.last_mut() {
                    Some(Element::Days(known)) if explains && (*known == DAILY || days == DAILY) => *known &= days,
                    _ => elements.push(Element::Days(days)),
                }
            }
            Token::Except => {
                let mut without = 0;
                while let Some(next) = tokens.get(at) {
                    match next {
                        Token::Days(first) => {
                            without |= *first;
                            at += 1;
                            if let (Some(Token::To), Some(Token::Days(last))) = (tokens.get(at), tokens.get(at + 1)) {
                                without |= range(*first, *last).ok_or("a span of days goes from one day to another")?;
                                at += 2;
                            }
                        }
                        Token::And | Token::Holiday => at += 1,
                        _ => break,
                    }
                }
                // `Mo-Fr 8-18, außer Mi 8-13`: what is said of fewer days goes before the rest anyway.
                if matches!(tokens.get(at), Some(Token::Time(_))) && matches!(elements.last(), Some(Element::Value(_)))
                {
                    elements.push(Element::Days(without));
                    continue;
                }
                // `täglich außer So 9-18`, and `täglich 9-18 außer So`
                let days = elements.iter_mut().rev().find_map(|element| match element {
                    Element::Days(days) => Some(days),
                    Element::Value(_) | Element::Break => None,
                });
                *days.ok_or("\"except\" stands behind the days that it is about")? &= !without;
            }
            Token::Time(from) => {
                let (Some(Token::To), Some(Token::Time(until))) = (tokens.get(at), tokens.get(at + 1)) else {
                    if *from == (ClockTime { hour: 24, minute: 0, half: None, of_24: true }) {
                        elements.push(Element::Value(Value::Spans(vec![(0, DAY_MINUTES)])));
                        continue;
                    }
                    return Err(format!("{from} has no end: a span of time goes from one time to another"));
                };
                at += 2;
                let before = match elements.last() {
                    Some(Element::Value(Value::Spans(spans))) => spans.last().copied(),
                    _ => None,
                };
                let span = span(*from, *until, of_24, before)?;
                match elements.last_mut() {
                    Some(Element::Value(Value::Spans(spans))) => spans.push(span),
                    _ => elements.push(Element::Value(Value::Spans(vec![span]))),
                }
            }
            Token::AllDay => elements.push(Element::Value(Value::Spans(vec![(0, DAY_MINUTES)]))),
            Token::Closed => elements.push(Element::Value(Value::Closed)),
            Token::Holiday => elements.push(Element::Days(0)),
            Token::Break => elements.push(Element::Break),
            Token::To | Token::And => {}
            // Words before the first day are an introduction, if days follow at all.
            Token::Unknown(_) if elements.is_empty() && has_days => {}
            Token::Unknown(word) => return Err(format!("the word \"{word}\" is not understood")),
            Token::Beyond(word) => {
                return Err(format!("\"{word}\" can't be kept: only days of the week and times are"));
            }
        }
    }
    Ok(elements)
}

/// From one day to another, over the end of the week too.
fn range(first: u8, last: u8) -> Option<u8> {
    if first.count_ones() != 1 || last.count_ones() != 1 {
        return None;
    }
    let (first, last) = (first.trailing_zeros(), last.trailing_zeros());
    let length = (last + 7 - first) % 7;
    Some((0..=length).fold(0, |days, day| days | 1 << ((first + day) % 7)))
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
fn span(from: ClockTime, until: ClockTime, of_24: bool, before: Option<(u16, u16)>) -> Result<(u16, u16), String> {
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

/// Days and what belongs to them: before them or behind them, whatever makes sense of all of it.
fn clauses(elements: &[Element]) -> Result<Vec<Clause>, String> {
    let plain: Vec<Element> = elements.iter().filter(|element| **element != Element::Break).cloned().collect();
    if plain.is_empty() {
        return Err("no time is in it".to_owned());
    }
    if !plain.iter().any(|element| matches!(element, Element::Days(_))) {
        return match &plain[..] {
            [Element::Value(value @ Value::Spans(_))] => Ok(vec![(DAILY, value.clone())]),
            [Element::Value(Value::Closed)] => Err("it says when nobody is there, and not when somebody is".to_owned()),
            _ => Err("no day is in it".to_owned()),
        };
    }
    // The ends of lines are where clauses end, if that makes sense.
    let by_line = join(elements);
    let found = if by_line.is_empty() { join(&plain) } else { by_line };
    let mut readings: Vec<(Vec<Clause>, OpeningHours)> = Vec::new();
    let mut why = None;
    for clauses in found {
        match by_day(&clauses) {
            Ok(hours) if readings.iter().any(|(_, known)| *known == hours) => {}
            Ok(hours) => readings.push((clauses, hours)),
            Err(error) => why = Some(error),
        }
    }
    match (readings.len(), why) {
        (1, _) => Ok(readings.swap_remove(0).0),
        (0, Some(why)) => Err(why),
        (0, None) => Err("it is not clear which times belong to which days".to_owned()),
        _ => Err("it is not clear which times belong to which days: write the days before their times".to_owned()),
    }
}

/// The ways to join all elements, two of them at most.
fn join(elements: &[Element]) -> Vec<Vec<Clause>> {
    // From every place to the end.
    let mut ways: Vec<Vec<Vec<Clause>>> = vec![Vec::new(); elements.len() + 1];
    ways[elements.len()].push(Vec::new());
    for begin in (0..elements.len()).rev() {
        let mut found: Vec<Vec<Clause>> = Vec::new();
        if elements[begin] == Element::Break {
            found.clone_from(&ways[begin + 1]);
        }
        for (end, clause) in segments(&elements[begin..]) {
            for rest in &ways[begin + end] {
                if found.len() < 2 {
                    found.push(std::iter::once(clause.clone()).chain(rest.iter().cloned()).collect());
                }
            }
        }
        ways[begin] = found;
    }
    ways.swap_remove(0)
}

/// The clauses that begin here, each with the number of elements that it takes.
fn segments(elements: &[Element]) -> Vec<(usize, Clause)> {
    let mut found = Vec::new();
    match &elements[0] {
        Element::Days(_) => {
            let mut days = 0;
            for (place, element) in elements.iter().enumerate() {
                match element {
                    Element::Days(more) => days |= more,
                    Element::Value(value) => {
                        found.push((place + 1, (days, value.clone())));
                        break;
                    }
                    Element::Break => break,
                }
            }
        }
        Element::Value(value) => {
            let mut days = 0;
            for (place, element) in elements.iter().enumerate().skip(1) {
                let Element::Days(more) = element else { break };
                days |= more;
                found.push((place + 1, (days, value.clone())));
            }
        }
        Element::Break => {}
    }
    found
}

/// The times of each day. What is said of fewer days goes before what is said of more.
fn by_day(clauses: &[Clause]) -> Result<OpeningHours, String> {
    let mut hours = OpeningHours::default();
    for (day, open) in hours.days.iter_mut().enumerate() {
        let mut about: Vec<&Clause> = clauses.iter().filter(|(days, _)| days & 1 << day != 0).collect();
        about.sort_by_key(|(days, _)| std::cmp::Reverse(days.count_ones()));
        let mut widest = 0;
        for (days, value) in about {
            let width = days.count_ones();
            match value {
                Value::Closed if open.is_empty() => {}
                Value::Closed if width < widest => open.clear(),
                Value::Closed => return Err("a day is both open and closed".to_owned()),
                Value::Spans(spans) => {
                    let overlap = |one: &(u16, u16), other: &(u16, u16)| one.0 < other.1 && other.0 < one.1;
                    if spans.iter().any(|span| open.iter().any(|known| overlap(known, span))) {
                        if width >= widest {
                            return Err("two times of one day overlap".to_owned());
                        }
                        open.clear();
                    }
                    open.extend(spans);
                    widest = widest.max(width);
                }
            }
            open.sort_unstable();
            if open.windows(2).any(|pair| pair[0].1 > pair[1].0) {
                return Err("two times of one day overlap".to_owned());
            }
        }
    }
    if hours.days.iter().all(Vec::is_empty) {
        return Err("it says when nobody is there, and not when somebody is".to_owned());
    }
    Ok(hours)
}
