//! What a message holds, read from the engine's own object (`_data`) where WAHA's fields do not tell.
//!
//! NOWEB and GOWS print WhatsApp's protobuf message, the one with Baileys's names, the other with whatsmeow's, which
//! differ in capitals (`selectedId`, `selectedID`) and in one-ofs (`object.rs`). WEBJS has a type and flat fields. What no
//! version of ours knows is still a message that somebody sent: the words in it are looked for (`nested_text.rs`); without
//! any it gets a name in words, and a human is asked. Only what is on the closed lists here is no message.

use mychatflow_data::model::delivery::Handling;
use mychatflow_data::model::interaction::ContentKind;
use mychatflow_data::model::place::Place;
use serde_json::value::RawValue;

use super::message_id::bare_of;
use super::nested_text::{NestedText, is_thumbnail};
use super::notice;
use super::object::Object;
use super::vcard::card_words;
use super::wire::EngineData;

/// Wrappers around wrappers are opened up to here. WhatsApp nests three.
const DEPTH_MAX: u8 = 8;
/// What an unknown sort is called is cut here.
const NAME_CHARS_MAX: usize = 60;
/// The words of a vote whose options only the phone can read.
pub(super) const VOTE: &str = "[vote]";

const SENT_ORDER: &str = "sent an order";
const VOTED: &str = "voted in a poll";
const SENT_INVITATION: &str = "sent an invitation";
const SENT_EVENT: &str = "sent an event";
pub(super) const SENT_PAYMENT: &str = "wrote about a payment";
const ASKED_NUMBER: &str = "asked for your phone number";
pub(super) const CALLED: &str = "called you";
pub(super) const ONLY_PHONE: &str = "sent something that only the phone shows";

/// Fields of the protobuf message that nobody wrote, in small letters, with what they are.
const LEFTOVERS: &[(&str, &str)] = &[
    ("protocolmessage", "a message between devices: deletions and edits have events of their own"),
    ("senderkeydistributionmessage", "a key of a group"),
    ("fastratchetkeysenderkeydistributionmessage", "a key of a group"),
    ("messagecontextinfo", "facts about a message"),
    ("devicelistmetadata", "a list of devices"),
    ("reactionmessage", "a reaction, which has an event of its own"),
    ("encreactionmessage", "a reaction, which has an event of its own"),
    ("keepinchatmessage", "a disappearing message was kept"),
    ("pininchatmessage", "a message was pinned"),
    ("historysyncnotification", "a part of the history for another device"),
    ("stickersyncrmrmessage", "stickers for another device"),
    ("appstatesynckeyshare", "keys for another device"),
];

/// Types of WEBJS that nobody wrote, with what they are.
const WEBJS_LEFTOVERS: &[(&str, &str)] = &[
    ("e2e_notification", "a notice about encryption"),
    ("notification", "a notice of WhatsApp"),
    ("notification_template", "a notice of WhatsApp"),
    ("broadcast_notification", "a notice of WhatsApp"),
    ("newsletter_notification", "a notice of WhatsApp"),
    ("gp2", "a notice about a group"),
    ("protocol", "a message between devices"),
    ("debug", "a notice of WhatsApp"),
    ("revoked", "a deletion, which has an event of its own"),
    ("reaction", "a reaction, which has an event of its own"),
    ("reaction_enc", "a reaction, which has an event of its own"),
    ("keep_in_chat", "a disappearing message was kept"),
    ("pinned_message", "a message was pinned"),
];

/// What a message holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    /// What sort it is.
    pub(super) kind: ContentKind,
    /// Its words or its caption.
    pub(super) words: Option<String>,
    /// Who deals with it.
    pub(super) handling: Handling,
    /// The name of its file.
    pub(super) file_name: Option<String>,
    /// The type of its file.
    pub(super) mimetype: Option<String>,
    /// The place that it names.
    pub(super) place: Option<Place>,
    /// The bare id of the message that it answers.
    pub(super) quoted: Option<String>,
    /// Is it of a sort that this version does not know?
    pub(super) is_of_unknown_sort: bool,
}

impl Content {
    pub(super) fn new(kind: ContentKind, words: Option<String>) -> Self {
        let (handling, is_of_unknown_sort) = (Handling::Answer, false);
        Self { kind, words, handling, file_name: None, mimetype: None, place: None, quoted: None, is_of_unknown_sort }
    }

