//! Leaving with words that the daemon does not have: they get there, or one is asked.

use std::time::{Duration, Instant};

use mychatflow_data::ids::RunId;
use mychatflow_data::protocol::event::Topic;
use mychatflow_tui::key;
use mychatflow_tui::msg::{Effect, Link, Msg, Question, Refusal};
use mychatflow_tui::terminal_input::Bursts;
use serde_json::json;

use crate::console::Console;
use crate::shop::{ago, id};

/// A console in the composer of a chat that has no draft.
fn composing() -> Console {
    let mut console = Console::open(120, 36);
    console.keys("GGk<enter>i");
    console
}

/// The drafts that the daemon was given.
fn given(console: &Console) -> Vec<String> {
    let text = |question: &Question| match question {
        Question::ChatCompose(compose) => compose.text.clone(),
        _ => None,
    };
    console.asked.iter().filter_map(text).collect()
}

fn sent(console: &Console) -> Vec<String> {
    let text = |question: &Question| match question {
        Question::ChatSend(send) => Some(send.text.clone()),
        _ => None,
    };
    console.asked.iter().filter_map(text).collect()
}

fn is_leaving(console: &Console) -> bool {
    console.effects.contains(&Effect::Quit)
}

fn up() -> Msg {
    Msg::Link(Link::Up { epoch: RunId::from_bytes([9; 16]), seq: 0 })
}

/// The daemon goes away: no draft reaches it.
fn break_connection(console: &mut Console) {
    let reason = "the daemon closed the connection";
    console.take(Msg::Link(Link::Down { reason: reason.to_owned(), next_at: None }));
    console.shop.also = Some(Box::new(move |question| {
        (question.method() == "chat.draft").then(|| Err(Refusal { code: None, text: reason.to_owned() }))
    }));
}

#[test]
fn a_draft_written_while_the_daemon_is_away_is_kept_when_it_is_back() {
    let mut console = composing();
    break_connection(&mut console);
    console.keys("half a sentence").pass(Duration::from_secs(1));
    assert_eq!(given(&console), ["half a sentence"]);
    console.shop.also = None;
    console.keys("<ctrl-c>");
    assert_eq!(given(&console).len(), 2, "once more before the end");
    assert!(is_leaving(&console) && !console.state.chats.owes_drafts());

    let mut console = composing();
    break_connection(&mut console);
    console.keys("half a sentence<ctrl-c>");
    assert!(is_leaving(&console) && console.state.chats.owes_drafts() && console.shows("leaving; a moment"));
    console.shop.also = None;
    console.take(up());
    assert_eq!(given(&console).last().map(String::as_str), Some("half a sentence"));
    assert!(!console.state.chats.owes_drafts());
}

#[test]
fn a_draft_is_not_overtaken_by_an_older_one_of_the_same_chat() {
    let mut console = composing();
    for key in key::sequence("half").unwrap() {
        console.put(Msg::Key(key));
    }
    console.later(Duration::from_secs(1));
    console.put(Msg::Woke);
    for key in key::sequence(" a sentence").unwrap() {
        console.put(Msg::Key(key));
    }
    console.put(Msg::Ending);
    assert_eq!(given(&console), ["half"], "one at a time");
    assert!(console.state.chats.owes_drafts(), "the end waits for it");
    while console.answer() {}
    assert_eq!(given(&console), ["half", "half a sentence"]);
    assert!(!console.state.chats.owes_drafts());
}

#[test]
fn a_draft_that_the_daemon_refuses_does_not_hold_anybody() {
    let mut console = composing();
    console.shop.refuse = Some(("chat.draft", "this takes another role"));
    console.keys("half a sentence<ctrl-c>");
    assert!(is_leaving(&console) && !console.state.chats.owes_drafts());
}

#[test]
fn the_question_about_leaving_goes_when_the_message_has_arrived() {
    let mut console = composing();
    for key in key::sequence("See you!<enter><ctrl-c>").unwrap() {
        console.put(Msg::Key(key));
    }
    console.draw();
    assert!(console.shows("Leave? 1 message is not sent yet") && !is_leaving(&console));
    let client_ref = console.asked.iter().find_map(|question| match question {
        Question::ChatSend(send) => send.client_ref,
        _ => None,
    });
    let message = json!({"id": id(200), "at": ago(0), "direction": "out", "author": "human", "state": "queued",
        "text": "See you!", "chat": id(30), "kind": "text", "client_ref": client_ref.unwrap().to_string()});
    console.tell(Topic::InteractionAdded, message);
    assert!(is_leaving(&console) && !console.shows("Leave?"), "{:#?}", console.lines());
}

#[test]
fn whoever_leaves_without_a_message_keeps_the_draft_of_the_next() {
    let mut console = composing();
    for key in key::sequence("See you!<enter>and the nex<ctrl-c>y").unwrap() {
        console.put(Msg::Key(key));
    }
    assert!(is_leaving(&console));
    assert_eq!(given(&console), ["and the nex"]);
}

/// These keys all at once, and nothing behind them.
fn lump(console: &mut Console, keys: &str) {
    let mut bursts = Bursts::default();
    let msgs = key::sequence(keys).expect("they are keys").into_iter().map(Msg::Key).collect();
    let msgs = bursts.take(msgs, Instant::now());
    for msg in msgs.into_iter().chain(bursts.release()) {
        console.take(msg);
    }
}

#[test]
fn an_enter_behind_keys_that_come_all_at_once_sends() {
    for words in ["See you!", "See you tomorrow morning at a quarter past ten!"] {
        let mut console = Console::open(120, 36);
        console.keys("GGk");
        lump(&mut console, &format!("<enter>i{words}<enter>"));
        assert_eq!(sent(&console), [words], "{:#?}", console.lines());
    }
}

#[test]
fn an_enter_at_the_end_of_pasted_lines_sends_nothing() {
    for line in ["See you!", "See you tomorrow morning at a quarter past ten!"] {
        for begin in ["i", "<enter>i"] {
            let mut console = Console::open(120, 36);
            console.keys("GGk");
            if begin == "i" {
                console.keys("<enter>");
            }
            lump(&mut console, &format!("{begin}{line}<enter>{line}<enter>"));
            assert!(sent(&console).is_empty(), "{:#?}", console.lines());
            console.keys("<enter>");
            assert_eq!(sent(&console), [format!("{line}\n{line}")]);
        }
    }
}
