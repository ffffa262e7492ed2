//! A message of WAHA in our words: the same for webhooks, history and lookups.

use mychatflow_data::model::delivery::{Handling, Media, MessageEvent, Source};
use mychatflow_data::model::instance::Me;
use mychatflow_data::model::interaction::ContentKind;
use mychatflow_data::model::place::Place;
use mychatflow_data::phone::{Address, AddressKind};
use mychatflow_data::time::Timestamp;

use super::content::{self, Content};
use super::lenient::{self, Word};
use super::message_id::{MessageId, bare_of};
use super::nested_text::is_thumbnail;
use super::vcard::card_words;
use super::webhook::WireError;
use super::wire::{Data, Message};

/// What is stored of a message in which nothing can be read.
const WITHOUT_TEXT: &str = "[message without text]";

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
    with_content(message, content::of_engine(&message.data), me, otherwise)
}

/// The message that an edit changed, as the edit tells it: under the id of that message, at the edit's own time, with the
/// new words. `None` when the edit does not tell enough of it.
pub(super) fn edited(
    message: &Message<'_>,
    target: &str,
    me: Option<&Me>,
    otherwise: Timestamp,
) -> Option<MessageEvent> {
    let edit = with_content(message, content::of_edit(&message.data), me, Some(otherwise)).ok()?;
    if matches!(edit.handling, Handling::Leftover(_)) {
        return None;
    }
    let bare_id = bare_of(target).to_owned();
    let participant = edit.participant.as_ref().map_or_else(String::new, |author| format!("_{author}"));
    let wa_id = format!("{}_{}_{bare_id}{participant}", edit.from_me, edit.chat);
    Some(MessageEvent { wa_id, bare_id, ..edit })
}

fn with_content(
    message: &Message<'_>,
    told: Option<Content>,
    me: Option<&Me>,
    otherwise: Option<Timestamp>,
) -> Result<MessageEvent, WireError> {
    let Head { wa_id, bare_id, from_me, chat, participant } = head(message)?;
    let data = &message.data.facts;
    let media = media(message, told.as_ref());
    let quoted = told.as_ref().and_then(|told| told.quoted.clone());
    let Content { kind, words, handling, .. } = content(message, told, media.as_ref(), from_me);
    Ok(MessageEvent {
        alternate: alternate(data, from_me, &chat, participant.as_ref(), me),
        // The name on a message of ours is our own, and must not become the customer's.
        push_name: if from_me { None } else { push_name(data) },
        text: words,
        at: message.timestamp.instant().or(otherwise).ok_or(WireError::Missing("payload.timestamp"))?,
        source: match message.source.filled() {
            Some("app") => Source::App,
            Some("api") => Source::Api,
            _ => Source::Unknown,
        },
        reply_to: reply_to(message).or(quoted),
        ack: lenient::ack(message.ack, &message.ack_name),
        wa_id,
        bare_id,
        from_me,
        chat,
        participant,
        kind,
        handling,
        media,
    })
}

fn reply_to(message: &Message<'_>) -> Option<String> {
    let id = message.reply_to.0.as_ref().and_then(|quoted| quoted.id.filled());
    id.or_else(|| message.data.facts.quoted_id.filled()).map(|id| bare_of(id).to_owned())
}

fn media(message: &Message<'_>, told: Option<&Content>) -> Option<Media> {
    let file_name = || told.and_then(|told| told.file_name.clone());
    let mimetype = || told.and_then(|told| told.mimetype.clone());
    let media = match message.media.0.as_ref() {
        Some(file) => Media {
            url: file.url.owned(),
            mimetype: file.mimetype.owned().or_else(mimetype),
            filename: file.filename.owned().or_else(file_name),
            error: file.error.0.as_ref().map(|error| error.as_ref().to_owned()),
        },
        // WAHA fetched no file, but what it is called stands in the message.
        None => Media { url: None, mimetype: mimetype(), filename: file_name(), error: None },
    };
    (media.url.is_some() || media.mimetype.is_some() || media.filename.is_some() || media.error.is_some())
        .then_some(media)
}

