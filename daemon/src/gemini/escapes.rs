//! Mends what a model escaped twice. It writes its reply as a string of JSON, where a line break is `\n`; sometimes it
//! writes `\\n`, and a customer would read a backslash and an n.
//!
//! A backslash can mean itself as well: in a path (`folder\new`), in a formula (`\nu`). Which it is, the text around it
//! tells. Before a capital, a digit, a space, a sign or the end, `\n` is a line break. Before a small letter it is one
//! too, unless it begins a word of a path or a formula, or stands in a run of characters that looks like a path.

use std::iter::Peekable;
use std::str::CharIndices;

/// The text with escapes that were written twice read once more: line breaks, tabs, quotation marks, slashes and `\u00e9`.
///
/// A backslash that means itself stays: in a path such as `C:\new`, in a formula such as `\frac{1}{2}`, in code between
/// backticks, and before anything that is no escape, as in `¯\_(ツ)_/¯`. A text without backslashes stays as it is.
pub(super) fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let whole = WholeText::of(text);
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
        // Where it was escaped three times, all but the last backslash are in the way.
        let run = text[at..].bytes().take_while(|byte| *byte == b'\\').count();
        let last = at + run - 1;
        match escape(&text[last..]).filter(|_| whole.is_escape(at, last)) {
            Some((read, length)) => {
                let end = last + length;
                // A return is a half of a line break.
                if read != '\r' {
                    out.push(read);
                } else if escape(&text[end..]).is_none_or(|(next, _)| next != '\n') {
                    out.push('\n');
                }
                skip_to(&mut chars, end);
            }
            None => {
                out.push_str(&text[at..=last]);
                skip_to(&mut chars, last + 1);
            }
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
        sign @ ('"' | '\'' | '/') => sign,
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

/// First words of paths that begin like an escape. None of them is a word of a language without its first letter.
const PATH_WORDS: &[&str] = &[
    "name",
    "names",
    "network",
    "new",
    "newfolder",
    "news",
    "next",
    "nginx",
    "node",
    "nodejs",
    "nodes",
    "note",
    "notes",
    "notizen",
    "nouveau",
    "npm",
    "nuevo",
    "null",
    "nuget",
    "table",
    "tables",
    "target",
    "task",
    "tasks",
    "team",
    "temp",
    "template",
    "templates",
    "test",
    "tests",
    "text",
    "texts",
    "tmp",
    "tools",
    "today",
];
/// Commands of LaTeX that begin like an escape.
const FORMULA_WORDS: &[&str] = &[
    "nabla",
    "ne",
    "nearrow",
    "neg",
    "neq",
    "newline",
    "ni",
    "nleq",
    "not",
    "notin",
    "nu",
    "rangle",
    "rceil",
    "rfloor",
    "rho",
    "right",
    "rightarrow",
    "tan",
    "tanh",
    "tau",
    "text",
    "textbf",
    "textit",
    "tfrac",
    "theta",
    "tilde",
    "times",
    "to",
    "top",
    "triangle",
];
/// How names of files end.
const FILE_ENDS: &[&str] = &[
    ".bat", ".csv", ".doc", ".docx", ".exe", ".html", ".ini", ".jpeg", ".jpg", ".js", ".json", ".log", ".md", ".pdf",
    ".png", ".ppt", ".pptx", ".py", ".sh", ".txt", ".xls", ".xlsx", ".xml", ".zip",
];

/// No path is longer on one side.
const RUN_CHARS_MAX: usize = 300;

/// What all of a text tells about each backslash in it.
struct WholeText<'t> {
    text: &'t str,
    /// Does a line break stand where it can be nothing else?
    has_certain_break: bool,
    /// Does it hold a command that is no escape, such as `\frac`?
    has_formula: bool,
}

impl<'t> WholeText<'t> {
    fn of(text: &'t str) -> Self {
        let backslashes = || text.match_indices('\\').map(|(at, _)| &text[at..]);
        let is_command = |rest: &str| escape(rest).is_none() && word_of(&rest[1..]).len() > 1 && rest.contains('{');
        Self {
            text,
            has_certain_break: text.match_indices("\\n").any(|(at, _)| is_certain_at(text, at)),
            has_formula: backslashes().any(is_command),
        }
    }

    /// Is the escape at `last` meant as one? The backslashes before it begin at `first`.
    fn is_escape(&self, first: usize, last: usize) -> bool {
        let rest = &self.text[last..];
        match rest[1..].chars().next() {
            // Rows of slashes are drawings.
            Some('/' | '\'') => self.run_around(first).text.chars().any(char::is_alphanumeric),
            Some('n' | 'r' | 't') => is_certain_at(self.text, last) || self.is_before_small_letter(first, rest),
            _ => true,
        }
    }

