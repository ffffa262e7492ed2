//! WhatsApp finds that a number sends too much, or refuses a message for good: what goes out then, and what people are told.

use std::time::Duration;

use mychatflow_daemon::bus::{Audience, Heard, Listener, Wish};
use mychatflow_data::credits::Credits;
use mychatflow_data::ids::ClientRef;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::instance::Verdict;
use mychatflow_data::model::interaction::InteractionState;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::store::tx::send::Composer;
use mychatflow_data::time::Timestamp;
use mychatflow_sandbox::faults::{Fault, When};
use mychatflow_sandbox::waha::{Customer, Engine, Operation};
use serde_json::json;

use crate::campaigns::{call, campaign, list, unlimited};
use crate::world::{DEADLINE, SESSION, World, world};

/// Longer than any test: the sandbox stays as strict as it is until a test says otherwise.
const LONG: Duration = Duration::from_secs(3600);
const TOO_FAST: &str = "WhatsApp slows this number down (rate-overlimit): nothing is sent until ";

fn posts(world: &World) -> usize {
    world.waha.requests().iter().filter(|request| request.path.ends_with("/sendText")).count()
}

/// Everything in the queue that waits for the number's rest to end. What runs still shows why it waited before.
async fn waiting(world: &World) -> Vec<serde_json::Value> {
    let queue = call(world, "queue.list", json!({})).await.unwrap();
    let entries = queue["items"].as_array().unwrap().iter();
    let rests = |entry: &&serde_json::Value| {
        entry["state"] != "running" && entry["reason"].as_str().is_some_and(|why| why.starts_with(TOO_FAST))
    };
    entries.filter(rests).cloned().collect()
}

async fn until_waiting(world: &World, count: usize) {
    world.until("they wait", async || (waiting(world).await.len() == count).then_some(())).await;
}

#[tokio::test]
async fn a_message_refused_for_haste_holds_back_every_other_of_the_number() {
    let world = world(Engine::Noweb).await;
    // The clock jumps through the first minutes after a pairing, in which unknown people are looked up.
    world.set(SettingKey::ReplyExistingContacts, "answer").await;
    world.waha.slow_down(SESSION, LONG).await.unwrap();
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    until_waiting(&world, 1).await;
    assert_eq!(posts(&world), 1, "one post a try");
    let number = world.shop.instance(world.number).await.unwrap().unwrap();
    assert_eq!(number.verdict, Verdict::Restricted);
    assert!(number.reason.unwrap().starts_with(TOO_FAST));

    // Another customer, and a person's own message: neither is tried, and the model is not asked for nothing.
    let ben = Customer::new("447700900124", "Ben");
    world.waha.customer_says(SESSION, &ben, "Do you deliver?").await.unwrap();
    let chat = world.chat().await;
    let (pause, now) = (Duration::ZERO, world.daemon.cx.now());
    world.shop.send_message(chat, "I am here".into(), ClientRef::new(), pause, Composer::Keep, now).await.unwrap();
    until_waiting(&world, 2).await;
    assert_eq!((posts(&world), world.gemini.count()), (1, 1));

    // The minute is over, and WhatsApp still says no: the next rest is longer.
    world.clock.set_ahead(Duration::from_secs(61));
    let now = || world.daemon.cx.now();
    let longer = async || world.daemon.cx.numbers.slowed_until(world.number, now());
    let rest = world.until("a longer rest", longer).await.since(now());
    assert!(rest > Duration::from_secs(90) && rest <= Duration::from_secs(120), "{rest:?}");
    until_waiting(&world, 2).await;
    // Both were due at the same moment.
    assert!((2..=3).contains(&posts(&world)), "{}", posts(&world));

    world.waha.slow_down(SESSION, Duration::ZERO).await.unwrap();
    world.clock.set_ahead(Duration::from_secs(190));
    world.until("both are out", async || (world.waha.sent_count() == 2).then_some(())).await;
    let healthy = async || {
        let number = world.shop.instance(world.number).await.unwrap().unwrap();
        (number.verdict == Verdict::Healthy).then_some(())
    };
    world.until("a healthy number", healthy).await;
}

