//! The config file and the data directory: what the doctor sees without asking anybody.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mychatflow_daemon::config::{Config, ConfigValue};
use mychatflow_daemon::data_dir;
use mychatflow_daemon::disk::free_bytes;
use mychatflow_data::store::traces::{Decision, Standing, decide};

use super::{Check, Hand};
use crate::config::{ConfigError, Loaded, Origin};
use crate::output::bytes;
use crate::paths::config_places;

const NAME: &str = "config";
/// With less the store will soon take no writes.
const FREE_LOW: i64 = 1_000_000_000;
/// With less it may stop at any message.
const FREE_NONE: i64 = 50_000_000;
/// Everybody but the owner.
const OTHERS: u32 = 0o077;

/// The config: there, right, and for nobody else to read when it holds keys.
pub fn config(loaded: Result<&Loaded, &ConfigError>, hand: Hand) -> Check {
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(error) => {
            let detail = error.to_string().replace('\n', "; ");
            return Check::failed(NAME, detail, "correct it, then: mychatflow config check");
        }
    };
    let Some(file) = &loaded.file else {
        let place = config_places().first().map(|place| place.display().to_string()).unwrap_or_default();
        return Check::warning(NAME, "there is no config file: everything is as usual", format!("write {place}"));
    };
    let shown = file.display();
    let mode = match fs::metadata(file) {
        Ok(found) => found.permissions().mode(),
        Err(error) => return Check::failed(NAME, format!("{shown}: {error}"), format!("look at: ls -l {shown}")),
    };
    if mode & OTHERS == 0 || !holds_secrets(loaded, file) {
        return Check::ok(NAME, format!("{shown} is right"));
    }
    let remedy = format!("chmod 600 {shown}");
    match hand {
        Hand::Looks => {
            let detail = format!("{shown} holds keys, and others may read it (mode {:04o})", mode & 0o7777);
            Check::warning(NAME, detail, format!("{remedy}, or: mychatflow doctor --fix"))
        }
        Hand::Mends => match fs::set_permissions(file, fs::Permissions::from_mode(0o600)) {
            Ok(()) => Check::ok(NAME, format!("{shown} is right; mended: only its owner may read it now")),
            Err(error) => Check::warning(NAME, format!("{shown} holds keys, and could not be closed: {error}"), remedy),
        },
    }
}

/// Does the file itself hold a key, not only the name of a file with one?
fn holds_secrets(loaded: &Loaded, file: &Path) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    let named = |line: usize| text.lines().nth(line.saturating_sub(1)).is_some_and(|line| line.contains("_file"));
    loaded.config.lines().iter().any(|line| match (&line.value, loaded.origins.get(&line.key)) {
        (ConfigValue::Secret(_), Some(Origin::File(path, at))) => path == file && !named(*at),
        _ => false,
    })
}

/// The data directory as this account finds it, for when no daemon can be asked.
pub fn data_dir(dir: &Path) -> Check {
    let shown = dir.display();
    match tempfile::tempfile_in(dir) {
        Ok(_) => space("data", &format!("{shown} can be written"), free_bytes(dir)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Check::ok("data", format!("{shown} is not there yet: the daemon makes it"))
        }
        Err(error) => {
            let remedy = format!("let the account that runs the daemon have it: chown -R ACCOUNT {shown}");
            Check::failed("data", format!("{shown} can't be written: {error}"), remedy)
        }
    }
}

/// What the daemon would find where its store should be, for when no daemon can be asked. Nothing is touched.
pub fn store(config: &Config) -> Check {
    const NAME: &str = "store";
    let opening = data_dir::opening(config);
    let path = opening.path.display();
    let traces = match opening.look() {
        Ok(traces) => traces,
        Err(error) => return Check::failed(NAME, error.to_string(), format!("look at: ls -l {path}")),
    };
    match decide(&traces) {
        Decision::Create => Check::ok(NAME, format!("{path} is not there yet: the daemon makes it")),
        Decision::Adopt => Check::ok(NAME, format!("{path} is a store of an older version: the daemon takes it over")),
        Decision::Open(Standing::AsLeft) => Check::ok(NAME, format!("{path} is there")),
        Decision::Open(Standing::OlderCopy) => Check::warning(
            NAME,
            format!("{path} is an older copy of the store that was here: what came after it is missing"),
            "if that is not meant, put the newer file back before the daemon starts",
        ),
        Decision::Refuse(refusal) => {
            let refused = opening.refused_words(&traces, refusal);
            Check::failed(NAME, refused.reason(), refused.remedy())
        }
    }
}

/// A place that works, by what is left on its disk.
pub fn space(name: &str, detail: &str, free: Option<i64>) -> Check {
    let Some(free) = free else { return Check::ok(name, detail) };
    let detail = format!("{detail}, {} free", bytes(free));
    let remedy = "make room on the disk; what takes it: du -xh / | sort -h | tail";
    match free {
        ..FREE_NONE => Check::failed(name, detail, remedy),
        FREE_NONE..FREE_LOW => Check::warning(name, detail, remedy),
        _ => Check::ok(name, detail),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn a_full_disk_is_no_surprise() {
        for (free, expected) in [
            (Some(0), State::Failed),
            (Some(FREE_NONE), State::Warning),
            (Some(FREE_LOW), State::Ok),
            (None, State::Ok),
        ] {
            assert_eq!(space("data", "/data", free).state, expected, "{free:?}");
        }
    }
}
