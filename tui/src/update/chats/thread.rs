//! The open thread: reading it in both directions, moving in it, marking it read.

use mychatflow_data::ids::{ChatId, InteractionId};
use mychatflow_data::protocol::calls::chat::{ChatRead, ChatShow, ChatShown, ChatSummary};

use super::name;
use crate::action::Action;
use crate::layout::chats::{Placed, ThreadLayout};
use crate::layout::{Layout, Panes};
use crate::moment;
use crate::msg::{Focus, Refusal};
use crate::state::chats::{Finding, Pane};
use crate::state::list::Reading;
use crate::state::overlay::{Overlay, Reader, ReaderLine};
use crate::state::thread::{Anchor, End, EntryId, Thread};
use crate::state::{Screen, State};
use crate::text::CleanText;
use crate::update::{Cx, Handled, again, ahead};

/// Messages of a page.
const PAGE: u32 = 60;
/// So near the edge of the window the next part is read.
const NEAR: usize = 20;

/// Opens a chat's thread; the old one's draft is kept first.
pub fn open(state: &mut State, chat: ChatSummary, cx: &mut Cx<'_>) {
    super::composer::leave(state, cx);
    let id = chat.id;
    place(state, chat);
    state.chats.preview_at = None;
    read(state, id, cx);
}

/// Puts a chat's thread into its pane, with the text that was left there, before a message of it is here.
pub fn place(state: &mut State, chat: ChatSummary) {
    let mut thread = Thread::open(chat);
    if let Some(draft) = state.chats.drafts.get(&thread.id()) {
        thread.composer.set(&draft.text);
        thread.kept.clone_from(&draft.text);
    }
    state.chats.thread = Some(thread);
}

/// Opens a chat by its id, around a message or at its end.
pub fn open_at(state: &mut State, chat: ChatId, around: Option<InteractionId>, cx: &mut Cx<'_>) {
    super::composer::leave(state, cx);
    state.screen = Screen::Chats;
    state.chats.focus = Pane::Thread;
    let known = state.chats.rows.items().iter().find(|row| row.id == chat).cloned();
    state.chats.thread = None;
    state.chats.preview_at = None;
    state.chats.find = state.chats.find.take().filter(|find| !find.is_blank());
    state.chats.finding = Finding::Closed;
    if let Some(row) = known {
        place(state, row);
    }
    state.chats.jump = Some((chat, around));
    state.chats.asked_at = Some(cx.now);
    cx.ask(ChatShow { around, ..newest(state, chat) });
}

/// Reads the newest part of a thread.
pub fn read(state: &mut State, chat: ChatId, cx: &mut Cx<'_>) {
    if let Some(thread) = &mut state.chats.thread {
        again(&mut thread.reading);
    }
    state.chats.asked_at = Some(cx.now);
    cx.ask(newest(state, chat));
}

fn newest(state: &State, chat: ChatId) -> ChatShow {
    ChatShow {
        tenant: state.tenant_name(),
        chat: name(chat),
        instance: None,
        limit: Some(PAGE),
        after: None,
        before: None,
        around: None,
    }
}

/// Takes a part of a thread.
pub fn answered(state: &mut State, asked: &ChatShow, reply: Result<ChatShown, Refusal>, cx: &mut Cx<'_>) {
    let got = match reply {
        Ok(got) => got,
        Err(refusal) => {
            if let Some(thread) = state.chats.thread.as_mut().filter(|thread| asked.chat == name(thread.chat.id)) {
                thread.reading = Reading::Failed(refusal.text);
            } else {
                // The list is there again, with whoever is highlighted in it: what was typed was for somebody else.
                if state.chats.jump.is_some_and(|(chat, _)| asked.chat == name(chat)) {
                    ahead::drop_all(state, cx);
                }
                state.chats.jump = state.chats.jump.filter(|(chat, _)| asked.chat != name(*chat));
                crate::update::answers::refused(state, &refusal, cx);
            }
            return;
        }
    };
    let jump = state.chats.jump.filter(|(chat, _)| *chat == got.chat.id);
    if state.chats.thread.is_none() && jump.is_some() {
        state.chats.thread = Some(Thread::open(got.chat.clone()));
    }
    for item in &got.items {
        if let Some(client_ref) = item.client_ref {
            state.outbox.confirm(client_ref);
        }
    }
    let Some(thread) = state.chats.thread.as_mut().filter(|thread| thread.chat.id == got.chat.id) else { return };
    // What was left here a moment ago is newer than what the daemon has.
    let left = state.chats.drafts.get(&thread.id()).map(|draft| draft.text.clone());
    let draft = left.or(got.draft.clone()).unwrap_or_default();
    if thread.reading == Reading::Never && thread.composer.is_empty() {
        thread.composer.set(&draft);
    }
    if thread.keep_at.is_none() {
        thread.kept = draft;
    }
    thread.join(asked, got);
    thread.reading = Reading::Done(cx.now);
    if let Some((_, around)) = jump {
        state.chats.jump = None;
        if let Some(id) = around {
            thread.selected = Some(EntryId::Message(id));
            thread.anchor = Anchor::At(EntryId::Message(id), 4);
        }
    }
    mark_read(state, cx);
}

