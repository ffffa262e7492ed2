//! A person is erased while the shop goes on: what is on its way arrives once and is paid, and nobody comes back.

use std::time::Duration;

use futures_util::FutureExt;
use mychatflow_daemon::bus::{Audience, Heard, Wish};
use mychatflow_data::credits::Credits;
use mychatflow_data::model::interaction::InteractionState;
use mychatflow_data::store::contacts::ContactFilter;
use mychatflow_data::time::Timestamp;
use mychatflow_sandbox::faults::{Fault, WebhookFault, When};
use mychatflow_sandbox::waha::{Engine, Operation};
use serde_json::{Value, json};

use crate::campaigns::call;
use crate::world::{DEADLINE, SESSION, World, world};

async fn people(world: &World) -> usize {
    world.shop.contacts(ContactFilter::default(), None, 10).await.unwrap().len()
}

/// Has no event that can still be heard a word of them?
fn heard_of(world: &World, word: &str) -> bool {
    let epoch = world.daemon.cx.bus.epoch();
    let wish = Wish { audience: Audience::Everybody, topics: Vec::new(), since: Some((0, Some(epoch))) };
    let mut listener = world.daemon.cx.bus.listen(wish);
    let mut found = false;
    while let Some(heard) = listener.next().now_or_never() {
        if let Heard::Events(events) = heard {
            found |= events.iter().any(|event| event.data.get().contains(word));
        }
    }
    found
}

async fn erased_while_an_answer_is_on_its_way(engine: Engine) {
    let world = world(engine).await;
    // WAHA takes its time, and tells of everything twice and late.
    world.waha.faults().add(Operation::SendText, When::Next(1), Fault::Delay(Duration::from_millis(800)));
    world.waha.webhook_faults().add_for_all(When::Always, WebhookFault::Duplicate);
    world.waha.customer_says(SESSION, &world.ana, "How much is the sourdough?").await.unwrap();
    let chat = world.chat().await;
    world
        .until("it is on its way", async || {
            let found = world.shop.interactions(chat, None, 10).await.unwrap();
            found.iter().any(|message| message.state == InteractionState::Sending).then_some(())
        })
        .await;
    let erased = call(&world, "contact.erase", json!({"contact": "447700900123"})).await.unwrap();
    assert_eq!((&erased["chats"], &erased["messages"]), (&json!(1), &json!(2)), "{erased:#}");
    assert_eq!(world.waha.sent_count(), 1);
    assert_eq!(people(&world).await, 0);
    let credits = world.credits().await;
    assert_eq!((credits.used, credits.reserved), (Credits::ONE, Credits::ZERO));
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
    assert!(!heard_of(&world, "447700900123") && !heard_of(&world, "sourdough"));

    // Who writes again is a new customer, and answered.
    world.waha.faults().clear();
    world.waha.webhook_faults().clear();
    let erased_at: Timestamp = erased["at"].as_str().unwrap().parse().unwrap();
    // WhatsApp's clock has whole seconds: within that of the erasure nobody can tell.
    while world.daemon.cx.now().millis() / 1000 <= erased_at.millis() / 1000 {
        tokio::task::yield_now().await;
    }
    world.waha.customer_says(SESSION, &world.ana, "How much is the sourdough?").await.unwrap();
    world.waha.wait_for_sent(2, DEADLINE).await.unwrap();
    let listed = call(&world, "contact.list", json!({})).await.unwrap();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["opted_out_at"], Value::Null);
    assert_eq!(call(&world, "contact.suppressions", json!({})).await.unwrap()["items"][0]["cause"], "erased");
}

#[tokio::test]
async fn an_answer_that_is_on_its_way_arrives_once_and_is_paid() {
    erased_while_an_answer_is_on_its_way(Engine::Noweb).await;
}

#[tokio::test]
async fn so_it_does_where_waha_takes_no_ids() {
    erased_while_an_answer_is_on_its_way(Engine::Webjs).await;
}
