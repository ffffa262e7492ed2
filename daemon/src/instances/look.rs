//! Looks at a number's session on WAHA and keeps what it says.

use jiff::tz::TimeZone;
use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::{Instance, InstanceStatus, StatusChange, Traffic, Verdict};
use mychatflow_data::model::job::JobArgs;
use mychatflow_data::model::new_chats::NewChatCapping;
use mychatflow_data::model::pairing::is_witnessed;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::instances::{Seen, Sighting, Watch};
use mychatflow_data::time::Timestamp;

use super::deliveries::{MissingDelivery, MissingEvent};
use super::error::sentence;
use super::sends::FailingSends;
use super::{InstanceError, SessionEvidence, SessionFacts, server};
use crate::compose;
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::flow::slowdown;
use crate::flow::verdict::{Facts, Sight, stamp, verdict};
use crate::waha::capabilities::{Capabilities, Question};
use crate::waha::server::ServerVersion;
use crate::waha::sessions::Session;
use crate::waha::{Waha, WahaError};

/// How many of a number's last states tell how it came to the present one.
const HISTORY: i64 = 20;

/// What a look found, and what it changed.
#[derive(Debug)]
pub struct Looked {
    /// The session; `None`: WAHA has none of that name.
    pub session: Option<Session>,
    /// The server, where it told.
    pub version: Option<ServerVersion>,
    /// What the sighting changed.
    pub seen: Seen,
}

/// Asks WAHA for a number's session and keeps what it says. Whatever follows from a new connection (people and chats to
/// read, messages to fetch) is made a job in the same transaction.
///
/// # Errors
/// [`InstanceError::Waha`] when WAHA could not say; an outage is kept as a sighting too.
pub async fn look(cx: &Cx, tenant: &TenantStore, instance: &Instance) -> Result<Looked, InstanceError> {
    let waha = match server(cx, instance) {
        Ok(waha) => waha,
        Err(error) => {
            cx.numbers.note_unanswered(instance.id, &error.to_string(), cx.now());
            keep_outage(cx, tenant, instance, &error.to_string()).await?;
            return Err(error);
        }
    };
    let (session, version) = ask(cx, tenant, instance, &waha).await?;
    let seen = keep(cx, tenant, instance, session.as_ref(), version.as_ref()).await?;
    Ok(Looked { session, version, seen })
}

/// The session and the server's version, or the outage, kept.
pub(super) async fn ask(
    cx: &Cx,
    tenant: &TenantStore,
    instance: &Instance,
    waha: &Waha,
) -> Result<(Option<Session>, Option<ServerVersion>), InstanceError> {
    let asked_at = cx.now();
    match waha.session(&instance.session).await {
        // A server that tells no version is a server all the same.
        Ok(mut session) => {
            let status = session.as_ref().map_or(&InstanceStatus::Stopped, |session| &session.status);
            cx.numbers.note_status(instance.id, status, asked_at);
            let version = waha.version().await.ok();
            if let Some(session) = session.as_mut().filter(|session| session.status == InstanceStatus::Working) {
                ask_limits(waha, session, version.as_ref()).await;
            }
            Ok((session, version))
        }
        Err(error) => {
            cx.numbers.note_unanswered(instance.id, &sentence(&error), asked_at);
            // The engine's own troubles say nothing about the session.
            if !error.is_the_engines() && !matches!(error, WahaError::BadAnswer(_) | WahaError::TooLarge { .. }) {
                keep_outage(cx, tenant, instance, &sentence(&error)).await?;
            }
            Err(error.into())
        }
    }
}

/// Asks for the account's limits where the server can be asked: what it tells by itself may be old. A limit that can't be had now
/// is asked for again at the next look.
async fn ask_limits(waha: &Waha, session: &mut Session, version: Option<&ServerVersion>) {
    let version = version.map(|version| version.version.as_str());
    let can = Capabilities::of(version, session.engine.as_deref());
    if can.new_chats == Question::Possible
        && let Ok(Some(new_chats)) = waha.new_chats(&session.name).await
    {
        session.new_chats = Some(new_chats);
    }
    if can.time_lock == Question::Possible
        && session.restricted_until.is_none()
        && let Ok(until) = waha.time_lock(&session.name).await
    {
        session.restricted_until = until;
    }
}

/// Keeps that WAHA could not be asked how a number is.
pub(crate) async fn keep_outage(
    cx: &Cx,
    tenant: &TenantStore,
    instance: &Instance,
    why: &str,
) -> Result<(), StoreError> {
    cx.numbers.note_unasked(instance.id);
    let (verdict, reason) = verdict(&Facts {
        sight: Sight::Unasked(why),
        before: None,
        in_vain: false,
        restricted_until: None,
        slowed_until: None,
        undelivered: None,
        sends_failed: None,
        heard_at: None,
        zone: &TimeZone::UTC,
        traffic: Traffic::default(),
        now: cx.now(),
    });
    let sighting = Sighting { status: None, verdict, reason, me: None, engine: None, version: None };
    tenant.see_instance(instance.id, sighting, cx.now()).await.map(drop)
}

/// Did a number fail, start, and fail again, without anything between? Newest state first.
fn failed_again(history: &[StatusChange]) -> bool {
    use InstanceStatus::{Failed, Starting, Stopped};
    let states = history.iter().map_while(|change| change.status.as_ref());
    let mut passing = states.take_while(|status| matches!(status, Failed | Starting | Stopped));
    let begun = passing.by_ref().find(|status| **status != Failed);
    begun.is_some() && passing.any(|status| *status == Failed)
}

