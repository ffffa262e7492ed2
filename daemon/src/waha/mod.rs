//! WAHA (WhatsApp HTTP API): what it tells us, what we ask of it.
//!
//! Its JSON stays in here: everything that leaves is a word of our own model. Facts about WAHA are marked with the version
//! they were seen in.

pub mod capabilities;
pub mod chats;
pub mod client;
pub mod contacts;
pub mod error;
pub mod health;
pub mod media;
pub mod paging;
pub mod qr;
pub mod send;
pub mod send_file;
pub mod server;
pub mod session_config;
pub mod sessions;
pub mod webhook;

mod content;
mod lenient;
mod message;
mod message_id;
mod nested_text;
mod notice;
mod object;
mod vcard;
mod wire;

pub use capabilities::Capabilities;
pub use client::{BuildError, Config, Waha};
pub use error::{Answered, Doubt, WahaError};
pub use message_id::own_id;
pub use webhook::{WireError, parse};
