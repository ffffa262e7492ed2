//! `instance.probe`: a number sends a message to itself. That it comes back proves the whole way through WAHA.

use std::time::{Duration, Instant};

use mychatflow_data::ids::ClientRef;
use mychatflow_data::model::instance::{InstanceStatus, Me};
use mychatflow_data::protocol::calls::instance::{InstanceProbe, InstanceProbed};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::store::TenantStore;
use tokio::time::timeout;

use super::instances::named;
use crate::chain::chain;
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::probes::PROBE_PAUSE;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;
use crate::waha::send::SendText;

/// How long WAHA may take to send it.
const SEND_MAX: Duration = Duration::from_secs(20);
/// How long its delivery may take after that.
const ARRIVAL_MAX: Duration = Duration::from_secs(15);

/// `instance.probe`
///
/// # Errors
/// `not_found` when no number has this name, `conflict` when it can't send now.
pub async fn probe(cx: &Cx, shop: &TenantStore, call: InstanceProbe) -> Handled<Reply<InstanceProbe>> {
    let found = named(shop, &call.name).await?;
    let refuse = |why: String| CallError::conflict(format!("{} can't send now: {why}", found.name));
    if found.status != Some(InstanceStatus::Working) {
        let status = found.status.as_ref().map_or("not seen yet", InstanceStatus::word);
        return Err(refuse(format!("it is {status}")).into());
    }
    if let Some(until) = cx.numbers.slowed_until(found.id, cx.now()) {
        return Err(refuse(format!("WhatsApp slows it down until {until}")).into());
    }
    let Some(Me { id: to, .. }) = &found.me else {
        return Err(refuse("WAHA has not told its account".to_owned()).into());
    };
    let clients = cx.clients();
    let Some(waha) = clients.wahas.get(&found.waha) else {
        return Err(refuse(format!("the config has no [[waha]] {}", found.waha)).into());
    };
    if !cx.probes.may_begin(found.id, Instant::now()) {
        return Err(refuse(format!(
            "it sent to itself within the last {} s: wait for a moment",
            PROBE_PAUSE.as_secs()
        ))
        .into());
    }
    let mut probe = cx.probes.expect(&ClientRef::new().to_string());
    let began = Instant::now();
    let send = SendText { session: &found.session, chat: to, text: &probe.text, id: None, reply_to: None };
    let sent = timeout(SEND_MAX, waha.send_text(send)).await;
    let sent_ms = matches!(sent, Ok(Ok(_))).then(|| millis(began.elapsed()));
    let mut error = match sent {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(clean_line(&chain(&error))),
        Err(_) => Some(format!("WAHA did not answer within {} s", SEND_MAX.as_secs())),
    };
    // A send that failed may have gone out: its delivery would tell.
    let arrived = timeout(ARRIVAL_MAX, &mut probe.arrival).await.ok().and_then(Result::ok);
    let arrived_ms = arrived.map(|at| millis(at.saturating_duration_since(began)));
    if arrived_ms.is_none() && error.is_none() {
        error = Some(format!("WAHA sent it, and posted nothing about it within {} s", ARRIVAL_MAX.as_secs()));
    }
    Ok(Reply(InstanceProbed { id: found.id, name: found.name.clone(), sent_ms, arrived_ms, error }))
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
