//! The mouse: clicks go to what the last frame showed there, the wheel moves the list under it.

use super::{Cx, ahead, chats, go, keys, overlays};
use crate::action::Action;
use crate::layout::Hit;
use crate::msg::{Mouse, MouseDeed};
use crate::state::campaigns::Place;
use crate::state::list::{Known, Row, RowKey};
use crate::state::toasts::Tone;
use crate::state::{Screen, State};

/// Lines that a notch of the wheel moves.
const NOTCH: usize = 3;

/// The mouse did something.
pub fn mouse(state: &mut State, mouse: Mouse, cx: &mut Cx<'_>) {
    match mouse.deed {
        MouseDeed::WheelUp => (0..NOTCH).for_each(|_| keys::perform(state, Action::Up, cx)),
        MouseDeed::WheelDown => (0..NOTCH).for_each(|_| keys::perform(state, Action::Down, cx)),
        MouseDeed::Click => click(state, mouse, cx),
    }
}

fn click(state: &mut State, mouse: Mouse, cx: &mut Cx<'_>) {
    ahead::drop_all(state, cx);
    if cx.seen.topmost != crate::layout::overlay::topmost(state) {
        // What was clicked is gone, or lies under something that came since.
        return;
    }
    let hit = cx.seen.hit(mouse.column, mouse.row);
    if !state.overlays.is_empty() {
        match hit {
            Some(hit) => overlays::clicked(state, hit, cx),
            None => keys::perform(state, Action::Close, cx),
        }
        return;
    }
    match hit {
        Some(Hit::Screen(screen)) => go(state, screen, cx),
        Some(Hit::Do(action)) => keys::perform(state, action, cx),
        Some(Hit::Row(key)) => row(state, key, cx),
        Some(Hit::Message(id)) => chats::message_clicked(state, id, cx),
        Some(Hit::Pane(place)) if state.screen == Screen::Chats => chats::pane_clicked(state, place, cx),
        Some(Hit::Tab(at)) => tab(state, at, cx),
        Some(Hit::Tile(at)) => super::dashboard::clicked(state, at, cx),
        _ => {}
    }
}

fn tab(state: &mut State, at: usize, cx: &mut Cx<'_>) {
    match state.screen {
        Screen::Chats => {
            if let Some(tab) = crate::state::chats::Tab::ALL.get(at) {
                chats::turn(state, *tab, cx);
            }
        }
        Screen::Campaigns => super::campaigns::tab(state, at, cx),
        Screen::Contacts => super::contacts::tab(state, at, cx),
        Screen::QuickReplies => super::quick_replies::tab(state, at),
        Screen::Settings => super::settings::tab(state, at, cx),
        _ => {}
    }
}

/// What was clicked left the list before the click came.
fn gone(state: &mut State, cx: &Cx<'_>) {
    state.toasts.say(Tone::Info, "this row has just left the list; nothing was done", cx.now);
}

/// The first click selects a row, the second one opens it.
fn row(state: &mut State, key: RowKey, cx: &mut Cx<'_>) {
    macro_rules! select {
        ($rows:expr) => {{
            let again = $rows.selected().is_some_and(|row| RowKey::of(&row.id()) == key);
            if $rows.select_key(key) == Known::Missing {
                return gone(state, cx);
            }
            again
        }};
    }
    let again = match state.screen {
        Screen::Campaigns if matches!(state.campaigns.place, Place::People(_)) => select!(state.campaigns.people.rows),
        Screen::Campaigns => select!(state.campaigns.rows),
        Screen::Numbers => select!(state.numbers.rows),
        Screen::Contacts => select!(state.contacts.rows),
        Screen::QuickReplies => select!(state.quick_replies.rows),
        Screen::Credits => select!(state.credits.rows),
        Screen::Queue => select!(state.queue.rows),
        Screen::Settings => select!(state.settings.rows),
        Screen::Chats => {
            if state.chats.rows.select_key(key) == Known::Missing {
                return gone(state, cx);
            }
            chats::list_clicked(state, cx);
            keys::perform(state, Action::Open, cx);
            return;
        }
        Screen::Dashboard => false,
    };
    if state.screen == Screen::Contacts {
        super::contacts::look(state, cx);
    }
    if again {
        keys::perform(state, Action::Open, cx);
    }
}
