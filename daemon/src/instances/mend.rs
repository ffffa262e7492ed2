//! Makes a session as we want it: compared first, changed only where it differs, asked again afterwards.

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::{Instance, InstanceStatus};
use mychatflow_data::model::setting::Groups as Wish;
use mychatflow_data::protocol::calls::instance::Drift;
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::store::TenantStore;

use super::look::{Looked, ask, keep, look};
use super::{InstanceError, notice, server, webhook_url};
use crate::cx::Cx;
use crate::rpc::handlers::instances::document;
use crate::waha::server::ServerVersion;
use crate::waha::session_config::{Desired, Groups, Merge, desired, merge};
use crate::waha::sessions::Session;
use crate::waha::{Waha, WahaError};

/// What mending came to.
#[derive(Debug)]
pub struct Mended {
    /// The last look at the session.
    pub looked: Looked,
    /// What still differs, without keys.
    pub drift: Vec<Drift>,
}

/// Compares a number's session with what we want and mends it: makes it where it is missing, changes its config where
/// that differs (a working one a few times an hour for differences that stay), starts it where it is stopped.
///
/// # Errors
/// [`InstanceError::Waha`] when WAHA did not; [`InstanceError::NotFound`] when the number is gone.
pub async fn mend(cx: &Cx, tenant: &TenantStore, instance: InstanceId) -> Result<Mended, InstanceError> {
    let _turn = cx.numbers.turn(instance).await;
    let instance = tenant.instance(instance).await?.ok_or(InstanceError::NotFound)?;
    let waha = match server(cx, &instance) {
        Ok(waha) => waha,
        // The look keeps why.
        Err(_) => return look(cx, tenant, &instance).await.map(|looked| Mended { looked, drift: Vec::new() }),
    };
    let (session, version) = ask(cx, tenant, &instance, &waha).await?;
    let wanted = wanted(cx, tenant, &instance, session.as_ref(), version.as_ref()).await?;
    let touched = match touch(cx, &waha, &instance, session.as_ref(), &wanted).await {
        Ok(touched) => touched,
        Err(error) => {
            // It could not be changed: then it is as WAHA has just said, and nobody may go on reading what was before.
            keep(cx, tenant, &instance, session.as_ref(), version.as_ref()).await?;
            return Err(error.into());
        }
    };
    if !touched {
        let drift = differences(session.as_ref(), &wanted);
        let seen = keep(cx, tenant, &instance, session.as_ref(), version.as_ref()).await?;
        let scan = Some(InstanceStatus::ScanQrCode);
        if instance.status == scan && session.as_ref().map(|session| session.status.clone()) == scan {
            // The same state told once more means a new code to scan: a change that no row shows.
            cx.bus.publish(Some(tenant.id()), Topic::InstanceChanged, &document(instance));
        }
        return Ok(Mended { looked: Looked { session, version, seen }, drift });
    }
    let looked = look(cx, tenant, &instance).await?;
    let drift = differences(looked.session.as_ref(), &wanted);
    if !drift.is_empty() {
        let text = format!("WAHA did not keep the config of {}: {}", instance.name, told(&drift));
        notice(cx, tenant, "warning", &text);
    }
    Ok(Mended { looked, drift })
}

/// What differs between a number's session and what we want, without keys. Changes nothing.
///
/// # Errors
/// [`InstanceError::Waha`] when WAHA can't be asked.
pub async fn drift(cx: &Cx, tenant: &TenantStore, instance: &Instance) -> Result<Vec<Drift>, InstanceError> {
    let waha = server(cx, instance)?;
    let session = waha.session(&instance.session).await?;
    if session.is_none() {
        let what = format!("session {}", instance.session);
        return Ok(vec![Drift { what, wanted: "there".to_owned(), found: "none".to_owned() }]);
    }
    let wanted = wanted(cx, tenant, instance, session.as_ref(), None).await?;
    Ok(differences(session.as_ref(), &wanted))
}

async fn wanted(
    cx: &Cx,
    tenant: &TenantStore,
    instance: &Instance,
    session: Option<&Session>,
    version: Option<&ServerVersion>,
) -> Result<Desired, InstanceError> {
    let config = cx.config();
    let rules = tenant.settings(Some(instance.id), None).await?.rules(config.reply);
    let groups = match rules.groups {
        Wish::Store => Groups::Wanted,
        Wish::Ignore => Groups::Ignored,
    };
    let key = tenant.hmac_key(instance.id).await?;
    // A stopped session does not tell its engine; the server's is the one it will get.
    let engine = session
        .and_then(|session| session.engine.as_deref())
        .or_else(|| version.and_then(|version| version.engine.as_deref()))
        .or(instance.engine.as_deref());
    Ok(desired(&webhook_url(&config, instance.id), &key.reveal().into(), engine, groups))
}

fn differences(session: Option<&Session>, wanted: &Desired) -> Vec<Drift> {
    let Some(session) = session else { return Vec::new() };
    match merge(session.config.as_ref(), wanted) {
        Merge::Same => Vec::new(),
        Merge::Changed { differences, .. } => differences,
    }
}

/// What differs, in one sentence.
#[must_use]
pub fn told(drift: &[Drift]) -> String {
    drift.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Changes what has to be changed; says whether anything was.
async fn touch(
    cx: &Cx,
    waha: &Waha,
    instance: &Instance,
    session: Option<&Session>,
    wanted: &Desired,
) -> Result<bool, WahaError> {
    let name = &instance.session;
    let Some(session) = session else {
        let Merge::Changed { config, .. } = merge(None, wanted) else { return Ok(false) };
        return match waha.create_session(name, &config).await {
            Ok(_) => {
                tracing::info!(instance.id = %instance.id, "the session was made");
                Ok(true)
            }
            // Somebody was faster: the next round compares what they made.
            Err(WahaError::Rejected { status: 422, message }) if message.contains("already exists") => Ok(true),
            Err(error) => Err(error),
        };
    };
    let mut touched = false;
    match merge(session.config.as_ref(), wanted) {
        Merge::Same => cx.numbers.held(instance.id),
        Merge::Changed { config, differences } => {
            let works = session.status == InstanceStatus::Working;
            // To change a running session stops it: a server that never keeps the config must not stop it for ever.
            if !works || cx.numbers.may_update(instance.id, &differences, cx.now()) {
                tracing::info!(instance.id = %instance.id, differences = told(&differences), "the config is mended");
                waha.update_session(name, &config).await?;
                touched = true;
            }
        }
    }
    if session.status == InstanceStatus::Stopped {
        waha.start_session(name).await?;
        touched = true;
    }
    Ok(touched)
}
