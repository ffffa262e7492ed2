//! Whose turn it is when more questions wait than the model may be asked at once: one of each asker, round and round,
//! so that nobody's thousands stand before another's one.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Who asks. Only told apart, never looked into.
pub type Asker = [u8; 16];

/// So many places, and those who wait for one.
#[derive(Debug)]
pub struct Turns {
    // A lock and not a channel: it is held for a few moves of pointers, never across an await.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: usize,
    /// Askers with somebody waiting, the next one first.
    order: VecDeque<Asker>,
    waiting: HashMap<Asker, VecDeque<oneshot::Sender<Place>>>,
}

/// A place; dropped, it goes to the next.
#[derive(Debug)]
pub struct Place {
    /// `None` once the place was handed on.
    turns: Option<Arc<Turns>>,
}

impl Turns {
    /// With so many places, at least one.
    pub fn new(places: usize) -> Arc<Self> {
        let state = State { free: places.max(1), order: VecDeque::new(), waiting: HashMap::new() };
        Arc::new(Self { state: Mutex::new(state) })
    }

    /// Waits for a place. A wait that is dropped leaves nothing behind.
    pub async fn place(self: &Arc<Self>, asker: Asker) -> Place {
        let told = {
            let mut state = self.state();
            // Whoever is told to wait is told by a release: while anybody waits, nothing is free.
            if state.free > 0 {
                state.free -= 1;
                return Place { turns: Some(Arc::clone(self)) };
            }
            let (tell, told) = oneshot::channel();
            let State { order, waiting, .. } = &mut *state;
            let line = waiting.entry(asker).or_default();
            if line.is_empty() {
                order.push_back(asker);
            }
            line.push_back(tell);
            told
        };
        match told.await {
            Ok(place) => place,
            Err(_) => unreachable!("a waiter's sender is only dropped with the place sent"),
        }
    }

    fn release(self: Arc<Self>) {
        let mut place = Place { turns: Some(Arc::clone(&self)) };
        loop {
            let Some(next) = self.state().next() else {
                place.turns = None;
                return;
            };
            match next.send(place) {
                Ok(()) => return,
                // It has stopped waiting.
                Err(back) => place = back,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The one whose turn it is; with nobody waiting the place is free.
    fn next(&mut self) -> Option<oneshot::Sender<Place>> {
        while let Some(asker) = self.order.pop_front() {
            let Some(line) = self.waiting.get_mut(&asker) else { continue };
            let first = line.pop_front();
            if line.is_empty() {
                self.waiting.remove(&asker);
            } else {
                self.order.push_back(asker);
            }
            if first.is_some() {
                return first;
            }
        }
        self.free += 1;
        None
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(turns) = self.turns.take() {
            turns.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    const MANY: Asker = [1; 16];
    const ONE: Asker = [2; 16];

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    macro_rules! here {
        ($wait:ident) => {
            match poll($wait.as_mut()) {
                Poll::Ready(place) => place,
                Poll::Pending => panic!("{} still waits", stringify!($wait)),
            }
        };
    }

    #[test]
    fn one_of_each_in_turn() {
        let turns = Turns::new(1);
        let mut first = pin!(turns.place(MANY));
        let held = here!(first);
        let (mut second, mut third) = (pin!(turns.place(MANY)), pin!(turns.place(MANY)));
        assert!(poll(second.as_mut()).is_pending() && poll(third.as_mut()).is_pending());
        let mut late = pin!(turns.place(ONE));
        assert!(poll(late.as_mut()).is_pending());

        drop(held);
        let held = here!(second);
        assert!(poll(third.as_mut()).is_pending() && poll(late.as_mut()).is_pending());
        drop(held);
        let held = here!(late);
        assert!(poll(third.as_mut()).is_pending());
        drop(held);
        drop(here!(third));
        assert_eq!(turns.state().free, 1);
    }

    #[test]
    fn who_stops_waiting_is_passed_over() {
        let turns = Turns::new(1);
        let mut first = pin!(turns.place(ONE));
        let held = here!(first);
        let mut stays = Box::pin(turns.place(MANY));
        {
            let mut gone = Box::pin(turns.place(ONE));
            assert!(poll(gone.as_mut()).is_pending());
        }
        assert!(poll(stays.as_mut()).is_pending());
        drop(held);
        let place = here!(stays);
        drop(place);
        assert_eq!(turns.state().free, 1);
    }

    #[test]
    fn a_place_given_to_one_who_left_goes_on() {
        let turns = Turns::new(1);
        let mut first = pin!(turns.place(ONE));
        let held = here!(first);
        let mut told = Box::pin(turns.place(ONE));
        let mut next = Box::pin(turns.place(ONE));
        assert!(poll(told.as_mut()).is_pending() && poll(next.as_mut()).is_pending());
        drop(held);
        // It was told, and never looked.
        drop(told);
        drop(here!(next));
        assert_eq!(turns.state().free, 1);
    }
}
