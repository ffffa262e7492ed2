//! How full something is, on one line: `██████▍░░░  64% 312/400`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::text::{cut, width};
use crate::theme::{Role, Theme};

/// The columns of ` 100%`.
const PERCENT_COLUMNS: u16 = 5;
/// A bar shorter than this says nothing; the label gives way to it.
const BAR_COLUMNS_MIN: u16 = 4;

/// A bar with its percentage, and words after it where there is room.
#[derive(Debug, Clone, Copy)]
pub struct Meter<'a> {
    /// From 0 to 1; what lies outside is drawn as the nearer of the two.
    pub ratio: f64,
    /// Clean text after the percentage; may be empty.
    pub label: &'a str,
    /// What the full part means: [`Role::Bar`], or [`Role::Warn`] and [`Role::Bad`] when it runs out.
    pub role: Role,
}

impl<'a> Meter<'a> {
    /// A meter in the usual colour.
    #[must_use]
    pub const fn new(ratio: f64, label: &'a str) -> Self {
        Self { ratio, label, role: Role::Bar }
    }

    /// Draws it on the first line of `area`.
    pub fn draw(&self, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let ratio = if self.ratio.is_finite() { self.ratio.clamp(0.0, 1.0) } else { 0.0 };
        let label_columns = match u16::try_from(width(self.label)).unwrap_or(u16::MAX) {
            0 => 0,
            columns => columns.saturating_add(1).min(area.width.saturating_sub(PERCENT_COLUMNS + BAR_COLUMNS_MIN)),
        };
        let percent_columns = if area.width >= PERCENT_COLUMNS + BAR_COLUMNS_MIN { PERCENT_COLUMNS } else { 0 };
        let bar = Rect { width: area.width - label_columns - percent_columns, height: 1, ..area };
        draw_bar(ratio, self.role, theme, bar, buf);
        if percent_columns > 0 {
            let percent = format!("{:>4}%", percent(ratio));
            buf.set_string(bar.right(), area.y, percent, theme.style(Role::Text));
        }
        if label_columns > 1 {
            let label = cut(self.label, usize::from(label_columns - 1));
            buf.set_string(bar.right() + percent_columns + 1, area.y, label, theme.style(Role::Muted));
        }
    }
}

/// Whole percent. 0 is nothing at all and 100 is all of it, never something rounded to it.
fn percent(ratio: f64) -> u8 {
    match (ratio * 100.0).round() as u8 {
        0 if ratio > 0.0 => 1,
        100.. if ratio < 1.0 => 99,
        percent => percent,
    }
}

fn draw_bar(ratio: f64, role: Role, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let glyphs = theme.glyphs();
    let eighths = (ratio * f64::from(area.width) * 8.0).round() as u32;
    let eighths = if ratio > 0.0 { eighths.max(1) } else { 0 };
    for (at, x) in (0_u32..).zip(area.left()..area.right()) {
        let (glyph, role) = match eighths.saturating_sub(at * 8).min(8) {
            0 => (glyphs.meter_empty, Role::BarEmpty),
            full => (glyphs.meter[full as usize - 1], role),
        };
        buf[(x, area.y)].set_symbol(glyph).set_style(theme.style(role));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Glyphs, ThemeName};
    use crate::widgets::testing::drawn;

    fn line(meter: Meter<'_>, columns: u16, glyphs: Glyphs) -> String {
        let theme = Theme::new(ThemeName::Dark, glyphs);
        drawn(columns, 1, |area, buf| meter.draw(&theme, area, buf)).remove(0)
    }

    #[test]
    fn a_meter_shows_bar_percent_and_words() {
        let table: &[(f64, &str, u16, &str)] = &[
            (0.0, "", 15, "░░░░░░░░░░   0%"),
            (0.5, "", 15, "█████░░░░░  50%"),
            (0.64, "", 15, "██████▍░░░  64%"),
            (1.0, "", 15, "██████████ 100%"),
            (0.001, "", 15, "▏░░░░░░░░░   1%"),
            (0.999, "", 15, "██████████  99%"),
            (7.0, "", 15, "██████████ 100%"),
            (f64::NAN, "", 15, "░░░░░░░░░░   0%"),
            (0.78, "312/400", 20, "█████▌░  78% 312/400"),
            (0.78, "312/400", 14, "███▏  78% 312…"),
            (0.5, "312/400", 9, "██░░  50%"),
            (0.5, "312/400", 6, "███░░░"),
        ];
        for (ratio, label, columns, expected) in table {
            assert_eq!(line(Meter::new(*ratio, label), *columns, Glyphs::unicode()), *expected, "{ratio} {label}");
        }
    }

    #[test]
    fn a_meter_in_letters() {
        assert_eq!(line(Meter::new(0.5, ""), 15, Glyphs::ascii()), "#####-----  50%");
    }

    #[test]
    fn no_room_is_no_panic() {
        assert_eq!(line(Meter::new(0.5, "words"), 1, Glyphs::unicode()), "▌");
        let theme = Theme::new(ThemeName::Plain, Glyphs::unicode());
        drawn(3, 1, |_, buf| Meter::new(0.5, "x").draw(&theme, Rect::new(2, 0, 50, 9), buf));
        drawn(3, 1, |_, buf| Meter::new(0.5, "x").draw(&theme, Rect::new(9, 9, 5, 1), buf));
    }
}
