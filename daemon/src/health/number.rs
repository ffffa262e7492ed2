//! The numbers: what WAHA said of them last, and what we think of that.

use std::time::Duration;

use jiff::tz::TimeZone;
use mychatflow_data::model::finding::{FindingCode, FindingSubject, HealthFinding, length};
use mychatflow_data::model::instance::{Instance, InstanceStatus, Verdict, condition};
use mychatflow_data::model::remedy::{SENDS_FAIL, UNDELIVERED, remedy, typed};
use mychatflow_data::store::error::StoreError;
use mychatflow_data::time::Timestamp;

use super::HealthScope;
use crate::compose;
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::instances::{SessionEvidence, sends_failed, undelivered, webhook_url};

/// A number that WAHA was asked for longer ago than this may be in any state by now: two rounds over all numbers.
const ASKED_MAX: Duration = Duration::from_secs(660);

/// What is known of one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberEvidence {
    /// The number as it was last seen.
    pub instance: Instance,
    /// The name of its tenant, where a command must say which.
    pub tenant_name: Option<String>,
    /// How we know how it is.
    pub session: SessionEvidence,
    /// The time zone of its tenant.
    pub zone: TimeZone,
    /// Where WAHA posts to.
    pub webhook_url: String,
}

impl NumberEvidence {
    /// What findings of it are about.
    #[must_use]
    pub fn subject(&self) -> FindingSubject {
        let Instance { id, tenant, .. } = self.instance;
        FindingSubject::Number { id, name: self.instance.name.clone(), tenant }
    }

    /// A command about it, to be copied.
    #[must_use]
    pub fn command(&self, verb: &str) -> String {
        let whose = self.tenant_name.as_ref().map(|name| format!(" --tenant {}", typed(name))).unwrap_or_default();
        format!("mychatflow instance {verb} {}{whose}", typed(&self.instance.name))
    }

    /// A finding about its state.
    fn find(&self, code: FindingCode, verdict: Verdict, reason: &str, now: Timestamp) -> HealthFinding {
        let Self { instance: number, session, .. } = self;
        let status = number.status.as_ref().map_or("not seen yet", InstanceStatus::word);
        let because = if reason.is_empty() { String::new() } else { format!(": {}", clean_line(reason)) };
        let condition = condition(number.status.as_ref(), verdict);
        let summary = format!("{} is {status}, {condition}{because}", number.name);
        let helps = remedy(number.status.as_ref(), verdict, Some(reason));
        let helps = helps.map(|helps| helps.told(|verb| self.command(verb))).unwrap_or_default();
        let found = |known: String, helps: String| HealthFinding::new(code, self.subject(), summary, known, helps);
        match (code, &session.missing, &session.failing) {
            (FindingCode::DeliveriesMissing, missing, _) => {
                let helps = format!("{helps}. The address is {}", self.webhook_url);
                let since = missing.as_ref().map_or(number.since, |missing| missing.since);
                found(self.known(now), helps).since(since).seen(session.asked_at)
            }
            (FindingCode::SendsFail, _, Some(failing)) => {
                let sent = match session.sent_at {
                    Some(at) => format!("the last one that WAHA took was {} ago", length(now.since(at))),
                    None => "WAHA took none since the start".to_owned(),
                };
                let known = format!("sends that failed in a row: {}; {sent}", failing.tries);
                found(known, helps).since(failing.since).seen(failing.last_at)
            }
            _ => {
                // The words of an outage change while it lasts.
                let asked_in_vain = session.unanswered.as_ref();
                let since = asked_in_vain.map_or(number.since, |asked| asked.since.min(number.since));
                found(self.known(now), helps).since(since).seen(self.seen_at())
            }
        }
    }

    /// How its state is known.
    fn known(&self, now: Timestamp) -> String {
        let Self { instance: number, session, .. } = self;
        let ago = |at| length(now.since(at));
        let asked = match (&session.unanswered, session.asked_at) {
            (Some(asked), answered_at) => {
                let is_told = number.reason.as_ref().is_some_and(|reason| reason.contains(&asked.words));
                let why = if is_told { String::new() } else { format!(" ({})", clean_line(&asked.words)) };
                let answered = match answered_at {
                    Some(at) => format!("it last answered {} ago", ago(at)),
                    None => "it has not answered since the start".to_owned(),
                };
                format!("WAHA was asked {} ago and did not say{why}; {answered}", ago(asked.last_at))
            }
            (None, Some(at)) => format!("WAHA was asked {} ago", ago(at)),
            (None, None) => "WAHA was not asked since the start".to_owned(),
        };
        match session.delivered_at.max(number.heard_at) {
            Some(at) => format!("{asked}; its last delivery came {} ago", ago(at)),
            None => format!("{asked}; it has delivered nothing yet"),
        }
    }

