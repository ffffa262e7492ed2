//! Every screen and overlay as people see it: driven by keys, drawn at 80x24 and 120x36, without a terminal.

mod chats;
mod chrome;
mod console;
mod numbers;
mod pairing;
#[path = "../photo/mod.rs"]
mod photo;
mod shop;
mod talk;
mod triage;
