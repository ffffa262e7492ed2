//! What WhatsApp says about messages of ours, in whatever order it comes.

use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::{ChatId, InteractionId};
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::delivery::{AckEvent, DeliveryEvent, Source};
use mychatflow_data::model::interaction::{Ack, InteractionState};
use mychatflow_data::model::job::JobKind;
use mychatflow_data::store::tx::answer::{NewAnswer, Part, Start};
use mychatflow_data::store::tx::outcome::After;
use mychatflow_data::time::Timestamp;
use proptest::prelude::*;

use crate::support::{NOON, World, chat_of, message, world};

const ANA: &str = "4915111111111@c.us";
const PLAN: Credits = Credits::new(400);

fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

fn said(ack: Ack) -> DeliveryEvent {
    DeliveryEvent::Ack(AckEvent { bare_id: "OUT1".into(), from_me: true, participant: None, ack })
}

/// Who chooses the id of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IdOf {
    Ours,
    TheServer,
}

/// An answer whose POST is on its way.
async fn posting(world: &World, id: IdOf) -> (ChatId, InteractionId) {
    world.says(ANA, "A1", "open today?", NOON).await;
    let job = world.claim(JobKind::AnswerChat, later(5)).await.remove(0);
    let chat = chat_of(&job);
    let revision = world.shop.chat(chat).await.unwrap().unwrap().revision;
    world.shop.reserve_answer(job.id, PLAN, later(5)).await.unwrap();
    let reserved = (id == IdOf::Ours).then(|| "OUT1".to_owned());
    let answer = NewAnswer {
        parts: vec![Part { text: "We open at 8.".into(), reserved }],
        revision,
        model: None,
        latency_ms: 12,
        tokens: "{}".into(),
        cites: Vec::new(),
        discloses: false,
    };
    let start = world.shop.start_answer(job.id, answer, later(6)).await.unwrap();
    let Start::Go(sending) = start else { panic!("{start:?}") };
    (chat, sending.interaction.id)
}

async fn waha_answers(world: &World, answer: InteractionId, at: Timestamp) {
    let id = Some("OUT1".to_owned());
    world.shop.record_sent(answer, id, Some("true_x_OUT1".into()), After::Waiting, at).await.unwrap();
}

async fn echo(world: &World, at: Timestamp) {
    let mut echo = message(ANA, "OUT1", "We open at 8.", later(6));
    echo.from_me = true;
    echo.source = Source::Api;
    world.receives(DeliveryEvent::Message(echo), at).await;
}

async fn state(world: &World, answer: InteractionId) -> InteractionState {
    world.shop.outbound(answer).await.unwrap().unwrap().interaction.state
}

async fn balance(world: &World) -> (Credits, Credits, Credits) {
    let credits = world.shop.credits(PLAN, later(60)).await.unwrap();
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
    (credits.balance, credits.used, credits.reserved)
}

#[tokio::test]
async fn an_answer_that_arrives_after_an_error_is_read_and_costs_one_credit() {
    for id in [IdOf::Ours, IdOf::TheServer] {
        for refused_before_the_answer in [true, false] {
            let world = world().await;
            let (chat, answer) = posting(&world, id).await;
            if refused_before_the_answer {
                world.receives(said(Ack::Error), later(7)).await;
                waha_answers(&world, answer, later(8)).await;
            } else {
                waha_answers(&world, answer, later(7)).await;
                world.receives(said(Ack::Error), later(8)).await;
            }
            assert_eq!(state(&world, answer).await, InteractionState::Failed);
            assert_eq!(balance(&world).await.0, PLAN, "nobody pays for what nobody got");

            world.receives(said(Ack::Server), later(9)).await;
            assert_eq!(state(&world, answer).await, InteractionState::Failed, "a server is no phone");
            world.receives(said(Ack::Device), later(9)).await;
            assert_eq!(state(&world, answer).await, InteractionState::Delivered);
            let there = world.shop.chat(chat).await.unwrap().unwrap();
            assert_eq!((there.state, there.reason.as_deref()), (ChatState::Waiting, None), "the last word is ours");
            world.receives(said(Ack::Read), later(10)).await;
            assert_eq!(state(&world, answer).await, InteractionState::Read);
            assert_eq!(balance(&world).await, (Credits::new(399), Credits::ONE, Credits::ZERO));

            let question = world.shop.interactions(chat, None, 10).await.unwrap().remove(1);
            assert!(!question.unanswered, "the question is answered");
            assert!(world.claim(JobKind::AnswerChat, later(600)).await.is_empty(), "and nobody answers it again");
        }
    }
}

