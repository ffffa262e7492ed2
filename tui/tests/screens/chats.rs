//! Chats: the list, the thread, writing, steering.

use std::time::Duration;

use mychatflow_data::protocol::event::Topic;
use mychatflow_tui::msg::{Effect, Focus, Msg, Question};
use mychatflow_tui::state::chats::Pane;
use mychatflow_tui::theme::ThemeName;
use serde_json::json;

use crate::console::Console;
use crate::shop::{Shop, ago, id};

fn at_both_sizes(name: &str, keys: &str) {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut console = Console::open(columns, rows);
        console.keys(keys);
        // The thread follows the selection once it rests.
        console.pass(Duration::from_millis(100));
        insta::assert_snapshot!(format!("{name}_{columns}"), console.picture());
    }
}

fn asked(console: &Console, method: &str) -> usize {
    console.asked.iter().filter(|question| question.method() == method).count()
}

fn last(console: &Console) -> &Question {
    console.asked.last().expect("something was asked")
}

#[test]
fn the_list() {
    at_both_sizes("chats_list", "");
    at_both_sizes("chats_all", "<<");
    at_both_sizes("chats_filter", "/ay");
}

#[test]
fn threads_of_every_kind() {
    at_both_sizes("chats_thread", "GGk<enter>");
    at_both_sizes("chats_thread_up", "GGk<enter>kkkk");
}

#[test]
fn an_answer_that_is_held() {
    let mut console = Console::open(80, 24);
    console.keys("jj<enter>");
    assert!(console.shows("The blue one is 40 €."), "{:#?}", console.lines());
    insta::assert_snapshot!("chats_held_80", console.picture());
    console.keys("a");
    let Question::ChatApprove(approve) = last(&console) else { panic!("{:?}", last(&console)) };
    assert_eq!(approve.id.map(|id| id.to_string()), Some(id(131)));
    console.keys("e");
    insta::assert_snapshot!("chats_edit_80", console.picture());
    console.keys("<backspace> each.<enter>");
    let Question::ChatEdit(edit) = last(&console) else { panic!("{:?}", last(&console)) };
    assert_eq!(edit.text, "The blue one is 40 € each.");
}

#[test]
fn a_countdown_counts_without_being_asked() {
    let mut console = Console::open(80, 24);
    console.keys("jjj<enter>");
    assert!(console.shows("sends in 8 s"), "{:#?}", console.lines());
    console.pass(Duration::from_secs(3));
    assert!(console.shows("sends in 5 s"), "{:#?}", console.lines());
    console.keys("x");
    assert!(matches!(last(&console), Question::ChatCancel(_)));
}

#[test]
fn what_is_sent_stands_there_at_once_and_once() {
    let mut console = Console::open(120, 36);
    console.keys("GGk<enter>iSee you!<enter>");
    assert!(console.shows("See you!") && console.shows("sending"), "{:#?}", console.lines());
    insta::assert_snapshot!("chats_sending_120", console.picture());
    let Question::ChatSend(send) = last(&console) else { panic!("{:?}", last(&console)) };
    let client_ref = send.client_ref.expect("the console makes it");
    // The message comes as an event, whatever becomes of the answer.
    let message = json!({"id": id(200), "at": ago(0), "direction": "out", "author": "human", "state": "queued", "text": "See you!",
        "chat": id(30), "kind": "text", "client_ref": client_ref.to_string()});
    console.tell(Topic::InteractionAdded, message);
    let shown = console.lines().iter().filter(|line| line.contains("See you!")).count();
    assert_eq!(shown, 1, "{:#?}", console.lines());
}

#[test]
fn a_message_that_waits_says_why_and_when_it_is_tried_again() {
    for (width, height) in [(80, 24), (120, 36)] {
        let mut console = Console::open(width, height);
        console.keys("GGk<enter>");
        let why = "the engine failed: Timed Out, tried 4 times, next try 16:05";
        let message = json!({"id": id(200), "at": ago(0), "direction": "out", "author": "human", "state": "queued",
            "text": "See you!", "chat": id(30), "kind": "text", "reason": why});
        console.tell(Topic::InteractionAdded, message);
        let lines = console.lines().join(" ");
        let words = why.split(' ').chain(["waits:"]);
        let left_out: Vec<&str> = words.filter(|word| !lines.contains(word)).collect();
        assert!(left_out.is_empty(), "{left_out:?} {:#?}", console.lines());
    }
}

