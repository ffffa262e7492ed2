//! Names and messages made to take the terminal over.

use mychatflow_sandbox::waha::Customer;

use crate::support::NUMBER;
use crate::{console, shop};

const NAME: &str = "\x1b]0;owned\x07\x1b[2J\x1b[?1000l Mallory \u{202e}evil\u{202c}\u{0}\u{9b}31m\u{9d}0;owned\u{9c}";

#[tokio::test]
async fn they_stay_text() {
    let world = shop().await;
    let mut console = console(&world, 80, 24).await;
    console.keys("2").until("inbox").await;
    let mallory = Customer::new("+44 7700 900666", NAME);
    let line =
        format!("\x1b]0;owned\x07\u{202e}\u{0}\r\x1b[H{} the end of it", "x\u{301}\u{200b}wide 字 ".repeat(7_000));
    assert!(line.len() > 100_000);
    let controls = "\x1bP+q544e\x1b\\\x1b_Gi=1;\x1b\\\x1b^x\x1b\\\x1bc\u{85}\u{8}\x7f after the controls";
    world.waha.customer_says(NUMBER, &mallory, &line).await.unwrap();
    console.until("Mallory").await;
    console.keys("<enter>").until("more characters: right shows all of it").await;
    // What the assistant says would push it off the screen.
    world.at_rest().await;
    world.done(&["chat", "pause", &mallory.phone]).await;
    world.waha.customer_says(NUMBER, &mallory, NAME).await.unwrap();
    console.find("the name as a message", |frame| (frame.contents().matches("evil").count() > 1).then_some(())).await;
    world.waha.customer_says(NUMBER, &mallory, controls).await.unwrap();
    console.until("after the controls").await;
    for (columns, rows) in [(120, 40), (80, 24), (40, 12), (120, 36)] {
        console.resize(columns, rows);
        let wanted = format!("a whole frame of {columns}x{rows}");
        let whole = |frame: &vt100::Screen| framed(frame) && frame.contents().contains("after the controls");
        console.find(&wanted, |frame| whole(frame).then_some(())).await;
    }
    console.keys("<pageup>").gone("after the controls").await;
    console.find("a whole frame", |frame| framed(frame).then_some(())).await;
    console.keys("5").until("Mallory").await;
    console.keys("q");
    assert_eq!(console.ended().await, 0);

    assert_eq!(console.told().titles, Vec::<String>::new());
    let raw = console.raw();
    let text = String::from_utf8(raw).unwrap();
    assert!(!text.contains("\x1b]"), "no command to the terminal's window");
    for control in ["\x1bP", "\x1b_", "\x1b^", "\x1bc", "\x1b[2J\x1b[?1000l M"] {
        assert!(!text.contains(control), "{control:?}");
    }
    let mut wrong: Vec<char> = text.chars().filter(|char| char.is_control() && !"\x1b\r\n\t".contains(*char)).collect();
    wrong.extend(text.chars().filter(|char| matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')));
    assert_eq!(wrong, Vec::<char>::new(), "controls and overrides");
}

/// Does the frame stand: the sidebar's border on the left, the pane's on the right, corners where they belong?
pub fn framed(frame: &vt100::Screen) -> bool {
    let (rows, columns) = (frame.size().0.get(), frame.size().1.get());
    let column = |column: u16| {
        (1..rows).map(move |row| frame.cell(row, column).map_or("", vt100::Cell::contents)).collect::<Vec<_>>()
    };
    let left = column(0);
    let right = column(columns - 1);
    let side = |cell: &&str| ["│", "┃"].contains(cell);
    let (Some((corner, left)), Some((_, right))) = (left.split_last(), right.split_last()) else { return false };
    let [top, middle @ .., bottom] = right else { return false };
    *corner == "╰"
        && frame.cell(0, 0).is_some_and(|cell| cell.contents() == "╭")
        && left.iter().all(side)
        && ["╮", "┓"].contains(top)
        && ["╯", "┛"].contains(bottom)
        && middle.iter().all(side)
}
