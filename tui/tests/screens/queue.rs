//! The queue.

use std::time::Duration;

use mychatflow_data::protocol::event::Topic;
use mychatflow_tui::msg::Question;
use serde_json::{Value, json};

use crate::console::Console;
use crate::shop::{Shop, ago, id};

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 36)];

fn open(columns: u16, rows: u16, shop: Shop) -> Console {
    let mut console = Console::with(columns, rows, shop, |_| {});
    console.keys("8");
    console
}

fn entry(shop: &Shop, number: u8) -> Value {
    let found = shop.queue.as_array().and_then(|all| all.iter().find(|entry| entry["id"] == json!(id(number))));
    found.expect("the shop has that entry").clone()
}

fn methods(console: &Console, method: &str) -> usize {
    console.asked.iter().filter(|asked| asked.method() == method).count()
}

fn select(console: &mut Console, number: u8) {
    let at = console.state.queue.rows.items().iter().position(|item| item.line.id.as_str() == id(number));
    console.state.queue.rows.select_at(at.expect("it is in the list"));
    console.resize(console.state.size.0, console.state.size.1);
}

#[test]
fn a_usual_day() {
    for (columns, rows) in SIZES {
        let mut console = open(columns, rows, Shop::usual());
        console.keys("j");
        insta::assert_snapshot!(format!("queue_{columns}"), console.picture());
        let mut shown = entry(&console.shop, 91);
        shown["created_at"] = json!(ago(42));
        shown["steps"] = json!(["resolve", "reserve_id"]);
        shown["text"] = json!("Yes! Sundays 10–16.\nShall I keep a table?");
        console.shop.replies.push(("queue.show", shown));
        select(&mut console, 91);
        console.keys("<enter>");
        insta::assert_snapshot!(format!("queue_entry_{columns}"), console.picture());
    }
}

#[test]
fn nothing_yet_nothing_read_and_nothing_to_be_had() {
    for (columns, rows) in SIZES {
        let mut shop = Shop::usual();
        shop.queue = json!([]);
        insta::assert_snapshot!(format!("queue_empty_{columns}"), open(columns, rows, shop).picture());
        let mut shop = Shop::usual();
        shop.silent = Some("queue.list");
        insta::assert_snapshot!(format!("queue_silent_{columns}"), open(columns, rows, shop).picture());
        let mut shop = Shop::usual();
        shop.refuse = Some(("queue.list", "the store is busy with its backup; try again in a minute"));
        insta::assert_snapshot!(format!("queue_refused_{columns}"), open(columns, rows, shop).picture());
    }
}

#[test]
fn giving_up_asks_first() {
    for (columns, rows) in SIZES {
        let mut console = open(columns, rows, Shop::usual());
        select(&mut console, 91);
        console.keys("D");
        insta::assert_snapshot!(format!("queue_drop_{columns}"), console.picture());
        assert_eq!(methods(&console, "queue.drop"), 0);
        console.keys("<esc>");
        assert_eq!(methods(&console, "queue.drop"), 0);
        let mut dropped = entry(&console.shop, 91);
        dropped["state"] = json!("cancelled");
        console.shop.replies.push(("queue.drop", dropped));
        console.keys("Dy");
        assert_eq!(methods(&console, "queue.drop"), 1);
        assert_eq!(console.state.queue.rows.items().len(), 3);
        assert!(console.shows("send message: given up"));
    }
}

#[test]
fn a_second_message_is_risked_by_nobody_but_a_person() {
    let mut console = open(80, 24, Shop::usual());
    select(&mut console, 92);
    console.keys("r");
    insta::assert_snapshot!("queue_resend_80", console.picture());
    assert_eq!(methods(&console, "queue.retry"), 0);
    let mut again = entry(&console.shop, 92);
    again["state"] = json!("available");
    console.shop.replies.push(("queue.retry", again));
    console.keys("y");
    assert_eq!(methods(&console, "queue.retry"), 1);
    assert_eq!(console.state.queue.rows.items().len(), 3, "it goes on as another job");
    let lists = methods(&console, "queue.list");
    console.pass(Duration::from_secs(1));
    assert_eq!(methods(&console, "queue.list"), lists + 1);
}

#[test]
fn a_job_is_tried_held_and_released_at_once() {
    let mut console = open(80, 24, Shop::usual());
    for (key, method, state, words) in [
        ("r", "queue.retry", "available", "answer chat: it is tried again now"),
        ("H", "queue.hold", "held", "answer chat: put aside until you release it"),
        ("R", "queue.release", "scheduled", "answer chat: it goes on"),
    ] {
        let mut line = entry(&console.shop, 90);
        line["state"] = json!(state);
        console.shop.replies = vec![(method, line)];
        select(&mut console, 90);
        console.keys(key);
        assert_eq!(methods(&console, method), 1);
        assert!(console.shows(words), "{words}");
        assert_eq!(console.state.queue.rows.selected().map(|item| item.line.state.word()), Some(state));
    }
}

