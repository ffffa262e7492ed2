//! Is this a request the real API would take? Stricter than a stub, as strict as the reference.

use serde_json::{Map, Value};

use super::models::{Budget, LastTurn, Model, Penalties, Zero};
use super::refusal::Refusal;
use super::schema;

const REQUEST: &[&str] = &[
    "contents",
    "systemInstruction",
    "generationConfig",
    "safetySettings",
    "tools",
    "toolConfig",
    "cachedContent",
    "serviceTier",
    "store",
    "labels",
    "continuationToken",
    "model",
];
const GENERATION_CONFIG: &[&str] = &[
    "candidateCount",
    "stopSequences",
    "maxOutputTokens",
    "temperature",
    "topP",
    "topK",
    "seed",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "presencePenalty",
    "frequencyPenalty",
    "responseLogprobs",
    "logprobs",
    "responseModalities",
    "speechConfig",
    "thinkingConfig",
    "mediaResolution",
    "enableEnhancedCivicAnswers",
];
const THINKING_CONFIG: &[&str] = &["includeThoughts", "thinkingBudget", "thinkingLevel"];
const CONTENT: &[&str] = &["role", "parts"];
const PART: &[&str] = &[
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "thought",
    "thoughtSignature",
    "videoMetadata",
    "mediaResolution",
    "partMetadata",
];
const PART_DATA: &[&str] =
    &["text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult"];
const SAFETY: &[&str] = &["category", "threshold"];
const CATEGORIES: &[&str] = &[
    "HARM_CATEGORY_HARASSMENT",
    "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "HARM_CATEGORY_DANGEROUS_CONTENT",
    "HARM_CATEGORY_CIVIC_INTEGRITY",
];
const THRESHOLDS: &[&str] = &["BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF"];
const LEVELS: &[&str] = &["MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"];
const MIME_TYPES: &[&str] = &["text/plain", "application/json", "text/x.enum"];
const OUTPUT_TOKENS_MAX: i64 = 65_536;
const STOP_SEQUENCES_MAX: usize = 5;

/// A field of a proto message: camelCase, or the same in snake_case.
pub(crate) fn field<'a>(object: &'a Value, name: &str) -> &'a Value {
    const NULL: &Value = &Value::Null;
    object.get(name).or_else(|| object.get(snake(name))).unwrap_or(NULL)
}

/// Checks a whole `generateContent` request.
pub(crate) fn request(body: &Value, model: &Model) -> Result<(), Refusal> {
    let request = known(body, REQUEST, "")?;
    config(field(body, "generationConfig"), model)?;
    system(field(body, "systemInstruction"))?;
    contents(field(body, "contents"), model)?;
    safety(field(body, "safetySettings"))?;
    if request.get("store").is_some_and(|store| !store.is_boolean()) {
        return Err(Refusal::invalid_value("store", &request["store"], "TYPE_BOOL"));
    }
    let tier = field(body, "serviceTier");
    if !tier.is_null() && !["standard", "flex", "priority"].iter().any(|name| tier == name) {
        return Err(Refusal::invalid_value(
            "service_tier",
            tier,
            "type.googleapis.com/google.ai.generativelanguage.ServiceTier",
        ));
    }
    Ok(())
}

/// Checks the contents alone, as `countTokens` takes them.
pub(crate) fn contents(contents: &Value, model: &Model) -> Result<(), Refusal> {
    let missing = || Refusal::invalid("* GenerateContentRequest.contents: contents is not specified\n");
    let turns = contents.as_array().filter(|turns| !turns.is_empty()).ok_or_else(missing)?;
    for (n, turn) in turns.iter().enumerate() {
        let place = format!("contents[{n}]");
        known(turn, CONTENT, &place)?;
        let role = match &turn["role"] {
            Value::Null => "user",
            role => role.as_str().unwrap_or_default(),
        };
        if !matches!(role, "user" | "model") {
            return Err(Refusal::invalid("Please use a valid role: user, model."));
        }
        parts(turn, &place, "GenerateContentRequest.")?;
    }
    let last = turns.last().unwrap_or(&Value::Null);
    let response = last["parts"]
        .as_array()
        .and_then(|parts| parts.last())
        .is_some_and(|part| !field(part, "functionResponse").is_null());
    if last["role"] == "model" && model.last_turn == LastTurn::UserOnly && !response {
        let message =
            "Requests ending with a model turn are not supported unless the last part is a function response.";
        return Err(Refusal::invalid(message));
    }
    Ok(())
}

