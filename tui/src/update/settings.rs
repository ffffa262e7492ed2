//! Settings.

use mychatflow_data::protocol::calls::settings::SettingsShow;

use super::lists::{self, First};
use super::{Cx, Handled, again};
use crate::action::Action;
use crate::msg::Answer;
use crate::state::State;

/// What can be done here.
pub const HINTS: &[(Action, &str)] = &[(Action::Edit, "edit")];

/// Reads it.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    again(&mut state.settings.rows.reading);
    cx.ask(SettingsShow { tenant: state.tenant_name(), ..SettingsShow::default() });
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    lists::act(&mut state.settings.rows, cx.seen, action)
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    match answer {
        Answer::SettingsShow(_, reply) => lists::take(&mut state.settings.rows, First::Yes, reply, cx.now),
        other => {
            if let Some(refusal) = other.refusal() {
                super::answers::refused(state, refusal, cx);
            }
        }
    }
}
