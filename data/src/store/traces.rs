//! What lies where the store should be, and what may be done with it: looked at before SQLite touches anything, since
//! SQLite throws away a log whose file is missing and replays one over whatever file it finds.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::identity::{Note, NoteFound, StoreId};
use super::log_file::LogFile;
use crate::time::Timestamp;

/// What SQLite adds to the name of the file for the log of changes that the file does not have yet.
pub(crate) const LOG: &str = "-wal";
/// What a daemon adds that lost its files, for what it saved of them.
pub(crate) const SAVED: &str = ".saved";
/// The index of the log.
const INDEX: &str = "-shm";
/// What SQLite writes before a file has a log.
const JOURNAL: &str = "-journal";

/// What is where the store's file should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreFile {
    /// Nothing.
    Missing,
    /// A file without a byte.
    Empty,
    /// A file of SQLite that holds nothing yet.
    Blank,
    /// A store of a version that wrote no id.
    Unmarked,
    /// A store with its id, and the generation that the file has without its log.
    Marked {
        /// Which store it is.
        id: StoreId,
        /// How often it was marked.
        generation: i64,
    },
    /// A file of SQLite that can't be read without its log: it was being written when the machine stopped, or it is
    /// broken.
    Unclear,
    /// A file of SQLite of another program.
    Foreign,
    /// No file of SQLite.
    NotSqlite,
}

/// What was found, as far as a decision needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traces {
    /// The file.
    pub file: StoreFile,
    /// Is there a log with something in it?
    pub log: Log,
    /// `store.id` in the data directory.
    pub note: NoteFound,
    /// What this account remembers of a store at this path.
    pub memory: Option<Note>,
    /// The names of everything of a store that was found beside the file, the lock too.
    pub leftovers: Vec<String>,
    /// Is a page of the store neither in the file nor in the log?
    pub cut: bool,
    /// A name that should be a plain file and is none.
    pub odd: Option<String>,
    /// A file of the store that has another name too, where another daemon may have it open.
    pub linked: Option<String>,
    /// Is there what a daemon saved that lost its files?
    pub saved: bool,
}

/// The log beside the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// None, or nothing in it.
    Empty,
    /// Bytes without a commit that SQLite would take.
    NoCommit,
    /// Changes that the file does not have yet, or has already.
    Written,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// There never was a store here: make one.
    Create,
    /// A store without an id: open it and give it one.
    Adopt,
    /// Open it.
    Open(Standing),
    /// Touch nothing.
    Refuse(Refusal),
}

/// How a store that is opened stands to what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As it was left.
    AsLeft,
    /// An older copy of it, put here without a log.
    OlderCopy,
}

/// Why the store is not opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A name that should be a plain file is a link, a directory or something else.
    NotAFile(String),
    /// A file of the store has a second name.
    HardLink(String),
    /// The file is missing, and other files say that there was one.
    FileMissing,
    /// The file holds nothing, and other files say that it did.
    FileEmptied,
    /// The directory is empty, and this account had a store there.
    DirectoryEmpty(StoreId),
    /// The file belongs to another program.
    Foreign,
    /// The file is none of SQLite's.
    NotSqlite,
    /// The file is a store, but not the one that was here.
    OtherStore {
        /// The one that was here.
        known: StoreId,
        /// The one that is here.
        found: StoreId,
    },
    /// The file is older than the log beside it.
    OlderFile,
    /// The log is missing, or there is nothing in it, and the file does not have what was in it.
    LogMissing,
    /// A daemon lost its files and saved what they held, and nobody has chosen yet what to go on with.
    SavedBeside,
    /// A part of the file is missing.
    FileCut,
    /// Something else was written over a part of the file: what SQLite says of it.
    Damaged(String),
}

impl Traces {
    fn is_touched(&self) -> bool {
        !self.leftovers.is_empty() || self.note != NoteFound::None
    }
}

