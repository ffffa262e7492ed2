//! Whose turn it is when more questions wait than the model may be asked at once: one of each asker, round and round,
//! so that nobody's thousands stand before another's one. Nor do anybody's slow questions take every place: some are kept
//! for those who have none under way.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// Who asks. Only told apart, never looked into.
pub type Asker = [u8; 16];

/// Whoever asked within this time may ask again soon: a place is kept.
const LATELY: Duration = Duration::from_secs(600);
/// With so many places one is always kept for somebody who has none.
const PLACES_MANY: usize = 4;

/// So many places, and those who wait for one.
#[derive(Debug)]
pub struct Turns {
    // A lock and not a channel: it is held for a few moves of pointers, never across an await.
    state: Mutex<Table<oneshot::Sender<Place>>>,
}

/// Who has a place, and who waits. A plain structure: time is an argument, `T` is how a waiter is told.
#[derive(Debug)]
struct Table<T> {
    places: usize,
    /// How many places each asker has; none is zero.
    held: HashMap<Asker, usize>,
    /// Askers with somebody waiting, the next one first.
    order: VecDeque<Asker>,
    waiting: HashMap<Asker, VecDeque<T>>,
    asked_at: HashMap<Asker, Instant>,
}

/// A place; dropped, it goes to the next.
#[derive(Debug)]
pub struct Place {
    /// `None` once the place was handed on.
    turns: Option<Arc<Turns>>,
    asker: Asker,
}

