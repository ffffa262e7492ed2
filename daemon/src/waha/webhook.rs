//! The body of a webhook, understood. Checks no signature and stores nothing.

use mychatflow_data::model::delivery::{
    AckEvent, CallEvent, CallKind, Delivery, DeliveryEvent, EditedEvent, Handling, MessageEvent, PollVoteEvent,
    Presence, PresenceEvent, ReactionEvent, RevokedEvent, StatusEvent,
};
use mychatflow_data::model::instance::{InstanceStatus, Me};
use mychatflow_data::model::interaction::ContentKind;
use mychatflow_data::phone::Address;
use mychatflow_data::time::Timestamp;
use serde::Deserialize;

use super::content;
use super::lenient;
use super::message;
use super::message_id::{MessageId, bare_of};
use super::wire::{self, Envelope};

/// Why a body was not understood. Tells where, never what stood there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Not UTF-8.
    #[error("the body is not utf-8")]
    NotUtf8,
    /// Not JSON, or not an object where one must be.
    #[error("the body is not json as waha writes it (line {line}, column {column})")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A field without which the event means nothing is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// An address of a sort that this version does not know.
    #[error("the address in {0} is of an unknown sort")]
    Address(&'static str),
}

/// Reads the body of a webhook.
///
/// Absent and oddly typed parts are tolerated where the event still means something; a kind that we do not know is
/// [`DeliveryEvent::Unknown`], not an error.
///
/// # Errors
/// When it is not JSON, or lacks the fields without which nothing can be done with it.
pub fn parse(body: &[u8]) -> Result<Delivery, WireError> {
    let body = std::str::from_utf8(body).map_err(|_| WireError::NotUtf8)?;
    read(body).or_else(|error| match (&error, without_lone_surrogates(body)) {
        (WireError::NotJson { .. }, Some(mended)) => read(&mended),
        _ => Err(error),
    })
}

fn read(body: &str) -> Result<Delivery, WireError> {
    let envelope: Envelope<'_> = json(body)?;
    let kind = envelope.event.filled().ok_or(WireError::Missing("event"))?;
    let payload = envelope.payload.map_or("{}", |raw| raw.get());
    let me = envelope.me.0.as_ref().and_then(wire::Account::me);
    let at = match envelope.timestamp.instant() {
        Some(at) => at,
        // Old versions have no instant in the envelope.
        None => json::<wire::Stub<'_>>(payload)?.timestamp.instant().ok_or(WireError::Missing("timestamp"))?,
    };
    let event = event(kind, payload, me.as_ref(), at)?;
    let environment = envelope.environment.0.unwrap_or_default();
    Ok(Delivery {
        envelope_id: envelope.id.owned().ok_or(WireError::Missing("id"))?,
        session: envelope.session.owned().ok_or(WireError::Missing("session"))?,
        at,
        me,
        // GOWS leaves the engine out of the envelope (WAHA 2026.4).
        engine: envelope.engine.owned().or_else(|| environment.engine.owned()),
        version: environment.version.owned(),
        event,
    })
}

fn event(kind: &str, payload: &str, me: Option<&Me>, at: Timestamp) -> Result<DeliveryEvent, WireError> {
    Ok(match kind {
        "message" | "message.any" => DeliveryEvent::Message(message::event(&json(payload)?, me, Some(at))?),
        "message.waiting" => {
            let waiting = message::event(&json(payload)?, me, Some(at))?;
            let (kind, handling, text) = (ContentKind::Waiting, Handling::Answer, None);
            DeliveryEvent::Waiting(MessageEvent { kind, handling, text, ..waiting })
        }
        "message.ack" | "message.ack.group" => match ack(&json(payload)?)? {
            Some(ack) => DeliveryEvent::Ack(ack),
            None => unknown(kind),
        },
        "message.reaction" => DeliveryEvent::Reaction(reaction(&json(payload)?, at)?),
        "message.edited" => DeliveryEvent::Edited(edited(&json(payload)?, me, at)?),
        "message.revoked" => DeliveryEvent::Revoked(revoked(&json(payload)?, at)?),
        "session.status" => DeliveryEvent::SessionStatus(status(&json(payload)?)?),
        "presence.update" => DeliveryEvent::Presence(presence(&json(payload)?)?),
        "call.received" | "call.accepted" | "call.rejected" => DeliveryEvent::Call(call(&json(payload)?, at)?),
        "poll.vote" | "poll.vote.failed" => DeliveryEvent::PollVote(poll_vote(&json(payload)?, at)?),
        _ => unknown(kind),
    })
}

