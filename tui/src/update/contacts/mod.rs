//! Contacts.

mod bulk;
mod forms;
mod import;
mod merge;
mod person;
mod segments;

pub use self::bulk::{answered as bulk_answered, begin as bulk_begin};
pub use self::forms::{questions, retagged, submitted};
pub use self::import::{act as import_act, piece_came};
pub use self::merge::{ask as merge_ask, item as merge_item};
pub use self::person::{act as person_act, open as show};
pub use self::segments::{picked as segment_picked, remove as segment_remove};

use std::time::Duration;

use mychatflow_data::ids::ContactId;
use mychatflow_data::model::contact::Contact;
use mychatflow_data::protocol::calls::contact::{
    ContactErased, ContactList, ContactOptedOut, ContactOptout, ContactShow, ContactShown, ContactTag, OptOut,
    Reviewed, Tagging,
};
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::name::{ContactName, Cursor};

use super::lists::{self, First};
use super::{Cx, Handled, again, export, palette};
use crate::action::Action;
use crate::export::ExportKind;
use crate::key::Key;
use crate::keymap::Scope;
use crate::msg::{Answer, Effect, Refusal};
use crate::state::chats::Finding;
use crate::state::confirm::ConfirmKind;
use crate::state::contacts::{Next, TABS, name, standing};
use crate::state::input::{Input, Lines};
use crate::state::list::{Known, Reading};
use crate::state::overlay::{Overlay, Pick, PickItem, PickerKind, Reader, ReaderLine};
use crate::state::toasts::Tone;
use crate::state::{Screen, State};
use crate::text::CleanText;

/// How long the list may be behind while people write.
const STALE: Duration = Duration::from_millis(1500);
/// What can be done here.
const HINTS: &[(Action, &str)] = &[
    (Action::Open, "show"),
    (Action::Edit, "edit"),
    (Action::ChatTag, "tags"),
    (Action::Filter, "filter"),
    (Action::Add, "new"),
    (Action::Import, "import"),
    (Action::ContactChat, "chat"),
    (Action::Mark, "mark"),
    (Action::Segments, "segments"),
    (Action::Export, "export"),
    (Action::Personal, "personal"),
    (Action::TabNext, "tab"),
];
/// What can be done while the filter is typed.
const FILTER_HINTS: &[(Action, &str)] = &[(Action::Submit, "keep this filter"), (Action::Close, "show all again")];
/// What can be done with everybody who has a mark.
const MARK_HINTS: &[(Action, &str)] = &[
    (Action::Mark, "mark"),
    (Action::MarkAll, "all"),
    (Action::ChatTag, "tags"),
    (Action::Personal, "personal"),
    (Action::Customer, "customer"),
    (Action::OptOut, "opt out"),
    (Action::Back, "no marks"),
];

/// What can be done here, most useful first.
#[must_use]
pub fn hints(state: &State) -> &'static [(Action, &'static str)] {
    match state.contacts.marked.is_empty() {
        _ if state.contacts.filter_open() => FILTER_HINTS,
        true => HINTS,
        false => MARK_HINTS,
    }
}

/// Reads it.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    again(&mut state.contacts.rows.reading);
    state.contacts.renewing = None;
    let asked = wanted(state, None);
    cx.ask(asked);
    segments::ask(state, cx);
}

/// Somebody wrote, who may be new: the list is brought up to date soon, once for a crowd of events.
pub fn stale(state: &mut State, cx: &Cx<'_>) {
    if state.screen == Screen::Contacts && state.contacts.stale_at.is_none() {
        state.contacts.stale_at = Some(cx.now + STALE);
    }
}

/// A time that was asked for has come.
pub fn woke(state: &mut State, cx: &mut Cx<'_>) {
    if state.contacts.stale_at.is_some_and(|at| at <= cx.now) {
        state.contacts.stale_at = None;
        renew(state, cx);
    }
}

/// Brings the list up to date where one stands in it.
fn renew(state: &mut State, cx: &mut Cx<'_>) {
    // Whatever is under way brings it anyway.
    if state.screen == Screen::Contacts && matches!(state.contacts.rows.reading, Reading::Done(_)) {
        let asked = wanted(state, None);
        state.contacts.renewing = Some(asked.clone());
        cx.ask(asked);
    }
}

