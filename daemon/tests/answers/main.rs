//! A webhook comes in, Gemini answers, WAHA sends, one credit goes: the daemon in-process, both servers on loopback.

mod gemini;
mod humans;
mod intake;
mod story;
mod world;
