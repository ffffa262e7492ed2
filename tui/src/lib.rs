//! What shows: the console. It knows the daemon only through `mychatflow-data`'s protocol and client.

pub mod image;
pub mod probe;
pub mod text;
pub mod theme;
pub mod widgets;