#[test]
fn a_send_without_an_answer_becomes_unknown_and_is_tried_again_under_its_id() {
    let mut console = Console::open(120, 36);
    console.keys("GGk<enter>iSee you!<enter><esc>");
    console.pass(Duration::from_secs(31));
    assert!(console.shows("no answer from the daemon"), "{:#?}", console.lines());
    let refs = |console: &Console| -> Vec<_> {
        let send = |question: &Question| match question {
            Question::ChatSend(send) => send.client_ref,
            _ => None,
        };
        console.asked.iter().filter_map(send).collect()
    };
    console.keys("R");
    let refs = refs(&console);
    assert_eq!(refs.len(), 2);
    assert_eq!(refs[0], refs[1]);
}

#[test]
fn the_daemon_keeps_what_is_being_written() {
    let mut console = Console::open(80, 24);
    console.keys("jj<enter>i");
    assert!(console.shows("I will ask"), "the draft comes back: {:#?}", console.lines());
    console.keys(" her");
    assert_eq!(asked(&console, "chat.draft"), 0, "not at every key");
    console.pass(Duration::from_secs(1));
    let Question::ChatCompose(kept) = last(&console) else { panic!("{:?}", last(&console)) };
    assert_eq!(kept.text.as_deref(), Some("I will ask her"));
    console.keys(" now<ctrl-c>");
    let Question::ChatCompose(kept) = last(&console) else { panic!("{:?}", last(&console)) };
    assert_eq!(kept.text.as_deref(), Some("I will ask her now"));
    assert!(console.effects.contains(&Effect::Quit));
}

#[test]
fn a_chat_is_read_only_when_somebody_looks() {
    let mut console = Console::open(120, 36);
    console.keys("j");
    assert_eq!(asked(&console, "chat.read"), 0, "a preview is no reading");
    console.take(Msg::Focus(Focus::Elsewhere));
    console.keys("<enter>");
    assert_eq!(asked(&console, "chat.read"), 0);
    console.take(Msg::Focus(Focus::Here));
    assert_eq!(asked(&console, "chat.read"), 1);
}

#[test]
fn a_page_that_is_older_than_an_event_changes_nothing() {
    let mut console = Console::open(120, 36);
    console.shop.silent = Some("chat.list");
    let before = console.asked.len();
    console.keys("12");
    let late: Vec<Question> =
        console.asked[before..].iter().filter(|question| question.method() == "chat.list").cloned().collect();
    assert!(!late.is_empty());
    // While the pages are on their way, one chat changes, and somebody new writes.
    let mut chat = console.shop.chats[0].clone();
    chat["preview"] = json!("what was said last");
    console.tell(Topic::ChatChanged, chat.clone());
    chat["id"] = json!(id(250));
    chat["name"] = json!("Somebody new");
    console.tell(Topic::ChatChanged, chat);
    console.shop.silent = None;
    for question in late {
        let reply = console.shop.reply(&question).unwrap();
        console.take(Msg::Answer(Box::new(question.played(reply).unwrap())));
    }
    let lines = console.lines().join("\n");
    assert_eq!(lines.matches("what was said last").count(), 2, "{lines}");
    assert!(lines.contains("Somebody new"), "{lines}");
}

#[test]
fn the_tick_in_the_list_is_that_of_the_last_message() {
    let mut console = Console::open(120, 36);
    // Written before it was sent: the chat's time is that of the sending.
    let mut message = json!({"id": id(200), "at": ago(300), "direction": "out", "author": "human", "state": "queued",
        "text": "See you!", "chat": console.shop.chats[0]["id"], "kind": "text"});
    console.tell(Topic::InteractionAdded, message.clone());
    let mut chat = console.shop.chats[0].clone();
    chat["last_author"] = json!("human");
    console.tell(Topic::ChatChanged, chat);
    for (state, tick) in [("sent", "✓ "), ("delivered", "✓✓"), ("read", "✓◉")] {
        message["state"] = json!(state);
        console.tell(Topic::InteractionChanged, message.clone());
        let lines = console.lines();
        let row = 1 + lines.iter().position(|line| line.contains("Aylin Yılmaz")).unwrap();
        let listed: String = lines[row].chars().take(60).collect();
        assert!(listed.contains(tick), "{state}: {listed}");
    }
}

#[test]
fn only_those_who_need_somebody_ring() {
    let mut console = Console::open(120, 36);
    let mut chat = console.shop.chats[0].clone();
    chat["unread"] = json!(1);
    console.tell(Topic::ChatChanged, chat.clone());
    assert!(console.effects.is_empty(), "{:?}", console.effects);
    chat["state"] = json!("needs_you");
    chat["reason"] = json!("asked for a human");
    chat["waiting_since"] = json!(ago(0));
    console.tell(Topic::ChatChanged, chat);
    assert!(
        matches!(console.effects.as_slice(), [Effect::Notify(told)] if told.title.as_str() == "Aylin Yılmaz needs you")
    );
}

