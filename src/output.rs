//! What is printed: tables for people, JSON for programs. The only file that writes to stdout.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use mychatflow_data::time::Timestamp;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Tables and sentences.
    People,
    /// One document, or one object a line.
    Json,
}

/// Stdout.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    format: Format,
    style: Style,
}

/// May a line carry bold and colour?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// No.
    Plain,
    /// Yes.
    Terminal,
}

/// Whoever read our output has gone: nothing more is to be said.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the output any more")]
pub struct NobodyReads;

impl Output {
    /// Stdout as it is now.
    pub fn new(format: Format) -> Self {
        let plain = !io::stdout().is_terminal()
            || std::env::var_os("TERM").is_none_or(|value| value.is_empty() || value == "dumb" || value == "unknown")
            || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { format, style: if plain { Style::Plain } else { Style::Terminal } }
    }

    /// How answers are printed.
    pub const fn format(self) -> Format {
        self.format
    }

    /// May a line carry bold and colour?
    pub const fn style(self) -> Style {
        self.style
    }

    /// Prints a document, or what it says to people.
    pub fn document<T: Serialize>(self, document: &T, people: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
        match self.format {
            Format::Json => self.json(document),
            Format::People => self.text(&people(document)),
        }
    }

    /// Prints one object on a line of its own.
    pub fn json<T: Serialize>(self, document: &T) -> anyhow::Result<()> {
        let text = serde_json::to_string(document)?;
        raw(format!("{}\n", escaped(&text)).as_bytes())
    }

    /// Prints a text for people.
    pub fn text(self, text: &str) -> anyhow::Result<()> {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        raw(format!("{text}{end}").as_bytes())
    }

    /// Prints a table for people.
    pub fn table(self, table: &Table) -> anyhow::Result<()> {
        self.text(&table.drawn(self.style))?;
        table.hints.iter().for_each(|hint| note(hint));
        Ok(())
    }
}

/// Prints bytes as they are.
pub fn raw(bytes: &[u8]) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(NobodyReads.into()),
        Err(error) => Err(anyhow::Error::new(error).context("could not write to stdout")),
    }
}

/// Says something to people, beside the answer.
pub fn note(text: &str) {
    // Nobody to tell when even stderr is gone.
    let _ = writeln!(io::stderr(), "{text}");
}

/// How far something got, said beside the answer: on a terminal one line that changes, else a line now and then.
#[derive(Debug)]
pub struct LiveLine {
    /// Is stderr a terminal?
    live: bool,
    said_at: Option<Instant>,
}

impl LiveLine {
    /// Between two lines where every line stays.
    const PAUSE: Duration = Duration::from_secs(5);

    /// Nothing was said yet.
    pub fn new() -> Self {
        Self { live: io::stderr().is_terminal(), said_at: None }
    }

    /// Says how far it is.
    pub fn show(&mut self, text: &str) {
        let text = clean(text);
        if self.live {
            // Nobody to tell when even stderr is gone.
            let _ = write!(io::stderr(), "\r\x1b[K{text}");
        } else if self.said_at.is_none_or(|at| at.elapsed() >= Self::PAUSE) {
            note(&text);
        } else {
            return;
        }
        self.said_at = Some(Instant::now());
    }

    /// The line stays as it is, and what follows stands below.
    pub fn done(&mut self) {
        if self.live && self.said_at.is_some() {
            note("");
        }
        self.said_at = None;
    }
}

/// Columns that line up.
#[derive(Debug)]
pub struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    empty: &'static str,
    hints: Vec<String>,
}

impl Table {
    /// A table with these columns, and what to say when it has no rows.
    pub fn new<const N: usize>(head: [&'static str; N], empty: &'static str) -> Self {
        Self { head: head.to_vec(), rows: Vec::new(), empty, hints: Vec::new() }
    }

    /// Adds a row; every cell is cleaned.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.iter().map(|cell| clean(cell)).collect());
    }

    /// Adds a next step, said once beside the table.
    pub fn hint(&mut self, hint: &str) {
        if !self.hints.iter().any(|known| known == hint) {
            self.hints.push(hint.to_owned());
        }
    }

    /// The table as text, to stand among other words.
    pub fn plain(&self) -> String {
        self.drawn(Style::Plain)
    }

    fn drawn(&self, style: Style) -> String {
        if self.rows.is_empty() {
            return format!("{}\n", self.empty);
        }
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width());
            cells.chain([self.head[column].width()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let mut text = String::new();
            for (cell, width) in cells.zip(&widths) {
                text.push_str(cell);
                text.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
            }
            text.truncate(text.trim_end().len());
            text
        };
        let head = line(&mut self.head.iter().copied());
        let mut drawn = match style {
            Style::Terminal => format!("\x1b[1m{head}\x1b[0m\n"),
            Style::Plain => format!("{head}\n"),
        };
        for row in &self.rows {
            drawn.push_str(&line(&mut row.iter().map(String::as_str)));
            drawn.push('\n');
        }
        drawn
    }
}

