//! Quick replies in the composer: a picker with what the person of the open chat would get, and what becomes of the one
//! that was picked.

use std::cmp::Reverse;

use mychatflow_data::ids::{ChatId, QuickReplyId};
use mychatflow_data::model::quick_reply::QuickReplyState;
use mychatflow_data::protocol::calls::chat::ChatSummary;
use mychatflow_data::protocol::calls::quick_reply::{QuickReplyList, QuickReplyRender, QuickReplyRendered};
use mychatflow_data::protocol::page::Page;

use super::{composer, current, name};
use crate::msg::Refusal;
use crate::state::State;
use crate::state::chats::{Pane, short_name};
use crate::state::overlay::{Awaited, Overlay, Pick, PickItem, Picker, PickerKind};
use crate::state::thread::{Sending, Thread, Writing};
use crate::state::toasts::Tone;
use crate::text::CleanText;
use crate::update::{Cx, Handled, overlays, palette};

/// Opens the picker for a chat, and asks what its person would get of each.
pub fn open(state: &mut State, chat: &ChatSummary, cx: &mut Cx<'_>) {
    let title = format!("Quick reply to {}", short_name(chat));
    palette::choose(state, PickerKind::QuickReply(chat.id), &title, Vec::new());
    let asked = QuickReplyRender { tenant: state.tenant_name(), name: None, chat: name(chat.id) };
    if let Some(picker) = picker(state) {
        picker.awaited = Awaited::Answer(Box::new(asked.clone().into()));
    }
    cx.ask(asked);
}

fn picker(state: &mut State) -> Option<&mut Picker> {
    match state.overlays.last_mut() {
        Some(Overlay::Picker(picker)) if matches!(picker.kind, PickerKind::QuickReply(_)) => Some(picker),
        _ => None,
    }
}

/// Without anybody to fill them in for, they stand as they are written.
fn raw(state: &mut State, cx: &mut Cx<'_>) {
    if state.quick_replies.rows.is_skeleton() {
        cx.ask(QuickReplyList { tenant: state.tenant_name(), ..QuickReplyList::default() });
    }
    listed(state);
}

/// The stored answers came: a picker that has nobody to fill them in for shows them.
pub fn listed(state: &mut State) {
    let in_use = state.quick_replies.all.iter().filter(|reply| reply.state == QuickReplyState::Active);
    let replies = in_use.map(|reply| QuickReplyRendered {
        id: reply.id,
        label: reply.label.clone(),
        category: reply.category.clone(),
        text: reply.text.clone(),
        missing: reply.variables.clone(),
        uses: reply.uses,
    });
    let replies = replies.collect();
    if let Some(picker) = picker(state).filter(|picker| picker.awaited == Awaited::Nothing) {
        show(picker, replies);
    }
}

/// What the person would get of each came.
pub fn rendered(
    state: &mut State,
    asked: &QuickReplyRender,
    reply: Result<Page<QuickReplyRendered>, Refusal>,
    cx: &mut Cx<'_>,
) {
    let question = Awaited::Answer(Box::new(asked.clone().into()));
    let Some(picker) = picker(state).filter(|picker| picker.awaited == question) else { return };
    picker.awaited = Awaited::Nothing;
    match reply {
        Ok(page) => show(picker, page.items),
        Err(refusal) => {
            crate::update::answers::refused(state, &refusal, cx);
            raw(state, cx);
        }
    }
}

/// Shows them, what is sent most often first.
fn show(picker: &mut Picker, mut replies: Vec<QuickReplyRendered>) {
    replies.sort_by_key(|reply| (Reverse(reply.uses), reply.label.to_lowercase()));
    picker.items = replies.into_iter().map(item).collect();
    overlays::fit(picker);
}

fn item(reply: QuickReplyRendered) -> PickItem {
    let text = CleanText::line(&reply.text);
    let category = CleanText::line(reply.category.as_deref().unwrap_or_default());
    let detail = match category.is_empty() {
        true => text,
        false => CleanText::line(&format!("{category}: {text}")),
    };
    PickItem {
        label: CleanText::line(&reply.label),
        detail,
        marks: Vec::new(),
        key: None,
        pick: Pick::QuickReply(reply.id, reply.text, reply.missing),
    }
}

/// Puts a quick reply into the composer of the chat that it was picked for.
pub fn insert(state: &mut State, chat: ChatId, id: QuickReplyId, text: &str, cx: &mut Cx<'_>) {
    if current::turn_to(state, chat, cx) == Handled::No {
        let words = "the chat is not in the list any more; the quick reply was not taken";
        return state.toasts.say(Tone::Bad, words, cx.now);
    }
    state.chats.focus = Pane::Composer;
    composer::insert(state, text, cx);
    let Some(thread) = &mut state.chats.thread else { return };
    if thread.writing == Writing::Message {
        thread.quick_reply = Some(id);
    }
}

/// Stops what has a place for a variable in it: a customer must never get one.
pub fn unfilled(thread: &mut Thread) -> Handled {
    if thread.unfilled().is_none() {
        return Handled::No;
    }
    thread.sending = Sending::Refused;
    Handled::Yes
}
