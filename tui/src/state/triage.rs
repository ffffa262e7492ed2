//! People known from before pairing: who is personal, who may be answered.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use mychatflow_data::ids::ContactId;
use mychatflow_data::model::contact::Contact;
use mychatflow_data::protocol::calls::contact::Reviewed;

use super::input::{Input, Lines};
use super::list::{Row, Rows};

/// How many questions are with the daemon at once.
pub const IN_FLIGHT_MAX: usize = 8;

impl Row for Contact {
    type Id = ContactId;

    fn id(&self) -> ContactId {
        self.id
    }
}

/// Whether the words of the filter are being typed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Finding {
    /// They are not.
    #[default]
    Closed,
    /// They are.
    Open,
}

/// The list with its marks.
#[derive(Debug, Clone)]
pub struct Triage {
    /// Everybody.
    pub people: Vec<Contact>,
    /// Those who fit the words.
    pub rows: Rows<Contact>,
    /// Those with a mark.
    pub marked: BTreeSet<ContactId>,
    /// The words.
    pub find: Input,
    /// Whether they are being typed.
    pub finding: Finding,
}

impl Default for Triage {
    fn default() -> Self {
        Self {
            people: Vec::new(),
            rows: Rows::default(),
            marked: BTreeSet::new(),
            find: Input::empty(Lines::One),
            finding: Finding::Closed,
        }
    }
}

/// What was said of people and the daemon does not know yet. It goes on when the list is closed.
#[derive(Debug, Clone, Default)]
pub struct Reviews {
    waiting: VecDeque<(ContactId, Reviewed)>,
    asked: BTreeMap<ContactId, Reviewed>,
    /// How many were released.
    pub released: usize,
    /// How many became personal.
    pub personal: usize,
    /// How many were refused.
    pub refused: usize,
    /// How many there are in all.
    pub total: usize,
}

impl Reviews {
    /// Is everything told?
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.asked.is_empty()
    }

    /// How many the daemon has answered.
    #[must_use]
    pub const fn told(&self) -> usize {
        self.released + self.personal + self.refused
    }

    /// Something was said of somebody.
    pub fn say(&mut self, who: ContactId, reviewed: Reviewed) {
        let known = self.asked.contains_key(&who) || self.waiting.iter().any(|(waiting, _)| *waiting == who);
        if !known {
            self.waiting.push_back((who, reviewed));
            self.total += 1;
        }
    }

    /// The next one to tell, unless enough are on their way.
    pub fn take_next(&mut self) -> Option<(ContactId, Reviewed)> {
        if self.asked.len() >= IN_FLIGHT_MAX {
            return None;
        }
        let (who, reviewed) = self.waiting.pop_front()?;
        self.asked.insert(who, reviewed);
        Some((who, reviewed))
    }

    /// Is the daemon being told of this person?
    #[must_use]
    pub fn is_asked(&self, who: ContactId) -> bool {
        self.asked.contains_key(&who)
    }

    /// The daemon agreed.
    pub fn agreed(&mut self, who: ContactId) {
        match self.asked.remove(&who) {
            Some(Reviewed::Customer) => self.released += 1,
            Some(Reviewed::Personal) => self.personal += 1,
            None => {}
        }
    }

    /// The daemon refused.
    pub fn was_refused(&mut self, who: ContactId) {
        if self.asked.remove(&who).is_some() {
            self.refused += 1;
        }
    }

    /// Gives up what was not told yet.
    pub fn give_up(&mut self) {
        self.refused += self.waiting.len();
        self.waiting.clear();
    }
}
