//! Stored answers.

use mychatflow_data::model::quick_reply::QuickReplyState;
use mychatflow_data::protocol::calls::quick_reply::QuickReplyDocument;
use ratatui::layout::Rect;

use super::paint::{Keys, Paint, Span, below};
use super::table::{self, Empty, RowArea};
use super::{aside, filter, template};
use crate::layout::{Layout, quick_replies};
use crate::state::State;
use crate::state::quick_replies::{QuickReplies, facts};
use crate::text::{self, CleanText};
use crate::theme::Role;

/// From this width on a row has room for how often the assistant cited it.
const CITED_FROM: u16 = 66;
/// From this width on it has room for when it was of use last.
const LAST_FROM: u16 = 84;

/// Draws it.
pub fn draw(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let Some(table) = layout.panes.table() else { return };
    let screen = &state.quick_replies;
    if let Some(find) = &screen.find {
        filter::draw(find, layout.body, "words of the label, the category or the text", paint);
    }
    let empty = if screen.all.is_empty() {
        Empty {
            title: "No quick replies yet",
            remedy: "What you answer again and again: opening hours, prices, the way to your shop. You send one with a few \
                     keys, and the assistant answers from them: what stands in them it takes for a fact, and what stands \
                     nowhere it leaves to you.",
        }
    } else {
        Empty { title: "No quick reply fits", remedy: "Labels, categories and texts are looked through." }
    };
    let names = ["label", "category", "sent", "cited", "last used", "text"];
    let widths = widths(screen, table.head.width.saturating_sub(2));
    let head: Vec<String> = names
        .iter()
        .zip(widths)
        .filter(|(_, width)| *width > 0)
        .map(|(name, width)| {
            let number = matches!(*name, "sent" | "cited");
            let pad = if number { text::pad_left } else { text::pad_right };
            pad(name, usize::from(width))
        })
        .collect();
    let head = head.join(" ");
    let head: [Span<'_>; 1] = [(&head, paint.style(Role::Muted))];
    let keys = if screen.filter_open() { Keys::Elsewhere } else { Keys::Here };
    table::draw(paint, &screen.rows, table, &[], keys, &head, empty, |paint, reply, line| {
        row(state, reply, line, paint);
    });
    aside::tabs(paint, &quick_replies::tabs(state, table.pane));
    if let Some(area) = table.detail {
        detail(state, area, paint);
    }
}

/// Columns: label, category, sent, cited, last used, text. Those without room, or with nothing in them, have no width.
fn widths(screen: &QuickReplies, width: u16) -> [u16; 6] {
    let cited = if width >= CITED_FROM { 5 } else { 0 };
    let last = if width >= LAST_FROM { 12 } else { 0 };
    let (label, category) = if width >= CITED_FROM { (22, 12) } else { (18, 10) };
    let sorted = screen.all.iter().any(|reply| reply.category.is_some());
    let fixed = [label, if sorted { category } else { 0 }, 4, cited, last];
    let used: u16 = fixed.iter().filter(|width| **width > 0).map(|width| width + 1).sum();
    let [label, category, sent, cited, last] = fixed;
    [label, category, sent, cited, last, width.saturating_sub(used)]
}

fn cells(screen: &QuickReplies, area: Rect) -> [Rect; 6] {
    let mut x = area.x;
    widths(screen, area.width).map(|width| {
        let width = width.min(area.right().saturating_sub(x));
        let cell = Rect { x, width, ..area };
        x += if width > 0 { width + 1 } else { 0 };
        cell
    })
}

fn row(state: &State, reply: &QuickReplyDocument, line: &RowArea, paint: &mut Paint<'_>) {
    let [label, category, uses, cited, last, words] = cells(&state.quick_replies, line.line(0));
    let aside = reply.state == QuickReplyState::Aside;
    let role = |usual| if aside { Role::Faint } else { usual };
    paint.text(label, CleanText::line(&reply.label).as_str(), line.style(paint, role(Role::Text)));
    let name = CleanText::line(reply.category.as_deref().unwrap_or_default());
    paint.text(category, name.as_str(), line.style(paint, role(Role::Muted)));
    for (area, count) in [(uses, reply.uses), (cited, reply.citations)] {
        let style = line.style(paint, role(if count == 0 { Role::Faint } else { Role::Text }));
        paint.right(area, &[(&count.to_string(), style)]);
    }
    if let Some(at) = reply.used_at {
        let at = crate::moment::stamp(at, state.now, &state.zone);
        paint.text(last, &at, line.style(paint, role(Role::Muted)));
    }
    let text = CleanText::line(&reply.text);
    let plain = line.style(paint, role(Role::Muted));
    if aside {
        let sign = line.style(paint, Role::Warn);
        paint.line(words, &[("aside", sign), (" ", plain), (text.as_str(), plain)]);
    } else {
        let place = line.style(paint, Role::Accent);
        let parts = crate::template::rows(text.as_str(), usize::MAX).into_iter().flatten();
        let style = |part| if part == crate::template::Part::Place { place } else { plain };
        let spans: Vec<Span<'_>> = parts.map(|(words, part)| (words, style(part))).collect();
        paint.line(words, &spans);
    }
}

fn detail(state: &State, area: Rect, paint: &mut Paint<'_>) {
    let Some(reply) = state.quick_replies.rows.selected() else {
        aside::pane(paint, area, "");
        return;
    };
    let inner = aside::pane(paint, area, CleanText::line(&reply.label).as_str());
    let (words, place) = (paint.style(Role::Text), paint.style(Role::Accent));
    let told = facts(reply, state.now, &state.zone);
    // What it says matters most, but a long one must not hide everything else.
    let room = inner.height.saturating_sub(u16::try_from(told.len()).unwrap_or(0) + 3).max(inner.height / 2);
    let text = Rect { height: room.min(inner.height), ..inner };
    let used = template::draw(paint, text, CleanText::block(&reply.text).as_str(), words, place);
    table::facts(paint, below(inner, used + 1), &told);
}
