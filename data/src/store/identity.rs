//! Which store it is: an id in the file, the same id in `store.id` beside it, and a generation that tells a file from
//! an older copy of itself.
//!
//! The generation is written into the file each time the log begins anew, that is after everything in the log before
//! was brought into the file. `store.id` says which generation the file has at least. A file with a lower one is a
//! copy from before: the log beside it does not fit it. It also says up to which generation a file needs its log: the
//! log has the next one, so that a file which got all of it, however that came about, needs it no more.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::db::open_alone;
use super::error::StoreError;
use super::traces::StoreFile;
pub use crate::ids::StoreId;

/// How SQLite files of ours are known: `McFl`.
pub const APPLICATION_ID: i32 = 0x4d63_466c;
/// The name of the file beside the store that says which one it is.
pub const NOTE_FILE: &str = "store.id";

/// What is noted outside of the store's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Which store it is.
    pub id: StoreId,
    /// The generation that its file has at least.
    pub generation: i64,
    /// A file of this generation, or of one before, is whole only with its log. A version without this knew of none.
    #[serde(default)]
    pub log: i64,
}

/// What was found as `store.id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteFound {
    /// There is none.
    None,
    /// There is one, and it can't be understood.
    Broken,
    /// It says this.
    Note(Note),
}

impl NoteFound {
    /// The note, if it can be read.
    #[must_use]
    pub const fn note(&self) -> Option<&Note> {
        match self {
            Self::Note(note) => Some(note),
            Self::None | Self::Broken => None,
        }
    }

    /// Reads the note beside a store's file.
    pub(crate) fn read(store: &Path) -> io::Result<Self> {
        match fs::read(note_path(store)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).map_or(Self::Broken, Self::Note)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::None),
            Err(error) => Err(error),
        }
    }
}

/// Where a note is kept twice: beside the store, and where this account remembers it even when the store's disk is not
/// there.
#[derive(Debug, Clone)]
pub(crate) struct Notebook {
    store: PathBuf,
    memory: Option<PathBuf>,
}

impl Notebook {
    pub(crate) fn new(store: &Path, memory_dir: Option<&Path>) -> Self {
        Self { store: store.to_owned(), memory: memory_dir.map(|dir| memory_path(dir, store)) }
    }

    /// What this account remembers of a store at this path. What can't be read is forgotten.
    pub(crate) fn memory(&self) -> Option<Note> {
        let bytes = fs::read(self.memory.as_ref()?).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Notes it. The memory is a help, and never a reason to fail.
    pub(crate) fn write(&self, note: Note) -> io::Result<()> {
        let text = serde_json::to_string(&note)? + "\n";
        write_whole(&note_path(&self.store), &text)?;
        if let Some(memory) = &self.memory {
            let told = serde_json::json!({"id": note.id, "generation": note.generation, "path": self.store});
            let dir = memory.parent().unwrap_or(memory);
            if let Err(error) = fs::create_dir_all(dir).and_then(|()| write_whole(memory, &format!("{told}\n"))) {
                tracing::debug!(%error, dir = %dir.display(), "where the store is could not be remembered");
            }
        }
        Ok(())
    }
}

/// Where the note of a store is.
pub(crate) fn note_path(store: &Path) -> PathBuf {
    store.with_file_name(NOTE_FILE)
}

/// The name says nothing: the path is in the file.
fn memory_path(dir: &Path, store: &Path) -> PathBuf {
    let digest = Sha256::digest(store.as_os_str().as_encoded_bytes());
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    dir.join("stores").join(format!("{name}.json"))
}

/// Writes a file so that after a power cut it is there as it was or as it is now, and never half.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let fresh = super::traces::beside(path, ".new");
    // A link there is not followed, whatever it leads to.
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    sync_dir(path)
}

/// Makes the names in the directory of a path durable.
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(dir)?.sync_all()
}

