//! Time: when something on the screen changes by itself, and what happens then.

use std::time::Duration;

use mychatflow_data::time::Timestamp;

use super::Cx;
use crate::state::overlay::Overlay;
use crate::state::{Connection, State};

/// A time that was asked for has come.
pub fn woke(state: &mut State, cx: &mut Cx<'_>) {
    state.outbox.age(cx.now);
    super::dashboard::woke(state, cx);
    super::credits::woke(state, cx);
    super::queue::woke(state, cx);
}

/// When the screen changes next by itself; nothing is asked for while nothing moves.
pub fn next(state: &mut State, now: Timestamp) -> Option<Timestamp> {
    // The clock in the header.
    let minute = Timestamp::from_millis((now.millis() / 60_000 + 1) * 60_000);
    // Countdowns are told in seconds.
    let second = Timestamp::from_millis((now.millis() / 1000 + 1) * 1000);
    let counting = matches!(state.connection, Connection::Lost { .. })
        || state.overlays.iter().any(|overlay| matches!(overlay, Overlay::Pairing(_)));
    [
        Some(minute),
        counting.then_some(second),
        state.toasts.next_end(now),
        state.outbox.age(now),
        super::dashboard::next(state),
        state.credits.stale_at,
        state.queue.stale_at,
    ]
    .into_iter()
    .flatten()
    .min()
    .map(|at| at.max(now + Duration::from_millis(1)))
}