fn unknown(kind: &str) -> DeliveryEvent {
    DeliveryEvent::Unknown { kind: kind.to_owned() }
}

/// `None` when WAHA names an ack that we do not know.
fn ack(payload: &wire::Message<'_>) -> Result<Option<AckEvent>, WireError> {
    let id = payload.id.filled().ok_or(WireError::Missing("payload.id"))?;
    let parts = MessageId::parse(id);
    Ok(lenient::ack(payload.ack, &payload.ack_name).map(|ack| AckEvent {
        bare_id: bare_of(id).to_owned(),
        from_me: payload.from_me.or(parts.is_some_and(|parts| parts.from_me)),
        // Not the participant in the id: that is the author, not who acknowledged.
        participant: payload.participant.address(),
        ack,
    }))
}

fn reaction(payload: &wire::Message<'_>, at: Timestamp) -> Result<ReactionEvent, WireError> {
    let id = payload.id.filled().ok_or(WireError::Missing("payload.id"))?;
    let reaction = payload.reaction.0.as_ref().ok_or(WireError::Missing("payload.reaction"))?;
    let target = reaction.message_id.filled().ok_or(WireError::Missing("payload.reaction.messageId"))?;
    Ok(ReactionEvent {
        bare_id: bare_of(id).to_owned(),
        from_me: payload.from_me.or(MessageId::parse(id).is_some_and(|parts| parts.from_me)),
        target_bare_id: bare_of(target).to_owned(),
        text: reaction.text.owned().unwrap_or_default(),
        at: payload.timestamp.instant().unwrap_or(at),
    })
}

fn edited(payload: &wire::Message<'_>, me: Option<&Me>, at: Timestamp) -> Result<EditedEvent, WireError> {
    let id = payload.id.filled().ok_or(WireError::Missing("payload.id"))?;
    // An edit that names no other message is of the message itself.
    let target = bare_of(payload.edited_message_id.filled().unwrap_or(id));
    // NOWEB left the field empty before WAHA 2026.7.2.
    let words = payload.body.owned().or_else(|| content::of_edit(&payload.data)?.words);
    Ok(EditedEvent {
        bare_id: bare_of(id).to_owned(),
        from_me: payload.from_me.or(MessageId::parse(id).is_some_and(|parts| parts.from_me)),
        target_bare_id: target.to_owned(),
        text: words.unwrap_or_default(),
        at: payload.timestamp.instant().unwrap_or(at),
        message: message::edited(payload, target, me, at).map(Box::new),
    })
}

fn revoked(payload: &wire::Revoked<'_>, at: Timestamp) -> Result<RevokedEvent, WireError> {
    let before = payload.before.0.as_ref().and_then(|before| before.id.filled());
    let target = payload.revoked_message_id.filled().or(before);
    let act = payload.after.0.as_ref().and_then(|after| after.id.filled());
    Ok(RevokedEvent {
        from_me: before.or(act).and_then(MessageId::parse).map(|parts| parts.from_me),
        target_bare_id: bare_of(target.ok_or(WireError::Missing("payload.revokedMessageId"))?).to_owned(),
        at: payload.after.0.as_ref().and_then(|after| after.timestamp.instant()).unwrap_or(at),
    })
}

fn status(payload: &wire::Status<'_>) -> Result<StatusEvent, WireError> {
    Ok(StatusEvent {
        status: InstanceStatus::from(payload.status.owned().ok_or(WireError::Missing("payload.status"))?),
        data: payload.data.map(|raw| raw.get().to_owned()),
    })
}

fn presence(payload: &wire::Presences<'_>) -> Result<PresenceEvent, WireError> {
    let chat = payload.id.filled().ok_or(WireError::Missing("payload.id"))?;
    let types =
        |presence: &wire::Presence<'_>| matches!(presence.last_known_presence.filled(), Some("typing" | "recording"));
    let presences = payload.presences.0.as_deref().unwrap_or_default();
    Ok(PresenceEvent {
        chat: Address::parse(chat).map_err(|_| WireError::Address("payload.id"))?,
        presence: if presences.iter().any(types) { Presence::Typing } else { Presence::Idle },
    })
}

