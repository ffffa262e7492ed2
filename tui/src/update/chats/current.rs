//! One chat at a time: the highlighted row, the open thread, the composer and every action are about the same person,
//! after every message.

use std::time::Duration;

use mychatflow_data::ids::ChatId;

use super::{composer, thread};
use crate::action::Action;
use crate::layout;
use crate::layout::chats::is_wide;
use crate::state::chats::Pane;
use crate::state::list::Reading;
use crate::state::thread::Thread;
use crate::state::toasts::Tone;
use crate::state::{Screen, State};
use crate::update::ahead::moves;
use crate::update::{Cx, Handled};

/// How long the selection rests before its thread is read.
const REST: Duration = Duration::from_millis(80);

/// Makes the list and the thread agree. While the thread or the composer has the keys, the list follows them and nothing
/// that happens elsewhere takes the person away; else the thread follows the list.
pub fn settle(state: &mut State, cx: &mut Cx<'_>) {
    agree(state, cx);
    state.chats.keep_place();
}

fn agree(state: &mut State, cx: &mut Cx<'_>) {
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
    let selected = chats.highlighted().cloned();
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

/// Has what an action is about not come yet? `None` is a key that is typed.
pub fn is_waiting(state: &State, action: Option<Action>) -> bool {
    let chats = &state.chats;
    if chats.filter_open() {
        return chats.rows.is_skeleton() && action.is_some_and(moves);
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

/// Asks now for the messages that an action is about: whoever is written to is not only passed by.
pub fn read_for(state: &mut State, action: Action, cx: &mut Cx<'_>) {
    if needs_messages(action) {
        read_now(state, cx);
    }
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
