//! Edits of messages that never came, or come late: the new words are the message.

use std::time::Duration;

use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::delivery::{DeliveryEvent, EditedEvent, MessageEvent, RevokedEvent, Source};
use mychatflow_data::model::interaction::{Author, ContentKind, Interaction, InteractionState};
use mychatflow_data::model::job::JobKind;
use mychatflow_data::store::tx::accept_delivery::Accepted;
use mychatflow_data::time::Timestamp;

use crate::support::{NOON, World, message, world};

const ANA: &str = "4915111111111@c.us";

fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

/// An edit that tells the whole message, as the engines do.
fn edit(id: &str, of: MessageEvent) -> DeliveryEvent {
    DeliveryEvent::Edited(EditedEvent {
        bare_id: id.into(),
        from_me: of.from_me,
        target_bare_id: of.bare_id.clone(),
        text: of.text.clone().unwrap_or_default(),
        at: of.at,
        message: Some(Box::new(of)),
    })
}

async fn messages(world: &World) -> Vec<Interaction> {
    let chat = world.shop.find_chat(&ANA.parse().unwrap()).await.unwrap().unwrap().id;
    world.shop.interactions(chat, None, 10).await.unwrap()
}

#[tokio::test]
async fn the_edit_of_a_lost_question_is_the_question() {
    let world = world().await;
    let edited = edit("E1", message(ANA, "A1", "open on Sunday?", later(5)));
    assert_eq!(world.receives(edited.clone(), later(5)).await, Accepted::Stored);
    assert_eq!(world.receives(edited, later(6)).await, Accepted::Duplicate);
    let stored = messages(&world).await.pop().unwrap();
    assert_eq!((stored.text.as_str(), stored.state), ("open on Sunday?", InteractionState::Edited));
    assert_eq!(stored.wa_id.as_deref(), Some("false_4915111111111@c.us_A1"));
    assert!(stored.unanswered);
    // Another edit, and the original at last.
    world.receives(edit("E2", message(ANA, "A1", "open on Sunday at 9?", later(8))), later(8)).await;
    assert_eq!(world.says(ANA, "A1", "opn Sundy?", later(9)).await, Accepted::Duplicate);
    let stored = messages(&world).await;
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].text, "open on Sunday at 9?");
    let jobs = world.claim(JobKind::AnswerChat, later(600)).await;
    assert_eq!(jobs.len(), 1, "it is one question");
    let facts = world.shop.answer_facts(jobs[0].id, stored[0].chat).await.unwrap();
    let open: Vec<&str> = facts.history.iter().filter(|one| one.unanswered).map(|one| one.text.as_str()).collect();
    assert_eq!(open, ["open on Sunday at 9?"]);
}

#[tokio::test]
async fn an_edit_that_comes_under_the_id_of_its_message_is_no_second_question() {
    let world = world().await;
    world.says(ANA, "A1", "opn Sundy?", later(1)).await;
    world.receives(edit("A1", message(ANA, "E1", "open on Sunday?", later(5))), later(5)).await;
    let stored = messages(&world).await;
    assert_eq!(stored.len(), 1);
    assert_eq!((stored[0].text.as_str(), stored[0].state), ("open on Sunday?", InteractionState::Edited));
}

#[tokio::test]
async fn the_second_of_two_edits_that_have_no_ids_of_their_own_counts_as_well() {
    let world = world().await;
    world.says(ANA, "A1", "opn Sundy?", later(1)).await;
    for (at, words) in [(5, "open Sunday?"), (8, "open on Sunday?")] {
        let edited = edit("A1", message(ANA, "A1", words, later(1)));
        assert_eq!(world.receives(edited.clone(), later(at)).await, Accepted::Stored);
        assert_eq!(world.receives(edited, later(at)).await, Accepted::Duplicate);
    }
    assert_eq!(messages(&world).await[0].text, "open on Sunday?");
}

#[tokio::test]
async fn a_late_original_stands_beside_the_new_words() {
    let world = world().await;
    world.receives(edit("E1", message(ANA, "A1", "two loaves", later(5))), later(5)).await;
    assert_eq!(world.says(ANA, "A1", "too loafs", later(9)).await, Accepted::Duplicate);
    assert_eq!(world.says(ANA, "A1", "too loafs", later(10)).await, Accepted::Duplicate);
    let stored = messages(&world).await.pop().unwrap();
    assert_eq!((stored.text.as_str(), stored.original.as_deref()), ("two loaves", Some("too loafs")));
}

