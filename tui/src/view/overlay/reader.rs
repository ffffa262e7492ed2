//! Text to be read.

use ratatui::layout::Rect;

use super::frame;
use crate::layout::overlay::{FACT, OverlayLayout, Parts, reader_rows};
use crate::state::State;
use crate::state::overlay::{Awaited, Reader, ReaderLine};
use crate::theme::Role;
use crate::view::paint::{Paint, after};
use crate::widgets::{list_rail, skeleton};

/// Draws it.
pub fn draw(reader: &Reader, _state: &State, laid: &OverlayLayout, paint: &mut Paint<'_>) {
    frame(laid, reader.title.as_str(), paint);
    let Parts::Reader { first, total } = laid.parts else { return };
    if reader.lines.is_empty() && reader.awaited != Awaited::Nothing {
        skeleton::skeleton(paint.theme, laid.inner, paint.buf);
        return;
    }
    let rows = reader_rows(reader, laid.inner.width);
    let mut before = first.checked_sub(1).and_then(|at| rows.get(at)).map(|(line, _)| *line);
    for (y, (at, words)) in (laid.inner.y..laid.inner.bottom()).zip(rows.iter().skip(first)) {
        let row = Rect { y, height: 1, ..laid.inner };
        let fresh = before != Some(*at);
        before = Some(*at);
        let on = |role| paint.theme.on(Role::Overlay, role);
        let lead = u16::try_from(FACT).unwrap_or(18).min(row.width / 2);
        let head = Rect { width: lead.saturating_sub(1), ..row };
        match &reader.lines[*at] {
            ReaderLine::Heading(_) => {
                let style = on(Role::Title);
                paint.text(row, words, style);
            }
            ReaderLine::Key(name, _) | ReaderLine::Fact(name, _) => {
                let is_key = matches!(reader.lines[*at], ReaderLine::Key(..));
                let (name_style, style) = (on(if is_key { Role::Key } else { Role::Muted }), on(Role::Text));
                if fresh {
                    paint.text(head, name.as_str(), name_style);
                }
                paint.text(after(row, lead), words, style);
            }
            ReaderLine::Words(_) => {
                let style = on(Role::Text);
                paint.text(row, words, style);
            }
            ReaderLine::Bad(_) => {
                let style = on(Role::Bad);
                paint.text(row, words, style);
            }
            ReaderLine::Gap => {}
        }
    }
    if total > usize::from(laid.inner.height) {
        let rail = Rect { x: laid.area.right() - 1, width: 1, ..laid.inner };
        list_rail::rail(paint.theme, rail, paint.buf, first, usize::from(laid.inner.height), total);
    }
}
