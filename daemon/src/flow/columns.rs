//! What the columns of a list mean: by their headings, or, where there is no heading line, by what is in them.

use std::collections::BTreeMap;

use mychatflow_data::digits::{decimal_digit, with_ascii_digits};
use mychatflow_data::model::contact::Review;

use super::blank_cell::written;
use super::clean::{clean, clean_line};
use super::column_wish::ColumnWish;
use super::country::Country;
use super::headings::{self, Role};
use super::landline::is_landline;
use super::phone_headings::{PhoneKind, counts_something, label_of, labelled_kind, phone_kind};
use super::repair::{self, Number};
use super::sheet::Cells;
use super::tag_cell::tags;

/// Columns whose names are better than none.
const OTHER_NAMES: &[&str] =
    &["public_name", "display_name", "whatsapp_name", "push_name", "pushname", "nickname", "file_as"];

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

/// A column of phone numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PhoneColumn {
    place: usize,
    kind: PhoneKind,
    /// The column that says of each row what sort of number it is.
    label: Option<usize>,
}

/// The columns of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    columns: Vec<Column>,
    /// The likeliest to be on WhatsApp first.
    phones: Vec<PhoneColumn>,
}

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
    /// What somebody should know of the number: that another one stood there too, that it is a landline.
    pub remarks: Vec<String>,
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
    /// A list without headings, by its first person; `None`: no phone number is in the row.
    #[must_use]
    pub fn of_person(row: Cells<'_>, home: Option<Country>) -> Option<Self> {
        let numbers = numbers_in(row, home)?;
        let columns = (0..row.count()).map(|place| {
            let role = if place == numbers { Role::Phone } else { Role::Own };
            let variable = if place == numbers { "phone".to_owned() } else { format!("column_{}", place + 1) };
            Column { heading: variable.clone(), variable, role }
        });
        let phones = vec![PhoneColumn { place: numbers, kind: PhoneKind::Phone, label: None }];
        Some(Self { columns: columns.collect(), phones })
    }

    /// What headings mean. Without a word for phone numbers among them there are none of these yet.
    #[must_use]
    pub fn of_headings(row: Cells<'_>) -> Self {
        let mut columns: Vec<Column> = Vec::with_capacity(row.count());
        for (place, cell) in row.iter().enumerate() {
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
        let names: Vec<&str> = columns.iter().map(|column| column.heading.as_str()).collect();
        let mut phones: Vec<PhoneColumn> = names
            .iter()
            .enumerate()
            .filter_map(|(place, heading)| {
                Some(PhoneColumn { place, kind: phone_kind(heading)?, label: label_of(heading, &names) })
            })
            .collect();
        // "Number" counts the rows where another column says that it holds phones.
        if phones.iter().any(|phone| phone.kind != PhoneKind::Number) {
            phones.retain(|phone| phone.kind != PhoneKind::Number);
        }
        phones.sort_by_key(|phone| (phone.kind, phone.place));
        let mut all = Self { columns, phones };
        all.mark_phones();
        all
    }

    /// The same with what somebody says of some of them.
    ///
    /// # Errors
    /// Which heading is not there, and which are.
    pub fn with_wishes(mut self, wishes: &[ColumnWish]) -> Result<Self, String> {
        let mut phones = Vec::new();
        for wish in wishes {
            let Some(place) = self.columns.iter().position(|column| wish.is_of(column)) else {
                return Err(format!("no column is called {:?}; the list has: {}", wish.heading, self.names()));
            };
            if wish.role == Role::Phone {
                let kind = phone_kind(&self.columns[place].heading).unwrap_or(PhoneKind::Phone);
                phones.push(PhoneColumn { place, kind, label: None });
                continue;
            }
            for column in self.columns.iter_mut().filter(|column| column.role == wish.role) {
                column.role = Role::Own;
            }
            self.phones.retain(|phone| phone.place != place);
            self.columns[place].role = wish.role;
        }
        if !phones.is_empty() {
            self.phones = phones;
        }
        self.mark_phones();
        Ok(self)
    }

    /// The same, with what the rows below have in them: a column of telephones in a shop for them is none of numbers, and
    /// one that is called "Contact" may be.
    #[must_use]
    pub fn with_contents(mut self, rows: &[Cells<'_>], home: Option<Country>) -> Self {
        let share = |place: usize, is_one: &dyn Fn(&str) -> bool| {
            let filled: Vec<&str> =
                rows.iter().map(|row| written(row.get(place))).filter(|cell| !cell.trim().is_empty()).collect();
            (filled.iter().filter(|cell| is_one(cell)).count(), filled.len())
        };
        let has_digits = |cell: &str| cell.chars().filter(|c| decimal_digit(*c).is_some()).count() >= 6;
        let is_empty_of_numbers = |phone: &PhoneColumn| matches!(share(phone.place, &has_digits), (0, 3..));
        let has_other = self.phones.iter().any(|phone| !is_empty_of_numbers(phone));
        if has_other {
            self.phones.retain(|phone| !is_empty_of_numbers(phone));
        } else {
            let is_certain = |cell: &str| is_written_as_number(cell) && repair::number(cell, home).is_ok();
            let free = |place: &usize| {
                let column = &self.columns[*place];
                matches!(column.role, Role::Own | Role::Name) && !counts_something(&column.heading)
            };
            let found = (0..self.columns.len()).filter(free).find(|place| {
                let (numbers, filled) = share(*place, &is_certain);
                filled > 0 && numbers * 5 >= filled * 4
            });
            if let Some(place) = found {
                self.phones = vec![PhoneColumn { place, kind: PhoneKind::Phone, label: None }];
            }
        }
        self.mark_phones();
        self
    }

    fn mark_phones(&mut self) {
        for (place, column) in self.columns.iter_mut().enumerate() {
            match (self.phones.iter().any(|phone| phone.place == place), column.role) {
                (true, _) => column.role = Role::Phone,
                (false, Role::Phone) => column.role = Role::Own,
                (false, _) => {}
            }
        }
    }

    /// The first column of phone numbers; that of a list without headings has one.
    #[must_use]
    pub fn phone_place(&self) -> usize {
        self.phones.first().map_or(0, |phone| phone.place)
    }

    /// The same without a column of phone numbers.
    #[must_use]
    pub fn without_phones(mut self) -> Self {
        self.phones.clear();
        self.mark_phones();
        self
    }

    /// Is a column of phone numbers there?
    #[must_use]
    pub fn have_phone(&self) -> bool {
        !self.phones.is_empty()
    }

    /// Is a column called so?
    #[must_use]
    pub fn have(&self, wish: &ColumnWish) -> bool {
        self.columns.iter().any(|column| wish.is_of(column))
    }

    /// Their names, for people.
    #[must_use]
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.variable.as_str()).collect();
        names.join(", ")
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter()
    }

    /// Where the list comes from, as far as its headings tell.
    #[must_use]
    pub fn origin(&self) -> Origin {
        if self.columns.iter().any(|column| column.role == Role::OptedOutAt) { Origin::Export } else { Origin::Foreign }
    }

    /// Reads a row.
    #[must_use]
    pub fn entry(&self, cells: Cells<'_>, home: Option<Country>) -> Entry {
        let origin = self.origin();
        let cell = |role| {
            let place = self.columns.iter().position(|column| column.role == role);
            place.map_or("", |place| said_in(cells.get(place), origin))
        };
        let line = |role| Some(clean_line(cell(role))).filter(|text| !text.is_empty());
        let Chosen { place: chosen, given, number, remarks } = self.number(cells, self.home(cell(Role::Region), home));
        let mut own = BTreeMap::new();
        let mut put = |variable: &str, text: &str| {
            let text = clean_line(said_in(text, origin));
            if !text.is_empty() {
                own.insert(variable.to_owned(), text);
            }
        };
        for (place, column) in self.columns.iter().enumerate() {
            let is_other_phone = column.role == Role::Phone && chosen != Some(place);
            if is_other_phone || matches!(column.role, Role::Own | Role::FirstName | Role::LastName | Role::Region) {
                put(&column.variable, cells.get(place));
            }
        }
        // Cells beyond the headings are not lost.
        for place in self.columns.len()..cells.count() {
            put(&format!("column_{}", place + 1), cells.get(place));
        }
        // Neither is what is no language.
        let language = line(Role::Language);
        let understood = language.as_deref().and_then(language_code);
        if let (Some(words), None) = (&language, &understood) {
            put("language", words);
        }
        if origin == Origin::Foreign && number.as_ref().is_ok_and(|number| is_landline(&number.phone)) {
            own.entry("phone_type".to_owned()).or_insert_with(|| "landline".to_owned());
        }
        Entry {
            number,
            given: clean_line(given),
            remarks,
            name: line(Role::Name)
                .map(|name| if origin == Origin::Foreign { without_tilde(&name) } else { name })
                .filter(|name| !name.is_empty())
                .or_else(|| whole_name(line(Role::FirstName), line(Role::LastName)))
                .or_else(|| self.other_name(cells)),
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

    /// A name that another column has, where the row has none of its own: what somebody calls themselves on WhatsApp.
    fn other_name(&self, cells: Cells<'_>) -> Option<String> {
        let names =
            self.columns.iter().enumerate().filter(|(_, column)| OTHER_NAMES.contains(&column.variable.as_str()));
        let told = |place: usize| without_tilde(&clean_line(written(cells.get(place))));
        let part = |variable: &str| {
            let place = self.columns.iter().position(|column| column.variable == variable)?;
            Some(told(place)).filter(|name| !name.is_empty())
        };
        // A guest of a shop has no account, and the name on the bill.
        let on_bill = || whole_name(part("billing_first_name"), part("billing_last_name"));
        names.map(|(place, _)| told(place)).find(|name| !name.is_empty()).or_else(on_bill)
    }

    /// The country of a row's number: the one that the row says, or that of the list.
    fn home(&self, said: &str, home: Option<Country>) -> Option<Country> {
        let said = with_ascii_digits(said.trim());
        Country::parse(&said).or_else(|| Country::of_calling_code(&said)).or(home)
    }

    /// The number of a row that is likeliest to be on WhatsApp: of the columns in their order, mobile phones before
    /// landlines.
    fn number<'c>(&self, cells: Cells<'c>, home: Option<Country>) -> Chosen<'c> {
        let mut found: Vec<(PhoneKind, Chosen<'c>)> = Vec::new();
        for phone in &self.phones {
            let cell = written(cells.get(phone.place));
            let kind = match phone.label {
                Some(label) => labelled_kind(cells.get(label), phone.kind),
                None => Some(phone.kind),
            };
            let Some(kind) = kind.filter(|_| !cell.trim().is_empty()) else { continue };
            // Google puts all numbers with one label into a cell.
            let mut numbers: Vec<Result<Number, String>> = cell
                .split(":::")
                .filter(|part| !part.trim().is_empty())
                .map(|part| repair::number(part, home))
                .collect();
            let first = numbers.iter().position(Result::is_ok).unwrap_or(0);
            if numbers.is_empty() {
                continue;
            }
            let number = numbers.remove(first);
            let others: Vec<String> = numbers.into_iter().flatten().map(|other| other.phone.to_string()).collect();
            let mut remarks = Vec::new();
            if let Ok(number) = &number
                && !others.is_empty()
            {
                remarks.push(format!("several numbers: {} was taken, and not {}", number.phone, others.join(", ")));
            }
            found.push((kind, Chosen { place: Some(phone.place), given: cell, number, remarks }));
        }
        found.sort_by_key(|(kind, chosen)| match &chosen.number {
            Ok(number) => (if is_landline(&number.phone) { 1 } else { 0 }, *kind),
            Err(_) => (2, *kind),
        });
        let Some((_, mut chosen)) = found.into_iter().next() else {
            let number = Err("no phone number".to_owned());
            return Chosen { place: None, given: "", number, remarks: Vec::new() };
        };
        if let Ok(number) = &chosen.number
            && is_landline(&number.phone)
        {
            chosen.remarks.push(format!("{} is a landline: WhatsApp is seldom on one", number.phone));
        }
        chosen
    }

    /// Every cell by its variable, for the texts of campaigns; empty ones too.
    #[must_use]
    pub fn variables(&self, cells: Cells<'_>) -> BTreeMap<String, String> {
        let beyond = (self.columns.len()..cells.count()).map(|place| (format!("column_{}", place + 1), place));
        let all = self.columns.iter().enumerate().map(|(place, column)| (column.variable.clone(), place)).chain(beyond);
        all.map(|(variable, place)| (variable, clean_line(written(cells.get(place))))).collect()
    }
}

