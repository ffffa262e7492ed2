//! The threads that read, and whose question is next: one of each caller in turn, a reader always left for the others, and
//! none of them for longer than some seconds.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::error::StoreError;

/// Who reads: an account of this machine; `None`: the daemon itself.
pub(crate) type Caller = Option<u32>;

pub(super) type Query = Box<dyn FnOnce(&Connection) + Send>;

/// So many steps of SQLite's between two looks at the clock: less than a millisecond.
const STEPS: i32 = 10_000;

/// Questions in the order in which they are answered. A plain structure.
#[derive(Debug)]
struct Lines<T> {
    readers: usize,
    /// Callers with questions, the next one first.
    waiting: VecDeque<(Caller, VecDeque<T>)>,
    /// How many readers each caller has.
    held: HashMap<Caller, usize>,
}

impl<T> Lines<T> {
    fn new(readers: usize) -> Self {
        Self { readers, waiting: VecDeque::new(), held: HashMap::new() }
    }

    fn add(&mut self, caller: Caller, question: T) {
        match self.waiting.iter_mut().find(|(known, _)| *known == caller) {
            Some((_, line)) => line.push_back(question),
            None => self.waiting.push_back((caller, VecDeque::from([question]))),
        }
    }

    /// The next question for a reader that is free; its caller has that reader then.
    fn next(&mut self) -> Option<(Caller, T)> {
        // The daemon's own work is short, and customers wait for it.
        let share = self.readers.saturating_sub(1).max(1);
        let may = |caller: Caller| caller.is_none() || self.held.get(&caller).copied().unwrap_or(0) < share;
        let at = self.waiting.iter().position(|(caller, _)| may(*caller))?;
        let (caller, mut line) = self.waiting.remove(at)?;
        let question = line.pop_front()?;
        if !line.is_empty() {
            self.waiting.push_back((caller, line));
        }
        *self.held.entry(caller).or_default() += 1;
        Some((caller, question))
    }

    fn end(&mut self, caller: Caller) {
        if let Some(held) = self.held.get_mut(&caller) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&caller);
            }
        }
    }
}

struct Shared {
    // A Mutex and a Condvar, since std has no channel with several receivers: held for a few moves of pointers.
    state: Mutex<State>,
    told: Condvar,
}

struct State {
    lines: Lines<Query>,
    closed: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next question; `None`: there will be none.
    fn next(&self) -> Option<(Caller, Query)> {
        let mut state = self.state();
        loop {
            if let Some(next) = state.lines.next() {
                return Some(next);
            }
            if state.closed {
                return None;
            }
            state = self.told.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn serve(&self, connection: &Connection, limit: &Deadline) {
        while let Some((caller, query)) = self.next() {
            limit.begin();
            query(connection);
            limit.end();
            self.state().lines.end(caller);
        }
    }
}

/// Breaks off what takes too long on one connection.
struct Deadline {
    longest: Duration,
    origin: Instant,
    /// In milliseconds after `origin`.
    until: Arc<AtomicU64>,
}

impl Deadline {
    fn watch(connection: &mut Connection, longest: Duration) -> Result<Self, StoreError> {
        let (origin, until) = (Instant::now(), Arc::new(AtomicU64::new(u64::MAX)));
        let watched = Arc::clone(&until);
        connection.progress_handler(STEPS, Some(move || millis(origin.elapsed()) > watched.load(Ordering::Relaxed)))?;
        Ok(Self { longest, origin, until })
    }

    fn begin(&self) {
        self.until.store(millis(self.origin.elapsed() + self.longest), Ordering::Relaxed);
    }

    fn end(&self) {
        self.until.store(u64::MAX, Ordering::Relaxed);
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// The readers. Dropped, they answer what waits and end.
pub(super) struct Readers {
    shared: Arc<Shared>,
}

impl Readers {
    /// One thread for each connection, none of whose questions may take longer than this.
    pub(super) fn start(connections: Vec<Connection>, longest: Duration) -> Result<Self, StoreError> {
        let lines = Lines::new(connections.len());
        let shared = Arc::new(Shared { state: Mutex::new(State { lines, closed: false }), told: Condvar::new() });
        // From here on a failure ends those that run.
        let readers = Self { shared: Arc::clone(&shared) };
        for mut connection in connections {
            let deadline = Deadline::watch(&mut connection, longest)?;
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name("store-reader".to_owned())
                .spawn(move || shared.serve(&connection, &deadline))
                .map_err(|error| StoreError::Invalid(format!("no thread for a reader: {error}")))?;
        }
        Ok(readers)
    }

    pub(super) fn ask(&self, caller: Caller, query: Query) {
        self.shared.state().lines.add(caller, query);
        self.shared.told.notify_one();
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.shared.state().closed = true;
        self.shared.told.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn no_account_has_every_reader_and_each_has_its_turn() {
        let mut lines = Lines::new(3);
        for question in 0..5 {
            lines.add(Some(1000), question);
        }
        lines.add(Some(1001), 10);
        lines.add(None, 20);
        lines.add(None, 21);
        let mut given = Vec::new();
        while let Some(next) = lines.next() {
            given.push(next);
        }
        // The first account has two and no more, however many readers are free; the daemon takes what it needs.
        assert_eq!(given, [(Some(1000), 0), (Some(1001), 10), (None, 20), (Some(1000), 1), (None, 21)]);
        lines.end(Some(1001));
        assert_eq!(lines.next(), None);
        lines.end(Some(1000));
        assert_eq!(lines.next(), Some((Some(1000), 2)));
    }

    #[test]
    fn one_reader_serves_everybody() {
        let mut lines = Lines::new(1);
        lines.add(Some(1000), 0);
        assert_eq!(lines.next(), Some((Some(1000), 0)));
    }

    #[test]
    fn a_question_without_an_end_is_broken_off_and_others_are_answered_meanwhile() {
        const ENDLESS: &str =
            "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n WHERE x < 0";
        let connections = (0..3).map(|_| crate::store::db::open_in_memory()).collect();
        let readers = Readers::start(connections, Duration::from_millis(300)).unwrap();
        let (tell, told) = mpsc::channel();
        let ask = |caller, sql: &'static str| {
            let tell = tell.clone();
            let query = move |connection: &Connection| {
                let result = connection.query_row(sql, [], |row| row.get::<_, i64>(0));
                tell.send((caller, result.map_err(StoreError::from))).unwrap();
            };
            readers.ask(caller, Box::new(query));
        };
        for _ in 0..3 {
            ask(Some(1000), ENDLESS);
        }
        ask(Some(1001), "SELECT 7");
        ask(Some(1000), "SELECT 8");
        let first = told.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(matches!(first, (Some(1001), Ok(7))), "{first:?}");
        let mut rest: Vec<_> = (0..4).map(|_| told.recv_timeout(Duration::from_secs(20)).unwrap().1).collect();
        // A new question has its own time.
        let answered = rest.iter().position(|result| matches!(result, Ok(8))).unwrap();
        assert!(answered >= 2, "an account has two readers, and its questions their order: {rest:?}");
        assert!(rest.remove(answered).is_ok());
        assert!(rest.iter().all(|result| matches!(result, Err(StoreError::TookTooLong))), "{rest:?}");
    }
}