fn call(payload: &wire::Call<'_>, at: Timestamp) -> Result<CallEvent, WireError> {
    Ok(CallEvent {
        id: payload.id.owned().ok_or(WireError::Missing("payload.id"))?,
        from: payload.from.address(),
        kind: if payload.is_video.or(false) { CallKind::Video } else { CallKind::Voice },
        at: payload.timestamp.instant().unwrap_or(at),
    })
}

fn poll_vote(payload: &wire::PollVote<'_>, at: Timestamp) -> Result<PollVoteEvent, WireError> {
    let vote = payload.vote.0.as_ref().ok_or(WireError::Missing("payload.vote"))?;
    let id = vote.id.filled().ok_or(WireError::Missing("payload.vote.id"))?;
    let named = if vote.from_me.or(false) { vote.to.address() } else { vote.from.address() };
    let options = vote.selected_options.0.as_deref().unwrap_or_default();
    Ok(PollVoteEvent {
        bare_id: bare_of(id).to_owned(),
        chat: MessageId::parse(id).and_then(|parts| Address::parse(parts.chat).ok()).or(named),
        poll: payload.poll.0.as_ref().and_then(|poll| poll.id.filled()).map(|id| bare_of(id).to_owned()),
        options: options.iter().filter_map(lenient::Word::owned).collect(),
        at: vote.timestamp.instant().unwrap_or(at),
    })
}

fn json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, WireError> {
    // The error's own text may quote what it read, so only its place is kept.
    serde_json::from_str(text).map_err(|error| WireError::NotJson { line: error.line(), column: error.column() })
}

/// The body with every half of a surrogate pair that stands alone replaced by U+FFFD; `None` when there is none.
///
/// JavaScript cuts texts inside an emoji and writes the half that is left as `\ud83d`, which is no character and which
/// the JSON reader refuses: a customer's message must not be lost for it.
fn without_lone_surrogates(body: &str) -> Option<String> {
    let unit = |at: usize| -> Option<u16> {
        let digits = body.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let (mut mended, mut kept, mut at) = (String::new(), 0, 0);
    let bytes = body.as_bytes();
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        match unit(at) {
            Some(0xD800..=0xDBFF) if unit(at + 6).is_some_and(|low| (0xDC00..=0xDFFF).contains(&low)) => at += 12,
            Some(0xD800..=0xDFFF) => {
                mended.push_str(&body[kept..at]);
                mended.push_str("\\ufffd");
                at += 6;
                kept = at;
            }
            // Skips the character behind the backslash too: `\\ud83d` is a backslash and five letters.
            _ => at += 2,
        }
    }
    if kept == 0 {
        return None;
    }
    mended.push_str(&body[kept..]);
    Some(mended)
}

#[cfg(test)]
mod tests {
    use mychatflow_data::model::interaction::Ack;
    use serde_json::{Value, json};

    use super::*;

    fn delivery(event: &str, payload: Value) -> Result<Delivery, WireError> {
        let body = json!({"id": "evt_1", "timestamp": 1_795_393_677_888_i64, "event": event, "session": "s", "payload": payload});
        parse(body.to_string().as_bytes())
    }

    fn message(payload: Value) -> MessageEvent {
        match delivery("message", payload).unwrap().event {
            DeliveryEvent::Message(message) => message,
            other => panic!("not a message: {other:?}"),
        }
    }

    #[test]
    fn a_message_with_next_to_nothing_in_it() {
        let message = message(json!({"id": "false_49151@c.us_3F"}));
        assert_eq!((message.bare_id.as_str(), message.chat.as_str()), ("3F", "49151@c.us"));
        assert_eq!(
            (message.kind, message.text.as_deref(), message.ack),
            (ContentKind::Other, Some("[message without text]"), None)
        );
        assert_eq!(message.at.millis(), 1_795_393_677_888, "the envelope's, where the message tells none");
        assert!(!message.from_me);
    }

    #[test]
    fn oddly_typed_parts_are_read_or_skipped() {
        let message = message(json!({
            "id": {"_serialized": "true_49151@c.us_3F", "remote": "x"}, "timestamp": "1795393677", "fromMe": "true",
            "body": 42, "hasMedia": null, "media": "no", "ack": "3", "location": [], "vCards": {}, "replyTo": 7,
            "source": {}, "_data": "none", "new": {"deep": [1]},
        }));
        assert_eq!((message.bare_id.as_str(), message.at.millis()), ("3F", 1_795_393_677_000));
        assert_eq!(message.text.as_deref(), Some("42"));
        assert_eq!(message.ack, Some(Ack::Read));
        assert!(message.from_me);
        let long = self::message(json!({"id": "false_49151@c.us_3F", "timestamp": {"low": 1_795_393_677, "high": 0}}));
        assert_eq!(long.at.millis(), 1_795_393_677_000);
    }

