//! Untrusted text on its way to the screen: clean, measure, wrap, cut.
//!
//! Widths are those that ratatui draws with, summed over graphemes, so that what is measured here is what a buffer
//! holds. Right-to-left text keeps its logical order: turning it round is the terminal's work.

use std::borrow::Cow;
use std::fmt;

use ratatui::buffer::CellWidth;
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};
use unicode_width::UnicodeWidthChar;

/// Stands where text was cut.
pub const ELLIPSIS: &str = "…";
/// The most characters of a [`CleanText::line`].
pub const LINE_CHARS_MAX: usize = 4_096;
/// The most characters of a [`CleanText::block`].
pub const BLOCK_CHARS_MAX: usize = 65_536;
/// The last line of a block that was too long.
const BLOCK_CUT: &str = "\n… (cut)";
/// What a tab becomes in a block.
const TAB: &str = "    ";
/// The most combining marks that one character keeps.
const MARKS_MAX: usize = 4;
/// The most joiners in one cluster of a script.
const JOINERS_MAX: usize = 8;
/// The half-width sound marks, letters that count as marks.
const HALF_VOICED: char = '\u{ff9e}';
const HALF_SEMI_VOICED: char = '\u{ff9f}';
/// How much of a grapheme wider than a line is measured at once.
const PART_CHARS_MAX: usize = 32;

/// Text that can't move the cursor, turn its line round, hide letters or pile marks over its neighbours.
///
/// Taken out are control characters, bidi overrides, isolates and marks, variation selectors, tags, blank fillers and
/// other characters without width. Half-width katakana with a sound mark become one full-width letter. Joiners stay
/// where a script needs them, emoji joined to one picture stand side by side; four marks stay on each character. What is
/// left of an escape sequence without its controls stays, visible and harmless.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CleanText(String);

impl CleanText {
    /// One line: line breaks and tabs become a space, those at either end nothing; at most [`LINE_CHARS_MAX`]
    /// characters, with "…" at the end when some were cut.
    #[must_use]
    pub fn line(text: &str) -> Self {
        Self(clean(text, Breaks::Joined, LINE_CHARS_MAX, ELLIPSIS))
    }

    /// Text of many lines: every kind of line break becomes `\n`, a tab four spaces; at most [`BLOCK_CHARS_MAX`]
    /// characters, with a last line "… (cut)" when some were cut.
    #[must_use]
    pub fn block(text: &str) -> Self {
        Self(clean(text, Breaks::Kept, BLOCK_CHARS_MAX, BLOCK_CUT))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many columns it takes on one line.
    #[must_use]
    pub fn width(&self) -> usize {
        width(&self.0)
    }

    /// The text as a `String`.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl AsRef<str> for CleanText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<CleanText> for String {
    fn from(text: CleanText) -> Self {
        text.0
    }
}

impl fmt::Display for CleanText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

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

/// What becomes of a line break.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    Joined,
    Kept,
}

/// What a character is to [`clean`].
enum Kind {
    Break,
    Tab,
    /// ZWJ and ZWNJ.
    Joiner,
    /// Joins the character before it.
    Mark,
    Junk,
    Base,
}

fn clean(text: &str, breaks: Breaks, chars_max: usize, ending: &str) -> String {
    let mut out = String::with_capacity(text.len().min(chars_max));
    let mut chars = 0;
    let mut last = '\n';
    let (mut marks, mut joiners) = (0, 0);
    let mut joiner = None;
    let mut gap = false;
    let mut source = text.chars().peekable();
    while let Some(char) = source.next() {
        if chars > chars_max {
            break;
        }
        let char = match (char, voiced(last, char)) {
            (HALF_VOICED | HALF_SEMI_VOICED, Some(letter)) if marks == 0 && joiner.is_none() && !gap => {
                out.pop();
                out.push(letter);
                last = letter;
                continue;
            }
            (HALF_VOICED, _) => '゛',
            (HALF_SEMI_VOICED, _) => '゜',
            _ => char,
        };
        match kind(char) {
            Kind::Junk => {}
            Kind::Break | Kind::Tab if breaks == Breaks::Joined => gap = true,
            Kind::Tab => {
                out.push_str(TAB);
                chars += TAB.len();
                (last, joiner) = (' ', None);
            }
            Kind::Break => {
                if char == '\r' && source.peek() == Some(&'\n') {
                    source.next();
                }
                out.push('\n');
                chars += 1;
                (last, joiner) = ('\n', None);
            }
            Kind::Joiner => joiner = Some(char),
            found @ (Kind::Mark | Kind::Base) => {
                if std::mem::take(&mut gap) && !out.is_empty() {
                    out.push(' ');
                    chars += 1;
                    (last, joiner) = (' ', None);
                }
                let is_mark = matches!(found, Kind::Mark);
                if is_mark && (marks == MARKS_MAX || (last == '\n' && char.width() == Some(0))) {
                    continue;
                }
                let held = joiner.take().filter(|_| joiners < JOINERS_MAX && joins(last, char));
                if let Some(held) = held {
                    out.push(held);
                    chars += 1;
                    joiners += 1;
                } else if !is_mark {
                    joiners = 0;
                }
                out.push(char);
                chars += 1;
                last = char;
                marks = if is_mark { marks + 1 } else { 0 };
            }
        }
    }
    if chars > chars_max {
        shorten(&mut out, chars_max - ending.chars().count());
        out.push_str(ending);
    }
    out
}

