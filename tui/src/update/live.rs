//! Events of the daemon, into what is on the screen.

use std::time::Duration;

use mychatflow_data::protocol::calls::credit::CreditSummary;
use mychatflow_data::protocol::event::{Event, Topic};
use serde::Deserialize;

use super::{Cx, campaigns, chats, link, numbers, queue};
use crate::state::toasts::Tone;
use crate::state::{Screen, State};

/// How long the dashboard's numbers may be behind while one looks at them.
const STALE: Duration = Duration::from_millis(700);
/// How long they may be behind elsewhere, where only the sidebar's counts come from them.
const STALE_ELSEWHERE: Duration = Duration::from_secs(3);

/// The daemon told something.
pub fn event(state: &mut State, event: Event, cx: &mut Cx<'_>) {
    let Some((epoch, last)) = state.seen else { return };
    if event.seq <= last {
        return;
    }
    state.seen = Some((epoch, event.seq));
    if event.prev > last {
        link::resync(state, cx);
    }
    if event.tenant.is_some() && event.tenant != state.tenant {
        return;
    }
    match event.topic {
        Topic::CreditChanged => {
            if let Ok(credit) = CreditSummary::deserialize(&event.data) {
                state.dashboard.credit = Some(credit);
            }
            stale(state, cx);
            super::credits::event(state, cx);
        }
        Topic::InstanceChanged => {
            numbers::event(state, &event, cx);
            stale(state, cx);
        }
        Topic::CampaignChanged => {
            campaigns::event(state, &event, cx);
            stale(state, cx);
        }
        Topic::JobChanged => {
            queue::event(state, &event, cx);
            stale(state, cx);
        }
        Topic::ChatChanged => {
            chats::chat_changed(state, &event, cx);
            // Somebody who only types is nobody new.
            if event.data.get("typing").is_none() {
                super::contacts::stale(state, cx);
            }
            stale(state, cx);
        }
        Topic::InteractionAdded => {
            chats::interaction_changed(state, &event, cx);
            stale(state, cx);
        }
        Topic::DaemonNotice => {
            notice(state, &event, cx);
            super::dashboard::noticed(state, cx);
        }
        Topic::InteractionChanged => {
            chats::interaction_changed(state, &event, cx);
            queue::event(state, &event, cx);
            stale(state, cx);
        }
    }
}

/// The dashboard's numbers are behind: they are read again soon, once for a crowd of events.
fn stale(state: &mut State, cx: &Cx<'_>) {
    if state.dashboard.stale_at.is_none() {
        let stale = if state.screen == Screen::Dashboard { STALE } else { STALE_ELSEWHERE };
        state.dashboard.stale_at = Some(cx.now + stale);
    }
}

#[derive(Deserialize)]
struct Notice {
    #[serde(default)]
    level: String,
    text: String,
}

fn notice(state: &mut State, event: &Event, cx: &Cx<'_>) {
    if let Ok(notice) = Notice::deserialize(&event.data)
        && notice.level != "debug"
    {
        let tone = if matches!(notice.level.as_str(), "error" | "warn") { Tone::Bad } else { Tone::Info };
        state.toasts.say(tone, &notice.text, cx.now);
    }
}