fn parts(content: &Value, place: &str, prefix: &str) -> Result<(), Refusal> {
    let parts = content["parts"].as_array().filter(|parts| !parts.is_empty());
    let parts = parts
        .ok_or_else(|| Refusal::invalid(format!("* {prefix}{place}.parts: contents.parts must not be empty.\n")))?;
    for (n, part) in parts.iter().enumerate() {
        let place = format!("{place}.parts[{n}]");
        known(part, PART, &place)?;
        let filled: Vec<&&str> = PART_DATA.iter().filter(|name| !field(part, name).is_null()).collect();
        match filled.as_slice() {
            [] => {
                let message =
                    format!("* {prefix}{place}.data: required oneof field 'data' must have one initialized field\n");
                return Err(Refusal::invalid(message));
            }
            [_] => {}
            [_, other, ..] => {
                let message = format!(
                    "Invalid value at '{place}' (oneof), oneof field 'data' is already set. Cannot set '{}'",
                    snake(other)
                );
                return Err(Refusal::invalid(message));
            }
        }
        match field(part, "text") {
            Value::Null => {}
            Value::String(text) if text.is_empty() => {
                let message = "Unable to submit request because it has an empty text parameter. Add a value to the parameter and try again.";
                return Err(Refusal::invalid(message));
            }
            Value::String(_) => {}
            other => {
                return Err(Refusal::invalid_value(&format!("{place}.text"), other, "TYPE_STRING"));
            }
        }
        let inline = field(part, "inlineData");
        if !inline.is_null() {
            known(inline, &["mimeType", "data", "displayName"], &format!("{place}.inline_data"))?;
            if field(inline, "mimeType").as_str().is_none_or(str::is_empty)
                || inline["data"].as_str().is_none_or(str::is_empty)
            {
                return Err(Refusal::invalid(format!(
                    "* {prefix}{place}.inline_data: mime_type and data must be set\n"
                )));
            }
        }
    }
    Ok(())
}

fn system(system: &Value) -> Result<(), Refusal> {
    if system.is_null() {
        return Ok(());
    }
    known(system, CONTENT, "system_instruction")?;
    parts(system, "system_instruction", "GenerateContentRequest.")?;
    let texts = system["parts"].as_array().is_some_and(|parts| parts.iter().all(|part| part["text"].is_string()));
    if texts { Ok(()) } else { Err(Refusal::invalid("System instruction only supports text.")) }
}

fn config(config: &Value, model: &Model) -> Result<(), Refusal> {
    if config.is_null() {
        return Ok(());
    }
    let place = "generation_config";
    known(config, GENERATION_CONFIG, place)?;
    number(config, "temperature", 0.0, 2.0)?;
    number(config, "topP", 0.0, 1.0)?;
    number(config, "maxOutputTokens", 1.0, (OUTPUT_TOKENS_MAX + 1) as f64)?;
    for penalty in ["presencePenalty", "frequencyPenalty"] {
        let value = field(config, penalty);
        if value.as_f64().is_some_and(|value| value != 0.0) && model.penalties == Penalties::Refused {
            return Err(Refusal::invalid("Penalty is not enabled for this model"));
        }
    }
    if field(config, "candidateCount").as_i64().is_some_and(|count| count != 1) {
        return Err(Refusal::invalid("Multiple candidates is not enabled for this model"));
    }
    if field(config, "stopSequences").as_array().is_some_and(|stops| stops.len() > STOP_SEQUENCES_MAX) {
        return Err(Refusal::invalid(
            "* GenerateContentRequest.generation_config.stop_sequences: at most 5 are supported\n",
        ));
    }
    response_format(config)?;
    thinking(field(config, "thinkingConfig"), model)
}

fn response_format(config: &Value) -> Result<(), Refusal> {
    let mime = field(config, "responseMimeType");
    if !mime.is_null() && !MIME_TYPES.iter().any(|known| mime == known) {
        let message = "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.\n";
        return Err(Refusal::invalid(message));
    }
    let (schema, json_schema) = (field(config, "responseSchema"), field(config, "responseJsonSchema"));
    if schema.is_null() && json_schema.is_null() {
        return Ok(());
    }
    if !schema.is_null() && !json_schema.is_null() {
        return Err(Refusal::invalid(
            "* GenerateContentRequest.generation_config.response_json_schema: only one of response_schema and response_json_schema can be set\n",
        ));
    }
    if mime != "application/json" && mime != "text/x.enum" {
        let mime = mime.as_str().unwrap_or("text/plain");
        return Err(Refusal::invalid(format!(
            "Function calling with a response mime type: '{mime}' is unsupported: a response schema needs `application/json`"
        )));
    }
    if schema.is_null() { Ok(()) } else { schema::check(schema, "generation_config.response_schema") }
}

