//! Contacts.

use mychatflow_data::ids::ContactId;
use mychatflow_data::model::contact::Contact;
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::contact::{
    ContactList, ContactOptout, ContactShow, ContactShown, ContactTag, OptOut, Reviewed, Tagging,
};
use mychatflow_data::protocol::name::{ContactName, Cursor};

use super::lists::{self, First};
use super::{Cx, Handled, again, overlays, palette};
use crate::action::Action;
use crate::key::Key;
use crate::msg::{Answer, Effect, Refusal};
use crate::state::State;
use crate::state::chats::Finding;
use crate::state::contacts::{TABS, facts, name, standing};
use crate::state::form::{Field, Form, FormKind, anything};
use crate::state::input::{Input, Lines};
use crate::state::list::{Known, Reading};
use crate::state::overlay::{Confirm, Deed, Overlay, Pick, PickItem, PickerKind, Reader, ReaderLine};
use crate::state::toasts::Tone;
use crate::text::CleanText;

/// What can be done here. The last two are those of the filter.
pub const HINTS: &[(Action, &str)] = &[
    (Action::Open, "show"),
    (Action::ContactChat, "chat"),
    (Action::Add, "new"),
    (Action::ChatTag, "tags"),
    (Action::Personal, "personal"),
    (Action::Filter, "filter"),
    (Action::TabNext, "tab"),
    (Action::Submit, "keep this filter"),
    (Action::Close, "show all again"),
];

/// Reads it.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    again(&mut state.contacts.rows.reading);
    let asked = wanted(state, None);
    cx.ask(asked);
}

/// The page that belongs on the screen.
fn wanted(state: &State, after: Option<Cursor>) -> ContactList {
    ContactList {
        tenant: state.tenant_name(),
        review: state.contacts.review,
        find: state.contacts.words(),
        after,
        ..ContactList::default()
    }
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    let contacts = &mut state.contacts;
    let done = lists::act(&mut contacts.rows, cx.seen, action);
    if done == Handled::Yes {
        moved(state, cx);
        return done;
    }
    match action {
        Action::Filter => {
            contacts.find.get_or_insert_with(|| Input::empty(Lines::One));
            contacts.finding = Finding::Open;
        }
        Action::Submit => {
            contacts.finding = Finding::Closed;
            if contacts.words().is_none() {
                contacts.find = None;
            }
        }
        Action::Close => unfilter(state, cx),
        Action::Back if contacts.find.is_some() => unfilter(state, cx),
        Action::TabNext | Action::FocusNext => tab(state, (state.contacts.tab() + 1) % TABS.len(), cx),
        Action::TabBack | Action::FocusBack => tab(state, (state.contacts.tab() + TABS.len() - 1) % TABS.len(), cx),
        Action::Add => add(state),
        Action::Triage => super::triage::open(state, cx),
        _ => return on_selected(state, action, cx),
    }
    Handled::Yes
}

/// Tries an action on the selected person.
fn on_selected(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    let Some(contact) = state.contacts.rows.selected().cloned() else { return Handled::No };
    match action {
        Action::Open => show(state, contact.id, cx),
        Action::ContactChat => chat(state, &contact, cx),
        Action::Edit => rename(state, &contact),
        Action::ChatTag => tags(state, &contact),
        Action::Personal => review(state, &contact, Reviewed::Personal, cx),
        Action::Customer => review(state, &contact, Reviewed::Customer, cx),
        Action::OptOut => opt_out(state, &contact, cx),
        Action::Copy => match &contact.phone {
            Some(phone) => cx.want(Effect::Copy(phone.to_string())),
            None => state.toasts.say(Tone::Info, "the phone number is not known yet", cx.now),
        },
        _ => return Handled::No,
    }
    Handled::Yes
}

/// The selection moved: the next page may be due, and the person's chats.
fn moved(state: &mut State, cx: &mut Cx<'_>) {
    if let Some(after) = state.contacts.rows.wants_more() {
        state.contacts.rows.reading = Reading::Again;
        let asked = wanted(state, Some(after));
        cx.ask(asked);
    }
    look(state, cx);
}

/// Reads the selected person's chats where there is room to show them; one person at a time, however fast one moves.
pub fn look(state: &mut State, cx: &mut Cx<'_>) {
    let room = cx.seen.panes.table().is_some_and(|table| table.detail.is_some());
    let Some(id) = state.contacts.rows.selected().map(|contact| contact.id) else { return };
    if room && state.contacts.looking.is_none() && state.contacts.selected_shown().is_none() {
        state.contacts.looking = Some(id);
        let asked = shown_by(state, id);
        cx.ask(asked);
    }
}

fn shown_by(state: &State, id: ContactId) -> ContactShow {
    ContactShow { tenant: state.tenant_name(), contact: ContactName::from(id.to_string()) }
}

/// Goes to a tab by its place.
pub fn tab(state: &mut State, at: usize, cx: &mut Cx<'_>) {
    let Some((review, _)) = TABS.get(at) else { return };
    if state.contacts.review != *review {
        state.contacts.review = *review;
        anew(state, cx);
    }
}

