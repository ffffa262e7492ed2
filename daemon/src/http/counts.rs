//! Deliveries that were refused, counted: they have no transaction of their own, and an attacker must not buy one
//! commit with each of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mychatflow_data::ids::TenantId;
use mychatflow_data::store::Store;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The shortest pause between two flushes.
const PAUSE: Duration = Duration::from_millis(20);

/// What was refused and is not in the store yet.
#[derive(Default)]
pub struct Counts {
    // A Mutex: many connections add, one task takes; it is held for one map operation.
    waiting: Mutex<BTreeMap<(TenantId, &'static str), i64>>,
    told: Notify,
}

impl Counts {
    /// Counts one.
    pub fn add(&self, tenant: TenantId, name: &'static str) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner).entry((tenant, name)).or_default() += 1;
        self.told.notify_one();
    }

    fn take(&self) -> Vec<(TenantId, &'static str, i64)> {
        let taken = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        taken.into_iter().map(|((tenant, name), by)| (tenant, name, by)).collect()
    }

    /// Writes what was counted, soon after it was, until told to stop.
    pub async fn run(self: Arc<Self>, store: Store, stop: CancellationToken) {
        loop {
            let stopped = tokio::select! {
                () = self.told.notified() => false,
                () = stop.cancelled() => true,
            };
            let counts = self.take();
            if !counts.is_empty()
                && let Err(error) = store.count(counts.clone()).await
            {
                tracing::warn!(%error, "refused deliveries could not be counted; trying again");
                for (tenant, name, by) in counts {
                    let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                    *waiting.entry((tenant, name)).or_default() += by;
                }
            }
            if stopped {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
