//! What happens when the model gives no usable answer: no double, no loss, no credit for nothing.

use mychatflow_data::credits::Credits;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::interaction::InteractionState;
use mychatflow_sandbox::faults::When;
use mychatflow_sandbox::gemini::{Fault, Operation, Sample};
use mychatflow_sandbox::waha::{Customer, Engine, Number};
use serde_json::json;

use super::campaigns::call;
use super::world::{DEADLINE, PLAN, SESSION, world};

#[tokio::test]
async fn a_busy_model_is_asked_again() {
    let world = world(Engine::Noweb).await;
    assert!(world.gemini.answer_next("503_overloaded"));
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    world.until("settled", async || (world.credits().await.used == Credits::ONE).then_some(())).await;
}

#[tokio::test]
async fn an_outage_of_the_model_costs_a_few_requests_and_its_end_answers_everybody() {
    let world = world(Engine::Noweb).await;
    let busy = Sample::named("503_overloaded").unwrap();
    world.gemini.faults().add(Operation::GenerateContent, When::Always, Fault::Answer(busy));
    let people: Vec<_> = (0..20).map(|n| Customer::new(&format!("4477009002{n:02}"), "Somebody")).collect();
    for person in &people {
        world.waha.customer_says(SESSION, person, "When are you open?").await.unwrap();
    }
    let waits = async || {
        let queue = call(&world, "queue.list", json!({})).await.unwrap();
        let entries = queue["items"].as_array().unwrap().iter();
        let why = "gemini is busy or out of reach";
        let waiting = entries.filter(|entry| entry["reason"].as_str().is_some_and(|reason| reason.contains(why)));
        (waiting.count() == people.len()).then_some(())
    };
    world.until("everybody waits", waits).await;
    let asked = world.gemini.count();
    // As many as may ask at once, and the probe that may be due by now.
    assert!(asked <= 10, "{asked} requests for {} questions", people.len());

    world.gemini.faults().clear();
    world.waha.wait_for_sent(people.len(), DEADLINE).await.unwrap();
    assert!(world.gemini.count() <= asked + people.len() as u64 + 1);
}

#[tokio::test]
async fn an_answer_that_goes_round_in_circles_is_held_for_a_human() {
    let world = world(Engine::Noweb).await;
    let says = r#"{"action":"reply","reply":"One moment please. One moment please. One moment please.","handoff_reason":null}"#;
    world.gemini.faults().add(Operation::GenerateContent, When::Next(1), Fault::Says(says.into()));
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    let chat = world.chat().await;
    let held = world.until("held", async || {
        let page = world.shop.interactions(chat, None, 1).await.unwrap();
        (page[0].state == InteractionState::Held).then(|| page[0].clone())
    });
    held.await;
    let reason = world.shop.chat(chat).await.unwrap().unwrap().reason.unwrap();
    assert_eq!(reason, "held: it says the same three times: One moment please");
    assert_eq!(world.waha.sent_count(), 0);
}

#[tokio::test]
async fn an_invented_price_is_held_for_a_human() {
    let world = world(Engine::Noweb).await;
    let says = r#"{"action":"reply","reply":"That costs 4711 €.","handoff_reason":null}"#;
    world.gemini.faults().add(Operation::GenerateContent, When::Next(1), Fault::Says(says.into()));
    world.waha.customer_says(SESSION, &world.ana, "What does the moon cake cost?").await.unwrap();
    let chat = world.chat().await;
    world
        .until("held", async || {
            let page = world.shop.interactions(chat, None, 1).await.unwrap();
            (page[0].state == InteractionState::Held).then_some(())
        })
        .await;
    assert_eq!(world.waha.sent_count(), 0);
    let chat = world.shop.chat(chat).await.unwrap().unwrap();
    assert_eq!(chat.state, ChatState::NeedsYou);
    assert!(chat.reason.unwrap().starts_with("held: "));
}

#[tokio::test]
async fn a_refused_answer_gives_the_credit_back() {
    let world = world(Engine::Noweb).await;
    assert!(world.gemini.answer_next("200_prohibited_content_candidate"));
    world.waha.customer_says(SESSION, &world.ana, "something").await.unwrap();
    let chat = world.chat().await;
    world
        .until("a human is asked", async || {
            let chat = world.shop.chat(chat).await.unwrap().unwrap();
            (chat.state == ChatState::NeedsYou).then_some(())
        })
        .await;
    let credits = world.credits().await;
    assert_eq!((credits.balance, credits.reserved), (PLAN, Credits::ZERO));
    assert_eq!(world.waha.sent_count(), 0);
}

#[tokio::test]
async fn what_the_facts_do_not_say_is_handed_to_a_human() {
    let world = world(Engine::Noweb).await;
    let says = r#"{"action":"handoff","reply":"A colleague will look into it.","handoff_reason":"wants a refund"}"#;
    world.gemini.faults().add(Operation::GenerateContent, When::Next(1), Fault::Says(says.into()));
    world.waha.customer_says(SESSION, &world.ana, "I want my money back").await.unwrap();
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    let chat = world.chat().await;
    world
        .until("handed over", async || {
            let chat = world.shop.chat(chat).await.unwrap().unwrap();
            (chat.state == ChatState::NeedsYou && chat.handoff_at.is_some()).then_some(())
        })
        .await;
    let handed = world.shop.chat(chat).await.unwrap().unwrap();
    assert_eq!(handed.waiting_since, handed.last_in_at, "for a person they wait since they asked");
    // Silence until resume: the next question is not answered.
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    world
        .until("stored", async || (world.shop.interactions(chat, None, 10).await.unwrap().len() == 3).then_some(()))
        .await;
    assert!(world.jobs_done().await);
    assert_eq!(world.gemini.count(), 1);
    world.shop.resume_chat(chat, std::time::Duration::from_secs(600), world.daemon.cx.now()).await.unwrap();
    world.waha.wait_for_sent(2, DEADLINE).await.unwrap();
}

#[tokio::test]
async fn a_hidden_person_and_the_number_behind_it_are_one_chat() {
    let world = world(Engine::Noweb).await;
    let hidden = Customer::hidden("447700900555", "70000000000055", Number::Secret, "Lena");
    world.waha.map_lid(SESSION, "70000000000055@lid", "447700900555").await.unwrap();
    let open = Customer::new("447700900555", "Lena");
    world.waha.customer_says(SESSION, &open, "When are you open?").await.unwrap();
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    world.waha.customer_says(SESSION, &hidden, "Do you deliver?").await.unwrap();
    let sent = world.waha.wait_for_sent(2, DEADLINE).await.unwrap();
    assert!(sent[1].chat_id.ends_with("@lid"), "the answer goes to the id that wrote: {}", sent[1].chat_id);
}
