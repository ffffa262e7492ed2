//! What is printed: lines for programs, tables for people, nothing that a stranger's text could do to a terminal.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;
use std::time::Duration;

use mychatflow_data::ids::{ChatId, InstanceId, InteractionId, RunId};
use mychatflow_data::protocol::calls::chat::{ChatList, ChatPause, ChatSend, ChatShow};
use mychatflow_data::protocol::calls::daemon::DaemonStatus;
use mychatflow_data::protocol::calls::instance::{InstanceList, InstancePair, InstanceQr, InstanceShow};
use mychatflow_data::protocol::calls::settings::{SettingsSet, SettingsShow};
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::protocol::span::Span;
use mychatflow_data::protocol::{Request, TenantRequest};
use mychatflow_data::time::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::desk::Desk;

const AT: &str = "2026-11-23T00:20:14.568Z";

fn chat(name: &str) -> Value {
    json!({
        "id": ChatId::new(), "name": name, "phone": "+4915111111111", "state": "needs_you", "reason": "no credit left",
        "mode": "auto", "paused_until": null, "unread": 2, "last_at": AT, "instance": InstanceId::new(), "contact": null,
        "kind": "direct", "mode_set": null, "snoozed_until": null, "handoff_at": null, "preview": null
    })
}

fn message(text: &str) -> Value {
    json!({
        "id": InteractionId::new(), "at": AT, "direction": "in", "author": "customer", "state": "received", "text": text,
        "wa_id": null, "reason": null, "chat": ChatId::new(), "kind": "text"
    })
}

/// Five chats, two a page.
fn five_chats(desk: &Desk) {
    desk.replies_with::<ChatList>(|request| {
        let Request::Tenant(TenantRequest::ChatList(list)) = request else { panic!("{request:?}") };
        let from: usize = list.after.as_ref().map_or(0, |after| after.as_str().parse().unwrap());
        let count = 2.min(list.limit.unwrap() as usize).min(5 - from);
        let items: Vec<Value> = (from..from + count).map(|n| chat(&format!("Customer {n}"))).collect();
        let next = (from + count < 5).then(|| (from + count).to_string());
        Ok(json!({"items": items, "next": next}))
    });
}

#[tokio::test]
async fn a_program_gets_the_whole_list_one_object_a_line() {
    let desk = Desk::with_daemon();
    five_chats(&desk);
    let lines = desk.run(&["chat", "list", "--json"]).await.lines();
    let names: Vec<_> = lines.iter().map(|line| line["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Customer 0", "Customer 1", "Customer 2", "Customer 3", "Customer 4"]);
    assert_eq!(desk.run(&["chat", "list", "--json", "--limit", "3"]).await.lines().len(), 3);
}

#[tokio::test]
async fn a_person_gets_a_table_and_is_told_when_there_is_more() {
    let desk = Desk::with_daemon();
    five_chats(&desk);
    let ran = desk.run(&["chat", "list", "--limit", "3"]).await;
    let lines: Vec<&str> = ran.stdout().lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[0].starts_with("NAME        PHONE           STATE"), "{}", lines[0]);
    assert!(lines[1].starts_with("Customer 0  +4915111111111  needs_you: no credit left  auto"), "{}", lines[1]);
    assert!(ran.stderr().contains("--limit"), "{}", ran.stderr());
    let hint = "no credit left: mychatflow credit grant N\n";
    assert_eq!(ran.stderr().matches(hint).count(), 1, "once for all: {}", ran.stderr());
    desk.replies::<ChatList>(json!({"items": [], "next": null}));
    assert_eq!(desk.run(&["chat", "list"]).await.stdout(), "no chats yet\n");
}

#[tokio::test]
async fn a_thread_is_printed_oldest_first_over_all_its_pages() {
    let desk = Desk::with_daemon();
    desk.replies_with::<ChatShow>(|request| {
        let Request::Tenant(TenantRequest::ChatShow(show)) = request else { panic!("{request:?}") };
        Ok(match show.after {
            None => json!({"items": [message("third"), message("fourth")], "next": "older", "chat": chat("Anna")}),
            Some(_) => json!({"items": [message("first"), message("second")], "next": null, "chat": chat("Anna")}),
        })
    });
    let lines = desk.run(&["chat", "show", "Anna", "--json"]).await.lines();
    let texts: Vec<_> = lines.iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["first", "second", "third", "fourth"]);
}

#[tokio::test]
async fn a_strangers_text_can_do_nothing_to_a_terminal() {
    let desk = Desk::with_daemon();
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}moc.elpmaxe\u{9b}31m\nsecond line";
    desk.replies::<ChatShow>(json!({"items": [message(evil)], "next": null, "chat": chat(evil)}));
    desk.replies::<ChatList>(json!({"items": [chat(evil)], "next": null}));
    for line in [&["chat", "show", "Anna"][..], &["chat", "list"], &["chat", "list", "--json"]] {
        let ran = desk.run(line).await;
        let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!ran.stdout().contains(bad), "{:?}", ran.stdout());
        assert_eq!(ran.code(), 0);
    }
    assert_eq!(desk.run(&["chat", "list", "--json"]).await.lines()[0]["name"], evil);
}