    /// Something for a human: `name` says what, and stands in brackets before the words.
    pub(super) fn for_human(reason: &'static str, name: &str, words: Option<String>) -> Self {
        let words = words.map_or_else(|| format!("[{name}]"), |words| format!("[{name}] {words}"));
        Self { handling: Handling::Human(reason), ..Self::new(ContentKind::Other, Some(words)) }
    }

    pub(super) fn leftover(what: &'static str) -> Self {
        Self { handling: Handling::Leftover(what), ..Self::new(ContentKind::Other, None) }
    }

    /// Did nobody write it?
    pub(super) fn is_leftover(&self) -> bool {
        matches!(self.handling, Handling::Leftover(_))
    }
}

/// Reads the engine's object; `None` when it tells of no content at all.
pub(super) fn of_engine(data: &EngineData<'_>) -> Option<Content> {
    let facts = &data.facts;
    let messages = [facts.message, facts.gows_message, facts.gows_raw_message];
    messages
        .into_iter()
        .flatten()
        .find_map(|raw| of_message(raw, 0))
        .or_else(|| notice::of_stub(facts.stub.filled()?))
        .or_else(|| of_webjs(facts.webjs_type.filled()?, &Object::of(data.raw?)?))
}

/// What a message holds since it was edited, as the edit tells it; `None` when it does not.
pub(super) fn of_edit(data: &EngineData<'_>) -> Option<Content> {
    let facts = &data.facts;
    let messages = [facts.message, facts.gows_message, facts.gows_raw_message];
    messages.into_iter().flatten().find_map(|raw| edited_content(raw, 0)).or_else(|| of_engine(data))
}

fn edited_content(raw: &RawValue, depth: u8) -> Option<Content> {
    let message = Object::of(raw)?;
    if let Some(edited) = message.object("protocolMessage").and_then(|protocol| protocol.raw("editedMessage")) {
        return of_message(edited, depth);
    }
    if depth < DEPTH_MAX
        && let Some(wrapped) = message.object("editedMessage").and_then(|edited| edited.raw("message"))
    {
        return edited_content(wrapped, depth + 1);
    }
    None
}

/// Reads WhatsApp's protobuf message. What somebody wrote comes before what is unknown, and that before leftovers.
fn of_message(raw: &RawValue, depth: u8) -> Option<Content> {
    let (mut unknown, mut leftover) = (None, None);
    let message = Object::of(raw)?;
    for (name, value) in message.fields() {
        let small = name.to_ascii_lowercase();
        if let Some((_, what)) = LEFTOVERS.iter().find(|(known, _)| *known == small) {
            leftover.get_or_insert(Content::leftover(what));
            continue;
        }
        match of_field(name, &small, value, depth) {
            Some(content) if content.is_leftover() => {
                leftover.get_or_insert(content);
            }
            Some(content) if content.is_of_unknown_sort => {
                unknown.get_or_insert(content);
            }
            Some(content) => return Some(content),
            None => {}
        }
    }
    unknown.or(leftover.filter(|_| !is_left_over_from_decoding(&message)))
}

/// Is this all that an engine could decode of a message? A secret belongs to a message with a content of its own; what is
/// newer than the engine is not there.
fn is_left_over_from_decoding(message: &Object<'_>) -> bool {
    let only = message.fields().count() == 1;
    only && message.object("messageContextInfo").is_some_and(|info| info.raw("messageSecret").is_some())
}

fn of_field(name: &str, small: &str, value: &RawValue, depth: u8) -> Option<Content> {
    if small == "conversation" {
        return Object::text(value).map(|text| Content::new(ContentKind::Text, Some(text)));
    }
    let Some(part) = Object::of(value) else {
        let words = NestedText::of_field(name, value);
        return words.joined("\n").map(|_| of_unknown_sort(name, &words));
    };
    // Every wrapper of WhatsApp's holds its message under this name.
    if let Some(inner) = part.raw("message").filter(|inner| inner.get().starts_with('{')) {
        let found = if depth < DEPTH_MAX { of_message(inner, depth + 1) } else { None };
        let sticker = small == "lottiestickermessage";
        let empty = || if sticker { Content::new(ContentKind::Sticker, None) } else { unknown(name, &part) };
        return Some(found.unwrap_or_else(empty));
    }
    let quoted = part.object("contextInfo").and_then(|context| context.words("stanzaId"));
    let content = of_part(name, small, &part);
    Some(Content { quoted: content.quoted.or(quoted.map(|id| bare_of(&id).to_owned())), ..content })
}

