//! Paints a text with its places for variables.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint::{Paint, Span};
use crate::template::{Part, rows};

/// Paints a text, wrapped; the places in a style of their own. Returns the rows used.
pub fn draw(paint: &mut Paint<'_>, area: Rect, text: &str, words: Style, place: Style) -> u16 {
    if area.width < 2 {
        return 0;
    }
    let mut used = 0;
    for (y, row) in (area.y..area.bottom()).zip(rows(text, usize::from(area.width))) {
        let style = |part| if part == Part::Place { place } else { words };
        let spans: Vec<Span<'_>> = row.into_iter().map(|(words, part)| (words, style(part))).collect();
        paint.line(Rect { y, height: 1, ..area }, &spans);
        used += 1;
    }
    used
}