    #[test]
    fn kinds_of_content() {
        use ContentKind::*;
        let noweb = |name: &str| json!({"message": {name: {"x": 1}}});
        let jpeg = format!("/9j/{}", "A".repeat(400));
        for (payload, kind, text) in [
            (json!({"body": "hi"}), Text, Some("hi")),
            (json!({"body": ""}), Other, Some("[message without text]")),
            (json!({"body": null, "hasMedia": true, "media": null, "_data": noweb("stickerMessage")}), Sticker, None),
            (
                json!({"hasMedia": true, "media": {"url": null, "error": "gone"}, "_data": noweb("imageMessage")}),
                Image,
                None,
            ),
            (
                json!({"hasMedia": true, "media": {"mimetype": "image/png"}, "_data": noweb("documentMessage")}),
                Document,
                None,
            ),
            (json!({"hasMedia": true, "media": {"mimetype": "video/mp4"}, "body": "look"}), Video, Some("look")),
            (json!({"hasMedia": true, "media": {"mimetype": "audio/ogg; codecs=opus"}}), Audio, None),
            (json!({"hasMedia": true, "media": {"mimetype": "application/pdf"}}), Document, None),
            (json!({"hasMedia": true}), Document, None),
            (json!({"_data": {"message": {"ephemeralMessage": {"message": {"videoMessage": {}}}}}}), Video, None),
            (json!({"_data": {"Message": {"imageMessage": null, "pollCreationMessageV3": {}}}}), Poll, None),
            (json!({"_data": {"type": "poll_creation"}, "body": "Which?"}), Poll, Some("Which?")),
            (json!({"vCards": ["BEGIN:VCARD"], "body": "BEGIN:VCARD\nX"}), Contact, None),
            (json!({"location": {"latitude": 52.5}, "body": jpeg}), Location, None),
            (json!({"_data": {"type": "location"}, "body": "A".repeat(400)}), Location, None),
            (json!({"location": {"latitude": "52.5", "description": "on my way"}}), Location, Some("on my way")),
            (json!({"_data": {"message": {"protocolMessage": {"type": 3}}}}), Other, None),
        ] {
            let mut whole = payload.clone();
            whole["id"] = json!("false_49151@c.us_3F");
            let message = message(whole);
            assert_eq!((message.kind, message.text.as_deref()), (kind, text), "{payload}");
        }
    }

    #[test]
    fn the_other_address_of_the_same_person() {
        let ours = json!({"id": "4917@c.us", "lid": "9000@lid"});
        let noweb = |alt: &str| json!({"key": {"remoteJidAlt": alt, "participantAlt": "4922@s.whatsapp.net"}});
        let gows = |sender: &str, recipient: &str| json!({"Info": {"SenderAlt": sender, "RecipientAlt": recipient}});
        for (id, data, expected) in [
            ("false_7000@lid_3F", noweb("4933@s.whatsapp.net"), Some("4933@c.us")),
            ("false_4933@c.us_3F", noweb("7000@lid"), Some("7000@lid")),
            ("false_7000@lid_3F", noweb(""), None),
            ("false_1203@g.us_3F_7002@lid", noweb("4933@s.whatsapp.net"), Some("4922@c.us")),
            ("true_7000@lid_3F", noweb("4917@s.whatsapp.net"), None),
            ("false_7000@lid_3F", gows("4933:4@s.whatsapp.net", ""), Some("4933@c.us")),
            ("true_7000@lid_3F", gows("4917@s.whatsapp.net", "4933@s.whatsapp.net"), Some("4933@c.us")),
            ("true_7000@lid_3F", gows("4917@s.whatsapp.net", ""), None),
            ("true_4933@c.us_3F", gows("9000@lid", "9000@lid"), None),
            ("false_4933@c.us_3F", gows("4944@s.whatsapp.net", ""), None),
            ("false_status@broadcast_3F_7002@lid", gows("4922@s.whatsapp.net", ""), Some("4922@c.us")),
        ] {
            let body = json!({"id": "evt_1", "timestamp": 1, "event": "message.any", "session": "s", "me": ours,
                "payload": {"id": id, "_data": data}});
            let DeliveryEvent::Message(message) = parse(body.to_string().as_bytes()).unwrap().event else { panic!() };
            assert_eq!(message.alternate.as_ref().map(Address::as_str), expected, "{id} {data}");
        }
    }