#[tokio::test]
async fn what_is_typed_arrives_as_it_was_meant() {
    let desk = Desk::with_daemon();
    desk.replies::<ChatPause>(chat("Anna"));
    let ran = desk.run(&["chat", "pause", "Anna", "--for", "12h", "--tenant", "shop", "--instance", "main"]).await;
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    let pause = ChatPause {
        tenant: Some("shop".into()),
        chat: "Anna".into(),
        instance: Some("main".into()),
        span: Some(Span(Duration::from_secs(43_200))),
    };
    assert_eq!(desk.asked(), Request::Tenant(TenantRequest::ChatPause(pause)));

    desk.replies::<SettingsSet>(json!({"key": "assistant.mode", "value": null, "source": "config"}));
    desk.run(&["settings", "set", "assistant.mode", "--unset"]).await;
    let Request::Tenant(TenantRequest::SettingsSet(set)) = desk.asked() else { panic!() };
    assert_eq!((set.key.word(), set.value), ("assistant.mode", None));
}

#[tokio::test]
async fn the_daemons_status_says_what_does_not_answer() {
    let desk = Desk::with_daemon();
    desk.replies::<DaemonStatus>(json!({
        "version": "0.1.0", "protocol": 1, "pid": 42, "uptime_s": 3_700, "socket": "/run/s", "webhook": "http://127.0.0.1:8480",
        "waha": [{"name": "main", "url": "http://w:3000", "health": "down", "version": null, "ok_at": null, "error": "connection refused"}],
        "gemini": {"model": "gemini-3.5-flash-lite", "health": "ok", "ok_at": Timestamp::now(), "error": null},
        "store": {"path": "/data/db", "health": "ok", "schema": 1, "size_bytes": 412_000_000, "wal_bytes": 0, "free_bytes": null, "error": null},
        "build": "dev", "epoch": RunId::new(), "metrics": null
    }));
    let ran = desk.run(&["daemon", "status"]).await;
    let expected = "daemon   0.1.0 (dev), pid 42, up 1h1m40s\n\
                    socket   /run/s\n\
                    webhook  http://127.0.0.1:8480\n\
                    store    ok  /data/db, 412 MB, log 0 B, written not since the start\n\
                    gemini   ok  gemini-3.5-flash-lite, last answered now\n\
                    waha     down  main at http://w:3000: connection refused, last answered never\n";
    assert_eq!(ran.stdout(), expected);
}

#[tokio::test]
async fn a_send_prints_its_document() {
    let desk = Desk::with_daemon();
    let id = InteractionId::new();
    desk.replies::<ChatSend>(
        json!({"id": id, "state": "queued", "wa_id": null, "client_ref": null, "chat": ChatId::new(), "reason": null}),
    );
    let lines = desk.run(&["chat", "send", "+4915111111111", "hello", "--json"]).await.lines();
    assert_eq!((&lines[0]["id"], &lines[0]["state"]), (&json!(id), &json!("queued")));
}

#[tokio::test]
async fn the_pairing_code_is_drawn_or_written_as_a_picture() {
    let desk = Desk::with_daemon();
    desk.replies::<InstanceQr>(json!({
        "value": "2@abc", "attempt": 2, "attempts_max": 6, "shown_at": AT, "expires_at": AT, "png": null
    }));
    let drawn = desk.run(&["instance", "qr", "main"]).await;
    assert!(drawn.stdout().starts_with("\u{1b}[38;5;16;48;5;231m "), "black on white: {:?}", drawn.stdout());
    assert!(drawn.stderr().contains("code 2 of 6"), "{}", drawn.stderr());
    let picture = desk.run(&["instance", "qr", "main", "--png", "-"]).await;
    assert!(picture.0.stdout.starts_with(b"\x89PNG"));
    desk.run(&["instance", "qr", "main", "--png", "qr.png"]).await;
    assert_eq!(std::fs::read(desk.path().join("qr.png")).unwrap(), picture.0.stdout);
    let mode = std::fs::metadata(desk.path().join("qr.png")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "whoever has the code can pair a phone");

    std::fs::write(desk.path().join("letter.txt"), "mine").unwrap();
    symlink("letter.txt", desk.path().join("link.png")).unwrap();
    let refused = desk.run(&["instance", "qr", "main", "--png", "link.png"]).await;
    let words = "mychatflow: link.png is a link, and is left alone: name a plain file, or - to print it";
    assert_eq!((refused.code(), refused.stderr().trim_end()), (1, words));
    assert_eq!(std::fs::read_to_string(desk.path().join("letter.txt")).unwrap(), "mine");
}

