//! `events`

use std::time::Duration;

use futures_util::StreamExt;
use mychatflow_data::client::Notice;
use mychatflow_data::ids::TenantId;
use mychatflow_data::protocol::calls::events::EventsSubscribe;
use mychatflow_data::protocol::event::{Event, Lagged, Topic};
use mychatflow_data::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{Cx, NoConnection};
use crate::cli::EventsArgs;
use crate::output::{Format, clean, local, note};

/// Without `--follow`: the daemon sends what it has kept without a pause; after one there is no more.
const QUIET: Duration = Duration::from_millis(500);
/// How much of an event's data people get.
const DATA_CHARS: usize = 160;

/// An event as it is printed.
#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    tenant: Option<TenantId>,
    topic: Topic,
    at: Timestamp,
    data: &'a Value,
}

/// A gap as it is printed.
#[derive(Serialize)]
struct Gap {
    lagged: Lagged,
}

/// Prints what happened, or what happens.
pub async fn run(cx: &Cx, args: EventsArgs) -> anyhow::Result<()> {
    let EventsArgs { follow, topics } = args;
    let client = cx.connect().await?;
    let newest = client.daemon().map_or(0, |daemon| daemon.seq);
    if !follow && newest == 0 {
        return Ok(());
    }
    let since_seq = if follow { None } else { Some(0) };
    let wanted = EventsSubscribe { tenant: cx.tenant(), topics, since_seq, epoch: None };
    let mut notices = client.subscribe(&wanted).await?;
    loop {
        let notice = if follow {
            notices.next().await
        } else {
            match tokio::time::timeout(QUIET, notices.next()).await {
                Ok(notice) => notice,
                Err(_) => return Ok(()),
            }
        };
        match notice {
            Some(Notice::Event(event)) => {
                print(cx, &event)?;
                if !follow && event.seq >= newest {
                    return Ok(());
                }
            }
            Some(Notice::Lagged(lagged)) => match cx.output.format() {
                Format::Json => cx.output.json(&Gap { lagged })?,
                Format::People => note(&format!("… {} events at most are missing here", lagged.missed)),
            },
            None => return Err(NoConnection::here("it has ended").into()),
        }
    }
}

fn print(cx: &Cx, event: &Event) -> anyhow::Result<()> {
    let Event { seq, tenant, topic, at, data, .. } = event;
    match cx.output.format() {
        Format::Json => cx.output.json(&Line { seq: *seq, tenant: *tenant, topic: *topic, at: *at, data }),
        Format::People => {
            let data: String = clean(&data.to_string()).chars().take(DATA_CHARS).collect();
            cx.output.text(&format!("{}  {topic:<20}  {data}", local(*at, "%H:%M:%S")))
        }
    }
}
