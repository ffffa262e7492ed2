//! Two people who are one, and two again.

use mychatflow_data::ids::ContactId;
use mychatflow_data::model::contact::Contact;
use mychatflow_data::protocol::calls::contact::{
    ContactMerge, ContactMerged, ContactShown, ContactUnmerge, ContactUnmerged, MergeDocument,
};
use mychatflow_data::protocol::name::ContactName;

use crate::action::Action;
use crate::keymap::Scope;
use crate::state::State;
use crate::state::confirm::{ConfirmKind, Named};
use crate::state::contacts::{name, number, other_name};
use crate::state::overlay::{Pick, PickItem, PickerKind};
use crate::state::toasts::Tone;
use crate::text::CleanText;
use crate::update::{Cx, palette};

/// Asks who else a person is.
pub fn open(state: &mut State, kept: &Contact) {
    let others = state.contacts.rows.items().iter().filter(|other| other.id != kept.id);
    let items = others.map(|other| item(kept.id, other)).collect();
    let title = format!("Who is {} as well?", name(kept));
    palette::choose(state, PickerKind::Merge(kept.id), &title, items);
}

/// Somebody who may be the same person.
pub fn item(kept: ContactId, other: &Contact) -> PickItem {
    let (label, phone) = (name(other), number(other));
    let detail = if label == phone { CleanText::line("") } else { phone };
    PickItem { label, detail, marks: Vec::new(), key: None, pick: Pick::Merge(kept, other.id) }
}

/// What a person is called in a sentence: those who are on no screen have their phone number's place taken.
fn called(state: &State, id: ContactId, label: &CleanText) -> CleanText {
    let contacts = &state.contacts;
    let shown = contacts.shown.iter().map(|shown| &shown.contact);
    let known = contacts.rows.items().iter().chain(shown).find(|contact| contact.id == id);
    let Some(contact) = known else { return label.clone() };
    match (&contact.name, &contact.phone) {
        (Some(_), Some(phone)) => CleanText::line(&format!("{} ({phone})", name(contact))),
        _ => name(contact),
    }
}

/// Says what a merge means before it is done. `label` is what the other one was called where it was picked.
pub fn ask(state: &mut State, kept: ContactId, other: ContactId, label: &CleanText) {
    let (stays, goes) = (called(state, kept, &CleanText::line("the first one")), called(state, other, label));
    let undo = state.keymap.key_of(&[Scope::Contacts], Action::Unmerge).unwrap_or_default();
    let question = ContactMerge { tenant: state.tenant_name(), contact: of(kept), other: of(other) };
    let rows = state.contacts.rows.items();
    let briefly = |id: ContactId, label: &CleanText| {
        let known = rows.iter().find(|contact| contact.id == id).map(name);
        known.as_ref().unwrap_or(label).to_string()
    };
    let kind = ConfirmKind::Merge {
        goes: Named { short: briefly(other, label), full: goes.into_string() },
        stays: Named { short: briefly(kept, &stays), full: stays.into_string() },
        undo,
    };
    state.confirm(&kind, question);
}

fn of(id: ContactId) -> ContactName {
    ContactName::from(id.to_string())
}

/// They are one.
pub fn done(state: &mut State, asked: &ContactMerge, merged: ContactMerged, cx: &mut Cx<'_>) {
    let kept = merged.contact;
    if let Ok(gone) = asked.other.as_str().parse::<ContactId>() {
        state.contacts.forget(gone);
    }
    let words = format!("{}{}", name(&kept), one_now(state));
    let id = kept.id;
    super::changed(state, kept, &words, cx);
    super::read_again(state, id, cx);
}

/// Takes the last merge back. An older one can only be after it: what it did may be part of what the last one did.
pub fn undo(state: &mut State, shown: &ContactShown, cx: &Cx<'_>) {
    match shown.merges.split_first() {
        Some((merge, older)) => ask_undo(state, &shown.contact, merge, older),
        None => {
            let words = format!("nobody was merged into {}", name(&shown.contact));
            state.toasts.say(Tone::Info, &words, cx.now);
        }
    }
}

fn ask_undo(state: &mut State, kept: &Contact, merge: &MergeDocument, older: &[MergeDocument]) {
    let question = ContactUnmerge { tenant: state.tenant_name(), contact: of(kept.id), merge: Some(merge.id) };
    let addresses = merge.addresses.iter().map(|address| CleanText::line(address.as_str()).into_string()).collect();
    let kind = ConfirmKind::Unmerge {
        back: other_name(merge).into_string(),
        stays: name(kept).into_string(),
        addresses,
        next: older.first().map(|next| other_name(next).into_string()),
    };
    state.confirm(&kind, question);
}

/// What is said of somebody after a merge.
fn one_now(state: &State) -> String {
    let undo = state.keymap.key_of(&[Scope::Contacts], Action::Unmerge).unwrap_or_default();
    format!(" is one person now; {undo} takes it back")
}

/// They are two again, and each has a place of its own in the list.
pub fn undone(state: &mut State, unmerged: ContactUnmerged, cx: &mut Cx<'_>) {
    let before = one_now(state);
    state.toasts.unsay(|text| text.ends_with(&before), cx.now);
    let words = format!("{} and {} are two people again", name(&unmerged.contact), name(&unmerged.back));
    let id = unmerged.contact.id;
    super::put(state, unmerged.back);
    super::changed(state, unmerged.contact, &words, cx);
    super::read_again(state, id, cx);
    super::renew(state, cx);
}