#[tokio::test]
async fn the_code_of_the_only_number_needs_no_name() {
    let desk = Desk::with_daemon();
    desk.replies::<InstanceQr>(json!({
        "value": "2@abc", "attempt": 2, "attempts_max": 6, "shown_at": AT, "expires_at": AT, "png": null
    }));
    let number = |name: &str| {
        json!({
            "id": InstanceId::new(), "name": name, "waha": "main", "session": "default", "status": "STARTING",
            "verdict": "dead", "reason": "WAHA is connecting it", "since": AT, "me": null
        })
    };
    desk.replies::<InstanceList>(json!({"items": [number("main")], "next": null}));
    let drawn = desk.run(&["instance", "qr"]).await;
    assert_eq!(drawn.code(), 0, "{}", drawn.stderr());
    assert!(drawn.stderr().contains("code 2 of 6"), "{}", drawn.stderr());
    let listed = desk.run(&["instance", "list"]).await;
    assert!(listed.stdout().contains("connecting: WAHA is connecting it"), "{}", listed.stdout());
    assert!(!listed.stdout().contains("dead"), "{}", listed.stdout());

    desk.replies::<InstanceList>(json!({"items": [number("main"), number("second line")], "next": null}));
    let refused = desk.run(&["instance", "qr"]).await;
    assert_eq!(refused.code(), 1);
    assert!(refused.stderr().contains("say which, one of main, 'second line'"), "{}", refused.stderr());
    desk.replies::<InstanceList>(json!({"items": [], "next": null}));
    let refused = desk.run(&["instance", "qr"]).await;
    assert!(refused.stderr().contains("next: mychatflow instance add"), "{}", refused.stderr());
}

#[tokio::test]
async fn pairing_follows_the_code_until_it_is_scanned() {
    let desk = Desk::with_daemon();
    desk.replies::<InstancePair>(
        json!({"id": InstanceId::new(), "name": "main", "status": "SCAN_QR_CODE", "code": null}),
    );
    desk.replies::<InstanceQr>(json!({
        "value": "2@abc", "attempt": 1, "attempts_max": 6, "shown_at": AT, "expires_at": AT, "png": null
    }));
    let bus = desk.bus().clone();
    let looks = std::sync::atomic::AtomicU32::new(0);
    desk.replies_with::<InstanceShow>(move |_| {
        // It is scanned as soon as the code was looked at twice.
        let look = looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        bus.publish(None, Topic::InstanceChanged, &json!({}));
        let status = if look < 2 { "SCAN_QR_CODE" } else { "WORKING" };
        Ok(json!({
            "id": InstanceId::new(), "name": "main", "waha": "main", "session": "default", "status": status,
            "verdict": "healthy", "reason": null, "since": AT, "me": {"id": "4915111111111@c.us", "name": "Corner Shop"},
            "webhook_url": "http://x"
        }))
    });
    let ran = desk.run(&["instance", "pair", "main"]).await;
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    assert_eq!(ran.stderr().matches("code 1 of 6").count(), 1, "drawn once while it is the same: {}", ran.stderr());
    assert!(ran.stdout().ends_with("main is paired: hello +4915111111111 (Corner Shop)\n"), "{}", ran.stdout());
}

#[tokio::test]
async fn events_are_printed_as_they_happen_and_afterwards() {
    let desk = Desk::with_daemon();
    desk.bus().publish(None, Topic::DaemonNotice, &json!({"text": "before"}));
    let mut follow = desk.command(&["events", "--follow", "--topic", "credit.changed", "--json"]);
    let mut follow = follow.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines();
    // Nobody can tell when the subscription stands, so the balance goes on changing until a line comes.
    let line = loop {
        desk.bus().publish(None, Topic::CreditChanged, &json!({"balance": 7}));
        if let Ok(line) = tokio::time::timeout(Duration::from_millis(50), lines.next_line()).await {
            break line.unwrap().unwrap();
        }
    };
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&line["topic"], &line["data"]["balance"], &line["tenant"]),
        (&json!("credit.changed"), &json!(7), &Value::Null)
    );
    assert!(line["seq"].is_u64() && line["at"].is_string(), "{line}");
    follow.kill().await.unwrap();

    let lines = desk.run(&["events", "--json"]).await.lines();
    assert_eq!(lines[0]["data"]["text"], "before");
    assert_eq!(lines.len(), usize::try_from(desk.bus().seq()).unwrap());
}

#[tokio::test]
async fn a_reader_that_leaves_is_no_failure() {
    let desk = Desk::with_daemon();
    desk.replies_with::<SettingsShow>(|_| {
        let line = json!({"key": "business.profile", "value": "x".repeat(9_000), "source": "tenant"});
        Ok(json!({"items": vec![line; 100], "next": null}))
    });
    let mut command = desk.command(&["settings", "show", "--json"]);
    let mut ran = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(ran.stdout.take());
    let ended = ran.wait_with_output().await.unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
}

#[tokio::test]
async fn completions_and_the_manual_name_every_command() {
    let desk = Desk::new();
    for line in [&["completions", "bash"][..], &["completions", "zsh"], &["completions", "fish"], &["man"]] {
        let ran = desk.run(line).await;
        assert_eq!(ran.code(), 0);
        for word in ["relay", "quick", "webhook", "snooze"] {
            assert!(ran.stdout().contains(word), "{line:?} without {word}");
        }
    }
}
