//! WAHA's error bodies. There are four shapes, and a client has to know them all.

use serde_json::{Value, json};

use super::Status;
use super::server::Call;
use super::state::Inner;
use crate::clock;
use crate::http::Reply;

/// Nest's standard shape.
pub(crate) fn nest(status: u16, message: impl Into<Value>) -> Reply {
    let error = match status {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        422 => "Unprocessable Entity",
        501 => "Not Implemented",
        _ => "Error",
    };
    Reply::json(status, &json!({"message": message.into(), "error": error, "statusCode": status}))
}

/// The one Nest shape without `error`.
pub(crate) fn unauthorized() -> Reply {
    Reply::json(401, &json!({"message": "Unauthorized", "statusCode": 401}))
}

/// The session exists, but is not where the call needs it.
pub(crate) fn not_ready(session: &str, status: Status, expected: Status) -> Reply {
    let body = json!({
        "error": "Session status is not as expected. Try again later or restart the session",
        "session": session, "status": status.as_str(), "expected": [expected.as_str()],
    });
    Reply::json(422, &body)
}

/// There is no such session.
pub(crate) fn ghost(session: &str) -> Reply {
    Reply::json(422, &json!({"error": format!("Session \"{session}\" does not exist"), "session": session}))
}

/// What old Core answers to features of Plus.
pub(crate) fn plus_only(inner: &Inner) -> Reply {
    let engine = inner.options.engine.as_str();
    let message = format!(
        "The feature is available only in Plus version for '{engine}' engine. Check this out: https://waha.devlike.pro/"
    );
    nest(422, message)
}

/// What old Core answers to any session but `default`.
pub(crate) fn default_only(session: &str) -> Reply {
    let message = format!(
        "WAHA Core support only 'default' session. You tried to access '{session}' session. If you want to run more \
         then one WhatsApp account - please get WAHA PLUS version. Check this out: https://waha.devlike.pro/"
    );
    nest(422, message)
}

/// Whatever went wrong in the engine. Echoes the request, as the real one does.
pub(crate) fn engine_error(call: &Call, name: &str, message: &str) -> Reply {
    let query: serde_json::Map<String, Value> =
        call.query.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let mut request = json!({"path": call.parts.uri.path(), "method": call.parts.method.as_str(), "query": query});
    if let Ok(body) = serde_json::from_slice::<Value>(&call.body) {
        request["body"] = body;
    }
    let body = json!({
        "statusCode": 500,
        "timestamp": clock::iso(clock::now_ms()),
        "exception": {"message": message, "name": name, "stack": format!("{name}: {message}\n    at sandbox")},
        "request": request,
        "version": super::info::version(&call.inner),
    });
    Reply::json(500, &body)
}
