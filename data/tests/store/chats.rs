//! The list of chats, and finding one by what a person calls it.

use std::time::Duration;

use mychatflow_data::ids::ChatId;
use mychatflow_data::model::chat::{ChatState, Mode};
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::phone::Phone;
use mychatflow_data::store::chat_list::{ChatFilter, ChatOrder, ChatPlace};
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::settings::Owner;
use mychatflow_data::time::Timestamp;

use crate::support::{NOON, World, world};

fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

fn person(number: u64) -> String {
    format!("49151111111{number:02}@c.us")
}

async fn ids(world: &World, filter: ChatFilter, size: i64) -> Vec<ChatId> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = world.shop.chats(filter.clone(), after, size).await.unwrap();
        let Some(last) = page.last() else { return found };
        after = Some(ChatPlace::after(&last.chat));
        found.extend(page.iter().map(|listed| listed.chat.id));
    }
}

async fn customers(world: &World, count: u64) {
    for number in 0..count {
        // Two share each second, so that the order within it matters too.
        world.says(&person(number), &format!("M{number}"), "hello", later(number / 2)).await;
    }
}

#[tokio::test]
async fn pages_of_any_size_tell_the_same_list() {
    let world = world().await;
    customers(&world, 7).await;
    let silent = world.shop.chats_for_phone(Phone::parse("+49 30 1234567").unwrap(), None, NOON).await.unwrap();
    let whole = ids(&world, ChatFilter::default(), 100).await;
    assert_eq!(whole.len(), 8);
    assert_eq!(whole.last(), silent.first(), "who never wrote comes last");
    for size in 1..8 {
        assert_eq!(ids(&world, ChatFilter::default(), size).await, whole, "{size} a page");
    }
    let newest = world.shop.chat(whole[0]).await.unwrap().unwrap();
    assert_eq!(newest.last_at, Some(later(3)));
}

#[tokio::test]
async fn who_needs_a_human_longest_comes_first() {
    let world = world().await;
    customers(&world, 5).await;
    for chat in ids(&world, ChatFilter::default(), 100).await.into_iter().take(4) {
        world.shop.cancel_chat_answer(chat, later(60)).await.unwrap();
    }
    let filter =
        ChatFilter { state: Some(ChatState::NeedsYou), order: ChatOrder::LongestWaiting, ..ChatFilter::default() };
    let waiting = world.shop.chats(filter.clone(), None, 100).await.unwrap();
    let times: Vec<_> = waiting.iter().map(|listed| listed.chat.last_at).collect();
    assert_eq!(times.len(), 4);
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(ids(&world, filter, 1).await, waiting.iter().map(|listed| listed.chat.id).collect::<Vec<_>>());
    let answering = ChatFilter { state: Some(ChatState::Assistant), ..ChatFilter::default() };
    assert_eq!(ids(&world, answering, 1).await.len(), 1);
}

#[tokio::test]
async fn the_mode_in_effect_is_the_nearest_one_set() {
    let world = world().await;
    customers(&world, 1).await;
    let chat = ids(&world, ChatFilter::default(), 10).await[0];
    let mode = async || world.shop.listed_chat(chat).await.unwrap().unwrap().mode;
    let set = async |owner, value: Option<&str>| {
        let value = value.map(str::to_owned);
        world.shop.set_setting(owner, SettingKey::ReplyMode, value, NOON).await.unwrap();
    };
    assert_eq!(mode().await, None);
    set(Owner::Tenant, Some("draft")).await;
    assert_eq!(mode().await, Some(Mode::Draft));
    set(Owner::Instance(world.number), Some("countdown")).await;
    assert_eq!(mode().await, Some(Mode::Countdown));
    set(Owner::Chat(chat), Some("off")).await;
    assert_eq!(mode().await, Some(Mode::Off));
    assert_eq!(world.shop.chat(chat).await.unwrap().unwrap().mode, Some(Mode::Off));
    set(Owner::Instance(world.number), None).await;
    set(Owner::Chat(chat), None).await;
    assert_eq!(mode().await, Some(Mode::Draft));
}

