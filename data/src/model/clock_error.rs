//! How wrong this machine's clock is.

use std::time::Duration;

use crate::time::Timestamp;

/// By how much this machine's clock is off, by the word of the servers that it talks to. Zero where none says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClockError {
    /// It may be ahead by so much: by the word of the server that says most.
    pub ahead: Duration,
    /// It is behind by so much at least: no server that was heard says less.
    pub behind: Duration,
}

impl ClockError {
    /// The latest time that it may be, when this machine's clock says `now`. What keeps a machine silent for a time is
    /// counted from here: counted by a clock that is behind, it would be over as soon as the clock is set right.
    #[must_use]
    pub fn latest(self, now: Timestamp) -> Timestamp {
        now + self.behind
    }
}
