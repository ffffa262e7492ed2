//! Where the credits stand: the balance and what was used by day above, the ledger below.

use ratatui::layout::Rect;

use super::table::{self, DETAIL_FROM, TableLayout};
use super::{Layout, Panes};
use crate::state::State;

/// Rows of the balance with its border.
const BALANCE_ROWS: u16 = 5;
/// Rows of the chart with its border, where it stands below the balance.
const CHART_ROWS: u16 = 7;
/// Rows of the ledger below which the chart gives way.
const LEDGER_ROWS_LEAST: u16 = 8;

/// Where things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditsLayout {
    /// The balance.
    pub balance: Rect,
    /// What was used by day.
    pub chart: Option<Rect>,
    /// The ledger.
    pub table: TableLayout,
}

/// Lays the screen.
#[must_use]
pub fn lay(state: &State, laid: &mut Layout) -> Panes {
    let body = laid.body;
    let (balance, chart, top) = if body.width >= DETAIL_FROM && body.height >= 20 {
        let height = if body.height >= 44 { 13 } else { 9 };
        let width = body.width * 2 / 5;
        let balance = Rect { width, height, ..body };
        (balance, Some(Rect { x: balance.right(), width: body.width - width, ..balance }), height)
    } else {
        let balance = Rect { height: BALANCE_ROWS.min(body.height / 2), ..body };
        let fits = body.height >= BALANCE_ROWS + CHART_ROWS + LEDGER_ROWS_LEAST;
        let chart = fits.then_some(Rect { y: balance.bottom(), height: CHART_ROWS, ..body });
        (balance, chart, balance.height + chart.map_or(0, |chart| chart.height))
    };
    let area = Rect { y: body.y + top, height: body.height - top, ..body };
    let table = table::place(&state.credits.rows, 1, area, DETAIL_FROM, &mut laid.hits);
    Panes::Credits(CreditsLayout { balance, chart, table })
}
