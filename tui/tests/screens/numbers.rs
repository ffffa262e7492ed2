//! Our WhatsApp numbers.

use mychatflow_data::protocol::event::Topic;
use mychatflow_tui::msg::Question;
use serde_json::{Value, json};

use crate::console::Console;
use crate::shop::{Shop, ago, id};

/// Both sizes of a snapshot.
pub const SIZES: [(u16, u16); 2] = [(80, 24), (120, 36)];

/// A number in full, as `instance.show` tells it.
pub fn shown(number: &Value) -> Value {
    let mut shown = number.clone();
    shown["webhook_url"] = json!("https://bot.example/hooks/waha/0b0b0b0b-0b0b-0b0b-0b0b-0b0b0b0b0b0b");
    shown["history"] = json!([
        {"at": ago(3), "status": "SCAN_QR_CODE", "verdict": "dead", "reason": "scan the QR code"},
        {"at": ago(4), "status": "STARTING", "verdict": "dead", "reason": "WAHA is connecting it"},
        {"at": ago(3000), "status": "WORKING", "verdict": "healthy"},
        {"at": ago(90_000), "status": "PASSKEY_CONFIRMATION_REQUIRED", "verdict": "dead",
         "reason": "WhatsApp asks for a passkey: finish the pairing on WAHA's dashboard"}]);
    shown
}

/// The usual shop, which also tells of single numbers.
pub fn shop() -> Shop {
    let mut shop = Shop::usual();
    let numbers = shop.instances.clone();
    shop.also = Some(Box::new(move |question| {
        let Question::InstanceShow(asked) = question else { return None };
        let number = numbers.as_array()?.iter().find(|number| number["id"] == asked.name.as_str())?;
        let mut shown = shown(number);
        if number["name"] == "Main" {
            shown["drift"] = json!([{"what": "webhook retries", "wanted": "exponential", "found": "linear"}]);
        }
        Some(Ok(shown))
    }));
    shop
}

pub fn console(columns: u16, rows: u16, shop: Shop) -> Console {
    let mut console = Console::with(columns, rows, shop, |_| {});
    console.keys("4");
    console
}

fn with(change: impl FnOnce(&mut Shop)) -> Shop {
    let mut shop = shop();
    change(&mut shop);
    shop
}

#[test]
fn usual() {
    for (columns, rows) in SIZES {
        let mut console = console(columns, rows, shop());
        insta::assert_snapshot!(format!("numbers_{columns}"), console.picture());
        console.keys("j").pass(std::time::Duration::from_millis(300));
        insta::assert_snapshot!(format!("numbers_second_{columns}"), console.picture());
    }
}

#[test]
fn nothing_yet() {
    for (columns, rows) in SIZES {
        let empty = console(columns, rows, with(|shop| shop.instances = json!([])));
        insta::assert_snapshot!(format!("numbers_empty_{columns}"), empty.picture());
        let skeleton = console(columns, rows, with(|shop| shop.silent = Some("instance.list")));
        insta::assert_snapshot!(format!("numbers_skeleton_{columns}"), skeleton.picture());
        let failure = with(|shop| shop.refuse = Some(("instance.list", "the store is busy; try again in a moment")));
        insta::assert_snapshot!(format!("numbers_failure_{columns}"), console(columns, rows, failure).picture());
    }
}

#[test]
fn a_number_is_added_and_paired_at_once() {
    let mut console = console(80, 24, shop());
    console.keys("aSecond till<tab><tab>till");
    insta::assert_snapshot!("numbers_add_80", console.picture());
    let added = json!({"id": id(22), "name": "Second till", "waha": "main", "session": "till", "status": "STARTING",
        "webhook_url": "https://bot.example/hooks/waha/x"});
    console.shop.also = Some(Box::new(move |question| match question {
        Question::InstanceAdd(asked) if asked.session.as_deref() == Some("till") => Some(Ok(added.clone())),
        _ => None,
    }));
    console.keys("<enter>");
    assert!(console.shows("Pair Second till"), "{}", console.picture());
    let asked: Vec<&str> = console.asked.iter().map(Question::method).collect();
    assert!(asked.contains(&"instance.pair"), "{asked:?}");
}

#[test]
fn a_nameless_number_is_not_added() {
    let mut console = console(80, 24, shop());
    console.keys("a<enter>");
    assert!(console.shows("something must stand here"));
    assert!(!console.asked.iter().any(|question| matches!(question, Question::InstanceAdd(_))));
}

