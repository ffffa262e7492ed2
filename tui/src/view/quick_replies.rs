//! Stored answers.

use super::aside;
use super::paint::{Keys, Paint, below};
use super::table::{self, Empty};
use crate::layout::Layout;
use crate::state::State;
use crate::state::quick_replies::measure;
use crate::text::{self, CleanText};
use crate::theme::Role;

/// The widest label, in columns.
const LABEL: u16 = 22;

/// Draws it.
pub fn draw(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let Some(table) = layout.panes.table() else { return };
    let rows = &state.quick_replies.rows;
    let title = aside::count(rows, "quick reply", "quick replies");
    let title = [(title.as_str(), paint.style(Role::Title))];
    let empty = Empty {
        title: "No quick replies yet",
        remedy: "What you answer again and again: opening hours, prices, the way to your shop. You send one with a few \
                 keys, and the assistant answers from them: what stands in them it takes for a fact, and what stands \
                 nowhere it leaves to you.",
    };
    let head = text::pad_right("label", usize::from(LABEL) + 1) + "text";
    let head = [(head.as_str(), paint.style(Role::Muted))];
    table::draw(paint, rows, table, &title, Keys::Here, &head, empty, |paint, reply, row| {
        let [label, words] = table::columns(row.line(0), [LABEL, 0]);
        paint.text(label, CleanText::line(&reply.label).as_str(), row.style(paint, Role::Text));
        paint.text(words, CleanText::line(&reply.text).as_str(), row.style(paint, Role::Muted));
    });
    let Some(area) = table.detail else { return };
    let Some(reply) = rows.selected() else {
        aside::pane(paint, area, "");
        return;
    };
    let inner = aside::pane(paint, area, CleanText::line(&reply.label).as_str());
    let used = paint.wrapped(inner, CleanText::block(&reply.text).as_str(), paint.style(Role::Text));
    paint.text(below(inner, used + 1), &measure(reply, state.now, &state.zone), paint.style(Role::Muted));
}
