//! Reads a query, and says what is wrong with it and where.

use std::fmt;
use std::time::Duration;

use super::{Sign, Term, Test, Value, When, folded};
use crate::model::contact::{ConsentState, Review};
use crate::model::limit;
use crate::time::Timestamp;

/// More than these is no question that a person asks.
const TERMS_MAX: usize = 64;
const HOUR_S: u64 = 3600;
const DAY_S: u64 = 24 * HOUR_S;

/// Words with a colon after them.
const KEYS: [&str; 10] =
    ["tag", "name", "phone", "language", "review", "consent", "last_in", "last_out", "created", "segment"];
/// Words that stand alone.
const FLAGS: [&str; 2] = ["all", "opted_out"];

/// Why a query can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}{}", position(*at), hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default())]
pub struct QueryError {
    /// Which character of the query, from 1; nothing where it is not about one.
    pub at: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub hint: Option<String>,
}

fn position(at: Option<usize>) -> String {
    at.map(|at| format!("at character {at}: ")).unwrap_or_default()
}

impl QueryError {
    pub(super) fn segment(name: &str, why: impl fmt::Display) -> Self {
        Self { at: None, what: format!("segment:{name} {why}"), hint: None }
    }
}

/// A piece of text, and where it began.
struct Piece {
    at: usize,
    text: String,
    quoted: bool,
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let taken = self.peek() == Some(wanted);
        self.at += usize::from(taken);
        taken
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn fail<T>(&self, at: usize, what: impl Into<String>, hint: &str) -> Result<T, QueryError> {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        Err(QueryError { at: Some(at + 1), what: what.into(), hint })
    }

    /// A word up to one of `ends` or a space, or whatever stands in quotation marks.
    fn piece(&mut self, ends: &[char]) -> Result<Piece, QueryError> {
        let at = self.at;
        if self.take('"') {
            let mut text = String::new();
            loop {
                match self.peek() {
                    Some('"') => {
                        self.at += 1;
                        return Ok(Piece { at, text, quoted: true });
                    }
                    Some(c) => text.push(c),
                    None => return self.fail(at, "a quotation mark is not closed", "write one more \""),
                }
                self.at += 1;
            }
        }
        let mut text = String::new();
        while let Some(c) = self.peek().filter(|c| !c.is_whitespace() && *c != '"' && !ends.contains(c)) {
            text.push(c);
            self.at += 1;
        }
        Ok(Piece { at, text, quoted: false })
    }

    /// What stands behind a colon: one or several, with commas between them.
    fn values(&mut self, key: &str) -> Result<Vec<Piece>, QueryError> {
        let mut values = Vec::new();
        loop {
            let piece = self.piece(&[','])?;
            if piece.text.trim().is_empty() {
                return self.fail(piece.at, format!("nothing stands after {key}:"), example(key));
            }
            values.push(piece);
            if !self.take(',') {
                return Ok(values);
            }
        }
    }

    fn term(&mut self) -> Result<Term, QueryError> {
        let sign = if self.take('-') { Sign::IsNot } else { Sign::Is };
        let key = self.piece(&[':'])?;
        let test = if self.take(':') { self.test(&key)? } else { self.word(&key)? };
        if self.peek().is_some_and(|c| !c.is_whitespace()) {
            return self.fail(self.at, "a space is missing before the next term", "");
        }
        Ok(Term { sign, test })
    }

    fn word(&self, word: &Piece) -> Result<Test, QueryError> {
        let text = folded(word.text.trim());
        if text.is_empty() {
            return self.fail(word.at, "nothing stands here", "write a name, tag:vip or last_in:<30d");
        }
        match text.as_str() {
            _ if word.quoted => Ok(Test::Word(text)),
            "all" => Ok(Test::All),
            "opted_out" => Ok(Test::OptedOut),
            _ => match near(&text.replace('-', "_"), &FLAGS[1..]) {
                Some(flag) => {
                    let hint = format!("did you mean {flag}? Write {:?} for a name", word.text);
                    self.fail(word.at, format!("{} is no term", word.text), &hint)
                }
                None => Ok(Test::Word(text)),
            },
        }
    }

    fn test(&mut self, key: &Piece) -> Result<Test, QueryError> {
        let name = folded(key.text.trim());
        if name.is_empty() {
            return self.fail(key.at, "nothing stands before the colon", "write tag:vip, or \"10:30\" for a text");
        }
        if key.quoted || !KEYS.contains(&name.as_str()) {
            if !key.quoted
                && let Some(known) = near(&name.replace('-', "_"), &KEYS)
            {
                let hint = format!("did you mean {known}:? Write \"{}\": for a column of your own", key.text);
                return self.fail(key.at, format!("{}: is no term", key.text), &hint);
            }
            let values = self.values(&name)?.into_iter().map(|value| match value.text.as_str() {
                "*" if !value.quoted => Value::Anything,
                text => Value::Is(folded(text.trim())),
            });
            return Ok(Test::Field { column: name, values: values.collect() });
        }
        let values = self.values(&name)?;
        match name.as_str() {
            "tag" => Ok(Test::Tag(texts(&values))),
            "name" => Ok(Test::Name(texts(&values))),
            "phone" => self.each(&values, phone, "write how the number begins: phone:+49151").map(Test::Phone),
            "language" => {
                Ok(Test::Language(texts(&values).into_iter().map(|text| (text != "none").then_some(text)).collect()))
            }
            "review" => self.each(&values, |text| text.parse::<Review>().ok(), &review_words()).map(Test::Review),
            "consent" => self.each(&values, consent, "write given, refused or none").map(Test::Consent),
            "last_in" => self.when(&name, &values).map(Test::LastIn),
            "last_out" => self.when(&name, &values).map(Test::LastOut),
            "created" => self.when(&name, &values).map(Test::Created),
            _ => match values.as_slice() {
                [only] => Ok(Test::Segment(only.text.trim().to_owned())),
                _ => self.fail(values[1].at, "one segment at a time", "write segment:a segment:b for people of both"),
            },
        }
    }

