//! Looks numbers up before the first message of a campaign to them: a message to a number without WhatsApp can get ours
//! restricted.

use std::time::Duration;

use futures_util::StreamExt;
use mychatflow_data::ids::{CampaignId, RecipientId};
use mychatflow_data::model::governor::Limits;
use mychatflow_data::model::instance::{Instance, InstanceStatus};
use mychatflow_data::phone::{Address, Phone};
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::number_checks::LookedUp;
use mychatflow_data::time::Timestamp;

use super::JobError;
use super::deliver::not_before;
use crate::chain::chain;
use crate::cx::Cx;
use crate::flow::gate::NUMBER_WAIT;
use crate::flow::slowdown;
use crate::instances::slow_down;
use crate::waha::{Waha, WahaError};

/// Numbers looked up in one go, and at once, by a campaign that nothing slows down.
const BATCH_FAST: (usize, usize) = (64, 8);
/// The same at the pace of people: only what is about to be sent.
const BATCH_SLOW: (usize, usize) = (3, 1);
/// How long to wait for a server that is out of order.
const OUTAGE_WAIT: Duration = Duration::from_secs(5);

/// What the campaign does next.
pub enum Next {
    /// Some numbers are known now: look again.
    GoOn,
    /// Nothing before this instant.
    Wait {
        /// When to look again.
        until: Timestamp,
        /// Why, in words for people.
        reason: String,
    },
    /// Nothing by itself any more: a person must look.
    Stuck(String),
}

/// Looks the number of whose turn it is up, and those that come next.
///
/// # Errors
/// When WAHA can't look up any number for now; the next run tries again.
pub async fn look_up(
    cx: &Cx,
    tenant: &TenantStore,
    id: CampaignId,
    first: RecipientId,
    limits: &Limits,
) -> Result<Next, JobError> {
    let (batch, at_once) = if limits.gap.is_none() && limits.per_hour.is_none() { BATCH_FAST } else { BATCH_SLOW };
    let checks = tenant.begin_checks(id, first, batch, cx.now()).await?;
    let Some(instance) = tenant.instance(checks.instance).await? else {
        return Ok(Next::Stuck("the number was removed".to_owned()));
    };
    let clients = cx.clients();
    let Some(waha) = clients.wahas.get(&instance.waha) else {
        return Ok(Next::Stuck(format!("no [[waha]] named {} is configured", instance.waha)));
    };
    let mut asked: Vec<Asked> = futures_util::stream::iter(checks.numbers)
        .map(|(recipient, phone)| ask(cx, waha, &instance, recipient, phone))
        .buffer_unordered(at_once)
        .collect()
        .await;
    let now = cx.now();
    if asked.iter().any(|asked| asked.too_fast) {
        slow_down(cx, tenant, instance.id).await?;
    }
    let failure = asked.iter_mut().find_map(|asked| asked.out_of_order.take());
    let none_told = asked.iter().all(|asked| matches!(asked.looked, LookedUp::Failed(_) | LookedUp::NotMade));
    let blame = asked.iter().find_map(|asked| match &asked.looked {
        LookedUp::Failed(reason) => Some(reason.clone()),
        _ => None,
    });
    // Is it the numbers or WAHA? Our own number has WhatsApp: if that can't be looked up either, no number can.
    let broken = match blame.filter(|_| none_told && failure.is_none()) {
        Some(_) => own_number(waha, &instance).await.err(),
        None => None,
    };
    let told = asked.into_iter().map(|asked| match asked.looked {
        LookedUp::Failed(_) if broken.is_some() => (asked.recipient, asked.phone, LookedUp::NotMade),
        looked => (asked.recipient, asked.phone, looked),
    });
    tenant.settle_checks(id, told.collect(), now).await?;
    match (failure, broken) {
        (Some(failure), _) => {
            let until = not_before(waha, now).unwrap_or(now + failure.wait);
            Ok(Next::Wait { until, reason: failure.reason })
        }
        (None, Some(error)) if error.retryable() => {
            let reason = format!("looking numbers up fails: {}", chain(&error));
            tenant.note_campaign_waits(id, now + OUTAGE_WAIT, Some(reason.clone())).await?;
            Err(JobError::Retryable { reason, after: OUTAGE_WAIT, fault: None })
        }
        (None, Some(error)) => Ok(Next::Stuck(format!(
            "this WAHA can't look numbers up ({}); update it, or go on without: mychatflow campaign edit NAME --no-check, \
             then resume",
            chain(&error)
        ))),
        (None, None) => Ok(Next::GoOn),
    }
}

struct Asked {
    recipient: RecipientId,
    phone: Phone,
    looked: LookedUp,
    /// WhatsApp found that our number asks too much.
    too_fast: bool,
    /// Nothing that the number is to blame for.
    out_of_order: Option<OutOfOrder>,
}

struct OutOfOrder {
    wait: Duration,
    reason: String,
}

async fn ask(cx: &Cx, waha: &Waha, instance: &Instance, recipient: RecipientId, phone: Phone) -> Asked {
    let not_made = |phone, wait, reason| Asked {
        recipient,
        phone,
        looked: LookedUp::NotMade,
        too_fast: false,
        out_of_order: Some(OutOfOrder { wait, reason }),
    };
    if let Some(until) = cx.numbers.slowed_until(instance.id, cx.now()) {
        return not_made(phone, until.since(cx.now()), slowdown::reason(until));
    }
    if not_before(waha, cx.now()).is_some() {
        return not_made(phone, OUTAGE_WAIT, "waiting for waha".to_owned());
    }
    let looked = match waha.check_exists(&instance.session, &phone).await {
        Ok(Some(address)) if address.is_person() => LookedUp::There(address),
        Ok(_) => LookedUp::Absent,
        Err(WahaError::NotReady { status }) => {
            let word = if status == InstanceStatus::Working { "restarting" } else { status.word() };
            return not_made(phone, NUMBER_WAIT, format!("waiting for the number: it is {word}"));
        }
        Err(WahaError::TooFast { .. }) => {
            let now = cx.now();
            let until = cx.numbers.slow_down(instance.id, now);
            return Asked { too_fast: true, ..not_made(phone, until.since(now), slowdown::reason(until)) };
        }
        Err(error)
            if error.is_outage() || error.is_session_missing() || matches!(error, WahaError::Unauthorized { .. }) =>
        {
            return not_made(phone, OUTAGE_WAIT, format!("waiting for waha: {}", chain(&error)));
        }
        Err(error) => LookedUp::Failed(chain(&error)),
    };
    Asked { recipient, phone, looked, too_fast: false, out_of_order: None }
}

/// Looks our own number up, which is on WhatsApp.
async fn own_number(waha: &Waha, instance: &Instance) -> Result<(), WahaError> {
    let own = instance.me.as_ref().map(|me| &me.id).and_then(Address::phone);
    // Without it the numbers are to blame as far as can be told.
    let Some(own) = own else { return Ok(()) };
    waha.check_exists(&instance.session, &own).await.map(drop)
}