/// The page that belongs on the screen.
fn wanted(state: &State, after: Option<Cursor>) -> ContactList {
    ContactList {
        tenant: state.tenant_name(),
        review: state.contacts.review,
        query: state.contacts.words(),
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
            contacts.find = contacts.find.take().filter(|find| !find.is_blank());
        }
        Action::Close => unfilter(state, cx),
        Action::Back if !contacts.marked.is_empty() => contacts.marked.clear(),
        Action::Back if contacts.find.is_some() => unfilter(state, cx),
        Action::TabNext | Action::FocusNext => tab(state, (state.contacts.tab() + 1) % TABS.len(), cx),
        Action::TabBack | Action::FocusBack => tab(state, (state.contacts.tab() + TABS.len() - 1) % TABS.len(), cx),
        Action::Add => forms::add(state),
        Action::Triage => super::triage::open(state, cx),
        Action::Segments => segments::open(state, cx),
        Action::SegmentSave => segments::save(state, cx),
        Action::Import => import::open(state),
        Action::Export => {
            let query = contacts.query();
            export::open(state, ExportKind::People { query }, cx);
        }
        Action::Mark => {
            bulk::mark(state);
            moved(state, cx);
        }
        Action::MarkAll => bulk::mark_all(state, cx),
        Action::Erase if !contacts.marked.is_empty() => {
            let unmark = state.keymap.key_of(&[Scope::Contacts, Scope::Global], Action::Back).unwrap_or_default();
            let words = format!("erasing is for one person at a time: take the marks off first ({unmark})");
            state.toasts.say(Tone::Info, &words, cx.now);
        }
        _ if !contacts.marked.is_empty() && bulk::act(state, action, cx) == Handled::Yes => {}
        _ => return on_subject(state, action, cx),
    }
    Handled::Yes
}

/// Whom an action is about: the person in full, or the selected one.
fn subject(state: &State) -> Option<Contact> {
    match person::topmost(state) {
        Some(person) => {
            let row = || state.contacts.rows.items().iter().find(|contact| contact.id == person.id).cloned();
            person.shown.as_ref().map(|shown| shown.contact.clone()).or_else(row)
        }
        None => state.contacts.rows.selected().cloned(),
    }
}

/// What the daemon told of a person, if it is here.
fn shown_of(state: &State, id: ContactId) -> Option<&ContactShown> {
    let sheet = person::topmost(state).and_then(|person| person.shown.as_ref());
    sheet.into_iter().chain(&state.contacts.shown).find(|shown| shown.contact.id == id)
}

