//! An open thread: a window of its messages, what is being written, and where one looks.

use mychatflow_data::ids::{ChatId, InteractionId};
use mychatflow_data::model::interaction::{Direction, InteractionState};
use mychatflow_data::protocol::calls::chat::{ChatSummary, InteractionDocument, NoteDocument};
use mychatflow_data::protocol::name::Cursor;

use super::input::{Input, Lines};
use super::list::Reading;

/// The most messages that are held: a window of the thread.
pub const WINDOW: usize = 600;

/// Where one looks in a thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Anchor {
    /// At the newest message; new ones push the old ones up.
    #[default]
    Bottom,
    /// The bottom edge of this message stands so many rows above the pane's bottom (below it when negative).
    At(InteractionId, i32),
}

/// What the composer is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Writing {
    /// A message of our own.
    #[default]
    Message,
    /// Another text for the answer that waits.
    Edit(InteractionId),
}

/// An open thread.
#[derive(Debug, Clone)]
pub struct Thread {
    /// The chat.
    pub chat: ChatSummary,
    /// The messages held, oldest first.
    pub items: Vec<InteractionDocument>,
    /// Notes of the team, oldest first.
    pub notes: Vec<NoteDocument>,
    /// How far reading got.
    pub reading: Reading,
    /// Where the older ones go on.
    pub older: Option<Cursor>,
    /// Where the newer ones go on: only after a jump into the middle.
    pub newer: Option<Cursor>,
    /// The message that actions are about.
    pub selected: Option<InteractionId>,
    /// Where one looks.
    pub anchor: Anchor,
    /// What is being written.
    pub composer: Input,
    /// What the daemon keeps of it.
    pub kept: String,
    /// What it is for.
    pub writing: Writing,
}

impl Thread {
    /// A thread that is being opened.
    #[must_use]
    pub fn open(chat: ChatSummary) -> Self {
        Self {
            chat,
            items: Vec::new(),
            notes: Vec::new(),
            reading: Reading::Never,
            older: None,
            newer: None,
            selected: None,
            anchor: Anchor::Bottom,
            composer: Input::empty(Lines::Several),
            kept: String::new(),
            writing: Writing::Message,
        }
    }

    /// Which chat it is.
    #[must_use]
    pub fn id(&self) -> ChatId {
        self.chat.id
    }

    /// Where a message stands in the window.
    #[must_use]
    pub fn position(&self, id: InteractionId) -> Option<usize> {
        self.items.iter().rposition(|item| item.id == id)
    }

    /// The selected message, or the newest one.
    #[must_use]
    pub fn current(&self) -> Option<&InteractionDocument> {
        self.selected.and_then(|id| self.position(id)).map_or_else(|| self.items.last(), |at| self.items.get(at))
    }

    /// The answer that waits for a human or for its countdown.
    #[must_use]
    pub fn waiting_answer(&self) -> Option<&InteractionDocument> {
        let waits = |item: &&InteractionDocument| {
            item.direction == Direction::Out
                && (matches!(item.state, InteractionState::Draft | InteractionState::Held)
                    || (item.state == InteractionState::Queued && item.sends_at.is_some()))
        };
        self.items.iter().rev().find(waits)
    }

    /// Takes a message in its newest form: into its place, or as a new one.
    pub fn take(&mut self, item: InteractionDocument) {
        if let Some(at) = self.position(item.id) {
            self.items[at] = item;
            return;
        }
        if self.newer.is_some() {
            // The window ends before the newest messages: this one is read when one gets there.
            return;
        }
        let at = self.items.partition_point(|other| (other.at, other.id) <= (item.at, item.id));
        if at == 0 && self.older.is_some() {
            return;
        }
        self.items.insert(at, item);
        if self.items.len() > WINDOW && self.anchor == Anchor::Bottom {
            let spare = self.items.len() - WINDOW;
            self.items.drain(..spare);
            // What was cut off is read again on the way up.
            self.older = None;
            self.reading = Reading::Again;
        }
    }
}
