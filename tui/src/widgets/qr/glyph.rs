//! Several modules in one character. Bits go from left to right, then down; a set bit is dark.

use ratatui::layout::Size;

/// Modules of one half-block cell.
pub const HALF_BLOCK: Size = Size::new(1, 2);
/// Modules of one sextant cell.
pub const SEXTANT: Size = Size::new(2, 3);

/// The bits of `▌` and `▐`, which are older than the sextants and were left out of their row.
const LEFT_HALF: u8 = 0b01_01_01;
const RIGHT_HALF: u8 = 0b10_10_10;

/// Two modules, one above the other.
pub fn half_block(bits: u8) -> char {
    [' ', '▀', '▄', '█'][usize::from(bits & 0b11)]
}

/// Six modules, two a line.
pub fn sextant(bits: u8) -> char {
    let code = match bits & 0b11_11_11 {
        0 => return ' ',
        LEFT_HALF => return '▌',
        RIGHT_HALF => return '▐',
        0b11_11_11 => return '█',
        bits => bits - 1 - u8::from(bits > LEFT_HALF) - u8::from(bits > RIGHT_HALF),
    };
    char::from_u32(0x1_fb00 + u32::from(code)).expect("the sextants are sixty characters in a row")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sextants_have_their_unicode_names() {
        for (bits, glyph) in [
            (0b00_00_01, '\u{1fb00}'), // BLOCK SEXTANT-1
            (0b01_01_00, '\u{1fb13}'), // BLOCK SEXTANT-35
            (0b01_01_01, '▌'),
            (0b01_01_10, '\u{1fb14}'), // BLOCK SEXTANT-235
            (0b10_10_01, '\u{1fb27}'), // BLOCK SEXTANT-146
            (0b10_10_10, '▐'),
            (0b10_10_11, '\u{1fb28}'), // BLOCK SEXTANT-1246
            (0b11_11_10, '\u{1fb3b}'), // BLOCK SEXTANT-23456
        ] {
            assert_eq!(sextant(bits), glyph, "{bits:06b}");
        }
    }

    #[test]
    fn every_glyph_is_its_own_and_one_column_wide() {
        use unicode_width::UnicodeWidthChar;
        let all: std::collections::BTreeSet<char> = (0..64).map(sextant).chain((0..4).map(half_block)).collect();
        assert_eq!(all.len(), 64 + 2, "space and full block are in both");
        assert!(all.iter().all(|glyph| glyph.width() == Some(1)));
    }
}
