//! Gemini's JSON, private to this module. Requests are typed so that a blank part can't be built; of responses
//! every field may be missing and unknown ones are ignored.

use serde::{Deserialize, Serialize};

use super::ask::{Ask, Role};
use super::models::Thinking;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<System>,
    contents: Vec<Content>,
    generation_config: GenerationConfig,
    store: bool,
}

#[derive(Debug, Clone, Serialize)]
struct System {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Serialize)]
struct Content {
    role: &'static str,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Serialize)]
struct Part {
    text: String,
}

impl Part {
    fn new(text: &str) -> Option<Part> {
        (!text.trim().is_empty()).then(|| Part { text: text.to_owned() })
    }
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct GenerationConfig {
    max_output_tokens: u32,
    response_mime_type: &'static str,
    response_schema: Schema,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<ThinkingConfig>,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
enum ThinkingConfig {
    ThinkingLevel(&'static str),
    ThinkingBudget(i32),
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct Schema {
    #[serde(rename = "type")]
    kind: &'static str,
    properties: Properties,
    required: [&'static str; 2],
    property_ordering: [&'static str; 3],
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Properties {
    action: Property,
    reply: Property,
    handoff_reason: Property,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Property {
    #[serde(rename = "type")]
    kind: &'static str,
    description: &'static str,
    #[serde(rename = "enum", skip_serializing_if = "<[_]>::is_empty")]
    one_of: &'static [&'static str],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    nullable: bool,
}

const fn text(description: &'static str) -> Property {
    Property { kind: "STRING", description, one_of: &[], nullable: false }
}

const SCHEMA: Schema = Schema {
    kind: "OBJECT",
    properties: Properties {
        action: Property {
            one_of: &["reply", "handoff", "ignore"],
            ..text("reply: answer now. handoff: a person of the shop must take over. ignore: no answer is needed.")
        },
        reply: text("The message to the customer. Empty when nothing is to be sent."),
        handoff_reason: Property {
            nullable: true,
            ..text("Only for handoff: what the person needs to know, in a few words. Never shown to the customer.")
        },
    },
    required: ["action", "reply"],
    property_ordering: ["action", "reply", "handoff_reason"],
};

impl Request {
    /// `None` when nothing is left to answer: no text at all, or the last word is not the customer's.
    pub(super) fn new(ask: &Ask, thinking: Thinking, max_output_tokens: u32) -> Option<Request> {
        let mut contents: Vec<Content> = Vec::new();
        for turn in &ask.turns {
            let mut parts = turn.parts.iter().filter_map(|text| Part::new(text)).peekable();
            if parts.peek().is_none() {
                continue;
            }
            let role = match turn.role {
                Role::Customer => "user",
                Role::Shop => "model",
            };
            match contents.last_mut() {
                Some(last) if last.role == role => last.parts.extend(parts),
                _ => contents.push(Content { role, parts: parts.collect() }),
            }
        }
        if contents.last()?.role != "user" {
            return None;
        }
        Some(Request {
            system_instruction: Part::new(&ask.system).map(|part| System { parts: vec![part] }),
            contents,
            generation_config: GenerationConfig {
                max_output_tokens,
                response_mime_type: "application/json",
                response_schema: SCHEMA,
                thinking_config: match thinking {
                    Thinking::Unsaid => None,
                    Thinking::Level(level) => Some(ThinkingConfig::ThinkingLevel(level.as_str())),
                    Thinking::Budget(tokens) => Some(ThinkingConfig::ThinkingBudget(tokens)),
                },
            },
            store: false,
        })
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CountRequest {
    pub(super) generate_content_request: NamedRequest,
}

#[derive(Debug, Serialize)]
pub(super) struct NamedRequest {
    pub(super) model: String,
    #[serde(flatten)]
    pub(super) request: Request,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CountResponse {
    #[serde(default)]
    pub(super) total_tokens: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ModelsResponse {
    pub(super) models: Vec<Model>,
    pub(super) next_page_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Model {
    pub(super) name: String,
    pub(super) supported_generation_methods: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Response {
    pub(super) candidates: Option<Vec<Candidate>>,
    pub(super) prompt_feedback: Option<PromptFeedback>,
    pub(super) usage_metadata: Option<UsageMetadata>,
    pub(super) model_version: Option<String>,
    pub(super) response_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Candidate {
    pub(super) content: Option<ResponseContent>,
    pub(super) finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ResponseContent {
    pub(super) parts: Option<Vec<ResponsePart>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ResponsePart {
    pub(super) text: Option<String>,
    pub(super) thought: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PromptFeedback {
    pub(super) block_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct UsageMetadata {
    pub(super) prompt_token_count: Option<i64>,
    pub(super) cached_content_token_count: Option<i64>,
    pub(super) candidates_token_count: Option<i64>,
    pub(super) thoughts_token_count: Option<i64>,
}

/// The JSON the model was told to write.
#[derive(Debug, Deserialize)]
pub(super) struct Structured {
    pub(super) action: String,
    #[serde(default)]
    pub(super) reply: Option<String>,
    #[serde(default)]
    pub(super) handoff_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorBody {
    pub(super) code: Option<u16>,
    pub(super) message: Option<String>,
    pub(super) status: Option<String>,
    pub(super) details: Option<Vec<Detail>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Detail {
    pub(super) reason: Option<String>,
    pub(super) retry_delay: Option<String>,
    pub(super) violations: Option<Vec<Violation>>,
    pub(super) field_violations: Option<Vec<FieldViolation>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Violation {
    pub(super) quota_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FieldViolation {
    pub(super) field: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemini::ask::Turn;
    use crate::gemini::models::ThinkingLevel;
    use serde_json::json;

    fn turn(role: Role, parts: &[&str]) -> Turn {
        Turn { role, parts: parts.iter().map(|part| (*part).to_owned()).collect() }
    }

    #[test]
    fn the_body_is_exactly_this() {
        let ask = Ask::new(
            "You answer for Corner Shop.",
            vec![
                turn(Role::Customer, &["hola", " \n"]),
                turn(Role::Customer, &["a que hora abren?"]),
                turn(Role::Shop, &["Abrimos a las 8:00."]),
                turn(Role::Shop, &[""]),
                turn(Role::Customer, &["gracias", "y el domingo?"]),
            ],
        );
        let request = Request::new(&ask, Thinking::Level(ThinkingLevel::Minimal), 1024);
        let body = serde_json::to_value(request.unwrap()).unwrap();
        let expected = json!({
            "systemInstruction": {"parts": [{"text": "You answer for Corner Shop."}]},
            "contents": [
                {"role": "user", "parts": [{"text": "hola"}, {"text": "a que hora abren?"}]},
                {"role": "model", "parts": [{"text": "Abrimos a las 8:00."}]},
                {"role": "user", "parts": [{"text": "gracias"}, {"text": "y el domingo?"}]},
            ],
            "generationConfig": {
                "maxOutputTokens": 1024,
                "responseMimeType": "application/json",
                "responseSchema": {
                    "type": "OBJECT",
                    "properties": {
                        "action": {
                            "type": "STRING",
                            "description": SCHEMA.properties.action.description,
                            "enum": ["reply", "handoff", "ignore"],
                        },
                        "reply": {"type": "STRING", "description": SCHEMA.properties.reply.description},
                        "handoff_reason": {
                            "type": "STRING",
                            "description": SCHEMA.properties.handoff_reason.description,
                            "nullable": true,
                        },
                    },
                    "required": ["action", "reply"],
                    "propertyOrdering": ["action", "reply", "handoff_reason"],
                },
                "thinkingConfig": {"thinkingLevel": "MINIMAL"},
            },
            "store": false,
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn what_is_not_said_is_absent() {
        let ask = Ask::new(" ", vec![turn(Role::Customer, &["hi"])]);
        let body = serde_json::to_value(Request::new(&ask, Thinking::Unsaid, 5).unwrap()).unwrap();
        assert!(body.get("systemInstruction").is_none());
        assert!(body["generationConfig"].get("thinkingConfig").is_none());
        let body = serde_json::to_value(Request::new(&ask, Thinking::Budget(0), 5).unwrap()).unwrap();
        assert_eq!(body["generationConfig"]["thinkingConfig"], json!({"thinkingBudget": 0}));
    }

    #[test]
    fn nothing_to_answer_builds_nothing() {
        let rows: [&[Turn]; 4] = [
            &[],
            &[turn(Role::Customer, &["  ", "\n"])],
            &[turn(Role::Customer, &[])],
            &[turn(Role::Customer, &["hi"]), turn(Role::Shop, &["hello"]), turn(Role::Customer, &[" "])],
        ];
        for turns in rows {
            assert!(Request::new(&Ask::new("s", turns.to_vec()), Thinking::Unsaid, 5).is_none(), "{turns:?}");
        }
    }
}
