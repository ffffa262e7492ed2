//! Whether a person was told that a machine writes follows from what went out.

use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::model::disclosure;
use mychatflow_data::model::job::JobKind;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::tx::answer::{NewAnswer, Part, Start};
use mychatflow_data::store::tx::outcome::After;
use mychatflow_data::time::Timestamp;

use crate::support::{NOON, World, chat_of, world};

const ANA: &str = "4915111111111@c.us";
const PLAN: Credits = Credits::new(400);

fn answer(revision: i64, id: &str) -> NewAnswer {
    let part = |text: &str, id: String| Part { text: text.into(), reserved: Some(id) };
    NewAnswer {
        parts: vec![part("A machine writes.\n\nWe open at 8.", id.into()), part("See you!", format!("{id}2"))],
        revision,
        model: None,
        latency_ms: 12,
        tokens: "{}".into(),
        cites: Vec::new(),
        discloses: true,
    }
}

/// A question comes in, and its answer begins to go out.
async fn begun(
    world: &World,
    id: &str,
    at: Timestamp,
) -> (mychatflow_data::model::job::Job, Box<mychatflow_data::store::interactions::Outbound>) {
    world.says(ANA, &format!("A{id}"), "open today?", at).await;
    let job = world.claim(JobKind::AnswerChat, at + Duration::from_secs(30)).await.remove(0);
    world.shop.reserve_answer(job.id, PLAN, at).await.unwrap();
    let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
    assert!(!facts.disclosed, "nobody has told it");
    let start = world.shop.start_answer(job.id, answer(facts.chat.revision, &format!("B{id}")), at).await.unwrap();
    let Start::Go(sending) = start else { panic!("it goes: {start:?}") };
    (job, sending)
}

#[tokio::test]
async fn what_certainly_did_not_go_out_has_told_nobody() {
    let world = world().await;
    let (job, sending) = begun(&world, "1", NOON).await;
    let chat = chat_of(&job);
    let told = async || world.shop.chat_facts(chat).await.unwrap().disclosed;
    assert!(told().await, "it may be out");
    let refused = Ended::Discard { reason: "refused".into() };
    world.shop.record_not_sent(sending.interaction.id, refused, NOON).await.unwrap();
    assert!(!told().await);

    let later = NOON + Duration::from_secs(60);
    let (_, sending) = begun(&world, "2", later).await;
    world.shop.record_sent(sending.interaction.id, None, None, After::Waiting, later).await.unwrap();
    assert!(told().await);
    let said: i64 = world
        .file()
        .query_row("SELECT count(*) FROM interactions WHERE discloses = 1 AND state = 'sent'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(said, 1, "the first part alone");
}

#[tokio::test]
async fn the_chat_list_shows_the_answer_and_not_that_a_machine_writes() {
    let world = world().await;
    world.says(ANA, "A1", "open today?", NOON).await;
    let job = world.claim(JobKind::AnswerChat, NOON + Duration::from_secs(30)).await.remove(0);
    world.shop.reserve_answer(job.id, PLAN, NOON).await.unwrap();
    let revision = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap().chat.revision;
    let text = disclosure::with_sentence(&disclosure::sentence("en", "Corner Shop"), "We open at 8.");
    let parts = vec![Part { text, reserved: Some("B1".into()) }];
    let answer = NewAnswer { parts, ..answer(revision, "B1") };
    let Start::Go(sending) = world.shop.start_answer(job.id, answer, NOON).await.unwrap() else { panic!("it goes") };
    world.shop.record_sent(sending.interaction.id, None, None, After::Waiting, NOON).await.unwrap();
    let chat = world.shop.chat(chat_of(&job)).await.unwrap().unwrap();
    assert_eq!(chat.preview.as_deref(), Some("We open at 8."));
}