/// Kind and words: WAHA's own fields first, then what the engine tells, then what is there.
fn content(message: &Message<'_>, told: Option<Content>, media: Option<&Media>, from_me: bool) -> Content {
    let body = message.body.filled().filter(|body| !body.trim().is_empty());
    let has_file = media.is_some() || message.has_media.or(false);
    let empty = Content::new(ContentKind::Other, None);
    // What has words or a file is no leftover, whatever stands beside them.
    let told = told.filter(|told| !told.is_leftover() || (body.is_none() && !has_file));
    if let Some(place) = place(message, told.as_ref(), body) {
        let words = Some(place.to_string()).filter(|words| !words.is_empty());
        return Content { kind: ContentKind::Location, words, ..empty };
    }
    let cards = message.vcards.0.as_deref().filter(|cards| !cards.is_empty());
    if cards.is_some() || told.as_ref().is_some_and(|told| told.kind == ContentKind::Contact) {
        let named = cards.unwrap_or_default().iter().filter_map(Word::filled);
        let named: Vec<String> = named.filter_map(|card| card_words(card, None)).collect();
        let named = Some(named.join("; ")).filter(|named| !named.is_empty());
        let body = || body.filter(|body| !body.starts_with("BEGIN:VCARD")).map(str::to_owned);
        let words = named.or_else(|| told.and_then(|told| told.words)).or_else(body);
        return Content { kind: ContentKind::Contact, words, ..empty };
    }
    let mut content = told.unwrap_or_else(|| empty.clone());
    if matches!(content.kind, ContentKind::Text | ContentKind::Other) && has_file && !content.is_leftover() {
        content = Content { kind: by_type(media), handling: Handling::Answer, ..content };
    }
    match content.kind {
        // Their words are made of more than the body: it is a part of them, or a small picture.
        ContentKind::Order | ContentKind::Product | ContentKind::Poll => {
            content.words = with_body(content.kind, content.words, body);
        }
        ContentKind::Waiting => content.words = None,
        ContentKind::Other if body.is_some() && (content.words.is_none() || content.is_of_unknown_sort) => {
            // A sort that we do not know, but WAHA has words for it: they are answered like any others.
            content =
                Content { kind: ContentKind::Text, words: body.map(str::to_owned), quoted: content.quoted, ..empty };
        }
        ContentKind::Other if content.words.is_none() && !content.is_leftover() => {
            // A human of our own side wrote it all the same, and it silences the assistant.
            let handling = if from_me { Handling::Answer } else { Handling::Human("sent a message without text") };
            content = Content { words: Some(WITHOUT_TEXT.to_owned()), handling, ..empty };
        }
        ContentKind::Other => content.words = with_body(content.kind, content.words, body),
        _ => content.words = body.map(str::to_owned).or(content.words),
    }
    content
}

/// The words that the engine tells, with the body where that is no part of them: WEBJS leaves what was written beside an
/// order out of its own object.
fn with_body(kind: ContentKind, told: Option<String>, body: Option<&str>) -> Option<String> {
    let Some(body) = body.filter(|body| !is_thumbnail(body)) else { return told };
    let Some(told) = told else { return Some(body.to_owned()) };
    // A vote has the question of its poll for a body, which the store knows.
    if told.contains(body.trim()) || told == content::VOTE {
        return Some(told);
    }
    Some(match kind {
        ContentKind::Order => format!("{body} ({told})"),
        ContentKind::Poll => format!("{body}: {told}"),
        ContentKind::Product => format!("{told}\n{body}"),
        _ => format!("{told} {body}"),
    })
}

fn by_type(media: Option<&Media>) -> ContentKind {
    match media.and_then(|media| media.mimetype.as_deref()).and_then(|mimetype| mimetype.split('/').next()) {
        Some("image") => ContentKind::Image,
        Some("video") => ContentKind::Video,
        Some("audio") => ContentKind::Audio,
        _ => ContentKind::Document,
    }
}

/// The place that a message is about, from all that is told of it.
fn place(message: &Message<'_>, told: Option<&Content>, body: Option<&str>) -> Option<Place> {
    let told = told.and_then(|told| told.place.as_ref());
    let named = message.location.0.as_ref();
    if told.is_none() && named.is_none() {
        return None;
    }
    let mut place = told.cloned().unwrap_or_default();
    if let Some(named) = named {
        place.live |= named.live.or(false);
        let coordinates = named.latitude.owned().zip(named.longitude.owned());
        place.coordinates = coordinates.or(place.coordinates);
        for words in [&named.name, &named.address, &named.description] {
            place.add_words(words.filled().unwrap_or_default());
        }
    }
    // WEBJS puts a JPEG in base64 there.
    if let Some(body) = body.filter(|body| !is_thumbnail(body)) {
        place.add_words(body);
    }
    Some(place)
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
