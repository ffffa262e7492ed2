//! What was typed before the list, the thread or the answer that it is about had come.

use std::collections::VecDeque;

use mychatflow_data::ids::ChatId;
use mychatflow_data::time::Timestamp;

use super::Screen;
use super::list::RowKey;
use crate::key::Key;
use crate::msg::LineBreak;

/// Something that was typed.
#[derive(Debug, Clone, PartialEq)]
pub enum Typed {
    /// A key.
    Key(Key),
    /// Text that was pasted.
    Paste(String),
    /// An Enter among text that came all at once.
    LineBreak(LineBreak),
}

/// What the last Enter among text that came all at once was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LineBreakUse {
    /// The key, as nobody wrote there.
    #[default]
    Key,
    /// The end of a line of what is written.
    Text,
}

/// Where keys go: a screen, and how many overlays lie on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The screen.
    pub screen: Screen,
    /// How many overlays lie on it.
    pub overlays: usize,
}

/// What waits, in the order in which it was typed.
#[derive(Debug, Clone, Default)]
pub struct Ahead {
    /// What was typed.
    pub typed: VecDeque<Typed>,
    /// Whom it is about, as far as that was known: if that one goes, nobody else may get it.
    pub subject: Option<Subject>,
    /// Since when something is waited for, and where.
    pub since: Option<(Place, Timestamp)>,
    /// What the last Enter among text that came all at once was.
    pub line_break: LineBreakUse,
}

/// Whom or what an action would be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A chat.
    Chat(ChatId),
    /// A row of the list on a screen.
    Row(Screen, RowKey),
}
