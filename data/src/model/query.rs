//! The words with which owners say which people they mean: `tag:vip last_in:<30d -opted_out`. One language for lists,
//! segments, campaigns and exports. Reads nothing: a person's facts and the time are arguments.
//!
//! Terms stand beside each other, and all of them must hold. A `-` before one turns it around; a comma means "or".

mod parse;
mod resolve;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

pub use self::parse::QueryError;
use super::contact::{ConsentState, Review};
use crate::time::Timestamp;

/// What a query may look at, of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The name.
    pub name: Option<String>,
    /// The digits of the phone number.
    pub phone: Option<String>,
    /// What the owner said about the person.
    pub review: Review,
    /// When the person asked not to be written to.
    pub opted_out_at: Option<Timestamp>,
    /// The language.
    pub language: Option<String>,
    /// What the person said about being written to.
    pub consent: Option<ConsentState>,
    /// Since when the person is known.
    pub created_at: Timestamp,
    /// Words the owner put on the person; only where [`Fact::Tags`] is asked for.
    pub tags: Vec<String>,
    /// Columns of the owner's own; only where [`Fact::Fields`] is asked for.
    pub fields: BTreeMap<String, String>,
    /// When the person wrote last; only where [`Fact::LastIn`] is asked for.
    pub last_in_at: Option<Timestamp>,
    /// When they were written to last; only where [`Fact::LastOut`] is asked for.
    pub last_out_at: Option<Timestamp>,
}

/// Facts that stand elsewhere than on the person's own row, so that they are read only when a query asks for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// The tags.
    Tags,
    /// Columns of the owner's own.
    Fields,
    /// When the person wrote last.
    LastIn,
    /// When they were written to last.
    LastOut,
}

/// Which people are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    text: String,
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    sign: Sign,
    test: Test,
}

/// Must a term hold, or must it not?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Is,
    IsNot,
}

/// What is asked of a person. Texts are in small letters already.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    All,
    OptedOut,
    Word(String),
    Tag(Vec<String>),
    Name(Vec<String>),
    Phone(Vec<String>),
    Language(Vec<Option<String>>),
    Review(Vec<Review>),
    Consent(Vec<Option<ConsentState>>),
    LastIn(When),
    LastOut(When),
    Created(When),
    Field { column: String, values: Vec<Value> },
    Segment(String),
    Query(Query),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Is(String),
    Anything,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Within(Duration),
    LongerAgo(Duration),
    Since(Timestamp),
    Before(Timestamp),
    Never,
}

impl When {
    fn fits(self, at: Option<Timestamp>, now: Timestamp) -> bool {
        match (self, at) {
            (Self::Never, at) => at.is_none(),
            (_, None) => false,
            (Self::Within(span), Some(at)) => at > now - span,
            (Self::LongerAgo(span), Some(at)) => at <= now - span,
            (Self::Since(day), Some(at)) => at >= day,
            (Self::Before(day), Some(at)) => at < day,
        }
    }
}

/// The digits of a text that may be part of a phone number, without the zeros with which it is dialled at home.
pub(crate) fn digits_in(text: &str) -> Option<String> {
    let is_number = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '/' | '(' | ')'));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0').to_owned();
    (is_number && digits.len() > 1).then_some(digits)
}

fn folded(text: &str) -> String {
    text.to_lowercase()
}

fn has(name: Option<&str>, part: &str) -> bool {
    name.is_some_and(|name| folded(name).contains(part))
}