#[tokio::test]
async fn a_chat_asks_for_a_human_when_whatsapp_refuses_before_waha_has_answered() {
    for id in [IdOf::Ours, IdOf::TheServer] {
        let world = world().await;
        let (chat, answer) = posting(&world, id).await;
        world.receives(said(Ack::Error), later(7)).await;
        waha_answers(&world, answer, later(8)).await;
        echo(&world, later(9)).await;
        let there = world.shop.chat(chat).await.unwrap().unwrap();
        assert_eq!(there.state, ChatState::NeedsYou, "{id:?}");
        assert_eq!(there.reason.as_deref(), Some("failed: WhatsApp refused it"), "{id:?}");
        assert_eq!(state(&world, answer).await, InteractionState::Failed, "{id:?}");
        assert_eq!(balance(&world).await, (PLAN, balance(&world).await.1, Credits::ZERO), "{id:?}");
        assert!(world.claim(JobKind::AnswerChat, later(600)).await.is_empty(), "its job has ended");
    }
}

#[tokio::test]
async fn a_late_delivery_leaves_a_chat_alone_that_somebody_wrote_in_since() {
    let world = world().await;
    let (chat, answer) = posting(&world, IdOf::Ours).await;
    waha_answers(&world, answer, later(7)).await;
    world.receives(said(Ack::Error), later(8)).await;
    world.says(ANA, "A2", "hello?", later(9)).await;
    let before = world.shop.chat(chat).await.unwrap().unwrap();
    world.receives(said(Ack::Device), later(10)).await;
    let after = world.shop.chat(chat).await.unwrap().unwrap();
    assert_eq!((after.state, after.preview, after.last_at), (before.state, before.preview, before.last_at));
    assert_eq!(world.claim(JobKind::AnswerChat, later(600)).await.len(), 1, "their new question is answered");
}

#[derive(Debug, Clone, Copy)]
enum Heard {
    Ack(Ack),
    Echo,
    Answer,
}

fn heard() -> impl Strategy<Value = Heard> {
    use Ack::{Device, Error, Pending, Played, Read, Server};
    let ack = proptest::sample::select(vec![Error, Error, Pending, Server, Device, Read, Played]);
    prop_oneof![4 => ack.prop_map(Heard::Ack), 1 => Just(Heard::Echo), 1 => Just(Heard::Answer)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn acks_in_any_order_end_in_the_furthest_state(events in proptest::collection::vec(heard(), 0..8), ours in any::<bool>()) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let world = world().await;
            let (_, answer) = posting(&world, if ours { IdOf::Ours } else { IdOf::TheServer }).await;
            let mut furthest = Ack::Server;
            let mut answered = false;
            for (place, event) in events.iter().copied().chain([Heard::Answer]).enumerate() {
                let at = later(7 + place as u64);
                match event {
                    Heard::Ack(ack) => {
                        furthest = if ack.rank() > furthest.rank() { ack } else { furthest };
                        world.receives(said(ack), at).await;
                    }
                    Heard::Echo => echo(&world, at).await,
                    Heard::Answer if answered => {}
                    Heard::Answer => {
                        answered = true;
                        waha_answers(&world, answer, at).await;
                    }
                }
            }
            let expected = match furthest {
                Ack::Pending | Ack::Server => InteractionState::Sent,
                Ack::Error => InteractionState::Failed,
                Ack::Device => InteractionState::Delivered,
                Ack::Read => InteractionState::Read,
                Ack::Played => InteractionState::Played,
            };
            assert_eq!(state(&world, answer).await, expected, "{events:?}");
            let paid = if expected == InteractionState::Failed { PLAN } else { Credits::new(399) };
            let (left, _, reserved) = balance(&world).await;
            assert_eq!((left, reserved), (paid, Credits::ZERO), "{events:?}");
        });
    }
}
