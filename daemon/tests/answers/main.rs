//! A webhook comes in, Gemini answers, WAHA sends, one credit goes: the daemon in-process, both servers on loopback.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod answered_once;
mod campaign_texts;
mod campaigns;
mod causes;
mod clocks;
mod consent;
mod contents;
mod disclosure;
mod erase;
mod gemini;
mod health;
mod humans;
mod intake;
mod merges;
mod opt_out;
mod pace;
mod quick_replies;
mod slowdown;
mod story;
mod takeover;
mod why;
mod world;