/// Pairs of a name and a value, one a line. Values are cleaned; empty ones are left out.
pub fn facts<const N: usize>(pairs: [(&str, String); N]) -> String {
    let pairs: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let width = pairs.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    pairs.iter().map(|(name, value)| format!("{name:<width$}  {}\n", clean(value))).collect()
}

/// A foreign text for a terminal: no control characters, nothing that turns the line around, one line.
pub fn clean(text: &str) -> String {
    let one_line = text.trim_end().replace(['\n', '\r', '\u{2028}', '\u{2029}'], " ⏎ ");
    one_line.chars().filter(|c| !is_dangerous(*c)).collect()
}

/// The same, with its lines.
pub fn clean_lines(text: &str) -> Vec<String> {
    text.trim_end().lines().map(clean).collect()
}

/// Control characters, and marks that reorder what stands around them.
fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// JSON that is safe on a terminal: what serde_json leaves as it is, is written as an escape, which means the same.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if is_dangerous(c) || matches!(c, '\u{2028}' | '\u{2029}') {
            text.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            text.push(c);
        }
    }
    text
}

/// How long ago, in one unit: `5 m ago`; how soon: `in 2 h`.
pub fn age(at: Timestamp, now: Timestamp) -> String {
    let (span, word) = if at > now { (at.since(now), "in ") } else { (now.since(at), "") };
    let seconds = span.as_secs();
    let text = match seconds {
        0..=4 => return "now".to_owned(),
        5..=59 => format!("{seconds} s"),
        60..=3_599 => format!("{} m", seconds / 60),
        3_600..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    };
    if word.is_empty() { format!("{text} ago") } else { format!("{word}{text}") }
}

/// The same for what may never have happened.
pub fn age_or(at: Option<Timestamp>, now: Timestamp, never: &str) -> String {
    at.map_or_else(|| never.to_owned(), |at| age(at, now))
}

/// An instant on the wall clock of this machine.
pub fn local(at: Timestamp, format: &str) -> String {
    at.to_jiff().to_zoned(TimeZone::system()).strftime(format).to_string()
}

/// What the system said, without the number that it has there for it: ` (os error 2)`.
pub fn without_codes(text: &str) -> String {
    let mut parts = text.split(" (os error ");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-').trim_start_matches(')'));
    }
    plain
}

/// A count with its noun: `1 row`, `2 rows`.
pub fn counted(count: i64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// A name as it is typed in a shell.
pub fn typed(name: &str) -> String {
    let name = clean(name);
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '@' | ':' | '/');
    if !name.is_empty() && name.chars().all(plain) && !name.starts_with('-') {
        return name;
    }
    format!("'{}'", name.replace('\'', "'\\''"))
}

/// Bytes in the unit that fits.
pub fn bytes(count: i64) -> String {
    let count = u64::try_from(count).unwrap_or(0);
    match count {
        0..=9_999 => format!("{count} B"),
        10_000..=9_999_999 => format!("{} kB", count / 1_000),
        10_000_000..=9_999_999_999 => format!("{} MB", count / 1_000_000),
        _ => format!("{} GB", count / 1_000_000_000),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn columns_line_up_whatever_stands_in_them() {
        let mut table = Table::new(["NAME", "STATE"], "nothing");
        table.row(["日本".to_owned(), "done".to_owned()]);
        table.row(["A\u{1b}[31mnna\u{202e}".to_owned(), "waiting".to_owned()]);
        let drawn = ["NAME      STATE", "日本      done", "A[31mnna  waiting", ""];
        assert_eq!(table.drawn(Style::Plain), drawn.join("\n"));
        assert_eq!(Table::new(["NAME"], "no chats yet").drawn(Style::Plain), "no chats yet\n");
    }

    #[test]
    fn foreign_text_in_json_keeps_its_meaning_and_loses_its_power() {
        let text = "a\u{202e}b\u{9b}c\u{2028}";
        let json = escaped(&serde_json::to_string(text).unwrap());
        assert!(json.is_ascii(), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn a_name_in_a_hint_can_be_typed_as_it_stands_there() {
        for (name, expected) in [
            ("spring", "spring"),
            ("spring 26", "'spring 26'"),
            ("Zoë's", "'Zoë'\\''s'"),
            ("$(rm)", "'$(rm)'"),
            ("", "''"),
        ] {
            assert_eq!(typed(name), expected);
        }
        assert_eq!((counted(1, "row", "rows"), counted(0, "row", "rows")), ("1 row".to_owned(), "0 rows".to_owned()));
    }

    #[test]
    fn numbers_of_the_system_are_left_out() {
        let text = "could not write a: No such file (os error 2); and b: Denied (os error 13)";
        assert_eq!(without_codes(text), "could not write a: No such file; and b: Denied");
    }

    #[test]
    fn ages_in_one_unit() {
        let now = Timestamp::from_seconds(1_000_000);
        for (seconds, text) in [(2, "now"), (59, "59 s ago"), (60, "1 m ago"), (7_300, "2 h ago"), (400_000, "4 d ago")]
        {
            assert_eq!(age(now - Duration::from_secs(seconds), now), text);
        }
        assert_eq!(age(now + Duration::from_secs(120), now), "in 2 m");
    }
}
