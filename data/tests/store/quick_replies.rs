//! Stored answers: how they are found, changed and counted.

use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::ClientRef;
use mychatflow_data::model::job::JobKind;
use mychatflow_data::model::quick_reply::QuickReplyState;
use mychatflow_data::phone::Address;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::quick_replies::{QuickReplyChange, QuickReplyFilter};
use mychatflow_data::store::tx::answer::{NewAnswer, Part, Start, Wait};
use mychatflow_data::store::tx::outcome::After;
use mychatflow_data::store::tx::send::{Composer, Written};
use mychatflow_data::time::Timestamp;

use crate::support::{NOON, chat_of, world};

fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

fn words(text: &str) -> QuickReplyChange {
    QuickReplyChange { text: Some(text.to_owned()), ..QuickReplyChange::default() }
}

#[tokio::test]
async fn quick_replies_are_changed_and_taken_away_by_label_or_id() {
    let world = world().await;
    let hours = world.shop.add_quick_reply("hours".into(), "8 to 18".into(), None, NOON).await.unwrap();
    world.shop.add_quick_reply("parking".into(), "behind the house".into(), None, NOON).await.unwrap();
    let edited = world.shop.edit_quick_reply("HOURS".into(), words("9 to 18"), later(1)).await.unwrap();
    assert_eq!((edited.id, edited.text.as_str(), edited.updated_at), (hours.id, "9 to 18", later(1)));
    let label = QuickReplyChange { label: Some("Parking".into()), ..QuickReplyChange::default() };
    let taken = world.shop.edit_quick_reply(hours.id.to_string(), label, later(2)).await;
    assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
    assert_eq!(world.shop.remove_quick_reply(hours.id.to_string()).await.unwrap().label, "hours");
    assert!(matches!(world.shop.remove_quick_reply("hours".into()).await, Err(StoreError::NotFound(_))));
}

#[tokio::test]
async fn a_list_shows_a_category_a_state_or_what_has_the_words() {
    let world = world().await;
    for (label, text, category) in [
        ("Öffnungszeiten", "8 to 18", Some(" Visiting ")),
        ("parking", "behind the house", Some("visiting")),
        ("bread", "4 € a LOAF", Some("  ")),
    ] {
        world.shop.add_quick_reply(label.into(), text.into(), category.map(str::to_owned), NOON).await.unwrap();
    }
    let aside = QuickReplyChange { state: Some(QuickReplyState::Aside), ..QuickReplyChange::default() };
    let parking = world.shop.edit_quick_reply("parking".into(), aside, later(1)).await.unwrap();
    assert_eq!((parking.category.as_deref(), parking.text.as_str()), (Some("visiting"), "behind the house"));
    let all = QuickReplyFilter::default;
    for (filter, expected) in [
        (all(), vec!["bread", "parking", "Öffnungszeiten"]),
        (QuickReplyFilter { category: Some("VISITING".into()), ..all() }, vec!["parking", "Öffnungszeiten"]),
        (QuickReplyFilter { find: Some("öffnung".into()), ..all() }, vec!["Öffnungszeiten"]),
        (QuickReplyFilter { find: Some("loaf".into()), ..all() }, vec!["bread"]),
        (QuickReplyFilter { state: Some(QuickReplyState::Aside), ..all() }, vec!["parking"]),
        (QuickReplyFilter { state: Some(QuickReplyState::Active), ..all() }, vec!["bread", "Öffnungszeiten"]),
    ] {
        let found = world.shop.quick_replies_like(filter.clone(), None, 10).await.unwrap();
        let labels: Vec<&str> = found.iter().map(|reply| reply.label.as_str()).collect();
        assert_eq!(labels, expected, "{filter:?}");
    }
    let none = QuickReplyChange { category: Some(" ".into()), ..QuickReplyChange::default() };
    assert_eq!(world.shop.edit_quick_reply("parking".into(), none, later(2)).await.unwrap().category, None);
}

#[tokio::test]
async fn a_quick_reply_counts_with_the_message_it_was_sent_in_and_once() {
    let world = world().await;
    world.says("4915111111111@c.us", "M1", "when are you open?", later(1)).await;
    let chat = world.shop.find_chat(&Address::parse("4915111111111@c.us").unwrap()).await.unwrap().unwrap().id;
    world.shop.add_quick_reply("hours".into(), "8 to 18".into(), None, NOON).await.unwrap();
    let first = ClientRef::new();
    let empty = (" ", ClientRef::new());
    for (text, client_ref) in [("8 to 18", first), ("8 to 18", first), empty, ("8 to 18 today", ClientRef::new())] {
        let written = Written { text: text.into(), quick_reply: Some("HOURS".into()) };
        let _ = world.shop.send_message(chat, written, client_ref, Duration::ZERO, Composer::Keep, later(2)).await;
    }
    let hours = world.shop.quick_reply_named("hours".into()).await.unwrap();
    assert_eq!((hours.uses, hours.used_at), (2, Some(later(2))));
    let gone = Written { text: "8 to 18".into(), quick_reply: Some("gone".into()) };
    world.shop.send_message(chat, gone, ClientRef::new(), Duration::ZERO, Composer::Keep, later(3)).await.unwrap();
}

#[tokio::test]
async fn what_an_answer_leans_on_counts_when_it_is_out_and_not_before() {
    let world = world().await;
    let hours = world.shop.add_quick_reply("hours".into(), "8 to 18".into(), None, NOON).await.unwrap().id;
    let gone = world.shop.add_quick_reply("gone".into(), "9 to 18".into(), None, NOON).await.unwrap().id;
    let answer = |revision: i64, id: &str| NewAnswer {
        parts: vec![Part { text: "We open at 8.".into(), reserved: Some(id.into()) }],
        revision,
        model: None,
        latency_ms: 12,
        tokens: "{}".into(),
        cites: vec![hours, hours, gone],
        discloses: false,
    };
    let counted = async || {
        let reply = world.shop.quick_reply_named("hours".into()).await.unwrap();
        (reply.citations, reply.used_at)
    };
    // (is the answer sent, what is counted then)
    for (round, (sent, expected)) in (1u64..).zip([(false, (0, None)), (true, (1, Some(later(207))))]) {
        let at = |seconds| later(round * 100 + seconds);
        world.says(&format!("491511111111{round}@c.us"), &format!("M{round}"), "open today?", at(0)).await;
        let job = world.claim(JobKind::AnswerChat, at(5)).await.remove(0);
        let revision = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap().chat.revision;
        world.shop.reserve_answer(job.id, Credits::new(400), at(5)).await.unwrap();
        let wait = Wait::Countdown(at(6));
        world.shop.store_draft(job.id, answer(revision, &format!("DRAFT{round}")), wait, at(5)).await.unwrap();
        let _ = world.shop.remove_quick_reply("gone".into()).await;
        let job = world.claim(JobKind::AnswerChat, at(6)).await.remove(0);
        let anew = world.shop.start_answer(job.id, answer(revision, &format!("OUT{round}")), at(6)).await.unwrap();
        let Start::Go(sending) = anew else { panic!("{anew:?}") };
        assert_eq!(counted().await, (0, None), "it is not out yet");
        let id = sending.interaction.id;
        if sent {
            for _ in 0..2 {
                world.shop.record_sent(id, None, None, After::Waiting, at(7)).await.unwrap();
            }
        } else {
            let refused = Ended::Discard { reason: "refused".into() };
            world.shop.record_not_sent(id, refused, at(7)).await.unwrap();
        }
        assert_eq!(counted().await, expected);
    }
}