    /// The same for a line break, a return or a tab before a small letter.
    fn is_before_small_letter(&self, first: usize, rest: &str) -> bool {
        let word = word_of(&rest[1..]);
        let before = self.text[..first].chars().next_back();
        if PATH_WORDS.contains(&word) {
            return false;
        }
        if FORMULA_WORDS.contains(&word) {
            let begins = before.is_none_or(|c| c.is_whitespace() || c.is_ascii_digit() || "$({[=+-*^_}".contains(c));
            // Without their first letter, the short ones are words of some language.
            let is_word = word.len() == 2 && self.has_certain_break;
            if self.has_formula || (begins && !is_word) {
                return false;
            }
        }
        if self.run_around(first).is_path(self.has_certain_break) {
            return false;
        }
        match rest.as_bytes()[1] {
            b'n' => true,
            // Nobody writes these alone, but for tables.
            b't' => self.has_certain_break,
            _ => self.text.contains("\\r\\n"),
        }
    }

    /// What stands around a backslash up to the next spaces, without line breaks that are certain.
    fn run_around(&self, at: usize) -> Run<'t> {
        let before = self.text[..at].char_indices().rev().take(RUN_CHARS_MAX);
        let start = before.take_while(|(_, c)| !c.is_whitespace()).last().map_or(at, |(start, _)| start);
        let mut after = self.text[at..].char_indices().enumerate();
        let end = after.find(|(n, (_, c))| c.is_whitespace() || *n == RUN_CHARS_MAX);
        let whole = &self.text[start..end.map_or(self.text.len(), |(_, (length, _))| at + length)];
        // A path ends before a line break, and begins behind one.
        let (mut from, mut to) = (0, whole.len());
        for (place, _) in whole.match_indices("\\n").filter(|(place, _)| is_certain_at(self.text, start + *place)) {
            if start + place < at {
                from = place + 2;
            } else if start + place > at {
                to = place;
                break;
            }
        }
        Run { text: whole.get(from..to).unwrap_or(whole) }
    }
}

/// Characters between two spaces.
struct Run<'t> {
    text: &'t str,
}

impl Run<'_> {
    /// Does it look like a path of Windows?
    fn is_path(&self, has_certain_break: bool) -> bool {
        let run = self.text.trim_start_matches(['(', '"', '\'', '[', '*']);
        let backslashes: Vec<&str> = run.match_indices('\\').map(|(at, _)| &run[at..]).collect();
        // One that is no escape, no sign that is protected from being read as formatting, and no command of a formula.
        let foreign = |rest: &&str| {
            let word = word_of(&rest[1..]);
            escape(rest).is_none()
                && word.starts_with(char::is_alphanumeric)
                && !rest[1 + word.len()..].starts_with('{')
        };
        let letters: Vec<u8> = backslashes.iter().filter_map(|rest| rest.as_bytes().get(1).copied()).collect();
        let mixed =
            letters.contains(&b'n') && (letters.contains(&b't') || letters.contains(&b'r')) && !run.contains("\\r\\n");
        let ends_like_file = || {
            let end =
                run.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '"', '\'', ']', '*']).to_ascii_lowercase();
            !has_certain_break && FILE_ENDS.iter().any(|known| end.ends_with(known))
        };
        let is_drive =
            drive(run).is_some_and(|letter| letters.len() > 1 || (!has_certain_break && matches!(letter, 'C'..='Z')));
        run.starts_with(".\\")
            || run.starts_with("..\\")
            || run.starts_with("~\\")
            || (run.starts_with("\\\\") && letters.len() > 2)
            || backslashes.iter().any(foreign)
            || mixed
            || is_drive
            || ends_like_file()
    }
}

/// The letter of a drive at the beginning.
fn drive(run: &str) -> Option<char> {
    let mut chars = run.chars();
    let letter = chars.next().filter(char::is_ascii_alphabetic)?;
    (chars.next() == Some(':') && chars.next() == Some('\\')).then_some(letter)
}

/// Is an escape of a line break, a return or a tab what it looks like: something else than a small letter follows it, or it
/// is a line break and ends a sentence?
fn is_certain_at(text: &str, at: usize) -> bool {
    let mut after = text[at..].chars().skip(1);
    match (after.next(), after.next()) {
        (Some('n' | 'r' | 't'), None) => true,
        (Some('n' | 'r' | 't'), Some(c)) if !c.is_ascii_lowercase() => true,
        (Some('n'), _) => {
            let word = word_of(&text[at + 1..]);
            ends_sentence(&text[..at]) && !PATH_WORDS.contains(&word) && !FORMULA_WORDS.contains(&word)
        }
        _ => false,
    }
}

