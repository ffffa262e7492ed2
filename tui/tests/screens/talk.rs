//! What is said in the shop: chats in every state, and threads with messages of every kind.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::shop::{ago, id};

#[expect(clippy::too_many_arguments, reason = "a row of a table")]
fn chat(
    number: u8,
    name: Value,
    phone: &str,
    state: &str,
    reason: Value,
    unread: i64,
    minutes: i64,
    author: &str,
    last: &str,
    preview: &str,
) -> Value {
    let waiting = if author == "customer" { json!(ago(minutes)) } else { Value::Null };
    json!({"id": id(number), "name": name, "phone": phone, "state": state, "reason": reason, "mode": "auto", "paused_until": null,
        "unread": unread, "last_at": ago(minutes), "instance": id(20), "contact": id(number + 100), "kind": "direct", "mode_set": null,
        "snoozed_until": if state == "snoozed" { json!(ago(-130)) } else { Value::Null }, "handoff_at": null, "preview": preview,
        "last_author": author, "last_state": last, "waiting_since": waiting, "tags": [], "review": "customer", "opted_out_at": null})
}

/// The list.
pub fn chats() -> Value {
    let mut aylin = chat(
        30,
        json!("Aylin Yılmaz"),
        "4915111111111",
        "waiting",
        Value::Null,
        0,
        2,
        "assistant",
        "read",
        "Yes! Sundays 10–16. Shall I keep a table? 🙂",
    );
    aylin["tags"] = json!(["vip", "bread"]);
    let mut paused = chat(
        34,
        json!("Jonas"),
        "4915144444444",
        "waiting",
        Value::Null,
        0,
        300,
        "human",
        "delivered",
        "I will look into it and call you back.",
    );
    paused["paused_until"] = json!(ago(-600));
    paused["mode"] = json!("countdown");
    paused["mode_set"] = json!("countdown");
    json!([
        aylin,
        chat(
            31,
            json!("👨‍👩‍👧‍👦 Familie Müller-Lüdenscheidt von und zu Hohenstein 🇩🇪"),
            "4915122222222",
            "needs_you",
            json!("40 € is not in your facts"),
            2,
            42,
            "customer",
            "held",
            "the blue one is 40 € ?"
        ),
        chat(
            32,
            json!("東京のお客様 ❤️"),
            "819012345678",
            "needs_you",
            json!("asked for a human"),
            11,
            95,
            "customer",
            "received",
            "予約できますか。明日の午後三時に四人でお願いします"
        ),
        chat(
            33,
            json!("مرحبا أحمد"),
            "966501234567",
            "assistant",
            Value::Null,
            1,
            0,
            "customer",
            "received",
            "هل أنتم مفتوحون يوم الأحد؟"
        ),
        paused,
        chat(
            35,
            Value::Null,
            "447700900123",
            "needs_you",
            json!("no credit left"),
            1,
            1500,
            "customer",
            "received",
            "hello?"
        ),
        chat(
            36,
            json!("Snoozing Sue"),
            "4915166666666",
            "snoozed",
            Value::Null,
            0,
            2000,
            "human",
            "sent",
            "Let us talk on Monday."
        ),
        chat(
            37,
            json!("evil \u{1b}]0;owned\u{7}\u{202e}gnp.exe\u{202c} name"),
            "4915177777777",
            "done",
            Value::Null,
            0,
            9000,
            "phone",
            "failed",
            "\u{1b}[2Jgone\u{0}"
        ),
    ])
}

#[expect(clippy::too_many_arguments, reason = "a row of a table")]
fn said(
    number: u8,
    chat: u8,
    minutes: i64,
    direction: &str,
    author: &str,
    state: &str,
    text: &str,
    more: Value,
) -> Value {
    let mut item = json!({"id": id(number), "at": ago(minutes), "direction": direction, "author": author, "state": state, "text": text,
        "wa_id": null, "reason": null, "chat": id(chat), "kind": "text", "client_ref": null, "reply_to": null, "author_name": null,
        "reaction": null, "model": null, "latency_ms": null, "sends_at": null});
    for (key, value) in more.as_object().into_iter().flatten() {
        item[key] = value.clone();
    }
    item
}

