//! Two chats that become one: what is left to do in either is left to do in the one.

use std::time::Duration;

use mychatflow_data::ids::ClientRef;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::delivery::{DeliveryEvent, Handling};
use mychatflow_data::model::interaction::ContentKind;
use mychatflow_data::store::tx::send::Composer;

use crate::merges::{ANA, BEN, ana_and_ben, answer, later, merge, thread};
use crate::support::{World, message};

/// Ana and Ben wrote and were answered; then Ben sent an order, and Ana asked something that was answered since.
async fn ben_ordered() -> World {
    let world = ana_and_ben().await;
    answer(&world, "hello", 10).await;
    let mut order = message(BEN, "B2", "2 rolls", later(20));
    (order.kind, order.handling) = (ContentKind::Order, Handling::Human("sent an order"));
    world.receives(DeliveryEvent::Message(order), later(20)).await;
    world.says(ANA, "A2", "when are you open?", later(30)).await;
    assert_eq!(answer(&world, "at 8", 40).await.len(), 1);
    world
}

#[tokio::test]
async fn an_order_under_one_address_is_shown_though_the_last_word_was_under_the_other() {
    let world = ben_ordered().await;
    merge(&world, 50).await;
    let chat = thread(&world, ANA).await;
    assert_eq!((chat.state, chat.reason.as_deref()), (ChatState::NeedsYou, Some("sent an order")));
}

#[tokio::test]
async fn an_order_is_dealt_with_once_a_human_wrote_under_the_other_address() {
    let world = ben_ordered().await;
    let ana = thread(&world, ANA).await.id;
    let done = "they are ready".into();
    world.shop.send_message(ana, done, ClientRef::new(), Duration::ZERO, Composer::Keep, later(45)).await.unwrap();
    merge(&world, 50).await;
    assert_eq!(thread(&world, ANA).await.state, ChatState::Waiting);
    world.says(ANA, "A3", "thanks, and tomorrow?", later(60)).await;
    answer(&world, "at 8 too", 70).await;
    assert_eq!(thread(&world, ANA).await.state, ChatState::Waiting, "the order does not come back");
}

#[tokio::test]
async fn a_chat_that_was_put_away_comes_back_in_time_though_it_became_part_of_another() {
    let world = ana_and_ben().await;
    answer(&world, "hello", 10).await;
    world.says(BEN, "B2", "call me at noon", later(20)).await;
    let ben = thread(&world, BEN).await.id;
    world.shop.snooze_chat(ben, later(3600), later(21)).await.unwrap();
    merge(&world, 50).await;
    let chat = thread(&world, ANA).await;
    assert_eq!((chat.state, chat.snoozed_until), (ChatState::Snoozed, Some(later(3600))));
}
