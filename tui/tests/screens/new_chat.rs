//! A first message to somebody who never wrote.

use mychatflow_data::protocol::calls::chat::{ChatSend, NewChatConsent};
use mychatflow_tui::msg::Question;
use serde_json::json;

use crate::console::Console;
use crate::shop::{Shop, id};

const ASKS: &str = "This is the first message to somebody who never wrote: +4915123456789, from Main. It counts as a new \
                    person, of whom 9 more are careful today. To send it: mychatflow chat send CHAT TEXT --yes";
const TYPED: &str = "N+4915123456789<tab><tab>We have your cake.<enter>";

fn sends(console: &Console) -> Vec<ChatSend> {
    let sends = console.asked.iter().filter_map(|question| match question {
        Question::ChatSend(send) => Some(send.clone()),
        _ => None,
    });
    sends.collect()
}

#[test]
fn a_new_chat_is_asked_about_before_anything_is_sent() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut console = Console::open(columns, rows);
        console.keys("N+4915123456789");
        insta::assert_snapshot!(format!("new_chat_form_{columns}"), console.picture());
        let mut console = Console::open(columns, rows);
        console.shop.refuse = Some(("chat.send", ASKS));
        console.keys(TYPED);
        insta::assert_snapshot!(format!("new_chat_question_{columns}"), console.picture());
    }
}

#[test]
fn a_yes_sends_under_the_same_id_and_opens_the_chat() {
    let mut console = Console::open(120, 36);
    console.shop.refuse = Some(("chat.send", ASKS));
    console.keys(TYPED);
    assert!(!console.shows("--yes"), "nobody types a flag here: {}", console.picture());
    // Enter is no, and what was typed stays.
    console.keys("<enter>");
    assert_eq!(sends(&console).len(), 1);
    assert!(console.shows("We have your cake."), "{}", console.picture());
    console.keys("<enter>");
    console.shop.refuse = None;
    let sent =
        json!({"id": id(90), "state": "queued", "wa_id": null, "client_ref": null, "chat": id(30), "reason": null});
    console.shop.replies.push(("chat.send", sent));
    console.keys("y");
    let sends = sends(&console);
    let consents: Vec<NewChatConsent> = sends.iter().map(|send| send.yes).collect();
    assert_eq!(consents, [NewChatConsent::Missing, NewChatConsent::Missing, NewChatConsent::Given]);
    assert!(sends.iter().all(|send| send.client_ref == sends[0].client_ref && send.text == "We have your cake."));
    assert_eq!(sends[0].instance.as_ref().map(|name| name.as_str()), Some("Main"));
    assert!(console.state.overlays.is_empty() && console.shows("on its way"), "{}", console.picture());
}

#[test]
fn another_refusal_stands_in_the_form() {
    let mut console = Console::open(80, 24);
    console.shop.refuse = Some(("chat.send", "+4915123456789 is not on WhatsApp"));
    console.keys(TYPED);
    assert!(console.shows("is not on WhatsApp") && console.shows("We have your cake."), "{}", console.picture());
}

#[test]
fn the_composer_of_a_chat_without_messages_asks_too() {
    let mut console = Console::open(120, 36);
    console.shop.refuse = Some(("chat.send", ASKS));
    console.keys("<enter>ihello<enter>");
    assert!(console.shows("Write to "), "{}", console.picture());
    console.shop.refuse = None;
    console.keys("y");
    let sends = sends(&console);
    assert_eq!((sends.len(), sends[1].yes), (2, NewChatConsent::Given));
    assert_eq!(sends[0].client_ref, sends[1].client_ref);
}

#[test]
fn a_viewer_is_not_offered_a_new_chat() {
    let mut shop = Shop::usual();
    shop.tenants[0]["role"] = json!("viewer");
    let mut console = Console::with(120, 36, shop, |_| {});
    console.keys("N");
    assert!(console.state.overlays.is_empty(), "{}", console.picture());
    assert!(!console.shows("new chat"), "{}", console.picture());
}
