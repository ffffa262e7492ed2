//! An interaction: one message, in or out.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::words;
use crate::ids::{ChatId, ClientRef, InteractionId};
use crate::phone::Address;
use crate::time::Timestamp;

words! {
    /// Which way it went.
    Direction {
        /// From a customer.
        In => "in",
        /// From us.
        Out => "out",
    }
}

impl Direction {
    /// The direction of what our side wrote, or of what somebody else did.
    #[must_use]
    pub const fn of(from_me: bool) -> Self {
        if from_me { Self::Out } else { Self::In }
    }
}

words! {
    /// Who wrote it.
    Author {
        /// The customer.
        Customer => "customer",
        /// The assistant.
        Assistant => "assistant",
        /// A human through the console, a command, or another program on the same number.
        Human => "human",
        /// The owner, on the phone.
        Phone => "phone",
        /// A campaign.
        Campaign => "campaign",
        /// MyChatFlow itself: the confirmation of an opt-out.
        System => "system",
    }
}

words! {
    /// How far a message got. The first eleven are of messages out, the last three of messages in.
    InteractionState {
        /// Written by the assistant, waiting for a human.
        Draft => "draft",
        /// Held by a check; a human decides.
        Held => "held",
        /// Durable, not yet being sent.
        Queued => "queued",
        /// The POST is on its way or its end is unknown yet.
        Sending => "sending",
        /// WAHA took it.
        Sent => "sent",
        /// It reached a device of the customer.
        Delivered => "delivered",
        /// The customer saw it.
        Read => "read",
        /// The customer heard it.
        Played => "played",
        /// WhatsApp or WAHA refused it.
        Failed => "failed",
        /// It may or may not have been sent; never sent again by itself.
        Unknown => "unknown",
        /// Taken back before it was sent.
        Cancelled => "cancelled",
        /// Stored as it came.
        Received => "received",
        /// Changed by its author later.
        Edited => "edited",
        /// Taken back by its author later.
        Revoked => "revoked",
    }
}

words! {
    /// What WhatsApp says about a message of ours.
    Ack {
        /// It was refused (−1).
        Error => "ERROR",
        /// Not yet with WhatsApp (0).
        Pending => "PENDING",
        /// With WhatsApp's servers (1).
        Server => "SERVER",
        /// On a device (2).
        Device => "DEVICE",
        /// Seen (3).
        Read => "READ",
        /// Heard (4).
        Played => "PLAYED",
    }
}

impl Ack {
    /// How much it tells: of several acks, in whatever order they came, the one with the highest rank holds. An error says more
    /// than that WhatsApp's servers took the message, and less than that it reached somebody.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Server => 1,
            Self::Error => 2,
            Self::Device => 3,
            Self::Read => 4,
            Self::Played => 5,
        }
    }
}

impl InteractionState {
    /// Is it a message of ours that WhatsApp took?
    #[must_use]
    pub const fn is_out(self) -> bool {
        matches!(self, Self::Sent | Self::Delivered | Self::Read | Self::Played)
    }

    /// The state after an ack, or `None` when the ack changes nothing.
    ///
    /// Acks only move forward, with two exceptions: an error turns `sending`, `sent` and `unknown` into `failed`
    /// (never `delivered` or later), and any positive ack resolves `unknown`. What failed and is on somebody's phone all the same
    /// did not fail: an ack of a device, or a later one, says so.
    #[must_use]
    pub fn after_ack(self, ack: Ack) -> Option<Self> {
        let next = match ack {
            Ack::Pending => return None,
            Ack::Error => match self {
                Self::Sending | Self::Sent | Self::Unknown => return Some(Self::Failed),
                _ => return None,
            },
            Ack::Server => Self::Sent,
            Ack::Device => Self::Delivered,
            Ack::Read => Self::Read,
            Ack::Played => Self::Played,
        };
        let rank = |state: Self| match state {
            Self::Sending | Self::Unknown => Some(0),
            Self::Sent | Self::Failed => Some(1),
            Self::Delivered => Some(2),
            Self::Read => Some(3),
            Self::Played => Some(4),
            _ => None,
        };
        (rank(self)? < rank(next)?).then_some(next)
    }
}

