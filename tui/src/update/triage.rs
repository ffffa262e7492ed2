//! People known from before pairing: marks, and what is told to the daemon of each of them.

use std::collections::BTreeSet;

use mychatflow_data::ids::ContactId;
use mychatflow_data::model::contact::{Contact, Review};
use mychatflow_data::protocol::calls::contact::{ContactList, ContactTag, Reviewed, Tagging};
use mychatflow_data::protocol::calls::overview::OverviewShow;
use mychatflow_data::protocol::name::{ContactName, TenantName};

use super::{Cx, Handled, lists};
use crate::action::Action;
use crate::key::Key;
use crate::layout::overlay::Parts;
use crate::msg::{Answer, Refusal};
use crate::state::confirm::{ConfirmKind, Deed, some_of};
use crate::state::contacts::name;
use crate::state::input::Taken;
use crate::state::list::Reading;
use crate::state::overlay::Overlay;
use crate::state::toasts::Tone;
use crate::state::triage::{Finding, Reviews, Triage};
use crate::state::{Screen, State};

/// How many people come at once.
const PAGE: u32 = 200;

/// How many people are known from before and wait for a word.
pub fn wanted(state: &State) -> i64 {
    state.dashboard.overview.as_ref().map_or(0, |overview| overview.unreviewed)
}

/// Opens the list and reads all of it.
pub fn open(state: &mut State, cx: &mut Cx<'_>) {
    let triage = Triage::default();
    cx.ask(question(&triage, state.tenant_name()));
    state.overlays.push(Overlay::Triage(Box::new(triage)));
}

/// What brings the next page.
fn question(triage: &Triage, tenant: Option<TenantName>) -> ContactList {
    let after = triage.rows.next.clone();
    ContactList { tenant, review: Some(Review::Unreviewed), limit: Some(PAGE), after, ..ContactList::default() }
}

fn triage(state: &mut State) -> Option<&mut Triage> {
    state.overlays.iter_mut().rev().find_map(|overlay| match overlay {
        Overlay::Triage(triage) => Some(&mut **triage),
        _ => None,
    })
}

/// Whether leaving means leaving the filter only.
pub fn keeps_open(overlay: &Overlay) -> bool {
    matches!(overlay, Overlay::Triage(triage) if triage.finding == Finding::Open || !triage.find.is_empty())
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    let table = match cx.seen.overlays.last().map(|laid| &laid.parts) {
        Some(Parts::Triage { table, .. }) => Some(*table),
        _ => None,
    };
    let Some(Overlay::Triage(triage)) = state.overlays.last_mut() else { return Handled::No };
    if lists::step(&mut triage.rows, table.as_ref(), action) == Handled::Yes {
        return Handled::Yes;
    }
    match action {
        Action::Filter => triage.finding = Finding::Open,
        Action::Close => {
            triage.finding = Finding::Closed;
            triage.find.set("");
            fit(triage);
        }
        Action::Submit if triage.finding == Finding::Open => triage.finding = Finding::Closed,
        Action::Submit => submit(state, cx),
        Action::Mark => {
            if let Some(id) = triage.rows.selected_id() {
                if !triage.marked.remove(&id) {
                    triage.marked.insert(id);
                }
                triage.rows.step(1);
            }
        }
        Action::MarkAll => {
            let shown: BTreeSet<ContactId> = triage.rows.items().iter().map(|person| person.id).collect();
            if shown.is_subset(&triage.marked) {
                triage.marked.retain(|id| !shown.contains(id));
            } else {
                triage.marked.extend(shown);
            }
        }
        Action::Personal => {
            let mut who: Vec<ContactId> = triage.marked.iter().copied().collect();
            if who.is_empty() {
                who.extend(triage.rows.selected_id());
            }
            say(state, who.into_iter().map(|id| (id, Reviewed::Personal)).collect(), cx);
        }
        _ => return Handled::No,
    }
    Handled::Yes
}

/// A key was typed into the filter.
pub fn typed(state: &mut State, key: Key) {
    if let Some(Overlay::Triage(triage)) = state.overlays.last_mut()
        && triage.finding == Finding::Open
        && triage.find.key(key) == Taken::Yes
    {
        fit(triage);
        triage.rows.select_at(0);
    }
}

/// Text was pasted into the filter.
pub fn pasted(state: &mut State, text: &str) {
    if let Some(Overlay::Triage(triage)) = state.overlays.last_mut()
        && triage.finding == Finding::Open
    {
        triage.find.paste(text);
        fit(triage);
    }
}

/// Shows those who fit the words.
fn fit(triage: &mut Triage) {
    let words = triage.find.text().trim().to_lowercase();
    let digits: String = words.chars().filter(char::is_ascii_digit).collect();
    let fits = |person: &Contact| {
        let name = person.name.as_ref().is_some_and(|name| name.to_lowercase().contains(&words));
        let phone = person.phone.as_ref().is_some_and(|phone| phone.digits().contains(&digits));
        words.is_empty() || name || (!digits.is_empty() && phone)
    };
    let shown: Vec<Contact> = triage.people.iter().filter(|person| fits(person)).cloned().collect();
    triage.rows.change(|rows| *rows = shown);
}