/// What is to be done with what was found.
#[must_use]
pub fn decide(traces: &Traces) -> Decision {
    match decide_for_file(traces) {
        Decision::Open(_) | Decision::Adopt | Decision::Create if traces.saved => {
            Decision::Refuse(Refusal::SavedBeside)
        }
        Decision::Open(_) | Decision::Adopt | Decision::Create if traces.cut => Decision::Refuse(Refusal::FileCut),
        decision => decision,
    }
}

fn decide_for_file(traces: &Traces) -> Decision {
    use Decision::{Adopt, Create, Open, Refuse};
    if let Some(name) = &traces.odd {
        return Refuse(Refusal::NotAFile(name.clone()));
    }
    if let Some(name) = &traces.linked {
        return Refuse(Refusal::HardLink(name.clone()));
    }
    let written = traces.log != Log::Empty;
    let note = traces.note.note();
    let known = note.or(traces.memory.as_ref());
    match traces.file {
        StoreFile::Foreign => Refuse(Refusal::Foreign),
        StoreFile::NotSqlite => Refuse(Refusal::NotSqlite),
        StoreFile::Missing if traces.is_touched() => Refuse(Refusal::FileMissing),
        StoreFile::Missing => match &traces.memory {
            Some(memory) => Refuse(Refusal::DirectoryEmpty(memory.id)),
            None => Create,
        },
        // The first start of a version without ids was killed: everything is still in the log.
        StoreFile::Blank if written && known.is_none() => Adopt,
        StoreFile::Empty | StoreFile::Blank if traces.is_touched() || known.is_some() => Refuse(Refusal::FileEmptied),
        StoreFile::Empty | StoreFile::Blank => Create,
        // Whoever noted the id had written it into the file before.
        StoreFile::Unmarked if written && known.is_some() => Refuse(Refusal::OlderFile),
        StoreFile::Unmarked => Adopt,
        StoreFile::Unclear => Open(Standing::AsLeft),
        StoreFile::Marked { id, generation } if traces.log != Log::Written && needs_log(note, id, generation) => {
            Refuse(Refusal::LogMissing)
        }
        StoreFile::Marked { id, generation } => match known {
            None => Open(Standing::AsLeft),
            // A whole store may be brought here, but not beside the log or the note of another one.
            Some(known) if known.id != id && (note.is_some() || written) => {
                Refuse(Refusal::OtherStore { known: known.id, found: id })
            }
            Some(known) if known.id != id || generation >= known.generation => Open(Standing::AsLeft),
            Some(_) if written => Refuse(Refusal::OlderFile),
            Some(_) => Open(Standing::OlderCopy),
        },
    }
}

/// Is the file not whole without its log? Only the note beside it tells: a file that was brought here alone is a copy.
fn needs_log(note: Option<&Note>, id: StoreId, generation: i64) -> bool {
    note.is_some_and(|note| note.id == id && (note.generation..=note.log).contains(&generation))
}

/// Why a store was refused, in words with a remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Where the store's file should be.
    pub path: PathBuf,
    /// What was found beside it.
    pub leftovers: Vec<String>,
    /// Why.
    pub refusal: Refusal,
}

