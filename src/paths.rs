//! Where things are: one rule, shared by the daemon and by everything that talks to it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use mychatflow_daemon::SOCKET_IN_DATA_DIR;
use mychatflow_daemon::data_dir::noted_socket;
use mychatflow_daemon::rpc::listener::SOCKET_PATH_BYTES_MAX;

/// The config of the whole machine.
const SYSTEM_CONFIG: &str = "/etc/mychatflow/config.toml";
/// Where a daemon that is a system service has its socket.
const SYSTEM_SOCKET: &str = "/run/mychatflow/mychatflow.sock";
const SOCKET: &str = "mychatflow.sock";

/// The environment, handed over so that a test can bring its own.
#[derive(Debug, Clone, Default)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// This process's environment. What is not UTF-8 is none of ours.
    pub fn of_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(text).collect())
    }

    /// A variable; an empty one counts as none.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All variables whose names begin so.
    pub fn starting_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let all = self.0.range(prefix.to_owned()..).take_while(move |(name, _)| name.starts_with(prefix));
        all.map(|(name, value)| (name.as_str(), value.as_str())).filter(|(_, value)| !value.is_empty())
    }

    /// A directory that systemd made for this service; the first where there are several.
    fn service_dir(&self, name: &str) -> Option<PathBuf> {
        self.var(name)?.split(':').next().map(PathBuf::from)
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Env {
    fn from(vars: [(&str, &str); N]) -> Self {
        Self(vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }
}

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "mychatflow")
}

/// Where a config may be when nobody says where, in the order of looking.
pub fn config_places() -> Vec<PathBuf> {
    let own = project().map(|dirs| dirs.config_dir().join("config.toml"));
    own.into_iter().chain([PathBuf::from(SYSTEM_CONFIG)]).collect()
}

/// Where the store is when the config does not say.
pub fn data_dir(env: &Env) -> PathBuf {
    env.service_dir("STATE_DIRECTORY")
        .or_else(|| project().map(|dirs| dirs.data_local_dir().to_owned()))
        .unwrap_or_else(|| PathBuf::from("/var/lib/mychatflow"))
}

/// Where the console keeps what was arranged, from one time to the next.
pub fn state_dir() -> Option<PathBuf> {
    project().map(|dirs| dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned())
}

/// The key map of the console.
pub fn keymap() -> Option<PathBuf> {
    project().map(|dirs| dirs.config_dir().join("keys.toml"))
}

/// Where the daemon's socket is when the config does not say. `XDG_RUNTIME_DIR` is unset under `su`, in services and
/// over some ssh servers: the data directory is always there.
pub fn socket(env: &Env, data_dir: &Path) -> PathBuf {
    if let Some(dir) = env.service_dir("RUNTIME_DIRECTORY") {
        return dir.join(SOCKET);
    }
    match env.var("XDG_RUNTIME_DIR").map(Path::new).filter(|dir| dir.is_dir()) {
        Some(dir) => dir.join("mychatflow").join(SOCKET),
        None => data_dir.join(SOCKET_IN_DATA_DIR),
    }
}

/// Where a command looks for the daemon. `named` is what the config says; else its own account's daemon comes first,
/// then the machine's. What the daemon wrote into its data directory holds whatever the environment says: it may have
/// been started by another session, or moved its socket.
pub fn socket_to_call(env: &Env, named: Option<PathBuf>, data_dir: &Path) -> PathBuf {
    let noted = noted_socket(data_dir);
    let (own, others) = match named {
        // The other places are those of other daemons.
        Some(named) => (named, Vec::new()),
        None => (socket(env, data_dir), vec![data_dir.join(SOCKET_IN_DATA_DIR), PathBuf::from(SYSTEM_SOCKET)]),
    };
    // A socket that may not be looked at is there all the same, and its error has a remedy.
    let is_there = |path: &PathBuf| match path.symlink_metadata() {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::PermissionDenied,
    };
    let mut places: Vec<PathBuf> = noted.into_iter().chain([own.clone()]).chain(others).filter(is_there).collect();
    places.dedup();
    if places.len() < 2 {
        return places.pop().unwrap_or(own);
    }
    // One of several may be what a daemon that was killed has left.
    let listens = |path: &PathBuf| std::os::unix::net::UnixStream::connect(path).is_ok();
    places.iter().find(|path| listens(path)).or(places.first()).cloned().unwrap_or(own)
}

