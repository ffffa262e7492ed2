//! One writer thread, a few readers: the only file that opens a connection.
//!
//! Units of work that wait together share one commit, each in its own SAVEPOINT, so that one failure undoes only
//! itself. Callers get their answer, and listeners their changes, after the COMMIT only.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot, watch};

use super::activity::{self, Tally, quarter};
use super::change::{Change, Listener};
use super::error::StoreError;
use super::identity::{self, Notebook, StoreId};
use super::migrate::{migrate, refuse_newer};
use super::opening::Opening;
use super::readers::{Caller, Query, Readers};
use super::statistics::set_statistics;
use super::traces::{self, Decision, Log, Refusal, Standing, StoreFile};
use super::watched::{Keeper, Presence, Watched};
use super::write_record::{WriteFault, WriteHealth, WriteRecord};
use crate::ids::TenantId;
use crate::time::Timestamp;

/// Units of work that may wait for the writer.
const QUEUE: usize = 8192;
/// Units of work that share one commit at most.
const BATCH: usize = 256;
const READERS: usize = 3;
/// How long one question to a reader may take.
const READ_MAX: Duration = Duration::from_secs(5);
/// Memory for pages, in KiB; SQLite reads negative numbers so.
const WRITER_CACHE_KIB: i64 = -8192;
const READER_CACHE_KIB: i64 = -2048;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the log waits for readers before it is emptied another time.
const LOG_TIMEOUT: Duration = Duration::from_millis(250);
/// How long a store that was not closed in order is looked through before it is opened: one that is too large for that is
/// taken for whole.
const LOOK_THROUGH: Duration = Duration::from_secs(3);
/// Steps of SQLite between two looks at the clock.
const STEPS: i32 = 1000;
/// The log is cut to this when it begins anew.
pub(crate) const LOG_LIMIT: u64 = 64 * 1024 * 1024;
/// Prepared statements kept per connection.
const STATEMENTS: usize = 256;

/// Runs inside a batch; without one (it could not begin) it does nothing.
type Unit = Box<dyn FnOnce(Option<&Writer<'_>>) -> Settle + Send>;
/// Tells the caller how its unit ended, once the batch was committed or lost.
type Settle = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// What a unit of work may use while it runs.
pub(crate) struct Writer<'c> {
    pub(crate) connection: &'c Connection,
    changes: RefCell<Vec<Change>>,
    counts: RefCell<Vec<(TenantId, &'static str, i64)>>,
    tallies: RefCell<Vec<(TenantId, i64, Tally)>>,
    traceless: Cell<bool>,
    /// What the unit that runs is.
    kind: Cell<UnitKind>,
    /// Of the units that went well, whether one was real work, and whether one made a large row.
    worked: Cell<bool>,
    had_room: Cell<bool>,
    /// What stood in the way of one, for the machine's sake.
    failure: RefCell<Option<WriteFault>>,
}

/// What a unit of work proves when it goes well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum UnitKind {
    /// That the store takes what is to be written.
    #[default]
    Real,
    /// Next to nothing: it writes a row over.
    Probe,
    /// That there is room.
    LargeProbe,
}

impl Writer<'_> {
    /// Tells listeners of `change`, if and when it is committed.
    pub(crate) fn emit(&self, change: Change) {
        self.changes.borrow_mut().push(change);
    }

    /// Adds to a counter of `stats`, in the same commit.
    pub(crate) fn count(&self, tenant: TenantId, name: &'static str, by: i64) {
        self.counts.borrow_mut().push((tenant, name, by));
    }

    /// The unit that runs only tries whether the store takes writes.
    pub(crate) fn is_only(&self, kind: UnitKind) {
        self.kind.set(kind);
    }

    /// What this batch deletes must be found in the file no more, once it is committed.
    pub(crate) fn leave_no_trace(&self) {
        self.traceless.set(true);
    }

    /// Adds one to the tenant's activity at an instant, in the same commit.
    pub(crate) fn tally(&self, tenant: TenantId, at: Timestamp, what: Tally) {
        self.tallies.borrow_mut().push((tenant, quarter(at), what));
    }
}

