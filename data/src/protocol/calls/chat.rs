//! `chat.*`: reading, writing and steering threads.

use serde::{Deserialize, Serialize};

use crate::ids::{ChatId, ClientRef, ContactId, InstanceId, InteractionId, NoteId};
use crate::model::chat::{Chat, ChatKind, ChatState, Mode};
use crate::model::contact::Review;
use crate::model::interaction::{Author, ContentKind, Direction, Interaction, InteractionState, Media, Quoted, Tokens};
use crate::model::note::Note;
use crate::model::words;
use crate::phone::Phone;
use crate::protocol::flag::flag;
use crate::protocol::name::{ChatName, Cursor, InstanceName, QuickReplyName, TenantName};
use crate::protocol::span::Span;
use crate::time::Timestamp;

words! {
    /// Which chats come first.
    #[derive(Default)]
    ListOrder {
        /// Those in which somebody wrote last.
        #[default]
        Newest => "newest",
        /// Those whose customer has waited longest; chats in which nobody waits come after them, newest first.
        Oldest => "oldest",
    }
}

impl ListOrder {
    const fn is_default(&self) -> bool {
        matches!(self, Self::Newest)
    }
}

/// `chat list [--find TEXT] [--order newest|oldest]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatList {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Only those in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ChatState>,
    /// Only those on this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// Only those with this in their name, title or phone number, letter case apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub find: Option<String>,
    /// Which come first.
    #[serde(default, skip_serializing_if = "ListOrder::is_default")]
    pub order: ListOrder,
    /// How many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
}

/// `chat show CHAT [--around ID]`: a part of the thread, oldest first.
///
/// Without a place it is the newest part, with `around` the part that has this message in its middle. From there it
/// goes on in both directions: `after` takes a reply's `next` and gives what is older, `before` takes a reply's
/// `newer` and gives what is newer. One of the three at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatShow {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub chat: ChatName,
    /// On which number, where the person wrote to several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// How many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The cursor `next` of another part: what is older than it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
    /// The cursor `newer` of another part: what is newer than it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Cursor>,
    /// The message in the middle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub around: Option<InteractionId>,
}

flag! {
    /// What becomes of the composer's draft when a message is sent.
    ClearDraft {
        /// It stays.
        Keep,
        /// It is forgotten, in the same transaction.
        Clear
    }
}

flag! {
    /// Whether somebody knows that a new chat may cost the number its standing.
    NewChatConsent {
        /// Then nothing is sent, and the refusal says why.
        Missing,
        /// It is sent all the same.
        Given
    }
}

/// `chat send CHAT TEXT [--wait 30s]`: a human's message; the assistant falls silent for a while.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatSend {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub chat: ChatName,
    /// On which number, where the person wrote to several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// The words.
    pub text: String,
    /// Answer only when it was sent, at the latest after this; absent: as soon as it is durable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Span>,
    /// The sender's own id of the send; absent: the daemon makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ref: Option<ClientRef>,
    /// The words came from the composer: forget its draft.
    #[serde(default, skip_serializing_if = "ClearDraft::is_default")]
    pub clear_draft: ClearDraft,
    /// The words are those of this quick reply, edited or not: it counts as used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quick_reply: Option<QuickReplyName>,
    /// Send though WhatsApp lets the number start no new chats now?
    #[serde(default, skip_serializing_if = "NewChatConsent::is_default")]
    pub yes: NewChatConsent,
}

/// `chat approve CHAT [--id ID]`: sends the draft, the held answer or the countdown now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatApprove {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub chat: ChatName,
    /// On which number, where the person wrote to several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// Which message; absent: the one that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<InteractionId>,
}

flag! {
    /// What follows an edit.
    AfterEdit {
        /// It stays a draft.
        Keep,
        /// It is sent.
        Send
    }
}

/// `chat edit CHAT TEXT [--id ID] [--send]`: other words for the draft; a countdown stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatEdit {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub chat: ChatName,
    /// On which number, where the person wrote to several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// The new words.
    pub text: String,
    /// Which message; absent: the one that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<InteractionId>,
    /// `--send`
    #[serde(default)]
    pub send: AfterEdit,
}

/// `chat cancel CHAT [--id ID]`: throws away what waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatCancel {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub chat: ChatName,
    /// On which number, where the person wrote to several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// Which message; absent: the one that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<InteractionId>,
}

