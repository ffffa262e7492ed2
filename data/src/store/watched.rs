//! Is what the store writes to still what its path leads to? A file that was deleted takes writes like any other, and
//! all of them are gone with the process.
//!
//! Nor may somebody cut it or write something else over it. The names are asked, and one descriptor of each that is open
//! as long as the connections: a second one of the file, once closed, would take SQLite's own locks with it.

use std::cell::Cell;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::watch;

use super::db::open_alone;
use super::db::{LOG_LIMIT, empty_log, look_through};
use super::error::StoreError;
use super::identity::{Note, NoteFound, Notebook, StoreId, mark};
use super::log_file::{HEAD_BYTES, is_head};
use super::traces::{LOG, SAVED, beside, saved_words};

/// What is added to the name of the file for a copy that is still being made.
const PART: &str = ".saving";
/// The first bytes of SQLite's file, which stay as they are: its name and the size of its pages.
const FILE_HEAD: usize = 18;
/// Where the two random numbers stand that the head of a log has, new ones each time the log begins anew.
const SALTS_AT: u64 = 16;

/// How long the system may be unable to tell whether the files are there.
const UNKNOWN_MAX: Duration = Duration::from_secs(60);

/// A file as it was when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl WatchedFile {
    /// The file that the path leads to now.
    ///
    /// # Errors
    /// What the system says.
    pub fn now(path: &Path) -> io::Result<Self> {
        let found = fs::symlink_metadata(path)?;
        Ok(Self { path: path.to_owned(), device: found.dev(), inode: found.ino() })
    }

    /// An open file, and the path that should lead to it.
    ///
    /// # Errors
    /// What the system says.
    pub fn of(path: &Path, file: &File) -> io::Result<Self> {
        let found = file.metadata()?;
        Ok(Self { path: path.to_owned(), device: found.dev(), inode: found.ino() })
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What became of it, if it is not there any more.
    #[must_use]
    pub fn loss(&self) -> Option<String> {
        self.look().err().map(|(Absence::Sure(why) | Absence::Unknown(why))| why)
    }

    /// How long it is, or what became of it.
    fn look(&self) -> Result<u64, Absence> {
        let path = self.path.display();
        match fs::symlink_metadata(&self.path) {
            Ok(found) if (found.dev(), found.ino()) == (self.device, self.inode) => Ok(found.len()),
            Ok(_) => Err(Absence::Sure(format!("{path} was replaced by another file"))),
            Err(error) if is_gone(&error) => Err(Absence::Sure(format!("{path} was deleted or moved away"))),
            Err(error) => Err(Absence::Unknown(format!("{path} can't be looked at: {error}"))),
        }
    }
}

/// Is there surely nothing under that name? Any other error, such as one of a network disk, tells nothing about the file.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Why a look at a name found no file.
#[derive(Debug)]
enum Absence {
    /// The file is not there.
    Sure(String),
    /// The system could not tell.
    Unknown(String),
}

/// What a look at the files found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presence {
    /// They are there.
    InPlace,
    /// The system could not tell.
    Unknown(String),
    /// One of them is gone, was cut or was overwritten.
    Lost(String),
}

/// The file and its log, from the opening to the end.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    file: WatchedFile,
    log: WatchedFile,
    open: Arc<OpenFiles>,
}

/// What is read from them while SQLite has them open. The file's own descriptor must outlive every connection.
#[derive(Debug)]
struct OpenFiles {
    file: File,
    /// SQLite has no locks on the log.
    log: File,
    /// How the file begins, as long as it is SQLite's.
    head: [u8; FILE_HEAD],
    /// How long the file was at most: it never gets shorter.
    file_bytes: AtomicU64,
    /// How long the log was after the last commit: only a commit and the emptying of the log make it shorter.
    log_bytes: AtomicU64,
}

impl Watched {
    /// `file` was opened before the first connection.
    pub(crate) fn begin(path: &Path, file: File) -> io::Result<Self> {
        let mut head = [0; FILE_HEAD];
        file.read_exact_at(&mut head, 0)?;
        let log = File::open(beside(path, LOG))?;
        let file_bytes = AtomicU64::new(file.metadata()?.len());
        let log_bytes = AtomicU64::new(log.metadata()?.len());
        let open = Arc::new(OpenFiles { file, log, head, file_bytes, log_bytes });
        Ok(Self { file: WatchedFile::now(path)?, log: WatchedFile::now(&beside(path, LOG))?, open })
    }

