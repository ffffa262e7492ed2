//! What we know of each model, as data: thinking, price, patience. A model that is not listed works too, it is
//! only asked without a word about thinking and has no price.
//!
//! Source of facts: Google's price and model pages, November 2026. `[gemini.models."name"]` overrides every row.

use std::time::Duration;

/// The model of a configuration that names none.
pub const DEFAULT_MODEL: &str = "gemini-3.5-flash-lite";

/// Price in micro-dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// Tokens sent.
    pub input: i64,
    /// Tokens of the answer and of thinking.
    pub output: i64,
    /// Tokens sent that Google had cached.
    pub cached: i64,
}

/// How hard a model may think, in Gemini's own levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThinkingLevel {
    /// The least there is.
    Minimal,
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// The most, on few models.
    XHigh,
}

impl ThinkingLevel {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            ThinkingLevel::Minimal => "MINIMAL",
            ThinkingLevel::Low => "LOW",
            ThinkingLevel::Medium => "MEDIUM",
            ThinkingLevel::High => "HIGH",
            ThinkingLevel::XHigh => "XHIGH",
        }
    }
}

/// What a request says about thinking. Level and budget exclude each other, hence one enum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thinking {
    /// Nothing: the model's default.
    Unsaid,
    /// A level, for models from 3.1 on.
    Level(ThinkingLevel),
    /// A budget in tokens, for 2.5.
    Budget(i32),
}

impl Thinking {
    /// Reads `minimal`, `low`, `medium`, `high`, `xhigh`, a number of tokens, or `none` in any case.
    pub fn parse(word: &str) -> Option<Thinking> {
        Some(match word.trim().to_ascii_lowercase().as_str() {
            "none" => Thinking::Unsaid,
            "minimal" => Thinking::Level(ThinkingLevel::Minimal),
            "low" => Thinking::Level(ThinkingLevel::Low),
            "medium" => Thinking::Level(ThinkingLevel::Medium),
            "high" => Thinking::Level(ThinkingLevel::High),
            "xhigh" => Thinking::Level(ThinkingLevel::XHigh),
            number => match number.parse::<i32>() {
                Ok(budget) if budget >= -1 => Thinking::Budget(budget),
                _ => return None,
            },
        })
    }
}

/// What a configuration says about one model; what it leaves out comes from the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ModelOverride {
    /// What to say about thinking.
    pub thinking: Option<Thinking>,
    /// What its tokens cost.
    pub price: Option<Price>,
}

/// A model of the server's own list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedModel {
    /// The name for `gemini.model`, without `models/`.
    pub name: String,
    /// Whether it can write answers at all.
    pub generates: bool,
}

/// Whether this can be a model's name: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`. Names come from tenants and end up in an address.
pub fn valid_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphanumeric())
        && name.len() <= 64
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// The listed price of a model; `None` for one we do not know.
pub fn price(model: &str) -> Option<Price> {
    row(model).map(|row| row.price)
}

/// Which model is asked in place of one that is not there any more: Google's own successor where it named one. Models whose
/// name nobody knows, and the newest, have none.
pub(super) fn successor(model: &str) -> Option<&'static str> {
    SUCCESSORS.iter().find(|(gone, _)| *gone == model).map(|(_, next)| *next)
}

/// Does this answer come from another model than was asked? Versions and previews of one model are the same.
pub(super) fn is_other(asked: &str, answered: &str) -> bool {
    let rest = answered.strip_prefix(asked);
    let is_version = |rest: &str| {
        let mut word = rest.chars();
        word.next() == Some('-') && word.next().is_some_and(|first| first.is_ascii_digit())
    };
    !rest.is_some_and(|rest| rest.is_empty() || is_version(rest) || rest.starts_with("-preview"))
}

// In circles nobody gets an answer: the test goes along every row.
const SUCCESSORS: &[(&str, &str)] = &[
    ("gemini-1.5-flash", "gemini-3.5-flash-lite"),
    ("gemini-1.5-flash-8b", "gemini-3.5-flash-lite"),
    ("gemini-1.5-pro", "gemini-3.8-flash"),
    ("gemini-2.0-flash", "gemini-3.5-flash-lite"),
    ("gemini-2.0-flash-lite", "gemini-3.5-flash-lite"),
    ("gemini-2.5-flash", "gemini-3.5-flash-lite"),
    ("gemini-2.5-flash-lite", "gemini-3.5-flash-lite"),
    ("gemini-2.5-pro", "gemini-3.8-flash"),
    ("gemini-3-pro-preview", "gemini-3.8-flash"),
    ("gemini-3.1-pro-preview", "gemini-3.8-flash"),
    ("gemini-3.1-flash-lite", "gemini-3.5-flash-lite"),
    ("gemini-3.5-flash", "gemini-3.6-flash"),
    ("gemini-3.6-flash", "gemini-3.8-flash"),
    ("gemini-3.7-flash", "gemini-3.8-flash"),
    ("gemini-flash-lite-latest", "gemini-3.5-flash-lite"),
    ("gemini-flash-latest", "gemini-3.8-flash"),
    ("gemini-pro-latest", "gemini-3.8-flash"),
];

