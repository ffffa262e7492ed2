//! What happens at the time a campaign was to start. It may have passed: the daemon was down, or the number was.

use std::time::Duration;

use super::campaign::MissedSlot;

/// A start that is late by no more than this is in time: clocks are read now and then, and numbers reconnect.
pub const GRACE: Duration = Duration::from_secs(120);

/// Can the number send?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// Yes.
    Works,
    /// Not now.
    Waits,
}

/// What to do with a campaign whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    /// Start it.
    Start,
    /// Wait for the number: it is not too late yet.
    Wait,
    /// Pause it until a person says what to do.
    Ask(String),
    /// Cancel it.
    Skip(String),
}

/// `95 s` as people say it.
#[must_use]
pub fn words(span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    match minutes {
        0 => format!("{} s", span.as_secs()),
        1..120 => format!("{minutes} min"),
        120..2880 => format!("{} h", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}

/// Decides about a campaign that is `late` by so much.
#[must_use]
pub fn slot(missed: MissedSlot, late_max: Duration, late: Duration, number: Number) -> Slot {
    let allowed = match missed {
        MissedSlot::RunLateWithin => late_max.max(GRACE),
        MissedSlot::Skip | MissedSlot::Ask => GRACE,
    };
    if late <= allowed {
        return match number {
            Number::Works => Slot::Start,
            Number::Waits => Slot::Wait,
        };
    }
    let by = words(late);
    match missed {
        MissedSlot::Skip => Slot::Skip(format!("missed its time by {by}")),
        MissedSlot::Ask | MissedSlot::RunLateWithin => {
            Slot::Ask(format!("missed its time by {by}: resume it to send now, or cancel it"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_at_each_delay() {
        use MissedSlot::{Ask, RunLateWithin, Skip};
        use Number::{Waits, Works};
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let ask = |by: &str| Slot::Ask(format!("missed its time by {by}: resume it to send now, or cancel it"));
        for (missed, late_max, late, number, expected) in [
            (RunLateWithin, minutes(60), Duration::ZERO, Works, Slot::Start),
            (RunLateWithin, minutes(60), minutes(60), Works, Slot::Start),
            (RunLateWithin, minutes(60), minutes(59), Waits, Slot::Wait),
            (RunLateWithin, minutes(60), minutes(61), Works, ask("61 min")),
            (RunLateWithin, minutes(60), minutes(61), Waits, ask("61 min")),
            (RunLateWithin, Duration::ZERO, minutes(2), Works, Slot::Start),
            (RunLateWithin, Duration::ZERO, minutes(3), Works, ask("3 min")),
            (Skip, minutes(60), minutes(2), Works, Slot::Start),
            (Skip, minutes(60), minutes(1), Waits, Slot::Wait),
            (Skip, minutes(60), minutes(180), Works, Slot::Skip("missed its time by 3 h".to_owned())),
            (Ask, minutes(60), minutes(2), Works, Slot::Start),
            (Ask, minutes(60), minutes(3), Works, ask("3 min")),
            (Ask, minutes(60), minutes(3 * 1440), Waits, ask("3 days")),
        ] {
            let found = slot(missed, late_max, late, number);
            assert_eq!(found, expected, "{missed} {late_max:?} {late:?} {number:?}");
        }
    }
}
