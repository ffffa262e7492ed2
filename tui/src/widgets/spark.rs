//! Counts over time as columns: one series ([`Spark`]) or two on top of each other ([`Columns`]).
//!
//! Values are fitted to the width: some columns each where there is room, else the largest of those that share one,
//! so that a peak never gets lost.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::text::width;
use crate::theme::{Role, Theme};

/// More rows than this tell nothing more.
const ROWS_MAX: u16 = 8;

/// What to show of the largest value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Peak {
    /// Nothing.
    #[default]
    Hidden,
    /// The value above its column, in a row of its own where there are two at least.
    Marked,
}

/// One series, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Spark<'a> {
    /// 24 hours, 30 days.
    pub values: &'a [u64],
    /// Whether the largest gets its number.
    pub peak: Peak,
    /// Words under the values of these indices, in a last row where there are two rows at least. Clean text.
    pub labels: &'a [(usize, &'a str)],
}

impl Spark<'_> {
    /// Draws it, at most eight rows of columns high.
    pub fn draw(&self, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let Some(mut area) = usable(area, self.values, buf) else { return };
        draw_labels(self.labels, self.values.len(), theme, &mut area, buf);
        let columns = fit(self.values, area.width);
        let most = columns.iter().copied().max().unwrap_or(0);
        if self.peak == Peak::Marked && area.height > 1 {
            draw_peak(&columns, most, theme, &mut area, buf);
        }
        area = bottom(area);
        for (x, value) in (area.left()..).zip(&columns) {
            draw_column(x, eighths(*value, most, area.height), 0, theme, area, buf);
        }
    }
}

/// Two series on top of each other, oldest first: what came in below, what went out above.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    /// What came in.
    pub incoming: &'a [u64],
    /// What went out; as many values.
    pub outgoing: &'a [u64],
    /// Words under the values of these indices, in a last row where there are two rows at least. Clean text.
    pub labels: &'a [(usize, &'a str)],
}

impl Columns<'_> {
    /// Draws it, at most eight rows of columns high. The two differ by their texture, not only by their colour.
    pub fn draw(&self, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let values = if self.incoming.len() < self.outgoing.len() { self.outgoing } else { self.incoming };
        let Some(mut area) = usable(area, values, buf) else { return };
        draw_labels(self.labels, values.len(), theme, &mut area, buf);
        area = bottom(area);
        let at = |series: &[u64], index: usize| series.get(index).copied().unwrap_or(0);
        let totals: Vec<u64> =
            (0..values.len()).map(|index| at(self.incoming, index).saturating_add(at(self.outgoing, index))).collect();
        let most = totals.iter().copied().max().unwrap_or(0);
        for (x, span) in (area.left()..).zip(spans(values.len(), area.width)) {
            // Both halves of a column are those of the same moment: the busiest that shares it.
            let Some(index) = span.max_by_key(|index| totals[*index]) else { continue };
            let total = eighths(totals[index], most, area.height);
            let other = at(self.outgoing, index);
            let other_cells = match eighths(other, most, area.height) {
                0 => 0,
                tall => tall.div_ceil(8).min(total.div_ceil(8) - u32::from(other < totals[index] && total > 8)),
            };
            draw_column(x, total, other_cells, theme, area, buf);
        }
    }
}

/// The part of the buffer that can be drawn on; `None` where there is nothing to draw.
fn usable(area: Rect, values: &[u64], buf: &Buffer) -> Option<Rect> {
    let area = area.intersection(buf.area);
    (!area.is_empty() && !values.is_empty()).then_some(area)
}

fn bottom(area: Rect) -> Rect {
    let height = area.height.min(ROWS_MAX);
    Rect { y: area.bottom() - height, height, ..area }
}

/// Which values stand in each column.
fn spans(values: usize, columns: u16) -> impl Iterator<Item = std::ops::Range<usize>> {
    let columns = usize::from(columns);
    let each = columns / values;
    let used = if each > 0 { each * values } else { columns };
    (0..used).map(move |column| {
        let start = column * values / used;
        let end = ((column + 1) * values).div_ceil(used);
        if each > 0 { start..start + 1 } else { start..end.min(values).max(start + 1) }
    })
}

