//! A pairing code as pixels: a PNG, or a picture that the terminal draws. Every module is a whole number of pixels.
//!
//! ratatui does not know of such pictures: whoever prints one in the console calls [`take_away`] when it goes, is
//! replaced or the window changes.

use std::io::{self, Cursor, Write};

use crossterm::cursor::{MoveToNextLine, MoveUp};
use crossterm::{queue, terminal};
use image::{DynamicImage, GrayImage, ImageError, ImageFormat, Luma};
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::{Position, Rect, Size};
use viuer::KittySupport;

use crate::probe::{CellPixels, PixelSupport, attended};
use crate::widgets::qr::{QrPicture, Tone};

/// Light modules around the code in a picture.
const QUIET: u16 = 4;
/// Pixels per module in a file.
const FILE_SCALE: u16 = 8;
/// Below this a phone needs luck.
const SCALE_MIN: u16 = 3;
/// Above this a picture only takes longer to pass an ssh.
const SCALE_MAX: u16 = 8;
/// viuer makes a sixel picture of so many pixels per cell, whatever the cell really has.
const SIXEL_CELL: CellPixels = CellPixels { width: 6, height: 12 };

/// Why a picture was not printed.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The terminal draws no pictures, or not by this protocol.
    #[error("the terminal does not draw pictures")]
    NotOffered,
    /// It would reach the last row, and the terminal would scroll.
    #[error("the picture does not fit the terminal")]
    NoRoom,
    /// Printing it went wrong.
    #[error("could not print the picture")]
    Viuer(#[from] viuer::ViuError),
    /// The terminal could not be written to.
    #[error("could not write to the terminal")]
    Io(#[from] io::Error),
}

/// The code as a PNG.
pub fn png(code: &QrPicture) -> Result<Vec<u8>, ImageError> {
    let side = u32::from((code.modules() + 2 * QUIET) * FILE_SCALE);
    let mut bytes = Cursor::new(Vec::new());
    drawn(code, FILE_SCALE, side, side, Tone::Normal).write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// The least columns and rows that a code of so many modules takes as a picture, in the smallest cells there are.
pub fn least_cells(modules: u16) -> (u16, u16) {
    let side = (modules + 2 * QUIET) * SCALE_MIN;
    (side.div_ceil(SIXEL_CELL.width), side.div_ceil(SIXEL_CELL.height))
}

/// A picture made for a number of cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PixelPicture {
    pixels: GrayImage,
    size: Size,
}

impl PixelPicture {
    /// The largest sharp picture of the code in an area, if any. `area` must not hold the last row of the screen.
    pub fn fit(
        code: &QrPicture,
        area: Size,
        cell: CellPixels,
        support: PixelSupport,
        tone: Tone,
    ) -> Option<PixelPicture> {
        let cell = match support {
            PixelSupport::None => return None,
            PixelSupport::Kitty | PixelSupport::Iterm2 => cell,
            // In smaller cells it would reach over the edge.
            PixelSupport::Sixel if cell.width < SIXEL_CELL.width || cell.height < SIXEL_CELL.height => return None,
            PixelSupport::Sixel => SIXEL_CELL,
        };
        let [across, down] =
            [(area.width, cell.width), (area.height, cell.height)].map(|(a, b)| u32::from(a) * u32::from(b));
        let modules = u32::from(code.modules() + 2 * QUIET);
        let scale = u16::try_from(across.min(down) / modules).map_or(SCALE_MAX, |scale| scale.min(SCALE_MAX));
        if scale < SCALE_MIN {
            return None;
        }
        let side = (code.modules() + 2 * QUIET) * scale;
        let size = Size::new(side.div_ceil(cell.width), side.div_ceil(cell.height));
        // Filled up to whole cells with quiet zone, so that neither viuer nor the terminal has to scale it.
        let pixels = |cells: u16, pixels: u16| u32::from(cells) * u32::from(pixels);
        let (width, height) = (pixels(size.width, cell.width), pixels(size.height, cell.height));
        Some(Self { pixels: drawn(code, scale, width, height, tone), size })
    }

    /// Columns and rows it covers.
    pub const fn size(&self) -> Size {
        self.size
    }

    /// What it shows.
    pub const fn pixels(&self) -> &GrayImage {
        &self.pixels
    }

    /// Prints it on a screen of this size, its upper left corner at `at`. The cursor stays where it was.
    ///
    /// Only after the probe found `support`, and in raw mode: viuer asks the terminal once more. Nobody else may read
    /// the terminal meanwhile, so drop the event stream before and make a new one after.
    pub fn print_at(&self, at: Position, screen: Size, support: PixelSupport) -> Result<(), PrintError> {
        let reaches = |start: u16, cells: u16| u32::from(start) + u32::from(cells);
        // A newline follows the picture; on the last row it would scroll everything.
        if reaches(at.x, self.size.width) > u32::from(screen.width)
            || reaches(at.y, self.size.height) >= u32::from(screen.height)
        {
            return Err(PrintError::NoRoom);
        }
        let y = i16::try_from(at.y).map_err(|_| PrintError::NoRoom)?;
        self.print(viuer::Config { absolute_offset: true, x: at.x, y, ..viuer::Config::default() }, support)
    }

    /// Prints it where the cursor is, outside the console, and leaves the cursor on the row below.
    pub fn print_here(&self, screen: Size, support: PixelSupport) -> Result<(), PrintError> {
        if self.size.width > screen.width || self.size.height >= screen.height {
            return Err(PrintError::NoRoom);
        }
        let _raw = RawMode::enter()?;
        let mut stdout = io::stdout();
        // Room is made first, so that nothing scrolls while the picture is drawn.
        stdout.write_all("\r\n".repeat(usize::from(self.size.height)).as_bytes())?;
        queue!(stdout, MoveUp(self.size.height))?;
        stdout.flush()?;
        let printed = self.print(viuer::Config { absolute_offset: false, ..viuer::Config::default() }, support);
        queue!(stdout, MoveToNextLine(self.size.height))?;
        stdout.flush()?;
        printed
    }

    fn print(&self, place: viuer::Config, support: PixelSupport) -> Result<(), PrintError> {
        let offered = attended(move || match support {
            PixelSupport::None => false,
            PixelSupport::Kitty => viuer::get_kitty_support() != KittySupport::None,
            PixelSupport::Iterm2 => viuer::is_iterm_supported(),
            PixelSupport::Sixel => viuer::is_sixel_supported(),
        });
        // viuer would fall back to half blocks of its own, scaled until no phone reads them.
        if offered != Some(true) {
            return Err(PrintError::NotOffered);
        }
        let config = viuer::Config {
            restore_cursor: true,
            // With one of the two it overflows.
            width: Some(self.size.width.into()),
            height: Some(self.size.height.into()),
            use_kitty: support == PixelSupport::Kitty,
            use_iterm: support == PixelSupport::Iterm2,
            use_sixel: support == PixelSupport::Sixel,
            ..place
        };
        viuer::print(&DynamicImage::ImageLuma8(self.pixels.clone()), &config)?;
        Ok(())
    }
}

/// Takes all pictures off a terminal that ratatui draws on; the next frame is drawn whole.
///
/// `Terminal::clear` would do, but it asks where the cursor is, and the event stream may be the one to get the answer.
pub fn take_away<B>(terminal: &mut Terminal<B>, support: PixelSupport) -> io::Result<()>
where
    B: Backend<Error = io::Error> + Write,
{
    terminal.backend_mut().write_all(clear(support))?;
    let size = terminal.size()?;
    terminal.resize(Rect::from(size))
}

/// What takes the pictures of a protocol away, beside writing over the cells they lie on.
const fn clear(support: PixelSupport) -> &'static [u8] {
    match support {
        PixelSupport::Kitty => b"\x1b_Ga=d,d=A\x1b\\",
        // These live in the cells.
        PixelSupport::None | PixelSupport::Iterm2 | PixelSupport::Sixel => b"",
    }
}

