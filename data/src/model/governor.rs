//! How fast a number may send campaigns: a gap with jitter, pauses, caps an hour and a day, a budget of new people that
//! begins small. Everything is counted from stored messages by the caller; the clock and the dice are arguments.

pub mod estimate;
pub mod packages;
pub mod slow_start;
pub mod stops;

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    /// When the last ones were begun, newest first, each with dice thrown for what comes after it. No more than
    /// [`packages::LOOK_BACK`] are needed.
    pub lately: Vec<(Timestamp, u64)>,
    /// When the `per_hour`-th newest was begun.
    pub hour: Option<Timestamp>,
    /// When the `per_day`-th newest was begun.
    pub day: Option<Timestamp>,
    /// When the newest to a new person was begun of which as many followed as [`slow_start::allowed`] says.
    pub new_people: Option<Timestamp>,
    /// When the very first to a new person was begun.
    pub first_newcomer: Option<Timestamp>,
    /// Until when WhatsApp lets it write to nobody new.
    pub locked_until: Option<Timestamp>,
    /// Until when the new chats are used up that WhatsApp lets it start.
    pub new_chats_spent_until: Option<Timestamp>,
}

impl Sent {
    /// The same with every stamp in the future capped at now: the clock was ahead when it was made. The time-lock is
    /// WhatsApp's word, not ours.
    #[must_use]
    fn capped(&self, now: Timestamp) -> Self {
        let cap = |at: Option<Timestamp>| at.map(|at| at.min(now));
        Self {
            lately: self.lately.iter().map(|(at, dice)| ((*at).min(now), *dice)).collect(),
            hour: cap(self.hour),
            day: cap(self.day),
            new_people: cap(self.new_people),
            first_newcomer: cap(self.first_newcomer),
            locked_until: self.locked_until,
            new_chats_spent_until: self.new_chats_spent_until,
        }
    }
}

/// What holds a number back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brake {
    /// The gap after the last message.
    Gap,
    /// A pause after so many messages in a row.
    Package(usize),
    /// So many an hour.
    PerHour(NonZeroU32),
    /// So many a day.
    PerDay(NonZeroU32),
    /// So many new people a day.
    NewPeople(NonZeroU32),
    /// So many new people on one of the first days.
    SlowStart(NonZeroU32),
    /// WhatsApp's time-lock.
    TimeLock,
    /// WhatsApp's own limit of new chats.
    NewChats,
}

impl Brake {
    /// Does it hold back messages to new people only?
    #[must_use]
    pub const fn spares_known_people(self) -> bool {
        matches!(self, Self::NewPeople(_) | Self::SlowStart(_) | Self::TimeLock | Self::NewChats)
    }
}

impl fmt::Display for Brake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap => f.write_str("the gap between two messages"),
            Self::Package(count) => write!(f, "a pause after {count} messages in a row"),
            Self::PerHour(count) => write!(f, "{count} an hour reached"),
            Self::PerDay(count) => write!(f, "{count} a day reached"),
            Self::NewPeople(count) => write!(f, "{count} new people a day reached"),
            Self::SlowStart(count) => write!(f, "{count} new people today: a number new to campaigns starts slowly"),
            Self::TimeLock => f.write_str("WhatsApp lets this number write to no new people until then"),
            Self::NewChats => f.write_str("the new chats that WhatsApp lets this number start are used up until then"),
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

/// What comes after the last message: a gap, or a pause when enough went out in a row.
fn after_last(limits: &Limits, sent: &Sent) -> Option<(Timestamp, Brake)> {
    let (bounds, (at, dice)) = (limits.gap?, *sent.lately.first()?);
    Some(match packages::pause(bounds, &sent.lately) {
        Some((count, pause)) => (at + pause, Brake::Package(count)),
        None => (at + gap(bounds, dice), Brake::Gap),
    })
}

/// When the next new person may be written to.
fn next_newcomer(limits: &Limits, sent: &Sent, now: Timestamp) -> Option<(Timestamp, Brake)> {
    let full = limits.new_people_per_day?;
    let window = sent.new_people? + DAY;
    let today = slow_start::allowed(full, sent.first_newcomer, now);
    Some(match slow_start::more_at(full, sent.first_newcomer, now) {
        Some(more_at) => (window.min(more_at), Brake::SlowStart(today)),
        None => (window, Brake::NewPeople(full)),
    })
}