/// The letter that a half-width katakana and its sound mark are together; as wide as the two.
///
/// ratatui 0.30.2 adds a column for each mark which unicode-width 0.2.3 counts already: the column after them would
/// keep what was drawn there before.
fn voiced(letter: char, mark: char) -> Option<char> {
    let (from, to) = match mark {
        HALF_VOICED => ("ｳｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎﾜｦ", "ヴガギグゲゴザジズゼゾダヂヅデドバビブベボヷヺ"),
        HALF_SEMI_VOICED => ("ﾊﾋﾌﾍﾎ", "パピプペポ"),
        _ => return None,
    };
    from.chars().zip(to.chars()).find(|(half, _)| *half == letter).map(|(_, full)| full)
}

/// Cuts `out` to so many characters, or a few less where that would split a grapheme.
fn shorten(out: &mut String, chars: usize) {
    let Some((at, _)) = out.char_indices().nth(chars) else { return };
    let mut cursor = GraphemeCursor::new(at, out.len(), true);
    let end = if cursor.is_boundary(out, 0) == Ok(true) {
        at
    } else {
        cursor.prev_boundary(out, 0).ok().flatten().unwrap_or(0)
    };
    out.truncate(end);
}

fn kind(char: char) -> Kind {
    match char {
        ' '..='~' => Kind::Base,
        '\t' => Kind::Tab,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Kind::Break,
        '\u{200c}' | '\u{200d}' => Kind::Joiner,
        _ if char.is_control() || is_junk(char) => Kind::Junk,
        '\u{a0}'..='\u{2ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => Kind::Base,
        // The vowels and finals of conjoining Hangul pile up without width, yet do not join a Latin letter.
        '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7ff}' => Kind::Mark,
        _ if extends(char) => Kind::Mark,
        _ => Kind::Base,
    }
}

/// Whether a character is part of the grapheme before it.
fn extends(char: char) -> bool {
    let mut pair = String::from("a");
    pair.push(char);
    GraphemeCursor::new(1, pair.len(), true).is_boundary(&pair, 0) == Ok(false)
}

fn is_junk(char: char) -> bool {
    matches!(char,
        // bidi marks, overrides and isolates
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        // soft hyphen, grapheme joiner, zero-width space, word joiner and invisible operators, byte order mark
        | '\u{ad}' | '\u{34f}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
        // blank letters
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{17b4}' | '\u{17b5}'
        // variation selectors: ratatui leaves stray cells behind U+FE0F
        | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}'
        // skin tones: with their emoji as wide as it in some terminals, and twice as wide in others
        | '\u{1f3fb}'..='\u{1f3ff}'
        // interlinear annotation, music and shorthand controls, what is no character at all
        | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{1bca0}'..='\u{1bca3}' | '\u{fdd0}'..='\u{fdef}')
        || (char as u32) & 0xfffe == 0xfffe
}

/// Whether a joiner between the two means something: between letters of a joining script.
///
/// Inside an emoji it goes: a family drawn as one picture takes two columns in some terminals and eight in others, and
/// whatever stands right of it would be wrong in one of them. Its people side by side are as wide everywhere.
fn joins(before: char, after: char) -> bool {
    is_joining(before) && is_joining(after)
}

