//! Reading, writing and steering threads.

use mychatflow_data::ids::InteractionId;
use mychatflow_data::model::new_chats::{FIRST_MESSAGE, NEW_CHATS_CLOSED, NewChatCapping, consent_question};
use mychatflow_data::protocol::error::Code;
use mychatflow_data::store::tx::outcome::After;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::world::{ANA, ANA_PHONE, world, world_with};

#[tokio::test]
async fn a_thread_is_listed_and_shown_with_clean_words_oldest_first() {
    let world = world().await;
    for (id, text) in [("A1", "open\u{7} today?"), ("A2", "and \u{202e}tomorrow?"), ("A3", "hello?")] {
        world.says(ANA, id, text).await;
    }
    let listed = world.call("chat.list", json!({})).await;
    let chat = &listed["items"][0];
    assert_eq!((&chat["name"], &chat["phone"]), (&json!("Ana"), &json!("+4915111111111")));
    assert_eq!((&chat["unread"], &chat["mode"], &listed["next"]), (&json!(3), &json!("auto"), &json!(null)));
    assert!(chat["last_at"].is_string());

    let newest = world.call("chat.show", json!({"chat": "ana", "limit": 2})).await;
    let texts = |shown: &serde_json::Value| {
        let items = shown["items"].as_array().unwrap().iter();
        items.map(|item| item["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&newest), ["and tomorrow?", "hello?"]);
    let older = world.call("chat.show", json!({"chat": ANA_PHONE, "limit": 2, "after": newest["next"]})).await;
    assert_eq!((texts(&older), &older["next"]), (vec!["open today?".to_owned()], &json!(null)));
    assert_eq!(older["chat"]["id"], chat["id"]);
    let item = &newest["items"][1];
    assert_eq!(
        (&item["direction"], &item["author"], &item["state"]),
        (&json!("in"), &json!("customer"), &json!("received"))
    );

    assert_eq!(world.refused("chat.show", json!({"chat": "Zoe"})).await.0, Code::NotFound);
    assert_eq!(world.refused("chat.list", json!({"after": "nonsense"})).await.0, Code::Invalid);
    assert_eq!(world.refused("chat.list", json!({"instance": "other"})).await.0, Code::NotFound);
    assert_eq!(world.call("chat.list", json!({"instance": "main", "state": "done"})).await["items"], json!([]));
}

#[tokio::test]
async fn a_first_message_to_somebody_needs_a_word_while_whatsapp_wants_no_new_chats() {
    let world = world().await;
    let now = world.daemon.cx.now();
    world.says(ANA, "A1", "open today?").await;
    let stranger = "+4915122222222";
    world.call("chat.pause", json!({"chat": stranger})).await;
    let until = now + std::time::Duration::from_secs(86_400);
    let spent = NewChatCapping { state: "CAPPED".into(), quota: Some(50), used: 50, until: Some(until), seen_at: now };
    world.shop.restrict_instance(world.number, None, Some(spent)).await.unwrap();
    let send = |chat: &str| json!({"chat": chat, "text": "we are open"});
    let (code, why) = world.refused("chat.send", send(stranger)).await;
    assert_eq!(code, Code::Conflict);
    assert!(why.starts_with(NEW_CHATS_CLOSED) && why.contains("--yes"), "{why}");
    assert_eq!(world.call("chat.send", send(ANA_PHONE)).await["state"], "queued", "who wrote is nobody new");
    let consent = json!({"chat": stranger, "text": "we are open", "yes": true});
    assert_eq!(world.call("chat.send", consent).await["state"], "queued");
    assert_eq!(world.call("chat.send", send(stranger)).await["state"], "queued", "the chat has begun");
}

#[tokio::test]
async fn a_first_message_to_a_number_asks_and_counts_as_a_new_person() {
    let world = world().await;
    let stranger = "+4915122222222";
    let send = |more: Value| {
        let mut call = json!({"chat": stranger, "text": "we are open"});
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call
    };
    let (code, why) = world.refused("chat.send", send(json!({}))).await;
    assert_eq!(code, Code::Conflict);
    assert!(why.starts_with(FIRST_MESSAGE) && why.contains(stranger) && why.contains("10 more"), "{why}");
    assert!(why.contains("--yes") && !consent_question(&why).contains("--yes"), "{why}");
    assert_eq!(world.call("chat.list", json!({})).await["items"], json!([]), "an unanswered question makes no chat");
    let newcomers = async || world.shop.newcomers(world.number, world.daemon.cx.now()).await.unwrap().lately;
    assert_eq!(newcomers().await, 0);
    assert_eq!(world.call("chat.send", send(json!({"yes": true}))).await["state"], "queued");
    assert_eq!(world.call("chat.send", send(json!({}))).await["state"], "queued", "the chat has begun");
    assert_eq!(newcomers().await, 1, "one person, however many messages");
    let (_, why) = world.refused("chat.send", json!({"chat": "+4915133333333", "text": "hi"})).await;
    assert!(why.contains("9 more"), "{why}");
    // Who wrote first is nobody new.
    world.says(ANA, "A1", "open today?").await;
    assert_eq!(world.call("chat.send", json!({"chat": ANA_PHONE, "text": "yes"})).await["state"], "queued");
    assert_eq!(newcomers().await, 1);
}

#[tokio::test]
async fn what_whatsapp_lets_a_number_start_counts_chats_begun_by_hand() {
    let world = world().await;
    let now = world.daemon.cx.now();
    let until = now + std::time::Duration::from_secs(86_400);
    let nearly = NewChatCapping {
        state: "NONE".into(),
        quota: Some(50),
        used: 49,
        until: Some(until),
        seen_at: now - std::time::Duration::from_secs(1),
    };
    world.shop.restrict_instance(world.number, None, Some(nearly)).await.unwrap();
    let send = |chat: &str| json!({"chat": chat, "text": "we are open", "yes": true});
    world.call("chat.send", send("+4915122222222")).await;
    let (_, why) = world.refused("chat.send", json!({"chat": "+4915133333333", "text": "hi"})).await;
    assert!(why.starts_with(NEW_CHATS_CLOSED), "{why}");
}

#[tokio::test]
async fn a_send_returns_once_durable_and_the_same_reference_is_one_message() {
    let world = world().await;
    world.says(ANA, "A1", "open today?").await;
    let first = world.call("chat.send", json!({"chat": "ana", "text": "yes"})).await;
    assert_eq!((&first["state"], &first["wa_id"]), (&json!("queued"), &json!(null)));
    let again = json!({"chat": "ana", "text": "yes", "client_ref": first["client_ref"]});
    assert_eq!(world.call("chat.send", again).await["id"], first["id"]);
    let chat = world.call("chat.show", json!({"chat": "ana"})).await["chat"].clone();
    assert_eq!(chat["state"], "waiting");
    assert!(chat["paused_until"].is_string(), "a human beats the assistant: {chat}");
    assert_eq!(world.refused("chat.send", json!({"chat": "ana", "text": " "})).await.0, Code::Invalid);

    let waited = world.call("chat.send", json!({"chat": "ana", "text": "still?", "wait": "50ms"})).await;
    assert_eq!(waited["state"], "queued", "without a server it is still queued when the time is up");
    let cancelled = world.call("chat.cancel", json!({"chat": "ana", "id": waited["id"]})).await;
    assert_eq!(cancelled["state"], "cancelled");
    let (code, _) = world.refused("chat.cancel", json!({"chat": "ana", "id": waited["id"]})).await;
    assert_eq!(code, Code::Conflict);
}

#[tokio::test]
async fn a_send_that_waits_answers_when_the_message_has_left() {
    let world = world().await;
    world.says(ANA, "A1", "open today?").await;
    let cx = &world.daemon.cx;
    let send = world.call("chat.send", json!({"chat": "ana", "text": "yes", "wait": "20s"}));
    let deliver = async {
        // What a sender would do, by hand: it hears of the message on the bus.
        let mut heard = cx.bus.listen(mychatflow_daemon::bus::Wish {
            audience: mychatflow_daemon::bus::Audience::Everybody,
            topics: Vec::new(),
            since: Some((0, None)),
        });
        let id: InteractionId = loop {
            let chat = world.shop.chat_named(ANA.into(), None).await.unwrap().chat.id;
            if let Some(message) = world.shop.unsent(chat).await.unwrap().first() {
                break message.id;
            }
            heard.next().await;
        };
        world.shop.record_sent(id, None, Some("true_x_OUT".into()), After::Waiting, cx.now()).await.unwrap();
    };
    let (sent, ()) = tokio::join!(send, deliver);
    assert_eq!((&sent["state"], &sent["wa_id"]), (&json!("sent"), &json!("true_x_OUT")));
}

#[tokio::test]
async fn a_human_steers_a_chat() {
    // With a key the answer waits for the number to be paired, so that nothing changes the chat meanwhile.
    let world = world_with(|config| config.gemini.api_key = SecretString::from("a key of a test".to_owned())).await;
    world.says(ANA, "A1", "open today?").await;
    let paused = world.call("chat.pause", json!({"chat": "ana", "for": "1h"})).await;
    assert_eq!((&paused["state"], &paused["reason"]), (&json!("needs_you"), &json!("paused")));
    let resumed = world.call("chat.resume", json!({"chat": "ana"})).await;
    assert_eq!((&resumed["state"], &resumed["paused_until"]), (&json!("assistant"), &json!(null)));
    let snoozed = world.call("chat.snooze", json!({"chat": "ana", "for": "2h"})).await;
    assert_eq!(snoozed["state"], "snoozed");
    assert_eq!(world.call("chat.done", json!({"chat": "ana"})).await["state"], "done");
    let (code, _) = world.refused("chat.approve", json!({"chat": "ana"})).await;
    assert_eq!(code, Code::Conflict);
    assert_eq!(world.refused("chat.cancel", json!({"chat": "ana"})).await.0, Code::Conflict);
}

#[tokio::test]
async fn a_number_that_never_wrote_can_be_paused() {
    let world = world().await;
    let paused = world.call("chat.pause", json!({"chat": "+49 30 1234567", "for": "12h"})).await;
    assert_eq!((&paused["phone"], &paused["name"]), (&json!("+49301234567"), &json!(null)));
    assert!(paused["paused_until"].is_string());
    assert_eq!(world.call("chat.list", json!({})).await["items"].as_array().unwrap().len(), 1);
    assert_eq!(world.refused("chat.pause", json!({"chat": "Zoe"})).await.0, Code::NotFound);
}

#[tokio::test]
async fn of_somebody_who_never_wrote_there_is_nothing_to_show() {
    let world = world().await;
    let (code, message) = world.refused("chat.show", json!({"chat": "+49 172 1234567"})).await;
    assert_eq!(code, Code::NotFound);
    assert!(message.contains("never wrote") && message.contains("mychatflow chat pause +491721234567"), "{message}");
}