/// May a number send its next message of a campaign? The brake that holds longest decides; none holds longer from now
/// than it is long, whatever the stamps say.
#[must_use]
pub fn pace(limits: &Limits, sent: &Sent, whom: Whom, now: Timestamp) -> Pace {
    let sent = &sent.capped(now);
    let within = |span: Duration, at: Option<Timestamp>, brake: Option<Brake>| Some((at? + span, brake?));
    let (new_people, locked, spent) = match whom {
        Whom::Newcomer => (
            next_newcomer(limits, sent, now),
            sent.locked_until.map(|until| (until, Brake::TimeLock)),
            sent.new_chats_spent_until.map(|until| (until, Brake::NewChats)),
        ),
        Whom::Known => (None, None, None),
    };
    [
        after_last(limits, sent),
        within(HOUR, sent.hour, limits.per_hour.map(Brake::PerHour)),
        within(DAY, sent.day, limits.per_day.map(Brake::PerDay)),
        new_people,
        locked,
        spent,
    ]
    .into_iter()
    .flatten()
    .max_by_key(|(until, _)| *until)
    .filter(|(until, _)| *until > now)
    .map_or(Pace::Go, |(until, brake)| Pace::Wait { until, brake })
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
        let last = |at: Timestamp, dice: u64| Sent { lately: vec![(at, dice)], ..Sent::default() };
        let long_ago = Some(ago(10 * 24 * 3600));
        use Whom::{Known, Newcomer};
        for (limits, sent, whom, expected) in [
            (usual(), Sent::default(), Newcomer, Pace::Go),
            (usual(), last(ago(10), 0), Known, wait(20, Brake::Gap)),
            (usual(), last(ago(10), 30_000), Known, wait(50, Brake::Gap)),
            (usual(), last(ago(60), 30_000), Known, Pace::Go),
            (usual(), Sent { hour: Some(ago(3_000)), ..Sent::default() }, Known, wait(600, Brake::PerHour(count(40)))),
            (usual(), Sent { hour: Some(ago(3_600)), ..Sent::default() }, Known, Pace::Go),
            (
                usual(),
                Sent { hour: Some(ago(60)), day: Some(ago(60)), ..last(ago(1), 0) },
                Known,
                wait(86_340, Brake::PerDay(count(200))),
            ),
            (
                usual(),
                Sent { new_people: Some(ago(400)), first_newcomer: long_ago, ..Sent::default() },
                Newcomer,
                wait(86_000, Brake::NewPeople(count(30))),
            ),
            // On the first day it has a third of it, and more as soon as the second day begins.
            (
                usual(),
                Sent { new_people: Some(ago(400)), first_newcomer: Some(ago(4_000)), ..Sent::default() },
                Newcomer,
                wait(82_400, Brake::SlowStart(count(10))),
            ),
            (usual(), Sent { new_people: Some(ago(400)), ..Sent::default() }, Known, Pace::Go),
            (
                usual(),
                Sent { locked_until: Some(in_seconds(7_000)), ..Sent::default() },
                Newcomer,
                wait(7_000, Brake::TimeLock),
            ),
            (usual(), Sent { locked_until: Some(ago(1)), ..Sent::default() }, Newcomer, Pace::Go),
            (
                usual(),
                Sent { new_chats_spent_until: Some(in_seconds(700_000)), ..Sent::default() },
                Newcomer,
                wait(700_000, Brake::NewChats),
            ),
            (usual(), Sent { new_chats_spent_until: Some(in_seconds(700)), ..Sent::default() }, Known, Pace::Go),
            // The clock was 400 days ahead for a minute.
            (usual(), last(in_seconds(34_560_000), 0), Known, wait(30, Brake::Gap)),
            (
                usual(),
                Sent { hour: Some(in_seconds(34_560_000)), ..Sent::default() },
                Known,
                wait(3_600, Brake::PerHour(count(40))),
            ),
            (
                usual(),
                Sent { day: Some(in_seconds(34_560_000)), ..Sent::default() },
                Known,
                wait(86_400, Brake::PerDay(count(200))),
            ),
            (
                usual(),
                Sent {
                    new_people: Some(in_seconds(34_560_000)),
                    first_newcomer: Some(in_seconds(34_560_000)),
                    ..Sent::default()
                },
                Newcomer,
                wait(86_400, Brake::SlowStart(count(10))),
            ),
            (usual(), Sent { locked_until: Some(in_seconds(7_000)), ..Sent::default() }, Known, Pace::Go),
            // Without a limit nothing slows anything down.
            (
                Limits::default(),
                Sent {
                    lately: (0..41).map(|_| (NOW, 7)).collect(),
                    hour: Some(NOW),
                    day: Some(NOW),
                    new_people: Some(NOW),
                    first_newcomer: Some(NOW),
                    locked_until: None,
                    new_chats_spent_until: None,
                },
                Newcomer,
                Pace::Go,
            ),
        ] {
            assert_eq!(pace(&limits, &sent, whom, NOW), expected, "{sent:?} {whom:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_stamps_say_no_brake_holds_longer_than_it_is_long(
            stamps in proptest::collection::vec(-200_000_i64..40_000_000_000, 1..60),
            newcomer in proptest::bool::ANY,
        ) {
            let mut stamps: Vec<Timestamp> =
                stamps.into_iter().map(|seconds| Timestamp::from_seconds(1_000_000 + seconds)).collect();
            stamps.sort_by_key(|at| std::cmp::Reverse(*at));
            let sent = Sent {
                lately: stamps.iter().map(|at| (*at, at.millis().unsigned_abs())).collect(),
                hour: stamps.get(3).copied(),
                day: stamps.get(5).copied(),
                new_people: stamps.get(7).copied(),
                first_newcomer: stamps.last().copied(),
                locked_until: None,
                new_chats_spent_until: None,
            };
            let whom = if newcomer { Whom::Newcomer } else { Whom::Known };
            if let Pace::Wait { until, brake } = pace(&usual(), &sent, whom, NOW) {
                let longest = match brake {
                    Brake::Gap => Duration::from_secs(60),
                    Brake::Package(_) => Duration::from_secs(60 * 10),
                    Brake::PerHour(_) => HOUR,
                    _ => DAY,
                };
                proptest::prop_assert!(until.since(NOW) <= longest, "{brake} until {until}");
            }
        }
    }

    #[test]
    fn a_pause_follows_a_package() {
        let lately: Vec<_> = (0..40).map(|at| (ago(10 + at * 45), 0)).collect();
        let found = pace(&usual(), &Sent { lately, ..Sent::default() }, Whom::Known, NOW);
        assert_eq!(found, Pace::Wait { until: NOW + Duration::from_secs(290), brake: Brake::Package(40) });
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
}
