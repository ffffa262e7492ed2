//! Credits.

use std::time::Duration;

use mychatflow_data::protocol::event::Topic;
use mychatflow_tui::msg::Question;
use serde_json::json;

use crate::console::Console;
use crate::shop::{Shop, ago, id};

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 36)];

fn open(columns: u16, rows: u16, shop: Shop) -> Console {
    let mut console = Console::with(columns, rows, shop, |_| {});
    console.keys("7");
    console
}

#[test]
fn a_usual_day() {
    for (columns, rows) in SIZES {
        let mut console = open(columns, rows, Shop::usual());
        insta::assert_snapshot!(format!("credits_{columns}"), console.picture());
        console.keys("j<enter>");
        insta::assert_snapshot!(format!("credits_entry_{columns}"), console.picture());
    }
}

#[test]
fn nothing_yet_nothing_read_and_nothing_to_be_had() {
    for (columns, rows) in SIZES {
        let mut shop = Shop::usual();
        shop.ledger = json!([]);
        shop.credit = json!({"plan": "starter", "granted": 0, "used": 0, "reserved": 0, "balance": 0,
            "period_start": ago(10), "period_end": ago(-43_190)});
        shop.overview["days"] = json!([]);
        insta::assert_snapshot!(format!("credits_first_{columns}"), open(columns, rows, shop).picture());
        let mut shop = Shop::usual();
        shop.silent = Some("credit.ledger");
        insta::assert_snapshot!(format!("credits_silent_{columns}"), open(columns, rows, shop).picture());
        let mut shop = Shop::usual();
        shop.refuse = Some(("credit.ledger", "the store is busy with its backup; try again in a minute"));
        insta::assert_snapshot!(format!("credits_refused_{columns}"), open(columns, rows, shop).picture());
    }
}

#[test]
fn a_balance_that_runs_out_says_when() {
    let mut shop = Shop::usual();
    shop.overview["forecast"]["empty_at"] = json!("2026-11-28T10:00:00Z");
    assert!(open(80, 24, shop).shows("Empty on 28 Nov at 21.5 a day."));
    let mut shop = Shop::usual();
    shop.overview["forecast"] = json!({"per_day": 0.0, "empty_at": null});
    assert!(open(80, 24, shop).shows("Not used in the last 7 days."));
}

#[test]
fn a_grant_is_checked_as_one_types() {
    for (columns, rows) in SIZES {
        let mut console = open(columns, rows, Shop::usual());
        console.keys("a");
        assert!(console.shows("The balance is 312."));
        console.keys("1.5");
        insta::assert_snapshot!(format!("credits_mistake_{columns}"), console.picture());
        console.keys("<enter>");
        assert!(!console.asked.iter().any(|asked| asked.method() == "credit.grant"), "a mistake is not sent");
        console.keys("<backspace><backspace>00");
        assert!(console.shows("The balance is 312; it will be 412."));
        console.shop.replies.push(("credit.grant", json!({"id": id(75), "amount": 100, "balance": 412})));
        console.keys("<tab>for the fair<enter>");
        let asked = console.asked.iter().find_map(|asked| match asked {
            Question::CreditGrant(grant) => Some(grant.clone()),
            _ => None,
        });
        let grant = asked.expect("it was granted");
        assert_eq!((grant.amount.count(), grant.note.as_deref()), (100, Some("for the fair")));
        assert!(console.state.overlays.is_empty());
        assert!(console.shows("granted 100: the balance is 412"));
    }
}

#[test]
fn a_refused_grant_stays_on_the_screen() {
    let mut shop = Shop::usual();
    shop.refuse = Some(("credit.grant", "only an operator may grant credits"));
    let mut console = open(80, 24, shop);
    console.keys("a50<enter>");
    assert!(console.shows("only an operator may grant credits"));
    assert!(console.shows("How many"));
}

#[test]
fn the_balance_is_counted_twice() {
    for (columns, rows) in SIZES {
        let mut shop = Shop::usual();
        shop.replies.push(("credit.audit", json!({"balance": 312, "derived": 315, "drift": -3})));
        let mut console = open(columns, rows, shop);
        console.keys("u");
        insta::assert_snapshot!(format!("credits_drift_{columns}"), console.picture());
    }
    let mut shop = Shop::usual();
    shop.replies.push(("credit.audit", json!({"balance": 312, "derived": 312, "drift": 0})));
    let mut console = open(80, 24, shop);
    console.keys("u");
    assert!(console.shows("Both counts agree."));
}

#[test]
fn events_read_the_newest_page_and_keep_the_older_ones() {
    let mut console = open(80, 24, Shop::usual());
    console.keys("jj");
    let selected = console.state.credits.rows.selected_id();
    let before = console.asked.len();
    let entry = json!({"id": id(76), "at": ago(0), "kind": "reserve", "amount": -1, "reply": id(82)});
    let newest = vec![entry, console.shop.ledger[0].clone()];
    console.shop.ledger = json!(newest);
    for _ in 0..9 {
        console.tell(Topic::CreditChanged, console.shop.credit.clone());
    }
    assert_eq!(console.asked.len(), before, "a crowd of events asks nothing by itself");
    console.pass(Duration::from_millis(600));
    let asked = console.asked[before..].iter().filter(|asked| asked.method() == "credit.ledger").count();
    assert_eq!(asked, 1);
    assert_eq!(console.state.credits.rows.items().len(), 6);
    assert_eq!(console.state.credits.rows.selected_id(), selected);
}

#[test]
fn the_next_page_comes_before_the_end() {
    let mut shop = Shop::usual();
    let entries = |from: u8| -> Vec<_> {
        (from..from + 60)
            .map(|at| json!({"id": id(at), "at": ago(i64::from(at)), "kind": "reserve", "amount": -1}))
            .collect()
    };
    shop.replies.push(("credit.ledger", json!({"items": entries(100), "next": "more"})));
    let mut console = open(80, 24, shop);
    assert_eq!(console.state.credits.rows.items().len(), 60);
    console.shop.replies[0].1 = json!({"items": entries(160), "next": null});
    console.keys("G");
    assert_eq!(console.state.credits.rows.items().len(), 120);
    console.keys("G");
    assert_eq!(console.state.credits.rows.position(), Some(119));
}
