//! A list of recipients that was read from the disk: its text, and what its first line tells.

use std::sync::Arc;

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Where it was.
    pub path: String,
    /// All of it, or why it could not be read.
    pub text: Result<Arc<str>, String>,
}

/// Lines of the list that a preview is made of.
const PREVIEW_LINES: usize = 60;
/// Bytes of them.
const PREVIEW_BYTES: usize = 64 * 1024;

impl Sheet {
    /// What the file is called.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// How many rows it has after the header, empty lines left out.
    #[must_use]
    pub fn rows(&self) -> usize {
        let lines = |text: &Arc<str>| text.lines().filter(|line| !line.trim().is_empty()).count();
        self.text.as_ref().map_or(0, |text| lines(text).saturating_sub(1))
    }

    /// The names of its columns as variables: `First name` is `first_name`.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        let Ok(text) = &self.text else { return Vec::new() };
        let header = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
        let count = |delimiter: &char| header.matches(*delimiter).count();
        let delimiter = [',', ';', '\t'].into_iter().max_by_key(count).unwrap_or(',');
        let variable = |name: &str| {
            let name = name.trim().trim_matches('"').trim().to_lowercase();
            name.chars().map(|char| if char.is_alphanumeric() { char } else { '_' }).collect::<String>()
        };
        header.split(delimiter).map(variable).filter(|name| !name.is_empty()).collect()
    }

    /// Its first lines.
    #[must_use]
    pub fn head(&self) -> Option<&str> {
        let text = self.text.as_ref().ok()?;
        let end = text.match_indices('\n').nth(PREVIEW_LINES).map_or(text.len(), |(at, _)| at);
        Some(&text[..boundary(text, end.min(PREVIEW_BYTES))])
    }
}

/// The end of the last character that ends at or before this byte.
#[must_use]
pub fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_names_the_variables() {
        let sheet = |text: &str| Sheet { path: "/a/b/people.csv".to_owned(), text: Ok(text.into()) };
        assert_eq!(
            sheet("\u{feff}Phone;First name;\"City\"\n1;2;3\n\n4;5;6").columns(),
            ["phone", "first_name", "city"]
        );
        assert_eq!(sheet("Phone;x\n1;2\n\n4;5").rows(), 2);
        assert_eq!((sheet("phone").rows(), sheet("").rows(), sheet("").name()), (0, 0, "people.csv"));
        assert_eq!(sheet(&"é".repeat(50_000)).head().map(str::len), Some(64 * 1024));
        assert_eq!(sheet(&"a\n".repeat(500)).head().map(|head| head.lines().count()), Some(61));
    }
}