    /// When that was seen last: a question that got no answer is evidence as well.
    fn seen_at(&self) -> Option<Timestamp> {
        self.session.asked_at.max(self.session.unanswered.as_ref().map(|asked| asked.last_at))
    }
}

/// Gathers it.
///
/// # Errors
/// What the store says.
pub async fn gather(cx: &Cx, scope: HealthScope) -> Result<Vec<NumberEvidence>, StoreError> {
    let (now, config) = (cx.now(), cx.config());
    let tenants = cx.store.tenants().await?;
    let mut instances = match scope {
        HealthScope::Everything => cx.store.all_instances().await?,
        HealthScope::Tenant(tenant) | HealthScope::Number(tenant, _) => {
            cx.store.tenant(tenant).await?.instances().await?
        }
    };
    if let HealthScope::Number(_, id) = scope {
        instances.retain(|instance| instance.id == id);
    }
    let name = |instance: &Instance| {
        let whose = tenants.iter().find(|tenant| tenant.id == instance.tenant);
        whose.filter(|_| tenants.len() > 1).map(|tenant| tenant.name.clone())
    };
    let zone = |instance: &Instance| {
        let whose = tenants.iter().find(|tenant| tenant.id == instance.tenant);
        whose.map_or(TimeZone::UTC, |tenant| compose::zone(&tenant.timezone))
    };
    let found = instances.into_iter().map(|instance| NumberEvidence {
        tenant_name: name(&instance),
        session: cx.numbers.evidence(instance.id, now),
        zone: zone(&instance),
        webhook_url: webhook_url(&config, instance.id),
        instance,
    });
    Ok(found.collect())
}

/// What is wrong with it.
#[must_use]
pub fn judge(evidence: &NumberEvidence, now: Timestamp) -> Vec<HealthFinding> {
    let mut findings: Vec<_> = judge_state(evidence, now).into_iter().collect();
    let has = |findings: &[HealthFinding], code| findings.iter().any(|found| found.code == code);
    let works = evidence.instance.status == Some(InstanceStatus::Working);
    // What its verdict does not show yet, or hides behind something worse.
    if let Some(missing) = evidence.session.missing.as_ref().filter(|_| works)
        && !has(&findings, FindingCode::DeliveriesMissing)
    {
        let reason = format!("{UNDELIVERED}: {}", undelivered(missing, &evidence.zone));
        findings.push(evidence.find(FindingCode::DeliveriesMissing, Verdict::Suspect, &reason, now));
    }
    if let Some(failing) = evidence.session.failing.as_ref().filter(|_| works)
        && !has(&findings, FindingCode::SendsFail)
    {
        let reason = format!("{SENDS_FAIL} {}", sends_failed(failing, &evidence.zone));
        findings.push(evidence.find(FindingCode::SendsFail, Verdict::Suspect, &reason, now));
    }
    findings.extend(judge_age(evidence, now).filter(|_| findings.is_empty()));
    findings.extend(judge_facts(evidence));
    findings.extend(judge_new_chats(evidence, now));
    findings
}

fn judge_state(evidence: &NumberEvidence, now: Timestamp) -> Option<HealthFinding> {
    let Instance { status, verdict, reason, .. } = &evidence.instance;
    let reason = reason.as_deref();
    remedy(status.as_ref(), *verdict, reason)?;
    let because = |begin: &str| reason.is_some_and(|reason| reason.starts_with(begin));
    let code = match (status, verdict) {
        (Some(InstanceStatus::Working), Verdict::Quiet) => FindingCode::NumberQuiet,
        (Some(InstanceStatus::Working), Verdict::Restricted) => FindingCode::NumberRestricted,
        (Some(InstanceStatus::Working), Verdict::Suspect) if because(UNDELIVERED) => FindingCode::DeliveriesMissing,
        (Some(InstanceStatus::Working), Verdict::Suspect) if because(SENDS_FAIL) => FindingCode::SendsFail,
        (Some(InstanceStatus::Working), Verdict::Suspect) => FindingCode::NumberSuspect,
        (Some(InstanceStatus::ScanQrCode), _) => FindingCode::NumberUnpaired,
        (Some(InstanceStatus::Starting), _) => FindingCode::NumberConnecting,
        _ => FindingCode::NumberDown,
    };
    Some(evidence.find(code, *verdict, reason.unwrap_or_default(), now))
}