fn is_joining(char: char) -> bool {
    matches!(char, '\u{620}'..='\u{8ff}' | '\u{900}'..='\u{109f}' | '\u{1780}'..='\u{18af}'
        | '\u{a800}'..='\u{abff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10a00}'..='\u{11fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    /// What a buffer moved on by.
    fn drawn(text: &str) -> usize {
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
    fn trouble() -> impl Strategy<Value = String> {
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
        fn cleaning_twice_is_cleaning_once(text in trouble()) {
            let line = CleanText::line(&text);
            prop_assert_eq!(&CleanText::line(line.as_str()), &line);
            let block = CleanText::block(&text);
            prop_assert_eq!(&CleanText::block(block.as_str()), &block);
        }

        #[test]
        fn clean_text_holds_nothing_that_acts(text in trouble()) {
            for clean in [CleanText::line(&text), CleanText::block(&text)] {
                prop_assert!(!clean.as_str().chars().any(|char| (char.is_control() && char != '\n') || is_junk(char)));
            }
            prop_assert!(!CleanText::line(&text).as_str().contains('\n'));
        }

        #[test]
        fn a_buffer_draws_what_was_measured(text in trouble()) {
            prop_assert_eq!(width(&text), drawn(&text));
            let clean = CleanText::line(&text);
            prop_assert_eq!(clean.width(), drawn(clean.as_str()));
        }
    }

    #[test]
    fn cleans_what_people_and_attackers_write() {
        let table: &[(&str, &str, usize)] = &[
            ("plain", "plain", 5),
            ("❤️", "❤", 1),
            ("❤️‍🔥", "❤🔥", 3),
            ("👩‍⚕️", "👩⚕", 3),
            ("🐻‍❄️", "🐻❄", 3),
            ("👨‍👩‍👧‍👦", "👨👩👧👦", 8),
            ("👩🏽‍🚀", "👩🚀", 4),
            ("🇩🇪", "🇩🇪", 2),
            ("1\u{fe0f}\u{20e3}", "1\u{20e3}", 1),
            ("東京", "東京", 4),
            ("مرحبا", "مرحبا", 5),
            ("می\u{200c}خواهم", "می\u{200c}خواهم", 7),
            ("abc\u{202e}שלום\u{202c}\u{200f}", "abcשלום", 7),
            ("\u{1b}]0;title\u{7}x", "]0;titlex", 9),
            ("\u{9b}31mred", "31mred", 6),
            ("a\u{0}b\u{7f}c", "abc", 3),
            ("สวัสดี", "สวัสดี", 4),
            ("क्ष", "क्ष", 2),
            ("ﾊﾞﾝﾄﾞ", "バﾝド", 5),
            ("ﾊﾟｱﾞﾞ", "パｱ゛゛", 7),
            ("e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}", "e\u{301}\u{302}\u{303}\u{304}", 1),
            ("\u{301}x", "x", 1),
            ("a\u{200d}b\u{200c}c\u{200b}d\u{feff}", "abcd", 4),
            ("👍\u{200d}", "👍", 2),
            ("hi\u{e0049}\u{e0047}", "hi", 2),
            ("\u{3164}", "", 0),
            ("one\r\ntwo\tthree\n\n", "one two three", 13),
            ("", "", 0),
        ];
        for (given, expected, columns) in table {
            let clean = CleanText::line(given);
            assert_eq!((clean.as_str(), clean.width()), (*expected, *columns), "{given:?}");
            assert_eq!(drawn(clean.as_str()), *columns, "{given:?}");
        }
    }

    #[test]
    fn a_block_keeps_its_lines() {
        assert_eq!(CleanText::block("a\r\nb\rc\u{2028}d\n\n\te").as_str(), "a\nb\nc\nd\n\n    e");
    }

    #[test]
    fn long_text_says_that_it_was_cut() {
        let line = CleanText::line(&"x".repeat(100_000));
        assert_eq!(line.as_str().chars().count(), LINE_CHARS_MAX);
        assert!(line.as_str().ends_with("x…"));
        assert_eq!(CleanText::line(line.as_str()), line);
        assert_eq!(CleanText::line(&"x".repeat(LINE_CHARS_MAX)).as_str().len(), LINE_CHARS_MAX);
        let families = CleanText::line(&"👨‍👩‍👧‍👦".repeat(2_000));
        assert!(families.as_str().ends_with("👨👩👧…"));
        let block = CleanText::block(&"word\n".repeat(100_000));
        assert_eq!(block.as_str().chars().count(), BLOCK_CHARS_MAX);
        assert!(block.as_str().ends_with("\n… (cut)"));
        assert_eq!(CleanText::block(block.as_str()), block);
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
