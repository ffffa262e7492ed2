//! Who writes, under which addresses, and the words by which a message is known wherever it turns up.

use mychatflow_sandbox::waha::{Customer, Number};

use super::plan::Address;
use crate::trial::people::Person;

/// How the mark of a customer's message begins.
pub const QUESTION: &str = "xq";
/// How the mark at the end of a long answer begins, in place of [`QUESTION`].
pub const TAIL: &str = "end";
/// How the mark of a person of the shop begins.
pub const HUMAN: &str = "xh";
/// How the mark of a campaign begins.
pub const CAMPAIGN: &str = "xc";

/// A word that no other message has: letters alone, so that nobody takes it for a price or a number.
pub fn mark(beginning: &str, number: usize) -> String {
    const CONSONANTS: &[u8] = b"bdfgklmnprst";
    const VOWELS: &[u8] = b"aeiou";
    let mut word = beginning.to_owned();
    let mut left = number;
    for _ in 0..4 {
        word.push(char::from(CONSONANTS[left % CONSONANTS.len()]));
        left /= CONSONANTS.len();
        word.push(char::from(VOWELS[left % VOWELS.len()]));
        left /= VOWELS.len();
    }
    word
}

/// Every word of a text that may be a mark.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// What somebody is called; nobody else is.
pub fn name(who: usize) -> String {
    format!("Guest {}", mark("", who))
}

/// The number.
pub fn phone(who: usize) -> String {
    Person::Listed(who).phone()
}

/// Somebody, as they write from one of their addresses.
pub fn customer(who: usize, by: Address) -> Customer {
    match by {
        Address::Number => Customer::new(&phone(who), &name(who)),
        Address::Lid => Customer::hidden(&phone(who), &Person::Listed(who).lid(), Number::Shown, &name(who)),
    }
}

/// Whom a chat of WAHA's is with; `None`: with nobody who writes.
pub fn of_chat(chat_id: &str) -> Option<usize> {
    match Person::of_chat(chat_id)? {
        Person::Listed(who) => Some(who),
        Person::Stranger(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn marks_are_words_of_their_own() {
        let marks: BTreeSet<String> = (0..50_000).map(|number| mark(QUESTION, number)).collect();
        assert_eq!(marks.len(), 50_000);
        let mark = mark(QUESTION, 77);
        assert!(words(&format!("about ({mark}), please")).any(|word| word == mark));
    }

    #[test]
    fn both_addresses_are_the_same_person() {
        for by in [Address::Number, Address::Lid] {
            assert_eq!(of_chat(&customer(7, by).chat_id()), Some(7));
        }
        assert_eq!(of_chat("120363000000000001@g.us"), None);
    }
}
