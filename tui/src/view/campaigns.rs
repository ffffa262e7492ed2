//! Campaigns: how far each of them got, and when it will be through.

use ratatui::layout::Rect;

use mychatflow_data::model::campaign::CampaignState;
use mychatflow_data::protocol::calls::campaign::CampaignDocument;

use super::aside;
use super::paint::{Keys, Paint, after, below, first_row};
use super::table::{self, Empty, RowArea};
use crate::layout::Layout;
use crate::state::State;
use crate::state::campaigns::{counted, facts, outlook, progress, ratio};
use crate::text::{self, CleanText};
use crate::theme::{Glyphs, Role};
use crate::widgets::meter::Meter;

/// Columns of the state with its sign, and of the bar.
const STATE: u16 = 11;
const BAR: u16 = 22;

/// Draws it.
pub fn draw(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let Some(table) = layout.panes.table() else { return };
    let rows = &state.campaigns.rows;
    let title = aside::count(rows, "campaign", "campaigns");
    let title = [(title.as_str(), paint.style(Role::Title))];
    let empty = Empty {
        title: "No campaigns yet",
        remedy: "One text to many people, each of whom gets it once, at a pace that keeps your number in good standing. \
                 Begin with a new one; nothing is sent before you launch it.",
    };
    let head = text::pad_right("state", usize::from(STATE) + 1) + "name";
    let head = [(head.as_str(), paint.style(Role::Muted))];
    table::draw(paint, rows, table, &title, Keys::Here, &head, empty, |paint, campaign, area| {
        row(state, campaign, area, paint);
    });
    let Some(area) = table.detail else { return };
    match rows.selected() {
        Some(campaign) => detail(state, campaign, area, paint),
        None => {
            aside::pane(paint, area, "");
        }
    }
}

/// The sign of a state, and how it is meant.
const fn sign(state: CampaignState, glyphs: &Glyphs) -> (&'static str, Role) {
    match state {
        CampaignState::Draft => (glyphs.dot_empty, Role::Muted),
        CampaignState::Scheduled => (glyphs.clock, Role::Info),
        CampaignState::Running => (glyphs.arrow, Role::Accent),
        CampaignState::Paused => (glyphs.held, Role::Warn),
        CampaignState::Completed => (glyphs.sent, Role::Good),
        CampaignState::Cancelled => (glyphs.failed, Role::Muted),
    }
}

fn row(state: &State, campaign: &CampaignDocument, area: &RowArea, paint: &mut Paint<'_>) {
    let (glyph, role) = sign(campaign.state, &paint.glyphs());
    let [word, name] = table::columns(area.line(0), [STATE, 0]);
    let role = area.style(paint, role);
    paint.line(word, &[(glyph, role), (" ", role), (campaign.state.word(), role)]);
    let count = progress(campaign);
    let used = paint.right(name, &[(&count, area.style(paint, Role::Text))]);
    let name = Rect { width: name.width.saturating_sub(used + 2), ..name };
    paint.text(name, CleanText::line(&campaign.name).as_str(), area.style(paint, Role::Text));
    let second = area.line(1);
    let muted = area.style(paint, Role::Muted);
    let words = outlook(campaign, state.now, &state.zone);
    if matches!(campaign.state, CampaignState::Draft | CampaignState::Scheduled) {
        paint.text(after(second, STATE + 1), &words, muted);
        return;
    }
    let bar = Rect { x: second.x, width: BAR.min(second.width), ..second };
    let surface = area.surface;
    if bar.height > 0 {
        Meter::new(ratio(campaign), "").draw(paint.theme, bar, paint.buf);
    }
    if let Some(surface) = surface {
        // The bar keeps its colours where they can be read; its percentage stands on the row's own ground.
        let percent = Rect { x: bar.right().saturating_sub(5), width: 5.min(bar.width), ..bar };
        paint.fill(percent, paint.theme.on(surface, Role::Text));
    }
    paint.text(after(second, BAR + 2), &words, muted);
}

fn detail(state: &State, campaign: &CampaignDocument, area: Rect, paint: &mut Paint<'_>) {
    let inner = aside::pane(paint, area, CleanText::line(&campaign.name).as_str());
    let mut used = table::facts(paint, inner, &facts(campaign, state)) + 1;
    used += paint.wrapped(below(inner, used), CleanText::block(&campaign.text).as_str(), paint.style(Role::Text)) + 1;
    let rest = below(inner, used);
    if rest.height > 1 {
        paint.text(first_row(rest), "People", paint.style(Role::Title));
    }
    counts(campaign, below(rest, 1), paint);
}

/// How many people are in each state, in two columns where there is room.
fn counts(campaign: &CampaignDocument, area: Rect, paint: &mut Paint<'_>) {
    const WIDE: u16 = 17;
    let columns = if area.width >= 2 * WIDE { 2 } else { 1 };
    let all = counted(&campaign.counts);
    let tall = all.len().div_ceil(columns);
    for (at, (name, count)) in all.iter().enumerate() {
        let (column, line) = (at / tall, at % tall);
        let row = first_row(below(area, u16::try_from(line).unwrap_or(u16::MAX)));
        let cell = after(row, u16::try_from(column).unwrap_or(0) * WIDE);
        let cell = Rect { width: cell.width.min(WIDE - 2), ..cell };
        let role = match (*count, *name) {
            (0, _) => Role::Faint,
            (_, "failed" | "unknown") => Role::Bad,
            (_, "skipped" | "opted out") => Role::Warn,
            _ => Role::Text,
        };
        paint.text(cell, name, paint.style(if *count == 0 { Role::Faint } else { Role::Muted }));
        paint.right(cell, &[(&count.to_string(), paint.style(role))]);
    }
}
