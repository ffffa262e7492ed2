//! What stands in the way of an answer, by the errors of the servers: one table for all that says why.

use mychatflow_data::model::fault::FaultCode;

use crate::chain::chain;
use crate::gemini::{Cause, GeminiError};
use crate::waha::health::OutageKind;
use crate::waha::{Waha, WahaError};

/// An error of the model. What stopped an earlier call stands for one that was not made.
#[must_use]
pub fn of_model(error: &GeminiError) -> (FaultCode, String) {
    let code = match error {
        GeminiError::BreakerOpen { first: Some(first), .. } => return of_model(first),
        GeminiError::BreakerOpen { cause, .. } if *cause == Cause::QuotaDay => {
            return of_model(&GeminiError::QuotaDay { retry_after: None });
        }
        GeminiError::BreakerOpen { cause, .. } if *cause == Cause::KeyRefused => FaultCode::ModelKey,
        GeminiError::BreakerOpen { cause: Cause::Outage, .. } => {
            return (FaultCode::ModelBusy, Cause::Outage.to_string());
        }
        GeminiError::Transient { .. } | GeminiError::Timeout | GeminiError::BreakerOpen { .. } => FaultCode::ModelBusy,
        GeminiError::QuotaDay { .. } => FaultCode::ModelQuota,
        GeminiError::KeyRefused { .. } => FaultCode::ModelKey,
        GeminiError::NotServed { .. } => FaultCode::ModelForbidden,
        GeminiError::ModelUnknown { .. } => FaultCode::ModelGone,
        GeminiError::Invalid { .. } | GeminiError::NotGemini { .. } => FaultCode::ModelRejects,
        GeminiError::Refused(_) | GeminiError::Empty | GeminiError::Garbled | GeminiError::NothingToAnswer => {
            FaultCode::ModelUnusable
        }
    };
    (code, chain(error))
}

/// An error of WAHA.
#[must_use]
pub fn of_waha(error: &WahaError) -> (FaultCode, String) {
    match error {
        WahaError::NotReady { status } => (FaultCode::NumberDown, status.to_string()),
        WahaError::TooFast { .. } => (FaultCode::NumberSlowed, String::new()),
        WahaError::Unauthorized { .. } => (FaultCode::WahaKey, chain(error)),
        error if error.is_session_missing() => (FaultCode::NumberDown, "unknown to WAHA".to_owned()),
        error if error.is_outage() => (FaultCode::WahaDown, chain(error)),
        error => (FaultCode::WahaFailed, chain(error)),
    }
}

/// Why a message waits that is no answer, and what a person can do about it.
#[must_use]
pub fn waiting_for_waha(code: FaultCode, words: &str) -> String {
    let helps = code.remedy().map(|remedy| format!("; {remedy}")).unwrap_or_default();
    format!("waiting for waha: {words}{helps}")
}

/// A server that is not asked for now.
#[must_use]
pub fn of_outage(waha: &Waha) -> (FaultCode, String) {
    match waha.health().last_error {
        Some(failure) if failure.kind == OutageKind::KeyRefused => (FaultCode::WahaKey, failure.reason),
        Some(failure) => (FaultCode::WahaDown, failure.reason),
        None => (FaultCode::WahaDown, "it is not asked for now".to_owned()),
    }
}
