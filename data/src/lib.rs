//! What is: model, protocol, client and, with the feature `store`, the SQLite store.

pub mod client;
pub mod credits;
pub mod digits;
pub mod encoding;
pub mod ids;
pub mod letters;
pub mod model;
pub mod phone;
pub mod protocol;
#[cfg(feature = "store")]
pub mod store;
pub mod time;
pub mod user_file;
