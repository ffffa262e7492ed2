//! The life of our numbers on their WAHA servers: added, paired, mended, restarted, taken away.
//!
//! What we want of a session is ours to say, what it is the server's: after every change it is asked. Changes to one
//! number's session are made one at a time.

mod deliveries;
mod error;
mod look;
mod memory;
mod mend;
mod pairing;
mod sends;

use std::fs::File;
use std::io::Read;
use std::time::Duration;

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::{Instance, InstanceStatus};
use mychatflow_data::model::job::JobArgs;
use mychatflow_data::model::limit;
use mychatflow_data::protocol::calls::instance::SessionFate;
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::instances::HmacKey;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout, timeout_at};

pub use self::deliveries::{DeliveryEvidence, MissingDelivery, MissingEvent};
pub use self::error::{InstanceError, sentence};
pub use self::look::{Looked, look, sends_failed, slow_down, undelivered};
pub(crate) use self::look::{keep_outage, zone};
pub use self::memory::{
    Numbers, RESTART_SPAN, RESTARTS, RESTARTS_MAX, SessionEvidence, SessionFacts, UPDATE_SPAN, UPDATES_MAX,
    UnansweredQuestion,
};
pub use self::mend::{Mended, drift, mend, told};
pub use self::pairing::{QR_CODES_MAX, QR_FIRST, QR_NEXT, pair, qr};
pub use self::sends::{FAILED_SENDS_MAX, FailingSends, SendEvidence};
use crate::config::{Config, WAHA_NAME};
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::waha::session_config::{Merge, WEBHOOK_PATH, without};
use crate::waha::{Waha, WahaError};

/// How long `add` waits for a server that is down.
pub const ADD_PATIENCE: Duration = Duration::from_secs(5);
/// How long `add` waits for a server that answers, but slowly.
pub const ADD_DEADLINE: Duration = Duration::from_secs(60);
/// The pause between two tries of `add`.
const ADD_PAUSE: Duration = Duration::from_millis(250);
/// The session that a number gets unless another is named.
pub const SESSION: &str = "default";
/// The longest name of a session that WAHA takes.
const SESSION_CHARS_MAX: usize = limit::SESSION_NAME.chars;
/// The longest name of a number.
const NAME_CHARS_MAX: usize = limit::NUMBER_NAME.chars;
/// How many random bytes make a signing key.
const KEY_BYTES: usize = 32;

/// A number that left us.
#[derive(Debug)]
pub struct Removed {
    /// As it last was.
    pub instance: Instance,
    /// What became of its session.
    pub session: SessionFate,
    /// What could not be done at WAHA, in words for people.
    pub left_over: Option<String>,
}

/// Where WAHA posts to for a number.
#[must_use]
pub fn webhook_url(config: &Config, instance: InstanceId) -> String {
    format!("{}{WEBHOOK_PATH}{instance}", config.webhook.base_url())
}

/// Adds a number and makes its session as we want it. With the server down the number is there all the same, its status
/// is `None`, and a job goes on.
///
/// # Errors
/// [`InstanceError::Invalid`] for names that can't be and for a server that the config does not know;
/// [`InstanceError::Conflict`] when the name or the session is taken; [`InstanceError::Waha`] when WAHA refuses: then
/// nothing was added.
pub async fn add(
    cx: &Cx,
    tenant: &TenantStore,
    name: &str,
    waha: Option<&str>,
    session: Option<&str>,
) -> Result<Instance, InstanceError> {
    let name = valid_name(name)?;
    let waha = known_server(cx, waha)?;
    let session = valid_session(session.unwrap_or(SESSION))?;
    let key = HmacKey::new(random_key()?);
    let instance = tenant.add_instance(name, waha, session, key, cx.now()).await?;
    // The first deliveries may come before the listener of commits has got round to it.
    cx.receivers.refresh(&cx.store).await?;
    request_reconcile(cx, tenant, instance.id).await?;
    match at_once(cx, tenant, instance.id).await {
        Ok(()) => {}
        Err(error @ InstanceError::Waha(WahaError::Rejected { .. } | WahaError::Unauthorized { .. })) => {
            tenant.remove_instance(instance.id, cx.now()).await?;
            cx.receivers.refresh(&cx.store).await?;
            return Err(error);
        }
        Err(error) => {
            tracing::warn!(instance.id = %instance.id, error = %error, "the number was added; a job goes on at WAHA");
        }
    }
    tenant.instance(instance.id).await?.ok_or(InstanceError::NotFound)
}

