//! WEBJS (whatsapp-web.js): `from` and `to` are real directions, a location's body is a thumbnail.

use serde_json::{Value, json};

use super::{Owner, media, reply_to};
use crate::waha::message::{Content, Message, bare_id};

/// Stands for the JPEG that the real engine puts into the body of a location.
const THUMBNAIL: &str = "/9j/4AAQSkZJRgABAQAAAQABAAD/2Q==";

pub(super) fn message(owner: &Owner, message: &Message) -> Value {
    let (from, to) = directions(owner, message);
    let mut out = json!({
        "id": message.id(), "timestamp": message.timestamp, "from": from, "fromMe": message.from_me,
        "source": message.source.as_str(), "to": to, "body": body(message), "hasMedia": message.content.file().is_some(),
        "media": media(owner, &message.id(), &message.content), "ack": message.ack.number(), "ackName": message.ack.name(),
        "location": location(&message.content), "vCards": vcards(&message.content), "_data": data(message, from, to),
    });
    if let Some(participant) = &message.participant {
        out["participant"] = participant.as_str().into();
    }
    if message.reply_to.is_some() {
        out["replyTo"] = reply_to(&message.reply_to);
        let quoted = message.reply_to.as_ref().map(|quoted| quoted.body.as_str());
        out["replyTo"]["_data"] = json!({"type": "chat", "body": quoted});
    }
    out
}

pub(super) fn sent(owner: &Owner, message: &Message) -> Value {
    let (from, to) = directions(owner, message);
    let data = data(message, from, to);
    json!({
        "id": data["id"], "_data": data, "ack": message.ack.number(), "body": body(message), "type": kind(&message.content),
        "timestamp": message.timestamp, "from": from, "to": to, "fromMe": true, "hasMedia": message.content.file().is_some(),
    })
}

fn directions<'a>(owner: &'a Owner, message: &'a Message) -> (&'a str, &'a str) {
    if message.from_me { (&owner.id, &message.chat) } else { (&message.chat, &owner.id) }
}

fn body(message: &Message) -> &str {
    match &message.content {
        // A small picture of the place.
        Content::Location { .. } => THUMBNAIL,
        // What was written beside an order stands here, and not in the engine's own object.
        Content::Order { message, .. } => message,
        content => content.text().unwrap_or_default(),
    }
}

fn kind(content: &Content) -> &'static str {
    match content {
        Content::Text(_) => "chat",
        Content::Image { .. } => "image",
        Content::Voice => "ptt",
        Content::Document { .. } => "document",
        Content::Sticker => "sticker",
        Content::Location { .. } => "location",
        Content::Disappearing(_) => "chat",
        Content::ButtonAnswer(_) => "template_button_reply",
        Content::ButtonChoice(_) => "buttons_response",
        Content::FlowAnswer(_) => "interactive_response",
        Content::ListAnswer(_) => "list_response",
        Content::Order { .. } => "order",
        Content::ContactCard { .. } => "vcard",
        Content::Poll { .. } => "poll_creation",
        Content::Vote { .. } => "poll_update",
        Content::Novelty(_) | Content::NoveltyWithWords { .. } => "unknown",
        Content::Unreadable => "chat",
        Content::Nothing => "e2e_notification",
    }
}

fn location(content: &Content) -> Value {
    match content {
        Content::Location { latitude, longitude, name, address } => {
            json!({"live": false, "latitude": latitude, "longitude": longitude, "description": lines(name, address)})
        }
        _ => Value::Null,
    }
}

/// Name and address of a place, as the engine joins them.
fn lines(name: &Option<String>, address: &Option<String>) -> Value {
    let lines: Vec<&str> = [name, address].into_iter().flatten().map(String::as_str).collect();
    if lines.is_empty() { Value::Null } else { lines.join("\n").into() }
}

/// What the engine's own object has beside the fields of every message.
fn own_fields(content: &Content) -> Value {
    match content {
        Content::Location { latitude, longitude, name, address } => {
            json!({"lat": latitude, "lng": longitude, "loc": lines(name, address)})
        }
        Content::Document { filename, caption } => json!({"filename": filename, "caption": caption}),
        Content::Disappearing(text) => json!({"body": text, "ephemeralDuration": 86400}),
        Content::ButtonAnswer(text) => json!({"body": text, "selectedId": "b1", "selectedIndex": 0}),
        Content::ButtonChoice(text) => json!({"body": text, "selectedButtonId": "b1"}),
        Content::FlowAnswer(title) => json!({"nativeFlowResponseMessage": {
            "name": "menu_options", "paramsJson": json!({"id": "r1", "title": title}).to_string(),
        }}),
        Content::ListAnswer(title) => json!({"listResponse": {
            "title": title, "listType": 1, "singleSelectReply": {"selectedRowId": "row-1"},
        }}),
        Content::Order { items, title, total_1000, .. } => json!({
            "orderId": "1234", "itemCount": items, "orderTitle": title, "token": "token", "body": THUMBNAIL,
            "totalAmount1000": total_1000, "totalCurrencyCode": "EUR",
        }),
        Content::ContactCard { name, .. } => json!({"body": content.vcard(), "vcardFormattedName": name}),
        Content::Poll { question, options } => {
            let numbered = options.iter().enumerate();
            let options: Vec<Value> = numbered.map(|(n, option)| json!({"name": option, "localId": n})).collect();
            json!({"pollName": question, "pollOptions": options, "pollSelectableOptionsCount": 1})
        }
        Content::Vote { poll } => json!({"pollUpdateParentKey": {"id": bare_id(poll), "_serialized": poll}}),
        Content::Novelty(_) => json!({"title": "Something new"}),
        Content::NoveltyWithWords { words, .. } => json!({"parts": [{"nested": {"text": words}}]}),
        _ => json!({}),
    }
}

fn data(message: &Message, from: &str, to: &str) -> Value {
    let mut id =
        json!({"fromMe": message.from_me, "remote": message.chat, "id": message.bare_id, "_serialized": message.id()});
    if let Some(participant) = &message.participant {
        id["participant"] = participant.as_str().into();
    }
    let mut data = json!({
        "id": id, "body": body(message), "type": kind(&message.content), "t": message.timestamp,
        "from": from, "to": to, "notifyName": message.push_name,
    });
    if let Value::Object(own) = own_fields(&message.content) {
        for (name, value) in own {
            data[name] = value;
        }
    }
    if let Some(quoted) = &message.reply_to {
        data["quotedStanzaID"] = quoted.bare_id.as_str().into();
        data["quotedParticipant"] = quoted.participant.as_str().into();
        data["quotedMsg"] = json!({"type": "chat", "body": quoted.body});
    }
    data
}

fn vcards(content: &Content) -> Value {
    content.vcard().map_or_else(|| json!([]), |card| json!([card]))
}
