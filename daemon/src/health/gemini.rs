//! Gemini: how it answered last.

use mychatflow_data::model::fault::FaultCode;
use mychatflow_data::model::finding::{FindingCode, FindingSubject, HealthFinding, length};
use mychatflow_data::time::Timestamp;

use crate::cx::Clients;
use crate::gemini::{BreakerState, Cause, GeminiError, State};
use crate::jobs::faults::of_model;
use crate::redact::redacted;

/// Where keys are made.
const KEYS: &str = "https://aistudio.google.com/apikey";

/// So many answers of no use in a row are more than one odd question.
const UNUSABLE_MIN: u32 = 3;

/// What is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeminiEvidence {
    /// The model of the config.
    pub model: String,
    /// Where it is asked.
    pub base_url: String,
    /// How the calls have been going; `None`: there is no key.
    pub state: Option<State>,
}

/// Gathers it. Nobody is asked.
#[must_use]
pub fn gather(clients: &Clients) -> GeminiEvidence {
    let config = &clients.config.gemini;
    let (model, base_url) = (config.model.clone(), redacted(&config.base_url));
    GeminiEvidence { model, base_url, state: clients.gemini.as_ref().map(crate::gemini::Gemini::state) }
}

/// What is wrong with it.
#[must_use]
pub fn judge(evidence: &GeminiEvidence, now: Timestamp) -> Vec<HealthFinding> {
    let find = |code, summary: String, known: &str, remedy: &str| {
        HealthFinding::new(code, FindingSubject::Gemini, summary, known, remedy)
    };
    let GeminiEvidence { model, base_url, state } = evidence;
    let Some(state) = state else {
        let remedy = format!("get one at {KEYS}, set gemini.api_key, then: mychatflow daemon reload");
        let summary = "there is no key for Gemini: the assistant is off".to_owned();
        return vec![find(FindingCode::ModelOff, summary, "the config", &remedy).seen(now)];
    };
    let mut findings = Vec::new();
    let ok_at = state.record.last_ok_at.map(Timestamp::from);
    let answered = match ok_at {
        Some(at) => format!("it last answered {} ago", length(now.since(at))),
        None => "it has answered nothing since the start".to_owned(),
    };
    match (state.record.standing_error(), &state.breaker) {
        (Some(failed), _) => {
            let (_, words) = of_model(&failed.error);
            let known = format!("the last question failed; {answered}");
            let remedy = remedy(&failed.error, base_url);
            let found = find(FindingCode::ModelDown, format!("{model}: {words}"), &known, &remedy);
            let since = state.record.failing_since.map(Timestamp::from);
            findings.push(found.since(since).seen(Timestamp::from(failed.at)));
        }
        // Another model has answered since.
        (None, BreakerState::Open { cause, model: of, retry_after }) => {
            let which = of.as_deref().unwrap_or(model);
            let known = format!("an earlier question failed; the next one is let through in {}", length(*retry_after));
            let remedy = remedy_of(cause_code(*cause), base_url);
            findings.push(find(FindingCode::ModelDown, format!("{which}: {cause}"), &known, &remedy).seen(now));
        }
        (None, _) if ok_at.is_none() => {
            let summary = format!("nobody knows whether {model} answers: it was not asked yet");
            let known = "no question was asked since the start";
            findings.push(find(FindingCode::ModelUnproven, summary, known, "mychatflow doctor asks it"));
        }
        (None, _) => {}
    }
    if let Some(unusable) = state.record.unusable.as_ref().filter(|unusable| unusable.count >= UNUSABLE_MIN) {
        let summary = format!("{model} answers, and nothing that could be sent: {}", unusable.last.error);
        let known = format!("answers of no use in a row: {}", unusable.count);
        let remedy = "look at the questions with: mychatflow queue list; other words in the shop's profile, or another \
                      gemini.model, may help";
        let found = find(FindingCode::ModelUnusable, summary, &known, remedy);
        findings.push(found.since(Timestamp::from(unusable.since)).seen(Timestamp::from(unusable.last.at)));
    }
    if let Some(other) = &state.in_its_place {
        let summary = format!("{} answers in place of {model}", other.model);
        let remedy = FaultCode::ModelGone.remedy().unwrap_or_default();
        let known = "the answers name it";
        let found = find(FindingCode::ModelReplaced, summary, known, remedy);
        findings.push(found.since(Timestamp::from(other.since)).seen(ok_at));
    }
    findings
}