/// The threads.
pub fn threads() -> BTreeMap<String, Value> {
    let none = || json!({});
    let aylin = json!({"items": [
        said(120, 30, 1600, "in", "customer", "received", "Do you have the dark rye bread with walnuts this week?", none()),
        said(121, 30, 1599, "out", "human", "read", "We do, every Thursday.", none()),
        said(122, 30, 60, "in", "customer", "edited", "And two cakes, please ❤️ 👨‍👩‍👧‍👦 🇩🇪", json!({"original": "And one cake, please"})),
        said(123, 30, 58, "out", "assistant", "delivered", "Two cakes, gladly. Which ones?", json!({"model": "gemini-3.5-flash-lite", "latency_ms": 1234, "quoted": {"author": "customer", "text": "And two cakes, please"}})),
        said(124, 30, 50, "in", "customer", "revoked", "", json!({"original": "forget it"})),
        said(125, 30, 40, "in", "customer", "received", "", json!({"kind": "audio", "media": {"mime": "audio/ogg", "file_name": null, "size_bytes": 41_200, "duration_s": 18}})),
        said(126, 30, 30, "out", "phone", "read", "Cheesecake it is then!", json!({"reaction": "👍"})),
        said(127, 30, 3, "in", "customer", "received", "Hi, are you open on Sunday?", none()),
        said(128, 30, 2, "out", "assistant", "read", "Yes! Sundays 10–16. Shall I keep a table? 🙂", json!({"model": "gemini-3.5-flash-lite", "latency_ms": 1200, "original": "Open on Sundays."}))],
        "notes": [{"id": id(150), "chat": id(30), "at": ago(35), "author": "mara", "text": "Allergic to nuts. Always ask."}], "draft": null});
    let held = json!({"items": [
        said(130, 31, 44, "in", "customer", "received", "the blue one is 40 € ?", none()),
        said(131, 31, 42, "out", "assistant", "held", "The blue one is 40 €.", json!({"reason": "40 € is not in your facts", "model": "gemini-3.5-flash-lite", "latency_ms": 900}))],
        "notes": [], "draft": "I will ask"});
    let countdown = json!({"items": [
        said(140, 33, 1, "in", "customer", "received", "هل أنتم مفتوحون يوم الأحد؟", none()),
        said(141, 33, 0, "out", "assistant", "queued", "نعم، من العاشرة حتى الرابعة.", json!({"sends_at": "2026-11-23T13:32:08Z"}))],
        "notes": [], "draft": null});
    let evil = json!({"items": [
        said(160, 37, 9001, "in", "customer", "received", &format!("\u{1b}[31mred\u{1b}[0m \u{202e}backwards\u{202c} nul\u{0} {}", "long".repeat(20_000)), none()),
        said(161, 37, 9000, "out", "phone", "failed", "short", json!({"reason": "WhatsApp refused it"}))], "notes": [], "draft": null});
    [(30, aylin), (31, held), (33, countdown), (37, evil)]
        .into_iter()
        .map(|(number, thread)| (id(number), thread))
        .collect()
}

/// What a search finds.
pub fn hits() -> Value {
    let hit = |number, chat, minutes, text: &str, name: &str| {
        json!({"interaction": said(number, chat, minutes, "in", "customer", "received", text, json!({})), "chat_name": name, "phone": null,
            "snippet": text, "marks": [[0, 2]]})
    };
    json!([
        hit(127, 30, 3, "Hi, are you open on Sunday?", "Aylin Yılmaz"),
        hit(120, 30, 1600, "Do you have the dark rye bread with walnuts this week?", "Aylin Yılmaz")
    ])
}

/// Why an answer was given.
pub fn why() -> Value {
    json!({"id": id(128), "chat": id(30), "interaction": null, "headline": "The assistant answered in 1.2 s with gemini-3.5-flash-lite, from quick reply hours",
        "lines": [{"at": ago(3), "what": "the customer wrote", "detail": "Hi, are you open on Sunday?"},
            {"at": ago(2), "what": "one credit was reserved", "detail": null},
            {"at": ago(2), "what": "written by the model", "detail": "Yes! Sundays 10–16. Shall I keep a table? 🙂"},
            {"at": null, "what": "it leans on", "detail": "quick reply hours"}]})
}
