//! Where the headings of a list stand: in its first line, below a title, or nowhere. Found by the words of the headings and
//! by what the rows below hold.

use mychatflow_data::digits::decimal_digit;

use super::column_wish::ColumnWish;
use super::columns::Columns;
use super::country::Country;
use super::sheet::Cells;

/// So many rows are looked at: headings stand above them, and what they hold says which column is what.
pub const ROWS: usize = 20;
/// So many of them may stand above the headings.
const ABOVE_MAX: usize = 10;

/// What the first rows of a list are.
#[derive(Debug, PartialEq, Eq)]
pub struct HeaderRow {
    /// The columns.
    pub columns: Columns,
    /// The row of the headings; `None` when there is none.
    pub headings: Option<usize>,
    /// The row of the first person.
    pub first: usize,
}

/// Finds the headings in the first rows.
///
/// # Errors
/// Why this is no list of people, in words for people.
pub fn find(rows: &[Cells<'_>], wishes: &[ColumnWish], home: Option<Country>) -> Result<HeaderRow, String> {
    let above = &rows[..rows.len().min(ABOVE_MAX)];
    if let Some(wish) = wishes.first() {
        let named = above.iter().position(|row| Columns::of_headings(*row).have(wish));
        let place = named.unwrap_or_else(|| widest(above));
        let columns = Columns::of_headings(rows[place]).with_wishes(wishes)?;
        return with_phone(columns, place);
    }
    for (place, row) in above.iter().enumerate() {
        // A title has one cell, in a table of several.
        let is_alone = filled(row) == 1 && rows.iter().any(|other| filled(other) > 1);
        if let Some(columns) = Columns::of_person(*row, home) {
            // Headings that no word is known of may stand above: each column has one, and none is a number.
            let numbers = columns.phone_place();
            let are_headings = |row: &Cells<'_>| {
                let names_numbers = row.iter().nth(numbers).is_some_and(|cell| !cell.trim().is_empty());
                filled(row) > 1 && names_numbers && !row.iter().any(has_digits)
            };
            if let Some(headings) = above[..place].iter().rposition(are_headings) {
                let columns = Columns::of_headings(rows[headings]).with_contents(&rows[headings + 1..], home);
                if columns.have_phone() {
                    return Ok(HeaderRow { columns, headings: Some(headings), first: headings + 1 });
                }
                break;
            }
            // Whoever else stands above has no number that can be read, and is told of.
            let first = above[..place].iter().position(|row| filled(row) > 1).unwrap_or(place);
            return Ok(HeaderRow { columns, headings: None, first });
        }
        let columns = Columns::of_headings(*row);
        if columns.have_phone() && !is_alone {
            return with_phone(columns.with_contents(&rows[place + 1..], home), place);
        }
    }
    let place = widest(above);
    let columns = Columns::of_headings(rows[place]);
    // A row with a number in it is a person: as headings it would be lost.
    if rows[place].iter().any(has_digits) {
        return with_phone(columns.without_phones(), place);
    }
    with_phone(columns.with_contents(&rows[place + 1..], home), place)
}

/// Do these rows leave no doubt: a person at once, or headings and below them a number where they say?
#[must_use]
pub fn is_certain(rows: &[Cells<'_>], wishes: &[ColumnWish], home: Option<Country>) -> bool {
    let Ok(HeaderRow { columns, headings, first }) = find(rows, wishes, home) else {
        return wishes.is_empty() && are_of_others(rows);
    };
    match headings {
        None => first == 0,
        Some(_) => rows.get(first..).into_iter().flatten().any(|row| columns.entry(*row, home).number.is_ok()),
    }
}

/// Are the first two rows full, and nobody's number in the second one? Then no person has one.
fn are_of_others(rows: &[Cells<'_>]) -> bool {
    let [first, second, ..] = rows else { return false };
    let is_full = |row: &Cells<'_>| row.count() > 1 && filled(row) == row.count();
    first.count() == second.count() && is_full(first) && is_full(second) && !second.iter().any(has_digits)
}

/// Is there a number in a cell, as no heading has one?
fn has_digits(cell: &str) -> bool {
    cell.chars().filter(|c| decimal_digit(*c).is_some()).count() >= 6
}

fn with_phone(columns: Columns, place: usize) -> Result<HeaderRow, String> {
    if columns.have_phone() {
        return Ok(HeaderRow { columns, headings: Some(place), first: place + 1 });
    }
    Err(format!("the list needs a header line with a column named phone; it has: {}", columns.names()))
}

/// The first row with the most in it.
fn widest(rows: &[Cells<'_>]) -> usize {
    let most = rows.iter().map(filled).max().unwrap_or(0);
    rows.iter().position(|row| filled(row) == most).unwrap_or(0)
}

fn filled(row: &Cells<'_>) -> usize {
    row.iter().filter(|cell| !cell.trim().is_empty()).count()
}
