//! What a phone's camera sees of a screen: pixels that a terminal would make of the cells, and a foreign decoder.

use image::{GrayImage, Luma};
use ratatui::buffer::Buffer;
use ratatui::style::Color;

/// Pixels of a cell, as terminals have them.
pub const CELLS: [(u32, u32); 2] = [(8, 16), (9, 18)];

/// Modules of a code, and the most bytes it holds at the lowest correction.
pub const SIZES: [(u16, usize); 8] =
    [(45, 154), (49, 192), (53, 230), (57, 271), (61, 321), (65, 367), (69, 425), (73, 458)];

/// A pairing string of so many bytes.
pub fn value(bytes: usize) -> String {
    let text: String = ('a'..='z').chain('A'..='Z').chain('0'..='9').cycle().take(bytes - 2).collect();
    format!("2@{text}")
}

/// Which parts of a cell are inked: columns and rows of parts, then a bit for each, left to right and down.
fn parts(glyph: char) -> (u32, u32, u32) {
    match glyph {
        ' ' => (1, 1, 0),
        '█' => (1, 1, 1),
        '▀' => (1, 2, 0b01),
        '▄' => (1, 2, 0b10),
        '▌' => (2, 1, 0b01),
        '▐' => (2, 1, 0b10),
        '\u{1fb00}'..='\u{1fb3b}' => {
            let bits = u32::from(glyph) - 0x1_fb00 + 1;
            let bits = if bits >= 0b01_01_01 { bits + 1 } else { bits };
            (2, 3, if bits >= 0b10_10_10 { bits + 1 } else { bits })
        }
        other => panic!("{other:?} is not for codes"),
    }
}

/// What a terminal shows: cells of the code in its colours; everything else on the given ground, words as stripes.
pub fn photo(buf: &Buffer, (width, height): (u32, u32), around: u8) -> GrayImage {
    let light = |color| match color {
        Color::Indexed(16) => Some(0),
        Color::Indexed(231) => Some(255),
        _ => None,
    };
    GrayImage::from_fn(u32::from(buf.area.width) * width, u32::from(buf.area.height) * height, |x, y| {
        let cell = &buf[((x / width) as u16, (y / height) as u16)];
        let (Some(ink), Some(paper)) = (light(cell.fg), light(cell.bg)) else {
            // A theme may have white or black for its ground, but never for the ink of a code.
            let glyph = cell.symbol().chars().next().unwrap_or(' ');
            assert!(light(cell.bg).is_none() || !"▀▄▌▐".contains(glyph), "{:?} is left to the theme", cell.fg);
            let inked = cell.symbol() != " " && x % 3 == 0;
            return Luma([if inked { 255 - around } else { around }]);
        };
        assert!(cell.modifier.is_empty(), "{:?}", cell.modifier);
        let (columns, rows, bits) = parts(cell.symbol().chars().next().unwrap_or(' '));
        let bit = (y % height * rows / height) * columns + x % width * columns / width;
        Luma([if bits >> bit & 1 == 1 { ink } else { paper }])
    })
}

/// What a foreign decoder reads.
pub fn scanned(photo: &GrayImage) -> Option<String> {
    let (width, height) = photo.dimensions();
    let pixel = |x: usize, y: usize| photo.get_pixel(x as u32, y as u32).0[0];
    let mut photo = rqrr::PreparedImage::prepare_from_greyscale(width as usize, height as usize, pixel);
    photo.detect_grids().first()?.decode().ok().map(|(_, text)| text)
}

/// Dark for light.
pub fn inverted(mut photo: GrayImage) -> GrayImage {
    photo.pixels_mut().for_each(|pixel| pixel.0[0] = 255 - pixel.0[0]);
    photo
}
