//! The queue: what is not finished, and the selected entry in full.

use mychatflow_data::protocol::calls::queue::QueueState;
use ratatui::layout::Rect;

use super::paint::{Keys, Paint, Span};
use super::table::{self, Empty, RowArea};
use crate::layout::Layout;
use crate::moment;
use crate::state::State;
use crate::state::queue::{Item, Tab, about, kind, meaning, nothing, standing};
use crate::text::{self, CleanText};
use crate::theme::Role;

/// Columns of what an entry is, where it stands, how old it is, and how often it was tried.
const WIDTHS: [usize; 4] = [20, 12, 8, 8];

/// Draws it.
pub fn draw(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let Some(laid) = layout.panes.table() else { return };
    let (title, muted) = (paint.style(Role::Title), paint.style(Role::Muted));
    let mut spans: Vec<Span<'_>> = Vec::new();
    for tab in Tab::ALL {
        if !spans.is_empty() {
            // Side by side with the detail there is no room for air.
            let air = if laid.pane.width < 70 { "" } else { " " };
            spans.extend([(air, muted), (paint.glyphs().separator, muted), (air, muted)]);
        }
        let here = tab == state.queue.tab;
        if here {
            spans.push((paint.glyphs().arrow, paint.style(Role::Accent)));
        }
        spans.push((tab.title(), if here { title } else { muted }));
    }
    let names = ["entry", "state", "age", "tries"];
    let heads: Vec<String> = names.iter().zip(WIDTHS).map(|(name, width)| text::pad_right(name, width)).collect();
    let header = paint.style(Role::Header);
    let mut head: Vec<Span<'_>> = vec![("  ", header)];
    head.extend(heads.iter().map(|name| (name.as_str(), header)));
    head.push(("next", header));
    let (nothing, remedy) = nothing(state.queue.tab);
    let empty = Empty { title: nothing, remedy };
    table::draw(paint, &state.queue.rows, laid, &spans, Keys::Here, &head, empty, |paint, item, row| {
        draw_entry(state, paint, item, row);
    });
    if let Some(area) = laid.detail {
        detail(state, area, paint);
    }
}

/// The sign and the weight of a state.
fn sign(paint: &Paint<'_>, state: QueueState) -> (&'static str, Role) {
    let glyphs = paint.glyphs();
    match state {
        QueueState::Discarded => (glyphs.failed, Role::Bad),
        QueueState::Unknown => (glyphs.unknown, Role::Warn),
        QueueState::Unreadable => (glyphs.held, Role::Warn),
        QueueState::Retryable => (glyphs.held, Role::Muted),
        QueueState::Held => (glyphs.dot_empty, Role::Muted),
        QueueState::Running | QueueState::Available => (glyphs.dot, Role::Good),
        QueueState::Scheduled => (glyphs.clock, Role::Muted),
        QueueState::Completed => (glyphs.sent, Role::Good),
        QueueState::Cancelled => (glyphs.dot_empty, Role::Muted),
    }
}

fn age(state: &State, item: &Item) -> String {
    match state.now.since(item.made_at).as_secs() {
        0..60 => "< 1 min".to_owned(),
        _ => moment::ago(item.made_at, state.now),
    }
}

fn next(state: &State, item: &Item) -> String {
    match item.line.next_at {
        Some(at) if at <= state.now => "now".to_owned(),
        Some(at) => format!("in {}", moment::left(at, state.now)),
        None => String::new(),
    }
}

fn draw_entry(state: &State, paint: &mut Paint<'_>, item: &Item, row: &RowArea) {
    let line = &item.line;
    let (glyph, role) = sign(paint, line.state);
    let (text, muted) = (row.style(paint, Role::Text), row.style(paint, Role::Muted));
    let strong = row.style(paint, role);
    let cells = [
        (kind(line.kind), text),
        (standing(line.state).to_owned(), strong),
        (age(state, item), muted),
        (line.attempts.to_string(), muted),
    ];
    let cells: Vec<_> =
        cells.iter().zip(WIDTHS).map(|((words, style), width)| (text::pad_right(words, width), *style)).collect();
    let next = next(state, item);
    let mut spans: Vec<Span<'_>> = vec![(glyph, strong), (" ", text)];
    spans.extend(cells.iter().map(|(words, style)| (words.as_str(), *style)));
    spans.push((&next, muted));
    paint.line(row.line(0), &spans);
    let reason = CleanText::line(line.reason.as_deref().unwrap_or_default());
    let second = row.line(1);
    paint.text(Rect { x: second.x + 2, width: second.width.saturating_sub(2), ..second }, reason.as_str(), muted);
}

fn detail(state: &State, area: Rect, paint: &mut Paint<'_>) {
    let Some(item) = state.queue.rows.selected() else {
        paint.pane(area, &[], Keys::Elsewhere);
        return;
    };
    let line = &item.line;
    let name = kind(line.kind);
    let title = [(name.as_str(), paint.style(Role::Title))];
    let inner = paint.pane(area, &title, Keys::Elsewhere);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let (glyph, role) = sign(paint, line.state);
    let mut facts = vec![("state", format!("{glyph} {}", standing(line.state)), role)];
    facts.push(("", meaning(line.state).to_owned(), Role::Muted));
    if let Some(reason) = &line.reason {
        facts.push(("reason", CleanText::block(reason).into_string(), Role::Text));
    }
    let made = moment::day_line(item.made_at, state.now, &state.zone);
    facts.push(("made", format!("{made}, {}", moment::clock(item.made_at, &state.zone)), Role::Text));
    facts.push(("tries", line.attempts.to_string(), Role::Text));
    if line.next_at.is_some() {
        facts.push(("next", next(state, item), Role::Text));
    }
    // An id on two lines is no id; all of it is in the reader.
    let room = usize::from(inner.width.saturating_sub(8));
    let whole = |value: &str| match value.contains(' ') {
        true => value.to_owned(),
        false => text::cut_middle(value, room).into_owned(),
    };
    facts.extend(about(state, line).into_iter().map(|(name, value)| (name, whole(value.as_str()), Role::Text)));
    facts.push(("id", whole(line.id.as_str()), Role::Muted));
    table::facts(paint, inner, &facts);
}
