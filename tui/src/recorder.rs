//! What happened lately, for a report of what went wrong: kinds and lengths, never words.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use mychatflow_data::time::Timestamp;
use mychatflow_data::user_file::{Existing, Readers, write_user_file};

use crate::msg::Msg;

/// How many messages are kept.
const KEPT: usize = 512;

/// The last messages.
#[derive(Debug, Default)]
pub struct Recorder {
    lines: VecDeque<(Timestamp, String)>,
}

impl Recorder {
    /// Remembers a message by its kind; text by its length.
    pub fn note(&mut self, msg: &Msg, now: Timestamp) {
        let line = match msg {
            // A letter may be part of a message to a customer.
            Msg::Key(key) if key.typed().is_some() => "key (a character)".to_owned(),
            Msg::Key(key) => format!("key {key}"),
            Msg::Paste(text) => format!("paste ({} bytes)", text.len()),
            Msg::Burst(text) => format!("burst ({} bytes)", text.len()),
            Msg::LineBreak(_) => "line break".to_owned(),
            Msg::Mouse(mouse) => format!("{mouse:?}"),
            Msg::Resize { columns, rows } => format!("resize {columns}x{rows}"),
            Msg::Focus(focus) => format!("focus {focus:?}"),
            Msg::Woke => "woke".to_owned(),
            Msg::Ending => "ending".to_owned(),
            Msg::Answer(answer) => {
                let end = if answer.refusal().is_some() { "refused" } else { "answered" };
                format!("{} {end}", answer.method())
            }
            Msg::Event(event) => format!("event {} {}", event.seq, event.topic),
            Msg::Link(_) => "link".to_owned(),
            Msg::Said(_) => "said".to_owned(),
            Msg::FileRead { text, .. } => match text {
                Ok(text) => format!("file read ({} bytes)", text.len()),
                Err(_) => "file not read".to_owned(),
            },
            Msg::AttachmentRead { bytes, .. } => match bytes {
                Ok(bytes) => format!("file read ({} bytes)", bytes.len()),
                Err(_) => "file not read".to_owned(),
            },
            Msg::Pixels(support) => format!("pixels {support:?}"),
            Msg::Exported(_, end) => format!("export {}", if end.is_ok() { "written" } else { "not written" }),
            Msg::Piece(piece) => format!("piece {}", if piece.read.is_ok() { "read" } else { "not read" }),
        };
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back((now, line));
    }

    /// Writes it down, for its owner alone. Returns the file.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn save(&self, dir: &Path) -> io::Result<PathBuf> {
        std::fs::create_dir_all(dir)?;
        let path = dir.join("console-last.log");
        let mut text = String::new();
        for (at, line) in &self.lines {
            // Writing to a String can't fail.
            let _ = writeln!(text, "{at} {line}");
        }
        write_user_file(&path, text.as_bytes(), Existing::Replace, Readers::Owner).map_err(io::Error::other)?;
        Ok(path)
    }
}
