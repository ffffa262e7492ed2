//! What is remembered of the numbers between two looks: whose turn it is, what was changed lately. A restart of the daemon
//! may forget it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mychatflow_data::ids::InstanceId;
use mychatflow_data::protocol::calls::instance::Drift;
use mychatflow_data::time::Timestamp;
use tokio::sync::{OwnedMutexGuard, watch};

use crate::flow::slowdown::Slowdown;

/// The time over which changes of a working session are counted: each of them stops it for seconds.
pub const UPDATE_SPAN: Duration = Duration::from_secs(3600);
/// So often in that time the same differences are mended that were never seen to be gone.
pub const UPDATES_MAX: usize = 3;
/// The time over which restarts are counted.
pub const RESTART_SPAN: Duration = Duration::from_secs(3600);
/// What is said once of a number that restarts do not help.
pub const RESTARTS: &str = "restarts";
/// The time in which it is told once that messages come late.
pub const LATE_SPAN: Duration = Duration::from_secs(3600);
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
    updated: Vec<(Timestamp, Vec<Drift>)>,
    readings: watch::Sender<u64>,
    restarted_at: Vec<Timestamp>,
    told: BTreeSet<&'static str>,
    restarted: bool,
    history_read_at: Option<Timestamp>,
    hidden_ids_looked_at: Option<Timestamp>,
    hidden_ids_asked_at: Option<Timestamp>,
    slowdown: Option<Slowdown>,
    late_told_at: Option<Timestamp>,
    looked_at: Option<Timestamp>,
}

impl Numbers {
    /// Waits until nobody else changes this number's session.
    pub async fn turn(&self, instance: InstanceId) -> OwnedMutexGuard<()> {
        let turn = Arc::clone(&self.known().entry(instance).or_default().turn);
        turn.lock_owned().await
    }

    /// Tells those who wait that a reading of the people a number knows has ended.
    pub fn reading_ended(&self, instance: InstanceId) {
        self.known().entry(instance).or_default().readings.send_modify(|count| *count += 1);
    }

    /// Changes whenever a reading of the people a number knows has ended.
    pub fn readings(&self, instance: InstanceId) -> watch::Receiver<u64> {
        self.known().entry(instance).or_default().readings.subscribe()
    }

    /// May a working session be stopped to mend these differences? A yes is noted.
    pub fn may_update(&self, instance: InstanceId, differences: &[Drift], now: Timestamp) -> bool {
        let mut known = self.known();
        let updated = &mut known.entry(instance).or_default().updated;
        // One in the future was noted by a clock that was ahead.
        updated.iter_mut().filter(|(at, _)| *at > now + UPDATE_SPAN).for_each(|(at, _)| *at = now);
        updated.retain(|(at, _)| now.since(*at) < UPDATE_SPAN);
        let same = |mended: &[Drift]| differences.iter().all(|difference| mended.contains(difference));
        let may = updated.iter().filter(|(_, mended)| same(mended)).count() < UPDATES_MAX;
        if may {
            updated.push((now, differences.to_vec()));
        }
        may
    }

    /// A later look found the session as we want it: what was mended held, and may be mended again at once.
    pub fn held(&self, instance: InstanceId) {
        self.known().entry(instance).or_default().updated.clear();
    }

    /// Is this said of the number for the first time since that was last found to be well? A yes is noted.
    pub fn is_news(&self, instance: InstanceId, code: &'static str) -> bool {
        self.known().entry(instance).or_default().told.insert(code)
    }

    /// That is well now: if it goes wrong once more, it is said once more.
    pub fn is_over(&self, instance: InstanceId, code: &'static str) {
        self.known().entry(instance).or_default().told.remove(code);
    }

    /// The number works.
    pub fn is_well(&self, instance: InstanceId) {
        let mut known = self.known();
        let memory = known.entry(instance).or_default();
        memory.told.remove(RESTARTS);
        memory.restarted = false;
    }

    /// A failed session was started again.
    pub fn note_restart(&self, instance: InstanceId) {
        self.known().entry(instance).or_default().restarted = true;
    }

    /// Was it, since it was last well or shown a code?
    pub fn was_restarted(&self, instance: InstanceId) -> bool {
        self.known().entry(instance).or_default().restarted
    }

    /// Notes that a number's history of the last minutes was read, and when that began.
    pub fn history_was_read(&self, instance: InstanceId, begun_at: Timestamp) {
        let mut known = self.known();
        let read_at = &mut known.entry(instance).or_default().history_read_at;
        *read_at = (*read_at).max(Some(begun_at));
    }

    /// When a number's history of the last minutes was read last.
    pub fn history_read_at(&self, instance: InstanceId) -> Option<Timestamp> {
        self.known().get(&instance)?.history_read_at
    }

