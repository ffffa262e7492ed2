//! Quick replies in the composer: a picker with what the person of the open chat would get, and what becomes of the one
//! that was picked.

use std::cmp::Reverse;

use mychatflow_data::ids::QuickReplyId;
use mychatflow_data::model::quick_reply::QuickReplyState;
use mychatflow_data::protocol::calls::quick_reply::{QuickReplyList, QuickReplyRender, QuickReplyRendered};
use mychatflow_data::protocol::page::Page;

use super::{composer, name};
use crate::msg::Refusal;
use crate::state::State;
use crate::state::overlay::{Awaited, Overlay, Pick, PickItem, Picker, PickerKind};
use crate::state::thread::{Sending, Thread, Writing};
use crate::text::CleanText;
use crate::update::{Cx, Handled, overlays, palette};

/// Opens the picker, and asks what the person of the open chat would get of each.
pub fn open(state: &mut State, cx: &mut Cx<'_>) {
    palette::choose(state, PickerKind::QuickReply, "Quick reply", Vec::new());
    let Some(chat) = state.chats.thread.as_ref().map(|thread| thread.chat.id) else { return raw(state, cx) };
    let asked = QuickReplyRender { tenant: state.tenant_name(), name: None, chat: name(chat) };
    if let Some(picker) = picker(state) {
        picker.awaited = Awaited::Answer(Box::new(asked.clone().into()));
    }
    cx.ask(asked);
}

fn picker(state: &mut State) -> Option<&mut Picker> {
    match state.overlays.last_mut() {
        Some(Overlay::Picker(picker)) if picker.kind == PickerKind::QuickReply => Some(picker),
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

/// Puts a quick reply into the composer.
pub fn insert(state: &mut State, id: QuickReplyId, text: &str, cx: &mut Cx<'_>) {
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
