//! NOWEB (Baileys): `from` is always the chat, and a send is answered without an id of its own.

use serde_json::{Value, json};

use super::{Owner, location, media, proto, reply_to, vcards};
use crate::waha::message::{Message, Source, jid};

pub(super) fn message(owner: &Owner, message: &Message) -> Value {
    let mut out = json!({
        "id": message.id(), "timestamp": message.timestamp, "from": message.chat, "fromMe": message.from_me,
        "source": message.source.as_str(), "body": message.content.text(), "hasMedia": message.content.file().is_some(),
        "media": media(owner, &message.bare_id, &message.content), "ack": message.ack.number(), "ackName": message.ack.name(),
        "location": location(&message.content), "vCards": vcards(&message.content), "replyTo": reply_to(&message.reply_to), "_data": data(message),
    });
    if let Some(participant) = &message.participant {
        out["to"] = message.chat.as_str().into();
        out["participant"] = participant.as_str().into();
    }
    out
}

pub(super) fn sent(message: &Message) -> Value {
    json!({
        "key": key(message), "message": proto(message, "stanzaId"),
        "messageTimestamp": message.timestamp.to_string(), "status": "PENDING",
    })
}

pub(super) fn ack(message: &Message) -> Value {
    let mut out = json!({
        "id": message.id(), "from": message.chat, "fromMe": message.from_me,
        "ack": message.ack.number(), "ackName": message.ack.name(),
    });
    if let Some(participant) = &message.participant {
        out["participant"] = participant.as_str().into();
    }
    out
}

fn data(message: &Message) -> Value {
    if message.from_me && message.source == Source::Api {
        return sent(message);
    }
    let mut data = json!({
        "key": key(message), "messageTimestamp": message.timestamp, "pushName": message.push_name, "broadcast": false,
        "message": proto(message, "stanzaId"), "status": message.ack.number() + 1,
    });
    if let Some(participant) = &message.participant {
        data["participant"] = jid(participant).into();
    }
    data
}

fn key(message: &Message) -> Value {
    let mut key = json!({"remoteJid": jid(&message.chat), "fromMe": message.from_me, "id": message.bare_id});
    if let Some(participant) = &message.participant {
        key["participant"] = jid(participant).into();
    }
    let author = message.participant.as_ref().unwrap_or(&message.chat);
    if author.ends_with("@lid") && !message.from_me {
        key["addressingMode"] = "lid".into();
        if let Some(alt) = &message.alt {
            let name = if message.participant.is_some() { "participantAlt" } else { "remoteJidAlt" };
            key[name] = jid(alt).into();
        }
    }
    key
}
