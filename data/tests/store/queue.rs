//! The queue: what is not finished, and a human's hand on it.

use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::{ClientRef, InteractionId, QueueItemId};
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::interaction::InteractionState;
use mychatflow_data::model::job::{Job, JobKind, JobState};
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::queue::{Item, QueueFilter, QueuePlace};
use mychatflow_data::store::tx::answer::{NewAnswer, Part, Start, Wait};
use mychatflow_data::store::tx::queue::Retried;
use mychatflow_data::store::tx::send::Composer;
use mychatflow_data::time::Timestamp;

use crate::support::{NOON, World, chat_of, world};

const ANA: &str = "4915111111111@c.us";
const BEN: &str = "4915122222222@c.us";
const PLAN: Credits = Credits::new(400);

fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

fn answer(revision: i64, id: &str) -> NewAnswer {
    NewAnswer {
        parts: vec![Part { text: "We open at 8.".into(), reserved: Some(id.into()) }],
        revision,
        model: None,
        latency_ms: 12,
        tokens: "{}".into(),
        cites: Vec::new(),
        discloses: false,
    }
}

async fn reserved(world: &World, whom: &str) -> Job {
    world.says(whom, &format!("M-{whom}"), "open today?", NOON).await;
    let job = world.claim(JobKind::AnswerChat, later(5)).await.remove(0);
    world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap();
    job
}

/// An answer whose end nobody knows.
async fn unknown(world: &World, whom: &str) -> InteractionId {
    let job = reserved(world, whom).await;
    let revision = world.shop.chat(chat_of(&job)).await.unwrap().unwrap().revision;
    let start = world.shop.start_answer(job.id, answer(revision, &format!("OUT-{whom}")), later(6)).await.unwrap();
    let Start::Go(sending) = start else { panic!("{start:?}") };
    world.shop.record_unknown(sending.interaction.id, "nobody knows".into(), later(7)).await.unwrap();
    sending.interaction.id
}

async fn items(world: &World) -> Vec<(QueueItemId, Item)> {
    let page = world.shop.queue(QueueFilter::All, None, 100).await.unwrap();
    page.into_iter().map(|entry| (entry.id, entry.item)).collect()
}

