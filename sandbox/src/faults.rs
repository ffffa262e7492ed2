//! What goes wrong, when, and how often. Decides only; the servers act on it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::seed::Seed;

/// Which calls a fault hits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// The next n calls, then never again.
    Next(u32),
    /// Every nth call: the nth, the 2nth and so on.
    Every(u32),
    /// Each call with this chance between 0 and 1, drawn from a seed.
    Chance {
        /// 0.05 is one in twenty.
        fraction: f64,
        /// The same seed hits the same calls.
        seed: u64,
    },
    /// Every call until the faults are cleared.
    Always,
}

/// What happens to a call to WAHA.
///
/// A refused connection is not in the list: it concerns the port and not a call, see
/// [`Server::stop_listening`](crate::waha::Server::stop_listening).
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Done as asked, but only after a while.
    Delay(Duration),
    /// Not done; answered with this status and body.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The JSON body.
        body: serde_json::Value,
    },
    /// Not done; 500 with WAHA's error shape and this message, such as `rate-overlimit`.
    EngineError(String),
    /// Not done; 422 "Session status is not as expected", as if the session were still starting.
    NotReady,
    /// **Done**, then answered 500.
    DoThenEngineError(String),
    /// **Done**, then the connection is cut.
    DoThenCut,
    /// **Done**, then silence until the client gives up.
    DoThenHang,
    /// Not done; the connection is cut.
    Cut,
    /// Not done; silence until the client gives up.
    Hang,
}

/// What happens to a webhook on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WebhookFault {
    /// Never posted.
    Drop,
    /// Posted twice, byte for byte the same.
    Duplicate,
    /// Posted later.
    Delay(Duration),
    /// Posted after a random pause below this: neighbours change places.
    Shuffle(Duration),
}

/// A list of faults by operation. `K` says what is hit, `F` what happens.
#[derive(Debug)]
pub struct Plan<K, F> {
    armed: AtomicBool,
    // A plain lock: held for a comparison of a few rules, never across an await.
    rules: Mutex<Vec<Rule<K, F>>>,
}

#[derive(Debug)]
struct Rule<K, F> {
    key: Option<K>,
    when: When,
    fault: F,
    seen: u32,
    dice: Seed,
}

impl<K, F> Default for Plan<K, F> {
    fn default() -> Self {
        Plan { armed: AtomicBool::new(false), rules: Mutex::new(Vec::new()) }
    }
}

impl<K: PartialEq, F: Clone> Plan<K, F> {
    /// Plans a fault for one operation. Of several that match, the one planned first happens.
    pub fn add(&self, key: K, when: When, fault: F) {
        self.push(Some(key), when, fault);
    }

    /// Plans a fault for every operation.
    pub fn add_for_all(&self, when: When, fault: F) {
        self.push(None, when, fault);
    }

    /// Forgets all plans.
    pub fn clear(&self) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.armed.store(false, Ordering::Release);
    }

    /// The fault for this call. Each call counts, so ask once.
    pub(crate) fn take(&self, key: &K) -> Option<F> {
        if !self.armed.load(Ordering::Acquire) {
            return None;
        }
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hit = None;
        for rule in rules.iter_mut().filter(|rule| rule.key.as_ref().is_none_or(|wanted| wanted == key)) {
            if rule.hits() {
                hit = Some(rule.fault.clone());
                break;
            }
        }
        rules.retain(|rule| rule.when != When::Next(0));
        self.armed.store(!rules.is_empty(), Ordering::Release);
        hit
    }

    fn push(&self, key: Option<K>, when: When, fault: F) {
        let seed = match when {
            When::Chance { seed, .. } => seed,
            _ => 0,
        };
        let rule = Rule { key, when, fault, seen: 0, dice: Seed::new(seed) };
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
        self.armed.store(true, Ordering::Release);
    }
}

impl<K, F> Rule<K, F> {
    fn hits(&mut self) -> bool {
        self.seen = self.seen.wrapping_add(1);
        match &mut self.when {
            When::Next(0) => false,
            When::Next(left) => {
                *left -= 1;
                true
            }
            When::Every(n) => *n > 0 && self.seen.is_multiple_of(*n),
            When::Chance { fraction, .. } => self.dice.fraction() < *fraction,
            When::Always => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(when: When) -> Vec<bool> {
        let plan = Plan::default();
        plan.add("send", when, ());
        (0..6).map(|_| plan.take(&"send").is_some()).collect()
    }

    #[test]
    fn faults_come_when_they_are_planned() {
        let (x, o) = (true, false);
        assert_eq!(hits(When::Next(2)), [x, x, o, o, o, o]);
        assert_eq!(hits(When::Every(3)), [o, o, x, o, o, x]);
        assert_eq!(hits(When::Always), [x; 6]);
        assert_eq!(hits(When::Chance { fraction: 0.0, seed: 1 }), [o; 6]);
        assert_eq!(hits(When::Chance { fraction: 1.0, seed: 1 }), [x; 6]);
        assert_eq!(hits(When::Chance { fraction: 0.5, seed: 9 }), hits(When::Chance { fraction: 0.5, seed: 9 }));
    }

    #[test]
    fn a_fault_for_one_operation_spares_the_others() {
        let plan = Plan::default();
        plan.add("send", When::Always, 1);
        assert_eq!(plan.take(&"read"), None);
        plan.add_for_all(When::Next(1), 2);
        assert_eq!((plan.take(&"read"), plan.take(&"read"), plan.take(&"send")), (Some(2), None, Some(1)));
        plan.clear();
        assert_eq!(plan.take(&"send"), None);
    }
}