/// A state that nobody has asked for lately is none.
fn judge_age(evidence: &NumberEvidence, now: Timestamp) -> Option<HealthFinding> {
    let number = &evidence.instance;
    if evidence.session.asked_at.is_some_and(|at| now.since(at) <= ASKED_MAX) {
        return None;
    }
    let summary = format!("nobody knows whether {} still works", number.name);
    let found = HealthFinding::new(
        FindingCode::NumberUnproven,
        evidence.subject(),
        summary,
        evidence.known(now),
        "mychatflow doctor tells whether WAHA answers",
    );
    Some(found.since(evidence.session.asked_at).seen(evidence.seen_at()))
}

/// What WAHA leaves out of a number that works.
fn judge_facts(evidence: &NumberEvidence) -> Option<HealthFinding> {
    let told = evidence.session.told.filter(|_| evidence.instance.status == Some(InstanceStatus::Working))?;
    let missing: Vec<&str> = [
        (told.account, "whose account it is"),
        (told.engine, "which engine runs it"),
        (told.version, "which version WAHA has"),
    ]
    .into_iter()
    .filter_map(|(is_told, what)| (!is_told).then_some(what))
    .collect();
    if missing.is_empty() {
        return None;
    }
    let summary = format!("{}: WAHA does not tell {}", evidence.instance.name, missing.join(", nor "));
    let remedy = format!(
        "update WAHA, or connect the number anew: {}. Without engine and version a send that is cut off is left to you",
        evidence.command("restart")
    );
    let known = "the session and the version were asked for";
    let found = HealthFinding::new(FindingCode::NumberUntold, evidence.subject(), summary, known, remedy);
    Some(found.seen(told.at))
}

/// What WhatsApp lets a number begin.
fn judge_new_chats(evidence: &NumberEvidence, now: Timestamp) -> Option<HealthFinding> {
    let number = &evidence.instance;
    let works = number.status == Some(InstanceStatus::Working);
    let told = number.new_chats.as_ref().filter(|told| works && told.is_nearly_spent(now))?;
    let summary = format!("{}: {told}", number.name);
    let remedy = "write first only to who must hear from you; who writes to you is answered";
    let found = HealthFinding::new(FindingCode::NewChatsLow, evidence.subject(), summary, "WAHA told it", remedy);
    Some(found.seen(told.seen_at))
}

#[cfg(test)]
mod tests {
    use mychatflow_data::ids::{InstanceId, TenantId};
    use mychatflow_data::model::finding::FindingLevel;

    use super::*;
    use crate::instances::{FailingSends, MissingDelivery, MissingEvent, SessionFacts, UnansweredQuestion};

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn ago(seconds: u64) -> Timestamp {
        NOW - Duration::from_secs(seconds)
    }

    /// A number that works, was asked a moment ago, and tells everything.
    fn healthy() -> NumberEvidence {
        let instance = Instance {
            tenant: TenantId::new(),
            id: InstanceId::new(),
            name: "shop".to_owned(),
            waha: "main".to_owned(),
            session: "default".to_owned(),
            status: Some(InstanceStatus::Working),
            verdict: Verdict::Healthy,
            reason: None,
            since: ago(3600),
            me: None,
            engine: None,
            version: None,
            paired_at: None,
            paired_unseen: false,
            worked_at: None,
            list_read_at: None,
            heard_at: Some(ago(130)),
            new_chats: None,
            created_at: ago(9999),
        };
        let told = Some(SessionFacts { at: ago(60), account: true, engine: true, version: true });
        let session = SessionEvidence { asked_at: Some(ago(12)), told, ..SessionEvidence::default() };
        NumberEvidence {
            instance,
            tenant_name: None,
            session,
            zone: TimeZone::UTC,
            webhook_url: "http://192.0.2.1:8480/webhooks/waha/x".to_owned(),
        }
    }

    fn codes(evidence: &NumberEvidence) -> Vec<FindingCode> {
        judge(evidence, NOW).iter().map(|found| found.code).collect()
    }

