//! Effects that are neither cells nor state.

use std::fs;
use std::io;
use std::path::Path;

use mychatflow_data::client::Client;
use mychatflow_data::user_file::{Existing, Readers, UserFileError, write_user_file};
use ratatui::layout::{Position, Size};

use crate::clipboard;
use crate::image::{self, PixelPicture, PrintError};
use crate::layout::Picture;
use crate::msg::{Answer, Question, Refusal, Said};
use crate::passthrough::Via;
use crate::probe::{PixelSupport, Screen as Cells};
use crate::state::prefs::Prefs;
use crate::terminal::Screen;
use crate::widgets::qr::QrPicture;

/// The file that keeps what was arranged.
pub const PREFS: &str = "console.json";

/// Asks the daemon.
pub async fn ask(client: Option<Client>, question: Question) -> Answer {
    match client {
        Some(client) => question.put(&client).await,
        None => question.refused(Refusal { code: None, text: "there is no connection to the daemon".to_owned() }),
    }
}

/// Puts text on the clipboard of the terminal one sits at, also over ssh.
pub fn copy(screen: &mut Screen, text: &str, via: Via) -> Said {
    match clipboard::osc52(text, via) {
        Ok(sequence) => match screen.send(sequence.as_bytes()) {
            Ok(()) => Said::Done("copied".to_owned()),
            Err(error) => Said::Failed(format!("not copied: {error}")),
        },
        Err(error) => Said::Failed(format!("not copied: {error}")),
    }
}

/// Keeps what was arranged.
pub fn remember(dir: &Path, prefs: &Prefs) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let text = serde_json::to_vec_pretty(prefs).map_err(io::Error::other)?;
    write_user_file(&dir.join(PREFS), &text, Existing::Replace, Readers::Owner).map_err(io::Error::other)
}

/// Saves a pairing code as a picture.
pub fn save_qr(dir: &Path, name: &str, value: &str) -> Said {
    let name: String = name.chars().map(|char| if char.is_alphanumeric() { char } else { '-' }).collect();
    let path = dir.join(format!("mychatflow-{name}.png"));
    let saved = QrPicture::new(value)
        .map_err(|error| error.to_string())
        .and_then(|code| image::png(&code).map_err(|error| error.to_string()))
        // Whoever has the code can pair a phone of theirs with the shop's number.
        .and_then(|png| {
            write_user_file(&path, &png, Existing::Replace, Readers::Owner).map_err(|error| match error {
                UserFileError::Io { source, .. } => source.to_string(),
                error => error.to_string(),
            })
        });
    match saved {
        Ok(()) => Said::Done(format!("saved as {}; it is good for seconds only", path.display())),
        Err(error) => Said::Failed(format!("{} could not be saved: {error}", path.display())),
    }
}

/// Prints a code as a picture over its cells.
pub fn print(picture: &Picture, support: PixelSupport) -> Result<(), PrintError> {
    let cells = Cells::now().ok_or(PrintError::NotOffered)?;
    let code = QrPicture::new(&picture.value).map_err(|_| PrintError::NoRoom)?;
    let area = Size::new(picture.area.width, picture.area.height);
    let pixels = PixelPicture::fit(&code, area, cells.cell, support, picture.tone).ok_or(PrintError::NoRoom)?;
    let size = pixels.size();
    let at = Position {
        x: picture.area.x + area.width.saturating_sub(size.width) / 2,
        y: picture.area.y + area.height.saturating_sub(size.height) / 2,
    };
    pixels.print_at(at, cells.size, support)
}

/// What was arranged last time.
#[must_use]
pub fn remembered(dir: &Path) -> Prefs {
    // A file that can't be read is like none: the next change writes it anew.
    fs::read(dir.join(PREFS)).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}