pub(super) struct Row {
    name: &'static str,
    pub(super) thinking: Thinking,
    price: Price,
    /// Models that think at length get a longer wait for each attempt.
    pub(super) slow: bool,
}

pub(super) fn row(model: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.name == model)
}

/// The least time a slow model is given for one attempt.
pub(super) const SLOW_TIMEOUT: Duration = Duration::from_secs(60);

const fn usd(input: i64, output: i64, cached: i64) -> Price {
    Price { input, output, cached }
}

const fn level(name: &'static str, level: ThinkingLevel, price: Price, slow: bool) -> Row {
    Row { name, thinking: Thinking::Level(level), price, slow }
}

// The lowest level each model takes: a chat answer needs speed, not reasoning. MINIMAL is a 400 on 3.7 and 3.8 and
// doubtful on 3.6. The prices of 3.6 and 3.8 flash double on 2027-01-01.
const TABLE: &[Row] = &[
    level("gemini-3.5-flash-lite", ThinkingLevel::Minimal, usd(300_000, 2_500_000, 30_000), false),
    level("gemini-3.1-flash-lite", ThinkingLevel::Minimal, usd(250_000, 1_500_000, 25_000), false),
    Row {
        name: "gemini-2.5-flash-lite",
        thinking: Thinking::Unsaid,
        price: usd(100_000, 400_000, 10_000),
        slow: false,
    },
    Row {
        name: "gemini-2.5-flash",
        thinking: Thinking::Budget(0),
        price: usd(300_000, 2_500_000, 30_000),
        slow: false,
    },
    Row {
        name: "gemini-2.5-pro",
        thinking: Thinking::Budget(128),
        price: usd(1_250_000, 10_000_000, 125_000),
        slow: true,
    },
    level("gemini-3.6-flash", ThinkingLevel::Low, usd(750_000, 3_750_000, 75_000), false),
    level("gemini-3.7-flash", ThinkingLevel::Low, usd(750_000, 3_750_000, 75_000), true),
    level("gemini-3.8-flash", ThinkingLevel::Low, usd(750_000, 3_750_000, 75_000), true),
    level("gemini-4-hydrogen", ThinkingLevel::Low, usd(1_500_000, 7_500_000, 75_000), true),
    level("gemini-4-neon", ThinkingLevel::Low, usd(3_000_000, 15_000_000, 300_000), true),
    level("gemini-4-carbon", ThinkingLevel::Low, usd(2_000_000, 10_000_000, 200_000), true),
    level("gemini-4-argon", ThinkingLevel::Low, usd(2_000_000, 10_000_000, 200_000), true),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_before_they_reach_an_address() {
        for good in ["gemini-3.5-flash-lite", "a", "tuned_1", &"a".repeat(64)] {
            assert!(valid_name(good), "{good}");
        }
        for bad in ["", "-x", ".x", "a/b", "../x", "a b", "a?key=1", "a:b", "é", "a%2f", "a\n", &"a".repeat(65)] {
            assert!(!valid_name(bad), "{bad:?}");
        }
        for row in TABLE {
            assert!(valid_name(row.name));
        }
        assert!(row(DEFAULT_MODEL).is_some());
        assert!(row("gemini-99-unknown").is_none());
    }

    #[test]
    fn every_successor_is_known_and_the_last_one_has_none() {
        for (gone, next) in SUCCESSORS {
            assert!(row(next).is_some(), "{gone}: {next} has no price");
            let mut at = Some(*next);
            for _ in 0..SUCCESSORS.len() {
                at = at.and_then(successor);
            }
            assert_eq!(at, None, "{gone} goes in circles");
        }
        assert_eq!(successor(DEFAULT_MODEL), None);
    }

    #[test]
    fn a_version_of_a_model_is_that_model() {
        for (answered, other) in [
            ("gemini-2.5-flash", false),
            ("gemini-2.5-flash-001", false),
            ("gemini-2.5-flash-preview-09-2025", false),
            ("gemini-2.5-flash-lite", true),
            ("gemini-3.5-flash-lite", true),
        ] {
            assert_eq!(is_other("gemini-2.5-flash", answered), other, "{answered}");
        }
    }

    #[test]
    fn thinking_words() {
        let rows = [
            ("LOW", Some(Thinking::Level(ThinkingLevel::Low))),
            (" minimal ", Some(Thinking::Level(ThinkingLevel::Minimal))),
            ("xhigh", Some(Thinking::Level(ThinkingLevel::XHigh))),
            ("none", Some(Thinking::Unsaid)),
            ("0", Some(Thinking::Budget(0))),
            ("-1", Some(Thinking::Budget(-1))),
            ("-2", None),
            ("lots", None),
            ("", None),
        ];
        for (word, expected) in rows {
            assert_eq!(Thinking::parse(word), expected, "{word:?}");
        }
    }
}
