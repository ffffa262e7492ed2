//! How fast a number may send campaigns: a gap with jitter, caps an hour and a day, a budget of people who never wrote.
//! Everything is counted from stored messages by the caller; the clock and the dice are arguments.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::time::Timestamp;

/// An hour.
pub const HOUR: Duration = Duration::from_secs(3600);
/// A day.
pub const DAY: Duration = Duration::from_secs(24 * 3600);

/// What one number may send by itself. `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// The gap between two messages, at least and at most.
    pub gap: Option<(Duration, Duration)>,
    /// Messages in any hour.
    pub per_hour: Option<NonZeroU32>,
    /// Messages in any day.
    pub per_day: Option<NonZeroU32>,
    /// People in any day with whom nothing was ever written before.
    pub new_people_per_day: Option<NonZeroU32>,
}

/// What a number has sent for campaigns lately.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// When the last one was begun, and dice thrown for the gap after it.
    pub last: Option<(Timestamp, u64)>,
    /// When the `per_hour`-th newest was begun.
    pub hour: Option<Timestamp>,
    /// When the `per_day`-th newest was begun.
    pub day: Option<Timestamp>,
    /// When the `new_people_per_day`-th newest to a new person was begun.
    pub new_people: Option<Timestamp>,
}

/// What holds a number back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brake {
    /// The gap after the last message.
    Gap,
    /// So many an hour.
    PerHour(NonZeroU32),
    /// So many a day.
    PerDay(NonZeroU32),
    /// So many new people a day.
    NewPeople(NonZeroU32),
}

impl fmt::Display for Brake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap => f.write_str("the gap between two messages"),
            Self::PerHour(count) => write!(f, "{count} an hour reached"),
            Self::PerDay(count) => write!(f, "{count} a day reached"),
            Self::NewPeople(count) => write!(f, "{count} new people a day reached"),
        }
    }
}

/// Whom the next message would go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// Somebody with whom something was written before.
    Known,
    /// Nobody we know.
    Newcomer,
}

/// May the next message go?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Now.
    Go,
    /// Not before this instant.
    Wait {
        /// When.
        until: Timestamp,
        /// Why not sooner.
        brake: Brake,
    },
}

/// The gap after a message: the same for the same dice, anywhere between the bounds.
#[must_use]
pub fn gap((least, most): (Duration, Duration), dice: u64) -> Duration {
    let room = u64::try_from(most.saturating_sub(least).as_millis()).unwrap_or(u64::MAX);
    least + Duration::from_millis(dice % room.saturating_add(1))
}

/// May a number send its next message of a campaign? The brake that holds longest decides.
#[must_use]
pub fn pace(limits: &Limits, sent: &Sent, whom: Whom, now: Timestamp) -> Pace {
    let after_last = match (limits.gap, sent.last) {
        (Some(bounds), Some((at, dice))) => Some((at + gap(bounds, dice), Brake::Gap)),
        _ => None,
    };
    let within = |span: Duration, at: Option<Timestamp>, brake: Option<Brake>| Some((at? + span, brake?));
    let new_people = match whom {
        Whom::Newcomer => within(DAY, sent.new_people, limits.new_people_per_day.map(Brake::NewPeople)),
        Whom::Known => None,
    };
    [
        after_last,
        within(HOUR, sent.hour, limits.per_hour.map(Brake::PerHour)),
        within(DAY, sent.day, limits.per_day.map(Brake::PerDay)),
        new_people,
    ]
    .into_iter()
    .flatten()
    .max_by_key(|(until, _)| *until)
    .filter(|(until, _)| *until > now)
    .map_or(Pace::Go, |(until, brake)| Pace::Wait { until, brake })
}

