//! The file that goes with a campaign: read, named, and given to the daemon piece by piece.

use std::path::Path;

use anyhow::{Context, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mychatflow_daemon::flow::file_type;
use mychatflow_data::model::campaign_file::{PIECE_BYTES, check_size, mime};
use mychatflow_data::protocol::calls::campaign::{CampaignAttach, CampaignDocument, CampaignRemove};
use mychatflow_data::protocol::name::CampaignName;
use mychatflow_data::protocol::piece::Rest;

use super::super::Cx;
use crate::output::{LiveLine, clean, typed};

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
    check_size(bytes).map_err(|wrong| anyhow!("{shown} {wrong}"))?;
    let data = std::fs::read(path).with_context(|| format!("could not read {shown}"))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mime = mime(&name);
    // The daemon looks once more; by then the campaign would be there without its file.
    file_type::checked(mime, &data).map_err(|wrong| anyhow!("{shown}: {wrong}"))?;
    Ok(File { mime, name, data })
}

/// Gives a file to a campaign that was made for it just now. Where that fails the campaign goes as well: without its file
/// nobody is to launch it.
pub async fn attach_or_remove(cx: &Cx, made: &CampaignDocument, file: &File) -> anyhow::Result<CampaignDocument> {
    let failed = match attach(cx, made.id.to_string().into(), file).await {
        Ok(shown) => return Ok(shown),
        Err(failed) => failed,
    };
    let removal = CampaignRemove { tenant: cx.tenant(), name: made.id.to_string().into() };
    Err(failed.context(match cx.call(&removal).await {
        Ok(_) => "the file did not arrive, and the draft is gone again: nothing was made".to_owned(),
        Err(_) => {
            let name = typed(&made.name);
            format!(
                "{} is a draft without its file; next: mychatflow campaign edit {name} --media FILE, or: mychatflow campaign \
                 remove {name}",
                clean(&made.name)
            )
        }
    }))
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
