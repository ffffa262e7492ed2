//! Reads what came back. Pure: status and body in, verdict out; every shape Gemini is known to send has a row.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::answer::{Action, Usage};
use super::error::{GeminiError, Refusal};
use super::wire::{Candidate, ErrorBody, Response, Structured, UsageMetadata};

/// The words and the wish of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) action: Action,
    pub(super) reply: String,
    pub(super) handoff_reason: Option<String>,
}

/// How to ask once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// The same request.
    Same,
    /// With double the cap on tokens.
    Wider,
    /// Without a word about thinking: this model does not take our level.
    WithoutThinking,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Said(Said),
    /// Ask once more; when that is used up, this is the result.
    Again {
        how: Again,
        instead: Result<Said, GeminiError>,
    },
    /// A `Transient` here carries only the wait that Gemini named, zero for none.
    Failed(GeminiError),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) verdict: Verdict,
    pub(super) usage: Usage,
    pub(super) model_version: Option<String>,
    pub(super) response_id: Option<String>,
}

impl Reading {
    pub(super) fn failed(error: GeminiError) -> Reading {
        Reading::bare(Verdict::Failed(error))
    }

    fn bare(verdict: Verdict) -> Reading {
        Reading {
            verdict,
            usage: Usage::default(),
            model_version: None,
            response_id: None,
        }
    }
}

/// A wait longer than this is not a rate limit but a used-up quota.
const LIMIT_WAIT_MAX: Duration = Duration::from_secs(5 * 60);
const REASON_CHARS_MAX: usize = 300;

/// Reads the answer to a question.
pub(super) fn read(
    status: u16,
    retry_after: Option<Duration>,
    body: &[u8],
    model: &str,
) -> Reading {
    if let Some(error) = fault(status, retry_after, body, model) {
        return Reading::bare(match error {
            GeminiError::Invalid { status: 400, .. } if complains_about_thinking(body) => {
                Verdict::Again {
                    how: Again::WithoutThinking,
                    instead: Err(error),
                }
            }
            error => Verdict::Failed(error),
        });
    }
    let Some(response) = parse(body).and_then(|value| Response::deserialize(value).ok()) else {
        return Reading::bare(Verdict::Again {
            how: Again::Same,
            instead: Err(GeminiError::Garbled),
        });
    };
    Reading {
        verdict: verdict(&response),
        usage: usage(response.usage_metadata),
        model_version: response.model_version,
        response_id: response.response_id,
    }
}

