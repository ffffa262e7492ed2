//! What is said about deliveries that were refused: the first at once, then at most one line in a while with the number
//! of those left out. Whoever finds the port must not be able to fill the log.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mychatflow_data::ids::InstanceId;
use mychatflow_data::time::Timestamp;

/// The shortest time between two lines of one kind.
pub const PAUSE: Duration = Duration::from_secs(10);

/// What was said lately. It grows with the kinds and with our own numbers only, never with what a stranger sends.
#[derive(Default)]
pub struct Complaints {
    // A Mutex: connections ask all at once; it is held for one map operation.
    said: Mutex<BTreeMap<(&'static str, Option<InstanceId>), Said>>,
}

struct Said {
    at: Timestamp,
    left_out: u64,
}

impl Complaints {
    /// Should this one be said? Then with how many that were not since the last line of its kind.
    pub fn may_say(&self, kind: &'static str, instance: Option<InstanceId>, now: Timestamp) -> Option<u64> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last) = said.get_mut(&(kind, instance)) else {
            said.insert((kind, instance), Said { at: now, left_out: 0 });
            return Some(0);
        };
        // A clock that was set back must not silence it for longer.
        if now >= last.at && now.since(last.at) < PAUSE {
            last.left_out += 1;
            return None;
        }
        last.at = now;
        Some(std::mem::take(&mut last.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_said_at_once_and_the_rest_counted() {
        let complaints = Complaints::default();
        let at = |seconds: i64| Timestamp::from_seconds(1_000_000 + seconds);
        let say = |seconds| complaints.may_say("signature", None, at(seconds));
        assert_eq!([say(0), say(0), say(9), say(10), say(11)], [Some(0), None, None, Some(2), None]);
        assert_eq!([say(60), say(61), say(30)], [Some(1), None, Some(1)]);
    }

    #[test]
    fn kinds_and_numbers_do_not_silence_each_other() {
        let complaints = Complaints::default();
        let now = Timestamp::from_seconds(1_000_000);
        for instance in [None, Some(InstanceId::new()), Some(InstanceId::new())] {
            for kind in ["signature", "unknown_instance"] {
                assert_eq!(complaints.may_say(kind, instance, now), Some(0));
                assert_eq!(complaints.may_say(kind, instance, now), None);
            }
        }
    }
}
