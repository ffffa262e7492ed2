//! Pickers: the palette with every action, chats and people; businesses; quick replies; spans of time; search.

use std::time::Duration;

use jiff::tz::TimeZone;
use mychatflow_data::ids::ChatId;
use mychatflow_data::model::contact::Contact;
use mychatflow_data::protocol::calls::chat::{ChatList, ChatSummary};
use mychatflow_data::protocol::calls::contact::ContactList;
use mychatflow_data::protocol::calls::search::{ChatSearch, SearchHit};
use mychatflow_data::protocol::name::ChatName;
use mychatflow_data::protocol::page::Page;
use mychatflow_data::time::Timestamp;

use super::{Cx, Handled, contacts, entrance, keys, overlays};
use crate::action::Action;
use crate::keymap::Scope;
use crate::moment;
use crate::msg::Refusal;
use crate::state::input::{Input, Lines};
use crate::state::overlay::{Awaited, FoundRow, Overlay, Pick, PickItem, Picker, PickerKind};
use crate::state::{Screen, State};
use crate::text::CleanText;

/// How many chats the palette asks the daemon for.
const FOUND: u32 = 20;

/// What can be done on a screen without looking at anything there first.
const ELSEWHERE: &[(Screen, Action, &str)] = &[
    (Screen::Campaigns, Action::Add, "New campaign"),
    (Screen::Numbers, Action::Add, "New number"),
    (Screen::Numbers, Action::Triage, "People known from before: who is personal"),
    (Screen::Contacts, Action::Add, "New person"),
    (Screen::Contacts, Action::Segments, "Segments: filters that are kept"),
    (Screen::Contacts, Action::Import, "People from a file"),
    (Screen::QuickReplies, Action::Add, "New quick reply"),
    (Screen::Credits, Action::Grant, "Grant credits"),
    (Screen::Credits, Action::Audit, "Count the balance a second time"),
    (Screen::Chats, Action::Add, "New chat: write to somebody first"),
    (Screen::Chats, Action::NextNeedsYou, "Next chat that needs you"),
];

/// A picker with what there is.
fn picker(kind: PickerKind, title: &str, items: Vec<PickItem>) -> Picker {
    let mut picker = Picker {
        kind,
        title: CleanText::line(title),
        input: Input::empty(Lines::One),
        items,
        shown: Vec::new(),
        selected: 0,
        top: 0,
        awaited: Awaited::Nothing,
        failure: None,
    };
    overlays::fit(&mut picker);
    picker
}

/// The palette: what can be done here, every screen, the chats and people at hand.
pub fn open(state: &mut State, _cx: &mut Cx<'_>) {
    let scopes = state.scopes();
    let mut items: Vec<PickItem> = Vec::new();
    for (scope, bound) in state.keymap.help(&scopes) {
        for (key, action) in bound {
            let moves = matches!(scope, Scope::List) || matches!(action, Action::Palette | Action::Back);
            if moves || !state.may(state.screen, action) || items.iter().any(|item| item.pick == Pick::Action(action)) {
                continue;
            }
            let detail = CleanText::line(&action.name().replace('_', " "));
            let label = CleanText::line(action.what());
            items.push(PickItem { label, detail, marks: Vec::new(), key: Some(key), pick: Pick::Action(action) });
        }
    }
    for (screen, action, label) in
        ELSEWHERE.iter().filter(|(screen, action, _)| *screen != state.screen && state.may(*screen, *action))
    {
        let detail = CleanText::line(screen.title());
        let pick = Pick::Elsewhere(*screen, *action);
        items.push(PickItem { label: CleanText::line(label), detail, marks: Vec::new(), key: None, pick });
    }
    items.extend(state.chats.rows.items().iter().take(2000).map(chat_item));
    items.extend(state.contacts.rows.items().iter().take(2000).map(contact_item));
    state.overlays.push(Overlay::Picker(Box::new(picker(PickerKind::Palette, "Find", items))));
}

/// The businesses that one may see.
pub fn tenants(state: &mut State) {
    // One that lies there already is told anew.
    state.overlays.retain(|overlay| !matches!(overlay, Overlay::Picker(picker) if picker.kind == PickerKind::Tenant));
    let items = state.tenants.iter().map(|shop| {
        let (label, detail) = (CleanText::line(&shop.name), CleanText::line(&shop.timezone));
        PickItem { label, detail, marks: Vec::new(), key: None, pick: Pick::Tenant(shop.id) }
    });
    let items = items.collect();
    state.overlays.push(Overlay::Picker(Box::new(picker(PickerKind::Tenant, "Which business?", items))));
}

