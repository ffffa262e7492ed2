//! One chat at a time: the highlighted row, the open thread, the composer and every action are about the same person,
//! after every message. What is typed before a list or a thread has come waits for it.

use std::time::Duration;

use mychatflow_data::ids::ChatId;
use mychatflow_data::time::Timestamp;

use super::{composer, thread};
use crate::action::Action;
use crate::key::Key;
use crate::layout;
use crate::layout::chats::is_wide;
use crate::state::chats::{Ahead, Pane};
use crate::state::list::Reading;
use crate::state::thread::Thread;
use crate::state::toasts::Tone;
use crate::state::{Connection, Entrance, Screen, State};
use crate::update::{Cx, Handled};

/// How long the selection rests before its thread is read.
const REST: Duration = Duration::from_millis(80);
/// How long keys wait for what they are about. Older ones would come as a surprise.
const PATIENCE: Duration = Duration::from_secs(2);
/// So much is kept of what waits.
const AHEAD_MAX: usize = 4096;

/// Makes the list and the thread agree. While the thread or the composer has the keys, the list follows them and nothing
/// that happens elsewhere takes the person away; else the thread follows the list.
pub fn settle(state: &mut State, cx: &mut Cx<'_>) {
    let chats = &mut state.chats;
    if chats.focus != Pane::List {
        let here = chats.thread.as_ref().map(Thread::id).or(chats.jump.map(|(id, _)| id));
        match here {
            Some(id) => {
                if chats.rows.selected_id() != Some(id) {
                    chats.rows.select(id);
                }
                read_now(state, cx);
                return;
            }
            None => chats.focus = Pane::List,
        }
    }
    chats.jump = None;
    chats.rows.select_near();
    let selected = chats.rows.selected().cloned();
    if chats.thread.as_ref().map(Thread::id) != selected.as_ref().map(|chat| chat.id) {
        // Whoever leaves one for another moves on; the thread is read where one stays.
        let rests = chats.thread.is_some();
        composer::leave(state, cx);
        state.chats.thread = None;
        state.chats.preview_at = None;
        let wide = is_wide(layout::body(state));
        if let Some(chat) = selected.filter(|_| wide) {
            thread::place(state, chat);
            state.chats.preview_at = Some(if rests { cx.now + REST } else { cx.now });
        }
    }
    if state.chats.preview_at.is_some_and(|at| at <= cx.now) {
        read_now(state, cx);
    }
}

/// Asks for the messages of the open thread, if that was put off.
fn read_now(state: &mut State, cx: &mut Cx<'_>) {
    if state.chats.preview_at.take().is_none() || state.screen != Screen::Chats {
        // On another screen it is read when one comes back.
        return;
    }
    if let Some(id) = state.chats.thread.as_ref().map(Thread::id) {
        thread::read(state, id, cx);
    }
}

/// Makes this chat the current one, if it can be.
pub fn turn_to(state: &mut State, id: ChatId, cx: &mut Cx<'_>) -> Handled {
    if state.chats.thread.as_ref().is_some_and(|thread| thread.id() == id) {
        return Handled::Yes;
    }
    let Some(chat) = state.chats.known(id).cloned() else { return Handled::No };
    thread::open(state, chat, cx);
    Handled::Yes
}

/// Is this about the messages of the chat, not only about the chat?
const fn needs_messages(action: Action) -> bool {
    matches!(
        action,
        Action::Compose
            | Action::QuickReply
            | Action::ChatApprove
            | Action::ChatEdit
            | Action::ChatCancel
            | Action::ChatResend
    )
}

/// Is this about the current chat, or about who is the current one?
pub const fn is_about_chat(action: Action) -> bool {
    needs_messages(action)
        || matches!(
            action,
            Action::ChatPause
                | Action::ChatPauseFor
                | Action::ChatSnooze
                | Action::ChatDone
                | Action::ChatMode
                | Action::ChatTag
                | Action::ChatNote
                | Action::ChatPersonal
                | Action::Why
                | Action::Copy
        )
}

