//! Messages by their words, whatever was typed.

use std::time::Duration;

use mychatflow_data::model::delivery::{DeliveryEvent, EditedEvent};
use mychatflow_data::store::search::Wanted;
use mychatflow_data::time::Timestamp;

use crate::support::{NOON, World, shop, world};

const ANA: &str = "491511111111@c.us";
const BEN: &str = "491511111112@c.us";

fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

async fn found(world: &World, text: &str) -> Vec<String> {
    let wanted = Wanted { text: text.into(), ..Wanted::default() };
    let found = world.shop.search(wanted, None, 50).await.unwrap();
    found.into_iter().map(|found| found.interaction.text).collect()
}

async fn told() -> World {
    let world = world().await;
    for (second, (who, text)) in (0u64..).zip([
        (ANA, "Is there chocolate cake?"),
        (BEN, "Where can I park?"),
        (ANA, "And a CAKE without chocolate"),
        (BEN, "Ein Stück Käse, bitte"),
    ]) {
        world.says(who, &format!("M{second}"), text, later(second)).await;
    }
    world
}

#[tokio::test]
async fn messages_are_found_by_words_beginnings_and_phrases() {
    let world = told().await;
    for (text, expected) in [
        ("cake", vec!["And a CAKE without chocolate", "Is there chocolate cake?"]),
        ("cake choc", vec!["And a CAKE without chocolate", "Is there chocolate cake?"]),
        ("\"chocolate cake\"", vec!["Is there chocolate cake?"]),
        ("cake -without", vec!["Is there chocolate cake?"]),
        ("kase", vec!["Ein Stück Käse, bitte"]),
        ("STÜCK", vec!["Ein Stück Käse, bitte"]),
        ("cak park", vec![]),
        ("hex", vec![]),
    ] {
        assert_eq!(found(&world, text).await, expected, "{text:?}");
    }
}

#[tokio::test]
async fn nothing_that_is_typed_breaks_the_search() {
    let world = told().await;
    for text in [
        "\"",
        "\"\"",
        "cake\"",
        "(",
        "cake AND",
        "NEAR(cake)",
        "text:cake",
        "cake*",
        "^cake",
        "-",
        "--cake",
        "a\0b",
        "'; DROP",
        "{place}: x",
        "+",
        "NOT",
        "cake OR",
        "\u{202e}cake",
        "ـ",
        "ं",
        "\"-\" cake",
    ] {
        found(&world, text).await;
    }
    let long = "word ".repeat(500);
    assert!(found(&world, &long).await.is_empty());
}

#[tokio::test]
async fn hits_are_marked_and_come_in_pages() {
    let world = told().await;
    let wanted = || Wanted { text: "cake".into(), ..Wanted::default() };
    let first = world.shop.search(wanted(), None, 1).await.unwrap().remove(0);
    assert_eq!(first.marked, "And a \u{1}CAKE\u{2} without chocolate");
    assert_eq!(
        (first.chat_name.as_deref(), first.phone.map(|phone| phone.to_string())),
        (Some("Ana"), Some("+491511111111".into()))
    );
    let second = world.shop.search(wanted(), Some(first.interaction.id), 5).await.unwrap();
    assert_eq!(second.len(), 1);
    let chat = first.interaction.chat;
    let elsewhere = Wanted { text: "park".into(), chat: Some(chat), ..Wanted::default() };
    assert!(world.shop.search(elsewhere, None, 5).await.unwrap().is_empty());
    let here = Wanted { text: "cake".into(), chat: Some(chat), instance: Some(world.number) };
    assert_eq!(world.shop.search(here, None, 5).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_edited_message_is_found_by_its_new_words_only() {
    let world = told().await;
    let edited = EditedEvent {
        bare_id: "E1".into(),
        from_me: false,
        target_bare_id: "M1".into(),
        text: "Where is the entrance?".into(),
        at: later(9),
        message: None,
    };
    world.receives(DeliveryEvent::Edited(edited), later(9)).await;
    assert!(found(&world, "park").await.is_empty());
    assert_eq!(found(&world, "entrance").await.len(), 1);
}

#[tokio::test]
async fn nobody_finds_another_tenants_messages() {
    let world = told().await;
    let (bakery, _) = shop(&world.store, "Bakery", "bakery").await;
    let chat = world.shop.search(Wanted { text: "cake".into(), ..Wanted::default() }, None, 1).await.unwrap()[0]
        .interaction
        .chat;
    for chat in [None, Some(chat)] {
        let wanted = Wanted { text: "cake".into(), chat, instance: None };
        assert!(bakery.search(wanted, None, 5).await.unwrap().is_empty());
    }
}