#[tokio::test]
async fn a_question_that_was_taken_back_and_edited_before_it_came_is_not_asked() {
    let world = world().await;
    world
        .receives(
            DeliveryEvent::Revoked(RevokedEvent { target_bare_id: "A1".into(), from_me: None, at: later(4) }),
            later(4),
        )
        .await;
    world.receives(edit("E1", message(ANA, "A1", "open on Sunday?", later(3))), later(5)).await;
    let stored = messages(&world).await.pop().unwrap();
    assert_eq!((stored.state, stored.unanswered), (InteractionState::Revoked, false));
    assert!(world.claim(JobKind::AnswerChat, later(600)).await.is_empty());
}

#[tokio::test]
async fn an_edit_of_the_owners_own_lost_message_silences_the_assistant() {
    let world = world().await;
    world.says(ANA, "A1", "open on Sunday?", later(1)).await;
    let own = MessageEvent { from_me: true, source: Source::App, ..message(ANA, "P1", "yes, until 4 pm", later(5)) };
    assert_eq!(world.receives(edit("E1", own.clone()), later(5)).await, Accepted::Stored);
    assert!(world.claim(JobKind::AnswerChat, later(600)).await.is_empty());
    world.receives(DeliveryEvent::Message(MessageEvent { text: Some("yes".into()), ..own }), later(6)).await;
    let stored = messages(&world).await;
    let own: Vec<&Interaction> = stored.iter().filter(|one| one.author == Author::Phone).collect();
    assert_eq!((own.len(), own[0].text.as_str()), (1, "yes, until 4 pm"));
}

#[tokio::test]
async fn what_could_not_be_decrypted_and_was_edited_meanwhile_keeps_its_new_words() {
    let world = world().await;
    let waiting = |own: bool| MessageEvent {
        kind: ContentKind::Waiting,
        text: None,
        from_me: own,
        ..message(ANA, if own { "P1" } else { "A1" }, "", later(1))
    };
    world.receives(DeliveryEvent::Waiting(waiting(false)), later(1)).await;
    world.receives(edit("E1", message(ANA, "A1", "two loaves", later(2))), later(2)).await;
    assert_eq!(world.says(ANA, "A1", "too loafs", later(3)).await, Accepted::Stored);
    let stored = messages(&world).await.pop().unwrap();
    assert_eq!((stored.text.as_str(), stored.original.as_deref()), ("two loaves", Some("too loafs")));
    assert_eq!(world.claim(JobKind::AnswerChat, later(600)).await.len(), 1);
    // The owner's own words are shown as well, once they can be read.
    world.receives(DeliveryEvent::Waiting(waiting(true)), later(5)).await;
    let own = MessageEvent { from_me: true, ..message(ANA, "P1", "they are ready", later(5)) };
    world.receives(DeliveryEvent::Message(own), later(6)).await;
    let stored = messages(&world).await;
    assert_eq!((stored[0].text.as_str(), stored[0].kind), ("they are ready", ContentKind::Text));
    let chat = world.shop.chat(stored[0].chat).await.unwrap().unwrap();
    assert_eq!(chat.state, ChatState::NeedsYou, "a human has it: {chat:?}");
}

#[tokio::test]
async fn nobody_changes_what_somebody_else_wrote() {
    const BEN: &str = "4915122222222@c.us";
    let world = world().await;
    world.says(ANA, "A1", "what is a loaf?", NOON).await;
    world.says(BEN, "B1", "hello", NOON).await;
    let forged = edit("E1", message(BEN, "A1", "I take ten", later(5)));
    assert_eq!(world.receives(forged, later(5)).await, Accepted::Ignored);
    // What was written on our side is none of the customer's either.
    let own = MessageEvent { from_me: true, ..message(ANA, "P1", "it is 4 euros", later(6)) };
    world.receives(DeliveryEvent::Message(own), later(6)).await;
    let forged = edit("E2", message(ANA, "P1", "it is 1 euro", later(7)));
    assert_eq!(world.receives(forged, later(7)).await, Accepted::Ignored);
    let taken_back =
        |id: &str, from_me| RevokedEvent { target_bare_id: id.into(), from_me: Some(from_me), at: later(8) };
    world.receives(DeliveryEvent::Revoked(taken_back("P1", false)), later(8)).await;
    let texts: Vec<String> = messages(&world).await.into_iter().map(|stored| stored.text).collect();
    assert!(texts.contains(&"what is a loaf?".to_owned()) && texts.contains(&"it is 4 euros".to_owned()), "{texts:?}");
    assert!(messages(&world).await.iter().all(|stored| stored.original.is_none()));
}
