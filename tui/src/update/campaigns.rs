//! Campaigns.

use mychatflow_data::protocol::calls::campaign::CampaignList;

use super::lists::{self, First};
use super::{Cx, Handled, again};
use crate::action::Action;
use crate::msg::Answer;
use crate::state::State;

/// What can be done here.
pub const HINTS: &[(Action, &str)] = &[(Action::Add, "new")];

/// Reads it.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    again(&mut state.campaigns.rows.reading);
    cx.ask(CampaignList { tenant: state.tenant_name(), ..CampaignList::default() });
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    lists::act(&mut state.campaigns.rows, cx.seen, action)
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    match answer {
        Answer::CampaignList(asked, reply) => {
            lists::take(&mut state.campaigns.rows, First::of(asked.after.as_ref()), reply, cx.now)
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
