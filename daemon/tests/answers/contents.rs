//! Messages that are more than plain words: each is stored with its words, answered or shown to a human, and found again.

use mychatflow_daemon::http::signature::{ALGORITHM, ALGORITHM_HEADER, SIGNATURE_HEADER, sign};
use mychatflow_data::model::chat::{Chat, ChatState};
use mychatflow_data::model::interaction::{ContentKind, Interaction, InteractionState};
use mychatflow_data::store::search::Wanted;
use mychatflow_sandbox::faults::When;
use mychatflow_sandbox::gemini::{Fault, Operation};
use mychatflow_sandbox::waha::{Content, Customer, Engine};
use serde_json::{Value, json};

use super::world::{DEADLINE, KEY, SESSION, World, world};

const STORED: &str = r#"{"stored":true}"#;
const IGNORED: &str = r#"{"ignored":true}"#;

async fn post(world: &World, body: &Value) -> String {
    let body = body.to_string();
    let signature = sign(KEY.as_bytes(), body.as_bytes());
    let request = world.client.post(world.webhook_url()).header("content-type", "application/json");
    let request = request.header(SIGNATURE_HEADER, signature).header(ALGORITHM_HEADER, ALGORITHM);
    let answer = request.body(body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

/// A recorded delivery, as if a person of this number had sent it just now.
fn recorded(world: &World, name: &str, phone: &str) -> Value {
    let path = format!("{}/tests/fixtures/contents/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap().replace("4915100000010", phone);
    let mut body: Value = serde_json::from_str(&text.replace("3FA1", &format!("3FA1{phone}"))).unwrap();
    let now = world.daemon.cx.now().millis();
    body["timestamp"] = now.into();
    body["payload"]["timestamp"] = (now / 1000).into();
    body["session"] = SESSION.into();
    body
}

fn noweb(world: &World, id: &str, message: &Value) -> Value {
    let now = world.daemon.cx.now().millis();
    let chat = world.ana.chat_id();
    json!({"id": format!("evt_{id}"), "timestamp": now, "event": "message.any", "session": SESSION, "engine": "NOWEB",
        "payload": {"id": format!("false_{chat}_{id}"), "timestamp": now / 1000, "from": chat, "fromMe": false,
            "source": "app", "body": null, "hasMedia": false, "media": null,
            "_data": {"key": {"id": id}, "pushName": "Ana", "message": message}}})
}

async fn chat(world: &World, address: &str) -> Chat {
    let found = async || world.shop.find_chat(&address.parse().unwrap()).await.unwrap().map(|chat| chat.id);
    let id = world.until("a chat", found).await;
    world.shop.chat(id).await.unwrap().unwrap()
}

async fn first(world: &World, address: &str) -> Interaction {
    let chat = chat(world, address).await;
    let page = world.shop.interactions(chat.id, None, 10).await.unwrap();
    page.into_iter().find(|message| message.author == mychatflow_data::model::interaction::Author::Customer).unwrap()
}

async fn needs_you(world: &World, address: &str, reason: &str) {
    let chat = chat(world, address).await;
    assert_eq!((chat.state, chat.reason.as_deref()), (ChatState::NeedsYou, Some(reason)), "{address}");
}

#[tokio::test]
async fn words_that_only_the_engine_tells_are_answered_and_an_order_waits_for_a_human() {
    let world = world(Engine::Noweb).await;
    let order = recorded(&world, "catalogue-order", "4915100000012");
    assert_eq!(post(&world, &order).await, STORED);
    let stored = first(&world, "4915100000012@c.us").await;
    let words = "2 sourdough, 1 rye (Harbour Bakery, 2 items, 12.00 EUR)";
    assert_eq!((stored.kind, stored.text.as_str()), (ContentKind::Order, words));
    needs_you(&world, "4915100000012@c.us", "sent an order").await;
    assert_eq!(chat(&world, "4915100000012@c.us").await.preview, Some(format!("[order] {words}")));
    for (name, phone, words) in [
        ("button-click", "4915100000010", "Yes, please deliver"),
        ("words-inside", "4915100000011", "do you deliver to Quay Street?"),
    ] {
        let body = recorded(&world, name, phone);
        assert_eq!(post(&world, &body).await, STORED, "{name}");
        assert_eq!(post(&world, &body).await, r#"{"duplicate":true}"#, "{name}");
        let stored = first(&world, &format!("{phone}@c.us")).await;
        assert_eq!((stored.kind, stored.text.as_str()), (ContentKind::Text, words));
    }
    let sent = world.waha.wait_for_sent(2, DEADLINE).await.unwrap();
    let mut answered: Vec<&str> = sent.iter().map(|sent| sent.chat_id.as_str()).collect();
    answered.sort_unstable();
    assert_eq!(answered, ["4915100000010@c.us", "4915100000011@c.us"]);
    needs_you(&world, "4915100000012@c.us", "sent an order").await;
    // Who goes on writing is answered, and the model knows of the order.
    let ana = Customer::new("4915100000012", "Ana");
    world.waha.customer_says(SESSION, &ana, "When are you open?").await.unwrap();
    world.waha.wait_for_sent(3, DEADLINE).await.unwrap();
    assert!(asked(&world).contains(&format!("[order] {words}")));
}

#[tokio::test]
async fn a_sort_of_message_that_nobody_knows_is_stored_and_only_leftovers_are_ignored() {
    let world = world(Engine::Noweb).await;
    for name in ["quantumMessage", "carouselOfTomorrowMessage", "x"] {
        assert_eq!(post(&world, &noweb(&world, name, &json!({name: {"field": 1}}))).await, STORED, "{name}");
    }
    assert_eq!(post(&world, &noweb(&world, "NOTHING", &Value::Null)).await, STORED);
    for leftover in ["protocolMessage", "senderKeyDistributionMessage", "messageContextInfo", "pinInChatMessage"] {
        assert_eq!(
            post(&world, &noweb(&world, leftover, &json!({leftover: {"field": 1}}))).await,
            IGNORED,
            "{leftover}"
        );
    }
    let chat = world.chat().await;
    let page = world.shop.interactions(chat, None, 10).await.unwrap();
    let mut words: Vec<&str> = page.iter().map(|message| message.text.as_str()).collect();
    words.sort_unstable();
    assert_eq!(words, ["[carousel of tomorrow]", "[message without text]", "[quantum]", "[x]"]);
    assert!(page.iter().all(|message| message.kind == ContentKind::Other));
    needs_you(&world, &world.ana.chat_id(), "sent a message without text").await;
    assert!(world.jobs_done().await, "nothing of it is answered");
    assert_eq!(world.gemini.requests().iter().filter(|request| request.path.contains("generateContent")).count(), 0);
}

/// Everything that the model was asked so far.
fn asked(world: &World) -> String {
    let questions = world.gemini.requests().into_iter().map(|request| request.json()["contents"].to_string());
    questions.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn every_engine_s_contents_are_stored_told_to_the_model_and_found() {
    for engine in [Engine::Noweb, Engine::Gows, Engine::Webjs] {
        let world = world(engine).await;
        let customer = |n: usize| Customer::new(&format!("4477009002{n:02}"), "Ana");
        let text = |text: &str| (ContentKind::Text, text.to_owned());
        let own = world.waha.api_sends(SESSION, &customer(10).chat_id(), "Which?").await.unwrap();
        let contents = [
            (Content::ButtonAnswer("Yes, deliver".into()), text("Yes, deliver")),
            (Content::Disappearing("To the quay?".into()), text("To the quay?")),
            (Content::ListAnswer("Rye bread".into()), text("Rye bread")),
            (Content::ButtonChoice("The second one".into()), text("The second one")),
            (Content::FlowAnswer("Table for two".into()), text("Table for two")),
            (
                Content::NoveltyWithWords { sort: "futureThingMessage".into(), words: "On the island too?".into() },
                text("On the island too?"),
            ),
            (
                Content::Location {
                    latitude: 53.5436,
                    longitude: 9.9662,
                    name: Some("Harbour Café".into()),
                    address: Some("3 Quay Street".into()),
                },
                (ContentKind::Location, "Harbour Café, 3 Quay Street (53.5436, 9.9662)".into()),
            ),
            (
                Content::ContactCard { name: "Otto Müller-Lüdenscheidt".into(), phone: "+4915100000099".into() },
                (ContentKind::Contact, "Otto Müller-Lüdenscheidt +4915100000099".into()),
            ),
            (
                Content::Poll { question: "Which bread?".into(), options: vec!["Rye".into(), "Spelt".into()] },
                (ContentKind::Poll, "Which bread?: Rye · Spelt".into()),
            ),
            (
                Content::Document { filename: "wedding-menu.pdf".into(), caption: None },
                (ContentKind::Document, "wedding-menu.pdf".into()),
            ),
            (Content::Vote { poll: own }, (ContentKind::Poll, "[vote] Which?".into())),
            (
                Content::Order { message: "2 rye".into(), items: 2, title: "Bakery".into(), total_1000: 9_000 },
                (ContentKind::Order, "2 rye (Bakery, 2 items, 9.00 EUR)".into()),
            ),
        ];
        // The poll was another program's: its chat is there once the echo is stored.
        chat(&world, &customer(10).chat_id()).await;
        for (n, (content, (kind, words))) in contents.into_iter().enumerate() {
            world.waha.customer_sends(SESSION, &customer(n), content).await.unwrap();
            let stored = world
                .until("stored", async || {
                    let chat = chat(&world, &customer(n).chat_id()).await;
                    let page = world.shop.interactions(chat.id, None, 10).await.unwrap();
                    page.into_iter()
                        .find(|message| message.author == mychatflow_data::model::interaction::Author::Customer)
                })
                .await;
            assert_eq!((stored.kind, &stored.text), (kind, &words), "{engine:?}");
        }
        needs_you(&world, &customer(11).chat_id(), "sent an order").await;
        let told = [
            "Yes, deliver",
            "To the quay?",
            "Rye bread",
            "[location] Harbour Café, 3 Quay Street (53.5436, 9.9662)",
            "[contact card] Otto Müller-Lüdenscheidt +4915100000099",
            "The second one",
            "Table for two",
            "On the island too?",
            "[poll] Which bread?: Rye · Spelt",
            "[document] wedding-menu.pdf",
        ];
        let all = world.gemini.wait_for(DEADLINE, |_| {
            let asked = asked(&world);
            told.iter().all(|words| asked.contains(words)).then_some(())
        });
        all.await.unwrap_or_else(|_| panic!("{engine:?}: {}", asked(&world)));
        for (typed, kind) in [
            ("wedding-menu.pdf", ContentKind::Document),
            ("quay street", ContentKind::Location),
            ("lüdenscheidt", ContentKind::Contact),
            ("spelt", ContentKind::Poll),
        ] {
            let wanted = Wanted { text: typed.into(), ..Wanted::default() };
            let found = world.shop.search(wanted, None, 10).await.unwrap();
            assert!(found.iter().any(|found| found.interaction.kind == kind), "{engine:?} {typed}: {found:?}");
        }
        world.waha.customer_sends(SESSION, &world.ana, Content::Novelty("hologramMessage".into())).await.unwrap();
        needs_you(&world, &world.ana.chat_id(), "sent something that only the phone shows").await;
        world.waha.customer_sends(SESSION, &Customer::new("447700900299", "Leo"), Content::Nothing).await.unwrap();
        world.until_counted("ingest.ignored", 1).await;
    }
}

#[tokio::test]
async fn a_line_break_that_the_model_escaped_twice_is_a_line_break() {
    let world = world(Engine::Noweb).await;
    let says = r#"{"action":"reply","reply":"Hello Ana!\\n\\nSee you soon."}"#;
    world.gemini.faults().add(Operation::GenerateContent, When::Next(1), Fault::Says(says.into()));
    world.waha.customer_says(SESSION, &world.ana, "Hello").await.unwrap();
    let sent = world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    assert_eq!(sent[0].text, "Hello Ana!\n\nSee you soon.");
}

#[tokio::test]
async fn whatever_the_owner_sends_from_the_phone_silences_the_assistant() {
    for engine in [Engine::Noweb, Engine::Gows, Engine::Webjs] {
        let world = world(engine).await;
        let contents = [
            Content::Unreadable,
            Content::Voice,
            Content::Sticker,
            Content::Novelty("hologramMessage".into()),
            Content::ButtonChoice("Yes".into()),
            Content::Location { latitude: 53.5, longitude: 9.9, name: None, address: None },
        ];
        for (n, content) in contents.into_iter().enumerate() {
            let customer = Customer::new(&format!("4477009003{n:02}"), "Ana");
            world.waha.owner_sends_from_phone(SESSION, &customer.chat_id(), content.clone()).await.unwrap();
            let paused = world.until("the pause", async || {
                let found = world.shop.find_chat(&customer.chat_id().parse().unwrap()).await.unwrap()?;
                found.paused_until
            });
            assert!(paused.await > world.daemon.cx.now(), "{engine:?} {content:?}");
            world.waha.customer_says(SESSION, &customer, "Are you open?").await.unwrap();
            let waits = world.until("the question", async || {
                let found = world.shop.find_chat(&customer.chat_id().parse().unwrap()).await.unwrap()?;
                (found.unread == 1).then_some(found.state)
            });
            assert_eq!(waits.await, ChatState::NeedsYou, "{engine:?} {content:?}");
        }
        assert!(world.jobs_done().await, "{engine:?}: nothing is answered");
    }
}

#[tokio::test]
async fn the_edit_of_a_question_that_never_came_is_answered_once() {
    let world = world(Engine::Noweb).await;
    let now = world.daemon.cx.now().millis();
    let chat = world.ana.chat_id();
    let inner = json!({"protocolMessage": {"type": 14, "key": {"id": "3A01"}, "editedMessage": {"conversation": "When are you open?"}}});
    let edit = json!({"id": "evt_edit", "timestamp": now, "event": "message.edited", "session": SESSION, "engine": "NOWEB",
        "payload": {"id": format!("false_{chat}_3A02"), "timestamp": now / 1000, "from": chat, "fromMe": false,
            "body": "When are you open?", "hasMedia": false, "editedMessageId": "3A01",
            "_data": {"key": {"id": "3A02"}, "pushName": "Ana", "message": inner}}});
    assert_eq!(post(&world, &edit).await, STORED);
    let sent = world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    assert_eq!(sent[0].chat_id, chat);
    assert!(asked(&world).contains("When are you open?"));
    assert_eq!(post(&world, &edit).await, r#"{"duplicate":true}"#);
    let late = noweb(&world, "3A01", &json!({"conversation": "Whn are you opn?"}));
    assert_eq!(post(&world, &late).await, r#"{"duplicate":true}"#);
    let stored = first(&world, &chat).await;
    assert_eq!((stored.text.as_str(), stored.state), ("When are you open?", InteractionState::Edited));
    assert_eq!(stored.original.as_deref(), Some("Whn are you opn?"));
    assert!(world.jobs_done().await, "it is answered once");
    assert_eq!(world.waha.sent().len(), 1);
}
