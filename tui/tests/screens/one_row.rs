//! One row at a time, on every screen with a list: the one that a dialog names, or that is highlighted, is the one that
//! something is done to, whatever happens to the list in between and however fast one types.

use std::time::Duration;

use mychatflow_data::protocol::event::Topic;
use mychatflow_tui::key;
use mychatflow_tui::msg::{Msg, Question};
use serde_json::{Value, json};

use crate::console::Console;
use crate::shop::{Shop, ago, id};

/// A shop in which the chats of a campaign's people can be opened.
fn shop() -> Shop {
    let mut shop = Shop::usual();
    for (at, line) in shop.report.iter_mut().enumerate() {
        line["chat"] = json!(id(30 + at as u8));
    }
    shop.replies.push(("queue.hold", shop.queue[1].clone()));
    shop.replies.push(("queue.drop", shop.queue[1].clone()));
    let removed = json!({"id": id(21), "name": "Bakery counter, second phone", "session_deleted": false});
    shop.replies.push(("instance.remove", removed));
    shop.replies.push(("instance.restart", shop.instances[1].clone()));
    shop
}

fn open() -> Console {
    Console::with(120, 36, shop(), |_| {})
}

/// What is done, and to what.
fn deed(question: &Question) -> Option<(&'static str, Value)> {
    let params = question.params().expect("a question has parameters");
    let subject = match question.method() {
        "contact.tag" | "contact.optout" | "contact.erase" | "contact.edit" => "contact",
        "queue.hold" | "queue.drop" | "queue.retry" | "queue.release" => "id",
        "campaign.pause" | "campaign.cancel" | "campaign.remove" => "name",
        "quick_reply.remove" | "quick_reply.edit" | "instance.remove" | "instance.restart" | "instance.logout" => {
            "name"
        }
        "settings.set" => "key",
        "chat.send" | "chat.pause" => "chat",
        _ => return None,
    };
    Some((question.method(), params[subject].clone()))
}

fn deeds(console: &Console) -> Vec<(&'static str, Value)> {
    console.asked.iter().filter_map(deed).collect()
}

/// Keys with nothing answered in between.
fn press(console: &mut Console, keys: &str) {
    for key in key::sequence(keys).expect("a test names real keys") {
        console.put(Msg::Key(key));
    }
}

fn turn_around(rows: &mut Value) {
    rows.as_array_mut().expect("rows are a list").reverse();
}

/// Opens a dialog by `keys`, which names `named`; then the list becomes another one, and the answer is yes.
fn confirmed(keys: &str, named: &str, meanwhile: impl FnOnce(&mut Console), yes: &str) -> (&'static str, Value) {
    let mut console = open();
    console.keys(keys);
    let heading = |console: &Console| {
        let area = console.layout().overlays.last().expect("a dialog is open").area;
        let cells = console.cells();
        (area.x..area.right()).map(|x| cells[(x, area.y)].symbol().to_owned()).collect::<String>()
    };
    assert!(heading(&console).contains(named), "{keys}: {}", heading(&console));
    meanwhile(&mut console);
    assert!(heading(&console).contains(named), "{keys}: {}", heading(&console));
    let before = deeds(&console).len();
    console.keys(yes);
    let done = deeds(&console);
    assert_eq!(done.len(), before + 1, "{keys}: {done:?}");
    done[before].clone()
}

#[test]
fn contacts_a_yes_is_for_the_person_whom_the_dialog_names() {
    let turned = |console: &mut Console| {
        turn_around(&mut console.shop.contacts);
        console.shop.contacts[3] = json!({"id": id(47), "name": "Somebody new", "phone": "4915133333333",
            "addresses": ["4915133333333@c.us"], "review": "new", "opted_out_at": null, "tags": [], "created_at": ago(0)});
        let chat = console.shop.chats[0].clone();
        console.tell(Topic::ChatChanged, chat).pass(Duration::from_secs(2));
    };
    // The second one leaves the list while the dialog is open.
    assert_eq!(confirmed("5jo", "Familie Müller", turned, "y"), ("contact.optout", json!(id(41))));
    assert_eq!(confirmed("5jtvip", "Familie Müller", turned, "<enter>"), ("contact.tag", json!(id(41))));
    assert_eq!(confirmed("5<enter>o", "Aylin", turned, "y"), ("contact.optout", json!(id(40))));
}

#[test]
fn queue_a_yes_is_for_the_entry_that_was_asked_about() {
    let moved = |console: &mut Console| {
        let mut done = console.shop.queue[0].clone();
        done["state"] = json!("completed");
        console.tell(Topic::JobChanged, done);
        turn_around(&mut console.shop.queue);
        console.tell(Topic::JobChanged, json!({"id": id(94)})).pass(Duration::from_secs(2));
    };
    let mut console = open();
    console.keys("8j");
    let entry = console.state.queue.rows.selected().expect("an entry").line.clone();
    let person = console.state.chats.rows.items().iter().find(|chat| Some(chat.id) == entry.chat);
    let person = person.and_then(|chat| chat.name.clone()).expect("the shop knows whose chat it is");
    // The first word without the signs before it.
    let person = person.split(' ').find(|word| word.is_ascii()).unwrap_or(&person).to_owned();
    assert_eq!(confirmed("8jD", &person, moved, "y"), ("queue.drop", json!(entry.id.as_str())));
    console.keys("w");
    let heading = console.lines().into_iter().find(|line| line.contains("Why: "));
    assert!(heading.is_some_and(|line| line.contains(&person)), "{:#?}", console.lines());
}

