//! How people are told that a machine writes to them: once, before its first answer, in their language.
//!
//! The sentences stand in `disclosure.toml`; which language it is `language.rs` tells.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::language::{self, language_of};
use super::opt_out;
use crate::phone::Phone;

/// The language of those of whom nothing is known.
const DEFAULT: &str = "en";
/// Where the name of the business goes.
const SHOP: &str = "{shop}";

#[derive(Debug, Deserialize)]
struct Language {
    /// What stands before the first answer.
    sentence: String,
    /// The same where the business has no name.
    plain: String,
}

static LANGUAGES: LazyLock<BTreeMap<String, Language>> =
    LazyLock::new(|| toml::from_str(include_str!("disclosure.toml")).expect("a test reads the file"));

/// What is known of the language that a person speaks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clues<'c> {
    /// What they wrote last, one message a line.
    pub customer: &'c str,
    /// What they are answered: the model writes in their language.
    pub reply: &'c str,
    /// The language that is on record for them.
    pub spoken: Option<&'c str>,
    /// Their number.
    pub phone: Option<&'c Phone>,
    /// What the business says of itself.
    pub profile: &'c str,
}

/// The language to tell a person in: that of their words, of the answer, on record, of their country, of the business.
/// Whose language has no sentence here is told in English, not in that of a neighbour.
#[must_use]
pub fn language(clues: &Clues<'_>) -> &'static str {
    let spoken = |code: &str| {
        let primary = code.split(['-', '_']).next().unwrap_or(code).to_ascii_lowercase();
        let primary = match primary.as_str() {
            "nb" | "nn" => "no",
            "fil" => "tl",
            other => other,
        };
        has_sentence(primary).or_else(|| language::is_known(primary).then_some(DEFAULT))
    };
    let told = language_of(clues.customer).or_else(|| language_of(&format!("{}\n{}", clues.customer, clues.reply)));
    told.map(|code| has_sentence(code).unwrap_or(DEFAULT))
        .or_else(|| clues.spoken.and_then(spoken))
        .or_else(|| clues.phone.and_then(opt_out::language_of_country).and_then(has_sentence))
        .or_else(|| language_of(clues.profile).and_then(has_sentence))
        .unwrap_or(DEFAULT)
}

fn has_sentence(code: &str) -> Option<&'static str> {
    LANGUAGES.get_key_value(code).map(|(code, _)| code.as_str())
}

/// The sentence in a language.
#[must_use]
pub fn sentence(language: &str, shop: &str) -> String {
    let shop = shop.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some(found) = LANGUAGES.get(language).or_else(|| LANGUAGES.get(DEFAULT)) else { return String::new() };
    if shop.is_empty() { found.plain.clone() } else { found.sentence.replace(SHOP, &shop) }
}

/// An answer with the sentence before it.
#[must_use]
pub fn with_sentence(sentence: &str, answer: &str) -> String {
    format!("{sentence}\n\n{answer}")
}

/// Does a line say it, in any language and for any name of the business?
fn says_it(line: &str) -> bool {
    LANGUAGES.values().any(|language| {
        line == language.plain
            || language.sentence.split_once(SHOP).is_some_and(|(before, after)| {
                line.len() >= before.len() + after.len() && line.starts_with(before) && line.ends_with(after)
            })
    })
}

/// An answer without the sentence before it: the model must not take it for something to say again.
#[must_use]
pub fn without_sentence(text: &str) -> &str {
    match text.split_once('\n') {
        Some((line, rest)) if says_it(line.trim()) => rest.trim_start(),
        _ => text,
    }
}

/// Does a text, as a person has left it, still say it?
#[must_use]
pub fn discloses(text: &str) -> bool {
    text.lines().any(|line| says_it(line.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_can_be_read_and_knows_every_language_that_we_speak() {
        assert!(LANGUAGES.len() > 20);
        for (code, language) in LANGUAGES.iter() {
            assert_eq!(language.sentence.matches(SHOP).count(), 1, "{code}");
            assert!(!language.plain.is_empty() && !language.plain.contains(SHOP), "{code}");
            assert!(language::is_known(code), "{code}");
        }
        for code in opt_out::languages() {
            assert!(LANGUAGES.contains_key(code), "{code}");
        }
    }

    #[test]
    fn the_persons_own_words_come_first_and_english_last() {
        let phone = Phone::parse("+4915111111111").unwrap();
        let usual = Clues { phone: Some(&phone), profile: "Hola, abrimos hoy", ..Clues::default() };
        for (clues, expected) in [
            (Clues { customer: "hola", reply: "Yes, we are open today", ..usual }, "es"),
            (Clues { customer: "ok", reply: "Yes, we are open today", ..usual }, "en"),
            (Clues { customer: "ok", spoken: Some("pt-br"), ..usual }, "pt"),
            (Clues { customer: "ok", spoken: Some("xx"), ..usual }, "de"),
            (Clues { phone: None, ..usual }, "es"),
            (Clues { phone: None, customer: "👍", ..usual }, "es"),
            (Clues { customer: "Radite li sutra?", ..usual }, "en"),
            (Clues { customer: "ok", reply: "Да, днес работим до 18 часа.", ..usual }, "bg"),
            (Clues { customer: "ok", spoken: Some("hr"), ..usual }, "en"),
            (Clues { customer: "ok", spoken: Some("nb-NO"), ..usual }, "no"),
            (Clues::default(), "en"),
        ] {
            assert_eq!(language(&clues), expected, "{clues:?}");
        }
    }

    #[test]
    fn the_sentence_is_put_before_an_answer_and_taken_away_again() {
        for code in LANGUAGES.keys() {
            let plain = sentence(code, "");
            assert!(language_of(&plain).is_none_or(|of| of == code), "{plain}");
            for shop in ["Corner Shop", "", "A\nB"] {
                let sentence = sentence(code, shop);
                assert!(!sentence.contains(['\n', '{']), "{sentence}");
                let told = with_sentence(&sentence, "We open at 8.\n\nSee you!");
                assert!(discloses(&told), "{told}");
                assert_eq!(without_sentence(&told), "We open at 8.\n\nSee you!");
            }
        }
        assert_eq!(without_sentence("We open at 8.\nSee you!"), "We open at 8.\nSee you!");
        assert!(!discloses("We open at 8."));
    }
}
