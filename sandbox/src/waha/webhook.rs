//! Webhooks: who listens, how they are signed, and how stubbornly they are posted again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use serde::Serialize;
use serde_json::Value;
use sha2::Sha512;

use super::state::Inner;
use super::{Engine, info};
use crate::clock;
use crate::faults::WebhookFault;
use crate::log::Delivery;

/// Every event a webhook may ask for.
const EVENTS: &[&str] = &[
    "session.status",
    "message",
    "message.any",
    "message.reaction",
    "message.ack",
    "message.ack.group",
    "message.waiting",
    "message.revoked",
    "message.edited",
    "state.change",
    "group.join",
    "group.leave",
    "group.v2.join",
    "group.v2.leave",
    "group.v2.update",
    "group.v2.participants",
    "presence.update",
    "poll.vote",
    "poll.vote.failed",
    "chat.archive",
    "call.received",
    "call.accepted",
    "call.rejected",
    "label.upsert",
    "label.deleted",
    "label.chat.added",
    "label.chat.deleted",
    "event.response",
    "event.response.failed",
    "engine.event",
];

/// How a raw delivery is signed.
#[derive(Clone, Debug, PartialEq)]
pub enum Signed {
    /// With the key of the webhook.
    Properly,
    /// With another key.
    With(String),
    /// The header says this, whatever it is.
    Verbatim(String),
    /// No signature at all.
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Policy {
    Constant,
    Linear,
    Exponential,
}

/// One entry of `config.webhooks`.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    url: Url,
    events: Vec<String>,
    key: Option<String>,
    policy: Policy,
    delay_seconds: f64,
    attempts: u32,
    headers: HeaderMap,
}

/// Who hears of an event, and what every envelope says about the session.
#[derive(Clone)]
pub(crate) struct Audience {
    pub(crate) session: String,
    pub(crate) hooks: Arc<[Webhook]>,
    pub(crate) me: Option<Value>,
    pub(crate) metadata: Option<Value>,
    /// Retries end when this number changes; `None` outlives the session.
    pub(crate) stops: Option<(Arc<AtomicU64>, u64)>,
}

/// One POST, ready to be repeated byte for byte.
pub(crate) struct Post {
    hook: Webhook,
    session: String,
    event: String,
    envelope_id: String,
    pub(crate) message_id: Option<String>,
    headers: HeaderMap,
    body: Bytes,
    stops: Option<(Arc<AtomicU64>, u64)>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    id: &'a str,
    timestamp: i64,
    event: &'a str,
    session: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a Value>,
    me: Option<&'a Value>,
    payload: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<&'a str>,
    environment: &'a Value,
}

impl Webhook {
    fn wants(&self, event: &str) -> bool {
        let all = !matches!(event, "state.change" | "engine.event");
        self.events.iter().any(|wanted| wanted == event || (all && wanted == "*"))
    }