/// Marks the open thread as read: only when somebody can be looking at it.
pub fn mark_read(state: &mut State, cx: &mut Cx<'_>) {
    let looked_at = state.screen == Screen::Chats
        && state.window == Focus::Here
        && matches!(state.chats.focus, Pane::Thread | Pane::Composer)
        && state.overlays.is_empty()
        && state.may(Screen::Chats, Action::ChatDone);
    let tenant = state.tenant_name();
    let Some(thread) = state.chats.thread.as_mut().filter(|thread| looked_at && thread.chat.unread > 0) else { return };
    if !matches!(thread.reading, Reading::Done(_)) {
        return;
    }
    thread.chat.unread = 0;
    let chat = thread.chat.clone();
    state.chats.take(&chat);
    cx.ask(ChatRead { tenant, chat: name(chat.id), instance: None });
}

fn laid(seen: &Layout) -> Option<&ThreadLayout> {
    match &seen.panes {
        Panes::Chats(chats) => chats.thread.as_ref(),
        _ => None,
    }
}

/// Does something in the thread.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    if action == Action::Back {
        super::composer::leave(state, cx);
        state.chats.focus = Pane::List;
        return Handled::Yes;
    }
    let Some(laid) = laid(cx.seen) else { return Handled::No };
    let room = i32::from(laid.log.height);
    match action {
        Action::Up => step(state, laid, -1),
        Action::Down => step(state, laid, 1),
        Action::PageUp => page(state, laid, room - 2),
        Action::PageDown => page(state, laid, 2 - room),
        Action::First => {
            if let Some(thread) = &mut state.chats.thread
                && let Some(first) = thread.entries(&state.outbox).first().map(|entry| entry.id())
            {
                thread.selected = Some(first);
                thread.anchor = Anchor::At(first, room - 1);
            }
        }
        Action::Last => {
            if let Some(thread) = &mut state.chats.thread {
                thread.selected = None;
                thread.anchor = Anchor::Bottom;
                if thread.newer != End::Thread {
                    let id = thread.chat.id;
                    read(state, id, cx);
                }
            }
        }
        Action::Open => whole(state),
        _ => return Handled::No,
    }
    more(state, cx);
    Handled::Yes
}

/// Shows all of a message, however long.
fn whole(state: &mut State) {
    let Some(item) = state.chats.thread.as_ref().and_then(Thread::current) else { return };
    let at = moment::day_line(item.at, state.now, &state.zone);
    let title = format!("{at}, {}", moment::clock(item.at, &state.zone));
    let mut lines = vec![ReaderLine::Words(CleanText::block(&item.text))];
    if let Some(original) = item.original.as_deref().filter(|original| *original != item.text) {
        lines.extend([ReaderLine::Gap, ReaderLine::Heading(CleanText::line("What it said before"))]);
        lines.push(ReaderLine::Words(CleanText::block(original)));
    }
    state.overlays.push(Overlay::Reader(Reader::new(&title, lines)));
}

/// Moves the selection by a message; a message taller than the pane is scrolled through first.
fn step(state: &mut State, laid: &ThreadLayout, by: i32) {
    let Some(thread) = &mut state.chats.thread else { return };
    let entries = thread.entries(&state.outbox);
    if entries.is_empty() {
        return;
    }
    let room = i32::from(laid.log.height);
    let here = thread.selected.and_then(|id| entries.iter().position(|entry| entry.id() == id));
    let placed = |at: usize| laid.placed.iter().find(|placed| placed.at == at);
    if let Some(seen) = here.and_then(placed) {
        let bottom = seen.y + i32::from(seen.height);
        if (by < 0 && seen.y < 0) || (by > 0 && bottom > room + 1) {
            shift(thread, seen, room, by * -3);
            return;
        }
    }
    let last = entries.len() - 1;
    let next = match here {
        None if by > 0 => return,
        None => last,
        Some(at) => at.saturating_add_signed(by as isize).min(last),
    };
    let id = entries[next].id();
    if here == Some(last) && by > 0 {
        thread.selected = None;
        thread.anchor = Anchor::Bottom;
        return;
    }
    thread.selected = Some(id);
    match placed(next) {
        // It stands there whole: nothing moves.
        Some(seen) if seen.y >= 0 && seen.y + i32::from(seen.height) <= room + 1 => {}
        Some(seen) if by < 0 => thread.anchor = Anchor::At(id, (room - i32::from(seen.height)).max(0)),
        Some(_) => thread.anchor = Anchor::At(id, -1),
        // Above what is on the screen: its end comes into sight, and the next step shows the rest.
        None if by < 0 => {
            if let Some(first) = laid.placed.first() {
                thread.anchor = Anchor::At(id, (room - i32::from(first.height).min(room / 2)).max(0));
            }
        }
        None => thread.anchor = Anchor::At(id, -1),
    }
}

