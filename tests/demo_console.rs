//! The demo as somebody at a terminal meets it, from the code to the summary.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

#[path = "support/terminal.rs"]
mod terminal;

use std::time::Duration;

use terminal::{SOON, Terminal};
use vt100::Color;

/// How long customers and the assistant may take to come to it.
const BY_AND_BY: Duration = Duration::from_secs(30);
/// Pixels of a module: a decoder wants more than one.
const SCALE: usize = 4;

#[test]
fn a_newcomer_pairs_watches_writes_and_leaves() {
    let home = tempfile::tempdir().unwrap();
    let mut at = Terminal::run(&["demo", "--seed", "1"], home.path(), 120, 36);
    let code = at.find("a code to scan", BY_AND_BY, scanned);
    assert!(code.starts_with("2@") && code.len() == 237, "{code}");
    at.until("Press f: a made-up phone scans the code", SOON);
    at.press("f");
    at.until("Paired with +447700900500", SOON);
    at.press("\r");
    let asks = |screen: &vt100::Screen| {
        let text = screen.contents();
        if text.contains("known from before ·") { Some(true) } else { text.contains("inbox").then_some(false) }
    };
    if at.find("chats, or people from before", SOON, asks) {
        at.press("\x1b");
        at.until("inbox", SOON);
    }
    at.until("Ana", BY_AND_BY);
    at.until("AI:", BY_AND_BY);
    at.press("\r");
    at.until("assistant · ", BY_AND_BY);
    at.until("Press i and write", SOON);
    at.press("i");
    at.until("enter send", SOON);
    at.press("Hello from the counter!");
    at.until("› Hello from the counter!", SOON);
    at.press("\r");
    at.find("a tick on what was written", BY_AND_BY, |screen| {
        let text = screen.contents();
        text.lines().any(|line| line.contains("you · ✓")).then_some(())
    });
    at.until("assistant: silent for", SOON);
    at.press("\x1b");
    at.until("enter write", SOON);
    at.press("q");
    let (status, last) = at.end();
    assert_eq!(status, 0, "{last}");
    assert!(!at.screen().alternate_screen() && !at.screen().hide_cursor(), "{last:?}");
    let (_, summary) = last.rsplit_once("\x1b[?1049l").unwrap();
    for words in ["deliver", "You wrote 1 message.", "0 lost, 0 doubled."] {
        assert!(summary.contains(words), "{words}: {summary:?}");
    }
}

#[test]
fn its_time_ends_it_and_the_store_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let kept = home.path().join("kept");
    let mut at = Terminal::run(&["demo", "--for", "2s", "--data-dir", kept.to_str().unwrap()], home.path(), 80, 24);
    at.find("a code to scan", BY_AND_BY, |screen| screen.contents().contains("scans this code").then_some(()));
    let (status, last) = at.end();
    assert_eq!(status, 0, "{last}");
    assert!(last.contains("The store stays in"), "{last}");
    assert!(kept.join("mychatflow.db").is_file());
}

/// What a phone reads from half blocks on the screen.
fn scanned(screen: &vt100::Screen) -> Option<String> {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let (wide, tall) = (usize::from(columns) * SCALE, usize::from(rows) * 2 * SCALE);
    let mut dark = vec![false; usize::from(columns) * usize::from(rows) * 2];
    for row in 0..rows {
        for column in 0..columns {
            let cell = screen.cell(row, column)?;
            let (upper, lower) = match cell.contents() {
                "▀" => (cell.fgcolor(), cell.bgcolor()),
                "▄" => (cell.bgcolor(), cell.fgcolor()),
                "█" => (cell.fgcolor(), cell.fgcolor()),
                _ => (cell.bgcolor(), cell.bgcolor()),
            };
            let at = usize::from(row) * 2 * usize::from(columns) + usize::from(column);
            dark[at] = is_black(upper);
            dark[at + usize::from(columns)] = is_black(lower);
        }
    }
    let light = |x: usize, y: usize| !dark[(y / SCALE) * usize::from(columns) + x / SCALE];
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(wide, tall, |x, y| if light(x, y) { 255 } else { 0 });
    picture.detect_grids().iter().find_map(|grid| Some(grid.decode().ok()?.1))
}

/// Only the code's own black: the ground of a dark theme is none.
fn is_black(colour: Color) -> bool {
    matches!(colour, Color::Idx(16 | 0) | Color::Rgb(0, 0, 0))
}
