//! Who may have one more connection: nobody so many that others find none, and some are kept for operators.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::peer::{Caller, Standing};

/// How many connections are served at once.
pub const CONNECTIONS_MAX: usize = 256;
/// How many of them one account may have, unless it is an operator's: whoever looks after the daemon must always get in, and may
/// work under the same account as a hundred scripts.
pub const ACCOUNT_MAX: usize = 64;
/// How many of them are kept for operators, so that somebody can always look into it.
pub const KEPT_FOR_OPERATORS: usize = 16;

/// Why there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// The account has as many as it may.
    Account,
    /// All are taken.
    Everything,
}

impl Full {
    /// What to do, in words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Account => "this account has too many connections; close some of them",
            Self::Everything => "too many connections; try again",
        }
    }
}

/// The connections of all accounts.
#[derive(Debug, Clone, Default)]
pub struct Room {
    // A Mutex: it is held for a few map operations, never across an await.
    taken: Arc<Mutex<Taken>>,
}

/// How many connections each account has; none is zero.
#[derive(Debug, Default)]
struct Taken {
    by_account: HashMap<u32, usize>,
}

impl Taken {
    fn enter(&mut self, uid: u32, standing: Standing) -> Result<(), Full> {
        let total: usize = self.by_account.values().sum();
        let all = match standing {
            Standing::Operator => CONNECTIONS_MAX,
            Standing::Person => CONNECTIONS_MAX - KEPT_FOR_OPERATORS,
        };
        let own = self.by_account.entry(uid).or_default();
        let full = if standing == Standing::Person && *own >= ACCOUNT_MAX {
            Some(Full::Account)
        } else if total >= all {
            Some(Full::Everything)
        } else {
            None
        };
        match full {
            Some(full) => {
                self.leave_if_none(uid);
                Err(full)
            }
            None => {
                *own += 1;
                Ok(())
            }
        }
    }

    fn leave(&mut self, uid: u32) {
        if let Some(own) = self.by_account.get_mut(&uid) {
            *own = own.saturating_sub(1);
        }
        self.leave_if_none(uid);
    }

    fn leave_if_none(&mut self, uid: u32) {
        if self.by_account.get(&uid) == Some(&0) {
            self.by_account.remove(&uid);
        }
    }
}

/// One connection's place; dropped, it is free.
#[derive(Debug)]
pub struct Seat {
    room: Room,
    uid: u32,
}

impl Room {
    /// Takes a place for a connection of this caller.
    ///
    /// # Errors
    /// Why there is none.
    pub fn enter(&self, caller: &Caller) -> Result<Seat, Full> {
        self.taken().enter(caller.uid, caller.standing)?;
        Ok(Seat { room: self.clone(), uid: caller.uid })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.room.taken().leave(self.uid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(uid: u32) -> Caller {
        let standing = if uid == 0 { Standing::Operator } else { Standing::Person };
        Caller { uid, name: uid.to_string(), standing }
    }

    #[test]
    fn idle_connections_of_some_accounts_lock_nobody_out() {
        let room = Room::default();
        let mut seats = Vec::new();
        let mut refused = Vec::new();
        for uid in 1..=4 {
            for _ in 0..100 {
                match room.enter(&caller(uid)) {
                    Ok(seat) => seats.push(seat),
                    Err(full) => refused.push((uid, full)),
                }
            }
        }
        assert_eq!(seats.len(), CONNECTIONS_MAX - KEPT_FOR_OPERATORS);
        assert_eq!(refused.first(), Some(&(1, Full::Account)));
        assert_eq!(refused.last(), Some(&(4, Full::Everything)));
        assert_eq!(room.enter(&caller(5)).unwrap_err(), Full::Everything);
        let operators: Vec<_> = (0..KEPT_FOR_OPERATORS).map(|_| room.enter(&caller(0)).unwrap()).collect();
        assert_eq!(room.enter(&caller(0)).unwrap_err(), Full::Everything);
        drop(operators);
        seats.clear();
        let shared: Vec<_> = (0..2 * ACCOUNT_MAX).map(|_| room.enter(&caller(0)).unwrap()).collect();
        drop(shared);
        assert!(room.taken().by_account.is_empty());
        room.enter(&caller(5)).unwrap();
    }
}
