//! What belongs to the shop as a whole: numbers, credits, settings, quick replies, the daemon.

use mychatflow_data::protocol::error::Code;
use serde_json::{Value, json};

use crate::world::{ANA, world};

fn line<'l>(lines: &'l Value, key: &str) -> (&'l Value, &'l Value) {
    let found = lines["items"].as_array().unwrap().iter().find(|line| line["key"] == key).unwrap();
    (&found["value"], &found["source"])
}

#[tokio::test]
async fn a_number_tells_its_webhook_and_its_key_only_on_request() {
    let world = world().await;
    let shown = world.call("instance.show", json!({"name": "MAIN"})).await;
    let url = format!("http://{}/webhooks/waha/{}", world.daemon.webhook, world.number);
    assert_eq!((&shown["webhook_url"], &shown["session"]), (&json!(url), &json!("default")));
    assert_eq!(shown["status"], json!(null));
    let hidden = world.call("instance.webhook", json!({"name": "main"})).await;
    assert_eq!((&hidden["url"], &hidden["hmac_key"]), (&json!(url), &json!(null)));
    let told = world.call("instance.webhook", json!({"name": "main", "reveal": true})).await;
    assert_eq!(told["hmac_key"], "a key of a test");
    assert_eq!(world.call("instance.list", json!({})).await["items"][0]["name"], "Main");
    let (code, message) = world.refused("instance.show", json!({"name": "other"})).await;
    assert_eq!(code, Code::NotFound);
    assert!(message.contains("Main"), "{message}");
    assert_eq!(world.refused("instance.add", json!({"name": "second", "waha": "nowhere"})).await.0, Code::Invalid);
}

#[tokio::test]
async fn credits_are_shown_granted_and_audited() {
    let world = world().await;
    let shown = world.call("credit.show", json!({})).await;
    let fields = ["plan", "granted", "used", "reserved", "balance"].map(|field| shown[field].clone());
    assert_eq!(fields, [json!("starter"), json!(400), json!(0), json!(0), json!(400)]);
    let granted = world.call("credit.grant", json!({"amount": 50, "note": "a gift"})).await;
    assert_eq!((&granted["amount"], &granted["balance"]), (&json!(50), &json!(450)));
    assert_eq!(world.refused("credit.grant", json!({"amount": 0})).await.0, Code::Invalid);
    let ledger = world.call("credit.ledger", json!({"limit": 1})).await;
    assert_eq!((&ledger["items"][0]["id"], &ledger["items"][0]["note"]), (&granted["id"], &json!("a gift")));
    let older = world.call("credit.ledger", json!({"after": ledger["next"]})).await;
    assert_eq!((&older["items"][0]["amount"], &older["next"]), (&json!(400), &json!(null)));
    assert_eq!(world.call("credit.audit", json!({})).await, json!({"balance": 450, "derived": 450, "drift": 0}));
}

#[tokio::test]
async fn the_nearest_setting_holds_and_says_whose_it_is() {
    let world = world().await;
    world.says(ANA, "A1", "hello").await;
    let at_chat = json!({"chat": ANA});
    let shown = world.call("settings.show", at_chat.clone()).await;
    assert_eq!(line(&shown, "assistant.mode"), (&json!("auto"), &json!("config")));
    assert_eq!(line(&shown, "business.name"), (&json!("Corner Shop"), &json!("tenant")));
    assert_eq!(line(&shown, "business.profile"), (&json!(null), &json!("config")));

    let set = async |params| world.call("settings.set", params).await;
    set(json!({"key": "reply.mode", "value": "draft"})).await;
    set(json!({"key": "assistant.mode", "value": "countdown", "instance": "main"})).await;
    let off = set(json!({"key": "assistant.mode", "value": "off", "chat": ANA})).await;
    assert_eq!(off, json!({"key": "assistant.mode", "value": "off", "source": "chat"}));
    assert_eq!(world.call("chat.show", at_chat.clone()).await["chat"]["mode"], "off");
    let unset = set(json!({"key": "assistant.mode", "chat": ANA})).await;
    assert_eq!((&unset["value"], &unset["source"]), (&json!("countdown"), &json!("instance")));
    let tenants = world.call("settings.show", json!({})).await;
    assert_eq!(line(&tenants, "reply.mode"), (&json!("draft"), &json!("tenant")));

    let (code, message) = world.refused("settings.set", json!({"key": "assistant.mode", "value": "loud"})).await;
    assert_eq!(code, Code::Invalid);
    assert!(message.contains("countdown"), "{message}");
    assert_eq!(world.refused("settings.set", json!({"key": "no.such.key", "value": "1"})).await.0, Code::Invalid);
}