impl Turns {
    /// With so many places, at least one.
    pub fn new(places: usize) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(Table::new(places)) })
    }

    /// Waits for a place. A wait that is dropped leaves nothing behind.
    pub async fn place(self: &Arc<Self>, asker: Asker) -> Place {
        let told = {
            let mut state = self.state();
            if state.enters(asker, Instant::now()) {
                return Place { turns: Some(Arc::clone(self)), asker };
            }
            let (tell, told) = oneshot::channel();
            state.wait(asker, tell);
            told
        };
        match told.await {
            Ok(place) => place,
            Err(_) => unreachable!("a waiter's sender is only dropped with the place sent"),
        }
    }

    fn release(self: Arc<Self>, asker: Asker) {
        self.state().leave(asker);
        loop {
            let Some((next, tell)) = self.state().next(Instant::now()) else { return };
            let place = Place { turns: Some(Arc::clone(&self)), asker: next };
            if let Err(mut unwanted) = tell.send(place) {
                // It has stopped waiting.
                unwanted.turns = None;
                self.state().leave(next);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, Table<oneshot::Sender<Place>>> {
        // Nothing under the lock can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Table<T> {
    fn new(places: usize) -> Self {
        Self {
            places: places.max(1),
            held: HashMap::new(),
            order: VecDeque::new(),
            waiting: HashMap::new(),
            asked_at: HashMap::new(),
        }
    }

    fn free(&self) -> usize {
        self.places.saturating_sub(self.held.values().sum())
    }

    /// May this asker have one more place? Whoever has none takes any that is free. Others leave one; and while somebody
    /// else waits, or has asked lately, nobody has more than half.
    fn admits(&self, asker: Asker, now: Instant) -> bool {
        let (free, held) = (self.free(), self.held.get(&asker).copied().unwrap_or(0));
        if free == 0 || held == 0 {
            return free > 0;
        }
        let lately = |at: &Instant| now.saturating_duration_since(*at) < LATELY;
        let others = self.waiting.keys().any(|other| *other != asker)
            || self.asked_at.iter().any(|(other, at)| *other != asker && lately(at));
        if others {
            return held < self.places / 2 && free > 1;
        }
        free > usize::from(self.places >= PLACES_MANY)
    }

    /// Takes a place for somebody who comes, if there is one for them and none of theirs waits already.
    fn enters(&mut self, asker: Asker, now: Instant) -> bool {
        self.asked_at.retain(|_, at| now.saturating_duration_since(*at) < LATELY);
        self.asked_at.insert(asker, now);
        let may = !self.waiting.contains_key(&asker) && self.admits(asker, now);
        if may {
            *self.held.entry(asker).or_default() += 1;
        }
        may
    }

    fn wait(&mut self, asker: Asker, tell: T) {
        let line = self.waiting.entry(asker).or_default();
        if line.is_empty() {
            self.order.push_back(asker);
        }
        line.push_back(tell);
    }

    fn leave(&mut self, asker: Asker) {
        if let Some(held) = self.held.get_mut(&asker) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&asker);
            }
        }
    }

    /// The first in turn who may have a place, which is taken for them.
    fn next(&mut self, now: Instant) -> Option<(Asker, T)> {
        let at = self.order.iter().position(|asker| self.admits(*asker, now))?;
        let asker = self.order.remove(at)?;
        let line = self.waiting.get_mut(&asker)?;
        let first = line.pop_front();
        if line.is_empty() {
            self.waiting.remove(&asker);
        } else {
            self.order.push_back(asker);
        }
        let tell = first?;
        *self.held.entry(asker).or_default() += 1;
        Some((asker, tell))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(turns) = self.turns.take() {
            turns.release(self.asker);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use proptest::prelude::*;

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
        assert_eq!(turns.state().free(), 1);
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
        assert_eq!(turns.state().free(), 1);
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
        assert_eq!(turns.state().free(), 1);
    }

    #[test]
    fn a_shop_with_many_slow_questions_leaves_a_place_to_the_one_who_comes() {
        for places in [1, 2, 4, 8, 16] {
            let (mut table, now) = (Table::<()>::new(places), Instant::now());
            let alone = (0..places).filter(|_| table.enters(MANY, now)).count();
            // Alone, and with few places, it has them all.
            assert_eq!(alone, if places < PLACES_MANY { places } else { places - 1 }, "{places}");
            assert_eq!(table.enters(ONE, now), places >= PLACES_MANY, "{places}");
        }
    }

    #[test]
    fn who_is_not_alone_has_half() {
        let (mut table, now) = (Table::<()>::new(8), Instant::now());
        assert!(table.enters(ONE, now));
        table.leave(ONE);
        let lately = (0..8).filter(|_| table.enters(MANY, now)).count();
        assert_eq!(lately, 4);
        // Nobody else has asked for long: alone again.
        assert!(table.enters(MANY, now + LATELY));
    }

    proptest! {
        /// Whatever happens in whatever order: no more places than there are, nobody waits beside a place that is theirs, and
        /// everybody is served in the end.
        #[test]
        fn nobody_waits_for_ever(places in 1_usize..10, steps in prop::collection::vec((0_u8..5, any::<bool>()), 1..200)) {
            let (mut table, now) = (Table::<u8>::new(places), Instant::now());
            let (mut inside, mut waiting) = (Vec::new(), 0_usize);
            let settle = |table: &mut Table<u8>, inside: &mut Vec<u8>, waiting: &mut usize| {
                while let Some((asker, told)) = table.next(now) {
                    assert_eq!(asker[0], told);
                    inside.push(told);
                    *waiting -= 1;
                }
            };
            for (shop, comes) in steps {
                if comes {
                    if table.enters([shop; 16], now) {
                        inside.push(shop);
                    } else {
                        table.wait([shop; 16], shop);
                        waiting += 1;
                    }
                } else if let Some(at) = inside.iter().position(|asker| *asker == shop) {
                    inside.remove(at);
                    table.leave([shop; 16]);
                    settle(&mut table, &mut inside, &mut waiting);
                }
                prop_assert!(inside.len() <= places);
                for asker in table.waiting.keys() {
                    prop_assert!(table.free() == 0 || table.held.contains_key(asker), "a place, and nobody takes it");
                }
            }
            while let Some(shop) = inside.pop() {
                table.leave([shop; 16]);
                settle(&mut table, &mut inside, &mut waiting);
            }
            prop_assert_eq!((waiting, table.free()), (0, places));
        }
    }
}
