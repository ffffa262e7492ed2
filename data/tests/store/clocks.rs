//! The clock was ahead for a minute: what it left in the store is taken back.

use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::model::job::JobKind;
use mychatflow_data::store::tx::accept_delivery::Accepted;
use mychatflow_data::store::tx::answer::{NewAnswer, Part, Start};
use mychatflow_data::store::tx::outcome::After;

use crate::support::{NOON, chat_of, world};

const ANA: &str = "4915111111111@c.us";
const PLAN: Credits = Credits::new(400);
const YEAR: Duration = Duration::from_secs(400 * 86_400);

fn number(file: &rusqlite::Connection, sql: &str) -> i64 {
    file.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn what_was_said_while_the_clock_was_ahead_is_of_now_and_not_of_next_year() {
    let world = world().await;
    let ahead = NOON + YEAR;
    assert_eq!(world.says(ANA, "A1", "open today?", ahead).await, Accepted::Stored);
    let job = world.claim(JobKind::AnswerChat, ahead + Duration::from_secs(5)).await.remove(0);
    let chat = chat_of(&job);
    world.shop.reserve_answer(job.id, PLAN, ahead).await.unwrap();
    let answer = NewAnswer {
        parts: vec![Part { text: "We open at 8.".into(), reserved: Some("B1".into()) }],
        revision: 1,
        model: None,
        latency_ms: 12,
        tokens: "{}".into(),
        cites: Vec::new(),
        discloses: false,
    };
    let Start::Go(sending) = world.shop.start_answer(job.id, answer, ahead).await.unwrap() else { panic!("it goes") };
    world.shop.record_sent(sending.interaction.id, None, None, After::Waiting, ahead).await.unwrap();
    world.says(ANA, "A2", "and on Sunday?", ahead + Duration::from_secs(60)).await;

    assert!(world.shop.mend_stamps(NOON).await.unwrap() > 0);
    let shown = world.shop.chat(chat).await.unwrap().unwrap();
    assert_eq!((shown.last_at, shown.last_in_at), (Some(NOON), Some(NOON)));
    let file = world.file();
    for sql in [
        "SELECT max(max(at, coalesce(sending_at, 0), coalesce(sent_at, 0), created_at)) FROM interactions",
        "SELECT max(max(created_at, updated_at)) FROM jobs",
        "SELECT max(heard_at) FROM instances",
        "SELECT max(waiting_since) FROM chats",
    ] {
        assert!(number(&file, sql) <= NOON.millis(), "{sql}");
    }
    // The answer is due as long from now as it was from then.
    let due = number(&file, "SELECT run_at FROM jobs WHERE kind = 'answer_chat' AND state = 'scheduled'");
    assert_eq!(due, NOON.millis() + 2_500);
    assert_eq!(world.shop.mend_stamps(NOON).await.unwrap(), 0, "once is enough");
}

#[tokio::test]
async fn a_message_from_the_future_is_of_now() {
    let world = world().await;
    let early = crate::support::message(ANA, "A1", "open today?", NOON + YEAR);
    let event = mychatflow_data::model::delivery::DeliveryEvent::Message(early);
    let delivery = crate::support::delivery(event, NOON);
    let rules = mychatflow_data::model::setting::Rules::default();
    world.shop.accept_delivery(world.number, delivery, rules, NOON).await.unwrap();
    let file = world.file();
    assert_eq!(number(&file, "SELECT at FROM interactions"), NOON.millis());
    assert_eq!(number(&file, "SELECT last_at FROM chats"), NOON.millis());
}

#[tokio::test]
async fn what_sleeps_for_a_good_reason_sleeps_on() {
    let world = world().await;
    world.says(ANA, "A1", "open today?", NOON).await;
    let job = world.claim(JobKind::AnswerChat, NOON + Duration::from_secs(5)).await.remove(0);
    let never = mychatflow_data::store::jobs::NEVER;
    let waits = mychatflow_data::store::jobs::Ended::Snooze { until: never, reason: "waiting for approval".into() };
    world.shop.end_job(job.id, waits, NOON + YEAR).await.unwrap();
    world.shop.mend_stamps(NOON).await.unwrap();
    let file = world.file();
    assert_eq!(number(&file, "SELECT run_at FROM jobs WHERE kind = 'answer_chat'"), never.millis());
    assert_eq!(number(&file, "SELECT updated_at FROM jobs WHERE kind = 'answer_chat'"), NOON.millis());
}
