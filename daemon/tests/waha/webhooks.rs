//! Real webhook bodies of WAHA, understood.

use std::fmt::Write as _;
use std::fs;

use crate::server::fixture;
use hyper::HeaderMap;
use hyper::header::HeaderName;
use mychatflow_daemon::http::signature::{SignatureError, sign, verify};
use mychatflow_daemon::waha::parse;
use mychatflow_data::model::delivery::{Delivery, DeliveryEvent, MessageEvent};
use mychatflow_data::phone::Address;
use proptest::prelude::*;
use serde_json::Value;

#[rustfmt::skip] // one sample, one line
const EXPECTED: &[(&str, &str)] = &[
    ("gows-2026.7-session-status-passkey-required", "GOWS default: status PASSKEY_REQUIRED data=true"),
    ("gows-ack-read", "GOWS default: ack 3EB000000000000000B1 mine=true READ"),
    ("gows-call-received", "GOWS default: call CALL2 Voice from 4915111111111@c.us @1795393917000"),
    ("gows-message-any-fromme-app", "GOWS default: message AC0000000000000000000000000000B5 in 4915111111111@c.us mine=true via=App kind=text ack=SERVER text=typed on the phone"),
    ("gows-message-group-lid", "GOWS default: message AC0000000000000000000000000000B3 in 120363000000000001@g.us mine=false kind=text by=70000000000002@lid alternate=4915222222222@c.us name=Ben ack=DEVICE text=hello group"),
    ("gows-message-quoted-reply", "GOWS default: message AC0000000000000000000000000000B2 in 4915111111111@c.us mine=false kind=text name=Ana reply_to=3EB000000000000000B1 ack=DEVICE text=Yes"),
    ("gows-message-text", "GOWS default: message AC0000000000000000000000000000B1 in 4915111111111@c.us mine=false kind=text name=Ana ack=DEVICE text=Hi, are you open today?"),
    ("gows-reaction", "GOWS default: reaction AC0000000000000000000000000000B6 mine=false \"❤\\u{fe0f}\" to 3EB000000000000000B1 @1795393912000"),
    ("gows-revoked", "GOWS default: revoked AC0000000000000000000000000000B1 @1795393913000"),
    ("gows-session-status-starting-after-disconnect", "GOWS default: status STARTING data=false"),
    ("gows-session-status-working-again", "GOWS default: status WORKING data=false"),
    ("noweb-2026.7-session-status-working-with-data-null", "NOWEB agent-a: status WORKING data=false"),
    ("noweb-ack-read", "NOWEB default: ack 3EB000000000000000B1 mine=true READ"),
    ("noweb-call-received", "NOWEB default: call CALL1 Voice from 4915111111111@c.us @1795393711043"),
    ("noweb-edited", "NOWEB default: edited 3F0000000000000000AF mine=false of 3F0000000000000000A2 \"corrected text\" @1795393694000"),
    ("noweb-live-location", "NOWEB default: message 3F0000000000000000B3 in 4915111111111@c.us mine=false kind=location name=Ana ack=DEVICE text=on my way (52.52, 13.4, live)"),
    ("noweb-location", "NOWEB default: message 3F0000000000000000B0 in 4915111111111@c.us mine=false kind=location name=Ana ack=DEVICE text=Alexanderplatz, Berlin (52.5200066, 13.404954)"),
    ("noweb-message-ack-server", "NOWEB default: ack 3EB0A25CFDE04BB76174E1 mine=true SERVER"),
    ("noweb-message-any-fromme-api", "NOWEB default: message 3EB0A25CFDE04BB76174E1 in 4915111111111@c.us mine=true via=Api kind=text ack=PENDING text=sent by the API"),
    ("noweb-message-any-fromme-app", "NOWEB default: message 3A0000000000000000A7 in 4915111111111@c.us mine=true via=App kind=text ack=DEVICE text=typed on the phone by the owner"),
    ("noweb-message-any-text-same-envelope-id", "NOWEB default: message 3F0000000000000000A1 in 4915111111111@c.us mine=false kind=text name=Ana ack=DEVICE text=Hi, are you open today?"),
    ("noweb-message-document", "NOWEB default: message 3F0000000000000000AA in 4915111111111@c.us mine=false kind=document name=Ana ack=DEVICE file=http://localhost:3000/api/files/default/3F0000000000000000AA.pdf type=application/pdf filename=order 42.pdf text=my order"),
    ("noweb-message-group-pn", "NOWEB default: message 3F0000000000000000A4 in 120363000000000001@g.us mine=false kind=text by=4915222222222@c.us name=Ben ack=DEVICE text=hello group"),
    ("noweb-message-image", "NOWEB default: message 3F0000000000000000A8 in 4915111111111@c.us mine=false kind=image name=Ana ack=DEVICE file=http://localhost:3000/api/files/default/3F0000000000000000A8.png type=image/png text=how much is this?"),
    ("noweb-message-lid-dm", "NOWEB default: message 3F0000000000000000A6 in 70000000000003@lid mine=false kind=text alternate=4915333333333@c.us name=Cleo ack=DEVICE text=I am hidden"),
    ("noweb-message-old-offline-backlog", "NOWEB default: message 3F0000000000000000BF in 4915111111111@c.us mine=false kind=text name=Ana ack=DEVICE text=sent while you were offline"),
    ("noweb-message-quoted-reply", "NOWEB default: message 3F0000000000000000A3 in 4915111111111@c.us mine=false kind=text name=Ana reply_to=3EB000000000000000B1 ack=DEVICE text=Yes, that one"),
    ("noweb-message-text", "NOWEB default: message 3F0000000000000000A1 in 4915111111111@c.us mine=false kind=text name=Ana ack=DEVICE text=Hi, are you open today?"),
    ("noweb-message-voice", "NOWEB default: message 3F0000000000000000AB in 4915111111111@c.us mine=false kind=audio name=Ana ack=DEVICE file=http://localhost:3000/api/files/default/3F0000000000000000AB.oga type=audio/ogg; codecs=opus"),
    ("noweb-newsletter", "NOWEB default: message 3F0000000000000000B6 in 120363111111111111@newsletter mine=false kind=text ack=DEVICE text=channel post"),
    ("noweb-presence-typing", "NOWEB default: presence 4915111111111@c.us Typing"),
    ("noweb-reaction-removed", "NOWEB default: reaction 3F0000000000000000AD mine=false \"\" to 3EB000000000000000B1 @1795393693000"),
    ("noweb-reaction", "NOWEB default: reaction 3F0000000000000000AC mine=false \"👍\" to 3EB000000000000000B1 @1795393692000"),
    ("noweb-revoked", "NOWEB default: revoked 3F0000000000000000A1 @1795393693000"),
    ("noweb-session-status-failed", "NOWEB default: status FAILED data=false"),
    ("noweb-session-status-scan-qr-code", "NOWEB default: status SCAN_QR_CODE data=false"),
    ("noweb-session-status-starting", "NOWEB default: status STARTING data=false"),
    ("noweb-session-status-stopped", "NOWEB default: status STOPPED data=false"),
    ("noweb-session-status-working", "NOWEB agent-a: status WORKING data=false"),
    ("noweb-status-broadcast-story", "NOWEB default: message 3F0000000000000000B5 in status@broadcast mine=false kind=text by=4915111111111@c.us name=Ana ack=DEVICE text=my story"),
    ("noweb-template-button-reply", "NOWEB default: message 3F0000000000000000B9 in 4915111111111@c.us mine=false kind=text name=Ana ack=DEVICE text=More info"),
    ("webjs-ack", "WEBJS default: ack 3EB0API0000000000003 mine=true READ"),
    ("webjs-fromme-api", "WEBJS default: message 3EB0API0000000000003 in 4915111111111@c.us mine=true via=Api kind=text ack=PENDING text=sent by the API"),
    ("webjs-fromme-app", "WEBJS default: message 3AAAAA00000000000004 in 4915111111111@c.us mine=true via=App kind=text ack=SERVER text=typed on the phone"),
    ("webjs-group", "WEBJS default: message 3FAAAA00000000000002 in 120363000000000001@g.us mine=false kind=text by=4915222222222@c.us name=Ana ack=SERVER text=hello group"),
    ("webjs-image", "WEBJS default: message 3FAAAA00000000000008 in 4915111111111@c.us mine=false kind=image name=Ana ack=SERVER file=http://localhost:3000/api/files/default/false_4915111111111@c.us_3FAAAA00000000000008.jpeg type=image/jpeg text=how much?"),
    ("webjs-quoted", "WEBJS default: message 3FAAAA00000000000006 in 4915111111111@c.us mine=false kind=text name=Ana reply_to=3EB0B1 ack=SERVER text=Yes"),
    ("webjs-text", "WEBJS default: message 3FAAAA00000000000001 in 4915111111111@c.us mine=false kind=text name=Ana ack=SERVER text=Hi, are you open today?"),
];

