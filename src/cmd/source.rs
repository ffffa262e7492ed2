//! A file of people's own, on its way to the daemon: read in pieces that fit a line of the socket, as UTF-8 whatever it was.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
use mychatflow_data::protocol::piece::Rest;

/// Bytes of a piece. Written as JSON each may take six, and a line of the socket has 1 MiB at most.
const PIECE_BYTES: usize = 128 * 1024;

/// A file that is read in pieces.
pub struct Source {
    from: Box<dyn Read + Send>,
    encoding: Option<Encoding>,
    /// Bytes that are half of a character.
    carried: Vec<u8>,
    /// The piece after the one that is handed out, so that the last one is known for it.
    ahead: Option<String>,
    name: Option<String>,
    size: Option<u64>,
    handed_out: u64,
    lines: usize,
}

/// A piece of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its text.
    pub text: String,
    /// Does more follow?
    pub rest: Rest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16Little,
    Utf16Big,
}

impl Source {
    /// Opens a file; `-` is stdin. A file is looked through first, so that one that can't be read is not half taken in.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        if path.as_os_str() == "-" {
            return Self::begin(Box::new(std::io::stdin()), None, None);
        }
        let open = || File::open(path).with_context(|| format!("could not read {}", path.display()));
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let about = open()?.metadata().with_context(|| format!("could not read {}", path.display()))?;
        if !about.is_file() {
            // A pipe can be read only once.
            return Self::begin(Box::new(open()?), name, None);
        }
        let mut trial = Self::begin(Box::new(open()?), None, None)?;
        while trial.next()?.is_some_and(|piece| piece.rest == Rest::Follows) {}
        Self::begin(Box::new(open()?), name, Some(about.len()))
    }

    fn begin(from: Box<dyn Read + Send>, name: Option<String>, size: Option<u64>) -> anyhow::Result<Self> {
        let mut source =
            Self { from, encoding: None, carried: Vec::new(), ahead: None, name, size, handed_out: 0, lines: 1 };
        // Also an empty file has a piece.
        source.ahead = Some(source.decoded()?.unwrap_or_default());
        Ok(source)
    }

    /// What the file is called.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The share of it that was handed out, where its size is known.
    #[expect(clippy::cast_precision_loss, reason = "a file of 2^52 bytes is nobody's list")]
    pub fn share(&self) -> Option<f64> {
        self.size.map(|size| (self.handed_out as f64 / size.max(1) as f64).min(1.0))
    }

    /// The next piece; `None` after the last one.
    pub fn next(&mut self) -> anyhow::Result<Option<Piece>> {
        let Some(text) = self.ahead.take() else { return Ok(None) };
        self.handed_out += text.len() as u64;
        self.ahead = self.decoded()?;
        let rest = if self.ahead.is_some() { Rest::Follows } else { Rest::Nothing };
        Ok(Some(Piece { text, rest }))
    }

    /// Reads on; `None` at the end.
    fn decoded(&mut self) -> anyhow::Result<Option<String>> {
        let mut bytes = std::mem::take(&mut self.carried);
        let more = (PIECE_BYTES - bytes.len()) as u64;
        let read = self.from.by_ref().take(more).read_to_end(&mut bytes).context("could not read the list")?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let encoding = match self.encoding {
            Some(encoding) => encoding,
            None => *self.encoding.insert(encoding(&bytes)?),
        };
        let text = match encoding {
            Encoding::Utf8 => self.utf8(bytes)?,
            Encoding::Utf16Little => self.utf16(&bytes, u16::from_le_bytes)?,
            Encoding::Utf16Big => self.utf16(&bytes, u16::from_be_bytes)?,
        };
        if read == 0 && !self.carried.is_empty() {
            bail!("the list ends within a character: was it cut off?");
        }
        self.lines += text.matches('\n').count();
        Ok(Some(text))
    }

    fn utf8(&mut self, mut bytes: Vec<u8>) -> anyhow::Result<String> {
        if let Err(error) = std::str::from_utf8(&bytes) {
            if error.error_len().is_some() {
                let before = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
                bail!(
                    "line {} of the list is not UTF-8: save it as \"CSV UTF-8\", or: iconv -f WINDOWS-1252 -t UTF-8 FILE",
                    self.lines + before
                );
            }
            self.carried = bytes.split_off(error.valid_up_to());
        }
        String::from_utf8(bytes).context("the list is not UTF-8")
    }

    fn utf16(&mut self, bytes: &[u8], unit: fn([u8; 2]) -> u16) -> anyhow::Result<String> {
        let mut units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        let mut whole = units.len() * 2;
        if units.last().is_some_and(|last| (0xd800..0xdc00).contains(last)) {
            units.pop();
            whole -= 2;
        }
        self.carried = bytes[whole..].to_vec();
        String::from_utf16(&units).context("the list is not UTF-16, as its first bytes say")
    }
}

/// What the first bytes say.
fn encoding(first: &[u8]) -> anyhow::Result<Encoding> {
    match first {
        [0xff, 0xfe, ..] => Ok(Encoding::Utf16Little),
        [0xfe, 0xff, ..] => Ok(Encoding::Utf16Big),
        [b'P', b'K', 3, 4, ..] => bail!("this is a workbook and no list: save the sheet as \"CSV UTF-8\""),
        _ if first.contains(&0) => bail!("this is no text: save the list as \"CSV UTF-8\""),
        _ => Ok(Encoding::Utf8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> anyhow::Result<(String, usize)> {
        let mut source = Source::begin(Box::new(std::io::Cursor::new(bytes.to_vec())), None, None)?;
        let (mut text, mut pieces) = (String::new(), 0);
        while let Some(piece) = source.next()? {
            text.push_str(&piece.text);
            pieces += 1;
            assert!(serde_json::to_string(&piece.text)?.len() < 1_000_000);
            if piece.rest == Rest::Nothing {
                assert_eq!(source.next()?, None);
            }
        }
        Ok((text, pieces))
    }

    #[test]
    fn pieces_make_up_the_file_whatever_it_is_written_in() {
        assert_eq!(read(b"").unwrap(), (String::new(), 1));
        let long = format!("a{}", "é€𝄞\u{1}\"".repeat(60_000));
        assert_eq!(read(long.as_bytes()).unwrap().0, long);
        assert!(read(long.as_bytes()).unwrap().1 > 4);
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes: Vec<u8> = format!("\u{feff}{long}").encode_utf16().flat_map(unit).collect();
            assert_eq!(read(&bytes).unwrap().0.trim_start_matches('\u{feff}'), long);
        }
        for (bytes, why) in [
            (&b"phone\n1\nM\xfcller"[..], "line 3 of the list is not UTF-8"),
            (b"phone\n\xc3", "within a character"),
            (b"PK\x03\x04rest", "workbook"),
            (b"p\0h\0o\0", "no text"),
        ] {
            let error = read(bytes).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
