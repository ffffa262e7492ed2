//! Where campaigns stand: the list, one of them in full, or its recipients.

use ratatui::layout::Rect;

use mychatflow_data::model::campaign::CampaignState;
use mychatflow_data::protocol::calls::campaign::CampaignDocument;

use super::tabs::{self, Tab};
use super::{Layout, Panes, table};
use crate::state::State;
use crate::state::campaigns::people::word;
use crate::state::campaigns::{Place, plan};
use crate::text::{self, CleanText};

/// From this width on a page has two columns.
const TWO_FROM: u16 = 86;
/// From this width on funnel and counts stand side by side.
const BESIDE_FROM: u16 = 64;
/// From this width on there is room for the chart and the comparison.
const FULL_FROM: u16 = 50;
/// Rows of the chart with its title and its labels.
const CHART: u16 = 8;
/// The most rows of a text; the preview shows all of it.
const TEXT_ROWS_MAX: usize = 40;
/// The most rows of each text in the comparison.
const VARIANT_TEXT_ROWS: u16 = 4;
/// Rows of the comparison besides the texts: title, labels, five numbers, verdict.
const VARIANT_ROWS: u16 = 8;
/// A pause that is shorter than this is the usual gap between two messages.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(120);
/// Rows below the recipients for the selected one's reason.
const FOOT: u16 = 2;

/// A part of a campaign's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// State, bar, what is to be said next.
    Head,
    /// Sent, delivered, read, replied.
    Funnel,
    /// How many are in each state.
    Counts,
    /// How it went over time.
    Chart,
    /// Several texts side by side.
    Variants,
    /// How it was planned.
    Plan,
    /// The words.
    Text,
}

/// A part with its place on a page that is as tall as it has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Which.
    pub block: Block,
    /// Where, from the page's upper left corner.
    pub area: Rect,
}

/// A campaign's page, and the part of it that is on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageLayout {
    /// With its border.
    pub pane: Rect,
    /// Without, and without the air beside it.
    pub inner: Rect,
    /// The first visible row.
    pub first: usize,
    /// How many rows there are.
    pub total: usize,
    /// Its parts.
    pub blocks: Vec<Placed>,
}

/// The rows of a page's head after the bar: what is to be said next, and the reason.
#[must_use]
pub fn head_lines(state: &State, campaign: &CampaignDocument) -> Vec<String> {
    let (now, zone) = (state.now, &state.zone);
    let mut lines =
        vec![crate::state::campaigns::outlook(&CampaignDocument { reason: None, ..campaign.clone() }, now, zone)];
    if let Some(eta) = campaign.eta.filter(|_| campaign.state == CampaignState::Running) {
        lines[0].push_str(&format!(", in {}", crate::moment::left(eta, now)));
    }
    lines.retain(|line| !line.is_empty());
    let next = campaign.next_at.filter(|at| *at > now + PAUSE).map(|at| crate::state::campaigns::when(at, now, zone));
    match (campaign.reason.as_deref().map(|reason| CleanText::line(reason).into_string()), next) {
        (Some(reason), Some(next)) if !reason.contains(&next) => lines.push(format!("{reason}; goes on {next}")),
        (Some(reason), _) => lines.push(reason),
        (None, Some(next)) => lines.push(format!("goes on {next}")),
        (None, None) => {}
    }
    lines
}

/// Does it make sense to ask how far it got?
#[must_use]
pub fn has_begun(campaign: &CampaignDocument) -> bool {
    !matches!(campaign.state, CampaignState::Draft | CampaignState::Scheduled)
}