/// How long so many messages take at the pace allowed, so many of them to new people; `None` where nothing limits it.
#[must_use]
pub fn duration(limits: &Limits, messages: i64, newcomers: i64) -> Option<Duration> {
    let messages = u64::try_from(messages).unwrap_or(0);
    let newcomers = u64::try_from(newcomers).unwrap_or(0);
    // Of a cap the first share goes out at once, the last one begins when all before it have had their span.
    let capped = |span: Duration, count: u64, cap: Option<NonZeroU32>| {
        let cap = u64::from(cap?.get());
        let spans = count.saturating_sub(1) / cap;
        Some(Duration::from_secs(span.as_secs().saturating_mul(spans)))
    };
    let gaps = limits.gap.map(|(least, most)| {
        let mean = (least + most) / 2;
        Duration::from_millis(u64::try_from(mean.as_millis()).unwrap_or(u64::MAX).saturating_mul(messages))
    });
    [
        gaps,
        capped(HOUR, messages, limits.per_hour),
        capped(DAY, messages, limits.per_day),
        capped(DAY, newcomers, limits.new_people_per_day),
    ]
    .into_iter()
    .flatten()
    .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn ago(seconds: u64) -> Timestamp {
        NOW - Duration::from_secs(seconds)
    }

    fn cap(count: u32) -> Option<NonZeroU32> {
        NonZeroU32::new(count)
    }

    fn usual() -> Limits {
        Limits {
            gap: Some((Duration::from_secs(30), Duration::from_secs(60))),
            per_hour: cap(40),
            per_day: cap(200),
            new_people_per_day: cap(30),
        }
    }

    #[test]
    fn the_brake_that_holds_longest_decides() {
        let in_seconds = |seconds| NOW + Duration::from_secs(seconds);
        let wait = |seconds, brake| Pace::Wait { until: in_seconds(seconds), brake };
        let count = |count| NonZeroU32::new(count).unwrap();
        use Whom::{Known, Newcomer};
        for (limits, sent, whom, expected) in [
            (usual(), Sent::default(), Newcomer, Pace::Go),
            (usual(), Sent { last: Some((ago(10), 0)), ..Sent::default() }, Known, wait(20, Brake::Gap)),
            (usual(), Sent { last: Some((ago(10), 30_000)), ..Sent::default() }, Known, wait(50, Brake::Gap)),
            (usual(), Sent { last: Some((ago(60), 30_000)), ..Sent::default() }, Known, Pace::Go),
            (usual(), Sent { hour: Some(ago(3_000)), ..Sent::default() }, Known, wait(600, Brake::PerHour(count(40)))),
            (usual(), Sent { hour: Some(ago(3_600)), ..Sent::default() }, Known, Pace::Go),
            (
                usual(),
                Sent { last: Some((ago(1), 0)), hour: Some(ago(60)), day: Some(ago(60)), new_people: None },
                Known,
                wait(86_340, Brake::PerDay(count(200))),
            ),
            (
                usual(),
                Sent { new_people: Some(ago(400)), ..Sent::default() },
                Newcomer,
                wait(86_000, Brake::NewPeople(count(30))),
            ),
            (usual(), Sent { new_people: Some(ago(400)), ..Sent::default() }, Known, Pace::Go),
            (
                Limits::default(),
                Sent { last: Some((NOW, 7)), hour: Some(NOW), day: Some(NOW), new_people: Some(NOW) },
                Newcomer,
                Pace::Go,
            ),
        ] {
            assert_eq!(pace(&limits, &sent, whom, NOW), expected, "{sent:?} {whom:?}");
        }
    }

    #[test]
    fn a_gap_lies_between_its_bounds_and_hangs_on_the_dice_alone() {
        let bounds = (Duration::from_secs(30), Duration::from_secs(60));
        for dice in [0, 1, 29_999, 30_000, 30_001, u64::MAX] {
            let gap = super::gap(bounds, dice);
            assert!((bounds.0..=bounds.1).contains(&gap), "{dice}: {gap:?}");
            assert_eq!(gap, super::gap(bounds, dice));
        }
        assert_eq!(super::gap((Duration::ZERO, Duration::ZERO), 12_345), Duration::ZERO);
    }

    #[test]
    fn the_slowest_limit_tells_how_long_it_takes() {
        let hours = |hours: u64| Some(Duration::from_secs(hours * 3600));
        for (limits, messages, newcomers, expected) in [
            (Limits::default(), 500, 500, None),
            (Limits { per_hour: cap(40), ..Limits::default() }, 40, 0, hours(0)),
            (Limits { per_hour: cap(40), ..Limits::default() }, 100, 0, hours(2)),
            (usual(), 400, 0, hours(24)),
            (usual(), 100, 100, hours(72)),
            (Limits { gap: usual().gap, ..Limits::default() }, 80, 0, hours(1)),
        ] {
            assert_eq!(duration(&limits, messages, newcomers), expected, "{messages} {newcomers}");
        }
    }
}
