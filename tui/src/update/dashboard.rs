//! The dashboard.

use mychatflow_data::protocol::calls::overview::{Overview, OverviewShow};

use super::{Cx, Handled};
use crate::action::Action;
use crate::msg::Refusal;
use crate::state::State;
use crate::state::list::Reading;

/// What can be done here.
pub const HINTS: &[(Action, &str)] = &[(Action::Open, "open"), (Action::Down, "next")];

/// Reads it.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    super::again(&mut state.dashboard.reading);
    cx.ask(OverviewShow { tenant: state.tenant_name() });
}

/// Does something.
pub fn act(_state: &mut State, _action: Action, _cx: &mut Cx<'_>) -> Handled {
    Handled::No
}

/// Takes the numbers.
pub fn overview(state: &mut State, reply: Result<Overview, Refusal>, cx: &mut Cx<'_>) {
    match reply {
        Ok(overview) => {
            state.dashboard.overview = Some(overview);
            state.dashboard.reading = Reading::Done(cx.now);
        }
        Err(refusal) => state.dashboard.reading = Reading::Failed(refusal.text),
    }
}
