//! What stands where data will be: grey bars that do not move, so that nothing ticks while nothing comes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::theme::{Role, Theme};

/// The lengths of the bars in percent, one after the other: like text, and never a table of equals.
const LENGTHS_PERCENT: [u16; 5] = [72, 48, 86, 35, 60];

/// Fills `area` with placeholder rows, each after a gap of one column.
pub fn skeleton(theme: &Theme, area: Rect, buf: &mut Buffer) {
    rows(1, theme, area, buf);
}

/// Fills `area` with placeholders for entries of so many rows; the rows of one entry stand together, an empty row
/// follows each entry of more than one.
pub fn skeleton_entries(entry_rows: u16, theme: &Theme, area: Rect, buf: &mut Buffer) {
    rows(entry_rows.max(1), theme, area, buf);
}

fn rows(entry_rows: u16, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    let style = theme.style(Role::Skeleton);
    let step = if entry_rows > 1 { entry_rows + 1 } else { 1 };
    for (row, y) in (0_u16..).zip(area.top()..area.bottom()) {
        if row % step >= entry_rows {
            continue;
        }
        let columns = u32::from(area.width.saturating_sub(2));
        let percent = LENGTHS_PERCENT[usize::from(row) % LENGTHS_PERCENT.len()];
        let columns = u16::try_from((columns * u32::from(percent)).div_ceil(100)).unwrap_or(u16::MAX);
        for x in (area.left() + 1..area.right()).take(usize::from(columns)) {
            buf[(x, y)].set_symbol(theme.glyphs().skeleton).set_style(style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Glyphs, ThemeName};
    use crate::widgets::testing::drawn;

    #[test]
    fn bars_look_like_text() {
        let theme = Theme::new(ThemeName::Plain, Glyphs::unicode());
        let lines = drawn(12, 3, |area, buf| skeleton(&theme, area, buf));
        assert_eq!(lines, [" ░░░░░░░░   ", " ░░░░░      ", " ░░░░░░░░░  "]);
        let lines = drawn(12, 4, |area, buf| skeleton_entries(2, &theme, area, buf));
        assert_eq!(lines, [" ░░░░░░░░   ", " ░░░░░      ", "            ", " ░░░░       "]);
    }

    #[test]
    fn no_room_is_no_panic() {
        let theme = Theme::new(ThemeName::Plain, Glyphs::ascii());
        for (columns, rows) in [(0, 0), (1, 1), (2, 2), (3, 1)] {
            drawn(columns, rows, |area, buf| skeleton(&theme, area, buf));
        }
    }
}
