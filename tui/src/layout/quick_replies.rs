//! Where stored answers stand: a line for the filter, tabs, the list, and the selected one.

use ratatui::layout::Rect;

use super::tabs::{self, Tab};
use super::{Layout, Panes, filter, table};
use crate::state::State;
use crate::state::quick_replies::title;

/// The tabs of the list.
#[must_use]
pub fn tabs(state: &State, pane: Rect) -> Vec<Tab> {
    let known = state.quick_replies.tabs();
    let on = known.iter().position(|tab| *tab == state.quick_replies.tab).unwrap_or(0);
    tabs::place(&known.iter().map(title).collect::<Vec<_>>(), on, pane)
}

/// Lays the screen.
#[must_use]
pub fn lay(state: &State, laid: &mut Layout) -> Panes {
    let screen = &state.quick_replies;
    let body = filter::lay(screen.find.as_ref(), screen.finding, laid);
    let table = table::place(&screen.rows, 1, body, table::DETAIL_FROM, &mut laid.hits);
    tabs::hits(&tabs(state, table.pane), &mut laid.hits);
    Panes::Table(table)
}
