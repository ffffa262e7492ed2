//! Remembers that asking is useless: a refused key, a day's quota used up, a rate limit with a named end, a model that does
//! not answer.
//! A plain state machine: time is an argument, nothing is sent from here.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::outage::{Outage, Outages};
use super::turns::Asker;

/// What an earlier call found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The key was refused.
    KeyRefused,
    /// The quota is used up for the day or longer than five minutes.
    QuotaDay,
    /// It has asked for a pause.
    Pause,
    /// Several questions in a row got no answer.
    Outage,
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Cause::KeyRefused => "the api key was refused",
            Cause::QuotaDay => "the quota is used up",
            Cause::Pause => "it has asked for a pause",
            Cause::Outage => "gemini is busy or out of reach",
        })
    }
}

/// The breaker as shown to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// Calls are refused without being sent.
    Open {
        /// Why.
        cause: Cause,
        /// The model it is about; `None` for the whole key.
        model: Option<String>,
        /// When one call is let through to try, counted from now.
        retry_after: Duration,
    },
    /// One call is under way to find out.
    Trying,
}

/// What became of asking for leave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Leave {
    Go,
    Wait(Duration),
    /// A probe finds out at this moment; nobody waits for it longer than this.
    Probing(Duration),
    No {
        cause: Cause,
        retry_after: Duration,
    },
}

/// A refused key is tried again after this, then after twice as long, up to the longest.
const KEY_HOLD: Duration = Duration::from_secs(60);
const KEY_HOLD_LONGEST: Duration = Duration::from_secs(15 * 60);
/// A used-up quota without a named end.
const QUOTA_HOLD: Duration = Duration::from_secs(60 * 60);
const QUOTA_HOLD_LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// A trial that never reports back (its caller was dropped) is forgotten after this.
const TRIAL: Duration = Duration::from_secs(120);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Circuit {
    cause: Cause,
    until: Instant,
    hold: Duration,
    trying: bool,
}

/// One breaker per key. Quotas of a day are counted per model by Google, so those are kept per model.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    key: Option<Circuit>,
    models: BTreeMap<String, Circuit>,
    paused: BTreeMap<String, Instant>,
    outages: Outages,
}

impl Breaker {
    pub(super) fn ask(&mut self, model: &str, asker: Asker, now: Instant) -> Leave {
        self.paused.retain(|_, until| *until > now);
        for circuit in [self.key.as_ref(), self.models.get(model)].into_iter().flatten() {
            if circuit.until > now {
                return Leave::No { cause: circuit.cause, retry_after: circuit.until - now };
            }
        }
        if let Some(until) = self.paused.get(model) {
            return Leave::Wait(*until - now);
        }
        match self.outages.ask(model, asker, now) {
            Some(Outage::Until(retry_after)) => return Leave::No { cause: Cause::Outage, retry_after },
            Some(Outage::Probing(longest)) => return Leave::Probing(longest),
            None => {}
        }
        for circuit in [self.key.as_mut(), self.models.get_mut(model)].into_iter().flatten() {
            circuit.trying = true;
            circuit.until = now + TRIAL;
        }
        Leave::Go
    }

    /// A usable answer, or a refusal that only a working key can get. True when questions have waited for the end of an outage.
    pub(super) fn worked(&mut self, model: &str, asker: Asker) -> bool {
        self.key_works(model);
        self.outages.worked(model, asker)
    }

    /// Whatever the answer was, only a working key can get it.
    pub(super) fn key_works(&mut self, model: &str) {
        self.key = None;
        self.models.remove(model);
    }

    /// No answer, or one that tells of an overload.
    pub(super) fn failed(&mut self, model: &str, asker: Asker, now: Instant) {
        self.try_anew(model, now);
        self.outages.failed(model, asker, now);
    }

    /// Others wait for this model since before this run: the first question is a probe.
    pub(super) fn expect_outage(&mut self, model: &str, now: Instant) {
        self.outages.expect(model, now);
    }

    /// How long an outage keeps this asker's next question back.
    pub(super) fn outage_left(&self, model: &str, asker: Asker, now: Instant) -> Duration {
        self.outages.wait(model, asker, now).unwrap_or_default()
    }

    /// A fault that says nothing about key, quota or model: a trial under way may be repeated at once.
    pub(super) fn unclear(&mut self, model: &str, asker: Asker, now: Instant) {
        self.try_anew(model, now);
        self.outages.unclear(model, asker, now);
    }

    fn try_anew(&mut self, model: &str, now: Instant) {
        for circuit in [self.key.as_mut(), self.models.get_mut(model)].into_iter().flatten() {
            if circuit.trying {
                circuit.trying = false;
                circuit.until = now;
            }
        }
    }

