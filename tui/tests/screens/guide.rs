//! The demo's guide: one thing to do at a time, below everything else, and nothing of it in a real console.

use std::time::Duration;

use mychatflow_tui::state::Guide;

use crate::console::Console;
use crate::shop::Shop;

fn demo(columns: u16, rows: u16) -> Console {
    Console::with(columns, rows, Shop::usual(), |setup| setup.guide = Guide::Begin)
}

#[test]
fn a_real_console_has_no_guide() {
    let console = Console::open(80, 24);
    assert_eq!(console.layout().guide, None);
    assert!(!console.shows("Demo"));
}

#[test]
fn it_goes_on_by_what_one_does_and_covers_nothing() {
    for (columns, rows, watch, answer) in [
        (
            80,
            24,
            "Demo 2/5  The assistant answers customers. enter opens a chat   esc hides this",
            "Demo 3/5  i writes: the assistant falls silent here; p: speaks again",
        ),
        (
            120,
            36,
            "Demo 2/5  Customers write; the assistant answers from the shop's facts for credits. enter opens a chat  esc \
             hides this",
            "Demo 3/5  Press i and write to the customer: the assistant falls silent there for 12 h; p lets it speak again",
        ),
    ] {
        let mut console = demo(columns, rows);
        let last = |console: &Console| console.lines().pop().unwrap().trim().to_owned();
        assert_eq!(last(&console), watch, "the number works already");
        console.keys("<enter>");
        assert_eq!(last(&console), answer);
        console.keys("i");
        let layout = console.layout();
        let (strip, cursor) = (layout.guide.unwrap(), layout.cursor.unwrap());
        assert!(!strip.contains(cursor) && strip.y >= layout.status.bottom());
    }
}

#[test]
fn esc_hides_it_where_there_is_nothing_to_leave() {
    let mut console = demo(120, 36);
    console.keys("<enter>");
    assert!(!console.shows("hides this"));
    console.keys("<esc>");
    assert!(console.shows("hides this"));
    console.keys("<esc>");
    assert_eq!(console.state.guide, Guide::Done);
    assert!(!console.shows("Demo"));
}

#[test]
fn the_last_word_goes_by_itself() {
    let mut console = demo(120, 36);
    console.state.guide = Guide::More;
    console.pass(Duration::from_secs(10));
    assert!(console.shows("Demo 4/5"));
    console.pass(Duration::from_secs(60));
    assert!(console.shows("Demo 5/5"));
    console.pass(Duration::from_secs(70));
    assert!(!console.shows("Demo"));
}

#[test]
fn the_socket_is_told_whole_or_the_way_to_it() {
    let socket = "/tmp/mychatflow-demo-Ab12Cd/run/socket";
    for (columns, rows, last) in [
        (80, 24, format!("Demo 5/5  mychatflow --socket {socket} chat list")),
        (90, 24, format!("Demo 5/5  Try: mychatflow --socket {socket} chat list")),
        (120, 36, format!("Demo 5/5  In another terminal: mychatflow --socket {socket} chat list")),
        (60, 24, "Demo 5/5  ? says how commands reach this shop".to_owned()),
    ] {
        let mut console = Console::with(columns, rows, Shop::usual(), |setup| {
            setup.guide = Guide::Begin;
            setup.command = format!("mychatflow --socket {socket}");
        });
        console.state.guide = Guide::Beside;
        console.pass(Duration::from_secs(1));
        let strip = console.lines().pop().unwrap();
        assert!(strip.trim().starts_with(&last), "{strip}");
        // For as long as the demo lasts.
        console.keys("?");
        assert!(columns < 80 || console.shows(&format!("--socket {socket} chat list")), "{}", console.picture());
    }
}

#[test]
fn a_question_is_told_its_own_keys() {
    let mut console = demo(80, 24);
    console.keys("4t");
    console.state.guide = Guide::Scan;
    assert!(console.lines().pop().unwrap().contains("enter: to the assistant, esc: later"), "{}", console.picture());
    console.keys("<enter>");
    console.state.guide = Guide::Scan;
    assert!(
        console.lines().pop().unwrap().contains("y gives them to the assistant, enter goes back"),
        "{}",
        console.picture()
    );
}
