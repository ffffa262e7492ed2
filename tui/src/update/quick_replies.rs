//! Quick replies.

use mychatflow_data::protocol::calls::quick_reply::QuickReplyList;

use super::lists::{self, First};
use super::{Cx, Handled, again};
use crate::action::Action;
use crate::msg::Answer;
use crate::state::State;

/// What can be done here.
pub const HINTS: &[(Action, &str)] = &[(Action::Add, "new")];

/// Reads it.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    again(&mut state.quick_replies.rows.reading);
    cx.ask(QuickReplyList { tenant: state.tenant_name(), ..QuickReplyList::default() });
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    lists::act(&mut state.quick_replies.rows, cx.seen, action)
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    match answer {
        Answer::QuickReplyList(asked, reply) => {
            lists::take(&mut state.quick_replies.rows, First::of(asked.after.as_ref()), reply, cx.now)
        }
        other => {
            if let Some(refusal) = other.refusal() {
                super::answers::refused(state, refusal, cx);
            }
        }
    }
}
