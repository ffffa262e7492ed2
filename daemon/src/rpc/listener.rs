//! The socket's file: locked for the life of the daemon, for nobody but its owner and, on request, one group.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mychatflow_data::protocol::error::{CallError, Code};
use mychatflow_data::protocol::frame::ResponseFrame;
use mychatflow_data::store::watched::WatchedFile;
use rustix::fs::{FlockOperation, OFlags, flock};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::peer::{Operators, gid_of};
use super::room::{Full, Room};
use super::{Service, session};

/// The longest path that fits a socket's address, with the byte that ends it.
pub const SOCKET_PATH_BYTES_MAX: usize = 107;
/// How often it is looked whether the socket is still in its place.
const LOOK_AT_SOCKET: Duration = Duration::from_secs(1);
/// How often, and how many times, a lock is tried before somebody has it: who only looks has it for an instant.
const LOCK_TRY_AGAIN: Duration = Duration::from_millis(10);
const LOCK_TRIES: u32 = 10;
/// How long to wait after a connection could not be taken, for example for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another daemon has the lock.
    #[error("another daemon is running{}: {} is locked; look at it with: mychatflow daemon status", holder(pid), path.display())]
    Locked {
        /// The lock.
        path: PathBuf,
        /// The other daemon's process id.
        pid: Option<u32>,
    },
    /// Something without the lock answers there.
    #[error("something else answers at {}", path.display())]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// There is a file that is no socket.
    #[error("{} is in the way, and is no socket: it is left alone", path.display())]
    NotASocket {
        /// The file.
        path: PathBuf,
    },
    /// There is a link, or something else that is no plain file.
    #[error("{} is a link or no plain file, and is left alone: remove it, or name another place in the config", path.display())]
    Link {
        /// The path.
        path: PathBuf,
    },
    /// The path fits no socket address.
    #[error("the socket's path is too long ({} bytes, at most {SOCKET_PATH_BYTES_MAX}): {}; set daemon.socket to a shorter one", path.as_os_str().len(), path.display())]
    TooLong {
        /// The path.
        path: PathBuf,
    },
    /// No group has this name.
    #[error("daemon.socket_group: this machine has no group {0:?}")]
    UnknownGroup(String),
    /// The system refused.
    #[error("could not {what} {}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

fn holder(pid: &Option<u32>) -> String {
    pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default()
}

/// A lock file, held until dropped, at the latest until the process ends. The file itself stays: removing it would let
/// two processes lock two files of the same name.
#[derive(Debug)]
pub struct Lock {
    file: File,
    watched: WatchedFile,
}

impl BindError {
    /// Somebody has a lock: who, as far as its file tells.
    pub(crate) fn locked(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_default();
        Self::Locked { path: path.to_owned(), pid: text.lines().next().and_then(|pid| pid.trim().parse().ok()) }
    }
}

impl Lock {
    /// Takes the lock, or says who has it.
    ///
    /// # Errors
    /// [`BindError::Locked`], [`BindError::Link`], or the system's refusal.
    pub fn acquire(path: &Path) -> Result<Self, BindError> {
        let fail = |what| move |source| BindError::Io { what, path: path.to_owned(), source };
        let link = || BindError::Link { path: path.to_owned() };
        let nofollow = OFlags::NOFOLLOW.bits().cast_signed();
        let mut tries = 0;
        loop {
            if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
                return Err(link());
            }
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(nofollow);
            let file = options.open(path).map_err(|error| match error.raw_os_error() {
                Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => link(),
                _ => fail("open the lock")(error),
            })?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(rustix::io::Errno::WOULDBLOCK) if tries < LOCK_TRIES => {
                    tries += 1;
                    std::thread::sleep(LOCK_TRY_AGAIN);
                    continue;
                }
                Err(rustix::io::Errno::WOULDBLOCK) => return Err(BindError::locked(path)),
                Err(error) => return Err(fail("lock")(error.into())),
            }
            // Deleted between the two steps, it is a lock that nobody else will meet.
            let watched = WatchedFile::of(path, &file).map_err(fail("look at the lock"))?;
            if watched.loss().is_some() {
                continue;
            }
            let lock = Self { file, watched };
            lock.write(&[]).map_err(fail("write"))?;
            return Ok(lock);
        }
    }

    /// Is the file still what the path leads to?
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        self.watched.loss().is_none()
    }

    /// Writes who has it, and more lines.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, lines: &[String]) -> io::Result<()> {
        let mut text = format!("{}\n", std::process::id());
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        let mut file = &self.file;
        file.rewind()?;
        // Cut off afterwards: whoever reads it at this moment finds no empty file.
        file.write_all(text.as_bytes())?;
        file.set_len(text.len().try_into().unwrap_or(u64::MAX))
    }
}

