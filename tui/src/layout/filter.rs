//! The line above a list in which one types what the list is to have.

use ratatui::layout::Rect;

use super::Layout;
use super::overlay::field_rows;
use crate::state::chats::Finding;
use crate::state::input::Input;

/// The first line of a body: all of it, and what is behind the sign.
#[must_use]
pub fn line(body: Rect) -> (Rect, Rect) {
    let line = Rect { x: body.x + 1, width: body.width.saturating_sub(2), height: body.height.min(1), ..body };
    (line, Rect { x: line.x + 2, width: line.width.saturating_sub(2), ..line })
}

/// Lays a filter into the body, with the cursor in it while it is typed. Returns the body under it.
#[must_use]
pub fn lay(input: Option<&Input>, finding: Finding, laid: &mut Layout) -> Rect {
    let body = laid.body;
    let Some(input) = input else { return body };
    let (line, words) = line(body);
    if finding == Finding::Open {
        laid.cursor = field_rows(input, words).cursor.map(|(x, y)| (words.x + x, words.y + y).into());
    }
    Rect { y: body.y + line.height, height: body.height - line.height, ..body }
}
