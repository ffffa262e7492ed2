//! What happened (`Msg`), what came of a question (`Answer`), and what is to be done (`Effect`).

use std::sync::Arc;

use mychatflow_data::client::{Client, ClientError};
use mychatflow_data::encoding::Encoding;
use mychatflow_data::ids::RunId;
use mychatflow_data::protocol::Call;
use mychatflow_data::protocol::calls::ask::Ask;
use mychatflow_data::protocol::calls::campaign::{
    CampaignAttach, CampaignCancel, CampaignClone, CampaignCreate, CampaignEdit, CampaignExtend, CampaignLaunch,
    CampaignList, CampaignPause, CampaignPreflight, CampaignPreview, CampaignRemove, CampaignReport, CampaignResume,
    CampaignSeries, CampaignShow, CampaignTest,
};
use mychatflow_data::protocol::calls::chat::{
    ChatApprove, ChatCancel, ChatCompose, ChatDone, ChatEdit, ChatList, ChatNote, ChatPause, ChatRead, ChatResume,
    ChatSend, ChatShow, ChatSnooze, ChatUnnote,
};
use mychatflow_data::protocol::calls::contact::{
    ContactAdd, ContactEdit, ContactErase, ContactExport, ContactImport, ContactList, ContactMerge, ContactOptout,
    ContactShow, ContactSuppressions, ContactTag, ContactUnmerge,
};
use mychatflow_data::protocol::calls::credit::{CreditAudit, CreditGrant, CreditLedger, CreditShow};
use mychatflow_data::protocol::calls::daemon::DaemonStatus;
use mychatflow_data::protocol::calls::instance::{
    InstanceAdd, InstanceList, InstanceLogout, InstancePair, InstanceQr, InstanceRemove, InstanceRestart, InstanceShow,
};
use mychatflow_data::protocol::calls::overview::OverviewShow;
use mychatflow_data::protocol::calls::queue::{QueueDrop, QueueHold, QueueList, QueueRelease, QueueRetry, QueueShow};
use mychatflow_data::protocol::calls::quick_reply::{
    QuickReplyAdd, QuickReplyEdit, QuickReplyExport, QuickReplyImport, QuickReplyList, QuickReplyRemove,
    QuickReplyRender,
};
use mychatflow_data::protocol::calls::search::ChatSearch;
use mychatflow_data::protocol::calls::segment::{SegmentAdd, SegmentList, SegmentRemove};
use mychatflow_data::protocol::calls::settings::{SettingsSet, SettingsShow};
use mychatflow_data::protocol::calls::stats::Stats;
use mychatflow_data::protocol::calls::tenant::TenantList;
use mychatflow_data::protocol::calls::why::Why;
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::event::Event;
use mychatflow_data::time::Timestamp;

use crate::export::{ExportError, ExportOrder};
use crate::key::Key;
use crate::notify::Notification;
use crate::piece::Piece;
use crate::probe::PixelSupport;
use crate::state::prefs::Prefs;

/// Why a question has no good answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// For programs; `None` when the connection was at fault.
    pub code: Option<Code>,
    /// For people, with what to do next where that is known.
    pub text: String,
}

impl From<ClientError> for Refusal {
    fn from(error: ClientError) -> Self {
        Self { code: error.code(), text: error.to_string() }
    }
}