/// The socket, ready for connections. Dropping it removes the file, still under the lock.
///
/// While it serves, it looks after its file: one that was deleted is made anew, where its place is gone in another one
/// until the place is back.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    place: Place,
    wanted: PathBuf,
    refuge: Option<PathBuf>,
    group: Option<u32>,
    now_at: watch::Sender<PathBuf>,
}

/// A socket's file.
#[derive(Debug)]
struct Place {
    file: WatchedFile,
    lock_path: PathBuf,
    lock: Arc<Lock>,
}

impl Place {
    fn is_in_place(&self) -> bool {
        self.file.loss().is_none()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // By then the name may be somebody else's.
        if self.is_in_place()
            && let Err(error) = fs::remove_file(self.file.path())
        {
            tracing::debug!(%error, "the socket could not be removed");
        }
    }
}

impl Listener {
    /// Makes the socket: 0600 in a 0700 directory, or with a group 0660 in a 0750 directory, both of that group.
    ///
    /// A socket that is left over from a daemon that was killed is replaced, under the lock.
    ///
    /// # Errors
    /// Why not.
    pub fn bind(path: &Path, group: Option<&str>) -> Result<Self, BindError> {
        let group = match group {
            None => None,
            Some(name) => match gid_of(name) {
                Ok(Some(gid)) => Some(gid),
                _ => return Err(BindError::UnknownGroup(name.to_owned())),
            },
        };
        let (socket, place) = bind_at(path, group, None)?;
        let now_at = watch::Sender::new(path.to_owned());
        Ok(Self { socket, place, wanted: path.to_owned(), refuge: None, group, now_at })
    }

    /// Names the place where the socket goes when its own place is gone, for example with the session of a user.
    #[must_use]
    pub fn with_refuge(mut self, path: PathBuf) -> Self {
        self.refuge = Some(path).filter(|path| *path != self.wanted);
        self
    }

    /// Where the socket is now.
    #[must_use]
    pub fn now_at(&self) -> watch::Receiver<PathBuf> {
        self.now_at.subscribe()
    }

    /// Makes the socket anew where its file is gone, and brings it back where it ought to be.
    fn mend(&mut self) {
        let in_place = self.place.is_in_place();
        let at_home = self.place.file.path() == self.wanted;
        if in_place && at_home {
            if !self.place.lock.is_in_place() {
                self.mend_lock();
            }
            return;
        }
        let kept = at_home.then(|| Arc::clone(&self.place.lock)).filter(|lock| lock.is_in_place());
        let refused = match bind_at(&self.wanted, self.group, kept) {
            Ok(bound) => return self.move_to(bound),
            Err(refused) => refused,
        };
        if in_place {
            return;
        }
        let kept = (!at_home).then(|| Arc::clone(&self.place.lock)).filter(|lock| lock.is_in_place());
        match self.refuge.as_deref().map(|refuge| bind_at(refuge, self.group, kept)) {
            Some(Ok(bound)) => {
                tracing::warn!(
                    error = &refused as &dyn std::error::Error,
                    "the socket can't be made anew in its place"
                );
                self.move_to(bound);
            }
            // It is tried again in a second, and a line each time would bury everything else.
            Some(Err(error)) => tracing::debug!(error = &error as &dyn std::error::Error, "there is no socket"),
            None => tracing::debug!(error = &refused as &dyn std::error::Error, "there is no socket"),
        }
    }

    fn move_to(&mut self, (socket, place): (UnixListener, Place)) {
        let path = place.file.path().to_owned();
        tracing::warn!(path = %path.display(), "the socket was gone, and was made anew");
        (self.socket, self.place) = (socket, place);
        self.now_at.send_replace(path);
    }

