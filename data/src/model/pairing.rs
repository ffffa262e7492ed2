//! What is a pairing, and when the people that a phone knows are read after one.
//!
//! A phone hands its history over bit by bit, for minutes after WAHA says `WORKING`. Until the last reading nobody can be
//! taken for new without a look into the history of their own chat.

use std::time::Duration;

use super::instance::{Instance, InstanceStatus, Me};
use crate::time::Timestamp;

/// When the people that a phone knows are read, counted from the first `WORKING` after the scan.
pub const READINGS: [Duration; 8] = [
    Duration::ZERO,
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(40),
    Duration::from_secs(80),
    Duration::from_secs(160),
    LAST_READING,
];
/// When they are read for the last time.
pub const LAST_READING: Duration = Duration::from_secs(300);
/// How long the last reading may be late, with WAHA or the daemon away, before nobody waits for it any more.
pub const LATENESS_MAX: Duration = Duration::from_secs(3600);
/// Between the pairing and our hearing of it a new customer may have written; WAHA cuts instants to the second.
pub const MOMENTS: Duration = Duration::from_secs(5);
/// Whoever we met so shortly before the pairing came with it.
const MET: Duration = Duration::from_secs(60);
/// A number that was looked at so shortly before is watched: WAHA tells of each new code, three a minute at least.
const LOOKED: Duration = Duration::from_secs(120);
/// The longest from a scan to `WORKING`.
const SCAN_MAX: Duration = Duration::from_secs(600);

/// When the people that a phone knows must be read next, if they must: at the first instant of the schedule that no complete
/// reading has served. It may lie in the past.
#[must_use]
pub fn next_reading(worked_at: Timestamp, read_at: Option<Timestamp>) -> Option<Timestamp> {
    READINGS.iter().map(|after| worked_at + *after).find(|due| read_at.is_none_or(|read_at| read_at < *due))
}

/// Has the phone had the time to hand its history over, and was the list read since? From then on who is not on the list is
/// new.
#[must_use]
pub fn is_settled(instance: &Instance, now: Timestamp) -> bool {
    let Some(worked_at) = instance.worked_at else { return false };
    let late = now >= worked_at + LAST_READING + LATENESS_MAX;
    late || (now >= worked_at + LAST_READING && next_reading(worked_at, instance.list_read_at).is_none())
}

/// Whoever wrote something before this was known before the pairing. One that was found out some time after it may have been at
/// any time until then: whoever wrote before we heard of it may be of the phone's own past.
#[must_use]
pub fn known_before(instance: &Instance, now: Timestamp) -> Timestamp {
    let grace = if instance.paired_unseen { Duration::ZERO } else { MOMENTS };
    instance.paired_at.unwrap_or(now) - grace
}

/// Is a pairing that shows now seen as it happens? Not after a start, nor when WAHA could not be asked for some time.
#[must_use]
pub fn is_witnessed(looked_at: Option<Timestamp>, now: Timestamp) -> bool {
    looked_at.is_some_and(|looked_at| looked_at <= now && now.since(looked_at) <= LOOKED)
}

/// Whoever came to us before this was met before the pairing: what the owner said of them stands.
#[must_use]
pub fn met_since(instance: &Instance, now: Timestamp) -> Timestamp {
    instance.paired_at.unwrap_or(now) - MET
}

/// The same for a list that is being read: after the same phone was scanned anew, those met since its first pairing are no
/// strangers.
#[must_use]
pub fn stranger_since(instance: &Instance, now: Timestamp) -> Timestamp {
    let scanned = instance.worked_at.unwrap_or(now) - SCAN_MAX;
    instance.paired_at.unwrap_or(scanned).max(scanned) - MET
}

/// Does WAHA tell of another account than the one we know?
#[must_use]
pub fn is_another(known: Option<&Me>, told: Option<&Me>) -> bool {
    known.zip(told).is_some_and(|(known, told)| known.id != told.id)
}

/// Is this sighting the first of a pairing? Another account is one, in whatever state it shows: it does so in `STARTING`
/// already. `scanned`: was a code shown since the number last worked?
#[must_use]
pub fn is_pairing(known: &Instance, told: Option<&InstanceStatus>, me: Option<&Me>, scanned: bool) -> bool {
    use InstanceStatus::{ScanQrCode, Starting, Working};
    if is_another(known.me.as_ref(), me) {
        return true;
    }
    let works = told == Some(&Working);
    // Nobody can say whose phone it is: it must not be taken for the one we know.
    if works && me.is_none() && scanned && known.me.is_some() {
        return true;
    }
    let begins = works || (told == Some(&Starting) && me.is_some());
    let open = known.paired_at.is_none() || (known.worked_at.is_none() && known.status == Some(ScanQrCode));
    begins && open
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKED: Timestamp = Timestamp::from_seconds(1_000_000);

    fn at(seconds: u64) -> Timestamp {
        WORKED + Duration::from_secs(seconds)
    }

    #[test]
    fn the_list_is_read_eight_times_and_never_again() {
        let (mut now, mut read) = (WORKED, Vec::new());
        let mut read_at = None;
        while let Some(due) = next_reading(WORKED, read_at) {
            now = now.max(due);
            read.push(now.since(WORKED).as_secs());
            read_at = Some(now);
        }
        assert_eq!(read, [0, 5, 10, 20, 40, 80, 160, 300]);
    }

    #[test]
    fn a_pairing_is_seen_by_who_looked_a_moment_ago() {
        for (looked_at, now, witnessed) in [
            (None, at(0), false),
            (Some(at(0)), at(120), true),
            (Some(at(0)), at(121), false),
            // Noted by a clock that was ahead.
            (Some(at(1)), at(0), false),
        ] {
            assert_eq!(is_witnessed(looked_at, now), witnessed, "{looked_at:?} {now}");
        }
    }

    #[test]
    fn a_late_reading_serves_all_that_were_due() {
        assert_eq!(next_reading(WORKED, None), Some(at(0)));
        assert_eq!(next_reading(WORKED, Some(at(17))), Some(at(20)));
        assert_eq!(next_reading(WORKED, Some(at(299))), Some(at(300)));
        assert_eq!(next_reading(WORKED, Some(at(300))), None);
        assert_eq!(next_reading(WORKED, Some(at(9_000))), None);
        assert_eq!(next_reading(WORKED, Some(WORKED - Duration::from_secs(1))), Some(at(0)));
    }
}