/// Opens a file without its log, without a lock and without changing anything.
pub(crate) fn open_alone(path: &Path) -> rusqlite::Result<Connection> {
    let text = path.to_string_lossy();
    let escaped = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
}

/// A connection to a new store of today's shape, for tests of its statements.
#[cfg(test)]
pub(crate) fn open_migrated(path: &Path) -> Connection {
    make_private(path).expect("the file can be made");
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).expect("the file can be opened");
    identity::identify(&mut connection, None).expect("it gets an id");
    migrate(&mut connection).expect("it gets its tables");
    set_statistics(&mut connection).expect("it gets its figures");
    connection
}

/// A connection to nothing, for tests of what connections are used for.
#[cfg(test)]
pub(crate) fn open_in_memory() -> Connection {
    Connection::open_in_memory().expect("memory can always be opened")
}

/// The file, its writer and its readers. Dropping it waits for the writer.
pub(crate) struct Db {
    writer: Option<mpsc::Sender<Unit>>,
    thread: Option<JoinHandle<()>>,
    readers: Option<Readers>,
    path: PathBuf,
    id: StoreId,
    watched: Watched,
    lost: watch::Receiver<Option<String>>,
    record: Arc<WriteRecord>,
    closed_in_order: bool,
    /// The store is being closed: long looks at the file end.
    closing: Arc<AtomicBool>,
}

impl Db {
    /// Opens or makes the file, migrates it, and starts the threads. Before anything is touched, what lies there
    /// decides whether it may be.
    pub(crate) fn open(opening: &Opening, listener: Arc<dyn Listener>) -> Result<Self, StoreError> {
        Self::open_found(opening, listener).map_err(|error| match error {
            StoreError::Sqlite(error) if is_damage(&error) => refuse_damaged(opening, error.to_string()),
            other => other,
        })
    }

    fn open_found(opening: &Opening, listener: Arc<dyn Listener>) -> Result<Self, StoreError> {
        let path = opening.path.as_path();
        let Prepared { known, closed_in_order } = prepare(opening)?;
        // Before the connections, and closed after them: see `watched`.
        let file = File::open(path)
            .map_err(|error| StoreError::Invalid(format!("{} can't be opened: {error}", path.display())))?;
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        keep_log(&connection, true)?;
        refuse_newer(&connection)?;
        // Before there is a log: what says whose file it is must be in the file itself.
        let id = identity::identify(&mut connection, known)?;
        if let Some(known) = known.filter(|known| *known != id) {
            let traces = opening.look()?;
            return Err(opening.refused(&traces, Refusal::OtherStore { known, found: id }));
        }
        connection.pragma_update(None, "cache_size", WRITER_CACHE_KIB)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "journal_size_limit", LOG_LIMIT.cast_signed())?;
        // Who is erased is erased from the file too: what is deleted leaves zeros, from the first day on.
        connection.pragma_update(None, "secure_delete", true)?;
        migrate(&mut connection)?;
        set_statistics(&mut connection)?;
        let (loss, lost) = watch::channel(None);
        let notebook = Notebook::new(path, opening.memory.as_deref());
        let keeper = Keeper::begin(path, file, id, notebook, &connection, loss)?;
        let watched = keeper.watched.clone();

        let record = Arc::new(WriteRecord::default());
        let noted = Arc::clone(&record);
        let (writer, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_loop(connection, queue, &*listener, keeper, &noted))
            .map_err(|error| StoreError::Invalid(format!("no thread for the writer: {error}")))?;