fn fit(values: &[u64], columns: u16) -> Vec<u64> {
    spans(values.len(), columns).map(|span| values[span].iter().copied().max().unwrap_or(0)).collect()
}

/// How tall a value is; one that is not nothing shows.
fn eighths(value: u64, most: u64, rows: u16) -> u32 {
    if value == 0 || most == 0 {
        return 0;
    }
    let full = u128::from(rows) * 8;
    let tall = (u128::from(value) * full + u128::from(most) / 2) / u128::from(most);
    u32::try_from(tall).unwrap_or(u32::MAX).max(1)
}

/// One column, its upper `other_cells` in the texture of the second series.
fn draw_column(x: u16, eighths: u32, other_cells: u32, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let glyphs = theme.glyphs();
    let cells = eighths.div_ceil(8);
    for (at, y) in (0..cells).zip((area.top()..area.bottom()).rev()) {
        let is_other = at + other_cells >= cells;
        let tall = (eighths - at * 8).min(8) as usize;
        let (glyph, role) = match (is_other, tall) {
            (true, 4..) => (glyphs.bar_other, Role::Info),
            (true, tall) => (glyphs.bars[tall - 1], Role::Info),
            (false, tall) => (glyphs.bars[tall - 1], Role::Bar),
        };
        buf[(x, y)].set_symbol(glyph).set_style(theme.style(role));
    }
}

/// Takes the last row of `area` for labels that do not touch each other.
fn draw_labels(labels: &[(usize, &str)], values: usize, theme: &Theme, area: &mut Rect, buf: &mut Buffer) {
    if labels.is_empty() || area.height < 2 {
        return;
    }
    area.height -= 1;
    let y = area.bottom();
    let mut free = area.left();
    for (index, label) in labels {
        let Some(column) = spans(values, area.width).position(|span| span.contains(index)) else { continue };
        let Ok(columns) = u16::try_from(width(label)) else { continue };
        // A label near the end moves left until it fits.
        let last = area.right().saturating_sub(columns).max(area.left());
        let x = area.left().saturating_add(u16::try_from(column).unwrap_or(u16::MAX)).min(last);
        if x >= free && x + columns <= area.right() {
            buf.set_string(x, y, label, theme.style(Role::Faint));
            free = x + columns + 1;
        }
    }
}

