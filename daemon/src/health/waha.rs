//! The WAHA servers: how they answered last.

use mychatflow_data::model::fault::FaultCode;
use mychatflow_data::model::finding::{FindingCode, FindingSubject, HealthFinding};
use mychatflow_data::time::Timestamp;

use crate::cx::Clients;
use crate::waha::health::Health;

/// What is known of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WahaEvidence {
    /// Its name in the config.
    pub name: String,
    /// Where it is, without a password.
    pub url: String,
    /// How it has answered.
    pub health: Health,
}

/// Gathers it. No server is asked.
#[must_use]
pub fn gather(clients: &Clients) -> Vec<WahaEvidence> {
    let servers = clients.wahas.iter();
    servers
        .map(|(name, waha)| WahaEvidence { name: name.clone(), url: waha.url().to_owned(), health: waha.health() })
        .collect()
}

/// What is wrong with them.
#[must_use]
pub fn judge(servers: &[WahaEvidence], now: Timestamp) -> Vec<HealthFinding> {
    if servers.is_empty() {
        let remedy = "add a [[waha]] with url and api_key to the config, then: mychatflow daemon reload";
        let summary = "the config has no WAHA server: no number can be added";
        let subject = FindingSubject::Config;
        return vec![HealthFinding::new(FindingCode::WahaMissing, subject, summary, "the config", remedy).seen(now)];
    }
    servers.iter().filter_map(judge_one).collect()
}

fn judge_one(server: &WahaEvidence) -> Option<HealthFinding> {
    let WahaEvidence { name, url, health } = server;
    let subject = FindingSubject::Waha { name: name.clone() };
    let Some(outage) = &health.outage else {
        if health.succeeded_at.is_some() {
            return None;
        }
        let summary = format!("nobody knows whether WAHA answers at {url}");
        let known = "it was not asked since the start";
        return Some(HealthFinding::new(
            FindingCode::WahaUnproven,
            subject,
            summary,
            known,
            "mychatflow doctor asks it",
        ));
    };
    let failure = health.last_error.as_ref();
    let reason = failure.map_or("no reason is known", |failure| failure.reason.as_str());
    let (code, remedy) = if failure.is_some_and(|failure| failure.refused_key) {
        (FindingCode::WahaKey, FaultCode::WahaKey.remedy().unwrap_or_default().to_owned())
    } else {
        let remedy =
            format!("start it (docker ps -a shows it, docker start NAME starts it), or correct waha.{name}.url");
        (FindingCode::WahaDown, remedy)
    };
    let known = format!("calls that failed in a row: {}", outage.tries);
    Some(
        HealthFinding::new(code, subject, format!("{reason} at {url}"), known, remedy)
            .since(outage.since)
            .seen(failure.map(|failure| failure.at)),
    )
}
