//! The connection to the daemon: up, down, lagging.

use super::{Cx, enter, entrance};
use crate::msg::Link;
use crate::state::{Connection, State};

/// The connection changed.
pub fn link(state: &mut State, link: Link, cx: &mut Cx<'_>) {
    match link {
        Link::Up { epoch, seq } => {
            let first = state.seen.is_none();
            state.seen = Some((epoch, seq));
            state.connection = Connection::Live;
            entrance::refresh(state, cx);
            super::chats::send_again(state, cx);
            super::chats::give_drafts(state, cx);
            if !first {
                enter(state, state.screen, cx);
            }
        }
        Link::Down { reason, next_at } => {
            let since = match &state.connection {
                Connection::Lost { since, .. } => *since,
                _ => cx.now,
            };
            state.connection = Connection::Lost { since, reason, next_at };
        }
        Link::Refused { reason, next_at } => state.connection = Connection::Refused { reason, next_at },
        Link::Lagged { seq } => {
            if let Some((epoch, _)) = state.seen {
                state.seen = Some((epoch, seq));
            }
            resync(state, cx);
        }
    }
}

/// Events were lost: what is on the screen is read again, and the header says so until it is.
pub fn resync(state: &mut State, cx: &mut Cx<'_>) {
    if state.connection == Connection::Live {
        state.connection = Connection::Resyncing;
        entrance::refresh(state, cx);
        enter(state, state.screen, cx);
    }
}
