//! Gives messages and events the shape of the engine: the three differ in more than names.

mod gows;
mod noweb;
mod webjs;

use serde_json::{Value, json};

use crate::waha::Engine;
use crate::waha::message::{Content, Message, Quoted, bare_id, jid};

/// Where the engine says its files are. The host is wrong on purpose: it is on real servers too.
const FILES: &str = "http://localhost:3000/api/files";

/// What an engine needs to know about the session.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) session: String,
    pub(crate) id: String,
    pub(crate) push_name: String,
    pub(crate) lid: String,
}

impl Owner {
    /// The `me` of envelopes and sessions.
    pub(crate) fn me(&self, engine: Engine) -> Value {
        match engine {
            Engine::Noweb => json!({"id": self.id, "pushName": self.push_name, "lid": self.lid}),
            Engine::Gows => {
                json!({"id": self.id, "pushName": self.push_name, "lid": self.lid, "jid": self.device_jid()})
            }
            Engine::Webjs => json!({"id": self.id, "pushName": self.push_name}),
        }
    }

    pub(crate) fn device_jid(&self) -> String {
        format!("{}:17@s.whatsapp.net", self.id.trim_end_matches("@c.us"))
    }
}

/// The WAMessage of webhooks and history.
pub(crate) fn message(engine: Engine, owner: &Owner, message: &Message) -> Value {
    match engine {
        Engine::Noweb => noweb::message(owner, message),
        Engine::Gows => gows::message(owner, message),
        Engine::Webjs => webjs::message(owner, message),
    }
}

/// The answer to a send.
pub(crate) fn sent(engine: Engine, owner: &Owner, message: &Message) -> Value {
    match engine {
        Engine::Noweb => noweb::sent(message),
        Engine::Gows => gows::sent(owner, message),
        Engine::Webjs => webjs::sent(owner, message),
    }
}

/// The payload of `message.ack`.
pub(crate) fn ack(engine: Engine, owner: &Owner, message: &Message) -> Value {
    match engine {
        Engine::Noweb => noweb::ack(message),
        Engine::Gows => gows::ack(message),
        Engine::Webjs => webjs::message(owner, message),
    }
}

/// The payload of `message.revoked`. `action` is the message that revokes.
pub(crate) fn revoked(engine: Engine, owner: &Owner, action: &Message, revoked: &str) -> Value {
    let mut after = message(engine, owner, action);
    let inner = match engine {
        Engine::Noweb => {
            json!({"protocolMessage": {"key": {"remoteJid": jid(&action.chat), "fromMe": action.from_me, "id": revoked}, "type": 0}})
        }
        Engine::Gows => {
            json!({"protocolMessage": {"key": {"remoteJID": jid(&action.chat), "fromMe": action.from_me, "ID": revoked}, "type": 0}})
        }
        Engine::Webjs => Value::Null,
    };
    put_inner(engine, &mut after, inner);
    let data = after.get("_data").cloned().unwrap_or_default();
    json!({"after": after, "before": null, "revokedMessageId": revoked, "_data": data})
}

/// The payload of `message.edited`. `action` is the message that carries the new text.
pub(crate) fn edited(engine: Engine, owner: &Owner, action: &Message, edited: &str) -> Value {
    let mut payload = message(engine, owner, action);
    let text = action.content.text().unwrap_or_default();
    let inner = match engine {
        Engine::Noweb => json!({"protocolMessage": {
            "key": {"remoteJid": jid(&action.chat), "fromMe": action.from_me, "id": edited},
            "type": 14, "editedMessage": {"conversation": text}, "timestampMs": action.timestamp * 1000,
        }}),
        Engine::Gows => json!({"protocolMessage": {
            "key": {"remoteJID": jid(&action.chat), "fromMe": action.from_me, "ID": edited},
            "type": 14, "editedMessage": {"conversation": text}, "timestampMS": action.timestamp * 1000,
        }}),
        Engine::Webjs => Value::Null,
    };
    put_inner(engine, &mut payload, inner);
    payload["editedMessageId"] = edited.into();
    payload
}

