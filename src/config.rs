//! File and environment → what the daemon is told. Every mistake says where it stands; all of them at once.

mod build;
mod keys;
mod layers;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mychatflow_daemon::config::Config;

use self::layers::Layers;
pub use self::layers::Origin;
use crate::paths::{self, Env};

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Where: file and line, or a variable, or a key.
    pub at: String,
    /// What.
    pub message: String,
}

/// A config that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file; `None` where there is none.
    pub file: Option<PathBuf>,
    /// Everything that is wrong with it.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, Problem { at, message }) in self.problems.iter().enumerate() {
            let line_end = if n == 0 { "" } else { "\n" };
            write!(f, "{line_end}{at}: {message}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// A config, and where each of its values stands. What is not in `origins` is as usual.
#[derive(Debug)]
pub struct Loaded {
    /// What the daemon is told.
    pub config: Config,
    /// The file; `None` where there is none.
    pub file: Option<PathBuf>,
    /// By key.
    pub origins: BTreeMap<String, Origin>,
}

/// What a command needs to know, without asking whether the rest of the config is right.
#[derive(Debug)]
pub struct Whereabouts {
    /// The daemon's socket.
    pub socket: PathBuf,
    /// The config file; `None` where there is none.
    pub file: Option<PathBuf>,
    /// Where the daemon's data is; `None` where a socket was named, which may be any daemon's.
    pub data_dir: Option<PathBuf>,
}

/// Reads the config for the daemon.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(explicit: Option<&Path>, env: &Env) -> Result<Loaded, ConfigError> {
    loaded(find(explicit, env)?, env)
}

fn loaded(file: Option<(PathBuf, String)>, env: &Env) -> Result<Loaded, ConfigError> {
    let layers = Layers::read(file.as_ref().map(|(path, text)| (path.as_path(), text.as_str())), env);
    let origins = layers.found.iter().map(|(key, found)| (key.to_string(), found.origin.clone())).collect();
    let file = file.map(|(path, _)| path);
    let (config, problems) = build::build(layers, &base(file.as_deref()), env);
    if problems.is_empty() { Ok(Loaded { config, file, origins }) } else { Err(ConfigError { file, problems }) }
}

/// Reads a config that may not be on the disk yet, as if it stood there.
///
/// # Errors
/// Everything that is wrong with it.
pub fn of_text(path: &Path, text: &str, env: &Env) -> Result<Loaded, ConfigError> {
    loaded(Some((path.to_owned(), text.to_owned())), env)
}

/// Looks for the daemon's socket, unless it was named. A wrong key or value keeps nobody from asking the daemon, and a
/// config that may not be read (it has keys in it) is passed over.
///
/// # Errors
/// When a file that was asked for is not there, or when the socket may stand in a file that is no TOML: the usual
/// socket would be another daemon's, or nobody's.
pub fn whereabouts(explicit: Option<&Path>, named: Option<&Path>, env: &Env) -> Result<Whereabouts, ConfigError> {
    let file = match find(explicit, env) {
        Ok(file) => file,
        Err(error) if explicit.is_some() => return Err(error),
        Err(_) => None,
    };
    let layers = Layers::read(file.as_ref().map(|(path, text)| (path.as_path(), text.as_str())), env);
    let file = file.map(|(path, _)| path);
    if let Some(socket) = named {
        return Ok(Whereabouts { socket: socket.to_owned(), file, data_dir: None });
    }
    if let Some(problem) = layers.not_toml {
        return Err(ConfigError { file, problems: vec![problem] });
    }
    let (socket, data_dir) = build::peek(&layers, &base(file.as_deref()), env);
    let data_dir = data_dir.unwrap_or_else(|| paths::data_dir(env));
    Ok(Whereabouts { socket: paths::socket_to_call(env, socket, &data_dir), file, data_dir: Some(data_dir) })
}

/// Paths in the file count from the file.
fn base(file: Option<&Path>) -> PathBuf {
    let dir = file.and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
    std::path::absolute(&dir).or_else(|_| std::env::current_dir()).unwrap_or(dir)
}

fn find(explicit: Option<&Path>, env: &Env) -> Result<Option<(PathBuf, String)>, ConfigError> {
    let asked = explicit.map(Path::to_owned).or_else(|| env.var("MYCHATFLOW_CONFIG").map(PathBuf::from));
    let (places, must) = match asked {
        Some(path) => (vec![path], true),
        None => (paths::config_places(), false),
    };
    for path in places {
        match fs::read_to_string(&path) {
            Ok(text) => return Ok(Some((path, text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !must => {}
            Err(error) => {
                let message = format!("could not read the config: {error}");
                let problem = Problem { at: path.display().to_string(), message };
                return Err(ConfigError { file: Some(path), problems: vec![problem] });
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
