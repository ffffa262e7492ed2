//! Short notices at the edge of the screen, and the log of them.

use std::collections::VecDeque;
use std::time::Duration;

use mychatflow_data::time::Timestamp;

use crate::text::CleanText;

/// How long good news stays.
const GOOD: Duration = Duration::from_secs(4);
/// How long bad news stays.
const BAD: Duration = Duration::from_secs(10);
/// How many notices are kept to be read again.
const KEPT: usize = 100;
/// How many are on the screen at once.
const SHOWN: usize = 3;

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It worked.
    Good,
    /// Worth knowing.
    Info,
    /// It did not work.
    Bad,
}

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// When it was said.
    pub at: Timestamp,
    /// How it is meant.
    pub tone: Tone,
    /// The words; the first line is shown, all of it on demand.
    pub text: CleanText,
    until: Timestamp,
}

/// The notices of this sitting.
#[derive(Debug, Clone, Default)]
pub struct Toasts {
    said: VecDeque<Toast>,
}

impl Toasts {
    /// Says something. The same words again only renew the old notice.
    pub fn say(&mut self, tone: Tone, text: &str, now: Timestamp) {
        let stays = if tone == Tone::Bad { BAD } else { GOOD };
        let text = CleanText::block(text);
        self.said.retain(|toast| toast.text != text || toast.until <= now);
        self.said.push_back(Toast { at: now, tone, text, until: now + stays });
        if self.said.len() > KEPT {
            self.said.pop_front();
        }
    }

    /// What was said is not so any more: it leaves the screen, and stays in the log.
    pub fn unsay(&mut self, is_it: impl Fn(&str) -> bool, now: Timestamp) {
        for toast in self.said.iter_mut().filter(|toast| toast.until > now && is_it(toast.text.as_str())) {
            toast.until = now;
        }
    }

    /// What is on the screen now, oldest first.
    #[must_use]
    pub fn shown(&self, now: Timestamp) -> Vec<&Toast> {
        let mut shown: Vec<&Toast> = self.said.iter().rev().filter(|toast| toast.until > now).take(SHOWN).collect();
        shown.reverse();
        shown
    }

    /// When the next one goes away.
    #[must_use]
    pub fn next_end(&self, now: Timestamp) -> Option<Timestamp> {
        self.said.iter().map(|toast| toast.until).filter(|until| *until > now).min()
    }

    /// Takes everything off the screen.
    pub fn dismiss(&mut self, now: Timestamp) {
        for toast in &mut self.said {
            toast.until = toast.until.min(now);
        }
    }

    /// Everything that was said, newest first.
    pub fn log(&self) -> impl Iterator<Item = &Toast> {
        self.said.iter().rev()
    }
}
