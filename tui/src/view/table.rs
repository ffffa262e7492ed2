//! Paints a list: its head, its rows, the selection, and what stands there while there is nothing.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint::{Keys, Paint, Span, first_row};
use crate::layout::table::TableLayout;
use crate::state::list::{Row, Rows};
use crate::theme::Role;
use crate::widgets::{list_rail, skeleton};

/// What to say about a list that is empty.
#[derive(Debug, Clone, Copy)]
pub struct Empty<'a> {
    /// That there is nothing.
    pub title: &'a str,
    /// What to do about it.
    pub remedy: &'a str,
}

/// A row to be painted.
#[derive(Debug)]
pub struct RowArea {
    /// Where it goes.
    pub area: Rect,
    /// What its ground is: the words in it are painted on that.
    pub surface: Option<Role>,
}

impl RowArea {
    /// How a role looks in this row.
    #[must_use]
    pub fn style(&self, paint: &Paint<'_>, role: Role) -> Style {
        match self.surface {
            Some(surface) => paint.theme.on(surface, role),
            None => paint.style(role),
        }
    }

    /// A line of the row, from 0.
    #[must_use]
    pub fn line(&self, at: u16) -> Rect {
        let y = (self.area.y + at).min(self.area.bottom());
        Rect { y, height: u16::from(y < self.area.bottom()), ..self.area }
    }
}

/// Paints a list.
#[expect(clippy::too_many_arguments, reason = "what a list is made of; a struct of the same eight would say no more")]
pub fn draw<T: Row>(
    paint: &mut Paint<'_>,
    rows: &Rows<T>,
    table: &TableLayout,
    title: &[Span<'_>],
    keys: Keys,
    head: &[Span<'_>],
    empty: Empty<'_>,
    mut row: impl FnMut(&mut Paint<'_>, &T, &RowArea),
) {
    paint.pane(table.pane, title, keys);
    paint.line(inset(table.head), head);
    if rows.is_skeleton() {
        skeleton::skeleton_entries(table.tall, paint.theme, table.rows, paint.buf);
        return;
    }
    if rows.items().is_empty() {
        let (title, words) = match rows.failure() {
            Some(reason) => ("This could not be read", reason),
            None => (empty.title, empty.remedy),
        };
        let area = inset(table.rows);
        paint.text(first_row(super::paint::below(area, 1)), title, paint.style(Role::Title));
        let words = crate::text::CleanText::block(words);
        paint.wrapped(super::paint::below(area, 3), words.as_str(), paint.style(Role::Muted));
        return;
    }
    if let Some(reason) = rows.failure() {
        // The rows that stand there may be old.
        let bad = paint.style(Role::Bad);
        let edge = Rect { y: table.pane.bottom().saturating_sub(1), height: 1, ..inset(inset(table.pane)) };
        let (mark, reason) = (paint.glyphs().failed, crate::text::CleanText::line(reason));
        paint.line(edge, &[(" ", bad), (mark, bad), (" not read again: ", bad), (reason.as_str(), bad), (" ", bad)]);
    }
    let selected = rows.position();
    for (at, item) in rows.items().iter().enumerate().skip(table.first) {
        let Some(area) = table.row(at) else { break };
        let surface = (Some(at) == selected).then_some(match keys {
            Keys::Here => Role::Selected,
            Keys::Elsewhere => Role::SelectedUnfocused,
        });
        let mark = paint.glyphs().selected;
        if let Some(surface) = surface {
            paint.fill(area, paint.style(surface));
            for y in area.y..area.bottom() {
                paint.text(Rect { y, height: 1, ..area }, mark, paint.style(surface));
            }
        }
        row(paint, item, &RowArea { area: inset(area), surface });
    }
    if rows.items().len() > table.fits() {
        let rail = Rect { x: table.pane.right() - 1, width: 1, ..table.rows };
        list_rail::rail(paint.theme, rail, paint.buf, table.first, table.fits(), rows.items().len());
    }
}

/// Without the column of the selection's mark, and without one at the end.
fn inset(area: Rect) -> Rect {
    Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }
}

/// Splits a line into columns: fixed widths, and one that takes the rest (given as 0).
#[must_use]
pub fn columns<const N: usize>(area: Rect, widths: [u16; N]) -> [Rect; N] {
    let gaps = u16::try_from(N.saturating_sub(1)).unwrap_or(0);
    let fixed: u16 = widths.iter().sum::<u16>() + gaps;
    let rest = area.width.saturating_sub(fixed);
    let mut x = area.x;
    widths.map(|width| {
        let width = if width == 0 { rest } else { width }.min(area.right().saturating_sub(x));
        let column = Rect { x, width, ..area };
        x = (x + width + 1).min(area.right());
        column
    })
}

/// Facts, name and value, one below the other. Returns the rows used.
pub fn facts(paint: &mut Paint<'_>, area: Rect, facts: &[(&str, String, Role)]) -> u16 {
    let mut used = 0;
    for (name, value, role) in facts {
        let row = first_row(super::paint::below(area, used));
        if row.height == 0 {
            break;
        }
        let lead = facts.iter().map(|(name, _, _)| crate::text::width(name)).max().unwrap_or(0) + 2;
        let lead = u16::try_from(lead).unwrap_or(16).min(area.width / 2);
        paint.text(Rect { width: lead, ..row }, name, paint.style(Role::Muted));
        let room = Rect { height: area.bottom().saturating_sub(row.y), ..super::paint::after(row, lead) };
        used += paint.wrapped(room, value, paint.style(*role)).max(1);
    }
    used
}