/// What helps after a question that failed like this, for every place that says so.
#[must_use]
pub fn remedy(error: &GeminiError, base_url: &str) -> String {
    match error {
        GeminiError::NotGemini { .. } => format!("correct gemini.base_url; it is {base_url} now"),
        error => remedy_of(of_model(error).0, base_url),
    }
}

fn remedy_of(code: FaultCode, base_url: &str) -> String {
    match code.remedy() {
        Some(remedy) => remedy.to_owned(),
        None => format!("it is tried again by itself; is the way there open? curl -sI {base_url}"),
    }
}

const fn cause_code(cause: Cause) -> FaultCode {
    match cause {
        Cause::KeyRefused => FaultCode::ModelKey,
        Cause::QuotaDay => FaultCode::ModelQuota,
        Cause::Pause | Cause::Outage => FaultCode::ModelBusy,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::gemini::{CallRecord, GeminiError, LastError, Refusal, UnusableAnswers};

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn ago(seconds: i64) -> jiff::Timestamp {
        jiff::Timestamp::from_second(1_000_000 - seconds).unwrap()
    }

    fn judged(breaker: BreakerState, record: CallRecord) -> Vec<HealthFinding> {
        let state = State { breaker, record, in_its_place: None };
        let base_url = "http://192.0.2.1/".to_owned();
        judge(&GeminiEvidence { model: "m".to_owned(), base_url, state: Some(state) }, NOW)
    }

    fn failed(error: GeminiError) -> Option<LastError> {
        Some(LastError { at: ago(20), error })
    }

    #[test]
    fn a_model_that_nobody_asked_is_no_model_that_answers() {
        let found = judged(BreakerState::Closed, CallRecord::default());
        assert_eq!(found[0].code, FindingCode::ModelUnproven);
        assert!(found[0].summary.ends_with("it was not asked yet"), "{found:?}");
        let answered = CallRecord { last_ok_at: Some(ago(5)), ..CallRecord::default() };
        assert_eq!(judged(BreakerState::Closed, answered), []);
    }

    #[test]
    fn a_used_up_quota_is_told_with_its_age_and_what_helps() {
        let quota = GeminiError::QuotaDay { retry_after: None };
        let record = CallRecord {
            last_ok_at: Some(ago(500)),
            last_error: failed(quota),
            failing_since: Some(ago(400)),
            unusable: None,
        };
        let found = judged(BreakerState::Closed, record);
        assert_eq!(
            (found[0].code, found[0].summary.as_str()),
            (FindingCode::ModelDown, "m: the gemini quota is used up")
        );
        assert_eq!(found[0].evidence, "the last question failed; it last answered 8 min ago");
        assert_eq!(found[0].since, Some(Timestamp::from(ago(400))));
        assert_eq!(
            (found[0].seen_at, found[0].remedy.as_str()),
            (Some(Timestamp::from(ago(20))), FaultCode::ModelQuota.remedy().unwrap())
        );
        // The quota of one model is used up, and another one has answered since.
        let retry_after = Duration::from_secs(3000);
        let open = BreakerState::Open { cause: Cause::QuotaDay, model: Some("other".to_owned()), retry_after };
        let found = judged(open, CallRecord { last_ok_at: Some(ago(5)), ..CallRecord::default() });
        assert_eq!((found[0].code, found[0].summary.as_str()), (FindingCode::ModelDown, "other: the quota is used up"));
    }

    #[test]
    fn a_refusal_of_content_is_told_only_when_it_goes_on() {
        let unusable = |count| {
            let last = LastError { at: ago(9), error: GeminiError::Refused(Refusal::Answer) };
            let unusable = Some(UnusableAnswers { since: ago(90), last, count });
            judged(BreakerState::Closed, CallRecord { last_ok_at: Some(ago(9)), unusable, ..CallRecord::default() })
        };
        assert_eq!(unusable(1), []);
        let found = unusable(3);
        assert_eq!((found[0].code, found[0].since), (FindingCode::ModelUnusable, Some(Timestamp::from(ago(90)))));
    }
}
