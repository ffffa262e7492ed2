//! Google's error bodies.

use serde_json::{Value, json};

use super::samples::Sample;
use crate::http::Reply;

/// Why a request is refused, in Google's words.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) status: &'static str,
    pub(crate) message: String,
    pub(crate) details: Option<Value>,
}

impl Refusal {
    pub(crate) fn invalid(message: impl Into<String>) -> Refusal {
        Refusal { code: 400, status: "INVALID_ARGUMENT", message: message.into(), details: None }
    }

    /// A field the API does not know. `place` is empty at the top.
    pub(crate) fn unknown_field(name: &str, place: &str) -> Refusal {
        let at = if place.is_empty() { String::new() } else { format!(" at '{place}'") };
        Refusal::violation(
            place,
            format!("Invalid JSON payload received. Unknown name \"{name}\"{at}: Cannot find field."),
        )
    }

    /// A value of the wrong type.
    pub(crate) fn invalid_value(place: &str, value: &Value, kind: &str) -> Refusal {
        Refusal::violation(place, format!("Invalid value at '{place}' ({kind}), {value}"))
    }

    fn violation(place: &str, message: String) -> Refusal {
        let details = json!([{
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": place, "description": message}],
        }]);
        Refusal { details: Some(details), ..Refusal::invalid(message) }
    }

    pub(crate) fn model_not_found(model: &str, version: &str, method: &str) -> Refusal {
        let message = format!(
            "models/{model} is not found for API version {version}, or is not supported for {method}. Call ListModels \
             to see the list of available models and their supported methods."
        );
        Refusal { code: 404, status: "NOT_FOUND", message, details: None }
    }

    pub(crate) fn model_retired(model: &str) -> Refusal {
        let message =
            format!("This model models/{model} is no longer available. Please update your code to use a newer model.");
        Refusal { code: 404, status: "NOT_FOUND", message, details: None }
    }

    pub(crate) fn reply(&self) -> Reply {
        let mut error = json!({"code": self.code, "message": self.message, "status": self.status});
        if let Some(details) = &self.details {
            error["details"] = details.clone();
        }
        Reply::text(self.code, "application/json; charset=UTF-8", json!({"error": error}).to_string())
    }
}

/// The answer of this name. Only for names that are in the list.
pub(crate) fn sample(name: &str) -> Reply {
    match Sample::named(name) {
        Some(sample) => Reply::text(sample.status, sample.content_type, sample.body),
        None => Refusal::invalid(name).reply(),
    }
}
