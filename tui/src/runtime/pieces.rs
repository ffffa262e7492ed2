//! Reads files of the console's own machine, piece by piece.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use mychatflow_data::encoding::Encoding;

use crate::piece::{PIECE_BYTES_MAX, Piece, PieceRead};

/// Reads a piece. It may take as long as the disk takes: not for the loop itself.
///
/// `encoding`: what the file is written in, once that is known.
pub fn read(path: String, from: u64, encoding: Option<Encoding>) -> Piece {
    let read = piece(&at_home(&path), from, encoding);
    Piece { path, from, read }
}

/// `~/list.csv` is in the home directory.
fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(path),
    }
}

fn piece(path: &Path, from: u64, encoding: Option<Encoding>) -> Result<PieceRead, String> {
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
    let encoding = match encoding {
        Some(encoding) => encoding,
        None => Encoding::of_file(&mut file).map_err(said)?.map_err(|why| format!("{shown}: {why}"))?,
    };
    file.seek(SeekFrom::Start(from)).map_err(said)?;
    let mut bytes = Vec::new();
    // What other encodings write in one byte may take three in UTF-8.
    let room = if encoding == Encoding::Utf8 { PIECE_BYTES_MAX } else { (PIECE_BYTES_MAX / 3) & !1 };
    file.take(room as u64).read_to_end(&mut bytes).map_err(said)?;
    let (text, used) = encoding.decode(&bytes).map_err(|why| format!("{shown}: {why}"))?;
    let next = from + used as u64;
    if used < bytes.len() && from + bytes.len() as u64 >= about.len() {
        return Err(format!("{shown} ends within a character: was it cut off?"));
    }
    let text = match text.strip_prefix('\u{feff}').filter(|_| from == 0) {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    Ok(PieceRead { text, next, total: about.len(), encoding, written_at })
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
            let read = piece(&path, from, None).unwrap();
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
            ("cyrillic", &b"phone\n\xc8\xe2\xe0\xed,+7"[..], "line 2 of the list is not UTF-8"),
            ("cut", &b"J\xc3"[..], "ends within a character"),
            ("book", &b"PK\x03\x04"[..], "is a workbook"),
            ("other", &b"a\0\0\x01b"[..], "is no text"),
        ] {
            let path = file(name, bytes);
            let error = piece(&path, 0, None).unwrap_err();
            std::fs::remove_file(&path).unwrap();
            assert!(error.contains(expected), "{error}");
        }
        assert!(piece(&std::env::temp_dir(), 0, None).unwrap_err().contains("is no file"));
        assert!(piece(Path::new("/nowhere/list.csv"), 0, None).unwrap_err().contains("there is no file"));
    }

    #[test]
    fn what_spreadsheets_write_is_read_as_that() {
        let wide: Vec<u8> = "\u{feff}J\u{f6}rg;1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (name, bytes, expected) in [
            ("latin", &b"J\xf6rg;1\n"[..], Encoding::Windows1252),
            ("wide", &wide, Encoding::Utf16Little),
            ("plain", "J\u{f6}rg;1\n".as_bytes(), Encoding::Utf8),
        ] {
            let path = file(name, bytes);
            let read = piece(&path, 0, None).unwrap();
            std::fs::remove_file(&path).unwrap();
            assert_eq!((read.text.as_str(), read.encoding), ("J\u{f6}rg;1\n", expected), "{name}");
        }
    }

    #[test]
    fn an_empty_file_is_an_empty_piece() {
        let path = file("empty", b"");
        let read = piece(&path, 0, None).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!((read.text.as_str(), read.next, read.total), ("", 0, 0));
    }
}