#[test]
fn what_the_daemon_refuses_is_said() {
    let mut shop = Shop::usual();
    shop.refuse = Some(("queue.hold", "the job is discarded"));
    let mut console = open(80, 24, shop);
    console.keys("H");
    assert!(console.shows("the job is discarded"));
}

#[test]
fn events_change_the_rows() {
    let mut console = open(80, 24, Shop::usual());
    let count = |console: &Console| console.state.queue.rows.items().len();
    let mut line = entry(&console.shop, 90);
    line["id"] = json!(id(95));
    line["age_s"] = json!(0);
    console.tell(Topic::JobChanged, line.clone());
    assert_eq!(count(&console), 5);
    assert_eq!(console.state.queue.rows.items().last().map(|item| item.line.id.as_str().to_owned()), Some(id(95)));
    line["state"] = json!("running");
    console.tell(Topic::JobChanged, line.clone());
    assert_eq!(count(&console), 5);
    assert!(console.shows("running"));
    line["state"] = json!("completed");
    console.tell(Topic::JobChanged, line);
    assert_eq!(count(&console), 4);
    let lists = methods(&console, "queue.list");
    console.tell(Topic::JobChanged, json!({"id": id(90)}));
    console.tell(Topic::InteractionChanged, json!({"id": id(92), "state": "sent"}));
    assert_eq!(methods(&console, "queue.list"), lists);
    console.pass(Duration::from_secs(2));
    assert_eq!(methods(&console, "queue.list"), lists + 1);
}

#[test]
fn only_some_are_shown() {
    let mut console = open(80, 24, Shop::usual());
    let dead = entry(&console.shop, 91);
    console.shop.replies.push(("queue.list", json!({"items": [dead], "next": null})));
    console.keys(">");
    assert!(
        matches!(console.asked.last(), Some(Question::QueueList(list)) if list.state.is_some_and(|state| state.word() == "discarded"))
    );
    assert_eq!(console.state.queue.rows.items().len(), 1);
    let other = entry(&console.shop, 90);
    console.tell(Topic::JobChanged, other);
    assert_eq!(console.state.queue.rows.items().len(), 1, "it is no dead letter");
    console.keys(",");
    assert!(matches!(console.asked.last(), Some(Question::QueueList(list)) if list.state.is_none()));
}

#[test]
fn why_asks_about_the_chat_or_says_that_there_is_none() {
    let mut console = open(80, 24, Shop::usual());
    select(&mut console, 90);
    console.keys("w");
    assert!(matches!(console.asked.last(), Some(Question::Why(why)) if why.id == id(30)));
    console.keys("<esc>");
    select(&mut console, 92);
    console.keys("w");
    assert!(matches!(console.asked.last(), Some(Question::Why(why)) if why.id == id(92)));
    console.keys("<esc>");
    select(&mut console, 93);
    console.keys("w");
    assert!(console.shows("about no chat"));
}

#[test]
fn pages_come_before_the_end_and_a_refused_one_is_told() {
    let mut shop = Shop::usual();
    let entries = |from: u8| -> Vec<Value> {
        let line = |at: u8| {
            json!({"id": id(at), "kind": "send_message", "state": "scheduled", "reason": null,
            "age_s": 100_000 - i64::from(at), "attempts": 0, "chat": null, "instance": null, "next_at": null})
        };
        (from..from + 60).map(line).collect()
    };
    shop.replies.push(("queue.list", json!({"items": entries(100), "next": "more"})));
    let mut console = open(80, 24, shop);
    console.shop.refuse = Some(("queue.list", "too much at once"));
    console.keys("G");
    assert!(console.shows("too much at once"));
    assert_eq!(console.state.queue.rows.items().len(), 60);
    console.shop.refuse = None;
    console.shop.replies[0].1 = json!({"items": entries(160), "next": null});
    console.keys("G");
    assert_eq!(console.state.queue.rows.items().len(), 120);
    // A thin event reads the first page anew; what was read of the later ones stands.
    console.shop.replies[0].1 = json!({"items": entries(100), "next": "more"});
    console.tell(Topic::JobChanged, json!({"id": id(101)}));
    console.pass(Duration::from_secs(2));
    assert_eq!(console.state.queue.rows.items().len(), 120);
    assert_eq!(console.state.queue.rows.next, None);
}
