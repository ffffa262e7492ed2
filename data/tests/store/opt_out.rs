//! Opt-out by word: it counts at once, everywhere, and is confirmed once.

use std::time::Duration;

use mychatflow_data::ids::ChatId;
use mychatflow_data::model::chat::{Chat, ChatState};
use mychatflow_data::model::contact::{Review, SuppressionCause};
use mychatflow_data::model::delivery::{DeliveryEvent, EditedEvent};
use mychatflow_data::model::interaction::{Author, Interaction, InteractionState};
use mychatflow_data::model::job::JobKind;
use mychatflow_data::model::setting::{Rules, SettingKey};
use mychatflow_data::phone::Address;
use mychatflow_data::store::settings::Owner;
use mychatflow_data::store::tx::accept_delivery::Accepted;
use mychatflow_data::time::Timestamp;

use crate::support::{NOON, World, message, world};

const ANA: &str = "4915111111111@c.us";

fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

fn ana() -> Address {
    Address::parse(ANA).unwrap()
}

async fn chat(world: &World) -> Chat {
    world.shop.find_chat(&ana()).await.unwrap().unwrap()
}

async fn confirmations(world: &World, chat: ChatId) -> Vec<Interaction> {
    let mut all = world.shop.interactions(chat, None, 50).await.unwrap();
    all.retain(|message| message.author == Author::System);
    all.reverse();
    all
}

#[tokio::test]
async fn stop_is_confirmed_once_and_start_brings_back() {
    let world = world().await;
    world.says(ANA, "A1", "open today?", NOON).await;
    assert_eq!(world.says(ANA, "A2", "STOP!", later(1)).await, Accepted::Stored);
    assert_eq!(world.says(ANA, "A2", "STOP!", later(1)).await, Accepted::Duplicate);
    let found = chat(&world).await;
    assert_eq!((found.state, found.reason.as_deref()), (ChatState::Done, Some("opted out")));
    assert_eq!((found.waiting_since, found.paused_until), (None, None));
    assert!(world.claim(JobKind::AnswerChat, later(60)).await.is_empty(), "nobody answers it");
    assert!(world.shop.is_suppressed(ana()).await.unwrap());
    let told = confirmations(&world, found.id).await;
    assert_eq!(told.len(), 1);
    assert!(told[0].text.starts_with("Sie erhalten keine Nachrichten mehr"), "{}", told[0].text);
    assert_eq!(told[0].state, InteractionState::Queued);
    let sends = world.claim(JobKind::SendMessage, later(2)).await;
    assert_eq!(sends.len(), 1);
    assert!(world.shop.start_message(told[0].id, None, later(2)).await.unwrap().is_some(), "it may leave");

    world.says(ANA, "A3", "stop", later(3)).await;
    assert_eq!(confirmations(&world, found.id).await.len(), 1, "a second one is not confirmed");
    assert_eq!(chat(&world).await.state, ChatState::Done);

    world.says(ANA, "A4", "Start", later(4)).await;
    let found = chat(&world).await;
    assert_eq!((found.opted_out_at, found.reason.as_deref()), (None, Some("opted in again")));
    assert!(!world.shop.is_suppressed(ana()).await.unwrap());
    assert_eq!(confirmations(&world, found.id).await.len(), 2);
    // Nobody asked for silence: the word is a message like every other.
    world.says(ANA, "A5", "start", later(5)).await;
    assert_eq!((chat(&world).await.state, confirmations(&world, found.id).await.len()), (ChatState::Assistant, 2));
}

#[tokio::test]
async fn a_sentence_and_a_friend_opt_nobody_out() {
    let world = world().await;
    world.says(ANA, "A1", "please stop by tomorrow", NOON).await;
    let found = chat(&world).await;
    assert_eq!((found.state, found.opted_out_at), (ChatState::Assistant, None));
    let span = Duration::from_secs(600);
    world.shop.review_contact(found.contact.unwrap(), Review::Personal, span, later(1)).await.unwrap();
    world.says(ANA, "A2", "stop", later(2)).await;
    assert_eq!(chat(&world).await.opted_out_at, None);
    let mut own = message(ANA, "A3", "stop", later(3));
    own.from_me = true;
    world.receives(DeliveryEvent::Message(own), later(3)).await;
    assert_eq!(chat(&world).await.opted_out_at, None);
    assert_eq!(confirmations(&world, found.id).await, []);
}

#[tokio::test]
async fn what_comes_late_counts_by_when_it_was_said() {
    let world = world().await;
    world.says(ANA, "A3", "hello", later(7200)).await;
    let old = message(ANA, "A1", "stop", NOON);
    world.shop.recover_message(world.number, old, Rules::default(), later(7201)).await.unwrap();
    let found = chat(&world).await;
    assert!(found.opted_out_at.is_some());
    assert_eq!(found.state, ChatState::NeedsYou, "something was asked after it");
    assert_eq!(confirmations(&world, found.id).await, [], "it is too old to be confirmed");
    world.says(ANA, "A4", "start", later(7300)).await;
    // The same word again from an hour before: they have come back since.
    let old = message(ANA, "A2", "stop", later(3600));
    world.shop.recover_message(world.number, old, Rules::default(), later(7301)).await.unwrap();
    let found = chat(&world).await;
    assert_eq!((found.opted_out_at, found.state), (None, ChatState::Done));
}

#[tokio::test]
async fn a_word_that_was_corrected_counts_and_the_owner_chooses_what_is_told() {
    let world = world().await;
    let own = Some("Bye. START brings you back.".to_owned());
    world.shop.set_setting(Owner::Tenant, SettingKey::OptOutConfirmation, own, NOON).await.unwrap();
    world.says(ANA, "A1", "stpo", NOON).await;
    let edited = EditedEvent {
        bare_id: "E1".into(),
        target_bare_id: "A1".into(),
        from_me: false,
        text: "stop".into(),
        at: later(1),
        message: None,
    };
    world.receives(DeliveryEvent::Edited(edited), later(1)).await;
    let found = chat(&world).await;
    assert!(found.opted_out_at.is_some());
    let told = confirmations(&world, found.id).await;
    assert_eq!(told.iter().map(|told| told.text.as_str()).collect::<Vec<_>>(), ["Bye. START brings you back."]);
    // Whom the owner silenced comes back by themselves too.
    let contact = found.contact.unwrap();
    world.shop.opt_out_contact(contact, None, SuppressionCause::Owner, later(2)).await.unwrap();
    world.shop.opt_out_contact(contact, Some(later(3)), SuppressionCause::Owner, later(3)).await.unwrap();
    world.says(ANA, "A2", "start", later(4)).await;
    assert_eq!(chat(&world).await.opted_out_at, None);
}
