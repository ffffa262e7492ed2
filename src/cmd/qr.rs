//! Draws a pairing code: half blocks for a terminal, or a PNG. Black on white, whatever the theme says.

use anyhow::Context;
use fast_qr::{ECL, QRBuilder, QRCode};
use image::{GrayImage, ImageFormat, Luma};

/// Light modules around the code on a terminal; two are enough there and keep it small.
const QUIET: usize = 2;
/// Light modules around the code in a picture.
const PICTURE_QUIET: usize = 4;
/// Pixels per module in a picture.
const SCALE: u32 = 8;
/// Black on white from the 256 colours: 24-bit colour does not pass every ssh.
const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";
const RESET: &str = "\x1b[0m";

/// Is the module dark? Everything outside is light.
struct Modules {
    code: QRCode,
    quiet: usize,
}

impl Modules {
    fn new(value: &str, quiet: usize) -> anyhow::Result<Self> {
        // The lowest correction gives the fewest modules, and a screen has no scratches.
        let code = QRBuilder::new(value).ecl(ECL::L).build().ok().context("the pairing code is too long to draw")?;
        Ok(Self { code, quiet })
    }

    fn size(&self) -> usize {
        self.code.size + 2 * self.quiet
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        let inside = |at: usize| at.checked_sub(self.quiet).filter(|at| *at < self.code.size);
        match (inside(x), inside(y)) {
            (Some(x), Some(y)) => self.code[y][x].value(),
            _ => false,
        }
    }
}

/// The code as lines for a terminal, two modules high each.
pub fn text(value: &str) -> anyhow::Result<String> {
    let modules = Modules::new(value, QUIET)?;
    let mut text = String::new();
    for y in (0..modules.size()).step_by(2) {
        text.push_str(BLACK_ON_WHITE);
        for x in 0..modules.size() {
            text.push(match (modules.is_dark(x, y), modules.is_dark(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        text.push_str(RESET);
        text.push('\n');
    }
    Ok(text)
}

/// The code as a PNG.
pub fn png(value: &str) -> anyhow::Result<Vec<u8>> {
    let modules = Modules::new(value, PICTURE_QUIET)?;
    let side = u32::try_from(modules.size()).context("the pairing code is too large")? * SCALE;
    let picture = GrayImage::from_fn(side, side, |x, y| {
        let at = |pixel: u32| (pixel / SCALE) as usize;
        Luma([if modules.is_dark(at(x), at(y)) { 0 } else { 255 }])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).context("could not write the picture")?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a phone would read from a picture.
    fn scanned(picture: &GrayImage) -> String {
        let (width, height) = picture.dimensions();
        let pixel = |x: usize, y: usize| picture.get_pixel(x as u32, y as u32).0[0];
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width as usize, height as usize, pixel);
        picture.detect_grids()[0].decode().unwrap().1
    }

    fn pairing() -> String {
        format!("2@{},{}", "Ab3/".repeat(36), "x".repeat(90))
    }

    #[test]
    fn a_phone_reads_the_picture() {
        let bytes = png(&pairing()).unwrap();
        let picture = image::load_from_memory(&bytes).unwrap().into_luma8();
        assert_eq!(scanned(&picture), pairing());
    }

    #[test]
    fn a_phone_reads_the_terminal() {
        let drawn = text(&pairing()).unwrap();
        let lines: Vec<Vec<char>> = drawn
            .lines()
            .map(|line| line.strip_prefix(BLACK_ON_WHITE).unwrap().strip_suffix(RESET).unwrap().chars().collect())
            .collect();
        assert_eq!((lines[0].len(), lines.len()), (61, 31), "57 modules and a quiet zone of 2");
        // The terminal's own background is dark here: the quiet zone of 2 has to do.
        let picture = GrayImage::from_fn(65 * 4, 66 * 4, |x, y| {
            let (x, y) = ((x / 4) as usize, (y / 4) as usize);
            let cell = y.checked_sub(2).and_then(|y| lines.get(y / 2)).zip(x.checked_sub(2));
            let dark = match cell.and_then(|(line, x)| line.get(x)) {
                Some('█') | None => true,
                Some('▀') => y % 2 == 0,
                Some('▄') => y % 2 == 1,
                Some(_) => false,
            };
            Luma([if dark { 0 } else { 255 }])
        });
        assert_eq!(scanned(&picture), pairing());
    }
}
