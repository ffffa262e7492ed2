//! Text files of this machine, read for somebody who named them.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

/// The largest file that is taken: more than any list of recipients has.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The text of a file, as UTF-8 whatever it was.
///
/// # Errors
/// A sentence with what to do.
pub fn text(path: &str) -> Result<String, String> {
    let place = expand(path);
    let shown = place.display();
    let unreadable = |error: std::io::Error| format!("{shown} could not be read: {error}");
    let file = File::open(&place).map_err(unreadable)?;
    if file.metadata().is_ok_and(|about| about.is_dir()) {
        return Err(format!("{shown} is a directory; name the file in it"));
    }
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(format!("{shown} has more than {} MiB: split it", BYTES_MAX / 1024 / 1024));
    }
    decoded(bytes).ok_or_else(|| format!("{shown} is not UTF-8: save it as \"CSV UTF-8\", or use iconv"))
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
        assert!(text("/nowhere/people.csv").unwrap_err().contains("could not be read"));
        assert!(text("/").unwrap_err().contains("is a directory"));
    }
}