words! {
    /// What sort of message it is.
    ContentKind {
        /// Words.
        Text => "text",
        /// A picture.
        Image => "image",
        /// A film.
        Video => "video",
        /// A voice note or other sound.
        Audio => "audio",
        /// A file.
        Document => "document",
        /// A sticker.
        Sticker => "sticker",
        /// A place.
        Location => "location",
        /// A visiting card.
        Contact => "contact",
        /// A poll, or an answer to one.
        Poll => "poll",
        /// An order from the catalogue.
        Order => "order",
        /// A product of the catalogue.
        Product => "product",
        /// Not readable yet (`message.waiting`): WhatsApp will deliver it again.
        Waiting => "waiting",
        /// Anything else.
        Other => "other",
    }
}

impl ContentKind {
    /// What stands before the words of such a message, or in their place; empty for plain words.
    #[must_use]
    pub const fn placeholder(self) -> &'static str {
        match self {
            Self::Text => "",
            Self::Image => "[photo]",
            Self::Video => "[video]",
            Self::Audio => "[voice message]",
            Self::Document => "[document]",
            Self::Sticker => "[sticker]",
            Self::Location => "[location]",
            Self::Contact => "[contact card]",
            Self::Poll => "[poll]",
            Self::Order => "[order]",
            Self::Product => "[product]",
            Self::Waiting => "[not readable yet]",
            Self::Other => "[attachment]",
        }
    }

    /// Is it a file, with its words as a caption?
    #[must_use]
    pub const fn is_file(self) -> bool {
        matches!(self, Self::Image | Self::Video | Self::Audio | Self::Document | Self::Sticker)
    }

    /// Do the words say themselves, in brackets, what sort of message it is, as `[voice call]` and `[vote: Rye]` do?
    #[must_use]
    pub fn is_in_words(self, words: &str) -> bool {
        matches!(self, Self::Poll | Self::Other) && words.starts_with('[')
    }

    /// The words with what stands before them, each once.
    #[must_use]
    pub fn with_words(self, words: &str) -> Cow<'_, str> {
        match (self.placeholder(), words) {
            ("", words) => Cow::Borrowed(words),
            (placeholder, "") => Cow::Borrowed(placeholder),
            (_, words) if self.is_in_words(words) => Cow::Borrowed(words),
            (placeholder, words) => Cow::Owned(format!("{placeholder} {words}")),
        }
    }
}

/// What is known of a file that came with a message. The file itself stays with WAHA.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Its type, such as `image/jpeg`.
    #[serde(default, alias = "mimetype")]
    pub mime: Option<String>,
    /// Its name.
    #[serde(default, alias = "filename")]
    pub file_name: Option<String>,
    /// How large it is.
    #[serde(default)]
    pub size_bytes: Option<i64>,
    /// How long it plays.
    #[serde(default)]
    pub duration_s: Option<i64>,
}

/// The message that another one answers, as far as a reader of the answer needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    /// Who wrote it.
    pub author: Author,
    /// The beginning of its words.
    pub text: String,
}

/// What an answer of the model cost, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Read.
    #[serde(default)]
    pub prompt: i64,
    /// Of those, read before.
    #[serde(default)]
    pub cached: i64,
    /// Written.
    #[serde(default)]
    pub output: i64,
    /// Thought.
    #[serde(default)]
    pub thoughts: i64,
}

