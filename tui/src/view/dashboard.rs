//! The dashboard: a strip that says how the daemon is, and tiles.

mod charts;
mod first_steps;
mod tiles;

pub use self::charts::day_labels;
pub use self::first_steps::hint;

use ratatui::layout::Rect;

use mychatflow_data::protocol::calls::daemon::Health;

use super::paint::{Keys, Paint, Span, after, first_row};
use crate::layout::dashboard::DashboardLayout;
use crate::layout::health::{Weight, bytes, uptime};
use crate::layout::{Layout, Panes};
use crate::state::State;
use crate::state::dashboard::Tile;
use crate::text::{self, CleanText};
use crate::theme::Role;
use crate::widgets::{list_rail, skeleton};

/// Draws it.
pub fn draw(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let Panes::Dashboard(laid) = &layout.panes else { return };
    for (tile, area) in &laid.tiles {
        let keys = if *tile == state.dashboard.tile { Keys::Here } else { Keys::Elsewhere };
        match tile {
            Tile::Health => strip(state, laid, *area, keys, paint),
            Tile::FirstSteps => first_steps::draw(state, *area, keys, paint),
            Tile::Hours => charts::hours(state, *area, keys, paint),
            Tile::Days => charts::days(state, *area, keys, paint),
            Tile::NeedsYou => tiles::needs_you(state, *area, keys, paint),
            Tile::Today => tiles::today(state, laid, *area, keys, paint),
            Tile::Credits => tiles::credits(state, *area, keys, paint),
            Tile::Numbers => tiles::numbers(state, *area, keys, paint),
            Tile::Chats => tiles::chats(state, *area, keys, paint),
            Tile::Campaigns => tiles::campaigns(state, *area, keys, paint),
            Tile::Trouble => tiles::trouble(state, *area, keys, paint),
        }
    }
    if let Some((first, visible)) = laid.rail {
        list_rail::rail(paint.theme, layout.body, paint.buf, first, visible, laid.bands.len());
    }
}

/// How the daemon and what it leans on are: one line while all is well, else a sentence for each that is not.
fn strip(state: &State, laid: &DashboardLayout, area: Rect, keys: Keys, paint: &mut Paint<'_>) {
    let surface = (keys == Keys::Here).then_some(Role::Selected);
    let style = |paint: &Paint<'_>, role| match surface {
        Some(surface) => paint.theme.on(surface, role),
        None => paint.style(role),
    };
    if let Some(surface) = surface {
        paint.fill(area, paint.style(surface));
        let mark = paint.glyphs().selected;
        for y in area.y..area.bottom() {
            paint.text(Rect { y, height: 1, ..area }, mark, paint.style(surface));
        }
    }
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    let glyphs = paint.glyphs();
    if !laid.strip.is_empty() {
        for (y, row) in (inner.y..inner.bottom()).zip(&laid.strip) {
            let (glyph, role) = match row.weight {
                Weight::Down => (glyphs.failed, Role::Bad),
                Weight::Soon => (glyphs.held, Role::Warn),
            };
            if row.begins {
                paint.text(Rect { x: area.x + 1, y, width: 1, height: 1 }, glyph, style(paint, role));
            }
            // A blank after the sign, so the words stand in their own column.
            let words = Rect { x: inner.x + 1, y, height: 1, ..inner };
            paint.text(words, row.words.as_str(), style(paint, role));
        }
        return;
    }
    let Some(daemon) = &state.daemon else {
        skeleton::skeleton(paint.theme, first_row(inner), paint.buf);
        return;
    };
    let waha = daemon.waha.iter().map(|waha| (waha.health, format!("WAHA {}", waha.name)));
    let free = daemon.store.free_bytes.map(|free| format!(", {} free", bytes(free))).unwrap_or_default();
    let parts = waha.chain([
        (daemon.gemini.health, "Gemini".to_owned()),
        (daemon.store.health, format!("store{free}")),
        (Health::Ok, format!("up for {}", uptime(daemon))),
    ]);
    let parts: Vec<(&str, Role, String)> = parts
        .map(|(health, words)| match health {
            Health::Ok => (glyphs.dot, Role::Good, words),
            Health::Down => (glyphs.failed, Role::Bad, words),
            Health::Unknown => (glyphs.dot_empty, Role::Muted, format!("{words}: not asked yet")),
            Health::Off => (glyphs.dot_empty, Role::Muted, format!("{words} is off")),
        })
        .map(|(glyph, role, words)| (glyph, role, CleanText::line(&words).into_string()))
        .collect();
    let (text, muted) = (style(paint, Role::Text), style(paint, Role::Muted));
    let mut spans: Vec<Span<'_>> = Vec::new();
    for (glyph, role, words) in &parts {
        if !spans.is_empty() {
            spans.push(("   ", muted));
        }
        spans.extend([(*glyph, style(paint, *role)), (" ", text), (words.as_str(), text)]);
    }
    paint.line(Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }, &spans);
}

/// A tile with its title and what stands at the right end of its upper border. Returns what is inside.
fn tile(area: Rect, title: &[Span<'_>], right: &str, keys: Keys, paint: &mut Paint<'_>) -> Rect {
    let inner = paint.pane(area, title, keys);
    let used: usize = title.iter().map(|(words, _)| text::width(words)).sum::<usize>() + 5;
    if !right.is_empty() && used + text::width(right) + 4 <= usize::from(area.width) {
        let row = Rect { width: area.width - 2, ..first_row(area) };
        let words = format!(" {right} ");
        paint.right(row, &[(&words, paint.style(Role::Muted))]);
    }
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

/// What stands in a tile that needs the day's numbers while there are none. Returns whether it drew.
fn missing(state: &State, inner: Rect, paint: &mut Paint<'_>) -> bool {
    if state.dashboard.overview.is_some() {
        return false;
    }
    match &state.dashboard.reading {
        crate::state::list::Reading::Failed(_) => {
            let (glyph, words) = (paint.glyphs().failed, "could not be read: see above");
            paint.line(
                inner,
                &[(glyph, paint.style(Role::Bad)), (" ", paint.style(Role::Muted)), (words, paint.style(Role::Muted))],
            );
        }
        _ => skeleton::skeleton(paint.theme, inner, paint.buf),
    }
    true
}

/// Puts pieces one after the other, on as many lines as they need. Returns the rows used.
fn flow(paint: &mut Paint<'_>, area: Rect, pieces: &[Vec<Span<'_>>]) -> u16 {
    const GAP: u16 = 2;
    let (mut row, mut used) = (first_row(area), 0);
    for (at, piece) in pieces.iter().enumerate() {
        let wide = piece.iter().map(|(words, _)| text::width(words)).sum::<usize>();
        let wide = u16::try_from(wide).unwrap_or(u16::MAX);
        if used > 0 && used + GAP + wide > area.width {
            if row.y + 1 >= area.bottom() {
                let mark = paint.glyphs().ellipsis;
                let rest = after(row, (used + 1).min(area.width.saturating_sub(1)));
                paint.text(rest, mark, paint.style(Role::Muted));
                break;
            }
            row.y += 1;
            used = 0;
        }
        let lead = if used > 0 { GAP } else { 0 };
        used += lead + paint.line(after(row, used + lead), piece);
        if at + 1 == pieces.len() {
            break;
        }
    }
    if row.height == 0 { 0 } else { row.y - area.y + 1 }
}

/// A count with its noun.
fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
