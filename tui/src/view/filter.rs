//! The line above a list in which one types what the list is to have.

use ratatui::layout::Rect;

use super::paint::Paint;
use crate::layout::filter::line;
use crate::layout::overlay::field_rows;
use crate::state::input::Input;
use crate::theme::Role;

/// Paints it; where nothing is typed yet stands what may be typed.
pub fn draw(input: &Input, body: Rect, hint: &str, paint: &mut Paint<'_>) {
    let (line, words) = line(body);
    paint.text(line, paint.glyphs().prompt, paint.style(Role::Accent));
    if input.is_empty() {
        // Behind the cursor.
        let behind = super::paint::after(words, 1);
        paint.text(behind, hint, paint.style(Role::Faint));
    } else if let Some(row) = field_rows(input, words).rows.first() {
        paint.text(words, row, paint.style(Role::Text));
    }
}
