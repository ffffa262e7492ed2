//! Who is on the list, who is not, and what each of them must get.

use std::fmt::Write as _;

use mychatflow_sandbox::waha::{Customer, Number};

/// The most that can be on a list.
pub const LISTED_MAX: usize = 80_000;
/// The campaign's text.
pub const TEXT: &str = "Hi {{ name }}, the spring bread is out of the oven.";
const OFFER: &str = ", the spring bread is out of the oven.";
/// Of so many people one is listed without a name, one line has no phone number, and one names somebody again.
const ODD_EVERY: usize = 100;
/// The first phone number of the list, behind `+44 7700`.
const FIRST_LISTED: usize = 910_000;
/// The first number of those who are not on it, behind `+49 151`.
const FIRST_STRANGER: usize = 1_000_000;
/// The first of the ids behind which some hide their number.
const FIRST_LID: usize = 77_000_000_000_000;

/// Somebody who may get a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Person {
    /// On the list, at this place.
    Listed(usize),
    /// Not on it.
    Stranger(usize),
}

impl Person {
    /// The phone number, with `+`.
    pub fn phone(self) -> String {
        match self {
            Self::Listed(place) => format!("+447700{}", FIRST_LISTED + place),
            Self::Stranger(number) => format!("+49151{}", FIRST_STRANGER + number),
        }
    }

    /// The id that hides their number, where they have one.
    pub fn lid(self) -> String {
        match self {
            Self::Listed(place) | Self::Stranger(place) => (FIRST_LID + place).to_string(),
        }
    }

    /// Whom a chat of WAHA's is with; `None`: with nobody we know.
    pub fn of_chat(chat_id: &str) -> Option<Self> {
        let (user, server) = chat_id.split_once('@')?;
        let number = |of: &str, first: usize| of.parse::<usize>().ok()?.checked_sub(first);
        match server {
            "lid" => number(user, FIRST_LID).map(Self::Listed),
            _ => match user.strip_prefix("447700") {
                Some(rest) => number(rest, FIRST_LISTED).map(Self::Listed),
                None => number(user.strip_prefix("49151")?, FIRST_STRANGER).map(Self::Stranger),
            },
        }
    }

    /// On WhatsApp. Every third of the list hides their number, as WhatsApp lets people.
    pub fn customer(self) -> Customer {
        match self {
            Self::Listed(place) if place % 3 == 0 => {
                Customer::hidden(&self.phone(), &self.lid(), Number::Shown, "Somebody")
            }
            _ => Customer::new(&self.phone(), "Somebody"),
        }
    }
}

/// Does everybody know the name of the person at this place?
const fn named(place: usize) -> bool {
    place % ODD_EVERY != 40
}

/// What the person at this place gets, if anything.
pub fn letter(place: usize) -> String {
    format!("Hi Person {place}{OFFER}")
}

/// Is this the campaign's text, for whomever?
pub fn is_letter(text: &str) -> bool {
    text.ends_with(OFFER)
}

/// A list as a shop might have it, and how many rows of it stand for somebody.
pub fn list(count: usize) -> (String, usize) {
    let (mut list, mut rows) = ("phone;name\n".to_owned(), count);
    let mut line = |phone: &str, name: &str| {
        // Writing to a String can't fail.
        let _ = writeln!(list, "{phone};{name}");
    };
    for place in 0..count {
        let name = if named(place) { format!("Person {place}") } else { String::new() };
        line(&format!("07700 {}", FIRST_LISTED + place), &name);
        match place % ODD_EVERY {
            41 => {
                line(&format!("ask {place}"), "Nobody");
                rows += 1;
            }
            42 => line(&Person::Listed(place).phone(), "Somebody else"),
            _ => {}
        }
    }
    (list, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_known_by_the_chat() {
        for person in [Person::Listed(0), Person::Listed(1), Person::Listed(LISTED_MAX - 1), Person::Stranger(7)] {
            let customer = person.customer();
            assert_eq!(Person::of_chat(&customer.chat_id()), Some(person));
            assert_eq!(Person::of_chat(&customer.number_id()), Some(person));
        }
        assert_eq!(Person::of_chat("12025550100@c.us"), None);
    }

    #[test]
    fn a_list_has_its_odd_rows() {
        let (list, rows) = list(200);
        assert_eq!((list.lines().count(), rows), (1 + 200 + 2 + 2, 202));
    }
}