    fn mend_lock(&mut self) {
        match Lock::acquire(&self.place.lock_path) {
            Ok(lock) => self.place.lock = Arc::new(lock),
            Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "the socket has no lock"),
        }
    }

    /// Serves connections until told to stop, then waits for them to end.
    pub async fn serve<S: Service>(
        self,
        service: Arc<S>,
        operators: watch::Receiver<Operators>,
        shutdown: CancellationToken,
    ) {
        let mut listener = self;
        let mut sessions = JoinSet::new();
        let mut looks = tokio::time::interval(LOOK_AT_SOCKET);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let room = Room::default();
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => break,
                _ = looks.tick() => {
                    listener.mend();
                    continue;
                }
                accepted = listener.socket.accept() => accepted,
            };
            while sessions.try_join_next().is_some() {}
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let caller = match operators.borrow().caller(&stream) {
                Ok(caller) => caller,
                Err(error) => {
                    tracing::warn!(%error, "a connection came from nobody");
                    continue;
                }
            };
            let seat = match room.enter(&caller) {
                Ok(seat) => seat,
                Err(full) => {
                    tracing::warn!(uid = caller.uid, why = full.words(), "a connection was turned away");
                    turn_away(stream, full);
                    continue;
                }
            };
            let serving = session::serve(stream, caller, Arc::clone(&service), shutdown.clone());
            sessions.spawn(async move {
                serving.await;
                drop(seat);
            });
        }
        let Self { socket, place, .. } = listener;
        drop(socket);
        while sessions.join_next().await.is_some() {}
        drop(place);
    }
}

/// Makes a socket; `held` is its lock where we have that already.
fn bind_at(path: &Path, group: Option<u32>, held: Option<Arc<Lock>>) -> Result<(UnixListener, Place), BindError> {
    if path.as_os_str().len() > SOCKET_PATH_BYTES_MAX {
        return Err(BindError::TooLong { path: path.to_owned() });
    }
    let (dir_mode, mode) = if group.is_some() { (0o750, 0o660) } else { (0o700, 0o600) };
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let lock_path = with_suffix(path, ".lock");
    let fail = |what, path: &Path| {
        let path = path.to_owned();
        move |source| BindError::Io { what, path, source }
    };

    let existed = dir.is_dir();
    if !existed {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(fail("make", dir))?;
    }
    let lock = match held {
        Some(lock) => lock,
        None => Arc::new(Lock::acquire(&lock_path)?),
    };
    if !existed || is_ours(dir, &[path, &lock_path]).map_err(fail("look into", dir))? {
        chown(dir, None, group).map_err(fail("give to the group", dir))?;
        fs::set_permissions(dir, Permissions::from_mode(dir_mode)).map_err(fail("set the mode of", dir))?;
    } else if group.is_some() {
        tracing::warn!(
            dir = %dir.display(),
            "the socket's directory has other files in it and is left as it is; the group must be able to enter it"
        );
    }

    clear(path)?;
    let socket = UnixListener::bind(path).map_err(fail("listen on", path))?;
    // From here on a failure takes the socket away again.
    let file = WatchedFile::now(path).map_err(fail("look at", path))?;
    let place = Place { file, lock_path, lock };
    chown(path, None, group).map_err(fail("give to the group", path))?;
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(fail("set the mode of", path))?;
    Ok((socket, place))
}

/// Says why, if that fits without waiting.
fn turn_away(stream: UnixStream, full: Full) {
    let refused = ResponseFrame::refused(None, CallError::new(Code::Overloaded, full.words()).into());
    // Plain text can always be written as JSON.
    let Ok(mut line) = serde_json::to_string(&refused) else { return };
    line.push('\n');
    // The connection is closed either way.
    let _ = stream.try_write(line.as_bytes());
}

/// Removes what a killed daemon left. Only called under the lock.
fn clear(path: &Path) -> Result<(), BindError> {
    let fail = |what| move |source| BindError::Io { what, path: path.to_owned(), source };
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(fail("look at")(error)),
    };
    if found.file_type().is_symlink() {
        return Err(BindError::Link { path: path.to_owned() });
    }
    if !found.file_type().is_socket() {
        return Err(BindError::NotASocket { path: path.to_owned() });
    }
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Err(BindError::InUse { path: path.to_owned() });
    }
    fs::remove_file(path).map_err(fail("remove the old socket"))
}