        let mut connections = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            connection.pragma_update(None, "query_only", true)?;
            connections.push(connection);
        }
        let readers = Readers::start(connections, READ_MAX)?;
        let (writer, thread, readers) = (Some(writer), Some(thread), Some(readers));
        Ok(Self {
            writer,
            thread,
            readers,
            path: path.to_owned(),
            id,
            watched,
            lost,
            record,
            closed_in_order,
            closing: Arc::default(),
        })
    }

    /// Which store it is.
    pub(crate) fn id(&self) -> StoreId {
        self.id
    }

    /// Are the files still where they were opened?
    pub(crate) fn is_in_place(&self) -> bool {
        self.watched.presence() == Presence::InPlace
    }

    /// Waits until the files are gone from under the store, and says what became of them; for ever while they are there.
    pub(crate) async fn lost(&self) -> String {
        let mut lost = self.lost.clone();
        let told = lost.wait_for(Option::is_some).await.ok().map(|told| told.clone().unwrap_or_default());
        match told {
            Some(told) => told,
            // The writer ended in order.
            None => std::future::pending().await,
        }
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// True once the store is being closed.
    pub(crate) fn closing(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.closing)
    }

    /// Was the file closed in order before it was opened now?
    pub(crate) fn was_closed_in_order(&self) -> bool {
        self.closed_in_order
    }

    /// What became of the last writes.
    pub(crate) fn write_health(&self) -> WriteHealth {
        self.record.health()
    }

    /// Units of work that wait for the writer.
    pub(crate) fn waiting(&self) -> usize {
        self.writer.as_ref().map_or(0, |writer| QUEUE - writer.capacity())
    }

    /// Runs one unit of work; waits while the queue is full.
    pub(crate) async fn write<T, F>(&self, unit: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Writer<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (unit, answer) = pack(unit);
        let writer = self.writer.as_ref().ok_or(StoreError::Closed)?;
        writer.send(unit).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Runs one unit of work, or says [`StoreError::Overloaded`] when the queue is full.
    pub(crate) async fn write_now<T, F>(&self, unit: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Writer<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (unit, answer) = pack(unit);
        let writer = self.writer.as_ref().ok_or(StoreError::Closed)?;
        writer.try_send(unit).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Asks on a reader's connection, beside the writer, for the daemon itself.
    pub(crate) async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.read_for(None, query).await
    }

    /// Asks on a reader's connection, when it is this caller's turn. [`StoreError::TookTooLong`] after some seconds.
    pub(crate) async fn read_for<T, F>(&self, caller: Caller, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, asked) = oneshot::channel();
        let query: Query = Box::new(move |connection| {
            let result = catch_unwind(AssertUnwindSafe(|| {
                let snapshot = connection.unchecked_transaction()?;
                let result = query(&snapshot);
                drop(snapshot);
                result
            }))
            .unwrap_or(Err(StoreError::Panicked));
            // The asker may be gone; then nobody wants the answer.
            let _ = answer.send(result);
        });
        self.readers.as_ref().ok_or(StoreError::Closed)?.ask(caller, query);
        asked.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        self.readers.take();
        self.writer.take();
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            // A panic of the writer was reported to every caller already.
            let _ = thread.join();
        }
    }
}

/// What is known of a file that may be opened.
struct Prepared {
    /// The id that it must have, where one is known.
    known: Option<StoreId>,
    /// Was it closed in order?
    closed_in_order: bool,
}