/// What a cell says. What we wrote ourselves stands there as it is.
fn said_in(cell: &str, origin: Origin) -> &str {
    if origin == Origin::Export { cell } else { written(cell) }
}

/// The number of a row, and where it stands.
struct Chosen<'c> {
    place: Option<usize>,
    given: &'c str,
    number: Result<Number, String>,
    remarks: Vec<String>,
}

/// WhatsApp shows `~Rosa` for whom nobody has saved.
fn without_tilde(name: &str) -> String {
    name.trim_start_matches('~').trim().to_owned()
}

/// A name of two; a last name that has the first one in it already is the whole of it.
fn whole_name(first: Option<String>, last: Option<String>) -> Option<String> {
    match (first, last) {
        (Some(first), Some(last)) if last.split_whitespace().any(|word| word.eq_ignore_ascii_case(&first)) => {
            Some(last)
        }
        (Some(first), Some(last)) => Some(format!("{first} {last}")),
        (first, last) => first.or(last),
    }
}

/// Is this how phone numbers are written, and nothing else: with a plus or a zero before it, or in groups?
fn is_written_as_number(cell: &str) -> bool {
    let cell = with_ascii_digits(cell.trim());
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    let grouped = cell.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).count() >= 3;
    let begins = cell.trim_start_matches(['\'', '(', '\u{202a}', '\u{200e}']);
    let at_home = begins.starts_with('0') && !begins.starts_with("00") && (10..=12).contains(&digits);
    digits >= 8 && !cell.chars().any(char::is_alphabetic) && (begins.starts_with('+') || at_home || grouped)
}

