//! A question is answered once: whatever is deleted, edited, late or sent again, an answered one is never opened again.

use std::collections::BTreeMap;
use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::{ChatId, ClientRef};
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::delivery::{DeliveryEvent, EditedEvent, Handling, RevokedEvent, Source};
use mychatflow_data::model::interaction::{ContentKind, Interaction};
use mychatflow_data::model::job::{Job, JobKind};
use mychatflow_data::phone::Address;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::tx::answer::{Handoff, IGNORED, Letter, NewAnswer, Part, Start, Stop};
use mychatflow_data::store::tx::outcome::After;
use mychatflow_data::store::tx::send::Composer;
use mychatflow_data::store::tx::steer::Resumed;
use mychatflow_data::time::Timestamp;
use proptest::prelude::*;

use crate::support::{NOON, World, chat_of, message, world};

const ANA: &str = "4915111111111@c.us";
const ANA_HIDDEN: &str = "70000000000001@lid";
const PLAN: Credits = Credits::new(400);
const FRESH: Duration = Duration::from_secs(600);

fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

fn revoked(bare_id: &str, at: Timestamp) -> DeliveryEvent {
    DeliveryEvent::Revoked(RevokedEvent { target_bare_id: bare_id.into(), from_me: None, at })
}

fn edited(edit: &str, bare_id: &str, text: &str, at: Timestamp) -> DeliveryEvent {
    let (edit, target_bare_id) = (edit.to_owned(), bare_id.to_owned());
    let text = text.to_owned();
    DeliveryEvent::Edited(EditedEvent { bare_id: edit, from_me: false, target_bare_id, text, at, message: None })
}

fn new_answer(parts: Vec<Part>, revision: i64) -> NewAnswer {
    NewAnswer { parts, revision, model: None, latency_ms: 1, tokens: "{}".into(), cites: Vec::new(), discloses: false }
}

async fn chat(world: &World) -> ChatId {
    world.shop.find_chat(&Address::parse(ANA).unwrap()).await.unwrap().unwrap().id
}

async fn due(world: &World, at: Timestamp) -> Option<Job> {
    world.claim(JobKind::AnswerChat, at).await.pop()
}

/// What the model would be asked, oldest first.
fn open(history: &[Interaction]) -> Vec<String> {
    history.iter().filter(|message| message.unanswered).map(|message| message.text.clone()).collect()
}

/// Runs the answer that is due, if one is: returns what it answers, once it is out.
async fn answer(world: &World, id: &str, at: Timestamp) -> Option<Vec<String>> {
    let job = due(world, at).await?;
    let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
    world.shop.reserve_answer(job.id, PLAN, at).await.unwrap();
    let answer =
        new_answer(vec![Part { text: format!("answer {id}"), reserved: Some(id.into()) }], facts.chat.revision);
    let sending = match world.shop.start_answer(job.id, answer, at).await.unwrap() {
        Start::Go(sending) => sending,
        // The owner wrote to somebody who may be this customer.
        Start::Unresolved(until) => {
            let reason = "waiting".into();
            world.shop.end_job(job.id, Ended::Snooze { until, reason }, at).await.unwrap();
            return None;
        }
        Start::Cancelled => return None,
        start => panic!("it goes out: {start:?}"),
    };
    world.shop.record_sent(sending.interaction.id, None, None, After::Waiting, at).await.unwrap();
    Some(open(&facts.history))
}

#[tokio::test]
async fn taking_a_second_message_back_does_not_answer_the_first_one_again() {
    let world = world().await;
    world.says(ANA, "A1", "open on Sunday?", NOON).await;
    assert_eq!(answer(&world, "OUT1", later(5)).await.unwrap(), ["open on Sunday?"]);
    world.says(ANA, "A2", "sorry, wrong chat", later(10)).await;
    world.receives(revoked("A2", later(11)), later(11)).await;
    assert!(due(&world, later(3600)).await.is_none(), "nothing is left to answer");
    let chat = world.shop.chat(chat(&world).await).await.unwrap().unwrap();
    assert_eq!((chat.state, chat.reason), (ChatState::Waiting, None));
    let credits = world.shop.credits(PLAN, later(12)).await.unwrap();
    assert_eq!((credits.used, credits.reserved), (Credits::ONE, Credits::ZERO));
}

