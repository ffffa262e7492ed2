//! An open thread: a window of its messages, what is being written, and where one looks.

use mychatflow_data::ids::{ChatId, ClientRef, InteractionId, NoteId, QuickReplyId};
use mychatflow_data::model::interaction::{Direction, InteractionState};
use mychatflow_data::protocol::calls::chat::{ChatShow, ChatShown, ChatSummary, InteractionDocument, NoteDocument};
use mychatflow_data::protocol::name::Cursor;
use mychatflow_data::time::Timestamp;

use super::input::{Input, Lines};
use super::list::Reading;
use super::outbox::{Outbox, Pending};
use crate::template::places;
use crate::text::CleanText;

/// The most messages that are held: a window of the thread.
pub const WINDOW: usize = 600;

/// Something in a thread, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryId {
    /// A message.
    Message(InteractionId),
    /// A note of the team.
    Note(NoteId),
    /// A send that is not confirmed.
    Pending(ClientRef),
}

/// Something in a thread.
#[derive(Debug, Clone, Copy)]
pub enum Entry<'a> {
    /// A message.
    Message(&'a InteractionDocument),
    /// A note of the team.
    Note(&'a NoteDocument),
    /// A send that is not confirmed.
    Pending(&'a Pending),
}

impl Entry<'_> {
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> EntryId {
        match self {
            Self::Message(item) => EntryId::Message(item.id),
            Self::Note(note) => EntryId::Note(note.id),
            Self::Pending(pending) => EntryId::Pending(pending.client_ref),
        }
    }

    /// When it was written.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Message(item) => item.at,
            Self::Note(note) => note.at,
            Self::Pending(pending) => pending.at,
        }
    }
}

/// An end of the window, where the thread may go on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum End {
    /// The thread's own end.
    #[default]
    Thread,
    /// It goes on from here.
    Goes(Cursor),
    /// It goes on; the cursor was lost when the window was cut.
    Cut,
}

impl From<Option<Cursor>> for End {
    fn from(cursor: Option<Cursor>) -> Self {
        cursor.map_or(Self::Thread, Self::Goes)
    }
}

/// Where one looks in a thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Anchor {
    /// At the newest message; new ones push the old ones up.
    #[default]
    Bottom,
    /// The bottom edge of this message stands so many rows above the pane's bottom (below it when negative).
    At(EntryId, i32),
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
    /// The old end of the window.
    pub older: End,
    /// The new end of the window.
    pub newer: End,
    /// What actions are about; `None`: the newest message.
    pub selected: Option<EntryId>,
    /// Where one looks.
    pub anchor: Anchor,
    /// When the words in the composer are to be kept.
    pub keep_at: Option<Timestamp>,
    /// What is being written.
    pub composer: Input,
    /// What the daemon keeps of it.
    pub kept: String,
    /// What it is for.
    pub writing: Writing,
    /// The quick reply that was put into the composer, edited or not.
    pub quick_reply: Option<QuickReplyId>,
    /// Whether it was tried to send what stands there.
    pub sending: Sending,
}

/// Whether sending was refused, for what stands in the composer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// It was not tried.
    Untried,
    /// A place without a value stands there.
    Refused,
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
            older: End::Thread,
            newer: End::Thread,
            selected: None,
            anchor: Anchor::Bottom,
            keep_at: None,
            composer: Input::empty(Lines::Several),
            kept: String::new(),
            writing: Writing::Message,
            quick_reply: None,
            sending: Sending::Untried,
        }
    }

    /// Which chat it is.
    #[must_use]
    pub fn id(&self) -> ChatId {
        self.chat.id
    }

    /// The first place for a variable that stands in the composer. A draft that was kept does not tell where it came from,
    /// so whoever brought it there.
    #[must_use]
    pub fn unfilled(&self) -> Option<CleanText> {
        let text = self.composer.text();
        places(&text).into_iter().next().map(|place| CleanText::line(&text[place]))
    }

    /// Where a message stands in the window.
    #[must_use]
    pub fn position(&self, id: InteractionId) -> Option<usize> {
        self.items.iter().rposition(|item| item.id == id)
    }

    /// Everything in it, oldest first: messages, notes among them, and unconfirmed sends at the end.
    #[must_use]
    pub fn entries<'a>(&'a self, outbox: &'a Outbox) -> Vec<Entry<'a>> {
        let mut entries = Vec::with_capacity(self.items.len() + self.notes.len());
        let mut notes = self.notes.iter().peekable();
        // Notes from before the window are shown when one gets there.
        if self.older != End::Thread
            && let Some(first) = self.items.first()
        {
            while notes.next_if(|note| note.at < first.at).is_some() {}
        }
        for item in &self.items {
            while let Some(note) = notes.next_if(|note| note.at < item.at) {
                entries.push(Entry::Note(note));
            }
            entries.push(Entry::Message(item));
        }
        if self.newer == End::Thread {
            entries.extend(notes.map(Entry::Note));
            entries.extend(outbox.of(self.chat.id).map(Entry::Pending));
        }
        entries
    }

    /// The selected message, or the newest one.
    #[must_use]
    pub fn current(&self) -> Option<&InteractionDocument> {
        match self.selected {
            Some(EntryId::Message(id)) => self.position(id).and_then(|at| self.items.get(at)),
            _ => self.items.last(),
        }
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
        let at = self.items.partition_point(|other| (other.at, other.id) <= (item.at, item.id));
        // Beyond an end of the window it is read when one gets there.
        if (at == self.items.len() && self.newer != End::Thread) || (at == 0 && self.older != End::Thread) {
            return;
        }
        self.items.insert(at, item);
        self.trim(Keep::Newest);
    }

    /// Takes a part of the thread that was read: joins it to the window, or puts it in the window's place.
    pub fn join(&mut self, asked: &ChatShow, got: ChatShown) {
        let ChatShown { items, next, newer, chat, notes, .. } = got;
        self.chat = chat;
        self.notes = notes;
        let goes_on = asked.after.is_some()
            || asked.before.is_some()
            || asked.around.is_some_and(|id| self.position(id).is_some());
        if !goes_on || self.items.is_empty() {
            self.items = items;
            (self.older, self.newer) = (next.into(), newer.into());
            return;
        }
        let key = |item: &InteractionDocument| (item.at, item.id);
        let (first, last) = (self.items.first().map(key), self.items.last().map(key));
        if items.first().map(key) <= first || items.is_empty() && asked.after.is_some() {
            self.older = next.into();
        }
        if items.last().map(key) >= last || items.is_empty() && asked.before.is_some() {
            self.newer = newer.into();
        }
        let keep = if asked.after.is_some() { Keep::Oldest } else { Keep::Newest };
        for item in items {
            match self.position(item.id) {
                Some(at) => self.items[at] = item,
                None => {
                    let at = self.items.partition_point(|other| key(other) <= key(&item));
                    self.items.insert(at, item);
                }
            }
        }
        self.trim(keep);
    }

    /// Keeps the window small; what is cut off is read again on the way back.
    fn trim(&mut self, keep: Keep) {
        let spare = self.items.len().saturating_sub(WINDOW);
        if spare == 0 {
            return;
        }
        match keep {
            Keep::Newest => {
                self.items.drain(..spare);
                self.older = End::Cut;
            }
            Keep::Oldest => {
                self.items.truncate(WINDOW);
                self.newer = End::Cut;
            }
        }
    }
}

/// Which end of a window stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    Newest,
    Oldest,
}
