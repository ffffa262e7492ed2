//! Stories of the store, on a real file.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod answers;
mod campaigns;
mod chats;
mod console;
mod contacts;
mod file;
mod members;
mod numbers;
mod opt_out;
mod people;
mod queue;
mod quick_replies;
mod search;
mod strangers;
mod support;
mod upgrade;