#[tokio::test]
async fn taking_it_back_while_the_model_thinks_gives_the_credit_back() {
    let world = world().await;
    world.says(ANA, "A1", "open on Sunday?", NOON).await;
    answer(&world, "OUT1", later(5)).await.unwrap();
    world.says(ANA, "A2", "sorry, wrong chat", later(10)).await;
    let job = due(&world, later(15)).await.unwrap();
    world.shop.reserve_answer(job.id, PLAN, later(15)).await.unwrap();
    world.receives(revoked("A2", later(16)), later(16)).await;
    let facts = world.shop.answer_facts(job.id, chat(&world).await).await.unwrap();
    assert_eq!(facts.cancel.as_deref(), Some("the customer took the question back"));
    let part = Part { text: "too late".into(), reserved: None };
    let answer = new_answer(vec![part], facts.chat.revision);
    assert_eq!(world.shop.start_answer(job.id, answer, later(17)).await.unwrap(), Start::Cancelled);
    let credits = world.shop.credits(PLAN, later(18)).await.unwrap();
    assert_eq!((credits.used, credits.reserved), (Credits::ONE, Credits::ZERO));
}

#[tokio::test]
async fn what_was_taken_back_while_its_answer_was_in_doubt_is_not_sent_again() {
    let world = world().await;
    world.says(ANA, "A1", "open on Sunday?", NOON).await;
    let job = due(&world, later(5)).await.unwrap();
    let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
    world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap();
    let part = Part { text: "from 9".into(), reserved: Some("OUT1".into()) };
    let start = world.shop.start_answer(job.id, new_answer(vec![part], facts.chat.revision), later(5)).await.unwrap();
    assert!(matches!(start, Start::Go(_)), "{start:?}");
    world.receives(revoked("A1", later(6)), later(6)).await;
    let told = world.shop.told_to_stop(job.id).await.unwrap();
    assert_eq!(told.as_deref(), Some("the customer took the question back"));
}

#[tokio::test]
async fn taking_one_of_two_questions_back_leaves_the_other_one() {
    let world = world().await;
    world.says(ANA, "A1", "open on Sunday?", NOON).await;
    world.says(ANA, "A2", "and how much is the bread?", later(1)).await;
    world.receives(revoked("A2", later(2)), later(2)).await;
    assert_eq!(answer(&world, "OUT1", later(30)).await.unwrap(), ["open on Sunday?"]);
}

#[tokio::test]
async fn an_edit_of_an_answered_question_asks_nothing_new() {
    let world = world().await;
    world.says(ANA, "A1", "open on Sunday?", NOON).await;
    answer(&world, "OUT1", later(5)).await.unwrap();
    world.receives(edited("E1", "A1", "open on Sunday??", later(8)), later(8)).await;
    world.receives(revoked("A1", later(9)), later(9)).await;
    assert!(due(&world, later(3600)).await.is_none());
    assert_eq!(world.shop.chat(chat(&world).await).await.unwrap().unwrap().state, ChatState::Waiting);
}

/// The model reads what is asked and sees nothing to answer in it.
async fn ignored(world: &World, at: Timestamp) -> Job {
    let job = due(world, at).await.unwrap();
    let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
    world.shop.reserve_answer(job.id, PLAN, at).await.unwrap();
    say_nothing(world, &job, facts.chat.revision, at).await;
    job
}

async fn say_nothing(world: &World, job: &Job, revision: i64, at: Timestamp) {
    let stop = Stop {
        state: ChatState::Waiting,
        reason: format!("{IGNORED}: only thanks"),
        handoff: Handoff::No,
        letter: Letter::Closed,
        nothing_asked: Some(revision),
    };
    world.shop.stop_answer(job.id, stop, at).await.unwrap();
}

async fn reasons(world: &World) -> Vec<Option<String>> {
    let messages = world.shop.interactions(chat(world).await, None, 10).await.unwrap();
    messages.into_iter().rev().map(|message| message.reason).collect()
}

#[tokio::test]
async fn what_the_model_saw_nothing_to_answer_in_is_not_answered_with_the_next_question() {
    let world = world().await;
    world.says(ANA, "M1", "ok thanks", NOON).await;
    ignored(&world, later(10)).await;
    assert_eq!(reasons(&world).await, [Some(format!("{IGNORED}: only thanks"))]);
    world.says(ANA, "M2", "do you deliver?", later(20)).await;
    assert_eq!(answer(&world, "A1", later(30)).await.unwrap(), ["do you deliver?"]);
    assert_eq!(world.shop.credits(PLAN, later(40)).await.unwrap().used, Credits::new(1));
}

