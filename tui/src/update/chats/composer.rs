//! Writing: the draft that the daemon keeps, sending, quick replies, editing what the assistant wrote.

use std::time::Duration;

use mychatflow_data::ids::ChatId;
use mychatflow_data::protocol::calls::chat::{
    AfterEdit, ChatCompose, ChatDraft, ChatEdit, ChatSend, ChatSent, ClearDraft, NewChatConsent,
};
use mychatflow_data::protocol::name::QuickReplyName;

use super::{current, list, name, new_chat, quick};
use crate::action::Action;
use crate::key::{Key, KeyCode};
use crate::msg::Refusal;
use crate::state::State;
use crate::state::chats::{KeepStage, Pane, UnkeptDraft};
use crate::state::input::{Input, Lines, TEXT_MAX, Taken};
use crate::state::outbox::Pending;
use crate::state::thread::{Anchor, Sending, Thread, Writing};
use crate::state::toasts::Tone;
use crate::update::{Cx, Handled};

/// How long one may pause in writing before the daemon gets the draft.
const PAUSE: Duration = Duration::from_millis(700);

/// Does something in the composer.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    match action {
        Action::ChatSend => send(state, cx),
        Action::Newline => {
            if let Some(thread) = &mut state.chats.thread {
                thread.composer.newline();
                changed(thread, cx);
            }
        }
        Action::QuickReply => quick_reply(state, cx),
        Action::Back => {
            leave(state, cx);
            state.chats.focus = Pane::Thread;
        }
        _ => return Handled::No,
    }
    Handled::Yes
}

fn quick_reply(state: &mut State, cx: &mut Cx<'_>) {
    if let Some(chat) = state.chats.thread.as_ref().map(|thread| thread.chat.clone()) {
        quick::open(state, &chat, cx);
    }
}

/// A key was typed: into the filter of the list, or into the composer.
pub fn typed(state: &mut State, key: Key, cx: &mut Cx<'_>) {
    if state.chats.filter_open() {
        list::filter_typed(state, key, cx);
        return;
    }
    if state.chats.focus != Pane::Composer {
        return;
    }
    let Some(thread) = &mut state.chats.thread else { return };
    if key == Key::new(KeyCode::Char('/')) && thread.composer.is_empty() {
        quick_reply(state, cx);
        return;
    }
    if thread.composer.key(key) == Taken::Yes {
        changed(thread, cx);
    }
}

/// Text was pasted.
pub fn pasted(state: &mut State, text: &str, cx: &mut Cx<'_>) {
    if let Some(thread) = &mut state.chats.thread
        && state.chats.focus == Pane::Composer
    {
        let room = TEXT_MAX.saturating_sub(thread.composer.text().chars().count());
        let cut: String = text.chars().take(room).collect();
        thread.composer.paste(&cut);
        changed(thread, cx);
        if cut.len() < text.len() {
            let words = format!(
                "not all of it fits: a message has at most {TEXT_MAX} characters, and {} were left out",
                text.chars().count() - room
            );
            state.toasts.say(Tone::Bad, &words, cx.now);
        }
    }
}

fn changed(thread: &mut Thread, cx: &Cx<'_>) {
    thread.sending = Sending::Untried;
    if thread.composer.is_blank() {
        // What is written now is no quick reply any more.
        thread.quick_reply = None;
    }
    if thread.writing == Writing::Message {
        thread.keep_at = Some(cx.now + PAUSE);
    }
}

/// Gives the draft to the daemon, if it changed.
pub fn keep_draft(state: &mut State, cx: &mut Cx<'_>) {
    let Some(thread) = &mut state.chats.thread else { return };
    thread.keep_at = None;
    let text = thread.composer.text();
    if thread.writing != Writing::Message || text == thread.kept {
        return;
    }
    thread.kept.clone_from(&text);
    // Kept here as well until the daemon has it: whoever comes back sooner finds it.
    let id = thread.id();
    let draft = state.chats.drafts.entry(id).or_insert(UnkeptDraft { text: String::new(), stage: KeepStage::Untold });
    draft.text = text;
    give_draft(state, id, cx);
}

/// Gives a draft to the daemon. One text of a chat at a time: the daemon may take two in any order, and the older one last.
fn give_draft(state: &mut State, chat: ChatId, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    let Some(draft) = state.chats.drafts.get_mut(&chat).filter(|draft| draft.stage != KeepStage::Asked) else { return };
    draft.stage = KeepStage::Asked;
    cx.ask(ChatCompose { tenant, chat: name(chat), instance: None, text: Some(draft.text.clone()) });
}

/// Gives the daemon every draft that it does not have: the connection is back, or the console ends.
pub fn give_drafts(state: &mut State, cx: &mut Cx<'_>) {
    let chats: Vec<ChatId> = state.chats.drafts.keys().copied().collect();
    for chat in chats {
        give_draft(state, chat, cx);
    }
}

/// The daemon's answer about a draft.
pub fn draft_kept(state: &mut State, asked: &ChatCompose, reply: Result<ChatDraft, Refusal>, cx: &mut Cx<'_>) {
    if let Err(refusal) = &reply {
        crate::update::answers::refused(state, refusal, cx);
    }
    let waiting = state.chats.drafts.iter_mut().find(|(id, _)| name(**id) == asked.chat);
    let Some(text) = asked.text.as_ref() else { return };
    match (reply, waiting) {
        // More was written meanwhile.
        (Ok(_), Some((id, draft))) if draft.text != *text => {
            let id = *id;
            draft.stage = KeepStage::Untold;
            give_draft(state, id, cx);
        }
        (Ok(kept), _) => {
            state.chats.drafts.remove(&kept.chat);
            if let Some(thread) = state.chats.thread.as_mut().filter(|thread| thread.id() == kept.chat) {
                thread.kept = kept.text;
            }
        }
        (Err(refusal), Some((_, draft))) => {
            draft.stage = if refusal.code.is_some() { KeepStage::Refused } else { KeepStage::Untold };
        }
        (Err(_), None) => {}
    }
}

