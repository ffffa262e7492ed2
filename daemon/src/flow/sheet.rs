//! Takes a table apart that comes in pieces: CSV as spreadsheets write it. A row is read once all of it is there, so it
//! does not matter where the pieces end. What can't be read is a row too, with the reason.

use std::borrow::Cow;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::formula;

/// The longest row. A quote that is never closed costs the row that it is in, and not the rest of the file.
pub const ROW_BYTES_MAX: usize = 32 * 1024;
/// The most columns.
pub const COLUMNS_MAX: usize = 256;
/// So many lines tell what stands between the cells.
const LINES: usize = 10;
/// How much of a row that can't be read is shown.
const SHOWN_BYTES: usize = 60;

/// A table that comes in pieces.
#[derive(Debug)]
pub struct Sheet {
    /// What was not read yet, from `at`.
    text: String,
    at: usize,
    end: End,
    parser: Option<Reader>,
    before: Before,
    /// Rows so far, empty ones too.
    rows: u64,
    cells: Vec<u8>,
    ends: Vec<usize>,
}

/// What a row is made of.
#[derive(Debug, PartialEq, Eq)]
pub enum Read<'s> {
    /// The cells, and which row it is, from 1. Some cell has something in it.
    Row(u64, Cells<'s>),
    /// Something that is no row: which one, how it begins, and why.
    Broken(u64, String, &'static str),
}

/// The cells of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cells<'s> {
    text: &'s str,
    ends: &'s [usize],
}

/// The cells of a row, kept until it is known what they mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCells {
    text: String,
    ends: Vec<usize>,
}

impl KeptCells {
    /// The cells.
    #[must_use]
    pub fn cells(&self) -> Cells<'_> {
        Cells { text: &self.text, ends: &self.ends }
    }
}

/// Does more of the table come?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    ToCome,
    Here,
}

/// What stands before the next byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing at all: a byte order mark may follow.
    Nothing,
    /// The end of a row.
    Row,
    /// A carriage return: a line feed after it belongs to the same end of line.
    Return,
    /// The middle of a line that is not read.
    LostLine,
}

/// What a stretch of text turned out to be.
enum Stretch {
    /// A row of so many bytes, with so many cells in so many bytes.
    Row {
        taken: usize,
        cells: usize,
        bytes: usize,
    },
    Unfinished,
    TooManyColumns,
}

impl Default for Sheet {
    fn default() -> Self {
        Self {
            text: String::new(),
            at: 0,
            end: End::ToCome,
            parser: None,
            before: Before::Nothing,
            rows: 0,
            cells: vec![0; ROW_BYTES_MAX],
            ends: vec![0; COLUMNS_MAX],
        }
    }
}

impl<'s> Cells<'s> {
    /// A cell, without what keeps spreadsheets from computing it; nothing beyond the last one.
    #[must_use]
    pub fn get(&self, column: usize) -> &'s str {
        let begin = match column.checked_sub(1) {
            None => Some(0),
            Some(previous) => self.ends.get(previous).copied(),
        };
        let cell = begin.zip(self.ends.get(column).copied()).and_then(|(begin, end)| self.text.get(begin..end));
        cell.map_or("", formula::unguarded)
    }

    /// The same, to be kept.
    #[must_use]
    pub fn keep(&self) -> KeptCells {
        KeptCells { text: self.text.to_owned(), ends: self.ends.to_vec() }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = &'s str> {
        (0..self.count()).map(move |column| self.get(column))
    }
}

impl Sheet {
    /// Takes the next piece.
    pub fn push(&mut self, piece: &str) {
        self.text.drain(..self.at);
        self.at = 0;
        self.text.push_str(piece);
    }

    /// That was all of it.
    pub fn finish(&mut self) {
        if self.end == End::ToCome {
            // The last row ends as the others do.
            self.text.push('\n');
            self.end = End::Here;
        }
    }

