//! The tokens of a text in one language: days, times and what joins them.

use super::clock::{ClockTime, clock_time};
use super::lexicon::{DAILY, Found, Half, Lexicon, Meaning};
use super::scan::{Lexeme, Piece, stands_alone};

/// What a piece of text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Days(u8),
    /// A word for "to".
    To,
    /// `-`: the same, or a mark between days and times.
    Dash,
    And,
    /// `/`: and, or to.
    Slash,
    Break,
    Time(ClockTime),
    AllDay,
    Closed,
    Except,
    Holiday,
    Pause,
    /// A number that is no time.
    NoTime(String),
    Unknown(String),
    Beyond(String),
}

/// How words with more than one reading are read in one try: those at this word, as these days. No days: as no day at all.
pub(super) type Choice = Vec<(String, u8)>;

/// The tokens of a text.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) tokens: Vec<Token>,
    /// Is a day in it by a word that this language uses?
    pub(super) has_usual_days: bool,
    /// Is a day in it by a word that another language uses more?
    pub(super) has_rare_days: bool,
    /// How many words say something in this language.
    pub(super) words_known: usize,
}

struct Reader<'r> {
    lexicon: &'r Lexicon,
    choice: &'r Choice,
    tokens: Tokens,
    /// A half of the day that waits for its time, and the word for it.
    before: Option<(Half, String)>,
}

/// Takes text apart in one language, with one choice of its words that have several readings.
pub(super) fn tokens(lexicon: &Lexicon, pieces: &[Piece], choice: &Choice) -> Tokens {
    let tokens = Tokens { tokens: Vec::new(), has_usual_days: false, has_rare_days: false, words_known: 0 };
    let mut reader = Reader { lexicon, choice, tokens, before: None };
    let mut at = 0;
    while at < pieces.len() {
        at += reader.take(pieces, at);
    }
    if let Some((_, word)) = reader.before.take() {
        reader.tokens.tokens.push(Token::Beyond(word));
    }
    reader.tokens
}

impl Reader<'_> {
    /// Reads what stands at a place and returns how many pieces it takes.
    fn take(&mut self, pieces: &[Piece], at: usize) -> usize {
        let (rest, lexicon) = (&pieces[at..], self.lexicon);
        let phrase = self.phrase(pieces, at);
        match &pieces[at].lexeme {
            Lexeme::Number(digits) => {
                let whole = phrase.filter(|found| match found.meaning {
                    // `0-24h` is a time, `24h` is all day.
                    Meaning::AllDay => {
                        let is_last_to = matches!(self.tokens.tokens.last(), Some(Token::To | Token::Dash));
                        !is_last_to && !is_to(lexicon, pieces, at + found.length)
                    }
                    Meaning::Days(_) | Meaning::Always | Meaning::Clock(_) => true,
                    _ => false,
                });
                if let Some(found) = whole {
                    self.push(found, digits);
                    return found.length;
                }
                let Some((time, length)) = clock_time(lexicon, rest, digits) else {
                    self.tokens.tokens.push(Token::NoTime(digits.clone()));
                    return 1;
                };
                let time = match self.before.take() {
                    Some((half, _)) if time.half.is_none() => ClockTime { half: Some(half), ..time },
                    _ => time,
                };
                self.tokens.tokens.push(Token::Time(time));
                length
            }
            Lexeme::Word(word) => {
                let Some(found) = phrase else {
                    // `والأحد`: the word for "and" is a part of the next one.
                    let behind_and = word.strip_prefix('و').and_then(|rest| {
                        let piece = [Piece { lexeme: Lexeme::Word(rest.to_owned()), joined: false }];
                        lexicon.at(&piece).next()
                    });
                    match behind_and {
                        Some(found) => {
                            self.tokens.tokens.push(Token::And);
                            self.push(found, word);
                        }
                        None => self.tokens.tokens.push(Token::Unknown(word.clone())),
                    }
                    return 1;
                };
                self.tokens.words_known += 1;
                self.push(found, word);
                if matches!(found.meaning, Meaning::Days(_)) && lexicon.says_from(word) {
                    self.tokens.tokens.push(Token::To);
                }
                found.length
            }
            Lexeme::Mark(mark) => {
                if let Some(found) = phrase {
                    self.push(found, mark.encode_utf8(&mut [0; 4]));
                    return found.length;
                }
                match mark {
                    // `Mon--Fri`
                    '-' if self.tokens.tokens.last() == Some(&Token::Dash) => {}
                    '-' => self.tokens.tokens.push(Token::Dash),
                    ';' | '.' => self.tokens.tokens.push(Token::Break),
                    ':' => {}
                    other => self.tokens.tokens.push(Token::Unknown(other.to_string())),
                }
                1
            }
        }
    }

    /// The phrase that begins at a place, in the meaning that it has there.
    fn phrase(&self, pieces: &[Piece], at: usize) -> Option<Found> {
        let rest = &pieces[at..];
        let usable = |found: &Found| {
            !matches!(found.meaning, Meaning::Unit(_) | Meaning::HalfPast) && !is_part_of_thai_word(pieces, at, found)
        };
        let first = self.lexicon.at(rest).find(usable)?;
        let days = self.lexicon.days_at(rest);
        let Some(longest) = days.first().filter(|days| days.length == first.length) else { return Some(first) };
        let other = self.lexicon.at(rest).find(|found| {
            found.length == longest.length && usable(found) && !matches!(found.meaning, Meaning::Days(_))
        });
        if let Some(other) = other
            && !is_among_days(self.lexicon, pieces, at, longest.length)
        {
            return Some(other);
        }
        let chosen = self.choice.iter().find(|(word, _)| *word == spelling(rest, longest.length));
        let wanted = chosen.map(|(_, days)| Meaning::Days(*days));
        days.iter().copied().find(|found| wanted.is_none_or(|wanted| found.meaning == wanted)).or(Some(*longest))
    }

    fn push(&mut self, found: Found, word: &str) {
        let token = match found.meaning {
            Meaning::Days(days) => {
                self.tokens.has_rare_days |= found.rare;
                self.tokens.has_usual_days |= !found.rare;
                Token::Days(days)
            }
            Meaning::To => Token::To,
            Meaning::And if word == "/" => Token::Slash,
            Meaning::And => Token::And,
            Meaning::Closed => Token::Closed,
            Meaning::AllDay => Token::AllDay,
            Meaning::Except => Token::Except,
            Meaning::Holiday => Token::Holiday,
            Meaning::Pause => Token::Pause,
            Meaning::Beyond => Token::Beyond(word.to_owned()),
            Meaning::Clock(minutes) => {
                self.before = None;
                let half = (minutes == 12 * 60).then_some(Half::Noon);
                Token::Time(ClockTime { hour: minutes / 60, minute: minutes % 60, half, of_24: true, is_padded: true })
            }
            Meaning::Always => {
                self.tokens.tokens.push(Token::Days(DAILY));
                Token::AllDay
            }
            Meaning::Part(half) | Meaning::Before(half) | Meaning::After(half) => {
                self.before = Some((half, word.to_owned()));
                return;
            }
            Meaning::Unit(_) | Meaning::HalfPast | Meaning::Filler => return,
        };
        // A half of the day belongs to the time behind it, and to nothing else.
        if let Some((_, word)) = self.before.take() {
            self.tokens.tokens.push(Token::Beyond(word));
        }
        self.tokens.tokens.push(token);
    }
}