fn of_part(name: &str, small: &str, part: &Object<'_>) -> Content {
    use ContentKind as Kind;
    let caption = |kind| Content::new(kind, part.words("caption"));
    match small {
        "extendedtextmessage" => Content::new(Kind::Text, part.words("text")),
        "imagemessage" => caption(Kind::Image),
        "videomessage" | "ptvmessage" => caption(Kind::Video),
        "audiomessage" => Content::new(Kind::Audio, None),
        "documentmessage" => document(part),
        "stickermessage" | "lottiestickermessage" => Content::new(Kind::Sticker, None),
        // Wrappers without anything in them: what they are about is known from their name.
        "documentwithcaptionmessage" => Content::new(Kind::Document, None),
        "locationmessage" | "livelocationmessage" => {
            location(part, ["degreesLatitude", "degreesLongitude"], small == "livelocationmessage")
        }
        "contactmessage" => Content::new(Kind::Contact, card(part)),
        "contactsarraymessage" => {
            Content::new(Kind::Contact, cards(&part.list("contacts")).or_else(|| part.words("displayName")))
        }
        "buttonsresponsemessage" => {
            answer(part, part.words("selectedDisplayText").or_else(|| part.words("selectedButtonId")))
        }
        "templatebuttonreplymessage" => {
            answer(part, part.words("selectedDisplayText").or_else(|| part.words("selectedId")))
        }
        "listresponsemessage" => answer(part, list_answer(part)),
        "interactiveresponsemessage" => answer(part, interactive_answer(part)),
        "buttonsmessage" => {
            offer(part, part, &[part.words("text"), part.words("contentText"), part.words("footerText")])
        }
        "listmessage" => offer(part, part, &[part.words("title"), part.words("description"), part.words("footerText")]),
        "interactivemessage" => interactive(part),
        "templatemessage" => {
            if let Some(inner) = part.object("interactiveMessageTemplate") {
                return interactive(&inner);
            }
            let template = part.object("hydratedTemplate").or_else(|| part.object("hydratedFourRowTemplate"));
            let template = template.as_ref().unwrap_or(part);
            let text = |field: &str| template.words(field);
            offer(
                template,
                template,
                &[text("hydratedTitleText"), text("hydratedContentText"), text("hydratedFooterText")],
            )
        }
        "ordermessage" => order(part),
        "productmessage" => product(part),
        "invoicemessage"
        | "sendpaymentmessage"
        | "requestpaymentmessage"
        | "paymentinvitemessage"
        | "declinepaymentrequestmessage"
        | "cancelpaymentrequestmessage" => payment(name, part),
        "pollupdatemessage" => vote(part.object("pollCreationMessageKey").as_ref()),
        "calllogmesssage" | "calllogmessage" | "call" => call(part),
        "eventmessage" => {
            let place =
                part.object("location").and_then(|place| joined(&[place.words("name"), place.words("address")]));
            Content::for_human(SENT_EVENT, "event", joined(&[part.words("name"), part.words("description"), place]))
        }
        "groupinvitemessage" => invitation("invitation to a group", &[part.words("groupName"), part.words("caption")]),
        "newsletteradmininvitemessage" | "newsletterfollowerinvitemessagev2" => {
            invitation("invitation to a channel", &[part.words("newsletterName"), part.words("caption")])
        }
        "scheduledcallcreationmessage" => Content::for_human(SENT_EVENT, "planned call", part.words("title")),
        "requestphonenumbermessage" => Content::for_human(ASKED_NUMBER, "asks for your phone number", None),
        "albummessage" => album(part),
        "stickerpackmessage" => Content::new(Kind::Sticker, part.words("name")),
        _ if small.starts_with("pollcreationmessage") => poll(part.words("name"), &part.list("options"), "optionName"),
        _ if small.starts_with("pollresultsnapshotmessage") => {
            poll(part.words("name"), &part.list("pollVotes"), "optionName")
        }
        _ => unknown(name, part),
    }
}

