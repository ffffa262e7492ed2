//! Whoever asks why learns how an answer came to be, and what it cost.

use std::sync::Arc;

use mychatflow_daemon::rpc::Service;
use mychatflow_daemon::rpc::peer::{Caller, Standing};
use mychatflow_daemon::rpc::service::Desk;
use mychatflow_data::credits::Credits;
use mychatflow_data::protocol::Request;
use mychatflow_data::protocol::calls::overview::Overview;
use mychatflow_data::protocol::calls::why::WhyDocument;
use mychatflow_sandbox::waha::Engine;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::world::{SESSION, World, world};

pub async fn call<T: DeserializeOwned>(world: &World, method: &str, params: Value) -> T {
    let desk = Desk { cx: Arc::clone(&world.daemon.cx) };
    let caller = Caller { uid: 0, name: "root".into(), standing: Standing::Operator };
    let answer = desk.call(&caller, Request::read(method, params).unwrap()).await.unwrap();
    serde_json::from_str(answer.into_raw().get()).unwrap()
}

#[tokio::test]
async fn an_answer_tells_its_model_its_sources_and_its_credit() {
    let world = world(Engine::Noweb).await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    world.until("settled", async || (world.credits().await.used == Credits::ONE).then_some(())).await;
    world.until("done", async || world.jobs_done().await.then_some(())).await;
    let chat = world.chat().await;
    let answer = world.shop.last_message(chat).await.unwrap().unwrap();

    let why: WhyDocument = call(&world, "why", json!({"id": answer})).await;
    assert!(why.headline.starts_with("The assistant answered in "), "{}", why.headline);
    assert!(why.headline.contains(" with gemini"), "{}", why.headline);
    assert!(why.headline.ends_with("from the profile."), "{}", why.headline);
    for wanted in
        ["the customer wrote", "step done: generate", "one credit was put aside", "the credit was spent", "it went out"]
    {
        assert!(why.lines.iter().any(|line| line.what == wanted), "{wanted} in {:#?}", why.lines);
    }
    assert!(why.interaction.unwrap().tokens.is_some());

    let question = world.shop.interactions(chat, None, 10).await.unwrap().pop().unwrap();
    let why: WhyDocument = call(&world, "why", json!({"id": question.id})).await;
    assert!(why.headline.starts_with("Answered after "), "{}", why.headline);

    let overview: Overview = call(&world, "overview", json!({})).await;
    assert_eq!((overview.today.by_assistant, overview.today.sent, overview.first_response.answered), (1, 1, 1));
    assert_eq!(overview.days.last().map(|day| day.credits), Some(Credits::ONE));
    assert_eq!(overview.chats.waiting, 1);
}
