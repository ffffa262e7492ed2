//! Where the settings stand: tabs, the list, what the selected one means, and how the console looks.

use ratatui::layout::Rect;

use super::tabs::{self, Tab};
use super::{Layout, Panes, table};
use crate::state::State;
use crate::state::settings::{place_on, places};

/// The lines about the console itself, with their border.
const LOOKS: u16 = 6;
/// The lines that explain a setting where there is no room beside the list.
const HELP: u16 = 3;

/// The areas of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingsParts {
    /// The list, and what is selected in it.
    pub list: Rect,
    /// What the selected one means, where there is no room beside the list.
    pub help: Rect,
    /// The console itself.
    pub looks: Rect,
}

/// Splits the body.
#[must_use]
pub const fn parts(body: Rect) -> SettingsParts {
    let looks_rows = if body.height >= 16 { LOOKS } else { 0 };
    let help_rows = if body.width < table::DETAIL_FROM && body.height >= 14 { HELP } else { 0 };
    let list = Rect { height: body.height - looks_rows - help_rows, ..body };
    let help = Rect { x: body.x + 2, y: list.y + list.height, width: body.width.saturating_sub(4), height: help_rows };
    let looks = Rect { y: help.y + help_rows, height: looks_rows, ..body };
    SettingsParts { list, help, looks }
}

/// The tabs: the business, then each number.
#[must_use]
pub fn tabs(state: &State, pane: Rect) -> Vec<Tab> {
    let titles: Vec<String> = places(state).into_iter().map(|(_, title)| title).collect();
    tabs::place(&titles, place_on(state), pane)
}

/// Lays the screen.
#[must_use]
pub fn lay(state: &State, laid: &mut Layout) -> Panes {
    let parts = parts(laid.body);
    let table = table::place(&state.settings.rows, 1, parts.list, table::DETAIL_FROM, &mut laid.hits);
    tabs::hits(&tabs(state, table.pane), &mut laid.hits);
    Panes::Table(table)
}