/// Decides by what lies there whether the store may be opened, and makes an empty file where there never was one.
fn prepare(opening: &Opening) -> Result<Prepared, StoreError> {
    let path = opening.path.as_path();
    let mut traces = opening.look()?;
    let mut decision = traces::decide(&traces);
    // One that was closed in order is looked through only where it is to be set aside, and then to its end.
    if matches!(decision, Decision::Open(_) | Decision::Adopt) {
        let damage = match opening.fresh {
            Some(_) => find_damage(path, None)?,
            None if traces.log == Log::Written => find_damage(path, Some(LOOK_THROUGH)).unwrap_or_else(|error| {
                tracing::debug!(%error, "the store was not looked through to its end");
                None
            }),
            None => None,
        };
        if let Some(damage) = damage {
            decision = Decision::Refuse(Refusal::Damaged(damage));
        }
    }
    if let Some(now) = opening.fresh {
        match decision {
            Decision::Create => {}
            Decision::Open(_) | Decision::Adopt => {
                let why = format!("{} is a store in order: start without --new", path.display());
                return Err(StoreError::Conflict(why));
            }
            Decision::Refuse(_) => {
                let renamed = traces::set_aside(path, now)
                    .map_err(|error| StoreError::Invalid(format!("what was found can't be set aside: {error}")))?;
                tracing::warn!(renamed = renamed.join(", "), "a new store is made; what was found is set aside");
                traces = opening.look()?;
                traces.file = StoreFile::Missing;
                decision = Decision::Create;
            }
        }
    }
    match decision {
        Decision::Refuse(refusal) => return Err(opening.refused(&traces, refusal)),
        Decision::Create => {
            if traces.file == StoreFile::Missing {
                make_private(path)?;
            }
            return Ok(Prepared { known: None, closed_in_order: true });
        }
        Decision::Adopt => tracing::info!(path = %path.display(), "the store gets an id"),
        Decision::Open(Standing::OlderCopy) => tracing::warn!(
            path = %path.display(),
            "the store is an older copy of the one that was here: what came after it is missing"
        ),
        Decision::Open(Standing::AsLeft) => {}
    }
    let known = traces.note.note().map(|note| note.id);
    Ok(Prepared { known, closed_in_order: traces.log != Log::Written })
}

/// What SQLite says of a file that something else was written over. Changes neither the file nor its log. An error says
/// that nobody knows: it could not be looked at, or not to its end in the time that there is.
pub(crate) fn find_damage(path: &Path, patience: Option<Duration>) -> Result<Option<String>, StoreError> {
    find_damage_by(patience, || {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        keep_log(&connection, true)?;
        Ok(connection)
    })
}

/// The same for a file that no process has open and that needs no log: nothing is made beside it, whoever looks.
pub(crate) fn find_damage_alone(path: &Path, patience: Duration) -> Result<Option<String>, StoreError> {
    find_damage_by(Some(patience), || Ok(open_alone(path)?))
}

fn find_damage_by(
    patience: Option<Duration>,
    open: impl FnOnce() -> Result<Connection, StoreError>,
) -> Result<Option<String>, StoreError> {
    let look = || {
        let mut connection = open()?;
        if let Some(patience) = patience {
            let end = Instant::now() + patience;
            connection.progress_handler(STEPS, Some(move || Instant::now() > end))?;
        }
        Ok(look_through(&connection)?)
    };
    match look() {
        Err(StoreError::Sqlite(error)) if is_damage(&error) => Ok(Some(error.to_string())),
        looked => looked,
    }
}

/// What is wrong with the pages of a file, in SQLite's words. Rows that only break a rule of a table do no harm here.
pub(crate) fn look_through(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let mut look = connection.prepare("PRAGMA quick_check")?;
    let mut found = look.query([])?;
    while let Some(row) = found.next()? {
        let told: String = row.get(0)?;
        if let Some(line) = told.lines().find(|line| line.starts_with("Tree ")) {
            return Ok(Some(line.to_owned()));
        }
    }
    Ok(None)
}

/// The same table by table, at leisure: a rest as long as the look follows each, and no look keeps the log from beginning anew
/// for longer than one table takes.
pub(crate) fn look_through_tables(path: &Path, closing: &Arc<AtomicBool>) -> Result<Option<String>, StoreError> {
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    keep_log(&connection, true)?;
    connection.pragma_update(None, "query_only", true)?;
    let ended = Arc::clone(closing);
    connection.progress_handler(STEPS, Some(move || ended.load(Ordering::Relaxed)))?;
    let look = || -> rusqlite::Result<Option<String>> {
        let mut names = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")?;
        let names = names.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
        for name in names {
            let began = Instant::now();
            let mut found = None;
            connection.pragma(None, "quick_check", name.as_str(), |row| {
                let told: String = row.get(0)?;
                found = found.take().or_else(|| told.lines().find(|line| line.starts_with("Tree ")).map(str::to_owned));
                Ok(())
            })?;
            if found.is_some() {
                return Ok(found);
            }
            std::thread::sleep(began.elapsed());
        }
        Ok(None)
    };
    match look() {
        Err(error) if is_damage(&error) => Ok(Some(error.to_string())),
        looked => Ok(looked?),
    }
}

