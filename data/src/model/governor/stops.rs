//! When a campaign must not go on by itself. Each rule looks at counted facts since the campaign was started or resumed,
//! so that whoever resumes it after a look is not stopped for the same thing twice.

use std::fmt;
use std::time::Duration;

use crate::time::Timestamp;

// The thresholds, and where each is from.

/// Of so many of the number's newest messages that came to an end ...
pub const ENDED: i64 = 20;
/// ... so many that were refused or are of unknown end are too many. Numbers without WhatsApp alone can get one
/// restricted (Baileys#2441), and a quarter is more than any list of customers has.
pub const TROUBLE_MAX: i64 = 5;
/// Of so many of the campaign's newest messages ...
pub const REACHED: i64 = 100;
/// ... so many per cent who ask for silence are too many. Five to ten reports as spam ban a number (WAHA's guide
/// against blocking), and whoever opts out is one who did not report.
pub const OPT_OUTS_PERCENT: i64 = 4;
/// Fewer than these say nothing.
pub const OPT_OUTS_MIN: i64 = 3;
/// A message that reached nobody for so long is pending: a device that is on has it within seconds.
pub const PENDING_AFTER: Duration = Duration::from_secs(120);
/// So many of them, with none that arrived since, and the number goes slower: WhatsApp holds back what it is about to
/// restrict (waha#1717, waha#1992).
pub const PENDING_MAX: i64 = 5;
/// They count no longer than this: then a few more are tried.
pub const PENDING_UNTIL: Duration = Duration::from_secs(1800);
/// How long to wait before looking at them again.
pub const PENDING_WAIT: Duration = Duration::from_secs(60);

/// The reason of a message that WhatsApp refused with error 463. That it came is the truth even where WAHA tells
/// nothing of a time-lock (waha#2219).
pub const TIME_LOCKED: &str = "WhatsApp refused it (463): the number may write to no new people for now";

/// What became of messages since the campaign was started or resumed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Course {
    /// The number's newest that came to an end, at most [`ENDED`].
    pub ended: i64,
    /// How many of them were refused, or are of unknown end.
    pub trouble: i64,
    /// Why the newest of those was.
    pub why: Option<String>,
    /// How many were refused with error 463.
    pub time_locked: i64,
    /// Until when WAHA says that the number is time-locked.
    pub locked_until: Option<Timestamp>,
    /// The campaign's newest, at most [`REACHED`].
    pub reached: i64,
    /// How many of those people asked for silence after it.
    pub opted_out: i64,
    /// The number's messages that wait for longer than [`PENDING_AFTER`], with none that arrived since.
    pub pending: i64,
}

/// Why a campaign stops until a person resumes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// WhatsApp's error 463, and nobody knows until when.
    TimeLock,
    /// Too many refused or of unknown end.
    Trouble {
        /// So many.
        count: i64,
        /// Of so many.
        of: i64,
        /// Why the last one was.
        why: Option<String>,
    },
    /// Too many who ask for silence.
    OptOuts {
        /// So many.
        count: i64,
        /// Of so many.
        of: i64,
    },
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimeLock => f.write_str(
                "WhatsApp lets this number write to no new people (463): let it rest for a day, then resume",
            ),
            Self::Trouble { count, of, why } => {
                write!(f, "{count} of the last {of} did not go out")?;
                match why {
                    Some(why) => write!(f, ": {why}"),
                    None => Ok(()),
                }
            }
            Self::OptOuts { count, of } => {
                write!(f, "{count} of the last {of} people asked for silence: look at the text and the list")
            }
        }
    }
}

/// The rule that stops a campaign, if one does.
#[must_use]
pub fn stop(course: &Course, now: Timestamp) -> Option<Stop> {
    // While the end of it is known, new people wait and the others go on.
    let end_known = course.locked_until.is_some_and(|until| until > now);
    if course.time_locked > 0 && !end_known {
        return Some(Stop::TimeLock);
    }
    // What the time-lock refused is told apart from what else goes wrong.
    let trouble = course.trouble - course.time_locked;
    if trouble >= TROUBLE_MAX {
        return Some(Stop::Trouble { count: trouble, of: course.ended, why: course.why.clone() });
    }
    let many = course.opted_out * 100 >= course.reached * OPT_OUTS_PERCENT;
    (course.opted_out >= OPT_OUTS_MIN && many).then_some(Stop::OptOuts { count: course.opted_out, of: course.reached })
}

/// Why a campaign goes slower: what it sends does not arrive.
#[must_use]
pub fn pending(course: &Course) -> Option<String> {
    let count = course.pending;
    (count >= PENDING_MAX).then(|| format!("{count} messages wait for WhatsApp to deliver them"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    #[test]
    fn each_rule_has_its_threshold() {
        let course = Course { ended: 20, reached: 100, ..Course::default() };
        let why = || Some("the engine failed".to_owned());
        let soon = Some(NOW + Duration::from_secs(60));
        for (course, expected) in [
            (Course::default(), None),
            (course.clone(), None),
            (Course { trouble: 4, why: why(), ..course.clone() }, None),
            (
                Course { trouble: 5, why: why(), ..course.clone() },
                Some("5 of the last 20 did not go out: the engine failed"),
            ),
            (Course { ended: 5, trouble: 5, ..course.clone() }, Some("5 of the last 5 did not go out")),
            (Course { ended: 4, trouble: 4, ..course.clone() }, None),
            (Course { opted_out: 3, ..course.clone() }, None),
            (
                Course { opted_out: 4, ..course.clone() },
                Some("4 of the last 100 people asked for silence: look at the text and the list"),
            ),
            (
                Course { reached: 75, opted_out: 3, ..course.clone() },
                Some("3 of the last 75 people asked for silence: look at the text and the list"),
            ),
            (Course { reached: 2, opted_out: 2, ..course.clone() }, None),
            (
                Course { ended: 1, trouble: 1, time_locked: 1, ..course.clone() },
                Some("WhatsApp lets this number write to no new people (463): let it rest for a day, then resume"),
            ),
            // Its end is known: new people wait for it.
            (Course { trouble: 5, time_locked: 5, locked_until: soon, ..course.clone() }, None),
            (
                Course { trouble: 1, time_locked: 1, locked_until: Some(NOW), ..course.clone() },
                Some("WhatsApp lets this number write to no new people (463): let it rest for a day, then resume"),
            ),
        ] {
            let found = stop(&course, NOW).map(|stop| stop.to_string());
            assert_eq!(found.as_deref(), expected, "{course:?}");
        }
    }

    #[test]
    fn a_number_goes_slower_while_nothing_arrives() {
        for (count, expected) in [(0, None), (4, None), (5, Some("5 messages wait for WhatsApp to deliver them"))] {
            let course = Course { pending: count, ..Course::default() };
            assert_eq!(pending(&course).as_deref(), expected);
        }
    }
}
