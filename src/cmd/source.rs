//! A file of people's own, on its way to the daemon: read in pieces that fit a line of the socket, as UTF-8 whatever it was.
//! What is no UTF-8 is read as the usual encoding of spreadsheets on Windows, and that is said.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
use mychatflow_data::encoding::{Encoding, NoText, looks_western};
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
    tries: Tries,
}

/// Can it be read again from its beginning?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tries {
    /// Yes: a file.
    Again,
    /// No: a pipe.
    Once,
}

/// A piece of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its text.
    pub text: String,
    /// Does more follow?
    pub rest: Rest,
}

impl Source {
    /// Opens a file; `-` is stdin. A file is looked through first, so that one that can't be read is not half taken in.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        if path.as_os_str() == "-" {
            return Self::begin_once(Box::new(std::io::stdin()), None);
        }
        let open = || File::open(path).with_context(|| format!("could not read {}", path.display()));
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let about = open()?.metadata().with_context(|| format!("could not read {}", path.display()))?;
        if !about.is_file() {
            // A pipe can be read only once.
            return Self::begin_once(Box::new(open()?), name);
        }
        // All of it, since the bytes that tell may stand at its end.
        let encoding = Encoding::of_file(open()?).with_context(|| format!("could not read {}", path.display()))??;
        let whole = Self::begin(Box::new(open()?), None, None, Some(encoding))?;
        whole.read_through()?;
        Self::begin(Box::new(open()?), name, Some(about.len()), Some(encoding))
    }

    /// Reads all of it.
    fn read_through(mut self) -> anyhow::Result<()> {
        while self.next()?.is_some_and(|piece| piece.rest == Rest::Follows) {}
        Ok(())
    }

    fn begin(
        from: Box<dyn Read + Send>,
        name: Option<String>,
        size: Option<u64>,
        encoding: Option<Encoding>,
    ) -> anyhow::Result<Self> {
        Self::new(from, name, size, encoding, Tries::Again).begun()
    }

    /// A pipe: of what it is written in its first piece tells.
    fn begin_once(from: Box<dyn Read + Send>, name: Option<String>) -> anyhow::Result<Self> {
        Self::new(from, name, None, None, Tries::Once).begun()
    }

    fn new(
        from: Box<dyn Read + Send>,
        name: Option<String>,
        size: Option<u64>,
        encoding: Option<Encoding>,
        tries: Tries,
    ) -> Self {
        Self { from, encoding, carried: Vec::new(), ahead: None, name, size, handed_out: 0, lines: 1, tries }
    }

    fn begun(mut self) -> anyhow::Result<Self> {
        // Also an empty file has a piece.
        self.ahead = Some(self.decoded()?.unwrap_or_default());
        Ok(self)
    }

    /// What the file is called.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What the file is written in, where that is not UTF-8.
    pub fn encoding(&self) -> Option<&'static str> {
        self.encoding.and_then(Encoding::word)
    }

    /// What somebody should know of it.
    pub fn remark(&self) -> Option<&'static str> {
        self.encoding.and_then(Encoding::remark)
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
            None => *self.encoding.insert(Encoding::of_beginning(&bytes)?),
        };
        let (text, used) = match encoding.decode(&bytes) {
            // Of a pipe the first piece tells; it can't be read again.
            Err(NoText::NotUtf8 { .. })
                if self.tries == Tries::Once && self.handed_out == 0 && looks_western(&bytes) =>
            {
                self.encoding.insert(Encoding::Windows1252).decode(&bytes)?
            }
            Err(NoText::NotUtf8 { line }) => return Err(NoText::NotUtf8 { line: self.lines + line - 1 }.into()),
            decoded => decoded?,
        };
        self.carried = bytes.split_off(used);
        if read == 0 && !self.carried.is_empty() {
            bail!("the list ends within a character: was it cut off?");
        }
        self.lines += text.matches('\n').count();
        Ok(Some(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> anyhow::Result<(String, usize)> {
        let mut source = Source::begin(Box::new(std::io::Cursor::new(bytes.to_vec())), None, None, None)?;
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
            (b"p\0\0\0o\x01\0\0", "no text"),
        ] {
            let error = read(bytes).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn lists_of_old_programs_are_read_with_a_remark() {
        let place = tempfile::tempdir().unwrap();
        let open = |name: &str, bytes: &[u8]| {
            let path = place.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            Source::open(&path)
        };
        let long: Vec<u8> = [b"phone,name\n".repeat(20_000), b"+4915111111111,J\xfcrgen \x80\n".to_vec()].concat();
        let mut source = open("ansi.csv", &long).unwrap();
        let mut text = String::new();
        while let Some(piece) = source.next().unwrap() {
            text.push_str(&piece.text);
        }
        assert!(text.ends_with("+4915111111111,Jürgen €\n"), "the bytes that tell stand at its end");
        assert_eq!(source.encoding(), Some("windows-1252"));
        assert!(source.remark().unwrap().contains("Windows-1252"));
        assert_eq!(open("utf8.csv", "Jürgen".as_bytes()).unwrap().remark(), None);
        let utf16: Vec<u8> = "phone,name\n1,Jürgen\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(open("utf16.csv", &utf16).unwrap().encoding(), Some("utf-16"), "without its mark");
        // Russian bytes are no Western names.
        let error = open("cyrillic.csv", b"phone,name\n1,\xc8\xe2\xe0\xed\xee\xe2\n").err().unwrap();
        assert!(error.to_string().contains("line 2 of the list is not UTF-8"), "{error}");
        let mut piped = Source::begin_once(Box::new(std::io::Cursor::new(b"J\xfcrgen".to_vec())), None).unwrap();
        assert_eq!(piped.next().unwrap().unwrap().text, "Jürgen");
    }
}