/// The payload of `message.reaction`. `to` is the full id of the message it is stuck to.
pub(crate) fn reaction(engine: Engine, action: &Message, text: &str, to: &str) -> Value {
    let mut payload = json!({
        "id": action.id(), "timestamp": action.timestamp, "from": action.chat, "fromMe": action.from_me,
        "source": action.source.as_str(), "reaction": {"text": text, "messageId": to},
    });
    match engine {
        Engine::Noweb => {}
        Engine::Gows => {
            payload["to"] = Value::Null;
            payload["participant"] = action.participant.clone().into();
        }
        // The one place where WAHA's seconds are fractional.
        Engine::Webjs => payload["timestamp"] = json!(action.timestamp as f64 + 0.5),
    }
    payload
}

/// The payload of `presence.update`.
pub(crate) fn presence(chat: &str, presence: &str) -> Value {
    json!({"id": chat, "presences": [{"participant": chat, "lastKnownPresence": presence, "lastSeen": null}]})
}

/// The payload of `call.received`.
pub(crate) fn call(engine: Engine, from: &str, id: &str, at_ms: i64) -> Value {
    let iso = crate::clock::iso(at_ms);
    let data = match engine {
        Engine::Gows => json!({
            "From": jid(from), "Timestamp": crate::clock::iso_seconds(at_ms / 1000), "CallCreator": jid(from),
            "CallID": id, "RemotePlatform": "android", "RemoteVersion": "2",
        }),
        _ => json!({
            "id": id, "chatId": jid(from), "from": jid(from), "date": iso, "offline": false, "status": "offer",
            "isVideo": false, "isGroup": false,
        }),
    };
    json!({"id": id, "from": from, "timestamp": at_ms as f64 / 1000.0, "isVideo": false, "isGroup": false, "_data": data})
}

fn put_inner(engine: Engine, payload: &mut Value, inner: Value) {
    match engine {
        Engine::Noweb => payload["_data"]["message"] = inner,
        Engine::Gows => {
            payload["_data"]["Message"] = inner.clone();
            payload["_data"]["RawMessage"] = inner;
        }
        Engine::Webjs => {}
    }
}

fn media(owner: &Owner, file_id: &str, content: &Content) -> Value {
    let Some((mimetype, extension)) = content.file() else {
        return Value::Null;
    };
    let filename = match content {
        Content::Document { filename, .. } => Some(filename),
        _ => None,
    };
    json!({"url": format!("{FILES}/{}/{file_id}.{extension}", owner.session), "filename": filename, "mimetype": mimetype})
}

fn reply_to(quoted: &Option<Quoted>) -> Value {
    match quoted {
        Some(quoted) => json!({
            "id": quoted.bare_id, "participant": quoted.participant, "body": quoted.body,
            "hasMedia": false, "media": null, "_data": {"conversation": quoted.body},
        }),
        None => Value::Null,
    }
}

