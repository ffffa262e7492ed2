//! What went wrong, by an answer that is none: its status, and what Gemini or a proxy says about it. Nothing of the
//! request is quoted.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::error::GeminiError;
use super::wire::ErrorBody;

/// A wait longer than this is not a rate limit but a used-up quota.
const LIMIT_WAIT_MAX: Duration = Duration::from_secs(5 * 60);

/// The error in an answer of any kind; `None` when it is a good one.
pub(super) fn fault(status: u16, retry_after: Option<Duration>, body: &[u8], model: &str) -> Option<GeminiError> {
    let value = parse(body);
    let envelope = value.as_ref().and_then(|value| value.get("error"));
    let error = envelope.map(|error| ErrorBody::deserialize(error).unwrap_or_default());
    if (200..300).contains(&status) {
        return match (error, value) {
            // An error under a good status: streams and some proxies do that.
            (Some(error), _) => Some(classify(error.code.unwrap_or(500), retry_after, Some(error), model)),
            (None, Some(_)) => None,
            (None, None) => Some(transient(status, retry_after)),
        };
    }
    Some(classify(status, retry_after, error, model))
}

/// A `Retry-After` header: seconds or a date.
pub(super) fn named_wait(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(header).ok()?.timestamp();
    Duration::try_from(at.duration_since(now)).ok()
}

pub(super) fn parse(body: &[u8]) -> Option<Value> {
    match serde_json::from_slice::<Value>(body).ok()? {
        Value::Array(mut items) if items.len() == 1 => items.pop(),
        value => Some(value),
    }
    .filter(Value::is_object)
}

fn classify(status: u16, retry_after: Option<Duration>, error: Option<ErrorBody>, model: &str) -> GeminiError {
    let known = error.is_some();
    let error = error.unwrap_or_default();
    let word = reason(status, &error);
    let refused = |reason: String| GeminiError::KeyRefused { reason };
    match status {
        400 if is_key_trouble(&error) => refused(word),
        400 | 401 | 403 if is_about_project(&error) => GeminiError::NotServed { reason: word },
        400 => GeminiError::Invalid { status, reason: word },
        401 | 403 => refused(word),
        404 if known => GeminiError::ModelUnknown { model: model.to_owned() },
        413 => GeminiError::Invalid { status, reason: "request too large".to_owned() },
        429 => limit(retry_after, &error),
        408 | 499 | 500.. => transient(status, retry_after.max(delay(&error))),
        402..=498 if known => GeminiError::Invalid { status, reason: word },
        _ => GeminiError::NotGemini { status },
    }
}

fn transient(status: u16, retry_after: Option<Duration>) -> GeminiError {
    GeminiError::Transient { retry_after: retry_after.unwrap_or_default(), status: Some(status) }
}

fn limit(retry_after: Option<Duration>, error: &ErrorBody) -> GeminiError {
    let named = retry_after.max(delay(error));
    let violations = error.details.iter().flatten().flat_map(|detail| detail.violations.iter().flatten());
    let ids = violations.filter_map(|violation| violation.quota_id.as_deref());
    let daily = ids.into_iter().any(|id| id.contains("PerDay") || id.contains("Daily"));
    if daily || named.is_some_and(|wait| wait > LIMIT_WAIT_MAX) {
        // A day's quota with a wait of seconds: the wait is another limit's.
        return GeminiError::QuotaDay { retry_after: named.filter(|wait| *wait > LIMIT_WAIT_MAX) };
    }
    transient(429, named)
}

/// The longer of the waits in RetryInfo and in the message ("Please retry in 2.48s", "37.5ms"): RetryInfo is rounded down.
fn delay(error: &ErrorBody) -> Option<Duration> {
    let details = error.details.iter().flatten();
    let info = details.filter_map(|detail| detail.retry_delay.as_deref()).find_map(duration);
    let tail = error.message.as_deref().and_then(|message| message.split_once("retry in "));
    let word = tail.and_then(|(_, tail)| tail.split_whitespace().next());
    info.max(word.and_then(|word| duration(word.trim_end_matches(['.', ',', ';']))))
}

fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.strip_suffix('s')?, 1.0),
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()
}

fn is_key_trouble(error: &ErrorBody) -> bool {
    let mut reasons = error.details.iter().flatten().filter_map(|detail| detail.reason.as_deref());
    reasons.any(|reason| reason.starts_with("API_KEY_"))
        // Peers of Gemini leave the details out; these words begin Google's own message.
        || error.message.as_deref().is_some_and(|message| message.to_ascii_lowercase().starts_with("api key not "))
}

/// Reasons of Google's that are about the project behind a key and say nothing against the key.
const PROJECT_REASONS: [&str; 5] =
    ["SERVICE_DISABLED", "BILLING_DISABLED", "CONSUMER_INVALID", "CONSUMER_SUSPENDED", "USER_PROJECT_DENIED"];

fn is_about_project(error: &ErrorBody) -> bool {
    let mut reasons = error.details.iter().flatten().filter_map(|detail| detail.reason.as_deref());
    error.status.as_deref() == Some("FAILED_PRECONDITION") || reasons.any(|reason| PROJECT_REASONS.contains(&reason))
}

/// Gemini's words for programs, never its message: that may quote the request.
fn reason(status: u16, error: &ErrorBody) -> String {
    let details = || error.details.iter().flatten();
    let word =
        details().find_map(|detail| detail.reason.as_deref()).or(error.status.as_deref()).filter(|word| is_word(word));
    let mut text = word.map_or_else(|| format!("status {status}"), str::to_owned);
    let mut fields =
        details().flat_map(|detail| detail.field_violations.iter().flatten()).filter_map(|v| v.field.as_deref());
    if let Some(field) = fields.find(|field| is_path(field)) {
        text.push_str(" at ");
        text.push_str(field);
    }
    text
}

fn is_word(text: &str) -> bool {
    (1..=60).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn is_path(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'[' | b']'))
}

/// The table of thinking levels may lag behind Google: the two known complaints both name what they are about.
pub(super) fn complains_about_thinking(body: &[u8]) -> bool {
    let value = parse(body);
    let message = value.as_ref().and_then(|value| value.pointer("/error/message")).and_then(Value::as_str);
    message.is_some_and(|message| message.to_ascii_lowercase().contains("thinking"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_names_seconds_or_a_date() {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let rows = [
            ("5", Some(5)),
            (" 0 ", Some(0)),
            ("Mon, 23 Nov 2026 12:00:30 GMT", Some(30)),
            ("Mon, 23 Nov 2026 11:00:00 GMT", None),
            ("soon", None),
            ("-1", None),
        ];
        for (header, expected) in rows {
            assert_eq!(named_wait(header, now), expected.map(Duration::from_secs), "{header}");
        }
    }
}
