//! Parameters and replies, one file per resource. A reply is exactly the document that `--json` prints.

pub mod ask;
pub mod campaign;
pub mod chat;
pub mod contact;
pub mod credit;
pub mod daemon;
pub mod events;
pub mod instance;
pub mod overview;
pub mod queue;
pub mod quick_reply;
pub mod search;
pub mod segment;
pub mod settings;
pub mod stats;
pub mod tenant;
pub mod why;