fn names() -> Vec<String> {
    let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/waha")).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != "raw-delivery-with-headers.json");
    names.sort();
    names
}

fn body(name: &str) -> Vec<u8> {
    fixture(&format!("waha/{name}"))
}

/// The facts of a delivery in one line; what is absent is left out.
fn facts(delivery: &Delivery) -> String {
    let engine = delivery.engine.as_deref().unwrap_or("?");
    format!("{engine} {}: {}", delivery.session, event(&delivery.event))
}

fn event(event: &DeliveryEvent) -> String {
    match event {
        DeliveryEvent::Message(message) => format!("message {}", message_facts(message)),
        DeliveryEvent::Waiting(message) => format!("waiting {}", message_facts(message)),
        DeliveryEvent::Ack(ack) => {
            let by = ack.participant.as_ref().map_or(String::new(), |by| format!(" by {by}"));
            format!("ack {} mine={} {}{by}", ack.bare_id, ack.from_me, ack.ack)
        }
        DeliveryEvent::Reaction(reaction) => {
            let (target, at) = (&reaction.target_bare_id, reaction.at.millis());
            format!("reaction {} mine={} {:?} to {target} @{at}", reaction.bare_id, reaction.from_me, reaction.text)
        }
        DeliveryEvent::Edited(edited) => {
            let (target, at) = (&edited.target_bare_id, edited.at.millis());
            format!("edited {} mine={} of {target} {:?} @{at}", edited.bare_id, edited.from_me, edited.text)
        }
        DeliveryEvent::Revoked(revoked) => format!("revoked {} @{}", revoked.target_bare_id, revoked.at.millis()),
        DeliveryEvent::SessionStatus(status) => {
            format!("status {} data={}", status.status, status.data.is_some())
        }
        DeliveryEvent::Presence(presence) => format!("presence {} {:?}", presence.chat, presence.presence),
        DeliveryEvent::Call(call) => {
            let from = call.from.as_ref().map_or("?", Address::as_str);
            format!("call {} {:?} from {from} @{}", call.id, call.kind, call.at.millis())
        }
        DeliveryEvent::PollVote(vote) => format!("vote {} {:?}", vote.bare_id, vote.options),
        DeliveryEvent::Unknown { kind } => format!("unknown {kind}"),
    }
}

