//! People.

use mychatflow_data::protocol::calls::contact::{ContactTag, Tagging};
use mychatflow_tui::keymap::{Keymap, Scope};
use mychatflow_tui::layout::Hit;
use mychatflow_tui::msg::{Effect, Mouse, MouseDeed, Msg, Question};
use mychatflow_tui::state::Charset;
use serde_json::json;

use crate::console::Console;
use crate::shop::{Shop, ago, id};

/// A shop that also knows people's chats.
fn shop() -> Shop {
    Shop::usual()
}

fn both(name: &str, keys: &str, change: impl Fn(&mut Shop)) {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut shop = shop();
        change(&mut shop);
        let mut console = Console::with(columns, rows, shop, |_| {});
        console.keys(keys);
        insta::assert_snapshot!(format!("contacts_{name}_{columns}"), console.picture());
    }
}

/// The last question of a kind.
macro_rules! last {
    ($console:expr, $kind:ident) => {
        $console
            .asked
            .iter()
            .rev()
            .find_map(|question| match question {
                Question::$kind(call) => Some(call.clone()),
                _ => None,
            })
            .expect("it was asked")
    };
}

#[test]
fn usual() {
    both("usual", "5j", |_| {});
    both("skeleton", "5", |shop| shop.silent = Some("contact.list"));
    both("failure", "5", |shop| shop.refuse = Some(("contact.list", "the store can't be read: disk full")));
    both("empty", "5", |shop| shop.contacts = json!([]));
    both("nobody_fits", "5/zzz", |shop| shop.contacts = json!([]));
}

#[test]
fn forms_and_questions() {
    both("add", "5a015<tab>Ayşe<tab>vip", |_| {});
    both("edit", "5e", |_| {});
    both("edit_end", "5e<backtab>", |_| {});
    both("tags", "5t", |_| {});
    both("opt_out", "5o", |_| {});
    both("erase", "5D", |_| {});
    both("export", "5/city:Berlin<enter>x", |_| {});
}

#[test]
fn shown() {
    both("shown", "5<enter>", |_| {});
    let mut console = Console::with(120, 36, Shop::usual(), |setup| setup.charset = Charset::Ascii);
    console.keys("5<enter>");
    insta::assert_snapshot!("contacts_shown_ascii", console.picture());
}

#[test]
fn several_chats_are_to_be_picked_from() {
    let mut console = Console::open(80, 24);
    console.shop.person_chats = json!([chat(1, 20), chat(2, 21)]);
    console.keys("5c");
    insta::assert_snapshot!("contacts_chats_80", console.picture());
    console.shop.person_chats = json!([]);
    console.keys("<esc>jc");
    assert!(console.shows("there is no chat with"));
}

pub fn chat(number: u8, instance: u8) -> serde_json::Value {
    json!({"id": id(number), "name": "Aylin Yılmaz", "phone": "4915111111111", "state": "needs_you", "reason": "price not in your facts",
        "mode": "auto", "paused_until": null, "unread": 2, "last_at": ago(4), "instance": id(instance), "contact": id(40),
        "kind": "direct", "mode_set": null, "snoozed_until": null, "handoff_at": null,
        "preview": "How much is the big one with 🍓 strawberries, and can I have it by Saturday noon?"})
}

#[test]
fn the_filter_asks_once_for_each_change_of_its_words() {
    let mut console = Console::open(80, 24);
    console.keys("5");
    let before = console.asked.len();
    console.keys("/ay");
    assert_eq!(last!(console, ContactList).query.as_deref(), Some("ay"));
    assert!(console.layout().cursor.is_some());
    let asked = console.asked.len();
    assert_eq!(asked - before, 2);
    console.keys("<left><right><space>");
    assert_eq!(console.asked.len(), asked, "a moved cursor and a space at the end find nobody new");
    console.keys("<enter>");
    assert!(!console.state.contacts.filter_open());
    assert!(console.shows("› ay"));
    console.keys("<esc>");
    assert_eq!(last!(console, ContactList).query, None);
}

#[test]
fn late_pages_of_another_filter_are_not_taken() {
    let mut console = Console::open(80, 24);
    console.keys("5");
    console.shop.silent = Some("contact.list");
    console.keys("/a");
    let late = last!(console, ContactList);
    console.shop.silent = None;
    console.keys("y");
    let rows = console.state.contacts.rows.items().len();
    let empty = mychatflow_data::protocol::page::Page::whole(Vec::new());
    let answer = mychatflow_tui::msg::Answer::ContactList(late, Ok(empty));
    console.take(mychatflow_tui::msg::Msg::Answer(Box::new(answer)));
    assert_eq!(console.state.contacts.rows.items().len(), rows);
}

#[test]
fn tabs_ask_for_their_people() {
    let mut console = Console::open(80, 24);
    console.keys("5>>");
    assert_eq!(last!(console, ContactList).review.map(|review| review.word()), Some("unreviewed"));
    console.keys("<");
    assert_eq!(last!(console, ContactList).review.map(|review| review.word()), Some("new"));
    let personal = console.layout().hits.iter().find(|(_, hit)| *hit == Hit::Tab(4)).map(|(area, _)| *area);
    let area = personal.expect("the tab is visible");
    console.take(Msg::Mouse(Mouse { column: area.x + 1, row: area.y, deed: MouseDeed::Click }));
    assert_eq!(last!(console, ContactList).review.map(|review| review.word()), Some("personal"));
}

