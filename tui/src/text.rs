//! Untrusted text on its way to the screen: clean, measure, wrap, cut.
//!
//! Widths are those that ratatui draws with, summed over graphemes, so that what is measured here is what a buffer
//! holds. Right-to-left text keeps its logical order: turning it round is the terminal's work.

mod clean;

use std::borrow::Cow;

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

pub use self::clean::{BLOCK_CHARS_MAX, CleanText, LINE_CHARS_MAX};

/// Stands where text was cut.
pub const ELLIPSIS: &str = "…";
/// How much of a grapheme wider than a line is measured at once.
const PART_CHARS_MAX: usize = 32;

/// How many columns ratatui draws `text` in, on one line.
#[must_use]
pub fn width(text: &str) -> usize {
    if is_plain(text) { text.len() } else { text.graphemes(true).map(grapheme_width).sum() }
}

/// The start of `text` that fits, with "…" as its last column when something had to go.
#[must_use]
pub fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    cut_with(text, columns, ELLIPSIS)
}

/// [`cut`] with another mark at the end, such as that of the ASCII glyphs. A mark that does not fit is left out.
#[must_use]
pub fn cut_with<'a>(text: &'a str, columns: usize, mark: &str) -> Cow<'a, str> {
    if columns == 0 {
        return Cow::Borrowed("");
    }
    if fits(text, columns) {
        return Cow::Borrowed(text);
    }
    let mark = if width(mark) <= columns { mark } else { "" };
    Cow::Owned(format!("{}{mark}", head(text, columns - width(mark))))
}

/// Both ends of `text` with "…" between them, for ids and addresses whose end matters as much as their start.
#[must_use]
pub fn cut_middle(text: &str, columns: usize) -> Cow<'_, str> {
    if columns == 0 {
        return Cow::Borrowed("");
    }
    if fits(text, columns) {
        return Cow::Borrowed(text);
    }
    let kept = columns - width(ELLIPSIS);
    let end = tail(text, kept / 2);
    Cow::Owned(format!("{}{ELLIPSIS}{end}", head(text, kept - width(end))))
}

/// `text` in exactly so many columns: spaces after it, or cut.
#[must_use]
pub fn pad_right(text: &str, columns: usize) -> String {
    let mut padded = cut(text, columns).into_owned();
    let missing = columns.saturating_sub(width(&padded));
    padded.extend(std::iter::repeat_n(' ', missing));
    padded
}

/// `text` in exactly so many columns: spaces before it, or cut. For numbers.
#[must_use]
pub fn pad_left(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let missing = columns.saturating_sub(width(&text));
    format!("{}{text}", " ".repeat(missing))
}

/// The lines of `text`, none wider than `columns` (at least 2).
///
/// A line ends at `\n`, else at the last place that allows it: a space, or beside a wide character (東, 🙂); else inside
/// the word. Only that `\n` or that one space is lost; `text` without a character is one empty line.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<&str> {
    let columns = columns.max(2);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        wrap_paragraph(paragraph, columns, &mut lines);
    }
    lines
}

/// Where a line that got too long may end.
#[derive(Clone, Copy)]
struct Opening {
    /// The line's end, in bytes.
    end: usize,
    /// The next line's start; one space lies between, or nothing.
    next: usize,
    /// The columns up to `next`.
    columns: usize,
}

fn wrap_paragraph<'a>(paragraph: &'a str, columns: usize, lines: &mut Vec<&'a str>) {
    if is_plain(paragraph) && paragraph.len() <= columns {
        lines.push(paragraph);
        return;
    }
    let (mut start, mut used) = (0, 0);
    let mut opening: Option<Opening> = None;
    let mut after_wide = false;
    for (at, piece) in paragraph.grapheme_indices(true).flat_map(|(at, piece)| pieces(at, piece, columns)) {
        let taken = grapheme_width(piece);
        let wide = taken > 1;
        // Between wide characters a line may end anywhere, but not before what closes a phrase.
        if at > start && (wide || after_wide) && piece != " " && !closes(piece) {
            opening = Some(Opening { end: at, next: at, columns: used });
        }
        after_wide = wide;
        if used + taken > columns {
            if piece == " " {
                lines.push(&paragraph[start..at]);
                (start, used, opening) = (at + 1, 0, None);
                continue;
            }
            let chosen = opening.take().unwrap_or(Opening { end: at, next: at, columns: used });
            lines.push(&paragraph[start..chosen.end]);
            start = chosen.next;
            used -= chosen.columns;
            if used + taken > columns {
                // What was carried over leaves no room for it either: "a" and "東。" in three columns.
                lines.push(&paragraph[start..at]);
                (start, used) = (at, 0);
            }
        }
        used += taken;
        // Spaces that indent a line are no place to end it.
        if piece == " " && !paragraph[start..at].trim_matches(' ').is_empty() {
            opening = Some(Opening { end: at, next: at + 1, columns: used });
        }
    }
    lines.push(&paragraph[start..]);
}

