//! What the columns of a list mean: by their headings, or, where there is no heading line, by what is in them.

use std::collections::BTreeMap;

use mychatflow_data::model::contact::Review;
use mychatflow_data::model::limit;

use super::clean::{clean, clean_line};
use super::country::Country;
use super::headings::{self, Role};
use super::repair::{self, Number};
use super::sheet::Cells;

/// The longest tag that can be stored.
const TAG_CHARS_MAX: usize = limit::TAG.chars;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its heading, as it stands there.
    pub heading: String,
    /// The same as a variable: `First name` is `first_name`.
    pub variable: String,
    /// What it is.
    pub role: Role,
}

/// Is the first row one of headings?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstRow {
    /// Yes.
    Headings,
    /// No: it is a person already.
    Person,
}

/// The columns of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(Vec<Column>);

/// What a row says about consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Nothing that can be understood.
    Nothing,
}

/// Where a list comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `contact export`.
    Export,
    /// Anywhere else.
    Foreign,
}

/// A row, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The phone number, or why it is none.
    pub number: Result<Number, String>,
    /// What stands in its place.
    pub given: String,
    /// The person's name.
    pub name: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// The language, as `de` or `pt-br`.
    pub language: Option<String>,
    /// What the row says about consent.
    pub consent: Said,
    /// Where it was given.
    pub consent_source: Option<String>,
    /// When, as it stands there.
    pub consent_at: Option<String>,
    /// What shows it.
    pub consent_proof: Option<String>,
    /// What the owner wrote down.
    pub note: Option<String>,
    /// Is the list an export of ours? Then a column that says nothing means that nothing is known.
    pub origin: Origin,
    /// Since when the person is not written to, as it stands there.
    pub opted_out_at: Option<String>,
    /// What the owner said about the person.
    pub review: Option<Review>,
    /// The columns of the owner's own that have something in them, by variable.
    pub own: BTreeMap<String, String>,
}

