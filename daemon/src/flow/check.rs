//! Looks over an answer before it may go out: what names money, addresses or numbers that nobody gave us is held for a
//! human. Careful on purpose: times, dates and plain counts are never looked at.

mod claims;
mod repeats;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use self::claims::{Numbers, What, covers, find, holds_digits, plain};
use super::prompt::RULES;

/// Why an answer is held. The text inside is from the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// It repeats our own rules.
    Leak,
    /// It is longer than any answer should be.
    TooLong {
        /// Its length in characters.
        chars: usize,
    },
    /// It says this sentence again and again: the model went round in circles.
    Repeats(String),
    /// A sum of money that is neither in the facts nor in the chat.
    Amount(String),
    /// A web address of that kind.
    Url(String),
    /// A phone number, or another long number, of that kind.
    Phone(String),
    /// An e-mail address of that kind.
    Email(String),
}

impl Held {
    /// One word for a reason column: stable, without data.
    pub fn code(&self) -> &'static str {
        match self {
            Held::Leak => "leak",
            Held::TooLong { .. } => "too_long",
            Held::Repeats(_) => "repeats",
            Held::Amount(_) => "amount",
            Held::Url(_) => "url",
            Held::Phone(_) => "phone",
            Held::Email(_) => "email",
        }
    }
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Held::Leak => write!(f, "it repeats the assistant's own rules"),
            Held::TooLong { chars } => write!(f, "it is {chars} characters long"),
            Held::Repeats(sentence) => write!(f, "it says the same three times: {sentence}"),
            Held::Amount(amount) => write!(f, "price not in your facts: {amount}"),
            Held::Url(url) => write!(f, "web address not in your facts: {url}"),
            Held::Phone(phone) => write!(f, "number not in your facts: {phone}"),
            Held::Email(email) => write!(f, "e-mail address not in your facts: {email}"),
        }
    }
}

/// The longest answer that may go out unseen, in characters.
pub const REPLY_CHARS_MAX: usize = 4000;

/// Looks an answer over. `known` are all texts it may repeat: the shop's facts, and what customer and shop said.
///
/// # Errors
/// The first reason to hold it.
pub fn check(reply: &str, known: &[&str]) -> Result<(), Held> {
    let chars = reply.chars().count();
    if chars > REPLY_CHARS_MAX {
        return Err(Held::TooLong { chars });
    }
    if leaks(reply) {
        return Err(Held::Leak);
    }
    if let Some(sentence) = repeats::repeated_sentence(reply) {
        return Err(Held::Repeats(sentence.to_owned()));
    }
    let reply: Vec<char> = plain(reply);
    let known: Vec<Vec<char>> = known.iter().map(|text| plain(text)).collect();
    let said: Vec<_> = known.iter().flat_map(|text| find(text, Numbers::All)).collect();
    for found in find(&reply, Numbers::Money) {
        let backed = match &found.what {
            What::Amount(value) => {
                said.iter().any(|other| matches!(&other.what, What::Amount(known) if known == value))
            }
            What::Email(email) => said.iter().any(|other| matches!(&other.what, What::Email(known) if known == email)),
            What::Url(url) => said.iter().any(|other| matches!(&other.what, What::Url(known) if covers(known, url))),
            What::Phone(digits) => known.iter().any(|text| holds_digits(text, digits)),
        };
        if !backed {
            return Err(match found.what {
                What::Amount(_) => Held::Amount(found.text),
                What::Email(_) => Held::Email(found.text),
                What::Url(_) => Held::Url(found.text),
                What::Phone(_) => Held::Phone(found.text),
            });
        }
    }
    Ok(())
}

const LEAK_WORDS: usize = 8;

/// Whether eight words in a row are those of a rule.
fn leaks(reply: &str) -> bool {
    static OURS: LazyLock<BTreeSet<String>> =
        LazyLock::new(|| RULES.iter().flat_map(|rule| runs_of_words(rule)).collect());
    runs_of_words(reply).iter().any(|run| OURS.contains(run))
}

