//! Files that a person asked for: whole under their name or not there at all, and never anything but a plain file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// How many names for the unfinished file are tried.
const NAMES_MAX: u32 = 64;

/// What becomes of a plain file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is written.
    Keep,
    /// The new one takes its place.
    Replace,
}

/// Who may read what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Only the account that wrote it: there are people in it, or keys.
    Owner,
    /// Whoever the account lets read its new files.
    AsUsual,
}

impl Readers {
    const fn mode(self) -> u32 {
        match self {
            Self::Owner => 0o600,
            Self::AsUsual => 0o666,
        }
    }
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum UserFileError {
    /// There is something that is no plain file. It may be a disk, or lead to a file that nobody meant.
    #[error("{} is {what}, and is left alone: name a plain file", path.display())]
    NotPlain {
        /// The path.
        path: PathBuf,
        /// What is there.
        what: &'static str,
    },
    /// There is a file already, which was to stay.
    #[error("{} is there already", path.display())]
    Exists {
        /// The path.
        path: PathBuf,
    },
    /// No file can be written there.
    #[error("{} was not written: {why}", path.display())]
    NoPlace {
        /// The path.
        path: PathBuf,
        /// Why not, and what to do.
        why: String,
    },
    /// The system refused.
    #[error("could not write {}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// What the system's refusal means, in words with what to do where that is known.
fn refused(path: &Path, source: io::Error) -> UserFileError {
    use io::ErrorKind as Kind;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new(".")).display();
    let why = match source.kind() {
        Kind::NotFound => format!("there is no directory {dir}; make it first, or name another one"),
        Kind::NotADirectory => format!("{dir} is no directory; name another one"),
        Kind::PermissionDenied => format!("this account may not write in {dir}; name another directory"),
        Kind::ReadOnlyFilesystem => format!("nothing can be written in {dir}; name another directory"),
        Kind::StorageFull | Kind::QuotaExceeded => format!("there is no room left in {dir}"),
        _ => return UserFileError::Io { path: path.to_owned(), source },
    };
    UserFileError::NoPlace { path: path.to_owned(), why }
}

/// May a file be written under this name? For those who ask before they have its content.
///
/// # Errors
/// Why not.
pub fn check_place(path: &Path, existing: Existing) -> Result<(), UserFileError> {
    let not_plain = |what| UserFileError::NotPlain { path: path.to_owned(), what };
    // Of the name itself: a link would lead elsewhere.
    let kind = match fs::symlink_metadata(path) {
        Ok(found) => found.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(refused(path, source)),
    };
    if kind.is_symlink() {
        return Err(not_plain("a link"));
    }
    if kind.is_dir() {
        return Err(not_plain("a directory"));
    }
    if kind.is_char_device() || kind.is_block_device() {
        return Err(not_plain("a device"));
    }
    if kind.is_fifo() {
        return Err(not_plain("a pipe"));
    }
    if kind.is_socket() {
        return Err(not_plain("a socket"));
    }
    if !kind.is_file() {
        return Err(not_plain("no file"));
    }
    match existing {
        Existing::Keep => Err(UserFileError::Exists { path: path.to_owned() }),
        Existing::Replace => Ok(()),
    }
}

/// Writes a whole file.
///
/// # Errors
/// Why not; then nothing has changed.
pub fn write_user_file(path: &Path, bytes: &[u8], existing: Existing, readers: Readers) -> Result<(), UserFileError> {
    let mut file = UserFile::begin(path, existing, readers)?;
    file.write_all(bytes).map_err(|source| refused(path, source))?;
    file.finish()
}

/// A file that is being written: beside its place, under a name of its own. What is not finished is removed.
#[derive(Debug)]
pub struct UserFile {
    path: PathBuf,
    unfinished: PathBuf,
    existing: Existing,
    file: BufWriter<File>,
}

impl UserFile {
    /// Begins one.
    ///
    /// # Errors
    /// When the place is none, or the directory takes no files.
    pub fn begin(path: &Path, existing: Existing, readers: Readers) -> Result<Self, UserFileError> {
        check_place(path, existing)?;
        let fail = |source| refused(path, source);
        let mut number = 0;
        loop {
            let unfinished = path.with_file_name(format!(".mychatflow-{}-{number}", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).mode(readers.mode()).open(&unfinished) {
                Ok(file) => {
                    return Ok(Self { path: path.to_owned(), unfinished, existing, file: BufWriter::new(file) });
                }
                // Of another one under way, or of a process of the same number that was killed.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < NAMES_MAX => number += 1,
                Err(error) => return Err(fail(error)),
            }
        }
    }

    /// Gives it its name, once it is on the disk.
    ///
    /// # Errors
    /// Why not; then nothing has changed.
    pub fn finish(mut self) -> Result<(), UserFileError> {
        let path = self.path.clone();
        let fail = |source| refused(&path, source);
        self.file.flush().and_then(|()| self.file.get_ref().sync_all()).map_err(fail)?;
        // It may have become something else while this was written.
        check_place(&self.path, self.existing)?;
        if self.existing == Existing::Replace {
            fs::rename(&self.unfinished, &self.path).map_err(fail)?;
        } else {
            // A rename would write over what came there meanwhile; a link never does.
            match fs::hard_link(&self.unfinished, &self.path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(UserFileError::Exists { path: self.path.clone() });
                }
                // Some disks know no links.
                Err(_) => fs::rename(&self.unfinished, &self.path).map_err(fail)?,
            }
        }
        // The file has its name; that a power cut may take the name again is no failure.
        let dir = self.path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if let Err(error) = File::open(dir).and_then(|dir| dir.sync_all()) {
            tracing::debug!(%error, "the directory of a new file could not be written to the disk");
        }
        Ok(())
    }
}

impl Write for UserFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for UserFile {
    fn drop(&mut self) {
        // It is gone already where it has got its name by a rename.
        let _ = fs::remove_file(&self.unfinished);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_no_plain_file_is_left_alone_whatever_was_allowed() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("letter"), "mine").unwrap();
        symlink(at("letter"), at("link")).unwrap();
        symlink(at("nowhere"), at("loose")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        for (path, what) in [
            (at("link"), "a link"),
            (at("loose"), "a link"),
            (at("folder"), "a directory"),
            (at("socket"), "a socket"),
            (PathBuf::from("/dev/null"), "a device"),
            (PathBuf::from("/"), "a directory"),
        ] {
            let refused = check_place(&path, Existing::Replace).unwrap_err().to_string();
            assert!(refused.contains(&format!("{} is {what},", path.display())), "{refused}");
        }
        for name in ["link", "loose", "folder", "socket"] {
            write_user_file(&at(name), b"new", Existing::Replace, Readers::Owner).unwrap_err();
        }
        assert_eq!(fs::read_to_string(at("letter")).unwrap(), "mine");
        assert_eq!(names(dir.path()), ["folder", "letter", "link", "loose", "socket"]);
    }

