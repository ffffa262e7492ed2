//! What we think of a number: a plain function over what WAHA says and what we heard. Its reasons are for people, and stay
//! the same words while the state stays the same.

use std::time::Duration;

use jiff::tz::TimeZone;
use mychatflow_data::model::instance::{InstanceStatus, Traffic, Verdict};
use mychatflow_data::model::remedy::{FailedCause, MISSING, SENDS_FAIL, UNDELIVERED};
use mychatflow_data::time::Timestamp;

use super::slowdown;

/// A working number that was heard from within this time is healthy, whatever its habit.
pub const SILENCE_MIN: Duration = Duration::from_secs(3600);
/// Below this a silence is never suspect.
pub const SUSPECT_MIN: Duration = Duration::from_secs(6 * 3600);
/// A number without a habit is quiet after this.
pub const STRANGER_SILENCE: Duration = Duration::from_secs(24 * 3600);
/// So many messages make a habit.
pub const HABIT_MESSAGES_MIN: i64 = 20;
/// Messages to so many people that none of them got: the number is suspect.
pub const UNDELIVERED_CHATS_MAX: i64 = 3;

/// What was found when WAHA was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight<'a> {
    /// WAHA gave no answer that counts; why, in words for people.
    Unasked(&'a str),
    /// It has no such session.
    Missing,
    /// It has, in this state.
    Session(&'a InstanceStatus),
}

/// What the verdict is made of.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What WAHA said.
    pub sight: Sight<'a>,
    /// The last state before this one that was neither `FAILED` nor `STARTING`.
    pub before: Option<&'a InstanceStatus>,
    /// Was it started again since it last worked, and failed once more?
    pub in_vain: bool,
    /// Until when WhatsApp lets it write only to people it knows.
    pub restricted_until: Option<Timestamp>,
    /// Until when it rests, since WhatsApp said that it sends too much.
    pub slowed_until: Option<Timestamp>,
    /// The delivery that WAHA owes us, in words for people; `None`: what we know of was told.
    pub undelivered: Option<&'a str>,
    /// How its last sends failed, in words for people; `None`: they did not.
    pub sends_failed: Option<&'a str>,
    /// When it was last heard from, or began to work.
    pub heard_at: Option<Timestamp>,
    /// The time zone of those who read the reason.
    pub zone: &'a TimeZone,
    /// What comes and goes, as far as it matters.
    pub traffic: Traffic,
    /// What time it is.
    pub now: Timestamp,
}

/// What we think, and why.
#[must_use]
pub fn verdict(facts: &Facts<'_>) -> (Verdict, Option<String>) {
    let dead = |reason: &str| (Verdict::Dead, Some(reason.to_owned()));
    let status = match facts.sight {
        Sight::Unasked(why) => return dead(why),
        Sight::Missing => return dead(MISSING),
        Sight::Session(status) => status,
    };
    match status {
        InstanceStatus::Working => working(facts),
        InstanceStatus::Stopped => dead("stopped at WAHA"),
        InstanceStatus::Starting => dead("WAHA is connecting it"),
        InstanceStatus::ScanQrCode => dead("scan the QR code"),
        // FAILED does not say that the phone unlinked it: only a restart that does not help does.
        InstanceStatus::Failed => dead(
            match facts.before {
                Some(InstanceStatus::ScanQrCode) => FailedCause::Unscanned,
                _ if facts.in_vain => FailedCause::AfterRestart,
                _ => FailedCause::AtWork,
            }
            .words(),
        ),
        InstanceStatus::PasskeyRequired | InstanceStatus::PasskeyConfirmationRequired => {
            dead("WhatsApp asks for a passkey: finish the pairing on WAHA's dashboard")
        }
        InstanceStatus::Other(word) => (Verdict::Dead, Some(format!("not working: WAHA calls it {word}"))),
    }
}

