//! One person at a time: whoever is named on the screen is the one that something is done to, however fast one types and
//! whatever happens in between.

use std::time::Duration;

use mychatflow_data::protocol::event::Topic;
use mychatflow_tui::key;
use mychatflow_tui::layout::Panes;
use mychatflow_tui::msg::{Link, Mouse, MouseDeed, Msg, Question};
use mychatflow_tui::state::ahead::Typed;
use mychatflow_tui::state::chats::Pane;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use serde_json::{Value, json};

use crate::console::{Console, lines_of};
use crate::shop::{Shop, ago, id};

const CHATS: std::ops::RangeInclusive<u8> = 30..=37;

fn name(number: u8) -> String {
    format!("Person {number}")
}

/// A shop whose people are called by their numbers, with somebody in every tab.
fn shop() -> Shop {
    let mut shop = Shop::usual();
    for chat in shop.chats.as_array_mut().into_iter().flatten() {
        let number = number(&chat["id"]).expect("a chat of the shop");
        chat["name"] = json!(name(number));
    }
    shop
}

fn number(id_of: &Value) -> Option<u8> {
    CHATS.chain(CHATS.map(|number| number + 100)).find(|number| *id_of == json!(id(*number))).map(|number| number % 100)
}

fn console(columns: u16, rows: u16) -> Console {
    Console::with(columns, rows, shop(), |_| {})
}

/// To whom something is done; `None`: nothing is done to anybody.
fn target(question: &Question) -> Option<u8> {
    let params = question.params().expect("a question has parameters");
    match question.method() {
        "chat.send" | "chat.pause" | "chat.resume" | "chat.snooze" | "chat.done" | "chat.approve" | "chat.edit"
        | "chat.cancel" | "chat.note" | "settings.set" => number(&params["chat"]),
        "contact.tag" => number(&params["contact"]),
        _ => None,
    }
}

fn targets(asked: &[Question]) -> Vec<(&'static str, u8)> {
    asked.iter().filter_map(|question| Some((question.method(), target(question)?))).collect()
}

fn named_in(words: &str) -> Option<u8> {
    CHATS.into_iter().find(|number| words.contains(&name(*number)))
}

/// Everybody who is named on the screen as the one something would be done to: in the heading of the dialog, or at the
/// highlighted row, over the thread and at the composer.
fn named(console: &Console) -> Vec<(&'static str, u8)> {
    named_on(console, &console.cells())
}

/// So many columns of a row hold its mark and its name.
const NAME_COLUMNS: u16 = 16;

fn named_on(console: &Console, cells: &Buffer) -> Vec<(&'static str, u8)> {
    let words = |y: u16, from: u16, to: u16| -> String {
        (from..to).filter_map(|x| cells.cell((x, y))).map(ratatui::buffer::Cell::symbol).collect()
    };
    let layout = console.layout();
    if let Some(top) = layout.overlays.last() {
        let title = words(top.area.y, top.area.x, top.area.right());
        return named_in(&title).map(|who| ("dialog", who)).into_iter().collect();
    }
    let Panes::Chats(panes) = &layout.panes else { return Vec::new() };
    let mut named = Vec::new();
    if let Some(list) = &panes.list {
        let marked = (list.table.rows.y..list.table.rows.bottom())
            .find(|y| words(*y, list.table.rows.x, list.table.rows.x + 1) == "▏");
        // Behind the name a notice about somebody else may lie over the row.
        let row = marked.and_then(|y| named_in(&words(y, list.table.rows.x, list.table.rows.x + NAME_COLUMNS)));
        named.extend(row.map(|who| ("row", who)));
    }
    if let Some(thread) = &panes.thread {
        let title = words(thread.pane.y, thread.pane.x, thread.pane.right());
        named.extend(named_in(&title).map(|who| ("thread", who)));
        if thread.composer.height > 0 {
            let rule = words(thread.composer.y - 1, thread.pane.x, thread.pane.right());
            // A notice may lie over it.
            let rule = rule.split(" to ").nth(1).map(|rest| rest.split(' ').take(2).collect::<Vec<_>>().join(" "));
            named.extend(rule.and_then(|rule| named_in(&rule)).map(|who| ("composer", who)));
        }
    }
    named
}

