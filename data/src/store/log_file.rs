//! What SQLite would take from a log, read without SQLite: its own look at a log may already change the file.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::traces::Log;

/// The head of a log.
pub(crate) const HEAD_BYTES: u64 = 32;
const FRAME_HEAD_BYTES: usize = 24;
/// The first word of a log, whose last bit says in which order the bytes of its checksums are.
const MAGIC: u32 = 0x377f_0682;
const VERSION: u32 = 3_007_000;
/// SQLite's bounds for a page.
const PAGE_BYTES: std::ops::RangeInclusive<u32> = 512..=65_536;

/// What a log holds.
#[derive(Debug, Default)]
pub(crate) struct LogFile {
    bytes: u64,
    /// How many pages the store has after the last commit; 0 without one.
    pages: u32,
    /// The pages of all commits.
    held: BTreeSet<u32>,
}

impl LogFile {
    /// Reads it, up to the last commit that SQLite would take. No log is one with nothing in it.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        match File::open(path) {
            Ok(file) => {
                let bytes = file.metadata()?.len();
                let mut log = Self { bytes, ..Self::default() };
                log.read_commits(BufReader::new(file))?;
                Ok(log)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn state(&self) -> Log {
        match (self.bytes, self.pages) {
            (..=HEAD_BYTES, _) => Log::Empty,
            (_, 0) => Log::NoCommit,
            _ => Log::Written,
        }
    }

    /// How many pages the store has by the last commit.
    pub(crate) fn pages(&self) -> Option<u32> {
        (self.pages > 0).then_some(self.pages)
    }

    /// Are all of these pages in it?
    pub(crate) fn holds(&self, pages: std::ops::RangeInclusive<u32>) -> bool {
        let wanted = pages.clone().count();
        self.held.range(pages).count() == wanted
    }

    fn read_commits(&mut self, mut from: impl Read) -> io::Result<()> {
        let mut head = [0; HEAD_BYTES as usize];
        if !is_filled(&mut from, &mut head)? {
            return Ok(());
        }
        let size = word(&head, 8);
        if !is_head(&head) || word(&head, 4) != VERSION || !PAGE_BYTES.contains(&size) || !size.is_power_of_two() {
            return Ok(());
        }
        let big_endian = word(&head, 0) & 1 == 1;
        let mut sums = add_up(big_endian, (0, 0), head.get(..24).unwrap_or_default());
        if sums != (word(&head, 24), word(&head, 28)) {
            return Ok(());
        }
        let mut frame = vec![0; FRAME_HEAD_BYTES + size as usize];
        let mut uncommitted = Vec::new();
        while is_filled(&mut from, &mut frame)? {
            sums = add_up(big_endian, sums, frame.get(..8).unwrap_or_default());
            sums = add_up(big_endian, sums, frame.get(FRAME_HEAD_BYTES..).unwrap_or_default());
            let is_of_this_log = frame.get(8..16) == head.get(16..24);
            if !is_of_this_log || sums != (word(&frame, 16), word(&frame, 20)) {
                break;
            }
            uncommitted.push(word(&frame, 0));
            let pages = word(&frame, 4);
            if pages > 0 {
                self.pages = pages;
                self.held.extend(uncommitted.drain(..));
            }
        }
        Ok(())
    }
}

/// Does a log of SQLite's begin like this?
pub(crate) fn is_head(head: &[u8]) -> bool {
    word(head, 0) & !1 == MAGIC
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let word = bytes.get(at..at + 4).and_then(|word| word.try_into().ok());
    u32::from_be_bytes(word.unwrap_or_default())
}

fn add_up(big_endian: bool, (mut first, mut second): (u32, u32), bytes: &[u8]) -> (u32, u32) {
    let read = |word: &[u8]| {
        let word: [u8; 4] = word.try_into().unwrap_or_default();
        if big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
    };
    for pair in bytes.chunks_exact(8) {
        let (one, other) = pair.split_at(4);
        first = first.wrapping_add(read(one)).wrapping_add(second);
        second = second.wrapping_add(read(other)).wrapping_add(first);
    }
    (first, second)
}

/// Fills the buffer; false when there is less.
fn is_filled(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
