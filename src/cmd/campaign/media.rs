//! The file that goes with a campaign: read, named, and given to the daemon piece by piece.

use std::path::Path;

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mychatflow_data::protocol::calls::campaign::{CampaignAttach, CampaignDocument};
use mychatflow_data::protocol::name::CampaignName;
use mychatflow_data::protocol::piece::Rest;

use super::super::Cx;
use crate::output::{LiveLine, clean};

/// The largest file.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of one piece: as base64 it fits into a line of the socket.
const PIECE_BYTES: usize = 512 * 1024;

/// A file as it was read.
pub struct File {
    name: String,
    mime: &'static str,
    data: Vec<u8>,
}

/// Reads a file, so that a wrong one is refused before anything is made.
pub fn read(path: &Path) -> anyhow::Result<File> {
    let shown = path.display();
    let bytes = std::fs::metadata(path).with_context(|| format!("could not read {shown}"))?.len();
    if bytes == 0 || bytes > FILE_BYTES_MAX {
        bail!("{shown} has {bytes} bytes; a file that goes with a campaign has 1 byte to 16 MiB");
    }
    let data = std::fs::read(path).with_context(|| format!("could not read {shown}"))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    Ok(File { name, mime: mime(&ending), data })
}

/// What a file with this ending claims to be; the daemon looks for itself.
fn mime(ending: &str) -> &'static str {
    match ending {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "mp4" | "m4v" => "video/mp4",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "wav" => "audio/wav",
        "pdf" => "application/pdf",
        "doc" => "application/msword",
        "xls" => "application/vnd.ms-excel",
        "ppt" => "application/vnd.ms-powerpoint",
        "rtf" => "application/rtf",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "odp" => "application/vnd.oasis.opendocument.presentation",
        _ => "application/octet-stream",
    }
}

/// Gives a file to a campaign.
pub async fn attach(cx: &Cx, name: CampaignName, file: &File) -> anyhow::Result<CampaignDocument> {
    let client = cx.connect().await?;
    let total = file.data.len();
    let mut progress = LiveLine::new();
    let mut offset = 0;
    loop {
        let end = (offset + PIECE_BYTES).min(total);
        let params = CampaignAttach {
            tenant: cx.tenant(),
            name: name.clone(),
            file_name: file.name.clone(),
            mime: file.mime.to_owned(),
            data: STANDARD.encode(&file.data[offset..end]),
            more: if end < total { Rest::Follows } else { Rest::Nothing },
            offset: u64::try_from(offset)?,
        };
        let shown = client.call(&params).await?;
        if end == total {
            progress.done();
            return Ok(shown);
        }
        progress.show(&format!("{}: {} of {} kB", clean(&file.name), end / 1000, total / 1000));
        offset = end;
    }
}

/// Takes the file of a campaign away.
pub async fn detach(cx: &Cx, name: CampaignName) -> anyhow::Result<CampaignDocument> {
    let params = CampaignAttach {
        tenant: cx.tenant(),
        name,
        file_name: String::new(),
        mime: String::new(),
        data: String::new(),
        more: Rest::Nothing,
        offset: 0,
    };
    cx.call(&params).await
}