/// A grapheme at byte `at`, or its parts where it alone is wider than a line: chains of conjuncts have no limit.
fn pieces(at: usize, grapheme: &str, columns: usize) -> impl Iterator<Item = (usize, &str)> {
    let fits = grapheme_width(grapheme) <= columns;
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = &grapheme[from..];
        if rest.is_empty() {
            return None;
        }
        let piece = if fits { rest } else { part(rest, columns) };
        let found = (at + from, piece);
        from += piece.len();
        Some(found)
    })
}

/// The longest start of `grapheme` that fits and is not long, one character at least.
fn part(grapheme: &str, columns: usize) -> &str {
    let mut ends = grapheme.char_indices().map(|(at, char)| at + char.len_utf8()).take(PART_CHARS_MAX);
    let first = ends.next().unwrap_or(grapheme.len());
    let end = ends.take_while(|end| grapheme_width(&grapheme[..*end]) <= columns).last();
    &grapheme[..end.unwrap_or(first)]
}

/// Whether a line should not begin with it.
fn closes(piece: &str) -> bool {
    matches!(piece, "、" | "。" | "，" | "．" | "！" | "？" | "：" | "；" | "）" | "」" | "』" | "】" | "》" | "ー")
}

/// Whether every character is printable ASCII, so that bytes, characters and columns are the same.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// What `Buffer::set_stringn` moves on by: nothing for a grapheme with a control character, which it leaves out.
fn grapheme_width(grapheme: &str) -> usize {
    if grapheme.contains(char::is_control) { 0 } else { usize::from(grapheme.cell_width()) }
}

/// Whether `text` takes no more than `columns`; stops reading when it does.
fn fits(text: &str, columns: usize) -> bool {
    head(text, columns).len() == text.len()
}

/// The longest start of `text` that takes no more than `columns`.
fn head(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme_width(grapheme);
        if used > columns {
            return &text[..at];
        }
    }
    text
}