/// Reads the list from its beginning, as another one.
fn anew(state: &mut State, cx: &mut Cx<'_>) {
    state.contacts.rows.next = None;
    state.contacts.rows.reading = Reading::Again;
    let asked = wanted(state, None);
    cx.ask(asked);
}

fn unfilter(state: &mut State, cx: &mut Cx<'_>) {
    let had_words = state.contacts.words().is_some();
    state.contacts.find = None;
    state.contacts.finding = Finding::Closed;
    if had_words {
        anew(state, cx);
    }
}

/// A key was typed into the filter.
pub fn typed(state: &mut State, key: Key, cx: &mut Cx<'_>) {
    change_filter(state, cx, |input| {
        input.key(key);
    });
}

/// Text was pasted into the filter.
pub fn pasted(state: &mut State, text: &str, cx: &mut Cx<'_>) {
    change_filter(state, cx, |input| input.paste(text));
}

/// Asks only when the words are others than before: moving the cursor finds nobody new.
fn change_filter(state: &mut State, cx: &mut Cx<'_>, change: impl FnOnce(&mut Input)) {
    if !state.contacts.filter_open() {
        return;
    }
    let before = state.contacts.words();
    if let Some(input) = &mut state.contacts.find {
        change(input);
    }
    if state.contacts.words() != before {
        anew(state, cx);
    }
}

fn phone(text: &str) -> Result<(), String> {
    match Phone::parse(text) {
        Ok(_) => Ok(()),
        Err(_) => Err("a number with its country code goes here: +49 151 1111111".to_owned()),
    }
}

fn add(state: &mut State) {
    let fields = vec![
        Field::line("phone", "Phone number", "with country code: +49 151 1111111", "", phone),
        Field::line("name", "Name", "may be left empty", "", anything),
        Field::line("tags", "Tags", "words with commas or spaces between them: vip, bread", "", anything),
    ];
    let intro = "Somebody who has not written yet. Nothing is sent to them.";
    state.overlays.push(Overlay::Form(Box::new(Form::new(FormKind::ContactAdd, "New contact", intro, fields))));
}

fn rename(state: &mut State, contact: &Contact) {
    let old = contact.name.as_deref().unwrap_or_default();
    let fields = vec![Field::line("name", "Name", "empty: the phone number stands in its place", old, anything)];
    let form = Form::new(FormKind::ContactEdit(contact.id), "Another name", "", fields);
    state.overlays.push(Overlay::Form(Box::new(form)));
}

fn tags(state: &mut State, contact: &Contact) {
    let hint = "words with commas or spaces between them; what you take out is taken off";
    let fields = vec![Field::line("tags", "Tags", hint, &contact.tags.join(" "), anything)];
    let kind = FormKind::Tags(contact.id, contact.tags.clone());
    let form = Form::new(kind, &format!("Tags of {}", name(contact)), "", fields);
    state.overlays.push(Overlay::Form(Box::new(form)));
}

fn review(state: &State, contact: &Contact, review: Reviewed, cx: &mut Cx<'_>) {
    cx.ask(ContactTag {
        tenant: state.tenant_name(),
        contact: ContactName::from(contact.id.to_string()),
        tags: Vec::new(),
        remove: Tagging::Add,
        review: Some(review),
    });
}

fn opt_out(state: &mut State, contact: &Contact, cx: &mut Cx<'_>) {
    let back = if contact.opted_out_at.is_some() { OptOut::Back } else { OptOut::Out };
    let contact_name = ContactName::from(contact.id.to_string());
    let question = ContactOptout { tenant: state.tenant_name(), contact: contact_name, back };
    match back {
        OptOut::Back => cx.ask(question),
        OptOut::Out => state.overlays.push(Overlay::Confirm(Confirm {
            title: CleanText::line("Write no more?"),
            text: CleanText::block(&format!(
                "Neither the assistant nor campaigns will write to {} any more, until you take this back. You can still \
                 write yourself.",
                name(contact)
            )),
            yes: "opt out",
            deed: Deed::Ask(Box::new(question.into())),
        })),
    }
}

/// Opens a person's chat: at once where it is known, else when it is.
fn chat(state: &mut State, contact: &Contact, cx: &mut Cx<'_>) {
    match state.contacts.selected_shown().cloned() {
        Some(shown) => open_chat(state, &shown, cx),
        None => {
            state.contacts.opening = Some(contact.id);
            let asked = shown_by(state, contact.id);
            cx.ask(asked);
        }
    }
}

fn open_chat(state: &mut State, shown: &ContactShown, cx: &mut Cx<'_>) {
    match shown.chats.as_slice() {
        [] => {
            let words = format!("there is no chat with {} yet", name(&shown.contact));
            state.toasts.say(Tone::Info, &words, cx.now);
        }
        [chat] => super::chats::picked(state, Pick::Chat(chat.id), cx),
        chats => {
            let items = chats.iter().map(|chat| PickItem {
                label: number_name(state, chat.instance),
                detail: CleanText::line(&standing(chat, state.now, &state.zone)),
                marks: Vec::new(),
                key: None,
                pick: Pick::Chat(chat.id),
            });
            let items = items.collect();
            palette::choose(state, PickerKind::Chat, &format!("Chats with {}", name(&shown.contact)), items);
        }
    }
}

