//! A model that goes round in circles says one sentence again and again, sometimes to the end of its tokens.

use std::collections::HashMap;

/// So often nobody says the same in one answer.
const TIMES: usize = 3;
/// Shorter ones, such as "Thank you", are said often.
const WORDS_MIN: usize = 3;
/// The same for scripts without spaces.
const CHARS_MIN: usize = 9;

/// A sentence that stands in a text three times: anywhere, or, where it has a number in it, in a row or behind the same
/// sentence each time, because "open 8 to 18" may stand below several days.
pub(super) fn repeated_sentence(text: &str) -> Option<&str> {
    let sentences: Vec<(&str, String)> = text
        .split(ends_sentence)
        .map(|sentence| (sentence.trim(), words(sentence)))
        .filter(|(_, words)| !words.is_empty())
        .collect();
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, (sentence, words)) in sentences.iter().enumerate() {
        let places = places.entry(words.as_str()).or_default();
        places.push(place);
        if places.len() >= TIMES && is_long(words) {
            let last = &places[places.len() - TIMES..];
            let in_row = last.windows(2).all(|pair| pair[1] == pair[0] + 1);
            let before = |place: usize| place.checked_sub(1).map(|before| sentences[before].1.as_str());
            let behind_the_same = before(last[1]) == before(last[2]);
            if in_row || behind_the_same || !words.contains(char::is_numeric) {
                return Some(sentence);
            }
        }
    }
    None
}

fn ends_sentence(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '\n' | '。' | '！' | '？' | '؟' | '।' | '۔')
}

/// The words of a sentence in small letters, without signs.
fn words(sentence: &str) -> String {
    let words = sentence.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

fn is_long(words: &str) -> bool {
    let without_spaces = !words.is_ascii() && words.chars().filter(|c| *c >= '\u{0e00}').count() >= CHARS_MIN;
    words.split(' ').count() >= WORDS_MIN || without_spaces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sentence_three_times_is_a_circle() {
        for (text, found) in [
            ("We are open today. We are open today! *We are open today*", Some("*We are open today*")),
            ("One moment please.\nI look.\nOne moment please.\nI look.\nOne moment please.", Some("One moment please")),
            ("We open at 8. We open at 8. We open at 8.", Some("We open at 8")),
            (
                "We open at 8. We close at 9. We open at 8. We close at 9. We open at 8. We close at 9.",
                Some("We open at 8"),
            ),
            ("我们今天上午八点开门。我们今天上午八点开门。我们今天上午八点开门。", Some("我们今天上午八点开门")),
            ("We are open today. We are open today.", None),
            ("Thank you. Thank you. Thank you.", None),
            ("Monday\nopen 8 to 18\nTuesday\nopen 8 to 18\nFriday\nopen 8 to 18", None),
            ("- rye bread 4 €\n- rye rolls 4 €\n- rye cake 4 €", None),
            ("", None),
            ("...", None),
        ] {
            assert_eq!(repeated_sentence(text), found, "{text}");
        }
    }
}
