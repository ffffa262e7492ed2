//! Tells which facts of the shop an answer leans on, by the words and numbers that only they share.

use std::collections::BTreeSet;

/// Words shorter than this are in every text.
const WORD_CHARS_MIN: usize = 4;
/// How many words an answer shares with a fact that it leans on, unless a number tells it alone.
const SHARED_MIN: usize = 2;

/// The facts that an answer leans on, in their own order. A fact is a name, of whatever kind, and its text.
#[must_use]
pub fn sources<N: Copy>(answer: &str, facts: &[(N, &str)]) -> Vec<N> {
    let said = words(answer);
    let leans = |text: &str| {
        let shared: Vec<String> = words(text).intersection(&said).cloned().collect();
        shared.len() >= SHARED_MIN || shared.iter().any(|word| word.chars().any(|c| c.is_ascii_digit()))
    };
    facts.iter().filter(|(_, text)| leans(text)).map(|(name, _)| *name).collect()
}

/// Numbers of any length, and words long enough to mean something.
fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let telling = |word: &&str| {
        word.chars().any(|c| c.is_ascii_digit()) || word.chars().count() >= WORD_CHARS_MIN || !word.is_ascii()
    };
    words.filter(telling).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_leans_on_what_it_repeats() {
        let facts = [
            ("hours", "Mon-Sat 8-18"),
            ("parking", "There is a free car park behind the house"),
            ("delivery", "Two days, 4.95 €"),
        ];
        for (answer, expected) in [
            ("We are open until 18 o'clock.", vec!["hours"]),
            ("You can use the car park behind our house, free of charge!", vec!["parking"]),
            ("Delivery takes two days and costs 95 cents.", vec!["delivery"]),
            ("I will ask a colleague.", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(sources(answer, &facts), expected, "{answer}");
        }
    }
}
