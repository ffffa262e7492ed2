//! What the server says about itself.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::Engine;
use super::refusal;
use super::state::Inner;
use crate::clock;
use crate::http::Reply;

/// `/api/server/version`, and the `environment` of envelopes.
pub(crate) fn version(inner: &Inner) -> Value {
    let browser = match inner.options.engine {
        Engine::Webjs => Some("/usr/bin/google-chrome"),
        _ => None,
    };
    json!({
        "version": inner.options.version, "engine": inner.options.engine.as_str(), "tier": "CORE", "browser": browser,
        "platform": "linux/x64", "worker": {"id": null},
    })
}

pub(crate) fn ping() -> Reply {
    Reply::json(200, &json!({"message": "pong"}))
}

pub(crate) fn status(inner: &Inner) -> Reply {
    let started_ms = inner.started_ms.load(Ordering::Acquire);
    let uptime = clock::now_ms() - started_ms;
    Reply::json(200, &json!({"startTimestamp": started_ms, "uptime": uptime, "worker": {"id": ""}}))
}

pub(crate) fn health(inner: &Inner) -> Reply {
    if !inner.features.plus {
        return refusal::plus_only(inner);
    }
    Reply::json(200, &json!({"status": "ok", "info": {}, "error": {}, "details": {}}))
}