fn thinking(thinking: &Value, model: &Model) -> Result<(), Refusal> {
    if thinking.is_null() {
        return Ok(());
    }
    known(thinking, THINKING_CONFIG, "generation_config.thinking_config")?;
    let (level, budget) = (field(thinking, "thinkingLevel"), field(thinking, "thinkingBudget"));
    if !level.is_null() && !budget.is_null() {
        return Err(Refusal::invalid("You can only set only one of thinking budget and thinking level."));
    }
    if !level.is_null() {
        let name = level.as_str().unwrap_or_default().to_uppercase();
        if !LEVELS.contains(&name.as_str()) {
            let kind = "type.googleapis.com/google.ai.generativelanguage.v1beta.ThinkingConfig.ThinkingLevel";
            return Err(Refusal::invalid_value("generation_config.thinking_config.thinking_level", level, kind));
        }
        if model.levels.is_empty() {
            return Err(Refusal::invalid("Thinking level is not supported for this model."));
        }
        if !model.levels.contains(&name.as_str()) {
            let message = format!(
                "Thinking level {name} is not supported for this model. Please retry with other thinking level."
            );
            return Err(Refusal::invalid(message));
        }
    }
    let Some(budget) = budget.as_i64() else {
        return Ok(());
    };
    let fits = match model.budget {
        Budget::Any => true,
        Budget::Refused => false,
        Budget::Range { zero, .. } if budget == 0 => zero == Zero::Allowed,
        Budget::Range { least, most, .. } => budget == -1 || (least..=most).contains(&budget),
    };
    if fits {
        Ok(())
    } else {
        Err(Refusal::invalid(format!("The thinking budget {budget} is invalid. Please choose another value.")))
    }
}

fn safety(settings: &Value) -> Result<(), Refusal> {
    let mut seen = Vec::new();
    for (n, setting) in settings.as_array().into_iter().flatten().enumerate() {
        let place = format!("safety_settings[{n}]");
        known(setting, SAFETY, &place)?;
        let category = setting["category"].as_str().unwrap_or_default();
        if !CATEGORIES.contains(&category) {
            return Err(Refusal::invalid_value(&format!("{place}.category"), &setting["category"], "HarmCategory"));
        }
        if !THRESHOLDS.iter().any(|known| setting["threshold"] == *known) {
            return Err(Refusal::invalid_value(
                &format!("{place}.threshold"),
                &setting["threshold"],
                "HarmBlockThreshold",
            ));
        }
        if seen.contains(&category) {
            return Err(Refusal::invalid(format!(
                "* GenerateContentRequest.safety_settings[{n}].category: duplicate category\n"
            )));
        }
        seen.push(category);
    }
    Ok(())
}

fn number(config: &Value, name: &str, least: f64, end: f64) -> Result<(), Refusal> {
    let value = field(config, name);
    if value.is_null() {
        return Ok(());
    }
    let place = format!("generation_config.{}", snake(name));
    match value.as_f64() {
        None => Err(Refusal::invalid_value(&place, value, "TYPE_FLOAT")),
        Some(number) if number < least || number > end => {
            let message = format!("* GenerateContentRequest.{place}: {name} must be in the range [{least}, {end}].\n");
            Err(Refusal::invalid(message))
        }
        Some(_) => Ok(()),
    }
}

/// The object, if all its names are known.
pub(crate) fn known<'a>(value: &'a Value, names: &[&str], place: &str) -> Result<&'a Map<String, Value>, Refusal> {
    let object = value.as_object().ok_or_else(|| Refusal::invalid_value(place, value, "TYPE_MESSAGE"))?;
    match object.keys().find(|key| !names.iter().any(|name| name == key || snake(name) == **key)) {
        Some(unknown) => Err(Refusal::unknown_field(unknown, place)),
        None => Ok(object),
    }
}

fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::models;
    use super::*;

    fn asked(model: &str, change: impl FnOnce(&mut Value)) -> Result<(), String> {
        let mut body = json!({
            "systemInstruction": {"parts": [{"text": "facts"}]},
            "contents": [{"role": "user", "parts": [{"text": "hola"}]}],
            "generationConfig": {
                "maxOutputTokens": 1024, "thinkingConfig": {"thinkingLevel": "LOW"}, "responseMimeType": "application/json",
                "responseSchema": {"type": "OBJECT", "properties": {"reply": {"type": "STRING", "nullable": true}}, "required": ["reply"]},
            },
            "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_ONLY_HIGH"}],
            "store": false,
        });
        change(&mut body);
        request(&body, models::find(model, "v1beta").unwrap()).map_err(|refusal| refusal.message)
    }

    #[test]
    fn what_the_reference_allows_is_taken() {
        for model in ["gemini-3.5-flash-lite", "gemini-3.8-flash", "gemini-4-hydrogen"] {
            assert_eq!(asked(model, |_| {}), Ok(()), "{model}");
        }
        assert_eq!(
            asked("gemini-3.5-flash-lite", |body| body["generation_config"] = json!({"max_output_tokens": 5})),
            Ok(())
        );
        assert_eq!(
            asked("gemini-2.5-flash", |body| {
                body["contents"] = json!([{"parts": [{"text": "a"}]}, {"role": "model", "parts": [{"text": "b"}]}]);
                body["generationConfig"]["thinkingConfig"] = json!({"thinkingBudget": 0});
            }),
            Ok(())
        );
    }

    #[test]
    fn what_it_forbids_is_refused_in_its_words() {
        let lite = "gemini-3.5-flash-lite";
        let turn = |role: &str, parts: Value| json!({"role": role, "parts": parts});
        let rows: Vec<(&str, Value, &str)> = vec![
            ("/contents", Value::Null, "contents is not specified"),
            ("/contents", json!([]), "contents is not specified"),
            ("/contents", json!([turn("user", json!([]))]), "contents[0].parts: contents.parts must not be empty."),
            ("/contents", json!([turn("user", json!([{}]))]), "contents[0].parts[0].data: required oneof field"),
            ("/contents", json!([turn("user", json!([{"text": ""}]))]), "empty text parameter"),
            ("/contents", json!([turn("system", json!([{"text": "x"}]))]), "Please use a valid role"),
            ("/contents", json!([turn("model", json!([{"text": "x"}]))]), "Requests ending with a model turn"),
            (
                "/contents",
                json!([turn("user", json!([{"txt": "x"}]))]),
                "Unknown name \"txt\" at 'contents[0].parts[0]'",
            ),
            ("/generationConfig/thinkingLevel", json!("LOW"), "Unknown name \"thinkingLevel\" at 'generation_config'"),
            (
                "/generationConfig/thinkingConfig",
                json!({"thinkingLevel": "XHIGH"}),
                "Thinking level XHIGH is not supported",
            ),
            (
                "/generationConfig/thinkingConfig",
                json!({"thinkingLevel": "LOW", "thinkingBudget": 1}),
                "only one of thinking budget",
            ),
            ("/generationConfig/presencePenalty", json!(0.5), "Penalty is not enabled"),
            ("/generationConfig/temperature", json!(3), "temperature must be in the range"),
            ("/generationConfig/candidateCount", json!(2), "Multiple candidates"),
            ("/generationConfig/responseMimeType", Value::Null, "needs `application/json`"),
            (
                "/generationConfig/responseSchema",
                json!({"type": "OBJECT", "additionalProperties": false}),
                "Unknown name \"additionalProperties\"",
            ),
            ("/generationConfig/responseJsonSchema", json!({"type": "object"}), "only one of response_schema"),
            (
                "/safetySettings",
                json!([{"category": "HARM", "threshold": "OFF"}]),
                "Invalid value at 'safety_settings[0].category'",
            ),
            ("/extra", json!(1), "Unknown name \"extra\": Cannot find field."),
        ];
        for (place, value, words) in rows {
            let refused = asked(lite, |body| {
                let (parent, name) = place.rsplit_once('/').unwrap();
                body.pointer_mut(parent).unwrap()[name] = value.clone();
            });
            assert!(refused.as_ref().is_err_and(|message| message.contains(words)), "{place} {value}: {refused:?}");
        }
    }

    #[test]
    fn thinking_depends_on_the_model() {
        let with =
            |model, thinking: Value| asked(model, |body| body["generationConfig"]["thinkingConfig"] = thinking).is_ok();
        assert!(with("gemini-3.5-flash-lite", json!({"thinkingLevel": "MINIMAL"})));
        assert!(!with("gemini-3.8-flash", json!({"thinkingLevel": "MINIMAL"})));
        assert!(!with("gemini-2.5-flash", json!({"thinkingLevel": "LOW"})));
        assert!(!with("gemini-2.5-pro", json!({"thinkingBudget": 0})));
        assert!(!with("gemini-4-neon", json!({"thinkingBudget": 0})));
        assert!(with("gemini-4-neon", json!({"thinkingLevel": "XHIGH"})));
    }
}