    fn parse(given: &Value) -> Result<Webhook, String> {
        let url = given["url"].as_str().and_then(|url| Url::parse(url).ok());
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https")).ok_or("url must be a URL address")?;
        let events = given["events"].as_array().cloned().unwrap_or_default();
        let events: Vec<String> = events.iter().filter_map(|event| event.as_str().map(str::to_owned)).collect();
        if events.iter().any(|event| event != "*" && !EVENTS.contains(&event.as_str())) {
            return Err(format!("each value in events must be one of the following values: {}", EVENTS.join(", ")));
        }
        let retries = &given["retries"];
        let mut headers = HeaderMap::new();
        for header in given["customHeaders"].as_array().into_iter().flatten() {
            let name = header["name"].as_str().and_then(|name| HeaderName::try_from(name).ok());
            let value = header["value"].as_str().and_then(|value| HeaderValue::from_str(value).ok());
            if let Some((name, value)) = name.zip(value) {
                headers.insert(name, value);
            }
        }
        Ok(Webhook {
            url,
            events,
            key: given["hmac"]["key"].as_str().map(str::to_owned),
            policy: match retries["policy"].as_str() {
                Some("linear") => Policy::Linear,
                Some("exponential") => Policy::Exponential,
                _ => Policy::Constant,
            },
            delay_seconds: retries["delaySeconds"].as_f64().unwrap_or(2.0),
            attempts: retries["attempts"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(15),
            headers,
        })
    }

    /// The pause before the nth retry.
    fn pause(&self, retry: u32, second: Duration, jitter: f64) -> Duration {
        let seconds = match self.policy {
            Policy::Constant => self.delay_seconds,
            Policy::Linear => self.delay_seconds * f64::from(retry),
            Policy::Exponential => self.delay_seconds * 2_f64.powi(retry.min(20) as i32) * (1.0 + 0.2 * jitter),
        };
        second.mul_f64(seconds.clamp(0.0, 86_400.0))
    }

    /// The sandbox never leaves the machine, whatever a config says.
    fn is_local(&self) -> bool {
        let host = self.url.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

/// Reads `config.webhooks` and adds the global ones; the error is the list that Nest puts into `message`.
pub(crate) fn parse(config: Option<&Value>, global: &[Value]) -> Result<Arc<[Webhook]>, Vec<String>> {
    let given = config.and_then(|config| config["webhooks"].as_array());
    let mut hooks = Vec::new();
    let mut errors = Vec::new();
    for (n, hook) in given.into_iter().flatten().chain(global).enumerate() {
        match Webhook::parse(hook) {
            Ok(hook) => hooks.push(hook),
            Err(error) => errors.push(format!("config.webhooks.{n}.{error}")),
        }
    }
    if errors.is_empty() { Ok(hooks.into()) } else { Err(errors) }
}

/// `hex(HMAC-SHA512(key, body))`.
pub(crate) fn signature(key: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

impl Inner {
    pub(crate) fn envelope_id(&self) -> String {
        format!("evt_{}", self.seed.ulid(clock::now_ms()))
    }

    /// Tells everybody who asked for this event. Returns at once; each POST is a task of its own.
    pub(crate) fn publish(
        self: &Arc<Self>,
        audience: &Audience,
        event: &str,
        envelope_id: &str,
        message_id: Option<&str>,
        payload: &Value,
    ) {
        if !audience.hooks.iter().any(|hook| hook.wants(event)) {
            return;
        }
        let timestamp = clock::now_ms();
        let environment = info::version(self);
        let envelope = Envelope {
            id: envelope_id,
            timestamp,
            event,
            session: &audience.session,
            metadata: audience.metadata.as_ref(),
            me: audience.me.as_ref(),
            payload,
            engine: (self.options.engine != Engine::Gows).then(|| self.options.engine.as_str()),
            environment: &environment,
        };
        let body = Bytes::from(serde_json::to_vec(&envelope).expect("strings and JSON values always serialise"));
        for hook in audience.hooks.iter().filter(|hook| hook.wants(event)) {
            let post = Arc::new(Post {
                headers: headers(hook, &body, timestamp, &self.seed.hex(16).to_lowercase(), &Signed::Properly),
                hook: hook.clone(),
                session: audience.session.clone(),
                event: event.to_owned(),
                envelope_id: envelope_id.to_owned(),
                message_id: message_id.map(str::to_owned),
                body: body.clone(),
                stops: audience.stops.clone(),
            });
            if self.log.keeps_everything() {
                self.posted.lock().unwrap_or_else(PoisonError::into_inner).push(post.clone());
            }
            self.dispatch(post);
        }
    }

    /// Sends a post on its way, through whatever is planned to go wrong.
    fn dispatch(self: &Arc<Self>, post: Arc<Post>) {
        let fault = self.webhook_faults.take(&post.event);
        let pause = match fault {
            Some(WebhookFault::Drop) => return,
            Some(WebhookFault::Delay(pause)) => pause,
            Some(WebhookFault::Shuffle(most)) => most.mul_f64(self.seed.fraction()),
            Some(WebhookFault::Duplicate) | None => Duration::ZERO,
        };
        if fault == Some(WebhookFault::Duplicate) {
            self.deliver(post.clone(), Duration::ZERO);
        }
        self.deliver(post, pause);
    }

    /// Posts until somebody says 2xx or the policy gives up.
    pub(crate) fn deliver(self: &Arc<Self>, post: Arc<Post>, pause: Duration) {
        let inner = self.clone();
        let place = self.log.delivery(|| Delivery {
            session: post.session.clone(),
            event: post.event.clone(),
            envelope_id: post.envelope_id.clone(),
            message_id: post.message_id.clone(),
            url: post.hook.url.to_string(),
            body: post.body.clone(),
            tries: Vec::new(),
            acknowledged: false,
            acknowledged_at_ms: None,
            finished: false,
        });
        tokio::spawn(async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            for retry in 1..=post.hook.attempts + 1 {
                let (status, retry_after) = inner.post(&post.hook, &post.headers, &post.body).await;
                inner.log.tried(place, status);
                inner.changes.tell();
                if status.is_some_and(|status| (200..300).contains(&status)) {
                    return;
                }
                if retry > post.hook.attempts {
                    break;
                }
                let second = inner.options.pace.retry_second;
                let wait = post.hook.pause(retry, second, inner.seed.fraction());
                tokio::time::sleep(wait.max(second.mul_f64(retry_after.unwrap_or(0.0)))).await;
                if post.stops.as_ref().is_some_and(|(now, mine)| now.load(Ordering::Acquire) != *mine) {
                    break;
                }
            }
            inner.log.abandoned(place);
            inner.changes.tell();
        });
    }

    /// One try: the status, and the seconds of a `Retry-After`.
    async fn post(&self, hook: &Webhook, headers: &HeaderMap, body: &Bytes) -> (Option<u16>, Option<f64>) {
        if !hook.is_local() {
            return (None, None);
        }
        let request = self.client.post(hook.url.clone()).headers(headers.clone()).body(body.clone());
        let Ok(response) = request.send().await else {
            return (None, None);
        };
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        // Read to the end, or the connection can't be used again.
        let _ = response.bytes().await;
        (Some(status), retry_after)
    }

    /// Posts these bytes once to every webhook of the session and says what each answered.
    pub(crate) async fn post_raw(&self, hooks: &[Webhook], body: &Bytes, signed: &Signed) -> Vec<Option<u16>> {
        let mut answers = Vec::new();
        for hook in hooks {
            let headers = headers(hook, body, clock::now_ms(), &self.seed.hex(16).to_lowercase(), signed);
            answers.push(self.post(hook, &headers, body).await.0);
        }
        answers
    }
}

fn headers(hook: &Webhook, body: &[u8], timestamp: i64, request_id: &str, signed: &Signed) -> HeaderMap {
    let mut headers = hook.headers.clone();
    headers.insert("accept", HeaderValue::from_static("application/json, text/plain, */*"));
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("accept-encoding", HeaderValue::from_static("gzip, compress, deflate, br"));
    headers.insert("x-webhook-timestamp", HeaderValue::from(timestamp));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-webhook-request-id", id);
    }
    let signature = match signed {
        Signed::Properly => hook.key.as_ref().map(|key| signature(key, body)),
        Signed::With(key) => Some(signature(key, body)),
        Signed::Verbatim(text) => Some(text.clone()),
        Signed::Not => None,
    };
    if let Some(signature) = signature.and_then(|text| HeaderValue::from_str(&text).ok()) {
        headers.insert("x-webhook-hmac", signature);
        headers.insert("x-webhook-hmac-algorithm", HeaderValue::from_static("sha512"));
    }
    headers
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_signature_is_the_documented_one() {
        let body = br#"{"event":"message","session":"default","engine":"WEBJS"}"#;
        let wanted = "208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8097c462b2b17a6ce93b6b47a136cf2e78a33a63f6752c2c1631777076153fa89";
        assert_eq!(signature("my-secret-key", body), wanted);
    }

    #[test]
    fn the_star_leaves_two_events_out() {
        let hook = Webhook::parse(&json!({"url": "http://127.0.0.1:1/", "events": ["*"]})).unwrap();
        assert!(hook.wants("message") && !hook.wants("engine.event") && !hook.wants("state.change"));
        let none = Webhook::parse(&json!({"url": "http://127.0.0.1:1/", "events": []})).unwrap();
        assert!(!none.wants("message"));
    }

    #[test]
    fn bad_webhooks_are_named_one_by_one() {
        let config = json!({"webhooks": [{"url": "nonsense", "events": ["*"]}, {"url": "http://127.0.0.1:1/", "events": ["nothing"]}]});
        let errors = parse(Some(&config), &[]).unwrap_err();
        assert!(
            errors[0].starts_with("config.webhooks.0.url")
                && errors[1].starts_with("config.webhooks.1.each value in events")
        );
    }

    #[test]
    fn pauses_follow_the_policy() {
        let pause = |policy: &str, retry| {
            let hook =
                json!({"url": "http://127.0.0.1:1/", "retries": {"policy": policy, "delaySeconds": 2, "attempts": 3}});
            Webhook::parse(&hook).unwrap().pause(retry, Duration::from_secs(1), 0.0).as_secs()
        };
        assert_eq!((pause("constant", 3), pause("linear", 3), pause("exponential", 3)), (2, 6, 16));
    }

    #[test]
    fn only_this_machine_is_posted_to() {
        let local = |url: &str| Webhook::parse(&json!({"url": url})).unwrap().is_local();
        assert!(local("http://127.0.0.1:8480/x") && local("http://localhost/x") && local("http://[::1]:9/"));
        assert!(!local("http://192.0.2.1/x") && !local("http://shop.example/x"));
    }
}
