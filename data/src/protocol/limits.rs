//! No text that a caller gives is longer than its limit: every call is looked through before anybody reads it. A text
//! without a line here has the limit of all others, so that a new field can't be forgotten.

use serde_json::{Map, Value};

use super::error::CallError;
use crate::model::limit::{self, Limit, TooLong};
use crate::model::setting::SettingKey;

/// Fields of every call, by name.
const FIELDS: &[(&str, Limit)] = &[
    ("after", limit::CURSOR),
    ("before", limit::CURSOR),
    ("tenant", limit::KNOWN_NAME),
    ("instance", limit::KNOWN_NAME),
    ("chat", limit::KNOWN_NAME),
    ("contact", limit::KNOWN_NAME),
    ("other", limit::KNOWN_NAME),
    ("name", limit::KNOWN_NAME),
    ("quick_reply", limit::KNOWN_NAME),
    ("find", limit::SEARCH),
    ("query", limit::QUERY),
    ("segment", limit::QUERY),
    ("tag", limit::TAG),
    ("tags", limit::TAG),
    ("timezone", limit::TIMEZONE),
    ("at", limit::TIME),
    ("quiet", limit::TIME),
    ("to", limit::PHONE),
    ("phone", limit::PHONE),
    ("file", limit::FILE_PIECE),
    ("data", limit::FILE_PIECE),
    ("file_name", limit::FILE_NAME),
    ("variants", limit::CAMPAIGN_TEXT),
    ("label", limit::QUICK_REPLY_LABEL),
    ("category", limit::QUICK_REPLY_CATEGORY),
    ("language", limit::LANGUAGE),
    ("fields", limit::FIELD),
    ("consent", limit::CONSENT),
    ("question", limit::QUESTION),
    ("session", limit::SESSION_NAME),
];

/// Fields that mean something else, or may be longer, in one call.
const FIELDS_OF_CALLS: &[(&str, &str, Limit)] = &[
    ("ask", "question", limit::QUESTION),
    ("campaign.clone", "copy", limit::CAMPAIGN_NAME),
    ("campaign.create", "name", limit::CAMPAIGN_NAME),
    ("campaign.create", "text", limit::CAMPAIGN_TEXT),
    ("campaign.edit", "text", limit::CAMPAIGN_TEXT),
    ("campaign.preview", "text", limit::CAMPAIGN_TEXT),
    ("chat.draft", "text", limit::DRAFT),
    ("chat.edit", "text", limit::MESSAGE),
    ("chat.note", "text", limit::CHAT_NOTE),
    ("chat.search", "text", limit::SEARCH),
    ("chat.send", "text", limit::MESSAGE),
    ("contact.add", "name", limit::PERSON_NAME),
    ("contact.edit", "name", limit::PERSON_NAME),
    ("contact.edit", "note", limit::PERSON_NOTE),
    ("contact.import", "name", limit::FILE_NAME),
    ("credit.grant", "note", limit::CREDIT_NOTE),
    ("instance.add", "name", limit::NUMBER_NAME),
    ("quick_reply.add", "text", limit::QUICK_REPLY_TEXT),
    ("quick_reply.edit", "text", limit::QUICK_REPLY_TEXT),
    ("segment.add", "name", limit::SEGMENT_NAME),
    ("tenant.add", "name", limit::TENANT_NAME),
];

/// How long a field of a call may be; `None`: it has no line of its own.
fn limit_of(method: &str, field: &str) -> Option<Limit> {
    let of_call = FIELDS_OF_CALLS.iter().find(|(call, name, _)| *call == method && *name == field);
    let of_call = of_call.map(|(_, _, limit)| *limit);
    of_call.or_else(|| FIELDS.iter().find(|(name, _)| *name == field).map(|(_, limit)| *limit))
}