/// `chat pause CHAT [--for 12h]`: the assistant is silent here. Works for a number that never wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatPause {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub chat: ChatName,
    /// On which number, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// How long; absent: as long as after a human's message.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

/// `chat resume CHAT`: ends pause, hand-off and snooze.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatResume {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub chat: ChatName,
    /// On which number, where the person wrote to several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
}

/// `chat done CHAT`: closed until the next message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatDone {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub chat: ChatName,
    /// On which number, where the person wrote to several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
}

/// `chat snooze CHAT --for 2h`: put away until then or the next message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatSnooze {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub chat: ChatName,
    /// On which number, where the person wrote to several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// How long.
    #[serde(rename = "for")]
    pub span: Span,
}

/// `chat read CHAT`: somebody has read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatRead {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub chat: ChatName,
    /// On which number, where the person wrote to several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
}

/// `chat draft CHAT [TEXT]`: the words in the chat's composer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatCompose {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub chat: ChatName,
    /// On which number, where the person wrote to several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// Keep these words; empty: forget them; absent: only read them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What is in a chat's composer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatDraft {
    /// The chat.
    pub chat: ChatId,
    /// The words; empty when there are none.
    pub text: String,
    /// Since when; `null` when there are none.
    pub updated_at: Option<Timestamp>,
}

/// `chat note CHAT TEXT`: words about the chat for other humans. Neither the customer nor the model reads them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatNote {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub chat: ChatName,
    /// On which number, where the person wrote to several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// The words.
    pub text: String,
}

/// `chat unnote CHAT ID`: takes a note away; the reply is what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatUnnote {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub chat: ChatName,
    /// On which number, where the person wrote to several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// The note.
    pub id: NoteId,
}

/// What a human wrote down about a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteDocument {
    /// Its id.
    pub id: NoteId,
    /// The chat it is about.
    pub chat: ChatId,
    /// When it was written.
    pub at: Timestamp,
    /// The account that wrote it.
    pub author: String,
    /// The words.
    pub text: String,
}

impl From<Note> for NoteDocument {
    fn from(note: Note) -> Self {
        Self { id: note.id, chat: note.chat, at: note.at, author: note.author, text: note.text }
    }
}

/// A chat in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatSummary {
    /// Its id.
    pub id: ChatId,
    /// The best name we have.
    pub name: Option<String>,
    /// The person's phone number, once known.
    pub phone: Option<Phone>,
    /// Whose turn it is.
    pub state: ChatState,
    /// Why.
    pub reason: Option<String>,
    /// The mode in effect, inherited or its own.
    pub mode: Mode,
    /// Until when the assistant is silent here.
    pub paused_until: Option<Timestamp>,
    /// Messages that nobody has read.
    pub unread: i64,
    /// When the last message came or went.
    pub last_at: Option<Timestamp>,
    /// The number it is on.
    pub instance: InstanceId,
    /// The person; `null` in a group.
    pub contact: Option<ContactId>,
    /// One person or a group.
    pub kind: ChatKind,
    /// The mode that was set here; `null` inherits.
    pub mode_set: Option<Mode>,
    /// Until when the chat is put away.
    pub snoozed_until: Option<Timestamp>,
    /// Since when a human was asked for.
    pub handoff_at: Option<Timestamp>,
    /// The beginning of the last message.
    pub preview: Option<String>,
    /// Who wrote the last message that was sent or came.
    #[serde(default)]
    pub last_author: Option<Author>,
    /// How far that message got.
    #[serde(default)]
    pub last_state: Option<InteractionState>,
    /// Since when the customer waits: the first of their messages after our last one and after the last `done`. `null`
    /// when the last word is ours, and in groups.
    #[serde(default)]
    pub waiting_since: Option<Timestamp>,
    /// When the assistant's answer goes out by itself, while its countdown runs.
    #[serde(default)]
    pub sends_at: Option<Timestamp>,
    /// The person's tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What the owner said about the person; `null` in a group.
    #[serde(default)]
    pub review: Option<Review>,
    /// When the person asked not to be written to.
    #[serde(default)]
    pub opted_out_at: Option<Timestamp>,
}

