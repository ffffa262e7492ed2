//! Pairing codes on terminals of several sizes.

use mychatflow_data::protocol::calls::instance::InstanceQr;
use portable_pty::CommandBuilder;
use serde_json::json;

use crate::desk::Desk;
use crate::pty::Terminal;

const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";

/// Runs a command in a terminal that answers nothing; what it showed and how it ended.
async fn shown(desk: &Desk, line: &[&str], columns: u16, rows: u16) -> (String, u32) {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mychatflow"));
    command.args(line);
    command.env_clear();
    command.env("HOME", desk.path());
    command.env("NO_COLOR", "1");
    command.cwd(desk.path());
    Terminal::played(command, columns, rows).await
}

/// A daemon with a code of 57 modules.
fn desk() -> Desk {
    let at = "2026-11-23T00:20:14.568Z";
    let desk = Desk::with_daemon();
    desk.replies::<InstanceQr>(json!({
        "value": format!("2@{}", "x".repeat(240)), "attempt": 1, "attempts_max": 6, "shown_at": at, "expires_at": at,
        "png": null
    }));
    desk
}

/// Rows and columns of what was drawn.
fn drawn(shown: &str) -> (usize, usize) {
    let rows: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix(BLACK_ON_WHITE)).collect();
    let columns = rows.first().map_or(0, |row| row.trim_end_matches("\x1b[0m").chars().count());
    (columns, rows.len())
}

#[tokio::test]
async fn the_code_is_drawn_as_the_terminal_allows() {
    let desk = desk();
    for (columns, rows, expected) in [(120, 40, (61, 31)), (61, 32, (61, 31)), (80, 24, (31, 21)), (31, 22, (31, 21))] {
        let (shown, code) = shown(&desk, &["instance", "qr", "main"], columns, rows).await;
        assert_eq!((drawn(&shown), code), (expected, 0), "{columns}x{rows}: {shown:?}");
        assert!(shown.contains("code 1 of 6"), "{shown:?}");
        assert_eq!(shown.contains("needs no rare glyphs"), expected == (31, 21), "{shown:?}");
        assert_eq!(shown.contains("\x1b[c"), expected == (31, 21), "asked only when it matters: {shown:?}");
    }
}

#[tokio::test]
async fn where_no_code_fits_the_ways_around_are_named() {
    let (shown, code) = shown(&desk(), &["instance", "qr", "main"], 80, 20).await;
    assert_eq!((drawn(&shown), code), ((0, 0), 1), "{shown:?}");
    for words in ["31 columns and 22 rows", "80 and 20", "pair main --phone NUMBER", "qr main --png"] {
        assert!(shown.contains(words), "{words}: {shown:?}");
    }
}

#[tokio::test]
async fn programs_get_the_code_wherever_they_run() {
    let (shown, code) = shown(&desk(), &["instance", "qr", "main", "--json"], 20, 5).await;
    assert_eq!(code, 0);
    assert!(shown.starts_with("{\"value\":\"2@xxx"), "{shown:?}");
}
