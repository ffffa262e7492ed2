//! The WAHA servers of the config: there, with the right key, and what they can do.

use mychatflow_daemon::cx::Clients;
use mychatflow_daemon::waha::capabilities::Ids;
use mychatflow_daemon::waha::{Waha, WahaError};

use super::{Check, Findings, soon};

/// Looks at each of them.
pub async fn check(clients: &Clients, findings: &mut Findings<'_>) -> anyhow::Result<()> {
    if clients.wahas.is_empty() {
        let remedy = "add a [[waha]] with url and api_key to the config, then: mychatflow daemon reload";
        findings.add(Check::warning("waha", "the config has no server: no number can be added", remedy))?;
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

/// The error and its first cause: the layers between them help nobody.
fn told(waha: &Waha, error: &anyhow::Error) -> String {
    let (top, root) = (error.to_string(), error.root_cause().to_string());
    let cause = if root == top { String::new() } else { format!(": {root}") };
    format!("{top} at {}{cause}", waha.url())
}

fn remedy(name: &str, waha: &Waha, error: &anyhow::Error) -> String {
    let url = waha.url();
    match error.downcast_ref::<WahaError>() {
        Some(WahaError::Unauthorized { .. }) => {
            format!("set waha.{name}.api_key to the server's WAHA_API_KEY, then: mychatflow daemon reload")
        }
        Some(WahaError::Refused(_)) => {
            format!("start it (docker ps -a shows it, docker start NAME starts it), or correct waha.{name}.url")
        }
        Some(WahaError::BadAnswer(_) | WahaError::NotFound { .. }) => {
            format!("something else answers there: correct waha.{name}.url; look at: curl {url}/ping")
        }
        Some(WahaError::Gateway { .. }) => "look at the proxy in front of it, and at: docker ps -a".to_owned(),
        _ => format!("see what it says: docker logs --tail 50 NAME; does it answer: curl {url}/ping"),
    }
}
