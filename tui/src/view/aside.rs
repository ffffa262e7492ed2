//! What stands beside a list and on its border: its tabs, and the pane of the selected row.

use ratatui::layout::Rect;

use super::paint::{Keys, Paint, Span};
use crate::layout::tabs::Tab;
use crate::state::list::{Row, Rows};
use crate::theme::Role;

/// Paints tabs over the upper border of a pane.
pub fn tabs(paint: &mut Paint<'_>, tabs: &[Tab]) {
    for tab in tabs {
        let role = if tab.words.starts_with('[') { Role::Title } else { Role::Muted };
        paint.text(tab.area, &tab.words, paint.style(role));
    }
}

/// How many rows there are, as a title; with a plus where more can be read.
pub fn count<T: Row>(rows: &Rows<T>, one: &str, many: &str) -> String {
    match (rows.items().len(), &rows.next) {
        (0, _) => many.to_owned(),
        (1, None) => format!("1 {one}"),
        (count, None) => format!("{count} {many}"),
        (count, Some(_)) => format!("{count}+ {many}"),
    }
}

/// Paints the pane of the selected row. Returns what is inside, with a column of air.
pub fn pane(paint: &mut Paint<'_>, area: Rect, title: &str) -> Rect {
    let style = paint.style(Role::Title);
    let spans: [Span<'_>; 1] = [(title, style)];
    let inner = paint.pane(area, if title.is_empty() { &[] } else { &spans }, Keys::Elsewhere);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}
