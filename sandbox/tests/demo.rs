//! The script of the demo, played against the sandbox with a shop that does the least a shop could do.
#![allow(clippy::unwrap_used, reason = "helpers of tests: a panic is the report")]

mod support;

use mychatflow_sandbox::customers::{self, Act, Expect};
use mychatflow_sandbox::gemini;
use mychatflow_sandbox::waha::Options;
use serde_json::{Value, json};
use support::World;

/// What the assistant decides about these lines.
async fn decided(http: &reqwest::Client, gemini: &gemini::Server, lines: &[String]) -> String {
    let shop = customers::shop();
    let replies: String = shop.quick_replies.iter().map(|(label, text)| format!("- {label}: {text}\n")).collect();
    let system = format!("<business>\nAbout:\n{}\nOpening times:\n{}\n{replies}</business>", shop.profile, shop.hours);
    let parts: Vec<Value> = lines.iter().map(|line| json!({"text": line})).collect();
    let body = json!({
        "systemInstruction": {"parts": [{"text": system}]},
        "contents": [{"role": "user", "parts": parts}],
        "generationConfig": {"responseMimeType": "application/json", "responseSchema": {
            "type": "OBJECT", "properties": {"action": {"type": "STRING"}, "reply": {"type": "STRING"}}, "required": ["action", "reply"],
        }},
    });
    let url = format!("{}/v1beta/models/gemini-3.5-flash-lite:generateContent", gemini.url());
    let response =
        http.post(url).header("x-goog-api-key", gemini.api_key()).body(body.to_string()).send().await.unwrap();
    let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    let said: Value =
        serde_json::from_str(body["candidates"][0]["content"]["parts"][0]["text"].as_str().unwrap()).unwrap();
    said["action"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_beat_can_be_played_and_is_decided_as_expected() {
    let world = World::working(Options::default()).await;
    let gemini = gemini::Server::start(gemini::Options::default()).await.unwrap();
    let http = mychatflow_sandbox::http_client::builder().no_proxy().build().unwrap();
    for regular in customers::regulars() {
        regular.settle(&world.waha, "default", 1_795_393_000).await.unwrap();
    }
    let (_, chats) = world.client.get("/api/default/chats/overview").await;
    assert_eq!(chats[0]["name"], "Flour mill (supplier)");
    for seed in 0..6 {
        let mut open: Vec<(String, Vec<String>)> = Vec::new();
        for beat in customers::script(seed) {
            let id = beat.act.perform(&world.waha, "default").await.unwrap();
            let line = match &beat.act {
                Act::Says(_, text) => text.clone(),
                Act::Sends(_, content) => format!("[photo] {}", caption(content)),
                _ => continue,
            };
            assert!(id.is_some());
            let chat = beat.act.chat_id();
            if !open.iter().any(|(known, _)| *known == chat) {
                open.push((chat.clone(), Vec::new()));
            }
            let (_, lines) = open.iter_mut().find(|(known, _)| *known == chat).unwrap();
            lines.push(line);
            let wanted = match beat.expect {
                Expect::Answer => "reply",
                Expect::Handoff => "handoff",
                Expect::Nothing => continue,
            };
            assert_eq!(decided(&http, &gemini, lines).await, wanted, "{lines:?}");
            lines.clear();
        }
    }
}

fn caption(content: &mychatflow_sandbox::waha::Content) -> String {
    match content {
        mychatflow_sandbox::waha::Content::Image { caption } => caption.clone().unwrap_or_default(),
        _ => String::new(),
    }
}