/// A sort of message that this version does not know: the words that somebody says in it, or its name and what it is called.
fn unknown(name: &str, part: &Object<'_>) -> Content {
    of_unknown_sort(name, &NestedText::of(part))
}

fn of_unknown_sort(name: &str, found: &NestedText) -> Content {
    let content = if found.is_speech {
        Content::new(ContentKind::Text, found.joined("\n"))
    } else {
        Content::for_human(ONLY_PHONE, &in_words(name), found.joined(", "))
    };
    Content { is_of_unknown_sort: true, ..content }
}

/// `scheduledCallEditMessage` and `scheduled_call_edit` as `scheduled call edit`.
fn in_words(name: &str) -> String {
    let name = name.strip_suffix("Message").filter(|name| !name.is_empty()).unwrap_or(name);
    let mut words = String::new();
    let mut before = ' ';
    for c in name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(NAME_CHARS_MAX) {
        if c == '_' || (c.is_ascii_uppercase() && before.is_ascii_lowercase()) {
            words.push(' ');
        }
        if c != '_' {
            words.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() || words == "unknown" { "message of an unknown sort".to_owned() } else { words }
}

fn of_webjs(kind: &str, data: &Object<'_>) -> Option<Content> {
    use ContentKind as Kind;
    if let Some((_, what)) = WEBJS_LEFTOVERS.iter().find(|(known, _)| *known == kind) {
        return Some(Content::leftover(what));
    }
    let body = || data.words("body").filter(|body| !is_thumbnail(body));
    let caption = |kind| Content::new(kind, data.words("caption"));
    Some(match kind {
        // WAHA's own field tells the words of these, where there are any.
        "chat" => Content::new(Kind::Text, Some(body()?)),
        "image" => caption(Kind::Image),
        "video" | "ptv" => caption(Kind::Video),
        "audio" | "ptt" => Content::new(Kind::Audio, None),
        "document" => document(data),
        "sticker" => Content::new(Kind::Sticker, None),
        "sticker_pack" | "sticker-pack" => Content::new(Kind::Sticker, data.words("stickerPackName")),
        "location" => location(data, ["lat", "lng"], data.flag("isLive")),
        "vcard" => Content::new(Kind::Contact, card_words(&data.words("body")?, data.words("vcardFormattedName"))),
        "multi_vcard" => Content::new(Kind::Contact, cards(&data.list("vcardList"))),
        "buttons_response" => answer(data, body().or_else(|| data.words("selectedButtonId"))),
        "template_button_reply" => answer(data, body().or_else(|| data.words("selectedId"))),
        "list_response" => {
            answer(data, body().or_else(|| data.object("listResponse").and_then(|response| list_answer(&response))))
        }
        "interactive_response" | "native_flow_response" => answer(data, body().or_else(|| interactive_answer(data))),
        "list" => {
            let text = |field: &str| data.object("list").and_then(|list| list.words(field));
            offer(data, data, &[text("title"), text("description").or_else(body)])
        }
        "buttons" | "interactive" | "hsm" | "template" => {
            offer(data, data, &[data.words("title"), body(), data.words("footer")])
        }
        "order" => order(data),
        "product" => product(data),
        "payment" => payment(kind, data),
        "poll_creation" => poll(data.words("pollName").or_else(body), &data.list("pollOptions"), "name"),
        "poll_update" | "poll_vote" => vote(data.object("pollUpdateParentKey").as_ref()),
        "call_log" => call(data),
        "event_creation" | "scheduled_event_creation" | "event" => {
            let words = joined(&[data.words("eventName").or_else(body), data.words("eventDescription")]);
            Content::for_human(SENT_EVENT, "event", words)
        }
        "groups_v4_invite" => {
            invitation("invitation to a group", &[data.words("inviteGrpName"), data.words("comment")])
        }
        "request_phone_number" => Content::for_human(ASKED_NUMBER, "asks for your phone number", None),
        "album" => album(data),
        "ciphertext" => Content::new(Kind::Waiting, None),
        _ => unknown(kind, data),
    })
}

fn document(part: &Object<'_>) -> Content {
    let file_name = part.words("fileName").or_else(|| part.words("title"));
    let caption = part.words("caption").filter(|caption| file_name.as_ref() != Some(caption));
    Content { file_name, mimetype: part.words("mimetype"), ..Content::new(ContentKind::Document, caption) }
}

fn location(part: &Object<'_>, [latitude, longitude]: [&str; 2], live: bool) -> Content {
    let coordinates = part.words(latitude).zip(part.words(longitude));
    let mut place = Place { coordinates, live: live || part.flag("isLive"), ..Place::default() };
    for words in ["name", "address", "loc", "comment", "caption"].iter().filter_map(|field| part.words(field)) {
        place.add_words(&words);
    }
    Content { place: Some(place), ..Content::new(ContentKind::Location, None) }
}

/// What somebody chose of what was offered, by its label where one is told.
fn answer(part: &Object<'_>, words: Option<String>) -> Content {
    match words.or_else(|| NestedText::of(part).joined(", ")) {
        Some(words) => Content::new(ContentKind::Text, Some(words)),
        None => Content::for_human(ONLY_PHONE, "answer by a button", None),
    }
}

/// What a business offers with buttons or a list below: its words, and the picture or file of its header.
fn offer(part: &Object<'_>, header: &Object<'_>, words: &[Option<String>]) -> Content {
    let media = header_media(header);
    let above = media.as_ref().and_then(|media| media.words.clone());
    let mut words: Vec<String> = above.into_iter().chain(words.iter().flatten().cloned()).collect();
    if words.is_empty() {
        words.extend(NestedText::of(part).joined("\n"));
    }
    let words = Some(words.join("\n")).filter(|words| !words.is_empty());
    match (media, words) {
        (Some(media), words) => Content { words, ..media },
        (None, Some(words)) => Content::new(ContentKind::Text, Some(words)),
        (None, None) => Content::for_human(ONLY_PHONE, "message with buttons", None),
    }
}

fn header_media(header: &Object<'_>) -> Option<Content> {
    for name in ["imageMessage", "videoMessage", "documentMessage"] {
        if let Some(part) = header.object(name) {
            return Some(of_part(name, &name.to_ascii_lowercase(), &part));
        }
    }
    let place = header.object("locationMessage")?;
    let content = of_part("locationMessage", "locationmessage", &place);
    let words = content.place.map(|place| place.to_string()).filter(|words| !words.is_empty());
    Some(Content::new(ContentKind::Text, words))
}

fn interactive(part: &Object<'_>) -> Content {
    let header = part.object("header").unwrap_or_default();
    let text = |name: &str| part.object(name).and_then(|inner| inner.words("text"));
    offer(part, &header, &[header.words("title"), header.words("subtitle"), text("body"), text("footer")])
}

fn list_answer(part: &Object<'_>) -> Option<String> {
    let chosen = part.object("singleSelectReply").and_then(|reply| reply.words("selectedRowId"));
    joined(&[part.words("title"), part.words("description")]).or(chosen)
}

fn interactive_answer(part: &Object<'_>) -> Option<String> {
    let body = part.object("body").and_then(|body| body.words("text"));
    body.or_else(|| {
        let params = part.object("nativeFlowResponseMessage")?.words("paramsJson")?;
        let params: Object<'_> = serde_json::from_str(&params).ok()?;
        let named = ["display_text", "title", "description", "id"].iter().find_map(|name| params.words(name));
        named.or_else(|| form_answer(&params))
    })
}

/// What somebody filled into a form: its fields by their names, but for what the phone and the server tell each other.
fn form_answer(params: &Object<'_>) -> Option<String> {
    const BETWEEN_MACHINES: &[&str] = &["token", "version", "wa_flow", "_id", "url"];
    let filled = params.fields().filter_map(|(name, value)| {
        let small = name.to_ascii_lowercase();
        let is_filled = !BETWEEN_MACHINES.iter().any(|part| small.contains(part));
        is_filled.then(|| Object::text(value)).flatten().map(|value| format!("{name}: {value}"))
    });
    Some(filled.collect::<Vec<_>>().join(", ")).filter(|words| !words.is_empty())
}

fn order(part: &Object<'_>) -> Content {
    let items = part.words("itemCount").map(|count| if count == "1" { "1 item".to_owned() } else { count + " items" });
    let about = joined(&[part.words("orderTitle"), items, amount(part, "totalAmount1000", "totalCurrencyCode")]);
    let words = match (part.words("message").filter(|words| !is_thumbnail(words)), about) {
        (Some(words), Some(about)) => Some(format!("{words} ({about})")),
        (words, about) => words.or(about),
    };
    Content { handling: Handling::Human(SENT_ORDER), ..Content::new(ContentKind::Order, words) }
}

fn product(part: &Object<'_>) -> Content {
    let inner = part.object("product");
    let product = inner.as_ref().unwrap_or(part);
    let price = amount(product, "priceAmount1000", "currencyCode");
    let mut words = joined(&[product.words("title"), price, product.words("description")]);
    if let Some(body) = part.words("body").filter(|body| !is_thumbnail(body)) {
        words = Some(words.map_or_else(|| body.clone(), |words| format!("{words}\n{body}")));
    }
    Content::new(ContentKind::Product, words)
}

fn payment(name: &str, part: &Object<'_>) -> Content {
    let amount = amount(part, "amount1000", "currencyCodeIso4217")
        .or_else(|| amount(part, "paymentAmount1000", "paymentCurrency"));
    let note = part
        .object("noteMessage")
        .and_then(|note| note.words("conversation").or_else(|| note.object("extendedTextMessage")?.words("text")));
    let note = note.or_else(|| part.words("note")).or_else(|| part.words("paymentNoteMsg"));
    Content::for_human(SENT_PAYMENT, &in_words(name), joined(&[amount, note]))
}

/// An amount of money in thousandths.
fn amount(part: &Object<'_>, thousandths: &str, currency: &str) -> Option<String> {
    let whole = part.number(thousandths)? / 1000.0;
    Some(format!("{whole:.2} {}", part.words(currency).unwrap_or_default()).trim_end().to_owned())
}

fn poll(question: Option<String>, options: &[Object<'_>], field: &str) -> Content {
    let options = options.iter().filter_map(|option| option.words(field)).collect::<Vec<_>>().join(" · ");
    let words = match (question, options.is_empty()) {
        (Some(question), false) => Some(format!("{question}: {options}")),
        (question, true) => question,
        (None, false) => Some(options),
    };
    Content::new(ContentKind::Poll, words)
}

/// A vote. What was chosen is encrypted in it: the event `poll.vote` tells that.
fn vote(poll: Option<&Object<'_>>) -> Content {
    let quoted = poll.and_then(|key| key.words("id")).map(|id| bare_of(&id).to_owned());
    let vote = Content::new(ContentKind::Poll, Some(VOTE.to_owned()));
    Content { handling: Handling::Human(VOTED), quoted, ..vote }
}

fn call(part: &Object<'_>) -> Content {
    let video = part.flag("isVideo") || part.flag("isVideoCall");
    let missed = matches!(part.words("callOutcome").as_deref(), Some("1" | "MISSED" | "Missed"));
    let name = match (missed, video) {
        (true, true) => "missed video call",
        (true, false) => "missed voice call",
        (false, true) => "video call",
        (false, false) => "voice call",
    };
    Content::for_human(CALLED, name, None)
}

fn invitation(name: &str, words: &[Option<String>]) -> Content {
    Content::for_human(SENT_INVITATION, name, joined(words))
}

/// Says that pictures and films follow, each of which is a message.
fn album(part: &Object<'_>) -> Content {
    let count = |field: &str, one: &str, many: &str| match part.words(field).as_deref() {
        None | Some("0") => None,
        Some("1") => Some(format!("1 {one}")),
        Some(count) => Some(format!("{count} {many}")),
    };
    let about =
        joined(&[count("expectedImageCount", "picture", "pictures"), count("expectedVideoCount", "video", "videos")]);
    let words = about.map_or_else(|| "[album]".to_owned(), |about| format!("[album] {about}"));
    Content::new(ContentKind::Other, Some(words))
}

fn joined(words: &[Option<String>]) -> Option<String> {
    joined_by(", ", words)
}

fn joined_by(between: &str, words: &[Option<String>]) -> Option<String> {
    let words: Vec<&str> = words.iter().flatten().map(String::as_str).filter(|words| !words.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(between))
}

fn cards(contacts: &[Object<'_>]) -> Option<String> {
    joined_by("; ", &contacts.iter().map(card).collect::<Vec<_>>())
}

fn card(contact: &Object<'_>) -> Option<String> {
    match contact.words("vcard") {
        Some(vcard) => card_words(&vcard, contact.words("displayName")),
        None => contact.words("displayName"),
    }
}
