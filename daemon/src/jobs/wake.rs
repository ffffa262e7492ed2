//! Wakes the jobs when one of them is due: told by commits, never by polling.

use std::collections::BTreeMap;
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
    /// A job of this kind is due at this instant.
    pub fn tell(&self, kind: JobKind, at: Timestamp) {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let known = due.entry(kind.word()).or_insert((kind, at));
        let sooner = at <= known.1;
        if sooner {
            known.1 = at;
        }
        drop(due);
        if sooner {
            self.told.notify_one();
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
