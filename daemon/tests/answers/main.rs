//! A webhook comes in, Gemini answers, WAHA sends, one credit goes: the daemon in-process, both servers on loopback.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod campaign_texts;
mod campaigns;
mod erase;
mod gemini;
mod humans;
mod intake;
mod opt_out;
mod pace;
mod story;
mod why;
mod world;
