//! Stories of the store, on a real file.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

mod answers;
mod numbers;
mod support;
