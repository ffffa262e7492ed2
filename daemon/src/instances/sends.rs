//! How the last sends of a number ended. A plain state machine: time is an argument.

use std::time::Duration;

use mychatflow_data::time::Timestamp;

/// So many failures in a row are more than one unlucky message.
pub const FAILED_SENDS_MAX: u32 = 3;
/// What failed longer ago than this says nothing about now.
const FAILED_SENDS_KEEP: Duration = Duration::from_secs(1800);

/// Sends that failed, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingSends {
    /// When the first of them did.
    pub since: Timestamp,
    /// When the last of them did.
    pub last_at: Timestamp,
    /// How many they are.
    pub tries: u32,
    /// What WAHA said of the last one.
    pub words: String,
}

/// How the last sends of one number ended, in this run of the daemon.
#[derive(Debug, Clone, Default)]
pub struct SendEvidence {
    sent_at: Option<Timestamp>,
    failing: Option<FailingSends>,
}

impl SendEvidence {
    /// WAHA took a message. True when others have failed before it so often that people were told.
    pub fn note_sent(&mut self, now: Timestamp) -> bool {
        self.sent_at = Some(now);
        self.failing.take().is_some_and(|failing| failing.tries >= FAILED_SENDS_MAX)
    }

    /// WAHA did not take a message. True when that is one too many.
    pub fn note_failure(&mut self, words: String, now: Timestamp) -> bool {
        if self.failing(now).is_none() {
            self.failing = None;
        }
        let failing =
            self.failing.get_or_insert(FailingSends { since: now, last_at: now, tries: 0, words: String::new() });
        failing.tries = failing.tries.saturating_add(1);
        (failing.last_at, failing.words) = (now, words);
        failing.tries == FAILED_SENDS_MAX
    }

    /// The number or its server has begun anew: what failed before says nothing.
    pub fn forget(&mut self) {
        self.failing = None;
    }

    fn failing(&self, now: Timestamp) -> Option<&FailingSends> {
        self.failing.as_ref().filter(|failing| failing.last_at <= now && now.since(failing.last_at) < FAILED_SENDS_KEEP)
    }

    /// The sends that fail again and again.
    #[must_use]
    pub fn trouble(&self, now: Timestamp) -> Option<&FailingSends> {
        self.failing(now).filter(|failing| failing.tries >= FAILED_SENDS_MAX)
    }

    /// When WAHA last took a message, in this run.
    #[must_use]
    pub const fn sent_at(&self) -> Option<Timestamp> {
        self.sent_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + seconds)
    }

    #[test]
    fn three_failures_without_a_success_are_trouble() {
        let mut sends = SendEvidence::default();
        let mut fail = |second| sends.note_failure(format!("error {second}"), at(second));
        assert_eq!([fail(0), fail(5), fail(20), fail(60)], [false, false, true, false]);
        let trouble = sends.trouble(at(61)).unwrap();
        assert_eq!(
            (trouble.since, trouble.last_at, trouble.tries, trouble.words.as_str()),
            (at(0), at(60), 4, "error 60")
        );
        assert!(sends.note_sent(at(70)));
        assert_eq!(sends.trouble(at(71)), None);
        assert!(!sends.note_sent(at(72)));
    }

    #[test]
    fn old_failures_are_no_trouble() {
        let mut sends = SendEvidence::default();
        for second in [0, 1, 2] {
            sends.note_failure("error".to_owned(), at(second));
        }
        assert_eq!(sends.trouble(at(2 + 1800)), None);
        assert!(!sends.note_failure("error".to_owned(), at(4000)));
        assert_eq!(sends.trouble(at(4000)), None);
        // The clock was ahead.
        assert_eq!(sends.trouble(at(-5)), None);
    }
}
