//! The part of OpenAPI that `responseSchema` understands, and a value that fits one.

use serde_json::{Map, Value};

use super::check::{field, known};
use super::refusal::Refusal;

const SCHEMA: &[&str] = &[
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "items",
    "minItems",
    "maxItems",
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "example",
    "anyOf",
    "propertyOrdering",
    "default",
];
const TYPES: &[&str] = &["STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"];

/// Refuses whatever the real API can't read.
pub(crate) fn check(schema: &Value, place: &str) -> Result<(), Refusal> {
    known(schema, SCHEMA, place)?;
    let kind = kind(schema);
    if !schema["type"].is_null() && !TYPES.contains(&kind.as_str()) {
        return Err(Refusal::invalid_value(
            &format!("{place}.type"),
            &schema["type"],
            "type.googleapis.com/google.ai.generativelanguage.v1beta.Type",
        ));
    }
    if kind == "OBJECT" && schema["properties"].as_object().is_none_or(Map::is_empty) {
        return Err(Refusal::invalid(format!(
            "* GenerateContentRequest.{place}.properties: should be non-empty for OBJECT type\n"
        )));
    }
    if kind == "ARRAY" && schema["items"].is_null() {
        return Err(Refusal::invalid(format!("* GenerateContentRequest.{place}.items: missing field.\n")));
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        check(inner, &format!("{place}.properties[{name}]"))?;
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        let name = required.as_str().unwrap_or_default();
        if schema["properties"].get(name).is_none() {
            return Err(Refusal::invalid(format!(
                "* GenerateContentRequest.{place}.required: property is not defined: {name}\n"
            )));
        }
    }
    if !schema["items"].is_null() {
        check(&schema["items"], &format!("{place}.items"))?;
    }
    for (n, inner) in field(schema, "anyOf").as_array().into_iter().flatten().enumerate() {
        check(inner, &format!("{place}.any_of[{n}]"))?;
    }
    Ok(())
}

/// Some value of this schema, for properties the sandbox has no opinion about.
pub(crate) fn filler(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match kind(schema).as_str() {
        "STRING" => "".into(),
        "NUMBER" | "INTEGER" => 0.into(),
        "BOOLEAN" => false.into(),
        "ARRAY" => Value::Array(Vec::new()),
        "OBJECT" => Value::Object(Map::new()),
        _ => Value::Null,
    }
}

fn kind(schema: &Value) -> String {
    schema["type"].as_str().unwrap_or_default().to_uppercase()
}