    /// How much was not read yet, in bytes.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.text.len() - self.at
    }

    /// Was everything read, and does nothing follow?
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.end == End::Here && self.waiting() == 0
    }

    /// The next row with anything in it; `None` when it is not all there.
    pub fn read(&mut self) -> Option<Read<'_>> {
        loop {
            self.skip_line_ends();
            if self.waiting() == 0 {
                return None;
            }
            if self.parser.is_none() {
                if !self.learn_delimiter() {
                    return None;
                }
                continue;
            }
            match self.stretch() {
                Stretch::Row { taken, cells, bytes } => {
                    let ended_by = self.text.as_bytes()[self.at + taken - 1];
                    self.before = if ended_by == b'\r' { Before::Return } else { Before::Row };
                    self.at += taken;
                    self.rows += 1;
                    // The text is UTF-8, and it was cut at delimiters, which are ASCII.
                    let text = std::str::from_utf8(&self.cells[..bytes]).unwrap_or("");
                    if text.chars().any(|c| !c.is_whitespace()) {
                        // Twice, since a borrow that is returned from a loop would last for all of it.
                        let text = std::str::from_utf8(&self.cells[..bytes]).unwrap_or("");
                        return Some(Read::Row(self.rows, Cells { text, ends: &self.ends[..cells] }));
                    }
                }
                Stretch::Unfinished if self.end == End::ToCome && self.waiting() < ROW_BYTES_MAX => return None,
                Stretch::Unfinished => return Some(self.broken()),
                Stretch::TooManyColumns => {
                    let begins = self.lose_line();
                    return Some(Read::Broken(self.rows, begins, "the row has more than 256 columns"));
                }
            }
        }
    }

    /// What begins here has no end: the line is lost, the next one is read again.
    fn broken(&mut self) -> Read<'static> {
        let rest = &self.text.as_bytes()[self.at..];
        let line_ends = rest.iter().take(ROW_BYTES_MAX).any(|byte| matches!(byte, b'\n' | b'\r'));
        let why =
            if line_ends { "a quote (\") opens here and is never closed" } else { "the row is longer than 32 kB" };
        let begins = self.lose_line();
        Read::Broken(self.rows, begins, why)
    }

    /// Steps over the line that begins here; says how it began.
    fn lose_line(&mut self) -> String {
        self.rows += 1;
        self.before = Before::LostLine;
        let line = self.text[self.at..].split(['\n', '\r']).next().unwrap_or("");
        let shown = line.floor_char_boundary(SHOWN_BYTES);
        line[..shown].to_owned()
    }

    /// Empty lines are rows, as people count them, but nothing is in them.
    fn skip_line_ends(&mut self) {
        while let Some(rest) = self.text.get(self.at..).filter(|rest| !rest.is_empty()) {
            match (self.before, rest.as_bytes()[0]) {
                (Before::Nothing, _) => {
                    if rest.starts_with('\u{feff}') {
                        self.at += '\u{feff}'.len_utf8();
                    }
                    self.before = Before::Row;
                }
                (Before::LostLine, _) => match rest.find(['\n', '\r']) {
                    Some(place) => {
                        let ended_by = rest.as_bytes()[place];
                        self.before = if ended_by == b'\r' { Before::Return } else { Before::Row };
                        self.at += place + 1;
                    }
                    None => self.at = self.text.len(),
                },
                (Before::Return, b'\n') => {
                    self.at += 1;
                    self.before = Before::Row;
                }
                (Before::Row | Before::Return, end @ (b'\n' | b'\r')) => {
                    self.at += 1;
                    self.rows += 1;
                    self.before = if end == b'\r' { Before::Return } else { Before::Row };
                }
                (Before::Row | Before::Return, _) => return,
            }
        }
    }

    fn stretch(&mut self) -> Stretch {
        let Some(parser) = &mut self.parser else { return Stretch::Unfinished };
        let rest = &self.text.as_bytes()[self.at..];
        let rest = &rest[..rest.len().min(ROW_BYTES_MAX)];
        parser.reset();
        match parser.read_record(rest, &mut self.cells, &mut self.ends) {
            (ReadRecordResult::Record, taken, bytes, cells) => Stretch::Row { taken, cells, bytes },
            (ReadRecordResult::OutputEndsFull, ..) => Stretch::TooManyColumns,
            // Cells are never longer than the text that they come from: the output does not fill up.
            (ReadRecordResult::InputEmpty | ReadRecordResult::OutputFull | ReadRecordResult::End, ..) => {
                Stretch::Unfinished
            }
        }
    }

    /// Finds out what stands between the cells, once the first line is there. False: it is not.
    fn learn_delimiter(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let is_whole = self.end == End::Here || rest.len() >= ROW_BYTES_MAX;
        let Some(line) = first_line(rest) else {
            if !is_whole {
                return false;
            }
            self.parser = Some(parser(delimiter(&[rest.split(['\n', '\r']).next().unwrap_or(rest)])));
            return true;
        };
        // Spreadsheets can be told so, and write it down.
        let told = line.strip_prefix("sep=").filter(|told| told.len() == 1).map(|told| told.as_bytes()[0]);
        // A title may stand above the table: the lines after it say more.
        let begin = &rest[..rest.floor_char_boundary(ROW_BYTES_MAX)];
        // The last line may not be all there.
        let begin = if is_whole { begin } else { begin.rfind(['\n', '\r']).map_or("", |end| &begin[..end]) };
        let lines = begin.split(['\n', '\r']).filter(|line| !line.trim().is_empty());
        let mut looked_at = vec![line];
        looked_at.extend(lines.skip(line.lines().count().max(1)).take(LINES - 1));
        if told.is_none() && looked_at.len() < LINES && !is_whole && !are_alike(&looked_at) {
            return false;
        }
        if are_alike(&looked_at) {
            looked_at.truncate(2);
        }
        let delimiter = told.unwrap_or_else(|| delimiter(&looked_at));
        self.parser = Some(parser(delimiter));
        if told.is_some() {
            self.at += line.len();
        }
        true
    }
}