#[test]
fn a_number_is_removed_after_a_yes() {
    for (columns, rows) in SIZES {
        let mut console = console(columns, rows, shop());
        console.keys("D");
        insta::assert_snapshot!(format!("numbers_remove_{columns}"), console.picture());
        console.keys("<esc>");
        assert!(!console.asked.iter().any(|question| matches!(question, Question::InstanceRemove(_))));
        console.keys("O");
        insta::assert_snapshot!(format!("numbers_logout_{columns}"), console.picture());
        console.keys("<esc>");
    }
    let mut console = console(80, 24, shop());
    let gone = json!({"id": id(20), "name": "Main", "session_deleted": false});
    console.shop.also = Some(Box::new(move |question| match question {
        Question::InstanceRemove(asked) if asked.name.as_str() == id(20) => Some(Ok(gone.clone())),
        _ => None,
    }));
    console.keys("Dy");
    assert_eq!(console.state.numbers.rows.items().len(), 1, "{}", console.picture());
}

#[test]
fn why_says_what_to_do() {
    for (columns, rows) in SIZES {
        let mut console = console(columns, rows, shop());
        console.keys("jw");
        insta::assert_snapshot!(format!("numbers_why_{columns}"), console.picture());
    }
    for (status, verdict, told) in [
        ("STOPPED", "dead", "starts the session"),
        ("FAILED", "dead", "starts the session again"),
        ("SCAN_QR_CODE", "dead", "shows the code to scan"),
        ("PASSKEY_REQUIRED", "dead", "fingerprint"),
        ("PASSKEY_CONFIRMATION_REQUIRED", "dead", "say yes there"),
        ("WORKING", "restricted", "Let campaigns rest"),
        ("WORKING", "suspect", "connects it anew"),
        ("WORKING", "quiet", "calm hour"),
        ("SOMETHING_NEW", "dead", "starts the session again"),
    ] {
        let mut shop = Shop::usual();
        shop.instances[0]["status"] = json!(status);
        shop.instances[0]["verdict"] = json!(verdict);
        let number = shown(&shop.instances[0]);
        shop.also =
            Some(Box::new(move |question| matches!(question, Question::InstanceShow(_)).then(|| Ok(number.clone()))));
        let mut console = console(120, 36, shop);
        console.keys("w");
        assert!(console.shows(told), "{status} {verdict}\n{}", console.picture());
    }
}

#[test]
fn an_event_changes_a_row_at_once() {
    let mut console = console(120, 36, shop());
    let mut number = console.shop.instances[0].clone();
    number["status"] = json!("STOPPED");
    number["verdict"] = json!("dead");
    number["reason"] = json!("the session is stopped");
    console.tell(Topic::InstanceChanged, number);
    assert!(console.shows("dead: the session is stopped"), "{}", console.picture());
    // Only its id: the list is read again.
    let asked = console.asked.len();
    console.tell(Topic::InstanceChanged, json!({"id": id(20)}));
    assert!(matches!(console.asked[asked], Question::InstanceList(_)));
}

#[test]
fn the_selected_number_is_asked_for_when_the_selection_rests() {
    let mut console = console(120, 36, shop());
    let shows = |console: &Console| {
        console.asked.iter().filter(|question| matches!(question, Question::InstanceShow(_))).count()
    };
    let before = shows(&console);
    console.keys("jkjkj");
    assert_eq!(shows(&console), before);
    console.pass(std::time::Duration::from_millis(300));
    assert_eq!(shows(&console), before + 1);
}

#[test]
fn enter_alone_neither_logs_a_number_out_nor_removes_it() {
    for keys in ["O<enter>", "D<enter>"] {
        let mut console = console(80, 24, shop());
        console.keys(keys);
        assert!(console.state.overlays.is_empty(), "{keys}: Enter is an answer\n{}", console.picture());
        let lost = |question: &Question| matches!(question, Question::InstanceLogout(_) | Question::InstanceRemove(_));
        assert!(!console.asked.iter().any(lost), "{keys}: Enter is no");
    }
}

#[test]
fn a_number_that_is_being_connected_or_paired_is_not_called_dead() {
    for (status, word) in [("STARTING", "connecting"), ("SCAN_QR_CODE", "pairing"), ("PASSKEY_REQUIRED", "pairing")] {
        let mut shop = Shop::usual();
        shop.instances = json!([shop.instances[0]]);
        shop.instances[0]["status"] = json!(status);
        shop.instances[0]["verdict"] = json!("dead");
        let number = shown(&shop.instances[0]);
        shop.also =
            Some(Box::new(move |question| matches!(question, Question::InstanceShow(_)).then(|| Ok(number.clone()))));
        let mut console = console(120, 36, shop);
        for keys in ["", "w", "<esc>1"] {
            console.keys(keys);
            let dead = |line: &String| line.replace("dead letter", "").contains("dead");
            let lines = console.lines();
            assert!(console.shows(word) && !lines.iter().any(dead), "{status} {keys}\n{}", console.picture());
        }
    }
}
