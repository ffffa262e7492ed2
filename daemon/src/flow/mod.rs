//! Decisions about one chat, as plain functions over plain data. Nothing here reads, sends, waits or asks the time.

pub mod check;
pub mod clean;
pub mod gate;
pub mod history;
pub mod hours;
pub mod markdown;
pub mod pace;
pub mod prompt;
pub mod split;