    #[test]
    fn a_number_is_well_only_while_somebody_asks() {
        let mut evidence = healthy();
        assert_eq!(codes(&evidence), []);
        evidence.session.asked_at = Some(ago(3600));
        assert_eq!(codes(&evidence), [FindingCode::NumberUnproven]);
        evidence.session.asked_at = None;
        let found = judge(&evidence, NOW);
        assert_eq!((found[0].code, found[0].level), (FindingCode::NumberUnproven, FindingLevel::Warning));
        assert_eq!(found[0].evidence, "WAHA was not asked since the start; its last delivery came 2 min ago");
    }

    #[test]
    fn a_question_without_an_answer_is_evidence() {
        let mut evidence = healthy();
        let words = "WAHA can't be reached: Connection refused".to_owned();
        evidence.session.unanswered = Some(UnansweredQuestion { since: ago(300), last_at: ago(4), words });
        evidence.session.asked_at = None;
        let found = judge(&evidence, NOW).remove(0);
        assert_eq!((found.code, found.seen_at), (FindingCode::NumberUnproven, Some(ago(4))));
        let known = "WAHA was asked 4 s ago and did not say (WAHA can't be reached: Connection refused); it has not answered \
                     since the start; its last delivery came 2 min ago";
        assert_eq!(found.evidence, known);

        // Once the number is said to be down for it, the words stand there. They change while the outage lasts.
        evidence.session.asked_at = Some(ago(310));
        evidence.instance.verdict = Verdict::Dead;
        evidence.instance.reason = Some("WAHA can't be reached: Connection refused".to_owned());
        evidence.instance.since = NOW;
        let found = judge(&evidence, NOW).remove(0);
        assert_eq!((found.code, found.since, found.seen_at), (FindingCode::NumberDown, Some(ago(300)), Some(ago(4))));
        let known =
            "WAHA was asked 4 s ago and did not say; it last answered 5 min ago; its last delivery came 2 min ago";
        assert_eq!(found.evidence, known);
    }

    #[test]
    fn lost_deliveries_and_failing_sends_are_told_with_proof_and_remedy() {
        let mut evidence = healthy();
        let event = MissingEvent::Status(InstanceStatus::Working, ago(300));
        evidence.session.missing = Some(MissingDelivery { since: ago(300), event });
        let found = judge(&evidence, NOW).remove(0);
        assert_eq!((found.code, found.since), (FindingCode::DeliveriesMissing, Some(ago(300))));
        assert!(
            found.summary.contains("it is WORKING since 1970-01-12 13:41 (asked), no delivery told so"),
            "{found:?}"
        );
        assert!(found.remedy.contains("http://192.0.2.1:8480") && found.remedy.contains("webhook.public_url"));
        assert_eq!(found.evidence, "WAHA was asked 12 s ago; its last delivery came 2 min ago");

        let words = "the engine failed: Timed Out".to_owned();
        let failing = FailingSends { since: ago(200), last_at: ago(20), tries: 4, words };
        evidence.session.failing = Some(failing);
        evidence.session.sent_at = Some(ago(400));
        assert_eq!(codes(&evidence), [FindingCode::DeliveriesMissing, FindingCode::SendsFail]);
        let found = judge(&evidence, NOW).remove(1);
        assert_eq!((found.since, found.seen_at), (Some(ago(200)), Some(ago(20))));
        assert_eq!(found.evidence, "sends that failed in a row: 4; the last one that WAHA took was 6 min ago");

        // Once the verdict says it, it is said once.
        evidence.instance.verdict = Verdict::Suspect;
        evidence.instance.reason = Some(format!("{UNDELIVERED}: it is WORKING"));
        assert_eq!(codes(&evidence), [FindingCode::DeliveriesMissing, FindingCode::SendsFail]);
    }

    #[test]
    fn what_waha_leaves_out_is_a_warning() {
        let mut evidence = healthy();
        evidence.session.told = Some(SessionFacts { at: ago(9), account: false, engine: true, version: false });
        let found = judge(&evidence, NOW).remove(0);
        assert_eq!((found.code, found.seen_at), (FindingCode::NumberUntold, Some(ago(9))));
        assert_eq!(found.summary, "shop: WAHA does not tell whose account it is, nor which version WAHA has");
        evidence.instance.status = Some(InstanceStatus::Other("DREAMING".to_owned()));
        evidence.instance.verdict = Verdict::Dead;
        assert_eq!(codes(&evidence), [FindingCode::NumberDown]);
        evidence.instance.status = None;
        assert_eq!(codes(&evidence), [FindingCode::NumberDown]);
    }
}
