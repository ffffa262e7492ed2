//! Where a pairing code stands, and where the words about it: the code whole or not at all, the words beside it where
//! they can be read there, else below, else on one line.

use ratatui::layout::{Rect, Size};

use super::overlay::{OverlayLayout, Parts};
use super::{Hit, Layout, Picture};
use crate::probe::PixelSupport;
use crate::state::overlay::Overlay;
use crate::state::pairing::{Pairing, Progress};
use crate::state::{Charset, State};
use crate::widgets::qr::{LADDER, Rung, fits, size_in_cells};

/// Words beside a code need so many columns.
const WORDS_LEAST: u16 = 26;
/// More than so many are not easier to read.
const WORDS_MOST: u16 = 52;
/// Columns between the code and the words.
const GAP: u16 = 2;
/// Modules of the usual code: its place is kept while it is awaited.
const USUAL_MODULES: u16 = 57;

/// The ways of drawing that fit the screen, best first; the words always do.
#[must_use]
pub fn offered(modules: u16, area: Rect, state: &State) -> Vec<Rung> {
    let pixels = state.pixels;
    // Without UTF-8 there are no blocks to draw with.
    let drawable = |rung| state.charset == Charset::Unicode || matches!(rung, Rung::Pixels | Rung::Words);
    let stands =
        |rung| [beside(area, rung), below(area, rung)].into_iter().any(|room| fits(rung, modules, room, pixels));
    LADDER.into_iter().filter(|rung| drawable(*rung) && stands(*rung)).collect()
}

/// The way of drawing after this one, round and round.
#[must_use]
pub fn next(rung: Rung, modules: u16, area: Rect, state: &State) -> Rung {
    let offered = offered(modules, area, state);
    let at = offered.iter().position(|other| *other == rung).map_or(0, |at| at + 1);
    offered.get(at % offered.len().max(1)).copied().unwrap_or(Rung::Words)
}

/// The room of a code with words beside it. A picture must not reach the last row.
const fn beside(area: Rect, rung: Rung) -> Size {
    let rows = match rung {
        Rung::Pixels => area.height.saturating_sub(1),
        _ => area.height,
    };
    Size { width: area.width.saturating_sub(WORDS_LEAST + GAP), height: rows }
}

/// The room of a code with a line of words below it.
const fn below(area: Rect, _rung: Rung) -> Size {
    Size { width: area.width, height: area.height.saturating_sub(1) }
}

/// Lays a pairing over the whole screen.
#[must_use]
pub fn lay(pairing: &Pairing, state: &State, laid: &mut Layout) -> OverlayLayout {
    let area = laid.area;
    laid.hits.push((area, Hit::Overlay));
    let modules = match (&pairing.progress, pairing.picture()) {
        (Progress::Starting, _) => Some(USUAL_MODULES),
        (_, picture) => picture.map(|picture| picture.modules()),
    };
    let (rung, code, words) = match modules {
        Some(modules) => {
            let offered = offered(modules, area, state);
            let chosen = pairing.rung.filter(|rung| offered.contains(rung));
            let rung = chosen.or_else(|| offered.first().copied()).unwrap_or(Rung::Words);
            let (code, words) = split(area, modules, rung, state.pixels);
            (rung, code, words)
        }
        None => (Rung::Words, Rect::default(), alone(area)),
    };
    let on_top = matches!(state.overlays.last(), Some(Overlay::Pairing(_)));
    if let (Rung::Pixels, true, Some(scan)) = (rung, on_top, pairing.scan()) {
        laid.picture = Some(Picture { value: scan.code.value.clone(), area: code, tone: pairing.tone });
    }
    OverlayLayout { area, inner: area, parts: Parts::Pairing { code, words, rung } }
}

/// The words alone, a little off the edges.
fn alone(area: Rect) -> Rect {
    let width = area.width.saturating_sub(4).min(WORDS_MOST + 12);
    let top = if area.height > 16 { area.height / 6 } else { area.height / 12 };
    Rect { x: area.x + (area.width - width) / 2, y: area.y + top, width, height: area.height - top }
}

/// The code, and the words beside or below it.
fn split(area: Rect, modules: u16, rung: Rung, pixels: PixelSupport) -> (Rect, Rect) {
    if rung == Rung::Words {
        return (Rect::default(), alone(area));
    }
    let room = beside(area, rung);
    if fits(rung, modules, room, pixels) {
        let size = taken(modules, rung, room);
        let words_width = area.width.saturating_sub(size.width + GAP + 3).clamp(WORDS_LEAST, WORDS_MOST);
        let spare = area.width - size.width - GAP - words_width;
        // On a wide screen both stand in the middle.
        let left = (spare / 2).max(spare.min(2));
        let code = Rect {
            x: area.x + left,
            y: area.y + (room.height - size.height) / 2,
            width: size.width,
            height: size.height,
        };
        let words = Rect {
            x: code.right() + GAP,
            y: code.y,
            width: words_width.min(area.right() - code.right() - GAP),
            height: area.bottom() - code.y,
        };
        return (code, words);
    }
    let size = taken(modules, rung, below(area, rung));
    let code = Rect { x: area.x + (area.width - size.width) / 2, y: area.y, width: size.width, height: size.height };
    let rest = area.bottom() - code.bottom();
    let air = u16::from(rest > 2);
    let words = Rect { x: area.x + 1, y: code.bottom() + air, width: area.width.saturating_sub(2), height: rest - air };
    (code, words)
}