fn parser(delimiter: u8) -> Reader {
    ReaderBuilder::new().delimiter(delimiter).build()
}

/// The first line, when its end is there. The end of a line inside of quotes is none.
fn first_line(text: &str) -> Option<&str> {
    let mut quoted = false;
    let end = text.bytes().take(ROW_BYTES_MAX).position(|byte| {
        quoted ^= byte == b'"';
        !quoted && matches!(byte, b'\n' | b'\r')
    });
    end.map(|end| &text[..end])
}

/// What may stand between the cells; of as many the last one: commas stand in words, too.
const DELIMITERS: [u8; 4] = [b',', b'|', b';', b'\t'];

/// How often each of them stands in a line, outside of quotes.
fn counts(line: &str) -> [usize; 4] {
    let unquoted: Cow<'_, str> =
        if line.contains('"') { line.split('"').step_by(2).collect::<String>().into() } else { line.into() };
    DELIMITERS.map(|delimiter| unquoted.bytes().filter(|byte| *byte == delimiter).count())
}

/// Do the first two lines leave no doubt?
fn are_alike(lines: &[&str]) -> bool {
    let [first, second, ..] = lines else { return false };
    let (first, second) = (counts(first), counts(second));
    let mut there = first.iter().zip(second).filter(|(count, _)| **count > 0);
    there.next().is_some_and(|(one, other)| *one == other) && there.next().is_none()
}