#[tokio::test]
async fn a_question_that_comes_while_the_model_sees_nothing_to_answer_is_answered() {
    for edit in [false, true] {
        let world = world().await;
        world.says(ANA, "M1", "ok", NOON).await;
        let job = due(&world, later(10)).await.unwrap();
        let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
        let asked = if edit {
            world.receives(edited("E1", "M1", "ok, do you deliver?", later(11)), later(11)).await;
            "ok, do you deliver?"
        } else {
            world.says(ANA, "M2", "do you deliver?", later(11)).await;
            "do you deliver?"
        };
        say_nothing(&world, &job, facts.chat.revision, later(12)).await;
        assert_eq!(answer(&world, "A1", later(60)).await.unwrap(), [asked]);
    }
}

#[tokio::test]
async fn a_person_and_an_edit_open_what_the_model_saw_nothing_to_answer_in() {
    for edit in [false, true] {
        let world = world().await;
        world.says(ANA, "M1", "the blue one", NOON).await;
        ignored(&world, later(10)).await;
        assert!(due(&world, later(60)).await.is_none());
        let asked = if edit {
            world.receives(edited("E1", "M1", "is the blue one there?", later(61)), later(61)).await;
            "is the blue one there?"
        } else {
            let given = world.shop.resume_chat(chat(&world).await, FRESH, later(61)).await.unwrap();
            assert_eq!(given, Resumed::WillAnswer);
            "the blue one"
        };
        assert_eq!(reasons(&world).await, [None]);
        assert_eq!(answer(&world, "A1", later(70)).await.unwrap(), [asked], "edit: {edit}");
        // Answered is answered.
        assert_eq!(world.shop.resume_chat(chat(&world).await, FRESH, later(80)).await.unwrap(), Resumed::Ready);
    }
}

#[tokio::test]
async fn what_was_ignored_before_a_word_of_the_shop_stays_closed() {
    let world = world().await;
    world.says(ANA, "M1", "ok thanks", NOON).await;
    ignored(&world, later(10)).await;
    world.says(ANA, "M2", "do you deliver?", later(20)).await;
    answer(&world, "A1", later(30)).await.unwrap();
    assert_eq!(world.shop.resume_chat(chat(&world).await, FRESH, later(40)).await.unwrap(), Resumed::Ready);
}

#[tokio::test]
async fn a_picture_that_comes_late_is_the_only_open_question_and_stands_last() {
    let world = world().await;
    world.says(ANA, "A1", "how much is this one?", later(2)).await;
    answer(&world, "OUT1", later(7)).await.unwrap();
    let mut photo = message(ANA, "A0", "", NOON);
    (photo.kind, photo.text) = (ContentKind::Image, None);
    world.receives(DeliveryEvent::Message(photo), later(14)).await;
    let job = due(&world, later(20)).await.unwrap();
    let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
    let order: Vec<(&str, bool)> =
        facts.history.iter().map(|message| (message.text.as_str(), message.unanswered)).collect();
    assert_eq!(order, [("how much is this one?", false), ("answer OUT1", false), ("", true)]);
    assert_eq!(facts.asked_at.map(|at| at.millis() / 1000), Some(NOON.millis() / 1000), "it is as old as it is");
}

#[tokio::test]
async fn a_message_that_the_owner_had_on_the_phone_is_not_open() {
    let world = world().await;
    world.says(ANA, "A1", "hello", NOON).await;
    let mut own = message(ANA, "P1", "hi Ana, yes we do", later(20));
    (own.from_me, own.source) = (true, Source::App);
    world.receives(DeliveryEvent::Message(own), later(20)).await;
    // Its webhook was overtaken by that of the owner's answer.
    let question = DeliveryEvent::Message(message(ANA, "A2", "do you deliver?", later(10)));
    let asked = world.receives(question, later(22)).await;
    assert_eq!(asked, mychatflow_data::store::tx::accept_delivery::Accepted::Stored);
    let chat = chat(&world).await;
    assert_eq!(world.shop.chat(chat).await.unwrap().unwrap().state, ChatState::Waiting);
    assert_eq!(world.shop.resume_chat(chat, FRESH, later(25)).await.unwrap(), Resumed::Ready);
    assert!(due(&world, later(3600)).await.is_none());
}

