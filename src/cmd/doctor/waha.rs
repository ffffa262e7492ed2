//! The WAHA servers of the config: there, with the right key, and what they can do.

use mychatflow_daemon::cx::Clients;
use mychatflow_daemon::health;
use mychatflow_daemon::waha::capabilities::Ids;
use mychatflow_daemon::waha::health::OutageKind;
use mychatflow_daemon::waha::{Waha, WahaError};

use super::{Check, Findings, KeyTrialError, State, soon};

/// Looks at each of them.
pub async fn check(clients: &Clients, findings: &mut Findings<'_>) -> anyhow::Result<()> {
    if clients.wahas.is_empty() {
        let now = findings.cx.now;
        health::waha::judge(&[], now).iter().try_for_each(|found| findings.add(Check::found(found, now)))?;
    }
    for (name, waha) in &clients.wahas {
        findings.add(server(name, waha).await)?;
    }
    Ok(())
}

/// Looks at one.
pub async fn server(name: &str, waha: &Waha) -> Check {
    let label = format!("waha {name}");
    let asked = async {
        waha.ping().await?;
        waha.version().await
    };
    let version = match soon(asked).await {
        Ok(version) => version,
        Err(error) => return Check::failed(label, told(waha, &error), remedy(name, waha, &error)),
    };
    let engine = version.engine.as_deref().unwrap_or("not told");
    let found = format!("version {} at {}, engine {engine}", version.version, waha.url());
    match version.capabilities().ids {
        Ids::Chosen => Check::ok(label, format!("{found}, exactly-once: available")),
        Ids::Assigned => Check::warning(
            label,
            format!("{found}, exactly-once: not available: a send that is cut off is left to you"),
            "take WAHA 2026.4.3 or later, with WHATSAPP_DEFAULT_ENGINE=NOWEB or GOWS",
        ),
    }
}

/// Tries a key: what was found, or what is wrong.
pub async fn try_key(name: &str, waha: &Waha) -> Result<String, KeyTrialError> {
    match soon(waha.version()).await {
        Err(error) if matches!(error.downcast_ref(), Some(WahaError::Unauthorized { .. })) => {
            Err(KeyTrialError::KeyRefused(told(waha, &error)))
        }
        Err(error) => Err(KeyTrialError::Trouble(told(waha, &error))),
        Ok(_) => {
            let check = server(name, waha).await;
            if check.state == State::Failed { Err(KeyTrialError::Trouble(check.detail)) } else { Ok(check.detail) }
        }
    }
}

/// The error and its first cause: the layers between them help nobody.
fn told(waha: &Waha, error: &anyhow::Error) -> String {
    let (top, root) = (error.to_string(), error.root_cause().to_string());
    let cause = if root == top { String::new() } else { format!(": {root}") };
    format!("{top} at {}{cause}", waha.url())
}

/// What the daemon says of the same error, so that both say the same.
fn remedy(name: &str, waha: &Waha, error: &anyhow::Error) -> String {
    let url = waha.url().trim_end_matches('/');
    match error.downcast_ref::<WahaError>() {
        Some(WahaError::BadAnswer(_) | WahaError::NotFound { .. }) => {
            format!("something else answers there: correct waha.{name}.url; look at: curl {url}/ping")
        }
        error => health::waha::remedy(name, url, error.map_or(OutageKind::NoAnswer, OutageKind::of)),
    }
}
