//! The owner writes under a hidden address, and WAHA takes its time to say whose it is.

use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::delivery::DeliveryEvent;
use mychatflow_data::model::job::{Job, JobKind};
use mychatflow_data::model::setting::Rules;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::tx::accept_delivery::Stamp;
use mychatflow_data::store::tx::answer::{Part, Start};
use mychatflow_data::store::tx::outcome::After;
use mychatflow_data::time::Timestamp;

use crate::support::{NOON, World, chat_of, message, world};
use crate::takeover::{
    ANA, BEN, LID, MAY_HAVE_ANSWERED, PLAN, asked, chat, is_idle, later, left_to_human, own, owner_types, recovered,
    resolve, takeovers, thinking,
};

/// Ana asks and is answered by the assistant, a few seconds after noon.
async fn ana_was_answered(world: &World) {
    ana_was_answered_with(world, "From 8.").await;
}

async fn ana_was_answered_with(world: &World, text: &str) {
    world.says(ANA, "3FA1", "Hello, are you open?", NOON).await;
    let (job, mut answer) = thinking(world, later(10)).await;
    answer.parts[0].text = text.to_owned();
    let Start::Go(first) = world.shop.start_answer(job.id, answer, later(10)).await.unwrap() else { panic!() };
    world.shop.record_answered(first.interaction.id, later(11)).await.unwrap();
    world.shop.record_sent(first.interaction.id, None, None, After::Waiting, later(11)).await.unwrap();
}

async fn waha_has_answered(world: &World, question: Job, phone: Option<&str>, at: Timestamp) {
    resolve(world, phone, at).await;
    world.shop.end_job(question.id, Ended::Done, at).await.unwrap();
}

#[tokio::test]
async fn a_customer_whom_the_owner_took_over_is_not_answered_while_waha_is_slow() {
    let world = world().await;
    ana_was_answered(&world).await;
    owner_types(&world, LID, "3AB1", later(20)).await;
    world.says(ANA, "3FA2", "Great, when?", later(22)).await;
    let (job, answer) = thinking(&world, later(30)).await;
    let start = |at| world.shop.start_answer(job.id, answer.clone(), at);
    for seconds in [30, 35, 39] {
        let found = start(later(seconds)).await.unwrap();
        assert!(matches!(found, Start::Unresolved(at) if at <= later(40)), "{seconds}: {found:?}");
    }
    // WAHA says whose it is.
    let question = asked(&world, later(39)).await.remove(0).0;
    waha_has_answered(&world, question, Some(ANA), later(39)).await;
    assert_eq!(start(later(39)).await.unwrap(), Start::Cancelled);
    assert_eq!(chat(&world, ANA).await.reason.as_deref(), Some("paused"));
    assert!(is_idle(&world, later(41)).await);
}

#[tokio::test]
async fn whoever_may_have_been_answered_is_left_to_a_human_when_waha_takes_too_long() {
    for taken_over in [false, true] {
        let world = world().await;
        let (wrote_at, asked_at) = if taken_over { (20, 22) } else { (22, 20) };
        ana_was_answered(&world).await;
        if taken_over {
            owner_types(&world, LID, "3AB1", later(wrote_at)).await;
        }
        world.says(ANA, "3FA2", "Great, when?", later(asked_at)).await;
        let (job, answer) = thinking(&world, later(30)).await;
        if !taken_over {
            owner_types(&world, LID, "3AB1", later(wrote_at)).await;
        }
        let start = world.shop.start_answer(job.id, answer, later(wrote_at + 20)).await.unwrap();
        assert_eq!(start, Start::Cancelled, "taken over: {taken_over}");
        assert_eq!(left_to_human(&chat(&world, ANA).await), MAY_HAVE_ANSWERED);
        assert_eq!(world.shop.credits(PLAN, later(45)).await.unwrap().reserved, Credits::ZERO);
        assert!(is_idle(&world, later(45)).await);
        // She asks on while nobody can tell: still nobody talks over the owner.
        world.says(ANA, "3FA3", "Hello?", later(50)).await;
        let (job, answer) = thinking(&world, later(60)).await;
        assert_eq!(world.shop.start_answer(job.id, answer, later(60)).await.unwrap(), Start::Cancelled);
        assert_eq!(left_to_human(&chat(&world, ANA).await), MAY_HAVE_ANSWERED);
    }
}