#[test]
fn quick_replies_are_picked_by_a_slash() {
    let mut console = Console::open(80, 24);
    console.keys("jj<enter>i<ctrl-u>/");
    insta::assert_snapshot!("chats_quick_reply_80", console.picture());
    console.keys("addr<enter>");
    assert_eq!(console.state.chats.focus, Pane::Composer);
    assert!(console.shows("Marktstraße 7"), "{:#?}", console.lines());
}

#[test]
fn pause_snooze_mode_and_why() {
    at_both_sizes("chats_why", "GGk<enter>w");
    at_both_sizes("chats_pause_for", "GGkP");
    at_both_sizes("chats_mode", "GGkm");
    at_both_sizes("chats_tags", "GGkt");
    at_both_sizes("chats_note", "GGko");
    let mut console = Console::open(80, 24);
    console.keys("GGkz90m<enter>");
    let Question::ChatSnooze(snooze) = last(&console) else { panic!("{:?}", last(&console)) };
    assert_eq!(snooze.span.to_string(), "1h30m");
    console.keys("p");
    assert!(matches!(console.asked.iter().rev().find(|q| q.method() == "chat.pause"), Some(Question::ChatPause(_))));
}

#[test]
fn search_jumps_to_the_message() {
    let mut console = Console::open(80, 24);
    console.keys("<ctrl-f>bread");
    insta::assert_snapshot!("chats_search_80", console.picture());
    console.keys("<down><enter>");
    let around = console.asked.iter().rev().find_map(|question| match question {
        Question::ChatShow(show) => Some(show.around),
        _ => None,
    });
    assert_eq!(around.flatten().map(|id| id.to_string()), Some(id(120)));
    assert!(console.shows("dark rye bread"), "{:#?}", console.lines());
}

#[test]
fn hostile_words_stay_words() {
    let mut console = Console::open(80, 24);
    console.keys("<<");
    console.keys("G<enter>");
    let lines = console.lines();
    assert!(lines.iter().all(|line| line.chars().all(|char| !char.is_control() && char != '\u{202e}')));
    assert!(lines.iter().all(|line| mychatflow_tui::text::width(line) <= 80));
    assert!(lines[0].ends_with("14:32"), "{}", lines[0]);
    insta::assert_snapshot!("chats_hostile_80", console.picture());
    assert!(console.shows("more characters: right shows all of it"), "{:#?}", console.lines());
    console.keys("kk<right>G");
    assert!(console.shows("… (cut)"), "all of it is there to be read: {:#?}", console.lines());
}

#[test]
fn other_themes_and_empty_shops() {
    for theme in [ThemeName::Light, ThemeName::HighContrast, ThemeName::Sixteen, ThemeName::Plain] {
        let mut console = Console::with(120, 36, Shop::usual(), |setup| setup.theme = theme);
        console.keys("GGk<enter>");
        insta::assert_snapshot!(format!("chats_{theme}_120"), console.picture());
    }
    let mut shop = Shop::usual();
    shop.chats = json!([]);
    let console = Console::with(80, 24, shop, |_| {});
    insta::assert_snapshot!("chats_empty_80", console.picture());
    let mut shop = Shop::usual();
    shop.silent = Some("chat.list");
    let console = Console::with(80, 24, shop, |_| {});
    insta::assert_snapshot!("chats_skeleton_80", console.picture());
    let console = Console::dark(80, 24, Shop::usual(), |_| {});
    insta::assert_snapshot!("chats_before_connection_80", console.picture());
}

#[test]
fn the_thread_follows_the_selection_once_it_rests() {
    let mut console = Console::open(120, 36);
    let before = asked(&console, "chat.show");
    console.keys("jjjj");
    assert_eq!(asked(&console, "chat.show"), before, "a held key reads nothing");
    console.pass(Duration::from_millis(100));
    assert_eq!(asked(&console, "chat.show"), before + 1);
    assert!(console.shows("Yes! Sundays 10–16. Shall I keep a table?"), "{:#?}", console.lines());
}

#[test]
fn a_busy_day_does_not_fill_the_memory_and_nobody_gets_lost() {
    let mut console = Console::open(80, 24);
    let template = console.shop.chats[0].clone();
    for number in 0..2_500_u32 {
        let mut chat = template.clone();
        let mut bytes = [7; 16];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        chat["id"] = json!(mychatflow_data::ids::ChatId::from_bytes(bytes).to_string());
        chat["last_at"] = json!(ago(0));
        console.tell(Topic::ChatChanged, chat);
    }
    assert!(console.state.chats.rows.items().len() <= 2_000);
    let before = asked(&console, "chat.list");
    console.keys("G");
    assert!(asked(&console, "chat.list") > before, "the end that was cut off is read again");
}

