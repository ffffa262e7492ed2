//! Work on files that come in several calls, between one piece and the next: a few at a time, and not for ever. A piece
//! that fails ends the work; a restart of the daemon may forget all of it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mychatflow_data::ids::TenantId;
use mychatflow_data::protocol::error::{CallError, Code};
use mychatflow_data::time::Timestamp;

/// How many files may be on their way at once.
pub const AT_ONCE_MAX: usize = 8;
/// A file of which no piece came for so long is given up.
pub const GIVEN_UP_AFTER: Duration = Duration::from_secs(300);
/// One of which none came for so long makes room for another: whoever sent it has gone away, or can begin again.
pub const MAKES_ROOM_AFTER: Duration = Duration::from_secs(30);

/// Work between one piece and the next, by its id.
pub struct Unfinished<K, W> {
    // A Mutex, not a task: it is held for a few map operations, never across an await.
    held: Mutex<HashMap<K, Held<W>>>,
}

struct Held<W> {
    tenant: TenantId,
    touched_at: Timestamp,
    /// Nothing while a piece is worked on.
    work: Option<W>,
}

/// Work in hand. Unless it is put back it is over.
pub struct InHand<'u, K: Copy + Eq + Hash, W> {
    place: Place<'u, K, W>,
    /// The work.
    pub work: W,
}

/// Where work in hand is to be put back.
struct Place<'u, K: Copy + Eq + Hash, W> {
    all: &'u Unfinished<K, W>,
    id: K,
}

impl<K, W> Default for Unfinished<K, W> {
    fn default() -> Self {
        Self { held: Mutex::default() }
    }
}

impl<K: Copy + Eq + Hash, W> Unfinished<K, W> {
    /// Begins work, which is in hand at once.
    ///
    /// # Errors
    /// `overloaded` while there is too much of it.
    pub fn begin(&self, id: K, tenant: TenantId, work: W, now: Timestamp) -> Result<InHand<'_, K, W>, CallError> {
        let mut held = self.held();
        // One in the future was noted by a clock that was ahead.
        for held in held.values_mut().filter(|held| held.touched_at > now + GIVEN_UP_AFTER) {
            held.touched_at = now;
        }
        held.retain(|_, held| held.work.is_none() || now.since(held.touched_at) < GIVEN_UP_AFTER);
        if held.len() >= AT_ONCE_MAX {
            let idle = held.iter().filter(|(_, held)| held.work.is_some());
            let longest = idle.min_by_key(|(_, held)| held.touched_at).map(|(id, held)| (*id, held.touched_at));
            if let Some((id, touched_at)) = longest
                && now.since(touched_at) >= MAKES_ROOM_AFTER
            {
                held.remove(&id);
            }
        }
        if held.len() >= AT_ONCE_MAX {
            let text = format!("{AT_ONCE_MAX} files are being read already; try again in a moment");
            return Err(CallError::new(Code::Overloaded, text));
        }
        held.insert(id, Held { tenant, touched_at: now, work: None });
        Ok(InHand { place: Place { all: self, id }, work })
    }

    /// Takes work in hand again.
    ///
    /// # Errors
    /// `not_found` when it is over, `conflict` while another piece is worked on.
    pub fn take(&self, id: K, tenant: TenantId, now: Timestamp) -> Result<InHand<'_, K, W>, CallError> {
        let mut held = self.held();
        let Some(found) = held.get_mut(&id).filter(|held| held.tenant == tenant) else {
            let text = "nothing is read under this id any more: a piece failed, or none came for minutes; begin again";
            return Err(CallError::not_found(text));
        };
        let Some(work) = found.work.take() else {
            return Err(CallError::conflict("the piece before is still being read: wait for its reply"));
        };
        found.touched_at = now;
        Ok(InHand { place: Place { all: self, id }, work })
    }

    fn held(&self) -> MutexGuard<'_, HashMap<K, Held<W>>> {
        // Every operation leaves the map whole, whatever panics around it.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash, W> InHand<'_, K, W> {
    /// Its id.
    pub fn id(&self) -> K {
        self.place.id
    }

    /// Puts the work back: more of the file is to come.
    pub fn put_back(self) {
        let Self { place, work } = self;
        if let Some(held) = place.all.held().get_mut(&place.id) {
            held.work = Some(work);
        }
    }
}

impl<K: Copy + Eq + Hash, W> Drop for Place<'_, K, W> {
    fn drop(&mut self) {
        let mut held = self.all.held();
        if held.get(&self.id).is_some_and(|held| held.work.is_none()) {
            held.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn code<W>(outcome: Result<InHand<'_, u8, W>, CallError>) -> Option<Code> {
        outcome.err().map(|error| error.code)
    }

    #[test]
    fn work_goes_on_where_it_was_put_back_and_nowhere_else() {
        let all: Unfinished<u8, u32> = Unfinished::default();
        let (ours, theirs) = (TenantId::new(), TenantId::new());
        all.begin(1, ours, 7, NOON).unwrap().put_back();
        assert_eq!(code(all.take(1, theirs, NOON)), Some(Code::NotFound));
        let in_hand = all.take(1, ours, NOON).unwrap();
        assert_eq!((in_hand.id(), in_hand.work), (1, 7));
        assert_eq!(code(all.take(1, ours, NOON)), Some(Code::Conflict));
        drop(in_hand);
        assert_eq!(code(all.take(1, ours, NOON)), Some(Code::NotFound), "what is not put back is over");
    }

    #[test]
    fn only_so_much_is_held_and_only_so_long() {
        let all: Unfinished<u8, ()> = Unfinished::default();
        let tenant = TenantId::new();
        for id in 0..8 {
            all.begin(id, tenant, (), NOON + Duration::from_millis(id.into())).unwrap().put_back();
        }
        assert_eq!(code(all.begin(9, tenant, (), NOON)), Some(Code::Overloaded));
        all.take(0, tenant, NOON + Duration::from_secs(1)).unwrap().put_back();
        all.begin(8, tenant, (), NOON + MAKES_ROOM_AFTER * 2).unwrap().put_back();
        assert_eq!(code(all.take(1, tenant, NOON)), Some(Code::NotFound), "the one that was left alone the longest");
        let later = NOON + GIVEN_UP_AFTER * 2;
        all.begin(9, tenant, (), later).unwrap().put_back();
        assert_eq!(code(all.take(0, tenant, later)), Some(Code::NotFound));
        assert_eq!(code(all.take(9, tenant, later)), None);
    }
}