impl Columns {
    /// Understands the first row.
    ///
    /// # Errors
    /// Why it is not the first row of a list, in words for people.
    pub fn understand(first: Cells<'_>, home: Option<Country>) -> Result<(Self, FirstRow), String> {
        if let Some(numbers) = numbers_in(first, home) {
            let columns = (0..first.count()).map(|place| {
                let role = if place == numbers { Role::Phone } else { Role::Own };
                let variable = if place == numbers { "phone".to_owned() } else { format!("column_{}", place + 1) };
                Column { heading: variable.clone(), variable, role }
            });
            return Ok((Self(columns.collect()), FirstRow::Person));
        }
        let mut columns: Vec<Column> = Vec::with_capacity(first.count());
        for (place, cell) in first.iter().enumerate() {
            let heading = clean_line(cell);
            let mut variable = headings::variable(&heading);
            if variable.is_empty() {
                variable = format!("column_{}", place + 1);
            }
            while columns.iter().any(|column| column.variable == variable) {
                variable = format!("{variable}_{}", place + 1);
            }
            columns.push(Column { heading, variable, role: Role::Own });
        }
        for (place, role) in headings::roles(columns.iter().map(|column| column.variable.as_str())) {
            columns[place].role = role;
        }
        if !columns.iter().any(|column| column.role == Role::Phone) {
            let there: Vec<&str> = columns.iter().map(|column| column.variable.as_str()).collect();
            let there = there.join(", ");
            return Err(format!("the list needs a header line with a column named phone; it has: {there}"));
        }
        Ok((Self(columns), FirstRow::Headings))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Column> {
        self.0.iter()
    }

    /// Where the list comes from, as far as its headings tell.
    #[must_use]
    pub fn origin(&self) -> Origin {
        if self.0.iter().any(|column| column.role == Role::OptedOutAt) { Origin::Export } else { Origin::Foreign }
    }

    /// Reads a row.
    #[must_use]
    pub fn entry(&self, cells: Cells<'_>, home: Option<Country>) -> Entry {
        let cell = |role| self.0.iter().position(|column| column.role == role).map_or("", |place| cells.get(place));
        let line = |role| Some(clean_line(cell(role))).filter(|text| !text.is_empty());
        let given = cell(Role::Phone);
        let mut own = BTreeMap::new();
        let mut put = |variable: &str, text: &str| {
            let text = clean_line(text);
            if !text.is_empty() {
                own.insert(variable.to_owned(), text);
            }
        };
        for (place, column) in self.0.iter().enumerate() {
            if matches!(column.role, Role::Own | Role::FirstName | Role::LastName) {
                put(&column.variable, cells.get(place));
            }
        }
        // Cells beyond the headings are not lost.
        for place in self.0.len()..cells.count() {
            put(&format!("column_{}", place + 1), cells.get(place));
        }
        // Neither is what is no language.
        let language = line(Role::Language);
        let understood = language.as_deref().and_then(language_code);
        if let (Some(words), None) = (&language, &understood) {
            put("language", words);
        }
        Entry {
            number: repair::number(given, home),
            given: clean_line(given),
            name: line(Role::Name).or_else(|| {
                let both = [line(Role::FirstName), line(Role::LastName)].into_iter().flatten().collect::<Vec<_>>();
                (!both.is_empty()).then(|| both.join(" "))
            }),
            tags: tags(cell(Role::Tags), self.origin()),
            language: understood,
            consent: said(cell(Role::Consent)),
            consent_source: line(Role::ConsentSource),
            consent_at: line(Role::ConsentAt),
            consent_proof: line(Role::ConsentProof),
            note: Some(clean(cell(Role::Note)).trim().to_owned()).filter(|text| !text.is_empty()),
            origin: self.origin(),
            opted_out_at: line(Role::OptedOutAt),
            review: cell(Role::Review).trim().parse().ok(),
            own,
        }
    }

    /// Every cell by its variable, for the texts of campaigns; empty ones too.
    #[must_use]
    pub fn variables(&self, cells: Cells<'_>) -> BTreeMap<String, String> {
        let beyond = (self.0.len()..cells.count()).map(|place| (format!("column_{}", place + 1), place));
        let all = self.0.iter().enumerate().map(|(place, column)| (column.variable.clone(), place)).chain(beyond);
        all.map(|(variable, place)| (variable, clean_line(cells.get(place)))).collect()
    }
}

/// The column of a first row that has a phone number in it: one with a `+` before all others, else the longest.
fn numbers_in(first: Cells<'_>, home: Option<Country>) -> Option<usize> {
    let digits = |cell: &str| cell.bytes().filter(u8::is_ascii_digit).count();
    let weight = |cell: &str| (cell.trim_start().starts_with(['+', '\'']), digits(cell));
    // A heading may have a digit in it, and a list without headings a number that a spreadsheet cut off.
    let is_number = |cell: &str| {
        let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
        digits(cell) >= 7 && letters <= 1 && repair::number(cell, home).is_ok()
    };
    let numbers = first.iter().enumerate().filter(|(_, cell)| is_number(cell));
    numbers.rev_max(|(_, cell)| weight(cell)).map(|(place, _)| place)
}

/// The first of the greatest, where `max_by_key` takes the last.
trait FirstMax: Iterator + Sized {
    fn rev_max<K: Ord>(self, mut key: impl FnMut(&Self::Item) -> K) -> Option<Self::Item> {
        self.reduce(|best, next| if key(&next) > key(&best) { next } else { best })
    }
}

impl<I: Iterator> FirstMax for I {}

fn tags(cell: &str, origin: Origin) -> Vec<String> {
    // A tag of ours may have every character but a comma.
    let ends: &[char] = match origin {
        Origin::Export => &[','],
        Origin::Foreign => &[',', ';', '|', '\n'],
    };
    let mut tags: Vec<String> = Vec::new();
    for tag in cell.split(ends).map(clean_line).filter(|tag| !tag.is_empty()) {
        let short: String = tag.chars().take(TAG_CHARS_MAX).collect();
        if !tags.iter().any(|known| known.eq_ignore_ascii_case(&short)) {
            tags.push(short);
        }
    }
    tags
}

/// A language as it is kept, `de` or `pt-br`; also by its name.
#[must_use]
pub fn language_code(words: &str) -> Option<String> {
    let lower = words.to_lowercase().replace('_', "-");
    let by_name = match lower.as_str() {
        "german" | "deutsch" => Some("de"),
        "english" | "englisch" => Some("en"),
        "spanish" | "español" | "spanisch" => Some("es"),
        "french" | "français" | "französisch" => Some("fr"),
        "portuguese" | "português" => Some("pt"),
        "italian" | "italiano" => Some("it"),
        _ => None,
    };
    if let Some(code) = by_name {
        return Some(code.to_owned());
    }
    let mut parts = lower.split('-');
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase());
    let first = parts.next().is_some_and(|part| (2..=3).contains(&part.len()) && letters(part));
    let rest = parts.all(|part| (2..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    (first && rest).then_some(lower)
}

/// What a cell says about consent.
pub(super) fn said(cell: &str) -> Said {
    match cell.trim().to_lowercase().as_str() {
        "no" | "n" | "false" | "0" | "nein" | "non" | "não" | "nao" | "refused" | "opted out" | "opt-out" => Said::No,
        "yes" | "y" | "true" | "1" | "ja" | "j" | "si" | "sí" | "sim" | "oui" | "x" | "given" | "opted in"
        | "opt-in" => Said::Yes,
        _ => Said::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sheet::{Read, Sheet};
    use super::*;

    fn understood(text: &str) -> Result<(Columns, FirstRow, Vec<Entry>), String> {
        let home = Country::parse("DE");
        let mut sheet = Sheet::default();
        sheet.push(text);
        sheet.finish();
        let (columns, first) = match sheet.read() {
            Some(Read::Row(_, cells)) => Columns::understand(cells, home)?,
            other => panic!("{other:?}"),
        };
        let mut entries = Vec::new();
        while let Some(Read::Row(_, cells)) = sheet.read() {
            entries.push(columns.entry(cells, home));
        }
        Ok((columns, first, entries))
    }

    fn roles(text: &str) -> Vec<(String, &'static str)> {
        let (columns, ..) = understood(text).unwrap();
        columns.iter().map(|column| (column.variable.clone(), column.role.word())).collect()
    }

    fn roles_are(text: &str, expected: &[(&str, &'static str)]) {
        let expected: Vec<_> = expected.iter().map(|(variable, role)| ((*variable).to_owned(), *role)).collect();
        assert_eq!(roles(text), expected, "{text}");
    }

    #[test]
    fn headings_are_understood() {
        roles_are("Name;Mobile Number\n", &[("name", "name"), ("mobile_number", "phone")]);
        roles_are(
            "Vorname,Nachname,Telefon,Sprache,Kundennummer\n",
            &[
                ("vorname", "name"),
                ("nachname", "name"),
                ("telefon", "phone"),
                ("sprache", "language"),
                ("kundennummer", "own"),
            ],
        );
        roles_are(
            "Phone 1 - Type,Phone 1 - Value,E-mail,E-mail,\n",
            &[
                ("phone_1_type", "own"),
                ("phone_1_value", "phone"),
                ("e_mail", "own"),
                ("e_mail_4", "own"),
                ("column_5", "own"),
            ],
        );
        roles_are(
            "phone,consent,consent_source,Consent at,consent_proof,notes,tags\n",
            &[
                ("phone", "phone"),
                ("consent", "consent"),
                ("consent_source", "consent_source"),
                ("consent_at", "consent_at"),
                ("consent_proof", "consent_proof"),
                ("notes", "note"),
                ("tags", "tags"),
            ],
        );
    }

    #[test]
    fn a_first_row_with_a_number_is_a_person() {
        roles_are("17,Ana,+49 151 11111111\n", &[("column_1", "own"), ("column_2", "own"), ("phone", "phone")]);
        roles_are("20261123;0151 11111111\n", &[("column_1", "own"), ("phone", "phone")]);
        roles_are("4.915111111111E+12\n", &[("phone", "phone")]);
        assert_eq!(understood("phone\n").unwrap().1, FirstRow::Headings);
        for (text, why) in [
            ("a,b\n1,2\n", "the list needs a header line with a column named phone; it has: a, b"),
            ("Ana,n/a\n", "the list needs a header line with a column named phone; it has: ana, n_a"),
        ] {
            assert_eq!(understood(text).unwrap_err(), why);
        }
    }

    #[test]
    fn a_row_is_read_by_its_columns() {
        let text = "first name,last name,phone,tags,lang,consent,note,city,empty\n\
                    Ana, Example ,0151 11111111,\"vip, Bath;VIP\",pt_BR,YES,\"likes\ntulips\",Köln,,beyond\n";
        let entry = understood(text).unwrap().2.remove(0);
        assert_eq!(entry.number.map(|number| number.phone.to_string()), Ok("+4915111111111".to_owned()));
        assert_eq!(entry.name.as_deref(), Some("Ana Example"));
        assert_eq!(entry.tags, ["vip", "Bath"]);
        assert_eq!((entry.language.as_deref(), entry.consent), (Some("pt-br"), Said::Yes));
        assert_eq!(entry.note.as_deref(), Some("likes\ntulips"));
        let own: Vec<(&str, &str)> = entry.own.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(own, [("city", "Köln"), ("column_10", "beyond"), ("first_name", "Ana"), ("last_name", "Example")]);
        let odd = understood("phone,language\n+4915111111111,plattdüütsch\n").unwrap().2.remove(0);
        assert_eq!((odd.language, odd.own["language"].as_str()), (None, "plattdüütsch"));
    }
}
