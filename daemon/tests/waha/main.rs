//! The WAHA side of the daemon against recorded facts: webhook bodies, answers over loopback HTTP, operation names.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

mod client;
mod contents;
mod operations;
mod server;
mod webhooks;