fn current(console: &Console) -> u8 {
    let named = named(console);
    let (_, first) = *named.first().unwrap_or_else(|| panic!("nobody is named: {:#?}", console.lines()));
    assert!(named.iter().all(|(_, who)| *who == first), "{named:?} {:#?}", console.lines());
    first
}

fn sent(console: &Console) -> Vec<(u8, String)> {
    let one = |question: &Question| match question {
        Question::ChatSend(send) => Some((target(question)?, send.text.clone())),
        _ => None,
    };
    console.asked.iter().filter_map(one).collect()
}

#[test]
fn a_text_typed_in_one_burst_goes_to_the_one_on_the_screen() {
    for (columns, rows) in [(120, 36), (80, 24)] {
        for keys in
            ["jitext<enter>", "jjjitext<enter>", "j<enter>itext<enter>", ">itext<enter>", "/son 3<enter>jitext<enter>"]
        {
            let mut console = console(columns, rows);
            console.burst(keys);
            let sent = sent(&console);
            let [(to, text)] = sent.as_slice() else { panic!("{keys} at {columns}: {sent:?} {:#?}", console.lines()) };
            assert_eq!(*to, current(&console), "{keys} at {columns}: {:#?}", console.lines());
            assert!(text.ends_with("text"), "{text}");
            let mut slowly = self::console(columns, rows);
            slowly.keys(keys);
            assert_eq!(sent, self::sent(&slowly), "{keys} at {columns}");
        }
    }
}

#[test]
fn after_another_tab_list_and_thread_are_about_the_same_person() {
    for keys in ["jj>", ">>", "jj<", "j<enter><esc>>"] {
        let mut console = console(120, 36);
        console.keys(keys);
        let who = current(&console);
        let before = console.asked.len();
        console.keys("p");
        assert_eq!(targets(&console.asked[before..]), [("chat.pause", who)], "{keys}");
        assert!(console.shows(&format!("{}: the assistant is silent", name(who))), "{:#?}", console.lines());
    }
}

#[test]
fn a_tab_that_is_clicked_while_a_thread_is_open_leaves_nobody_half_chosen() {
    let mut console = console(120, 36);
    console.keys("j<enter>");
    let Panes::Chats(panes) = &console.layout().panes else { panic!("chats") };
    let (_, area) = panes.list.as_ref().unwrap().tabs[1];
    let click = Mouse { column: area.x, row: area.y, deed: MouseDeed::Click };
    console.take(Msg::Mouse(click));
    let who = current(&console);
    let before = console.asked.len();
    console.keys("O");
    assert_eq!(current(&console), who, "the dialog names the person");
    console.keys("y");
    assert_eq!(targets(&console.asked[before..]), [("contact.tag", who)]);
}

#[test]
fn a_chat_that_leaves_the_list_takes_its_thread_along() {
    let mut console = console(120, 36);
    console.keys("j");
    let done = current(&console);
    console.keys("d");
    let mut chat =
        console.shop.chats.as_array().unwrap().iter().find(|chat| number(&chat["id"]) == Some(done)).unwrap().clone();
    chat["state"] = json!("done");
    console.tell(Topic::ChatChanged, chat);
    let next = current(&console);
    assert_ne!(next, done);
    console.keys("inow<enter>");
    let [(to, text)] = <[_; 1]>::try_from(sent(&console)).unwrap();
    assert_eq!(to, next);
    assert!(text.ends_with("now"), "{text}");
}

#[test]
fn a_text_stays_with_its_person_whatever_happens_to_the_list() {
    let mut console = console(120, 36);
    console.keys("j<enter>ihello");
    let who = current(&console);
    for (number, state) in [(who, "done"), (33, "needs_you"), (who, "snoozed"), (34, "done")] {
        let mut chat = console.shop.chats[usize::from(number - 30)].clone();
        chat["state"] = json!(state);
        chat["last_at"] = json!(ago(0));
        console.tell(Topic::ChatChanged, chat);
        assert_eq!(current(&console), who);
    }
    console.keys(" there<enter>");
    let sent = sent(&console);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].0, who);
    assert!(sent[0].1.ends_with("hello there"), "{sent:?}");
}

