//! The way of an answer through the store.

use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::ClientRef;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::delivery::{AckEvent, DeliveryEvent, EditedEvent, RevokedEvent};
use mychatflow_data::model::interaction::{Ack, Author, InteractionState};
use mychatflow_data::model::job::{Job, JobKind};
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::tx::accept_delivery::Accepted;
use mychatflow_data::store::tx::answer::{Handoff, Letter, NO_CREDIT, NewAnswer, Part, Reserved, Start, Stop, Wait};
use mychatflow_data::store::tx::outcome::After;
use mychatflow_data::store::tx::send::Composer;
use mychatflow_data::time::Timestamp;

use crate::support::{NOON, World, chat_of, message, world};

const ANA: &str = "4915111111111@c.us";
const PLAN: Credits = Credits::new(400);

fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

fn answer(revision: i64, id: &str) -> NewAnswer {
    NewAnswer {
        parts: vec![Part { text: "We open at 8.".into(), reserved: Some(id.into()) }],
        revision,
        model: Some("a model".into()),
        latency_ms: 12,
        tokens: "{}".into(),
        cites: Vec::new(),
        discloses: false,
    }
}

async fn claimed(world: &World, at: Timestamp) -> Job {
    let mut jobs = world.claim(JobKind::AnswerChat, at).await;
    assert_eq!(jobs.len(), 1, "one answer job is due");
    jobs.remove(0)
}

async fn counted(world: &World, name: &str) -> i64 {
    let counters = world.shop.counters().await.unwrap();
    counters.into_iter().find(|counter| counter.name == format!("answers.{name}")).map_or(0, |counter| counter.value)
}

#[tokio::test]
async fn a_question_becomes_one_answer_and_costs_one_credit() {
    let world = world().await;
    assert_eq!(world.says(ANA, "A1", "open today?", NOON).await, Accepted::Stored);
    assert_eq!(world.says(ANA, "A1", "open today?", NOON).await, Accepted::Duplicate);
    assert!(world.claim(JobKind::AnswerChat, later(1)).await.is_empty(), "the burst is not over");

    let job = claimed(&world, later(5)).await;
    let chat = chat_of(&job);
    let facts = world.shop.answer_facts(job.id, chat).await.unwrap();
    assert_eq!(facts.history.len(), 1);
    let held = world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap();
    assert!(matches!(held, Reserved::Held(_)));
    assert_eq!(world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap(), held, "asked twice, reserved once");

    let start = world.shop.start_answer(job.id, answer(facts.chat.revision, "OUT1"), later(6)).await.unwrap();
    let Start::Go(sending) = start else { panic!("{start:?}") };
    let sent = sending.interaction.id;
    world.shop.record_sent(sent, None, Some("true_x_OUT1".into()), After::Waiting, later(7)).await.unwrap();

    let credits = world.shop.credits(PLAN, later(8)).await.unwrap();
    assert_eq!((credits.balance, credits.used, credits.reserved), (Credits::new(399), Credits::ONE, Credits::ZERO));
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
    let chat = world.shop.chat(chat).await.unwrap().unwrap();
    assert_eq!(chat.state, ChatState::Waiting);
}

#[tokio::test]
async fn an_echo_and_an_ack_find_the_message_that_we_sent() {
    let world = world().await;
    world.says(ANA, "A1", "open today?", NOON).await;
    let job = claimed(&world, later(5)).await;
    let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
    world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap();
    let Start::Go(sending) =
        world.shop.start_answer(job.id, answer(facts.chat.revision, "OUT1"), later(5)).await.unwrap()
    else {
        panic!("the send should start")
    };

    // WAHA tells us by webhook before it answers the POST.
    let mut echo = message(ANA, "OUT1", "We open at 8.", later(6));
    echo.from_me = true;
    echo.source = mychatflow_data::model::delivery::Source::Api;
    assert_eq!(world.receives(DeliveryEvent::Message(echo.clone()), later(6)).await, Accepted::Stored);
    assert_eq!(world.receives(DeliveryEvent::Message(echo), later(7)).await, Accepted::Duplicate);
    let ack = AckEvent { bare_id: "OUT1".into(), from_me: true, participant: None, ack: Ack::Read };
    world.receives(DeliveryEvent::Ack(ack.clone()), later(8)).await;
    world.receives(DeliveryEvent::Ack(AckEvent { ack: Ack::Device, ..ack }), later(9)).await;
    world.shop.record_sent(sending.interaction.id, None, None, After::Waiting, later(9)).await.unwrap();

    let page = world.shop.interactions(chat_of(&job), None, 10).await.unwrap();
    assert_eq!(page.len(), 2, "the echo is no second message");
    assert_eq!(page[0].state, InteractionState::Read);
    assert_eq!(world.shop.credits(PLAN, later(9)).await.unwrap().used, Credits::ONE);
    assert!(world.shop.chat(chat_of(&job)).await.unwrap().unwrap().paused_until.is_none(), "nobody took over");
}

