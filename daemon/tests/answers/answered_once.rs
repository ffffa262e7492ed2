//! Nobody is answered twice, whatever happens to messages that were answered.

use mychatflow_daemon::http::signature::{ALGORITHM, ALGORITHM_HEADER, SIGNATURE_HEADER, sign};
use mychatflow_data::credits::Credits;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_sandbox::faults::When;
use mychatflow_sandbox::gemini::{Fault, Operation};
use mychatflow_sandbox::waha::Engine;
use serde_json::{Value, json};

use super::world::{DEADLINE, KEY, SESSION, World, world};

const ENGINES: [Engine; 3] = [Engine::Noweb, Engine::Gows, Engine::Webjs];

/// What the last question to the model was made of: `role: text`, oldest first.
fn conversation(world: &World) -> Vec<String> {
    let request = world.gemini.requests().pop().unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let turns = body["contents"].as_array().unwrap();
    let texts = |turn: &Value| {
        let parts = turn["parts"].as_array().unwrap();
        parts.iter().map(|part| part["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join("|")
    };
    turns.iter().map(|turn| format!("{}: {}", turn["role"].as_str().unwrap(), texts(turn))).collect()
}

async fn settled(world: &World, used: Credits) {
    world
        .until("settled", async || (world.credits().await.used == used && world.jobs_done().await).then_some(()))
        .await;
}

#[tokio::test]
async fn a_question_is_answered_once_though_the_next_message_is_taken_back() {
    for engine in ENGINES {
        let world = world(engine).await;
        world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
        settled(&world, Credits::ONE).await;
        world.set(SettingKey::ReplyBurstQuiet, "60000").await;
        let wrong = world.waha.customer_says(SESSION, &world.ana, "sorry, wrong chat").await.unwrap();
        world.waha.revoke(SESSION, &wrong).await.unwrap();
        let chat = world.chat().await;
        world
            .until("nothing is left to answer", async || {
                let page = world.shop.interactions(chat, None, 10).await.unwrap();
                let chat = world.shop.chat(chat).await.unwrap().unwrap();
                (page.len() == 3 && chat.state == ChatState::Waiting && world.jobs_done().await).then_some(())
            })
            .await;
        assert_eq!(world.waha.sent_count(), 1, "{engine:?}");
        let credits = world.credits().await;
        assert_eq!((credits.used, credits.reserved), (Credits::ONE, Credits::ZERO), "{engine:?}");
    }
}

#[tokio::test]
async fn a_message_taken_back_while_the_model_thinks_leaves_no_answer() {
    let world = world(Engine::Noweb).await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    settled(&world, Credits::ONE).await;
    let slow = Fault::Delay(std::time::Duration::from_millis(600));
    world.gemini.faults().add(Operation::GenerateContent, When::Always, slow);
    let wrong = world.waha.customer_says(SESSION, &world.ana, "sorry, wrong chat").await.unwrap();
    world.gemini.wait_for(DEADLINE, |gemini| (gemini.count() > 1).then_some(())).await.unwrap();
    world.waha.revoke(SESSION, &wrong).await.unwrap();
    let chat = world.chat().await;
    world
        .until("the credit is back", async || {
            let credits = world.credits().await;
            let state = world.shop.chat(chat).await.unwrap().unwrap().state;
            (credits.reserved == Credits::ZERO && state == ChatState::Waiting && world.jobs_done().await).then_some(())
        })
        .await;
    assert_eq!((world.waha.sent_count(), world.credits().await.used), (1, Credits::ONE));
}

#[tokio::test]
async fn a_picture_that_comes_late_is_asked_alone_after_the_answer_it_missed() {
    let world = world(Engine::Noweb).await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    settled(&world, Credits::ONE).await;
    let now = world.daemon.cx.now().millis();
    let body = json!({
        "id": "evt_late", "timestamp": now, "event": "message.any", "session": SESSION, "engine": "NOWEB",
        "payload": {"id": format!("false_{}_3FA0", world.ana.chat_id()), "timestamp": now / 1000 - 30,
                    "from": world.ana.chat_id(), "fromMe": false, "source": "app", "body": null, "hasMedia": true,
                    "media": {"url": null, "mimetype": "image/jpeg", "error": "failed to download"},
                    "_data": {"message": {"imageMessage": {}}}},
    })
    .to_string();
    let signature = sign(KEY.as_bytes(), body.as_bytes());
    let posted = world
        .client
        .post(world.webhook_url())
        .header(SIGNATURE_HEADER, signature)
        .header(ALGORITHM_HEADER, ALGORITHM)
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(posted.status(), 200);
    world.gemini.wait_for(DEADLINE, |gemini| (gemini.count() > 1).then_some(())).await.unwrap();
    let asked = conversation(&world);
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert_eq!(asked[0], "user: When are you open?");
    assert!(asked[1].starts_with("model: "), "our answer stays in sight: {asked:?}");
    assert_eq!(asked[2], "user: [photo]", "only the new message is open");
}