#[tokio::test]
async fn three_sorts_of_unfinished_things_stand_in_one_list() {
    let world = world().await;
    let sent = unknown(&world, ANA).await;
    world.says(BEN, "M2", "hello", later(20)).await;
    let body = br#"{"event":"new"}"#.to_vec();
    world.shop.keep_unreadable(world.number, body.clone(), vec![1], "no payload".into(), later(30)).await.unwrap();
    world.shop.keep_unreadable(world.number, body, vec![1], "no payload".into(), later(31)).await.unwrap();

    let all = world.shop.queue(QueueFilter::All, None, 100).await.unwrap();
    let kinds: Vec<Item> = all.iter().map(|entry| entry.item).collect();
    let answer = Item::Job(JobKind::AnswerChat, JobState::Scheduled);
    assert_eq!(kinds, [Item::UnknownSend, answer, Item::Unreadable(JobState::Available)]);
    assert_eq!(all[0].id, sent.into());
    let mut one_by_one = Vec::new();
    while let Some(entry) =
        world.shop.queue(QueueFilter::All, one_by_one.last().map(QueuePlace::after), 1).await.unwrap().pop()
    {
        one_by_one.push(entry);
    }
    assert_eq!(one_by_one, all);
    for (filter, expected) in [
        (QueueFilter::Jobs(JobState::Scheduled), 1),
        (QueueFilter::Held, 0),
        (QueueFilter::Unreadable, 1),
        (QueueFilter::UnknownSends, 1),
    ] {
        assert_eq!(world.shop.queue(filter, None, 10).await.unwrap().len(), expected, "{filter:?}");
    }
    let shown = world.shop.queue_detail(all[2].id).await.unwrap().unwrap();
    assert_eq!(shown.text.as_deref(), Some(r#"{"event":"new"}"#));
    assert_eq!(world.shop.queue_detail(sent.into()).await.unwrap().unwrap().text.as_deref(), Some("We open at 8."));
    assert!(world.shop.queue_detail(QueueItemId::new()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_held_job_runs_only_after_its_release() {
    let world = world().await;
    world.says(ANA, "M1", "hello", NOON).await;
    let (id, _) = items(&world).await[0];
    assert!(matches!(world.shop.release(id, later(1)).await, Err(StoreError::Conflict(_))), "nobody put it aside");
    world.shop.hold(id, later(1)).await.unwrap();
    world.says(ANA, "M2", "anybody?", later(2)).await;
    assert!(world.claim(JobKind::AnswerChat, later(60)).await.is_empty());
    let released = world.shop.release(id, later(60)).await.unwrap();
    assert_eq!(released.item, Item::Job(JobKind::AnswerChat, JobState::Available));
    assert_eq!(world.claim(JobKind::AnswerChat, later(60)).await.len(), 1);
    assert!(matches!(world.shop.hold(id, later(61)).await, Err(StoreError::Conflict(_))), "it runs");
    assert!(matches!(world.shop.retry(id, later(61)).await, Err(StoreError::Conflict(_))), "it runs");
}

#[tokio::test]
async fn a_dead_answer_comes_back_to_life_with_a_new_reservation() {
    let world = world().await;
    let job = reserved(&world, ANA).await;
    // A run that gave up: what it held is released, its attempts stay.
    world.shop.end_job(job.id, Ended::Discard { reason: "the model is down".into() }, later(6)).await.unwrap();
    assert_eq!(world.shop.retry(job.id.into(), later(10)).await.unwrap(), Retried::Runs);
    let again = world.claim(JobKind::AnswerChat, later(10)).await.remove(0);
    assert_eq!((again.id, again.attempts), (job.id, 1));

    world.shop.end_job(job.id, Ended::Discard { reason: "the model is down".into() }, later(11)).await.unwrap();
    world.says(ANA, "M9", "hello?", later(12)).await;
    let taken = world.shop.retry(job.id.into(), later(13)).await;
    assert!(matches!(taken, Err(StoreError::Conflict(_))), "a newer answer lives: {taken:?}");
    world.shop.drop_entry(job.id.into(), later(14)).await.unwrap();
    assert_eq!(items(&world).await.len(), 1, "the newer answer is left");
    assert_eq!(world.shop.credits(PLAN, later(15)).await.unwrap().reserved, Credits::ZERO);
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
}

#[tokio::test]
async fn an_answer_that_waits_for_a_human_is_not_retried_but_can_be_dropped() {
    let world = world().await;
    let job = reserved(&world, ANA).await;
    let chat = chat_of(&job);
    let revision = world.shop.chat(chat).await.unwrap().unwrap().revision;
    world.shop.store_draft(job.id, answer(revision, "OUT"), Wait::ForApproval, later(6)).await.unwrap();
    let entry = world.shop.queue_item(job.id.into()).await.unwrap().unwrap();
    assert_eq!(entry.next_at, None, "it waits for a person, not for a time");
    let retried = world.shop.retry(job.id.into(), later(7)).await;
    assert!(matches!(retried, Err(StoreError::Conflict(_))), "{retried:?}");

    world.shop.drop_entry(job.id.into(), later(8)).await.unwrap();
    let page = world.shop.interactions(chat, None, 10).await.unwrap();
    assert_eq!(page[0].state, InteractionState::Cancelled);
    let credits = world.shop.credits(PLAN, later(9)).await.unwrap();
    assert_eq!((credits.balance, credits.reserved), (PLAN, Credits::ZERO));
    assert!(items(&world).await.is_empty());
}

#[tokio::test]
async fn a_running_answer_that_is_dropped_sends_nothing() {
    let world = world().await;
    let job = reserved(&world, ANA).await;
    let revision = world.shop.chat(chat_of(&job)).await.unwrap().unwrap().revision;
    world.shop.drop_entry(job.id.into(), later(6)).await.unwrap();
    let start = world.shop.start_answer(job.id, answer(revision, "OUT"), later(7)).await.unwrap();
    assert_eq!(start, Start::Cancelled);
    assert_eq!(world.shop.credits(PLAN, later(9)).await.unwrap().balance, PLAN);
}

#[tokio::test]
async fn a_human_decides_about_a_send_of_unknown_end() {
    let world = world().await;
    let sent = unknown(&world, ANA).await;
    assert!(matches!(world.shop.hold(sent.into(), later(8)).await, Err(StoreError::Conflict(_))));
    assert_eq!(world.shop.retry(sent.into(), later(9)).await.unwrap(), Retried::Runs);
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
    let job = world.claim(JobKind::SendMessage, later(9)).await.remove(0);
    let message = world.shop.start_message(sent, None, later(9)).await.unwrap().unwrap();
    assert_eq!(message.bare_id.as_deref(), Some("OUT-4915111111111@c.us"), "the same id as before");
    world.shop.record_unknown(sent, "again".into(), later(10)).await.unwrap();
    assert_eq!(items(&world).await, [(sent.into(), Item::UnknownSend)], "{job:?}");

    world.shop.drop_entry(sent.into(), later(11)).await.unwrap();
    assert!(items(&world).await.is_empty());
    let credits = world.shop.credits(PLAN, later(12)).await.unwrap();
    assert_eq!((credits.balance, credits.reserved), (PLAN, Credits::ZERO));
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
}

#[tokio::test]
async fn a_failed_message_of_a_human_is_sent_again_or_dropped() {
    let world = world().await;
    world.says(ANA, "M1", "hello", NOON).await;
    let chat = world.shop.chat_named(ANA.into(), None).await.unwrap().chat.id;
    let send = async |text: &str| {
        let pause = Duration::from_secs(60);
        world.shop.send_message(chat, text.into(), ClientRef::new(), pause, Composer::Keep, later(1)).await.unwrap()
    };
    let message = send("hi").await;
    let job = world.claim(JobKind::SendMessage, later(2)).await.remove(0);
    world.shop.start_message(message.id, None, later(2)).await.unwrap().unwrap();
    let dead = Ended::Discard { reason: "waha said 422".into() };
    world.shop.record_not_sent(message.id, dead, later(3)).await.unwrap();
    let shown = world.shop.queue_detail(job.id.into()).await.unwrap().unwrap();
    assert_eq!(shown.text.as_deref(), Some("hi"));
    assert_eq!(shown.item.item, Item::Job(JobKind::SendMessage, JobState::Discarded));

    world.shop.retry(job.id.into(), later(4)).await.unwrap();
    assert_eq!(world.claim(JobKind::SendMessage, later(4)).await.len(), 1);
    assert!(world.shop.start_message(message.id, None, later(4)).await.unwrap().is_some());

    let second = send("still there?").await;
    let waiting = world.shop.queue(QueueFilter::Jobs(JobState::Available), None, 10).await.unwrap().remove(0);
    world.shop.drop_entry(waiting.id, later(5)).await.unwrap();
    let page = world.shop.interactions(chat, None, 10).await.unwrap();
    let dropped = page.iter().find(|found| found.id == second.id).unwrap();
    assert_eq!(dropped.state, InteractionState::Cancelled);
    assert_eq!(world.shop.chat(chat).await.unwrap().unwrap().state, ChatState::NeedsYou);
}

#[tokio::test]
async fn an_unreadable_body_is_read_again_held_and_forgotten() {
    let world = world().await;
    let body = b"not json".to_vec();
    world.shop.keep_unreadable(world.number, body.clone(), vec![2], "not JSON".into(), NOON).await.unwrap();
    let (id, _) = items(&world).await[0];
    world.shop.hold(id, NOON).await.unwrap();
    assert_eq!(items(&world).await, [(id, Item::Unreadable(JobState::Held))]);
    world.shop.release(id, NOON).await.unwrap();
    let Retried::ReadAgain(found) = world.shop.retry(id, NOON).await.unwrap() else { panic!("it must be read") };
    assert_eq!((found.body, found.instance), (body, world.number));
    world.shop.note_unreadable(found.id, "still not JSON".into()).await.unwrap();
    let entry = world.shop.queue_item(id).await.unwrap().unwrap();
    assert_eq!((entry.attempts, entry.reason.as_deref()), (1, Some("still not JSON")));
    world.shop.drop_entry(id, NOON).await.unwrap();
    assert!(items(&world).await.is_empty());
}