#[tokio::test]
async fn giving_a_chat_back_answers_what_is_open_and_nothing_else() {
    let world = world().await;
    world.says(ANA, "A1", "open on Sunday?", NOON).await;
    answer(&world, "OUT1", later(5)).await.unwrap();
    let chat = chat(&world).await;
    world.shop.pause_chat(chat, later(7200), later(10)).await.unwrap();
    world.says(ANA, "A2", "wrong chat", later(11)).await;
    world.receives(revoked("A2", later(12)), later(12)).await;
    assert_eq!(world.shop.resume_chat(chat, FRESH, later(20)).await.unwrap(), Resumed::Ready);
    world.shop.pause_chat(chat, later(7200), later(21)).await.unwrap();
    world.says(ANA, "A3", "and on Monday?", later(22)).await;
    assert_eq!(world.shop.resume_chat(chat, FRESH, later(23)).await.unwrap(), Resumed::WillAnswer);
    assert_eq!(answer(&world, "OUT2", later(24)).await.unwrap(), ["and on Monday?"]);
}

#[tokio::test]
async fn what_becomes_readable_late_is_answered_once() {
    let world = world().await;
    let mut hidden = message(ANA, "A1", "", NOON);
    (hidden.kind, hidden.text) = (ContentKind::Waiting, None);
    world.receives(DeliveryEvent::Waiting(hidden), NOON).await;
    world.says(ANA, "A2", "hello?", later(1)).await;
    assert_eq!(answer(&world, "OUT1", later(10)).await.unwrap(), ["hello?"]);
    world.says(ANA, "A1", "open on Sunday?", NOON).await;
    assert_eq!(answer(&world, "OUT2", later(30)).await.unwrap(), ["open on Sunday?"]);
    assert!(due(&world, later(3600)).await.is_none());
}

#[tokio::test]
async fn a_question_whose_answer_may_be_out_is_not_asked_with_the_next_one() {
    let world = world().await;
    world.says(ANA, "A1", "open on Sunday?", NOON).await;
    let job = due(&world, later(5)).await.unwrap();
    let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
    world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap();
    let part = Part { text: "we are".into(), reserved: None };
    let parts = vec![part];
    let revision = facts.chat.revision;
    let answer_text = new_answer(parts, revision);
    let Start::Go(sending) = world.shop.start_answer(job.id, answer_text, later(6)).await.unwrap() else { panic!() };
    world.shop.record_unknown(sending.interaction.id, "nobody knows".into(), later(70)).await.unwrap();
    world.says(ANA, "A2", "and how much is the bread?", later(80)).await;
    assert_eq!(answer(&world, "OUT2", later(90)).await.unwrap(), ["and how much is the bread?"]);
}

#[tokio::test]
async fn of_two_chats_that_become_one_each_keeps_what_is_open() {
    let world = world().await;
    world.says(ANA, "A1", "open on Sunday?", NOON).await;
    assert_eq!(answer(&world, "OUT1", later(5)).await.unwrap(), ["open on Sunday?"]);
    world.says(ANA_HIDDEN, "L1", "do you deliver?", later(10)).await;
    join(&world, later(11)).await;
    assert_eq!(answer(&world, "OUT2", later(30)).await.unwrap(), ["do you deliver?"]);
    assert!(due(&world, later(3600)).await.is_none());
}

async fn join(world: &World, at: Timestamp) {
    let (lid, phone) = (Address::parse(ANA_HIDDEN).unwrap(), Address::parse(ANA).unwrap());
    world.shop.resolve_identity(lid, Some(phone), Duration::ZERO, at).await.unwrap();
}

#[tokio::test]
async fn an_answer_on_its_way_while_two_chats_become_one_answers_its_question_for_good() {
    for (asks, other) in [(ANA_HIDDEN, ANA), (ANA, ANA_HIDDEN)] {
        let world = world().await;
        for number in 0..5 {
            world.says(other, &format!("O{number}"), "hello", later(number)).await;
        }
        while answer(&world, "OUT0", later(30)).await.is_some() {}
        world.says(asks, "L1", "do you deliver?", later(60)).await;
        let job = due(&world, later(70)).await.unwrap();
        let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
        world.shop.reserve_answer(job.id, PLAN, later(70)).await.unwrap();
        let answer_text =
            new_answer(vec![Part { text: "we do".into(), reserved: Some("OUT1".into()) }], facts.chat.revision);
        let start = world.shop.start_answer(job.id, answer_text, later(70)).await.unwrap();
        let Start::Go(sending) = start else { panic!("{start:?}") };
        join(&world, later(71)).await;
        world.shop.record_sent(sending.interaction.id, None, None, After::Waiting, later(72)).await.unwrap();
        world.says(asks, "L2", "thanks", later(80)).await;
        assert_eq!(answer(&world, "OUT2", later(90)).await.unwrap(), ["thanks"], "{asks}");
    }
}