fn message_facts(message: &MessageEvent) -> String {
    let mut facts = format!("{} in {} mine={}", message.bare_id, message.chat, message.from_me);
    let mut add = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            write!(facts, " {name}={value}").unwrap();
        }
    };
    add("via", message.from_me.then(|| format!("{:?}", message.source)).as_deref());
    add("kind", Some(message.kind.word()));
    add("by", message.participant.as_ref().map(Address::as_str));
    add("alternate", message.alternate.as_ref().map(Address::as_str));
    add("name", message.push_name.as_deref());
    add("reply_to", message.reply_to.as_deref());
    add("ack", message.ack.map(|ack| ack.word()));
    add("file", message.media.as_ref().and_then(|media| media.url.as_deref()));
    add("type", message.media.as_ref().and_then(|media| media.mimetype.as_deref()));
    add("filename", message.media.as_ref().and_then(|media| media.filename.as_deref()));
    add("text", message.text.as_deref());
    facts
}

#[test]
fn every_sample_is_understood() {
    let got: Vec<_> = names()
        .into_iter()
        .map(|name| {
            let delivery = parse(&body(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            let raw: Value = serde_json::from_slice(&body(&name)).unwrap();
            assert_eq!(delivery.envelope_id, raw["id"].as_str().unwrap(), "{name}");
            assert_eq!(delivery.at.millis(), raw["timestamp"].as_i64().unwrap(), "{name}");
            assert_eq!(delivery.version.as_deref(), raw["environment"]["version"].as_str(), "{name}");
            assert_eq!(delivery.me.as_ref().map(|me| me.id.as_str()), raw["me"]["id"].as_str(), "{name}");
            if let DeliveryEvent::Message(message) = &delivery.event {
                assert_eq!(message.wa_id, raw["payload"]["id"].as_str().unwrap(), "{name}");
                assert_eq!(message.at.millis(), raw["payload"]["timestamp"].as_i64().unwrap() * 1000, "{name}");
            }
            (name.trim_end_matches(".json").to_owned(), facts(&delivery))
        })
        .collect();
    let expected: Vec<_> = EXPECTED.iter().map(|(name, facts)| ((*name).to_owned(), (*facts).to_owned())).collect();
    for (got, expected) in got.iter().zip(&expected) {
        assert_eq!(got, expected);
    }
    assert_eq!(got.len(), expected.len(), "every sample has its row: {:#?}", got);
}

#[test]
fn a_delivery_exactly_as_it_came() {
    let recorded: Value = serde_json::from_slice(&fixture("waha/raw-delivery-with-headers.json")).unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in recorded["headers"].as_object().unwrap() {
        headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.as_str().unwrap().parse().unwrap());
    }
    let (key, body) =
        (recorded["hmac_key"].as_str().unwrap().as_bytes(), recorded["body"].as_str().unwrap().as_bytes());
    assert_eq!(verify(key, &headers, body), Ok(()));
    assert_eq!(sign(key, body), recorded["headers"]["x-webhook-hmac"].as_str().unwrap());
    assert_eq!(verify(b"another", &headers, body), Err(SignatureError::Mismatch));
    let DeliveryEvent::Message(message) = parse(body).unwrap().event else { panic!("a message") };
    assert_eq!(message.text.as_deref(), Some("Hello 👋🏽 Grüße"));
}

/// Puts another value where the `at`-th value of a document stands, counted depth first.
fn replace(value: &mut Value, at: &mut usize, by: &Value) {
    if *at == 0 {
        *value = by.clone();
    }
    *at = at.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, at, by)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, at, by)),
        _ => {}
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        "(true|false)?_?[0-9:_]{0,4}@?(c.us|lid|g.us|bot)?_{0,2}[0-9A-F]{0,4}_?".prop_map(Value::from),
        Just(serde_json::json!([[], {}, [1]])),
        Just(serde_json::json!({"_serialized": {"_serialized": []}, "low": {"low": "x"}, "message": {}})),
    ]
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = parse(&bytes);
    }

    #[test]
    fn broken_samples_never_panic(
        which: prop::sample::Index,
        at: prop::sample::Index,
        cut: prop::sample::Index,
        junk in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let names = names();
        let mut body = body(which.get::<String>(&names));
        let from = at.index(body.len());
        let to = from + cut.index(body.len() - from).min(16);
        body.splice(from..to, junk);
        let _ = parse(&body);
        body.truncate(cut.index(body.len() + 1));
        let _ = parse(&body);
    }

    #[test]
    fn samples_with_another_value_in_them_never_panic(
        which: prop::sample::Index,
        at in 0_usize..80,
        by in any_value(),
    ) {
        let names = names();
        let mut sample: Value = serde_json::from_slice(&body(which.get::<String>(&names))).unwrap();
        replace(&mut sample, &mut at.clone(), &by);
        if let Err(error) = parse(sample.to_string().as_bytes()) {
            // Errors tell where, never what.
            let by = by.as_str().unwrap_or_default();
            prop_assert!(by.chars().count() < 8 || !error.to_string().contains(by));
        }
    }
}
