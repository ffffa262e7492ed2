//! The picture or document that goes with the text of a campaign. It comes in pieces, and goes nowhere before it is whole.

use rusqlite::ToSql;
use serde_json::json;

use super::TenantStore;
use super::campaign_texts::standing;
use super::campaigns;
use super::error::StoreError;
use super::scope::{Scope, Scoped};
use crate::ids::{CampaignId, InteractionId};
use crate::model::campaign::{CampaignFile, CampaignState};
use crate::model::campaign_file::FILE_BYTES_MAX;
use crate::model::interaction::{ContentKind, Media};
use crate::scoped;

/// A file with what is in it.
#[derive(Clone, PartialEq, Eq)]
pub struct WholeFile {
    /// What it is called.
    pub file_name: String,
    /// What it is.
    pub mime: String,
    /// Its bytes.
    pub data: Vec<u8>,
}

impl std::fmt::Debug for WholeFile {
    // Without what is in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WholeFile").field("mime", &self.mime).field("bytes", &self.data.len()).finish_non_exhaustive()
    }
}

/// What sort of message a text with this file is.
pub(crate) fn kind_of(file: Option<&CampaignFile>) -> ContentKind {
    match file.map(|file| file.mime.split('/').next().unwrap_or_default()) {
        None => ContentKind::Text,
        Some("image") => ContentKind::Image,
        Some("video") => ContentKind::Video,
        Some("audio") => ContentKind::Audio,
        Some(_) => ContentKind::Document,
    }
}

/// What a message says of its file.
pub(crate) fn media_of(file: &CampaignFile) -> Media {
    Media {
        mime: Some(file.mime.clone()),
        file_name: Some(file.file_name.clone()),
        size_bytes: i64::try_from(file.bytes).ok(),
        duration_s: None,
    }
}

/// The same as it is stored, with the campaign that has the file.
pub(crate) fn note_of(campaign: CampaignId, file: Option<&CampaignFile>) -> Option<String> {
    let CampaignFile { file_name, mime, bytes } = file?;
    Some(json!({"mime": mime, "file_name": file_name, "size_bytes": bytes, "campaign": campaign}).to_string())
}

/// May a campaign be launched, as far as its file goes?
pub(crate) fn must_be_whole(scope: &Scope<'_>, id: CampaignId) -> Result<(), StoreError> {
    const BROKEN: Scoped =
        scoped!("SELECT 1 FROM campaign_media WHERE tenant_id = :tenant AND campaign_id = :id AND whole = 0");
    match scope.row(BROKEN, &[(":id", &id)], |_| Ok(()))? {
        None => Ok(()),
        Some(()) => Err(StoreError::Conflict("its file is not whole: attach it once more, or take it away".to_owned())),
    }
}

/// Says that a file may be changed: of a draft, and of a paused campaign, which its file may have stopped.
fn must_be_open(scope: &Scope<'_>, id: CampaignId) -> Result<(), StoreError> {
    match standing(scope, id)? {
        (CampaignState::Draft | CampaignState::Paused, _) => Ok(()),
        (state, name) => Err(StoreError::Conflict(format!("{name} is {state}: its file stays as it is"))),
    }
}

impl TenantStore {
    /// Takes the next piece of a campaign's file; one at 0 begins anew. Returns how many bytes are there.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the file can't be changed any more or the piece does not follow,
    /// [`StoreError::Invalid`] when it is too large.
    pub async fn attach_piece(
        &self,
        id: CampaignId,
        file_name: String,
        mime: String,
        place: u64,
        data: Vec<u8>,
    ) -> Result<u64, StoreError> {
        const FORGET: Scoped = scoped!("DELETE FROM campaign_media WHERE tenant_id = :tenant AND campaign_id = :id");
        const BEGIN: Scoped = scoped!(
            "INSERT INTO campaign_media (tenant_id, campaign_id, file_name, mime, bytes, whole)
             VALUES (:tenant, :id, :file_name, :mime, 0, 0)"
        );
        const GROW: Scoped = scoped!(
            "UPDATE campaign_media SET bytes = :after
             WHERE tenant_id = :tenant AND campaign_id = :id AND bytes = :place AND whole = 0"
        );
        const PIECE: Scoped = scoped!(
            "INSERT INTO campaign_media_pieces (tenant_id, campaign_id, place, data) VALUES (:tenant, :id, :place, :data)"
        );
        self.write(move |scope| {
            must_be_open(scope, id)?;
            let after = place + u64::try_from(data.len()).unwrap_or(u64::MAX / 2);
            if after > FILE_BYTES_MAX {
                let mib = FILE_BYTES_MAX / (1024 * 1024);
                return Err(StoreError::Invalid(format!("a file has {mib} MiB at most")));
            }
            if place == 0 {
                scope.execute(FORGET, &[(":id", &id)])?;
                scope.execute(BEGIN, &[(":id", &id), (":file_name", &file_name), (":mime", &mime)])?;
            }
            let (from, to) = (i64::try_from(place).unwrap_or(i64::MAX), i64::try_from(after).unwrap_or(i64::MAX));
            if scope.execute(GROW, &[(":id", &id), (":place", &from), (":after", &to)])? == 0 {
                return Err(StoreError::Conflict("the piece does not follow: begin the file anew".to_owned()));
            }
            scope.execute(PIECE, &[(":id", &id), (":place", &from), (":data", &data)])?;
            Ok(after)
        })
        .await
    }