#[test]
fn campaigns_a_yes_is_for_the_campaign_that_the_dialog_names() {
    let newer = |console: &mut Console| {
        let mut new = console.shop.campaigns[0].clone();
        (new["id"], new["name"], new["created_at"]) = (json!(id(66)), json!("Easter"), json!(ago(0)));
        console.tell(Topic::CampaignChanged, new);
        console.tell(Topic::CampaignChanged, json!({"id": id(60)}));
    };
    assert_eq!(confirmed("3jD", "Remove the campaign Summer break?", newer, "y"), ("campaign.remove", json!(id(61))));
    assert_eq!(confirmed("3X", "Cancel Christmas orders", newer, "y"), ("campaign.cancel", json!(id(60))));
}

#[test]
fn recipients_enter_opens_the_chat_of_the_highlighted_one() {
    let mut console = open();
    console.keys("3rj");
    console.shop.report.reverse();
    console.keys("<ctrl-r>");
    let line = console.state.campaigns.people.rows.selected().expect("somebody").clone();
    console.keys("<enter>p");
    assert_eq!(deeds(&console), [("chat.pause", json!(line.chat.expect("a chat")))]);
}

#[test]
fn quick_replies_a_yes_is_for_the_one_that_the_dialog_names() {
    let turned = |console: &mut Console| {
        turn_around(&mut console.shop.quick_replies);
        console.shop.quick_replies[0]["label"] = json!("zzz");
        // A list that was asked for before the dialog comes.
        while console.answer() {}
    };
    let mut console = open();
    console.keys("6j");
    let (label, of) = {
        let reply = console.state.quick_replies.rows.selected().expect("a quick reply");
        (reply.label.clone(), reply.id.to_string())
    };
    press(&mut console, "<f5>D");
    assert!(console.shows(&format!("Remove the quick reply {label}?")), "{:#?}", console.lines());
    turned(&mut console);
    console.keys("y");
    assert_eq!(deeds(&console), [("quick_reply.remove", json!(of))]);
}

#[test]
fn numbers_a_yes_is_for_the_number_that_the_dialog_names() {
    let turned = |console: &mut Console| {
        turn_around(&mut console.shop.instances);
        let changed = console.shop.instances[0].clone();
        console.tell(Topic::InstanceChanged, changed);
        console.tell(Topic::InstanceChanged, json!({"id": id(20)}));
    };
    assert_eq!(confirmed("4jD", "Remove Bakery counter", turned, "y"), ("instance.remove", json!(id(21))));
}

#[test]
fn settings_a_yes_is_for_the_setting_that_the_dialog_names() {
    let turned = |console: &mut Console| {
        turn_around(&mut console.shop.settings);
        console.resize(110, 30);
    };
    let (method, key) = confirmed("9D", "Take the value of", turned, "y");
    assert_eq!(method, "settings.set");
    assert!(key.is_string());
}

#[test]
fn keys_in_one_burst_act_on_the_row_that_they_would_act_on_one_by_one() {
    for keys in [
        "5jC",
        "5jP",
        "5joy",
        "5jtvip<enter>jC",
        "5>jC",
        "5/ay<enter>jC",
        "5jcihello<enter>",
        "5j<enter>oy",
        "5jjtvip<enter>",
        "8jH",
        "8jDy",
        "8>jH",
        "8>>H",
        "3p",
        "3jDy",
        "3Xy",
        "3rj<enter>p",
        "3r>j<enter>p",
        "6jp",
        "6jDy",
        "6>Dy",
        "6/ad<enter>Dy",
        "4jr",
        "4jDy",
        "9jjjjDy",
        "5j2jp",
        "8j2jp",
        "1<enter>jp",
    ] {
        let (mut slowly, mut at_once) = (open(), open());
        slowly.keys(keys);
        at_once.burst(keys);
        assert_eq!(deeds(&slowly), deeds(&at_once), "{keys}: {:#?}", at_once.lines());
        let (slow, fast) = (slowly.lines().join("\n"), at_once.lines().join("\n"));
        if !keys.contains('c') {
            assert!(!deeds(&at_once).is_empty(), "{keys}: {slow}\n{fast}");
        }
    }
}

#[test]
fn keys_that_wait_for_a_list_that_does_not_come_are_dropped() {
    for (keys, method) in
        [("5jC", "contact.list"), ("8jH", "queue.list"), ("3p", "campaign.list"), ("4jr", "instance.list")]
    {
        let mut console = open();
        console.state.numbers = mychatflow_tui::state::numbers::Numbers::default();
        console.shop.silent = Some(method);
        console.keys(keys);
        assert_eq!(deeds(&console), [], "{keys}");
        console.pass(Duration::from_secs(3));
        assert!(console.shows("is dropped"), "{keys}: {:#?}", console.lines());
        console.shop.silent = None;
        console.keys("<f5>");
        assert_eq!(deeds(&console), [], "{keys}");
    }
}
