//! How long a number rests after WhatsApp said that it sends too much: a minute, then twice as long each time, while WhatsApp
//! goes on saying so.

use std::time::Duration;

use mychatflow_data::model::fault::slowed_until;
use mychatflow_data::time::Timestamp;

/// The first rest.
pub const REST_MIN: Duration = Duration::from_secs(60);
/// The longest rest. A number that was left alone for so long after a rest begins with the first one again.
pub const REST_MAX: Duration = Duration::from_secs(900);

/// A rest of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slowdown {
    /// Nothing is sent before this instant.
    pub until: Timestamp,
    rest: Duration,
}

impl Slowdown {
    /// The rest that follows when WhatsApp refuses a message for haste.
    #[must_use]
    pub fn after(before: Option<Self>, now: Timestamp) -> Self {
        match before {
            // Messages that were under way together are refused together: that is one refusal.
            Some(before) if before.holds(now) => before,
            Some(before) if now.since(before.until) < REST_MAX && before.until <= now => {
                let rest = (before.rest * 2).min(REST_MAX);
                Self { until: now + rest, rest }
            }
            _ => Self { until: now + REST_MIN, rest: REST_MIN },
        }
    }

    /// The rest that began then and ends at that instant; `None`: no rest is so short or so long.
    #[must_use]
    pub fn begun(at: Timestamp, until: Timestamp) -> Option<Self> {
        let rest = until.since(at);
        (REST_MIN..=REST_MAX).contains(&rest).then_some(Self { until, rest })
    }

    /// Does it still hold? One that ends later than any rest can was noted by a clock that was ahead.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        now < self.until && self.until <= now + self.rest
    }
}

/// Why nothing is sent, in words for people.
#[must_use]
pub fn reason(until: Timestamp) -> String {
    slowed_until(&until.to_string())
}

/// Until when nothing is sent, by such words.
#[must_use]
pub fn read_reason(reason: &str) -> Option<Timestamp> {
    reason.strip_prefix(&slowed_until(""))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn second(seconds: u64) -> Timestamp {
        NOW + Duration::from_secs(seconds)
    }

    #[test]
    fn each_refusal_after_a_rest_doubles_it_up_to_a_quarter_of_an_hour() {
        let (mut slowdown, mut now) = (Slowdown::after(None, NOW), NOW);
        let mut rests = vec![slowdown.until.since(now).as_secs()];
        for _ in 0..5 {
            now = slowdown.until;
            slowdown = Slowdown::after(Some(slowdown), now);
            rests.push(slowdown.until.since(now).as_secs());
        }
        assert_eq!(rests, [60, 120, 240, 480, 900, 900]);
    }

    #[test]
    fn a_rest_is_read_from_its_own_words() {
        let first = Slowdown::after(None, NOW);
        let until = read_reason(&reason(first.until)).unwrap();
        assert_eq!(Slowdown::begun(NOW, until), Some(first));
        let second = Slowdown::after(Slowdown::begun(NOW, until), until);
        assert_eq!(second.until, second.until.max(until + REST_MIN * 2), "it goes on doubling");
        assert_eq!(read_reason("nothing came"), None);
        assert_eq!(Slowdown::begun(NOW, NOW), None);
    }

    #[test]
    fn messages_refused_together_are_one_refusal_and_peace_is_rewarded() {
        let first = Slowdown::after(None, NOW);
        for (before, now, until) in [
            (first, second(1), second(60)),
            (first, second(59), second(60)),
            (first, second(60), second(180)),
            (first, second(959), second(1079)),
            (first, second(960), second(1020)),
            // The clock was an hour ahead.
            (Slowdown::after(None, second(3600)), NOW, second(60)),
        ] {
            assert_eq!(Slowdown::after(Some(before), now).until, until, "{now}");
        }
        assert!(first.holds(NOW) && !first.holds(second(60)));
    }
}
