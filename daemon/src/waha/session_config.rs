//! The config that a session shall have, and how it is put into one that somebody else writes too.
//!
//! Plain functions over JSON. Foreign webhooks and keys stay as they are; what differs is told without keys.

use std::collections::BTreeSet;
use std::fmt;

use mychatflow_data::protocol::calls::instance::Drift;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

/// The events that we ask for. `message` is not among them: `message.any` tells the same and our own ones too, and WAHA
/// 2026.4 gives both the same envelope id.
pub const EVENTS: [&str; 10] = [
    "message.any",
    "message.ack",
    "message.reaction",
    "message.edited",
    "message.revoked",
    "message.waiting",
    "session.status",
    "presence.update",
    "call.received",
    // What was chosen in a poll is encrypted in the message that carries the vote.
    "poll.vote",
];

/// How often WAHA tries a delivery again: with the exponential policy (2ⁿ times [`RETRY_DELAY_S`]) for most of a day.
pub const RETRY_ATTEMPTS: u32 = 15;

/// The first pause before a delivery is tried again, in seconds.
pub const RETRY_DELAY_S: u32 = 2;

/// The word for what is not there.
const NONE: &str = "none";

/// The path of our webhook in front of the instance's id.
pub const WEBHOOK_PATH: &str = "/webhooks/waha/";

/// Are messages of groups wanted?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Groups {
    /// WAHA shall keep them to itself.
    Ignored,
    /// We store them.
    Wanted,
}

/// The config that a session shall have.
#[derive(Clone, PartialEq)]
pub struct Desired {
    instance: String,
    webhook: Value,
    ignore: Vec<(&'static str, bool)>,
    noweb_store: bool,
}

impl fmt::Debug for Desired {
    // Without the webhook: its key stands in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desired").field("instance", &self.instance).finish_non_exhaustive()
    }
}

/// What has to be done to a session's config.
#[derive(Clone, PartialEq)]
pub enum Merge {
    /// Nothing.
    Same,
    /// It has to become this.
    Changed {
        /// The whole config, foreign parts included.
        config: Value,
        /// What differs, without keys.
        differences: Vec<Drift>,
    },
}

impl fmt::Debug for Merge {
    // Without the config: keys stand in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => f.write_str("Same"),
            Self::Changed { differences, .. } => f.debug_tuple("Changed").field(differences).finish(),
        }
    }
}

/// What we want of a session. The instance's id is the last part of the webhook's address.
#[must_use]
pub fn desired(webhook_url: &str, hmac_key: &SecretString, engine: Option<&str>, groups: Groups) -> Desired {
    Desired {
        instance: path_of(webhook_url).rsplit('/').next().unwrap_or_default().to_owned(),
        webhook: json!({
            "url": webhook_url,
            "events": EVENTS,
            "hmac": {"key": hmac_key.expose_secret()},
            "retries": {"policy": "exponential", "delaySeconds": RETRY_DELAY_S, "attempts": RETRY_ATTEMPTS},
        }),
        ignore: vec![("status", true), ("channels", true), ("broadcast", true), ("groups", groups == Groups::Ignored)],
        noweb_store: engine == Some("NOWEB"),
    }
}

/// Puts what we want into what is there. `None` and anything that is no object is an empty config.
#[must_use]
pub fn merge(existing: Option<&Value>, desired: &Desired) -> Merge {
    let mut config = existing.and_then(Value::as_object).cloned().unwrap_or_default();
    let mut differences = Vec::new();
    merge_webhook(&mut config, desired, &mut differences);
    for (name, wanted) in &desired.ignore {
        // Absent and null are false to WAHA, so a false need not be written.
        if config.get("ignore").and_then(|ignore| ignore.get(name)).and_then(Value::as_bool).unwrap_or(false) != *wanted
        {
            differences.push(drift(format!("ignore.{name}"), wanted, !wanted));
            object(&mut config, "ignore").insert((*name).to_owned(), Value::Bool(*wanted));
        }
    }
    if desired.noweb_store {
        let store = config.get("noweb").and_then(|noweb| noweb.get("store"));
        let enabled = store.and_then(|store| store.get("enabled"));
        if enabled != Some(&Value::Bool(true)) {
            differences.push(drift("noweb.store.enabled", true, json_word(enabled)));
            object(object(&mut config, "noweb"), "store").insert("enabled".to_owned(), Value::Bool(true));
        }
    }
    if differences.is_empty() { Merge::Same } else { Merge::Changed { config: Value::Object(config), differences } }
}

/// Where a session's config posts what concerns an instance; `None` when it has no webhook of ours.
#[must_use]
pub fn webhook_of(config: &Value, instance: &str) -> Option<String> {
    let ours = config.get("webhooks")?.as_array()?.iter().find(|webhook| is_ours(webhook, instance))?;
    ours.get("url").and_then(Value::as_str).map(str::to_owned)
}

