//! Events with a number. Telling one never waits: whoever listens reads from a ring at their own speed, and who falls
//! out of it is told so.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mychatflow_data::ids::{RunId, TenantId};
use mychatflow_data::protocol::event::{Lagged, Topic};
use mychatflow_data::time::{Clock, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::watch;

/// How many events are kept for those who come back.
pub const EVENTS_MAX: usize = 4096;
/// How many bytes of them are kept; long messages must not make the ring large.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;
/// How many events a listener takes at once.
const BATCH_MAX: usize = 64;

/// Something that was told.
#[derive(Debug)]
pub struct Told {
    /// Its number in this run of the daemon, from 1.
    pub seq: u64,
    /// Whose it is; `None` concerns everybody.
    pub tenant: Option<TenantId>,
    /// What it is about.
    pub topic: Topic,
    /// When.
    pub at: Timestamp,
    /// The thing after the change, written out once for all listeners.
    pub data: Box<RawValue>,
}

/// Whose events somebody may hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Everybody's.
    Everybody,
    /// Those of these tenants, and those that concern everybody.
    Tenants(HashSet<TenantId>),
}

impl Audience {
    /// May this event be heard?
    #[must_use]
    pub fn may_hear(&self, tenant: Option<TenantId>) -> bool {
        match (self, tenant) {
            (Self::Everybody, _) | (_, None) => true,
            (Self::Tenants(tenants), Some(tenant)) => tenants.contains(&tenant),
        }
    }
}

/// What somebody wants to hear.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Whose.
    pub audience: Audience,
    /// About what; empty means everything.
    pub topics: Vec<Topic>,
    /// From where on, and counted in which run; `None` means from now on.
    pub since: Option<(u64, Option<RunId>)>,
}

/// The bus. Clones share it.
#[derive(Clone)]
pub struct Bus {
    shared: Arc<Shared>,
}

struct Shared {
    epoch: RunId,
    clock: Arc<dyn Clock>,
    // A Mutex, not a channel: the number and the place in the ring must be given in one step, from code that may not
    // wait. It is held for a push or for copying a batch of pointers, never across an await.
    ring: Mutex<Ring>,
    newest: watch::Sender<u64>,
}

#[derive(Default)]
struct Ring {
    events: VecDeque<Arc<Told>>,
    bytes: usize,
    newest: u64,
}

impl Bus {
    /// A bus for one run of the daemon.
    #[must_use]
    pub fn new(epoch: RunId, clock: Arc<dyn Clock>) -> Self {
        let (newest, _) = watch::channel(0);
        Self { shared: Arc::new(Shared { epoch, clock, ring: Mutex::default(), newest }) }
    }

    /// The run of the daemon that counts the events.
    #[must_use]
    pub fn epoch(&self) -> RunId {
        self.shared.epoch
    }

    /// The last event's number; 0 before the first.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.shared.ring().newest
    }

    /// Does anybody listen? What nobody hears need not be read first.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.shared.newest.receiver_count() > 0
    }

    /// Tells an event. Never waits, whoever listens.
    pub fn publish(&self, tenant: Option<TenantId>, topic: Topic, data: &impl Serialize) {
        let data = match serde_json::value::to_raw_value(data) {
            Ok(data) => data,
            Err(error) => {
                tracing::error!(%topic, %error, "an event could not be written");
                return;
            }
        };
        let at = self.shared.clock.now();
        let mut ring = self.shared.ring();
        ring.newest += 1;
        let seq = ring.newest;
        ring.bytes += data.get().len();
        ring.events.push_back(Arc::new(Told { seq, tenant, topic, at, data }));
        while ring.events.len() > EVENTS_MAX || (ring.bytes > BYTES_MAX && ring.events.len() > 1) {
            if let Some(oldest) = ring.events.pop_front() {
                ring.bytes -= oldest.data.get().len();
            }
        }
        self.shared.newest.send_replace(seq);
    }

    /// Empties what was told and has this id in it: whoever listens again hears only that something was told.
    pub fn forget(&self, id: &str) {
        let nothing = RawValue::NULL.to_owned();
        let mut ring = self.shared.ring();
        let Ring { events, bytes, .. } = &mut *ring;
        for event in events.iter_mut().filter(|event| event.data.get().contains(id)) {
            *bytes = *bytes + nothing.get().len() - event.data.get().len();
            let Told { seq, tenant, at, .. } = **event;
            *event = Arc::new(Told { seq, tenant, topic: Topic::ChatChanged, at, data: nothing.clone() });
        }
    }

    /// Begins to listen.
    #[must_use]
    pub fn listen(&self, wish: Wish) -> Listener {
        let newest = self.shared.newest.subscribe();
        let now = self.seq();
        let (seen, lost) = match wish.since {
            None => (now, None),
            Some((seq, Some(epoch))) if epoch != self.shared.epoch => {
                (now, Some(Lagged { seq: now, missed: seq.max(1) }))
            }
            // A number that was never given: it was counted elsewhere.
            Some((seq, _)) if seq > now => (now, Some(Lagged { seq: now, missed: seq - now })),
            Some((seq, _)) => (seq, None),
        };
        Listener { bus: self.clone(), audience: wish.audience, topics: wish.topics, newest, start: seen, seen, lost }
    }
}

