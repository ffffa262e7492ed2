//! What shows: the console. It knows the daemon only through `mychatflow-data`'s protocol and client.

pub mod action;
pub mod bubble;
pub mod clipboard;
pub mod image;
pub mod job_control;
pub mod key;
pub mod keymap;
pub mod layout;
pub mod moment;
pub mod msg;
pub mod notify;
pub mod passthrough;
pub mod permission;
pub mod piece;
pub mod probe;
pub mod recorder;
pub mod runtime;
pub mod state;
pub mod template;
pub mod terminal;
pub mod terminal_input;
pub mod text;
pub mod theme;
pub mod update;
pub mod view;
pub mod widgets;
