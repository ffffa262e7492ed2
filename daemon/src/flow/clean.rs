//! Takes out of untrusted text what could steer a terminal, a log or the direction of a line. Everything from WAHA and
//! Gemini passes here once before anyone sees it.

use mychatflow_data::model::delivery::{EditedEvent, MessageEvent};
use mychatflow_data::model::limit;

/// Drops control characters but line feed and tab, NUL among them, and the marks that override or isolate writing
/// direction. CR LF and CR become LF. Joiners and variation selectors stay: emoji and several scripts need them.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                if chars.peek() != Some(&'\n') {
                    out.push('\n');
                }
            }
            '\n' | '\t' => out.push(c),
            '\u{2028}' | '\u{2029}' => out.push('\n'),
            c if c.is_control() || is_hidden(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// As [`clean`], on one line: every run of white space becomes one space, none at the ends. For names and titles.
pub fn clean_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name from a stranger's phone, for keeping; `None` when nothing is left of it. What is too long is cut.
pub fn clean_name(name: &str) -> Option<String> {
    let name: String = clean_line(name).chars().take(limit::PERSON_NAME.chars).collect();
    Some(name).filter(|name| !name.is_empty())
}

/// What a stranger's phone sent, for keeping. Nothing is refused for its length: what no phone can send is cut.
pub fn clean_message(message: &mut MessageEvent) {
    message.push_name = message.push_name.take().and_then(|name| clean_name(&name));
    if let Some(text) = &mut message.text {
        cut(text, limit::MESSAGE.chars);
    }
    if let Some(media) = &mut message.media {
        for told in [&mut media.filename, &mut media.mimetype, &mut media.error].into_iter().flatten() {
            cut(told, limit::FILE_NAME.chars);
        }
    }
}

/// The new words of a message that somebody edited, for keeping.
pub fn clean_edit(edited: &mut EditedEvent) {
    cut(&mut edited.text, limit::MESSAGE.chars);
    if let Some(message) = &mut edited.message {
        clean_message(message);
    }
}

fn cut(text: &mut String, chars: usize) {
    if let Some((at, _)) = text.char_indices().nth(chars) {
        text.truncate(at);
        text.push_str(CUT);
    }
}

/// What stands where something was cut off.
const CUT: &str = " […]";

/// Marks that change how other characters show, or carry text nobody sees.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{061C}' | '\u{200E}' | '\u{200F}'                // direction marks
        | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' // embeddings, overrides, isolates
        | '\u{206A}'..='\u{206F}'                           // deprecated format controls
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'              // byte order mark, annotations
        | '\u{E0000}' | '\u{E0001}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_what_steers_and_keeps_what_shows() {
        let rows = [
            ("plain", "plain"),
            ("", ""),
            ("a\0b\u{1b}[31mred\u{7}", "ab[31mred"),
            ("tab\tand\nline", "tab\tand\nline"),
            ("dos\r\nmac\rend", "dos\nmac\nend"),
            ("\u{202e}evil\u{202c} \u{2066}x\u{2069}\u{200f}", "evil x"),
            ("c1 \u{9b}31m \u{85}", "c1 31m "),
            ("👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}", "👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}"),
            (
                "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
                "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            ),
            ("नमस्\u{200d}ते שלום مرحبا", "नमस्\u{200d}ते שלום مرحبا"),
            ("\u{feff}bom", "bom"),
            ("line\u{2028}sep", "line\nsep"),
        ];
        for (text, expected) in rows {
            assert_eq!(clean(text), expected, "{text:?}");
            assert_eq!(clean(expected), expected);
        }
    }

    #[test]
    fn a_line_is_one_line() {
        for (text, expected) in [("  Ana \n\t Maria\r\n", "Ana Maria"), ("\u{202e}\n", ""), ("a\u{a0}b", "a b")] {
            assert_eq!(clean_line(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_no_phone_can_send_is_cut_and_never_dropped() {
        let mut text = "ü".repeat(100_000);
        cut(&mut text, limit::MESSAGE.chars);
        assert_eq!(text.chars().count(), limit::MESSAGE.chars + CUT.chars().count());
        assert!(text.ends_with("ü […]"));
        let mut whole = "ü".repeat(limit::MESSAGE.chars);
        cut(&mut whole, limit::MESSAGE.chars);
        assert_eq!(whole, "ü".repeat(limit::MESSAGE.chars));
        assert_eq!(clean_name(&"n".repeat(9_000)).map(|name| name.len()), Some(limit::PERSON_NAME.chars));
    }
}
