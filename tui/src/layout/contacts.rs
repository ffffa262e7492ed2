//! Where the people stand: a line for the filter, tabs, the list, and who is selected.

use ratatui::layout::Rect;

use super::overlay::field_rows;
use super::tabs::{self, Tab};
use super::{Layout, Panes, table};
use crate::state::State;
use crate::state::contacts::TABS;

/// The tabs of the list.
#[must_use]
pub fn tabs(state: &State, pane: Rect) -> Vec<Tab> {
    let unreviewed = state.dashboard.overview.as_ref().map_or(0, |overview| overview.unreviewed);
    let title = |(_, title): &(_, &str)| match (*title, unreviewed) {
        ("unreviewed", 1..) => format!("unreviewed {unreviewed}"),
        (title, _) => title.to_owned(),
    };
    tabs::place(&TABS.iter().map(title).collect::<Vec<_>>(), state.contacts.tab(), pane)
}

/// The line of the filter, where there is one: its sign, and its words.
#[must_use]
pub fn filter(state: &State, body: Rect) -> Option<(Rect, Rect)> {
    state.contacts.find.as_ref()?;
    let line = Rect { x: body.x + 1, width: body.width.saturating_sub(2), height: body.height.min(1), ..body };
    Some((line, Rect { x: line.x + 2, width: line.width.saturating_sub(2), ..line }))
}

/// Lays the screen.
#[must_use]
pub fn lay(state: &State, laid: &mut Layout) -> Panes {
    let mut body = laid.body;
    if let (Some((line, words)), Some(input)) = (filter(state, body), &state.contacts.find) {
        body = Rect { y: body.y + line.height, height: body.height - line.height, ..body };
        if state.contacts.filter_open() {
            laid.cursor = field_rows(input, words).cursor.map(|(x, y)| (words.x + x, words.y + y).into());
        }
    }
    let table = table::place(&state.contacts.rows, 1, body, table::DETAIL_FROM, &mut laid.hits);
    tabs::hits(&tabs(state, table.pane), &mut laid.hits);
    Panes::Table(table)
}
