//! What can go wrong in the store.

use super::traces::Refused;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The row asked for is not there, or belongs to somebody else.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// It would contradict what is there.
    #[error("{0}")]
    Conflict(String),
    /// The value can't be stored.
    #[error("{0}")]
    Invalid(String),
    /// More is waiting to be written than the queue holds.
    #[error("the store's queue is full")]
    Overloaded,
    /// A reader has broken the question off.
    #[error("the question took too long and was broken off: ask for less, or again when less is going on")]
    TookTooLong,
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// Another process holds the file.
    #[error("another process holds the store")]
    Busy,
    /// A commit failed, and with it everything that was in it.
    #[error("the batch could not be committed: {0}")]
    Uncommitted(String),
    /// The file was written by a newer version.
    #[error("the store has schema {found}, this version knows {known}: install a newer mychatflow")]
    Newer {
        /// The schema of the file.
        found: i64,
        /// The newest schema of this program.
        known: i64,
    },
    /// A migration that this file already had was changed since.
    #[error("migration {0} of this store differs from the one in this program")]
    MigrationChanged(i64),
    /// What lies where the store should be is not touched.
    #[error("{0}")]
    Refused(Refused),
    /// The store's files are gone from under it: nothing that is written now would be found again.
    #[error("the store is lost: {0}")]
    Lost(String),
    /// The writer has stopped.
    #[error("the store is closed")]
    Closed,
    /// A unit of work panicked; nothing of it was written.
    #[error("a unit of work panicked")]
    Panicked,
    /// SQLite refused.
    #[error("sqlite refused")]
    Sqlite(#[source] rusqlite::Error),
}

impl StoreError {
    /// May the same work without any change, later? Then whoever must not lose it tries again.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Overloaded | Self::TookTooLong | Self::DiskFull | Self::Busy | Self::Uncommitted(_) => true,
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(rusqlite::ErrorCode::SystemIoFailure | rusqlite::ErrorCode::OutOfMemory)
            ),
            Self::NotFound(_) | Self::Conflict(_) | Self::Invalid(_) | Self::Newer { .. } => false,
            Self::MigrationChanged(_) | Self::Refused(_) | Self::Closed | Self::Panicked => false,
            // Not in this run of the daemon.
            Self::Lost(_) => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull,
            Some(rusqlite::ErrorCode::OperationInterrupted) => Self::TookTooLong,
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Sqlite(error),
        }
    }
}
