//! Wakes the jobs when one of them is due: told by commits, never by polling.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, PoisonError};

use mychatflow_data::model::job::JobKind;
use mychatflow_data::time::Timestamp;
use tokio::sync::Notify;

/// When jobs of each kind are due next, as far as is known.
#[derive(Default)]
pub struct Wake {
    // A Mutex: commits tell of due jobs from the writer's thread, which may not wait; it is held for one map operation.
    due: Mutex<BTreeMap<&'static str, (JobKind, Timestamp)>>,
    told: Notify,
}

impl Wake {
    /// A job of this kind is due at this instant: the engine wakes if that is sooner than it knew.
    pub fn tell(&self, kind: JobKind, at: Timestamp) {
        if self.note(kind, at) == Known::Sooner {
            self.told.notify_one();
        }
    }

    /// The same from the engine itself, which is awake.
    pub fn note(&self, kind: JobKind, at: Timestamp) -> Known {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        match due.entry(kind.word()) {
            Entry::Vacant(unknown) => {
                unknown.insert((kind, at));
                Known::Sooner
            }
            Entry::Occupied(mut known) if at < known.get().1 => {
                known.get_mut().1 = at;
                Known::Sooner
            }
            Entry::Occupied(_) => Known::Already,
        }
    }

    /// Takes the kinds that are due now; what is due later stays.
    #[must_use]
    pub fn take_due(&self, now: Timestamp) -> Vec<JobKind> {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let ready: Vec<JobKind> = due.values().filter(|(_, at)| *at <= now).map(|(kind, _)| *kind).collect();
        due.retain(|_, (_, at)| *at > now);
        ready
    }

    /// When the next kind is due.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        let due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        due.values().map(|(_, at)| *at).min()
    }

    /// Waits until something is told.
    pub async fn told(&self) {
        self.told.notified().await;
    }
}

/// What a telling of due work changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Nothing was due so soon before.
    Sooner,
    /// Nothing.
    Already,
}
