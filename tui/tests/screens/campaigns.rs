//! One text to many.

use mychatflow_data::protocol::event::Topic;
use mychatflow_tui::msg::Question;
use serde_json::{Value, json};

use crate::console::Console;
use crate::shop::{Shop, ago, id};

/// A draft, one that waits for its time, one that was paused, and one that was ended by hand.
fn more(shop: &mut Shop) {
    let zero = json!({"queued": 0, "checking": 0, "sending": 0, "sent": 0, "delivered": 0, "read": 0, "replied": 0,
        "skipped": 0, "failed": 0, "unknown": 0, "opted_out": 0});
    let one = |number: u8, name: &str, state: &str, recipients: i64, change: fn(&mut Value)| {
        let mut counts = zero.clone();
        counts["queued"] = json!(recipients);
        let mut campaign = json!({"id": id(number), "name": name, "state": state, "text": "Hi {{ name }} 👋", "instance": id(20),
            "recipients": recipients, "counts": counts, "eta": null, "scheduled_at": null, "timezone": "Europe/Berlin",
            "created_at": ago(10), "started_at": null, "finished_at": null, "reason": null, "next_at": null, "per_hour": 0.0,
            "duplicates": 1});
        change(&mut campaign);
        campaign
    };
    let mut all = vec![
        one(62, "Neujahrsgrüße 🎆 an alle Stammkundinnen und Stammkunden der letzten drei Jahre", "draft", 1, |_| {}),
        one(63, "Advent 東京", "scheduled", 40, |c| c["scheduled_at"] = json!(ago(-1_200))),
        one(64, "Inventory", "paused", 12, |c| {
            c["reason"] = json!("the number is suspect: 3 of the last 10 messages failed");
            c["started_at"] = json!(ago(60));
        }),
        one(65, "Mistake", "cancelled", 99, |c| {
            c["started_at"] = json!(ago(3_000));
            c["finished_at"] = json!(ago(2_990));
            c["reason"] = json!("cancelled by anna");
        }),
    ];
    if let Value::Array(old) = &shop.campaigns {
        all.extend(old.iter().cloned());
    }
    shop.campaigns = Value::Array(all);
}

fn both(name: &str, keys: &str, change: impl Fn(&mut Shop)) {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut shop = Shop::usual();
        change(&mut shop);
        let mut console = Console::with(columns, rows, shop, |_| {});
        console.keys(keys);
        insta::assert_snapshot!(format!("campaigns_{name}_{columns}"), console.picture());
    }
}

#[test]
fn usual() {
    both("usual", "3", |_| {});
    both("all_states", "3jj", more);
    both("skeleton", "3", |shop| shop.silent = Some("campaign.list"));
    both("failure", "3", |shop| shop.refuse = Some(("campaign.list", "the store can't be read: disk full")));
    both("empty", "3", |shop| shop.campaigns = json!([]));
    both("shown", "3<enter>", |_| {});
}

#[test]
fn forms_and_questions() {
    both("create", "3achristmas orders<tab>Hi {{ name<tab>vip<tab>", |_| {});
    both("edit", "3e", more);
    both("launch", "3L", more);
    both("cancel", "3X", |_| {});
    both("remove", "3D", more);
    both("preview", "3v", |_| {});
    both("report", "3r", |_| {});
}

fn asked(console: &Console, fits: impl Fn(&Question) -> bool) -> usize {
    console.asked.iter().filter(|question| fits(question)).count()
}

#[test]
fn an_event_moves_the_bar() {
    let mut console = Console::open(80, 24);
    console.keys("3");
    assert!(console.shows("150 of 274 sent, 9 left out") && console.shows("55%"));
    let mut campaign = console.shop.campaigns[0].clone();
    campaign["counts"]["queued"] = json!(20);
    campaign["counts"]["sent"] = json!(120);
    console.tell(Topic::CampaignChanged, campaign);
    assert!(console.shows("250 of 274 sent, 9 left out") && console.shows("91%"));
    console.keys("<enter>");
    let mut campaign = console.shop.campaigns[0].clone();
    campaign["state"] = json!("paused");
    campaign["reason"] = json!("the number is suspect");
    console.tell(Topic::CampaignChanged, campaign);
    assert!(console.shows("the number is suspect"), "the reader follows, too");
}

#[test]
fn an_event_about_a_new_one_puts_it_on_top_and_one_about_nothing_asks() {
    let mut console = Console::open(80, 24);
    console.keys("3");
    let mut campaign = console.shop.campaigns[0].clone();
    campaign["id"] = json!(id(99));
    campaign["name"] = json!("From elsewhere");
    campaign["created_at"] = json!(ago(0));
    console.tell(Topic::CampaignChanged, campaign);
    assert_eq!(console.state.campaigns.rows.items()[0].name, "From elsewhere");
    console.tell(Topic::CampaignChanged, json!({"id": id(60)}));
    assert_eq!(asked(&console, |question| matches!(question, Question::CampaignShow(_))), 1);
}

#[test]
fn p_pauses_and_goes_on() {
    let mut console = Console::open(80, 24);
    console.keys("3p");
    assert_eq!(asked(&console, |question| matches!(question, Question::CampaignPause(_))), 1);
    assert!(console.shows("is paused"));
    console.keys("p");
    assert_eq!(asked(&console, |question| matches!(question, Question::CampaignResume(_))), 1);
    console.keys("jp");
    assert!(console.shows("only what runs can be paused; this one is completed"));
}

#[test]
fn only_a_draft_can_be_launched_and_edited() {
    let mut console = Console::open(80, 24);
    console.keys("3L");
    assert!(console.state.overlays.is_empty());
    assert!(console.shows("only a draft can be launched; this one is running"));
    console.keys("e");
    assert!(console.shows("only a draft can be edited"));
    console.keys("D");
    assert!(console.shows("this one is running; cancel it first"));
}

#[test]
fn a_text_is_seen_before_it_is_stored_and_once_it_is() {
    let mut console = Console::open(80, 24);
    console.keys("3aNews<tab>Hi {{ name }}<tab>tag:vip<ctrl-p>");
    let preview = |question: &Question| {
        matches!(question, Question::CampaignPreview(asked)
            if asked.name.is_none() && asked.segment.as_deref() == Some("tag:vip") && asked.text.as_deref() == Some("Hi {{ name }}"))
    };
    assert_eq!(asked(&console, preview), 1);
    assert!(console.shows("Hi Aylin Yılmaz"));
    console.keys("<esc>");
    assert!(console.shows("New campaign"));
    console.keys("<enter>");
    assert_eq!(asked(&console, |question| matches!(question, Question::CampaignCreate(_))), 1);
    assert!(console.shows("What people get: News"));
    assert_eq!(console.state.campaigns.rows.selected().map(|campaign| campaign.name.as_str()), Some("News"));
}

#[test]
fn a_report_goes_on_at_its_end() {
    let mut console = Console::open(80, 24);
    let line = |number: usize| {
        json!({"phone": format!("+49151000{number:04}"), "name": null, "state": "sent", "reason": null,
        "wa_id": null, "at": ago(3), "id": id(number as u8), "contact": null, "chat": null, "interaction": null})
    };
    console.shop.report = (0..60).map(line).collect();
    console.keys("3r");
    let reports = |console: &Console| asked(console, |question| matches!(question, Question::CampaignReport(_)));
    assert_eq!(reports(&console), 1);
    console.keys("G");
    assert_eq!(reports(&console), 2);
    console.keys("G");
    assert!(console.shows("That is all of them: 60 people."));
}