#[tokio::test]
async fn a_chat_is_found_by_id_number_or_a_name_that_fits_one() {
    let world = world().await;
    customers(&world, 2).await;
    world.says("70000000000003@lid", "L1", "hi", later(9)).await;
    let whole = ids(&world, ChatFilter::default(), 10).await;
    let named = async |text: &str| world.shop.chat_named(text.to_owned(), None).await;

    let first = named("+49 151 1111 11 00").await.unwrap().chat;
    assert_eq!(named(&first.id.to_string()).await.unwrap().chat.id, first.id);
    assert_eq!(named("4915111111100@c.us").await.unwrap().chat.id, first.id);
    assert_eq!(named("70000000000003@lid").await.unwrap().chat.id, whole[0]);
    assert!(matches!(named("ana").await, Err(StoreError::Conflict(_))), "three are called Ana");
    assert!(matches!(named("Zoe").await, Err(StoreError::NotFound("chat"))));
    assert!(matches!(named("+49 151 99999999").await, Err(StoreError::NotFound("chat"))));
    assert!(matches!(named("").await, Err(StoreError::NotFound("chat"))));
}

#[tokio::test]
async fn a_number_that_never_wrote_can_be_paused_and_stays_silent() {
    let world = world().await;
    let phone = Phone::parse("+4915111111100").unwrap();
    let chats = world.shop.chats_for_phone(phone.clone(), None, NOON).await.unwrap();
    assert_eq!(world.shop.chats_for_phone(phone, None, NOON).await.unwrap(), chats, "made once");
    world.shop.pause_chat(chats[0], later(3600), NOON).await.unwrap();
    world.says(&person(0), "M1", "are you open?", later(5)).await;
    assert!(world.claim(mychatflow_data::model::job::JobKind::AnswerChat, later(60)).await.is_empty());
    let chat = world.shop.chat(chats[0]).await.unwrap().unwrap();
    assert_eq!((chat.state, chat.reason.as_deref()), (ChatState::NeedsYou, Some("paused")));
}

#[tokio::test]
async fn the_composer_keeps_its_words_per_chat() {
    let world = world().await;
    customers(&world, 2).await;
    let chats = ids(&world, ChatFilter::default(), 10).await;
    world.shop.set_draft(chats[0], "dear A".into(), NOON).await.unwrap();
    world.shop.set_draft(chats[0], "dear Ana".into(), NOON).await.unwrap();
    assert_eq!(world.shop.draft(chats[0]).await.unwrap().map(|(text, _)| text).as_deref(), Some("dear Ana"));
    assert_eq!(world.shop.draft(chats[1]).await.unwrap(), None);
    world.shop.set_draft(chats[0], String::new(), NOON).await.unwrap();
    assert_eq!(world.shop.draft(chats[0]).await.unwrap(), None);
    assert!(matches!(world.shop.set_draft(ChatId::new(), "x".into(), NOON).await, Err(StoreError::NotFound("chat"))));
}

#[tokio::test]
async fn a_chat_that_was_put_away_comes_back_in_time() {
    let world = world().await;
    world.says("4915111111111@c.us", "A1", "open today?", NOON).await;
    let chat = world.shop.find_chat(&"4915111111111@c.us".parse().unwrap()).await.unwrap().unwrap().id;
    let until = NOON + std::time::Duration::from_secs(60);
    world.shop.snooze_chat(chat, until, NOON).await.unwrap();
    assert_eq!(world.store.wake_snoozed(NOON).await.unwrap(), Some(until));
    assert_eq!(world.store.wake_snoozed(until).await.unwrap(), None);
    let back = world.shop.chat(chat).await.unwrap().unwrap();
    assert_eq!((back.state, back.snoozed_until), (ChatState::NeedsYou, None));
}