    #[test]
    fn a_file_is_whole_under_its_name_or_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("people.csv");
        let mut unfinished = UserFile::begin(&path, Existing::Keep, Readers::Owner).unwrap();
        unfinished.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(unfinished);
        assert_eq!(names(dir.path()), Vec::<String>::new());

        write_user_file(&path, b"one", Existing::Keep, Readers::Owner).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let refused = write_user_file(&path, b"two", Existing::Keep, Readers::Owner).unwrap_err();
        assert!(matches!(refused, UserFileError::Exists { .. }), "{refused}");
        assert_eq!(fs::read(&path).unwrap(), b"one");
        write_user_file(&path, b"two", Existing::Replace, Readers::AsUsual).unwrap();
        assert_eq!((fs::read(&path).unwrap().as_slice(), names(dir.path()).len()), (b"two".as_slice(), 1));
    }

    #[test]
    fn a_place_that_takes_no_files_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("letter"), "mine").unwrap();
        let shown = dir.path().display();
        for (name, said) in [
            ("none/people.csv", format!("there is no directory {shown}/none; make it first, or name another one")),
            ("letter/people.csv", format!("{shown}/letter is no directory; name another one")),
        ] {
            let path = dir.path().join(name);
            let refused = write_user_file(&path, b"new", Existing::Keep, Readers::Owner).unwrap_err();
            assert_eq!(refused.to_string(), format!("{} was not written: {said}", path.display()));
        }
    }

    #[test]
    fn what_came_there_meanwhile_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("replies.md");
        for existing in [Existing::Keep, Existing::Replace] {
            let file = UserFile::begin(&path, existing, Readers::AsUsual).unwrap();
            symlink("/nowhere", &path).unwrap();
            file.finish().unwrap_err();
            assert!(path.is_symlink());
            fs::remove_file(&path).unwrap();
        }
    }
}