#[test]
fn letters_typed_to_somebody_who_is_erased_meanwhile_are_no_commands() {
    let mut console = console(120, 36);
    console.keys("j<enter>isee y");
    let who = current(&console);
    let before = console.asked.len();
    console.tell(Topic::ChatChanged, json!({"id": id(who), "gone": true}));
    console.keys("ou, dp<enter>");
    assert_eq!(targets(&console.asked[before..]), []);
    assert!(console.shows("was not sent"), "{:#?}", console.lines());
}

#[test]
fn a_draft_that_is_not_kept_yet_is_there_on_the_way_back() {
    let mut console = console(120, 36);
    console.shop.silent = Some("chat.draft");
    console.keys("jihalf a thought<esc><esc>jjkk");
    console.pass(Duration::from_millis(100));
    assert!(console.shows("half a thought"), "{:#?}", console.lines());
    console.shop.silent = None;
    console.keys("jj");
    console.pass(Duration::from_millis(100));
    assert!(!console.shows("half a thought"), "{:#?}", console.lines());
}

#[test]
fn what_is_typed_before_the_list_is_there_waits_for_it_or_is_dropped() {
    let mut console = console(120, 36);
    console.shop.silent = Some("chat.list");
    console.keys(">pitext<enter>");
    assert_eq!(targets(&console.asked), []);
    // Too late: nobody knows any more what it was for.
    console.pass(Duration::from_secs(3));
    assert!(console.shows("is dropped"), "{:#?}", console.lines());
    console.shop.silent = None;
    console
        .keys("<ctrl-l>")
        .take(Msg::Link(Link::Up { epoch: mychatflow_data::ids::RunId::from_bytes([9; 16]), seq: 0 }));
    assert_eq!(targets(&console.asked), []);
    console.keys("p");
    assert_eq!(targets(&console.asked), [("chat.pause", current(&console))]);
}

#[test]
fn a_chat_that_opens_late_does_not_come_between() {
    let mut console = console(120, 36);
    console.keys("5");
    console.shop.silent = Some("contact.show");
    console.keys("jc");
    let question = console.asked.iter().rev().find(|question| question.method() == "contact.show").unwrap().clone();
    console.keys("2jitext");
    let who = current(&console);
    console.shop.silent = None;
    let reply = console.shop.reply(&question).unwrap();
    console.take(Msg::Answer(Box::new(question.played(reply).unwrap())));
    console.keys("<enter>");
    assert_eq!(current(&console), who);
    assert_eq!(sent(&console).len(), 1);
    assert_eq!(sent(&console)[0].0, who);
}

#[test]
fn a_click_means_the_row_that_was_drawn_there() {
    let mut console = console(120, 36);
    let Panes::Chats(panes) = &console.layout().panes else { panic!("chats") };
    let row = panes.list.as_ref().unwrap().table.row(2).unwrap();
    let cells = console.cells();
    let words: String = (row.x..row.right()).map(|x| cells[(x, row.y)].symbol()).collect();
    let drawn = named_in(&words).unwrap();
    // Somebody else comes to the top, and the click is on its way already.
    let mut chat = console.shop.chats[0].clone();
    chat["state"] = json!("needs_you");
    chat["waiting_since"] = json!(ago(50_000));
    let event = console.told(Topic::ChatChanged, chat);
    console.put(event);
    console.take(Msg::Mouse(Mouse { column: row.x + 3, row: row.y, deed: MouseDeed::Click }));
    assert_eq!(current(&console), drawn, "{:#?}", console.lines());
}