/// Adds a number for somebody who answers for one tenant alone: with a session that nobody has. The server may be shared,
/// and whoever had a session that is there already would have another one's customers.
///
/// # Errors
/// [`InstanceError::Forbidden`] in the same words whether WAHA has the session or another tenant does;
/// [`InstanceError::Waha`] when WAHA can't be asked; otherwise as [`add`]. Then nothing was added.
pub async fn add_with_new_session(
    cx: &Cx,
    tenant: &TenantStore,
    name: &str,
    waha: Option<&str>,
    session: Option<&str>,
) -> Result<Instance, InstanceError> {
    let (name, server) = (valid_name(name)?, known_server(cx, waha)?);
    let session = valid_session(session.unwrap_or(SESSION))?;
    let not_new = || {
        InstanceError::Forbidden(format!(
            "{session:?} can't be the session of a new number: choose another name with --session, or ask an operator to \
             run `mychatflow instance add {name:?} --waha {server} --session {session}`"
        ))
    };
    // What the tenant has itself is no secret.
    let own = tenant.instances().await?;
    if let Some(taken) = own.iter().find(|known| known.name.to_lowercase() == name.to_lowercase()) {
        return Err(InstanceError::Conflict(format!("there is a number named {} already", taken.name)));
    }
    if let Some(taken) = own.iter().find(|known| known.waha == server && known.session == session) {
        return Err(InstanceError::Conflict(format!("session {session} of {server} is that of {}", taken.name)));
    }
    let found = match cx.clients().wahas.get(&server) {
        None => return Err(InstanceError::Invalid(format!("the config has no [[waha]] named {server}"))),
        Some(waha) => timeout(ADD_PATIENCE, waha.session(&session)).await,
    };
    match found {
        Ok(Ok(None)) => {}
        Ok(Ok(Some(_))) => return Err(not_new()),
        Ok(Err(error)) => return Err(error.into()),
        Err(_) => return Err(WahaError::Timeout(ADD_PATIENCE).into()),
    }
    match add(cx, tenant, &name, Some(&server), Some(&session)).await {
        Err(InstanceError::Conflict(_)) => Err(not_new()),
        added => added,
    }
}

/// Tries to make the session, for a while.
async fn at_once(cx: &Cx, tenant: &TenantStore, instance: InstanceId) -> Result<(), InstanceError> {
    let begun = Instant::now();
    let (patience, deadline) = (begun + ADD_PATIENCE, begun + ADD_DEADLINE);
    loop {
        let asked = Instant::now();
        let found = tenant.instance(instance).await?.ok_or(InstanceError::NotFound)?;
        // A ping decides which patience holds: a server that is there may need its time.
        let there = timeout_at(patience, server(cx, &found)?.ping()).await;
        match there {
            Err(_) => return Err(WahaError::Timeout(ADD_PATIENCE).into()),
            Ok(Err(error)) if asked + ADD_PAUSE >= patience => return Err(error.into()),
            Ok(Err(WahaError::Refused(_) | WahaError::Gateway { .. } | WahaError::Cut(_))) => {
                sleep(ADD_PAUSE).await;
            }
            // Something may stand before `/ping` that lets the rest through.
            Ok(_) => {
                let mended = timeout_at(deadline, mend(cx, tenant, instance)).await;
                return mended.unwrap_or_else(|_| Err(WahaError::Timeout(ADD_DEADLINE).into())).map(drop);
            }
        }
    }
}