impl Refused {
    /// What is wrong.
    #[must_use]
    pub fn reason(&self) -> String {
        let path = self.path.display();
        let dir = self.path.parent().unwrap_or(&self.path).display();
        let beside = match self.leftovers.as_slice() {
            [] => String::new(),
            names => format!(" (found: {})", names.join(", ")),
        };
        match &self.refusal {
            Refusal::NotAFile(name) => format!("{dir}/{name} is a link or no plain file, and is left alone"),
            Refusal::HardLink(name) => format!(
                "{dir}/{name} has a second name somewhere (a hard link): another daemon could have it open under that name"
            ),
            Refusal::FileMissing => format!(
                "{path} is missing, and there was a store here{beside}: the file was deleted or moved away, or another \
                 disk is mounted"
            ),
            Refusal::FileEmptied => {
                format!("{path} holds nothing, and there was a store here{beside}: the file was emptied")
            }
            Refusal::DirectoryEmpty(id) => format!(
                "{dir} holds no store, and this account had store {id} there: its disk is not mounted, or its files \
                 were deleted"
            ),
            Refusal::Foreign => format!("{path} belongs to another program"),
            Refusal::NotSqlite => format!("{path} is no store: something else was written over it, or it is encrypted"),
            Refusal::OtherStore { known, found } => {
                format!("{path} is store {found}, and {known} was here{beside}: the file was replaced")
            }
            Refusal::OlderFile => format!(
                "{path} is older than the log beside it{beside}: an older copy was put in its place, and the log would \
                 spoil it"
            ),
            Refusal::LogMissing => format!(
                "{path}{LOG} is missing or was emptied or overwritten{beside}, and what was acknowledged last is in it alone"
            ),
            Refusal::SavedBeside => {
                format!("a daemon lost the files of {path} while it ran, and saved everything to {path}{SAVED}")
            }
            Refusal::FileCut => format!("{path} is shorter than it should be{beside}: a part of it was cut off"),
            Refusal::Damaged(what) => {
                format!("{path} is damaged{beside}: something else was written over a part of it ({what})")
            }
        }
    }

    /// What to do.
    #[must_use]
    pub fn remedy(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let saved = format!("{name}{SAVED}");
        let fresh =
            "to begin with a new, empty store: mychatflow daemon --new (what was found is renamed, never deleted)";
        match &self.refusal {
            Refusal::SavedBeside => format!(
                "{}; if {name} as it is now is the one to go on with, move {saved} out of the directory; or, {fresh}",
                saved_words(&self.path, &beside(&self.path, SAVED))
            ),
            Refusal::FileMissing
            | Refusal::FileEmptied
            | Refusal::NotSqlite
            | Refusal::LogMissing
            | Refusal::FileCut
                if self.leftovers.contains(&saved) =>
            {
                let words = saved_words(&self.path, &beside(&self.path, SAVED));
                format!("a daemon that lost the files saved everything to {saved}: {words}; or, {fresh}")
            }
            Refusal::LogMissing => format!(
                "put {name}{LOG} back; if it is gone for good and the file alone is meant, what was only in the log is \
                 missing, move {NOTE} out of the directory; or, {fresh}",
                NOTE = super::identity::NOTE_FILE
            ),
            Refusal::HardLink(name) => format!(
                "end what uses the other name, and remove that name (find it with: find / -xdev -samefile {name}); or, to \
                 make this a file of its own: cp -p {name} {name}.own && mv {name}.own {name}"
            ),
            Refusal::NotAFile(_) => {
                "put the file itself there, or set daemon.data_dir to the directory that it is in".to_owned()
            }
            Refusal::FileMissing | Refusal::FileEmptied => {
                format!(
                    "put {name} back (mount its disk, or restore a copy) and leave its log where it is; or, {fresh}"
                )
            }
            Refusal::DirectoryEmpty(_) => format!("mount its disk, or put the files back; or, {fresh}"),
            Refusal::Foreign | Refusal::NotSqlite => {
                format!("put the store's own file back, or set daemon.data_dir to another directory; or, {fresh}")
            }
            Refusal::OtherStore { .. } => format!(
                "put the file back that was here; if this one is meant, move {NOTE} and the log out of the directory; \
                 or, {fresh}",
                NOTE = super::identity::NOTE_FILE
            ),
            Refusal::FileCut | Refusal::Damaged(_) => format!(
                "nothing was touched: copy the whole directory first, then put an undamaged copy of {name} back and \
                 leave its log where it is, it may be the only place of the last messages; without such a copy, save what \
                 can be read: sqlite3 {name} .recover; or, {fresh}"
            ),
            Refusal::OlderFile => format!(
                "put the newer file back; if the older copy is meant, move {name}{LOG} and {name}-shm out of the \
                 directory, and what is only in them is missing; or, {fresh}"
            ),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.reason(), self.remedy())
    }
}