/// Everything was said: asks before those without a mark are released.
fn submit(state: &mut State, cx: &mut Cx<'_>) {
    if !state.reviews.is_done() {
        state.toasts.say(Tone::Info, "the daemon is still being told; a moment", cx.now);
        return;
    }
    let Some(Overlay::Triage(triage)) = state.overlays.last() else { return };
    if triage.rows.next.is_some() || !matches!(triage.rows.reading, Reading::Done(_)) {
        state.toasts.say(Tone::Info, "the list is not complete yet; a moment", cx.now);
        return;
    }
    let personal = triage.people.iter().filter(|person| triage.marked.contains(&person.id)).count();
    let rest = triage.people.len() - personal;
    if personal + rest == 0 {
        state.overlays.pop();
        return;
    }
    let (marked, others): (Vec<&Contact>, Vec<&Contact>) =
        triage.people.iter().partition(|person| triage.marked.contains(&person.id));
    let names = |people: Vec<&Contact>| {
        some_of(&people.into_iter().map(|person| name(person).into_string()).collect::<Vec<_>>())
    };
    let kind = ConfirmKind::Triage { personal, released: rest, names: (names(marked), names(others)) };
    state.confirm(&kind, Deed::Release);
}

/// Those with a mark become personal, the others are released.
pub fn release(state: &mut State, cx: &mut Cx<'_>) {
    let Some(triage) = triage(state) else { return };
    let said = |person: &Contact| match triage.marked.contains(&person.id) {
        true => (person.id, Reviewed::Personal),
        false => (person.id, Reviewed::Customer),
    };
    let said = triage.people.iter().map(said).collect();
    say(state, said, cx);
}

/// Something was said of some people: the daemon is told of each.
fn say(state: &mut State, said: Vec<(ContactId, Reviewed)>, cx: &mut Cx<'_>) {
    if state.reviews.is_done() {
        state.reviews = Reviews::default();
    }
    for (who, reviewed) in said {
        state.reviews.say(who, reviewed);
    }
    tell(state, cx);
}

/// Tells as much as may be on its way at once.
fn tell(state: &mut State, cx: &mut Cx<'_>) {
    while let Some((who, reviewed)) = state.reviews.take_next() {
        cx.ask(ContactTag {
            tenant: state.tenant_name(),
            contact: ContactName::from(who.to_string()),
            tags: Vec::new(),
            remove: Tagging::Add,
            review: Some(reviewed),
        });
    }
}

/// Takes an answer that is for here; gives back any other.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) -> Option<Answer> {
    let tenant = state.tenant_name();
    match answer {
        Answer::ContactList(asked, reply) => {
            let Some(triage) = triage(state).filter(|triage| question(triage, tenant.clone()) == asked) else {
                return Some(Answer::ContactList(asked, reply));
            };
            match reply {
                Ok(page) => {
                    for person in page.items {
                        if !triage.people.iter().any(|known| known.id == person.id) {
                            triage.people.push(person);
                        }
                    }
                    triage.rows.extend(Vec::new(), page.next, cx.now);
                    fit(triage);
                    if triage.rows.next.is_some() {
                        cx.ask(question(triage, tenant));
                    }
                }
                Err(refusal) => triage.rows.reading = Reading::Failed(refusal.text),
            }
            None
        }
        Answer::ContactTag(asked, reply) => {
            let who = asked.contact.as_str().parse::<ContactId>().ok();
            match who.filter(|who| asked.review.is_some() && state.reviews.is_asked(*who)) {
                Some(who) => {
                    told(state, who, reply, cx);
                    None
                }
                None => Some(Answer::ContactTag(asked, reply)),
            }
        }
        other => Some(other),
    }
}

/// The daemon was told of somebody, or did not want to hear it.
fn told(state: &mut State, who: ContactId, reply: Result<Contact, Refusal>, cx: &mut Cx<'_>) {
    match reply {
        Ok(person) => {
            state.reviews.agreed(who);
            state.contacts.rows.put(person);
            if let Some(triage) = triage(state) {
                triage.people.retain(|person| person.id != who);
                triage.marked.remove(&who);
                triage.rows.change(|rows| rows.retain(|person| person.id != who));
            }
        }
        Err(refusal) => {
            state.reviews.was_refused(who);
            // Without a connection the next ones would fare no better.
            if refusal.code.is_none() {
                state.reviews.give_up();
            }
            state.toasts.say(Tone::Bad, &refusal.text, cx.now);
        }
    }
    tell(state, cx);
    if state.reviews.is_done() {
        done(state, cx);
    }
}

fn done(state: &mut State, cx: &mut Cx<'_>) {
    let Reviews { released, personal, refused, .. } = state.reviews;
    let mut words = Vec::new();
    if personal > 0 {
        words.push(format!("{} personal", people_are(personal)));
    }
    if released > 0 {
        words.push(format!("{} released to the assistant", people_are(released)));
    }
    if refused > 0 {
        words.push(format!("{refused} could not be told and stay in the list"));
    }
    let tone = if refused > 0 { Tone::Bad } else { Tone::Good };
    state.toasts.say(tone, &words.join("; "), cx.now);
    cx.ask(OverviewShow { tenant: state.tenant_name() });
    if state.screen == Screen::Contacts {
        super::enter(state, Screen::Contacts, cx);
    }
    let empty = |overlay: &Overlay| matches!(overlay, Overlay::Triage(triage) if triage.people.is_empty() && triage.rows.next.is_none());
    state.overlays.retain(|overlay| !empty(overlay));
}

fn people_are(count: usize) -> String {
    if count == 1 { "1 person is".to_owned() } else { format!("{count} people are") }
}
