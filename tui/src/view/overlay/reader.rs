//! Text to be read.

use ratatui::layout::Rect;

use super::frame;
use crate::layout::overlay::{OverlayLayout, Parts, lead, reader_rows};
use crate::state::overlay::{Awaited, Reader, ReaderLine};
use crate::template::{self, Part};
use crate::theme::Role;
use crate::view::paint::{Paint, Span, after};
use crate::widgets::{list_rail, skeleton};

/// Draws it.
pub fn draw(reader: &Reader, laid: &OverlayLayout, paint: &mut Paint<'_>) {
    frame(laid, reader.title.as_str(), paint);
    body(reader, laid, paint);
}

/// Draws its lines.
pub fn body(reader: &Reader, laid: &OverlayLayout, paint: &mut Paint<'_>) {
    let Parts::Reader { first, total } = laid.parts else { return };
    if reader.lines.is_empty() && reader.awaited != Awaited::Nothing {
        skeleton::skeleton(paint.theme, laid.inner, paint.buf);
        return;
    }
    let rows = reader_rows(reader, laid.inner.width);
    let lead = lead(reader, laid.inner.width);
    for (y, (place, (at, name, words))) in (laid.inner.y..laid.inner.bottom()).zip(rows.iter().enumerate().skip(first))
    {
        let row = Rect { y, height: 1, ..laid.inner };
        let on = |role| paint.theme.on(Role::Overlay, role);
        let role = match &reader.lines[*at] {
            ReaderLine::Heading(_) => Role::Title,
            ReaderLine::Bad(_) => Role::Bad,
            ReaderLine::Key(..) => Role::Key,
            ReaderLine::Fact(..) => Role::Muted,
            ReaderLine::Words(_) | ReaderLine::Template(_) | ReaderLine::Gap => Role::Text,
        };
        let (style, text) = (on(role), on(Role::Text));
        match &reader.lines[*at] {
            ReaderLine::Key(_, value) | ReaderLine::Fact(_, value) if !value.is_empty() => {
                paint.text(Rect { width: lead.saturating_sub(1), ..row }, name, style);
                paint.text(after(row, lead), words, text);
            }
            ReaderLine::Template(all) => {
                let within = rows[..place].iter().rev().take_while(|(line, _, _)| line == at).count();
                let parts = template::rows(all.as_str(), usize::from(laid.inner.width.max(10)));
                let style = |part| if part == Part::Place { on(Role::Accent) } else { text };
                let spans: Vec<Span<'_>> =
                    parts.get(within).into_iter().flatten().map(|(words, part)| (*words, style(*part))).collect();
                paint.line(row, &spans);
            }
            ReaderLine::Key(..) | ReaderLine::Fact(..) => {
                paint.text(row, name, text);
            }
            _ => {
                paint.text(row, words, style);
            }
        }
    }
    if total > usize::from(laid.inner.height) {
        let rail = Rect { x: laid.area.right() - 1, width: 1, ..laid.inner };
        list_rail::rail(paint.theme, rail, paint.buf, first, usize::from(laid.inner.height), total);
    }
}