impl Test {
    fn holds(&self, person: &Profile, now: Timestamp) -> bool {
        match self {
            Self::All => true,
            Self::OptedOut => person.opted_out_at.is_some(),
            Self::Word(word) => {
                let digits = digits_in(word);
                let part = digits.as_deref().unwrap_or(word);
                has(person.name.as_deref(), word) || person.phone.as_deref().is_some_and(|phone| phone.contains(part))
            }
            Self::Tag(tags) => person.tags.iter().any(|tag| tags.contains(&folded(tag))),
            Self::Name(names) => names.iter().any(|part| has(person.name.as_deref(), part)),
            Self::Phone(begins) => {
                person.phone.as_deref().is_some_and(|phone| begins.iter().any(|digits| phone.starts_with(digits)))
            }
            Self::Language(languages) => languages.contains(&person.language.as_deref().map(folded)),
            Self::Review(reviews) => reviews.contains(&person.review),
            Self::Consent(states) => states.contains(&person.consent),
            Self::LastIn(when) => when.fits(person.last_in_at, now),
            Self::LastOut(when) => when.fits(person.last_out_at, now),
            Self::Created(when) => when.fits(Some(person.created_at), now),
            Self::Field { column, values } => {
                person.fields.iter().filter(|(name, words)| folded(name) == *column && !words.is_empty()).any(
                    |(_, words)| {
                        values.iter().any(|value| match value {
                            Value::Anything => true,
                            Value::Is(wanted) => folded(words.trim()) == *wanted,
                        })
                    },
                )
            }
            Self::Query(query) => query.matches(person, now),
            // Whoever did not look the segment up means nobody.
            Self::Segment(_) => false,
        }
    }

    fn asks_for(&self, fact: Fact) -> bool {
        match self {
            Self::Tag(_) => fact == Fact::Tags,
            Self::Field { .. } => fact == Fact::Fields,
            Self::LastIn(_) => fact == Fact::LastIn,
            Self::LastOut(_) => fact == Fact::LastOut,
            Self::Query(query) => query.asks_for(fact),
            _ => false,
        }
    }
}

impl Query {
    /// Everybody.
    #[must_use]
    pub fn all() -> Self {
        Self { text: "all".to_owned(), terms: vec![Term { sign: Sign::Is, test: Test::All }] }
    }

    /// Reads what a person typed. Nothing at all means everybody.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let terms = parse::terms(text)?;
        if terms.is_empty() {
            return Ok(Self::all());
        }
        Ok(Self { text: text.trim().to_owned(), terms })
    }

    /// Only those who have a tag too.
    #[must_use]
    pub fn tagged(self, tag: &str) -> Self {
        self.and(Test::Tag(vec![folded(tag.trim())]))
    }

    /// Only those of whom the owner said this too.
    #[must_use]
    pub fn reviewed(self, review: Review) -> Self {
        self.and(Test::Review(vec![review]))
    }

    /// Only those with this in their name or phone number too.
    #[must_use]
    pub fn with(self, part: &str) -> Self {
        self.and(Test::Word(folded(part.trim())))
    }

    fn and(mut self, test: Test) -> Self {
        self.terms.push(Term { sign: Sign::Is, test });
        self
    }

    /// Is this one of the people?
    #[must_use]
    pub fn matches(&self, person: &Profile, now: Timestamp) -> bool {
        self.terms.iter().all(|term| term.test.holds(person, now) == (term.sign == Sign::Is))
    }

    /// May this be one of the people, going by what is known without these facts? Whoever may be is looked at again with
    /// them.
    #[must_use]
    pub fn may_match(&self, person: &Profile, unknown: &[Fact], now: Timestamp) -> bool {
        self.terms.iter().all(|term| match (&term.test, term.sign) {
            (Test::Query(query), Sign::Is) => query.may_match(person, unknown, now),
            (test, _) if unknown.iter().any(|fact| test.asks_for(*fact)) => true,
            (test, sign) => test.holds(person, now) == (sign == Sign::Is),
        })
    }

    /// Must this be known of a person to tell?
    #[must_use]
    pub fn asks_for(&self, fact: Fact) -> bool {
        self.terms.iter().any(|term| term.test.asks_for(fact))
    }

    /// Does it say what the owner thinks of the people: by their tags, or by what was said in a review? Whoever has a tag
    /// was looked at.
    #[must_use]
    pub fn names_reviewed(&self) -> bool {
        self.terms.iter().any(|term| match &term.test {
            Test::Tag(_) | Test::Review(_) => term.sign == Sign::Is,
            Test::Query(query) => term.sign == Sign::Is && query.names_reviewed(),
            _ => false,
        })
    }

    /// Is it nothing but words, as names are? Then it may be the name of a segment that somebody means.
    #[must_use]
    pub fn is_words(&self) -> bool {
        self.terms.iter().all(|term| term.sign == Sign::Is && matches!(term.test, Test::Word(_)))
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
