//! Compares what the sandbox says with what real servers were seen to say: same fields, same types.
#![allow(clippy::unwrap_used, reason = "helpers of tests: a panic is the report")]

mod support;

use mychatflow_sandbox::faults::{Fault, When};
use mychatflow_sandbox::waha::{Ack, Acks, Content, Customer, Engine, Number, Operation, Options, Presence, Status};
use serde_json::{Value, json};
use support::{SOON, World};

/// Fields whose inside is WhatsApp's own affair, or that come and go with the moment.
const OPAQUE: &[&str] = &[
    // Keys and hashes of files.
    "imageMessage",
    "audioMessage",
    "documentMessage",
    // The old samples are of 2026.4.1, which had no data.
    "data",
    // The real ones quote what we do not keep.
    "quotedMsg",
];
/// May be absent on either side: absent, null and empty mean the same to a client.
const OPTIONAL: &[&str] = &["activity", "metadata", "config", "presence", "address", "participantAlt"];

fn ana() -> Customer {
    Customer::new("+44 7700 900001", "Ana")
}

/// Where the two differ; empty when they have one shape.
fn differences(real: &Value, ours: &Value, place: &str, out: &mut Vec<String>) {
    match (real, ours) {
        (Value::Object(real), Value::Object(ours)) => {
            for (name, value) in real {
                let place = format!("{place}.{name}");
                if OPAQUE.contains(&name.as_str()) {
                    continue;
                }
                match ours.get(name) {
                    None if OPTIONAL.contains(&name.as_str()) => {}
                    None => out.push(format!("{place} is missing")),
                    Some(_) if OPTIONAL.contains(&name.as_str()) => {}
                    Some(mine) => differences(value, mine, &place, out),
                }
            }
            for name in ours.keys().filter(|name| !real.contains_key(*name)) {
                if !OPAQUE.contains(&name.as_str()) && !OPTIONAL.contains(&name.as_str()) {
                    out.push(format!("{place}.{name} is ours alone"));
                }
            }
        }
        (Value::Array(real), Value::Array(ours)) => {
            if let Some((real, ours)) = real.first().zip(ours.first()) {
                differences(real, ours, &format!("{place}[0]"), out);
            }
        }
        _ if std::mem::discriminant(real) == std::mem::discriminant(ours) => {}
        _ => out.push(format!("{place}: {real} became {ours}")),
    }
}

fn same_shape(sample: &str, ours: &Value) {
    let path = format!("{}/tests/samples/{sample}.json", env!("CARGO_MANIFEST_DIR"));
    let real: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut out = Vec::new();
    differences(&real, ours, "", &mut out);
    assert!(out.is_empty(), "{sample}: {out:#?}\n{ours:#}");
}

async fn world(engine: Engine) -> World {
    World::working(Options { engine, acks: Acks::Off, ..Options::default() }).await
}

impl World {
    /// The newest event of a kind about a message.
    async fn told(&self, event: &str, id: &str) -> Value {
        let found = self.waha.wait_for(SOON, |waha| {
            let mut all = waha.deliveries().into_iter().rev();
            all.find(|delivery| delivery.event == event && delivery.message_id.as_deref() == Some(id))
        });
        serde_json::from_slice(&found.await.unwrap().body).unwrap()
    }
}

#[tokio::test]
async fn noweb_events_have_the_real_shape() {
    let world = world(Engine::Noweb).await;
    let (waha, s) = (&world.waha, "default");
    let text = waha.customer_says(s, &ana(), "Hi").await.unwrap();
    same_shape("noweb-message-text", &world.told("message", &text).await);
    let cleo = Customer::hidden("447700900003", "70000000000003", Number::Shown, "Cleo");
    let id = waha.customer_says(s, &cleo, "hidden").await.unwrap();
    same_shape("noweb-message-lid-dm", &world.told("message", &id).await);
    let id = waha.group_says(s, "120363000000000001", &ana(), "hello group").await.unwrap();
    same_shape("noweb-message-group-pn", &world.told("message", &id).await);
    let id = waha.status_broadcast(s, &ana(), "my story").await.unwrap();
    same_shape("noweb-status-broadcast-story", &world.told("message", &id).await);
    for (sample, content) in [
        ("noweb-message-image", Content::Image { caption: Some("how much?".into()) }),
        ("noweb-message-voice", Content::Voice),
        (
            "noweb-message-document",
            Content::Document { filename: "order 42.pdf".into(), caption: Some("my order".into()) },
        ),
        (
            "noweb-location",
            Content::Location {
                latitude: 52.52,
                longitude: 13.4,
                name: Some("Alexanderplatz".into()),
                address: Some("Berlin".into()),
            },
        ),
    ] {
        let id = waha.customer_sends(s, &ana(), content).await.unwrap();
        same_shape(sample, &world.told("message", &id).await);
    }
    let own = waha.api_sends(s, "447700900001", "Do you mean the blue one?").await.unwrap();
    same_shape("noweb-message-any-fromme-api", &world.told("message.any", &own).await);
    waha.ack(s, &own, Ack::Read).await.unwrap();
    same_shape("noweb-ack-read", &world.told("message.ack", &own).await);
    let id = waha.customer_replies(s, &ana(), "Yes", &own).await.unwrap();
    same_shape("noweb-message-quoted-reply", &world.told("message", &id).await);
    let id = waha.owner_types_on_phone(s, "447700900001", "typed").await.unwrap();
    same_shape("noweb-message-any-fromme-app", &world.told("message.any", &id).await);
    let id = waha.edit(s, &text, "Hi there").await.unwrap();
    same_shape("noweb-edited", &world.told("message.edited", &id).await);
    let id = waha.react(s, &ana(), &own, "👍").await.unwrap();
    same_shape("noweb-reaction", &world.told("message.reaction", &id).await);
    let id = waha.revoke(s, &text).await.unwrap();
    same_shape("noweb-revoked", &world.told("message.revoked", &id).await);
    waha.customer_types(s, &ana(), Presence::Typing).await.unwrap();
    same_shape("noweb-presence-typing", &world.endpoint.event("presence.update").await);
    waha.call(s, &ana()).await.unwrap();
    same_shape("noweb-call-received", &world.endpoint.event("call.received").await);
    let statuses = world.endpoint.events("session.status", 4).await;
    let working =
        statuses.iter().map(|hook| hook.json()).find(|event| event["payload"]["status"] == "WORKING").unwrap();
    same_shape("noweb-2026.7-session-status-working-with-data-null", &working);
}