/// Does the path fit a socket's address?
pub fn fits_a_socket(path: &Path) -> Result<(), String> {
    let bytes = path.as_os_str().len();
    if bytes <= SOCKET_PATH_BYTES_MAX {
        return Ok(());
    }
    Err(format!(
        "{} is too long for a socket ({bytes} bytes, at most {SOCKET_PATH_BYTES_MAX}); set daemon.socket to a shorter path",
        path.display()
    ))
}

/// A path as people write it: `~/` is their home, and what is not absolute counts from `base`.
pub fn written(text: &str, base: &Path, env: &Env) -> PathBuf {
    match (text.strip_prefix("~/"), env.var("HOME")) {
        (Some(rest), Some(home)) => Path::new(home).join(rest),
        _ => base.join(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_uses_the_directories_that_systemd_made() {
        let env = Env::from([
            ("RUNTIME_DIRECTORY", "/run/mychatflow:/run/other"),
            ("STATE_DIRECTORY", "/var/lib/mychatflow"),
            ("XDG_RUNTIME_DIR", "/tmp"),
        ]);
        assert_eq!(data_dir(&env), Path::new("/var/lib/mychatflow"));
        assert_eq!(socket(&env, Path::new("/data")), Path::new("/run/mychatflow/mychatflow.sock"));
    }

    #[test]
    fn without_a_runtime_directory_the_socket_is_beside_the_data() {
        assert_eq!(socket(&Env::default(), Path::new("/data")), Path::new("/data/run/mychatflow.sock"));
        let gone = Env::from([("XDG_RUNTIME_DIR", "/run/user/no-such-user")]);
        assert_eq!(socket(&gone, Path::new("/data")), Path::new("/data/run/mychatflow.sock"));
        let there = Env::from([("XDG_RUNTIME_DIR", "/tmp")]);
        assert_eq!(socket(&there, Path::new("/data")), Path::new("/tmp/mychatflow/mychatflow.sock"));
    }

    #[test]
    fn a_daemon_of_another_session_is_found_by_its_data_directory() {
        let home = tempfile::tempdir().unwrap();
        let (data_dir, elsewhere) = (home.path().join("data"), home.path().join("session/mychatflow.sock"));
        std::fs::create_dir_all(&data_dir).unwrap();
        std::fs::create_dir_all(elsewhere.parent().unwrap()).unwrap();
        let note = format!("4242\nstore 1\nsocket {}\n", elsewhere.display());
        std::fs::write(data_dir.join("mychatflow.lock"), note).unwrap();
        let env = Env::default();
        let usual = data_dir.join(SOCKET_IN_DATA_DIR);
        assert_eq!(socket_to_call(&env, None, &data_dir), usual, "what is not there is not looked for");

        let listener = std::os::unix::net::UnixListener::bind(&elsewhere).unwrap();
        assert_eq!(socket_to_call(&env, None, &data_dir), elsewhere);
        let named = home.path().join("named.sock");
        assert_eq!(socket_to_call(&env, Some(named.clone()), &data_dir), elsewhere, "also where the config names one");

        // What a daemon that was killed has left is passed over where another one listens.
        drop(listener);
        assert_eq!(socket_to_call(&env, None, &data_dir), elsewhere);
        std::fs::create_dir_all(usual.parent().unwrap()).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(&usual).unwrap();
        assert_eq!(socket_to_call(&env, None, &data_dir), usual);
    }

    #[test]
    fn a_path_too_long_for_a_socket_says_what_to_do() {
        let error = fits_a_socket(&Path::new("/data").join("x".repeat(120))).unwrap_err();
        assert!(error.contains("daemon.socket") && error.contains("126 bytes"), "{error}");
    }
}
