//! A human always beats the assistant.

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::ClientRef;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::interaction::{Author, InteractionState};
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::store::tx::send::Composer;
use mychatflow_sandbox::faults::When;
use mychatflow_sandbox::gemini::{Fault, Operation};
use mychatflow_sandbox::waha::Engine;

use super::world::{DEADLINE, PLAN, SESSION, world};

#[tokio::test]
async fn the_owner_answers_from_the_phone_while_the_model_thinks() {
    let world = world(Engine::Noweb).await;
    world.gemini.faults().add(
        Operation::GenerateContent,
        When::Always,
        Fault::Delay(std::time::Duration::from_millis(600)),
    );
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    world.gemini.wait_for(DEADLINE, |gemini| (gemini.count() > 0).then_some(())).await.unwrap();
    world.waha.owner_types_on_phone(SESSION, &world.ana.chat_id(), "Hi Ana, I'll call you").await.unwrap();
    let chat = world.chat().await;
    world
        .until("credit back", async || {
            let credits = world.credits().await;
            (credits.balance == PLAN
                && credits.reserved == Credits::ZERO
                && credits.used == Credits::ZERO
                && world.jobs_done().await)
                .then_some(())
        })
        .await;
    assert_eq!(world.waha.sent_count(), 0, "the assistant said nothing");
    let now = world.shop.chat(chat).await.unwrap().unwrap();
    assert_eq!(now.state, ChatState::Waiting);
    assert!(now.paused_until.is_some());
    let page = world.shop.interactions(chat, None, 10).await.unwrap();
    assert_eq!(page[0].author, Author::Phone);
}

#[tokio::test]
async fn a_humans_message_goes_out_and_silences_the_assistant() {
    let world = world(Engine::Gows).await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    let chat = world.chat().await;
    let now = world.daemon.cx.now();
    let pause = std::time::Duration::from_secs(3600);
    let reference = ClientRef::new();
    let first =
        world.shop.send_message(chat, "We also have cake".into(), reference, pause, Composer::Keep, now).await.unwrap();
    let second =
        world.shop.send_message(chat, "We also have cake".into(), reference, pause, Composer::Keep, now).await.unwrap();
    assert_eq!(first.id, second.id, "one client_ref, one message");
    let sent = world.waha.wait_for_sent(2, DEADLINE).await.unwrap();
    assert_eq!(sent[1].text, "We also have cake");
    world.waha.customer_says(SESSION, &world.ana, "Do you deliver?").await.unwrap();
    world
        .until("needs you", async || {
            let chat = world.shop.chat(chat).await.unwrap().unwrap();
            (chat.state == ChatState::NeedsYou && chat.reason.as_deref() == Some("paused")).then_some(())
        })
        .await;
    assert_eq!(world.credits().await.used, Credits::ONE, "human messages cost nothing");
}

#[tokio::test]
async fn a_draft_waits_for_approval() {
    let world = world(Engine::Noweb).await;
    world.set(SettingKey::AssistantMode, "draft").await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    let chat = world.chat().await;
    world
        .until("a draft", async || {
            let page = world.shop.interactions(chat, None, 10).await.unwrap();
            page.iter().any(|message| message.state == InteractionState::Draft).then_some(())
        })
        .await;
    assert_eq!(world.waha.sent_count(), 0);
    assert_eq!(world.credits().await.reserved, Credits::ONE);
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
    world.shop.edit_answer(chat, "From 8, see you!".into(), world.daemon.cx.now()).await.unwrap();
    world.shop.approve_answer(chat, world.daemon.cx.now()).await.unwrap();
    let sent = world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    assert_eq!(sent[0].text, "From 8, see you!");
    world.until("settled", async || (world.credits().await.used == Credits::ONE).then_some(())).await;
}

#[tokio::test]
async fn a_countdown_sends_by_itself_and_can_be_cancelled() {
    let world = world(Engine::Noweb).await;
    world.set(SettingKey::AssistantMode, "countdown").await;
    world.set(SettingKey::ReplyCountdown, "1").await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    world.until("settled", async || (world.credits().await.used == Credits::ONE).then_some(())).await;

    world.set(SettingKey::ReplyCountdown, "600").await;
    world.waha.customer_says(SESSION, &world.ana, "Do you deliver?").await.unwrap();
    let chat = world.chat().await;
    world
        .until("the countdown runs", async || {
            let page = world.shop.interactions(chat, None, 1).await.unwrap();
            (page[0].state == InteractionState::Draft).then_some(())
        })
        .await;
    world.shop.cancel_chat_answer(chat, world.daemon.cx.now()).await.unwrap();
    let credits = world.credits().await;
    assert_eq!((credits.used, credits.reserved), (Credits::ONE, Credits::ZERO));
    assert_eq!(world.waha.sent_count(), 1);
}

#[tokio::test]
async fn the_owner_who_edits_or_deletes_a_message_on_the_phone_has_the_chat() {
    for engine in [Engine::Noweb, Engine::Gows, Engine::Webjs] {
        for deletes in [false, true] {
            let world = world(engine).await;
            world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
            let sent = world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
            let id = format!("true_{}_{}", sent[0].chat_id, sent[0].bare_id);
            let chat = world.chat().await;
            world.until("the answer is done", async || world.jobs_done().await.then_some(())).await;
            assert_eq!(world.shop.chat(chat).await.unwrap().unwrap().paused_until, None);
            if deletes {
                world.waha.revoke(SESSION, &id).await.unwrap();
            } else {
                world.waha.edit(SESSION, &id, "We are closed today").await.unwrap();
            }
            let what = format!("the pause: {engine:?}, deletes: {deletes}");
            let until = world.until(&what, async || world.shop.chat(chat).await.unwrap().unwrap().paused_until);
            assert!(until.await > world.daemon.cx.now(), "{engine:?} deletes: {deletes}");
            world.waha.customer_says(SESSION, &world.ana, "And tomorrow?").await.unwrap();
            world
                .until("it is left to the owner", async || {
                    let chat = world.shop.chat(chat).await.unwrap().unwrap();
                    (chat.state == ChatState::NeedsYou && chat.reason.as_deref() == Some("paused")).then_some(())
                })
                .await;
            assert!(world.jobs_done().await, "{engine:?} deletes: {deletes}");
            assert_eq!(world.waha.sent_count(), 1, "{engine:?} deletes: {deletes}");
        }
    }
}