#[test]
fn another_tab_begins_at_its_top_whatever_an_event_or_a_late_answer_put_into_it() {
    for (columns, rows) in [(120, 36), (80, 24)] {
        for keys in ["ji<esc><esc>>", "ji<esc><esc>>p", "j<enter><esc>>p", "jj<enter>>ihello<enter>"] {
            let (mut slowly, mut at_once) = (console(columns, rows), console(columns, rows));
            slowly.keys(keys);
            at_once.burst(keys);
            assert_eq!(current(&slowly), current(&at_once), "{keys} at {columns}");
            assert_eq!(targets(&slowly.asked), targets(&at_once.asked), "{keys} at {columns}");
        }
        // An event before the list is nobody's row, and nothing is done to who it is about.
        let mut console = console(columns, rows);
        console.put(Msg::Key(key::sequence(">").unwrap()[0]));
        let mut chat = console.shop.chats[4].clone();
        chat["state"] = json!("needs_you");
        let event = console.told(Topic::ChatChanged, chat);
        console.put(event);
        assert_eq!(named(&console), []);
        console.put(Msg::Key(key::sequence("p").unwrap()[0]));
        assert_eq!(targets(&console.asked), []);
        while console.answer() {}
        console.draw();
        assert_eq!(targets(&console.asked), [("chat.pause", current(&console))]);
    }
}

#[test]
fn a_quick_reply_picked_in_one_burst_is_the_one_that_stands_first() {
    for keys in ["ji/<enter>", "ji/hours<enter>", "j<enter>/<down><enter>"] {
        let (mut slowly, mut at_once) = (console(120, 36), console(120, 36));
        slowly.keys(keys);
        at_once.burst(keys);
        let written = |console: &Console| {
            let thread = console.state.chats.thread.as_ref();
            thread.map(|thread| (thread.id(), thread.composer.text()))
        };
        assert!(written(&slowly).is_some_and(|(_, text)| !text.is_empty()), "{keys}: {:#?}", slowly.lines());
        assert_eq!(written(&slowly), written(&at_once), "{keys}: {:#?}", at_once.lines());
    }
}

#[test]
fn keys_that_wait_for_somebody_who_goes_are_done_to_nobody_else() {
    let mut console = console(120, 36);
    console.keys("j");
    let who = current(&console);
    for key in key::sequence("jkihello<enter>").unwrap() {
        console.put(Msg::Key(key));
    }
    let event = console.told(Topic::ChatChanged, json!({"id": id(who), "gone": true}));
    console.put(event);
    while console.answer() {}
    assert_eq!(sent(&console), []);
    assert_eq!(targets(&console.asked), []);
}

#[test]
fn a_business_that_is_lost_while_one_types_gives_nobody_of_another_one_a_message() {
    for keys in ["jihello th", "jO", "jtvip", "jz", "j"] {
        let mut console = console(120, 36);
        console.keys(keys);
        let before = console.asked.len();
        let mut other = console.shop.tenants[0].clone();
        other["id"] = json!(id(2));
        other["name"] = json!("Bakery");
        console.shop.tenants = json!([other]);
        let question = Question::from(mychatflow_data::protocol::calls::tenant::TenantList::default());
        let reply = console.shop.reply(&question).unwrap();
        console.take(Msg::Answer(Box::new(question.played(reply).unwrap())));
        assert!(console.shows("Another business"), "{keys}: {:#?}", console.lines());
        console.keys("pdx, y");
        assert_eq!(targets(&console.asked[before..]), [], "{keys}: {:#?}", console.lines());
        assert!(console.shows("Another business"), "{keys}: {:#?}", console.lines());
        // What was written for the other one is not sent here either.
        console.keys("<esc>i<enter>");
        assert_eq!(sent(&console), []);
    }
}

#[test]
fn what_is_typed_before_there_is_a_business_waits_for_it_or_is_no_choice_of_one() {
    let type_ahead = |console: &mut Console| {
        console.put(Msg::Link(Link::Up { epoch: mychatflow_data::ids::RunId::from_bytes([9; 16]), seq: 0 }));
        for key in key::sequence("jitext<enter>").unwrap() {
            console.put(Msg::Key(key));
        }
        while console.answer() {}
        console.draw();
    };
    let mut one = Console::dark(120, 36, shop(), |_| {});
    type_ahead(&mut one);
    assert_eq!(sent(&one).len(), 1, "{:#?}", one.lines());
    assert_eq!(sent(&one)[0].0, current(&one));
    let mut shops = shop();
    let mut other = shops.tenants[0].clone();
    other["id"] = json!(id(2));
    other["name"] = json!("Bakery");
    shops.tenants.as_array_mut().unwrap().push(other);
    let mut two = Console::dark(120, 36, shops, |_| {});
    type_ahead(&mut two);
    assert_eq!(sent(&two), []);
    assert_eq!(two.state.tenant, None);
    assert!(two.shows("Which business?") && two.shows("is dropped"), "{:#?}", two.lines());
}