macro_rules! questions {
    ($($call:ident)+) => {
        /// A call to be made.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Question {
            $(#[doc = concat!("`", stringify!($call), "`")] $call($call),)+
        }

        /// A call with what came of it, so that a late answer is seen for what it is.
        #[derive(Debug)]
        pub enum Answer {
            $(#[doc = concat!("`", stringify!($call), "`")] $call($call, Result<<$call as Call>::Reply, Refusal>),)+
        }

        $(impl From<$call> for Question {
            fn from(call: $call) -> Self {
                Self::$call(call)
            }
        })+

        impl Question {
            /// Makes the call.
            pub async fn put(self, client: &Client) -> Answer {
                match self {
                    $(Self::$call(call) => {
                        let reply = client.call(&call).await.map_err(Refusal::from);
                        Answer::$call(call, reply)
                    })+
                }
            }

            /// The answer that a reply in JSON makes; for playing back what a daemon said.
            ///
            /// # Errors
            /// When the JSON is no reply to this question.
            pub fn played(self, reply: Result<serde_json::Value, Refusal>) -> serde_json::Result<Answer> {
                Ok(match self {
                    $(Self::$call(call) => {
                        let reply = match reply {
                            Ok(value) => Ok(serde_json::from_value::<<$call as Call>::Reply>(value)?),
                            Err(refusal) => Err(refusal),
                        };
                        Answer::$call(call, reply)
                    })+
                })
            }

            /// The call's name.
            #[must_use]
            pub const fn method(&self) -> &'static str {
                match self {
                    $(Self::$call(..) => <$call as Call>::NAME,)+
                }
            }

            /// The call's parameters.
            ///
            /// # Errors
            /// When they can't be written as JSON.
            pub fn params(&self) -> serde_json::Result<serde_json::Value> {
                match self {
                    $(Self::$call(call) => serde_json::to_value(call),)+
                }
            }

            /// The answer when nobody is there to ask.
            #[must_use]
            pub fn refused(self, refusal: Refusal) -> Answer {
                match self {
                    $(Self::$call(call) => Answer::$call(call, Err(refusal)),)+
                }
            }
        }

        impl Answer {
            /// The call's name.
            #[must_use]
            pub const fn method(&self) -> &'static str {
                match self {
                    $(Self::$call(..) => <$call as Call>::NAME,)+
                }
            }

            /// Is it the answer to this question?
            #[must_use]
            pub fn is_to(&self, question: &Question) -> bool {
                match (self, question) {
                    $((Self::$call(asked, _), Question::$call(question)) => asked == question,)+
                    _ => false,
                }
            }

            /// Why it was refused.
            #[must_use]
            pub fn refusal(&self) -> Option<&Refusal> {
                match self {
                    $(Self::$call(_, reply) => reply.as_ref().err(),)+
                }
            }
        }
    };
}

questions! {
    TenantList DaemonStatus Stats
    InstanceAdd InstanceList InstanceShow InstanceQr InstancePair InstanceRestart InstanceLogout InstanceRemove
    ChatList ChatShow ChatSend ChatApprove ChatEdit ChatCancel ChatPause ChatResume ChatDone ChatSnooze
    ChatRead ChatCompose ChatNote ChatUnnote ChatSearch
    ContactList ContactShow ContactTag ContactAdd ContactEdit ContactOptout
    ContactImport ContactExport ContactMerge ContactUnmerge ContactErase ContactSuppressions
    SegmentList SegmentAdd SegmentRemove
    CampaignCreate CampaignList CampaignShow CampaignPreview CampaignLaunch CampaignPause CampaignResume
    CampaignCancel CampaignEdit CampaignRemove CampaignReport
    CampaignExtend CampaignAttach CampaignPreflight CampaignTest CampaignClone CampaignSeries
    CreditShow CreditLedger CreditGrant CreditAudit
    SettingsShow SettingsSet
    QuickReplyList QuickReplyAdd QuickReplyEdit QuickReplyRemove
    QuickReplyImport QuickReplyExport QuickReplyRender
    QueueList QueueShow QueueHold QueueRelease QueueRetry QueueDrop
    Ask Why OverviewShow
}

/// How it stands with the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// The connection stands and events come.
    Up {
        /// This run of the daemon.
        epoch: RunId,
        /// The number that the first event's `prev` will have.
        seq: u64,
    },
    /// There is no connection; the next attempt is made at `next_at`.
    Down {
        /// Why, with what to do.
        reason: String,
        /// When it is tried again; `None`: never, because trying again can't help.
        next_at: Option<Timestamp>,
    },
    /// The daemon is there, and refuses this account.
    Refused {
        /// Why, with what to ask for.
        reason: String,
        /// When it is tried again.
        next_at: Option<Timestamp>,
    },
    /// Events were lost.
    Lagged {
        /// The number to go on from.
        seq: u64,
    },
}

/// A mouse button or wheel at a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// The column, from 0.
    pub column: u16,
    /// The row, from 0.
    pub row: u16,
    /// What it did.
    pub deed: MouseDeed,
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseDeed {
    /// The left button went down.
    Click,
    /// The wheel went up.
    WheelUp,
    /// The wheel went down.
    WheelDown,
}

