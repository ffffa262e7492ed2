//! The data directory and its lock: one daemon at a time, whatever is deleted meanwhile.
//!
//! Two things are locked until the process ends: the directory itself, which nobody can replace without taking the
//! store along, and a file in it, which says who has it. The file stays when the daemon ends and tells the next one
//! that there was a store, and while it runs it tells commands where the socket is.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use mychatflow_data::store::identity::StoreId;
use mychatflow_data::store::opening::Opening;
use mychatflow_data::store::traces::{Decision, decide};
use mychatflow_data::time::Timestamp;
use rustix::fs::{FlockOperation, OFlags, flock};

use crate::config::Config;
use crate::rpc::listener::{BindError, Lock};
use crate::{LOCK_FILE, RunError, STORE_FILE};

/// The second line of a lock whose daemon has not opened a store yet.
const STARTING: &str = "starting";

/// How a start treats what lies in the data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// A store that is there is opened, and traces of one that is not are left alone.
    AsFound,
    /// Traces of a store that can't be opened are set aside, and a new one is made.
    Fresh,
}

/// What a daemon would find.
#[must_use]
pub fn opening(config: &Config) -> Opening {
    let dir = &config.daemon.data_dir;
    let lock = dir.join(LOCK_FILE);
    Opening {
        memory: config.daemon.state_dir.clone(),
        lock: had_store(&lock).then(|| LOCK_FILE.to_owned()),
        ..Opening::of(&dir.join(STORE_FILE))
    }
}

/// Was a store open under this lock? One that a first start left before it had a store says that it was starting.
fn had_store(lock: &Path) -> bool {
    // A link is refused where the lock is taken.
    let text = fs::read_to_string(lock).unwrap_or_default();
    !text.trim().is_empty() && text.lines().nth(1) != Some(STARTING)
}

/// How a lock says where the socket of its daemon is, in its third line.
const SOCKET: &str = "socket ";
/// The last line of a lock whose daemon is about to go.
const LEAVING: &str = "leaving";

/// The daemon that has a data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its process, as far as its lock tells.
    pub pid: Option<u32>,
    /// Does it finish what it has begun, and goes?
    pub is_leaving: bool,
}

/// Who has a data directory now. `None`: nobody, or it may not be looked at.
#[must_use]
pub fn holder(dir: &Path) -> Option<Holder> {
    let lock = dir.join(LOCK_FILE);
    if !is_locked(&lock) && !is_locked(dir) {
        return None;
    }
    let text = fs::read_to_string(lock).unwrap_or_default();
    let pid = text.lines().next().and_then(|pid| pid.trim().parse().ok());
    Some(Holder { pid, is_leaving: text.lines().any(|line| line == LEAVING) })
}

/// Where the last daemon of a data directory had its socket, as its lock tells.
#[must_use]
pub fn noted_socket(dir: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(dir.join(LOCK_FILE)).ok()?;
    text.lines().find_map(|line| line.strip_prefix(SOCKET)).map(PathBuf::from)
}

/// Has anybody locked it? Asked by locking it for an instant.
#[must_use]
pub fn is_locked(path: &Path) -> bool {
    let nofollow = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let opened = OpenOptions::new().read(true).custom_flags(nofollow.bits().cast_signed()).open(path);
    opened.is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockShared) == Err(rustix::io::Errno::WOULDBLOCK))
}

/// The directory, locked until this is dropped.
#[derive(Debug)]
pub struct DataDir {
    _dir: Option<File>,
    held: Mutex<Held>,
    path: PathBuf,
}

/// The lock, and what it says.
#[derive(Debug)]
struct Held {
    lock: Lock,
    lines: Lines,
}

/// What a lock says behind the process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Lines {
    store: Option<StoreId>,
    socket: Option<PathBuf>,
    is_leaving: bool,
}

impl Lines {
    fn text(&self) -> Vec<String> {
        let mut lines = vec![self.store.map_or_else(|| STARTING.to_owned(), |id| format!("store {id}"))];
        // A path that is no line can't be told.
        let socket = self.socket.as_deref().and_then(Path::to_str).filter(|path| !path.contains('\n'));
        lines.extend(socket.map(|path| format!("{SOCKET}{path}")));
        lines.extend(self.is_leaving.then(|| LEAVING.to_owned()));
        lines
    }
}

