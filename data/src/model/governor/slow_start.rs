//! A number that has never written to strangers begins with a part of its budget: WhatsApp restricts numbers that write
//! to 30 or 40 new people out of nothing (Baileys#2800).

use std::num::NonZeroU32;

use super::DAY;
use crate::time::Timestamp;

/// Days after which the whole budget is allowed: a third on the first, two thirds on the second.
pub const DAYS: u32 = 3;

/// Whole days since the first message to a new person; 0 on the first day, and before it.
fn days(first: Option<Timestamp>, now: Timestamp) -> u32 {
    let since = first.map_or(0, |first| now.since(first).as_secs() / DAY.as_secs());
    u32::try_from(since).unwrap_or(u32::MAX)
}

/// The budget so many days after the first: a part of it, but somebody.
fn part(full: NonZeroU32, days: u32) -> NonZeroU32 {
    let parts = days.saturating_add(1).min(DAYS);
    let share = (u64::from(full.get()) * u64::from(parts)).div_ceil(u64::from(DAYS));
    u32::try_from(share).ok().and_then(NonZeroU32::new).unwrap_or(full)
}

/// New people that may be written to within a day, `first` being the number's first message to one.
#[must_use]
pub fn allowed(full: NonZeroU32, first: Option<Timestamp>, now: Timestamp) -> NonZeroU32 {
    part(full, days(first, now))
}

/// When the budget grows; `None` once it is whole.
#[must_use]
pub fn more_at(full: NonZeroU32, first: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let whole = allowed(full, first, now) == full;
    // A first in the future was written down by a clock that was ahead.
    (!whole).then(|| first.unwrap_or(now).min(now) + DAY * (days(first, now) + 1))
}

/// Days until so many new people are all written to, of whom `left` may be today; 0 is today.
#[must_use]
pub fn spread(people: u64, full: NonZeroU32, left: u32, first: Option<Timestamp>, now: Timestamp) -> u64 {
    let today = days(first, now);
    let mut rest = people.saturating_sub(u64::from(left));
    let mut day = 0;
    while rest > 0 && day < u64::from(DAYS) {
        day += 1;
        let ahead = u32::try_from(day).unwrap_or(DAYS);
        rest = rest.saturating_sub(u64::from(part(full, today.saturating_add(ahead)).get()));
    }
    day + rest.div_ceil(u64::from(full.get()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn ago(hours: u64) -> Option<Timestamp> {
        Some(NOW - Duration::from_secs(hours * 3600))
    }

    #[test]
    fn a_third_then_two_thirds_then_all_of_it() {
        let later = |hours: u64| Some(NOW + Duration::from_secs(hours * 3600));
        for (full, first, expected, more) in [
            (30, None, 10, later(24)),
            (30, ago(0), 10, later(24)),
            (30, ago(23), 10, later(1)),
            (30, ago(24), 20, later(24)),
            (30, ago(47), 20, later(1)),
            (30, ago(48), 30, None),
            (30, ago(10_000), 30, None),
            (30, later(9_600), 10, later(24)),
            (1, None, 1, None),
            (2, None, 1, later(24)),
            (2, ago(24), 2, None),
            (100, None, 34, later(24)),
            (u32::MAX, ago(48), u32::MAX, None),
        ] {
            let full = NonZeroU32::new(full).unwrap();
            assert_eq!(allowed(full, first, NOW).get(), expected, "{full} {first:?}");
            assert_eq!(more_at(full, first, NOW), more, "{full} {first:?}");
        }
    }

    #[test]
    fn new_people_spread_over_days() {
        let long_ago = ago(10_000);
        for (people, left, first, expected) in [
            (0, 30, long_ago, 0),
            (30, 30, long_ago, 0),
            (41, 30, long_ago, 1),
            (61, 30, long_ago, 2),
            (30, 0, long_ago, 1),
            (10, 10, None, 0),
            (11, 10, None, 1),
            (31, 10, None, 2),
            (60, 10, None, 2),
            (61, 10, None, 3),
            (1_000, 10, None, 34),
        ] {
            let full = NonZeroU32::new(30).unwrap();
            assert_eq!(spread(people, full, left, first, NOW), expected, "{people} {left}");
        }
    }
}
