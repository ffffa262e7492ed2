//! Who is meant on WhatsApp: phone numbers and the addresses of people, groups and channels.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::digits::decimal_digit;

/// A phone number, digits only, with country code: `4915111111111`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// A text that is neither a phone number nor a WhatsApp address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not 7 to 15 digits.
    #[error("not a phone number with country code: {0:?}")]
    Phone(String),
    /// No known ending after the `@`.
    #[error("not a whatsapp address: {0:?}")]
    Address(String),
}

impl Phone {
    /// Reads a number as people write it: `+49 151 1111-111`, `0049…`, or digits.
    ///
    /// # Errors
    /// When it is not 7 to 15 digits, or anything but digits and the usual separators is in it.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let fail = || AddressError::Phone(text.to_owned());
        let mut digits = String::with_capacity(text.len());
        for c in text.trim().chars() {
            match (c, decimal_digit(c)) {
                (_, Some(digit)) => digits.push(char::from(b'0' + digit)),
                (' ' | '-' | '(' | ')' | '.' | '/' | '\u{a0}', _) => {}
                // Marks of direction that come along with a copied number: nobody sees them.
                ('\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}', _) => {}
                ('+' | '\u{ff0b}', _) if digits.is_empty() => {}
                _ => return Err(fail()),
            }
        }
        if let Some(rest) = digits.strip_prefix("00") {
            digits = rest.to_owned();
        }
        if (7..=15).contains(&digits.len()) && !digits.starts_with('0') { Ok(Self(digits)) } else { Err(fail()) }
    }

    /// The digits, without a plus.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The other spelling of the same number, where a country has two: Brazil with its ninth digit and without, Mexico with
    /// a 1 behind its code and without, Argentina with a 9. People write either, and WhatsApp knows them by one.
    #[must_use]
    pub fn other_spelling(&self) -> Option<Self> {
        let digits = self.0.as_str();
        let (code, rest) = digits.split_at(2);
        let at = |place: usize| rest.as_bytes().get(place).copied().unwrap_or(0);
        let other = match (code, rest.len()) {
            ("55", 11) if at(2) == b'9' && (b'6'..=b'9').contains(&at(3)) => format!("55{}{}", &rest[..2], &rest[3..]),
            ("55", 10) if (b'6'..=b'9').contains(&at(2)) => format!("55{}9{}", &rest[..2], &rest[2..]),
            ("52", 11) if at(0) == b'1' => format!("52{}", &rest[1..]),
            ("52", 10) if at(0) != b'1' => format!("521{rest}"),
            ("54", 11) if at(0) == b'9' => format!("54{}", &rest[1..]),
            ("54", 10) if at(0) != b'9' => format!("549{rest}"),
            _ => return None,
        };
        Some(Self(other))
    }

    /// The shortest spelling: the same for every spelling of one number, so that lists can be compared by it.
    #[must_use]
    pub fn shortest_spelling(&self) -> Self {
        self.other_spelling().filter(|other| other.0.len() < self.0.len()).unwrap_or_else(|| self.clone())
    }

    /// The number as an address on WhatsApp.
    #[must_use]
    pub fn address(&self) -> Address {
        Address(format!("{}@c.us", self.0))
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl TryFrom<String> for Phone {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.to_string()
    }
}

/// What sort of place an [`Address`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressKind {
    /// A person by phone number (`@c.us`).
    Phone,
    /// A person by hidden id (`@lid`), the usual form since WAHA 2025.9.
    Lid,
    /// A group (`@g.us`).
    Group,
    /// A channel (`@newsletter`).
    Channel,
    /// Stories (`status@broadcast`) and broadcast lists (`…@broadcast`).
    Broadcast,
}

/// An address on WhatsApp as WAHA writes it: `4915…@c.us`, `…@lid`, `…@g.us`.
///
/// WAHA's inner spelling `@s.whatsapp.net` is read as `@c.us`; a device part (`4915…:17@…`) is dropped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