    fn each<T>(&self, values: &[Piece], read: impl Fn(&str) -> Option<T>, hint: &str) -> Result<Vec<T>, QueryError> {
        let read = |value: &Piece| match read(&folded(value.text.trim())) {
            Some(read) => Ok(read),
            None => self.fail(value.at, format!("{:?} is not understood", value.text), hint),
        };
        values.iter().map(read).collect()
    }

    fn when(&self, key: &str, values: &[Piece]) -> Result<When, QueryError> {
        let [value] = values else { return self.fail(values[1].at, "one time at a time", example(key)) };
        match when(&folded(&value.text)) {
            Some(when) => Ok(when),
            None => self.fail(value.at, format!("{} is no time", value.text), example(key)),
        }
    }
}

fn review_words() -> String {
    format!("write {}", Review::ALL.iter().map(|review| review.word()).collect::<Vec<_>>().join(", "))
}

fn texts(values: &[Piece]) -> Vec<String> {
    values.iter().map(|value| folded(value.text.trim())).collect()
}

fn phone(text: &str) -> Option<String> {
    super::digits_in(text)
        .or_else(|| Some(text.trim_start_matches('+').to_owned()))
        .filter(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
}

fn consent(text: &str) -> Option<Option<ConsentState>> {
    if text == "none" { Some(None) } else { text.parse().ok().map(Some) }
}

fn when(text: &str) -> Option<When> {
    if text == "never" {
        return Some(When::Never);
    }
    let (sooner, rest) = match text.split_at_checked(1)? {
        ("<", rest) => (true, rest),
        (">", rest) => (false, rest),
        _ => return None,
    };
    if let Some(span) = span(rest) {
        return Some(if sooner { When::Within(span) } else { When::LongerAgo(span) });
    }
    let day: jiff::civil::Date = rest.parse().ok()?;
    let begin = Timestamp::from(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp());
    Some(if sooner { When::Before(begin) } else { When::Since(begin) })
}

/// A span such as 30d, in hours, days, weeks, minutes, months of thirty days or years.
fn span(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at(unit);
    let seconds = match unit {
        "m" | "min" => 60,
        "h" => HOUR_S,
        "d" => DAY_S,
        "w" => 7 * DAY_S,
        "mo" => 30 * DAY_S,
        "y" => 365 * DAY_S,
        _ => return None,
    };
    // A hundred years are enough, and no sum of them gets out of hand.
    let count: u64 = count.parse().ok()?;
    count.checked_mul(seconds).filter(|seconds| *seconds <= 36_500 * DAY_S).map(Duration::from_secs)
}

fn example(key: &str) -> &'static str {
    match key {
        "last_in" | "last_out" => "write <30d for the last 30 days, >30d for longer ago, or never",
        "created" => "write <30d, >30d, >2026-01-01 for since that day, or <2026-01-01 for before it",
        "tag" => "write tag:vip, or tag:\"very important\"",
        _ => "write a word, or several words in quotation marks",
    }
}

/// The one of `words` that was meant: its beginning, or a letter more, less or other; two letters in a long word.
fn near(typed: &str, words: &[&'static str]) -> Option<&'static str> {
    let most = |word: &str| if word.len() > 5 { 2 } else { 1 };
    let begins = |word: &str| typed.len() > 3 && word.starts_with(typed);
    words.iter().copied().find(|word| begins(word) || distance(typed, word) <= most(word))
}

fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, r) in right.iter().enumerate() {
            let kept = corner + usize::from(l != *r);
            corner = row[j + 1];
            row[j + 1] = kept.min(corner + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

/// The terms of a query.
pub(super) fn terms(text: &str) -> Result<Vec<Term>, QueryError> {
    if let Err(too_long) = limit::QUERY.check(text) {
        let hint = Some("save a part of it as a segment".to_owned());
        return Err(QueryError { at: None, what: too_long.to_string(), hint });
    }
    let mut reader = Reader { chars: text.chars().collect(), at: 0 };
    let mut terms = Vec::new();
    loop {
        reader.skip_spaces();
        if reader.peek().is_none() {
            return Ok(terms);
        }
        if terms.len() == TERMS_MAX {
            return reader.fail(reader.at, format!("more than {TERMS_MAX} terms"), "save a part of it as a segment");
        }
        terms.push(reader.term()?);
    }
}