/// Is the directory there for the socket alone? Only then are its modes ours to set: `daemon.socket` may just as well
/// lie in `/run` or in somebody's home.
fn is_ours(dir: &Path, known: &[&Path]) -> io::Result<bool> {
    if fs::metadata(dir)?.uid() != rustix::process::geteuid().as_raw() {
        return Ok(false);
    }
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        if !known.iter().any(|known| known.file_name() == Some(&name)) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut text = OsString::from(path);
    text.push(suffix);
    PathBuf::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn the_socket_is_for_its_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("run/mychatflow.sock");
        let listener = Listener::bind(&path, None).unwrap();
        assert_eq!((mode(path.parent().unwrap()), mode(&path)), (0o700, 0o600));
        drop(listener);
        assert!(!path.exists(), "the socket leaves with its daemon");
    }

    #[tokio::test]
    async fn a_group_may_be_let_in() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("run/mychatflow.sock");
        let gid = rustix::process::getegid().as_raw();
        let _listener = Listener::bind(&path, Some(&gid.to_string())).unwrap();
        assert_eq!((mode(path.parent().unwrap()), mode(&path)), (0o750, 0o660));
        assert_eq!(fs::metadata(&path).unwrap().gid(), gid);
        let error = Listener::bind(&home.path().join("other/s"), Some("no-such-group")).unwrap_err();
        assert!(matches!(error, BindError::UnknownGroup(_)));
    }

    #[tokio::test]
    async fn a_directory_with_other_files_keeps_its_mode() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("letters.txt"), "mine").unwrap();
        fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
        let _listener = Listener::bind(&home.path().join("mychatflow.sock"), None).unwrap();
        assert_eq!(mode(home.path()), 0o755);
    }

    #[tokio::test]
    async fn a_second_daemon_is_refused_and_a_killed_ones_socket_is_replaced() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("mychatflow.sock");
        // What kill -9 leaves.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let first = Listener::bind(&path, None).unwrap();
        let second = Listener::bind(&path, None).unwrap_err();
        assert!(matches!(second, BindError::Locked { pid: Some(pid), .. } if pid == std::process::id()));
        assert!(path.exists(), "the refused one leaves the socket alone");
        drop(first);
        Listener::bind(&path, None).unwrap();
    }

    #[tokio::test]
    async fn a_socket_whose_directory_is_gone_comes_back_there_or_in_its_refuge() {
        let home = tempfile::tempdir().unwrap();
        let (at_home, refuge) = (home.path().join("session/run/s"), home.path().join("data/run/s"));
        let mut listener = Listener::bind(&at_home, None).unwrap().with_refuge(refuge.clone());
        let now_at = listener.now_at();
        let answers = |path: &Path| std::os::unix::net::UnixStream::connect(path).is_ok();

        fs::remove_dir_all(home.path().join("session")).unwrap();
        listener.mend();
        assert!(answers(&at_home) && *now_at.borrow() == at_home, "the directory could be made");

        // A file in the way, as where the account may make no directory.
        fs::remove_dir_all(home.path().join("session")).unwrap();
        fs::write(home.path().join("session"), "").unwrap();
        for _ in 0..3 {
            listener.mend();
            assert!(answers(&refuge) && *now_at.borrow() == refuge);
        }
        fs::remove_file(&refuge).unwrap();
        listener.mend();
        assert!(answers(&refuge), "the refuge is looked after too");

        fs::remove_file(home.path().join("session")).unwrap();
        listener.mend();
        assert!(answers(&at_home) && *now_at.borrow() == at_home, "the place is back, and so is the socket");
        assert!(!refuge.exists());
    }

    #[tokio::test]
    async fn a_socket_that_took_our_name_is_not_removed_with_ours() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("mychatflow.sock");
        let mut listener = Listener::bind(&path, None).unwrap();
        fs::remove_file(&path).unwrap();
        let _other = std::os::unix::net::UnixListener::bind(&path).unwrap();
        listener.mend();
        drop(listener);
        assert!(path.exists());
    }

    #[tokio::test]
    async fn what_is_not_ours_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("mychatflow.sock");
        fs::write(&path, "a letter").unwrap();
        assert!(matches!(Listener::bind(&path, None), Err(BindError::NotASocket { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "a letter");
        fs::remove_file(&path).unwrap();

        let _other = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(matches!(Listener::bind(&path, None), Err(BindError::InUse { .. })));

        let long = home.path().join("x".repeat(120));
        assert!(matches!(Listener::bind(&long, None), Err(BindError::TooLong { .. })));
    }
}
