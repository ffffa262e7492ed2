//! What somebody says of a column whose heading does not say it: `--column phone=HEADING`.

use super::clean::clean_line;
use super::columns::Column;
use super::headings::{self, Role};

/// What somebody says of a column: `phone=Contact number`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnWish {
    /// What it is.
    pub role: Role,
    /// Its heading.
    pub heading: String,
}

impl ColumnWish {
    /// Reads `phone=Contact number`.
    ///
    /// # Errors
    /// What may stand there, in words for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let roles = "phone, name, first_name, last_name, tags, language, consent, note or country";
        let (role, heading) = text
            .split_once('=')
            .map(|(role, heading)| (role.trim(), heading.trim()))
            .filter(|(_, heading)| !heading.is_empty())
            .ok_or_else(|| {
                format!("{text:?} names no column: write {roles}, then = and its heading, such as phone=Contact number")
            })?;
        let role = Role::by_word(role).ok_or_else(|| format!("{role:?} is nothing that a column can be: {roles}"))?;
        Ok(Self { role, heading: clean_line(heading) })
    }

    /// Is it this column?
    #[must_use]
    pub fn is_of(&self, column: &Column) -> bool {
        let wanted = headings::variable(&self.heading);
        column.heading == self.heading || (!wanted.is_empty() && headings::variable(&column.heading) == wanted)
    }
}