/// Reads something of a store without anything in it, as the migrations of this version make it.
pub(crate) fn built_schema<T>(read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
    let mut connection = Connection::open_in_memory()?;
    add_functions(&connection)?;
    migrate(&mut connection)?;
    read(&connection)
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}

fn refuse_damaged(opening: &Opening, damage: String) -> StoreError {
    match opening.look() {
        Ok(traces) => opening.refused(&traces, Refusal::Damaged(damage)),
        Err(error) => error,
    }
}

/// Closing the last connection brings the log into the file and deletes it: not before the store was opened, and not
/// where anything is wrong with it.
fn keep_log(connection: &Connection, keep: bool) -> Result<(), StoreError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep)?;
    Ok(())
}

/// Makes the file readable by its owner alone, before anything is in it: it holds messages and signing keys. SQLite
/// gives its log the mode of the file. A file that is there already is never opened here: see `identity::examine`.
fn make_private(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::OpenOptionsExt;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map(drop).map_err(|error| StoreError::Invalid(format!("{} can't be made: {error}", path.display())))
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Plans must not hang on bound values: SQLite would prepare a statement anew for each other value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cache_size", READER_CACHE_KIB)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    add_functions(&connection)?;
    Ok(connection)
}

/// Our own functions, which indexes and triggers call.
fn add_functions(connection: &Connection) -> rusqlite::Result<()> {
    // SQLite's own lower() knows the letters of English only.
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection
        .create_scalar_function("fold", 1, flags, |call| Ok(call.get_raw(0).as_str_or_null()?.map(super::find::folded)))
}

