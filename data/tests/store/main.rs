//! Stories of the store, on a real file.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod acks;
mod answers;
mod campaigns;
mod chats;
mod clocks;
mod clone;
mod consent;
mod console;
mod contacts;
mod contents;
mod disclosure;
mod erase;
mod file;
mod full_store;
mod lists;
mod members;
mod merges;
mod merges_undone;
mod number_checks;
mod numbers;
mod open_questions;
mod opt_out;
mod pace;
mod people;
mod queue;
mod quick_replies;
mod search;
mod segments;
mod stopped;
mod strangers;
mod support;
mod takeover;
mod traces;
mod upgrade;
mod variants;