#[test]
fn what_an_answer_was_before_it_was_edited_is_no_part_of_it() {
    let mut console = Console::open(120, 36);
    // The thread of the one whose answer was edited.
    console.keys("2jjjj<enter>").pass(Duration::from_millis(100));
    assert!(console.shows("Yes! Sundays 10–16"), "{}", console.picture());
    assert!(console.shows("edited · ") && !console.shows("was: Open"), "{}", console.picture());
    // What a customer has edited says so: the answer may be to the words before.
    assert!(console.shows("was: And one cake, please"), "{}", console.picture());
}

/// The names in the list, from its top.
fn listed(console: &Console) -> Vec<u8> {
    let ids = console.state.chats.rows.items().iter().map(|chat| chat.id.to_string());
    ids.map(|chat| (0..=u8::MAX).find(|number| id(*number) == chat).expect("an id of the shop")).collect()
}

#[test]
fn whoever_is_answered_keeps_the_place_in_the_list_until_one_goes_on() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut console = Console::open(columns, rows);
        let before = listed(&console);
        assert_eq!(before[1], 32, "{before:?}");
        console.keys("j<enter>iTomorrow at three!<enter>");
        let mut answered = console.shop.chats[2].clone();
        (answered["state"], answered["waiting_since"]) = (json!("waiting"), json!(null));
        (answered["last_at"], answered["unread"], answered["reason"]) = (json!(ago(0)), json!(0), json!(null));
        console.shop.chats[2] = answered.clone();
        console.tell(Topic::ChatChanged, answered.clone());
        assert_eq!(listed(&console), before, "while one is in it");
        console.keys("<esc><esc>");
        assert_eq!(listed(&console), before, "on the way back");
        assert!(console.shows("you: ") || console.shows("Tomorrow at three!"), "{}", console.picture());
        // Others come and go around it.
        let mut newer = console.shop.chats[0].clone();
        (newer["state"], newer["waiting_since"], newer["last_at"]) = (json!("needs_you"), json!(ago(9)), json!(ago(0)));
        console.tell(Topic::ChatChanged, newer);
        assert_eq!(listed(&console)[..4], [35, 32, 31, 30]);
        // The next one down is the next one who waits.
        console.keys("j");
        assert_eq!(console.state.chats.rows.selected_id().map(|id| id.to_string()), Some(id(31)));
        assert_eq!(listed(&console)[..3], [35, 31, 30], "the one who was answered is among the others now");
        assert_eq!(listed(&console).len(), before.len());
    }
}

#[test]
fn reading_the_list_again_brings_everybody_to_their_place() {
    let mut console = Console::open(120, 36);
    console.keys("j<enter>");
    let mut answered = console.shop.chats[2].clone();
    (answered["state"], answered["last_at"]) = (json!("waiting"), json!(ago(0)));
    console.shop.chats[2] = answered.clone();
    console.tell(Topic::ChatChanged, answered);
    assert_eq!(listed(&console)[1], 32);
    console.keys("<esc><f5>");
    assert_eq!(listed(&console)[..3], [35, 31, 32]);
}

#[test]
fn a_countdown_stands_on_top_with_its_seconds() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut console = Console::open(columns, rows);
        let before = listed(&console);
        assert_eq!(before[0], 35, "{before:?}");
        let mut counting = console.shop.chats[3].clone();
        let ends = mychatflow_data::time::Timestamp::from_millis(crate::shop::NOW + 12_000);
        (counting["mode"], counting["sends_at"]) = (json!("countdown"), json!(ends.to_string()));
        console.shop.chats[3] = counting.clone();
        console.tell(Topic::ChatChanged, counting.clone());
        assert_eq!(listed(&console)[..2], [33, 35]);
        assert!(console.shows("sends in 12 s"), "{}", console.picture());
        console.pass(Duration::from_secs(5));
        assert!(console.shows("sends in 7 s"), "{}", console.picture());
        // The line over the thread says it too: the answer itself may stand off the screen.
        console.keys("g<enter>");
        assert!(console.shows("the answer goes out in"), "{}", console.picture());
        console.keys("<esc>");
        // It was stopped: it has no seconds any more.
        counting["sends_at"] = json!(null);
        console.shop.chats[3] = counting.clone();
        console.tell(Topic::ChatChanged, counting);
        console.keys("<f5>j");
        assert!(!console.shows("goes out in 7 s"), "{}", console.picture());
    }
}
