//! Stored answers.

use mychatflow_data::model::quick_reply::QuickReplyState;
use mychatflow_data::protocol::calls::quick_reply::QuickReplyEdit;
use mychatflow_tui::msg::{Effect, Question};
use serde_json::json;

use crate::console::Console;
use crate::shop::{Shop, ago, id};

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
    both("category", "6>", |_| {});
    both("aside", "6G", |_| {});
    both("shown_variables", "6/hours<enter><enter>", |_| {});
    both("import", "6i", |_| {});
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
    console.keys("6e<tab><up>X<up>");
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

#[test]
fn put_aside_and_back() {
    let mut console = Console::open(80, 24);
    console.keys("6p");
    let edits = |console: &Console| -> Vec<QuickReplyEdit> {
        let edit = |question: &Question| match question {
            Question::QuickReplyEdit(edit) => Some(edit.clone()),
            _ => None,
        };
        console.asked.iter().filter_map(edit).collect()
    };
    assert_eq!(edits(&console)[0].state, Some(QuickReplyState::Aside));
    assert_eq!((&edits(&console)[0].text, &edits(&console)[0].category), (&None, &None), "nothing else changes");
    assert!(console.shows("address is put aside"));
    console.keys("p");
    assert_eq!(edits(&console)[1].state, Some(QuickReplyState::Active));
    assert!(console.shows("address is in use again"));
}

#[test]
fn an_edit_can_take_the_category_away() {
    let mut console = Console::open(80, 24);
    console.keys("6e<tab><tab><ctrl-u><tab><ctrl-u>later<enter>");
    assert!(console.shows("active or aside"));
    console.keys("<ctrl-u>aside<enter>");
    let Some(Question::QuickReplyEdit(edit)) = console.asked.last() else { panic!("an edit was asked for") };
    assert_eq!((edit.category.as_deref(), edit.state), (Some(""), Some(QuickReplyState::Aside)));
    assert!(console.state.overlays.is_empty());
}

#[test]
fn long_lists_come_page_by_page_and_are_found_in_whole() {
    let mut shop = Shop::usual();
    shop.also = Some(Box::new(|question| match question {
        Question::QuickReplyList(asked) => {
            let from: u8 = asked.after.as_ref().map_or(0, |after| after.as_str().parse().expect("a number"));
            let items: Vec<_> = (from..from + 50)
                .map(|at| {
                    json!({"id": id(at), "label": format!("label {at:03} \u{202e}\u{1b}[31m"), "created_at": ago(i64::from(at)),
                        "text": "\u{7}{{ \u{202e}x }} {{ {{ {{ 👨‍👩‍👧‍👦".repeat(40), "category": format!("c{}\u{9b}", at % 3)})
                })
                .collect();
            let next = (from < 150).then(|| (from + 50).to_string());
            Some(Ok(json!({"items": items, "next": next})))
        }
        _ => None,
    }));
    let mut console = Console::with(80, 24, shop, |_| {});
    console.keys("6");
    assert_eq!(console.state.quick_replies.all.len(), 200);
    console.keys("/label 199<enter>");
    assert!(console.shows("label 199"));
    assert!(!console.lines().iter().any(|line| line.contains('\u{202e}') || line.contains('\u{1b}')));
    console.keys("<esc>>");
    assert_eq!(console.state.quick_replies.rows.items().len(), 67);
    console.keys("<enter>");
    insta::assert_snapshot!("quick_replies_hostile_80", console.picture());
}
