//! GOWS (whatsmeow): `from` is the chat, `to` of a group message is its author, the envelope names no engine.

use serde_json::{Value, json};

use super::{Owner, location, media, proto, reply_to, vcards};
use crate::clock;
use crate::waha::message::{Message, jid};

pub(super) fn message(owner: &Owner, message: &Message) -> Value {
    let mut out = json!({
        "id": message.id(), "timestamp": message.timestamp, "from": message.chat, "fromMe": message.from_me,
        "source": message.source.as_str(), "to": message.participant, "participant": message.participant,
        "hasMedia": message.content.file().is_some(), "media": media(owner, &message.bare_id, &message.content),
        "ack": message.ack.number(), "ackName": message.ack.name(), "location": location(&message.content),
        "vCards": vcards(&message.content), "replyTo": reply_to(&message.reply_to), "_data": data(owner, message),
    });
    if let Some(text) = message.content.text() {
        out["body"] = text.into();
    }
    out
}

pub(super) fn sent(owner: &Owner, message: &Message) -> Value {
    let info = json!({
        "Chat": jid(&message.chat), "Sender": owner.device_jid(), "IsFromMe": true, "IsGroup": message.is_group(),
        "ID": message.bare_id, "Timestamp": clock::iso_seconds(message.timestamp), "PushName": owner.push_name, "Type": "text",
    });
    json!({"id": message.id(), "_data": {"Info": info, "Message": proto(message, "stanzaID")}})
}

pub(super) fn ack(message: &Message) -> Value {
    let kind = match message.ack.number() {
        3 => "read",
        4 => "played",
        _ => "",
    };
    json!({
        "id": message.id(), "from": message.chat, "to": null, "participant": message.participant, "fromMe": message.from_me,
        "ack": message.ack.number(), "ackName": message.ack.name(),
        "_data": {
            "Chat": jid(&message.chat), "Sender": jid(&message.chat), "IsFromMe": false, "IsGroup": message.is_group(),
            "MessageIDs": [message.bare_id], "Timestamp": clock::iso_seconds(message.timestamp), "Type": kind, "MessageSender": "",
        },
    })
}

fn data(owner: &Owner, message: &Message) -> Value {
    let author = match &message.participant {
        Some(participant) => jid(participant),
        None if message.from_me => jid(&owner.id),
        None => jid(&message.chat),
    };
    let lid = author.ends_with("@lid");
    let inner = proto(message, "stanzaID");
    json!({
        "Info": {
            "Chat": jid(&message.chat), "Sender": author, "IsFromMe": message.from_me, "IsGroup": message.is_group(),
            "AddressingMode": if lid { "lid" } else { "" }, "SenderAlt": message.alt.as_deref().map(jid).unwrap_or_default(),
            "RecipientAlt": "", "BroadcastListOwner": "", "ID": message.bare_id, "ServerID": 0, "Type": "text",
            "PushName": message.push_name, "Timestamp": clock::iso_seconds(message.timestamp), "Category": "",
            "Multicast": false, "MediaType": "", "Edit": "",
        },
        "Message": inner, "IsEphemeral": false, "IsViewOnce": false, "IsEdit": false, "RawMessage": inner,
        "SourceWebMsg": null, "UnavailableRequestID": "", "RetryCount": 0, "Status": message.ack.number() + 1,
    })
}
