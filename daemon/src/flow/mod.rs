//! Decisions, as plain functions over plain data. Nothing here reads, sends, waits or asks the time.

pub mod check;
pub mod clean;
pub mod columns;
pub mod consent;
pub mod country;
pub mod eta;
pub mod file_type;
pub mod gate;
pub mod headings;
pub mod history;
pub mod hours;
pub mod list;
pub mod markdown;
pub mod pace;
pub mod prompt;
pub mod quick_reply_file;
pub mod quiet;
pub mod repair;
pub mod risk;
pub mod sheet;
pub mod sources;
pub mod split;
pub mod template;
pub mod verdict;
pub mod when;
pub mod zones;
