//! What is left on the disk.

use std::path::Path;

use rustix::fs::{StatVfsMountFlags, statvfs};

/// How many bytes may still be written in a directory; `None` where the system does not tell.
#[must_use]
pub fn free_bytes(dir: &Path) -> Option<i64> {
    disk_room(dir).map(|room| room.free_bytes)
}

/// What a file system has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskRoom {
    /// How many bytes may still be written.
    pub free_bytes: i64,
    /// How many there are.
    pub total_bytes: i64,
    /// How many files may still be made; `None` where they are not counted.
    pub free_files: Option<u64>,
    /// Is it mounted for reading only?
    pub is_read_only: bool,
}

/// The variable that names a file with so many bytes, which are said to be left: a test can't fill a disk that others need. Without the
/// feature `halt` nobody reads it.
pub const FREE_BYTES_VARIABLE: &str = "MYCHATFLOW_DISK_FREE_BYTES";

/// What the file system of a directory has room for; `None` where the system does not tell.
#[must_use]
pub fn disk_room(dir: &Path) -> Option<DiskRoom> {
    let room = measured(dir)?;
    #[cfg(feature = "halt")]
    let room = match std::env::var(FREE_BYTES_VARIABLE).ok().and_then(|file| std::fs::read_to_string(file).ok()) {
        Some(said) => DiskRoom { free_bytes: said.trim().parse().unwrap_or(room.free_bytes), ..room },
        None => room,
    };
    Some(room)
}

fn measured(dir: &Path) -> Option<DiskRoom> {
    let found = statvfs(dir).ok()?;
    let bytes = |blocks: u64| i64::try_from(blocks.saturating_mul(found.f_frsize)).unwrap_or(i64::MAX);
    Some(DiskRoom {
        free_bytes: bytes(found.f_bavail),
        total_bytes: bytes(found.f_blocks),
        free_files: (found.f_files > 0).then_some(found.f_favail),
        is_read_only: found.f_flag.contains(StatVfsMountFlags::RDONLY),
    })
}
