//! Files of this machine, read for somebody who named them.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mychatflow_data::model::campaign_file::{FILE_BYTES_MAX, check_size};

/// The largest text that is taken: more than any list of recipients has.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The text of a file, as UTF-8 whatever it was.
///
/// # Errors
/// A sentence with what to do.
pub fn text(path: &str) -> Result<String, String> {
    let place = expand(path);
    let shown = place.display();
    let bytes = bytes(&place, BYTES_MAX)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(format!("{shown} has more than {} MiB: split it", BYTES_MAX / 1024 / 1024));
    }
    decoded(bytes).ok_or_else(|| format!("{shown} is not UTF-8: save it as \"CSV UTF-8\", or use iconv"))
}

/// What is in a file that is to go with a campaign.
///
/// # Errors
/// A sentence with what to do.
pub fn attachment(path: &str) -> Result<Vec<u8>, String> {
    let place = expand(path);
    let bytes = bytes(&place, FILE_BYTES_MAX)?;
    // One that is too large is not read to its end: its size is told as the disk knows it.
    let size = std::fs::metadata(&place).map_or(0, |about| about.len()).max(bytes.len() as u64);
    check_size(size).map_err(|wrong| format!("{} {wrong}", place.display()))?;
    Ok(bytes)
}

/// What is in a file, one byte more than allowed at most.
fn bytes(place: &Path, bytes_max: u64) -> Result<Vec<u8>, String> {
    let shown = place.display();
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => format!("there is no file {shown} on this machine"),
        _ => format!("{shown} could not be read: {error}"),
    };
    // A pipe or a device has no end, and opening it may wait for ever.
    let about = std::fs::metadata(place).map_err(unreadable)?;
    if about.is_dir() {
        return Err(format!("{shown} is a directory; name the file in it"));
    }
    if !about.is_file() {
        return Err(format!("{shown} is no file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(place).map_err(unreadable)?;
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// The home directory for `~`.
fn expand(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// UTF-8, or UTF-16 with the mark that spreadsheets put in front.
fn decoded(bytes: Vec<u8>) -> Option<String> {
    let wide = |from: fn([u8; 2]) -> u16| {
        let (units, rest) = bytes[2..].as_chunks::<2>();
        let units: Vec<u16> = units.iter().map(|unit| from(*unit)).collect();
        rest.is_empty().then(|| String::from_utf16(&units).ok()).flatten()
    };
    match bytes.get(..2) {
        Some([0xff, 0xfe]) => wide(u16::from_le_bytes),
        Some([0xfe, 0xff]) => wide(u16::from_be_bytes),
        _ => String::from_utf8(bytes).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_spreadsheets_write_is_read() {
        let table: [(&[u8], Option<&str>); 5] = [
            ("phone,é".as_bytes(), Some("phone,é")),
            (&[0xff, 0xfe, b'a', 0, 0xe9, 0], Some("aé")),
            (&[0xfe, 0xff, 0, b'a', 0, 0xe9], Some("aé")),
            (&[b'a', 0xe9, b'b'], None),
            (&[0xff, 0xfe, b'a'], None),
        ];
        for (bytes, text) in table {
            assert_eq!(decoded(bytes.to_vec()).as_deref(), text, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_said() {
        assert_eq!(text("/nowhere/people.csv").unwrap_err(), "there is no file /nowhere/people.csv on this machine");
        assert!(text("/").unwrap_err().contains("is a directory"));
        assert_eq!(attachment("/nowhere/a.png").unwrap_err(), "there is no file /nowhere/a.png on this machine");
        assert_eq!(attachment("/dev/null").unwrap_err(), "/dev/null is no file");
    }
}
