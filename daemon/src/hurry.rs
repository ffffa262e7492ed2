//! Who is in a hurry: while a customer is being answered, campaigns hold their breath. Both want the same processors, disk
//! and WAHA, and only one of them has somebody waiting.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use mychatflow_data::time::{Clock, Timestamp};

/// How long after the last step of an answer the next one may follow at once.
const QUIET: Duration = Duration::from_millis(20);
/// How often a campaign holds its breath before one message: where answers never end, it goes on slowly.
const BREATHS_MAX: u32 = 10;

/// When anything was last done for a customer.
#[derive(Debug, Default)]
pub struct Hurry {
    last_ms: AtomicI64,
}

impl Hurry {
    /// A step of an answer begins or ends.
    pub fn note(&self, now: Timestamp) {
        self.last_ms.fetch_max(now.millis(), Ordering::Relaxed);
    }

    /// How long it is until nobody is in a hurry; `None`: nobody is. A clock that was put back is not waited for.
    fn left(&self, now: Timestamp) -> Option<Duration> {
        let last = Timestamp::from_millis(self.last_ms.load(Ordering::Relaxed));
        if last > now {
            return None;
        }
        QUIET.checked_sub(now.since(last)).filter(|left| !left.is_zero())
    }

    /// Waits until nobody is in a hurry, for a fifth of a second at most.
    pub async fn lull(&self, clock: &dyn Clock) {
        for _ in 0..BREATHS_MAX {
            let Some(left) = self.left(clock.now()) else { return };
            tokio::time::sleep(left).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_waits_for_the_last_step_only() {
        let at = Timestamp::from_millis;
        let hurry = Hurry::default();
        assert_eq!(hurry.left(at(1_000)), None);
        hurry.note(at(1_000));
        assert_eq!(hurry.left(at(1_000)), Some(QUIET));
        assert_eq!(hurry.left(at(1_015)), Some(Duration::from_millis(5)));
        assert_eq!(hurry.left(at(1_020)), None);
        hurry.note(at(1_030));
        hurry.note(at(1_010));
        assert_eq!(hurry.left(at(1_040)), Some(Duration::from_millis(10)), "the latest counts");
        assert_eq!(hurry.left(at(500)), None, "the clock was put back");
    }
}
