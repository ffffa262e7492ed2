//! The contract of the socket, held fast: every frame and every document as golden JSON files.
//!
//! A golden file that changes is a change of the contract: fields may be added, never renamed.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod client;
mod documents;
mod frames;
mod samples;
