//! Credits.

use mychatflow_data::protocol::calls::credit::CreditLedger;

use super::lists::{self, First};
use super::{Cx, Handled, again};
use crate::action::Action;
use crate::msg::Answer;
use crate::state::State;

/// What can be done here.
pub const HINTS: &[(Action, &str)] = &[(Action::Grant, "grant")];

/// Reads it.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    again(&mut state.credits.rows.reading);
    cx.ask(CreditLedger { tenant: state.tenant_name(), ..CreditLedger::default() });
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    lists::act(&mut state.credits.rows, cx.seen, action)
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    match answer {
        Answer::CreditLedger(asked, reply) => {
            lists::take(&mut state.credits.rows, First::of(asked.after.as_ref()), reply, cx.now)
        }
        other => {
            if let Some(refusal) = other.refusal() {
                super::answers::refused(state, refusal, cx);
            }
        }
    }
}

/// The balance changed: the ledger is read again while it is on the screen.
pub fn event(state: &mut State, cx: &mut Cx<'_>) {
    if state.screen == crate::state::Screen::Credits {
        enter(state, cx);
    }
}
