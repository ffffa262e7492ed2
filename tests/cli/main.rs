//! The commands as a person or a script meets them: the real binary against a daemon that exists only here.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod config;
mod connection;
mod console;
mod desk;
mod launch;
mod printing;
#[path = "../support/terminal.rs"]
mod pty;
mod terminal;