/// Refuses a call with a text in it that is too long.
///
/// # Errors
/// `invalid`, with the field, its length and the limit.
pub fn check(method: &str, params: &Value) -> Result<(), CallError> {
    let Value::Object(fields) = params else { return Ok(()) };
    let looked_at = fields.iter().try_for_each(|(field, value)| {
        limit::COLUMN.check_as("the name of a field", field)?;
        match limit_of_setting(method, field, fields).or_else(|| limit_of(method, field)) {
            Some(limit) => within(value, limit.what, limit),
            None => within(value, &format!("the field {field}"), limit::OTHER),
        }
    });
    looked_at.map_err(|too_long| CallError::invalid(too_long.to_string()))
}

/// How long the value of a setting may be depends on which it is.
fn limit_of_setting(method: &str, field: &str, fields: &Map<String, Value>) -> Option<Limit> {
    if (method, field) != ("settings.set", "value") {
        return None;
    }
    let key = fields.get("key").and_then(Value::as_str);
    Some(key.and_then(|key| key.parse::<SettingKey>().ok()).map_or(limit::SETTING, SettingKey::limit))
}

/// Every text in a value, those in lists and objects too. A line that was read as JSON is no deeper than its reader allows.
fn within(value: &Value, what: &str, limit: Limit) -> Result<(), TooLong> {
    match value {
        Value::String(text) => limit.check_as(what, text),
        Value::Array(items) => items.iter().try_for_each(|item| within(item, what, limit)),
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            limit::COLUMN.check(name)?;
            within(value, what, limit)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::error::Code;
    use crate::protocol::{METHODS, Request};

    fn refusal(method: &str, params: &Value) -> Option<String> {
        let refused = Request::read(method, params.clone()).err()?;
        assert_eq!(refused.data.map(|data| data.code), Some(Code::Invalid), "{method}");
        Some(refused.message)
    }

    /// The fields that have a line, and some that have none.
    fn fields() -> impl Iterator<Item = &'static str> {
        let named = FIELDS.iter().map(|(name, _)| *name);
        named.chain(FIELDS_OF_CALLS.iter().map(|(_, name, _)| *name)).chain(["reason", "user", "id", "a_new_field"])
    }

    #[test]
    fn every_text_of_every_call_has_an_end() {
        for method in METHODS {
            for field in fields() {
                let limit = limit_of(method.name, field).unwrap_or(limit::OTHER);
                let long = "ü".repeat(limit.chars + 1);
                for value in [json!(long), json!([long]), json!({"column": long}), json!([{"a": ["b", long]}])] {
                    let told = refusal(method.name, &json!({ field: value })).unwrap();
                    assert!(told.contains("characters; at most"), "{} {field}: {told}", method.name);
                }
                let told = refusal(method.name, &json!({ field: "ü".repeat(limit.chars) })).unwrap_or_default();
                assert!(!told.contains("characters; at most"), "{} {field}: {told}", method.name);
            }
            let told = refusal(method.name, &json!({ "x".repeat(900_000): 1 })).unwrap();
            assert!(told.len() < 200, "{told}");
        }
        let told = refusal("contact.edit", &json!({"contact": "a", "fields": {"x".repeat(501): "b"}})).unwrap();
        assert_eq!(told, "the column's name has 501 characters; at most 500 are possible");
    }

    #[test]
    fn a_setting_may_be_as_long_as_its_key_says() {
        for key in SettingKey::ALL {
            let limit = key.limit();
            let set = |chars| json!({"key": key.word(), "value": "x".repeat(chars)});
            let told = refusal("settings.set", &set(limit.chars + 1)).unwrap();
            assert!(told.starts_with(limit.what) && told.contains("characters; at most"), "{key}: {told}");
            assert_eq!(refusal("settings.set", &set(limit.chars)), None, "{key}");
        }
    }

    #[test]
    fn no_line_of_the_table_is_without_a_call() {
        for (method, _, _) in FIELDS_OF_CALLS {
            assert!(METHODS.iter().any(|known| known.name == *method), "{method}");
        }
    }

    #[test]
    fn a_method_that_is_not_there_is_told_in_short() {
        let told = refusal(&"x".repeat(900_000), &json!({})).unwrap();
        assert!(told.len() < 200, "{told}");
    }
}
