//! A foreign decoder reads what was drawn, off pixels that a terminal would make of the cells.

use std::num::NonZero;

use super::*;

#[path = "../../../tests/photo/mod.rs"]
mod photo;

use photo::{CELLS, SIZES, inverted, photo, scanned, value};

fn picture(modules: u16, bytes: usize) -> (String, QrPicture) {
    let value = value(bytes - 3);
    let picture = QrPicture::new(&value).unwrap();
    assert_eq!(picture.modules(), modules);
    (value, picture)
}

fn screen(picture: &QrPicture, rung: Rung, tone: Tone, area: Rect) -> Buffer {
    let mut buf = Buffer::empty(area);
    // What was there before must not shine through.
    buf.set_style(area, Style::new().fg(Color::Red).bg(Color::Blue).add_modifier(Modifier::REVERSED));
    for x in area.left()..area.right() {
        buf[(x, 0)].set_char('x');
    }
    (&QrWidget { picture, rung, tone }).render(area, &mut buf);
    buf
}

/// Every cell size, surroundings and tone.
fn is_read(value: &str, picture: &QrPicture, rung: Rung, area: Rect) {
    for tone in [Tone::Normal, Tone::Inverted] {
        let screen = screen(picture, rung, tone, area);
        for cell in CELLS {
            for around in [0, 255] {
                let mut photo = photo(&screen, cell, around);
                if tone == Tone::Inverted {
                    photo = inverted(photo);
                }
                let modules = picture.modules();
                assert_eq!(scanned(&photo).as_deref(), Some(value), "{modules} {rung:?} {cell:?} on {around} {tone:?}");
            }
        }
    }
}

#[test]
fn a_phone_reads_half_blocks() {
    for (modules, bytes) in SIZES {
        let (value, picture) = picture(modules, bytes);
        is_read(&value, &picture, Rung::HalfBlocks, Rect::new(0, 0, 82, 42));
    }
}

#[test]
fn a_phone_reads_sextants_on_the_smallest_terminal() {
    for (modules, bytes) in SIZES.into_iter().filter(|(modules, _)| *modules <= 65) {
        let (value, picture) = picture(modules, bytes);
        is_read(&value, &picture, Rung::Sextants, Rect::new(0, 0, 80, 24));
    }
}

#[test]
fn a_phone_reads_sextants_that_take_more() {
    for (modules, bytes) in SIZES.into_iter().filter(|(modules, _)| *modules > 65) {
        let (value, picture) = picture(modules, bytes);
        is_read(&value, &picture, Rung::Sextants, Rect::new(0, 0, 80, 30));
    }
}

#[test]
fn the_whole_size_is_painted_and_nothing_else() {
    let (_, picture) = picture(57, 271);
    let area = Rect::new(0, 0, 80, 40);
    for (rung, cells) in [(Rung::HalfBlocks, 61 * 31), (Rung::Sextants, 31 * 21), (Rung::Pixels, 0), (Rung::Words, 0)] {
        let buf = screen(&picture, rung, Tone::Normal, area);
        assert_eq!(buf.content.iter().filter(|cell| cell.bg == WHITE).count(), cells, "{rung:?}");
    }
}

#[test]
fn half_a_code_is_never_drawn() {
    let (_, picture) = picture(57, 271);
    for (rung, area) in [
        (Rung::HalfBlocks, Rect::new(0, 0, 80, 24)),
        (Rung::HalfBlocks, Rect::new(0, 0, 60, 31)),
        (Rung::Sextants, Rect::new(0, 0, 31, 20)),
    ] {
        let buf = screen(&picture, rung, Tone::Normal, area);
        assert!(buf.content.iter().all(|cell| cell.bg == Color::Blue), "{rung:?}");
    }
    // An area that hangs over the edge of the screen counts as far as the screen goes.
    let mut buf = Buffer::empty(Rect::new(0, 0, 80, 24));
    (&QrWidget { picture: &picture, rung: Rung::HalfBlocks, tone: Tone::Normal })
        .render(Rect::new(0, 10, 80, 40), &mut buf);
    assert_eq!(buf, Buffer::empty(buf.area));
}

#[test]
fn the_lines_say_the_same_as_the_widget() {
    let (_, picture) = picture(57, 271);
    for (rung, tone, colours) in [
        (Rung::HalfBlocks, Tone::Normal, BLACK_ON_WHITE),
        (Rung::HalfBlocks, Tone::Inverted, WHITE_ON_BLACK),
        (Rung::Sextants, Tone::Normal, BLACK_ON_WHITE),
    ] {
        let size = picture.size(rung);
        let buf = screen(&picture, rung, tone, Rect::from(size));
        let rows: Vec<String> = buf
            .content
            .chunks(size.width.into())
            .map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>())
            .collect();
        let lines = picture.lines(rung, tone);
        assert_eq!(lines, rows.iter().map(|row| format!("{colours}{row}{RESET}\n")).collect::<String>());
        assert_eq!(lines.lines().count(), usize::from(size.height));
    }
    assert_eq!(picture.lines(Rung::Pixels, Tone::Normal), "");
    assert_eq!(picture.lines(Rung::Words, Tone::Normal), "");
}

#[test]
fn the_lines_survive_a_terminal() {
    let (value, picture) = picture(57, 271);
    let mut terminal = vt100::Parser::new(NonZero::new(24).unwrap(), NonZero::new(80).unwrap(), 0);
    terminal.process(picture.lines(Rung::Sextants, Tone::Normal).replace('\n', "\r\n").as_bytes());
    let mut buf = Buffer::empty(Rect::new(0, 0, 80, 24));
    for (x, y) in (0..24).flat_map(|y| (0..80).map(move |x| (x, y))) {
        let cell = terminal.screen().cell(y, x).unwrap();
        let colour = |colour| match colour {
            vt100::Color::Idx(index) => Color::Indexed(index),
            _ => Color::Blue,
        };
        buf[(x, y)].set_symbol(if cell.contents().is_empty() { " " } else { cell.contents() });
        buf[(x, y)].set_style(Style::new().fg(colour(cell.fgcolor())).bg(colour(cell.bgcolor())));
    }
    assert_eq!(scanned(&photo(&buf, (8, 16), 0)), Some(value));
}

#[test]
fn too_much_is_refused() {
    assert_eq!(QrPicture::new(&"x".repeat(3_000)), Err(TooLong));
    assert_eq!(QrPicture::new("2@abc").unwrap().modules(), 21);
}

/// Writes screens as pictures, for a decoder outside of this workspace: `QR_PHOTOS=FOLDER cargo test … -- --ignored`.
#[test]
#[ignore = "a tool: writes files where it is told to"]
fn photos_for_a_foreign_decoder() {
    let folder = std::path::PathBuf::from(std::env::var_os("QR_PHOTOS").expect("a folder in QR_PHOTOS"));
    for (modules, bytes) in SIZES {
        let (value, picture) = picture(modules, bytes);
        std::fs::write(folder.join(format!("{modules}.txt")), &value).unwrap();
        for (rung, area) in [(Rung::HalfBlocks, Rect::new(0, 0, 82, 42)), (Rung::Sextants, Rect::new(0, 0, 80, 28))] {
            let screen = screen(&picture, rung, Tone::Normal, area);
            for ((width, height), around) in CELLS.into_iter().flat_map(|cell| [(cell, 0), (cell, 255)]) {
                let name = format!("{modules}-{rung:?}-{width}x{height}-{around}.png");
                photo(&screen, (width, height), around).save(folder.join(name)).unwrap();
            }
        }
    }
}