impl Shared {
    fn ring(&self) -> MutexGuard<'_, Ring> {
        // A panic between two pushes leaves a ring that is still in order.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a listener hears next.
#[derive(Debug)]
pub enum Heard {
    /// What happened since, in order.
    Events(Vec<Arc<Told>>),
    /// Some of it is not in the ring any more.
    Lagged(Lagged),
}

/// Reads the bus at its own speed.
pub struct Listener {
    bus: Bus,
    audience: Audience,
    topics: Vec<Topic>,
    newest: watch::Receiver<u64>,
    start: u64,
    seen: u64,
    lost: Option<Lagged>,
}

impl Listener {
    /// The number from which on it listens.
    #[must_use]
    pub const fn start(&self) -> u64 {
        self.start
    }

    /// Waits for what happens next. Safe to drop half-way: nothing is lost.
    pub async fn next(&mut self) -> Heard {
        loop {
            if let Some(lagged) = self.lost.take() {
                return Heard::Lagged(lagged);
            }
            self.newest.borrow_and_update();
            if let Some(heard) = self.read() {
                return heard;
            }
            if self.newest.changed().await.is_err() {
                // The bus is part of `self`, so its sender lives.
                std::future::pending::<()>().await;
            }
        }
    }

    fn read(&mut self) -> Option<Heard> {
        let ring = self.bus.shared.ring();
        let oldest = ring.events.front().map_or(ring.newest + 1, |event| event.seq);
        if self.seen + 1 < oldest {
            let missed = oldest - 1 - self.seen;
            self.seen = oldest - 1;
            return Some(Heard::Lagged(Lagged { seq: self.seen, missed }));
        }
        let skip = usize::try_from(self.seen + 1 - oldest).unwrap_or(usize::MAX);
        let mut events = Vec::new();
        for event in ring.events.iter().skip(skip) {
            self.seen = event.seq;
            let wanted = self.topics.is_empty() || self.topics.contains(&event.topic);
            if wanted && self.audience.may_hear(event.tenant) {
                events.push(Arc::clone(event));
                if events.len() == BATCH_MAX {
                    break;
                }
            }
        }
        (!events.is_empty()).then_some(Heard::Events(events))
    }
}

#[cfg(test)]
mod tests {
    use mychatflow_data::time::WallClock;

    use super::*;

    fn bus() -> Bus {
        Bus::new(RunId::new(), Arc::new(WallClock))
    }

    fn wish() -> Wish {
        Wish { audience: Audience::Everybody, topics: Vec::new(), since: None }
    }

    async fn seqs(listener: &mut Listener) -> Vec<u64> {
        match listener.next().await {
            Heard::Events(events) => events.iter().map(|event| event.seq).collect(),
            Heard::Lagged(lagged) => panic!("lagged: {lagged:?}"),
        }
    }

    #[tokio::test]
    async fn nobody_hears_another_tenants_events() {
        let bus = bus();
        let (ours, theirs) = (TenantId::new(), TenantId::new());
        let mut listener = bus.listen(Wish { audience: Audience::Tenants(HashSet::from([ours])), ..wish() });
        bus.publish(Some(theirs), Topic::ChatChanged, &1);
        bus.publish(Some(ours), Topic::ChatChanged, &2);
        bus.publish(None, Topic::DaemonNotice, &3);
        assert_eq!(seqs(&mut listener).await, [2, 3]);
    }

    #[tokio::test]
    async fn only_the_topics_asked_for_are_told() {
        let bus = bus();
        let mut listener = bus.listen(Wish { topics: vec![Topic::CreditChanged], ..wish() });
        bus.publish(None, Topic::ChatChanged, &1);
        bus.publish(None, Topic::CreditChanged, &2);
        assert_eq!(seqs(&mut listener).await, [2]);
    }

    #[tokio::test]
    async fn who_comes_back_hears_what_was_missed() {
        let bus = bus();
        for n in 0..5 {
            bus.publish(None, Topic::ChatChanged, &n);
        }
        let mut listener = bus.listen(Wish { since: Some((3, Some(bus.epoch()))), ..wish() });
        assert_eq!(seqs(&mut listener).await, [4, 5]);
    }

    #[tokio::test]
    async fn who_comes_back_to_another_run_is_told_once_and_hears_the_rest() {
        let bus = bus();
        bus.publish(None, Topic::ChatChanged, &1);
        for since in [(40, Some(RunId::new())), (40, Some(bus.epoch()))] {
            let mut listener = bus.listen(Wish { since: Some(since), ..wish() });
            assert!(matches!(listener.next().await, Heard::Lagged(Lagged { seq: now, .. }) if now == bus.seq()));
            bus.publish(None, Topic::ChatChanged, &2);
            assert_eq!(seqs(&mut listener).await, [bus.seq()]);
        }
    }

    #[tokio::test]
    async fn who_falls_out_of_the_ring_is_told_once_and_hears_the_rest() {
        let bus = bus();
        let mut listener = bus.listen(wish());
        let count = EVENTS_MAX as u64 + 100;
        for n in 0..count {
            bus.publish(None, Topic::ChatChanged, &n);
        }
        assert!(matches!(listener.next().await, Heard::Lagged(Lagged { seq: 100, missed: 100 })));
        assert_eq!(seqs(&mut listener).await.first(), Some(&101));
    }

    #[tokio::test]
    async fn long_messages_do_not_make_the_ring_large() {
        let bus = bus();
        let long = "x".repeat(BYTES_MAX / 4);
        for _ in 0..20 {
            bus.publish(None, Topic::InteractionAdded, &long);
        }
        assert!(bus.shared.ring().bytes <= BYTES_MAX);
        assert!(!bus.shared.ring().events.is_empty());
    }
}