/// What kind of file it is, read without its log, without a lock and without changing anything.
///
/// Closing a descriptor of the file takes away every lock that this process holds on it: only to be called while no
/// connection of this process is open on it.
pub(crate) fn examine(path: &Path) -> Result<StoreFile, StoreError> {
    const MAGIC: &[u8] = b"SQLite format 3\0";
    let bytes = match read_head(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(StoreFile::Missing),
        Err(error) => {
            return Err(StoreError::Invalid(format!("{} can't be read: {error}", path.display())));
        }
    };
    if bytes.is_empty() {
        return Ok(StoreFile::Empty);
    }
    let Some(application) = bytes.get(68..72).filter(|_| bytes.starts_with(MAGIC)) else {
        return Ok(StoreFile::NotSqlite);
    };
    match i32::from_be_bytes(application.try_into().unwrap_or_default()) {
        0 | APPLICATION_ID => Ok(read_mark(path).unwrap_or(StoreFile::Unclear)),
        _ => Ok(StoreFile::Foreign),
    }
}

fn read_head(path: &Path) -> io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(100).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// How many whole pages the file has, and how many it says that it has, where that can be relied on. The same holds as
/// for [`examine`].
pub(crate) fn count_pages(path: &Path) -> io::Result<(u32, Option<u32>)> {
    let head = read_head(path)?;
    let word = |at: usize| head.get(at..at + 4).and_then(|word| word.try_into().ok()).map(u32::from_be_bytes);
    let size = match head.get(16..18).and_then(|size| size.try_into().ok()).map_or(0, u16::from_be_bytes) {
        1 => 65_536,
        size => u64::from(size),
    };
    let has = fs::metadata(path)?.len().checked_div(size).unwrap_or_default();
    // SQLite itself relies on it only when the last who wrote the file knew of this number.
    let says = word(28).filter(|_| word(24) == word(92));
    Ok((u32::try_from(has).unwrap_or(u32::MAX), says))
}

/// Reads the mark from the file alone. It fails where pages of the file lead nowhere.
fn read_mark(path: &Path) -> rusqlite::Result<StoreFile> {
    let file = open_alone(path)?;
    if file.table_exists(None, "store_identity")? {
        return file.query_row("SELECT id, generation FROM store_identity", [], |row| {
            Ok(StoreFile::Marked { id: row.get(0)?, generation: row.get(1)? })
        });
    }
    if is_ours(&file)? {
        return Ok(StoreFile::Unmarked);
    }
    Ok(if is_blank(&file)? { StoreFile::Blank } else { StoreFile::Foreign })
}

fn is_ours(file: &Connection) -> rusqlite::Result<bool> {
    Ok(file.table_exists(None, "migrations")? && file.table_exists(None, "tenants")?)
}

fn is_blank(file: &Connection) -> rusqlite::Result<bool> {
    file.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}

/// Which store an open file is; a new or an older one is given `known` as its id, or a new one.
pub(crate) fn identify(connection: &mut Connection, known: Option<StoreId>) -> Result<StoreId, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if transaction.table_exists(None, "store_identity")? {
        return Ok(transaction.query_row("SELECT id FROM store_identity", [], |row| row.get(0))?);
    }
    if !is_ours(&transaction)? && !is_blank(&transaction)? && !has_migrations_alone(&transaction)? {
        return Err(StoreError::Conflict("the file belongs to another program".to_owned()));
    }
    let id = known.unwrap_or_default();
    transaction.execute_batch(
        "CREATE TABLE store_identity (
             one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
             id         BLOB    NOT NULL,
             generation INTEGER NOT NULL -- raised each time the log begins anew
         ) STRICT",
    )?;
    transaction.execute("INSERT INTO store_identity (one, id, generation) VALUES (1, ?1, 1)", [id])?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.commit()?;
    Ok(id)
}

/// A version without ids was killed before its first migration.
fn has_migrations_alone(file: &Connection) -> rusqlite::Result<bool> {
    file.table_exists(None, "migrations")
}

/// Raises the generation and returns it.
pub(crate) fn mark(connection: &Connection) -> Result<i64, StoreError> {
    let mut raise =
        connection.prepare_cached("UPDATE store_identity SET generation = generation + 1 RETURNING generation")?;
    Ok(raise.query_row([], |row| row.get(0))?)
}