/// Tries an action on one person.
fn on_subject(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    let Some(contact) = subject(state) else { return Handled::No };
    match action {
        Action::Open => show(state, contact.id, cx),
        Action::ContactChat => with_shown(state, contact.id, Next::Chat, cx),
        Action::Edit => forms::edit(state, &contact),
        Action::ChatTag => forms::tags_of(state, &contact),
        Action::Personal => review(state, &contact, Reviewed::Personal, cx),
        Action::Customer => review(state, &contact, Reviewed::Customer, cx),
        Action::OptOut => opt_out(state, &contact),
        Action::Merge => merge::open(state, &contact),
        Action::Unmerge => with_shown(state, contact.id, Next::Unmerge, cx),
        Action::Erase => forms::erase(state, &contact),
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
    state.contacts.renewing = None;
    let asked = wanted(state, None);
    cx.ask(asked);
}

fn unfilter(state: &mut State, cx: &mut Cx<'_>) {
    let had_words = state.contacts.words().is_some();
    state.contacts.find = None;
    state.contacts.finding = Finding::Closed;
    state.contacts.wrong = None;
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

fn review(state: &State, contact: &Contact, review: Reviewed, cx: &mut Cx<'_>) {
    cx.ask(ContactTag {
        tenant: state.tenant_name(),
        contact: ContactName::from(contact.id.to_string()),
        tags: Vec::new(),
        remove: Tagging::Add,
        review: Some(review),
    });
}

fn opt_out(state: &mut State, contact: &Contact) {
    let back = if contact.opted_out_at.is_some() { OptOut::Back } else { OptOut::Out };
    let contact_name = ContactName::from(contact.id.to_string());
    let question = ContactOptout { tenant: state.tenant_name(), contact: contact_name, back };
    let who = name(contact).into_string();
    let kind = match back {
        OptOut::Out => ConfirmKind::OptOut { who },
        OptOut::Back => ConfirmKind::OptIn { who },
    };
    state.confirm(&kind, question);
}

/// Goes on with a person's chats or merges: at once where they are known, else when they are.
fn with_shown(state: &mut State, id: ContactId, next: Next, cx: &mut Cx<'_>) {
    match shown_of(state, id).cloned() {
        Some(shown) => go_on(state, &shown, next, cx),
        None => {
            state.contacts.next = Some((id, next));
            let asked = shown_by(state, id);
            cx.ask(asked);
        }
    }
}

fn go_on(state: &mut State, shown: &ContactShown, next: Next, cx: &mut Cx<'_>) {
    match next {
        Next::Chat => open_chat(state, shown, cx),
        Next::Unmerge => merge::undo(state, shown, cx),
    }
}

/// Reads a person anew, wherever they are shown.
fn read_again(state: &mut State, id: ContactId, cx: &mut Cx<'_>) {
    let asked = shown_by(state, id);
    cx.ask(asked);
}

fn open_chat(state: &mut State, shown: &ContactShown, cx: &mut Cx<'_>) {
    match shown.chats.as_slice() {
        [] => {
            let words = format!("there is no chat with {} yet", name(&shown.contact));
            state.toasts.say(Tone::Info, &words, cx.now);
        }
        [chat] => {
            person::close(state);
            super::chats::picked(state, Pick::Chat(chat.id), cx);
        }
        chats => {
            person::close(state);
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

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    match answer {
        Answer::ContactList(asked, reply) => {
            // Somebody typed on, or went to another tab: another answer is on its way.
            if asked != wanted(state, asked.after.clone()) {
                return;
            }
            let quiet = state.contacts.renewing.take_if(|renewing| *renewing == asked).is_some();
            match reply {
                Ok(page) if quiet => {
                    state.contacts.rows.renew(page.items, page.next, cx.now);
                    look(state, cx);
                }
                // What stands there is as good as it was.
                Err(_) if quiet => {}
                // What is half typed means nothing yet: the rows of the last good query stand.
                Err(refusal) if asked.query.is_some() && refusal.code == Some(Code::Invalid) => {
                    state.contacts.wrong = Some(refusal.text);
                    state.contacts.rows.reading = Reading::Done(cx.now);
                }
                reply => {
                    state.contacts.wrong = None;
                    if reply.is_ok() && asked.after.is_none() {
                        state.contacts.rows_of = Some((asked.review, asked.query.clone()));
                    }
                    lists::take(&mut state.contacts.rows, First::of(asked.after.as_ref()), reply, cx.now);
                    look(state, cx);
                }
            }
        }
        Answer::ContactShow(asked, reply) => shown(state, &asked, reply, cx),
        Answer::ContactAdd(_, Ok(contact)) => {
            let words = format!("{} is among your contacts", name(&contact));
            let id = contact.id;
            changed(state, contact, &words, cx);
            state.contacts.rows.select(id);
        }
        Answer::ContactEdit(_, Ok(contact)) => {
            let words = format!("what you know of {} is kept", name(&contact));
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
        Answer::ContactOptout(asked, Ok(ContactOptedOut::Person(contact))) => {
            let words = match asked.back {
                OptOut::Out => format!("{} is not written to any more", name(&contact)),
                OptOut::Back => format!("{} may be written to again", name(&contact)),
            };
            changed(state, *contact, &words, cx);
        }
        Answer::ContactMerge(asked, Ok(merged)) => merge::done(state, &asked, merged, cx),
        Answer::ContactUnmerge(_, Ok(unmerged)) => merge::undone(state, unmerged, cx),
        Answer::ContactErase(_, Ok(erased)) => gone(state, &erased, cx),
        Answer::ContactImport(asked, reply) => import::answered(state, asked, reply, cx),
        answer @ (Answer::SegmentList(..) | Answer::SegmentAdd(..) | Answer::SegmentRemove(..)) => {
            segments::answered(state, answer, cx);
        }
        other => {
            if let Some(refusal) = other.refusal() {
                super::answers::refused(state, refusal, cx);
            }
        }
    }
}

/// A person is no more: what is left is a receipt.
fn gone(state: &mut State, erased: &ContactErased, cx: &mut Cx<'_>) {
    person::close(state);
    state.contacts.forget(erased.id);
    let fact = |name: &str, count: i64| ReaderLine::Fact(CleanText::line(name), CleanText::line(&count.to_string()));
    let at = crate::moment::stamp(erased.at, state.now, &state.zone);
    let lines = vec![
        ReaderLine::Fact(CleanText::line("erased"), CleanText::line(&at)),
        fact("chats", erased.chats),
        fact("messages", erased.messages),
        fact("rows of campaigns that keep their state alone", erased.recipients),
        ReaderLine::Fact(CleanText::line("the id was"), CleanText::line(&erased.id.to_string())),
        ReaderLine::Gap,
        ReaderLine::Words(CleanText::line("A digest of the addresses stays, so that nobody writes to them again.")),
    ];
    state.overlays.push(Overlay::Reader(Reader::new("The person is erased", lines)));
    look(state, cx);
}

/// A person changed, and that is said.
fn changed(state: &mut State, contact: Contact, words: &str, cx: &mut Cx<'_>) {
    state.toasts.say(Tone::Good, words, cx.now);
    put(state, contact);
    look(state, cx);
}

/// Puts a person's new form wherever they are shown.
fn put(state: &mut State, contact: Contact) {
    if let Some(shown) = shown_of(state, contact.id) {
        let shown = ContactShown { contact: contact.clone(), ..shown.clone() };
        person::renew(state, shown);
    }
    let contacts = &mut state.contacts;
    if let Some(shown) = contacts.shown.as_mut().filter(|shown| shown.contact.id == contact.id) {
        shown.contact = contact.clone();
    }
    if let Some(marked) = contacts.marked.get_mut(&contact.id) {
        *marked = contact.clone();
    }
    let belongs = contacts.review.is_none_or(|review| review == contact.review);
    if !belongs {
        contacts.rows.change(|items| items.retain(|item| item.id != contact.id));
    } else if contacts.rows.put(contact.clone()) == Known::Missing && contacts.rows.failure().is_none() {
        contacts.rows.change(|items| items.insert(0, contact));
    }
}

/// Is this person what one looks at?
fn is_before(state: &State, id: ContactId) -> bool {
    match state.overlays.last() {
        Some(Overlay::Person(person)) => person.id == id,
        Some(_) => false,
        None => {
            let listed = state.screen == Screen::Contacts && !state.contacts.filter_open();
            listed && state.contacts.rows.selected_id() == Some(id)
        }
    }
}

/// A person with their chats came.
fn shown(state: &mut State, asked: &ContactShow, reply: Result<ContactShown, Refusal>, cx: &mut Cx<'_>) {
    let is = |id: Option<ContactId>| id.is_some_and(|id| asked.contact.as_str() == id.to_string());
    person::came(state, asked, &reply);
    let next = state.contacts.next.filter(|(id, _)| is(Some(*id))).map(|(_, next)| next);
    if next.is_some() {
        state.contacts.next = None;
    }
    if is(state.contacts.looking) {
        state.contacts.looking = None;
    }
    match reply {
        Ok(shown) => {
            if is(state.contacts.rows.selected_id()) {
                state.contacts.shown = Some(shown.clone());
            } else {
                look(state, cx);
            }
            match next {
                Some(next) if is_before(state, shown.contact.id) => go_on(state, &shown, next, cx),
                // Whoever went on meanwhile is doing something else: nothing may come between.
                Some(_) => {
                    let words = format!("{}: nothing was opened, because you went on", name(&shown.contact));
                    state.toasts.say(Tone::Info, &words, cx.now);
                }
                None => {}
            }
        }
        Err(refusal) if next.is_some() => super::answers::refused(state, &refusal, cx),
        Err(_) => {}
    }
}
