//! A list of people that comes in pieces: the table, what its columns mean, and whom an earlier row named already.

use std::collections::{BTreeMap, HashSet};

use mychatflow_data::phone::Phone;

use super::clean::clean_line;
use super::columns::{Columns, Entry, FirstRow};
use super::country::Country;
use super::sheet::{Cells, Read, Sheet};

/// A list of people that comes in pieces.
#[derive(Debug, Default)]
pub struct List {
    sheet: Sheet,
    home: Option<Country>,
    columns: Option<Columns>,
    /// A first row that is a person already, until it is read.
    first: Option<Line>,
    seen: HashSet<u64>,
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
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        let Some(columns) = &self.columns else { return Ok(None) };
        Ok(self.sheet.read().map(|read| match read {
            Read::Row(row, cells) => line(row, columns, cells, self.home),
            Read::Broken(row, begins, why) => {
                Line { row, content: Content::Broken(clean_line(&begins), why.to_owned()) }
            }
        }))
    }

    /// Has an earlier row named this person? From now on one has.
    pub fn named_before(&mut self, phone: &Phone) -> bool {
        // At most 15 digits and no zero before them: as a number it is as good, and takes eight bytes.
        let number = phone.digits().bytes().fold(0u64, |sum, digit| sum * 10 + u64::from(digit.wrapping_sub(b'0')));
        !self.seen.insert(number)
    }

    /// Reads the first row. False: it is not all there.
    fn understand(&mut self) -> Result<bool, String> {
        let home = self.home;
        let (columns, first) = match self.sheet.read() {
            None => return Ok(false),
            Some(Read::Broken(row, _, why)) => return Err(format!("the list can't be read: {why}, in line {row}")),
            Some(Read::Row(row, cells)) => {
                let (columns, first) = Columns::understand(cells, home)?;
                let person = (first == FirstRow::Person).then(|| line(row, &columns, cells, home));
                (columns, person)
            }
        };
        if first.is_none() {
            self.sheet.count_from_here();
        }
        self.columns = Some(columns);
        self.first = first;
        Ok(true)
    }
}

fn line(row: u64, columns: &Columns, cells: Cells<'_>, home: Option<Country>) -> Line {
    Line { row, content: Content::Person(Box::new(columns.entry(cells, home)), columns.variables(cells)) }
}

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
