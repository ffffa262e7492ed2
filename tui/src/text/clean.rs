//! What strangers wrote, made harmless: no controls, nothing that turns a line round or hides letters.

use std::fmt;

use unicode_segmentation::GraphemeCursor;
use unicode_width::UnicodeWidthChar;

use super::{ELLIPSIS, width};

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

    use super::super::tests::{drawn, trouble};
    use super::*;

    proptest! {
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
}
