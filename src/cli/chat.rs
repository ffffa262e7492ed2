//! `chat …`: what may be typed.

use clap::{Args, Subcommand};
use mychatflow_data::ids::{ClientRef, InteractionId, NoteId};
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::protocol::calls::chat::ListOrder;
use mychatflow_data::protocol::span::Span;

use super::{Limit, words};

/// A chat.
#[derive(Debug, Args)]
pub struct ChatArg {
    /// The chat: id, phone number, or a name that fits one chat
    pub chat: String,
    /// On which of our numbers, where the person wrote to several
    #[arg(long, value_name = "NAME")]
    pub instance: Option<String>,
}

impl ChatVerb {
    /// `chat list --state needs_you`
    pub const fn waiting() -> Self {
        let limit = Limit { limit: None };
        Self::List { state: Some(ChatState::NeedsYou), instance: None, find: None, order: None, limit }
    }
}

/// `chat …`
#[derive(Debug, Subcommand)]
pub enum ChatVerb {
    /// List the chats
    List {
        /// Only those in this state
        #[arg(long, value_parser = words(ChatState::ALL, ChatState::word))]
        state: Option<ChatState>,
        /// Only those on this number
        #[arg(long, value_name = "NAME")]
        instance: Option<String>,
        /// Only those with this in their name or phone number
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        find: Option<String>,
        /// newest: who wrote last; oldest: whose customer has waited longest, as with --state needs_you
        #[arg(long, value_parser = words(ListOrder::ALL, ListOrder::word))]
        order: Option<ListOrder>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show the messages, with what was written down about the chat
    Show {
        #[command(flatten)]
        chat: ChatArg,
        /// Those around this message
        #[arg(long, value_name = "ID")]
        around: Option<InteractionId>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Write to a customer; the assistant falls silent in this chat for a while. A number that never wrote works too: that asks first
    Send {
        #[command(flatten)]
        chat: ChatArg,
        /// The words; - reads them from stdin
        #[arg(required_unless_present = "quick_reply", allow_hyphen_values = true)]
        text: Option<String>,
        /// The words are those of this quick reply, filled in for the customer or as given
        #[arg(long, value_name = "LABEL", allow_hyphen_values = true)]
        quick_reply: Option<String>,
        /// Come back when it was sent, at the latest after this
        #[arg(long, value_name = "SPAN")]
        wait: Option<Span>,
        /// An id of your own for this send
        #[arg(long, value_name = "UUID")]
        client_ref: Option<ClientRef>,
        /// The words are those of `chat draft`: forget them there
        #[arg(long)]
        clear_draft: bool,
        /// Do not ask before the first message to somebody who never wrote, also where WhatsApp wants no new chats now
        #[arg(long)]
        yes: bool,
    },
    /// Send the draft, the held answer or the countdown now
    Approve {
        #[command(flatten)]
        chat: ChatArg,
        /// Which message, where several wait
        #[arg(long)]
        id: Option<InteractionId>,
    },
    /// Give the draft other words; a countdown stops
    Edit {
        #[command(flatten)]
        chat: ChatArg,
        /// The words; - reads them from stdin
        #[arg(allow_hyphen_values = true)]
        text: String,
        /// Which message, where several wait
        #[arg(long)]
        id: Option<InteractionId>,
        /// Send it
        #[arg(long)]
        send: bool,
    },
    /// Throw away what waits to be sent
    Cancel {
        #[command(flatten)]
        chat: ChatArg,
        /// Which message, where several wait
        #[arg(long)]
        id: Option<InteractionId>,
    },
    /// Silence the assistant here; works for a number that never wrote
    Pause {
        #[command(flatten)]
        chat: ChatArg,
        /// How long, such as 12h
        #[arg(long = "for", value_name = "SPAN")]
        span: Option<Span>,
    },
    /// Let the assistant answer again: ends pause, hand-off and snooze
    Resume(ChatArg),
    /// Close it until the next message
    Done(ChatArg),
    /// Put it away for a while, or until the next message
    Snooze {
        #[command(flatten)]
        chat: ChatArg,
        /// How long, such as 2h
        #[arg(long = "for", value_name = "SPAN", default_value = "4h")]
        span: Span,
    },
    /// Say that it was read
    Read(ChatArg),
    /// Show what was begun to be written, or keep words for later
    Draft {
        #[command(flatten)]
        chat: ChatArg,
        /// The words; - reads them from stdin, an empty text forgets them
        #[arg(allow_hyphen_values = true)]
        text: Option<String>,
    },
    /// Write something down about it; neither the customer nor the assistant reads it
    Note {
        #[command(flatten)]
        chat: ChatArg,
        /// The words; - reads them from stdin
        #[arg(allow_hyphen_values = true)]
        text: String,
    },
    /// Take away what was written down
    Unnote {
        #[command(flatten)]
        chat: ChatArg,
        /// The note's id
        id: NoteId,
    },
    /// Find messages by their words
    Search {
        /// The words; the last one may be a beginning, "several as they stand", -absent
        #[arg(allow_hyphen_values = true)]
        text: String,
        /// Only in this chat
        #[arg(long, value_name = "CHAT")]
        chat: Option<String>,
        /// Only on this number
        #[arg(long, value_name = "NAME")]
        instance: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
}