    /// Says that a campaign's file is whole, and what it turned out to be.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the file can't be changed any more, [`StoreError::NotFound`] without one.
    pub async fn complete_file(&self, id: CampaignId, mime: String) -> Result<(), StoreError> {
        const WHOLE: Scoped = scoped!(
            "UPDATE campaign_media SET whole = 1, mime = :mime
             WHERE tenant_id = :tenant AND campaign_id = :id AND bytes > 0"
        );
        self.write(move |scope| {
            must_be_open(scope, id)?;
            if scope.execute(WHOLE, &[(":id", &id), (":mime", &mime)])? == 0 {
                return Err(StoreError::NotFound("file"));
            }
            campaigns::emit(scope, id);
            Ok(())
        })
        .await
    }

    /// Takes a campaign's file away.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it can't be changed any more.
    pub async fn detach_file(&self, id: CampaignId) -> Result<(), StoreError> {
        const FORGET: Scoped = scoped!("DELETE FROM campaign_media WHERE tenant_id = :tenant AND campaign_id = :id");
        self.write(move |scope| {
            must_be_open(scope, id)?;
            scope.execute(FORGET, &[(":id", &id)])?;
            campaigns::emit(scope, id);
            Ok(())
        })
        .await
    }

    /// The beginning of a campaign's file, whole or not.
    ///
    /// # Errors
    /// What the store says.
    pub async fn file_begins(&self, id: CampaignId) -> Result<Option<Vec<u8>>, StoreError> {
        const FIRST: Scoped = scoped!(
            "SELECT substr(data, 1, 512) FROM campaign_media_pieces
             WHERE tenant_id = :tenant AND campaign_id = :id AND place = 0"
        );
        self.read(move |scope| scope.row(FIRST, &[(":id", &id)], |row| row.get(0))).await
    }

    /// The file that a message of ours is to carry; `None` when its campaign has none any more.
    ///
    /// # Errors
    /// What the store says.
    pub async fn file_of(&self, message: InteractionId) -> Result<Option<WholeFile>, StoreError> {
        const OF: Scoped = scoped!(
            "SELECT p.id FROM interactions AS i JOIN campaigns AS p
                 ON p.tenant_id = i.tenant_id AND lower(hex(p.id)) = replace(json_extract(i.media, '$.campaign'), '-', '')
             WHERE i.tenant_id = :tenant AND i.id = :message"
        );
        const FILE: Scoped = scoped!(
            "SELECT file_name, mime FROM campaign_media
             WHERE tenant_id = :tenant AND campaign_id = :id AND whole = 1"
        );
        const PIECES: Scoped = scoped!(
            "SELECT data FROM campaign_media_pieces WHERE tenant_id = :tenant AND campaign_id = :id ORDER BY place"
        );
        self.read(move |scope| {
            let Some(id) = scope.row(OF, &[(":message", &message)], |row| row.get::<_, CampaignId>(0))? else {
                return Ok(None);
            };
            let params: &[(&str, &dyn ToSql)] = &[(":id", &id)];
            let facts = scope.row(FILE, params, |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            let Some((file_name, mime)) = facts else { return Ok(None) };
            let pieces: Vec<Vec<u8>> = scope.rows(PIECES, params, |row| row.get(0))?;
            Ok(Some(WholeFile { file_name, mime, data: pieces.concat() }))
        })
        .await
    }

    /// Whose message it is: the campaign of a recipient's message.
    ///
    /// # Errors
    /// What the store says.
    pub async fn campaign_of(&self, message: InteractionId) -> Result<Option<CampaignId>, StoreError> {
        const WHOSE: Scoped =
            scoped!("SELECT campaign_id FROM recipients WHERE tenant_id = :tenant AND interaction_id = :message");
        self.read(move |scope| scope.row(WHOSE, &[(":message", &message)], |row| row.get(0))).await
    }
}