/// The protobuf message as the two socket engines print it.
fn proto(message: &Message, stanza: &str) -> Value {
    let file = |kind: &str, caption: &Option<String>| {
        let (mimetype, _) = message.content.file().unwrap_or_default();
        let path = format!("/v/fake/{}", message.bare_id);
        let mut inner = json!({"url": format!("https://mmg.whatsapp.net{path}"), "directPath": path, "mimetype": mimetype, "fileLength": 70});
        if let Some(caption) = caption {
            inner["caption"] = caption.as_str().into();
        }
        json!({kind: inner})
    };
    match &message.content {
        Content::Text(text) => match &message.reply_to {
            Some(quoted) => json!({"extendedTextMessage": {"text": text, "contextInfo": {
                stanza: quoted.bare_id, "participant": jid(&quoted.participant), "quotedMessage": {"conversation": quoted.body},
            }}}),
            None if message.source == super::message::Source::Api => {
                json!({"extendedTextMessage": {"text": text}})
            }
            None => json!({"conversation": text}),
        },
        Content::Disappearing(text) => {
            json!({"ephemeralMessage": {"message": {"extendedTextMessage": {"text": text}}}})
        }
        Content::ButtonAnswer(text) => {
            json!({"templateButtonReplyMessage": {field("selectedId", stanza): "b1", "selectedDisplayText": text, "selectedIndex": 0}})
        }
        Content::ButtonChoice(label) => {
            let mut inner = json!({field("selectedButtonId", stanza): "b1", "type": 1});
            put_one_of(&mut inner, "response", "selectedDisplayText", label.as_str().into(), stanza);
            json!({"buttonsResponseMessage": inner})
        }
        Content::FlowAnswer(title) => {
            let params = json!({"id": "r1", "title": title}).to_string();
            let params_json = if stanza == "stanzaID" { "paramsJSON" } else { "paramsJson" };
            let flow = json!({"name": "menu_options", params_json: params, "version": 3});
            let mut inner = json!({});
            put_one_of(&mut inner, "interactiveResponseMessage", "nativeFlowResponseMessage", flow, stanza);
            json!({"interactiveResponseMessage": inner})
        }
        Content::ListAnswer(title) => json!({"listResponseMessage": {
            "title": title, "listType": 1, "singleSelectReply": {field("selectedRowId", stanza): "row-1"},
        }}),
        Content::Order { message, items, title, total_1000 } => json!({"orderMessage": {
            field("orderId", stanza): "1234", "itemCount": items, "status": 1, "surface": 1, "message": message,
            "orderTitle": title, "totalAmount1000": total_1000.to_string(), "totalCurrencyCode": "EUR",
        }}),
        Content::ContactCard { name, .. } => {
            json!({"contactMessage": {"displayName": name, "vcard": message.content.vcard()}})
        }
        Content::Poll { question, options } => {
            let options: Vec<Value> = options.iter().map(|option| json!({"optionName": option})).collect();
            json!({"messageContextInfo": {"messageSecret": "c2VjcmV0"},
                   "pollCreationMessageV3": {"name": question, "options": options, "selectableOptionsCount": 1}})
        }
        Content::Vote { poll } => json!({"pollUpdateMessage": {
            "pollCreationMessageKey": {field("id", stanza): bare_id(poll)}, "vote": {"encPayload": "eA==", "encIv": "eA=="},
        }}),
        Content::Novelty(name) => {
            json!({"messageContextInfo": {}, name.as_str(): {"title": "Something new", "flag": true}})
        }
        Content::NoveltyWithWords { sort, words } => {
            json!({"messageContextInfo": {}, sort.as_str(): {"version": 1, "parts": [{"nested": {"text": words}}]}})
        }
        Content::Unreadable => json!({}),
        Content::Image { caption } => file("imageMessage", caption),
        Content::Voice => file("audioMessage", &None),
        Content::Document { filename, caption } => {
            let mut inner = file("documentMessage", caption);
            inner["documentMessage"]["fileName"] = filename.as_str().into();
            inner
        }
        Content::Sticker => file("stickerMessage", &None),
        Content::Location { latitude, longitude, name, address } => {
            let mut inner = json!({"degreesLatitude": latitude, "degreesLongitude": longitude});
            if let Some(name) = name {
                inner["name"] = name.as_str().into();
            }
            if let Some(address) = address {
                inner["address"] = address.as_str().into();
            }
            json!({"locationMessage": inner})
        }
        Content::Nothing => json!({"protocolMessage": {"type": 5}}),
    }
}

/// A name of the protobuf message as the engine writes it, known by how it writes `stanzaId`: whatsmeow has `ID`.
fn field(name: &str, stanza: &str) -> String {
    match name.strip_suffix("Id").or(name.strip_suffix("id").filter(|start| start.is_empty())) {
        Some(start) if stanza == "stanzaID" => format!("{start}ID"),
        _ => name.to_owned(),
    }
}

/// A field of a one-of: Baileys prints it like any other, Go's encoder one level down and in its own capitals.
fn put_one_of(message: &mut Value, one_of: &str, name: &str, value: Value, stanza: &str) {
    let capital = |name: &str| name[..1].to_ascii_uppercase() + &name[1..];
    match stanza {
        "stanzaID" => message[capital(one_of)] = json!({capital(name): value}),
        _ => message[name] = value,
    }
}

/// The cards of all engines.
fn vcards(content: &Content) -> Value {
    content.vcard().map_or(Value::Null, |card| json!([card]))
}

/// The location of the two socket engines: numbers as strings.
fn location(content: &Content) -> Value {
    match content {
        Content::Location { latitude, longitude, name, address } => {
            let mut place =
                json!({"live": false, "latitude": latitude.to_string(), "longitude": longitude.to_string()});
            if let Some(name) = name {
                place["name"] = name.as_str().into();
            }
            if let Some(address) = address {
                place["address"] = address.as_str().into();
            }
            place
        }
        _ => Value::Null,
    }
}
