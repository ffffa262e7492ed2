//! Whoever writes STOP gets nothing more, in the middle of a campaign too; whoever only says the word is answered.

use std::num::NonZeroU32;

use mychatflow_daemon::config::CampaignConfig;
use mychatflow_data::model::campaign::CampaignState;
use mychatflow_sandbox::waha::Engine;
use serde_json::{Value, json};

use crate::campaigns::{UNLIMITED, call, campaign, spring, until};
use crate::world::{DEADLINE, SESSION, World, world_with};

/// Two messages an hour: the rest of a list waits.
async fn slow() -> World {
    let two = CampaignConfig { per_hour: NonZeroU32::new(2), ..UNLIMITED };
    world_with(Engine::Noweb, |config| config.campaign = two).await
}

async fn rows(world: &World) -> Vec<(String, String)> {
    let report = call(world, "campaign.report", json!({"name": "spring"})).await.unwrap();
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let items = report["items"].as_array().unwrap();
    items.iter().map(|row| (word(row, "state"), word(row, "reason"))).collect()
}

#[tokio::test]
async fn stop_in_the_middle_of_a_campaign_is_the_end_of_it_for_that_person() {
    let world = slow().await;
    let (ana, chat) = (&world.ana, world.ana.chat_id());
    let file = format!("phone\n+447700900001\n+447700900002\n+{}\n+447700900003\n", ana.phone);
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "New bread", "file": file, "check": "never"}))
        .await;
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    until(&world, "two are out", |found| found.counts.gone_out() == 2).await;

    world.waha.customer_says(SESSION, ana, "STOP!").await.unwrap();
    until(&world, "the row says so", |found| found.counts.opted_out == 1).await;
    assert_eq!(rows(&world).await[2], ("opted_out".to_owned(), "asked not to be written to".to_owned()));
    let confirmed = |waha: &mychatflow_sandbox::waha::Server| (waha.sent_to(&chat).len() == 1).then_some(());
    world.waha.wait_for(DEADLINE, confirmed).await.unwrap();
    assert!(world.waha.sent_to(&chat)[0].text.contains("START"), "{:?}", world.waha.sent_to(&chat));

    // Said twice, it is confirmed once; the others go on.
    world.waha.customer_says(SESSION, ana, "stop").await.unwrap();
    assert_eq!(spring(&world).await.state, CampaignState::Running);

    // Back again, an ordinary question has an answer.
    world.waha.customer_says(SESSION, ana, "Start").await.unwrap();
    let welcomed = |waha: &mychatflow_sandbox::waha::Server| (waha.sent_to(&chat).len() == 2).then_some(());
    world.waha.wait_for(DEADLINE, welcomed).await.unwrap();
    world.waha.customer_says(SESSION, ana, "How much is the sourdough?").await.unwrap();
    let answered = |waha: &mychatflow_sandbox::waha::Server| (waha.sent_to(&chat).len() == 3).then_some(());
    world.waha.wait_for(DEADLINE, answered).await.unwrap();
    let told = world.waha.sent_to(&chat).iter().filter(|sent| sent.text.contains("START")).count();
    assert_eq!(told, 1, "{:?}", world.waha.sent_to(&chat));
}

#[tokio::test]
async fn a_sentence_with_the_word_in_it_is_a_message_like_every_other() {
    let world = slow().await;
    let chat = world.ana.chat_id();
    world.waha.customer_says(SESSION, &world.ana, "please stop by tomorrow").await.unwrap();
    let answered = |waha: &mychatflow_sandbox::waha::Server| (waha.sent_to(&chat).len() == 1).then_some(());
    world.waha.wait_for(DEADLINE, answered).await.unwrap();
    let person = call(&world, "contact.list", json!({})).await.unwrap();
    assert_eq!(person["items"][0]["opted_out_at"], Value::Null, "{person:#}");
}
