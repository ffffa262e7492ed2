//! Campaigns: how far each of them got, and when it will be through.

mod page;
mod people;
mod variants;

use ratatui::layout::Rect;

use mychatflow_data::model::campaign::CampaignState;
use mychatflow_data::protocol::calls::campaign::CampaignDocument;

use super::aside;
use super::paint::{Keys, Paint, after};
use super::table::{self, Empty, RowArea};
use crate::layout::{Layout, Panes};
use crate::state::State;
use crate::state::campaigns::{Place, outlook, progress, progress_short, ratio};
use crate::text::{self, CleanText};
use crate::theme::{Glyphs, Role};
use crate::widgets::meter::Meter;

/// Columns of the state with its sign, and of the bar.
const STATE: u16 = 11;
const BAR: u16 = 22;
/// From this width on there is room for the progress in words beside the name.
const WORDS_FROM: u16 = 56;

/// Draws it.
pub fn draw(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    match (&layout.panes, state.campaigns.place, state.campaigns.open()) {
        (Panes::Campaign(laid), _, Some(campaign)) => page::draw(state, campaign, laid, paint),
        (Panes::Table(table), Place::People(_), Some(campaign)) => {
            people::draw(state, campaign, layout.body, table, paint);
        }
        _ => list(state, layout, paint),
    }
}

fn list(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
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
        Some(campaign) => page::aside(state, campaign, area, paint),
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
    let count = if name.width < WORDS_FROM { progress_short(campaign) } else { progress(campaign) };
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
