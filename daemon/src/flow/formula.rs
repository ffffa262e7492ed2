//! Cells that a spreadsheet would compute: what strangers write must not run in somebody's table. (OWASP, CSV injection.)

use std::borrow::Cow;

/// What a cell begins with that a spreadsheet takes for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
/// What makes it a text.
const GUARD: char = '\'';

/// Would it be a formula without the guards before it?
fn is_guarded_formula(cell: &str) -> bool {
    cell.trim_start_matches(GUARD).starts_with(FORMULA)
}

/// A cell that no spreadsheet computes. One that looks guarded already gets one guard more: then every cell comes back as
/// it was.
#[must_use]
pub fn guarded(cell: &str) -> Cow<'_, str> {
    if is_guarded_formula(cell) { Cow::Owned(format!("{GUARD}{cell}")) } else { Cow::Borrowed(cell) }
}

/// The cell as it was before it was guarded.
#[must_use]
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix(GUARD).filter(|rest| is_guarded_formula(rest)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_texts_and_come_back_as_they_were() {
        for (cell, safe) in [
            ("=1+1", "'=1+1"),
            ("+4915111111111", "'+4915111111111"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("'=1", "''=1"),
            ("''=1", "'''=1"),
            ("Ana", "Ana"),
            ("'n Abend", "'n Abend"),
            ("", ""),
            ("'", "'"),
            (" =1", " =1"),
            ("a=1", "a=1"),
        ] {
            assert_eq!(guarded(cell), safe, "{cell:?}");
            assert_eq!(unguarded(safe), cell, "{safe:?}");
        }
    }
}