/// What stands between the cells: whatever most lines have the same number of, outside of quotes.
fn delimiter(lines: &[&str]) -> u8 {
    let counts: Vec<[usize; 4]> = lines.iter().map(|line| counts(line)).collect();
    let weight = |place: usize| {
        let alike = |count: usize| counts.iter().filter(|line| line[place] == count).count();
        let most = counts.iter().map(|line| line[place]).filter(|count| *count > 0).map(|count| (alike(count), count));
        (most.max().unwrap_or_default(), counts.first().map_or(0, |line| line[place]))
    };
    let best = (0..DELIMITERS.len()).max_by_key(|place| weight(*place)).filter(|best| weight(*best).0.1 > 0);
    best.map_or(b',', |best| DELIMITERS[best])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows_of<'t>(pieces: impl IntoIterator<Item = &'t str>) -> Vec<(u64, Vec<String>)> {
        let (mut sheet, mut rows) = (Sheet::default(), Vec::new());
        let drain = |sheet: &mut Sheet, rows: &mut Vec<_>| {
            while let Some(read) = sheet.read() {
                rows.push(match read {
                    Read::Row(row, cells) => (row, cells.iter().map(str::to_owned).collect()),
                    Read::Broken(row, begins, why) => (row, vec![begins, format!("! {why}")]),
                });
            }
        };
        for piece in pieces {
            sheet.push(piece);
            drain(&mut sheet, &mut rows);
        }
        sheet.finish();
        drain(&mut sheet, &mut rows);
        assert_eq!(sheet.waiting(), 0, "everything was read");
        rows
    }

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        rows_of([text])
    }

    #[test]
    fn tables_as_spreadsheets_write_them() {
        type Rows<'r> = &'r [(u64, &'r [&'r str])];
        let table: &[(&str, Rows<'_>)] = &[
            ("", &[]),
            ("\n\n", &[]),
            ("a,b\n1,2\n", &[(1, &["a", "b"]), (2, &["1", "2"])]),
            ("a,b\r\n1,2", &[(1, &["a", "b"]), (2, &["1", "2"])]),
            ("a,b\r1,2\r", &[(1, &["a", "b"]), (2, &["1", "2"])]),
            ("\u{feff}a;b\n1;2\n", &[(1, &["a", "b"]), (2, &["1", "2"])]),
            ("a\tb, c\n1\t2\n", &[(1, &["a", "b, c"]), (2, &["1", "2"])]),
            ("a|b\n1|2\n", &[(1, &["a", "b"]), (2, &["1", "2"])]),
            ("sep=;\na,b;c\n", &[(2, &["a,b", "c"])]),
            ("\"a, b\";c\n1;2\n", &[(1, &["a, b", "c"]), (2, &["1", "2"])]),
            ("a,b\n\"1\n1\",\"say \"\"hi\"\"\"\n", &[(1, &["a", "b"]), (2, &["1\n1", "say \"hi\""])]),
            // Empty lines and lines of delimiters are counted, as people count them, and skipped.
            ("a,b\n\n,\r\n\r\n1,2\n", &[(1, &["a", "b"]), (5, &["1", "2"])]),
            ("a,b\n1\n1,2,3\n", &[(1, &["a", "b"]), (2, &["1"]), (3, &["1", "2", "3"])]),
        ];
        for (text, expected) in table {
            let expected: Vec<(u64, Vec<String>)> = expected
                .iter()
                .map(|(row, cells)| (*row, cells.iter().map(|cell| (*cell).to_owned()).collect()))
                .collect();
            assert_eq!(rows(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_one_row() {
        let read = rows("a,b\n1,\"2\n3,4\n5,6\n");
        assert_eq!(read[1], (2, vec!["1,\"2".to_owned(), "! a quote (\") opens here and is never closed".to_owned()]));
        assert_eq!(read[2..], [(3, vec!["3".to_owned(), "4".to_owned()]), (4, vec!["5".to_owned(), "6".to_owned()])]);
        // Also far from the end of the file.
        let long: String =
            std::iter::once("a,b\n1,\"2\n".to_owned()).chain((0..9000).map(|n| format!("{n},x\n"))).collect();
        let read = rows(&long);
        assert_eq!(read.len(), 9002);
        assert_eq!(read[9001], (9002, vec!["8999".to_owned(), "x".to_owned()]));
        let endless = format!("a,b\n{}\n1,2\n", "x".repeat(200_000));
        let read = rows(&endless);
        assert_eq!((read[1].1[1].as_str(), read[2].0), ("! the row is longer than 32 kB", 3));
        let wide = format!("a,b\n{}\n1,2\n", ",".repeat(300));
        assert_eq!(rows(&wide)[1].1[1], "! the row has more than 256 columns");
    }

    proptest! {
        #[test]
        fn where_the_pieces_end_does_not_matter(
            text in "([a-c+0-9é\u{feff}\",;\t\r\n]|\r\n|\"\"|,\"a\n\"){0,60}",
            cuts in proptest::collection::vec(0usize..80, 0..8),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| text.floor_char_boundary(cut.min(text.len()))).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts {
                pieces.push(&text[from..cut]);
                from = cut;
            }
            pieces.push(&text[from..]);
            prop_assert_eq!(rows_of(pieces), rows(&text));
        }
    }
}