#[tokio::test]
async fn a_campaign_rests_with_its_number() {
    let world = unlimited(Engine::Noweb).await;
    world.waha.slow_down(SESSION, LONG).await.unwrap();
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": list(40)})).await;
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    world
        .until("it waits", async || {
            let found = campaign(&world, "campaign.show", json!({"name": "spring"})).await;
            found.reason.filter(|reason| reason.contains(TOO_FAST))
        })
        .await;
    // Those that were under way together, and none after them.
    assert!(posts(&world) <= 8, "{}", posts(&world));
    assert_eq!(world.waha.sent_count(), 0);
}

#[tokio::test]
async fn what_whatsapp_refuses_for_good_is_told_at_once_and_tried_once() {
    for word in ["not-authorized", "info query returned status 404: item-not-found"] {
        let world = world(Engine::Noweb).await;
        world.waha.faults().add(Operation::SendText, When::Always, Fault::EngineError(word.into()));
        world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
        let chat = world.chat().await;
        let needs_you = async || {
            let chat = world.shop.chat(chat).await.unwrap().unwrap();
            (chat.state == ChatState::NeedsYou).then_some(chat)
        };
        let found = world.until("a person is asked", needs_you).await;
        assert!(found.reason.as_ref().is_some_and(|reason| reason.contains(word)), "{found:?}");
        assert_eq!(posts(&world), 1, "{word}");
        let page = world.shop.interactions(chat, None, 1).await.unwrap();
        assert_eq!(page[0].state, InteractionState::Failed);
        assert_eq!(world.credits().await.reserved, Credits::ZERO);
    }
}

/// Listens until something with these words is told.
async fn hear(heard: &mut Listener, words: &str, notices: &mut Vec<String>) {
    while notices.last().is_none_or(|told| !told.contains(words)) {
        if let Heard::Events(events) = heard.next().await {
            notices.extend(events.iter().map(|event| event.data.get().to_owned()));
        }
    }
}

#[tokio::test]
async fn questions_that_waha_delivers_too_late_are_told_with_the_reason_and_one_notice() {
    let world = world(Engine::Noweb).await;
    let mut heard = world.daemon.cx.bus.listen(Wish {
        audience: Audience::Everybody,
        topics: vec![Topic::DaemonNotice],
        since: None,
    });
    // WAHA has tried for twenty-five minutes.
    let written_s = Timestamp::now().millis() / 1000 - 25 * 60 - 30;
    world.set(SettingKey::ReplyExistingContacts, "answer").await;
    let people = [world.ana.clone(), Customer::new("447700900124", "Ben")];
    let mut notices = Vec::new();
    for person in &people {
        world.waha.customer_said_at(SESSION, person, "When are you open?", written_s).await.unwrap();
        let told = async || {
            let chat = world.shop.find_chat(&person.chat_id().parse().unwrap()).await.unwrap()?;
            chat.reason.filter(|_| chat.state == ChatState::NeedsYou)
        };
        let reason = world.until("a person is asked", told).await;
        assert_eq!(reason, "stale: arrived 25 minutes after it was written: WAHA could not reach us");
        if notices.is_empty() {
            let late = hear(&mut heard, "arrived 25 minutes after it was written", &mut notices);
            tokio::time::timeout(DEADLINE, late).await.expect("a notice");
        }
    }
    world.daemon.cx.bus.publish(None, Topic::DaemonNotice, &json!({"text": "the end"}));
    hear(&mut heard, "the end", &mut notices).await;
    let late = notices.iter().filter(|told| told.contains("arrived 25 minutes after it was written"));
    assert_eq!(late.count(), 1, "{notices:?}");
    assert_eq!((world.gemini.count(), world.waha.sent_count()), (0, 0));
}

#[tokio::test]
async fn a_message_that_the_engine_fails_at_is_posted_once_a_try() {
    let world = world(Engine::Noweb).await;
    world.waha.faults().add(Operation::SendText, When::Always, Fault::EngineError("Timed Out".into()));
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    let tried = async || {
        let queue = call(&world, "queue.list", json!({})).await.unwrap();
        let entries = queue["items"].as_array().unwrap();
        entries.iter().find(|entry| entry["attempts"] == 1).map(|_| posts(&world))
    };
    assert_eq!(world.until("a try has failed", tried).await, 1);
}