/// One message, in or out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interaction {
    /// Its id.
    pub id: InteractionId,
    /// The thread it is in.
    pub chat: ChatId,
    /// Which way it went.
    pub direction: Direction,
    /// Who wrote it.
    pub author: Author,
    /// How far it got.
    pub state: InteractionState,
    /// What sort of message it is.
    pub kind: ContentKind,
    /// The words, or the caption.
    pub text: String,
    /// When it was written, by WhatsApp's clock for messages in, by ours for messages out.
    pub at: Timestamp,
    /// WAHA's full id, `true_4915…@c.us_3EB0…`.
    pub wa_id: Option<String>,
    /// Where it went or came from.
    pub address: Address,
    /// Why it is in its state.
    pub reason: Option<String>,
    /// The sender's own id of the send.
    pub client_ref: Option<ClientRef>,
    /// The bare WhatsApp id of the message it answers.
    pub reply_to: Option<String>,
    /// The name of its author inside a group.
    pub author_name: Option<String>,
    /// The last reaction to it.
    pub reaction: Option<String>,
    /// Which version of the model wrote it.
    pub model: Option<String>,
    /// How long the model took, in milliseconds.
    pub latency_ms: Option<i64>,
    /// Its first words, where they were edited or taken back later.
    pub original: Option<String>,
    /// The file that came with it.
    pub media: Option<Media>,
    /// What the model's answer cost.
    pub tokens: Option<Tokens>,
    /// The message that it answers, where that is in the store.
    pub quoted: Option<Quoted>,
    /// Is it a customer's message that nobody has answered yet?
    pub unanswered: bool,
}

impl Interaction {
    /// A text that is to go out, and waits for its turn.
    #[must_use]
    pub fn outgoing(chat: ChatId, address: Address, author: Author, text: String, at: Timestamp) -> Self {
        let direction = Direction::Out;
        Self { direction, author, state: InteractionState::Queued, ..Self::received(chat, address, text, at) }
    }

    /// A text that a customer wrote.
    #[must_use]
    pub fn received(chat: ChatId, address: Address, text: String, at: Timestamp) -> Self {
        Self {
            id: InteractionId::new(),
            chat,
            direction: Direction::In,
            author: Author::Customer,
            state: InteractionState::Received,
            kind: ContentKind::Text,
            text,
            at,
            wa_id: None,
            address,
            reason: None,
            client_ref: None,
            reply_to: None,
            author_name: None,
            reaction: None,
            model: None,
            latency_ms: None,
            original: None,
            media: None,
            tokens: None,
            quoted: None,
            unanswered: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_and_words_are_told_once() {
        for (kind, words, told) in [
            (ContentKind::Text, "hi", "hi"),
            (ContentKind::Text, "", ""),
            (ContentKind::Text, "[hi]", "[hi]"),
            (ContentKind::Image, "", "[photo]"),
            (ContentKind::Image, "[sic] how much?", "[photo] [sic] how much?"),
            (ContentKind::Poll, "Which?: a · b", "[poll] Which?: a · b"),
            (ContentKind::Poll, "[vote: a]", "[vote: a]"),
            (ContentKind::Other, "[voice call]", "[voice call]"),
            (ContentKind::Other, "words", "[attachment] words"),
            (ContentKind::Other, "", "[attachment]"),
        ] {
            assert_eq!(kind.with_words(words), told, "{kind} {words:?}");
        }
    }

    #[test]
    fn acks_only_move_forward() {
        use InteractionState::*;
        for (state, ack, after) in [
            (Sending, Ack::Server, Some(Sent)),
            (Sent, Ack::Read, Some(Read)),
            (Read, Ack::Device, None),
            (Read, Ack::Error, None),
            (Delivered, Ack::Error, None),
            (Sent, Ack::Error, Some(Failed)),
            (Unknown, Ack::Error, Some(Failed)),
            (Unknown, Ack::Device, Some(Delivered)),
            (Failed, Ack::Server, None),
            (Failed, Ack::Device, Some(Delivered)),
            (Failed, Ack::Read, Some(Read)),
            (Failed, Ack::Played, Some(Played)),
            (Failed, Ack::Error, None),
            (Cancelled, Ack::Server, None),
            (Received, Ack::Read, None),
        ] {
            assert_eq!(state.after_ack(ack), after, "{state} {ack}");
        }
    }
}
