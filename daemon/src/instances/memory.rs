//! What is remembered of the numbers between two looks: whose turn it is, what was changed lately. A restart of the daemon
//! may forget it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::InstanceStatus;
use mychatflow_data::protocol::calls::instance::Drift;
use mychatflow_data::time::Timestamp;
use tokio::sync::{Notify, OwnedMutexGuard, watch};

use super::deliveries::{DeliveryEvidence, MissingDelivery};
use super::sends::{FailingSends, SendEvidence};
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
    /// Tells that a code to scan or to type is shown.
    code_shown: Notify,
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
    deliveries: DeliveryEvidence,
    answered_at: Option<Timestamp>,
    unanswered: Option<UnansweredQuestion>,
    sends: SendEvidence,
    code_until: Option<Timestamp>,
    facts: Option<SessionFacts>,
}

/// What WAHA told of a working session beside its state, and what it left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionFacts {
    /// When.
    pub at: Timestamp,
    /// Whose account it is.
    pub account: bool,
    /// Which engine runs it.
    pub engine: bool,
    /// Which version the server has.
    pub version: bool,
}

/// Questions to WAHA about a number that got no answer, and none did since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnansweredQuestion {
    /// When the first of them was asked.
    pub since: Timestamp,
    /// When the last of them was.
    pub last_at: Timestamp,
    /// What came of that one, in words for people.
    pub words: String,
}

/// How we know how a number is, in this run of the daemon.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionEvidence {
    /// When WAHA last answered in which state the session is.
    pub asked_at: Option<Timestamp>,
    /// The questions that it has not answered since then.
    pub unanswered: Option<UnansweredQuestion>,
    /// When the last delivery of WAHA came.
    pub delivered_at: Option<Timestamp>,
    /// The delivery that did not come, where nothing has come since.
    pub missing: Option<MissingDelivery>,
    /// When WAHA last took a message.
    pub sent_at: Option<Timestamp>,
    /// The sends that fail again and again.
    pub failing: Option<FailingSends>,
    /// What WAHA told of the working session, when it was last asked for all of it.
    pub told: Option<SessionFacts>,
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

    /// A rest that an earlier run of the daemon began.
    pub fn restore_slowdown(&self, instance: InstanceId, slowdown: Slowdown) {
        self.known().entry(instance).or_default().slowdown.get_or_insert(slowdown);
    }

    /// Until when this number rests; `None` when it may send.
    pub fn slowed_until(&self, instance: InstanceId, now: Timestamp) -> Option<Timestamp> {
        let slowdown = self.known().get(&instance)?.slowdown;
        slowdown.filter(|slowdown| slowdown.holds(now)).map(|slowdown| slowdown.until)
    }

    /// How we know how a number is.
    pub fn evidence(&self, instance: InstanceId, now: Timestamp) -> SessionEvidence {
        let known = self.known();
        let Some(memory) = known.get(&instance) else { return SessionEvidence::default() };
        let Memory { deliveries, sends, facts, .. } = memory;
        SessionEvidence {
            asked_at: memory.answered_at,
            unanswered: memory.unanswered.clone(),
            delivered_at: deliveries.arrived_at(),
            missing: deliveries.missing(now).cloned(),
            sent_at: sends.sent_at(),
            failing: sends.trouble(now).cloned(),
            told: *facts,
        }
    }

    /// WAHA was asked for all of a session; of one that does not work it tells little, and nothing is noted.
    pub fn note_facts(&self, instance: InstanceId, facts: Option<SessionFacts>) {
        self.known().entry(instance).or_default().facts = facts;
    }

    /// A delivery of WAHA came; of a session's state, which. What we post to ourselves is none.
    pub fn note_delivery(&self, instance: InstanceId, status: Option<&InstanceStatus>, now: Timestamp) {
        self.known().entry(instance).or_default().deliveries.note_delivery(status, now);
    }

    /// WAHA answered that the session is in this state; it was asked then.
    pub fn note_status(&self, instance: InstanceId, status: &InstanceStatus, asked_at: Timestamp) {
        let mut known = self.known();
        let memory = known.entry(instance).or_default();
        (memory.answered_at, memory.unanswered) = (Some(asked_at), None);
        memory.deliveries.note_status(status, asked_at);
    }

    /// WAHA was asked how the number is, and did not answer.
    pub fn note_unanswered(&self, instance: InstanceId, words: &str, asked_at: Timestamp) {
        let mut known = self.known();
        let unanswered = &mut known.entry(instance).or_default().unanswered;
        // One in the future was noted by a clock that was ahead.
        let since = unanswered.as_ref().map_or(asked_at, |before| before.since.min(asked_at));
        *unanswered = Some(UnansweredQuestion { since, last_at: asked_at, words: words.to_owned() });
    }

    /// WAHA could not be asked: what it did meanwhile it may have told nobody.
    pub fn note_unasked(&self, instance: InstanceId) {
        self.known().entry(instance).or_default().deliveries.forget_status();
    }

    /// WAHA, or the session, has begun anew: what failed before says nothing, and what it did meanwhile it may have told nobody.
    pub fn note_new_life(&self, instance: InstanceId) {
        let mut known = self.known();
        let memory = known.entry(instance).or_default();
        memory.deliveries.forget_status();
        memory.sends.forget();
    }

    /// A message of that time stands in WAHA's history, and was never told.
    pub fn note_missed_message(&self, instance: InstanceId, at: Timestamp) {
        self.known().entry(instance).or_default().deliveries.note_missed_message(at);
    }

    /// The store remembers that nothing came since the number began to work.
    pub fn note_silence(&self, instance: InstanceId, worked_at: Timestamp) {
        self.known().entry(instance).or_default().deliveries.note_silence(worked_at);
    }

    /// WAHA took a message that we began to send then: its echo must come by webhook.
    pub fn note_posted(&self, instance: InstanceId, begun_at: Timestamp) {
        self.known().entry(instance).or_default().deliveries.note_posted(begun_at);
    }

    /// A message is out. True when others have failed before it so often that people were told.
    pub fn note_sent(&self, instance: InstanceId, now: Timestamp) -> bool {
        self.known().entry(instance).or_default().sends.note_sent(now)
    }

    /// WAHA did not take a message. True when that is one too many.
    pub fn note_failed_send(&self, instance: InstanceId, words: String, now: Timestamp) -> bool {
        self.known().entry(instance).or_default().sends.note_failure(words, now)
    }

    /// Somebody looks at a code of this number until then.
    pub fn watch_code(&self, instance: InstanceId, until: Timestamp) {
        self.known().entry(instance).or_default().code_until = Some(until);
        self.code_shown.notify_one();
    }

    /// The code was scanned, or is over.
    pub fn end_code(&self, instance: InstanceId) {
        self.known().entry(instance).or_default().code_until = None;
    }

    /// The numbers whose code somebody looks at.
    pub fn codes_shown(&self, now: Timestamp) -> Vec<InstanceId> {
        let known = self.known();
        let shown = known.iter().filter(|(_, memory)| memory.code_until.is_some_and(|until| now < until));
        shown.map(|(instance, _)| *instance).collect()
    }

    /// Waits until somebody begins to look at a code.
    pub async fn code_begins(&self) {
        self.code_shown.notified().await;
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