/// The longest end of `text` that takes no more than `columns`.
fn tail(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let mut start = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme_width(grapheme);
        if used > columns {
            break;
        }
        start = at;
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    /// What a buffer moved on by.
    pub(super) fn drawn(text: &str) -> usize {
        let columns = u16::try_from(text.len() * 2 + 1).unwrap_or(u16::MAX);
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, 1));
        usize::from(buffer.set_stringn(0, 0, text, usize::from(columns), Style::default()).0)
    }

    /// What lies between the lines: the places where a character was lost.
    fn gaps<'a>(text: &'a str, lines: &[&str]) -> Vec<&'a str> {
        let at = |part: &str| part.as_ptr().addr() - text.as_ptr().addr();
        lines.windows(2).map(|pair| &text[at(pair[0]) + pair[0].len()..at(pair[1])]).collect()
    }

    fn holds_the_laws_of_wrapping(text: &str, columns: usize) {
        let lines = wrap(text, columns);
        for line in &lines {
            assert!(width(line) <= columns, "{line:?} is wider than {columns}");
        }
        let gaps = gaps(text, &lines);
        let mut joined = lines[0].to_owned();
        for (gap, line) in gaps.iter().zip(&lines[1..]) {
            assert!(matches!(*gap, "" | " " | "\n"), "{gap:?} was lost");
            joined.push_str(gap);
            joined.push_str(line);
        }
        assert_eq!(joined, text);
        assert_eq!(gaps.iter().filter(|gap| **gap == "\n").count(), text.matches('\n').count());
    }

    /// Pieces that make trouble, and plain ones between them.
    pub(super) fn trouble() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            prop::sample::select(vec![
                " ",
                "  ",
                "\n",
                "\r\n",
                "\t",
                "word ",
                "a",
                "❤️",
                "❤",
                "👨‍👩‍👧‍👦",
                "🇩🇪",
                "🇩",
                "東京",
                "。",
                "مرحبا",
                "\u{202e}",
                "שלום",
                "\u{1b}]0;title\u{7}",
                "\u{0}",
                "สวัสดี",
                "ที่",
                "नमस्ते",
                "क्ष",
                "क्",
                "ﾊﾞﾝﾞ",
                "ﾞ",
                "ｶ",
                "e\u{301}",
                "\u{301}",
                "\u{200d}",
                "\u{200c}",
                "\u{200b}",
                "\u{fe0f}",
                "👩🏽",
                "🏽",
                "각",
                "ᄀ",
                "ᅡ",
                "ᆨ",
                "\u{600}",
                "ශ්‍රී",
                "1\u{fe0f}\u{20e3}",
                "\u{85}",
                "\u{2028}",
                "\u{feff}",
                "…",
                "\u{e0041}",
                "می\u{200c}خواهم",
            ])
            .prop_map(str::to_owned),
            any::<char>().prop_map(String::from),
            "[a-z ]{0,12}",
        ];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn cut_text_fits(text in trouble(), columns in 0_usize..30) {
            prop_assert!(width(&cut(&text, columns)) <= columns);
            prop_assert!(width(&cut_middle(&text, columns)) <= columns);
            let fits = width(&text) <= columns && (columns > 0 || text.is_empty());
            prop_assert_eq!(cut(&text, columns) == text.as_str(), fits);
        }

        #[test]
        fn padded_text_is_as_wide_as_asked(text in trouble(), columns in 0_usize..30) {
            prop_assert_eq!(width(&pad_right(&text, columns)), columns);
            prop_assert_eq!(width(&pad_left(&text, columns)), columns);
        }

        #[test]
        fn wrapped_text_fits_and_is_all_there(text in trouble(), columns in 2_usize..30) {
            holds_the_laws_of_wrapping(&text, columns);
            holds_the_laws_of_wrapping(CleanText::block(&text).as_str(), columns);
        }

        #[test]
        fn a_buffer_draws_what_was_measured(text in trouble()) {
            prop_assert_eq!(width(&text), drawn(&text));
            let clean = CleanText::line(&text);
            prop_assert_eq!(clean.width(), drawn(clean.as_str()));
        }
    }

    #[test]
    fn cuts_between_graphemes() {
        let table: &[(&str, usize, &str)] = &[
            ("hello", 5, "hello"),
            ("hello", 4, "hel…"),
            ("hello", 1, "…"),
            ("hello", 0, ""),
            ("東京都", 5, "東京…"),
            ("東京都", 4, "東…"),
            ("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 3, "👨‍👩‍👧‍👦…"),
            ("🇩🇪🇫🇷", 3, "🇩🇪…"),
        ];
        for (text, columns, expected) in table {
            assert_eq!(cut(text, *columns), *expected, "{text:?} in {columns}");
        }
        assert_eq!(cut_with("hello", 4, "..."), "h...");
        assert_eq!(cut_with("hello", 2, "..."), "he");
        assert_eq!(cut_middle("019b-aaaa-bbbb-cccc", 9), "019b…cccc");
        assert_eq!(cut_middle("abcdef", 2), "a…");
        assert_eq!(pad_right("東京", 6), "東京  ");
        assert_eq!(pad_right("東京都", 4), "東… ");
        assert_eq!(pad_left("42", 5), "   42");
    }

    #[test]
    fn wraps_at_spaces_and_breaks_what_has_none() {
        let table: &[(&str, usize, &[&str])] = &[
            ("", 10, &[""]),
            ("one two three", 7, &["one two", "three"]),
            ("one two three", 8, &["one two", "three"]),
            ("one  two", 4, &["one ", "two"]),
            ("a\n\nb", 10, &["a", "", "b"]),
            ("  indented", 6, &["  inde", "nted"]),
            ("abcdefghij", 4, &["abcd", "efgh", "ij"]),
            ("see abcdefghij", 6, &["see", "abcdef", "ghij"]),
            ("東京都庁。", 8, &["東京都", "庁。"]),
            ("a東。", 3, &["a", "東", "。"]),
            ("open 東京", 8, &["open 東", "京"]),
            ("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 2, &["👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"]),
            ("क्क्क्", 2, &["क्क्", "क्"]),
        ];
        for (text, columns, expected) in table {
            assert_eq!(wrap(text, *columns), *expected, "{text:?} in {columns}");
        }
    }

    #[test]
    fn a_line_of_a_hundred_thousand_characters_is_wrapped_in_one_pass() {
        for word in ["x", "word ", "東", "क्", "\u{301}", "ﾞ", "👩\u{200d}"] {
            let text = word.repeat(100_000 / word.chars().count());
            let before = std::time::Instant::now();
            let lines = wrap(&text, 40);
            assert!(lines.iter().all(|line| width(line) <= 40));
            assert!(before.elapsed().as_secs() < 10, "{word:?} took {:?}", before.elapsed());
        }
    }
}