#[tokio::test]
async fn quick_replies_are_added_once() {
    let world = world().await;
    let added = world.call("quick_reply.add", json!({"label": "hours", "text": "8 to 18"})).await;
    assert_eq!(world.call("quick_reply.list", json!({})).await["items"], json!([added]));
    let again = json!({"label": "Hours", "text": "never"});
    assert_eq!(world.refused("quick_reply.add", again).await.0, Code::Conflict);
}

#[tokio::test]
async fn the_daemon_says_what_it_leans_on_and_counts() {
    let world = world().await;
    world.says(ANA, "A1", "hello").await;
    let shown = world.call("daemon.status", json!({})).await;
    assert_eq!((&shown["gemini"]["health"], &shown["store"]["health"]), (&json!("off"), &json!("ok")));
    assert_eq!(shown["pid"], json!(std::process::id()));
    assert!(shown["store"]["size_bytes"].as_i64().unwrap() + shown["store"]["wal_bytes"].as_i64().unwrap() > 0);
    let stats = world.call("stats", json!({})).await;
    assert_eq!((&stats["ingest"]["received"], &stats["ingest"]["accepted"]), (&json!(1), &json!(1)));
    assert_eq!(world.call("daemon.reload", json!({})).await["changed"], json!([]));
    let (code, message) = world.refused("ask", json!({"question": "open today?"})).await;
    assert_eq!(code, Code::Unavailable);
    assert!(message.contains("gemini.api_key"), "{message}");
    assert_eq!(world.call("daemon.stop", json!({})).await["pid"], json!(std::process::id()));
    assert!(world.daemon.cx.stop.is_cancelled());
}

#[tokio::test]
async fn opening_hours_are_understood_as_they_are_typed_or_refused_with_an_example() {
    let world = world().await;
    let set = json!({"key": "business.hours", "value": "Mar-Ven 9h-19h, Sam 9h-17h, fermé dimanche et lundi"});
    let line = world.call("settings.set", set).await;
    assert_eq!(line["value"], "Mar-Ven 9h-19h, Sam 9h-17h, fermé dimanche et lundi", "as it was typed");
    assert_eq!(line["read_as"], "Mon closed; Tue-Fri 09:00-19:00; Sat 09:00-17:00; Sun closed");
    let weekday = json!([[540, 1140]]);
    let typed = json!({
        "mon": [], "tue": weekday, "wed": weekday, "thu": weekday, "fri": weekday, "sat": [[540, 1020]], "sun": [],
    });
    assert_eq!(line["typed_hours"], typed);
    for text in ["whenever we like", "Mo-Fr ab 9", "closed on Sundays"] {
        let (code, message) = world.refused("settings.set", json!({"key": "business.hours", "value": text})).await;
        assert_eq!(code, Code::Invalid, "{text}");
        assert!(message.contains("Mon-Fri 08:00-12:00, 13:00-18:00"), "{message}");
    }
    let shown = world.call("settings.show", json!({})).await;
    let hours = shown["items"].as_array().unwrap().iter().find(|line| line["key"] == "business.hours").unwrap();
    assert_eq!(
        (&hours["typed_hours"], hours.get("warning")),
        (&typed, None),
        "the last ones that were understood hold"
    );
}
