//! Time: when something on the screen changes by itself, and what happens then.

use std::time::Duration;

use mychatflow_data::time::Timestamp;

use super::{Cx, numbers, pairing};
use crate::state::overlay::Overlay;
use crate::state::{Connection, State};

/// A time that was asked for has come.
pub fn woke(state: &mut State, cx: &mut Cx<'_>) {
    state.outbox.age(cx.now);
    numbers::woke(state, cx);
    pairing::woke(state, cx);
    super::chats::woke(state, cx);
    super::dashboard::woke(state, cx);
    super::credits::woke(state, cx);
    super::queue::woke(state, cx);
    super::campaigns::woke(state, cx);
    super::contacts::woke(state, cx);
}

/// When the screen changes next by itself; nothing is asked for while nothing moves.
pub fn next(state: &mut State, now: Timestamp) -> Option<Timestamp> {
    // The clock in the header.
    let minute = Timestamp::from_millis((now.millis() / 60_000 + 1) * 60_000);
    // Countdowns are told in seconds.
    let second = Timestamp::from_millis((now.millis() / 1000 + 1) * 1000);
    let listed = || state.chats.rows.items().iter().any(|chat| chat.sends_at.is_some_and(|at| at > now));
    let countdown =
        state.chats.thread.as_ref().is_some_and(|thread| {
            thread.items.iter().rev().take(20).any(|item| item.sends_at.is_some_and(|at| at > now))
        });
    let draft = state.chats.thread.as_ref().and_then(|thread| thread.keep_at);
    let typing = state.chats.typing.values().min().copied();
    let counting = countdown
        || listed()
        || matches!(state.connection, Connection::Lost { .. } | Connection::Refused { .. })
        || state.overlays.iter().any(|overlay| matches!(overlay, Overlay::Pairing(it) if it.is_counting()));
    [
        Some(minute),
        counting.then_some(second),
        state.toasts.next_end(now),
        state.outbox.age(now),
        state.numbers.show_at,
        super::guide::ends_at(state),
        draft,
        typing,
        state.chats.preview_at,
        super::ahead::patience_ends(state),
        super::dashboard::next(state),
        state.credits.stale_at,
        state.queue.stale_at,
        state.campaigns.stale_at,
        state.contacts.stale_at,
        super::campaigns::wizard::due(state),
    ]
    .into_iter()
    .flatten()
    .min()
    .map(|at| at.max(now + Duration::from_millis(1)))
}
