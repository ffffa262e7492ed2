//! Where things are: one rule, shared by the daemon and by everything that talks to it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
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
        None => data_dir.join("run").join(SOCKET),
    }
}

/// Where a command looks for the daemon: its own account's daemon first, then the machine's.
pub fn socket_to_call(env: &Env, data_dir: &Path) -> PathBuf {
    let own = socket(env, data_dir);
    let in_data_dir = data_dir.join("run").join(SOCKET);
    let system = PathBuf::from(SYSTEM_SOCKET);
    // A socket that may not be looked at is there all the same, and its error has a remedy.
    let there = |path: &Path| match path.symlink_metadata() {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::PermissionDenied,
    };
    [own.clone(), in_data_dir, system].into_iter().find(|path| there(path)).unwrap_or(own)
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
    fn a_path_too_long_for_a_socket_says_what_to_do() {
        let error = fits_a_socket(&Path::new("/data").join("x".repeat(120))).unwrap_err();
        assert!(error.contains("daemon.socket") && error.contains("126 bytes"), "{error}");
    }
}