#[tokio::test]
async fn a_human_beats_the_answer_that_is_being_written() {
    let world = world().await;
    world.says(ANA, "A1", "open today?", NOON).await;
    let job = claimed(&world, later(5)).await;
    let chat = chat_of(&job);
    let facts = world.shop.answer_facts(job.id, chat).await.unwrap();
    world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap();

    let pause = Duration::from_secs(3600);
    world
        .shop
        .send_message(chat, "I'm here myself".into(), ClientRef::new(), pause, Composer::Keep, later(6))
        .await
        .unwrap();
    let start = world.shop.start_answer(job.id, answer(facts.chat.revision, "OUT1"), later(7)).await.unwrap();
    assert_eq!(start, Start::Cancelled);

    let credits = world.shop.credits(PLAN, later(8)).await.unwrap();
    assert_eq!((credits.balance, credits.reserved), (PLAN, Credits::ZERO));
    let page = world.shop.interactions(chat, None, 10).await.unwrap();
    assert!(page.iter().all(|message| message.author != Author::Assistant));
    // While paused a new question makes no answer.
    world.says(ANA, "A2", "and tomorrow?", later(10)).await;
    assert!(world.claim(JobKind::AnswerChat, later(60)).await.is_empty());
    assert_eq!(world.shop.chat(chat).await.unwrap().unwrap().state, ChatState::NeedsYou);
}

#[tokio::test]
async fn a_newer_message_sends_the_answer_back_twice_and_no_more() {
    let world = world().await;
    world.says(ANA, "A1", "open today?", NOON).await;
    let job = claimed(&world, later(5)).await;
    let chat = chat_of(&job);
    let seen = world.shop.answer_facts(job.id, chat).await.unwrap().chat.revision;
    world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap();
    for round in 0..2 {
        world.says(ANA, &format!("B{round}"), "and …", later(6 + round)).await;
        let start = world.shop.start_answer(job.id, answer(seen, &format!("N{round}")), later(7)).await.unwrap();
        assert!(matches!(start, Start::Stale(_)), "{start:?}");
    }
    let start = world.shop.start_answer(job.id, answer(seen, "OUT"), later(9)).await.unwrap();
    let Start::Go(sending) = start else { panic!("the third time it goes: {start:?}") };
    world.says(ANA, "C", "thanks, and tomorrow?", later(10)).await;
    world.shop.record_sent(sending.interaction.id, None, None, After::Waiting, later(11)).await.unwrap();
    // What came meanwhile gets an answer of its own.
    assert_eq!(world.claim(JobKind::AnswerChat, later(60)).await.len(), 1);
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
}

#[tokio::test]
async fn at_zero_nothing_is_reserved() {
    let world = world().await;
    world.says(ANA, "A1", "open today?", NOON).await;
    let job = claimed(&world, later(5)).await;
    assert_eq!(world.shop.reserve_answer(job.id, Credits::ZERO, later(5)).await.unwrap(), Reserved::NoCredit);
}

