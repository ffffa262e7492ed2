//! Moving about in lists, and taking their pages.

use mychatflow_data::protocol::page::Page;
use mychatflow_data::time::Timestamp;

use super::Handled;
use crate::action::Action;
use crate::layout::Layout;
use crate::layout::table::TableLayout;
use crate::msg::Refusal;
use crate::state::list::{Reading, Row, Rows};

/// Moves the selection of a list on the screen.
pub fn act<T: Row>(rows: &mut Rows<T>, seen: &Layout, action: Action) -> Handled {
    let table = seen.panes.table().copied();
    step(rows, table.as_ref(), action)
}

/// Moves the selection of a list that stands there.
pub fn step<T: Row>(rows: &mut Rows<T>, table: Option<&TableLayout>, action: Action) -> Handled {
    let page = table.map_or(10, TableLayout::fits);
    let page = isize::try_from(page.saturating_sub(1).max(1)).unwrap_or(1);
    if let Some(table) = table {
        rows.top = table.first;
    }
    match action {
        Action::Up => rows.step(-1),
        Action::Down => rows.step(1),
        Action::PageUp => rows.step(-page),
        Action::PageDown => rows.step(page),
        Action::First => rows.select_at(0),
        Action::Last => rows.select_at(usize::MAX),
        _ => return Handled::No,
    }
    Handled::Yes
}

/// Takes a page: the first one, or a further one.
pub fn take<T: Row>(rows: &mut Rows<T>, first: First, reply: Result<Page<T>, Refusal>, now: Timestamp) {
    match (reply, first) {
        (Ok(page), First::Yes) => rows.replace(page.items, page.next, now),
        (Ok(page), First::No) => rows.extend(page.items, page.next, now),
        (Err(refusal), _) => rows.reading = Reading::Failed(refusal.text),
    }
}

/// Whether a page is the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// It is.
    Yes,
    /// It comes after another one.
    No,
}

impl First {
    /// A page asked for without a cursor is the first.
    pub fn of<C>(after: Option<&C>) -> Self {
        if after.is_none() { Self::Yes } else { Self::No }
    }
}