/// Where an Enter stands among text that came all at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineBreak {
    /// More text came right behind it.
    Inner,
    /// Nothing came behind it, and another such Enter before it: it ends a line of a text if that one did.
    Last,
}

/// Something that happened.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted, as one event.
    Paste(String),
    /// An Enter among text that came all at once: where one writes it ends a line, else it is the key.
    LineBreak(LineBreak),
    /// Many characters that came all at once, with line breaks: text where one writes, else each is a key.
    Burst(String),
    /// The mouse did something.
    Mouse(Mouse),
    /// The terminal has another size.
    Resize {
        /// Columns.
        columns: u16,
        /// Rows.
        rows: u16,
    },
    /// The terminal's window was brought to the front or put behind.
    Focus(Focus),
    /// A time that was asked for has come.
    Woke,
    /// The system wants the console to end.
    Ending,
    /// A question was answered.
    Answer(Box<Answer>),
    /// The daemon told something.
    Event(Box<Event>),
    /// The connection changed.
    Link(Link),
    /// Something outside the daemon was done, or failed.
    Said(Said),
    /// What pictures the terminal can show, now that it was asked.
    Pixels(PixelSupport),
    /// A list was written to a file, or not: a sentence that says what is where, or why there is no file.
    Exported(Box<ExportOrder>, Result<String, ExportError>),
    /// A piece of a file was read, or not.
    Piece(Box<Piece>),
    /// A file of this machine was read.
    FileRead {
        /// Where it is, as it was asked for.
        path: String,
        /// Its text, or why it could not be read; a sentence.
        text: Result<Arc<str>, String>,
    },
    /// A file that is to go with a campaign was read.
    AttachmentRead {
        /// Where it is, as it was asked for.
        path: String,
        /// What is in it, or why it could not be read; a sentence.
        bytes: Result<Arc<[u8]>, String>,
    },
}

/// Whether the terminal's window has the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// It has.
    Here,
    /// Another one has.
    Elsewhere,
}

/// What came of an effect that is no call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It is done; a sentence.
    Done(String),
    /// It is not; a sentence with the reason.
    Failed(String),
}

/// Something that is to be done outside of the state.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the daemon.
    Ask(Box<Question>),
    /// Send `Msg::Woke` then.
    WakeAt(Timestamp),
    /// Put this on the clipboard.
    Copy(String),
    /// Ring.
    Notify(Notification),
    /// Keep these for the next time.
    Remember(Prefs),
    /// Take the mouse, or let the terminal have it.
    MouseCapture(Capture),
    /// Clear the terminal and draw everything.
    Redraw,
    /// Give the terminal to the shell until it lets the console go on.
    Suspend,
    /// Save a pairing code as a picture.
    SaveQr {
        /// The number it pairs.
        name: String,
        /// What it says.
        value: String,
    },
    /// Read a piece of a file on this machine: `Msg::Piece` comes of it.
    ReadPiece {
        /// The file.
        path: String,
        /// Where to begin, in bytes.
        from: u64,
        /// What it is written in, once that is known.
        encoding: Option<Encoding>,
    },
    /// Write a list to a file of this machine; `Msg::Exported` comes of it.
    Export(Box<ExportOrder>),
    /// In the demo: the made-up phone does something.
    Phone(PhoneWish),
    /// Read a text file of this machine; `Msg::FileRead` brings it.
    ReadFile {
        /// Where it is; `~` stands for the home directory.
        path: String,
    },
    /// Read a file of this machine that is to go with a campaign; `Msg::AttachmentRead` brings it.
    ReadAttachment {
        /// Where it is; `~` stands for the home directory.
        path: String,
    },
    /// Try to connect now.
    Reconnect,
    /// Leave.
    Quit,
}

/// Who has the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capture {
    /// The console.
    Console,
    /// The terminal: text can be marked.
    Terminal,
}

/// What the made-up phone of the demo can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneWish {
    /// Scan the code of this number.
    Scan {
        /// Its name.
        name: String,
    },
}
