//! What is remembered of the numbers between two looks: whose turn it is, what was changed lately. A restart of the daemon
//! may forget it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mychatflow_data::ids::InstanceId;
use mychatflow_data::protocol::calls::instance::Drift;
use mychatflow_data::time::Timestamp;
use tokio::sync::OwnedMutexGuard;

/// How long the same differences are left alone in a working session: to mend them stops it for seconds.
pub const UPDATE_PAUSE: Duration = Duration::from_secs(3600);
/// The time over which restarts are counted.
pub const RESTART_SPAN: Duration = Duration::from_secs(3600);
/// So many restarts of our own accord in that time, then a person must look.
pub const RESTARTS_MAX: usize = 3;

/// What is remembered of all numbers.
#[derive(Default)]
pub struct Numbers {
    // A Mutex, not a task: it is held for a few map operations, never across an await.
    known: Mutex<HashMap<InstanceId, Memory>>,
}

#[derive(Default)]
struct Memory {
    turn: Arc<tokio::sync::Mutex<()>>,
    updated: Option<(Timestamp, Vec<Drift>)>,
    restarted_at: Vec<Timestamp>,
}

impl Numbers {
    /// Waits until nobody else changes this number's session.
    pub async fn turn(&self, instance: InstanceId) -> OwnedMutexGuard<()> {
        let turn = Arc::clone(&self.known().entry(instance).or_default().turn);
        turn.lock_owned().await
    }

    /// May a working session be stopped to mend these differences? A yes is noted.
    pub fn may_update(&self, instance: InstanceId, differences: &[Drift], now: Timestamp) -> bool {
        let mut known = self.known();
        let memory = known.entry(instance).or_default();
        let lately = memory.updated.as_ref().is_some_and(|(at, mended)| {
            now.since(*at) < UPDATE_PAUSE && differences.iter().all(|difference| mended.contains(difference))
        });
        if !lately {
            memory.updated = Some((now, differences.to_vec()));
        }
        !lately
    }

    /// May the session be restarted without anybody asking? A yes is noted.
    pub fn may_restart(&self, instance: InstanceId, now: Timestamp) -> bool {
        let mut known = self.known();
        let restarted_at = &mut known.entry(instance).or_default().restarted_at;
        restarted_at.retain(|at| now.since(*at) < RESTART_SPAN);
        let may = restarted_at.len() < RESTARTS_MAX;
        if may {
            restarted_at.push(now);
        }
        may
    }

    fn known(&self) -> MutexGuard<'_, HashMap<InstanceId, Memory>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    #[test]
    fn the_same_differences_are_mended_once_an_hour() {
        let numbers = Numbers::default();
        let (one, two) = (InstanceId::new(), InstanceId::new());
        let drift = |what: &str| [Drift { what: what.to_owned(), wanted: "ours".to_owned(), found: "none".to_owned() }];
        let (events, key) = (drift("webhook.events"), drift("webhook.hmac.key"));
        assert!(numbers.may_update(one, &events, NOW));
        assert!(!numbers.may_update(one, &events, NOW + UPDATE_PAUSE / 2));
        assert!(numbers.may_update(two, &events, NOW));
        assert!(numbers.may_update(one, &key, NOW));
        assert!(numbers.may_update(one, &key, NOW + UPDATE_PAUSE));
    }

    #[test]
    fn restarts_are_capped() {
        let numbers = Numbers::default();
        let one = InstanceId::new();
        let may = |seconds| numbers.may_restart(one, NOW + Duration::from_secs(seconds));
        assert_eq!([may(0), may(60), may(120), may(180), may(3599)], [true, true, true, false, false]);
        assert_eq!([may(3600), may(3601)], [true, false]);
    }
}
