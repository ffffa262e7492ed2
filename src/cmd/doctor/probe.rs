//! Whether the address leads to the daemon that WAHA posts to for a number: by a delivery that means nothing, and by what came of WAHA's own.

use mychatflow_daemon::cx::Clients;
use mychatflow_daemon::waha::session_config::webhook_of;
use mychatflow_daemon::webhook_trial::WebhookTrial;
use mychatflow_data::client::ClientError;
use mychatflow_data::model::finding::FindingLevel;
use mychatflow_data::protocol::calls::instance::{InstanceShown, InstanceWebhook, Key};
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::name::InstanceName;
use mychatflow_data::time::Timestamp;

use super::numbers::Which;
use super::{Check, State, soon};
use crate::output::age;

/// Tries it.
pub async fn check(which: &Which<'_>, shown: &InstanceShown, clients: Option<&Clients>, now: Timestamp) -> Check {
    let label = format!("webhook {}", shown.instance.name);
    let name = InstanceName::from(which.id.as_str());
    let asked = InstanceWebhook { tenant: Some(which.tenant.clone()), name, reveal: Key::Revealed };
    let told = match soon(which.client.call(&asked)).await {
        Ok(told) => told,
        Err(error) if is_forbidden(&error) => {
            return Check::warning(
                label,
                "not tried: only the owner may have the key",
                "ask the owner to run the doctor",
            );
        }
        Err(error) => {
            return Check::failed(label, format!("{error:#}"), which.command("webhook", &shown.instance.name));
        }
    };
    let Some(key) = told.hmac_key else {
        return Check::failed(label, "the number has no key", which.command("restart", &shown.instance.name));
    };
    // Where WAHA really posts to, as long as it can be asked.
    let url = configured(shown, clients).await.unwrap_or(told.url);
    let waha = clients.and_then(|clients| clients.wahas.get(&shown.instance.waha));
    let waha = waha.map(|waha| waha.url());
    let trial = WebhookTrial::run(&url, waha, key.expose(), &shown.instance.session, now).await;
    with_deliveries(judged(label, &trial), shown.instance.heard_at, now)
}

fn judged(label: String, trial: &WebhookTrial) -> Check {
    let remedy = trial.remedy().unwrap_or_default();
    match (trial.level(), trial.remedy()) {
        (None, None) => Check::ok(label, trial.words()),
        // The store tells what keeps it from taking them.
        (None | Some(FindingLevel::Warning), _) => Check::warning(label, trial.words(), remedy),
        (Some(FindingLevel::Failed), _) => Check::failed(label, trial.words(), remedy),
    }
}

/// What was posted from here says nothing of WAHA: its own deliveries do.
fn with_deliveries(check: Check, heard_at: Option<Timestamp>, now: Timestamp) -> Check {
    if check.state != State::Ok {
        return check;
    }
    match heard_at {
        Some(at) => {
            let detail = format!("{}; WAHA's last own delivery came {}", check.detail, age(at, now));
            Check { detail, ..check }
        }
        None => Check::warning(
            check.name,
            format!("{}; WAHA itself has delivered nothing yet", check.detail),
            "mychatflow doctor --probe sends a message and waits for its delivery",
        ),
    }
}

fn is_forbidden(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<ClientError>() {
        Some(ClientError::Refused(refusal)) => matches!(refusal.code, Code::Forbidden | Code::Unauthenticated),
        _ => false,
    }
}

async fn configured(shown: &InstanceShown, clients: Option<&Clients>) -> Option<String> {
    let waha = clients?.wahas.get(&shown.instance.waha)?;
    let session = soon(waha.session(&shown.instance.session)).await.ok()??;
    webhook_of(session.config.as_ref()?, &shown.instance.id.to_string())
}