/// Takes a number away: our webhook leaves the session's config, the rest of it stays, unless the session is to go. A
/// server that can't be reached does not hold it up: what is left over there is told.
///
/// # Errors
/// [`InstanceError::NotFound`] when it is not there.
pub async fn remove(
    cx: &Cx,
    tenant: &TenantStore,
    instance: InstanceId,
    fate: SessionFate,
) -> Result<Removed, InstanceError> {
    let _turn = cx.numbers.turn(instance).await;
    let found = tenant.instance(instance).await?.ok_or(InstanceError::NotFound)?;
    let left = match server(cx, &found) {
        Ok(waha) => leave(&waha, &found, fate).await.map_err(InstanceError::from),
        Err(error) => Err(error),
    };
    tenant.remove_instance(instance, cx.now()).await?;
    cx.receivers.refresh(&cx.store).await?;
    let left_over = left.as_ref().err().map(|error| {
        let what = match fate {
            SessionFate::Keep => "our webhook is still in its session",
            SessionFate::Delete => "its session is still there",
        };
        format!("{} was removed, but {what} {} of WAHA {}: {error}", found.name, found.session, found.waha)
    });
    if let Some(text) = &left_over {
        notice(cx, tenant, "warning", text);
    }
    let session = if left.is_ok() { fate } else { SessionFate::Keep };
    Ok(Removed { instance: found, session, left_over })
}

async fn leave(waha: &Waha, instance: &Instance, fate: SessionFate) -> Result<(), WahaError> {
    if fate == SessionFate::Delete {
        return waha.delete_session(&instance.session).await;
    }
    let Some(session) = waha.session(&instance.session).await? else { return Ok(()) };
    match without(session.config.as_ref(), &instance.id.to_string()) {
        Merge::Same => Ok(()),
        Merge::Changed { config, .. } => waha.update_session(&instance.session, &config).await.map(drop),
    }
}

/// Stops and starts a number's session with the config that it should have, or makes it where it is missing.
///
/// # Errors
/// [`InstanceError::Waha`] when WAHA did not.
pub async fn restart(cx: &Cx, tenant: &TenantStore, instance: InstanceId) -> Result<Instance, InstanceError> {
    change(cx, tenant, instance, Change::Restart).await
}

/// Unpairs a number; its session starts again for a new pairing.
///
/// # Errors
/// [`InstanceError::Waha`] when WAHA did not.
pub async fn logout(cx: &Cx, tenant: &TenantStore, instance: InstanceId) -> Result<Instance, InstanceError> {
    change(cx, tenant, instance, Change::Logout).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Restart,
    Logout,
}

async fn change(
    cx: &Cx,
    tenant: &TenantStore,
    instance: InstanceId,
    change: Change,
) -> Result<Instance, InstanceError> {
    let found = tenant.instance(instance).await?.ok_or(InstanceError::NotFound)?;
    // A session that has another key, or another address, would start with that, and what it tells then would be refused or go
    // elsewhere. Where it can't be asked, the change says why.
    if change == Change::Restart && drift(cx, tenant, &found).await.is_ok_and(|differences| !differences.is_empty()) {
        mend(cx, tenant, instance).await?;
    }
    let turn = cx.numbers.turn(instance).await;
    let waha = server(cx, &found)?;
    let done = match change {
        Change::Restart => waha.restart_session(&found.session).await,
        Change::Logout => waha.logout_session(&found.session).await,
    };
    let missing = match done {
        Ok(()) => {
            match change {
                Change::Restart if found.status == Some(InstanceStatus::Failed) => cx.numbers.note_restart(instance),
                Change::Restart => {}
                Change::Logout => cx.numbers.is_well(instance),
            }
            false
        }
        Err(WahaError::NotFound { .. }) => true,
        Err(error) => return Err(error.into()),
    };
    if missing {
        drop(turn);
        mend(cx, tenant, instance).await?;
    } else {
        look(cx, tenant, &found).await?;
    }
    tenant.instance(instance).await?.ok_or(InstanceError::NotFound)
}

