//! Stories of the store, on a real file.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

mod answers;
mod chats;
mod contacts;
mod file;
mod members;
mod queue;
mod strangers;
mod numbers;
mod support;
