//! Numbers.

use mychatflow_data::protocol::calls::instance::InstanceList;

use super::lists::{self, First};
use super::{Cx, Handled, again};
use crate::action::Action;
use crate::msg::Answer;
use crate::state::State;

/// What can be done here.
pub const HINTS: &[(Action, &str)] = &[(Action::Add, "new"), (Action::Pair, "pair")];

/// Reads it.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    again(&mut state.numbers.rows.reading);
    cx.ask(InstanceList { tenant: state.tenant_name(), ..InstanceList::default() });
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    lists::act(&mut state.numbers.rows, cx.seen, action)
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    match answer {
        Answer::InstanceList(asked, reply) => {
            lists::take(&mut state.numbers.rows, First::of(asked.after.as_ref()), reply, cx.now)
        }
        other => {
            if let Some(refusal) = other.refusal() {
                super::answers::refused(state, refusal, cx);
            }
        }
    }
}

/// Takes an event.
pub fn event(_state: &mut State, _event: &mychatflow_data::protocol::event::Event, _cx: &mut Cx<'_>) {}

/// Does something while a number is being paired.
pub fn pairing_act(_state: &mut State, _action: Action, _cx: &mut Cx<'_>) -> Handled {
    Handled::No
}
