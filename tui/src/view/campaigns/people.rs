//! The recipients of a campaign: what became of each, and why.

use ratatui::layout::Rect;

use mychatflow_data::protocol::calls::campaign::{CampaignDocument, CampaignReportLine};

use crate::layout::campaigns::{people_foot, people_tabs};
use crate::layout::table::TableLayout;
use crate::state::State;
use crate::state::campaigns::people::{name, sign, word};
use crate::state::campaigns::when;
use crate::text::{CleanText, pad_right};
use crate::theme::Role;
use crate::view::aside;
use crate::view::paint::{Keys, Paint, Span, first_row};
use crate::view::table::{self, Empty, RowArea};

/// From this width on the reason has room beside the name.
const REASON_FROM: u16 = 90;
/// Columns of state, phone, variant and time.
const STATE: u16 = 12;
const PHONE: u16 = 16;
const VARIANT: u16 = 2;
const WHEN: u16 = 16;
const WHEN_SHORT: u16 = 6;

/// Draws them.
pub fn draw(state: &State, campaign: &CampaignDocument, body: Rect, laid: &TableLayout, paint: &mut Paint<'_>) {
    let people = &state.campaigns.people;
    let empty = match (people.only, &people.variant) {
        (Some(_), Some(_)) => {
            Empty { title: "Nobody with this text is in this state", remedy: "There are other texts." }
        }
        (None, Some(_)) => Empty { title: "Nobody gets this text", remedy: "There are other texts." },
        (Some(_), None) => Empty { title: "Nobody is in this state", remedy: "The tab \"all\" has everybody." },
        (None, None) => Empty { title: "Nobody is on this list", remedy: "A campaign without people ends at once." },
    };
    let several = campaign.variants.len() > 1;
    let widths = widths(laid.rows.width.saturating_sub(2), several);
    let names = ["state", "name", "phone", "", "when", "why"];
    let head: String = names
        .iter()
        .zip(widths)
        .filter(|(_, width)| *width > 0)
        .map(|(name, width)| pad_right(name, usize::from(width)) + " ")
        .collect();
    let head: [Span<'_>; 1] = [(head.trim_end(), paint.style(Role::Muted))];
    table::draw(paint, &people.rows, laid, &[], Keys::Here, &head, empty, |paint, line, area| {
        row(state, line, widths, area, paint);
    });
    aside::tabs(paint, &people_tabs(state, campaign, laid.pane));
    let title = match &people.variant {
        Some(label) => CleanText::line(&format!("{}: text {label}", campaign.name)),
        None => CleanText::line(&campaign.name),
    };
    let edge = Rect { y: laid.pane.bottom().saturating_sub(1), height: 1, ..laid.pane };
    let edge = Rect { x: edge.x + 2, width: edge.width.saturating_sub(4), ..edge };
    if people.rows.failure().is_none() || people.rows.items().is_empty() {
        let style = paint.style(Role::Title);
        paint.line(edge, &[(" ", style), (title.as_str(), style), (" ", style)]);
    }
    foot(state, people_foot(body), paint);
}

/// The columns: state, name, phone, variant, when, why. The name or the reason takes what is left.
fn widths(width: u16, several: bool) -> [u16; 6] {
    let variant = if several { VARIANT } else { 0 };
    let wide = width >= REASON_FROM;
    let when = if wide { WHEN } else { WHEN_SHORT };
    let gaps = if several { 5 } else { 4 };
    let rest = width.saturating_sub(STATE + PHONE + variant + when + gaps);
    let reason = if wide { rest * 3 / 5 } else { rest * 2 / 5 };
    [STATE, rest - reason, PHONE, variant, when, reason]
}

fn row(state: &State, line: &CampaignReportLine, widths: [u16; 6], area: &RowArea, paint: &mut Paint<'_>) {
    let mut x = area.area.x;
    let cells = widths.map(|width| {
        let cell = Rect { x, width: width.min(area.area.right().saturating_sub(x)), ..area.line(0) };
        x += width + u16::from(width > 0);
        cell
    });
    let (glyph, role) = sign(line.state, &paint.glyphs());
    let style = area.style(paint, role);
    let glyph = pad_right(glyph, 2);
    paint.line(cells[0], &[(&glyph, style), (" ", style), (word(line.state), style)]);
    let known = line.name.as_deref().is_some_and(|name| !CleanText::line(name).is_empty());
    let role = if known { Role::Text } else { Role::Faint };
    paint.text(cells[1], name(line).as_str(), area.style(paint, role));
    paint.text(cells[2], CleanText::line(&line.phone).as_str(), area.style(paint, Role::Muted));
    let variant = line.variant.as_deref().map(CleanText::line);
    if let Some(variant) = variant {
        paint.text(cells[3], variant.as_str(), area.style(paint, Role::Text));
    }
    let at = line.at.map(|at| {
        if cells[4].width < WHEN {
            crate::moment::stamp(at, state.now, &state.zone)
        } else {
            when(at, state.now, &state.zone)
        }
    });
    paint.text(cells[4], &at.unwrap_or_default(), area.style(paint, Role::Muted));
    if let Some(reason) = line.reason.as_deref().map(CleanText::line) {
        paint.text(cells[5], reason.as_str(), area.style(paint, Role::Muted));
    }
}

/// Why the selected one is in its state, in full.
fn foot(state: &State, area: Rect, paint: &mut Paint<'_>) {
    let Some(line) = state.campaigns.people.rows.selected() else { return };
    let at = line.at.map(|at| format!(" since {}", when(at, state.now, &state.zone))).unwrap_or_default();
    let (glyph, role) = sign(line.state, &paint.glyphs());
    match line.reason.as_deref().map(CleanText::line) {
        Some(reason) => {
            let words = format!("{glyph} {}{at}: {reason}", word(line.state));
            paint.wrapped(area, &words, paint.style(role));
        }
        None => {
            let words = format!("{glyph} {}{at}", word(line.state));
            paint.text(first_row(area), &words, paint.style(role));
        }
    }
}
