//! What a console leans on: who waits since when, names by a part of them, drafts, notes, what a message was at first.

use std::time::Duration;

use mychatflow_data::ids::{ChatId, ClientRef};
use mychatflow_data::model::contact::SuppressionCause;
use mychatflow_data::model::delivery::{DeliveryEvent, EditedEvent, RevokedEvent};
use mychatflow_data::model::interaction::{Author, InteractionState, Quoted};
use mychatflow_data::phone::Phone;
use mychatflow_data::store::chat_list::{ChatFilter, ChatOrder, ChatPlace};
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::tx::edit_contact::{ContactChange, Rewrite};
use mychatflow_data::store::tx::send::Composer;
use mychatflow_data::time::Timestamp;

use crate::support::{NOON, World, message, world};

const ANA: &str = "4915111111111@c.us";
const PAUSE: Duration = Duration::from_secs(60);

fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

async fn listed(world: &World, filter: ChatFilter) -> Vec<ChatId> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = world.shop.chats(filter.clone(), after, 2).await.unwrap();
        let Some(last) = page.last() else { return found };
        after = Some(ChatPlace::after(&last.chat));
        found.extend(page.iter().map(|listed| listed.chat.id));
    }
}

async fn only_chat(world: &World) -> ChatId {
    listed(world, ChatFilter::default()).await[0]
}

async fn waits_since(world: &World, chat: ChatId) -> Option<Timestamp> {
    world.shop.chat(chat).await.unwrap().unwrap().waiting_since
}

#[tokio::test]
async fn a_customer_waits_from_the_first_unanswered_message_on() {
    let world = world().await;
    world.says(ANA, "M1", "hello?", later(1)).await;
    world.says(ANA, "M2", "anybody?", later(5)).await;
    let chat = only_chat(&world).await;
    assert_eq!(waits_since(&world, chat).await, Some(later(1)));
    let shown = world.shop.chat(chat).await.unwrap().unwrap();
    assert_eq!((shown.last_author, shown.last_state), (Some(Author::Customer), Some(InteractionState::Received)));

    let ours = world.shop.send_message(chat, "yes".into(), ClientRef::new(), PAUSE, Composer::Keep, later(9));
    let ours = ours.await.unwrap();
    assert_eq!(waits_since(&world, chat).await, None);
    let shown = world.shop.chat(chat).await.unwrap().unwrap();
    assert_eq!((shown.last_author, shown.last_state), (Some(Author::Human), Some(InteractionState::Queued)));
    // What never left is no answer.
    world.shop.cancel_message(ours.id, later(10)).await.unwrap();
    assert_eq!(waits_since(&world, chat).await, Some(later(1)));

    world.shop.finish_chat(chat, later(20)).await.unwrap();
    assert_eq!(waits_since(&world, chat).await, None);
    world.says(ANA, "M3", "one more thing", later(30)).await;
    assert_eq!(waits_since(&world, chat).await, Some(later(30)), "what was closed does not wait");
    let revoked = RevokedEvent { target_bare_id: "M3".into(), from_me: None, at: later(31) };
    world.receives(DeliveryEvent::Revoked(revoked), later(31)).await;
    assert_eq!(waits_since(&world, chat).await, None, "what was taken back does not wait");
}

#[tokio::test]
async fn who_waits_longest_comes_first_and_who_does_not_wait_last() {
    let world = world().await;
    for (number, at) in [(1u64, 10), (2, 20), (3, 30), (4, 40)] {
        world.says(&format!("49151111111{number:02}@c.us"), &format!("M{number}"), "hello", later(at)).await;
    }
    let newest = listed(&world, ChatFilter::default()).await;
    let silent = world.shop.chats_for_phone(Phone::parse("+49 30 1234567").unwrap(), None, NOON).await.unwrap()[0];
    world.says("4915111111101@c.us", "M5", "hello?", later(50)).await;
    let second = newest[2];
    world.shop.send_message(second, "hi".into(), ClientRef::new(), PAUSE, Composer::Keep, later(60)).await.unwrap();
    let longest = ChatFilter { order: ChatOrder::LongestWaiting, ..ChatFilter::default() };
    assert_eq!(listed(&world, longest.clone()).await, [newest[3], newest[1], newest[0], second, silent]);
    let found = ChatFilter { find: Some("1111111".into()), ..longest };
    assert_eq!(listed(&world, found).await, [newest[3], newest[1], newest[0], second]);
}

#[tokio::test]
async fn a_chat_is_found_by_a_part_of_its_name_or_number() {
    let world = world().await;
    for (number, name) in [(1, "Jörg Übel"), (2, "ÄNNE"), (3, "Ana Maria")] {
        let mut said = message(&format!("491511111110{number}@c.us"), &format!("M{number}"), "hello", later(number));
        said.push_name = Some(name.into());
        world.receives(DeliveryEvent::Message(said), later(number)).await;
    }
    let newest = listed(&world, ChatFilter::default()).await;
    for (text, expected) in [
        ("übel", vec![newest[2]]),
        ("Änne", vec![newest[1]]),
        ("MARIA", vec![newest[0]]),
        ("n", vec![newest[0], newest[1]]),
        ("0151 1111 110-2", vec![newest[1]]),
        ("+49 151 1111 110", newest.clone()),
        ("nobody", vec![]),
        (" ", newest.clone()),
    ] {
        let filter = ChatFilter { find: Some(text.into()), ..ChatFilter::default() };
        assert_eq!(listed(&world, filter).await, expected, "{text:?}");
    }
    // Who gets another name is found by that.
    let contact = world.shop.contact_named("ÄNNE".into()).await.unwrap();
    let change = ContactChange { name: Rewrite::Write("Tante Anna".into()), ..ContactChange::default() };
    world.shop.edit_contact(contact.id, change).await.unwrap();
    for (text, count) in [("tante", 1), ("änne", 0)] {
        let filter = ChatFilter { find: Some(text.into()), ..ChatFilter::default() };
        assert_eq!(listed(&world, filter).await.len(), count, "{text:?}");
    }
}