/// Columns of the names in a list of facts.
fn lead(facts: &[(&'static str, String, crate::theme::Role)], width: u16) -> u16 {
    let lead = facts.iter().map(|(name, _, _)| name.len()).max().unwrap_or(0) + 2;
    u16::try_from(lead).unwrap_or(16).min(width / 2)
}

fn rows(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

fn wrapped(words: &str, width: u16) -> usize {
    text::wrap(words, usize::from(width)).len()
}

/// The rows of a part.
fn tall(block: Block, state: &State, campaign: &CampaignDocument, width: u16) -> u16 {
    match block {
        Block::Head => {
            let lines = head_lines(state, campaign).iter().map(|line| wrapped(line, width)).sum::<usize>();
            // The state, the bar and what its signs mean, where there is one.
            rows(lines + if has_begun(campaign) { 3 } else { 1 })
        }
        Block::Funnel => 5,
        Block::Counts if width >= 34 => 7,
        Block::Counts => 12,
        Block::Chart => CHART,
        Block::Variants => VARIANT_ROWS + variant_text_rows(campaign, width),
        Block::Plan => {
            let facts = plan(campaign, state);
            let room = width - lead(&facts, width);
            rows(1 + facts.iter().map(|(_, words, _)| wrapped(words, room).max(1)).sum::<usize>())
        }
        Block::Text => {
            let words = CleanText::block(&campaign.text);
            rows(1 + wrapped(words.as_str(), width).min(TEXT_ROWS_MAX))
        }
    }
}

/// Columns of a text in the comparison, after the names of the numbers.
#[must_use]
pub fn variant_columns(variants: usize, width: u16) -> (u16, u16) {
    const LEAD: u16 = 11;
    let count = rows(variants.max(1));
    (LEAD, (width.saturating_sub(LEAD) / count).max(1))
}

/// The rows that the texts take in the comparison.
#[must_use]
pub fn variant_text_rows(campaign: &CampaignDocument, width: u16) -> u16 {
    let (_, column) = variant_columns(campaign.variants.len(), width);
    let most = campaign
        .variants
        .iter()
        .map(|variant| wrapped(CleanText::line(&variant.text).as_str(), column.saturating_sub(2)))
        .max();
    rows(most.unwrap_or(0)).min(VARIANT_TEXT_ROWS)
}

/// Places the parts of a campaign's page in a width. Returns them with the page's rows.
#[must_use]
pub fn page(state: &State, campaign: &CampaignDocument, width: u16) -> (Vec<Placed>, u16) {
    let begun = has_begun(campaign);
    let mut blocks = Vec::new();
    let mut put = |block, x, y, width| {
        let height = tall(block, state, campaign, width);
        blocks.push(Placed { block, area: Rect { x, y, width, height } });
        y + height + 1
    };
    let mut y = put(Block::Head, 0, 0, width);
    let several = campaign.variants.len() > 1;
    if width >= TWO_FROM {
        let left = width * 11 / 20;
        let (x, right) = (left + 3, width - left - 3);
        let mut beside = put(Block::Plan, x, y, right);
        if !several {
            beside = put(Block::Text, x, beside, right);
        }
        if begun {
            for block in [Block::Funnel, Block::Counts, Block::Chart] {
                y = put(block, 0, y, left);
            }
        }
        y = y.max(beside);
        if several {
            y = put(Block::Variants, 0, y, width);
        }
        return (blocks, y.saturating_sub(1));
    }
    if begun && width >= BESIDE_FROM {
        let half = (width - 3) / 2;
        let funnel = put(Block::Funnel, 0, y, half);
        let counts = put(Block::Counts, half + 3, y, width - half - 3);
        y = funnel.max(counts);
    } else if begun {
        y = put(Block::Funnel, 0, y, width);
        y = put(Block::Counts, 0, y, width);
    }
    if begun && width >= FULL_FROM {
        y = put(Block::Chart, 0, y, width);
    }
    if several && width >= FULL_FROM {
        y = put(Block::Variants, 0, y, width);
    } else {
        y = put(Block::Text, 0, y, width);
    }
    y = put(Block::Plan, 0, y, width);
    (blocks, y.saturating_sub(1))
}

/// The tabs of the recipients: each state with how many are in it.
#[must_use]
pub fn people_tabs(state: &State, campaign: &CampaignDocument, pane: Rect) -> Vec<Tab> {
    let people = &state.campaigns.people;
    let counts = people.counts(campaign);
    let titles: Vec<String> =
        people.tabs(counts).into_iter().map(|(only, count)| format!("{} {count}", only.map_or("all", word))).collect();
    tabs::place(&titles, people.tab(counts), pane)
}

/// Where the selected recipient's reason stands.
#[must_use]
pub fn people_foot(body: Rect) -> Rect {
    let height = if body.height > FOOT + 6 { FOOT } else { 0 };
    Rect { x: body.x + 2, y: body.bottom() - height, width: body.width.saturating_sub(4), height }
}

/// Lays the screen.
#[must_use]
pub fn lay(state: &State, laid: &mut Layout) -> Panes {
    let body = laid.body;
    let campaigns = &state.campaigns;
    match (campaigns.place, campaigns.open()) {
        (Place::People(_), Some(campaign)) => {
            let list = Rect { height: body.height - people_foot(body).height, ..body };
            let table = table::place(&campaigns.people.rows, 1, list, u16::MAX, &mut laid.hits);
            tabs::hits(&people_tabs(state, campaign, table.pane), &mut laid.hits);
            Panes::Table(table)
        }
        (Place::Page(_), Some(campaign)) => {
            let inner = Rect {
                x: body.x + 2,
                y: body.y + 1,
                width: body.width.saturating_sub(4),
                height: body.height.saturating_sub(2),
            };
            let (blocks, total) = page(state, campaign, inner.width);
            let total = usize::from(total);
            let first = campaigns.scroll.min(total.saturating_sub(usize::from(inner.height)));
            Panes::Campaign(Box::new(PageLayout { pane: body, inner, first, total, blocks }))
        }
        _ => table::lay(&campaigns.rows, 2, laid),
    }
}