#[tokio::test]
async fn gows_events_have_the_real_shape() {
    let world = world(Engine::Gows).await;
    let (waha, s) = (&world.waha, "default");
    let text = waha.customer_says(s, &ana(), "Hi").await.unwrap();
    same_shape("gows-message-text", &world.told("message", &text).await);
    let ben = Customer::hidden("447700900002", "70000000000002", Number::Shown, "Ben");
    let id = waha.group_says(s, "120363000000000001", &ben, "hello group").await.unwrap();
    same_shape("gows-message-group-lid", &world.told("message", &id).await);
    let own = waha.owner_types_on_phone(s, "447700900001", "typed").await.unwrap();
    same_shape("gows-message-any-fromme-app", &world.told("message.any", &own).await);
    waha.ack(s, &own, Ack::Read).await.unwrap();
    same_shape("gows-ack-read", &world.told("message.ack", &own).await);
    let id = waha.customer_replies(s, &ana(), "Yes", &own).await.unwrap();
    same_shape("gows-message-quoted-reply", &world.told("message", &id).await);
    let id = waha.react(s, &ana(), &own, "❤️").await.unwrap();
    same_shape("gows-reaction", &world.told("message.reaction", &id).await);
    let id = waha.revoke(s, &text).await.unwrap();
    same_shape("gows-revoked", &world.told("message.revoked", &id).await);
    waha.call(s, &ana()).await.unwrap();
    same_shape("gows-call-received", &world.endpoint.event("call.received").await);
}

#[tokio::test]
async fn webjs_events_have_the_real_shape() {
    let world = world(Engine::Webjs).await;
    let (waha, s) = (&world.waha, "default");
    let id = waha.customer_says(s, &ana(), "Hi").await.unwrap();
    same_shape("webjs-text", &world.told("message", &id).await);
    let id = waha.group_says(s, "120363000000000001", &ana(), "hello group").await.unwrap();
    same_shape("webjs-group", &world.told("message", &id).await);
    let id = waha.customer_sends(s, &ana(), Content::Image { caption: Some("how much?".into()) }).await.unwrap();
    same_shape("webjs-image", &world.told("message", &id).await);
    let own = waha.api_sends(s, "447700900001", "Blue?").await.unwrap();
    same_shape("webjs-fromme-api", &world.told("message.any", &own).await);
    let id = waha.customer_replies(s, &ana(), "Yes", &own).await.unwrap();
    same_shape("webjs-quoted", &world.told("message", &id).await);
    let id = waha.owner_types_on_phone(s, "447700900001", "typed").await.unwrap();
    same_shape("webjs-fromme-app", &world.told("message.any", &id).await);
    waha.ack(s, &own, Ack::Read).await.unwrap();
    same_shape("webjs-ack", &world.told("message.ack", &own).await);
}

#[tokio::test]
async fn answers_have_the_real_shape() {
    let world = World::start(Options { acks: Acks::Off, ..Options::default() }).await;
    let started = world.client.post("/api/sessions", world.session("default")).await.1;
    same_shape("http-session-start", &started);
    world.waha.wait_for_status("default", Status::ScanQrCode, SOON).await.unwrap();
    same_shape("http-session-scan-qr", &world.client.get("/api/sessions/default").await.1);
    world.waha.scan_qr("default").await.unwrap();
    let hello = json!({"session": "default", "chatId": "447700900001@c.us", "text": "Hello!"});
    same_shape("http-sendText-noweb", &world.client.post("/api/sendText", hello.clone()).await.1);
    let id = world.waha.customer_says("default", &ana(), "Hi").await.unwrap();
    let mut reply = hello.clone();
    reply["reply_to"] = json!(id);
    same_shape("http-sendText-noweb-reply", &world.client.post("/api/sendText", reply).await.1);
    let reaction = json!({"session": "default", "messageId": id, "reaction": "👍"});
    same_shape("http-reaction", &world.client.call("PUT", "/api/reaction", reaction).await.1);
    same_shape("http-chats", &world.client.get("/api/default/chats").await.1);
    world.waha.customer_says("default", &ana(), "Hi again").await.unwrap();
    same_shape("http-chats-overview", &world.client.get("/api/default/chats/overview").await.1);
    world.waha.faults().add(Operation::SendText, When::Next(1), Fault::EngineError("rate-overlimit".into()));
    same_shape("http-sendText-engine-error", &world.client.post("/api/sendText", hello.clone()).await.1);
    world.client.post("/api/sessions/default/stop", Value::Null).await;
    same_shape("http-session-stopped", &world.client.get("/api/sessions/default").await.1);

    let gows = self::world(Engine::Gows).await;
    same_shape("http-session-gows", &gows.client.get("/api/sessions/default").await.1);
    same_shape("http-sendText-gows", &gows.client.post("/api/sendText", hello).await.1);
}
