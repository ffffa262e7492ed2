//! One thing that is done to many people: the daemon is told of each, a few at a time, and it goes on while one looks
//! elsewhere.

use std::collections::{BTreeSet, VecDeque};

use mychatflow_data::ids::ContactId;

use crate::msg::Question;

/// How many questions are with the daemon at once.
const IN_FLIGHT_MAX: usize = 8;

/// One thing for many people.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bulk {
    /// What is true of those it was done to: `personal`.
    pub outcome: String,
    waiting: VecDeque<(ContactId, Question)>,
    asked: Vec<(ContactId, Question)>,
    refused: BTreeSet<ContactId>,
    people: BTreeSet<ContactId>,
    questions: usize,
    /// Why the last one was refused.
    pub refusal: Option<String>,
}

impl Bulk {
    /// Something that is about to be asked, question by question.
    #[must_use]
    pub fn new(outcome: &str, questions: Vec<(ContactId, Question)>) -> Self {
        Self {
            outcome: outcome.to_owned(),
            people: questions.iter().map(|(who, _)| *who).collect(),
            questions: questions.len(),
            waiting: questions.into(),
            ..Self::default()
        }
    }

    /// Is everything answered?
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.asked.is_empty()
    }

    /// How many questions are answered, of how many.
    #[must_use]
    pub fn told(&self) -> (usize, usize) {
        (self.questions - self.waiting.len() - self.asked.len(), self.questions)
    }

    /// How many people it was done to, and how many it could not be done to.
    #[must_use]
    pub fn outcome(&self) -> (usize, usize) {
        (self.people.len() - self.refused.len(), self.refused.len())
    }

    /// Could it not be done to this person?
    #[must_use]
    pub fn was_refused(&self, who: ContactId) -> bool {
        self.refused.contains(&who)
    }

    /// The next question, unless enough are on their way.
    pub fn take_next(&mut self) -> Option<Question> {
        if self.asked.len() >= IN_FLIGHT_MAX {
            return None;
        }
        let (who, question) = self.waiting.pop_front()?;
        self.asked.push((who, question.clone()));
        Some(question)
    }

    /// Takes a question's answer in. Returns whose it was, if it is one of these.
    pub fn answered(&mut self, is_it: impl Fn(&Question) -> bool, refusal: Option<&str>) -> Option<ContactId> {
        let at = self.asked.iter().position(|(_, question)| is_it(question))?;
        let (who, _) = self.asked.remove(at);
        if let Some(refusal) = refusal {
            self.refused.insert(who);
            self.refusal = Some(refusal.to_owned());
        }
        Some(who)
    }

    /// Gives up what was not asked yet: without a connection it would fare no better.
    pub fn give_up(&mut self) {
        self.refused.extend(self.waiting.drain(..).map(|(who, _)| who));
    }
}