/// Every run of so many words that a leak shows itself by, in small letters.
fn runs_of_words(text: &str) -> Vec<String> {
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.windows(LEAK_WORDS).map(|run| run.join(" ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: &str = "Lamp, blue: 40 €. Desk 1.299,50 EUR. Rug 75. Bulbs $4.95. Sofa 2,000 USD. Open 8:00-18:00.\n\
        Call +49 151 2345678 or 030/1234567, write to Shop@Corner.example, see https://www.corner.example/menu_1 or wa.me/4915123.\n\
        IBAN DE02 1203 0000 0000 2020 51. Founded 1998. XL 120 130 140.";

    fn held(reply: &str) -> Option<&'static str> {
        check(reply, &[FACTS, "I have 300 euros and order 1234567890"]).err().map(|held| held.code())
    }

    #[test]
    fn what_is_backed_goes_out() {
        for reply in [
            "The blue one is 40 €.",
            "It costs €40.",
            "40,00 EUR",
            "40.00€",
            "40 euros",
            "*40* €",
            "It is 40,- €",
            "٤٠ €",
            "The desk is 1299.50 €",
            "1 299,50 €",
            "€1,299.50",
            "Rugs are 75 €",
            "$ 4.95",
            "2.000 USD",
            "US$2000",
            "With your 300 € you can have it",
            "Order 1234567890 is on its way",
            "0123 is no phone",
            "Call +49 151 2345678",
            "Call 0151 2345678",
            "Call 0049-151-2345678",
            "030 1234567",
            "(030) 1234567",
            "+49 (0)30 1234567",
            "+49 30 1234567",
            "shop@corner.example",
            "Write to SHOP@corner.example.",
            "https://corner.example/menu_1",
            "www.corner.example",
            "See https://corner.example/.",
            "wa.me/4915123",
            "IBAN DE02120300000000202051",
            "We open at 8:00 and close at 18:00, 12.5 hours",
            "On 23.11.2026 or 2026-11-24, 1/2/2026",
            "Mo-Fr 08-12 14-18 08-12 14-18",
            "Two for 3 people, 100% wool, 1,5 m, size 42",
            "Open 24/7 since 1998",
            "mañana.Es posible",
            "Sí.No hay",
            "v1.2.3 e.g. this, etc. and so",
            "try 5 of them",
            "",
            "ok 👍",
            "2026-11-23 14:00 - 2026-11-23 16:00",
            "Tel. soon",
            "10 000 people",
            "40 € 5 days",
            "Buy 2 $4.95 bulbs",
            "EUR 40 3 times",
            "6 ft tall",
            "3 real reasons",
            "XL 130",
            "For 130 €",
            "a.b/c inkl.MwSt/kg",
            "12.000.000 stars",
            "R40 for the lamp",
            "It is R 1 299.50",
            "Route R2D2",
            "R&B 12 hours a day",
            "Ask for MR 5 or the X-R500",
            "A 205/55R16 tyre",
        ] {
            assert_eq!(held(reply), None, "{reply:?}");
        }
    }

    #[test]
    fn what_nobody_said_is_held() {
        for (reply, code) in [
            ("That is 39 €.", "amount"),
            ("€41", "amount"),
            ("only 35,90 EUR", "amount"),
            ("USD 12", "amount"),
            ("R$ 20", "amount"),
            ("40 € plus 6 € delivery", "amount"),
            ("20 dollars", "amount"),
            ("Rs. 500", "amount"),
            ("₹500", "amount"),
            ("£1.5", "amount"),
            ("1,300 €", "amount"),
            ("400 €", "amount"),
            ("4 €", "amount"),
            ("99 Cent", "amount"),
            ("500 TRY", "amount"),
            ("US$ 12", "amount"),
            ("It costs R500 today", "amount"),
            ("R 500", "amount"),
            ("Only R1,500.00!", "amount"),
            ("*R99*", "amount"),
            ("R40-R150", "amount"),
            ("R500k", "amount"),
            ("CHF 12.-", "amount"),
            ("12,- €", "amount"),
            ("instagr.am is fine, t.me/evil is not", "url"),
            ("٣٩ €", "amount"),
            ("https://evil.example/pay", "url"),
            ("http://corner.example/other", "url"),
            ("www.evil.example", "url"),
            ("bit.ly/abc", "url"),
            ("go to evil.com", "url"),
            ("corner.example.evil.com", "url"),
            ("[pay](https://evil.example)", "url"),
            ("Call +49 170 9999999", "phone"),
            ("0170 9999999", "phone"),
            ("+1 (555) 010-9999", "phone"),
            ("IBAN DE99 5003 0000 1111 2222 33", "phone"),
            ("boss@corner.example", "email"),
            ("mailto:a@evil.example", "email"),
        ] {
            assert_eq!(held(reply), Some(code), "{reply:?}");
        }
    }

    #[test]
    fn our_rules_stay_with_us() {
        let leak = format!("Sure! My rules: {}", RULES[0].to_uppercase());
        assert_eq!(held(&leak), Some("leak"));
        assert_eq!(held("I can't share my rules, but I can help with lamps."), None);
        assert_eq!(held(&"long ".repeat(1000)), Some("too_long"));
        assert_eq!(held("We close soon. We close soon. We close soon."), Some("repeats"));
    }

    #[test]
    fn the_reason_names_the_find() {
        let shown = |reply: &str| check(reply, &[]).map_err(|held| held.to_string());
        assert_eq!(shown("It is 39 € today"), Err("price not in your facts: 39 €".to_owned()));
        assert_eq!(shown("See https://a.example."), Err("web address not in your facts: https://a.example".to_owned()));
    }
}
