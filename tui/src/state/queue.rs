//! What is not finished.

use std::time::Duration;

use mychatflow_data::protocol::calls::queue::{QueueKind, QueueLine, QueueState};
use mychatflow_data::protocol::name::{Cursor, QueueId};
use mychatflow_data::time::Timestamp;

use super::State;
use super::list::{Reading, Row, Rows};
use crate::text::CleanText;

/// An entry. Its age was told as of the answer; what counts on is when it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// As the daemon told it.
    pub line: QueueLine,
    /// When it was made, to the second.
    pub made_at: Timestamp,
}

impl Item {
    /// An entry as of now.
    #[must_use]
    pub fn new(line: QueueLine, now: Timestamp) -> Self {
        let age = Duration::from_secs(u64::try_from(line.age_s).unwrap_or(0));
        Self { line, made_at: now - age }
    }
}

impl Row for Item {
    type Id = QueueId;

    fn id(&self) -> QueueId {
        self.line.id.clone()
    }
}

/// Which entries are in the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tab {
    /// All of them.
    #[default]
    All,
    /// Those in one state.
    In(QueueState),
}

impl Tab {
    /// All of them, in their order on the screen.
    pub const ALL: [Self; 6] = [
        Self::All,
        Self::In(QueueState::Discarded),
        Self::In(QueueState::Unknown),
        Self::In(QueueState::Unreadable),
        Self::In(QueueState::Held),
        Self::In(QueueState::Retryable),
    ];

    /// The name on the screen.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::In(QueueState::Discarded) => "dead letters",
            Self::In(state) => state.word(),
        }
    }

    /// The only state in it.
    #[must_use]
    pub const fn state(self) -> Option<QueueState> {
        match self {
            Self::All => None,
            Self::In(state) => Some(state),
        }
    }

    /// The one so many places on, around the end.
    #[must_use]
    pub fn beside(self, by: isize) -> Self {
        let place = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0) as isize;
        Self::ALL[(place + by).rem_euclid(Self::ALL.len() as isize) as usize]
    }
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    /// Which entries are in the list.
    pub tab: Tab,
    /// Unfinished jobs, dead letters, unreadable deliveries and unknown sends, oldest first.
    pub rows: Rows<Item>,
    /// When it is to be read again: some events tell only that something changed.
    pub stale_at: Option<Timestamp>,
}

impl Queue {
    /// Puts an entry's new form into the list: into its place, or out of it.
    pub fn take(&mut self, line: QueueLine, now: Timestamp) {
        let over = matches!(line.state, QueueState::Completed | QueueState::Cancelled);
        let fits = !over && self.tab.state().is_none_or(|state| line.state == state);
        let whole = self.rows.next.is_none();
        let mut item = Item::new(line, now);
        self.rows.change(|items| match items.iter().position(|old| old.line.id == item.line.id) {
            Some(at) if fits => {
                // Ages are told in whole seconds: an entry does not change its place by being told again.
                item.made_at = items[at].made_at;
                items[at] = item;
            }
            Some(at) => {
                items.remove(at);
            }
            None if fits => {
                let at = items.partition_point(|old| old.made_at <= item.made_at);
                // What belongs behind the last row that was read comes with its page.
                if at < items.len() || whole {
                    items.insert(at, item);
                }
            }
            None => {}
        });
    }

    /// Takes the first page anew; what was read of later pages stands.
    pub fn refresh(&mut self, mut page: Vec<Item>, next: Option<Cursor>, now: Timestamp) {
        // Ages are told in whole seconds: what is known keeps its place.
        for item in &mut page {
            let old = self.rows.items().iter().find(|old| old.line.id == item.line.id);
            item.made_at = old.map_or(item.made_at, |old| old.made_at);
        }
        let Some(edge) = page.last().map(|item| item.made_at).filter(|_| next.is_some()) else {
            self.rows.replace(page, next, now);
            return;
        };
        let known = |item: &Item| page.iter().any(|new| new.line.id == item.line.id);
        let later = self.rows.items().iter().filter(|item| item.made_at > edge && !known(item));
        let later: Vec<Item> = later.cloned().collect();
        let next = if later.is_empty() { next } else { self.rows.next.clone() };
        let all = page.into_iter().chain(later).collect();
        self.rows.replace(all, next, now);
        self.rows.reading = Reading::Done(now);
    }
}

/// What an entry is, in words.
#[must_use]
pub fn kind(kind: QueueKind) -> String {
    kind.word().replace('_', " ")
}

/// Where an entry stands, in words.
#[must_use]
pub const fn standing(state: QueueState) -> &'static str {
    match state {
        QueueState::Discarded => "dead letter",
        state => state.word(),
    }
}

/// What it takes to go on.
#[must_use]
pub const fn meaning(state: QueueState) -> &'static str {
    match state {
        QueueState::Scheduled => "It waits for its time.",
        QueueState::Available => "It runs as soon as a worker is free.",
        QueueState::Running => "A worker has it.",
        QueueState::Retryable => "It failed, and is tried again by itself.",
        QueueState::Held => "A person put it aside; it goes on when it is released.",
        QueueState::Completed => "It is done.",
        QueueState::Cancelled => "It is not wanted any more.",
        QueueState::Discarded => "It was given up. It runs again only when you retry it.",
        QueueState::Unreadable => "WAHA posted something that nobody understood. A retry reads it once more.",
        QueueState::Unknown => "It may or may not have been sent. Only you can decide: retry or drop.",
    }
}

/// The chat and the number of an entry, by their names where they are known.
#[must_use]
pub fn about(state: &State, line: &QueueLine) -> Vec<(&'static str, CleanText)> {
    let mut facts = Vec::new();
    if let Some(id) = line.chat {
        let chats = state.chats.rows.items().iter().chain(state.dashboard.waiting.items());
        let chat = chats.into_iter().find(|chat| chat.id == id);
        let name = chat.and_then(|chat| chat.name.clone().or_else(|| chat.phone.as_ref().map(ToString::to_string)));
        facts.push(("chat", CleanText::line(&name.unwrap_or_else(|| id.to_string()))));
    }
    if let Some(id) = line.instance {
        let number = state.numbers.rows.items().iter().find(|number| number.id == id);
        let name = number.map_or_else(|| id.to_string(), |number| number.name.clone());
        facts.push(("number", CleanText::line(&name)));
    }
    facts
}

/// The heading of a tab with nothing in it.
#[must_use]
pub const fn nothing(tab: Tab) -> (&'static str, &'static str) {
    match tab {
        Tab::All => ("Nothing is unfinished", "Answers, sends and other work stand here until they are done."),
        Tab::In(QueueState::Discarded) => {
            ("No dead letters", "What was given up after too many attempts would stand here.")
        }
        Tab::In(QueueState::Unknown) => {
            ("No unknown sends", "Messages that may or may not have been sent would stand here.")
        }
        Tab::In(QueueState::Unreadable) => {
            ("Everything was understood", "What WAHA posted and nobody could read would stand here.")
        }
        Tab::In(QueueState::Held) => ("Nothing is put aside", "What a person put aside would stand here."),
        Tab::In(_) => ("Nothing waits for another attempt", "What failed and is tried again would stand here."),
    }
}
