//! What shows: the console. It knows the daemon only through `mychatflow-data`'s protocol and client.

pub mod clipboard;
pub mod moment;
pub mod notify;
pub mod passthrough;
pub mod text;
pub mod theme;
pub mod widgets;