/// The code in the middle of a light picture.
fn drawn(code: &QrPicture, scale: u16, width: u32, height: u32, tone: Tone) -> GrayImage {
    let (ink, paper) = match tone {
        Tone::Normal => (0, 255),
        Tone::Inverted => (255, 0),
    };
    let scale = u32::from(scale);
    let side = u32::from(code.modules()) * scale;
    let module = |pixel: u32, length: u32| {
        let inside = pixel.checked_sub((length - side) / 2).map(|pixel| pixel / scale);
        inside.and_then(|module| i32::try_from(module).ok()).unwrap_or(-1)
    };
    GrayImage::from_fn(width, height, |x, y| {
        Luma([if code.is_dark(module(x, width), module(y, height)) { ink } else { paper }])
    })
}

/// The terminal neither echoes nor waits for a line while this lives: viuer reads answers from it.
struct RawMode {
    was_raw: bool,
}

impl RawMode {
    fn enter() -> io::Result<Self> {
        let was_raw = terminal::is_raw_mode_enabled()?;
        terminal::enable_raw_mode()?;
        Ok(Self { was_raw })
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        if !self.was_raw {
            // Nothing is left to do about it, and the process is about to end.
            let _ = terminal::disable_raw_mode();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> QrPicture {
        QrPicture::new(&format!("2@{},{}", "Ab3/".repeat(36), "x".repeat(90))).unwrap()
    }

    fn scanned(picture: &GrayImage) -> String {
        let (width, height) = picture.dimensions();
        let pixel = |x: usize, y: usize| picture.get_pixel(x as u32, y as u32).0[0];
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width as usize, height as usize, pixel);
        picture.detect_grids()[0].decode().unwrap().1
    }

    #[test]
    fn a_phone_reads_the_file() {
        let bytes = png(&code()).unwrap();
        let picture = image::load_from_memory(&bytes).unwrap().into_luma8();
        assert_eq!(picture.dimensions(), (65 * 8, 65 * 8));
        assert!(scanned(&picture).starts_with("2@Ab3/"));
    }

    #[test]
    fn a_picture_fills_whole_cells_with_whole_modules() {
        let usual = Size::new(80, 23);
        for (cell, support, size, pixels) in [
            // 65 modules with the quiet zone: 5 pixels each are 325, 4 are 260.
            ((8, 16), PixelSupport::Kitty, (41, 21), (328, 336)),
            ((8, 16), PixelSupport::Iterm2, (41, 21), (328, 336)),
            ((9, 18), PixelSupport::Kitty, (44, 22), (396, 396)),
            ((20, 40), PixelSupport::Kitty, (26, 13), (520, 520)),
            ((20, 40), PixelSupport::Sixel, (44, 22), (264, 264)),
        ] {
            let cell = CellPixels { width: cell.0, height: cell.1 };
            let picture = PixelPicture::fit(&code(), usual, cell, support, Tone::Normal).unwrap();
            assert_eq!(picture.size(), size.into(), "{cell:?} {support:?}");
            assert_eq!(picture.pixels().dimensions(), pixels, "{cell:?} {support:?}");
            assert!(scanned(picture.pixels()).starts_with("2@Ab3/"));
        }
    }

    #[test]
    fn no_picture_without_room_or_support() {
        let cell = CellPixels { width: 8, height: 16 };
        let fit = |columns, rows, support| {
            PixelPicture::fit(&code(), Size::new(columns, rows), cell, support, Tone::Normal).is_some()
        };
        assert!(!fit(80, 23, PixelSupport::None));
        assert!(!fit(80, 12, PixelSupport::Kitty));
        assert!(!fit(20, 23, PixelSupport::Kitty));
        assert!(!fit(0, 0, PixelSupport::Kitty));
        let (columns, rows) = least_cells(code().modules());
        assert!(fit(columns, rows, PixelSupport::Sixel), "what the ladder promises is kept");
        assert!(fit(columns, rows, PixelSupport::Kitty));
    }

    #[test]
    fn the_last_row_is_never_touched() {
        let cell = CellPixels { width: 8, height: 16 };
        let picture = PixelPicture::fit(&code(), Size::new(80, 23), cell, PixelSupport::Kitty, Tone::Normal).unwrap();
        for (x, y) in [(0, 3), (40, 0), (u16::MAX, u16::MAX)] {
            let printed = picture.print_at(Position::new(x, y), Size::new(80, 24), PixelSupport::Kitty);
            assert!(matches!(printed, Err(PrintError::NoRoom)), "{x} {y}");
        }
    }
}
