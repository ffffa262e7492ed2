//! Reads what came back. Pure: status and body in, verdict out; every shape Gemini is known to send has a row.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::answer::{Action, Usage};
use super::error::{GeminiError, Refusal};
use super::escapes::unescape;
use super::fault::{complains_about_thinking, fault, parse};
use super::wire::{Candidate, Response, Structured, UsageMetadata};

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
        error: GeminiError,
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
        Reading { verdict, usage: Usage::default(), model_version: None, response_id: None }
    }
}

const REASON_CHARS_MAX: usize = 300;

/// Reads the answer to a question.
pub(super) fn read(status: u16, retry_after: Option<Duration>, body: &[u8], model: &str) -> Reading {
    if let Some(error) = fault(status, retry_after, body, model) {
        return Reading::bare(match error {
            GeminiError::Invalid { status: 400, .. } if complains_about_thinking(body) => {
                Verdict::Again { how: Again::WithoutThinking, error }
            }
            error => Verdict::Failed(error),
        });
    }
    let Some(response) = parse(body).and_then(|value| Response::deserialize(value).ok()) else {
        return Reading::bare(Verdict::Again { how: Again::Same, error: GeminiError::Garbled });
    };
    Reading {
        verdict: verdict(&response),
        usage: usage(response.usage_metadata),
        model_version: response.model_version,
        response_id: response.response_id,
    }
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
    if response.prompt_feedback.as_ref().is_some_and(|feedback| feedback.block_reason.is_some()) {
        return Verdict::Failed(GeminiError::Refused(Refusal::Prompt));
    }
    let again = |how, error| Verdict::Again { how, error };
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
        "PUP_LIMITED_DISABLED" => {
            Verdict::Failed(GeminiError::KeyRefused { reason: "PUP_LIMITED_DISABLED".to_owned() })
        }
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
    let parts = candidate.content.iter().flat_map(|content| content.parts.iter().flatten());
    let spoken = parts.filter(|part| part.thought != Some(true)).filter_map(|part| part.text.as_deref());
    spoken.collect::<String>().trim().to_owned()
}

fn cut_off(text: &str) -> Verdict {
    match understand(text) {
        // Complete after all: the cap fell behind the closing brace.
        Ok(said) => Verdict::Said(said),
        Err(error) => Verdict::Again { how: Again::Wider, error },
    }
}

