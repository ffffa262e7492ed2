//! Memory for bodies that nobody has vouched for yet, shared by all connections.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many bytes of unverified bodies may be in memory over all connections.
pub const BYTES_MAX: usize = 16 * 1024 * 1024;
/// The smallest share that is taken, in bytes: one permit of the semaphore.
const GRAIN: usize = 1024;

/// The shared budget. Cheap to clone.
#[derive(Clone)]
pub struct Budget {
    permits: Arc<Semaphore>,
}

/// What one body has taken. Dropping it gives it back.
#[derive(Default)]
pub struct Share {
    taken: Vec<OwnedSemaphorePermit>,
    bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(BYTES_MAX / GRAIN)) }
    }
}

impl Budget {
    /// Makes sure that `share` covers `bytes`. False when the budget is used up: the sender must come again.
    #[must_use]
    pub fn cover(&self, share: &mut Share, bytes: usize) -> bool {
        if bytes <= share.bytes {
            return true;
        }
        let more = (bytes - share.bytes).div_ceil(GRAIN);
        let Ok(count) = u32::try_from(more) else { return false };
        match Arc::clone(&self.permits).try_acquire_many_owned(count) {
            Ok(permit) => {
                share.taken.push(permit);
                share.bytes += more * GRAIN;
                true
            }
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_one_budget_and_give_it_back() {
        let budget = Budget::default();
        let (mut first, mut second) = (Share::default(), Share::default());
        assert!(budget.cover(&mut first, BYTES_MAX - 10 * GRAIN));
        assert!(budget.cover(&mut second, 10 * GRAIN));
        assert!(!budget.cover(&mut second, 11 * GRAIN));
        drop(first);
        assert!(budget.cover(&mut second, 11 * GRAIN));
    }
}
