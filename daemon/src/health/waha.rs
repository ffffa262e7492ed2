//! The WAHA servers: how they answered last.

use std::time::Duration;

use mychatflow_data::model::fault::FaultCode;
use mychatflow_data::model::finding::{FindingCode, FindingSubject, HealthFinding, length};
use mychatflow_data::time::Timestamp;

use crate::cx::Clients;
use crate::waha::health::{Health, OutageKind};

/// An answer of a server that is looked at every few seconds says nothing after this.
const ANSWER_MAX: Duration = Duration::from_secs(180);

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
    servers.iter().filter_map(|server| judge_one(server, now)).collect()
}

/// A server that is looked at all the time, and whose last answer is old all the same.
fn is_old(health: &Health, now: Timestamp) -> bool {
    let last = health.succeeded_at.filter(|_| health.looked_at.is_some());
    last.is_some_and(|at| now.since(at) > ANSWER_MAX)
}

/// What mends a server that is out of order, for every place that says that it is.
#[must_use]
pub fn remedy(name: &str, url: &str, kind: OutageKind) -> String {
    match kind {
        OutageKind::KeyRefused => FaultCode::WahaKey.remedy().unwrap_or_default().to_owned(),
        OutageKind::NoConnection => {
            format!("start it (docker ps -a shows it, docker start NAME starts it), or correct waha.{name}.url")
        }
        OutageKind::Certificate => format!(
            "its certificate is of another name, too old, or signed by nobody whom this machine trusts: correct it, or give the \
             signer's certificate to the daemon in SSL_CERT_FILE; on the same machine or in a private network \
             waha.{name}.url may begin with http://"
        ),
        OutageKind::NoTls => format!("nothing speaks https there: let waha.{name}.url begin with http://"),
        OutageKind::Gateway => "look at the proxy in front of it, and at: docker ps -a".to_owned(),
        OutageKind::NoAnswer => {
            let url = url.trim_end_matches('/');
            format!("see what it says: docker logs --tail 50 NAME; does it answer: curl {url}/ping")
        }
    }
}

fn judge_one(server: &WahaEvidence, now: Timestamp) -> Option<HealthFinding> {
    let WahaEvidence { name, url, health } = server;
    let subject = FindingSubject::Waha { name: name.clone() };
    let Some(outage) = &health.outage else {
        if let Some(at) = health.succeeded_at {
            return is_old(health, now).then(|| {
                let summary = format!("nobody knows whether WAHA still answers at {url}");
                let known = format!("it last answered {} ago, and is asked every few seconds", length(now.since(at)));
                let remedy = "see the daemon's log; mychatflow doctor asks it";
                HealthFinding::new(FindingCode::WahaUnproven, subject, summary, known, remedy).since(at).seen(at)
            });
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
    let kind = failure.map_or(OutageKind::NoAnswer, |failure| failure.kind);
    let code = if kind == OutageKind::KeyRefused { FindingCode::WahaKey } else { FindingCode::WahaDown };
    let answered = match health.succeeded_at {
        Some(at) => format!("it last answered {} ago", length(now.since(at))),
        None => "it has not answered since the start".to_owned(),
    };
    let known = format!("calls that failed in a row: {}; {answered}", outage.tries);
    Some(
        HealthFinding::new(code, subject, format!("{reason} at {url}"), known, remedy(name, url, kind))
            .since(outage.since)
            .seen(failure.map(|failure| failure.at)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waha::WahaError;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn ago(seconds: u64) -> Timestamp {
        NOW - Duration::from_secs(seconds)
    }

    fn judged(health: Health) -> Vec<HealthFinding> {
        judge(&[WahaEvidence { name: "main".to_owned(), url: "http://192.0.2.1:3000/".to_owned(), health }], NOW)
    }

    #[test]
    fn a_server_is_well_only_while_it_answers() {
        let mut health = Health::default();
        assert_eq!(judged(health.clone())[0].code, FindingCode::WahaUnproven);
        health.succeeded(ago(300));
        assert_eq!(judged(health.clone()), [], "nobody has a reason to ask it");
        health.looked(None, ago(300));
        let found = judged(health.clone()).remove(0);
        assert_eq!((found.code, found.seen_at), (FindingCode::WahaUnproven, Some(ago(300))));
        health.failed(ago(20), &WahaError::Timeout(Duration::from_secs(10)));
        let found = judged(health).remove(0);
        assert_eq!((found.code, found.since), (FindingCode::WahaDown, Some(ago(20))));
        assert_eq!(found.evidence, "calls that failed in a row: 1; it last answered 5 min ago");
    }
}
