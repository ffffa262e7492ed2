//! The file that goes with the text: read from the disk, and given to the draft piece by piece.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mychatflow_data::ids::CampaignId;
use mychatflow_data::model::campaign_file::{PIECE_BYTES, mime};
use mychatflow_data::protocol::calls::campaign::{CampaignAttach, CampaignDocument};
use mychatflow_data::protocol::name::{CampaignName, TenantName};
use mychatflow_data::protocol::piece::Rest;

use super::{keep, next, of};
use crate::msg::{Effect, Question};
use crate::state::State;
use crate::state::wizard::attachment::{Attachment, NO_FILE};
use crate::state::wizard::{Keeping, Wizard};
use crate::text::CleanText;
use crate::update::Cx;

/// The file that was named, if there is one.
pub fn path(wizard: &Wizard) -> Option<String> {
    wizard.word("media").filter(|path| path != NO_FILE)
}

/// Reads a file, whatever is in it now.
pub fn read(wizard: &mut Wizard, path: String, cx: &mut Cx<'_>) {
    wizard.keeping = Keeping::Opening(path.clone());
    wizard.refusal = None;
    cx.want(Effect::ReadAttachment { path });
}

/// The file was read, or could not be.
pub fn came(state: &mut State, path: &str, bytes: Result<Arc<[u8]>, String>, cx: &mut Cx<'_>) {
    let Some(wizard) = of(state) else { return };
    if wizard.keeping != Keeping::Opening(path.to_owned()) {
        return;
    }
    wizard.keeping = Keeping::Idle;
    match bytes {
        Ok(bytes) => {
            // What the draft has already does not go there again.
            let had = wizard.attachment.take().filter(|had| had.path == path && had.bytes == bytes);
            let with = had.and_then(|had| had.with);
            wizard.attachment = Some(Attachment { path: path.to_owned(), bytes, with });
            next(state, cx);
        }
        Err(reason) => wizard.refusal = Some(CleanText::block(&reason)),
    }
}

/// What the daemon is to be told about the file of a draft, from a byte on; and how many bytes it has then.
fn wanted(
    wizard: &Wizard,
    campaign: &CampaignDocument,
    from: usize,
    tenant: Option<TenantName>,
) -> Option<(CampaignAttach, usize)> {
    let name = CampaignName::from(campaign.id.to_string());
    let nothing = CampaignAttach {
        tenant,
        name,
        file_name: String::new(),
        mime: String::new(),
        data: String::new(),
        more: Rest::Nothing,
        offset: 0,
    };
    let given = |file: &Attachment| file.with == Some(campaign.id);
    match (path(wizard), &wizard.attachment) {
        (Some(path), Some(file)) if file.path == path && !given(file) => {
            let upto = (from + PIECE_BYTES).min(file.bytes.len());
            let piece = CampaignAttach {
                file_name: file.name().to_owned(),
                mime: mime(file.name()).to_owned(),
                data: STANDARD.encode(&file.bytes[from..upto]),
                more: if upto < file.bytes.len() { Rest::Follows } else { Rest::Nothing },
                offset: u64::try_from(from).unwrap_or(u64::MAX),
                ..nothing
            };
            Some((piece, upto))
        }
        (None, Some(file)) if given(file) => Some((nothing, 0)),
        // Where nothing is typed, what the draft had before stays.
        (None, _) if wizard.word("media").is_some() && campaign.media.is_some() => Some((nothing, 0)),
        _ => None,
    }
}

/// Gives the file to a draft from a byte on, or takes away what it had; else the draft is kept as it is.
pub fn begin(state: &mut State, campaign: CampaignDocument, from: usize, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    let Some(wizard) = of(state) else { return };
    match wanted(wizard, &campaign, from, tenant) {
        Some((asked, upto)) => {
            let question: Question = asked.clone().into();
            wizard.keeping = Keeping::Attaching { upto, question: Box::new(question) };
            cx.ask(asked);
        }
        None => keep::kept(state, campaign, cx),
    }
}

/// A piece is there: the next one goes, or the draft is kept.
pub fn answered(state: &mut State, asked: &CampaignAttach, campaign: CampaignDocument, upto: usize, cx: &mut Cx<'_>) {
    let Some(wizard) = of(state) else { return };
    if asked.more == Rest::Follows {
        return begin(state, campaign, upto, cx);
    }
    let has: Option<CampaignId> = (upto > 0).then_some(campaign.id);
    match (&mut wizard.attachment, has) {
        (Some(file), Some(id)) => file.with = Some(id),
        (attachment, _) => *attachment = None,
    }
    keep::kept(state, campaign, cx);
}
