//! One thing for everybody with a mark: a summary first, then the daemon is told of each.

use mychatflow_data::ids::ContactId;
use mychatflow_data::model::contact::{Contact, Review};
use mychatflow_data::protocol::calls::contact::{
    ContactOptedOut, ContactOptout, ContactTag, OptOut, Reviewed, Tagging,
};
use mychatflow_data::protocol::calls::overview::OverviewShow;
use mychatflow_data::protocol::name::ContactName;

use super::segments::people;
use crate::action::Action;
use crate::msg::{Answer, Question};
use crate::state::State;
use crate::state::bulk::Bulk;
use crate::state::confirm::{ConfirmKind, Deed, ManyChange, some_of};
use crate::state::contacts::name;
use crate::state::form::{Field, Form, FormKind, anything};
use crate::state::overlay::Overlay;
use crate::state::people_form::PeopleForm;
use crate::state::toasts::Tone;
use crate::update::{Cx, Handled};

/// Marks or unmarks the selected person, and goes on to the next.
pub fn mark(state: &mut State) {
    let contacts = &mut state.contacts;
    let Some(contact) = contacts.rows.selected().cloned() else { return };
    if contacts.marked.remove(&contact.id).is_none() {
        contacts.marked.insert(contact.id, contact);
    }
    contacts.rows.step(1);
}

/// Marks everybody who is in the list, or nobody.
pub fn mark_all(state: &mut State, cx: &Cx<'_>) {
    let contacts = &mut state.contacts;
    let rows = contacts.rows.items();
    if rows.iter().all(|contact| contacts.marked.contains_key(&contact.id)) {
        contacts.marked.retain(|id, _| !rows.iter().any(|contact| contact.id == *id));
        return;
    }
    contacts.marked.extend(rows.iter().map(|contact| (contact.id, contact.clone())));
    if contacts.rows.next.is_some() {
        let words = format!("{} were read so far and are marked; further down are more", rows.len());
        state.toasts.say(Tone::Info, &words, cx.now);
    }
}

/// Does something to those with a mark, where that is possible.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    if !matches!(action, Action::ChatTag | Action::Personal | Action::Customer | Action::OptOut) {
        return Handled::No;
    }
    if !state.contacts.bulk.is_done() {
        state.toasts.say(Tone::Info, "the daemon is still being told of the others; a moment", cx.now);
        return Handled::Yes;
    }
    match action {
        Action::ChatTag => tag(state),
        Action::Personal => review(state, Reviewed::Personal, cx),
        Action::Customer => review(state, Reviewed::Customer, cx),
        _ => opt_out(state, cx),
    }
    Handled::Yes
}

/// Some of their names.
fn names<'a>(some: impl Iterator<Item = &'a Contact>) -> String {
    some_of(&some.map(|contact| name(contact).into_string()).collect::<Vec<_>>())
}

