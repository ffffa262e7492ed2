//! Segments: filters that are kept under a name.

use mychatflow_data::protocol::calls::segment::{SegmentDocument, SegmentList, SegmentRemove};
use mychatflow_data::protocol::name::SegmentName;
use mychatflow_data::protocol::page::Page;

use crate::action::Action;
use crate::keymap::Scope;
use crate::msg::{Answer, Refusal};
use crate::state::chats::Finding;
use crate::state::confirm::ConfirmKind;
use crate::state::form::{Field, Form, FormKind, something};
use crate::state::input::{Input, Lines};
use crate::state::overlay::{Awaited, Overlay, Pick, PickItem, Picker, PickerKind};
use crate::state::people_form::PeopleForm;
use crate::state::toasts::Tone;
use crate::state::{Screen, State};
use crate::text::CleanText;
use crate::update::{Cx, Handled, answers, keys, overlays, palette};

/// Asks which there are.
pub fn ask(state: &State, cx: &mut Cx<'_>) -> SegmentList {
    let asked = SegmentList { tenant: state.tenant_name(), ..SegmentList::default() };
    cx.ask(asked.clone());
    asked
}

/// Opens the list of them.
pub fn open(state: &mut State, cx: &mut Cx<'_>) {
    let asked = ask(state, cx);
    let remove = state.keymap.key_of(&[Scope::Picker], Action::Remove).unwrap_or_default();
    let title = match state.may(Screen::Contacts, Action::SegmentSave) {
        true => format!("Segments: enter shows the people, {remove} removes"),
        false => "Segments: enter shows the people".to_owned(),
    };
    palette::choose(state, PickerKind::Segment, &title, items(state));
    if let Some(picker) = picker(state) {
        picker.awaited = Awaited::Answer(Box::new(asked.into()));
    }
}

fn picker(state: &mut State) -> Option<&mut Picker> {
    match state.overlays.last_mut() {
        Some(Overlay::Picker(picker)) if picker.kind == PickerKind::Segment => Some(picker),
        _ => None,
    }
}

fn items(state: &State) -> Vec<PickItem> {
    let item = |segment: &SegmentDocument| PickItem {
        label: CleanText::line(&segment.name),
        detail: CleanText::line(&format!("{}  {}", people(segment.people), segment.query)),
        marks: Vec::new(),
        key: None,
        pick: Pick::Segment(segment.name.clone(), segment.query.clone()),
    };
    state.contacts.segments.iter().map(item).collect()
}

/// So many people, in words.
pub fn people(count: i64) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

/// Somebody chose one: its people are shown.
pub fn picked(state: &mut State, query: &str, cx: &mut Cx<'_>) {
    state.contacts.find = Some(Input::new(Lines::One, query));
    state.contacts.finding = Finding::Closed;
    state.contacts.review = None;
    super::anew(state, cx);
}

/// The form that keeps the filter.
pub fn save(state: &mut State, cx: &mut Cx<'_>) {
    let Some(query) = state.contacts.words() else {
        let filter = state.keymap.key_of(&[Scope::List], Action::Filter).unwrap_or_default();
        let words = format!("there is no filter to keep: {filter} begins one");
        state.toasts.say(Tone::Info, &words, cx.now);
        return;
    };
    if let Some(wrong) = state.contacts.wrong.clone() {
        state.toasts.say(Tone::Bad, &wrong, cx.now);
        return;
    }
    let known = state.contacts.segment().map(|segment| segment.name.clone()).unwrap_or_default();
    let fields = vec![
        Field::line("name", "Name", "a known name gets the new filter", &known, something),
        Field::line("query", "Who is in it", "tag:vip last_in:<30d -opted_out", &query, something),
    ];
    let intro = "A filter that is kept: whoever fits it later is in it as well. Campaigns can go to it.";
    let form = Form::new(FormKind::People(PeopleForm::Segment), "Keep as a segment", intro, fields);
    state.overlays.push(Overlay::Form(Box::new(form)));
}

/// Asks before the selected one is removed.
pub fn remove(state: &mut State, cx: &Cx<'_>) -> Handled {
    // Whoever may keep one may remove one.
    if keys::refuse(state, Action::SegmentSave, cx) == Handled::Yes {
        return Handled::Yes;
    }
    let tenant = state.tenant_name();
    let current = picker(state).and_then(|picker| picker.current()).map(|item| item.pick.clone());
    let Some(Pick::Segment(name, _)) = current else { return Handled::No };
    let question = SegmentRemove { tenant, name: SegmentName::from(name.as_str()) };
    state.confirm(&ConfirmKind::RemoveSegment { segment: name }, question);
    Handled::Yes
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    match answer {
        Answer::SegmentList(asked, reply) => listed(state, &asked, reply, cx),
        Answer::SegmentAdd(_, Ok(segment)) => {
            let words = format!("{} is kept: {}", CleanText::line(&segment.name), people(segment.people));
            state.toasts.say(Tone::Good, &words, cx.now);
            let segments = &mut state.contacts.segments;
            match segments.iter_mut().find(|known| known.id == segment.id || known.name == segment.name) {
                Some(known) => *known = segment,
                None => segments.push(segment),
            }
            show(state);
        }
        Answer::SegmentRemove(_, Ok(segment)) => {
            let words = format!("{} is removed; its people stay", CleanText::line(&segment.name));
            state.toasts.say(Tone::Good, &words, cx.now);
            state.contacts.segments.retain(|known| known.id != segment.id);
            show(state);
        }
        other => {
            if let Some(refusal) = other.refusal() {
                answers::refused(state, refusal, cx);
            }
        }
    }
}

fn listed(state: &mut State, asked: &SegmentList, reply: Result<Page<SegmentDocument>, Refusal>, cx: &mut Cx<'_>) {
    match reply {
        Ok(page) => {
            if asked.after.is_none() {
                state.contacts.segments.clear();
            }
            let next = page.next.filter(|_| !page.items.is_empty());
            state.contacts.segments.extend(page.items);
            state.contacts.segments.sort_by_key(|segment| segment.name.to_lowercase());
            if next.is_some() {
                cx.ask(SegmentList { after: next, ..asked.clone() });
            }
            show(state);
        }
        // Nobody asked to see them: the line above the list has no name then, and that is all.
        Err(refusal) => {
            if let Some(picker) = picker(state) {
                picker.awaited = Awaited::Nothing;
                picker.failure = Some(refusal.text);
            }
        }
    }
}

/// Puts them into the list of them, where that is open.
fn show(state: &mut State) {
    let items = items(state);
    let save = state.keymap.key_of(&[Scope::Contacts], Action::SegmentSave).unwrap_or_default();
    if let Some(picker) = picker(state) {
        picker.awaited = Awaited::Nothing;
        picker.failure =
            items.is_empty().then(|| format!("No segments yet. Filter the people, then {save} keeps the filter."));
        picker.items = items;
        overlays::fit(picker);
    }
}
