//! Gemini: how it answered last.

use mychatflow_data::model::fault::FaultCode;
use mychatflow_data::model::finding::{FindingCode, FindingSubject, HealthFinding};
use mychatflow_data::time::Timestamp;

use crate::cx::Clients;
use crate::gemini::State;

/// Where keys are made.
const KEYS: &str = "https://aistudio.google.com/apikey";

/// What is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeminiEvidence {
    /// The model of the config.
    pub model: String,
    /// How the calls have been going; `None`: there is no key.
    pub state: Option<State>,
}

/// Gathers it. Nobody is asked.
#[must_use]
pub fn gather(clients: &Clients) -> GeminiEvidence {
    let model = clients.config.gemini.model.clone();
    GeminiEvidence { model, state: clients.gemini.as_ref().map(crate::gemini::Gemini::state) }
}

/// What is wrong with it.
#[must_use]
pub fn judge(evidence: &GeminiEvidence, now: Timestamp) -> Vec<HealthFinding> {
    let find = |code, summary: String, known: &str, remedy: &str| {
        HealthFinding::new(code, FindingSubject::Gemini, summary, known, remedy)
    };
    let GeminiEvidence { model, state } = evidence;
    let Some(state) = state else {
        let remedy = format!("get one at {KEYS}, set gemini.api_key, then: mychatflow daemon reload");
        let summary = "there is no key for Gemini: the assistant is off".to_owned();
        return vec![find(FindingCode::ModelOff, summary, "the config", &remedy).seen(now)];
    };
    let mut findings = Vec::new();
    match (&state.last_error, state.last_ok_at) {
        (Some(failed), ok_at) if ok_at.is_none_or(|ok_at| failed.at > ok_at) => {
            let remedy = "it is tried again by itself; mychatflow doctor tells more";
            let known = "the last question failed, and none was answered since";
            let found = find(FindingCode::ModelDown, format!("{model}: {}", failed.error), known, remedy);
            findings.push(found.seen(Timestamp::from(failed.at)));
        }
        (None, None) => {
            let summary = format!("nobody knows whether {model} answers");
            let known = "no question was asked since the start";
            findings.push(find(FindingCode::ModelUnproven, summary, known, "mychatflow doctor asks it"));
        }
        _ => {}
    }
    if let Some(other) = &state.in_its_place {
        let summary = format!("{other} answers in place of {model}");
        let remedy = FaultCode::ModelGone.remedy().unwrap_or_default();
        let known = "the answers name it";
        findings
            .push(find(FindingCode::ModelReplaced, summary, known, remedy).seen(state.last_ok_at.map(Timestamp::from)));
    }
    findings
}
