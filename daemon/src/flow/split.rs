//! Cuts a long reply into messages WhatsApp takes.

use unicode_segmentation::UnicodeSegmentation;

/// The most one message may hold, in UTF-16 units: whoever counts characters or units is then content.
pub const UNITS_MAX: usize = 4096;

/// Cuts at the end of a paragraph, else of a line, a sentence, a word, and only then between two visible characters. No
/// part is blank, and none is longer than `units_max` unless a single visible character is. White space at a cut is lost.
pub fn split(text: &str, units_max: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let fits = prefix(rest, units_max);
        let at = if fits == rest.len() { fits } else { border(rest, fits) };
        let (part, tail) = rest.split_at(at);
        let part = part.trim_end();
        if !part.is_empty() {
            parts.push(part);
        }
        rest = tail.trim_start();
    }
    parts
}

/// The bytes of the longest run of whole visible characters within the limit; at least one of them.
fn prefix(text: &str, units_max: usize) -> usize {
    let (mut units, mut end) = (0, 0);
    for (at, grapheme) in text.grapheme_indices(true) {
        units += grapheme.encode_utf16().count();
        if units > units_max && at > 0 {
            break;
        }
        end = at + grapheme.len();
    }
    end
}

/// Where to cut a text of which `fits` bytes fit. A cut in the first quarter is worse than a rougher one later.
fn border(text: &str, fits: usize) -> usize {
    let head = &text[..fits];
    let least = fits / 4;
    let good = |at: Option<usize>| at.filter(|at| *at > least);
    let sentences = || head.split_sentence_bound_indices().map(|(at, _)| at);
    let sentence = || sentences().filter(|at| head[..*at].ends_with(char::is_whitespace)).last();
    let word = || match text[fits..].chars().next() {
        Some(next) if next.is_whitespace() => Some(fits),
        _ => head.char_indices().rfind(|(_, c)| c.is_whitespace()).map(|(at, _)| at),
    };
    good(head.rfind("\n\n"))
        .or_else(|| good(head.rfind('\n')))
        .or_else(|| good(sentence()))
        .or_else(|| good(word()))
        .unwrap_or(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_where_a_reader_would() {
        let rows: &[(&str, usize, &[&str])] = &[
            ("", 10, &[]),
            (" \n ", 10, &[]),
            ("short", 10, &["short"]),
            ("one two\n\nthree four", 12, &["one two", "three four"]),
            ("one two\nthree four", 12, &["one two", "three four"]),
            ("Hi there. How are you today", 20, &["Hi there.", "How are you today"]),
            ("alpha beta gamma", 11, &["alpha beta", "gamma"]),
            ("alpha beta gamma", 10, &["alpha beta", "gamma"]),
            ("abcdefghij", 4, &["abcd", "efgh", "ij"]),
            ("👍👍👍", 4, &["👍👍", "👍"]),
            ("👨\u{200d}👩\u{200d}👧x", 3, &["👨\u{200d}👩\u{200d}👧", "x"]),
            ("a\n\nbbbbbbbb cccccc", 14, &["a\n\nbbbbbbbb", "cccccc"]),
        ];
        for (text, max, expected) in rows {
            assert_eq!(split(text, *max), *expected, "{text:?} {max}");
        }
    }

    fn visible(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }

    proptest! {
        #[test]
        fn nothing_visible_is_lost_and_no_part_is_blank_or_long(text in "(\\PC|[ \n.!👍é]){0,200}", max in 4_usize..40) {
            let parts = split(&text, max);
            prop_assert_eq!(visible(&parts.concat()), visible(&text));
            for part in parts {
                prop_assert!(!part.trim().is_empty());
                let units = part.encode_utf16().count();
                prop_assert!(units <= max || part.graphemes(true).count() == 1, "{units} > {max}");
            }
        }
    }
}
