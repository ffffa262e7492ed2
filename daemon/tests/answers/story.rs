//! What a customer and an owner see.

use mychatflow_data::credits::Credits;
use mychatflow_sandbox::faults::{Fault, When};
use mychatflow_sandbox::waha::{Engine, Operation};

use super::world::{DEADLINE, SESSION, world};

#[tokio::test]
async fn a_question_is_answered_once_and_costs_one_credit() {
    let world = world(Engine::Noweb).await;
    let id = world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    let sent = world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    assert_eq!(sent[0].chat_id, world.ana.chat_id());
    world.until("settled", async || (world.credits().await.used == Credits::ONE).then_some(())).await;
    world.waha.redeliver(&id).await.unwrap();
    world.waha.redeliver_as_new_event(SESSION, &id).await.unwrap();
    let credits = world.credits().await;
    assert_eq!((credits.balance, credits.reserved), (Credits::new(399), Credits::ZERO));
    assert_eq!(world.waha.sent_count(), 1);
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
}

#[tokio::test]
async fn sent_but_answered_500_is_found_and_not_sent_again() {
    for engine in [Engine::Noweb, Engine::Gows, Engine::Webjs] {
        let world = world(engine).await;
        let fault = Fault::DoThenEngineError("Timed Out".into());
        world.waha.faults().add(Operation::SendText, When::Next(1), fault);
        world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
        world.until("settled", async || (world.credits().await.used == Credits::ONE).then_some(())).await;
        let sent = world.waha.sent();
        assert_eq!((sent.len(), sent[0].posts), (1, 1), "{engine:?}");
    }
}

#[tokio::test]
async fn not_sent_at_all_is_sent_again_with_the_same_id() {
    let world = world(Engine::Noweb).await;
    let fault = Fault::EngineError("Timed Out".into());
    world.waha.faults().add(Operation::SendText, When::Next(1), fault);
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    world.until("settled", async || (world.credits().await.used == Credits::ONE).then_some(())).await;
    assert_eq!(world.waha.sent_count(), 1);
}
