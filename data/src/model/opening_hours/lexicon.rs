//! The words of opening hours, one lexicon a language: a text is read in one language at a time.
//!
//! The words stand in `words/*.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::scan::{Lexeme, Piece, lex};

/// What a word means in opening hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Days of the week, a bit for each, Monday first.
    Days(u8),
    /// `to`: between two days or two times.
    To,
    /// `and`
    And,
    /// Not open.
    Closed,
    /// All day long.
    AllDay,
    /// All day long, every day.
    Always,
    /// `except`
    Except,
    /// Public holidays.
    Holiday,
    /// A time of its own.
    Clock(u16),
    /// `Uhr`, `h`: a time stands before it. Of those who count to 24 where `true`.
    Unit(bool),
    /// `am`: which half of the day is meant by the time before it.
    After(Half),
    /// `evening`: the same, of the time before it or behind it.
    Part(Half),
    /// The same before its time, as in Hindi and Chinese.
    Before(Half),
    /// `half past`, behind the unit.
    HalfPast,
    /// A break within the hours.
    Pause,
    /// Says nothing about hours.
    Filler,
    /// Says something about hours that a week can't hold: `not`, `appointment`.
    Beyond,
}

/// A part of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// Before noon.
    Morning,
    /// Around noon.
    Noon,
    /// After noon, and in the evening.
    Evening,
    /// The night, which has two sides.
    Night,
}

/// Every day.
pub(super) const DAILY: u8 = 0b111_1111;
const WEEKDAYS: u8 = 0b001_1111;
const SIX_DAYS: u8 = 0b011_1111;
const WEEKEND: u8 = 0b110_0000;
/// All lists, one language after the other.
const LISTS: &str =
    concat!(include_str!("words/latin.txt"), include_str!("words/latin_more.txt"), include_str!("words/scripts.txt"));
/// An ending that a word of the lists leaves open has no more letters.
const ENDING_LETTERS_MAX: usize = 5;

/// A word, or several that mean something together.
#[derive(Debug)]
struct Phrase {
    pieces: Vec<Piece>,
    meaning: Meaning,
    rare: bool,
}

/// The words of one language.
#[derive(Debug)]
pub(super) struct Lexicon {
    /// By their first piece, the longest first.
    phrases: HashMap<Lexeme, Vec<Phrase>>,
    /// Words of which only the beginning counts.
    stems: Vec<(String, Meaning)>,
    from_endings: Vec<String>,
    /// Can a slash stand between the first and the last day of several?
    pub(super) slash_can_be_to: bool,
    /// How this language writes the example.
    pub(super) example: String,
}

/// A phrase that begins at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// How many pieces it takes.
    pub(super) length: usize,
    pub(super) meaning: Meaning,
    /// Does it count only beside a usual word of a day?
    pub(super) rare: bool,
}

/// Made once, at the first question. The first one is English.
pub(super) static LEXICONS: LazyLock<Vec<Lexicon>> = LazyLock::new(|| {
    let mut languages: Vec<Vec<(&str, &str)>> = Vec::new();
    for line in LISTS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with('[') {
            languages.push(Vec::new());
        } else if let (Some((key, words)), Some(language)) = (line.split_once(" = "), languages.last_mut()) {
            language.push((key, words));
        }
    }
    let (everywhere, languages) = languages.split_first().expect("a test reads the lists");
    languages.iter().map(|own| Lexicon::new(own, everywhere)).collect()
});

