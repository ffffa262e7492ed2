//! What became of deliveries lately: when one was last stored, when one could not be, and which were refused. It is
//! evidence for whoever shows health; it is kept in memory, and costs a delivery no write.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mychatflow_data::ids::InstanceId;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::time::Timestamp;

use crate::chain::chain;

/// Why a delivery was not believed or not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusalKind {
    /// Its signature does not fit.
    Signature,
    /// It has no signature, or one in another form: whoever posts has no key set.
    Unsigned,
    /// It is over `webhook.max_body_bytes`.
    TooLarge,
    /// It came for a number that is not here.
    UnknownInstance,
    /// It is of another session than the number's.
    ForeignSession,
}

/// Refusals of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusals {
    /// Why.
    pub kind: RefusalKind,
    /// For which number; `None` where none of ours was meant.
    pub instance: Option<InstanceId>,
    /// How many there were.
    pub count: u64,
    /// When the first one came, of those without an hour between two.
    pub first_at: Timestamp,
    /// When the last one came.
    pub last_at: Timestamp,
    /// Who posted that one.
    pub from: Option<String>,
}

/// A delivery that could not be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotStored {
    /// When.
    pub at: Timestamp,
    /// When the first of those in a row came.
    pub since: Timestamp,
    /// How many in a row.
    pub count: u64,
    /// What stood in the way.
    pub reason: String,
    /// May the same delivery be stored later without anybody mending anything?
    pub may_pass: bool,
}

/// What became of deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntakeRecord {
    /// When one was last stored.
    pub stored_at: Option<Timestamp>,
    /// The last one that could not be stored, kept after others were.
    pub not_stored: Option<NotStored>,
    /// Those that were refused, by kind and number.
    pub refused: Vec<Refusals>,
}

impl IntakeRecord {
    /// The delivery that could not be stored, while none was stored since. `room_at` is when the store last had room for
    /// something large: where only room was missing that is as good.
    #[must_use]
    pub fn standing(&self, room_at: Option<Timestamp>) -> Option<&NotStored> {
        let failed = self.not_stored.as_ref()?;
        let well = self.stored_at.max(room_at.filter(|_| failed.may_pass));
        Some(failed).filter(|failed| well.is_none_or(|well| well < failed.at))
    }
}

/// Notes what becomes of deliveries.
#[derive(Debug, Default)]
pub struct Intake {
    // A Mutex: connections note all at once; it is held for a few assignments.
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    stored_at: Option<Timestamp>,
    not_stored: Option<NotStored>,
    refused: BTreeMap<(RefusalKind, Option<InstanceId>), Refusals>,
}

/// A refusal that comes later than this after the one before begins a new row of them, in seconds.
const ROW_PAUSE_S: u64 = 3600;

impl Intake {
    /// A delivery was stored.
    pub fn note_stored(&self, now: Timestamp) {
        self.noted().stored_at = Some(now);
    }

    /// A delivery could not be stored: its sender got a 503.
    pub fn note_not_stored(&self, error: &StoreError, now: Timestamp) {
        let mut noted = self.noted();
        let stored_at = noted.stored_at;
        let before = noted.not_stored.take();
        let row = before.filter(|before| stored_at.is_none_or(|stored_at| stored_at < before.at));
        let (since, count) = row.map_or((now, 0), |row| (row.since, row.count));
        let (reason, may_pass) = (chain(error), error.may_pass());
        noted.not_stored = Some(NotStored { at: now, since, count: count + 1, reason, may_pass });
    }

    /// A delivery was refused.
    pub fn note_refused(&self, kind: RefusalKind, instance: Option<InstanceId>, from: Option<String>, now: Timestamp) {
        let mut noted = self.noted();
        let fresh = Refusals { kind, instance, count: 0, first_at: now, last_at: now, from: None };
        let refused = noted.refused.entry((kind, instance)).or_insert_with(|| fresh.clone());
        // One in the future was noted by a clock that was ahead.
        if refused.last_at > now || now.since(refused.last_at).as_secs() > ROW_PAUSE_S {
            *refused = fresh;
        }
        refused.count += 1;
        refused.last_at = now;
        refused.from = from;
    }

    /// What became of deliveries.
    #[must_use]
    pub fn record(&self) -> IntakeRecord {
        let noted = self.noted();
        IntakeRecord {
            stored_at: noted.stored_at,
            not_stored: noted.not_stored.clone(),
            refused: noted.refused.values().cloned().collect(),
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + seconds)
    }

    #[test]
    fn a_delivery_that_was_not_stored_stands_until_one_is() {
        let intake = Intake::default();
        intake.note_stored(at(0));
        intake.note_not_stored(&StoreError::DiskFull, at(1));
        intake.note_not_stored(&StoreError::DiskFull, at(5));
        let record = intake.record();
        let standing = record.standing(None).unwrap();
        assert_eq!(record.standing(Some(at(6))), None, "there is room again");
        assert_eq!((standing.since, standing.at, standing.count), (at(1), at(5), 2));
        intake.note_stored(at(6));
        assert_eq!(intake.record().standing(None), None);
        intake.note_not_stored(&StoreError::Panicked, at(9));
        let since = intake.record().standing(Some(at(10))).map(|standing| standing.since);
        assert_eq!(since, Some(at(9)), "room does not mend a mistake of ours");
    }

    #[test]
    fn refusals_are_counted_by_number_and_kind() {
        let intake = Intake::default();
        let (one, two) = (InstanceId::new(), InstanceId::new());
        for seconds in 0..45 {
            intake.note_refused(RefusalKind::Signature, Some(one), None, at(seconds));
        }
        intake.note_refused(RefusalKind::TooLarge, Some(two), None, at(9));
        let record = intake.record();
        let of_number = |record: &IntakeRecord, number| -> Vec<Refusals> {
            record.refused.iter().filter(|refused| refused.instance == Some(number)).cloned().collect()
        };
        let of_one = of_number(&record, one);
        assert_eq!(of_one.len(), 1);
        assert_eq!((of_one[0].count, of_one[0].first_at, of_one[0].last_at), (45, at(0), at(44)));
        assert_eq!(of_number(&record, two).len(), 1);
        // After a calm hour another row begins.
        intake.note_refused(RefusalKind::Signature, Some(one), None, at(44 + 3601));
        assert_eq!(of_number(&intake.record(), one)[0].count, 1);
    }
}