/// Takes the first row of `area` for the largest value.
fn draw_peak(columns: &[u64], most: u64, theme: &Theme, area: &mut Rect, buf: &mut Buffer) {
    let y = area.bottom().saturating_sub(area.height.min(ROWS_MAX + 1));
    area.height = area.bottom() - y - 1;
    area.y = y + 1;
    let Some(column) = columns.iter().position(|value| *value == most && most > 0) else { return };
    let label = format!("{}{most}", theme.glyphs().peak);
    let Ok(label_columns) = u16::try_from(width(&label)) else { return };
    let x = area.left().saturating_add(u16::try_from(column).unwrap_or(u16::MAX));
    let (x, label) = if x + label_columns <= area.right() {
        (x, label)
    } else {
        // No room to the right: the number stands before its mark.
        let label = format!("{most}{}", theme.glyphs().peak);
        let Some(x) = (x + 1).checked_sub(label_columns).filter(|x| *x >= area.left()) else { return };
        (x, label)
    };
    buf.set_string(x, y, label, theme.style(Role::Muted));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Glyphs, ThemeName};
    use crate::widgets::testing::drawn;

    fn theme(glyphs: Glyphs) -> Theme {
        Theme::new(ThemeName::Dark, glyphs)
    }

    fn spark(values: &[u64], columns: u16, rows: u16) -> Vec<String> {
        let spark = Spark { values, peak: Peak::Hidden, labels: &[] };
        drawn(columns, rows, |area, buf| spark.draw(&theme(Glyphs::unicode()), area, buf))
    }

    #[test]
    fn one_row_has_eight_heights() {
        assert_eq!(spark(&[0, 1, 2, 3, 4, 5, 6, 7, 8], 9, 1), [" ▁▂▃▄▅▆▇█"]);
        assert_eq!(spark(&[0, 1, 1000], 3, 1), [" ▁█"]);
        assert_eq!(spark(&[0, 0, 0], 3, 1), ["   "]);
        assert_eq!(spark(&[u64::MAX, 1], 2, 1), ["█▁"]);
    }

    #[test]
    fn rows_add_up() {
        assert_eq!(spark(&[4, 8, 16, 10], 4, 2), ["  █▂", "▄███"]);
        assert_eq!(spark(&[1, 2], 2, 10)[..2], ["  ", "  "]);
    }

    #[test]
    fn values_are_fitted_to_the_width() {
        assert_eq!(spark(&[1, 2], 5, 1), ["▄▄██ "]);
        assert_eq!(spark(&[0, 0, 0, 9, 0, 0, 0, 0], 4, 1), [" █  "]);
        assert_eq!(spark(&[9, 0, 0, 0, 0, 0, 9], 3, 1), ["█ █"]);
        assert_eq!(spark(&[], 3, 1), ["   "]);
        for values in 1..80_usize {
            for columns in 1..40_u16 {
                let all: Vec<usize> = spans(values, columns).flatten().collect();
                assert!((0..values).all(|index| all.contains(&index)), "{values} in {columns}");
            }
        }
    }

    #[test]
    fn the_peak_and_the_hours_are_named() {
        let hours: Vec<u64> = (0..24).map(|hour| if hour == 14 { 42 } else { hour % 5 }).collect();
        let labels = [(0, "0"), (6, "6"), (12, "12"), (18, "18"), (23, "23")];
        let spark = Spark { values: &hours, peak: Peak::Marked, labels: &labels };
        let lines = drawn(24, 4, |area, buf| spark.draw(&theme(Glyphs::unicode()), area, buf));
        assert_eq!(
            lines,
            [
                "              ▾42       ",
                "              █         ",
                " ▁▁▁▂ ▁▁▁▂ ▁▁▁█ ▁▁▁▂ ▁▁▁",
                "0     6     12    18  23",
            ]
        );
        let last = Spark { values: &[0, 0, 0, 7], peak: Peak::Marked, labels: &[] };
        assert_eq!(drawn(4, 2, |area, buf| last.draw(&theme(Glyphs::ascii()), area, buf)), ["  7v", "   #"]);
    }

    #[test]
    fn two_series_stand_on_each_other() {
        let columns = Columns { incoming: &[8, 4, 0, 2], outgoing: &[8, 4, 4, 0], labels: &[(0, "Mon")] };
        let lines = drawn(4, 5, |area, buf| columns.draw(&theme(Glyphs::unicode()), area, buf));
        assert_eq!(lines, ["▒   ", "▒   ", "█▒  ", "██▒▄", "Mon "]);
        let uneven = Columns { incoming: &[1], outgoing: &[1, 1], labels: &[] };
        assert_eq!(drawn(2, 2, |area, buf| uneven.draw(&theme(Glyphs::unicode()), area, buf)), ["▒ ", "█▒"]);
    }

    #[test]
    fn no_room_is_no_panic() {
        let columns = Columns { incoming: &[1, 2, 3], outgoing: &[3, 2, 1], labels: &[(0, "long label")] };
        for (width, height) in [(0, 0), (1, 1), (2, 1), (1, 2), (2, 9)] {
            drawn(width, height, |area, buf| columns.draw(&theme(Glyphs::unicode()), area, buf));
            let spark = Spark { values: &[1, 2, 3], peak: Peak::Marked, labels: &[(2, "long label")] };
            drawn(width, height, |area, buf| spark.draw(&theme(Glyphs::unicode()), area, buf));
        }
    }
}
