//! How a store is opened, and what is known of it before.

use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::identity::{Notebook, examine};
use super::traces::{self, Refusal, Refused, StoreFile, Traces};
use crate::time::Timestamp;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Opening {
    /// Where its file is, or should be.
    pub path: PathBuf,
    /// Where this account remembers which store is at which path, outside of the store's own directory: nothing of a
    /// disk that is not mounted can be read. `None`: it does not.
    pub memory: Option<PathBuf>,
    /// The name of the daemon's lock, where it was found as a daemon leaves it that had a store.
    pub lock: Option<String>,
    /// Make a new store where traces of one are found that can't be opened: these are renamed, with this time in their
    /// names.
    pub fresh: Option<Timestamp>,
}

impl Opening {
    /// What is at a path, and nothing else is known.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), memory: None, lock: None, fresh: None }
    }

    /// Looks at what lies there and changes nothing.
    ///
    /// Closing a descriptor of the file takes away the locks that this process has on it: only to be called while this
    /// process has no store open there.
    ///
    /// # Errors
    /// When it can't be looked at.
    pub fn look(&self) -> Result<Traces, StoreError> {
        let fail = |error: std::io::Error| {
            let dir = self.path.parent().unwrap_or(&self.path).display();
            StoreError::Invalid(format!("{dir} can't be looked into: {error}"))
        };
        let file = match traces::is_plain(&self.path).map_err(fail)? {
            true => examine(&self.path)?,
            false => StoreFile::Missing,
        };
        let memory = Notebook::new(&self.path, self.memory.as_deref()).memory();
        traces::look(&self.path, file, memory, self.lock.as_deref()).map_err(fail)
    }

    pub(crate) fn refused(&self, traces: &Traces, refusal: Refusal) -> StoreError {
        StoreError::Refused(self.refused_words(traces, refusal))
    }

    /// Why these traces are refused, in words.
    #[must_use]
    pub fn refused_words(&self, traces: &Traces, refusal: Refusal) -> Refused {
        Refused { path: self.path.clone(), leftovers: traces.leftovers.clone(), refusal }
    }
}
