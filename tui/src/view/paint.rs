//! A brush: puts clean text and styles into the buffer, and never a cell outside of its area.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, Borders, Widget};

use crate::text;
use crate::theme::{Glyphs, Role, Theme};

/// Whether a pane has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// It has.
    Here,
    /// Another one has.
    Elsewhere,
}

/// The brush.
#[derive(Debug)]
pub struct Paint<'a> {
    /// What is painted on.
    pub buf: &'a mut Buffer,
    /// How things look.
    pub theme: &'a Theme,
}

/// Words in a style.
pub type Span<'a> = (&'a str, Style);

impl Paint<'_> {
    /// How a role looks.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// The signs.
    #[must_use]
    pub const fn glyphs(&self) -> Glyphs {
        *self.theme.glyphs()
    }

    /// Paints the ground of an area and forgets what was there.
    pub fn clear(&mut self, area: Rect, style: Style) {
        for position in area.intersection(self.buf.area).positions() {
            let cell = &mut self.buf[position];
            cell.reset();
            cell.set_style(style);
        }
    }

    /// Lays a style over an area.
    pub fn fill(&mut self, area: Rect, style: Style) {
        self.buf.set_style(area.intersection(self.buf.area), style);
    }

    /// Writes words into the first row of an area, cut with a mark where they don't fit. Returns the columns used.
    pub fn text(&mut self, area: Rect, words: &str, style: Style) -> u16 {
        self.line(area, &[(words, style)])
    }

    /// Writes words in several styles into the first row of an area, cut with a mark where they don't fit. Returns the
    /// columns used.
    pub fn line(&mut self, area: Rect, spans: &[Span<'_>]) -> u16 {
        let area = area.intersection(self.buf.area);
        if area.is_empty() {
            return 0;
        }
        let total: usize = spans.iter().map(|(words, _)| text::width(words)).sum();
        let mark = self.theme.glyphs().ellipsis;
        let room = usize::from(area.width);
        let (mut x, mut left) = (area.x, room);
        for (at, (words, style)) in spans.iter().enumerate() {
            // The mark stands where the first span that does not fit ends, also when only a later one is too long.
            let rest: usize = spans[at + 1..].iter().map(|(words, _)| text::width(words)).sum();
            let wide = text::width(words);
            let cut;
            let drawn = if total <= room || wide < left || (wide == left && rest == 0) {
                *words
            } else {
                cut = if wide > left {
                    text::cut_with(words, left, mark).into_owned()
                } else {
                    text::cut_with(&format!("{words} "), left, mark).into_owned()
                };
                &cut
            };
            let (end, _) = self.buf.set_stringn(x, area.y, drawn, left, *style);
            left -= usize::from(end - x);
            x = end;
            if left == 0 {
                break;
            }
        }
        x - area.x
    }

    /// Writes words so that they end at the right edge of an area. Returns the columns used.
    pub fn right(&mut self, area: Rect, spans: &[Span<'_>]) -> u16 {
        let total: usize = spans.iter().map(|(words, _)| text::width(words)).sum();
        let width = u16::try_from(total).unwrap_or(u16::MAX).min(area.width);
        self.line(Rect { x: area.right() - width, width, ..area }, spans)
    }

    /// Writes words in the middle of a row.
    pub fn centre(&mut self, area: Rect, words: &str, style: Style) {
        let width = u16::try_from(text::width(words)).unwrap_or(u16::MAX).min(area.width);
        self.text(Rect { x: area.x + (area.width - width) / 2, width, ..area }, words, style);
    }

    /// Wraps words into an area. Returns the rows used.
    pub fn wrapped(&mut self, area: Rect, words: &str, style: Style) -> u16 {
        if area.width < 2 {
            return 0;
        }
        let mut used = 0;
        for (y, row) in (area.y..area.bottom()).zip(text::wrap(words, usize::from(area.width))) {
            self.text(Rect { y, height: 1, ..area }, row, style);
            used += 1;
        }
        used
    }

    /// A pane with a border and a title. Returns what is inside.
    pub fn pane(&mut self, area: Rect, title: &[Span<'_>], keys: Keys) -> Rect {
        let (set, role) = match keys {
            Keys::Here => (self.glyphs().border_focused, Role::BorderFocused),
            Keys::Elsewhere => (self.glyphs().border, Role::Border),
        };
        let style = self.style(role);
        let block = Block::new().borders(Borders::ALL).border_set(set).border_style(style);
        let inner = block.inner(area);
        block.render(area.intersection(self.buf.area), self.buf);
        if !title.is_empty() && area.width > 4 {
            let spans: Vec<Span<'_>> =
                [(" ", style)].into_iter().chain(title.iter().copied()).chain([(" ", style)]).collect();
            self.line(Rect { x: area.x + 1, width: area.width - 2, height: 1, ..area }, &spans);
        }
        inner
    }

    /// A horizontal rule.
    pub fn rule(&mut self, area: Rect, style: Style) {
        let glyph = self.glyphs().rule;
        for x in area.x..area.right() {
            if let Some(cell) = self.buf.cell_mut(Position::new(x, area.y)) {
                cell.set_symbol(glyph).set_style(style);
            }
        }
    }
}

/// An area without its first rows.
#[must_use]
pub fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}

/// An area without its first columns.
#[must_use]
pub fn after(area: Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    Rect { x: area.x + columns, width: area.width - columns, ..area }
}

/// The first row of an area.
#[must_use]
pub fn first_row(area: Rect) -> Rect {
    Rect { height: area.height.min(1), ..area }
}