/// Does a sentence end here, and not `.` or `C:` in which a path begins?
fn ends_sentence(before: &str) -> bool {
    let mut before = before.chars().rev();
    let sign = before.next();
    let (last, last_but_one) = (before.next(), before.next());
    match sign {
        Some('.' | '!' | '?' | ';' | ',' | ')' | '…') => {
            last.is_some_and(|c| !c.is_whitespace() && c != '.' && c != '\\')
        }
        Some(':') => last.is_some_and(char::is_alphanumeric) && last_but_one.is_some_and(char::is_alphanumeric),
        _ => false,
    }
}

/// The letters and digits at the beginning, if they are English ones.
fn word_of(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_that_were_written_twice_are_read() {
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("one\nline", "one\nline"),
            (r"Hello Ana!\n\nWe open at 7:00.", "Hello Ana!\n\nWe open at 7:00."),
            (r"Hello Ana!\nwe open at 7:00.", "Hello Ana!\nwe open at 7:00."),
            (r"line one\nline two", "line one\nline two"),
            (r"red\ngreen\nblue", "red\ngreen\nblue"),
            (r"Prices:\n- rye 4 €\n- rolls 1 €\n", "Prices:\n- rye 4 €\n- rolls 1 €\n"),
            (r"Sizes a:\nsmall", "Sizes a:\nsmall"),
            (
                r"Plan C:\nyou get bread.\n\nPlan D:\nyou get rolls.",
                "Plan C:\nyou get bread.\n\nPlan D:\nyou get rolls.",
            ),
            (r"du pain\net du café", "du pain\net du café"),
            (r"claro,\neu confirmo", "claro,\neu confirmo"),
            (r"Beste klant,\nu kunt bellen", "Beste klant,\nu kunt bellen"),
            (r"Ciao Ana! \ne benvenuta.\nA presto", "Ciao Ana! \ne benvenuta.\nA presto"),
            (r"Привет!\nмы открыты", "Привет!\nмы открыты"),
            (r"您好！\n我们八点开门", "您好！\n我们八点开门"),
            (r"dos\r\nmac\rend", "dos\nmac\nend"),
            (r"rye\t4 €", "rye\t4 €"),
            (r"rye\tdark\nSpelt\tlight", "rye\tdark\nSpelt\tlight"),
            (r#"We call it \"Kruste\"."#, r#"We call it "Kruste"."#),
            (r"It\'s open, and so is Ana\'s.", "It's open, and so is Ana's."),
            (r"See https:\/\/corner.example\/menu, 24\/7", "See https://corner.example/menu, 24/7"),
            (r"Caf\u00e9 \ud83d\ude00 \u2026", "Café 😀 …"),
            (r"Q:\nYes\nA:\n\nNo", "Q:\nYes\nA:\n\nNo"),
            (r"three times\\nEscaped", "three times\nEscaped"),
            ("mixed\nand\\ntwice", "mixed\nand\ntwice"),
            (r"Bye \n¯\_(ツ)_/¯", "Bye \n¯\\_(ツ)_/¯"),
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
            r"C:\nuts is the folder",
            r"c:\nuts\rolls",
            r"C:\\temp\\new",
            r"\\server\news\today",
            r"folder\new\table",
            r"open folder\nuts\tree please",
            r"start .\new\run.bat, then ..\rest",
            r"docs\nutrition.pdf",
            r"CORNER\admin\roles",
            r"The half is \frac{1}{2}, the frequency \nu",
            r"$\theta = \tan(x) \neq \rho$",
            r"2\times 3 and \text{bread}",
            r"¯\_(ツ)_/¯",
            r"/\/\/\",
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
        for (text, expected) in [
            (r"Look in C:\new\nfolder.\nBye", "Look in C:\\new\\nfolder.\nBye"),
            (r"Look:\n\nC:\new is it.\nBye", "Look:\n\nC:\\new is it.\nBye"),
            (r"Look:\nfolder\new\table\nBye", "Look:\nfolder\\new\\table\nBye"),
            (r"So:\n\frac{1}{2}\nor \nu", "So:\n\\frac{1}{2}\nor \\nu"),
        ] {
            assert_eq!(unescape(text), expected, "{text}");
        }
    }

    #[test]
    fn the_longest_answer_is_read_at_once() {
        let long = r"a\nb".repeat(20_000);
        assert_eq!(unescape(&long), "a\nb".repeat(20_000));
    }

    proptest! {
        #[test]
        fn a_text_without_backslashes_is_never_changed(text in "[^\\\\]*") {
            prop_assert_eq!(unescape(&text), text);
        }

        #[test]
        fn whatever_stands_there_it_is_read(text in r#"[\\\\nrtu"'/a-c:.` 0-9é{\n]{0,40}"#) {
            prop_assert!(unescape(&text).chars().count() <= text.chars().count());
        }
    }
}
