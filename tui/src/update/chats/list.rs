//! The list of chats: its pages, tabs, filter and selection.

use mychatflow_data::model::chat::ChatState;
use mychatflow_data::protocol::calls::chat::{ChatList, ChatSummary, ListOrder};
use mychatflow_data::protocol::page::Page;

use super::thread;
use crate::action::Action;
use crate::key::Key;
use crate::layout::{Layout, Panes};
use crate::msg::Refusal;
use crate::state::chats::{Chats, Finding, Pane, Tab, Tail};
use crate::state::input::{Input, Lines, Taken};
use crate::state::list::Reading;
use crate::state::{Screen, State};
use crate::update::{Cx, Handled, again, keys, lists};

/// Rows of a page.
const PAGE: u32 = 100;
/// Of those that need you all are wanted at once, as far as anybody can look through them.
const NEEDS_YOU_PAGE: u32 = 200;

/// Reads the list from its beginning, and the open thread.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    again(&mut state.chats.rows.reading);
    if state.chats.kept.take().is_some() {
        state.chats.sort();
    }
    read(state, cx);
    if let Some(thread) = &state.chats.thread {
        let id = thread.chat.id;
        state.chats.preview_at = None;
        thread::read(state, id, cx);
    }
}

fn read(state: &mut State, cx: &mut Cx<'_>) {
    state.chats.told.clear();
    state.chats.asked_at = Some(cx.now);
    for question in pages(state) {
        cx.ask(question);
    }
}

/// The first pages of the tab that is on. The inbox has two: those that need you, and the rest.
fn pages(state: &State) -> Vec<ChatList> {
    let chats = &state.chats;
    let page = |state_of: Option<ChatState>, order, limit| ChatList {
        tenant: state.tenant_name(),
        state: state_of,
        find: chats.words(),
        order,
        limit: Some(limit),
        ..ChatList::default()
    };
    match chats.tab {
        Tab::Inbox => vec![
            page(Some(ChatState::NeedsYou), ListOrder::Oldest, NEEDS_YOU_PAGE),
            page(None, ListOrder::Newest, PAGE),
        ],
        Tab::In(ChatState::NeedsYou) => vec![page(Some(ChatState::NeedsYou), ListOrder::Oldest, NEEDS_YOU_PAGE)],
        Tab::In(one) => vec![page(Some(one), ListOrder::Newest, PAGE)],
        Tab::All => vec![page(None, ListOrder::Newest, PAGE)],
    }
}

/// Takes a page.
pub fn answered(state: &mut State, asked: &ChatList, reply: Result<Page<ChatSummary>, Refusal>, cx: &mut Cx<'_>) {
    let ours = pages(state);
    let first = ChatList { after: None, ..asked.clone() };
    let Some(place) = ours.iter().position(|page| *page == first) else { return };
    // What the inbox's first question brings has no further pages of its own in the list.
    let last = place + 1 == ours.len();
    let page = match reply {
        Ok(page) => page,
        Err(refusal) => {
            state.chats.rows.reading = Reading::Failed(refusal.text);
            return;
        }
    };
    let chats = &mut state.chats;
    let tab = chats.tab;
    let told = &chats.told;
    if last && asked.after.is_none() && chats.rows.reading == Reading::Again {
        // The list was read again: what is on neither page is no longer where it was.
        let oldest = page.next.as_ref().and(page.items.last()).and_then(|chat| chat.last_at);
        chats.rows.change(|items| {
            items.retain(|old| {
                told.contains(&old.id)
                    || page.items.iter().any(|new| new.id == old.id)
                    || (ours.len() > 1 && old.state == ChatState::NeedsYou)
                    || (oldest.is_some() && old.last_at < oldest)
            });
        });
    }
    let finding = chats.find.is_some();
    // A list that is new begins at its top, whatever an event or a late answer has put into it before.
    let is_new = chats.rows.items().is_empty() || chats.rows.reading == Reading::Never;
    chats.rows.change(|items| {
        let known: std::collections::HashMap<_, usize> =
            items.iter().enumerate().map(|(at, chat)| (chat.id, at)).collect();
        for chat in page.items.into_iter().filter(|chat| tab.holds(chat)) {
            // While a filter is on, an event can't say whether a chat that is not there belongs into the list.
            match known.get(&chat.id) {
                found if told.contains(&chat.id) && (found.is_some() || !finding) => {}
                Some(at) => items[*at] = chat,
                None => items.push(chat),
            }
        }
    });
    chats.sort();
    if is_new {
        chats.rows.select_at(0);
    }
    if last {
        chats.rows.next = page.next;
        chats.rows.reading = Reading::Done(cx.now);
        more(state, cx);
    }
}