impl Lexicon {
    fn new(own: &[(&str, &str)], everywhere: &[(&str, &str)]) -> Self {
        let mut lexicon = Self {
            phrases: HashMap::new(),
            stems: Vec::new(),
            from_endings: Vec::new(),
            slash_can_be_to: false,
            example: example(own),
        };
        for (key, words) in own.iter().chain(everywhere) {
            match *key {
                "days" | "rare" => {
                    for (day, words) in words.split(';').enumerate() {
                        lexicon.add(words, Meaning::Days(1 << day), *key == "rare");
                    }
                }
                "slash" => lexicon.slash_can_be_to = true,
                "from_endings" => lexicon.from_endings = words.split('|').map(str::to_owned).collect(),
                key => lexicon.add(words, meaning(key).expect("a test reads the lists"), false),
            }
        }
        for phrases in lexicon.phrases.values_mut() {
            phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.pieces.len()));
        }
        lexicon
    }

    fn add(&mut self, words: &str, meaning: Meaning, rare: bool) {
        for word in words.split('|').map(str::trim) {
            let (word, is_stem) = word.strip_suffix('*').map_or((word, false), |stem| (stem, true));
            let pieces = lex(word);
            match (&pieces[..], is_stem) {
                ([Piece { lexeme: Lexeme::Word(stem), .. }], true) => self.stems.push((stem.clone(), meaning)),
                ([], _) => {}
                ([first, ..], _) => {
                    let phrases = self.phrases.entry(first.lexeme.clone()).or_default();
                    phrases.push(Phrase { pieces, meaning, rare });
                }
            }
        }
    }

    /// Every meaning that fits what begins here, the longest first.
    pub(super) fn at<'l>(&'l self, pieces: &'l [Piece]) -> impl Iterator<Item = Found> + 'l {
        let first = pieces.first().map(|piece| &piece.lexeme);
        let phrases = first.and_then(|first| self.phrases.get(first)).into_iter().flatten();
        let fitting = phrases.filter(move |phrase| phrase.fits(pieces));
        let fitting =
            fitting.map(|phrase| Found { length: phrase.pieces.len(), meaning: phrase.meaning, rare: phrase.rare });
        let stems = self.stems.iter().filter_map(move |(stem, meaning)| {
            let Some(Lexeme::Word(word)) = first else { return None };
            let ending = word.strip_prefix(stem.as_str())?;
            let fits = ending.chars().count() <= ENDING_LETTERS_MAX;
            fits.then_some(Found { length: 1, meaning: *meaning, rare: false })
        });
        fitting.chain(stems)
    }

    /// The days that what begins here can be, each with the number of pieces: of a word with two readings there are two.
    pub(super) fn days_at(&self, pieces: &[Piece]) -> Vec<Found> {
        let mut days: Vec<Found> = Vec::new();
        for found in self.at(pieces) {
            let is_as_long = days.first().is_none_or(|first| first.length == found.length);
            if matches!(found.meaning, Meaning::Days(_)) && is_as_long && !days.contains(&found) {
                days.push(found);
            }
        }
        days
    }

    /// Does this word of a day say "from" by its ending?
    pub(super) fn says_from(&self, word: &str) -> bool {
        self.from_endings.iter().any(|ending| word.ends_with(ending.as_str()))
    }
}

impl Phrase {
    fn fits(&self, pieces: &[Piece]) -> bool {
        self.pieces.len() <= pieces.len()
            && self
                .pieces
                .iter()
                .zip(pieces)
                .enumerate()
                .all(|(place, (own, piece))| own.lexeme == piece.lexeme && (place == 0 || !own.joined || piece.joined))
    }
}

fn meaning(key: &str) -> Option<Meaning> {
    Some(match key {
        "daily" => Meaning::Days(DAILY),
        "weekdays" => Meaning::Days(WEEKDAYS),
        "six" => Meaning::Days(SIX_DAYS),
        "weekend" => Meaning::Days(WEEKEND),
        "to" => Meaning::To,
        "and" => Meaning::And,
        "closed" => Meaning::Closed,
        "all_day" => Meaning::AllDay,
        "always" => Meaning::Always,
        "except" => Meaning::Except,
        "holiday" => Meaning::Holiday,
        "noon" => Meaning::Clock(12 * 60),
        "midnight" => Meaning::Clock(24 * 60),
        "unit_24" => Meaning::Unit(true),
        "unit" => Meaning::Unit(false),
        "half_past" => Meaning::HalfPast,
        "pause" => Meaning::Pause,
        "filler" => Meaning::Filler,
        "beyond" => Meaning::Beyond,
        key => {
            let (place, half) = key.split_once('_')?;
            let half = match half {
                "morning" => Half::Morning,
                "noon" => Half::Noon,
                "evening" => Half::Evening,
                "night" => Half::Night,
                _ => return None,
            };
            match place {
                "after" => Meaning::After(half),
                "part" => Meaning::Part(half),
                "before" => Meaning::Before(half),
                _ => return None,
            }
        }
    })
}

/// The usual example in this language.
fn example(own: &[(&str, &str)]) -> String {
    let words = |wanted: &str| own.iter().find(|(key, _)| *key == wanted).map_or("", |(_, words)| *words);
    let first = |words: &str| {
        let word = words.split('|').next().unwrap_or_default().trim().trim_end_matches('*');
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    let days: Vec<String> = words("days").split(';').map(first).collect();
    let [mon, _, _, _, fri, sat, sun] = &days[..] else { return String::new() };
    let closed = words("closed").split('|').next().unwrap_or_default();
    format!("{mon}-{fri} 08:00-12:00, 13:00-18:00; {sat} 09:00-13:00; {sun} {closed}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::opening_hours::{EXAMPLE, OpeningHours};

    #[test]
    fn every_language_writes_the_example_in_its_own_words() {
        let expected = OpeningHours::read(EXAMPLE).unwrap();
        for lexicon in LEXICONS.iter() {
            assert_eq!(OpeningHours::read(&lexicon.example), Ok(expected.clone()), "{}", lexicon.example);
        }
        assert_eq!(LEXICONS[0].example, EXAMPLE);
    }

    #[test]
    fn the_lists_have_all_languages_that_the_product_knows() {
        let known = include_str!("../language.toml").lines().filter(|line| line.starts_with('['));
        for language in known {
            assert!(LISTS.lines().any(|line| line == language), "{language}");
        }
    }
}