#[test]
fn the_tag_form_takes_off_and_puts_on() {
    let mut console = Console::open(80, 24);
    console.keys("5t<ctrl-u>vip, weekly<enter>");
    let tags: Vec<ContactTag> = console
        .asked
        .iter()
        .filter_map(|question| match question {
            Question::ContactTag(call) => Some(call.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(tags.len(), 2);
    assert_eq!((tags[0].remove, tags[0].tags.as_slice()), (Tagging::Remove, ["bread".to_owned()].as_slice()));
    assert_eq!((tags[1].remove, tags[1].tags.as_slice()), (Tagging::Add, ["weekly".to_owned()].as_slice()));
}

#[test]
fn a_refusal_stands_in_the_form_and_keeps_its_text() {
    let mut console = Console::open(80, 24);
    console.shop.refuse = Some(("contact.add", "this number is suppressed: it asked never to be written to"));
    console.keys("5a+491512345678<tab>Ayşe<enter>");
    assert!(console.shows("this number is suppressed"));
    assert!(console.shows("+491512345678") && console.shows("Ayşe"));
    console.shop.refuse = None;
    console.keys("<enter>");
    assert!(console.state.overlays.is_empty());
    assert!(console.shows("is among your contacts"));
}

#[test]
fn a_long_refusal_is_told_in_full() {
    let mut console = Console::open(80, 24);
    console.shop.refuse = Some((
        "contact.add",
        "this number can't be added: it asked never to be written to on 3 March, and only the person can take that back \
         by writing to you first",
    ));
    console.keys("5a+491512345678<enter>");
    insta::assert_snapshot!("contacts_refused_80", console.picture());
}

#[test]
fn old_rows_say_that_they_are_old() {
    let mut console = Console::open(80, 24);
    console.keys("5");
    console.shop.refuse = Some(("contact.list", "the store can't be read: disk full"));
    console.keys("<f5>");
    assert!(console.shows("Aylin Yılmaz"));
    assert!(console.shows("✗ not read again: the store can't be read: disk full"));
}

#[test]
fn no_size_breaks_a_frame() {
    let keys = [
        "5",
        "5/ay",
        "5a",
        "5<enter>",
        "5o",
        "5e",
        "5e<backtab>",
        "5D",
        "5s",
        "5 j i",
        "5 t",
        "5m",
        "5i",
        "3",
        "3<enter>",
        "3a",
        "3r",
        "6",
        "6a",
        "6/",
        "9",
        "9e",
        "9>G",
    ];
    for (columns, rows) in [(40, 10), (41, 11), (57, 13), (89, 24), (95, 24), (110, 30), (200, 60)] {
        for (charset, keys) in keys.iter().flat_map(|keys| [(Charset::Unicode, keys), (Charset::Ascii, keys)]) {
            let mut console = Console::with(columns, rows, shop(), |setup| setup.charset = charset);
            console.keys(keys);
            for line in console.lines() {
                let wide = mychatflow_tui::text::width(&line);
                assert!(wide <= usize::from(columns), "{keys} at {columns}x{rows}: {line}");
            }
            assert_eq!(console.lines().len(), usize::from(rows));
        }
    }
}

#[test]
fn what_the_owner_says_counts_at_once() {
    let mut console = Console::open(80, 24);
    console.keys("5P");
    let asked = last!(console, ContactTag);
    assert_eq!(asked.review.map(|review| review.word()), Some("personal"));
    assert!(console.shows("Aylin Yılmaz is personal now"));
    console.keys("oy");
    assert!(console.shows("is not written to any more"));
    console.keys("o");
    assert!(console.shows("may write to Aylin Yılmaz again"), "taking it back says what it means");
    console.keys("yy");
    assert!(console.effects.contains(&Effect::Copy("+4915111111111".to_owned())));
}

#[test]
fn no_key_of_the_list_screens_is_dead() {
    let moves = ["up", "down", "page_up", "page_down", "first", "last", "back"];
    for (screen, scope) in
        [("5", Scope::Contacts), ("3", Scope::Campaigns), ("6", Scope::QuickReplies), ("9", Scope::Settings)]
    {
        for (_, bound) in Keymap::default().help(&[scope, Scope::List]) {
            for (keys, action) in bound {
                // The people known from before have a window of their own.
                if moves.contains(&action.name()) || action.name() == "triage" {
                    continue;
                }
                for key in keys.split(' ') {
                    let mut console = Console::open(80, 24);
                    console.keys(screen);
                    let (asked, effects, before) = (console.asked.len(), console.effects.len(), console.picture());
                    console.take(Msg::Key(key.parse().expect("the map names real keys")));
                    let silent = console.asked.len() == asked && console.effects.len() == effects;
                    assert!(!silent || console.picture() != before, "{key} does nothing on screen {screen}");
                }
            }
        }
    }
}
