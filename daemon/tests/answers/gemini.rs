//! What happens when the model gives no usable answer: no double, no loss, no credit for nothing.

use mychatflow_data::credits::Credits;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::interaction::InteractionState;
use mychatflow_sandbox::faults::When;
use mychatflow_sandbox::gemini::{Fault, Operation};
use mychatflow_sandbox::waha::{Customer, Engine, Number};

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