#[tokio::test]
async fn whoever_was_left_to_a_human_is_answered_once_the_owner_turns_out_to_have_meant_another() {
    for (meant, answered) in [(Some(BEN), true), (None, true), (Some(ANA), false)] {
        let world = world().await;
        world.says(BEN, "3FB1", "Hello", NOON).await;
        thinking(&world, later(10)).await;
        ana_was_answered(&world).await;
        owner_types(&world, LID, "3AB1", later(20)).await;
        world.says(ANA, "3FA2", "Great, when?", later(22)).await;
        let (job, answer) = thinking(&world, later(45)).await;
        assert_eq!(world.shop.start_answer(job.id, answer, later(45)).await.unwrap(), Start::Cancelled);
        let question = asked(&world, later(50)).await.remove(0).0;
        waha_has_answered(&world, question, meant, later(50)).await;
        let due = world.claim(JobKind::AnswerChat, later(51)).await.len();
        assert_eq!(due, usize::from(answered), "{meant:?}");
        let ana = chat(&world, ANA).await;
        let expected = if answered { ChatState::Assistant } else { ChatState::NeedsYou };
        assert_eq!((ana.state, ana.paused_until.is_some()), (expected, !answered), "{meant:?}");
    }
}

#[tokio::test]
async fn an_answer_that_waits_for_waha_goes_on_as_soon_as_it_has_answered() {
    let world = world().await;
    world.says(ANA, "3FA1", "Hello, are you open?", NOON).await;
    let (job, answer) = thinking(&world, later(10)).await;
    owner_types(&world, LID, "3AB1", later(11)).await;
    let Start::Unresolved(until) = world.shop.start_answer(job.id, answer, later(15)).await.unwrap() else { panic!() };
    let reason = mychatflow_data::store::jobs::WAITS_FOR_IDENTITY.to_owned();
    world.shop.end_job(job.id, Ended::Snooze { until, reason }, later(15)).await.unwrap();
    let question = asked(&world, later(16)).await.remove(0).0;
    assert!(world.claim(JobKind::AnswerChat, later(16)).await.is_empty());
    waha_has_answered(&world, question, None, later(16)).await;
    assert_eq!(world.claim(JobKind::AnswerChat, later(16)).await.len(), 1);
}

#[tokio::test]
async fn a_question_that_was_moved_after_our_own_word_counts_by_when_it_was_written() {
    let world = world().await;
    world.says(ANA, "3FA1", "Hello, are you open?", NOON).await;
    let (job, answer) = thinking(&world, later(10)).await;
    let Start::Go(first) = world.shop.start_answer(job.id, answer, later(10)).await.unwrap() else { panic!() };
    world.shop.record_answered(first.interaction.id, later(11)).await.unwrap();
    world.shop.record_sent(first.interaction.id, None, None, After::Waiting, later(11)).await.unwrap();
    // It was written before the assistant's word, came after it, and the owner had answered it on the phone.
    let late = message(ANA, "3FA2", "And on Sunday?", later(5));
    world.receives(DeliveryEvent::Message(late), later(12)).await;
    owner_types(&world, LID, "3AB1", later(8)).await;
    let (job, answer) = thinking(&world, later(40)).await;
    assert_eq!(world.shop.start_answer(job.id, answer, later(40)).await.unwrap(), Start::Cancelled);
}

#[tokio::test]
async fn an_answer_that_a_person_approved_is_sent_while_waha_looks_for_somebody_elses_address() {
    let world = world().await;
    world.says(ANA, "3FA1", "Hello, are you open?", NOON).await;
    let (job, answer) = thinking(&world, later(10)).await;
    let wait = mychatflow_data::store::tx::answer::Wait::ForApproval;
    let parts = vec![Part { text: "From 8.".into(), reserved: None }];
    let draft = mychatflow_data::store::tx::answer::NewAnswer { parts, ..answer };
    assert_eq!(world.shop.store_draft(job.id, draft.clone(), wait, later(10)).await.unwrap(), None);
    owner_types(&world, LID, "3AB1", later(11)).await;
    let ana = chat(&world, ANA).await.id;
    world.shop.approve_answer(ana, later(12)).await.unwrap();
    let job = world.claim(JobKind::AnswerChat, later(12)).await.remove(0);
    let start = world.shop.start_stored(job.id, draft.revision, Vec::new(), later(12)).await.unwrap();
    assert!(matches!(start, Start::Go(_)), "{start:?}");
}

const LONG: &str = "We are open from 8 to 18 on every day but Sunday.";

