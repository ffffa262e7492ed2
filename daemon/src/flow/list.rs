//! A list of people that comes in pieces: the table, what its columns mean, and whom an earlier row named already.

use std::collections::{BTreeMap, HashSet, VecDeque};

use mychatflow_data::phone::Phone;

use super::clean::clean_line;
use super::column_wish::ColumnWish;
use super::columns::{Columns, Entry};
use super::country::Country;
use super::header_row::{self, HeaderRow};
use super::sheet::{Cells, KeptCells, Read, Sheet};

/// A list of people that comes in pieces.
#[derive(Debug, Default)]
pub struct List {
    sheet: Sheet,
    home: Option<Country>,
    wishes: Vec<ColumnWish>,
    columns: Option<Columns>,
    /// The first rows, until it is known what they are, and then until they are read.
    begin: VecDeque<KeptRow>,
    /// So many rows stand above the first person.
    above: u64,
    seen: HashSet<u64>,
}

/// A row that waits to be read.
#[derive(Debug)]
enum KeptRow {
    Row(u64, KeptCells),
    Broken(u64, String, &'static str),
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which, from 1 for the line after the headings.
    pub row: u64,
    /// What it says.
    pub content: Content,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A person, and every cell by its variable.
    Person(Box<Entry>, BTreeMap<String, String>),
    /// Something that is no row: how it begins, and why, in words for people.
    Broken(String, String),
}

impl List {
    /// A list whose phone numbers without a country code are of `home`.
    #[must_use]
    pub fn new(home: Option<Country>) -> Self {
        Self { home, ..Self::default() }
    }

    /// The same, where somebody says what some of the columns are.
    #[must_use]
    pub fn with_wishes(self, wishes: Vec<ColumnWish>) -> Self {
        Self { wishes, ..self }
    }

    /// Takes the next piece.
    pub fn push(&mut self, piece: &str) {
        self.sheet.push(piece);
    }

    /// That was all of it.
    pub fn finish(&mut self) {
        self.sheet.finish();
    }

    /// How much was not read yet, in bytes.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.sheet.waiting()
    }

    /// The columns, once the first row was read.
    #[must_use]
    pub fn columns(&self) -> Option<&Columns> {
        self.columns.as_ref()
    }

    /// The next row; `None` when it is not all there.
    ///
    /// # Errors
    /// Why this is no list at all, in words for people.
    pub fn read(&mut self) -> Result<Option<Line>, String> {
        if self.columns.is_none() && !self.understand()? {
            return Ok(None);
        }
        let Some(columns) = &self.columns else { return Ok(None) };
        let (above, home) = (self.above, self.home);
        let broken = |row: u64, begins: &str, why: &str| Line {
            row: row.saturating_sub(above),
            content: Content::Broken(clean_line(begins), why.to_owned()),
        };
        if let Some(kept) = self.begin.pop_front() {
            return Ok(Some(match kept {
                KeptRow::Row(row, kept) => line(row.saturating_sub(above), columns, kept.cells(), home),
                KeptRow::Broken(row, begins, why) => broken(row, &begins, why),
            }));
        }
        Ok(self.sheet.read().map(|read| match read {
            Read::Row(row, cells) => line(row.saturating_sub(above), columns, cells, home),
            Read::Broken(row, begins, why) => broken(row, &begins, why),
        }))
    }

    /// Has an earlier row named this person? From now on one has.
    pub fn named_before(&mut self, phone: &Phone) -> bool {
        // Both spellings of a number are one person.
        let phone = phone.shortest_spelling();
        // At most 15 digits and no zero before them: as a number it is as good, and takes eight bytes.
        let number = phone.digits().bytes().fold(0u64, |sum, digit| sum * 10 + u64::from(digit.wrapping_sub(b'0')));
        !self.seen.insert(number)
    }

    /// The first rows that can be read.
    fn kept_rows(&self) -> Vec<(u64, Cells<'_>)> {
        let row = |kept| match kept {
            &KeptRow::Row(row, ref kept) => Some((row, kept.cells())),
            KeptRow::Broken(..) => None,
        };
        self.begin.iter().filter_map(row).collect()
    }

    /// Do the first rows say all that the next ones could?
    fn is_certain(&self) -> bool {
        let cells: Vec<Cells<'_>> = self.kept_rows().into_iter().map(|(_, cells)| cells).collect();
        !cells.is_empty() && header_row::is_certain(&cells, &self.wishes, self.home)
    }

