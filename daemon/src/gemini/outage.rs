//! A model that does not answer: after a few failures in a row one question now and then goes out as a probe, and all others
//! wait for it. Kept for all shops together and for each shop, so that one whose questions alone fail stops nobody else.
//! A plain state machine: time is an argument, nothing is sent from here.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::turns::Asker;

/// So many failures in a row close the line.
pub(super) const FAILURES_MAX: u32 = 3;
/// Failures further apart than this are none in a row.
const TOGETHER: Duration = Duration::from_secs(60);
/// The waits before the first probe, the second and so on; the last one repeats.
const WAITS: [Duration; 4] =
    [Duration::from_secs(5), Duration::from_secs(15), Duration::from_secs(30), Duration::from_secs(60)];
/// How long others wait for what a probe finds out. A slower one does not keep the next from trying.
const PROBE: Duration = Duration::from_secs(20);
/// What is older is forgotten.
const KEEP: Duration = Duration::from_secs(1800);

#[derive(Debug, Clone, Copy)]
struct Line {
    failures: u32,
    failed_at: Instant,
    closed: Option<Closed>,
}

#[derive(Debug, Clone, Copy)]
struct Closed {
    until: Instant,
    waits: usize,
    probing: bool,
}

impl Closed {
    fn outage(&self, now: Instant) -> Outage {
        let left = self.until.saturating_duration_since(now);
        if self.probing { Outage::Probing(left) } else { Outage::Until(left) }
    }
}

/// How the model is reached, by all together (`None`) and by each shop.
#[derive(Debug, Default)]
pub(super) struct Outages {
    lines: BTreeMap<(String, Option<Asker>), Line>,
}

/// What there is to say about a closed line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outage {
    /// Nobody asks before then.
    Until(Duration),
    /// A probe is under way; nobody waits for it longer than this.
    Probing(Duration),
}

fn keys(model: &str, asker: Asker) -> [(String, Option<Asker>); 2] {
    [(model.to_owned(), None), (model.to_owned(), Some(asker))]
}

impl Outages {
    /// For what a question must wait; `None`: it may go out, as the probe where the line is closed.
    pub(super) fn ask(&mut self, model: &str, asker: Asker, now: Instant) -> Option<Outage> {
        // The usual case costs nothing.
        if self.lines.is_empty() {
            return None;
        }
        let closed = keys(model, asker).into_iter().filter_map(|key| self.lines.get(&key)?.closed);
        let last = closed.filter(|closed| closed.until > now).max_by_key(|closed| closed.until);
        if last.is_none() {
            for key in keys(model, asker) {
                if let Some(closed) = self.lines.get_mut(&key).and_then(|line| line.closed.as_mut()) {
                    closed.probing = true;
                    closed.until = now + PROBE;
                }
            }
        }
        last.map(|closed| closed.outage(now))
    }

    /// How long a question would have to wait.
    pub(super) fn wait(&self, model: &str, asker: Asker, now: Instant) -> Option<Duration> {
        let closed = keys(model, asker).into_iter().filter_map(|key| self.lines.get(&key)?.closed);
        closed.map(|closed| closed.until.saturating_duration_since(now)).max().filter(|wait| !wait.is_zero())
    }

    /// A question got no answer.
    pub(super) fn failed(&mut self, model: &str, asker: Asker, now: Instant) {
        self.lines.retain(|_, line| now.saturating_duration_since(line.failed_at) < KEEP);
        for key in keys(model, asker) {
            let line = self.lines.entry(key).or_insert(Line { failures: 0, failed_at: now, closed: None });
            if now.saturating_duration_since(line.failed_at) > TOGETHER {
                line.failures = 0;
            }
            line.failures = line.failures.saturating_add(1);
            line.failed_at = now;
            line.closed = match line.closed {
                None if line.failures < FAILURES_MAX => None,
                None => Some(Closed { until: now + WAITS[0], waits: 0, probing: false }),
                // It was under way when the line closed: no new finding.
                Some(closed) if !closed.probing => Some(closed),
                Some(closed) => {
                    let waits = (closed.waits + 1).min(WAITS.len() - 1);
                    Some(Closed { until: now + WAITS[waits], waits, probing: false })
                }
            };
        }
    }

    /// Others wait for the model since before this run: the first question is a probe.
    pub(super) fn expect(&mut self, model: &str, now: Instant) {
        let closed = Some(Closed { until: now, waits: 0, probing: false });
        let line = Line { failures: FAILURES_MAX, failed_at: now, closed };
        self.lines.entry((model.to_owned(), None)).or_insert(line);
    }

    /// A question got an answer, of whatever sort. True when others have waited for that.
    pub(super) fn worked(&mut self, model: &str, asker: Asker) -> bool {
        let mut opened = false;
        for key in keys(model, asker) {
            opened |= self.lines.remove(&key).is_some_and(|line| line.closed.is_some());
        }
        opened
    }