    pub(super) fn key_refused(&mut self, now: Instant) {
        let hold = match self.key {
            Some(circuit) if !circuit.trying => return, // a call that started before it opened
            Some(circuit) => (circuit.hold * 2).min(KEY_HOLD_LONGEST),
            None => KEY_HOLD,
        };
        self.key = Some(Circuit { cause: Cause::KeyRefused, until: now + hold, hold, trying: false });
    }

    pub(super) fn quota_used_up(&mut self, model: &str, named: Option<Duration>, now: Instant) {
        let hold = named.unwrap_or(QUOTA_HOLD).min(QUOTA_HOLD_LONGEST);
        // An answer about the quota proves the key.
        self.key = None;
        let circuit = Circuit { cause: Cause::QuotaDay, until: now + hold, hold, trying: false };
        self.models.insert(model.to_owned(), circuit);
    }

    /// Gemini named the end of a rate limit: nobody asks this model before it.
    pub(super) fn pause(&mut self, model: &str, wait: Duration, now: Instant) {
        let until = self.paused.entry(model.to_owned()).or_insert(now);
        *until = (*until).max(now + wait);
    }

    pub(super) fn state(&self, now: Instant) -> BreakerState {
        let models = self.models.iter().map(|(model, circuit)| (Some(model), circuit));
        let all = self.key.iter().map(|circuit| (None, circuit)).chain(models);
        let mut trying = false;
        for (model, circuit) in all {
            if circuit.trying {
                trying = true;
            } else if circuit.until > now {
                let retry_after = circuit.until - now;
                return BreakerState::Open { cause: circuit.cause, model: model.cloned(), retry_after };
            }
        }
        match self.outages.state(now) {
            Some((model, Outage::Until(retry_after))) => {
                BreakerState::Open { cause: Cause::Outage, model: Some(model.to_owned()), retry_after }
            }
            Some((_, Outage::Probing(_))) => BreakerState::Trying,
            None if trying => BreakerState::Trying,
            None => BreakerState::Closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const SHOP: Asker = [1; 16];

    #[test]
    fn a_refused_key_stops_every_model_and_is_tried_again_by_one_call_only() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        assert_eq!(breaker.ask("a", SHOP, start), Leave::Go);
        breaker.key_refused(start);
        breaker.key_refused(start + SECOND); // a late one changes nothing
        assert_eq!(breaker.ask("b", SHOP, start), Leave::No { cause: Cause::KeyRefused, retry_after: KEY_HOLD });
        let later = start + KEY_HOLD;
        assert_eq!(breaker.state(later), BreakerState::Closed);
        assert_eq!(breaker.ask("a", SHOP, later), Leave::Go);
        assert_eq!(breaker.state(later), BreakerState::Trying);
        assert!(matches!(breaker.ask("a", SHOP, later), Leave::No { .. }), "only one trial");
        breaker.key_refused(later);
        assert_eq!(breaker.ask("a", SHOP, later), Leave::No { cause: Cause::KeyRefused, retry_after: 2 * KEY_HOLD });
        let last = later + 2 * KEY_HOLD;
        assert_eq!(breaker.ask("a", SHOP, last), Leave::Go);
        breaker.worked("a", SHOP);
        assert_eq!(breaker.ask("b", SHOP, last), Leave::Go);
        assert_eq!(breaker.state(last), BreakerState::Closed);
    }

    #[test]
    fn an_unclear_or_lost_trial_lets_the_next_call_try() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        breaker.key_refused(start);
        let later = start + KEY_HOLD;
        assert_eq!(breaker.ask("a", SHOP, later), Leave::Go);
        breaker.unclear("a", SHOP, later);
        assert_eq!(breaker.ask("a", SHOP, later), Leave::Go);
        assert_eq!(breaker.ask("a", SHOP, later + TRIAL), Leave::Go);
    }

    #[test]
    fn a_quota_is_about_one_model() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        breaker.quota_used_up("a", Some(Duration::from_secs(51_820)), start);
        let no = Leave::No { cause: Cause::QuotaDay, retry_after: Duration::from_secs(51_820) };
        assert_eq!(breaker.ask("a", SHOP, start), no);
        assert_eq!(breaker.ask("b", SHOP, start), Leave::Go);
        breaker.worked("b", SHOP);
        assert_eq!(breaker.ask("a", SHOP, start), no);
        assert!(matches!(breaker.state(start), BreakerState::Open { model: Some(_), .. }));
        breaker.quota_used_up("b", None, start);
        assert_eq!(breaker.ask("b", SHOP, start + QUOTA_HOLD), Leave::Go);
    }

    #[test]
    fn a_named_pause_holds_until_its_end() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        breaker.pause("a", 3 * SECOND, start);
        breaker.pause("a", SECOND, start);
        assert_eq!(breaker.ask("a", SHOP, start + SECOND), Leave::Wait(2 * SECOND));
        assert_eq!(breaker.ask("b", SHOP, start), Leave::Go);
        assert_eq!(breaker.ask("a", SHOP, start + 3 * SECOND), Leave::Go);
    }
}