fn working(facts: &Facts<'_>) -> (Verdict, Option<String>) {
    if let Some(until) = facts.restricted_until.filter(|until| *until > facts.now) {
        let reason = format!("WhatsApp lets it write only to people it knows, until {until}");
        return (Verdict::Restricted, Some(reason));
    }
    if let Some(until) = facts.slowed_until.filter(|until| *until > facts.now) {
        return (Verdict::Restricted, Some(slowdown::reason(until)));
    }
    if let Some(undelivered) = facts.undelivered {
        return (Verdict::Suspect, Some(format!("{UNDELIVERED}: {undelivered}")));
    }
    if let Some(failed) = facts.sends_failed {
        return (Verdict::Suspect, Some(format!("{SENDS_FAIL} {failed}")));
    }
    let Traffic { messages, gap_longest, undelivered_chats } = facts.traffic;
    if undelivered_chats >= UNDELIVERED_CHATS_MAX {
        return (Verdict::Suspect, Some("what it sends does not arrive".to_owned()));
    }
    let silence = facts.heard_at.map_or(Duration::ZERO, |heard_at| facts.now.since(heard_at));
    let has_habit = messages >= HABIT_MESSAGES_MIN;
    // The words stay the same while the silence goes on: they say when it began.
    let since = facts.heard_at.map_or_else(String::new, |at| format!(" since {}", stamp(at, facts.zone)));
    let habit = || format!("it was never silent for longer than {} before", span(gap_longest));
    if has_habit && silence > SUSPECT_MIN.max(gap_longest * 2) {
        return (Verdict::Suspect, Some(format!("nothing came from WAHA{since}; {}", habit())));
    }
    let usual = if has_habit { SILENCE_MIN.max(gap_longest) } else { STRANGER_SILENCE };
    if silence > usual {
        let usual = if has_habit { habit() } else { "there are too few messages to know what is usual".to_owned() };
        return (Verdict::Quiet, Some(format!("nothing came from WAHA{since}; {usual}")));
    }
    (Verdict::Healthy, None)
}