#[tokio::test]
async fn an_edit_stops_the_countdown_and_waits_for_a_human() {
    let world = world().await;
    world.says(ANA, "A1", "open today?", NOON).await;
    let job = claimed(&world, later(5)).await;
    let chat = chat_of(&job);
    let revision = world.shop.chat(chat).await.unwrap().unwrap().revision;
    world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap();
    let wait = Wait::Countdown(later(14));
    assert_eq!(world.shop.store_draft(job.id, answer(revision, "OUT"), wait, later(6)).await.unwrap(), None);
    assert_eq!(world.shop.countdown(chat).await.unwrap(), Some(later(14)));
    let listed = async || world.shop.listed_chat(chat).await.unwrap().unwrap().sends_at;
    assert_eq!(listed().await, Some(later(14)), "the list tells it too");
    assert_eq!(world.shop.unsent(chat).await.unwrap().len(), 1);

    let edited = world.shop.edit_answer(chat, "We open at nine.".into(), later(7)).await.unwrap();
    assert_eq!(world.shop.countdown(chat).await.unwrap(), None);
    assert_eq!(listed().await, None);
    assert!(world.claim(JobKind::AnswerChat, later(60)).await.is_empty(), "nothing sends it by itself");
    assert_eq!(world.shop.chat(chat).await.unwrap().unwrap().state, ChatState::NeedsYou);
    assert_eq!(world.shop.approve_answer(chat, later(61)).await.unwrap(), edited);
    assert_eq!(world.claim(JobKind::AnswerChat, later(61)).await.len(), 1);
    let late = world.shop.edit_answer(chat, "too late".into(), later(62)).await;
    assert!(matches!(late, Err(StoreError::Conflict(_))), "{late:?}");
}

