//! What people will get, to be read.

use mychatflow_data::protocol::calls::campaign::{CampaignDocument, CampaignPreview, CampaignPreviewed};

use super::{named, wizard};
use crate::msg::Refusal;
use crate::state::State;
use crate::state::overlay::{Overlay, Reader, ReaderLine};
use crate::text::CleanText;
use crate::update::{Cx, overlays};

/// How many people are shown with what they would get.
pub const PREVIEWS: u32 = 5;

fn heading(words: &str) -> ReaderLine {
    ReaderLine::Heading(CleanText::line(words))
}

/// Opens what the first recipients get.
pub fn open(state: &mut State, campaign: &CampaignDocument, cx: &mut Cx<'_>) {
    let asked = CampaignPreview {
        tenant: state.tenant_name(),
        name: Some(named(campaign)),
        limit: Some(PREVIEWS),
        ..CampaignPreview::default()
    };
    show(state, asked, &format!("What people get: {}", campaign.name), cx);
}

/// Opens what some recipients would get.
pub fn show(state: &mut State, asked: CampaignPreview, title: &str, cx: &mut Cx<'_>) {
    cx.ask(asked.clone());
    state.overlays.push(Overlay::Reader(Reader::waiting(title, asked.into())));
}

/// What some recipients would get came.
pub fn came(state: &mut State, asked: &CampaignPreview, reply: Result<CampaignPreviewed, Refusal>) {
    wizard::previewed(state, asked, &reply);
    let Some(reader) = overlays::reader_for(state, asked.clone()) else { return };
    let lines = reply.map(|page| {
        let mut lines = Vec::new();
        for line in &page.items {
            let name = line.name.as_deref().unwrap_or("no name");
            let variant = line.variant.as_deref().map(|label| format!("  {label}")).unwrap_or_default();
            lines.push(heading(&format!("{name}  {}{variant}", line.phone)));
            lines.push(match (&line.text, &line.reason) {
                (Some(text), _) => ReaderLine::Words(CleanText::block(text)),
                (None, Some(reason)) => ReaderLine::Bad(CleanText::block(&format!("left out: {reason}"))),
                (None, None) => ReaderLine::Bad(CleanText::line("left out")),
            });
            lines.push(ReaderLine::Gap);
        }
        lines.push(ReaderLine::Words(CleanText::line(match page.items.len() {
            0 => "Nobody is on this list.",
            _ if page.next.is_some() => "These are the first ones; there are more.",
            shown if i64::try_from(shown).is_ok_and(|shown| shown < page.looked_at) => {
                "These are the first ones; there are more."
            }
            _ => "That is everybody on the list.",
        })));
        lines
    });
    overlays::fill(reader, lines);
}