#[tokio::test]
async fn a_draft_goes_with_its_message_only_when_told() {
    let world = world().await;
    world.says(ANA, "M1", "hello?", NOON).await;
    let chat = only_chat(&world).await;
    world.shop.set_draft(chat, "dear Ana".into(), later(1)).await.unwrap();
    let send = async |composer, at| {
        world.shop.send_message(chat, "hi".into(), ClientRef::new(), PAUSE, composer, later(at)).await.unwrap();
        world.shop.draft(chat).await.unwrap()
    };
    assert_eq!(send(Composer::Keep, 2).await, Some(("dear Ana".into(), later(1))));
    assert_eq!(send(Composer::Clear, 3).await, None);
}

#[tokio::test]
async fn notes_are_kept_with_their_chat() {
    let world = world().await;
    world.says(ANA, "M1", "hello?", NOON).await;
    let chat = only_chat(&world).await;
    let first = world.shop.add_note(chat, "anna".into(), " pays on Fridays ".into(), later(1)).await.unwrap();
    world.shop.add_note(chat, "ben".into(), "likes rye".into(), later(2)).await.unwrap();
    assert_eq!(first.text, "pays on Fridays");
    assert_eq!(world.shop.notes(chat).await.unwrap().len(), 2);
    let empty = world.shop.add_note(chat, "anna".into(), " ".into(), later(3)).await;
    assert!(matches!(empty, Err(StoreError::Invalid(_))));
    assert_eq!(world.shop.remove_note(chat, first.id).await.unwrap(), first);
    assert!(matches!(world.shop.remove_note(chat, first.id).await, Err(StoreError::NotFound("note"))));
    assert_eq!(world.shop.notes(chat).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_a_message_was_at_first_and_what_it_answers_stay_readable() {
    let world = world().await;
    world.says(ANA, "M1", "at 8?", later(1)).await;
    let chat = only_chat(&world).await;
    let edited = |id: &str, text: &str| {
        DeliveryEvent::Edited(EditedEvent {
            bare_id: id.into(),
            from_me: false,
            target_bare_id: "M1".into(),
            text: text.into(),
            at: later(2),
            message: None,
        })
    };
    world.receives(edited("E1", "at 9?"), later(2)).await;
    world.receives(edited("E2", "at 10?"), later(3)).await;
    let mut reply = message(ANA, "M2", "I mean this one", later(4));
    reply.reply_to = Some("M1".into());
    world.receives(DeliveryEvent::Message(reply), later(4)).await;
    let revoked = RevokedEvent { target_bare_id: "M2".into(), from_me: None, at: later(5) };
    world.receives(DeliveryEvent::Revoked(revoked), later(5)).await;

    let messages = world.shop.interactions(chat, None, 10).await.unwrap();
    assert_eq!((messages[1].text.as_str(), messages[1].original.as_deref()), ("at 10?", Some("at 8?")));
    assert_eq!(messages[0].state, InteractionState::Revoked);
    assert_eq!(messages[0].original.as_deref(), Some("I mean this one"));
    assert_eq!(messages[0].quoted, Some(Quoted { author: Author::Customer, text: "at 10?".into() }));
    let after = world.shop.interactions_after(chat, messages[1].id, 10).await.unwrap();
    assert_eq!(after.len(), 1);
}

#[tokio::test]
async fn people_are_added_renamed_and_left_alone() {
    let world = world().await;
    let phone = Phone::parse("+49 151 11111111").unwrap();
    let added = world.shop.add_contact(phone.clone(), Some("Ana".into()), vec!["vip".into()], NOON).await.unwrap();
    let again = world.shop.add_contact(phone, None, vec!["friend".into()], NOON).await.unwrap();
    assert_eq!((added.id, again.name.as_deref(), again.tags.len()), (again.id, Some("Ana"), 2));
    world.says(ANA, "M1", "hello?", later(1)).await;
    let chat = only_chat(&world).await;
    let out = world.shop.opt_out_contact(added.id, Some(later(2)), SuppressionCause::Owner, later(2)).await.unwrap();
    let out_again =
        world.shop.opt_out_contact(added.id, Some(later(3)), SuppressionCause::Owner, later(3)).await.unwrap();
    assert_eq!((out.opted_out_at, out_again.opted_out_at), (Some(later(2)), Some(later(2))));
    let shown = world.shop.chat(chat).await.unwrap().unwrap();
    assert_eq!((shown.reason.as_deref(), shown.tags.len()), (Some("opted out"), 2));
    let back = world.shop.opt_out_contact(added.id, None, SuppressionCause::Owner, later(4)).await.unwrap();
    assert_eq!(back.opted_out_at, None);
}

#[tokio::test]
async fn what_comes_and_goes_is_counted_where_it_happened() {
    let world = world().await;
    world.says(ANA, "M1", "hello?", later(1)).await;
    world.says(ANA, "M1", "hello?", later(2)).await;
    world.says(ANA, "M2", "hello?", later(1000)).await;
    let mut own = message(ANA, "P1", "on my way", later(1001));
    own.from_me = true;
    world.receives(DeliveryEvent::Message(own), later(1001)).await;
    let activity = world.shop.activity(NOON).await.unwrap();
    let counts: Vec<_> = activity.iter().map(|(at, seen)| (*at, seen.received, seen.phone, seen.sent())).collect();
    assert_eq!(counts, [(NOON, 1, 0, 0), (later(900), 1, 1, 1)]);
}