/// Reads what the model wrote: the JSON it was told to write, fences and words around it tolerated. Prose alone is no
/// answer, nor is broken JSON: every question asks for the schema, and what ignores it must never reach a customer.
fn understand(text: &str) -> Result<Said, GeminiError> {
    if text.is_empty() {
        return Err(GeminiError::Empty);
    }
    let (start, end) = (text.find('{'), text.rfind('}'));
    let object = match (start, end) {
        (Some(start), Some(end)) if start < end => &text[start..=end],
        _ => return Err(GeminiError::Garbled),
    };
    let structured: Structured = serde_json::from_str(object).map_err(|_| GeminiError::Garbled)?;
    let written = structured.reply.as_deref().unwrap_or_default().trim();
    let mended = unescape(written);
    let reply = mended.trim();
    if looks_like_json(written) || looks_like_json(reply) {
        return Err(GeminiError::Garbled);
    }
    let action = match structured.action.trim().to_ascii_lowercase().as_str() {
        "reply" if reply.is_empty() => return Err(GeminiError::Empty),
        "reply" => Action::Reply,
        "handoff" => Action::Handoff,
        "ignore" => Action::Ignore,
        _ => return Err(GeminiError::Garbled),
    };
    let why = structured.handoff_reason.as_deref().map(unescape);
    let why = why.as_deref().map(str::trim).filter(|why| !why.is_empty() && *why != "null");
    Ok(Said {
        action,
        reply: if action == Action::Ignore { String::new() } else { reply.to_owned() },
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
        || ["\"action\"", "\"reply\"", "\"handoff_reason\""].iter().any(|key| text.contains(key))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use serde_json::json;

    use super::*;

    fn said(action: Action, reply: &str) -> Verdict {
        Verdict::Said(Said { action, reply: reply.to_owned(), handoff_reason: None })
    }

    fn again(how: Again, error: GeminiError) -> Verdict {
        Verdict::Again { how, error }
    }

    fn refused(what: Refusal) -> Verdict {
        Verdict::Failed(GeminiError::Refused(what))
    }

    fn key(reason: &str) -> Verdict {
        Verdict::Failed(GeminiError::KeyRefused { reason: reason.to_owned() })
    }

    fn not_served(reason: &str) -> Verdict {
        Verdict::Failed(GeminiError::NotServed { reason: reason.to_owned() })
    }

    fn invalid(reason: &str) -> GeminiError {
        GeminiError::Invalid { status: 400, reason: reason.to_owned() }
    }

    fn passing(status: u16, wait_ms: u64) -> Verdict {
        let retry_after = Duration::from_millis(wait_ms);
        Verdict::Failed(GeminiError::Transient { retry_after, status: Some(status) })
    }

    /// Every recorded answer to a question, by file name; the status begins the name.
    fn samples() -> Vec<(&'static str, Verdict)> {
        use GeminiError::{Empty, Garbled};
        let handoff = Said {
            action: Action::Handoff,
            reply: "Claro, te paso con una persona del equipo.".to_owned(),
            handoff_reason: Some("asked_for_human".to_owned()),
        };
        let quota = GeminiError::QuotaDay { retry_after: Some(Duration::from_nanos(51_820_638_305_887)) };
        let minute = GeminiError::Transient { retry_after: Duration::from_nanos(2_482_391_771), status: Some(429) };
        let minute = Verdict::Failed(minute);
        vec![
            ("200_cached_prefix.json", again(Again::Same, Garbled)),
            ("200_empty_object.json", again(Again::Same, Empty)),
            ("200_function_call.json", again(Again::Same, Empty)),
            ("200_function_call_and_text.json", again(Again::Same, Garbled)),
            ("200_max_tokens_all_thinking.json", again(Again::Wider, Empty)),
            ("200_max_tokens_no_content.json", again(Again::Wider, Empty)),
            ("200_max_tokens_partial.json", again(Again::Wider, Garbled)),
            ("200_no_candidates.json", again(Again::Same, Empty)),
            ("200_prohibited_content_candidate.json", refused(Refusal::Answer)),
            ("200_prompt_blocked.json", refused(Refusal::Prompt)),
            ("200_prompt_blocked_safety.json", refused(Refusal::Prompt)),
            ("200_recitation.json", again(Again::Same, GeminiError::Refused(Refusal::Recitation))),
            ("200_safety_candidate.json", refused(Refusal::Answer)),
            ("200_stop_no_parts.json", again(Again::Same, Empty)),
            ("200_structured_output.json", Verdict::Said(handoff)),
            ("200_structured_output_fenced.json", said(Action::Reply, "We ship in 2 days.")),
            ("200_success.json", again(Again::Same, Garbled)),
            ("200_success_signature.json", again(Again::Same, Garbled)),
            ("200_thinking.json", again(Again::Same, Garbled)),
            ("400_bad_key.json", key("API_KEY_INVALID")),
            ("400_contents_missing.json", Verdict::Failed(invalid("INVALID_ARGUMENT"))),
            ("400_empty_part.json", Verdict::Failed(invalid("INVALID_ARGUMENT"))),
            ("400_failed_precondition_location.json", not_served("FAILED_PRECONDITION")),
            ("400_key_not_found.json", key("API_KEY_INVALID")),
            ("400_model_turn_last.json", Verdict::Failed(invalid("INVALID_ARGUMENT"))),
            ("400_penalty.json", Verdict::Failed(invalid("INVALID_ARGUMENT"))),
            ("400_thinking_level.json", again(Again::WithoutThinking, invalid("INVALID_ARGUMENT"))),
            ("400_thought_signature.json", Verdict::Failed(invalid("INVALID_ARGUMENT"))),
            ("400_too_many_tokens.json", Verdict::Failed(invalid("INVALID_ARGUMENT"))),
            ("400_unknown_field.json", again(Again::WithoutThinking, invalid("INVALID_ARGUMENT at generation_config"))),
            ("401_unauthenticated.json", key("ACCESS_TOKEN_TYPE_UNSUPPORTED")),
            ("403_no_key.json", key("PERMISSION_DENIED")),
            ("403_service_disabled.json", not_served("SERVICE_DISABLED")),
            ("404_model.json", Verdict::Failed(GeminiError::ModelUnknown { model: "m".to_owned() })),
            ("429_help_only.json", passing(429, 0)),
            ("429_per_day.json", Verdict::Failed(quota)),
            ("429_per_minute_retryinfo.json", minute),
            ("500_internal.json", passing(500, 0)),
            ("503_high_demand.json", passing(503, 0)),
            ("503_overloaded.json", passing(503, 0)),
            ("504_deadline.json", passing(504, 0)),
        ]
    }

    /// Recorded, but no answers to a question.
    const OTHERS: [&str; 3] = ["countTokens_200.json", "models_list_200.json", "stream_200.sse"];

    fn fixtures() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/gemini")
    }

    #[test]
    fn every_sample_has_its_outcome() {
        let rows = samples();
        let listed: BTreeSet<String> = rows.iter().map(|(name, _)| *name).chain(OTHERS).map(str::to_owned).collect();
        let files = std::fs::read_dir(fixtures()).unwrap();
        let present: BTreeSet<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(present, listed);
        for (name, expected) in rows {
            let body = std::fs::read(fixtures().join(name)).unwrap();
            let status = name[..3].parse().unwrap();
            let reading = read(status, None, &body, "m");
            assert_eq!(reading.verdict, expected, "{name}");
            // The same inside an array, as streams and the compatible endpoint send errors.
            let wrapped = [b"[", body.as_slice(), b"]"].concat();
            assert_eq!(read(status, None, &wrapped, "m").verdict, expected, "[{name}]");
        }
    }

    #[test]
    fn counts_and_ids_are_kept() {
        let body = std::fs::read(fixtures().join("200_cached_prefix.json")).unwrap();
        let reading = read(200, None, &body, "m");
        assert_eq!(reading.usage, Usage { prompt: 5321, cached: 4096, output: 8, thoughts: 0 });
        assert_eq!(reading.model_version.as_deref(), Some("gemini-3.5-flash-lite"));
        assert_eq!(reading.response_id.as_deref(), Some("CQsiaaTwE8Wz0-kPxOuxoAo"));
        let body = std::fs::read(fixtures().join("200_max_tokens_all_thinking.json")).unwrap();
        assert_eq!(read(200, None, &body, "m").usage, Usage { prompt: 402, cached: 0, output: 0, thoughts: 197 });
    }

    fn model_says(text: &str, finish: &str) -> Verdict {
        let body = json!({"candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": finish}]});
        read(200, None, body.to_string().as_bytes(), "m").verdict
    }

    #[test]
    fn what_the_model_writes() {
        use GeminiError::{Empty, Garbled};
        let garbled = again(Again::Same, Garbled);
        let rows = [
            (r#"{"action":"reply","reply":" Hi. "}"#, said(Action::Reply, "Hi.")),
            (r#"{"action":"REPLY","reply":"Hi.","extra":[1]}"#, said(Action::Reply, "Hi.")),
            (r#"{"action":"ignore","reply":"never sent"}"#, said(Action::Ignore, "")),
            (r#"{"action":"ignore"}"#, said(Action::Ignore, "")),
            (
                r#"{"action":"reply","reply":"Hello Ana!\\n\\nWe open at 7:00."}"#,
                said(Action::Reply, "Hello Ana!\n\nWe open at 7:00."),
            ),
            (r#"{"action":"reply","reply":"It is in C:\\new."}"#, said(Action::Reply, r"It is in C:\new.")),
            (r#"{"action":"reply","reply":"\\n"}"#, again(Again::Same, Empty)),
            (r#"{"action":"reply","reply":"{\\\"action\\\":\\\"reply\\\"}"}"#, garbled.clone()),
            (r#"{"action":"handoff","reply":"","handoff_reason":null}"#, said(Action::Handoff, "")),
            (r#"{"action":"reply","reply":"Hi.","handoff_reason":"no"}"#, said(Action::Reply, "Hi.")),
            ("```\n{\"action\":\"reply\",\"reply\":\"a } b\"}\n```", said(Action::Reply, "a } b")),
            ("Here you are: {\"action\":\"reply\",\"reply\":\"Hi.\"}", said(Action::Reply, "Hi.")),
            ("not json", garbled.clone()),
            ("Plain prose [photo] with {braces}", garbled.clone()),
            ("[photo]", garbled.clone()),
            ("```\nWe open at 8.\n```", garbled.clone()),
            (r#"{"action":"reply","reply":"  "}"#, again(Again::Same, Empty)),
            (r#"{"action":"reply"}"#, again(Again::Same, Empty)),
            (r#"{"action":"sell","reply":"Hi."}"#, garbled.clone()),
            (r#"{"reply":"Hi."}"#, garbled.clone()),
            (r#"{"action":"reply","reply":"cut of"#, garbled.clone()),
            (r#"{"action":"reply","reply":"{\"action\":\"reply\"}"}"#, garbled.clone()),
            (r#"{"action":"reply","reply":5}"#, garbled.clone()),
            (r#"["reply","Hi."]"#, garbled.clone()),
            (r#""Hi.""#, garbled.clone()),
            (r#"text "reply": "Hi.""#, garbled.clone()),
            ("{", garbled),
            (" \n", again(Again::Same, Empty)),
        ];
        for (text, expected) in rows {
            assert_eq!(model_says(text, "STOP"), expected, "{text}");
            assert_eq!(model_says(text, "SOMETHING_NEW"), expected, "{text}");
        }
    }

    #[test]
    fn a_cut_answer_is_asked_for_again_unless_it_is_whole() {
        let garbled = again(Again::Wider, GeminiError::Garbled);
        let rows = [
            ("We open at 8.30 daily. On Sunday we", garbled.clone()),
            (r#"{"action":"reply","reply":"Whole."}"#, said(Action::Reply, "Whole.")),
            (r#"{"action":"reply","reply":"We open. On"#, garbled),
        ];
        for (text, expected) in rows {
            assert_eq!(model_says(text, "MAX_TOKENS"), expected, "{text}");
            assert_eq!(model_says(text, "CONTINUATION"), expected, "{text}");
        }
    }

    #[test]
    fn thoughts_and_calls_are_no_part_of_the_answer() {
        let parts = json!([
            {"text": "{\"action\": thinking", "thought": true},
            {"functionCall": {"name": "x", "args": {}}},
            {"text": "{\"action\":\"reply\","},
            {"text": "\"reply\":\"Hi.\"}"},
        ]);
        let body = json!({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]});
        assert_eq!(read(200, None, body.to_string().as_bytes(), "m").verdict, said(Action::Reply, "Hi."));
    }

    #[test]
    fn reasons_to_stop() {
        let rows = [
            ("SPII", refused(Refusal::Answer)),
            ("BLOCKLIST", refused(Refusal::Answer)),
            ("LANGUAGE", refused(Refusal::Answer)),
            ("ESCALATION", refused(Refusal::Other)),
            ("OTHER", again(Again::Same, GeminiError::Refused(Refusal::Other))),
            ("MALFORMED_RESPONSE", again(Again::Same, GeminiError::Garbled)),
            ("UNEXPECTED_TOOL_CALL", again(Again::Same, GeminiError::Garbled)),
            ("PUP_LIMITED_DISABLED", key("PUP_LIMITED_DISABLED")),
            ("FUNCTION_CALL", again(Again::Same, GeminiError::Garbled)),
        ];
        for (finish, expected) in rows {
            assert_eq!(model_says("partial text", finish), expected, "{finish}");
        }
    }

    #[test]
    fn answers_of_proxies_and_strangers() {
        let html = b"<html><title>502</title></html>".as_slice();
        let not_gemini = |status| Verdict::Failed(GeminiError::NotGemini { status });
        let rows: Vec<(u16, &[u8], Verdict)> = vec![
            (200, html, passing(200, 0)),
            (200, b"", passing(200, 0)),
            (200, b"\"text\"", passing(200, 0)),
            (200, br#"{"error":{"code":503,"message":"x"}}"#, passing(503, 0)),
            (200, br#"{"candidates":"?"}"#, again(Again::Same, GeminiError::Garbled)),
            (502, html, passing(502, 0)),
            (503, b"", passing(503, 0)),
            (408, b"", passing(408, 0)),
            (499, b"{}", passing(499, 0)),
            (429, b"", passing(429, 0)),
            (413, html, Verdict::Failed(GeminiError::Invalid { status: 413, reason: "request too large".to_owned() })),
            (404, html, not_gemini(404)),
            (302, b"", not_gemini(302)),
            (405, b"", not_gemini(405)),
            (
                400,
                br#"{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}"#,
                key("INVALID_ARGUMENT"),
            ),
            (403, html, key("status 403")),
        ];
        for (status, body, expected) in rows {
            assert_eq!(read(status, None, body, "m").verdict, expected, "{status} {}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn the_longest_named_wait_counts() {
        let body = |delay: &str, quota: &str, message: &str| {
            json!({"error": {"code": 429, "message": message, "details": [
                {"@type": "x/google.rpc.QuotaFailure", "violations": [{"quotaId": quota}]},
                {"@type": "x/google.rpc.RetryInfo", "retryDelay": delay},
            ]}})
            .to_string()
        };
        let day =
            |wait: Option<u64>| Verdict::Failed(GeminiError::QuotaDay { retry_after: wait.map(Duration::from_secs) });
        let rows = [
            (Some(7), body("2s", "PerMinute", ""), passing(429, 7000)),
            (Some(1), body("2s", "PerMinute", ""), passing(429, 2000)),
            (None, body("0.037519283s", "", ""), passing(429, 37)),
            (None, body("", "", "Please retry in 37.5ms"), passing(429, 37)),
            (None, body("", "", "Please retry in 2.48s."), passing(429, 2480)),
            (None, body("-3s", "", "Please retry in soon"), passing(429, 0)),
            (None, body("301s", "", ""), day(Some(301))),
            (Some(4000), body("2s", "", ""), day(Some(4000))),
            (None, body("2s", "GenerateRequestsPerDay", ""), day(None)),
        ];
        for (header, body, expected) in rows {
            let mut verdict = read(429, header.map(Duration::from_secs), body.as_bytes(), "m").verdict;
            if let Verdict::Failed(GeminiError::Transient { retry_after, .. }) = &mut verdict {
                *retry_after = Duration::from_millis(u64::try_from(retry_after.as_millis()).unwrap());
            }
            assert_eq!(verdict, expected, "{header:?} {body}");
        }
    }

    #[test]
    fn errors_quote_nothing_of_the_request() {
        let body = json!({"error": {"code": 400, "status": "customer said hello", "message": "Invalid value: my secret",
            "details": [{"reason": "my secret", "fieldViolations": [{"field": "contents: my secret"}]}]}});
        let Verdict::Failed(error) = read(400, None, body.to_string().as_bytes(), "m").verdict else { panic!() };
        assert_eq!(error.to_string(), "gemini rejected the request (400 status 400)");
        assert!(!format!("{error:?}").contains("secret"));
    }
}
