//! What is around every screen.

use mychatflow_data::protocol::event::Topic;
use mychatflow_tui::msg::Question;
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
    assert!(console.state.overlays.is_empty() && console.shows("takes the role owner"), "{}", console.picture());
    console.keys("2<enter>i");
    assert!(console.shows("takes the role agent"), "{}", console.picture());
    let written = |question: &Question| matches!(question.method(), "chat.read" | "chat.send" | "instance.logout");
    assert!(!console.asked.iter().any(written));
}
