//! JSON-RPC 2.0, one document a line: what a line is, before anybody asks what it means.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::error::Code;

/// The longest line, in bytes, that either side reads.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;

/// The line is not JSON.
pub const PARSE_ERROR: i64 = -32700;
/// The line is JSON and no request.
pub const INVALID_REQUEST: i64 = -32600;
/// No method has this name.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// The method does not take these parameters.
pub const INVALID_PARAMS: i64 = -32602;

/// The word `"2.0"` in every frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Version2;

impl Serialize for Version2 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("2.0")
    }
}

impl<'de> Deserialize<'de> for Version2 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if String::deserialize(deserializer)? == "2.0" {
            Ok(Self)
        } else {
            Err(serde::de::Error::custom("jsonrpc must be \"2.0\""))
        }
    }
}

/// What ties an answer to its request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FrameId {
    /// A whole number: what our client uses.
    Number(i64),
    /// A text.
    Text(String),
}

/// A request; without an id nobody waits for its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestFrame {
    /// `"2.0"`.
    pub jsonrpc: Version2,
    /// What ties the answer to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<FrameId>,
    /// The call's name.
    pub method: String,
    /// The call's parameters; absent and `null` read as `{}`.
    #[serde(default = "no_params", deserialize_with = "params")]
    pub params: Value,
}

impl RequestFrame {
    /// A request that wants an answer.
    #[must_use]
    pub fn new(id: i64, method: &str, params: Value) -> Self {
        Self { jsonrpc: Version2, id: Some(FrameId::Number(id)), method: method.to_owned(), params }
    }

    /// Reads a line.
    ///
    /// # Errors
    /// An answer that says what is wrong with it, with the request's id where one could be read.
    pub fn read(line: &str) -> Result<Self, ResponseFrame> {
        let value: Value = serde_json::from_str(line).map_err(|error| {
            ResponseFrame::refused(None, ErrorObject::plain(PARSE_ERROR, format!("this line is not JSON: {error}")))
        })?;
        if value.is_array() {
            let error = ErrorObject::plain(INVALID_REQUEST, "batches are not taken: one request a line");
            return Err(ResponseFrame::refused(None, error));
        }
        let id = value.get("id").and_then(|id| FrameId::deserialize(id).ok());
        let no_id = value.get("id").is_some_and(|id| !id.is_null()) && id.is_none();
        if no_id {
            let error = ErrorObject::plain(INVALID_REQUEST, "the id must be a whole number or a text");
            return Err(ResponseFrame::refused(None, error));
        }
        serde_json::from_value(value).map_err(|error| {
            ResponseFrame::refused(id, ErrorObject::plain(INVALID_REQUEST, format!("not a request: {error}")))
        })
    }
}

fn no_params() -> Value {
    Value::Object(serde_json::Map::new())
}

fn params<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => no_params(),
        value => value,
    })
}

/// What stands beside an error's number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorData {
    /// Why, for programs.
    pub code: Code,
    /// With `version_mismatch`: the protocol that the daemon speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u32>,
    /// With `version_mismatch`: the daemon's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

impl ErrorData {
    /// The code and nothing else.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self { code, protocol: None, version: None }
    }
}

/// An error on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorObject {
    /// JSON-RPC's number.
    pub code: i64,
    /// A sentence for people.
    pub message: String,
    /// What programs read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<ErrorData>,
}

impl ErrorObject {
    /// One of JSON-RPC's own errors: the request was wrong.
    #[must_use]
    pub fn plain(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: Some(ErrorData::new(Code::Invalid)) }
    }
}

/// An answer.
#[derive(Debug, Serialize)]
pub struct ResponseFrame {
    /// `"2.0"`.
    pub jsonrpc: Version2,
    /// The request's id; `null` where none could be read.
    pub id: Option<FrameId>,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of a request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The call's reply.
    Result(Box<RawValue>),
    /// The call was refused.
    Error(ErrorObject),
}

impl ResponseFrame {
    /// An answer with a reply.
    #[must_use]
    pub const fn done(id: Option<FrameId>, reply: Box<RawValue>) -> Self {
        Self { jsonrpc: Version2, id, outcome: Outcome::Result(reply) }
    }

    /// An answer that refuses.
    #[must_use]
    pub const fn refused(id: Option<FrameId>, error: ErrorObject) -> Self {
        Self { jsonrpc: Version2, id, outcome: Outcome::Error(error) }
    }
}

/// What the daemon sends without being asked.
#[derive(Debug, Serialize)]
pub struct NotificationFrame<P> {
    /// `"2.0"`.
    pub jsonrpc: Version2,
    /// `event` or `lagged`.
    pub method: &'static str,
    /// What it tells.
    pub params: P,
}

impl<P> NotificationFrame<P> {
    /// Something told without being asked.
    pub const fn new(method: &'static str, params: P) -> Self {
        Self { jsonrpc: Version2, method, params }
    }
}

/// A line from the daemon, as the client reads it.
#[derive(Debug, Deserialize)]
pub struct IncomingFrame {
    /// `"2.0"`.
    pub jsonrpc: Version2,
    /// Which request it answers; absent in notifications.
    #[serde(default)]
    pub id: Option<FrameId>,
    /// The call's reply.
    #[serde(default)]
    pub result: Option<Box<RawValue>>,
    /// Why the call was refused.
    #[serde(default)]
    pub error: Option<ErrorObject>,
    /// What a notification is.
    #[serde(default)]
    pub method: Option<String>,
    /// What a notification tells.
    #[serde(default)]
    pub params: Option<Box<RawValue>>,
}
