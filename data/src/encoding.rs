//! What a file of people's own is written in: UTF-8, or what spreadsheets write besides.

use std::io::{self, Read};

use serde::{Deserialize, Serialize};

/// What a text file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8
    Utf8,
    /// UTF-16, the low byte first.
    Utf16Little,
    /// UTF-16, the high byte first.
    Utf16Big,
    /// The usual encoding of spreadsheets on Windows in Western Europe.
    Windows1252,
}

/// Why a file is no text that we can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoText {
    /// A workbook.
    #[error("this is a workbook and no list: save the sheet as \"CSV UTF-8\"")]
    Workbook,
    /// Something else with zeros in it.
    #[error("this is no text: save the list as \"CSV UTF-8\"")]
    Binary,
    /// Another encoding; the line counts from 1.
    #[error("line {line} of the list is not UTF-8: save it as \"CSV UTF-8\", or: iconv -f WINDOWS-1252 -t UTF-8 FILE")]
    NotUtf8 {
        /// Where that shows.
        line: usize,
    },
    /// Its first bytes say UTF-16, and the others are not.
    #[error("the list is not UTF-16, as its first bytes say")]
    NotUtf16,
}

/// The characters of the bytes 0x80 to 0x9F; a space where there is none.
const WINDOWS_1252: [char; 32] = [
    '€', ' ', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', ' ', 'Ž', ' ', ' ', '‘', '’', '“', '”', '•', '–',
    '—', '˜', '™', 'š', '›', 'œ', ' ', 'ž', 'Ÿ',
];
/// So many letters beyond ASCII in a row are no word of Western Europe: the bytes are another alphabet's.
const FOREIGN_RUN: usize = 4;
/// Bytes that are looked at together.
const CHUNK_BYTES: usize = 64 * 1024;

impl Encoding {
    /// What the first bytes say.
    ///
    /// # Errors
    /// When it is no text for certain.
    pub fn of_beginning(first: &[u8]) -> Result<Self, NoText> {
        match first {
            [0xff, 0xfe, ..] => Ok(Self::Utf16Little),
            [0xfe, 0xff, ..] => Ok(Self::Utf16Big),
            [b'P', b'K', 3, 4, ..] => Err(NoText::Workbook),
            _ if first.contains(&0) => utf16_without_mark(first).ok_or(NoText::Binary),
            _ => Ok(Self::Utf8),
        }
    }

    /// What all of a file says: the bytes that tell may stand at its end.
    ///
    /// # Errors
    /// When it can't be read, or is no text that we know.
    pub fn of_file(mut file: impl Read) -> io::Result<Result<Self, NoText>> {
        let (mut first, mut carried) = (true, Vec::new());
        let (mut lines, mut run, mut is_foreign) = (1, 0, false);
        let mut not_utf8 = None;
        loop {
            let mut bytes = std::mem::take(&mut carried);
            let before = bytes.len();
            file.by_ref().take((CHUNK_BYTES - before) as u64).read_to_end(&mut bytes)?;
            if bytes.len() == before {
                break;
            }
            if first {
                match Self::of_beginning(&bytes) {
                    Ok(Self::Utf8) => first = false,
                    told => return Ok(told),
                }
            }
            for byte in &bytes[before..] {
                run = if *byte >= 0xc0 { run + 1 } else { 0 };
                is_foreign |= run == FOREIGN_RUN;
            }
            if let (Err(error), None) = (std::str::from_utf8(&bytes), not_utf8) {
                if error.error_len().is_some() {
                    not_utf8 = Some(NoText::NotUtf8 { line: lines + line_ends(&bytes[..error.valid_up_to()]) });
                } else {
                    carried = bytes.split_off(error.valid_up_to());
                }
            }
            lines += line_ends(&bytes);
        }
        Ok(match not_utf8 {
            None => Ok(Self::Utf8),
            Some(why) if is_foreign => Err(why),
            Some(_) => Ok(Self::Windows1252),
        })
    }

