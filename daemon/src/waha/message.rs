//! A message of WAHA in our words: the same for webhooks, history and lookups.

use mychatflow_data::model::delivery::{Media, MessageEvent, Source};
use mychatflow_data::model::instance::Me;
use mychatflow_data::model::interaction::ContentKind;
use mychatflow_data::phone::{Address, AddressKind};
use mychatflow_data::time::Timestamp;

use super::lenient;
use super::message_id::{MessageId, bare_of};
use super::webhook::WireError;
use super::wire::{self, Data, Message};

/// No caption is that long without a space: it is the picture of a place, as WEBJS puts it into the body.
const THUMBNAIL_CHARS_MIN: usize = 200;

/// Who wrote a message, where, and under which id.
pub(super) struct Head {
    pub(super) wa_id: String,
    pub(super) bare_id: String,
    pub(super) from_me: bool,
    pub(super) chat: Address,
    participant: Option<Address>,
}

/// Reads id and chat. The chat is the second part of the id, because `from` is the chat, the author or us, by engine.
pub(super) fn head(message: &Message<'_>) -> Result<Head, WireError> {
    let wa_id = message.id.filled().ok_or(WireError::Missing("payload.id"))?;
    let parts = MessageId::parse(wa_id);
    let from_me = message.from_me.or(parts.is_some_and(|parts| parts.from_me));
    let chat = match parts {
        Some(parts) => Address::parse(parts.chat).ok(),
        None if from_me => message.to.address().or_else(|| message.from.address()),
        None => message.from.address(),
    }
    .ok_or(WireError::Address("payload.id"))?;
    let participant = if matches!(chat.kind(), AddressKind::Phone | AddressKind::Lid) {
        None
    } else {
        let named = message.participant.address().or_else(|| message.author.address());
        named.or_else(|| Address::parse(parts?.participant?).ok())
    };
    Ok(Head { wa_id: wa_id.to_owned(), bare_id: bare_of(wa_id).to_owned(), from_me, chat, participant })
}

/// Reads a whole message. `otherwise` is its instant where it does not tell one; `me` is the paired account, if known.
pub(super) fn event(
    message: &Message<'_>,
    me: Option<&Me>,
    otherwise: Option<Timestamp>,
) -> Result<MessageEvent, WireError> {
    let Head { wa_id, bare_id, from_me, chat, participant } = head(message)?;
    let none = Data::default();
    let data = message.data.0.as_ref().unwrap_or(&none);
    let media = media(message);
    let kind = kind(message, data, media.as_ref());
    Ok(MessageEvent {
        alternate: alternate(data, from_me, &chat, participant.as_ref(), me),
        // The name on a message of ours is our own, and must not become the customer's.
        push_name: if from_me { None } else { push_name(data) },
        text: text(message, kind),
        at: message.timestamp.instant().or(otherwise).ok_or(WireError::Missing("payload.timestamp"))?,
        source: match message.source.filled() {
            Some("app") => Source::App,
            Some("api") => Source::Api,
            _ => Source::Unknown,
        },
        reply_to: message.reply_to.0.as_ref().and_then(|quoted| quoted.id.filled()).map(|id| bare_of(id).to_owned()),
        ack: lenient::ack(message.ack, &message.ack_name),
        wa_id,
        bare_id,
        from_me,
        chat,
        participant,
        kind,
        media,
    })
}

fn media(message: &Message<'_>) -> Option<Media> {
    let file = message.media.0.as_ref()?;
    let error = file.error.0.as_ref().map(|error| error.as_ref().to_owned());
    let media =
        Media { url: file.url.owned(), mimetype: file.mimetype.owned(), filename: file.filename.owned(), error };
    (media.url.is_some() || media.mimetype.is_some() || media.filename.is_some() || media.error.is_some())
        .then_some(media)
}

/// The engine's own word first (a picture sent as a file is a document), then the file's type, then what is there.
fn kind(message: &Message<'_>, data: &Data<'_>, media: Option<&Media>) -> ContentKind {
    if message.location.0.is_some() {
        return ContentKind::Location;
    }
    if message.vcards.0.as_ref().is_some_and(|cards| !cards.is_empty()) {
        return ContentKind::Contact;
    }
    let contents = |contents: &lenient::Soft<wire::Contents>| contents.0.and_then(|contents| contents.0);
    let told = contents(&data.message).or_else(|| contents(&data.gows_message)).or_else(|| webjs_kind(data));
    if let Some(kind) = told {
        return kind;
    }
    let by_type = media.and_then(|media| media.mimetype.as_deref()).map(|mimetype| match mimetype.split('/').next() {
        Some("image") => ContentKind::Image,
        Some("video") => ContentKind::Video,
        Some("audio") => ContentKind::Audio,
        _ => ContentKind::Document,
    });
    match by_type {
        Some(kind) => kind,
        None if media.is_some() || message.has_media.or(false) => ContentKind::Document,
        None if message.body.filled().is_some() => ContentKind::Text,
        None => ContentKind::Other,
    }
}

fn webjs_kind(data: &Data<'_>) -> Option<ContentKind> {
    Some(match data.webjs_type.filled()? {
        "image" => ContentKind::Image,
        "video" => ContentKind::Video,
        "audio" | "ptt" => ContentKind::Audio,
        "document" => ContentKind::Document,
        "sticker" => ContentKind::Sticker,
        "location" => ContentKind::Location,
        "vcard" | "multi_vcard" => ContentKind::Contact,
        "poll_creation" => ContentKind::Poll,
        _ => return None,
    })
}

fn text(message: &Message<'_>, kind: ContentKind) -> Option<String> {
    let body = message.body.filled();
    let words = match kind {
        // WEBJS puts a JPEG in base64 there; the words of a live place are its description.
        ContentKind::Location => body
            .filter(|body| {
                let picture = body.len() >= THUMBNAIL_CHARS_MIN && !body.contains(char::is_whitespace);
                !picture && !body.starts_with("/9j/")
            })
            .or_else(|| message.location.0.as_ref()?.description.filled()),
        ContentKind::Contact => body.filter(|body| !body.starts_with("BEGIN:VCARD")),
        _ => body,
    };
    words.map(str::to_owned)
}

fn push_name(data: &Data<'_>) -> Option<String> {
    let gows = || data.info.0.as_ref()?.push_name.owned();
    data.push_name.owned().or_else(gows).or_else(|| data.notify_name.owned())
}

/// The other address of the person in the chat, or of the author inside a group.
///
/// GOWS names sender and recipient, and of an own message the sender is us; engines have been seen to give our own address
/// there too, so whatever is ours is not the peer's.
fn alternate(
    data: &Data<'_>,
    from_me: bool,
    chat: &Address,
    participant: Option<&Address>,
    me: Option<&Me>,
) -> Option<Address> {
    let person = if chat.is_person() { chat } else { participant? };
    let noweb = || {
        let key = data.key.0.as_ref()?;
        if chat.is_person() { key.remote_jid_alt.address() } else { key.participant_alt.address() }
    };
    let gows = || {
        let info = data.info.0.as_ref()?;
        if from_me && chat.is_person() { info.recipient_alt.address() } else { info.sender_alt.address() }
    };
    let ours = |address: &Address| me.is_some_and(|me| me.id == *address || me.lid.as_ref() == Some(address));
    let chat_is_ours = ours(chat);
    noweb()
        .or_else(gows)
        .filter(|other| other.is_person() && other.kind() != person.kind() && (chat_is_ours || !ours(other)))
}
