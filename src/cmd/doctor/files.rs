//! The config file and the data directory: what the doctor sees without asking anybody.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use mychatflow_daemon::config::Config;
use mychatflow_daemon::data_dir;
use mychatflow_daemon::disk::free_bytes;
use mychatflow_daemon::health;
use mychatflow_daemon::health::config::ReadableFile;
use mychatflow_daemon::health::store::{DISK_FULL_BYTES, DISK_LOW_BYTES};
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::soundness::{
    look_through_closed_file, look_through_file, schema_differences_of_closed_file,
};
use mychatflow_data::store::traces::{Decision, Log, Standing, decide};
use mychatflow_data::time::Timestamp;

use super::{Check, Hand};
use crate::config::{ConfigError, Loaded};
use crate::output::bytes;
use crate::paths::config_places;

const NAME: &str = "config";
/// How long the pages of the store are looked through.
const LOOK_THROUGH: Duration = Duration::from_secs(5);

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
    let evidence = health::config::gather(&loaded.config);
    let readable = &evidence.readable;
    if readable.is_empty() {
        return Check::ok(NAME, format!("{shown} is right"));
    }
    let found = health::config::judge(&evidence, Timestamp::now());
    let found = found.iter().map(|found| found.summary.as_str()).collect::<Vec<_>>().join("; ");
    let remedy = readable.iter().map(ReadableFile::remedy).collect::<Vec<_>>().join("; ");
    if hand == Hand::Looks {
        return Check::warning(NAME, found, format!("{remedy}, or: mychatflow doctor --fix"));
    }
    let close = |file: &ReadableFile| fs::set_permissions(&file.path, fs::Permissions::from_mode(file.wanted));
    match readable.iter().try_for_each(close) {
        Ok(()) => Check::ok(NAME, format!("{shown} is right; mended: only who must read the keys may read them now")),
        Err(error) => Check::warning(NAME, format!("{found}; not closed: {error}"), remedy),
    }
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
        // With a log beside it only the daemon may look: whoever else does would make files that are not the daemon's.
        Decision::Open(Standing::AsLeft) if traces.log == Log::Empty => {
            let damaged = damaged(&opening.path, look_through_closed_file(&opening.path, LOOK_THROUGH));
            let bad = damaged.or_else(|| changed(&opening.path));
            bad.unwrap_or_else(|| Check::ok(NAME, format!("{path} is there")))
        }
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

/// What is wrong with the pages of the store that a daemon has open; `None` where nothing is, or where it can't be told in a few seconds.
pub fn pages(path: &Path) -> Option<Check> {
    damaged(path, look_through_file(path, LOOK_THROUGH))
}

fn damaged(path: &Path, looked: Result<Option<String>, StoreError>) -> Option<Check> {
    let damage = looked.ok()??;
    let dir = path.parent().unwrap_or(path).display();
    let remedy = format!("mychatflow daemon stop; copy {dir} away; then put a backup in its place");
    Some(Check::failed("store", format!("{} is damaged: {damage}", path.display()), remedy))
}

/// How the schema of a store that no daemon has open differs from what this version makes; `None` where it does not, or can't be read.
fn changed(path: &Path) -> Option<Check> {
    let now = Timestamp::now();
    let found = health::store::judge_schema(path, &schema_differences_of_closed_file(path).ok()?)?;
    Some(Check::found(&found.seen(now), now))
}

/// A place that works, by what is left on its disk.
fn space(name: &str, detail: &str, free: Option<i64>) -> Check {
    let Some(free) = free else { return Check::ok(name, detail) };
    let detail = format!("{detail}, {} free", bytes(free));
    let remedy = "make room on the disk; what takes it: du -xh / | sort -h | tail";
    match free {
        ..DISK_FULL_BYTES => Check::failed(name, detail, remedy),
        DISK_FULL_BYTES..DISK_LOW_BYTES => Check::warning(name, detail, remedy),
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
            (Some(DISK_FULL_BYTES), State::Warning),
            (Some(DISK_LOW_BYTES), State::Ok),
            (None, State::Ok),
        ] {
            assert_eq!(space("data", "/data", free).state, expected, "{free:?}");
        }
    }
}