/// Keeps that WhatsApp refused a message of this number for haste, and returns until when nothing is sent from it.
///
/// # Errors
/// What the store says; the number rests all the same.
pub async fn slow_down(cx: &Cx, tenant: &TenantStore, instance: InstanceId) -> Result<Timestamp, StoreError> {
    let now = cx.now();
    let until = cx.numbers.slow_down(instance, now);
    let (verdict, reason) = (Verdict::Restricted, Some(slowdown::reason(until)));
    let sighting = Sighting { status: None, verdict, reason, me: None, engine: None, version: None };
    tenant.see_instance(instance, sighting, now).await?;
    // Then another look tells how it is.
    let args = JobArgs::ReconcileInstance { instance };
    tenant.request_job(args, instance.to_string(), until, now).await?;
    Ok(until)
}

/// The time zone of those who read why a number is as it is.
pub(crate) async fn zone(cx: &Cx, tenant: &TenantStore) -> Result<TimeZone, StoreError> {
    let found = cx.store.find_tenant(tenant.id()).await?;
    Ok(found.map_or(TimeZone::UTC, |found| compose::zone(&found.timezone)))
}

/// What WAHA should have told by webhook, and how we know of it.
#[must_use]
pub fn undelivered(missing: &MissingDelivery, zone: &TimeZone) -> String {
    let since = stamp(missing.since, zone);
    match &missing.event {
        MissingEvent::Status(status, at) => {
            format!("it is {status} since {} (asked), no delivery told so", stamp(*at, zone))
        }
        MissingEvent::Message => format!("a message of {since} is in WAHA's history, no delivery told of it"),
        MissingEvent::Echo => format!("WAHA took a message of ours at {since}, no delivery told of it"),
    }
}

/// How the last sends of a number failed. The words stay the same while they go on failing in the same way.
#[must_use]
pub fn sends_failed(failing: &FailingSends, zone: &TimeZone) -> String {
    format!("since {}: {}", stamp(failing.since, zone), failing.words)
}

/// Keeps what WAHA said.
pub(super) async fn keep(
    cx: &Cx,
    tenant: &TenantStore,
    instance: &Instance,
    session: Option<&Session>,
    version: Option<&ServerVersion>,
) -> Result<Seen, StoreError> {
    let now = cx.now();
    let history = tenant.instance_history(instance.id, HISTORY).await?;
    let passing = |status: &&InstanceStatus| matches!(status, InstanceStatus::Failed | InstanceStatus::Starting);
    let before = history.iter().filter_map(|change| change.status.as_ref()).find(|status| !passing(status));
    let works = session.is_some_and(|session| session.status == InstanceStatus::Working);
    // A number that has just begun to work owes us nothing yet.
    let at_work = history
        .iter()
        .take_while(|change| change.status == Some(InstanceStatus::Working) && change.verdict != Verdict::Dead);
    let since = at_work.last().map_or(now, |change| change.at);
    let heard_at = Some(instance.heard_at.map_or(since, |heard_at| heard_at.max(since)));
    let traffic = if works { tenant.traffic(instance.id, now).await? } else { Traffic::default() };
    let zone = if works { zone(cx, tenant).await? } else { TimeZone::UTC };
    let SessionEvidence { missing, failing, .. } = cx.numbers.evidence(instance.id, now);
    let undelivered = missing.map(|missing| undelivered(&missing, &zone));
    let sends_failed = failing.map(|failing| sends_failed(&failing, &zone));
    let (verdict, reason) = verdict(&Facts {
        sight: session.map_or(Sight::Missing, |session| Sight::Session(&session.status)),
        before,
        in_vain: cx.numbers.was_restarted(instance.id) || failed_again(&history),
        restricted_until: session.and_then(|session| session.restricted_until),
        slowed_until: cx.numbers.slowed_until(instance.id, now),
        undelivered: undelivered.as_deref(),
        sends_failed: sends_failed.as_deref(),
        heard_at,
        zone: &zone,
        traffic,
        now,
    });
    if works {
        cx.numbers.is_well(instance.id);
    }
    let facts = session.filter(|_| works).map(|session| SessionFacts {
        at: now,
        account: session.me.is_some(),
        engine: session.engine.is_some() || version.is_some_and(|version| version.engine.is_some()),
        version: version.is_some(),
    });
    cx.numbers.note_facts(instance.id, facts);
    let me = session.and_then(|session| session.me.clone()).map(|mut me| {
        me.name = me.name.as_deref().map(clean_line);
        me
    });
    let sighting = Sighting {
        // A session that is not there does not work, whatever it was.
        status: Some(session.map_or(InstanceStatus::Stopped, |session| session.status.clone())),
        verdict,
        reason,
        me,
        engine: session
            .and_then(|session| session.engine.clone())
            .or_else(|| version.and_then(|version| version.engine.clone())),
        version: version.map(|version| version.version.clone()),
    };
    if let Some(session) = session {
        let new_chats = session.new_chats.clone().map(|told| NewChatCapping { seen_at: now, ..told });
        tenant.restrict_instance(instance.id, session.restricted_until, new_chats).await?;
    }
    let watch = if is_witnessed(cx.numbers.note_look(instance.id, now), now) { Watch::Kept } else { Watch::Missed };
    tenant.see_instance_after(instance.id, sighting, watch, now).await
}
