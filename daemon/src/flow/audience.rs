//! The list of a campaign as a file: CSV with a header line, as spreadsheets write it. No row is dropped without a word.

use mychatflow_data::phone::Phone;
use serde_json::{Map, Value};

use super::clean::clean_line;
use super::country::{Country, phone};
use crate::config::Consent;

/// What the column of phone numbers may be called.
const PHONE_NAMES: &[&str] = &[
    "phone",
    "phone_number",
    "phonenumber",
    "number",
    "mobile",
    "mobile_number",
    "mobile_phone",
    "cell",
    "cellphone",
    "whatsapp",
    "whatsapp_number",
    "tel",
    "telephone",
    "msisdn",
    "telefon",
    "telefonnummer",
    "handy",
    "handynummer",
    "telefono",
    "celular",
    "movil",
    "telephone_mobile",
    "portable",
    "cellulare",
];
/// What the column of names may be called.
const NAMES: &[&str] = &["name", "full_name", "fullname", "customer", "contact", "nombre", "nom", "nome"];
/// What the column of consent may be called.
const CONSENT_NAMES: &[&str] = &["consent", "opt_in", "optin", "einwilligung"];

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The phone number, or why it is none.
    pub phone: Result<Phone, String>,
    /// What stands in its place.
    pub given: String,
    /// The person's name.
    pub name: Option<String>,
    /// The columns by name.
    pub fields: Map<String, Value>,
    /// Why the person is left out all the same.
    pub skip: Option<String>,
}

/// Reads a list.
///
/// # Errors
/// What is wrong with the file as a whole, in words for people.
pub fn read(text: &str, home: Option<Country>, consent: Consent) -> Result<Vec<Row>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter(text)).flexible(true).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| format!("the list can't be read: {error}"))?;
    let columns: Vec<String> = headers.iter().map(variable).collect();
    let column = |names: &[&str]| columns.iter().position(|column| names.contains(&column.as_str()));
    let Some(number) = column(PHONE_NAMES) else {
        let there = columns.join(", ");
        return Err(format!("the list needs a header line with a column named phone; it has: {there}"));
    };
    let (name, consented) = (column(NAMES), column(CONSENT_NAMES));
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| format!("the list can't be read: {error}"))?;
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        let given = clean_line(record.get(number).unwrap_or(""));
        let fields = columns
            .iter()
            .zip(&record)
            .filter(|(column, _)| !column.is_empty())
            .map(|(column, field)| (column.clone(), Value::String(clean_line(field))));
        rows.push(Row {
            phone: phone(&given, home),
            name: name.and_then(|at| record.get(at)).map(clean_line).filter(|name| !name.is_empty()),
            fields: fields.collect(),
            skip: refused(consented.map(|at| record.get(at).unwrap_or("")), consent).map(str::to_owned),
            given,
        });
    }
    if rows.is_empty() {
        return Err("nobody is on the list: a header line, and then a line for each person".to_owned());
    }
    Ok(rows)
}

/// Why a person may not be written to, going by the column of consent: the list itself is their consent, unless the
/// column says no, or yes must be said.
fn refused(said: Option<&str>, consent: Consent) -> Option<&'static str> {
    let said = said.map(|said| said.trim().to_lowercase());
    match (said.as_deref(), consent) {
        (Some("no" | "n" | "false" | "0" | "nein" | "non"), _) => Some("no consent"),
        (Some("yes" | "y" | "true" | "1" | "ja" | "si" | "sí" | "sim" | "oui" | "x"), _) | (_, Consent::Assumed) => {
            None
        }
        (_, Consent::Required) => Some("no consent on record"),
    }
}

/// The name of a column as a variable: `First name` is `first_name`.
fn variable(header: &str) -> String {
    let header = clean_line(header).to_lowercase();
    header.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect::<String>().trim_matches('_').to_owned()
}

/// What stands between the columns: whatever the header line has most of.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or("");
    let count = |delimiter: u8| header.bytes().filter(|byte| *byte == delimiter).count();
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phones(text: &str) -> Vec<(String, Option<String>)> {
        let rows = read(text, Country::parse("DE"), Consent::Assumed).unwrap();
        rows.into_iter().map(|row| (row.phone.map_or_else(|why| why, |phone| phone.to_string()), row.name)).collect()
    }

    #[test]
    fn lists_as_spreadsheets_write_them() {
        let ana = || vec![("+4915111111111".to_owned(), Some("Ana".to_owned()))];
        for text in [
            "phone,name\n+4915111111111,Ana\n",
            "\u{feff}Name;Mobile Number\r\nAna;0151 11111111\r\n",
            "name\tWhatsApp\nAna\t4915111111111\n\t\n",
            "\"Full name\",\"Phone\"\n\"Ana\",\"0151/11111111\"\n",
        ] {
            assert_eq!(phones(text), ana(), "{text}");
        }
        let rows =
            read("phone,First name,Note\n+4915111111111, Ana ,\"a, b\"\nnobody\n", None, Consent::Assumed).unwrap();
        assert_eq!(rows[0].fields["first_name"], "Ana");
        assert_eq!(rows[0].fields["note"], "a, b");
        assert_eq!(rows[1].phone, Err("not a phone number: \"nobody\"".to_owned()));
        assert_eq!(rows[1].given, "nobody");
    }

    #[test]
    fn consent_is_the_list_unless_its_column_says_no() {
        let text = "phone,consent\n+4915111111111,yes\n+4915111111112,No\n+4915111111113,\n";
        let skips = |consent| -> Vec<Option<String>> {
            read(text, None, consent).unwrap().into_iter().map(|row| row.skip).collect()
        };
        let (no, none) = (Some("no consent".to_owned()), Some("no consent on record".to_owned()));
        assert_eq!(skips(Consent::Assumed), [None, no.clone(), None]);
        assert_eq!(skips(Consent::Required), [None, no, none]);
    }

    #[test]
    fn a_file_that_is_no_list_is_told_why() {
        for (text, why) in [
            ("", "the list needs a header line with a column named phone; it has: "),
            ("a,b\n1,2\n", "the list needs a header line with a column named phone; it has: a, b"),
            ("phone\n", "nobody is on the list: a header line, and then a line for each person"),
        ] {
            assert_eq!(read(text, None, Consent::Assumed).unwrap_err(), why);
        }
    }
}