/// Leaves the composer: the draft is kept; an edit that was not sent is forgotten.
pub fn leave(state: &mut State, cx: &mut Cx<'_>) {
    keep_draft(state, cx);
    if let Some(thread) = &mut state.chats.thread
        && thread.writing != Writing::Message
    {
        thread.writing = Writing::Message;
        thread.composer.set(&thread.kept.clone());
    }
}

/// Begins to write to the current chat.
pub fn begin(state: &mut State, cx: &mut Cx<'_>) {
    let Some(id) = state.chats.current().map(|chat| chat.id) else { return current::nobody(state, cx) };
    if current::turn_to(state, id, cx) == Handled::Yes {
        state.chats.focus = Pane::Composer;
        super::thread::mark_read(state, cx);
    }
}

/// Begins to edit the answer that waits.
pub fn edit(state: &mut State, cx: &mut Cx<'_>) {
    keep_draft(state, cx);
    let tenant = state.tenant_name();
    let Some(thread) = &mut state.chats.thread else { return };
    let Some((id, text, sends_at)) = thread.waiting_answer().map(|item| (item.id, item.text.clone(), item.sends_at))
    else {
        return;
    };
    if sends_at.is_some() {
        // The same words stop the countdown, so that it does not go out while somebody is at it.
        let (chat, text) = (name(thread.chat.id), text.clone());
        cx.ask(ChatEdit { tenant, chat, instance: None, text, id: Some(id), send: AfterEdit::Keep });
    }
    thread.writing = Writing::Edit(id);
    thread.composer = Input::new(Lines::Several, &text);
    state.chats.focus = Pane::Composer;
}

fn send(state: &mut State, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    let Some(thread) = &mut state.chats.thread else { return };
    if thread.composer.is_blank() {
        return;
    }
    if quick::unfilled(thread) == Handled::Yes {
        return;
    }
    let text = thread.composer.text().trim_end().to_owned();
    let chat = thread.chat.id;
    if let Writing::Edit(id) = thread.writing {
        cx.ask(ChatEdit { tenant, chat: name(chat), instance: None, text, id: Some(id), send: AfterEdit::Send });
        thread.writing = Writing::Message;
        let kept = thread.kept.clone();
        thread.composer.set(&kept);
        state.chats.focus = Pane::Thread;
        return;
    }
    let quick_reply = thread.quick_reply.take();
    thread.composer.set("");
    thread.kept.clear();
    state.chats.drafts.remove(&chat);
    thread.keep_at = None;
    thread.selected = None;
    thread.anchor = Anchor::Bottom;
    if let Some(client_ref) = cx.refs.next() {
        let pending = Pending { quick_reply, ..Pending::new(client_ref, chat, text, cx.now) };
        state.outbox.send(pending.clone());
        post(state, &pending, cx);
    }
}

/// Sends a message under its id; once more under the same one is at most one message.
pub fn post(state: &State, pending: &Pending, cx: &mut Cx<'_>) {
    cx.ask(ChatSend {
        tenant: state.tenant_name(),
        chat: name(pending.chat),
        instance: None,
        text: pending.text.clone(),
        wait: None,
        client_ref: Some(pending.client_ref),
        clear_draft: ClearDraft::Clear,
        quick_reply: pending.quick_reply.map(|id| QuickReplyName::from(id.to_string())),
        yes: NewChatConsent::Missing,
    });
}

/// The connection is back: what nobody knows of is sent again under its old id, so that it goes out once at most.
pub fn send_again(state: &mut State, cx: &mut Cx<'_>) {
    for pending in state.outbox.doubtful(cx.now) {
        state.outbox.again(pending.client_ref, cx.now);
        post(state, &pending, cx);
    }
}

/// The daemon's answer to a send. The message itself comes as an event, before or after.
pub fn sent(state: &mut State, asked: &ChatSend, reply: Result<ChatSent, Refusal>, cx: &mut Cx<'_>) {
    let Some(client_ref) = asked.client_ref else { return };
    match reply {
        Ok(sent) => {
            state.outbox.taken(client_ref);
            let there = state.chats.thread.as_ref().is_some_and(|thread| thread.position(sent.id).is_some());
            if there {
                state.outbox.confirm(client_ref);
            }
        }
        Err(refusal) if refusal.code.is_some() => {
            state.outbox.fail(client_ref, &refusal.text);
            if new_chat::asks_for_yes(state, asked, &refusal) == Handled::Yes {
                return;
            }
            crate::update::answers::refused(state, &refusal, cx);
        }
        // The connection broke: the daemon may have it.
        Err(_) => state.outbox.doubt(client_ref),
    }
}

/// An edit came too late, or was refused: its words stay as a message of one's own.
pub fn not_edited(state: &mut State, asked: &ChatEdit, refusal: &Refusal, cx: &mut Cx<'_>) {
    crate::update::answers::refused(state, refusal, cx);
    if asked.send != AfterEdit::Send {
        return;
    }
    if let Some(thread) = state.chats.thread.as_mut().filter(|thread| asked.chat == name(thread.chat.id))
        && thread.composer.is_blank()
    {
        thread.composer.set(&asked.text);
        changed(thread, cx);
    }
}

/// Puts words into the composer.
pub fn insert(state: &mut State, text: &str, cx: &mut Cx<'_>) {
    begin(state, cx);
    if let Some(thread) = &mut state.chats.thread {
        thread.composer.paste(text);
        changed(thread, cx);
    }
}
