//! The scrollbar beside a list: which part of it is on the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::theme::{Role, Theme};

/// Draws the rail in the last column of `area`: `first` is the first of `total` rows (or entries) on the screen,
/// `visible` how many are. Draws nothing when all of them are.
///
/// The thumb stands at the very top and bottom only when the list does.
pub fn rail(theme: &Theme, area: Rect, buf: &mut Buffer, first: usize, visible: usize, total: usize) {
    let area = area.intersection(buf.area);
    let Some((start, length)) = thumb(usize::from(area.height), first, visible, total) else { return };
    if area.is_empty() {
        return;
    }
    let x = area.right() - 1;
    for (row, y) in (area.top()..area.bottom()).enumerate() {
        let (glyph, role) = if (start..start + length).contains(&row) {
            (theme.glyphs().rail_thumb, Role::Muted)
        } else {
            (theme.glyphs().rail, Role::Border)
        };
        buf[(x, y)].set_symbol(glyph).set_style(theme.style(role));
    }
}

/// The row where the thumb starts and how long it is.
fn thumb(rows: usize, first: usize, visible: usize, total: usize) -> Option<(usize, usize)> {
    if rows == 0 || visible >= total {
        return None;
    }
    let part = |of: usize, whole: usize| (rows as u128 * of as u128 / whole as u128) as usize;
    let length = part(visible, total).clamp(1, rows.saturating_sub(1).max(1));
    let room = rows - length;
    let steps = total - visible;
    let first = first.min(steps);
    let start = match (room as u128 * first as u128 / steps as u128) as usize {
        0 if first > 0 && room > 1 => 1,
        start if start == room && first < steps && room > 1 => room - 1,
        start => start,
    };
    Some((start, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Glyphs, ThemeName};
    use crate::widgets::testing::drawn;

    fn column(rows: u16, first: usize, visible: usize, total: usize) -> String {
        let theme = Theme::new(ThemeName::Dark, Glyphs::ascii());
        drawn(2, rows, |area, buf| rail(&theme, area, buf, first, visible, total)).concat().replace(' ', "")
    }

    #[test]
    fn the_thumb_is_where_the_list_is() {
        let table: &[(u16, usize, usize, usize, &str)] = &[
            (6, 0, 6, 12, "###|||"),
            (6, 6, 6, 12, "|||###"),
            (6, 3, 6, 12, "|###||"),
            (6, 1, 6, 1_000, "|#||||"),
            (6, 993, 6, 1_000, "||||#|"),
            (6, 994, 6, 1_000, "|||||#"),
            (6, 5_000, 6, 1_000, "|||||#"),
            (6, 0, 6, 6, ""),
            (6, 0, 9, 6, ""),
            (1, 3, 1, 9, "#"),
            (0, 0, 1, 9, ""),
        ];
        for (rows, first, visible, total, expected) in table {
            assert_eq!(column(*rows, *first, *visible, *total), *expected, "{first} of {total}");
        }
    }
}
