//! Quick replies in the composer: what is picked, what stands there then, and what counts as used.

use mychatflow_data::protocol::calls::chat::ChatSend;
use mychatflow_tui::msg::Question;
use serde_json::json;

use crate::console::Console;
use crate::shop::{Shop, id};

fn sends(console: &Console) -> Vec<ChatSend> {
    let send = |question: &Question| match question {
        Question::ChatSend(send) => Some(send.clone()),
        _ => None,
    };
    console.asked.iter().filter_map(send).collect()
}

fn used(console: &Console) -> Vec<Option<String>> {
    sends(console).into_iter().map(|send| send.quick_reply.map(|name| name.to_string())).collect()
}

#[test]
fn the_picker_shows_what_the_person_would_get() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut shop = Shop::usual();
        shop.quick_replies[1]["text"] = json!("The {{ size }} one is 12 €, dear {{ name }}.\nShall we bake it?");
        shop.quick_replies[1]["uses"] = json!(99);
        let mut console = Console::with(columns, rows, shop, |_| {});
        console.keys("jj<enter>i<ctrl-u>/");
        insta::assert_snapshot!(format!("quick_replies_picker_{columns}"), console.picture());
    }
}

#[test]
fn what_was_sent_counts_as_used_edited_or_not() {
    let mut console = Console::open(80, 24);
    console.keys("jj<enter>i<ctrl-u>/hours<enter>");
    assert!(console.shows("Hi Aylin, we are open"), "the person's name stands in its place");
    console.keys(" See you!<enter>");
    assert_eq!(used(&console), [Some(id(50))]);
    assert!(sends(&console)[0].text.ends_with("See you!"));
    console.keys("thanks<enter>");
    assert_eq!(used(&console)[1], None, "what comes after is no quick reply");
}

#[test]
fn an_emptied_composer_forgets_what_was_picked() {
    let mut console = Console::open(80, 24);
    console.keys("jj<enter>i<ctrl-u>/addr<enter>");
    for _ in 0..80 {
        console.keys("<backspace>");
    }
    console.keys("my own words<enter>");
    assert_eq!(used(&console), [None]);
}

#[test]
fn a_place_without_a_value_is_never_sent() {
    let mut shop = Shop::usual();
    shop.quick_replies[0]["text"] = json!("Dear {{ name }}, the {{ size }} one is 12 €.");
    let mut console = Console::with(80, 24, shop, |_| {});
    console.keys("jj<enter>i<ctrl-u>/hours<enter>");
    assert!(console.shows("Dear Aylin, the {{ size }} one"), "what is known stands in its place");
    assert!(console.shows("no value for {{ size }}: fill it in"));
    console.keys("<enter><enter><enter>");
    assert!(sends(&console).is_empty());
    assert!(console.shows("not sent: {{ size }} is still to be filled in"));
    insta::assert_snapshot!("quick_replies_place_80", console.picture());
    // Whoever comes back to the draft is held up as well: it does not tell any more where it came from.
    console.pass(std::time::Duration::from_secs(2));
    console.keys("<esc>i<enter>");
    assert!(sends(&console).is_empty());
    for _ in 0.."{{ size }} one is 12 €.".chars().count() {
        console.keys("<backspace>");
    }
    console.keys("large one is 12 €.<enter>");
    assert_eq!(sends(&console).len(), 1);
    assert_eq!(sends(&console)[0].text, "Dear Aylin, the large one is 12 €.");
}

#[test]
fn what_one_types_is_not_sent_with_a_place_either() {
    let mut console = Console::open(80, 24);
    console.keys("jj<enter>i<ctrl-u>Hi {{ customer_name_as_it_stands_on_the_invoice }}!<enter><enter>");
    assert!(sends(&console).is_empty());
    assert!(console.shows("is still to be filled in"), "however long its name is");
    console.resize(200, 50);
    assert!(
        console.shows("{{ customer_name_as_it_stands_on_the_invoice }}: fill") || console.shows("invoice }} is still")
    );
}

#[test]
fn words_of_label_and_text_find_it_together() {
    let mut console = Console::open(80, 24);
    console.keys("jj<enter>i<ctrl-u>/hours sundays<enter>");
    assert!(console.shows("Hi Aylin, we are open"));
}

#[test]
fn without_a_rendering_the_stored_words_are_offered() {
    let mut shop = Shop::usual();
    shop.refuse = Some(("quick_reply.render", "not there yet"));
    let mut console = Console::with(80, 24, shop, |_| {});
    console.keys("jj<enter>i<ctrl-u>/hours");
    assert!(console.shows("not there yet") && console.shows("no value for name"));
    console.keys("<enter>");
    console.pass(std::time::Duration::from_secs(20));
    assert!(console.shows("Hi {{ name }}, we are open"));
}

#[test]
fn hostile_words_stay_within_the_picker() {
    for (columns, rows) in [(40, 10), (80, 24), (200, 60)] {
        let mut shop = Shop::usual();
        shop.replies.push((
            "quick_reply.render",
            json!({"next": null, "items": (0..40_u8).map(|at| json!({"id": id(at), "label": "\u{202e}\u{1b}[2J👨‍👩‍👧‍👦".repeat(9),
                "category": "{{", "text": "{{ \u{9b}x }}\u{200f}東京\n".repeat(60), "missing": ["\u{202e}y\n"], "uses": at})).collect::<Vec<_>>()}),
        ));
        let mut console = Console::with(columns, rows, shop, |_| {});
        console.keys("jj<enter>i<ctrl-u>/");
        for line in console.lines() {
            assert!(mychatflow_tui::text::width(&line) <= usize::from(columns), "{line}");
            assert!(!line.contains('\u{202e}') && !line.contains('\u{1b}'), "{line}");
        }
    }
}