/// The error in an answer of any kind; `None` when it is a good one.
pub(super) fn fault(
    status: u16,
    retry_after: Option<Duration>,
    body: &[u8],
    model: &str,
) -> Option<GeminiError> {
    let value = parse(body);
    let envelope = value.as_ref().and_then(|value| value.get("error"));
    let error = envelope.map(|error| ErrorBody::deserialize(error).unwrap_or_default());
    if (200..300).contains(&status) {
        return match (error, value) {
            // An error under a good status: streams and some proxies do that.
            (Some(error), _) => Some(classify(
                error.code.unwrap_or(500),
                retry_after,
                Some(error),
                model,
            )),
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

fn parse(body: &[u8]) -> Option<Value> {
    match serde_json::from_slice::<Value>(body).ok()? {
        Value::Array(mut items) if items.len() == 1 => items.pop(),
        value => Some(value),
    }
    .filter(Value::is_object)
}

fn classify(
    status: u16,
    retry_after: Option<Duration>,
    error: Option<ErrorBody>,
    model: &str,
) -> GeminiError {
    let known = error.is_some();
    let error = error.unwrap_or_default();
    let word = reason(status, &error);
    let refused = |reason: String| GeminiError::KeyRefused { reason };
    match status {
        400 if is_key_trouble(&error) => refused(word),
        400 => GeminiError::Invalid {
            status,
            reason: word,
        },
        401 | 403 => refused(word),
        404 if known => GeminiError::ModelUnknown {
            model: model.to_owned(),
        },
        413 => GeminiError::Invalid {
            status,
            reason: "request too large".to_owned(),
        },
        429 => limit(retry_after, &error),
        408 | 499 | 500.. => transient(status, retry_after.max(delay(&error))),
        402..=498 if known => GeminiError::Invalid {
            status,
            reason: word,
        },
        _ => GeminiError::NotGemini { status },
    }
}

fn transient(status: u16, retry_after: Option<Duration>) -> GeminiError {
    GeminiError::Transient {
        retry_after: retry_after.unwrap_or_default(),
        status: Some(status),
    }
}

fn limit(retry_after: Option<Duration>, error: &ErrorBody) -> GeminiError {
    let named = retry_after.max(delay(error));
    let violations = error
        .details
        .iter()
        .flatten()
        .flat_map(|detail| detail.violations.iter().flatten());
    let ids = violations.filter_map(|violation| violation.quota_id.as_deref());
    let daily = ids
        .into_iter()
        .any(|id| id.contains("PerDay") || id.contains("Daily"));
    if daily || named.is_some_and(|wait| wait > LIMIT_WAIT_MAX) {
        // A day's quota with a wait of seconds: the wait is another limit's.
        return GeminiError::QuotaDay {
            retry_after: named.filter(|wait| *wait > LIMIT_WAIT_MAX),
        };
    }
    transient(429, named)
}

/// The wait in RetryInfo, else in the message ("Please retry in 2.48s", "37.5ms").
fn delay(error: &ErrorBody) -> Option<Duration> {
    let info = error
        .details
        .iter()
        .flatten()
        .filter_map(|detail| detail.retry_delay.as_deref())
        .find_map(duration);
    info.or_else(|| {
        let message = error.message.as_deref()?;
        let (_, tail) = message.split_once("retry in ")?;
        duration(
            tail.split_whitespace()
                .next()?
                .trim_end_matches(['.', ',', ';']),
        )
    })
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
    let mut reasons = error
        .details
        .iter()
        .flatten()
        .filter_map(|detail| detail.reason.as_deref());
    reasons.any(|reason| reason.starts_with("API_KEY_"))
        || error.status.as_deref() == Some("FAILED_PRECONDITION")
        // Peers of Gemini leave the details out; these words begin Google's own message.
        || error.message.as_deref().is_some_and(|message| message.to_ascii_lowercase().starts_with("api key not "))
}

/// Gemini's words for programs, never its message: that may quote the request.
fn reason(status: u16, error: &ErrorBody) -> String {
    let details = || error.details.iter().flatten();
    let word = details()
        .find_map(|detail| detail.reason.as_deref())
        .or(error.status.as_deref())
        .filter(|word| is_word(word));
    let mut text = word.map_or_else(|| format!("status {status}"), str::to_owned);
    let mut fields = details()
        .flat_map(|detail| detail.field_violations.iter().flatten())
        .filter_map(|v| v.field.as_deref());
    if let Some(field) = fields.find(|field| is_path(field)) {
        text.push_str(" at ");
        text.push_str(field);
    }
    text
}

fn is_word(text: &str) -> bool {
    (1..=60).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn is_path(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'[' | b']'))
}

/// The table of thinking levels may lag behind Google: the two known complaints both name what they are about.
fn complains_about_thinking(body: &[u8]) -> bool {
    let value = parse(body);
    let message = value
        .as_ref()
        .and_then(|value| value.pointer("/error/message"))
        .and_then(Value::as_str);
    message.is_some_and(|message| message.to_ascii_lowercase().contains("thinking"))
}

fn usage(counts: Option<UsageMetadata>) -> Usage {
    let counts = counts.unwrap_or_default();
    let count = |n: Option<i64>| n.unwrap_or(0).max(0);
    Usage {
        prompt: count(counts.prompt_token_count),
        cached: count(counts.cached_content_token_count),
        output: count(counts.candidates_token_count),
        thoughts: count(counts.thoughts_token_count),
    }
}

fn verdict(response: &Response) -> Verdict {
    if response
        .prompt_feedback
        .as_ref()
        .is_some_and(|feedback| feedback.block_reason.is_some())
    {
        return Verdict::Failed(GeminiError::Refused(Refusal::Prompt));
    }
    let again = |how, error| Verdict::Again {
        how,
        instead: Err(error),
    };
    let Some(candidate) = response.candidates.iter().flatten().next() else {
        return again(Again::Same, GeminiError::Empty);
    };
    let text = text(candidate);
    match candidate.finish_reason.as_deref().unwrap_or("STOP") {
        "SAFETY"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "LANGUAGE"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_OTHER"
        | "IMAGE_RECITATION"
        | "NO_IMAGE" => Verdict::Failed(GeminiError::Refused(Refusal::Answer)),
        "RECITATION" => again(Again::Same, GeminiError::Refused(Refusal::Recitation)),
        "OTHER" => again(Again::Same, GeminiError::Refused(Refusal::Other)),
        "ESCALATION" => Verdict::Failed(GeminiError::Refused(Refusal::Other)),
        "PUP_LIMITED_DISABLED" => Verdict::Failed(GeminiError::KeyRefused {
            reason: "PUP_LIMITED_DISABLED".to_owned(),
        }),
        "MALFORMED_FUNCTION_CALL"
        | "MALFORMED_RESPONSE"
        | "UNEXPECTED_TOOL_CALL"
        | "TOO_MANY_TOOL_CALLS"
        | "MISSING_THOUGHT_SIGNATURE" => again(Again::Same, GeminiError::Garbled),
        "MAX_TOKENS" | "CONTINUATION" => cut_off(&text),
        // STOP, and whatever Google invents next.
        _ => match understand(&text) {
            Ok(said) => Verdict::Said(said),
            Err(error) => again(Again::Same, error),
        },
    }
}

/// The text for the customer: thoughts left out.
fn text(candidate: &Candidate) -> String {
    let parts = candidate
        .content
        .iter()
        .flat_map(|content| content.parts.iter().flatten());
    let spoken = parts
        .filter(|part| part.thought != Some(true))
        .filter_map(|part| part.text.as_deref());
    spoken.collect::<String>().trim().to_owned()
}

fn cut_off(text: &str) -> Verdict {
    let instead = match understand(text) {
        // Complete after all: the cap fell behind the closing brace.
        Ok(said) if looks_like_json(text) => return Verdict::Said(said),
        Ok(said) => match sentence_end(&said.reply) {
            0 => Err(GeminiError::Garbled),
            end => Ok(Said {
                reply: said.reply[..end].to_owned(),
                ..said
            }),
        },
        Err(error) => Err(error),
    };
    Verdict::Again {
        how: Again::Wider,
        instead,
    }
}

/// Where the last whole sentence ends, in bytes; 0 for none.
fn sentence_end(text: &str) -> usize {
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let closes = match c {
            '.' | '!' | '?' | '…' => chars.peek().is_none_or(|(_, next)| next.is_whitespace()),
            '。' | '！' | '？' | '؟' | '।' => true,
            _ => false,
        };
        if closes {
            end = at + c.len_utf8();
        }
    }
    end
}

/// Reads what the model wrote: the JSON it was told to write, fences tolerated. Plain prose is taken as a reply, for
/// servers that ignore the schema; anything that smells of JSON and can't be read is not: it must never reach a customer.
fn understand(text: &str) -> Result<Said, GeminiError> {
    if text.is_empty() {
        return Err(GeminiError::Empty);
    }
    if !looks_like_json(text) {
        return Ok(Said {
            action: Action::Reply,
            reply: text.to_owned(),
            handoff_reason: None,
        });
    }
    let (start, end) = (text.find('{'), text.rfind('}'));
    let object = match (start, end) {
        (Some(start), Some(end)) if start < end => &text[start..=end],
        _ => return Err(GeminiError::Garbled),
    };
    let structured: Structured = serde_json::from_str(object).map_err(|_| GeminiError::Garbled)?;
    let reply = structured.reply.as_deref().unwrap_or_default().trim();
    if looks_like_json(reply) {
        return Err(GeminiError::Garbled);
    }
    let action = match structured.action.trim().to_ascii_lowercase().as_str() {
        "reply" if reply.is_empty() => return Err(GeminiError::Empty),
        "reply" => Action::Reply,
        "handoff" => Action::Handoff,
        "ignore" => Action::Ignore,
        _ => return Err(GeminiError::Garbled),
    };
    let why = structured
        .handoff_reason
        .as_deref()
        .map(str::trim)
        .filter(|why| !why.is_empty() && *why != "null");
    Ok(Said {
        action,
        reply: if action == Action::Ignore {
            String::new()
        } else {
            reply.to_owned()
        },
        handoff_reason: why
            .filter(|_| action == Action::Handoff)
            .map(|why| why.chars().take(REASON_CHARS_MAX).collect()),
    })
}

fn looks_like_json(text: &str) -> bool {
    let text = text.trim_start();
    let opens = text.starts_with(['{', '[', '"']);
    let fence = text.starts_with("```") && text.contains('{');
    (opens && serde_json::from_str::<Value>(text).is_ok())
        || text.starts_with('{')
        || fence
        || ["\"action\"", "\"reply\"", "\"handoff_reason\""]
            .iter()
            .any(|key| text.contains(key))
}