fn number_name(state: &State, id: mychatflow_data::ids::InstanceId) -> CleanText {
    let number = state.numbers.rows.items().iter().find(|number| number.id == id);
    CleanText::line(number.map_or("another number", |number| &number.name))
}

/// Shows a person.
pub fn show(state: &mut State, id: ContactId, cx: &mut Cx<'_>) {
    let question = shown_by(state, id);
    let known = state.contacts.rows.items().iter().find(|contact| contact.id == id);
    let title = known.map_or_else(|| CleanText::line("Contact"), name);
    state.overlays.push(Overlay::Reader(Reader::waiting(title.as_str(), question.clone().into())));
    cx.ask(question);
}

fn lines(state: &State, shown: &ContactShown) -> Vec<ReaderLine> {
    let fact = |name: &str, words: &str| ReaderLine::Fact(CleanText::line(name), CleanText::block(words));
    let mut lines: Vec<ReaderLine> =
        facts(&shown.contact, state.now, &state.zone).into_iter().map(|(name, words, _)| fact(name, &words)).collect();
    lines.extend([ReaderLine::Gap, ReaderLine::Heading(CleanText::line("Chats"))]);
    if shown.chats.is_empty() {
        lines.push(ReaderLine::Words(CleanText::line("None yet.")));
    }
    for chat in &shown.chats {
        let number = number_name(state, chat.instance);
        lines.push(ReaderLine::Fact(number, CleanText::line(&standing(chat, state.now, &state.zone))));
        if let Some(preview) = &chat.preview {
            lines.push(fact("", preview));
        }
    }
    lines
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    match answer {
        Answer::ContactList(asked, reply) => {
            // Somebody typed on, or went to another tab: another answer is on its way.
            if asked != wanted(state, asked.after.clone()) {
                return;
            }
            lists::take(&mut state.contacts.rows, First::of(asked.after.as_ref()), reply, cx.now);
            look(state, cx);
        }
        Answer::ContactShow(asked, reply) => shown(state, &asked, reply, cx),
        Answer::ContactAdd(_, Ok(contact)) => {
            let words = format!("{} is among your contacts", name(&contact));
            let id = contact.id;
            changed(state, contact, &words, cx);
            state.contacts.rows.select(id);
        }
        Answer::ContactEdit(_, Ok(contact)) => {
            let words = format!("{} is the name now", name(&contact));
            changed(state, contact, &words, cx);
        }
        Answer::ContactTag(asked, Ok(contact)) => {
            let words = match asked.review {
                Some(review) => format!("{} is {review} now", name(&contact)),
                None if contact.tags.is_empty() => format!("{} has no tags now", name(&contact)),
                None => format!("{} is tagged {} now", name(&contact), contact.tags.join(", ")),
            };
            changed(state, contact, &words, cx);
        }
        Answer::ContactOptout(asked, Ok(contact)) => {
            let words = match asked.back {
                OptOut::Out => format!("{} is not written to any more", name(&contact)),
                OptOut::Back => format!("{} may be written to again", name(&contact)),
            };
            changed(state, contact, &words, cx);
        }
        other => {
            if let Some(refusal) = other.refusal() {
                super::answers::refused(state, refusal, cx);
            }
        }
    }
}

/// A person changed.
fn changed(state: &mut State, contact: Contact, words: &str, cx: &mut Cx<'_>) {
    state.toasts.say(Tone::Good, words, cx.now);
    let contacts = &mut state.contacts;
    if let Some(shown) = contacts.shown.as_mut().filter(|shown| shown.contact.id == contact.id) {
        shown.contact = contact.clone();
    }
    let belongs = contacts.review.is_none_or(|review| review == contact.review);
    if !belongs {
        contacts.rows.change(|items| items.retain(|item| item.id != contact.id));
    } else if contacts.rows.put(contact.clone()) == Known::Missing && contacts.rows.failure().is_none() {
        contacts.rows.change(|items| items.insert(0, contact));
    }
    look(state, cx);
}

/// A person with their chats came.
fn shown(state: &mut State, asked: &ContactShow, reply: Result<ContactShown, Refusal>, cx: &mut Cx<'_>) {
    let is = |id: Option<ContactId>| id.is_some_and(|id| asked.contact.as_str() == id.to_string());
    let lines = reply.as_ref().map(|shown| lines(state, shown)).map_err(Clone::clone);
    if let Some(reader) = overlays::reader_for(state, asked.clone()) {
        overlays::fill(reader, lines);
    }
    let opening = is(state.contacts.opening);
    if opening {
        state.contacts.opening = None;
    }
    if is(state.contacts.looking) {
        state.contacts.looking = None;
    }
    match reply {
        Ok(shown) => {
            if opening {
                open_chat(state, &shown, cx);
            }
            if is(state.contacts.rows.selected_id()) {
                state.contacts.shown = Some(shown);
            } else {
                look(state, cx);
            }
        }
        Err(refusal) if opening => super::answers::refused(state, &refusal, cx),
        Err(_) => {}
    }
}