#[tokio::test]
async fn an_order_is_not_forgotten_when_something_else_is_answered() {
    let world = world().await;
    world.says(ANA, "A1", "do you deliver?", NOON).await;
    let mut order = message(ANA, "A2", "2 rolls", later(1));
    (order.kind, order.handling) = (ContentKind::Order, Handling::Human("sent an order"));
    world.receives(DeliveryEvent::Message(order), later(1)).await;
    assert_eq!(answer(&world, "OUT1", later(30)).await.unwrap(), ["do you deliver?"]);
    let state = async || {
        let chat = world.shop.chat(chat(&world).await).await.unwrap().unwrap();
        (chat.state, chat.reason)
    };
    let asked = (ChatState::NeedsYou, Some("sent an order".to_owned()));
    assert_eq!(state().await, asked);
    world.says(ANA, "A3", "when are you open?", later(60)).await;
    assert_eq!(answer(&world, "OUT2", later(90)).await.unwrap(), ["when are you open?"]);
    assert_eq!(state().await, asked, "still nobody has dealt with it");
    let (chat, pause) = (chat(&world).await, Duration::ZERO);
    world.shop.send_message(chat, "done!".into(), ClientRef::new(), pause, Composer::Keep, later(100)).await.unwrap();
    assert_eq!(state().await, (ChatState::Waiting, None));
}

#[tokio::test]
async fn the_second_half_of_an_answer_goes_out_though_the_question_is_corrected() {
    let world = world().await;
    world.says(ANA, "A1", "whats the price list?", NOON).await;
    let job = due(&world, later(5)).await.unwrap();
    let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
    world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap();
    let part = |text: &str, id: &str| Part { text: text.into(), reserved: Some(id.into()) };
    let answer_text = new_answer(vec![part("rolls 1 €", "OUT1"), part("bread 4 €", "OUT2")], facts.chat.revision);
    let start = world.shop.start_answer(job.id, answer_text, later(6)).await.unwrap();
    let Start::Go(first) = start else { panic!("{start:?}") };
    // WAHA's echo tells of the first part before its POST is answered.
    let mut echo = message(ANA, "OUT1", "rolls 1 €", later(7));
    (echo.from_me, echo.source) = (true, Source::Api);
    world.receives(DeliveryEvent::Message(echo), later(7)).await;
    world.receives(edited("E1", "A1", "what's the price list?", later(7)), later(7)).await;
    let next = world.shop.record_sent(first.interaction.id, None, None, After::Waiting, later(8)).await.unwrap();
    assert_eq!(next.map(|next| next.interaction.text).as_deref(), Some("bread 4 €"));
}

#[tokio::test]
async fn a_word_of_the_owner_answers_what_our_clock_dates_after_it() {
    let world = world().await;
    world.says(ANA, "A1", "hello", NOON).await;
    // Our clock is 20 s ahead of WhatsApp's.
    answer(&world, "OUT1", later(30)).await.unwrap();
    world.receives(DeliveryEvent::Message(message(ANA, "A2", "do you deliver?", later(12))), later(32)).await;
    let mut own = message(ANA, "P1", "yes we do", later(15));
    (own.from_me, own.source) = (true, Source::App);
    world.receives(DeliveryEvent::Message(own), later(35)).await;
    let chat = chat(&world).await;
    assert_eq!(world.shop.resume_chat(chat, FRESH, later(40)).await.unwrap(), Resumed::Ready);
    assert!(due(&world, later(3600)).await.is_none());
}