impl ChatSummary {
    /// The document of a chat in which `mode` is in effect.
    #[must_use]
    pub fn new(chat: Chat, mode: Mode) -> Self {
        Self {
            id: chat.id,
            name: chat.name,
            phone: chat.phone,
            state: chat.state,
            reason: chat.reason,
            mode,
            paused_until: chat.paused_until,
            unread: chat.unread,
            last_at: chat.last_at,
            instance: chat.instance,
            contact: chat.contact,
            kind: chat.kind,
            mode_set: chat.mode,
            snoozed_until: chat.snoozed_until,
            handoff_at: chat.handoff_at,
            preview: chat.preview,
            last_author: chat.last_author,
            last_state: chat.last_state,
            waiting_since: chat.waiting_since,
            sends_at: None,
            tags: chat.tags,
            review: chat.review,
            opted_out_at: chat.opted_out_at,
        }
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InteractionDocument {
    /// Its id.
    pub id: InteractionId,
    /// When it was written.
    pub at: Timestamp,
    /// Which way it went.
    pub direction: Direction,
    /// Who wrote it.
    pub author: Author,
    /// How far it got.
    pub state: InteractionState,
    /// The words, or the caption.
    pub text: String,
    /// WAHA's full id.
    pub wa_id: Option<String>,
    /// Why it is in its state.
    pub reason: Option<String>,
    /// The chat it is in.
    pub chat: ChatId,
    /// What sort of message it is.
    pub kind: ContentKind,
    /// The sender's own id of the send.
    pub client_ref: Option<ClientRef>,
    /// The bare WhatsApp id of the message it answers.
    pub reply_to: Option<String>,
    /// The name of its author inside a group.
    pub author_name: Option<String>,
    /// The last reaction to it.
    pub reaction: Option<String>,
    /// Which model wrote it.
    pub model: Option<String>,
    /// How long the model took.
    pub latency_ms: Option<i64>,
    /// When a countdown sends it.
    pub sends_at: Option<Timestamp>,
    /// The message that it answers, where that is in the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Quoted>,
    /// Its first words, where they were edited or taken back later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// The file that came with it. The file itself stays with WAHA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<MediaDocument>,
    /// What the model's answer cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// Is it a customer's message that nobody has answered yet? Left out where it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unanswered: bool,
}

/// What is known of a file that came with a message.
pub type MediaDocument = Media;

impl From<Interaction> for InteractionDocument {
    fn from(interaction: Interaction) -> Self {
        Self {
            id: interaction.id,
            at: interaction.at,
            direction: interaction.direction,
            author: interaction.author,
            state: interaction.state,
            text: interaction.text,
            wa_id: interaction.wa_id,
            reason: interaction.reason,
            chat: interaction.chat,
            kind: interaction.kind,
            client_ref: interaction.client_ref,
            reply_to: interaction.reply_to,
            author_name: interaction.author_name,
            reaction: interaction.reaction,
            model: interaction.model,
            latency_ms: interaction.latency_ms,
            sends_at: None,
            quoted: interaction.quoted,
            original: interaction.original,
            media: interaction.media,
            tokens: interaction.tokens,
            unanswered: interaction.unanswered,
        }
    }
}

/// A part of a thread, oldest first, with the chat it is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatShown {
    /// The messages.
    pub items: Vec<InteractionDocument>,
    /// Where the older ones go on (the parameter `after`); `null` at the beginning of the thread.
    pub next: Option<Cursor>,
    /// Where the newer ones go on (the parameter `before`); `null` at the end of the thread.
    #[serde(default)]
    pub newer: Option<Cursor>,
    /// The chat.
    pub chat: ChatSummary,
    /// The words in its composer.
    #[serde(default)]
    pub draft: Option<String>,
    /// What humans wrote down about it, oldest first.
    #[serde(default)]
    pub notes: Vec<NoteDocument>,
}

/// A message of ours, as far as it got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatSent {
    /// Its id.
    pub id: InteractionId,
    /// How far it got.
    pub state: InteractionState,
    /// WAHA's full id, once known.
    pub wa_id: Option<String>,
    /// The sender's own id of the send.
    pub client_ref: Option<ClientRef>,
    /// The chat it is in.
    pub chat: ChatId,
    /// Why it is in its state.
    pub reason: Option<String>,
}

impl From<Interaction> for ChatSent {
    fn from(interaction: Interaction) -> Self {
        Self {
            id: interaction.id,
            state: interaction.state,
            wa_id: interaction.wa_id,
            client_ref: interaction.client_ref,
            chat: interaction.chat,
            reason: interaction.reason,
        }
    }
}