    /// Is it time to look whether somebody must be asked about whose number is unknown? A yes is noted.
    pub fn may_look_for_hidden_ids(&self, instance: InstanceId, every: Duration, now: Timestamp) -> bool {
        let mut known = self.known();
        let looked_at = &mut known.entry(instance).or_default().hidden_ids_looked_at;
        let may = looked_at.is_none_or(|at| now.since(at) >= every || at > now);
        if may {
            *looked_at = Some(now);
        }
        may
    }

    /// Notes that WAHA was asked about the people whose numbers are unknown.
    pub fn hidden_ids_were_asked(&self, instance: InstanceId, at: Timestamp) {
        self.known().entry(instance).or_default().hidden_ids_asked_at = Some(at);
    }

    /// When WAHA was last asked about the people whose numbers are unknown.
    pub fn hidden_ids_asked_at(&self, instance: InstanceId) -> Option<Timestamp> {
        self.known().get(&instance)?.hidden_ids_asked_at
    }

    /// May the session be restarted without anybody asking? A yes is noted.
    pub fn may_restart(&self, instance: InstanceId, now: Timestamp) -> bool {
        let mut known = self.known();
        let restarted_at = &mut known.entry(instance).or_default().restarted_at;
        restarted_at.iter_mut().filter(|at| **at > now + RESTART_SPAN).for_each(|at| *at = now);
        restarted_at.retain(|at| now.since(*at) < RESTART_SPAN);
        let may = restarted_at.len() < RESTARTS_MAX;
        if may {
            restarted_at.push(now);
        }
        may
    }

    /// May a person be told now that messages of this number come late? A yes is noted: after an outage many do.
    pub fn may_tell_late(&self, instance: InstanceId, now: Timestamp) -> bool {
        let mut known = self.known();
        let told_at = &mut known.entry(instance).or_default().late_told_at;
        // One in the future was noted by a clock that was ahead.
        let may = told_at.is_none_or(|at| at > now || now.since(at) >= LATE_SPAN);
        if may {
            *told_at = Some(now);
        }
        may
    }

    /// Notes that WAHA told of this number, and returns when it did so before.
    pub fn note_look(&self, instance: InstanceId, now: Timestamp) -> Option<Timestamp> {
        self.known().entry(instance).or_default().looked_at.replace(now)
    }

    /// WhatsApp refused a message of this number for haste: notes it, and tells until when the number rests.
    pub fn slow_down(&self, instance: InstanceId, now: Timestamp) -> Timestamp {
        let mut known = self.known();
        let slowdown = &mut known.entry(instance).or_default().slowdown;
        slowdown.insert(Slowdown::after(*slowdown, now)).until
    }

    /// Until when this number rests; `None` when it may send.
    pub fn slowed_until(&self, instance: InstanceId, now: Timestamp) -> Option<Timestamp> {
        let slowdown = self.known().get(&instance)?.slowdown;
        slowdown.filter(|slowdown| slowdown.holds(now)).map(|slowdown| slowdown.until)
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
    fn differences_that_never_go_away_are_mended_so_often_an_hour() {
        let numbers = Numbers::default();
        let (one, two) = (InstanceId::new(), InstanceId::new());
        let drift = |what: &str| [Drift { what: what.to_owned(), wanted: "ours".to_owned(), found: "none".to_owned() }];
        let (events, key) = (drift("webhook.events"), drift("webhook.hmac.key"));
        let may = |seconds| numbers.may_update(one, &events, NOW + Duration::from_secs(seconds));
        assert_eq!([may(0), may(60), may(120), may(180), may(3599)], [true, true, true, false, false]);
        assert!(numbers.may_update(two, &events, NOW));
        assert!(numbers.may_update(one, &key, NOW));
        assert_eq!([may(3600), may(3601)], [true, false]);
        let ahead = InstanceId::new();
        for _ in 0..4 {
            numbers.may_restart(ahead, NOW + Duration::from_secs(34_560_000));
        }
        assert!(!numbers.may_restart(ahead, NOW), "those were a moment ago");
        assert!(numbers.may_restart(ahead, NOW + RESTART_SPAN), "the clock was ahead");
    }

    #[test]
    fn what_held_may_be_mended_again() {
        let numbers = Numbers::default();
        let one = InstanceId::new();
        let drift = [Drift { what: "webhook".to_owned(), wanted: "ours".to_owned(), found: "none".to_owned() }];
        for _ in 0..2 * UPDATES_MAX {
            assert!(numbers.may_update(one, &drift, NOW));
            numbers.held(one);
        }
    }

    #[test]
    fn late_messages_are_told_once_an_hour() {
        let numbers = Numbers::default();
        let (one, two) = (InstanceId::new(), InstanceId::new());
        let may = |number, seconds| numbers.may_tell_late(number, NOW + Duration::from_secs(seconds));
        assert_eq!(
            [may(one, 0), may(one, 1), may(two, 1), may(one, 3599), may(one, 3600)],
            [true, false, true, false, true]
        );
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
