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
            "Demo 2/4  The assistant answers customers. enter opens a chat   esc hides this",
            "Demo 3/4  i writes: the assistant falls silent here; p: speaks again",
        ),
        (
            120,
            36,
            "Demo 2/4  Customers write; the assistant answers from the shop's facts for credits. enter opens a chat  esc \
             hides this",
            "Demo 3/4  Press i and write to the customer: the assistant falls silent there for 12 h; p lets it speak again",
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
    assert!(console.shows("Demo 4/4"));
    console.pass(Duration::from_secs(120));
    assert!(!console.shows("Demo"));
}
