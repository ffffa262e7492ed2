//! What became of the last writes: the evidence that the store takes any. A probe writes a single row, which may fit where
//! nothing else does, so it is told apart from real work.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::error::StoreError;

/// A write that failed for the machine's sake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteFailure {
    /// How long ago.
    pub ago: Duration,
    /// How long ago the first of those in a row was.
    pub since: Duration,
    /// What stood in the way.
    pub reason: String,
    /// May the same write go well later? Then room for another one is a sign that it would.
    pub may_pass: bool,
}

/// What became of the last writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteHealth {
    /// How long ago real work was committed; `None`: not since the start.
    pub stored: Option<Duration>,
    /// How long ago there was room for half a megabyte, where that was tried.
    pub room: Option<Duration>,
    /// The last write that failed, kept after others went well.
    pub failed: Option<WriteFailure>,
}

impl WriteHealth {
    /// The failure that nothing real has followed.
    #[must_use]
    pub fn standing(&self) -> Option<&WriteFailure> {
        let failed = self.failed.as_ref()?;
        let well = self.stored.into_iter().chain(self.room.filter(|_| failed.may_pass)).min();
        Some(failed).filter(|failed| well.is_none_or(|well| well >= failed.ago))
    }
}

/// Why a write failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WriteFault {
    reason: String,
    may_pass: bool,
}

impl From<&StoreError> for WriteFault {
    fn from(error: &StoreError) -> Self {
        let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
        Self { reason: format!("{error}{cause}"), may_pass: error.may_pass() }
    }
}

#[derive(Debug, Default)]
struct Record {
    stored: Option<Instant>,
    room: Option<Instant>,
    failed: Option<(Instant, WriteFault)>,
    failing_since: Option<Instant>,
}

/// Written by the thread that writes, once a batch, and read by whoever shows health.
#[derive(Debug, Default)]
pub(crate) struct WriteRecord {
    // A Mutex: held for a few assignments.
    record: Mutex<Record>,
}

impl WriteRecord {
    /// Real work was committed.
    pub(crate) fn note_stored(&self) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.stored = Some(Instant::now());
        record.failing_since = None;
    }

    /// A large row was committed.
    pub(crate) fn note_room(&self) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.room = Some(Instant::now());
        if record.failed.as_ref().is_some_and(|(_, fault)| fault.may_pass) {
            record.failing_since = None;
        }
    }

    /// Something could not be written, for the machine's sake.
    pub(crate) fn note_failed(&self, fault: WriteFault) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        record.failing_since.get_or_insert(now);
        record.failed = Some((now, fault));
    }

    /// What became of the last writes.
    pub(crate) fn health(&self) -> WriteHealth {
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let ago = |at: Instant| now.saturating_duration_since(at);
        let failed = record.failed.as_ref().map(|(at, fault)| {
            let since = record.failing_since.unwrap_or(*at);
            let WriteFault { reason, may_pass } = fault.clone();
            WriteFailure { ago: ago(*at), since: ago(since), reason, may_pass }
        });
        WriteHealth { stored: record.stored.map(ago), room: record.room.map(ago), failed }
    }
}

impl StoreError {
    /// Is it the machine that stands in the way, rather than what was to be written?
    #[must_use]
    pub fn is_of_machine(&self) -> bool {
        use rusqlite::ErrorCode as Code;
        match self {
            Self::DiskFull | Self::Busy | Self::Uncommitted(_) | Self::Lost(_) => true,
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(
                    Code::SystemIoFailure
                        | Code::ReadOnly
                        | Code::CannotOpen
                        | Code::DatabaseCorrupt
                        | Code::NotADatabase
                        | Code::OutOfMemory
                        | Code::PermissionDenied
                        | Code::FileLockingProtocolFailed
                )
            ),
            Self::NotFound(_) | Self::Conflict(_) | Self::Invalid(_) | Self::Overloaded | Self::TookTooLong => false,
            Self::Newer { .. } | Self::MigrationChanged(_) | Self::Refused(_) | Self::Closed | Self::Panicked => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_stands_until_something_real_follows() {
        let ago = Duration::from_secs;
        let full = |may_pass| WriteFailure { ago: ago(10), since: ago(60), reason: "full".to_owned(), may_pass };
        let failed = full(true);
        let health = |stored, room| WriteHealth { stored, room, failed: Some(failed.clone()) };
        assert!(health(None, None).standing().is_some());
        assert!(health(Some(ago(20)), None).standing().is_some());
        assert!(health(Some(ago(5)), None).standing().is_none());
        assert!(health(Some(ago(20)), Some(ago(5))).standing().is_none());
        let damaged = WriteHealth { stored: None, room: Some(ago(5)), failed: Some(full(false)) };
        assert!(damaged.standing().is_some(), "room does not mend what is broken");
        assert_eq!(WriteHealth::default().standing(), None);
    }
}