    /// The text of these bytes, and how many of them it takes: the last character may go on in the next ones.
    ///
    /// # Errors
    /// When they are not written in it.
    pub fn decode(self, bytes: &[u8]) -> Result<(String, usize), NoText> {
        match self {
            Self::Utf8 => match std::str::from_utf8(bytes) {
                Ok(text) => Ok((text.to_owned(), bytes.len())),
                Err(error) if error.error_len().is_none() => {
                    let whole = error.valid_up_to();
                    Ok((String::from_utf8_lossy(&bytes[..whole]).into_owned(), whole))
                }
                Err(error) => Err(NoText::NotUtf8 { line: 1 + line_ends(&bytes[..error.valid_up_to()]) }),
            },
            Self::Utf16Little => utf16(bytes, u16::from_le_bytes),
            Self::Utf16Big => utf16(bytes, u16::from_be_bytes),
            Self::Windows1252 => {
                let character = |byte: u8| match byte {
                    0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
                    byte => char::from(byte),
                };
                Ok((bytes.iter().map(|byte| character(*byte)).collect(), bytes.len()))
            }
        }
    }

    /// Its name for programs, where it is not UTF-8.
    #[must_use]
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Utf8 => None,
            Self::Utf16Little | Self::Utf16Big => Some("utf-16"),
            Self::Windows1252 => Some("windows-1252"),
        }
    }

    /// What somebody should know of a list that is written in it.
    #[must_use]
    pub const fn remark(self) -> Option<&'static str> {
        match self {
            Self::Utf8 => None,
            Self::Utf16Little | Self::Utf16Big => Some("the list is written in UTF-16, and was read as that"),
            Self::Windows1252 => Some(
                "the list is not UTF-8; it was read as Windows-1252, as spreadsheets in Western Europe write it. \
                 If names look wrong, save it as \"CSV UTF-8\" and import it again",
            ),
        }
    }
}

/// Can these bytes be of a text in Western Europe?
#[must_use]
pub fn looks_western(bytes: &[u8]) -> bool {
    let mut run = 0;
    bytes.iter().all(|byte| {
        run = if *byte >= 0xc0 { run + 1 } else { 0 };
        run < FOREIGN_RUN
    })
}

fn line_ends(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<(String, usize), NoText> {
    let mut units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    let mut whole = units.len() * 2;
    if units.last().is_some_and(|last| (0xd800..0xdc00).contains(last)) {
        units.pop();
        whole -= 2;
    }
    Ok((String::from_utf16(&units).map_err(|_| NoText::NotUtf16)?, whole))
}

/// UTF-16 without its mark: every second byte of what stands in ASCII is zero.
fn utf16_without_mark(first: &[u8]) -> Option<Encoding> {
    let zeros = |side: usize| first.iter().skip(side).step_by(2).filter(|byte| **byte == 0).count();
    match (zeros(0), zeros(1)) {
        (0, little) if little * 4 >= first.len() => Some(Encoding::Utf16Little),
        (big, 0) if big * 4 >= first.len() => Some(Encoding::Utf16Big),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_file_says_what_it_is_written_in() {
        let long = [b"phone,name\n".repeat(20_000), b"1,J\xfcrgen\n".to_vec()].concat();
        let cyrillic = [b"phone,name\n".repeat(20_000), b"1,\xc8\xe2\xe0\xed\n".to_vec()].concat();
        let wide: Vec<u8> = "phone,name\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, expected) in [
            (&b""[..], Ok(Encoding::Utf8)),
            ("x€".repeat(40_000).as_bytes(), Ok(Encoding::Utf8)),
            (&long, Ok(Encoding::Windows1252)),
            (&cyrillic, Err(NoText::NotUtf8 { line: 20_001 })),
            (&wide, Ok(Encoding::Utf16Little)),
            (b"\xfe\xff\0a", Ok(Encoding::Utf16Big)),
            (b"PK\x03\x04rest", Err(NoText::Workbook)),
            (b"p\0\0\0o\x01\0\0", Err(NoText::Binary)),
        ] {
            assert_eq!(Encoding::of_file(bytes).unwrap(), expected, "{:?}", &bytes[..bytes.len().min(20)]);
        }
    }
}
