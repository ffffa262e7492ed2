//! What is to be read about a campaign: itself, what people will get, and who got it.

use mychatflow_data::model::recipient::RecipientState;
use mychatflow_data::protocol::calls::campaign::{
    CampaignDocument, CampaignPreview, CampaignPreviewed, CampaignReport, CampaignReportLine,
};
use mychatflow_data::protocol::page::Page;

use super::forms::PREVIEWS;
use super::named;
use crate::msg::Refusal;
use crate::state::State;
use crate::state::campaigns::{counted, facts, people, progress, when};
use crate::state::overlay::{Awaited, Overlay, Reader, ReaderLine};
use crate::text::CleanText;
use crate::update::{Cx, overlays};

/// How many recipients come with one page.
const PAGE: u32 = 200;
/// The longest phone number, with its plus.
const PHONE_COLUMNS: usize = 16;

fn fact(name: &str, words: &str) -> ReaderLine {
    ReaderLine::Fact(CleanText::line(name), CleanText::block(words))
}

fn heading(words: &str) -> ReaderLine {
    ReaderLine::Heading(CleanText::line(words))
}

/// Opens a campaign to be read in full.
pub fn show(state: &mut State, campaign: &CampaignDocument) {
    let lines = lines(state, campaign);
    state.campaigns.read = Some(campaign.id);
    state.overlays.push(Overlay::Reader(Reader::new(&campaign.name, lines)));
}

/// A campaign changed: a reader that stands open with it tells the new facts, where the reader is.
pub fn renew(state: &mut State, campaign: &CampaignDocument) {
    if state.campaigns.read != Some(campaign.id) {
        return;
    }
    let lines = lines(state, campaign);
    let title = CleanText::line(&campaign.name);
    if let Some(Overlay::Reader(reader)) = state.overlays.last_mut()
        && reader.awaited == Awaited::Nothing
        && reader.title == title
    {
        reader.lines = lines;
    }
}

fn lines(state: &State, campaign: &CampaignDocument) -> Vec<ReaderLine> {
    let mut lines: Vec<ReaderLine> =
        facts(campaign, state).into_iter().map(|(name, words, _)| fact(name, &words)).collect();
    lines.extend([ReaderLine::Gap, heading("Text"), ReaderLine::Words(CleanText::block(&campaign.text))]);
    lines.extend([ReaderLine::Gap, heading("People")]);
    lines.extend(counted(&campaign.counts).iter().map(|(name, count)| fact(name, &count.to_string())));
    lines
}

/// Opens what the first recipients get.
pub fn preview(state: &mut State, campaign: &CampaignDocument, cx: &mut Cx<'_>) {
    let asked = CampaignPreview {
        tenant: state.tenant_name(),
        name: Some(named(campaign)),
        limit: Some(PREVIEWS),
        ..CampaignPreview::default()
    };
    cx.ask(asked.clone());
    let title = format!("What people get: {}", campaign.name);
    state.overlays.push(Overlay::Reader(Reader::waiting(&title, asked.into())));
}

/// What some recipients would get came.
pub fn previewed(state: &mut State, asked: &CampaignPreview, reply: Result<CampaignPreviewed, Refusal>) {
    let Some(reader) = overlays::reader_for(state, asked.clone()) else { return };
    let lines = reply.map(|page| {
        let mut lines = Vec::new();
        for line in &page.items {
            let name = line.name.as_deref().unwrap_or("no name");
            lines.push(heading(&format!("{name}  {}", line.phone)));
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

/// Opens the list of everybody with what became of it.
pub fn report(state: &mut State, campaign: &CampaignDocument, cx: &mut Cx<'_>) {
    let asked = CampaignReport {
        tenant: state.tenant_name(),
        name: named(campaign),
        limit: Some(PAGE),
        ..CampaignReport::default()
    };
    cx.ask(asked.clone());
    let title = format!("{}: {}", campaign.name, progress(campaign));
    state.overlays.push(Overlay::Reader(Reader::waiting(&title, asked.into())));
}

/// A page of the report came. The next one is asked for when its end is near.
pub fn reported(state: &mut State, asked: &CampaignReport, reply: Result<Page<CampaignReportLine>, Refusal>) {
    let (now, zone) = (state.now, state.zone.clone());
    let Some(reader) = overlays::reader_for(state, asked.clone()) else { return };
    reader.awaited = Awaited::Nothing;
    let page = match reply {
        Ok(page) => page,
        Err(refusal) => {
            reader.lines.push(ReaderLine::Bad(CleanText::block(&refusal.text)));
            return;
        }
    };
    for line in &page.items {
        let at = line.at.map(|at| format!(" · {}", when(at, now, &zone))).unwrap_or_default();
        let reason = line.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let phone = crate::text::pad_right(&line.phone, PHONE_COLUMNS);
        let words = CleanText::line(&format!("{phone} {}{reason}{at}", word(line.state)));
        let who = line.name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or("no name");
        reader.lines.push(ReaderLine::Fact(CleanText::line(who), words));
    }
    match page.next {
        Some(after) => {
            reader.more = Some(Box::new(CampaignReport { after: Some(after), ..asked.clone() }.into()));
        }
        None => {
            let count = reader.lines.len();
            let words = match i64::try_from(count).unwrap_or(i64::MAX) {
                0 => "Nobody is on this list.".to_owned(),
                count => format!("That is all of them: {}.", people(count)),
            };
            reader.lines.extend([ReaderLine::Gap, ReaderLine::Words(CleanText::line(&words))]);
        }
    }
}

const fn word(state: RecipientState) -> &'static str {
    match state {
        RecipientState::OptedOut => "opted out",
        state => state.word(),
    }
}
