//! Answers that the real Gemini was seen to give when things go wrong, by name.

/// An answer by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Such as `429_per_day`.
    pub name: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The body as it is sent.
    pub body: &'static str,
    /// The content type of the body.
    pub content_type: &'static str,
}

impl Sample {
    /// The answer of this name.
    pub fn named(name: &str) -> Option<Sample> {
        SAMPLES.iter().find(|sample| sample.name == name).copied()
    }
}

macro_rules! samples {
    ($($status:literal: $($name:literal),+;)+) => {
        &[$($(Sample {
            name: $name,
            status: $status,
            body: include_str!(concat!("samples/", $name, ".json")),
            content_type: "application/json; charset=UTF-8",
        },)+)+ HTML_502, PLAIN_429, FENCED, TRUNCATED]
    };
}

/// A bad gateway in front of the API: HTML, not JSON.
const HTML_502: Sample = Sample {
    name: "502_html",
    status: 502,
    body: "<!DOCTYPE html>\n<html lang=en>\n<title>Error 502 (Server Error)!!1</title>\n<p><b>502.</b> <ins>That's an error.</ins>\n",
    content_type: "text/html; charset=UTF-8",
};

/// A 429 that tells nothing.
const PLAIN_429: Sample = Sample {
    name: "429_no_details",
    status: 429,
    body: r#"{"error":{"code":429,"message":"Resource has been exhausted (e.g. check quota).","status":"RESOURCE_EXHAUSTED"}}"#,
    content_type: "application/json; charset=UTF-8",
};

/// The answer our client asks for, inside a fence it did not ask for.
const FENCED: Sample = Sample {
    name: "200_fenced_answer",
    status: 200,
    body: r#"{"candidates":[{"content":{"parts":[{"text":"```json\n{\"action\": \"reply\", \"reply\": \"We ship in two days.\", \"handoff_reason\": null}\n```"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":702,"candidatesTokenCount":26,"totalTokenCount":728},"modelVersion":"gemini-3.5-flash-lite","responseId":"sandbox-fenced"}"#,
    content_type: "application/json; charset=UTF-8",
};

/// JSON that stops in the middle although the model says it is done.
const TRUNCATED: Sample = Sample {
    name: "200_truncated_answer",
    status: 200,
    body: r#"{"candidates":[{"content":{"parts":[{"text":"{\"action\": \"reply\", \"reply\": \"We ship in"}],"role":"model"},"finishReason":"MAX_TOKENS","index":0}],"usageMetadata":{"promptTokenCount":702,"candidatesTokenCount":12,"totalTokenCount":714},"modelVersion":"gemini-3.5-flash-lite","responseId":"sandbox-truncated"}"#,
    content_type: "application/json; charset=UTF-8",
};

/// All of them.
pub const SAMPLES: &[Sample] = samples! {
    200: "200_cached_prefix", "200_empty_object", "200_max_tokens_all_thinking", "200_max_tokens_no_content",
        "200_max_tokens_partial", "200_no_candidates", "200_prohibited_content_candidate", "200_prompt_blocked",
        "200_prompt_blocked_safety", "200_recitation", "200_safety_candidate", "200_stop_no_parts",
        "200_structured_output", "200_structured_output_fenced", "200_success", "200_success_signature", "200_thinking";
    400: "400_bad_key", "400_contents_missing", "400_empty_part", "400_failed_precondition_location",
        "400_key_not_found", "400_model_turn_last", "400_penalty", "400_thinking_level", "400_too_many_tokens",
        "400_unknown_field";
    401: "401_unauthenticated";
    403: "403_no_key", "403_service_disabled";
    404: "404_model";
    429: "429_help_only", "429_per_day", "429_per_minute_retryinfo";
    500: "500_internal";
    503: "503_high_demand", "503_overloaded";
    504: "504_deadline";
};

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn names_are_unique_and_errors_agree_with_their_status() {
        for sample in SAMPLES {
            assert_eq!(Sample::named(sample.name), Some(*sample), "{}", sample.name);
            assert!(sample.name.starts_with(&sample.status.to_string()));
            let Ok(body) = serde_json::from_str::<Value>(sample.body) else {
                assert_eq!(sample.name, "502_html");
                continue;
            };
            if let Some(code) = body["error"]["code"].as_u64() {
                assert_eq!(code, u64::from(sample.status));
            }
        }
    }
}
