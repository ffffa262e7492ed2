//! The config: who may read the files with keys in them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use mychatflow_data::model::finding::{FindingCode, FindingSubject, HealthFinding};
use mychatflow_data::time::Timestamp;

use crate::config::Config;

/// For the owner alone.
const OWNER_ALONE: u32 = 0o600;
/// For the owner, and for the group to read.
const GROUP_READS: u32 = 0o640;
/// Where containers and service managers put keys; who may read them there is theirs to say.
const MOUNTED: &str = "/run";

/// What is known of the config.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigEvidence {
    /// Files with keys in them that others may read.
    pub readable: Vec<ReadableFile>,
}

/// A file with keys in it that others may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadableFile {
    /// Which.
    pub path: PathBuf,
    /// Its mode.
    pub mode: u32,
    /// The mode that it should have.
    pub wanted: u32,
}

impl ReadableFile {
    /// The command that closes it.
    #[must_use]
    pub fn remedy(&self) -> String {
        format!("chmod {:o} {}", self.wanted, self.path.display())
    }
}

/// The mode that a file with keys in it should have. One that root gave to the group of a service is read by that service through
/// its group: closed to the group, it would keep the daemon from starting.
const fn wanted_mode(owner: u32, group: u32) -> u32 {
    if owner == 0 && group != 0 { GROUP_READS } else { OWNER_ALONE }
}

/// Gathers it: a look at each file that holds a key.
#[must_use]
pub fn gather(config: &Config) -> ConfigEvidence {
    let look = |path: &PathBuf| {
        if path.starts_with(MOUNTED) {
            return None;
        }
        let found = fs::metadata(path).ok()?;
        let (mode, wanted) = (found.mode() & 0o7777, wanted_mode(found.uid(), found.gid()));
        let is_open = mode & 0o077 & !wanted != 0;
        is_open.then(|| ReadableFile { path: path.clone(), mode, wanted })
    };
    ConfigEvidence { readable: config.secret_files.iter().filter_map(look).collect() }
}

/// What is wrong with it.
#[must_use]
pub fn judge(evidence: &ConfigEvidence, now: Timestamp) -> Vec<HealthFinding> {
    let readable = evidence.readable.iter();
    readable
        .map(|file| {
            let summary =
                format!("{} holds keys, and others may read it (mode {:04o})", file.path.display(), file.mode);
            let code = FindingCode::ConfigReadable;
            HealthFinding::new(code, FindingSubject::Config, summary, "the mode of the file", file.remedy()).seen(now)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_may_read_by_its_group_what_root_keeps_for_it() {
        for (owner, group, wanted) in [(0, 0, 0o600), (0, 990, 0o640), (1000, 1000, 0o600), (990, 990, 0o600)] {
            assert_eq!(wanted_mode(owner, group), wanted, "{owner}:{group}");
        }
        let file = ReadableFile { path: "/etc/mychatflow/config.toml".into(), mode: 0o644, wanted: 0o640 };
        assert_eq!(file.remedy(), "chmod 640 /etc/mychatflow/config.toml");
        let found = judge(&ConfigEvidence { readable: vec![file] }, Timestamp::from_seconds(1));
        assert!(found[0].summary.ends_with("(mode 0644)") && found[0].remedy.starts_with("chmod 640"), "{found:?}");
    }
}
