//! The address that WAHA posts to: whether it leads to this daemon.

use mychatflow_data::model::finding::{FindingCode, FindingLevel, FindingSubject, HealthFinding, length};
use mychatflow_data::time::Timestamp;

use crate::cx::Cx;
use crate::webhook_watch::{AddressRecord, delivered_at};

/// What is known of the address of one server's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressEvidence {
    /// What came of the tries.
    pub record: AddressRecord,
    /// When the last delivery of that server came, in this run.
    pub delivered_at: Option<Timestamp>,
}

/// Gathers it. Nothing is tried.
#[must_use]
pub fn gather(cx: &Cx) -> Vec<AddressEvidence> {
    let records: Vec<AddressRecord> = cx.addresses.borrow().values().cloned().collect();
    let evidence = records.into_iter().map(|record| {
        let delivered_at = delivered_at(cx, &record.numbers);
        AddressEvidence { record, delivered_at }
    });
    evidence.collect()
}

/// What is wrong with it. The same of several servers is one thing.
#[must_use]
pub fn judge(evidence: &[AddressEvidence], now: Timestamp) -> Vec<HealthFinding> {
    let mut findings: Vec<HealthFinding> = Vec::new();
    for finding in evidence.iter().filter_map(|evidence| judge_one(evidence, now)) {
        match findings.iter_mut().find(|known| known.remedy == finding.remedy && known.code == finding.code) {
            Some(known) => known.since = known.since.min(finding.since),
            None => findings.push(finding),
        }
    }
    findings
}

fn judge_one(evidence: &AddressEvidence, now: Timestamp) -> Option<HealthFinding> {
    let AddressEvidence { record, delivered_at } = evidence;
    let code = match record.trial.level().filter(|_| record.stands(*delivered_at))? {
        FindingLevel::Failed => FindingCode::AddressWrong,
        FindingLevel::Warning => FindingCode::AddressUnreached,
    };
    let delivered = match delivered_at {
        Some(at) => format!("WAHA's last own delivery came {} ago", length(now.since(*at))),
        None => "WAHA itself has delivered nothing since the start".to_owned(),
    };
    let summary = format!("WAHA posts to an address that does not lead here: {}", record.trial.words());
    let summary = match code {
        FindingCode::AddressWrong => summary,
        _ => format!("nobody knows whether WAHA can reach the daemon: {}", record.trial.words()),
    };
    let known = format!("{}; {delivered}", record.trial.evidence());
    let remedy = record.trial.remedy().unwrap_or_default();
    let finding = HealthFinding::new(code, FindingSubject::Webhook, summary, known, remedy);
    Some(finding.since(record.since).seen(record.tried_at))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::webhook_trial::{TrialOutcome, WebhookTrial};

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn ago(seconds: u64) -> Timestamp {
        NOW - Duration::from_secs(seconds)
    }

    fn evidence(outcome: TrialOutcome, delivered_at: Option<Timestamp>) -> AddressEvidence {
        let trial = WebhookTrial { url: "https://hooks.example/webhooks/waha/1".to_owned(), outcome };
        let record = AddressRecord { trial, since: ago(600), tried_at: ago(9), numbers: Vec::new() };
        AddressEvidence { record, delivered_at }
    }

    #[test]
    fn a_wrong_address_is_told_once_with_proof_and_remedy() {
        assert_eq!(judge(&[evidence(TrialOutcome::Arrived, None)], NOW), []);
        let wrong = evidence(TrialOutcome::NotFound, Some(ago(700)));
        let found = judge(&[wrong.clone(), wrong], NOW);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].code, found[0].level), (FindingCode::AddressWrong, FindingLevel::Failed));
        assert_eq!((found[0].since, found[0].seen_at), (Some(ago(600)), Some(ago(9))));
        assert!(found[0].summary.contains("hooks.example/webhooks/waha/1 leads nowhere"), "{found:?}");
        assert!(found[0].evidence.ends_with("WAHA's last own delivery came 11 min ago"), "{found:?}");
        assert!(found[0].remedy.contains("webhook.public_url"), "{found:?}");
        assert_eq!(judge(&[evidence(TrialOutcome::NotFound, Some(ago(500)))], NOW), [], "WAHA gets through");
    }

    #[test]
    fn what_is_only_not_reached_from_here_is_a_warning() {
        let found = judge(&[evidence(TrialOutcome::Unreached { reason: "timed out".to_owned() }, None)], NOW);
        assert_eq!((found[0].code, found[0].level), (FindingCode::AddressUnreached, FindingLevel::Warning));
    }
}