#[tokio::test]
async fn a_chat_that_is_put_away_takes_its_answer_back() {
    let world = world().await;
    world.says(ANA, "A1", "open today?", NOON).await;
    let job = claimed(&world, later(5)).await;
    let chat = chat_of(&job);
    let revision = world.shop.chat(chat).await.unwrap().unwrap().revision;
    world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap();
    let drafted = world.shop.store_draft(job.id, answer(revision, "OUT"), Wait::ForApproval, later(6)).await.unwrap();
    assert_eq!(drafted, None);

    world.shop.snooze_chat(chat, later(3600), later(7)).await.unwrap();
    let put_away = world.shop.chat(chat).await.unwrap().unwrap();
    assert_eq!((put_away.state, put_away.reason), (ChatState::Snoozed, None));
    assert_eq!(world.shop.unsent(chat).await.unwrap().len(), 0);
    let credits = world.shop.credits(PLAN, later(8)).await.unwrap();
    assert_eq!((credits.balance, credits.reserved), (PLAN, Credits::ZERO));
    let refused = world.shop.approve_answer(chat, later(9)).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    for (name, expected) in [("generated", 1), ("draft", 1), ("cancelled", 1), ("stopped", 0), ("failed", 0)] {
        assert_eq!(counted(&world, name).await, expected, "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_is_taken_back_while_it_is_written_is_counted_once() {
    let world = world().await;
    world.says(ANA, "A1", "open today?", NOON).await;
    let job = claimed(&world, later(5)).await;
    let chat = chat_of(&job);
    let revision = world.shop.chat(chat).await.unwrap().unwrap().revision;
    world.shop.cancel_chat_answer(chat, later(6)).await.unwrap();
    world.shop.snooze_chat(chat, later(3600), later(6)).await.unwrap();
    let start = world.shop.start_answer(job.id, answer(revision, "OUT"), later(7)).await.unwrap();
    assert_eq!(start, Start::Cancelled);
    assert_eq!((counted(&world, "cancelled").await, counted(&world, "generated").await), (1, 0));
    assert_eq!(world.shop.chat(chat).await.unwrap().unwrap().state, ChatState::Snoozed);
}

#[tokio::test]
async fn an_answer_that_whatsapp_refuses_has_failed() {
    let world = world().await;
    world.says(ANA, "A1", "open today?", NOON).await;
    let job = claimed(&world, later(5)).await;
    let revision = world.shop.chat(chat_of(&job)).await.unwrap().unwrap().revision;
    world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap();
    let start = world.shop.start_answer(job.id, answer(revision, "OUT1"), later(5)).await.unwrap();
    assert!(matches!(start, Start::Go(_)), "{start:?}");
    let refused = AckEvent { bare_id: "OUT1".into(), from_me: true, participant: None, ack: Ack::Error };
    world.receives(DeliveryEvent::Ack(refused), later(8)).await;
    assert_eq!((counted(&world, "failed").await, counted(&world, "generated").await), (1, 1));
}

#[tokio::test]
async fn a_question_in_the_same_second_stands_after_the_answer_before_it() {
    let world = world().await;
    // WhatsApp says noon for both, though the second came 700 ms after it.
    world.says(ANA, "A1", "open today?", NOON).await;
    let at = NOON + Duration::from_millis(300);
    let chat = world.shop.find_chat(&ANA.parse().unwrap()).await.unwrap().unwrap().id;
    world.shop.send_message(chat, "yes".into(), ClientRef::new(), Duration::ZERO, Composer::Keep, at).await.unwrap();
    let event = DeliveryEvent::Message(message(ANA, "A2", "and tomorrow?", NOON));
    let late = NOON + Duration::from_millis(700);
    let rules = mychatflow_data::model::setting::Rules::default();
    world.shop.accept_delivery(world.number, crate::support::delivery(event, late), rules, late).await.unwrap();
    let page = world.shop.interactions(chat, None, 10).await.unwrap();
    let texts: Vec<&str> = page.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["and tomorrow?", "yes", "open today?"]);
}

#[tokio::test]
async fn an_answer_that_a_human_cancelled_stays_cancelled_over_a_crash() {
    let world = world().await;
    world.says(ANA, "A1", "open today?", NOON).await;
    let job = claimed(&world, later(5)).await;
    let chat = chat_of(&job);
    world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap();
    world.shop.cancel_chat_answer(chat, later(6)).await.unwrap();

    // The daemon dies before its job learns of it; the next run takes the job over.
    let next = mychatflow_data::ids::RunId::new();
    assert_eq!(world.store.free_leases(next, later(7)).await.unwrap(), 1);
    let slots = vec![mychatflow_data::store::jobs::Slots { kind: JobKind::AnswerChat, free: 1 }];
    let (jobs, _) = world.store.claim_jobs(slots, None, next, later(7)).await.unwrap();
    let facts = world.shop.answer_facts(jobs[0].id, chat).await.unwrap();
    assert_eq!(facts.cancel.as_deref(), Some("cancelled by a human"));
}

#[tokio::test]
async fn a_message_that_may_be_out_is_accounted_for_though_a_human_took_the_chat() {
    let world = world().await;
    world.says(ANA, "A1", "open today?", NOON).await;
    let job = claimed(&world, later(5)).await;
    let chat = chat_of(&job);
    let facts = world.shop.answer_facts(job.id, chat).await.unwrap();
    world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap();
    let start = world.shop.start_answer(job.id, answer(facts.chat.revision, "OUT1"), later(5)).await.unwrap();
    let Start::Go(sending) = start else { panic!("{start:?}") };
    // Nobody knows whether it is out; the job looks again later. Meanwhile a human answers.
    let wait = Ended::Snooze { until: later(30), reason: "looking for the message".into() };
    world.shop.end_job(job.id, wait, later(6)).await.unwrap();
    let pause = Duration::from_secs(3600);
    world
        .shop
        .send_message(chat, "I'm here myself".into(), ClientRef::new(), pause, Composer::Keep, later(7))
        .await
        .unwrap();
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);

    assert_eq!(claimed(&world, later(31)).await.id, job.id, "the job goes on until its end is known");
    assert_eq!(world.shop.told_to_stop(job.id).await.unwrap().as_deref(), Some("a human answered"));
    let ended = Ended::Cancel { reason: "a human answered".into() };
    world.shop.record_not_sent(sending.interaction.id, ended, later(32)).await.unwrap();
    let credits = world.shop.credits(PLAN, later(33)).await.unwrap();
    assert_eq!((credits.balance, credits.reserved), (PLAN, Credits::ZERO));
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
    assert_eq!(world.shop.chat(chat).await.unwrap().unwrap().state, ChatState::Waiting, "the human's word is last");
}

#[tokio::test]
async fn a_refusal_after_the_send_gives_the_credit_back_and_the_audit_agrees() {
    let world = world().await;
    world.says(ANA, "A1", "open today?", NOON).await;
    let job = claimed(&world, later(5)).await;
    let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
    world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap();
    let start = world.shop.start_answer(job.id, answer(facts.chat.revision, "OUT1"), later(5)).await.unwrap();
    let Start::Go(sending) = start else { panic!("{start:?}") };
    world.shop.record_sent(sending.interaction.id, None, None, After::Waiting, later(6)).await.unwrap();
    let refused = AckEvent { bare_id: "OUT1".into(), from_me: true, participant: None, ack: Ack::Error };
    world.receives(DeliveryEvent::Ack(refused.clone()), later(7)).await;
    world.receives(DeliveryEvent::Ack(refused), later(8)).await;
    assert_eq!(world.shop.credits(PLAN, later(9)).await.unwrap().balance, PLAN);
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
}

