//! What is around every screen.

use mychatflow_data::protocol::event::Topic;
use mychatflow_tui::msg::Question;
use mychatflow_tui::state::Guide;
use serde_json::json;

use crate::console::Console;
use crate::shop::Shop;

#[test]
fn first_frame() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let console = Console::open(columns, rows);
        insta::assert_snapshot!(format!("first_frame_{columns}"), console.picture());
    }
}

#[test]
fn help_is_drawn_from_the_live_map() {
    let mut console = Console::open(80, 24);
    console.keys("8?");
    insta::assert_snapshot!("help_80", console.picture());
}

#[test]
fn escape_and_a_letter_that_arrive_together_are_two_keys() {
    let mut console = Console::open(80, 24);
    console.keys("8?<alt-4>");
    assert!(console.state.overlays.is_empty());
    assert_eq!(console.state.screen, mychatflow_tui::state::Screen::Numbers);
}

#[test]
fn the_palette_finds_what_is_not_on_the_screen() {
    let mut console = Console::open(80, 24);
    console.keys(":new camp");
    assert!(console.shows("New campaign"), "{:#?}", console.lines());
    console.keys("<enter>");
    assert_eq!(console.state.screen, mychatflow_tui::state::Screen::Campaigns);
    assert!(console.shows("nobody else sees it"), "{:#?}", console.lines());
    // A person who is on no list yet: the daemon knows.
    let mut console = Console::open(80, 24);
    console.keys(":مرحبا أحمد");
    assert!(console.asked.iter().any(|question| question.method() == "contact.list"));
    assert!(console.shows("person"), "{:#?}", console.lines());
}

#[test]
fn what_only_screens_need_to_know_is_not_said() {
    let mut console = Console::open(80, 24);
    console.tell(Topic::DaemonNotice, json!({"level": "debug", "text": "the tenant or its settings changed"}));
    assert!(!console.shows("settings changed"));
    console.tell(Topic::DaemonNotice, json!({"level": "info", "text": "a customer replied STOP"}));
    assert!(console.shows("a customer replied STOP"));
}

#[test]
fn a_notice_covers_neither_what_is_written_nor_what_keys_do() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        for keys in ["2<enter>ihalf a sentence", "5a", "4O"] {
            let mut console = Console::open(columns, rows);
            console.keys(keys);
            let before = console.lines();
            let foot = match console.layout().overlays.last() {
                Some(laid) => usize::from(laid.area.bottom()) - 2,
                None => before.iter().position(|line| line.contains("half a sentence")).unwrap(),
            };
            let words =
                "a notice with a good many words, so that it is as wide and as tall as a notice can ever be here";
            console.tell(Topic::DaemonNotice, json!({"level": "warn", "text": words}));
            assert!(console.shows("a good many words"), "{keys}: {}", console.picture());
            assert_eq!(console.lines()[foot], before[foot], "{keys}");
            assert_eq!(console.lines().last(), before.last(), "{keys}");
        }
    }
}

/// Whatever is typed into, at any place of the console.
const WRITTEN_IN: [&str; 24] = [
    "2<enter>i",
    "2/",
    "2N",
    "2<enter>o",
    "2t",
    "2s",
    "2<enter>i<ctrl-q>",
    "2P",
    ":",
    "3a",
    "3a<tab><tab>",
    "4a",
    "5a",
    "5e",
    "5jt",
    "5i",
    "5x",
    "5S",
    "5/",
    "6a",
    "6e",
    "6/",
    "7a",
    "9<enter>",
];

#[test]
fn three_notices_cover_nothing_that_is_written_in_on_any_screen() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        for guide in [Guide::Off, Guide::More] {
            for keys in WRITTEN_IN {
                let mut console = Console::with(columns, rows, Shop::usual(), |setup| setup.guide = Guide::Begin);
                console.state.guide = guide;
                console.keys(keys).keys("half");
                let before = console.lines();
                let cursor = console.layout().cursor.map(|at| usize::from(at.y));
                let status = console.layout().status;
                let hints = usize::from(status.y);
                let foot = console.layout().overlays.last().map(|laid| usize::from(laid.area.bottom()) - 2);
                for number in 1..=3 {
                    let words = format!(
                        "notice {number} with so many words that it is as wide and as tall as one can be on any screen of ours"
                    );
                    console.tell(Topic::DaemonNotice, json!({"level": "warn", "text": words.repeat(2)}));
                }
                let after = console.lines();
                assert_ne!(before, after, "{keys}: they are shown");
                for kept in [cursor, Some(hints), foot, Some(before.len() - 1)].into_iter().flatten() {
                    assert_eq!(
                        after[kept],
                        before[kept],
                        "{keys} {columns} {guide:?}: row {kept}\n{}",
                        console.picture()
                    );
                }
            }
        }
    }
}

#[test]
fn a_viewer_is_offered_only_what_viewers_may_do() {
    let mut shop = Shop::usual();
    shop.tenants[0]["role"] = json!("viewer");
    let mut console = Console::with(120, 36, shop, |_| {});
    for (keys, missing) in [("2", "p pause"), ("4", "p pair"), ("5", "a new"), ("7", "a grant"), ("9", "e edit")] {
        console.keys(keys);
        let last = console.lines().pop().unwrap();
        assert!(!last.contains(missing), "{keys}: {last}");
        console.keys("?");
        assert!(!console.shows("Unpair the number") && !console.shows("Erase the person"), "{}", console.picture());
        console.keys("<esc>");
    }
    console.keys(":log out");
    assert!(!console.shows("Unpair the number"), "{}", console.picture());
    console.keys("<esc>4O");
    assert!(
        console.state.overlays.is_empty() && console.shows("a viewer can't unpair a number: that"),
        "{}",
        console.picture()
    );
    console.keys("2<enter>i");
    assert!(console.shows("a viewer can't write a message: that"), "{}", console.picture());
    let written = |question: &Question| matches!(question.method(), "chat.read" | "chat.send" | "instance.logout");
    assert!(!console.asked.iter().any(written));
}
