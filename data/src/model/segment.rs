//! A segment: a filter of contacts that is kept under a name.

use super::limit;
use super::query::Query;
use crate::ids::SegmentId;
use crate::time::Timestamp;

/// The longest name.
const NAME_CHARS_MAX: usize = limit::SEGMENT_NAME.chars;

/// A saved filter of contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its id.
    pub id: SegmentId,
    /// What it is called.
    pub name: String,
    /// Whom it has, as it was written.
    pub query: String,
    /// Since when it is here.
    pub created_at: Timestamp,
}

/// A name without the space around it.
///
/// # Errors
/// What is wrong with it. A name that could be read as a query is none: nobody would know which of the two is meant.
pub fn checked_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() {
        return Err("a segment needs a name".to_owned());
    }
    if name.chars().count() > NAME_CHARS_MAX || name.chars().any(|c| c.is_control() || matches!(c, '"' | ',')) {
        return Err(format!(
            "{name:?} is no name: 1 to {NAME_CHARS_MAX} characters, no commas, quotation marks or line breaks"
        ));
    }
    if !Query::parse(name).is_ok_and(|query| query.is_words()) {
        return Err(format!("{name:?} is no name: it reads as a query; choose plain words"));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain_words() {
        for (text, expected) in [
            (" regulars ", Some("regulars")),
            ("Big spenders 2026", Some("Big spenders 2026")),
            ("東京", Some("東京")),
            ("", None),
            ("all", None),
            ("ALL", None),
            ("opted_out", None),
            ("optedout", None),
            ("tag:vip", None),
            ("-regulars", None),
            ("a:b", None),
            ("a, b", None),
            ("\"a b\"", None),
            ("a\nb", None),
        ] {
            assert_eq!(checked_name(text).ok().as_deref(), expected, "{text}");
        }
        assert!(checked_name(&"a".repeat(65)).is_err());
    }
}
