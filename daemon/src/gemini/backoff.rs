//! How long to wait between attempts within one call. Pure: the random draw is an argument.

use std::time::Duration;

/// How patient one call is. Longer waits belong to the durable job that made the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Attempts of one call for faults that pass by themselves, the first included.
    pub attempts: u32,
    /// The wait before the second attempt; doubles after each.
    pub first_delay: Duration,
    /// The longest wait within a call. A longer one is handed to the caller.
    pub longest_delay: Duration,
    /// The longest wait that Gemini may name and that is sat out within the call, once.
    pub longest_named: Duration,
    /// The time all attempts and waits of a call may take; no attempt starts after it.
    pub budget: Duration,
}

impl Default for Patience {
    /// Three attempts after 1 and 2 s, no wait over 4 s but one that Gemini names, nothing new after 60 s.
    fn default() -> Patience {
        Patience {
            attempts: 3,
            first_delay: Duration::from_secs(1),
            longest_delay: Duration::from_secs(4),
            longest_named: Duration::from_secs(10),
            budget: Duration::from_secs(60),
        }
    }
}

impl Patience {
    /// The wait after attempt `made` (1 for the first) has failed: doubling, with a `draw` in `0.0..=1.0` that takes up to
    /// half of it away, so that chats which failed together do not come back together.
    pub(super) fn delay(&self, made: u32, draw: f64) -> Duration {
        let doubled = self.first_delay.saturating_mul(1 << made.saturating_sub(1).min(16));
        doubled.min(self.longest_delay).mul_f64(1.0 - draw.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_longest_and_jitters_downwards() {
        let patience = Patience::default();
        let rows = [
            (1, 0.0, 1000),
            (2, 0.0, 2000),
            (3, 0.0, 4000),
            (9, 0.0, 4000),
            (1, 1.0, 500),
            (2, 0.5, 1500),
            (99, 9.0, 2000),
        ];
        for (made, draw, expected_ms) in rows {
            assert_eq!(patience.delay(made, draw), Duration::from_millis(expected_ms), "{made} {draw}");
        }
    }
}
