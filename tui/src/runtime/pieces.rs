//! Reads files of the console's own machine, piece by piece.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::piece::{PIECE_BYTES_MAX, Piece, PieceRead};

/// Reads a piece. It may take as long as the disk takes: not for the loop itself.
pub fn read(path: String, from: u64) -> Piece {
    let read = piece(&at_home(&path), from);
    Piece { path, from, read }
}

/// `~/list.csv` is in the home directory.
fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(path),
    }
}

fn piece(path: &Path, from: u64) -> Result<PieceRead, String> {
    let shown = path.display();
    let said = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => format!("there is no file {shown} on this machine"),
        io::ErrorKind::PermissionDenied => format!("this account may not read {shown}"),
        _ => format!("{shown} can't be read: {error}"),
    };
    // A pipe or a device has no end, and opening it may wait for ever.
    let kind = std::fs::metadata(path).map_err(said)?;
    if !kind.is_file() {
        return Err(format!("{shown} is no file"));
    }
    let mut file = File::open(path).map_err(said)?;
    let about = file.metadata().map_err(said)?;
    let written_at = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let written_at = written_at.and_then(|at| u64::try_from(at.as_millis()).ok()).unwrap_or(0);
    file.seek(SeekFrom::Start(from)).map_err(said)?;
    let mut bytes = Vec::new();
    file.take(PIECE_BYTES_MAX as u64).read_to_end(&mut bytes).map_err(said)?;
    let whole = match std::str::from_utf8(&bytes) {
        Ok(_) => bytes.len(),
        // The last character goes on in the next piece.
        Err(error) if error.error_len().is_none() && from + (bytes.len() as u64) < about.len() => error.valid_up_to(),
        Err(error) => {
            let at = from + error.valid_up_to() as u64;
            return Err(format!("{shown} is not UTF-8 at byte {at}: save it as \"CSV UTF-8\" and try again"));
        }
    };
    bytes.truncate(whole);
    if bytes.contains(&0) {
        return Err(format!("{shown} is no text: save it as \"CSV UTF-8\" and try again"));
    }
    let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    let text = match text.strip_prefix('\u{feff}').filter(|_| from == 0) {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    Ok(PieceRead { text, next: from + whole as u64, total: about.len(), written_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: &[u8]) -> PathBuf {
        let path = std::env::temp_dir().join(format!("mychatflow-pieces-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        path
    }

    #[test]
    fn pieces_end_between_characters_and_make_up_the_file() {
        let text = format!("{}{}", "a".repeat(PIECE_BYTES_MAX - 1), "東京🍓".repeat(40_000));
        let path = file("long", format!("\u{feff}{text}").as_bytes());
        let (mut got, mut from) = (String::new(), 0);
        loop {
            let read = piece(&path, from).unwrap();
            assert!(read.text.len() <= PIECE_BYTES_MAX);
            got.push_str(&read.text);
            from = read.next;
            if read.next >= read.total {
                break;
            }
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(got, text);
    }

    #[test]
    fn what_is_no_text_says_what_to_do() {
        for (name, bytes, expected) in [
            ("latin", &b"J\xf6rg,+49151"[..], "not UTF-8 at byte 1"),
            ("cut", &b"J\xc3"[..], "not UTF-8 at byte 1"),
            ("wide", &b"a\0b\0"[..], "is no text"),
        ] {
            let path = file(name, bytes);
            let error = piece(&path, 0).unwrap_err();
            std::fs::remove_file(&path).unwrap();
            assert!(error.contains(expected), "{error}");
        }
        assert!(piece(&std::env::temp_dir(), 0).unwrap_err().contains("is no file"));
        assert!(piece(Path::new("/nowhere/list.csv"), 0).unwrap_err().contains("there is no file"));
    }

    #[test]
    fn an_empty_file_is_an_empty_piece() {
        let path = file("empty", b"");
        let read = piece(&path, 0).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!((read.text.as_str(), read.next, read.total), ("", 0, 0));
    }
}
