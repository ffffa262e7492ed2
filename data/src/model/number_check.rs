//! Is there WhatsApp on a phone number? What a look-up told, and how long its word counts.

use std::time::Duration;

use super::words;
use crate::time::Timestamp;

/// How long a look-up counts: people leave WhatsApp, and come to it.
pub const FRESH: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long a number that nobody could tell anything about stays out.
const GIVEN_UP: Duration = Duration::from_secs(600);
/// How long to wait after each look-up that failed; after the last one the number is given up.
const AGAIN_AFTER: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(10)];

words! {
    /// What a look-up told.
    Found {
        /// There is.
        Yes => "yes",
        /// There is not.
        No => "no",
        /// It failed.
        Unknown => "unknown",
    }
}

/// What is known of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// What the last look-up told.
    pub found: Found,
    /// Look-ups that failed one after the other.
    pub tries: i64,
    /// When the last one was.
    pub at: Timestamp,
}

/// What follows for a message to the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// It may go.
    There,
    /// It would go nowhere.
    Absent,
    /// Nobody could tell: the person is left out.
    GivenUp,
    /// The number is to be looked up, not before this instant.
    Up(Timestamp),
}

/// Must a number be looked up?
#[must_use]
pub fn look(known: Option<Known>, now: Timestamp) -> Look {
    let Some(Known { found, tries, at }) = known else { return Look::Up(now) };
    // A look-up in the future was written down by a clock that was ahead.
    let at = at.min(now);
    let fresh = |span| now < at + span;
    match found {
        Found::Yes if fresh(FRESH) => Look::There,
        Found::No if fresh(FRESH) => Look::Absent,
        Found::Yes | Found::No => Look::Up(now),
        Found::Unknown => match usize::try_from(tries - 1).ok().and_then(|tried| AGAIN_AFTER.get(tried)) {
            Some(wait) => Look::Up(now.max(at + *wait)),
            None if fresh(GIVEN_UP) => Look::GivenUp,
            None => Look::Up(now),
        },
    }
}

/// How many look-ups have failed after one more: a number that was given up is begun anew.
#[must_use]
pub fn tries_after_failure(known: Option<Known>) -> i64 {
    match known {
        Some(Known { found: Found::Unknown, tries, .. }) if tries <= i64::try_from(AGAIN_AFTER.len()).unwrap_or(0) => {
            tries + 1
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_for_a_month_and_a_failure_is_tried_again() {
        let at = Timestamp::from_millis(1_795_392_000_000);
        let later = |seconds: u64| at + Duration::from_secs(seconds);
        let known = |found, tries| Some(Known { found, tries, at });
        for (known, now, expected) in [
            (None, at, Look::Up(at)),
            (known(Found::Yes, 0), later(29 * 86_400), Look::There),
            (known(Found::No, 0), later(29 * 86_400), Look::Absent),
            (known(Found::Yes, 0), later(31 * 86_400), Look::Up(later(31 * 86_400))),
            (known(Found::No, 0), later(31 * 86_400), Look::Up(later(31 * 86_400))),
            (known(Found::Unknown, 1), later(1), Look::Up(later(2))),
            (known(Found::Unknown, 1), later(9), Look::Up(later(9))),
            (known(Found::Unknown, 2), later(9), Look::Up(later(10))),
            (known(Found::Unknown, 3), later(9), Look::GivenUp),
            (known(Found::Unknown, 3), later(700), Look::Up(later(700))),
        ] {
            assert_eq!(look(known, now), expected, "{known:?}");
        }
        let ahead = known(Found::Unknown, 1);
        let back = at - Duration::from_secs(400 * 86_400);
        assert_eq!(look(ahead, back), Look::Up(back + AGAIN_AFTER[0]), "the clock was 400 days ahead");
        let tries =
            [None, known(Found::Yes, 0), known(Found::Unknown, 1), known(Found::Unknown, 2)].map(tries_after_failure);
        assert_eq!(tries, [1, 1, 2, 3]);
        assert_eq!(tries_after_failure(known(Found::Unknown, 3)), 1);
    }
}
