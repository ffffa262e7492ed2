//! What is left on the disk.

use std::path::Path;

/// How many bytes may still be written in a directory; `None` where the system does not tell.
#[must_use]
pub fn free_bytes(dir: &Path) -> Option<i64> {
    let found = rustix::fs::statvfs(dir).ok()?;
    i64::try_from(found.f_bavail.saturating_mul(found.f_frsize)).ok()
}