    /// Looks at the first rows. False: they are not all there.
    fn understand(&mut self) -> Result<bool, String> {
        let mut is_certain = self.is_certain();
        while !is_certain
            && self.begin.len() < header_row::ROWS
            && let Some(read) = self.sheet.read()
        {
            self.begin.push_back(match read {
                Read::Row(row, cells) => KeptRow::Row(row, cells.keep()),
                Read::Broken(row, begins, why) => KeptRow::Broken(row, begins, why),
            });
            is_certain = self.is_certain();
        }
        if let Some(KeptRow::Broken(row, _, why)) = self.begin.front() {
            return Err(format!("the list can't be read: {why}, in line {row}"));
        }
        let is_all = is_certain || self.begin.len() == header_row::ROWS || self.sheet.is_over();
        if self.begin.is_empty() || !is_all {
            return Ok(false);
        }
        let rows = self.kept_rows();
        let cells: Vec<Cells<'_>> = rows.iter().map(|(_, cells)| *cells).collect();
        let HeaderRow { columns, headings, first } = header_row::find(&cells, &self.wishes, self.home)?;
        self.above = match headings {
            Some(headings) => rows[headings].0,
            None => rows[first].0 - 1,
        };
        let above = self.above;
        self.begin.retain(|kept| match kept {
            KeptRow::Row(row, _) | KeptRow::Broken(row, ..) => *row > above,
        });
        self.columns = Some(columns);
        Ok(true)
    }
}

fn line(row: u64, columns: &Columns, cells: Cells<'_>, home: Option<Country>) -> Line {
    Line { row, content: Content::Person(Box::new(columns.entry(cells, home)), columns.variables(cells)) }
}

#[cfg(test)]
mod programs;

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&str]) -> Result<Vec<(u64, String)>, String> {
        let mut list = List::new(Country::parse("DE"));
        let mut lines = Vec::new();
        let told = |line: Line| match line.content {
            Content::Person(entry, _) => {
                (line.row, entry.number.map_or_else(|why| why, |number| number.phone.to_string()))
            }
            Content::Broken(begins, why) => (line.row, format!("{begins}: {why}")),
        };
        for piece in pieces {
            list.push(piece);
            while let Some(line) = list.read()? {
                lines.push(told(line));
            }
        }
        list.finish();
        while let Some(line) = list.read()? {
            lines.push(told(line));
        }
        Ok(lines)
    }

    #[test]
    fn rows_are_counted_from_the_line_after_the_headings() {
        let ana = |row| (row, "+4915111111111".to_owned());
        assert_eq!(lines(&["phone,name\n0151", "11111111,Ana\n"]), Ok(vec![ana(1)]));
        assert_eq!(lines(&["\n\nname,phone\nAna,0151 11111111\n,\nAna,0151 11111111"]), Ok(vec![ana(1), ana(3)]));
        // Without headings the first line is the first person.
        assert_eq!(lines(&["Ana,0151 11111111\nAna,", "0151 11111111\n"]), Ok(vec![ana(1), ana(2)]));
        assert_eq!(lines(&["phone\nnobody\n"]), Ok(vec![(1, "not a phone number: \"nobody\"".to_owned())]));
        assert_eq!(
            lines(&["phone,name\n\"0151 1111111\n0151 11111111,Ana\n"]).unwrap()[1],
            ana(2),
            "an open quote costs its own row"
        );
        assert_eq!(lines(&[""]), Ok(vec![]));
        // A title stands above, with the marks of the table or without them.
        assert_eq!(
            lines(&["Customers export 30.11.2026,,\n,,\nName,Phone,City\nAna,0151 11111111,Bonn\n"]),
            Ok(vec![ana(1)])
        );
        assert_eq!(
            lines(&["Customers of 30.11.2026, all\n\nName;Phone;City\nAna;0151 11111111;Bonn\n"]),
            Ok(vec![ana(1)])
        );
        assert!(lines(&["a,b\n1,2\n"]).unwrap_err().contains("a column named phone"));
    }

    #[test]
    fn people_are_named_once() {
        let mut list = List::new(None);
        let phone = |digits: &str| Phone::parse(digits).unwrap();
        assert!(!list.named_before(&phone("4915111111111")));
        assert!(!list.named_before(&phone("491511111111")));
        assert!(list.named_before(&phone("+49 151 11111111")));
    }
}
