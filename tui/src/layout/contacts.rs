//! Where the people stand: a line for the filter and one for what is wrong with it, tabs, the list, and who is selected.

use ratatui::layout::Rect;

use super::tabs::{self, Tab};
use super::{Layout, Panes, filter, table};
use crate::state::State;
use crate::state::contacts::TABS;
use crate::text;

/// The most rows for what is wrong with a filter.
const WRONG_ROWS: usize = 2;

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

/// The rows under the filter that say what is wrong with it.
#[must_use]
pub fn wrong(state: &State, body: Rect) -> Option<Rect> {
    let wrong = state.contacts.wrong.as_ref().filter(|_| state.contacts.find.is_some())?;
    let (_, words) = filter::line(body);
    let rows = text::wrap(wrong, usize::from(words.width.saturating_sub(2))).len().min(WRONG_ROWS);
    let height = u16::try_from(rows).unwrap_or(1).min(body.height.saturating_sub(1));
    Some(Rect { y: words.y + words.height, height, ..words })
}

/// Lays the screen.
#[must_use]
pub fn lay(state: &State, laid: &mut Layout) -> Panes {
    let wrong = wrong(state, laid.body).map_or(0, |area| area.height);
    let body = filter::lay(state.contacts.find.as_ref(), state.contacts.finding, laid);
    let body = Rect { y: body.y + wrong, height: body.height.saturating_sub(wrong), ..body };
    let table = table::place(&state.contacts.rows, 1, body, table::DETAIL_FROM, &mut laid.hits);
    tabs::hits(&tabs(state, table.pane), &mut laid.hits);
    Panes::Table(table)
}
