//! The models, and what each of them takes.

use serde_json::{Value, json};

/// What a model thinks about thinking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Model {
    pub(crate) name: &'static str,
    pub(crate) levels: &'static [&'static str],
    pub(crate) budget: Budget,
    pub(crate) last_turn: LastTurn,
    pub(crate) penalties: Penalties,
    /// The models of the `v1beta` aliases are missing on `v1`.
    pub(crate) alias: Alias,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Budget {
    /// Taken, within a range; -1 is "as you like".
    Range { least: i64, most: i64, zero: Zero },
    /// Taken for old clients' sake.
    Any,
    /// A documented 400.
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Zero {
    Allowed,
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LastTurn {
    UserOnly,
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Penalties {
    Allowed,
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Alias {
    No,
    BetaOnly,
}

const NONE: &[&str] = &[];
const ALL: &[&str] = &["MINIMAL", "LOW", "MEDIUM", "HIGH"];
const NO_MINIMAL: &[&str] = &["LOW", "MEDIUM", "HIGH"];
const EXTRA: &[&str] = &["LOW", "MEDIUM", "HIGH", "XHIGH"];

const fn old(name: &'static str, least: i64, most: i64, zero: Zero) -> Model {
    let budget = Budget::Range { least, most, zero };
    Model { name, levels: NONE, budget, last_turn: LastTurn::Any, penalties: Penalties::Allowed, alias: Alias::No }
}

const fn new(name: &'static str, levels: &'static [&'static str]) -> Model {
    Model {
        name,
        levels,
        budget: Budget::Any,
        last_turn: LastTurn::UserOnly,
        penalties: Penalties::Refused,
        alias: Alias::No,
    }
}

const fn fourth(name: &'static str) -> Model {
    Model { budget: Budget::Refused, ..new(name, EXTRA) }
}

const fn alias(name: &'static str, levels: &'static [&'static str]) -> Model {
    Model { alias: Alias::BetaOnly, ..new(name, levels) }
}

pub(crate) const MODELS: &[Model] = &[
    old("gemini-2.5-flash-lite", 512, 24_576, Zero::Allowed),
    old("gemini-2.5-flash", 1, 24_576, Zero::Allowed),
    old("gemini-2.5-pro", 128, 32_768, Zero::Refused),
    Model { last_turn: LastTurn::Any, penalties: Penalties::Allowed, ..new("gemini-3.1-flash-lite", ALL) },
    Model { last_turn: LastTurn::Any, ..new("gemini-3.1-pro-preview", NO_MINIMAL) },
    new("gemini-3.5-flash-lite", ALL),
    new("gemini-3.6-flash", ALL),
    new("gemini-3.7-flash", NO_MINIMAL),
    new("gemini-3.8-flash", NO_MINIMAL),
    fourth("gemini-4-argon"),
    fourth("gemini-4-hydrogen"),
    fourth("gemini-4-carbon"),
    fourth("gemini-4-neon"),
    alias("gemini-flash-lite-latest", ALL),
    alias("gemini-flash-latest", NO_MINIMAL),
];

/// The model of this name, if this version of the API has it.
pub(crate) fn find(name: &str, version: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.name == name && (model.alias == Alias::No || version != "v1"))
}

pub(crate) fn shape(model: &Model) -> Value {
    let version = model.name.split('-').nth(1).unwrap_or_default();
    json!({
        "name": format!("models/{}", model.name), "version": version, "displayName": model.name, "description": "",
        "inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens", "createCachedContent", "batchGenerateContent"],
        "temperature": 1, "topP": 0.95, "topK": 64, "maxTemperature": 2, "thinking": true,
    })
}