/// Asks for a number's session to be compared and mended soon.
///
/// # Errors
/// What the store says.
pub async fn request_reconcile(cx: &Cx, tenant: &TenantStore, instance: InstanceId) -> Result<(), InstanceError> {
    let now = cx.now();
    Ok(tenant.request_job(JobArgs::ReconcileInstance { instance }, instance.to_string(), now, now).await?)
}

/// The client of a number's server.
pub(crate) fn server(cx: &Cx, instance: &Instance) -> Result<Waha, InstanceError> {
    let clients = cx.clients();
    clients.wahas.get(&instance.waha).cloned().ok_or_else(|| {
        InstanceError::Invalid(format!("the config has no [[waha]] named {}: add it, then reload", instance.waha))
    })
}

/// Tells consoles something that a person should know.
pub(crate) fn notice(cx: &Cx, tenant: &TenantStore, level: &str, text: &str) {
    cx.bus.publish(Some(tenant.id()), Topic::DaemonNotice, &json!({"level": level, "text": text}));
}

fn valid_name(name: &str) -> Result<String, InstanceError> {
    let name = clean_line(name);
    let invalid = |what: &str| Err(InstanceError::Invalid(format!("a number's name {what}")));
    if name.is_empty() {
        return invalid("can't be empty");
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return invalid(&format!("has {NAME_CHARS_MAX} characters at most"));
    }
    // Names and ids are used in the same place.
    if name.parse::<InstanceId>().is_ok() {
        return invalid("can't look like an id");
    }
    Ok(name)
}

fn valid_session(session: &str) -> Result<String, InstanceError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if session.is_empty() || session.len() > SESSION_CHARS_MAX || !session.chars().all(fits) {
        let what = format!("a session's name has 1 to {SESSION_CHARS_MAX} letters, digits, _ or -");
        return Err(InstanceError::Invalid(what));
    }
    Ok(session.to_owned())
}

/// The named server, or the only one, or `main`.
fn known_server(cx: &Cx, named: Option<&str>) -> Result<String, InstanceError> {
    let clients = cx.clients();
    let known: Vec<&str> = clients.wahas.keys().map(String::as_str).collect();
    let wanted = match (named, known.as_slice()) {
        (Some(named), _) => named,
        (None, [only]) => only,
        (None, _) => WAHA_NAME,
    };
    if known.contains(&wanted) {
        return Ok(wanted.to_owned());
    }
    Err(InstanceError::Invalid(match known.as_slice() {
        [] => "the config has no WAHA server: add a [[waha]] with url and api_key, then reload".to_owned(),
        known => format!("the config has no [[waha]] named {wanted}: it has {}", known.join(", ")),
    }))
}

/// A signing key, from the system's own randomness.
fn random_key() -> Result<String, InstanceError> {
    let mut bytes = [0; KEY_BYTES];
    let read = File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes));
    match read {
        Ok(()) => Ok(hex::encode(bytes)),
        Err(error) => Err(InstanceError::Internal(format!("the system gives no random bytes: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_taken_and_refused() {
        assert_eq!(valid_name("  Corner\tShop ").unwrap(), "Corner Shop");
        let id = InstanceId::new().to_string();
        for name in ["", " \n", "x".repeat(61).as_str(), id.as_str()] {
            assert!(valid_name(name).is_err(), "{name:?}");
        }
        for (session, fits) in [("default", true), ("shop_2-b", true), ("", false), ("a b", false), ("../x", false)] {
            assert_eq!(valid_session(session).is_ok(), fits, "{session:?}");
        }
    }

    #[test]
    fn keys_are_long_and_never_the_same() {
        let (one, two) = (random_key().unwrap(), random_key().unwrap());
        assert_eq!(one.len(), 2 * KEY_BYTES);
        assert_ne!(one, two);
    }
}