#[tokio::test]
async fn what_we_sent_silences_nobody_when_the_server_reads_it_from_the_phone_anew() {
    for (whom, stamp) in [(ANA, Stamp::Written), (LID, Stamp::Written), (LID, Stamp::Doubtful)] {
        let world = world().await;
        ana_was_answered_with(&world, LONG).await;
        let told = own(whom, "3AFF", LONG, later(3600));
        for _ in 0..2 {
            world.shop.recover_stamped(world.number, told.clone(), stamp, Rules::default(), later(3700)).await.unwrap();
        }
        if whom == LID {
            resolve(&world, Some(ANA), later(3701)).await;
            recovered(&world, told.clone(), later(3710)).await;
        }
        let ana = chat(&world, ANA).await;
        assert_eq!((ana.paused_until, takeovers(&world).await), (None, 0), "{whom} {stamp:?}");
        // A webhook says that somebody has written it.
        world.receives(DeliveryEvent::Message(told), later(3720)).await;
        assert_eq!(takeovers(&world).await, 1, "{whom} {stamp:?}");
    }
}

#[tokio::test]
async fn an_owner_who_says_something_else_or_something_short_in_a_gap_is_heeded() {
    for text in ["We are open from 9 to 18 on every day but Sunday.", "From 8."] {
        let world = world().await;
        ana_was_answered_with(&world, if text == "From 8." { text } else { LONG }).await;
        recovered(&world, own(ANA, "3AFF", text, later(3600)), later(3700)).await;
        assert_eq!(takeovers(&world).await, 1, "{text}");
    }
}

#[tokio::test]
async fn a_word_of_the_owner_concerns_who_wrote_in_the_hour_before_it_and_for_an_hour() {
    // When Ana wrote before the owner did, and when she asks after it, in seconds.
    for (before, asks_after, concerned) in [(3590, 5, true), (3610, 5, false), (60, 3500, true), (60, 3700, false)] {
        let world = world().await;
        ana_was_answered(&world).await;
        owner_types(&world, LID, "3AB1", later(before)).await;
        world.says(ANA, "3FA2", "And on Sunday?", later(before + asks_after)).await;
        let (job, answer) = thinking(&world, later(before + asks_after + 30)).await;
        let start = world.shop.start_answer(job.id, answer, later(before + asks_after + 30)).await.unwrap();
        assert_eq!(start == Start::Cancelled, concerned, "{before} {asks_after}: {start:?}");
    }
}

#[tokio::test]
async fn an_owner_who_writes_in_the_second_of_a_question_has_answered_it() {
    for stamp in [Stamp::Written, Stamp::Doubtful] {
        let world = world().await;
        world.says(ANA, "3FA1", "Hello, are you open?", later(1)).await;
        world.says(ANA, "3FA2", "And on Sunday?", later(13 * 3600)).await;
        // The pause for it is over.
        let now = later(13 * 3600 + 1);
        let word = own(ANA, "3AB1", "Marta here", NOON + Duration::from_millis(1));
        world.shop.recover_stamped(world.number, word, stamp, Rules::default(), now).await.unwrap();
        let job = world.claim(JobKind::AnswerChat, later(14 * 3600)).await.remove(0);
        let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
        let open: Vec<&str> =
            facts.history.iter().filter(|said| said.unanswered).map(|said| said.text.as_str()).collect();
        assert_eq!(open, ["And on Sunday?"], "{stamp:?}");
    }
}

#[tokio::test]
async fn a_word_in_the_second_of_the_question_is_the_last_one_in_a_chat_that_two_became() {
    let world = world().await;
    world.says(ANA, "3FA1", "Hello, are you open?", later(1)).await;
    owner_types(&world, LID, "3AB1", later(1)).await;
    resolve(&world, Some(ANA), later(2)).await;
    let ana = chat(&world, ANA).await;
    assert_eq!((ana.state, ana.unread), (ChatState::Waiting, 0));
    assert!(is_idle(&world, later(3)).await);
}

#[tokio::test]
async fn a_word_whose_time_is_in_doubt_changes_nothing_about_a_pause() {
    let world = world().await;
    world.says(ANA, "3FA1", "Hello, are you open?", NOON).await;
    let ana = chat(&world, ANA).await.id;
    world.shop.pause_chat(ana, later(100), later(1)).await.unwrap();
    let word = own(ANA, "3AB1", "Marta here", later(2));
    world.shop.recover_stamped(world.number, word, Stamp::Doubtful, Rules::default(), later(3)).await.unwrap();
    assert_eq!(left_to_human(&chat(&world, ANA).await), (ChatState::NeedsYou, Some("paused"), Some(later(100))));
}
