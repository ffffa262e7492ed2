//! The demo as somebody at a terminal meets it, from the code to the summary.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

#[path = "support/terminal.rs"]
mod terminal;

use terminal::Terminal;
use vt100::Color;

/// Pixels of a module: a decoder wants more than one.
const SCALE: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_pairs_watches_writes_and_leaves() {
    let home = tempfile::tempdir().unwrap();
    let mut at = Terminal::of_ours(&["demo", "--seed", "1"], home.path(), 120, 36);
    let code = at.find("a code to scan", scanned).await;
    assert!(code.starts_with("2@") && code.len() == 237, "{code}");
    at.until("Press f: a made-up phone scans the code").await;
    at.keys("f");
    at.until("Paired with +447700900500").await;
    at.keys("<enter>");
    let asks = |screen: &vt100::Screen| {
        let text = screen.contents();
        if text.contains("known from before ·") { Some(true) } else { text.contains("inbox").then_some(false) }
    };
    if at.find("chats, or people from before", asks).await {
        at.keys("<esc>");
        at.until("inbox").await;
    }
    at.until("Ana").await;
    at.until("AI:").await;
    at.keys("<enter>");
    at.until("assistant · ").await;
    at.until("Press i and write").await;
    at.keys("i");
    at.until("enter send").await;
    at.keys("Hello from the counter!");
    at.until("› Hello from the counter!").await;
    at.keys("<enter>");
    at.find("a tick on what was written", |screen| {
        let text = screen.contents();
        text.lines().any(|line| line.contains("you · ✓")).then_some(())
    })
    .await;
    at.until("assistant: silent for").await;
    at.keys("<esc>");
    at.until("enter write").await;
    at.keys("q");
    let (status, last) = at.end().await;
    assert_eq!(status, 0, "{last}");
    assert!(!last.ends_with("\x1b[?25l") && last.contains("\x1b[?1049l") && at.modes_are_as_before(), "{last:?}");
    let (_, summary) = last.rsplit_once("\x1b[?1049l").unwrap();
    for words in ["deliver", "You wrote 1 message.", "0 lost, 0 doubled."] {
        assert!(summary.contains(words), "{words}: {summary:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_time_ends_it_and_the_store_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let kept = home.path().join("kept");
    let mut at = Terminal::of_ours(&["demo", "--for", "2s", "--data-dir", kept.to_str().unwrap()], home.path(), 80, 24);
    at.find("a code to scan", |screen| screen.contents().contains("scans this code").then_some(())).await;
    let (status, last) = at.end().await;
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
