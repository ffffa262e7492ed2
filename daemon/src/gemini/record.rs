//! How the questions to Gemini ended: what `daemon status` and the findings lean on. A plain state machine: time is an argument.

use jiff::Timestamp;

use super::error::GeminiError;

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    /// When.
    pub at: Timestamp,
    /// Why. Its text is safe to show.
    pub error: GeminiError,
}

/// Answers that nobody can use, and none of use since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableAnswers {
    /// When the first of them came.
    pub since: Timestamp,
    /// The last of them.
    pub last: LastError,
    /// How many they are.
    pub count: u32,
}

/// How the questions ended, in this run of the daemon.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallRecord {
    /// When Gemini last answered a question. To refuse one for its content, or to say nothing of use, is an answer too.
    pub last_ok_at: Option<Timestamp>,
    /// The last call that got no answer; stays after a later success, compare the times.
    pub last_error: Option<LastError>,
    /// When the first call failed of those without an answer between them.
    pub failing_since: Option<Timestamp>,
    /// Answers of no use, one after the other.
    pub unusable: Option<UnusableAnswers>,
}

impl CallRecord {
    /// An answer came, of use.
    pub(super) fn note_answer(&mut self, at: Timestamp) {
        self.last_ok_at = Some(at);
        self.unusable = None;
    }

    /// A question ended without an answer of use.
    pub(super) fn note_error(&mut self, error: &GeminiError, at: Timestamp) {
        let last = LastError { at, error: error.clone() };
        match error {
            // Not asked: the error that opened the breaker says more.
            GeminiError::BreakerOpen { .. } | GeminiError::NothingToAnswer => {}
            error if error.is_answer() => {
                self.last_ok_at = Some(at);
                let (since, count) = self.unusable.as_ref().map_or((at, 0), |before| (before.since, before.count));
                self.unusable = Some(UnusableAnswers { since, last, count: count.saturating_add(1) });
            }
            _ => {
                let before = self.failing_since.filter(|_| self.standing_error().is_some());
                self.failing_since = before.or(Some(at));
                self.last_error = Some(last);
            }
        }
    }

    /// The error that holds: nothing was answered since.
    #[must_use]
    pub fn standing_error(&self) -> Option<&LastError> {
        self.last_error.as_ref().filter(|failed| self.last_ok_at.is_none_or(|ok| failed.at > ok))
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::Refusal;
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    #[test]
    fn a_refusal_of_content_is_no_outage() {
        let mut record = CallRecord::default();
        record.note_error(&GeminiError::Refused(Refusal::Answer), at(1));
        assert_eq!((record.last_ok_at, record.standing_error()), (Some(at(1)), None));
        record.note_error(&GeminiError::Empty, at(2));
        let unusable = record.unusable.clone().unwrap();
        assert_eq!((unusable.since, unusable.count, unusable.last.error), (at(1), 2, GeminiError::Empty));
        record.note_answer(at(3));
        assert_eq!(record.unusable, None);
    }

    #[test]
    fn an_error_stands_until_the_next_answer() {
        let mut record = CallRecord::default();
        record.note_answer(at(1));
        record.note_error(&GeminiError::Timeout, at(2));
        assert_eq!(record.standing_error().map(|failed| failed.at), Some(at(2)));
        record.note_error(&GeminiError::NothingToAnswer, at(3));
        assert_eq!(record.standing_error().map(|failed| failed.at), Some(at(2)));
        record.note_error(&GeminiError::Empty, at(4));
        record.note_error(&GeminiError::Timeout, at(5));
        record.note_error(&GeminiError::Timeout, at(8));
        assert_eq!(record.failing_since, Some(at(5)), "to say nothing of use is an answer too");
        record.note_answer(at(9));
        assert_eq!(record.standing_error(), None);
        assert!(record.last_error.is_some());
    }
}