/// Search over all messages, or those of a chat.
pub fn search(state: &mut State, chat: Option<ChatId>) {
    let title = if chat.is_some() { "Search this chat" } else { "Search all messages" };
    state.overlays.push(Overlay::Picker(Box::new(picker(PickerKind::Search { chat }, title, Vec::new()))));
}

/// A list to pick from, for a screen.
pub fn choose(state: &mut State, kind: PickerKind, title: &str, items: Vec<PickItem>) {
    state.overlays.push(Overlay::Picker(Box::new(picker(kind, title, items))));
}

/// The words of the topmost picker changed.
pub fn changed(state: &mut State, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    let Some(Overlay::Picker(picker)) = state.overlays.last_mut() else { return };
    if let PickerKind::Search { chat } = picker.kind {
        let words = picker.input.text().trim().to_owned();
        picker.failure = None;
        if words.chars().count() < 2 {
            picker.items.clear();
            picker.awaited = Awaited::Nothing;
            overlays::fit(picker);
            return;
        }
        let asked = ChatSearch {
            tenant,
            text: words,
            chat: chat.map(|id| ChatName::from(id.to_string())),
            instance: None,
            limit: Some(50),
            after: None,
        };
        picker.awaited = Awaited::Answer(Box::new(asked.clone().into()));
        cx.ask(asked);
        return;
    }
    overlays::fit(picker);
    let words = picker.input.text().trim().to_owned();
    if matches!(picker.kind, PickerKind::Merge(_) | PickerKind::Palette) {
        picker.awaited = Awaited::Nothing;
    }
    if matches!(picker.kind, PickerKind::Merge(_)) && words.chars().count() >= 2 {
        let asked = ContactList { tenant, find: Some(words), limit: Some(FOUND), ..ContactList::default() };
        picker.awaited = Awaited::Answer(Box::new(asked.clone().into()));
        cx.ask(asked);
        return;
    }
    if picker.kind == PickerKind::Palette && words.chars().count() >= 2 {
        // The lists on the screens are a part of all chats and people: the daemon knows the rest.
        let (tenant_too, find) = (tenant.clone(), Some(words.clone()));
        cx.ask(ContactList { tenant: tenant_too, find, limit: Some(FOUND), ..ContactList::default() });
        let asked = ChatList { tenant, find: Some(words), limit: Some(FOUND), ..ChatList::default() };
        picker.awaited = Awaited::Answer(Box::new(asked.clone().into()));
        cx.ask(asked);
    }
}

/// A message that was found, as something to pick: what was looked for is marked.
pub fn hit_item(hit: SearchHit, now: Timestamp, zone: &TimeZone) -> PickItem {
    let who = hit.chat_name.or_else(|| hit.phone.map(|phone| phone.to_string())).unwrap_or_default();
    let label = CleanText::line(&format!("{who}  {}", moment::stamp(hit.interaction.at, now, zone)));
    let (detail, marks) = marked(&hit.snippet, &hit.marks);
    PickItem { label, detail, marks, key: None, pick: Pick::Hit(hit.interaction.chat, hit.interaction.id) }
}

/// A text cleaned, and the places of the characters in it that lie within these spans of bytes.
fn marked(text: &str, spans: &[[u32; 2]]) -> (CleanText, Vec<u32>) {
    let (mut clean, mut marks, mut at) = (String::new(), Vec::new(), 0);
    let mut take = |part: &str, found: bool| {
        let part = CleanText::line(part);
        let from = clean.chars().count();
        clean.push_str(part.as_str());
        let to = clean.chars().count();
        if found {
            marks.extend((from..to).filter_map(|place| u32::try_from(place).ok()));
        }
    };
    for [from, to] in spans {
        let (from, to) = (usize::try_from(*from).unwrap_or(usize::MAX), usize::try_from(*to).unwrap_or(usize::MAX));
        if let (Some(before), Some(found)) = (text.get(at..from), text.get(from..to)) {
            take(before, false);
            take(found, true);
            at = to;
        }
    }
    take(text.get(at..).unwrap_or_default(), false);
    (CleanText::line(&clean), marks)
}

/// Chats and people that the daemon knows by these words, for the palette that looks for them.
pub fn came(state: &mut State, asked: &ChatList, reply: &Result<Page<ChatSummary>, Refusal>) -> Handled {
    let Some(Overlay::Picker(picker)) = state.overlays.last_mut() else { return Handled::No };
    if picker.kind != PickerKind::Palette || picker.awaited != Awaited::Answer(Box::new(asked.clone().into())) {
        return Handled::No;
    }
    picker.awaited = Awaited::Nothing;
    if let Ok(page) = reply {
        add(picker, page.items.iter().map(chat_item));
    }
    Handled::Yes
}

