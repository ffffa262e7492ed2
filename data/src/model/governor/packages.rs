//! A pause after each package of messages, as WAHA advises and as people do. Where one ends is read from the messages
//! themselves: whatever made the number rest, a night or a cap, begins a new package.

use std::time::Duration;

use crate::time::Timestamp;

/// Messages in a package, at least and at most.
const SIZE: (u64, u64) = (20, 40);
/// How long the pause is, at least and at most, in gaps of the longest kind.
const GAPS: (u32, u32) = (5, 10);
/// As many of the newest messages tell where a package ends.
pub const LOOK_BACK: usize = 40;
/// Messages in a package, on average.
pub const SIZE_MEAN: u64 = (SIZE.0 + SIZE.1) / 2;

/// The pause after a package on average; nothing where there is no gap.
#[must_use]
pub fn pause_mean((_, most): (Duration, Duration)) -> Duration {
    most * (GAPS.0 + GAPS.1) / 2
}

/// The pause that the newest message is followed by when it ends a package, and how many are in it. `lately` is newest
/// first, each with its dice: those of the first one say how large the package is, those of the last one how long the
/// pause.
#[must_use]
pub fn pause((_, most): (Duration, Duration), lately: &[(Timestamp, u64)]) -> Option<(usize, Duration)> {
    if most.is_zero() {
        return None;
    }
    let rest = most * GAPS.0;
    let in_a_row = lately.windows(2).take_while(|pair| pair[0].0.since(pair[1].0) < rest).count() + 1;
    let (_, first) = *lately.get(in_a_row - 1)?;
    let (_, last) = *lately.first()?;
    let size = SIZE.0 + first % (SIZE.1 - SIZE.0 + 1);
    let gaps = GAPS.0 + u32::try_from(last % u64::from(GAPS.1 - GAPS.0 + 1)).unwrap_or(0);
    (u64::try_from(in_a_row).unwrap_or(u64::MAX) >= size).then(|| (in_a_row, most * gaps))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(60));

    /// Messages newest first, so many seconds apart.
    fn row(count: u64, apart: u64, first: u64, last: u64) -> Vec<(Timestamp, u64)> {
        let at = |back: u64| Timestamp::from_seconds(1_000_000) - Duration::from_secs(back * apart);
        let dice = |back: u64| match back {
            0 => last,
            _ if back == count - 1 => first,
            _ => 3,
        };
        (0..count).map(|back| (at(back), dice(back))).collect()
    }

    #[test]
    fn a_package_ends_after_twenty_to_forty() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        for (lately, expected) in [
            (vec![], None),
            (row(1, 45, 0, 0), None),
            (row(19, 45, 0, 0), None),
            (row(20, 45, 0, 0), Some((20, minutes(5)))),
            (row(20, 45, 0, 5), Some((20, minutes(10)))),
            (row(20, 45, 0, 11), Some((20, minutes(10)))),
            (row(20, 45, 20, 0), None),
            (row(40, 45, 20, 2), Some((40, minutes(7)))),
            // Whatever made it rest in between begins anew.
            (row(40, 300, 0, 0), None),
            ([row(10, 45, 0, 0), row(30, 45, 0, 0)].concat(), Some((40, minutes(5)))),
        ] {
            assert_eq!(pause(BOUNDS, &lately), expected, "{lately:?}");
        }
        let before_the_night = row(30, 45, 0, 0);
        let night = Duration::from_secs(11 * 3600);
        let after = row(10, 45, 0, 0).into_iter().map(|(at, dice)| (at + night, dice));
        let both: Vec<_> = after.chain(before_the_night).collect();
        assert_eq!(pause(BOUNDS, &both), None);
        assert_eq!(pause((Duration::ZERO, Duration::ZERO), &row(40, 0, 0, 0)), None);
    }
}
