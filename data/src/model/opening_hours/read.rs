//! Reads opening hours as people write them, in one language at a time: first the words become days, times and what joins
//! them, then days and times find each other. What has two readings, or none, is refused with the reason.

use super::OpeningHours;
use super::clauses::{by_day, clauses};
use super::element::elements;
use super::lexicon::{LEXICONS, Lexicon};
use super::scan::{Piece, lex};
use super::token::{Choice, Token, ambiguous, spelled_days, tokens};

/// What a text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) hours: OpeningHours,
    /// Does it speak of public holidays? Nobody here knows when they are.
    pub(super) names_holidays: bool,
}

/// Why a text has no reading, and how it can be written in its language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) why: String,
    pub(super) example: &'static str,
}

/// Words of a text with several readings are tried in no more ways than this.
const CHOICES_MAX: usize = 64;

/// Reads opening hours in the language they are in.
pub(super) fn read(text: &str) -> Result<Reading, Refusal> {
    let pieces = lex(text);
    let mut readings: Vec<Reading> = Vec::new();
    let mut nearest: Option<Miss> = None;
    for lexicon in LEXICONS.iter() {
        for choice in choices(lexicon, &pieces) {
            match read_in(lexicon, &pieces, &choice) {
                Ok(reading) => match readings.iter_mut().find(|known| known.hours == reading.hours) {
                    Some(known) => known.names_holidays |= reading.names_holidays,
                    None => readings.push(reading),
                },
                Err(miss) if nearest.as_ref().is_none_or(|known| miss.is_nearer_than(known)) => nearest = Some(miss),
                Err(_) => {}
            }
        }
    }
    match (readings.len(), nearest) {
        (1, _) => Ok(readings.swap_remove(0)),
        (0, Some(miss)) => Err(Refusal { why: miss.why, example: miss.example }),
        (0, None) => Err(Refusal { why: "no time is in it".to_owned(), example: "" }),
        _ => {
            let both: Vec<String> = readings.iter().map(|reading| format!("\"{}\"", reading.hours)).collect();
            let why = format!("they can be read as {}: write the days in full", both.join(" and as "));
            Err(Refusal { why, example: "" })
        }
    }
}

/// A language in which a text has no reading.
struct Miss {
    why: String,
    words_unknown: usize,
    words_known: usize,
    example: &'static str,
}

impl Miss {
    /// Is it more likely the language of the text?
    fn is_nearer_than(&self, other: &Self) -> bool {
        let rank = |miss: &Self| (std::cmp::Reverse(miss.words_unknown), miss.words_known);
        rank(self) > rank(other)
    }
}

fn read_in(lexicon: &'static Lexicon, pieces: &[Piece], choice: &Choice) -> Result<Reading, Miss> {
    let found = tokens(lexicon, pieces, choice);
    let words_unknown = found.tokens.iter().filter(|token| matches!(token, Token::Unknown(_))).count();
    let hours = if found.has_rare_days && !found.has_usual_days {
        Err("its days are not clear: write them in full".to_owned())
    } else {
        elements(&found.tokens, lexicon.slash_can_be_to).and_then(|elements| by_day(&clauses(&elements)?))
    };
    match hours {
        Ok(hours) => Ok(Reading { hours, names_holidays: found.tokens.contains(&Token::Holiday) }),
        Err(why) => {
            let example = if found.words_known > 0 { lexicon.example.as_str() } else { "" };
            Err(Miss { why, words_unknown, words_known: found.words_known, example })
        }
    }
}

/// The ways in which the words with several readings can be read together: each of them is another day, and none is a day
/// that another word spells.
fn choices(lexicon: &Lexicon, pieces: &[Piece]) -> Vec<Choice> {
    let ambiguous = ambiguous(lexicon, pieces);
    let spelled = spelled_days(lexicon, pieces);
    let mut all: Vec<Choice> = vec![Vec::new()];
    for (word, readings) in ambiguous {
        let is_single = |days: u8| days.count_ones() == 1;
        let mut next = Vec::new();
        for choice in &all {
            for days in &readings {
                let is_taken = choice.iter().any(|(_, known)| known == days) || spelled & days != 0;
                if !(is_single(*days) && is_taken) && next.len() < CHOICES_MAX {
                    let mut more = choice.clone();
                    more.push((word.clone(), *days));
                    next.push(more);
                }
            }
        }
        if next.is_empty() {
            return vec![Vec::new()];
        }
        all = next;
    }
    all
}
