//! Decisions, as plain functions over plain data. Nothing here reads, sends, waits or asks the time.

pub mod audience;
pub mod check;
pub mod clean;
pub mod country;
pub mod gate;
pub mod history;
pub mod hours;
pub mod markdown;
pub mod pace;
pub mod prompt;
pub mod quick_reply_file;
pub mod sources;
pub mod split;
pub mod template;
pub mod verdict;
pub mod when;