fn pack<T, F>(unit: F) -> (Unit, oneshot::Receiver<Result<T, StoreError>>)
where
    T: Send + 'static,
    F: FnOnce(&Writer<'_>) -> Result<T, StoreError> + Send + 'static,
{
    let (answer, asked) = oneshot::channel();
    let unit: Unit = Box::new(move |writer| {
        let result = match writer {
            Some(writer) => run(writer, unit),
            None => Err(StoreError::Closed),
        };
        Box::new(move |committed: Result<(), StoreError>| {
            // The caller may be gone (a webhook's sender hung up); the unit stands all the same.
            let _ = answer.send(committed.and(result));
        })
    });
    (unit, asked)
}

fn run<T>(writer: &Writer<'_>, unit: impl FnOnce(&Writer<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
    let changes_before = writer.changes.borrow().len();
    let counts_before = writer.counts.borrow().len();
    let tallies_before = writer.tallies.borrow().len();
    writer.kind.set(UnitKind::Real);
    let rows_before = writer.connection.total_changes();
    let result = savepoint(writer.connection, || {
        catch_unwind(AssertUnwindSafe(|| unit(writer))).unwrap_or(Err(StoreError::Panicked))
    });
    match &result {
        Ok(_) => {
            // A unit that wrote nothing proves nothing: its commit needs no room.
            let has_written = writer.connection.total_changes() > rows_before;
            writer.worked.set(writer.worked.get() || (writer.kind.get() == UnitKind::Real && has_written));
            writer.had_room.set(writer.had_room.get() || writer.kind.get() == UnitKind::LargeProbe);
        }
        Err(error) if error.is_of_machine() => *writer.failure.borrow_mut() = Some(error.into()),
        Err(_) => {}
    }
    if result.is_err() {
        writer.changes.borrow_mut().truncate(changes_before);
        writer.counts.borrow_mut().truncate(counts_before);
        writer.tallies.borrow_mut().truncate(tallies_before);
    }
    result
}

fn savepoint<T>(connection: &Connection, unit: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    connection.prepare_cached("SAVEPOINT unit")?.execute([])?;
    let result = unit();
    if result.is_err() {
        connection.prepare_cached("ROLLBACK TO unit")?.execute([])?;
    }
    connection.prepare_cached("RELEASE unit")?.execute([])?;
    result
}

fn write_loop(
    connection: Connection,
    mut queue: mpsc::Receiver<Unit>,
    listener: &dyn Listener,
    mut keeper: Keeper,
    record: &WriteRecord,
) {
    let mut units = Vec::with_capacity(BATCH);
    let mut traces = false;
    while queue.blocking_recv_many(&mut units, BATCH) > 0 {
        if keeper.is_lost() {
            units.drain(..).for_each(|unit| unit(None)(Err(StoreError::Lost(keeper.loss()))));
            continue;
        }
        // What is cut before a commit looks long enough after it.
        let found = keeper.check();
        if found.is_err() {
            record.note_failed((&same_failure(&found)).into());
            units.drain(..).for_each(|unit| unit(None)(Err(same_failure(&found))));
            if let Err(StoreError::Lost(loss)) = found {
                keeper.give_up(&connection, &loss);
            }
            continue;
        }
        let Batch { settles, changes, committed, traceless, proof } = write_batch(&connection, units.drain(..));
        let written = committed.is_ok();
        // A commit into files that nobody will find again is none. One into files that can't be looked at now may stand: it
        // is not acknowledged, but whoever works on with it hears of it.
        let committed = committed.and_then(|()| keeper.check());
        let failed = committed.is_err();
        proof.note(&committed, record);
        let may_stand = written && !matches!(committed, Err(StoreError::Lost(_)));
        traces |= traceless && may_stand;
        // Before anybody is told that it is erased. A reader may still look at what was: then after the next batch.
        traces = traces && !empty_log(&connection);
        if !failed {
            keeper.follow_log(&connection);
        }
        keeper.watched.note_log();
        let tell = |changes: Vec<Change>| {
            if may_stand && !changes.is_empty() {
                listener.committed(changes);
            }
        };
        // Listeners forget as well, before anybody is told that they did.
        let (first, then) = if traceless { (changes, Vec::new()) } else { (Vec::new(), changes) };
        tell(first);
        for settle in settles {
            settle(if failed { Err(same_failure(&committed)) } else { Ok(()) });
        }
        tell(then);
        if let Err(StoreError::Lost(loss)) = committed {
            keeper.give_up(&connection, &loss);
        }
    }
    let found = if keeper.is_lost() { Ok(()) } else { keeper.check() };
    if let Err(StoreError::Lost(loss)) = &found {
        keeper.give_up(&connection, loss);
    }
    if keeper.is_lost() || found.is_err() {
        // Closing the last connection deletes the log by its name, which may be somebody else's by now. The process ends.
        std::mem::forget(connection);
        return;
    }
    // Nobody can write any more: leave a tidy file.
    let tidied = connection
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE);")
        .map_err(StoreError::from)
        .and_then(|()| keep_log(&connection, false));
    if let Err(error) = tidied {
        tracing::warn!(%error, "the log could not be brought into the file: both stay as they are");
        std::mem::forget(connection);
    }
}

/// Brings the log into the file and empties it, if no reader stands in the way for long; true when it is empty.
pub(crate) fn empty_log(connection: &Connection) -> bool {
    let emptied = connection
        .busy_timeout(LOG_TIMEOUT)
        .and_then(|()| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)));
    // When even this fails the next BEGIN does not wait as long as it should.
    let _ = connection.busy_timeout(BUSY_TIMEOUT);
    emptied == Ok(0)
}

