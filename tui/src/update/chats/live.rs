//! Events about chats and messages.

use std::time::Duration;

use mychatflow_data::ids::ChatId;
use mychatflow_data::model::chat::{ChatState, Mode};
use mychatflow_data::model::interaction::InteractionState;
use mychatflow_data::protocol::calls::chat::{ChatSummary, InteractionDocument};
use mychatflow_data::protocol::event::Event;
use serde::Deserialize;

use super::{composer, steer, thread};
use crate::msg::{Effect, Focus};
use crate::notify::Notification;
use crate::state::State;
use crate::state::chats::{Pane, name};
use crate::state::overlay::{Overlay, Reader, ReaderLine};
use crate::state::toasts::Tone;
use crate::text::CleanText;
use crate::update::Cx;

/// How long somebody counts as typing without a further word of it.
const TYPING: Duration = Duration::from_secs(12);

/// A chat changed, or somebody types in it.
pub fn chat_changed(state: &mut State, event: &Event, cx: &mut Cx<'_>) {
    let Some(id) = steer::chat_id(&event.data) else { return };
    if let Some(typing) = event.data.get("typing").and_then(serde_json::Value::as_bool) {
        if typing {
            state.chats.typing.insert(id, cx.now + TYPING);
        } else {
            state.chats.typing.remove(&id);
        }
        return;
    }
    if event.data.get("gone").and_then(serde_json::Value::as_bool) == Some(true) {
        return gone(state, id, cx);
    }
    let Ok(chat) = ChatSummary::deserialize(&event.data) else {
        // Nobody listened when it changed: it is read again if it is on the screen.
        let open = state.chats.thread.as_ref().is_some_and(|thread| thread.chat.id == id);
        if open {
            thread::read(state, id, cx);
        }
        return;
    };
    let before = state.chats.rows.items().iter().find(|row| row.id == id).map(|row| row.state);
    steer::take(state, &chat);
    state.chats.told.insert(chat.id);
    if chat.state == ChatState::NeedsYou && before != Some(ChatState::NeedsYou) {
        needs_you(state, &chat, cx);
    }
    thread::mark_read(state, cx);
}

/// The person of a chat was erased: nothing of it may stay on a screen.
fn gone(state: &mut State, id: ChatId, cx: &Cx<'_>) {
    state.chats.rows.change(|rows| rows.retain(|row| row.id != id));
    state.chats.typing.remove(&id);
    state.chats.newest.remove(&id);
    state.chats.drafts.remove(&id);
    if state.chats.thread.as_ref().is_some_and(|thread| thread.chat.id == id) {
        let writing = state.chats.focus == Pane::Composer;
        state.chats.thread = None;
        state.chats.preview_at = None;
        state.chats.focus = Pane::List;
        if writing {
            // Whoever is in the middle of a word types on: the letters must not become commands for somebody else.
            let words = "The person was erased, with everything that was written. What you were writing was not sent.";
            let lines = vec![ReaderLine::Words(CleanText::line(words))];
            state.overlays.push(Overlay::Reader(Reader::new("This chat is gone", lines)));
            state.toasts.say(Tone::Bad, "what you were writing was not sent: the chat is gone", cx.now);
        }
    }
}

/// Rings, for this alone; not when one is looking at the chat anyway.
fn needs_you(state: &mut State, chat: &ChatSummary, cx: &mut Cx<'_>) {
    let open = state.chats.thread.as_ref().is_some_and(|thread| thread.chat.id == chat.id);
    let looked_at = open && state.chats.focus != Pane::List && state.window == Focus::Here;
    if looked_at || state.rung_at.is_some_and(|at| cx.now.since(at) < Duration::from_secs(3)) {
        return;
    }
    state.rung_at = Some(cx.now);
    let title = CleanText::line(&format!("{} needs you", name(chat)));
    let body = CleanText::line(chat.reason.as_deref().unwrap_or_default());
    state.toasts.say(Tone::Info, &format!("{title}: {body}"), cx.now);
    cx.want(Effect::Notify(Notification { title, body }));
}

/// A message came, was written or changed.
pub fn interaction_changed(state: &mut State, event: &Event, cx: &mut Cx<'_>) {
    let Ok(item) = InteractionDocument::deserialize(&event.data) else { return };
    if let Some(client_ref) = item.client_ref {
        state.outbox.confirm(client_ref);
    }
    if item.direction == mychatflow_data::model::interaction::Direction::In {
        state.chats.typing.remove(&item.chat);
    }
    // An ack alone does not tell the chat again: its tick in the list comes from the message. Times can't say whether
    // it is the last one: a chat's is that of the sending, a message's that of the writing.
    let known = state.chats.newest.get(&item.chat).copied();
    if known.is_none_or(|known| known <= item.id) {
        state.chats.newest.insert(item.chat, item.id);
        state.chats.rows.change(|rows| {
            let last = |chat: &&mut ChatSummary| {
                chat.id == item.chat && (known.is_some() || chat.last_author == Some(item.author))
            };
            if let Some(chat) = rows.iter_mut().find(last) {
                chat.last_state = Some(item.state);
            }
        });
    }
    if let Some(thread) = state.chats.thread.as_mut().filter(|thread| thread.chat.id == item.chat) {
        // An event does not tell when a countdown ends; the thread does.
        let counting =
            item.state == InteractionState::Draft && item.sends_at.is_none() && thread.chat.mode == Mode::Countdown;
        let chat = item.chat;
        thread.take(item);
        if counting {
            thread::read(state, chat, cx);
        }
        thread::mark_read(state, cx);
    }
}

/// Time has passed.
pub fn woke(state: &mut State, cx: &mut Cx<'_>) {
    let now = cx.now;
    state.chats.typing.retain(|_, until| *until > now);
    let due = state.chats.thread.as_ref().and_then(|thread| thread.keep_at).is_some_and(|at| at <= now);
    if due {
        composer::keep_draft(state, cx);
    }
}
