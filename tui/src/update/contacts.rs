//! Contacts.

use mychatflow_data::protocol::calls::contact::ContactList;

use super::lists::{self, First};
use super::{Cx, Handled, again};
use crate::action::Action;
use crate::msg::Answer;
use crate::state::State;

/// What can be done here.
pub const HINTS: &[(Action, &str)] = &[(Action::Add, "new")];

/// Reads it.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    again(&mut state.contacts.rows.reading);
    cx.ask(ContactList { tenant: state.tenant_name(), ..ContactList::default() });
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    lists::act(&mut state.contacts.rows, cx.seen, action)
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    match answer {
        Answer::ContactList(asked, reply) => {
            lists::take(&mut state.contacts.rows, First::of(asked.after.as_ref()), reply, cx.now)
        }
        other => {
            if let Some(refusal) = other.refusal() {
                super::answers::refused(state, refusal, cx);
            }
        }
    }
}

/// A key was typed into the filter.
pub fn typed(_state: &mut State, _key: crate::key::Key, _cx: &mut Cx<'_>) {}

/// Shows a person.
pub fn show(_state: &mut State, _id: mychatflow_data::ids::ContactId, _cx: &mut Cx<'_>) {}
