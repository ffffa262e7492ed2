//! Which way of drawing fits where. A code is never cropped: what does not fit is not on the ladder.

use ratatui::layout::Size;

use super::glyph;
use crate::image;
use crate::probe::PixelSupport;

/// Light modules around the code; two are enough on a screen and keep it small.
const QUIET: u16 = 2;

/// A way of drawing a code, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rung {
    /// Two modules a cell, in glyphs that every font has.
    HalfBlocks,
    /// A picture, where the terminal draws such.
    Pixels,
    /// Six modules a cell, in glyphs that a font may lack and no probe can see.
    Sextants,
    /// No drawing: the size it would take, and the ways around it.
    Words,
}

/// All of them, best first.
pub const LADDER: [Rung; 4] = [Rung::HalfBlocks, Rung::Pixels, Rung::Sextants, Rung::Words];

/// Columns and rows that a code of so many modules takes, the quiet zone included.
///
/// For pixels it is the least they take; for words nothing.
pub fn size_in_cells(modules: u16, rung: Rung) -> (u16, u16) {
    let side = modules + 2 * QUIET;
    let cells = |block: Size| (side.div_ceil(block.width), side.div_ceil(block.height));
    match rung {
        Rung::HalfBlocks => cells(glyph::HALF_BLOCK),
        Rung::Pixels => image::least_cells(modules),
        Rung::Sextants => cells(glyph::SEXTANT),
        Rung::Words => (0, 0),
    }
}

/// The first rung that fits.
pub fn best_rung(modules: u16, area: Size, pixels: PixelSupport) -> Rung {
    LADDER.into_iter().find(|rung| fits(*rung, modules, area, pixels)).unwrap_or(Rung::Words)
}

/// The next rung that fits, round and round: glyphs can't be probed, so a person may know better.
pub fn next_rung(rung: Rung, modules: u16, area: Size, pixels: PixelSupport) -> Rung {
    let others = LADDER.into_iter().cycle().skip_while(|other| *other != rung).skip(1).take(LADDER.len());
    others.into_iter().find(|rung| fits(*rung, modules, area, pixels)).unwrap_or(Rung::Words)
}

/// Does a code of so many modules fit, drawn like this?
pub fn fits(rung: Rung, modules: u16, area: Size, pixels: PixelSupport) -> bool {
    let (columns, rows) = size_in_cells(modules, rung);
    let offered = rung != Rung::Pixels || pixels != PixelSupport::None;
    offered && columns <= area.width && rows <= area.height
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_against_the_smallest_terminal() {
        for (modules, half_blocks, sextants, sextants_fit) in [
            (45, (49, 25), (25, 17), true),
            (49, (53, 27), (27, 18), true),
            (53, (57, 29), (29, 19), true),
            (57, (61, 31), (31, 21), true),
            (61, (65, 33), (33, 22), true),
            (65, (69, 35), (35, 23), true),
            (69, (73, 37), (37, 25), false),
            (73, (77, 39), (39, 26), false),
        ] {
            assert_eq!(size_in_cells(modules, Rung::HalfBlocks), half_blocks, "{modules}");
            assert_eq!(size_in_cells(modules, Rung::Sextants), sextants, "{modules}");
            let (columns, rows) = sextants;
            assert_eq!(columns <= 80 && rows <= 24, sextants_fit, "{modules}");
            let (columns, rows) = size_in_cells(modules, Rung::Pixels);
            assert!(columns <= 80 && rows <= 23, "{modules} modules as pixels leave the last row alone");
        }
    }

    #[test]
    fn the_first_that_fits_is_taken() {
        use PixelSupport::{Iterm2, Kitty, None, Sixel};
        let (large, usual, tiny) = (Size::new(120, 36), Size::new(80, 24), Size::new(30, 20));
        for (modules, area, pixels, rung) in [
            (57, large, None, Rung::HalfBlocks),
            (57, large, Kitty, Rung::HalfBlocks),
            (57, Size::new(61, 31), None, Rung::HalfBlocks),
            (57, Size::new(60, 31), None, Rung::Sextants),
            (57, Size::new(61, 30), None, Rung::Sextants),
            (57, usual, Kitty, Rung::Pixels),
            (57, usual, Iterm2, Rung::Pixels),
            (57, usual, Sixel, Rung::Pixels),
            (57, usual, None, Rung::Sextants),
            (65, usual, None, Rung::Sextants),
            (69, usual, None, Rung::Words),
            (69, usual, Sixel, Rung::Pixels),
            (57, tiny, None, Rung::Words),
            (57, Size::ZERO, Kitty, Rung::Words),
        ] {
            assert_eq!(best_rung(modules, area, pixels), rung, "{modules} in {area:?} with {pixels:?}");
        }
    }

    #[test]
    fn the_cycle_skips_what_does_not_fit() {
        let usual = Size::new(80, 24);
        let round = |from, area, pixels| {
            let step = |rung: &Rung| Some(next_rung(*rung, 57, area, pixels));
            std::iter::successors(Some(from), step).take(5).collect::<Vec<_>>()
        };
        assert_eq!(
            round(Rung::HalfBlocks, Size::new(120, 36), PixelSupport::Kitty),
            [Rung::HalfBlocks, Rung::Pixels, Rung::Sextants, Rung::Words, Rung::HalfBlocks]
        );
        assert_eq!(
            round(Rung::Sextants, usual, PixelSupport::None),
            [Rung::Sextants, Rung::Words, Rung::Sextants, Rung::Words, Rung::Sextants]
        );
        assert_eq!(next_rung(Rung::Words, 57, Size::new(20, 10), PixelSupport::Kitty), Rung::Words);
    }
}