/// People that the daemon knows by these words.
pub fn people_came(state: &mut State, asked: &ContactList, reply: &Result<Page<Contact>, Refusal>) -> Handled {
    let Some(Overlay::Picker(picker)) = state.overlays.last_mut() else { return Handled::No };
    let ours = asked.limit == Some(FOUND) && asked.find.is_some() && asked.after.is_none();
    let kept = match picker.kind {
        PickerKind::Palette if ours => None,
        PickerKind::Merge(kept) if ours => Some(kept),
        _ => return Handled::No,
    };
    if picker.awaited == Awaited::Answer(Box::new(asked.clone().into())) {
        picker.awaited = Awaited::Nothing;
    }
    if let Ok(page) = reply {
        let others = page.items.iter().filter(|contact| Some(contact.id) != kept);
        let item = |contact: &Contact| match kept {
            Some(kept) => contacts::merge_item(kept, contact),
            None => contact_item(contact),
        };
        add(picker, others.map(item));
    }
    Handled::Yes
}

/// Puts further things among those to pick; what is being looked at stays where it is.
fn add(picker: &mut Picker, items: impl Iterator<Item = PickItem>) {
    for item in items {
        if !picker.items.iter().any(|known| known.pick == item.pick) {
            picker.items.push(item);
        }
    }
    let (selected, top) = (picker.selected, picker.top);
    let looked_at = picker.current().map(|item| item.pick.clone());
    overlays::fit(picker);
    // By what it is, not by its place: the answer may put something before it while Enter is on its way.
    let here = picker.shown.iter().position(|(at, _)| Some(&picker.items[*at].pick) == looked_at.as_ref());
    picker.selected = here.unwrap_or(selected).min(picker.shown.len().saturating_sub(1));
    picker.top = top;
}

fn contact_item(contact: &Contact) -> PickItem {
    let phone = contact.phone.as_ref().map(ToString::to_string).unwrap_or_default();
    let name = contact.name.clone().unwrap_or_else(|| phone.clone());
    let detail = CleanText::line(&format!("person  {phone}"));
    PickItem { label: CleanText::line(&name), detail, marks: Vec::new(), key: None, pick: Pick::Contact(contact.id) }
}

fn chat_item(chat: &ChatSummary) -> PickItem {
    let phone = chat.phone.as_ref().map(ToString::to_string).unwrap_or_default();
    let name = chat.name.clone().unwrap_or_else(|| phone.clone());
    let detail = CleanText::line(&format!("chat  {phone}"));
    PickItem { label: CleanText::line(&name), detail, marks: Vec::new(), key: None, pick: Pick::Chat(chat.id) }
}

/// Something was picked in the topmost picker, which goes away.
pub fn picked(state: &mut State, pick: Option<Pick>, cx: &mut Cx<'_>) {
    let Some(Overlay::Picker(picker)) = state.overlays.last() else { return };
    let typed = picker.input.text();
    let kind = picker.kind.clone();
    let pick = match (pick, &kind) {
        // A span of time may be typed that is not in the list.
        (None, PickerKind::Pause(chat)) => span(&typed).map(|span| Pick::Pause(*chat, span)),
        (None, PickerKind::Snooze(chat)) => span(&typed).map(|span| Pick::Snooze(*chat, span)),
        (pick, _) => pick,
    };
    let label = picker.current().map(|item| item.label.clone());
    let Some(pick) = pick else { return };
    state.overlays.pop();
    match pick {
        Pick::Action(action) => keys::perform(state, action, cx),
        Pick::Elsewhere(screen, action) => {
            super::go(state, screen, cx);
            keys::perform(state, action, cx);
        }
        Pick::Tenant(id) => entrance::choose(state, id, cx),
        Pick::Contact(id) => contacts::show(state, id, cx),
        Pick::Segment(_, query) => contacts::segment_picked(state, &query, cx),
        Pick::Merge(kept, other) => contacts::merge_ask(state, kept, other, &label.unwrap_or_default()),
        Pick::Row(FoundRow::Campaign(id)) => {
            state.campaigns.place = crate::state::campaigns::Place::List;
            state.campaigns.rows.select(id);
        }
        Pick::Row(FoundRow::Setting(key)) => state.settings.rows.select(key),
        Pick::CloneFor(id, whom) => super::campaigns::copied_for(state, id, whom),
        Pick::Setting(key, place, value) => super::settings::picked(state, key, &place, value, cx),
        Pick::QuickReply(id, text, _) => {
            if let PickerKind::QuickReply(chat) = kind {
                super::chats::quick_reply_picked(state, chat, id, &text, cx);
            }
        }
        pick => super::chats::picked(state, pick, cx),
    }
}

/// `2h`, `30m`, `3d`.
fn span(words: &str) -> Option<Duration> {
    let span: mychatflow_data::protocol::span::Span = words.trim().parse().ok()?;
    Some(span.0)
}