/// How to go on with what a daemon saved. A log that was cut would bring back pages from before.
pub(crate) fn saved_words(path: &Path, saved: &Path) -> String {
    let (path, saved) = (path.display(), saved.display());
    format!(
        "to go on with it, move {path}, {path}{LOG} and {path}{INDEX} out of the directory, then: mv {saved} {path}"
    )
}

/// The path of a file whose name begins with the store's.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Every name that a store has in its directory, but for the lock.
fn names(path: &Path) -> Vec<PathBuf> {
    let [log, index, journal] = [LOG, INDEX, JOURNAL].map(|suffix| beside(path, suffix));
    vec![path.to_owned(), log, index, journal, super::identity::note_path(path)]
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Looks by name only; no file is opened here but the note and the log.
pub(crate) fn look(path: &Path, file: StoreFile, memory: Option<Note>, lock: Option<&str>) -> io::Result<Traces> {
    let (mut leftovers, mut odd) = (Vec::new(), None);
    let (mut journal, mut linked) = (false, None);
    for name in names(path) {
        let found = match fs::symlink_metadata(&name) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if !found.is_file() {
            odd = odd.or(Some(file_name(&name)));
        } else if name == beside(path, JOURNAL) {
            journal = found.len() > 0;
        }
        if found.is_file() && found.nlink() > 1 && (name == path || name == beside(path, LOG)) {
            linked = linked.or(Some(file_name(&name)));
        }
        // A journal has what the file was before, and never what it is to become.
        if name != path && name != beside(path, JOURNAL) {
            leftovers.push(file_name(&name));
        }
    }
    let saved = fs::symlink_metadata(beside(path, SAVED)).is_ok_and(|found| found.is_file());
    if saved {
        leftovers.push(file_name(&beside(path, SAVED)));
    }
    leftovers.extend(lock.map(str::to_owned));
    let (note, log) = match odd {
        Some(_) => (NoteFound::None, LogFile::default()),
        None => (NoteFound::read(path)?, LogFile::read(&beside(path, LOG))?),
    };
    // With a journal the file is brought back to what it was before.
    let cut = odd.is_none() && !journal && may_be_cut(file) && is_cut(path, &log)?;
    Ok(Traces { file, log: log.state(), note, memory, leftovers, cut, odd, linked, saved })
}

/// Files that SQLite would open.
fn may_be_cut(file: StoreFile) -> bool {
    matches!(file, StoreFile::Blank | StoreFile::Unmarked | StoreFile::Marked { .. } | StoreFile::Unclear)
}

/// Is a page neither in the file nor in the log? While the log is brought into it, a file may well be too short.
fn is_cut(path: &Path, log: &LogFile) -> io::Result<bool> {
    let (has, says) = super::identity::count_pages(path)?;
    let pages = log.pages().or(says).unwrap_or_default();
    Ok(has < pages && !log.holds(has + 1..=pages))
}

/// Is the path something that may be opened as a store: a plain file, or nothing?
pub(crate) fn is_plain(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(found.is_file() && !found.file_type().is_fifo()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Renames everything of a store that is at a path, so that a new one can be made there. Returns the new names.
///
/// # Errors
/// What the system says.
pub(crate) fn set_aside(path: &Path, now: Timestamp) -> io::Result<Vec<String>> {
    let time = now.to_string().replace([':', '-'], "");
    let time = time.split('.').next().unwrap_or_default().trim_end_matches('Z');
    let mut renamed = Vec::new();
    // The log first: it must never be beside a file that is not its own.
    for name in names(path).into_iter().chain([beside(path, SAVED)]).rev() {
        if fs::symlink_metadata(&name).is_err() {
            continue;
        }
        let mut target = beside(&name, &format!(".aside-{time}"));
        for more in 2.. {
            if fs::symlink_metadata(&target).is_err() {
                break;
            }
            target = beside(&name, &format!(".aside-{time}-{more}"));
        }
        fs::rename(&name, &target)?;
        renamed.push(file_name(&target));
    }
    super::identity::sync_dir(path)?;
    Ok(renamed)
}
