//! Places for variables in a text (`{{ name }}`, `{% if name %}`): where they are, for whoever draws the text. What they
//! mean is the daemon's.

use std::ops::Range;

use crate::text;

/// A part of a row: words, or a place for a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Words as they stand.
    Words,
    /// A place for a variable.
    Place,
}

/// The places in a text, as spans of bytes. What is not closed is none.
#[must_use]
pub fn places(text: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find('{').map(|found| at + found) {
        let close = match text.as_bytes().get(open + 1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            _ => {
                at = open + 1;
                continue;
            }
        };
        match text[open + 2..].find(close) {
            Some(length) => {
                at = open + 2 + length + close.len();
                places.push(open..at);
            }
            None => at = open + 2,
        }
    }
    places
}

/// The rows of a text in so many columns, each in its parts.
#[must_use]
pub fn rows(text: &str, columns: usize) -> Vec<Vec<(&str, Part)>> {
    let places = places(text);
    let mut from = 0;
    text::wrap(text, columns)
        .into_iter()
        .map(|row| {
            // Rows are pieces of the text in their order; only white space lies between them.
            let start = text[from..].find(row).map_or(from, |found| from + found);
            let end = start + row.len();
            from = end;
            let mut parts = Vec::new();
            let mut at = start;
            for place in &places {
                let (open, close) = (place.start.clamp(at, end), place.end.clamp(at, end));
                if open < close {
                    parts.extend([(&text[at..open], Part::Words), (&text[open..close], Part::Place)]);
                    at = close;
                }
            }
            parts.push((&text[at..end], Part::Words));
            parts.retain(|(words, _)| !words.is_empty());
            parts
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_what_is_opened_and_closed() {
        for (text, expected) in [
            ("Hi {{ name }}!", vec!["{{ name }}"]),
            ("{{a}}{{b}}", vec!["{{a}}", "{{b}}"]),
            ("{% if x %}y{% endif %}", vec!["{% if x %}", "{% endif %}"]),
            ("{ name } {{ open", vec![]),
            ("{{{ x }}", vec!["{{{ x }}"]),
            ("🍓{", vec![]),
            ("", vec![]),
        ] {
            let found: Vec<&str> = places(text).into_iter().map(|place| &text[place]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_place_over_two_rows_is_one_in_both() {
        let rows = rows("Dear {{ first_name }},\n\nhello", 12);
        assert_eq!(
            rows,
            [
                vec![("Dear ", Part::Words), ("{{", Part::Place)],
                vec![("first_name", Part::Place)],
                vec![("}}", Part::Place), (",", Part::Words)],
                vec![],
                vec![("hello", Part::Words)],
            ]
        );
    }
}
