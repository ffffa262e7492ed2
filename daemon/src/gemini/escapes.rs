//! Mends what a model escaped twice. It writes its reply as a string of JSON, where a line break is `\n`; sometimes it
//! writes `\\n`, and a customer would read a backslash and an n.

use std::iter::Peekable;
use std::str::CharIndices;

/// The text with escapes that were written twice read once more: line breaks, tabs, quotation marks and `\u00e9`.
///
/// A backslash that means itself stays: in a path such as `C:\new`, in code between backticks, and before anything that
/// is no escape, as in `¯\_(ツ)_/¯`.
pub(super) fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.char_indices().peekable();
    let mut in_code = false;
    while let Some((at, c)) = chars.next() {
        if c == '`' {
            in_code = !in_code && text[at + 1..].contains('`');
        }
        if in_code || c != '\\' {
            out.push(c);
            continue;
        }
        if let Some(path) = path_at(&out, &text[at..]) {
            out.push_str(path);
            skip_to(&mut chars, at + path.len());
            continue;
        }
        match escape(&text[at..]) {
            // A return is a half of a line break.
            Some((read, length)) => {
                if read != '\r' {
                    out.push(read);
                } else if escape(&text[at + length..]).is_none_or(|(next, _)| next != '\n') {
                    out.push('\n');
                }
                skip_to(&mut chars, at + length);
            }
            None => out.push(c),
        }
    }
    out
}

fn skip_to(chars: &mut Peekable<CharIndices<'_>>, end: usize) {
    while chars.next_if(|(at, _)| *at < end).is_some() {}
}

/// The character that an escape at the beginning means, and its length.
fn escape(text: &str) -> Option<(char, usize)> {
    let read = match text.strip_prefix('\\')?.chars().next()? {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '"' => '"',
        'u' => return unicode(text),
        _ => return None,
    };
    Some((read, 2))
}

/// `\u00e9`, and the two halves of an emoji.
fn unicode(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| -> Option<u16> {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        let hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if hex { u16::from_str_radix(digits, 16).ok() } else { None }
    };
    let first = unit(0)?;
    if let Some(read) = char::from_u32(u32::from(first)) {
        return (!read.is_control() || matches!(read, '\n' | '\r' | '\t')).then_some((read, 6));
    }
    let read = char::decode_utf16([first, unit(6)?]).next()?.ok()?;
    Some((read, 12))
}

/// The path of Windows that the rest begins with, from its first backslash to the next space.
fn path_at<'t>(before: &str, rest: &'t str) -> Option<&'t str> {
    let path = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
    let last = before.chars().next_back();
    let mut before = before.chars().rev();
    let drive = before.next() == Some(':')
        && before.next().is_some_and(|letter| letter.is_ascii_alphabetic())
        && before.next().is_none_or(|c| !c.is_alphanumeric());
    let begins = last.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '"' | '\''));
    let mut after = path.chars().skip(1);
    let (first, second) = (after.next()?, after.next());
    if drive {
        // `C:\new` is a path; `A:\nYes` is a letter before a new line, whose first word is written large.
        let escapes = matches!(first, 'n' | 'r' | 't' | '"') && second.is_none_or(|c| !c.is_ascii_lowercase());
        return (!escapes).then_some(path);
    }
    // `\\server\news`
    (begins && first == '\\' && second.is_some_and(char::is_alphanumeric) && path[2..].contains('\\')).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_that_were_written_twice_are_read() {
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("one\nline", "one\nline"),
            (r"Hello Ana!\n\nWe open at 7:00.", "Hello Ana!\n\nWe open at 7:00."),
            (r"Prices:\n- rye 4 €\n- rolls 1 €\n", "Prices:\n- rye 4 €\n- rolls 1 €\n"),
            (r"dos\r\nmac\rend", "dos\nmac\nend"),
            (r"rye\t4 €", "rye\t4 €"),
            (r#"We call it \"Kruste\"."#, r#"We call it "Kruste"."#),
            (r"Caf\u00e9 \ud83d\ude00 \u2026", "Café 😀 …"),
            (r"Q:\nYes\nA:\n\nNo", "Q:\nYes\nA:\n\nNo"),
            ("mixed\nand\\ntwice", "mixed\nand\ntwice"),
        ] {
            assert_eq!(unescape(text), expected, "{text}");
            assert_eq!(unescape(expected), expected, "{text}");
        }
    }

    #[test]
    fn backslashes_that_mean_themselves_stay() {
        for text in [
            r"It is in C:\new and D:\temp\readme.txt, look there.",
            r"(C:\users\ana\notes)",
            r"C:\New\Unterlagen",
            r"\\server\news\today",
            r"¯\_(ツ)_/¯",
            r"Write `\n` for a new line",
            r"50 % \ 3",
            r"the end \",
            r"\u12 \uzzzz \ud83d alone \u0000",
            r"\d+ and \s",
        ] {
            assert_eq!(unescape(text), text);
        }
    }

    #[test]
    fn a_path_between_line_breaks() {
        assert_eq!(
            unescape(r"Look in C:\new\nfolder.\nBye"),
            "Look in C:\\new\\nfolder.\\nBye",
            "a path ends at a space"
        );
        assert_eq!(unescape(r"Look:\n\nC:\new is it.\nBye"), "Look:\n\nC:\\new is it.\nBye");
    }
}