/// The column of a first row that has a phone number in it: one with a `+` before all others, else the longest.
fn numbers_in(first: Cells<'_>, home: Option<Country>) -> Option<usize> {
    let digits = |cell: &str| cell.chars().filter(|c| decimal_digit(*c).is_some()).count();
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
    use super::super::list::{Content, List};
    use super::*;

    fn understood(text: &str) -> Result<(Columns, Vec<Entry>), String> {
        let mut list = List::new(Country::parse("DE"));
        list.push(text);
        list.finish();
        let mut entries = Vec::new();
        while let Some(line) = list.read()? {
            match line.content {
                Content::Person(entry, _) => entries.push(*entry),
                Content::Broken(begins, why) => panic!("{begins}: {why}"),
            }
        }
        Ok((list.columns().unwrap().clone(), entries))
    }

    fn roles(text: &str) -> Vec<(String, &'static str)> {
        let (columns, _) = understood(text).unwrap();
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
        assert_eq!(understood("phone\n").unwrap().1, []);
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
        let entry = understood(text).unwrap().1.remove(0);
        assert_eq!(entry.number.map(|number| number.phone.to_string()), Ok("+4915111111111".to_owned()));
        assert_eq!(entry.name.as_deref(), Some("Ana Example"));
        assert_eq!(entry.tags, ["vip", "Bath"]);
        assert_eq!((entry.language.as_deref(), entry.consent), (Some("pt-br"), Said::Yes));
        assert_eq!(entry.note.as_deref(), Some("likes\ntulips"));
        let own: Vec<(&str, &str)> = entry.own.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(own, [("city", "Köln"), ("column_10", "beyond"), ("first_name", "Ana"), ("last_name", "Example")]);
        let odd = understood("phone,language\n+4915111111111,plattdüütsch\n").unwrap().1.remove(0);
        assert_eq!((odd.language, odd.own["language"].as_str()), (None, "plattdüütsch"));
    }
}