/// Takes our webhook away and leaves everything else; [`Merge::Same`] when it is not there.
#[must_use]
pub fn without(existing: Option<&Value>, instance: &str) -> Merge {
    let mut config = existing.and_then(Value::as_object).cloned().unwrap_or_default();
    let Some(Value::Array(webhooks)) = config.get_mut("webhooks") else { return Merge::Same };
    let before = webhooks.len();
    webhooks.retain(|webhook| !is_ours(webhook, instance));
    if webhooks.len() == before {
        return Merge::Same;
    }
    Merge::Changed { config: Value::Object(config), differences: vec![drift("webhook", NONE, "ours")] }
}

fn merge_webhook(config: &mut Map<String, Value>, desired: &Desired, differences: &mut Vec<Drift>) {
    let webhooks = match config.entry("webhooks").or_insert_with(|| json!([])) {
        Value::Array(webhooks) => webhooks,
        other => {
            *other = json!([]);
            other.as_array_mut().expect("it was made an array above")
        }
    };
    let Some(first) = webhooks.iter().position(|webhook| is_ours(webhook, &desired.instance)) else {
        let url = desired.webhook.get("url").and_then(Value::as_str).unwrap_or_default();
        differences.push(drift("webhook", url, NONE));
        webhooks.push(desired.webhook.clone());
        return;
    };
    let ours = &mut webhooks[first];
    for (name, wanted) in desired.webhook.as_object().into_iter().flatten() {
        let found = ours.get(name).unwrap_or(&Value::Null);
        if let Some(difference) = difference(name, found, wanted) {
            differences.push(difference);
            ours[name.as_str()] = wanted.clone();
        }
    }
    let before = webhooks.len();
    let mut at = 0;
    webhooks.retain(|webhook| {
        at += 1;
        at - 1 == first || !is_ours(webhook, &desired.instance)
    });
    if webhooks.len() != before {
        differences.push(drift("webhook", "there once", format!("there {} times", 1 + before - webhooks.len())));
    }
}

/// How one field of our webhook differs, without keys.
fn difference(name: &str, found: &Value, wanted: &Value) -> Option<Drift> {
    match name {
        "url" => (found != wanted).then(|| drift("webhook.url", text(wanted), text(found))),
        "events" => {
            let names = |value: &Value| {
                let names = value.as_array().into_iter().flatten().filter_map(Value::as_str);
                names.map(str::to_owned).collect::<Vec<_>>()
            };
            let told = |names: &[String]| if names.is_empty() { NONE.to_owned() } else { names.join(", ") };
            let (found, wanted) = (names(found), names(wanted));
            let sorted = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
            (sorted(&found) != sorted(&wanted)).then(|| drift("webhook.events", told(&wanted), told(&found)))
        }
        "hmac" => {
            let key = |value: &Value| value.get("key").and_then(Value::as_str).map(str::to_owned);
            let (found, wanted) = (key(found), key(wanted));
            let told = if found.is_some() { "another" } else { NONE };
            (found != wanted).then(|| drift("webhook.hmac.key", "ours", told))
        }
        _ => {
            let differs = wanted.as_object().into_iter().flatten().any(|(name, wanted)| {
                let found = found.get(name).unwrap_or(&Value::Null);
                found != wanted && (found.as_f64().is_none() || found.as_f64() != wanted.as_f64())
            });
            differs.then(|| drift(format!("webhook.{name}"), json_word(Some(wanted)), json_word(Some(found))))
        }
    }
}

fn drift(what: impl Into<String>, wanted: impl fmt::Display, found: impl fmt::Display) -> Drift {
    Drift { what: what.into(), wanted: wanted.to_string(), found: found.to_string() }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or(NONE)
}

fn json_word(value: Option<&Value>) -> String {
    value.filter(|value| !value.is_null()).map_or_else(|| NONE.to_owned(), Value::to_string)
}

/// Ours is known by the end of its path, wherever the host: the daemon may have moved.
fn is_ours(webhook: &Value, instance: &str) -> bool {
    let Some(url) = webhook.get("url").and_then(Value::as_str) else { return false };
    path_of(url).rsplit_once(WEBHOOK_PATH).is_some_and(|(_, last)| last == instance)
}

fn path_of(url: &str) -> String {
    let path = match Url::parse(url) {
        Ok(url) => url.path().to_owned(),
        Err(_) => url.split(['?', '#']).next().unwrap_or_default().to_owned(),
    };
    path.trim_end_matches('/').to_owned()
}