impl DataDir {
    /// Takes the directory, unless another daemon has it or what lies in it may not be touched; then nothing is made.
    /// Returns how to open the store.
    ///
    /// # Errors
    /// Why not.
    pub fn take(config: &Config, beginning: Beginning, now: Timestamp) -> Result<(Self, Opening), RunError> {
        let dir = &config.daemon.data_dir;
        let fail = |source| RunError::DataDir { path: dir.clone(), source };
        let fresh = (beginning == Beginning::Fresh).then_some(now);
        if !dir.exists() {
            refuse(&opening(config), fresh)?;
        }
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(fail)?;
        let path = dir.join(LOCK_FILE);
        let locked_dir = lock_dir(dir, &path)?;
        let opening = Opening { fresh, ..opening(config) };
        let first = opening.lock.is_none();
        let acquire = || {
            let lock = Lock::acquire(&path)?;
            if first {
                lock.write(&Lines::default().text()).map_err(fail)?;
            }
            Ok::<_, RunError>(lock)
        };
        // A daemon of a version that does not lock the directory has the file. Where nothing may be touched none is made.
        let held = if fs::symlink_metadata(&path).is_ok() { Some(acquire()?) } else { None };
        refuse(&opening, fresh)?;
        let lock = held.map_or_else(acquire, Ok)?;
        let held = Held { lock, lines: Lines::default() };
        Ok((Self { _dir: locked_dir, held: Mutex::new(held), path }, opening))
    }

    /// Says in the lock which store is open.
    ///
    /// # Errors
    /// What the system says.
    pub fn note(&self, id: StoreId) -> io::Result<()> {
        self.write(|lines| lines.store = Some(id))
    }

    /// Says in the lock where the socket is.
    ///
    /// # Errors
    /// What the system says.
    pub fn note_socket(&self, path: &Path) -> io::Result<()> {
        self.write(|lines| lines.socket = Some(path.to_owned()))
    }

    /// Says in the lock that this daemon is about to go: one that starts waits for it.
    ///
    /// # Errors
    /// What the system says.
    pub fn note_leaving(&self) -> io::Result<()> {
        self.write(|lines| lines.is_leaving = true)
    }

    fn write(&self, change: impl FnOnce(&mut Lines)) -> io::Result<()> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let before = held.lines.clone();
        change(&mut held.lines);
        if held.lines == before { Ok(()) } else { held.lock.write(&held.lines.text()) }
    }

    /// Makes the lock anew where somebody deleted it. The directory is locked all the same.
    ///
    /// # Errors
    /// When another daemon has taken a new file of the same name.
    pub fn mend(&self) -> Result<(), BindError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.lock.is_in_place() {
            return Ok(());
        }
        let fresh = Lock::acquire(&self.path)?;
        if let Err(error) = fresh.write(&held.lines.text()) {
            tracing::warn!(%error, "the lock could not be written");
        }
        tracing::warn!(path = %self.path.display(), "the lock was deleted under the daemon, and was made anew");
        held.lock = fresh;
        Ok(())
    }
}

fn refuse(opening: &Opening, fresh: Option<Timestamp>) -> Result<(), RunError> {
    let traces = opening.look()?;
    match decide(&traces) {
        Decision::Refuse(refusal) if fresh.is_none() => Err(RunError::Refused(opening.refused_words(&traces, refusal))),
        _ => Ok(()),
    }
}

fn lock_dir(dir: &Path, lock: &Path) -> Result<Option<File>, RunError> {
    let opened = File::open(dir).map_err(|source| RunError::DataDir { path: dir.to_owned(), source })?;
    match flock(&opened, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(opened)),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(BindError::locked(lock).into()),
        Err(error) => {
            // Some network disks lock no directories; the file is locked there.
            tracing::debug!(%error, "the data directory itself can't be locked");
            Ok(None)
        }
    }
}