/// What became of units of work that shared a commit.
struct Batch {
    settles: Vec<Settle>,
    changes: Vec<Change>,
    committed: Result<(), StoreError>,
    traceless: bool,
    proof: Proof,
}

/// What a batch proves of the store.
#[derive(Default)]
struct Proof {
    worked: bool,
    had_room: bool,
    failure: Option<WriteFault>,
}

impl Proof {
    /// What failed in it counts more than what went well beside it.
    fn note(self, committed: &Result<(), StoreError>, record: &WriteRecord) {
        match committed {
            Err(error) => return record.note_failed(self.failure.unwrap_or_else(|| error.into())),
            Ok(()) if self.had_room => record.note_room(),
            Ok(()) if self.worked => record.note_stored(),
            Ok(()) => {}
        }
        if let Some(failure) = self.failure {
            record.note_failed(failure);
        }
    }
}

fn write_batch(connection: &Connection, units: impl Iterator<Item = Unit>) -> Batch {
    let writer = Writer {
        connection,
        changes: RefCell::default(),
        counts: RefCell::default(),
        tallies: RefCell::default(),
        traceless: Cell::default(),
        kind: Cell::default(),
        worked: Cell::default(),
        had_room: Cell::default(),
        failure: RefCell::default(),
    };
    let begun = connection.prepare_cached("BEGIN IMMEDIATE").and_then(|mut begin| begin.execute([]));
    if let Err(error) = begun {
        // Outside a transaction a unit would commit by itself: none is run, and every caller is told.
        let settles = units.map(|unit| unit(None)).collect();
        let (committed, proof) = (Err(StoreError::from(error)), Proof::default());
        return Batch { settles, changes: Vec::new(), committed, traceless: false, proof };
    }
    let settles: Vec<Settle> = units.map(|unit| unit(Some(&writer))).collect();
    let committed = flush_counts(&writer)
        .and_then(|()| activity::flush(connection, &writer.tallies.borrow()))
        .and_then(|()| if writer.traceless.get() { forget_leavings(connection) } else { Ok(()) })
        .and_then(|()| Ok(connection.prepare_cached("COMMIT")?.execute([])?))
        .map(drop);
    if committed.is_err() && !connection.is_autocommit() {
        // When even this fails the next BEGIN fails too, and its callers are told.
        let _ = connection.execute_batch("ROLLBACK");
    }
    let proof =
        Proof { worked: writer.worked.get(), had_room: writer.had_room.get(), failure: writer.failure.into_inner() };
    Batch { settles, changes: writer.changes.into_inner(), committed, traceless: writer.traceless.get(), proof }
}

/// The index of words keeps some of them to find its way.
fn forget_leavings(connection: &Connection) -> Result<(), StoreError> {
    super::signposts::forget_erased(connection)
}

fn flush_counts(writer: &Writer<'_>) -> Result<(), StoreError> {
    let mut sums: BTreeMap<(TenantId, &'static str), i64> = BTreeMap::new();
    for (tenant, name, by) in writer.counts.borrow().iter() {
        *sums.entry((*tenant, name)).or_default() += by;
    }
    for ((tenant, name), by) in sums {
        writer
            .connection
            .prepare_cached(
                "INSERT INTO counters (tenant_id, name, value) VALUES (?1, ?2, ?3)
                 ON CONFLICT (tenant_id, name) DO UPDATE SET value = value + excluded.value",
            )?
            .execute((tenant, name, by))?;
    }
    Ok(())
}

fn same_failure(committed: &Result<(), StoreError>) -> StoreError {
    match committed {
        Err(StoreError::DiskFull) => StoreError::DiskFull,
        Err(StoreError::Busy) => StoreError::Busy,
        Err(StoreError::Lost(loss)) => StoreError::Lost(loss.clone()),
        Err(StoreError::Uncommitted(why)) => StoreError::Uncommitted(why.clone()),
        Err(other) => StoreError::Uncommitted(other.to_string()),
        Ok(()) => StoreError::Closed,
    }
}
