//! A pairing code as cells: dark on light whatever the theme or `NO_COLOR` says, whole or not at all.

mod glyph;
mod ladder;

use fast_qr::{ECL, QRBuilder};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::Widget;

pub use self::ladder::{LADDER, Rung, best_rung, fits, next_rung, size_in_cells};

/// The two colours come from the 256: 24-bit colour does not pass every ssh, and the first sixteen are the theme's.
const BLACK: Color = Color::Indexed(16);
const WHITE: Color = Color::Indexed(231);
const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";
const WHITE_ON_BLACK: &str = "\x1b[38;5;231;48;5;16m";
const RESET: &str = "\x1b[0m";

/// The text has more bytes than a code can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the pairing code is too long to draw")]
pub struct TooLong;

/// Which of the two is dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Dark modules on a light ground, as printed codes are.
    #[default]
    Normal,
    /// The other way round, for terminals that turn colours over themselves.
    Inverted,
}

impl Tone {
    /// The other one.
    pub const fn flipped(self) -> Self {
        match self {
            Self::Normal => Self::Inverted,
            Self::Inverted => Self::Normal,
        }
    }
}

/// A code: a square of modules, each dark or light.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrPicture {
    modules: u16,
    dark: Box<[bool]>,
}

impl QrPicture {
    /// The code of a text.
    pub fn new(value: &str) -> Result<Self, TooLong> {
        // The lowest correction gives the fewest modules, and a screen has no scratches.
        let code = QRBuilder::new(value).ecl(ECL::L).build().map_err(|_| TooLong)?;
        let dark = (0..code.size).flat_map(|y| code[y][..code.size].iter().map(|module| module.value())).collect();
        let modules = u16::try_from(code.size).expect("the largest code has 177 modules");
        Ok(Self { modules, dark })
    }

    /// Modules along one side.
    pub const fn modules(&self) -> u16 {
        self.modules
    }

    /// Is this module dark? Everything outside is light.
    pub fn is_dark(&self, x: i32, y: i32) -> bool {
        let inside = |at: i32| u16::try_from(at).ok().filter(|at| *at < self.modules).map(usize::from);
        match (inside(x), inside(y)) {
            (Some(x), Some(y)) => self.dark[y * usize::from(self.modules) + x],
            _ => false,
        }
    }

    /// Columns and rows of a rung, the quiet zone included.
    pub fn size(&self, rung: Rung) -> Size {
        let (width, height) = size_in_cells(self.modules, rung);
        Size::new(width, height)
    }

    /// The code as lines for a terminal outside the console. Empty for the rungs that are not made of cells.
    pub fn lines(&self, rung: Rung, tone: Tone) -> String {
        let size = self.size(rung);
        let mut text = String::new();
        for row in 0..size.height {
            text.push_str(match tone {
                Tone::Normal => BLACK_ON_WHITE,
                Tone::Inverted => WHITE_ON_BLACK,
            });
            let Some(glyphs) = self.row(rung, row) else { return String::new() };
            text.extend(glyphs);
            text.push_str(RESET);
            text.push('\n');
        }
        text
    }

    /// The glyphs of one row; none for the rungs that are not made of cells.
    fn row(&self, rung: Rung, row: u16) -> Option<impl Iterator<Item = char>> {
        let (block, glyph): (_, fn(u8) -> char) = match rung {
            Rung::HalfBlocks => (glyph::HALF_BLOCK, glyph::half_block),
            Rung::Sextants => (glyph::SEXTANT, glyph::sextant),
            Rung::Pixels | Rung::Words => return None,
        };
        let size = self.size(rung);
        // What does not divide evenly widens the quiet zone, half on either side.
        let before = |cells: u16, step: u16| i32::from((cells * step - self.modules) / 2);
        let (left, top) = (before(size.width, block.width), before(size.height, block.height));
        Some((0..size.width).map(move |column| {
            let modules = (0..block.height).flat_map(|y| (0..block.width).map(move |x| (x, y)));
            let bits = modules.enumerate().map(|(bit, (x, y))| {
                let x = i32::from(column * block.width + x) - left;
                let y = i32::from(row * block.height + y) - top;
                u8::from(self.is_dark(x, y)) << bit
            });
            glyph(bits.sum())
        }))
    }
}

/// Draws a code in the middle of an area. Where it does not fit it draws nothing: half a code helps nobody.
///
/// For [`Rung::Pixels`] it leaves the cells alone, the picture is printed over them; for [`Rung::Words`] the view
/// writes them. crossterm drops all colours under `NO_COLOR` unless `crossterm::style::force_color_output(true)` was
/// called, and a code without colours is read by no phone.
#[derive(Debug, Clone, Copy)]
pub struct QrWidget<'a> {
    /// What to draw.
    pub picture: &'a QrPicture,
    /// By which means.
    pub rung: Rung,
    /// Which of the two is dark.
    pub tone: Tone,
}

impl QrWidget<'_> {
    /// Where in the area the code comes to lie, if it fits.
    pub fn place(&self, area: Rect) -> Option<Rect> {
        let size = self.picture.size(self.rung);
        let (width, height) = (area.width.checked_sub(size.width)?, area.height.checked_sub(size.height)?);
        Some(Rect::new(area.x + width / 2, area.y + height / 2, size.width, size.height))
    }
}

impl Widget for &QrWidget<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Some(place) = self.place(area.intersection(buf.area)) else { return };
        let (ink, paper) = match self.tone {
            Tone::Normal => (BLACK, WHITE),
            Tone::Inverted => (WHITE, BLACK),
        };
        // Whatever lay there before, bold or reversed, goes.
        let style = Style::new().fg(ink).bg(paper).remove_modifier(Modifier::all());
        for (row, y) in (0..).zip(place.top()..place.bottom()) {
            let Some(glyphs) = self.picture.row(self.rung, row) else { return };
            for (glyph, x) in glyphs.zip(place.left()..place.right()) {
                buf[(x, y)].set_char(glyph).set_style(style);
            }
        }
    }
}

#[cfg(test)]
mod tests;
