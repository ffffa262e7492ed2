//! The screen of the same name.

use super::paint::{Keys, Paint};
use super::table::{self, Empty};
use crate::layout::Layout;
use crate::state::State;
use crate::text::CleanText;
use crate::theme::Role;

/// Draws it.
pub fn draw(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let Some(table) = layout.panes.table() else { return };
    let title = [("campaigns", paint.style(Role::Title))];
    let empty = Empty { title: "Nothing here", remedy: "" };
    table::draw(paint, &state.campaigns.rows, table, &title, Keys::Here, &[], empty, |paint, item, row| {
        let words = CleanText::line(&format!("{item:?}"));
        paint.text(row.line(0), words.as_str(), row.style(paint, Role::Text));
    });
}
