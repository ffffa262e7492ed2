//! A person in full, over the list.

use mychatflow_data::ids::ContactId;
use mychatflow_data::protocol::calls::contact::{ContactShow, ContactShown};

use super::{number_name, shown_by};
use crate::action::Action;
use crate::msg::Refusal;
use crate::state::State;
use crate::state::contacts::{facts, merged, name, standing};
use crate::state::overlay::{Awaited, Overlay, Reader, ReaderLine};
use crate::state::person::Person;
use crate::text::CleanText;
use crate::theme::Role;
use crate::update::{Cx, Handled, overlays};

/// Shows a person.
pub fn open(state: &mut State, id: ContactId, cx: &mut Cx<'_>) {
    let question = shown_by(state, id);
    let known = state.contacts.rows.items().iter().find(|contact| contact.id == id);
    let title = known.map_or_else(|| CleanText::line("Contact"), name);
    let mut person = Person { id, shown: None, reader: Reader::waiting(title.as_str(), question.clone().into()) };
    if let Some(shown) = state.contacts.selected_shown().filter(|shown| shown.contact.id == id).cloned() {
        person.reader.lines = lines(state, &shown);
        person.shown = Some(shown);
    }
    state.overlays.push(Overlay::Person(Box::new(person)));
    cx.ask(question);
}

/// The topmost person in full.
pub fn topmost(state: &State) -> Option<&Person> {
    match state.overlays.last() {
        Some(Overlay::Person(person)) => Some(person),
        _ => None,
    }
}

/// Somebody's sheet, wherever it lies.
fn sheet(state: &mut State, id: ContactId) -> Option<&mut Person> {
    state.overlays.iter_mut().rev().find_map(|overlay| match overlay {
        Overlay::Person(person) if person.id == id => Some(&mut **person),
        _ => None,
    })
}

/// Closes the sheets: something else is looked at, or the person is no more.
pub fn close(state: &mut State) {
    state.overlays.retain(|overlay| !matches!(overlay, Overlay::Person(_)));
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    let parts = cx.seen.overlays.last().map(|laid| (laid.parts.clone(), laid.inner.height));
    let Some(Overlay::Person(person)) = state.overlays.last_mut() else { return Handled::No };
    if action != Action::Copy && overlays::read(&mut person.reader, parts, action, cx) == Handled::Yes {
        return Handled::Yes;
    }
    super::on_subject(state, action, cx)
}

/// What the daemon told of a person came: the sheet shows it.
pub fn came(state: &mut State, asked: &ContactShow, reply: &Result<ContactShown, Refusal>) {
    let Ok(id) = asked.contact.as_str().parse::<ContactId>() else { return };
    let told = reply.as_ref().map(|shown| (shown.clone(), lines(state, shown))).map_err(|refusal| refusal.text.clone());
    let Some(person) = sheet(state, id) else { return };
    person.reader.awaited = Awaited::Nothing;
    match told {
        Ok((shown, lines)) => {
            person.reader.title = name(&shown.contact);
            person.reader.lines = lines;
            person.shown = Some(shown);
        }
        Err(text) => person.reader.lines = vec![ReaderLine::Bad(CleanText::block(&text))],
    }
}

/// A person changed: their sheet is written anew.
pub fn renew(state: &mut State, shown: ContactShown) {
    let lines = lines(state, &shown);
    if let Some(person) = sheet(state, shown.contact.id) {
        person.reader.title = name(&shown.contact);
        person.reader.lines = lines;
        person.shown = Some(shown);
    }
}

/// What is known of a person, line by line.
fn lines(state: &State, shown: &ContactShown) -> Vec<ReaderLine> {
    let mut lines = Vec::new();
    for (name, words, role) in facts(&shown.contact, state.now, &state.zone) {
        if role == Role::Bad && name == "opted out" {
            lines.splice(0..0, [ReaderLine::Bad(CleanText::line(&format!("Opted out {words}"))), ReaderLine::Gap]);
        } else {
            lines.push(ReaderLine::Fact(CleanText::line(&name), CleanText::block(&words)));
        }
    }
    lines.extend([ReaderLine::Gap, ReaderLine::Heading(CleanText::line("Chats"))]);
    if shown.chats.is_empty() {
        lines.push(ReaderLine::Words(CleanText::line("None yet.")));
    }
    for chat in &shown.chats {
        let number = number_name(state, chat.instance);
        let standing = standing(chat, state.now, &state.zone);
        let preview = chat.preview.as_deref().map(|preview| format!("\n{}", CleanText::line(preview)));
        let words = format!("{standing}{}", preview.unwrap_or_default());
        lines.push(ReaderLine::Fact(number, CleanText::block(&words)));
    }
    if !shown.merges.is_empty() {
        lines.extend([ReaderLine::Gap, ReaderLine::Heading(CleanText::line("Also this person"))]);
        let of = |merge| ReaderLine::Words(CleanText::line(&merged(merge, state.now, &state.zone)));
        lines.extend(shown.merges.iter().map(of));
    }
    lines
}
