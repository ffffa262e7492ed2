//! The config: who may read the files with keys in them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use mychatflow_data::model::finding::{FindingCode, FindingSubject, HealthFinding};
use mychatflow_data::time::Timestamp;

use crate::config::Config;

/// Everybody but the owner.
const OTHERS: u32 = 0o077;
/// Where containers and service managers put keys; who may read them there is theirs to say.
const MOUNTED: &str = "/run";

/// What is known of the config.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigEvidence {
    /// Files with keys in them that others may read, with their modes.
    pub readable: Vec<(PathBuf, u32)>,
}

/// Gathers it: a look at each file that holds a key.
#[must_use]
pub fn gather(config: &Config) -> ConfigEvidence {
    let mode = |path: &PathBuf| {
        if path.starts_with(MOUNTED) {
            return None;
        }
        let mode = fs::metadata(path).ok()?.permissions().mode() & 0o7777;
        (mode & OTHERS != 0).then(|| (path.clone(), mode))
    };
    ConfigEvidence { readable: config.secret_files.iter().filter_map(mode).collect() }
}

/// What is wrong with it.
#[must_use]
pub fn judge(evidence: &ConfigEvidence, now: Timestamp) -> Vec<HealthFinding> {
    let readable = evidence.readable.iter();
    readable
        .map(|(path, mode)| {
            let shown = path.display();
            let summary = format!("{shown} holds keys, and others may read it (mode {mode:04o})");
            let remedy = format!("chmod 600 {shown}");
            let code = FindingCode::ConfigReadable;
            HealthFinding::new(code, FindingSubject::Config, summary, "the mode of the file", remedy).seen(now)
        })
        .collect()
}
