//! Reads opening hours as people write them: first the words become days, times and what joins them, then days and times
//! find each other. What has two readings, or none, is refused with the reason.

use super::clauses::{Element, Value, by_day, clauses};
use super::clock::{ClockTime, clock_time, span};
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