/// The cells that a code takes; a picture takes a square of what there is, and no more than it can fill.
fn taken(modules: u16, rung: Rung, room: Size) -> Size {
    if rung == Rung::Pixels {
        let rows = room.height.min((modules + 8).div_ceil(2));
        let width = (rows * 2).min(room.width);
        return Size::new(width, rows.min(room.height));
    }
    let (width, height) = size_in_cells(modules, rung);
    Size::new(width, height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keymap::Keymap;
    use crate::state::prefs::Prefs;
    use crate::state::{Guide, Setup};
    use crate::theme::ThemeName;

    fn console(pixels: PixelSupport, charset: Charset) -> State {
        let setup = Setup {
            keymap: Keymap::default(),
            prefs: Prefs::default(),
            theme: ThemeName::Dark,
            charset,
            tenant: None,
            pixels,
            guide: Guide::Off,
            zone: jiff::tz::TimeZone::UTC,
            screen: crate::state::Screen::Chats,
            command: "mychatflow".to_owned(),
        };
        State::new(setup, (120, 36), mychatflow_data::time::Timestamp::from_millis(0))
    }

    #[test]
    fn without_utf_8_no_blocks_are_drawn() {
        let area = Rect::new(0, 0, 120, 36);
        let ascii = |pixels| console(pixels, Charset::Ascii);
        assert_eq!(offered(57, area, &ascii(PixelSupport::None)), [Rung::Words]);
        assert_eq!(offered(57, area, &ascii(PixelSupport::Sixel)), [Rung::Pixels, Rung::Words]);
    }

    #[test]
    fn the_largest_that_fits_with_words_wins() {
        use PixelSupport::{Kitty, None};
        for (columns, rows, modules, pixels, rung) in [
            (120, 36, 57, None, Rung::HalfBlocks),
            (90, 31, 57, None, Rung::HalfBlocks),
            (80, 32, 57, None, Rung::HalfBlocks),
            (80, 31, 57, None, Rung::Sextants),
            (80, 24, 57, None, Rung::Sextants),
            (80, 24, 57, Kitty, Rung::Pixels),
            (80, 24, 65, None, Rung::Sextants),
            (80, 24, 69, None, Rung::Words),
            (50, 15, 57, None, Rung::Words),
            (40, 10, 57, None, Rung::Words),
        ] {
            let area = Rect::new(0, 0, columns, rows);
            assert_eq!(
                offered(modules, area, &console(pixels, Charset::Unicode))[0],
                rung,
                "{modules} in {columns}x{rows} {pixels:?}"
            );
        }
    }

    #[test]
    fn code_and_words_stay_on_the_screen_and_apart() {
        let kitty = console(PixelSupport::Kitty, Charset::Unicode);
        for modules in (21..=93).step_by(4) {
            for (columns, rows) in (10..=140).step_by(7).flat_map(|columns| (4..=60).map(move |rows| (columns, rows))) {
                let area = Rect::new(0, 0, columns, rows);
                for rung in offered(modules, area, &kitty) {
                    let (code, words) = split(area, modules, rung, PixelSupport::Kitty);
                    let at = format!("{modules} {rung:?} in {columns}x{rows}: {code:?} {words:?}");
                    assert_eq!((code.union(words)).union(area), area, "{at}");
                    assert!(code.intersection(words).is_empty(), "{at}");
                    if matches!(rung, Rung::HalfBlocks | Rung::Sextants) {
                        assert_eq!((code.width, code.height), size_in_cells(modules, rung), "{at}");
                    }
                    if rung == Rung::Pixels {
                        let (width, height) = size_in_cells(modules, rung);
                        assert!(code.width >= width && code.height >= height && code.bottom() < rows, "{at}");
                    }
                    assert!(words.height > 0, "{at}");
                }
            }
        }
    }

    #[test]
    fn g_goes_round() {
        let area = Rect::new(0, 0, 120, 36);
        let plain = console(PixelSupport::None, Charset::Unicode);
        let step = |rung: &Rung| Some(next(*rung, 57, area, &plain));
        let round: Vec<Rung> = std::iter::successors(Some(Rung::HalfBlocks), step).take(4).collect();
        assert_eq!(round, [Rung::HalfBlocks, Rung::Sextants, Rung::Words, Rung::HalfBlocks]);
    }
}
