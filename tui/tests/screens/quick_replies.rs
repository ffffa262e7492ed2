//! Stored answers.

use mychatflow_tui::msg::{Effect, Question};
use serde_json::json;

use crate::console::Console;
use crate::shop::Shop;

fn both(name: &str, keys: &str, change: impl Fn(&mut Shop)) {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut shop = Shop::usual();
        change(&mut shop);
        let mut console = Console::with(columns, rows, shop, |_| {});
        console.keys(keys);
        insta::assert_snapshot!(format!("quick_replies_{name}_{columns}"), console.picture());
    }
}

#[test]
fn usual() {
    both("usual", "6j", |_| {});
    both("skeleton", "6", |shop| shop.silent = Some("quick_reply.list"));
    both("failure", "6", |shop| shop.refuse = Some(("quick_reply.list", "the store can't be read: disk full")));
    both("empty", "6", |shop| shop.quick_replies = json!([]));
    both("shown", "6j<enter>", |_| {});
    both("add", "6aHours<tab>", |_| {});
    both("edit", "6je", |_| {});
    both("remove", "6D", |_| {});
    both("find", "6/ad", |_| {});
}

#[test]
fn a_label_is_there_once() {
    let mut console = Console::open(80, 24);
    console.keys("6aHOURS<tab>text<enter>");
    assert!(console.shows("hours is there already"));
    assert!(!console.asked.iter().any(|question| matches!(question, Question::QuickReplyAdd(_))));
    console.keys("<ctrl-u>new<enter>");
    assert!(
        console.asked.iter().any(|question| matches!(question, Question::QuickReplyAdd(add) if add.label == "new"))
    );
    assert!(console.shows("new is kept"));
}

#[test]
fn arrows_move_within_a_text_and_then_to_the_next_field() {
    let mut console = Console::open(80, 24);
    console.keys("6je<tab><up>X<up>");
    let Some(mychatflow_tui::state::overlay::Overlay::Form(form)) = console.state.overlays.last() else {
        panic!("the form is open")
    };
    assert_eq!(form.focus, 0);
    assert!(form.text("text").lines().next().is_some_and(|line| line.contains('X')));
}

#[test]
fn words_find_a_row_and_copy_it() {
    let mut console = Console::open(80, 24);
    console.keys("6/prices<enter>y");
    let text = "Bread 4.20 €, roll 0.60 €, cake from 18 €.".to_owned();
    assert!(console.effects.contains(&Effect::Copy(text)));
}

#[test]
fn removing_asks_first() {
    let mut console = Console::open(80, 24);
    console.keys("6Dn");
    assert!(!console.asked.iter().any(|question| matches!(question, Question::QuickReplyRemove(_))));
    console.keys("Dy");
    assert!(console.asked.iter().any(|question| matches!(question, Question::QuickReplyRemove(_))));
    assert!(console.shows("is removed"));
}
