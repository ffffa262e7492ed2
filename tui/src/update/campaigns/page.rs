//! One campaign in full: opened, moved about in, and kept true while it runs.

use std::time::Duration;

use mychatflow_data::ids::CampaignId;
use mychatflow_data::protocol::calls::campaign::{CampaignDocument, CampaignSeries, CampaignSeriesDocument};
use mychatflow_data::protocol::name::CampaignName;

use super::people;
use crate::action::Action;
use crate::layout::Panes;
use crate::layout::campaigns::has_begun;
use crate::msg::Refusal;
use crate::state::State;
use crate::state::campaigns::{Heard, Place, Series};
use crate::update::{Cx, Handled};

/// How many points the chart has.
const POINTS: u32 = 48;
/// How long chart and recipients may be behind what happens.
const STALE: Duration = Duration::from_millis(1500);

/// Opens a campaign in full.
pub fn open(state: &mut State, campaign: &CampaignDocument, cx: &mut Cx<'_>) {
    state.campaigns.place = Place::Page(campaign.id);
    state.campaigns.scroll = 0;
    read(state, campaign.id, cx);
}

/// Reads what it is drawn from besides the campaign itself.
pub fn read(state: &mut State, id: CampaignId, cx: &mut Cx<'_>) {
    let begun = state.campaigns.rows.items().iter().any(|campaign| campaign.id == id && has_begun(campaign));
    if !begun {
        return;
    }
    if state.campaigns.heard(id).is_none() {
        state.campaigns.series = Some(Series { campaign: id, heard: Heard::Waiting });
    }
    let name = CampaignName::from(id.to_string());
    cx.ask(CampaignSeries { tenant: state.tenant_name(), name, points: Some(POINTS) });
}

/// How it went over time came. What stands there is kept when it could not be read anew.
pub fn series(state: &mut State, asked: &CampaignSeries, reply: Result<CampaignSeriesDocument, Refusal>) {
    let Some(series) = &mut state.campaigns.series else { return };
    if series.campaign.to_string() != asked.name.as_str() {
        return;
    }
    match reply {
        Ok(document) => series.heard = Heard::Here(document),
        Err(refusal) => {
            if !matches!(series.heard, Heard::Here(_)) {
                series.heard = Heard::Refused(refusal.text);
            }
        }
    }
}

/// Moves about on the page.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    let Panes::Campaign(seen) = &cx.seen.panes else { return Handled::No };
    let height = usize::from(seen.inner.height);
    let (first, end) = (seen.first, seen.total.saturating_sub(height));
    let page = height.saturating_sub(1).max(1);
    state.campaigns.scroll = match action {
        Action::Up => first.saturating_sub(1),
        Action::Down => (first + 1).min(end),
        Action::PageUp => first.saturating_sub(page),
        Action::PageDown => (first + page).min(end),
        Action::First => 0,
        Action::Last => end,
        Action::Back => {
            state.campaigns.place = Place::List;
            0
        }
        _ => return Handled::No,
    };
    Handled::Yes
}

/// Something happened to a campaign: what is open of it is read again soon, once for a crowd of events.
pub fn changed(state: &mut State, id: CampaignId, cx: &Cx<'_>) {
    let open = state.campaigns.open().is_some_and(|campaign| campaign.id == id);
    if open && state.campaigns.stale_at.is_none() {
        state.campaigns.stale_at = Some(cx.now + STALE);
    }
}

/// A time that was asked for has come.
pub fn woke(state: &mut State, cx: &mut Cx<'_>) {
    if state.campaigns.stale_at.is_none_or(|at| at > cx.now) {
        return;
    }
    state.campaigns.stale_at = None;
    match state.campaigns.place {
        Place::List => {}
        Place::Page(id) => read(state, id, cx),
        Place::People(id) => people::again(state, id, cx),
    }
}
