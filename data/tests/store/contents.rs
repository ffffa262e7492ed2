//! Messages that are more than plain words: what is stored of them, and who is asked.

use std::time::Duration;

use mychatflow_data::model::chat::{Chat, ChatState};
use mychatflow_data::model::delivery::{DeliveryEvent, Handling, Media, MessageEvent, PollVoteEvent, Source};
use mychatflow_data::model::interaction::{ContentKind, Interaction};
use mychatflow_data::model::job::JobKind;
use mychatflow_data::phone::Address;
use mychatflow_data::store::tx::accept_delivery::Accepted;
use mychatflow_data::time::Timestamp;

use crate::support::*;

const ANA: &str = "491511@c.us";

fn later(s: u64) -> Timestamp {
    NOON + Duration::from_secs(s)
}

fn order(bare_id: &str, at: u64) -> DeliveryEvent {
    let words = message(ANA, bare_id, "2 rye", later(at));
    let handling = Handling::Human("sent an order");
    DeliveryEvent::Message(MessageEvent { kind: ContentKind::Order, handling, ..words })
}

async fn chat(world: &World) -> Chat {
    let found = world.shop.find_chat(&ANA.parse().unwrap()).await.unwrap().unwrap();
    world.shop.chat(found.id).await.unwrap().unwrap()
}

async fn newest(world: &World) -> Interaction {
    world.shop.interactions(chat(world).await.id, None, 1).await.unwrap().pop().unwrap()
}

#[tokio::test]
async fn an_order_asks_for_a_human_and_the_next_words_are_answered() {
    let world = world().await;
    assert_eq!(world.receives(order("O1", 10), later(10)).await, Accepted::Stored);
    let asked = chat(&world).await;
    assert_eq!((asked.state, asked.reason.as_deref()), (ChatState::NeedsYou, Some("sent an order")));
    assert_eq!((asked.unread, asked.preview.as_deref()), (1, Some("[order] 2 rye")));
    assert!(world.claim(JobKind::AnswerChat, later(1000)).await.is_empty(), "no answer for that alone");
    world.says(ANA, "T1", "is it ready?", later(20)).await;
    assert_eq!(chat(&world).await.state, ChatState::Assistant);
    // Within a burst the answer that is on its way sees it.
    world.receives(order("O2", 21), later(21)).await;
    assert_eq!(chat(&world).await.state, ChatState::Assistant);
    assert_eq!(world.claim(JobKind::AnswerChat, later(1000)).await.len(), 1);
}

#[tokio::test]
async fn leftovers_of_the_protocol_leave_no_trace() {
    let world = world().await;
    for own in [false, true] {
        let leftover = MessageEvent {
            handling: Handling::Leftover("a key of a group"),
            kind: ContentKind::Other,
            text: None,
            from_me: own,
            ..message(ANA, "L1", "", later(10))
        };
        assert_eq!(world.receives(DeliveryEvent::Message(leftover), later(10)).await, Accepted::Ignored);
    }
    assert!(world.shop.find_chat(&ANA.parse().unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_vote_is_told_with_its_question_in_either_order() {
    let world = world().await;
    let poll = MessageEvent {
        kind: ContentKind::Poll,
        from_me: true,
        source: Source::App,
        ..message(ANA, "P1", "Which bread?: Rye · Spelt", later(5))
    };
    world.receives(DeliveryEvent::Message(poll), later(5)).await;
    let carrier = |id: &str| MessageEvent {
        kind: ContentKind::Poll,
        handling: Handling::Human("voted in a poll"),
        reply_to: Some("P1".into()),
        ..message(ANA, id, "[vote]", later(10))
    };
    let told = |id: &str| {
        DeliveryEvent::PollVote(PollVoteEvent {
            bare_id: id.into(),
            chat: Some(Address::parse(ANA).unwrap()),
            poll: Some("P1".into()),
            options: vec!["Rye".into()],
            at: later(11),
        })
    };
    world.receives(DeliveryEvent::Message(carrier("V1")), later(10)).await;
    assert_eq!(newest(&world).await.text, "[vote] Which bread?: Rye · Spelt");
    assert_eq!(world.receives(told("V1"), later(11)).await, Accepted::Stored);
    let full = "[vote: Rye] Which bread?: Rye · Spelt";
    assert_eq!(newest(&world).await.text, full);
    assert_eq!(chat(&world).await.preview.as_deref(), Some(full));
    assert_eq!(chat(&world).await.reason.as_deref(), Some("voted in a poll"));
    assert_eq!(world.receives(told("V2"), later(12)).await, Accepted::Stored);
    assert_eq!(world.receives(DeliveryEvent::Message(carrier("V2")), later(12)).await, Accepted::Duplicate);
    let page = world.shop.interactions(chat(&world).await.id, None, 10).await.unwrap();
    assert_eq!(page.iter().filter(|message| message.text == full).count(), 2);
    assert_eq!(newest(&world).await.quoted.map(|quoted| quoted.text).as_deref(), Some("Which bread?: Rye · Spelt"));
}

#[tokio::test]
async fn a_file_is_found_by_its_name_and_ours_by_its_caption() {
    let world = world().await;
    let file = |name: &str| Media { url: None, mimetype: None, filename: Some(name.into()), error: None };
    let sent = |id: &str, caption: Option<&str>, from_me: bool| {
        DeliveryEvent::Message(MessageEvent {
            kind: ContentKind::Document,
            text: caption.map(str::to_owned),
            media: Some(file("menu.pdf")),
            from_me,
            ..message(ANA, id, "", later(10))
        })
    };
    world.receives(sent("D1", None, false), later(10)).await;
    assert_eq!(newest(&world).await.text, "menu.pdf");
    assert_eq!(chat(&world).await.preview.as_deref(), Some("[document] menu.pdf"));
    world.receives(sent("D2", Some("our menu"), true), later(11)).await;
    assert_eq!(newest(&world).await.text, "menu.pdf\nour menu");
    world.receives(sent("D3", Some("menu.pdf"), false), later(12)).await;
    assert_eq!(newest(&world).await.text, "menu.pdf");
    let wanted = mychatflow_data::store::search::Wanted { text: "menu.pdf".into(), ..Default::default() };
    assert_eq!(world.shop.search(wanted, None, 10).await.unwrap().len(), 3);
}