impl Address {
    /// Reads an address with one of the known endings.
    ///
    /// # Errors
    /// When the ending is unknown or nothing stands before it.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let fail = || AddressError::Address(text.to_owned());
        let (user, server) = text.split_once('@').ok_or_else(fail)?;
        let user = match server {
            "c.us" | "s.whatsapp.net" | "lid" => user.split([':', '_']).next().unwrap_or(user),
            _ => user,
        };
        if user.is_empty() || user.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(fail());
        }
        match server {
            "c.us" | "s.whatsapp.net" => Ok(Self(format!("{user}@c.us"))),
            "lid" | "g.us" | "newsletter" | "broadcast" => Ok(Self(format!("{user}@{server}"))),
            _ => Err(fail()),
        }
    }

    /// What sort of place this is.
    #[must_use]
    pub fn kind(&self) -> AddressKind {
        match self.0.rsplit_once('@').map(|(_, server)| server) {
            Some("lid") => AddressKind::Lid,
            Some("g.us") => AddressKind::Group,
            Some("newsletter") => AddressKind::Channel,
            Some("broadcast") => AddressKind::Broadcast,
            _ => AddressKind::Phone,
        }
    }

    /// Is this one person, to whom the assistant may write?
    #[must_use]
    pub fn is_person(&self) -> bool {
        matches!(self.kind(), AddressKind::Phone | AddressKind::Lid) && self.0 != "0@c.us"
    }

    /// The phone number, where the address is one.
    #[must_use]
    pub fn phone(&self) -> Option<Phone> {
        self.0.strip_suffix("@c.us").and_then(|digits| Phone::parse(digits).ok())
    }

    /// The address by the other spelling of its number.
    #[must_use]
    pub fn other_spelling(&self) -> Option<Self> {
        self.phone()?.other_spelling().map(|phone| phone.address())
    }

    /// The address as WAHA writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0
    }
}

#[cfg(feature = "store")]
mod sql {
    use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

    use super::{Address, Phone};

    impl ToSql for Address {
        fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
            self.0.to_sql()
        }
    }

    impl FromSql for Address {
        fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
            Address::parse(value.as_str()?).map_err(|error| FromSqlError::Other(Box::new(error)))
        }
    }

    impl ToSql for Phone {
        fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
            self.0.to_sql()
        }
    }

    impl FromSql for Phone {
        fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
            Phone::parse(value.as_str()?).map_err(|error| FromSqlError::Other(Box::new(error)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        for (text, digits) in [
            ("+49 151 1111-1111", Some("4915111111111")),
            ("0049 151 11111111", Some("4915111111111")),
            ("4915111111111", Some("4915111111111")),
            ("٠٠٤٩ ١٥١ ١١١١١١١١", Some("4915111111111")),
            ("\u{202a}+۴۹۱۵۱۱۱۱۱۱۱۱۱\u{202c}", Some("4915111111111")),
            ("0151 1111111", None),
            ("Anna", None),
            ("12", None),
        ] {
            assert_eq!(Phone::parse(text).ok().as_ref().map(Phone::digits), digits, "{text}");
        }
    }

    #[test]
    fn numbers_of_two_spellings_are_one() {
        for (one, other) in [
            ("5511987654321", Some("551187654321")),
            ("525512345678", Some("5215512345678")),
            ("541112345678", Some("5491112345678")),
            // A landline of Brazil, and numbers of countries with one spelling.
            ("551133334444", None),
            ("4915111111111", None),
            ("14155550100", None),
        ] {
            let phone = |digits: &str| Phone::parse(digits).unwrap();
            assert_eq!(phone(one).other_spelling(), other.map(phone), "{one}");
            if let Some(other) = other {
                assert_eq!(phone(other).other_spelling(), Some(phone(one)), "{other}");
                assert_eq!(phone(other).shortest_spelling(), phone(one).shortest_spelling());
            }
        }
    }

    #[test]
    fn addresses_as_the_engines_write_them() {
        for (text, expected) in [
            ("4915111111111@c.us", Some("4915111111111@c.us")),
            ("4915111111111@s.whatsapp.net", Some("4915111111111@c.us")),
            ("4915111111111:17@s.whatsapp.net", Some("4915111111111@c.us")),
            ("70000000000003@lid", Some("70000000000003@lid")),
            ("status@broadcast", Some("status@broadcast")),
            ("@c.us", None),
            ("someone@example.com", None),
        ] {
            assert_eq!(Address::parse(text).ok().as_ref().map(Address::as_str), expected, "{text}");
        }
        assert!(!Address::parse("status@broadcast").unwrap().is_person());
        assert!(Address::parse("70000000000003@lid").unwrap().is_person());
    }
}