const fn moves(action: Action) -> bool {
    matches!(
        action,
        Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last
            | Action::Open
            | Action::NextNeedsYou
    )
}

/// Has what an action is about not come yet? `None` is a key that is typed.
fn is_waiting(state: &State, action: Option<Action>) -> bool {
    let chats = &state.chats;
    let here = state.screen == Screen::Chats
        && state.entrance == Entrance::In
        && state.overlays.is_empty()
        && !chats.filter_open()
        && matches!(state.connection, Connection::Live | Connection::Resyncing);
    if !here || chats.asked_at.is_none_or(|at| state.now.since(at) >= PATIENCE) {
        return false;
    }
    let unread = chats.thread.as_ref().is_some_and(|thread| thread.reading == Reading::Never);
    let about = |is: fn(Action) -> bool| action.is_none_or(is);
    match chats.focus {
        Pane::List if chats.rows.is_skeleton() => about(|action| is_about_chat(action) || moves(action)),
        Pane::List => unread && action.is_some_and(needs_messages),
        Pane::Thread if chats.thread.is_none() => about(|action| is_about_chat(action) || moves(action)),
        Pane::Thread => unread && about(|action| needs_messages(action) || moves(action)),
        // A text that was begun here belongs before what is typed now.
        Pane::Composer => unread,
    }
}

/// Keeps what was typed for when what it is about is here.
pub fn hold(state: &mut State, typed: Ahead, action: Option<Action>, cx: &mut Cx<'_>) -> Handled {
    if matches!(action, Some(Action::Quit | Action::Redraw)) {
        return Handled::No;
    }
    if state.chats.ahead.is_empty() {
        // The question that was put off is asked now.
        let unasked = state.chats.preview_at.is_some();
        if unasked && action.is_some_and(needs_messages) {
            read_now(state, cx);
        }
        if !is_waiting(state, action) {
            return Handled::No;
        }
    }
    if state.chats.ahead.len() < AHEAD_MAX {
        state.chats.ahead.push_back(typed);
    }
    Handled::Yes
}

/// The next thing that waited and whose time has come. What waited for something that did not come is dropped: it would be
/// done to somebody else.
pub fn next_held(state: &mut State, meaning: impl Fn(&State, Key) -> Option<Action>, cx: &mut Cx<'_>) -> Option<Ahead> {
    let action = match state.chats.ahead.front()? {
        Ahead::Key(key) => meaning(state, *key),
        Ahead::Paste(_) => None,
    };
    if action.is_some_and(needs_messages) {
        // Whoever is written to is not only passed by.
        read_now(state, cx);
    }
    if is_waiting(state, action) {
        return None;
    }
    let writes = state.chats.focus == Pane::Composer && state.screen == Screen::Chats;
    let late = state.chats.asked_at.is_none_or(|at| cx.now.since(at) >= PATIENCE);
    if !writes && state.overlays.is_empty() && (late || state.chats.current().is_none()) {
        drop_held(state, cx);
        return None;
    }
    state.chats.ahead.pop_front()
}

/// Forgets what waits, and says so.
pub fn drop_held(state: &mut State, cx: &Cx<'_>) {
    if !state.chats.ahead.is_empty() {
        state.chats.ahead.clear();
        let words = "what was typed before the chat was here is dropped: nothing was done with it";
        state.toasts.say(Tone::Bad, words, cx.now);
    }
}

/// When what waits has waited long enough.
pub fn patience_ends(state: &State) -> Option<Timestamp> {
    state.chats.asked_at.filter(|_| !state.chats.ahead.is_empty()).map(|at| at + PATIENCE)
}

/// Says why nothing is done: nobody is chosen.
pub fn nobody(state: &mut State, cx: &Cx<'_>) {
    let waits = state.chats.rows.is_skeleton() || state.chats.jump.is_some();
    let words = match waits {
        true => "nothing was done: the chat is still being read; a moment",
        false => "nothing was done: no chat is chosen",
    };
    state.toasts.say(Tone::Info, words, cx.now);
}