    #[test]
    fn other_events_with_gaps() {
        let id = "true_49151@c.us_3E";
        assert_eq!(delivery("message.ack", json!({"id": id, "ack": 9})).unwrap().event, unknown("message.ack"));
        assert_eq!(delivery("group.v2.join", json!({})).unwrap().event, unknown("group.v2.join"));
        let named = delivery("message.ack.group", json!({"id": id, "ackName": "PLAYED", "participant": "49152@c.us"}));
        let DeliveryEvent::Ack(ack) = named.unwrap().event else { panic!() };
        assert_eq!((ack.ack, ack.from_me), (Ack::Played, true));
        assert_eq!(ack.participant.unwrap().as_str(), "49152@c.us");
        let DeliveryEvent::Edited(edited) = delivery("message.edited", json!({"id": id, "body": "new"})).unwrap().event
        else {
            panic!()
        };
        assert_eq!((edited.target_bare_id.as_str(), edited.text.as_str()), ("3E", "new"));
        let revoked = delivery("message.revoked", json!({"before": {"id": id}, "after": null})).unwrap().event;
        let DeliveryEvent::Revoked(revoked) = revoked else { panic!() };
        assert_eq!((revoked.target_bare_id.as_str(), revoked.at.millis()), ("3E", 1_795_393_677_888));
        let status = delivery("session.status", json!({"status": "NAPPING", "data": {"code": "1"}})).unwrap().event;
        let DeliveryEvent::SessionStatus(status) = status else { panic!() };
        assert_eq!((status.status.word(), status.data.as_deref()), ("NAPPING", Some(r#"{"code":"1"}"#)));
        let vote = json!({"vote": {"id": id, "selectedOptions": ["A", "B"], "timestamp": 1_795_393_677_001_i64}});
        let DeliveryEvent::PollVote(vote) = delivery("poll.vote", vote).unwrap().event else { panic!() };
        assert_eq!((vote.bare_id.as_str(), vote.options.len(), vote.at.millis()), ("3E", 2, 1_795_393_677_001));
        let waiting = delivery("message.waiting", json!({"id": "false_49151@c.us_3F"})).unwrap().event;
        assert!(matches!(waiting, DeliveryEvent::Waiting(message) if message.kind == ContentKind::Waiting));
    }

    #[test]
    fn what_is_not_understood() {
        use WireError::*;
        assert_eq!(parse(b"\xff"), Err(NotUtf8));
        assert_eq!(parse(b"{"), Err(NotJson { line: 1, column: 1 }));
        assert_eq!(parse(b"null").map(|_| ()), Err(NotJson { line: 1, column: 4 }));
        assert_eq!(parse(b"{}"), Err(Missing("event")));
        for (event, payload, expected) in [
            ("message", json!({}), Missing("payload.id")),
            ("message", json!({"id": "false_1@bot_3F"}), Address("payload.id")),
            ("message.ack", json!({"ack": 1}), Missing("payload.id")),
            ("message.reaction", json!({"id": "false_1@lid_3F"}), Missing("payload.reaction")),
            ("message.revoked", json!({}), Missing("payload.revokedMessageId")),
            ("session.status", json!({}), Missing("payload.status")),
            ("presence.update", json!({}), Missing("payload.id")),
            ("call.received", json!({}), Missing("payload.id")),
            ("poll.vote", json!({}), Missing("payload.vote")),
        ] {
            assert_eq!(delivery(event, payload), Err(expected), "{event}");
        }
    }

    #[test]
    fn half_an_emoji_loses_no_message() {
        let body = r#"{"id":"e","timestamp":1,"event":"message","session":"s","payload":{"id":"false_4@lid_3F","body":"a \ud83d b \ud83d\ude00 \\ud83d \udc00"}}"#;
        let DeliveryEvent::Message(message) = parse(body.as_bytes()).unwrap().event else { panic!() };
        assert_eq!(message.text.as_deref(), Some("a \u{fffd} b 😀 \\ud83d \u{fffd}"));
    }
}
