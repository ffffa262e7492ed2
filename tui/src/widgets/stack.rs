//! What a whole is made of, on one line: `████▒▒░░░░--`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::theme::{Role, Theme};

/// A part of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// How much; less than nothing is nothing.
    pub count: i64,
    /// Its sign, one column.
    pub glyph: &'static str,
    /// How it is meant.
    pub role: Role,
}

/// Draws the parts on the first line of `area`, one beside the other, as wide as their share. One that is not nothing
/// shows, where there are columns enough for all.
pub fn stack(parts: &[Part], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let counts: Vec<u64> = parts.iter().map(|part| u64::try_from(part.count).unwrap_or(0)).collect();
    let mut x = area.x;
    for (part, columns) in parts.iter().zip(shares(&counts, area.width)) {
        for _ in 0..columns {
            buf[(x, area.y)].set_symbol(part.glyph).set_style(theme.style(part.role));
            x += 1;
        }
    }
}

/// The columns of each part; they add up to `width` unless there is nothing at all.
fn shares(counts: &[u64], width: u16) -> Vec<u16> {
    let total: u64 = counts.iter().sum();
    let there = counts.iter().filter(|count| **count > 0).count();
    if total == 0 || there > usize::from(width) {
        return vec![0; counts.len()];
    }
    let least = u16::try_from(there).unwrap_or(0);
    let free = u128::from(width - least);
    let mut rests: Vec<(u128, usize)> = Vec::new();
    let mut columns: Vec<u16> = Vec::new();
    for (at, count) in counts.iter().enumerate() {
        let wide = u128::from(*count) * free;
        columns.push(u16::try_from(wide / u128::from(total)).unwrap_or(0) + u16::from(*count > 0));
        rests.push((wide % u128::from(total), at));
    }
    // What rounding left over goes to those who lost most by it.
    let used: u16 = columns.iter().sum();
    rests.sort_by_key(|(rest, at)| (std::cmp::Reverse(*rest), *at));
    for (_, at) in rests.into_iter().take(usize::from(width - used)) {
        columns[at] += 1;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_there_shows_and_nothing_is_left_over() {
        let table: &[(&[u64], u16, &[u16])] = &[
            (&[1, 1], 10, &[5, 5]),
            (&[1_000_000, 1, 0], 10, &[9, 1, 0]),
            (&[150, 1, 120, 12], 20, &[9, 1, 8, 2]),
            (&[0, 0], 10, &[0, 0]),
            (&[1, 1, 1], 2, &[0, 0, 0]),
            (&[7], 3, &[3]),
        ];
        for (counts, width, expected) in table {
            assert_eq!(shares(counts, *width), *expected, "{counts:?}");
        }
    }
}
