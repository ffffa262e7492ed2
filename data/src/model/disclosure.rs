//! How people are told that a machine writes to them: once, before its first answer, in their language.
//!
//! The sentences, and the words by which a language is known, stand in `disclosure.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

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
    /// Words by which the language is known.
    words: Vec<String>,
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

/// The language of a text by its script or its words, if they speak for one more than for any other. In more than two words
/// a single one proves nothing: short words are words of several languages.
#[must_use]
pub fn language_of(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    if let Some(language) = by_script(&text) {
        return Some(language);
    }
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
    let votes = |language: &Language| words.iter().filter(|word| language.words.iter().any(|own| own == *word)).count();
    let mut counted: Vec<(usize, &'static str)> =
        LANGUAGES.iter().map(|(code, language)| (votes(language), code.as_str())).collect();
    counted.sort_by(|one, other| other.cmp(one));
    match counted.as_slice() {
        [(most, code), (second, _), ..] if most > second && (*most > 1 || words.len() <= 2) => Some(code),
        _ => None,
    }
}

/// The language of a script that only one of them is written in.
fn by_script(text: &str) -> Option<&'static str> {
    let count = |of: fn(char) -> bool| text.chars().filter(|c| of(*c)).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let kana = count(|c| matches!(c, '\u{3040}'..='\u{30ff}'));
    let han = count(|c| matches!(c, '\u{4e00}'..='\u{9fff}'));
    for (found, language) in [
        (if kana > 0 { kana + han } else { 0 }, "ja"),
        (han, "zh"),
        (count(|c| matches!(c, '\u{ac00}'..='\u{d7a3}')), "ko"),
        (count(|c| matches!(c, '\u{0600}'..='\u{06ff}')), "ar"),
        (count(|c| matches!(c, '\u{0590}'..='\u{05ff}')), "he"),
        (count(|c| matches!(c, '\u{0900}'..='\u{097f}')), "hi"),
    ] {
        if found > 0 && found * 2 > letters {
            return Some(language);
        }
    }
    None
}

/// The language to tell a person in: that of their words, of the answer, on record, of their country, of the business.
#[must_use]
pub fn language(clues: &Clues<'_>) -> &'static str {
    let known = |code: &str| {
        let primary = code.split(['-', '_']).next().unwrap_or(code).to_ascii_lowercase();
        LANGUAGES.get_key_value(&primary).map(|(code, _)| code.as_str())
    };
    language_of(clues.customer)
        .or_else(|| language_of(&format!("{}\n{}", clues.customer, clues.reply)))
        .or_else(|| clues.spoken.and_then(known))
        .or_else(|| clues.phone.and_then(opt_out::language_of_country).and_then(known))
        .or_else(|| language_of(clues.profile))
        .unwrap_or(DEFAULT)
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
            assert!(language.words.iter().all(|word| *word == word.to_lowercase()), "{code}");
        }
        for code in opt_out::languages() {
            assert!(LANGUAGES.contains_key(code), "{code}");
        }
    }

    #[test]
    fn short_texts_tell_their_language() {
        for (text, expected) in [
            ("hola", Some("es")),
            ("Hola!", Some("es")),
            ("Guten Tag", Some("de")),
            ("moin", Some("de")),
            ("Wann haben Sie heute geöffnet?", Some("de")),
            ("¿Cuánto cuesta?", Some("es")),
            ("When are you open?", Some("en")),
            ("bonjour", Some("fr")),
            ("Quanto costa il pane?", Some("it")),
            ("olá", Some("pt")),
            ("Dzień dobry", Some("pl")),
            ("merhaba", Some("tr")),
            ("Здравствуйте", Some("ru")),
            ("скільки коштує?", Some("uk")),
            ("营业时间?", Some("zh")),
            ("何時に開きますか", Some("ja")),
            ("안녕하세요", Some("ko")),
            ("مرحبا", Some("ar")),
            ("O której otwieracie?", None),
            ("שלום", Some("he")),
            ("ok", None),
            ("👍", None),
            ("", None),
        ] {
            assert_eq!(language_of(text), expected, "{text}");
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
            (Clues::default(), "en"),
        ] {
            assert_eq!(language(&clues), expected, "{clues:?}");
        }
    }

    #[test]
    fn the_sentence_is_put_before_an_answer_and_taken_away_again() {
        for code in LANGUAGES.keys() {
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
