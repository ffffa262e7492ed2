//! People known from before pairing.

use std::cell::RefCell;
use std::rc::Rc;

use mychatflow_data::protocol::calls::contact::{ContactTag, Reviewed};
use mychatflow_data::protocol::error::Code;
use mychatflow_tui::msg::{Msg, Question, Refusal};
use serde_json::{Value, json};

use crate::console::Console;
use crate::shop::{Shop, ago, id};

const NAMES: [&str; 6] = [
    "Mum",
    "👨‍👩‍👧‍👦 Familie Müller-Lüdenscheidt von und zu Hohenstein 🇩🇪",
    "東京のお客様 ❤️",
    "مرحبا أحمد",
    "Plumber Kowalski",
    "Aylin Yılmaz",
];

fn person(at: u16) -> Value {
    let [high, low] = at.to_be_bytes();
    let mut bytes = [7; 16];
    (bytes[14], bytes[15]) = (high, low);
    let id = mychatflow_data::ids::ContactId::from_bytes(bytes).to_string();
    let name = (at % 7 != 6).then(|| NAMES[usize::from(at % 7)].to_owned() + &format!(" {at}"));
    json!({"id": id, "name": name, "phone": format!("49151{at:07}"), "addresses": [format!("49151{at:07}@c.us")],
        "review": "unreviewed", "opted_out_at": null, "tags": [], "created_at": ago(i64::from(at) * 300)})
}

/// What was said of people, as it came.
type Told = Rc<RefCell<Vec<ContactTag>>>;

/// A shop with so many people known from before, told in pages of 200.
fn shop(count: u16, refuse: Option<u16>) -> (Shop, Told) {
    let told = Told::default();
    let mut shop = Shop::usual();
    let heard = Rc::clone(&told);
    shop.also = Some(Box::new(move |question| match question {
        Question::ContactList(asked) if asked.review.is_some() => {
            let from: u16 = asked.after.as_ref().map_or(0, |after| after.as_str().parse().expect("a number"));
            let to = (from + 200).min(count);
            let next = (to < count).then(|| to.to_string());
            Some(Ok(json!({"items": (from..to).map(person).collect::<Vec<_>>(), "next": next})))
        }
        Question::ContactTag(asked) => {
            heard.borrow_mut().push(asked.clone());
            let at = (0..count).find(|at| person(*at)["id"] == asked.contact.as_str()).expect("a known person");
            if refuse == Some(at) {
                return Some(Err(Refusal { code: Some(Code::Conflict), text: "the person is gone".to_owned() }));
            }
            let mut person = person(at);
            person["review"] = json!(asked.review.expect("a review").to_string());
            Some(Ok(person))
        }
        _ => None,
    }));
    (shop, told)
}

fn console(columns: u16, rows: u16, count: u16) -> (Console, Told) {
    let (shop, told) = shop(count, None);
    let mut console = Console::with(columns, rows, shop, |_| {});
    console.keys("4t");
    (console, told)
}

fn counts(told: &Told) -> (usize, usize) {
    let told = told.borrow();
    let of = |reviewed| told.iter().filter(|tag| tag.review == Some(reviewed)).count();
    (of(Reviewed::Personal), of(Reviewed::Customer))
}

#[test]
fn the_list_with_marks() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let (mut console, _) = console(columns, rows, 323);
        console.keys("<space>j<space><space>");
        insta::assert_snapshot!(format!("triage_{columns}"), console.picture());
        console.keys("/mül");
        insta::assert_snapshot!(format!("triage_filter_{columns}"), console.picture());
        console.keys("<enter><esc>");
        assert!(console.shows("known from before · 323"), "{}", console.picture());
        console.keys("<enter>");
        insta::assert_snapshot!(format!("triage_confirm_{columns}"), console.picture());
    }
    let (console, _) = console(80, 24, 0);
    insta::assert_snapshot!("triage_empty_80", console.picture());
}

#[test]
fn the_marked_become_personal_and_the_rest_is_released() {
    let (mut console, told) = console(80, 24, 323);
    console.keys(&"<space>".repeat(40)).keys("P");
    assert_eq!(counts(&told), (40, 0));
    assert!(console.shows("known from before · 283"), "{}", console.picture());
    assert!(console.shows("40 people are personal"));
    console.keys("<enter>");
    assert!(console.shows("Let the assistant answer 283 people?"), "{}", console.picture());
    console.keys("y");
    assert_eq!(counts(&told), (40, 283));
    assert!(console.state.overlays.is_empty());
    assert!(console.shows("283 people are released to the assistant"), "{}", console.picture());
}

#[test]
fn the_contacts_screen_opens_it_too() {
    let (shop, told) = shop(3, None);
    let mut console = Console::with(80, 24, shop, |_| {});
    console.keys("5T<space>P");
    assert_eq!(counts(&told), (1, 0));
    assert!(console.shows("known from before · 2"), "{}", console.picture());
}

#[test]
fn leaving_changes_nothing() {
    let (mut console, told) = console(80, 24, 20);
    console.keys("A<esc>");
    assert!(console.state.overlays.is_empty() && told.borrow().is_empty());
    console.keys("tA<enter><esc>");
    assert!(told.borrow().is_empty());
}

#[test]
fn only_eight_questions_are_on_their_way() {
    let (mut console, _) = console(80, 24, 30);
    console.shop.silent = Some("contact.tag");
    console.keys("<enter>y");
    let asked: Vec<ContactTag> = console
        .asked
        .iter()
        .filter_map(|question| match question {
            Question::ContactTag(tag) => Some(tag.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(asked.len(), 8);
    console.shop.silent = None;
    let reply = json!({"id": person(0)["id"], "phone": "491510000000", "name": null, "addresses": [], "review": "customer",
        "opted_out_at": null, "tags": [], "created_at": ago(1)});
    console.shop.silent = Some("contact.tag");
    let answer = Question::ContactTag(asked[0].clone()).played(Ok(reply)).expect("a contact");
    console.take(Msg::Answer(Box::new(answer)));
    insta::assert_snapshot!("triage_progress_80", console.picture());
    assert!(console.shows("told 1 of 30"), "{}", console.picture());
}

#[test]
fn a_refusal_is_told_and_the_person_stays() {
    let (shop, told) = shop(5, Some(3));
    let mut console = Console::with(80, 24, shop, |_| {});
    console.keys("4t<enter>y");
    assert_eq!(counts(&told), (0, 5));
    assert!(console.shows("known from before · 1"), "{}", console.picture());
    assert!(console.shows("1 could not"), "{}", console.picture());
}

#[test]
fn the_contacts_screen_keeps_its_own_answers() {
    let (mut console, _) = console(80, 24, 5);
    assert_ne!(console.state.contacts.rows.items().len(), 5);
    console.keys("<esc>5");
    assert_eq!(console.state.contacts.rows.items().len(), 5);
    assert_eq!(console.state.contacts.rows.items()[0].id.to_string(), id(40));
}