/// The object of this name, made when it is none.
fn object<'a>(config: &'a mut Map<String, Value>, name: &str) -> &'a mut Map<String, Value> {
    let value = config.entry(name).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("it was made an object above")
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:8480/webhooks/waha/019a-1";

    fn wanted() -> Desired {
        desired(URL, &"HMAC-SECRET".into(), Some("NOWEB"), Groups::Wanted)
    }

    fn whole() -> Value {
        match merge(None, &wanted()) {
            Merge::Changed { config, .. } => config,
            Merge::Same => panic!("nothing was there"),
        }
    }

    #[test]
    fn a_config_from_nothing() {
        let expected = json!({
            "webhooks": [{
                "url": URL,
                "events": EVENTS,
                "hmac": {"key": "HMAC-SECRET"},
                "retries": {"policy": "exponential", "delaySeconds": 2, "attempts": 15},
            }],
            "ignore": {"status": true, "channels": true, "broadcast": true},
            "noweb": {"store": {"enabled": true}},
        });
        assert_eq!(whole(), expected);
        assert_eq!(merge(Some(&expected), &wanted()), Merge::Same);
        let gows = desired(URL, &"k".into(), Some("GOWS"), Groups::Ignored);
        let Merge::Changed { config, .. } = merge(None, &gows) else { panic!() };
        assert_eq!((config.get("noweb"), &config["ignore"]["groups"]), (None, &json!(true)));
    }

    #[test]
    fn what_differs_is_mended_and_the_rest_stays() {
        let mended = whole();
        for (pointer, value, difference) in [
            (
                "/webhooks/0/url",
                json!("https://old.example/webhooks/waha/019a-1"),
                "webhook.url is https://old.example/webhooks/waha/019a-1",
            ),
            (
                "/webhooks/0/events",
                json!(["message.any"]),
                "webhook.events is message.any, not message.any, message.ack",
            ),
            ("/webhooks/0/hmac", Value::Null, "webhook.hmac.key is none, not ours"),
            ("/webhooks/0/hmac/key", json!("other"), "webhook.hmac.key is another, not ours"),
            ("/webhooks/0/retries/policy", json!("constant"), "webhook.retries is {"),
            ("/webhooks/0/retries", Value::Null, "webhook.retries is none, not {"),
            ("/ignore/status", json!(false), "ignore.status is false, not true"),
            ("/noweb/store", Value::Null, "noweb.store.enabled is none, not true"),
            ("/webhooks", Value::Null, "webhook is none, not http"),
        ] {
            let mut broken = mended.clone();
            *broken.pointer_mut(pointer).unwrap() = value;
            let Merge::Changed { config, differences } = merge(Some(&broken), &wanted()) else { panic!("{pointer}") };
            assert_eq!(config, mended, "{pointer}");
            let [told] = differences.as_slice() else { panic!("{pointer}: {differences:?}") };
            assert!(told.to_string().starts_with(difference), "{told}");
        }
    }

    #[test]
    fn what_waha_adds_or_reorders_is_no_difference() {
        let mut config = whole();
        config["metadata"] = json!({"tenant": "t1"});
        config["noweb"]["markOnline"] = json!(true);
        config["noweb"]["store"]["fullSync"] = json!(false);
        config["ignore"]["groups"] = Value::Null;
        config["webhooks"][0]["customHeaders"] = json!([{"name": "x", "value": "y"}]);
        config["webhooks"][0]["retries"]["delaySeconds"] = json!(2.0);
        config["webhooks"][0]["events"].as_array_mut().unwrap().reverse();
        assert_eq!(merge(Some(&config), &wanted()), Merge::Same);
    }

    #[test]
    fn foreign_webhooks_stay_and_ours_stays_one() {
        let foreign = json!({"url": "https://crm.example/hook", "events": ["*"]});
        let another = json!({"url": "http://127.0.0.1:8480/webhooks/waha/019a-2", "events": ["*"]});
        let mut config = whole();
        let ours = config["webhooks"][0].clone();
        config["webhooks"] =
            json!([foreign, ours, another, {"url": format!("https://x.example{WEBHOOK_PATH}019a-1/?a=b")}]);
        let Merge::Changed { config, differences } = merge(Some(&config), &wanted()) else { panic!() };
        assert_eq!(config["webhooks"], json!([foreign, ours, another]));
        assert_eq!(differences, [drift("webhook", "there once", "there 2 times")]);
        let Merge::Changed { config, .. } = without(Some(&config), "019a-1") else { panic!() };
        assert_eq!(config["webhooks"], json!([foreign, another]));
        assert_eq!(without(Some(&config), "019a-1"), Merge::Same);
        assert_eq!(without(None, "019a-1"), Merge::Same);
    }

    #[test]
    fn no_key_in_debug() {
        assert!(!format!("{:?} {:?}", wanted(), merge(None, &wanted())).contains("HMAC-SECRET"));
    }
}