    /// A question was not sent after all: the next one is the probe.
    pub(super) fn unclear(&mut self, model: &str, asker: Asker, now: Instant) {
        for key in keys(model, asker) {
            if let Some(closed) = self.lines.get_mut(&key).and_then(|line| line.closed.as_mut())
                && closed.probing
            {
                *closed = Closed { until: now, probing: false, ..*closed };
            }
        }
    }

    /// The first model that nobody reaches.
    pub(super) fn state(&self, now: Instant) -> Option<(&str, Outage)> {
        self.lines.iter().find_map(|((model, asker), line)| {
            let closed = line.closed.filter(|_| asker.is_none())?;
            Some((model.as_str(), closed.outage(now)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const SHOP: Asker = [1; 16];
    const OTHER: Asker = [2; 16];

    #[test]
    fn three_failures_leave_one_probe_at_a_time_ever_more_rarely() {
        let (mut outages, start) = (Outages::default(), Instant::now());
        for _ in 0..FAILURES_MAX {
            assert_eq!(outages.ask("m", SHOP, start), None);
            outages.failed("m", SHOP, start);
        }
        // One that was under way changes nothing.
        outages.failed("m", SHOP, start + SECOND);
        let (mut now, mut waits) = (start, Vec::new());
        for _ in 0..6 {
            let Some(Outage::Until(wait)) = outages.ask("m", OTHER, now) else { panic!("closed for everybody") };
            waits.push(wait.as_secs());
            now += wait;
            assert_eq!(outages.ask("m", OTHER, now), None, "the probe");
            assert_eq!(outages.ask("m", SHOP, now), Some(Outage::Probing(PROBE)), "one at a time");
            assert_eq!(outages.state(now), Some(("m", Outage::Probing(PROBE))));
            outages.failed("m", OTHER, now);
        }
        assert_eq!(waits, [5, 15, 30, 60, 60, 60]);
        assert_eq!(outages.ask("another", SHOP, now), None);
        assert!(outages.worked("m", OTHER));
        assert!(!outages.worked("m", OTHER));
        assert_eq!(outages.state(now), None);
    }

    #[test]
    fn whoever_waits_since_before_the_start_waits_for_one_probe() {
        let (mut outages, start) = (Outages::default(), Instant::now());
        outages.expect("m", start);
        assert_eq!(outages.ask("m", SHOP, start), None, "the probe");
        assert_eq!(outages.ask("m", OTHER, start), Some(Outage::Probing(PROBE)));
        outages.failed("m", SHOP, start);
        assert_eq!(outages.ask("m", OTHER, start), Some(Outage::Until(WAITS[1])));
        outages.worked("m", OTHER);
        assert_eq!((outages.ask("m", SHOP, start), outages.ask("m", OTHER, start)), (None, None));
    }

    #[test]
    fn a_shop_whose_questions_alone_fail_stops_nobody_else() {
        let (mut outages, now) = (Outages::default(), Instant::now());
        for _ in 0..FAILURES_MAX {
            outages.failed("m", SHOP, now);
            outages.worked("m", OTHER);
        }
        assert_eq!((outages.ask("m", SHOP, now), outages.ask("m", OTHER, now)), (Some(Outage::Until(WAITS[0])), None));
    }

    #[test]
    fn rare_failures_and_probes_that_never_left_close_nothing() {
        let (mut outages, start) = (Outages::default(), Instant::now());
        for minutes in 0..10 {
            outages.failed("m", SHOP, start + 61 * SECOND * minutes);
        }
        assert_eq!(outages.wait("m", SHOP, start + 610 * SECOND), None);
        let now = start + 700 * SECOND;
        for _ in 0..FAILURES_MAX {
            outages.failed("m", SHOP, now);
        }
        let later = now + WAITS[0];
        assert_eq!(outages.ask("m", SHOP, later), None);
        outages.unclear("m", SHOP, later);
        assert_eq!(outages.ask("m", OTHER, later), None);
    }

    /// Twenty customers of one shop who all ask again as soon as they may.
    #[test]
    fn twenty_customers_ask_a_few_times_a_minute_in_all() {
        let (mut outages, start) = (Outages::default(), Instant::now());
        let mut due = vec![start; 20];
        let mut sent = 0;
        for second in 0..60 {
            let now = start + second * SECOND;
            for next in due.iter_mut().filter(|next| **next <= now) {
                match outages.ask("m", SHOP, now) {
                    Some(Outage::Until(wait) | Outage::Probing(wait)) => *next = now + wait,
                    None => {
                        sent += 1;
                        outages.failed("m", SHOP, now);
                        *next = now + SECOND;
                    }
                }
            }
        }
        assert_eq!(sent, 6, "three, and probes after 5, 20 and 50 seconds");
    }
}
