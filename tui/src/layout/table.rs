//! A list with a head, and beside it what is selected.

use ratatui::layout::Rect;

use super::{Hit, Layout, Panes};
use crate::state::list::{Row, RowKey, Rows};

/// From this width on the selected row is told in full beside the list.
pub const DETAIL_FROM: u16 = 90;
/// Columns of the detail: two fifths.
const DETAIL_PART: (u16, u16) = (2, 5);

/// Where a list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableLayout {
    /// The list's pane with its border.
    pub pane: Rect,
    /// The line of the columns' heads.
    pub head: Rect,
    /// The rows.
    pub rows: Rect,
    /// Lines of one row.
    pub tall: u16,
    /// The first visible row.
    pub first: usize,
    /// The selected row in full.
    pub detail: Option<Rect>,
}

impl TableLayout {
    /// How many whole rows are visible.
    #[must_use]
    pub fn fits(&self) -> usize {
        usize::from((self.rows.height / self.tall.max(1)).max(1))
    }

    /// The lines of a row by its place, if it is visible.
    #[must_use]
    pub fn row(&self, at: usize) -> Option<Rect> {
        let place = u16::try_from(at.checked_sub(self.first)?).ok()?.checked_mul(self.tall)?;
        let y = self.rows.y.checked_add(place)?;
        let height = self.tall.min(self.rows.bottom().checked_sub(y)?);
        (height > 0).then_some(Rect { y, height, ..self.rows })
    }
}

/// Lays a list into the body.
#[must_use]
pub fn lay<T: Row>(rows: &Rows<T>, tall: u16, laid: &mut Layout) -> Panes {
    let body = laid.body;
    Panes::Table(place(rows, tall, body, DETAIL_FROM, &mut laid.hits))
}

/// Lays a list into an area; the detail stands beside it from a width on.
#[must_use]
pub fn place<T: Row>(
    rows: &Rows<T>,
    tall: u16,
    area: Rect,
    detail_from: u16,
    hits: &mut Vec<(Rect, Hit)>,
) -> TableLayout {
    let detail_width = if area.width >= detail_from { area.width * DETAIL_PART.0 / DETAIL_PART.1 } else { 0 };
    let pane = Rect { width: area.width - detail_width, ..area };
    let detail = (detail_width > 0).then_some(Rect { x: pane.right(), width: detail_width, ..area });
    let inner = Rect {
        x: pane.x + 1,
        y: pane.y + 1,
        width: pane.width.saturating_sub(2),
        height: pane.height.saturating_sub(2),
    };
    let head = Rect { height: inner.height.min(1), ..inner };
    let list = Rect { y: inner.y + head.height, height: inner.height - head.height, ..inner };
    let first = rows.first_visible(list.height, tall);
    let table = TableLayout { pane, head, rows: list, tall, first, detail };
    for (at, item) in rows.items().iter().enumerate().skip(first).filter(|_| !rows.is_skeleton()) {
        let Some(row) = table.row(at) else { break };
        hits.push((row, Hit::Row(RowKey::of(&item.id()))));
    }
    table
}