/// Asks for the next page when the selection comes near the end.
fn more(state: &mut State, cx: &mut Cx<'_>) {
    if let Some(after) = state.chats.rows.wants_more()
        && let Some(page) = pages(state).pop()
    {
        state.chats.rows.reading = Reading::Again;
        state.chats.rows.next = None;
        cx.ask(ChatList { after: Some(after), ..page });
    } else if state.chats.tail == Tail::Cut {
        let rows = &state.chats.rows;
        let near = rows.position().is_none_or(|at| at + 30 >= rows.items().len());
        if near && rows.reading != Reading::Again {
            // The cursor went with the end of the list: the pages are read once more from the beginning.
            state.chats.tail = Tail::Whole;
            state.chats.rows.reading = Reading::Again;
            read(state, cx);
        }
    }
}

/// Does something in the list.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    if state.chats.filter_open() {
        return filtering(state, action, cx);
    }
    match action {
        Action::TabNext => turn(state, state.chats.tab.beside(1), cx),
        Action::TabBack => turn(state, state.chats.tab.beside(-1), cx),
        Action::Filter => {
            state.chats.find.get_or_insert_with(|| Input::empty(Lines::One));
            state.chats.finding = Finding::Open;
        }
        Action::Open => match state.chats.highlighted().cloned() {
            None => super::current::nobody(state, cx),
            Some(chat) => {
                if state.chats.thread.as_ref().is_none_or(|thread| thread.chat.id != chat.id) {
                    thread::open(state, chat, cx);
                }
                state.chats.focus = Pane::Thread;
                thread::mark_read(state, cx);
            }
        },
        Action::Back if state.chats.find.is_some() => {
            state.chats.find = None;
            fresh(state, cx);
        }
        _ => {
            let table = list_table(cx.seen);
            if lists::step(&mut state.chats.rows, table.as_ref(), action) == Handled::No {
                return Handled::No;
            }
            more(state, cx);
        }
    }
    Handled::Yes
}

fn list_table(seen: &Layout) -> Option<crate::layout::table::TableLayout> {
    match &seen.panes {
        Panes::Chats(chats) => chats.list.as_ref().map(|list| list.table),
        _ => None,
    }
}

/// Goes to another tab. The list gets the keys: who was open may not be in it.
pub fn turn(state: &mut State, tab: Tab, cx: &mut Cx<'_>) {
    super::composer::leave(state, cx);
    state.chats.focus = Pane::List;
    state.chats.tab = tab;
    fresh(state, cx);
}

/// Another list: the old rows go.
fn fresh(state: &mut State, cx: &mut Cx<'_>) {
    let Chats { rows, .. } = &mut state.chats;
    *rows = crate::state::list::Rows::default();
    read(state, cx);
}

fn filtering(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    match action {
        Action::Submit => {
            state.chats.finding = Finding::Closed;
            if state.chats.words().is_none() {
                state.chats.find = None;
            }
        }
        Action::Close => {
            state.chats.finding = Finding::Closed;
            state.chats.find = None;
            fresh(state, cx);
        }
        _ => {
            let table = list_table(cx.seen);
            return lists::step(&mut state.chats.rows, table.as_ref(), action);
        }
    }
    Handled::Yes
}

/// A key typed into the filter.
pub fn filter_typed(state: &mut State, key: Key, cx: &mut Cx<'_>) {
    let before = state.chats.words();
    if let Some(input) = &mut state.chats.find
        && input.key(key) == Taken::Yes
        && state.chats.words() != before
    {
        fresh(state, cx);
    }
}

/// Gives the keys to another pane.
pub fn focus(state: &mut State, action: Action, cx: &mut Cx<'_>) {
    let open = state.chats.thread.is_some();
    let order = [Pane::List, Pane::Thread, Pane::Composer];
    let here = order.iter().position(|pane| *pane == state.chats.focus).unwrap_or(0);
    // Whoever may not write has no use for the composer.
    let panes = if state.may(Screen::Chats, Action::Compose) { 3 } else { 2 };
    let by = if action == Action::FocusNext { 1 } else { panes - 1 };
    let next = if open { order[(here + by) % panes] } else { Pane::List };
    super::composer::leave(state, cx);
    state.chats.focus = next;
    if next != Pane::List {
        thread::mark_read(state, cx);
    }
}

/// A row of the list was clicked.
pub fn list_clicked(state: &mut State, cx: &mut Cx<'_>) {
    super::composer::leave(state, cx);
    state.chats.focus = Pane::List;
}

/// A pane was clicked.
pub fn pane_clicked(state: &mut State, place: usize, cx: &mut Cx<'_>) {
    let pane = [Pane::List, Pane::Thread, Pane::Composer][place.min(2)];
    if pane == Pane::Composer && keys::refuse(state, Action::Compose, cx) == Handled::Yes {
        return;
    }
    if pane != Pane::List && thread::turn_to_seen(state, cx) == Handled::No {
        return;
    }
    if pane != Pane::Composer {
        super::composer::leave(state, cx);
    }
    state.chats.focus = pane;
    if pane != Pane::List {
        thread::mark_read(state, cx);
    }
}