fn tag(state: &mut State) {
    let marked = &state.contacts.marked;
    let intro = format!("For {}: {}.", people(count(marked.len())), names(marked.values()));
    let fields = vec![
        Field::line("on", "Put on", "tags with commas between them", "", anything),
        Field::line("off", "Take off", "tags that nobody of them is to have any more", "", anything),
    ];
    let form = Form::new(FormKind::People(PeopleForm::TagMarked), "Tags of everybody with a mark", &intro, fields);
    state.overlays.push(Overlay::Form(Box::new(form)));
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The form with the tags was filled in.
pub fn tagged(state: &mut State, on: &[String], off: &[String], cx: &mut Cx<'_>) {
    let mut questions = Vec::new();
    for id in state.contacts.marked.keys() {
        for (tags, remove) in [(off, Tagging::Remove), (on, Tagging::Add)] {
            if !tags.is_empty() {
                let contact = ContactName::from(id.to_string());
                let (tenant, tags) = (state.tenant_name(), tags.to_vec());
                questions.push((*id, ContactTag { tenant, contact, tags, remove, review: None }.into()));
            }
        }
    }
    let outcome = match (on, off) {
        ([], off) => format!("no longer tagged {}", off.join(", ")),
        (on, []) => format!("tagged {}", on.join(", ")),
        (on, off) => format!("tagged {}, no longer {}", on.join(", "), off.join(", ")),
    };
    begin(state, Bulk::new(&outcome, questions), cx);
}

fn review(state: &mut State, reviewed: Reviewed, cx: &Cx<'_>) {
    let to = Review::from(reviewed);
    let tenant = state.tenant_name();
    let (same, others): (Vec<&Contact>, Vec<&Contact>) =
        state.contacts.marked.values().partition(|contact| contact.review == to);
    let question = |contact: &&Contact| -> (ContactId, Question) {
        let asked = ContactTag {
            tenant: tenant.clone(),
            contact: ContactName::from(contact.id.to_string()),
            tags: Vec::new(),
            remove: Tagging::Add,
            review: Some(reviewed),
        };
        (contact.id, asked.into())
    };
    let (change, outcome) = match reviewed {
        Reviewed::Customer => (ManyChange::Customer, "released to the assistant"),
        Reviewed::Personal => (ManyChange::Personal, "personal"),
    };
    let bulk = Bulk::new(outcome, others.iter().map(question).collect());
    let names = names(others.iter().copied());
    let kind = ConfirmKind::Many { change, count: others.len(), names, same: same.len() };
    ask(state, &kind, bulk, cx);
}

fn opt_out(state: &mut State, cx: &Cx<'_>) {
    let tenant = state.tenant_name();
    let (same, others): (Vec<&Contact>, Vec<&Contact>) =
        state.contacts.marked.values().partition(|contact| contact.opted_out_at.is_some());
    let question = |contact: &&Contact| -> (ContactId, Question) {
        let name = ContactName::from(contact.id.to_string());
        (contact.id, ContactOptout { tenant: tenant.clone(), contact: name, back: OptOut::Out }.into())
    };
    let bulk = Bulk::new("opted out", others.iter().map(question).collect());
    let names = names(others.iter().copied());
    let kind = ConfirmKind::Many { change: ManyChange::OptOut, count: others.len(), names, same: same.len() };
    ask(state, &kind, bulk, cx);
}

fn ask(state: &mut State, kind: &ConfirmKind, bulk: Bulk, cx: &Cx<'_>) {
    if bulk.is_done() {
        let words = format!("everybody with a mark is {} already", bulk.outcome);
        state.toasts.say(Tone::Info, &words, cx.now);
        return;
    }
    state.confirm(kind, Deed::People(Box::new(bulk)));
}

/// Begins to tell the daemon.
pub fn begin(state: &mut State, bulk: Bulk, cx: &mut Cx<'_>) {
    state.contacts.bulk = bulk;
    tell(state, cx);
}

fn tell(state: &mut State, cx: &mut Cx<'_>) {
    while let Some(question) = state.contacts.bulk.take_next() {
        cx.ask(question);
    }
}

/// Takes an answer that is for here; gives back any other.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) -> Option<Answer> {
    let refusal = answer.refusal().cloned();
    let is_it = |question: &Question| answer.is_to(question);
    let bulk = &mut state.contacts.bulk;
    if bulk.is_done() || bulk.answered(is_it, refusal.as_ref().map(|refusal| refusal.text.as_str())).is_none() {
        return Some(answer);
    }
    if refusal.is_some_and(|refusal| refusal.code.is_none()) {
        bulk.give_up();
    }
    match answer {
        Answer::ContactTag(_, Ok(contact)) => super::put(state, contact),
        Answer::ContactOptout(_, Ok(ContactOptedOut::Person(contact))) => super::put(state, *contact),
        _ => {}
    }
    tell(state, cx);
    if state.contacts.bulk.is_done() {
        done(state, cx);
    }
    None
}

fn done(state: &mut State, cx: &mut Cx<'_>) {
    let bulk = std::mem::take(&mut state.contacts.bulk);
    // Those it could not be done to keep the mark, so that it can be tried again.
    state.contacts.marked.retain(|id, _| bulk.was_refused(*id));
    let (done, refused) = bulk.outcome();
    let are = if done == 1 { "is" } else { "are" };
    let mut words = format!("{} {are} {}", people(count(done)), bulk.outcome);
    if refused > 0 {
        let why = bulk.refusal.map(|why| format!(": {why}")).unwrap_or_default();
        words.push_str(&format!("; {refused} could not be told and keep the mark{why}"));
    }
    state.toasts.say(if refused > 0 { Tone::Bad } else { Tone::Good }, &words, cx.now);
    cx.ask(OverviewShow { tenant: state.tenant_name() });
    super::look(state, cx);
}
