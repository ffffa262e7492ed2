//! A delivery: what one POST of WAHA to the webhook says, in our words.

use super::instance::{InstanceStatus, Me};
use super::interaction::{Ack, ContentKind};
use crate::phone::Address;
use crate::time::Timestamp;

/// One POST of WAHA, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The envelope's id. `message` and `message.any` of one message share it, so it is not a key for those.
    pub envelope_id: String,
    /// The session that WAHA says it is about.
    pub session: String,
    /// When WAHA wrote the envelope.
    pub at: Timestamp,
    /// The paired account, where the envelope tells it.
    pub me: Option<Me>,
    /// `NOWEB`, `GOWS`, `WEBJS`, where the envelope tells it.
    pub engine: Option<String>,
    /// WAHA's version, where the envelope tells it.
    pub version: Option<String>,
    /// What happened.
    pub event: DeliveryEvent,
}

/// The kind of a delivery that is posted to the daemon to try its own address, by itself or by `doctor`: it tells nothing of WAHA.
pub const SELF_POSTED_KIND: &str = "mychatflow.probe";
/// How a message begins that a number sends to itself to see whether deliveries come. Only to its own address it means that.
pub const PROBE_MARK: &str = "MyChatFlow test message";

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum DeliveryEvent {
    /// `message` or `message.any`.
    Message(MessageEvent),
    /// `message.ack` or `message.ack.group`.
    Ack(AckEvent),
    /// `message.reaction`.
    Reaction(ReactionEvent),
    /// `message.edited`.
    Edited(EditedEvent),
    /// `message.revoked`.
    Revoked(RevokedEvent),
    /// `message.waiting`: a message that WhatsApp could not decrypt yet. Same fields as a message.
    Waiting(MessageEvent),
    /// `session.status`.
    SessionStatus(StatusEvent),
    /// `presence.update`.
    Presence(PresenceEvent),
    /// `call.received`, `call.accepted`, `call.rejected`.
    Call(CallEvent),
    /// `poll.vote`, `poll.vote.failed`.
    PollVote(PollVoteEvent),
    /// A kind that we do not know: answered 200 and counted.
    Unknown {
        /// WAHA's name of it.
        kind: String,
    },
}

/// Who made an own message, as WAHA sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Typed on a phone or in WhatsApp Web.
    App,
    /// Sent through WAHA's API.
    Api,
    /// WAHA does not say.
    Unknown,
}

/// A file that belongs to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// Where WAHA keeps it, for 180 s by default. The host in it is often wrong.
    pub url: Option<String>,
    /// Its MIME type.
    pub mimetype: Option<String>,
    /// Its name.
    pub filename: Option<String>,
    /// Why WAHA could not fetch it.
    pub error: Option<String>,
}

/// Who deals with what a message says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Handling {
    /// The assistant may answer it.
    #[default]
    Answer,
    /// Only a human can. Why, in the words that the chat shows.
    Human(&'static str),
    /// Nobody: it is no message, but a leftover of WhatsApp's protocol. Which.
    Leftover(&'static str),
}

/// A message, from a customer or from us.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageEvent {
    /// WAHA's full id, `{true|false}_{chat}_{bare}[_{participant}]`.
    pub wa_id: String,
    /// The stable part of the id.
    pub bare_id: String,
    /// Was it written on our side?
    pub from_me: bool,
    /// By whom on our side.
    pub source: Source,
    /// The chat: the second part of the id.
    pub chat: Address,
    /// The same person's other address (phone number for a LID, or the other way), where the engine tells it.
    pub alternate: Option<Address>,
    /// Who wrote it inside a group or broadcast.
    pub participant: Option<Address>,
    /// The name that the author shows. Not cleaned yet.
    pub push_name: Option<String>,
    /// When it was written, by WhatsApp's clock.
    pub at: Timestamp,
    /// What sort of message it is.
    pub kind: ContentKind,
    /// Who deals with it.
    pub handling: Handling,
    /// The words or the caption; `None` where there are none.
    pub text: Option<String>,
    /// The file.
    pub media: Option<Media>,
    /// The bare id of the message it answers.
    pub reply_to: Option<String>,
    /// How far an own message got already.
    pub ack: Option<Ack>,
}

/// How far a message of ours got.
#[derive(Debug, Clone, PartialEq)]
pub struct AckEvent {
    /// The stable part of the id.
    pub bare_id: String,
    /// Was it written on our side? Acks of others' messages change nothing.
    pub from_me: bool,
    /// Which member of a group acknowledged.
    pub participant: Option<Address>,
    /// How far.
    pub ack: Ack,
}

/// A reaction to a message, or its removal.
#[derive(Debug, Clone, PartialEq)]
pub struct ReactionEvent {
    /// The stable part of the reaction's own id.
    pub bare_id: String,
    /// Did we react?
    pub from_me: bool,
    /// The stable part of the id of the message reacted to.
    pub target_bare_id: String,
    /// The emoji; empty when it was taken back.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// A message whose words were changed.
#[derive(Debug, Clone, PartialEq)]
pub struct EditedEvent {
    /// The stable part of the edit's own id.
    pub bare_id: String,
    /// Was it changed on our side?
    pub from_me: bool,
    /// The stable part of the id of the message that was changed.
    pub target_bare_id: String,
    /// The new words.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// The message as it stands since, at the time of the edit; `None` where the edit does not tell enough of it. It is
    /// stored where the message itself never came.
    pub message: Option<Box<MessageEvent>>,
}

/// A message that was taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct RevokedEvent {
    /// The stable part of the id of the message that was taken back.
    pub target_bare_id: String,
    /// Was it taken back on our side? `None` where WAHA does not say.
    pub from_me: Option<bool>,
    /// When.
    pub at: Timestamp,
}

/// A hint that a session's status changed. The server is asked before it is believed.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusEvent {
    /// WAHA's word.
    pub status: InstanceStatus,
    /// `payload.data` as it came (passkey options and the like), as JSON text.
    pub data: Option<String>,
}

/// What a customer is doing right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Typing or recording: wait for them.
    Typing,
    /// Anything else: they stopped.
    Idle,
}

/// Somebody types, or stops.
#[derive(Debug, Clone, PartialEq)]
pub struct PresenceEvent {
    /// The chat.
    pub chat: Address,
    /// What they do.
    pub presence: Presence,
}

/// Somebody called; WhatsApp lets nobody answer by API.
#[derive(Debug, Clone, PartialEq)]
pub struct CallEvent {
    /// The call's id.
    pub id: String,
    /// Who called.
    pub from: Option<Address>,
    /// With a camera?
    pub kind: CallKind,
    /// When.
    pub at: Timestamp,
}

/// What sort of call it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// Sound only.
    Voice,
    /// With a camera.
    Video,
}

/// Somebody voted in a poll.
#[derive(Debug, Clone, PartialEq)]
pub struct PollVoteEvent {
    /// The stable part of the vote's own id.
    pub bare_id: String,
    /// The chat.
    pub chat: Option<Address>,
    /// The stable part of the id of the poll.
    pub poll: Option<String>,
    /// What was chosen.
    pub options: Vec<String>,
    /// When.
    pub at: Timestamp,
}
