//! Chats: the list and the open thread.

mod list;
mod thread;

use super::paint::Paint;
use crate::layout::{Layout, Panes};
use crate::state::State;

/// Draws it.
pub fn draw(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let Panes::Chats(panes) = &layout.panes else { return };
    if let Some(pane) = &panes.list {
        list::draw(state, pane, paint);
    }
    if let Some(pane) = &panes.thread {
        thread::draw(state, pane, paint);
    }
}