/// What happens, in the order in which it happens.
#[derive(Debug, Clone)]
enum Step {
    Keys(&'static str),
    Click(u16, u16),
    /// One question is answered.
    Answer,
    Draw,
    Wait(u16),
    /// A chat is in another state, and newest.
    Changes(u8, &'static str),
    Writes(u8),
    Gone(u8),
}

const KEYS: &[&str] = &[
    "j",
    "k",
    "j",
    "G",
    "gg",
    "<enter>",
    "<enter>",
    "<esc>",
    "i",
    "ihello<enter>",
    "text",
    "p",
    "P",
    "o",
    "O",
    "d",
    "n",
    ">",
    "<",
    "z",
    "m",
    "t",
    "a",
    "e",
    "x",
    "y",
    "<tab>",
    "<down>",
    "R",
    "/",
    "2",
    "5",
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => prop::sample::select(KEYS).prop_map(Step::Keys),
        2 => (21_u16..120, 1_u16..35).prop_map(|(x, y)| Step::Click(x, y)),
        8 => Just(Step::Answer),
        4 => Just(Step::Draw),
        2 => prop::sample::select(vec![10_u16, 90, 2500]).prop_map(Step::Wait),
        2 => (CHATS, prop::sample::select(vec!["needs_you", "assistant", "waiting", "snoozed", "done"]))
            .prop_map(|(who, state)| Step::Changes(who, state)),
        2 => CHATS.prop_map(Step::Writes),
        1 => CHATS.prop_map(Step::Gone),
    ];
    prop::collection::vec(step, 1..40)
}

/// What keys that wait would do if they were typed one by one after this message, each judged by the frame before it.
fn rehearsed(console: &mut Console, msg: Msg) -> Result<Vec<(&'static str, u8)>, TestCaseError> {
    console.trial(|console| {
        let waiting = std::mem::take(&mut console.state.ahead.typed);
        let before = console.asked.len();
        console.put(msg);
        for typed in waiting {
            if let Typed::Key(key) = typed {
                judged(console, || Msg::Key(key))?;
            }
        }
        Ok(targets(&console.asked[before..]))
    })
}

/// Does a message; whatever it does to somebody must be done to whom the frame before it names.
fn judged(console: &mut Console, make: impl Fn() -> Msg) -> Result<(), TestCaseError> {
    let msg = make();
    let by_hand = matches!(msg, Msg::Key(_) | Msg::Mouse(_));
    // Keys that waited for this mean what they would mean now.
    let replays = !by_hand && !console.state.ahead.typed.is_empty();
    let expected = if replays { Some(rehearsed(console, make())?) } else { None };
    let cells = if by_hand { console.cells() } else { Buffer::default() };
    let named = if by_hand { named_on(console, &cells) } else { Vec::new() };
    let lines = || lines_of(&cells);
    if let Some((_, first)) = named.first() {
        prop_assert!(named.iter().all(|(_, who)| who == first), "two people: {named:?} {:#?}", lines());
    }
    let asked = console.put(msg);
    if let Some(expected) = expected {
        // Or they are dropped, at once or at some point.
        prop_assert!(expected.starts_with(&targets(&asked)), "{:?} for {expected:?}", targets(&asked));
    }
    for (what, who) in targets(&asked) {
        if by_hand {
            prop_assert!(named.iter().any(|_| true), "{what} to {who} while nobody is named: {:#?}", lines());
            prop_assert!(
                named.iter().all(|(_, named)| *named == who),
                "{what} to {who} while {named:?}: {:#?}",
                lines()
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn whoever_is_named_is_the_one(steps in steps(), wide: bool) {
        let mut console = if wide { console(120, 36) } else { console(80, 24) };
        for step in steps {
            match step {
                Step::Keys(keys) => {
                    for key in key::sequence(keys).unwrap() {
                        judged(&mut console, || Msg::Key(key))?;
                    }
                }
                Step::Click(column, row) => {
                    judged(&mut console, || Msg::Mouse(Mouse { column, row, deed: MouseDeed::Click }))?;
                }
                Step::Answer => {
                    if let Some((question, reply)) = console.next_reply() {
                        let answer = || question.clone().played(reply.clone()).expect("the shop's replies fit the protocol");
                        judged(&mut console, || Msg::Answer(Box::new(answer())))?;
                    }
                }
                Step::Draw => {
                    console.draw();
                    let named = named(&console);
                    let agree = named.iter().all(|(_, who)| Some(*who) == named.first().map(|(_, first)| *first));
                    prop_assert!(agree, "two people: {named:?} {:#?}", console.lines());
                }
                Step::Wait(ms) => {
                    console.later(Duration::from_millis(ms.into()));
                    judged(&mut console, || Msg::Woke)?;
                }
                Step::Changes(who, state) => {
                    let chats = console.shop.chats.as_array_mut().unwrap();
                    let chat = chats.iter_mut().find(|chat| chat["id"] == json!(id(who))).unwrap();
                    chat["state"] = json!(state);
                    let chat = chat.clone();
                    let event = console.event(Topic::ChatChanged, chat);
                    judged(&mut console, || Msg::Event(Box::new(event.clone())))?;
                }
                Step::Writes(who) => {
                    let chats = console.shop.chats.as_array_mut().unwrap();
                    let chat = chats.iter_mut().find(|chat| chat["id"] == json!(id(who))).unwrap();
                    chat["last_at"] = json!(ago(0));
                    chat["unread"] = json!(1);
                    let chat = chat.clone();
                    let event = console.event(Topic::ChatChanged, chat);
                    judged(&mut console, || Msg::Event(Box::new(event.clone())))?;
                }
                Step::Gone(who) => {
                    let event = console.event(Topic::ChatChanged, json!({"id": id(who), "gone": true}));
                    judged(&mut console, || Msg::Event(Box::new(event.clone())))?;
                }
            }
        }
    }

    #[test]
    fn a_burst_means_what_it_means_one_by_one(
        pieces in prop::collection::vec(prop::sample::select(BURST), 1..14),
        wide: bool,
    ) {
        let open = || if wide { console(120, 36) } else { console(80, 24) };
        let (mut slowly, mut at_once) = (open(), open());
        for piece in &pieces {
            // The daemon tells of somebody in between, as when a message of theirs is marked as read.
            if let Some(who) = piece.strip_prefix("told ").and_then(|number| number.parse::<usize>().ok()) {
                let chat = slowly.shop.chats[who].clone();
                slowly.tell(Topic::ChatChanged, chat.clone());
                let event = at_once.told(Topic::ChatChanged, chat);
                at_once.put(event);
            } else {
                slowly.keys(piece);
                for key in key::sequence(piece).unwrap() {
                    at_once.put(Msg::Key(key));
                }
            }
        }
        while at_once.answer() {}
        at_once.draw();
        let keys = pieces.join(" ");
        let (one_by_one, in_a_burst) = (targets(&slowly.asked), targets(&at_once.asked));
        if at_once.state.toasts.log().any(|toast| toast.text.as_str().contains("is dropped")) {
            prop_assert!(one_by_one.starts_with(&in_a_burst), "{}: {:?} {:?}", keys, one_by_one, in_a_burst);
            return Ok(());
        }
        prop_assert_eq!(one_by_one, in_a_burst, "{}", keys);
        slowly.pass(Duration::from_millis(100));
        at_once.pass(Duration::from_millis(100));
        prop_assert_eq!(named(&slowly).first().copied(), named(&at_once).first().copied(), "{}", keys);
        let writes = |console: &Console| console.state.chats.focus == Pane::Composer;
        prop_assert_eq!(writes(&slowly), writes(&at_once), "{}", keys);
    }
}

const BURST: &[&str] = &[
    "j",
    "k",
    "G",
    "<enter>",
    "<esc>",
    "i",
    "hello<enter>",
    "p",
    "P",
    "o",
    "O",
    "d",
    "n",
    "<esc><esc>",
    "z",
    "m",
    "y",
    "a",
    "x",
    ">",
    ">",
    "<",
    "/",
    "<tab>",
    "<down>",
    "told 0",
    "told 3",
    "told 5",
];