/// A time as reasons tell it: with its day, since they may be read days later.
#[must_use]
pub fn stamp(at: Timestamp, zone: &TimeZone) -> String {
    at.to_jiff().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

fn span(length: Duration) -> String {
    match length.as_secs() / 60 {
        minutes @ 0..=119 => format!("{minutes} min"),
        minutes @ 120..=2879 => format!("{} h", minutes / 60),
        minutes => format!("{} days", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(10_000_000);
    const HOUR: Duration = Duration::from_secs(3600);
    static UTC: TimeZone = TimeZone::UTC;

    fn facts(sight: Sight<'_>) -> Facts<'_> {
        Facts {
            sight,
            before: None,
            in_vain: false,
            restricted_until: None,
            slowed_until: None,
            undelivered: None,
            sends_failed: None,
            heard_at: Some(NOW),
            zone: &UTC,
            traffic: Traffic::default(),
            now: NOW,
        }
    }

    #[test]
    fn whatever_does_not_work_is_dead_and_says_why() {
        use InstanceStatus::{Failed, Other, PasskeyRequired, ScanQrCode, Starting, Stopped, Working};
        let odd = Other("DREAMING".to_owned());
        for (sight, before, expected) in [
            (Sight::Unasked("WAHA can't be reached: refused"), Some(&Working), "WAHA can't be reached: refused"),
            (Sight::Missing, None, "WAHA has no such session: it is being made anew"),
            (Sight::Session(&Stopped), Some(&Working), "stopped at WAHA"),
            (Sight::Session(&Starting), None, "WAHA is connecting it"),
            (Sight::Session(&ScanQrCode), None, "scan the QR code"),
            (Sight::Session(&Failed), Some(&ScanQrCode), "nobody scanned the QR code in time"),
            (Sight::Session(&Failed), Some(&Working), "it failed at WAHA"),
            (Sight::Session(&Failed), None, "it failed at WAHA"),
            (
                Sight::Session(&PasskeyRequired),
                None,
                "WhatsApp asks for a passkey: finish the pairing on WAHA's dashboard",
            ),
            (Sight::Session(&odd), None, "not working: WAHA calls it DREAMING"),
        ] {
            let found = verdict(&Facts { before, ..facts(sight) });
            assert_eq!(found, (Verdict::Dead, Some(expected.to_owned())));
        }
    }

    #[test]
    fn only_a_restart_that_did_not_help_speaks_for_an_unlinked_phone() {
        let failed = facts(Sight::Session(&InstanceStatus::Failed));
        let told = |in_vain| verdict(&Facts { before: Some(&InstanceStatus::Working), in_vain, ..failed }).1.unwrap();
        assert_eq!(told(false), FailedCause::AtWork.words());
        assert_eq!(told(true), FailedCause::AfterRestart.words());
    }

    #[test]
    fn a_working_number_is_measured_by_its_own_habit() {
        let busy = Traffic { messages: 500, gap_longest: 2 * HOUR, undelivered_chats: 0 };
        let weekly = Traffic { messages: 40, gap_longest: 100 * HOUR, undelivered_chats: 0 };
        let new = Traffic::default();
        let stuck = Traffic { undelivered_chats: 3, ..busy };
        let slow = Traffic { undelivered_chats: 2, ..busy };
        let chatty = Traffic { gap_longest: Duration::from_secs(60), ..busy };
        let habit = Traffic { messages: 20, ..busy };
        let no_habit = Traffic { messages: 19, ..busy };
        for (silence, traffic, expected) in [
            (Duration::ZERO, busy, Verdict::Healthy),
            (2 * HOUR, busy, Verdict::Healthy),
            (3 * HOUR, busy, Verdict::Quiet),
            (6 * HOUR, busy, Verdict::Quiet),
            (7 * HOUR, busy, Verdict::Suspect),
            (HOUR, chatty, Verdict::Healthy),
            (HOUR + Duration::from_secs(1), chatty, Verdict::Quiet),
            (3 * HOUR, habit, Verdict::Quiet),
            (3 * HOUR, no_habit, Verdict::Healthy),
            (7 * HOUR, no_habit, Verdict::Healthy),
            (200 * HOUR, weekly, Verdict::Quiet),
            (90 * HOUR, weekly, Verdict::Healthy),
            (150 * HOUR, weekly, Verdict::Quiet),
            (201 * HOUR, weekly, Verdict::Suspect),
            (24 * HOUR, new, Verdict::Healthy),
            (25 * HOUR, new, Verdict::Quiet),
            (500 * HOUR, new, Verdict::Quiet),
            (Duration::ZERO, stuck, Verdict::Suspect),
            (Duration::ZERO, slow, Verdict::Healthy),
        ] {
            let sight = Sight::Session(&InstanceStatus::Working);
            let facts = Facts { heard_at: Some(NOW - silence), traffic, ..facts(sight) };
            assert_eq!(verdict(&facts).0, expected, "{silence:?} {traffic:?}");
        }
    }

    #[test]
    fn a_silence_says_since_when_and_what_is_usual() {
        let busy = Traffic { messages: 500, gap_longest: 2 * HOUR, undelivered_chats: 0 };
        let sight = Sight::Session(&InstanceStatus::Working);
        let told = |hours: u32, traffic| {
            let facts = Facts { heard_at: Some(NOW - HOUR * hours), traffic, ..facts(sight) };
            verdict(&facts).1.unwrap()
        };
        let habit = "it was never silent for longer than 2 h before";
        assert_eq!(told(3, busy), format!("nothing came from WAHA since 1970-04-26 14:46; {habit}"));
        assert_eq!(told(7, busy), format!("nothing came from WAHA since 1970-04-26 10:46; {habit}"));
        assert!(told(500, Traffic::default()).ends_with("there are too few messages to know what is usual"));
    }

    #[test]
    fn deliveries_that_get_lost_and_sends_that_fail_make_a_working_number_suspect() {
        let working = facts(Sight::Session(&InstanceStatus::Working));
        let lost = Facts { undelivered: Some("it is WORKING"), sends_failed: Some("since 16:02: 500"), ..working };
        let told = (Verdict::Suspect, Some("WAHA's deliveries do not arrive: it is WORKING".to_owned()));
        assert_eq!(verdict(&lost), told);
        let failing = Facts { undelivered: None, ..lost };
        assert_eq!(verdict(&failing), (Verdict::Suspect, Some("what it sends fails since 16:02: 500".to_owned())));
        let down = Facts { sight: Sight::Session(&InstanceStatus::Stopped), ..lost };
        assert_eq!(verdict(&down).0, Verdict::Dead);
    }

    #[test]
    fn a_time_lock_restricts_until_it_ends() {
        let sight = Sight::Session(&InstanceStatus::Working);
        let locked = |until| verdict(&Facts { restricted_until: Some(until), ..facts(sight) }).0;
        assert_eq!(locked(NOW + HOUR), Verdict::Restricted);
        assert_eq!(locked(NOW), Verdict::Healthy);
    }

    #[test]
    fn a_number_that_was_too_fast_is_restricted_until_its_rest_ends() {
        let sight = Sight::Session(&InstanceStatus::Working);
        let slowed = |until| verdict(&Facts { slowed_until: Some(until), ..facts(sight) });
        assert_eq!(slowed(NOW + HOUR), (Verdict::Restricted, Some(slowdown::reason(NOW + HOUR))));
        assert_eq!(slowed(NOW), (Verdict::Healthy, None));
    }
}