    /// What became of them: two looks at a directory, and the heads of both. Nothing is opened. Only on the thread that
    /// writes the answer is sure: for another one the log may get shorter in between.
    pub(crate) fn presence(&self) -> Presence {
        let (file, log) = match (self.file.look(), self.log.look()) {
            (Err(Absence::Sure(loss)), _) | (_, Err(Absence::Sure(loss))) => return Presence::Lost(loss),
            (Err(Absence::Unknown(why)), _) | (_, Err(Absence::Unknown(why))) => return Presence::Unknown(why),
            (Ok(file), Ok(log)) => (file, log),
        };
        let (path, log_path) = (self.file.path.display(), self.log.path.display());
        if file < self.open.file_bytes.fetch_max(file, Ordering::AcqRel) {
            return Presence::Lost(format!("{path} was cut by somebody else"));
        }
        let before = self.open.log_bytes.load(Ordering::Acquire);
        if log < before && !(before > LOG_LIMIT && log >= LOG_LIMIT) {
            return Presence::Lost(format!("{log_path} was cut by somebody else"));
        }
        let mut head = [0; FILE_HEAD];
        if self.open.file.read_exact_at(&mut head, 0).is_ok() && head != self.open.head {
            return Presence::Lost(format!("{path} was overwritten by somebody else"));
        }
        let mut head = [0; HEAD_BYTES as usize];
        if self.open.log.read_exact_at(&mut head, 0).is_ok() && !is_head(&head) {
            return Presence::Lost(format!("{log_path} was overwritten by somebody else"));
        }
        Presence::InPlace
    }

    /// From now on the log may be as short as it is.
    pub(crate) fn note_log(&self) {
        if let Ok(log) = self.open.log.metadata() {
            self.open.log_bytes.store(log.len(), Ordering::Release);
        }
    }

    fn read_salts(&self) -> [u8; 8] {
        let mut salts = [0; 8];
        match self.open.log.read_exact_at(&mut salts, SALTS_AT) {
            Ok(()) => salts,
            // It was just emptied.
            Err(_) => [0; 8],
        }
    }
}

/// What a look means: while the system can't tell, nothing is acknowledged, and only when that lasts the store is given up.
/// Returns also since when it can't tell.
fn judge(found: Presence, since: Option<Instant>, now: Instant) -> (Result<(), StoreError>, Option<Instant>) {
    match found {
        Presence::InPlace => (Ok(()), None),
        Presence::Lost(loss) => (Err(StoreError::Lost(loss)), None),
        Presence::Unknown(why) => {
            let since = since.unwrap_or(now);
            if now.saturating_duration_since(since) < UNKNOWN_MAX {
                (Err(StoreError::Uncommitted(why)), Some(since))
            } else {
                (Err(StoreError::Lost(why)), Some(since))
            }
        }
    }
}

/// Looks after the files for the thread that writes.
pub(crate) struct Keeper {
    pub(crate) path: PathBuf,
    pub(crate) id: StoreId,
    pub(crate) watched: Watched,
    pub(crate) notebook: Notebook,
    salts: [u8; 8],
    /// Since when the system can't tell whether the files are there.
    unknown_since: Cell<Option<Instant>>,
    lost: watch::Sender<Option<String>>,
}

impl Keeper {
    /// From now on; notes what the file holds by itself. `generation` is what was just written into it.
    pub(crate) fn begin(
        path: &Path,
        file: File,
        id: StoreId,
        notebook: Notebook,
        connection: &Connection,
        lost: watch::Sender<Option<String>>,
    ) -> Result<Self, StoreError> {
        let generation = mark(connection)?;
        // A run that was killed may have left pages in the log that were erased since.
        let emptied = empty_log(connection);
        let fail = |what: &str, error: io::Error| StoreError::Invalid(format!("{what}: {error}"));
        let watched =
            Watched::begin(path, file).map_err(|error| fail("the store's files can't be looked at", error))?;
        // A log that could not be emptied goes on, and has the mark in it.
        let salts = watched.read_salts();
        let unknown_since = Cell::new(None);
        let keeper = Self { path: path.to_owned(), id, watched, notebook, salts, unknown_since, lost };
        let noted = NoteFound::read(path).ok().and_then(|found| found.note().copied()).filter(|note| note.id == id);
        let at_least = if emptied { generation } else { noted.map_or(0, |note| note.generation) };
        // Nothing that a file with the new mark does not have was acknowledged yet.
        let note = Note { id, generation: at_least, log: generation - 1 };
        if let Err(error) = keeper.notebook.write(note) {
            if noted.is_none() {
                return Err(fail("the store's id can't be noted beside it", error));
            }
            // A full disk, most likely: what is noted is right, and tells less.
            tracing::warn!(%error, "the store's generation could not be noted");
        }
        Ok(keeper)
    }

