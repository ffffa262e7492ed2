//! The calls of the socket over a real daemon without any number: who may, which tenant, what comes back.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod ask;
mod callers;
mod chats;
mod console;
mod events;
mod limits;
mod lists;
mod people;
mod queue;
mod quick_replies;
mod segments;
mod shop;
mod world;
