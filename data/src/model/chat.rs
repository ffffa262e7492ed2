//! A chat: a contact's thread on one of our numbers.

use super::contact::Review;
use super::interaction::{Author, InteractionState};
use super::words;
use crate::ids::{ChatId, ContactId, InstanceId};
use crate::phone::{Address, Phone};
use crate::time::Timestamp;

words! {
    /// Whose turn it is.
    ChatState {
        /// An answer job or a countdown lives.
        Assistant => "assistant",
        /// The last word is ours.
        Waiting => "waiting",
        /// The customer's word is last and nothing will answer.
        NeedsYou => "needs_you",
        /// Put away until a time or the next inbound.
        Snoozed => "snoozed",
        /// Closed until the next inbound.
        Done => "done",
    }
}

words! {
    /// What the assistant does with an answer.
    Mode {
        /// Nothing.
        Off => "off",
        /// Writes it and waits for a human.
        Draft => "draft",
        /// Sends it after a while unless somebody objects.
        Countdown => "countdown",
        /// Sends it.
        Auto => "auto",
    }
}

words! {
    /// What sort of thread it is. Only direct ones are answered.
    ChatKind {
        /// One person.
        Direct => "direct",
        /// A group; stored when `chats.groups` says so, never answered.
        Group => "group",
        /// What is left of messages to people who were erased. No list shows it.
        Erased => "erased",
    }
}

/// A contact's thread on an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chat {
    /// Its id.
    pub id: ChatId,
    /// The number it is on.
    pub instance: InstanceId,
    /// The person; `None` in a group.
    pub contact: Option<ContactId>,
    /// One person or a group.
    pub kind: ChatKind,
    /// Where an answer goes: the address that wrote last.
    pub address: Address,
    /// The best name we have, cleaned.
    pub name: Option<String>,
    /// The person's phone number, once known.
    pub phone: Option<Phone>,
    /// Whose turn it is.
    pub state: ChatState,
    /// Why, in words for people.
    pub reason: Option<String>,
    /// The chat's own mode; `None` inherits.
    pub mode: Option<Mode>,
    /// Until when the assistant is silent here.
    pub paused_until: Option<Timestamp>,
    /// Until when the chat is put away.
    pub snoozed_until: Option<Timestamp>,
    /// Since when a human was asked for; the assistant is silent until `resume` or `done`.
    pub handoff_at: Option<Timestamp>,
    /// Messages of the customer that nobody has read.
    pub unread: i64,
    /// Counts every message, edit and human's answer; a send compares it.
    pub revision: i64,
    /// When the last message came or went.
    pub last_at: Option<Timestamp>,
    /// When the customer's last message came.
    pub last_in_at: Option<Timestamp>,
    /// The beginning of the last message.
    pub preview: Option<String>,
    /// Who wrote the last message that was sent or came.
    pub last_author: Option<Author>,
    /// How far that message got.
    pub last_state: Option<InteractionState>,
    /// Since when the customer waits for us.
    pub waiting_since: Option<Timestamp>,
    /// The person's tags.
    pub tags: Vec<String>,
    /// What the owner said about the person; `None` in a group.
    pub review: Option<Review>,
    /// When the person asked not to be written to.
    pub opted_out_at: Option<Timestamp>,
}