    /// Are the files there? When not, nothing is acknowledged any more.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let (verdict, since) = judge(self.watched.presence(), self.unknown_since.get(), Instant::now());
        self.unknown_since.set(since);
        verdict
    }

    /// Each time the log begins anew, all that it held before is in the file: that is marked and noted, and from then on
    /// the file is not whole without its log. So it is done before anybody is told of the first commit in it.
    pub(crate) fn follow_log(&mut self, connection: &Connection) {
        let salts = self.watched.read_salts();
        if salts == self.salts || salts == [0; 8] {
            return;
        }
        let marked = mark(connection);
        // After a commit as large as a log the mark itself began it anew, and is in the file no more than before.
        self.salts = self.watched.read_salts();
        let noted = marked.and_then(|generation| {
            // The new mark is in the log still; the file has the one before.
            let note = Note { id: self.id, generation: generation - 1, log: generation - 1 };
            self.notebook.write(note).map_err(|error| StoreError::Invalid(error.to_string()))
        });
        if let Err(error) = noted {
            // What was noted last is still right, and tells less.
            tracing::warn!(%error, "the store's generation could not be noted");
        }
    }

    /// Saves what the open files hold into a file of its own, then tells everybody who waits for it.
    pub(crate) fn give_up(&self, connection: &Connection, loss: &str) {
        let told = match self.save(connection) {
            Ok(saved) => {
                let words = saved_words(&self.path, &saved);
                format!("{loss}; everything in the store was saved to {}: {words}", saved.display())
            }
            Err(error) => format!("{loss}; what was in the store could not be saved: {error}"),
        };
        tracing::error!("{told}");
        self.lost.send_replace(Some(told));
    }

    /// The descriptors still lead to the whole store. Page by page: a log that is left beside it fits it.
    fn save(&self, connection: &Connection) -> Result<PathBuf, StoreError> {
        let made = |path: &Path| OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let fail = |error: io::Error| StoreError::Invalid(error.to_string());
        let free = |suffix: &str| {
            let names = (2..).map(|more| beside(&self.path, &format!("{suffix}-{more}")));
            let mut names = std::iter::once(beside(&self.path, suffix)).chain(names);
            names.find(|name| fs::symlink_metadata(name).is_err()).unwrap_or_default()
        };
        // Only what is complete gets the name that the next start looks for.
        let part = free(PART);
        made(&part).map_err(fail)?;
        let copied = connection.backup("main", &part, None::<fn(rusqlite::backup::Progress)>);
        let damage =
            copied.and_then(|()| look_through(&open_alone(&part)?)).unwrap_or_else(|error| Some(error.to_string()));
        if let Some(damage) = damage {
            let part = part.display();
            return Err(StoreError::Invalid(format!("{damage}; what could be read is in {part}, and is not whole")));
        }
        let saved = free(SAVED);
        fs::rename(&part, &saved).and_then(|()| super::identity::sync_dir(&saved)).map_err(fail)?;
        Ok(saved)
    }

    /// Was it given up?
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.borrow().is_some()
    }

    /// Why it was given up.
    pub(crate) fn loss(&self) -> String {
        self.lost.borrow().clone().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_does_not_answer_for_a_moment_is_no_lost_store() {
        let began = Instant::now();
        let later = |seconds| began + Duration::from_secs(seconds);
        let unknown = || Presence::Unknown("I/O error".into());
        let (verdict, since) = judge(unknown(), None, began);
        assert!(verdict.is_err_and(|error| error.may_pass()), "whoever must not lose it tries again");
        let (verdict, since) = judge(unknown(), since, later(59));
        assert!(verdict.is_err_and(|error| error.may_pass()));
        let (verdict, again) = judge(Presence::InPlace, since, later(59));
        assert!(verdict.is_ok() && again.is_none());
        let (verdict, _) = judge(unknown(), again, later(61));
        assert!(verdict.is_err_and(|error| error.may_pass()), "counted anew");
        let (verdict, _) = judge(unknown(), since, later(60));
        assert!(matches!(verdict, Err(StoreError::Lost(_))));
        let (verdict, _) = judge(Presence::Lost("gone".into()), None, began);
        assert!(matches!(verdict, Err(StoreError::Lost(_))));
    }

    #[test]
    fn a_name_that_can_t_be_looked_at_is_not_gone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store");
        fs::write(&path, "x".repeat(FILE_HEAD)).unwrap();
        fs::write(beside(&path, LOG), "").unwrap();
        let mut watched = Watched::begin(&path, File::open(&path).unwrap()).unwrap();
        assert_eq!(watched.presence(), Presence::InPlace);
        // No system can look at a name that is longer than names are.
        watched.log.path = dir.path().join("x".repeat(5_000));
        assert!(matches!(watched.presence(), Presence::Unknown(_)));
        fs::remove_file(&path).unwrap();
        assert!(matches!(watched.presence(), Presence::Lost(_)));
    }
}