/// The words in a text that have more than one reading as days, each with those readings.
pub(super) fn ambiguous(lexicon: &Lexicon, pieces: &[Piece]) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    for at in 0..pieces.len() {
        let days = lexicon.days_at(&pieces[at..]);
        let Some(first) = days.first().filter(|_| days.len() > 1) else { continue };
        let word = spelling(&pieces[at..], first.length);
        if !found.iter().any(|(known, _)| *known == word) {
            let readings = days.iter().filter_map(|found| match found.meaning {
                Meaning::Days(days) => Some(days),
                _ => None,
            });
            found.push((word, readings.collect()));
        }
    }
    found
}

/// The days that other words of a text spell: a text spells no day in two ways and leaves another one unsaid.
pub(super) fn spelled_days(lexicon: &Lexicon, pieces: &[Piece]) -> u8 {
    let mut all = 0;
    for at in 0..pieces.len() {
        if let [Found { meaning: Meaning::Days(days), .. }] = lexicon.days_at(&pieces[at..])[..]
            && days.count_ones() == 1
        {
            all |= days;
        }
    }
    all
}

fn spelling(pieces: &[Piece], length: usize) -> String {
    let words = pieces[..length].iter().map(|piece| match &piece.lexeme {
        Lexeme::Word(word) | Lexeme::Number(word) => word.clone(),
        Lexeme::Mark(mark) => mark.to_string(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn is_to(lexicon: &Lexicon, pieces: &[Piece], at: usize) -> bool {
    let Some(rest) = pieces.get(at..).filter(|rest| !rest.is_empty()) else { return false };
    rest[0].lexeme == Lexeme::Mark('-') || lexicon.at(rest).any(|found| found.meaning == Meaning::To)
}

/// Does a word that is not only the name of a day stand where a day stands: before a mark, a number, a short day or the word
/// that joins it to a day, or at the end behind one of those?
fn is_among_days(lexicon: &Lexicon, pieces: &[Piece], at: usize, length: usize) -> bool {
    let is_short_day = |place: usize| {
        let is_short = matches!(&pieces[place].lexeme, Lexeme::Word(word) if word.chars().count() <= 2);
        is_short && !lexicon.days_at(&pieces[place..]).is_empty()
    };
    let joins = |place: usize| match &pieces[place].lexeme {
        Lexeme::Mark('-' | ',' | '/' | '&' | '+' | ':') | Lexeme::Number(_) => true,
        Lexeme::Mark(_) => false,
        Lexeme::Word(_) => is_short_day(place),
    };
    let next = at + length;
    match pieces.get(next).map(|piece| &piece.lexeme) {
        None | Some(Lexeme::Mark(';' | '.')) => {
            let is_short = matches!(&pieces[at].lexeme, Lexeme::Word(word) if word.chars().count() <= 2);
            is_short && at.checked_sub(1).is_some_and(joins)
        }
        Some(_) => joins(next) || (is_to(lexicon, pieces, next) && !lexicon.days_at(&pieces[next + 1..]).is_empty()),
    }
}

/// A letter of a Thai word is no day.
fn is_part_of_thai_word(pieces: &[Piece], at: usize, found: &Found) -> bool {
    let is_thai = |place: usize| matches!(&pieces[place].lexeme, Lexeme::Word(word) if word.chars().all(|c| matches!(c, '\u{e00}'..='\u{e7f}') && stands_alone(c)));
    let end = at + found.length;
    matches!(found.meaning, Meaning::Days(_))
        && found.length <= 2
        && is_thai(at)
        && ((pieces[at].joined && at > 0 && is_thai(at - 1))
            || (end < pieces.len() && pieces[end].joined && is_thai(end)))
}