#[tokio::test]
async fn an_echo_under_an_unknown_address_before_the_answer_of_the_post_is_no_person() {
    for becomes_one in [false, true] {
        let world = world().await;
        world.says(ANA, "A1", "do you deliver?", NOON).await;
        let job = due(&world, later(5)).await.unwrap();
        let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
        world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap();
        let answer_text = new_answer(vec![Part { text: "we do".into(), reserved: None }], facts.chat.revision);
        let start = world.shop.start_answer(job.id, answer_text, later(6)).await.unwrap();
        let Start::Go(sending) = start else { panic!("{start:?}") };
        let mut echo = message(ANA_HIDDEN, "OUT1", "we do", later(7));
        (echo.from_me, echo.source) = (true, Source::App);
        world.receives(DeliveryEvent::Message(echo), later(7)).await;
        if becomes_one {
            join(&world, later(8)).await;
        }
        let id = sending.interaction.id;
        world.shop.record_sent(id, Some("OUT1".into()), None, After::Waiting, later(9)).await.unwrap();
        join(&world, later(10)).await;
        let chat = world.shop.chat(chat(&world).await).await.unwrap().unwrap();
        assert_eq!((chat.paused_until, chat.state), (None, ChatState::Waiting), "{becomes_one}");
        let page = world.shop.interactions(chat.id, None, 10).await.unwrap();
        assert_eq!(page.len(), 2, "one message is one row");
        assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
        assert_eq!(world.shop.credits(PLAN, later(11)).await.unwrap().used, Credits::ONE);
    }
}

#[derive(Debug, Clone)]
enum Deed {
    Says { late_s: u64 },
    SaysUnderHiddenId,
    BecomesOne,
    Edits(usize),
    TakesBack(usize),
    OwnerWrites,
    OwnerOnPhone { late_s: u64 },
    Resume,
    Answer,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        4 => (0u64..30).prop_map(|late_s| Deed::Says { late_s }),
        2 => Just(Deed::SaysUnderHiddenId),
        1 => Just(Deed::BecomesOne),
        2 => (0usize..20).prop_map(Deed::Edits),
        2 => (0usize..20).prop_map(Deed::TakesBack),
        1 => Just(Deed::OwnerWrites),
        1 => (0u64..30).prop_map(|late_s| Deed::OwnerOnPhone { late_s }),
        2 => Just(Deed::Resume),
        5 => Just(Deed::Answer),
    ];
    proptest::collection::vec(deed, 1..40)
}

/// Which message was answered how often.
async fn play(deeds: Vec<Deed>) -> BTreeMap<String, usize> {
    let world = world().await;
    let mut answered: BTreeMap<String, usize> = BTreeMap::new();
    world.says(ANA, "A0", "A0", NOON).await;
    let mut asked = 1;
    for (number, deed) in deeds.into_iter().enumerate() {
        let at = later(60 * (number as u64 + 1));
        match deed {
            Deed::Says { late_s } => {
                let id = format!("A{asked}");
                let written = NOON + (at.since(NOON) - Duration::from_secs(late_s));
                world.receives(DeliveryEvent::Message(message(ANA, &id, &id, written)), at).await;
                asked += 1;
            }
            Deed::SaysUnderHiddenId => {
                let id = format!("A{asked}");
                world.receives(DeliveryEvent::Message(message(ANA_HIDDEN, &id, &id, at)), at).await;
                asked += 1;
            }
            Deed::BecomesOne => join(&world, at).await,
            Deed::Edits(which) => {
                let id = format!("A{}", which % asked);
                world.receives(edited(&format!("E{number}"), &id, &id, at), at).await;
            }
            Deed::TakesBack(which) => {
                world.receives(revoked(&format!("A{}", which % asked), at), at).await;
            }
            Deed::OwnerWrites => {
                let (chat, pause) = (chat(&world).await, Duration::from_secs(1));
                let text = format!("H{number}");
                world
                    .shop
                    .send_message(chat, text.as_str().into(), ClientRef::new(), pause, Composer::Keep, at)
                    .await
                    .unwrap();
            }
            Deed::OwnerOnPhone { late_s } => {
                let id = format!("P{number}");
                let written = NOON + (at.since(NOON) - Duration::from_secs(late_s));
                let mut own = message(ANA, &id, &id, written);
                (own.from_me, own.source) = (true, Source::App);
                world.receives(DeliveryEvent::Message(own), at).await;
            }
            Deed::Resume => {
                world.shop.resume_chat(chat(&world).await, FRESH, at).await.unwrap();
            }
            Deed::Answer => {
                let id = format!("OUT{number}");
                for question in answer(&world, &id, at + Duration::from_secs(30)).await.unwrap_or_default() {
                    *answered.entry(question).or_default() += 1;
                }
            }
        }
    }
    answered
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_message_is_answered_twice(deeds in deeds()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answered = runtime.block_on(play(deeds));
        prop_assert!(answered.values().all(|times| *times == 1), "{answered:?}");
    }
}