/// Moves the thread by rows, down for positive ones, and takes the selection along.
fn page(state: &mut State, laid: &ThreadLayout, rows: i32) {
    let Some(thread) = &mut state.chats.thread else { return };
    let room = i32::from(laid.log.height);
    let edge = if rows > 0 { laid.placed.first() } else { laid.placed.last() };
    let Some(edge) = edge.copied() else { return };
    let last = thread.entries(&state.outbox).len().saturating_sub(1);
    if rows < 0 && edge.at == last && edge.y + i32::from(edge.height) <= room + 1 {
        thread.selected = None;
        thread.anchor = Anchor::Bottom;
        return;
    }
    shift(thread, &edge, room, rows);
    thread.selected = Some(edge.id);
}

/// Moves a message on the screen by rows.
fn shift(thread: &mut Thread, seen: &Placed, room: i32, rows: i32) {
    thread.anchor = Anchor::At(seen.id, room - (seen.y + i32::from(seen.height)) - rows);
}

/// Reads on where one comes near an end of the window.
fn more(state: &mut State, cx: &mut Cx<'_>) {
    let Some(laid) = laid(cx.seen) else { return };
    let tenant = state.tenant_name();
    let Some(thread) = &mut state.chats.thread else { return };
    if !matches!(thread.reading, Reading::Done(_)) {
        return;
    }
    let (first, last) = match (laid.placed.first(), laid.placed.last()) {
        (Some(first), Some(last)) => (first.at, last.at),
        _ => return,
    };
    let count = thread.items.len();
    let ask = |after, before, around| ChatShow {
        tenant,
        chat: name(thread.chat.id),
        instance: None,
        limit: Some(PAGE * 2),
        after,
        before,
        around,
    };
    let question = if first < NEAR && thread.older != End::Thread {
        match &thread.older {
            End::Goes(cursor) => ask(Some(cursor.clone()), None, None),
            End::Cut | End::Thread => ask(None, None, thread.items.first().map(|item| item.id)),
        }
    } else if last + NEAR > count && thread.newer != End::Thread {
        match &thread.newer {
            End::Goes(cursor) => ask(None, Some(cursor.clone()), None),
            End::Cut | End::Thread => ask(None, None, thread.items.last().map(|item| item.id)),
        }
    } else {
        return;
    };
    thread.reading = Reading::Again;
    cx.ask(question);
}

/// The thread that was clicked becomes the current one again, if something took its place since.
pub fn turn_to_seen(state: &mut State, cx: &mut Cx<'_>) -> Handled {
    let Some(id) = laid(cx.seen).and_then(|laid| laid.chat) else { return Handled::No };
    let turned = super::current::turn_to(state, id, cx);
    if turned == Handled::No {
        let words = "this chat has just left the list; nothing was done";
        state.toasts.say(crate::state::toasts::Tone::Info, words, cx.now);
    }
    turned
}

/// A message was clicked.
pub fn message_clicked(state: &mut State, id: EntryId, cx: &mut Cx<'_>) {
    if turn_to_seen(state, cx) == Handled::No {
        return;
    }
    super::composer::leave(state, cx);
    state.chats.focus = Pane::Thread;
    if let Some(thread) = &mut state.chats.thread {
        let here = thread.entries(&state.outbox).iter().any(|entry| entry.id() == id);
        // The message stays where it was clicked.
        if let (true, Some(laid)) = (here, laid(cx.seen))
            && let Some(seen) = laid.placed.iter().find(|placed| placed.id == id)
        {
            shift(thread, seen, i32::from(laid.log.height), 0);
            thread.selected = Some(id);
        }
    }
    mark_read(state, cx);
}