#[tokio::test]
async fn after_a_grant_the_oldest_are_answered_as_far_as_it_goes() {
    let world = world().await;
    for person in 1..=4 {
        world.says(&format!("491511111111{person}@c.us"), &format!("A{person}"), "hi", later(person)).await;
    }
    for job in world.claim(JobKind::AnswerChat, later(60)).await {
        assert_eq!(world.shop.reserve_answer(job.id, Credits::ZERO, later(60)).await.unwrap(), Reserved::NoCredit);
        let stop = Stop {
            state: ChatState::NeedsYou,
            reason: NO_CREDIT.into(),
            handoff: Handoff::No,
            letter: Letter::Closed,
            nothing_asked: None,
        };
        world.shop.stop_answer(job.id, stop, later(60)).await.unwrap();
    }
    world.shop.grant(Credits::new(2), None, Credits::ZERO, later(61)).await.unwrap();
    assert_eq!(world.shop.wake_unpaid(NOON, later(61)).await.unwrap(), 2);
    let mut woken = Vec::new();
    for job in world.claim(JobKind::AnswerChat, later(62)).await {
        woken.push(world.shop.chat(chat_of(&job)).await.unwrap().unwrap().address.to_string());
    }
    woken.sort();
    assert_eq!(woken, ["4915111111111@c.us", "4915111111112@c.us"]);
}

#[tokio::test]
async fn a_deletion_or_an_edit_may_come_before_its_message() {
    let world = world().await;
    let revoked = RevokedEvent { target_bare_id: "A1".into(), from_me: None, at: NOON };
    world.receives(DeliveryEvent::Revoked(revoked), NOON).await;
    let edited = EditedEvent {
        bare_id: "E2".into(),
        from_me: false,
        target_bare_id: "A2".into(),
        text: "fixed".into(),
        at: NOON,
        message: None,
    };
    world.receives(DeliveryEvent::Edited(edited), later(1)).await;
    world.says(ANA, "A1", "oops", later(2)).await;
    world.says(ANA, "A2", "fixd", later(3)).await;
    let chat = world.shop.find_chat(&ANA.parse().unwrap()).await.unwrap().unwrap().id;
    let page = world.shop.interactions(chat, None, 10).await.unwrap();
    let seen: Vec<_> = page.iter().map(|message| (message.text.as_str(), message.state)).collect();
    assert_eq!(seen, [("fixed", InteractionState::Edited), ("oops", InteractionState::Revoked)]);
}

#[tokio::test]
async fn a_message_that_was_taken_back_before_it_came_leaves_nobody_waiting() {
    let world = world().await;
    world.says(ANA, "A1", "Hello", NOON).await;
    let chat = world.shop.find_chat(&ANA.parse().unwrap()).await.unwrap().unwrap().id;
    world.shop.finish_chat(chat, later(1)).await.unwrap();
    let before = world.shop.chat(chat).await.unwrap().unwrap();
    let revoked = RevokedEvent { target_bare_id: "A2".into(), from_me: None, at: later(2) };
    world.receives(DeliveryEvent::Revoked(revoked), later(2)).await;
    world.says(ANA, "A2", "oops", later(3)).await;
    let after = world.shop.chat(chat).await.unwrap().unwrap();
    assert_eq!((after.state, after.reason, after.unread), (before.state, before.reason, before.unread));
    assert_eq!((after.waiting_since, after.last_at), (before.waiting_since, Some(later(3))));
    assert!(world.claim(JobKind::AnswerChat, later(3_600)).await.is_empty());
}

#[tokio::test]
async fn a_message_that_comes_again_under_another_address_makes_no_second_chat() {
    let world = world().await;
    let hidden = "190997547974799@lid";
    assert_eq!(world.says(ANA, "A1", "Hello", NOON).await, Accepted::Stored);
    assert_eq!(world.says(hidden, "A1", "Hello", later(1)).await, Accepted::Duplicate);
    assert!(world.shop.find_chat(&hidden.parse().unwrap()).await.unwrap().is_none(), "no chat that is empty");
    // What they write there is theirs.
    assert_eq!(world.says(hidden, "A2", "Are you open?", later(2)).await, Accepted::Stored);
    assert!(world.shop.find_chat(&hidden.parse().unwrap()).await.unwrap().is_some());
}
