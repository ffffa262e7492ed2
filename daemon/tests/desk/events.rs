//! Events carry what changed, as a call would show it; where nobody listens they carry its name.

use std::time::Duration;

use mychatflow_daemon::bus::{Audience, Heard, Listener, Wish};
use mychatflow_data::model::delivery::{DeliveryEvent, EditedEvent, ReactionEvent};
use mychatflow_data::protocol::calls::chat::{ChatSummary, InteractionDocument};
use mychatflow_data::protocol::calls::credit::CreditSummary;
use mychatflow_data::protocol::calls::instance::InstanceDocument;
use mychatflow_data::protocol::calls::queue::QueueLine;
use mychatflow_data::protocol::event::Topic;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::world::{ANA, ANA_PHONE, World, world};

const SOON: Duration = Duration::from_secs(10);

fn listen(world: &World, since: Option<u64>) -> Listener {
    let since = since.map(|seq| (seq, None));
    world.daemon.cx.bus.listen(Wish { audience: Audience::Everybody, topics: Vec::new(), since })
}

/// Waits for an event about this that looks as wanted.
async fn hear<T: DeserializeOwned>(listener: &mut Listener, topic: Topic, wanted: impl Fn(&T) -> bool) -> T {
    let heard = async {
        loop {
            let Heard::Events(events) = listener.next().await else { panic!("nothing is lost so soon") };
            for event in events.iter().filter(|event| event.topic == topic) {
                match serde_json::from_str(event.data.get()) {
                    Ok(read) if wanted(&read) => return read,
                    Ok(_) => {}
                    // What changed before anybody listened is told by its name alone, and may come a little later.
                    Err(_) if is_thin(event.data.get()) => {}
                    Err(error) => panic!("{error}: {}", event.data.get()),
                }
            }
        }
    };
    tokio::time::timeout(SOON, heard).await.unwrap_or_else(|_| panic!("no event about {topic} in time"))
}

fn is_thin(data: &str) -> bool {
    serde_json::from_str(data).is_ok_and(|data: serde_json::Map<String, Value>| data.keys().eq(["id"]))
}

#[tokio::test]
async fn who_listens_hears_whole_documents() {
    let world = world().await;
    let (mut messages, mut chats, mut jobs) = (listen(&world, None), listen(&world, None), listen(&world, None));
    let (mut numbers, mut credits) = (listen(&world, None), listen(&world, None));
    world.says(ANA, "A1", "open today?").await;
    let message = hear(&mut messages, Topic::InteractionAdded, |_: &InteractionDocument| true).await;
    assert_eq!(message.text, "open today?");
    let chat = hear(&mut chats, Topic::ChatChanged, |chat: &ChatSummary| chat.unread == 1).await;
    assert_eq!(
        (chat.id, chat.name.as_deref(), chat.preview.as_deref()),
        (message.chat, Some("Ana"), Some("open today?"))
    );

    world.call("chat.pause", json!({"chat": ANA_PHONE, "for": "1h"})).await;
    hear(&mut chats, Topic::ChatChanged, |chat: &ChatSummary| chat.paused_until.is_some()).await;
    world.call("chat.send", json!({"chat": ANA_PHONE, "text": "yes"})).await;
    hear(&mut jobs, Topic::JobChanged, |line: &Value| {
        // What has ended is in no queue any more, and told by its name.
        serde_json::from_value::<QueueLine>(line.clone()).is_ok_and(|line| line.chat == Some(chat.id))
    })
    .await;

    world.call("credit.grant", json!({"amount": 7})).await;
    let summary = hear(&mut credits, Topic::CreditChanged, |_: &CreditSummary| true).await;
    assert_eq!(summary.balance.count(), 407);

    let cx = &world.daemon.cx;
    let sighting = mychatflow_data::store::instances::Sighting {
        status: Some(mychatflow_data::model::instance::InstanceStatus::Working),
        verdict: mychatflow_data::model::instance::Verdict::Healthy,
        reason: None,
        me: None,
        engine: Some("NOWEB".into()),
        version: None,
    };
    world.shop.see_instance(world.number, sighting, cx.now()).await.unwrap();
    hear(&mut numbers, Topic::InstanceChanged, |number: &InstanceDocument| number.engine.as_deref() == Some("NOWEB"))
        .await;
}

#[tokio::test]
async fn where_nobody_listens_only_names_are_kept() {
    let world = world().await;
    let before = world.daemon.cx.bus.seq();
    world.says(ANA, "A1", "open today?").await;
    // The writer tells of one commit before it makes the next.
    world.says(ANA, "A2", "hello?").await;
    let mut late = listen(&world, Some(before));
    let told = hear(&mut late, Topic::ChatChanged, |_: &Value| true).await;
    assert_eq!(told.as_object().unwrap().keys().collect::<Vec<_>>(), ["id"]);
}

#[tokio::test]
async fn drafts_notes_and_what_happens_to_a_message_are_told() {
    let world = world().await;
    world.says(ANA, "A1", "open today?").await;
    let (mut messages, mut chats) = (listen(&world, None), listen(&world, None));
    let told = async |chats: &mut Listener| hear(chats, Topic::ChatChanged, |_: &ChatSummary| true).await;
    world.call("chat.draft", json!({"chat": ANA_PHONE, "text": "dear"})).await;
    assert!(told(&mut chats).await.waiting_since.is_some());
    world.call("chat.note", json!({"chat": ANA_PHONE, "text": "pays on Fridays"})).await;
    told(&mut chats).await;
    world.call("contact.tag", json!({"contact": ANA_PHONE, "tags": ["vip"]})).await;
    hear(&mut chats, Topic::ChatChanged, |chat: &ChatSummary| chat.tags == ["vip"]).await;
    world.call("chat.read", json!({"chat": ANA_PHONE})).await;
    hear(&mut chats, Topic::ChatChanged, |chat: &ChatSummary| chat.unread == 0).await;

    let reaction = DeliveryEvent::Reaction(ReactionEvent {
        bare_id: "R1".into(),
        from_me: false,
        target_bare_id: "A1".into(),
        text: "👍".into(),
        at: world.daemon.cx.now(),
    });
    // One after the other: what comes in one batch with the event that was waited for is not looked at again.
    world.receives(reaction).await;
    let reacted = |found: &InteractionDocument| found.reaction.as_deref() == Some("👍");
    hear(&mut messages, Topic::InteractionChanged, reacted).await;
    let edit = DeliveryEvent::Edited(EditedEvent {
        bare_id: "E1".into(),
        from_me: false,
        target_bare_id: "A1".into(),
        text: "open tomorrow?".into(),
        at: world.daemon.cx.now(),
        message: None,
    });
    world.receives(edit).await;
    let edited = hear(&mut messages, Topic::InteractionChanged, |found: &InteractionDocument| found.original.is_some());
    let edited = edited.await;
    assert_eq!((edited.text.as_str(), edited.original.as_deref()), ("open tomorrow?", Some("open today?")));
}
