//! `campaign watch`, `campaign show --follow`: how far a campaign gets, until it ends.

use std::time::Duration;

use futures_util::StreamExt;
use mychatflow_data::client::Notice;
use mychatflow_data::model::campaign::CampaignState;
use mychatflow_data::protocol::calls::campaign::{CampaignDocument, CampaignShow};
use mychatflow_data::protocol::calls::events::EventsSubscribe;
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::protocol::name::CampaignName;
use mychatflow_data::time::Timestamp;

use super::super::{Cx, NoConnection};
use super::shown::bar;
use crate::output::{Format, LiveLine, age, clean};

/// How long to wait for a change before looking without one.
const LOOK_AFTER: Duration = Duration::from_secs(30);

/// Follows a campaign until it ends; a draft has not begun, so there is nothing to follow. Returns it as it stands then.
pub async fn follow(cx: &Cx, name: CampaignName) -> anyhow::Result<CampaignDocument> {
    let client = cx.connect().await?;
    let wanted =
        EventsSubscribe { tenant: cx.tenant(), topics: vec![Topic::CampaignChanged], since_seq: None, epoch: None };
    let mut notices = client.subscribe(&wanted).await?;
    let show = CampaignShow { tenant: cx.tenant(), name };
    let mut shown = client.call(&show).await?;
    let mut progress = LiveLine::new();
    loop {
        match cx.output.format() {
            Format::Json => cx.output.json(&shown)?,
            Format::People => progress.show(&line(&shown, Timestamp::now())),
        }
        if matches!(shown.state, CampaignState::Draft | CampaignState::Completed | CampaignState::Cancelled) {
            progress.done();
            return Ok(shown);
        }
        let before = shown;
        shown = loop {
            let found = match tokio::time::timeout(LOOK_AFTER, notices.next()).await {
                Ok(Some(Notice::Event(event))) if event.data["id"] != before.id.to_string() => continue,
                // An event tells the whole campaign, unless it was too fresh to be read.
                Ok(Some(Notice::Event(event))) => match serde_json::from_value(event.data) {
                    Ok(found) => found,
                    Err(_) => client.call(&show).await?,
                },
                Ok(Some(Notice::Lagged(_))) | Err(_) => client.call(&show).await?,
                Ok(None) => return Err(NoConnection::here("it has ended").into()),
            };
            if found != before {
                break found;
            }
        };
    }
}

fn line(shown: &CampaignDocument, now: Timestamp) -> String {
    let CampaignDocument { state, counts, recipients, .. } = shown;
    let rate = if shown.per_hour > 0.0 { format!(", {:.0} an hour", shown.per_hour) } else { String::new() };
    let eta = shown.eta.map(|eta| format!(", through {}", age(eta, now))).unwrap_or_default();
    let reason = shown.reason.as_ref().map(|reason| format!("; {}", clean(reason))).unwrap_or_default();
    format!("{} {} of {recipients} {state}{rate}{eta}{reason}", bar(counts), counts.settled())
}
