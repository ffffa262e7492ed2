//! People: what the owner says about them, and who was known before pairing.

use std::time::Duration;

use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::contact::{Contact, Review, UNREVIEWED};
use mychatflow_data::model::instance::{InstanceStatus, Me, Verdict};
use mychatflow_data::model::job::JobKind;
use mychatflow_data::model::setting::Rules;
use mychatflow_data::phone::Address;
use mychatflow_data::store::contacts::{ContactFilter, ContactPlace};
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::instances::Sighting;
use mychatflow_data::store::tx::answer::{Handoff, Letter, Stop};
use mychatflow_data::store::tx::import_known::{Acquaintance, KnownPerson};
use mychatflow_data::time::Timestamp;

use crate::support::{NOON, World, chat_of, world};

const ANA: &str = "4915111111111@c.us";
const LID: &str = "70000000000003@lid";
const FRESH: Duration = Duration::from_secs(600);

fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

async fn pair(world: &World, at: Timestamp) {
    let me = Me { id: address("4930000000@c.us"), lid: None, name: None };
    let sighting = Sighting {
        status: Some(InstanceStatus::Working),
        verdict: Verdict::Healthy,
        reason: None,
        me: Some(me),
        engine: None,
        version: None,
    };
    world.shop.see_instance(world.number, sighting, at).await.unwrap();
}

/// Imports one person into a number that was paired ten seconds after noon.
async fn import(world: &World, whom: &str, name: Option<&str>, acquaintance: Acquaintance, at: Timestamp) -> Contact {
    let name = name.map(str::to_owned);
    let person = KnownPerson { address: address(whom), alternate: None, name, acquaintance };
    world.shop.import_known(world.number, vec![person], later(10), Rules::default(), at).await.unwrap();
    world.shop.contact_named(whom.into()).await.unwrap()
}

#[tokio::test]
async fn people_from_before_pairing_wait_for_a_review_and_others_do_not() {
    let world = world().await;
    world.says("4915100000000@c.us", "M0", "hello", NOON).await;
    pair(&world, later(10)).await;
    world.says("4915122222222@c.us", "M1", "hello", later(11)).await;
    for (whom, expected) in [
        (ANA, Review::Unreviewed),
        // Wrote between pairing and sync, and has older chats.
        ("4915122222222@c.us", Review::Unreviewed),
        // Was with us before the number was paired anew.
        ("4915100000000@c.us", Review::New),
    ] {
        assert_eq!(import(&world, whom, None, Acquaintance::Chatted, later(12)).await.review, expected, "{whom}");
    }

    // Once reviewed, a later sync changes nothing but a missing name.
    let ana = world.shop.contact_named(ANA.into()).await.unwrap();
    world.shop.review_contact(ana.id, Review::Personal, FRESH, later(13)).await.unwrap();
    let named = import(&world, ANA, Some("Ana"), Acquaintance::Chatted, later(14)).await;
    assert_eq!((named.review, named.name.as_deref()), (Review::Personal, Some("Ana")));
    let again = import(&world, ANA, Some("Anna"), Acquaintance::AddressBook, later(14)).await;
    assert_eq!(again.name.as_deref(), Some("Ana"));
}

#[tokio::test]
async fn the_fresh_question_of_a_person_who_becomes_a_customer_is_answered() {
    for (asked, reviewed, answers) in [(20, 30, 1), (20, 20 + 601, 0)] {
        let world = world().await;
        pair(&world, later(10)).await;
        import(&world, ANA, None, Acquaintance::Chatted, later(12)).await;
        world.says(ANA, "M1", "open today?", later(asked)).await;
        // The gate finds the person unreviewed.
        let job = world.claim(JobKind::AnswerChat, later(asked + 5)).await.remove(0);
        let stop = Stop {
            state: ChatState::NeedsYou,
            reason: UNREVIEWED.into(),
            handoff: Handoff::No,
            letter: Letter::Closed,
            nothing_asked: None,
        };
        world.shop.stop_answer(job.id, stop, later(asked + 5)).await.unwrap();

        let ana = world.shop.contact_named(ANA.into()).await.unwrap();
        world.shop.review_contact(ana.id, Review::Customer, FRESH, later(reviewed)).await.unwrap();
        assert_eq!(world.claim(JobKind::AnswerChat, later(reviewed)).await.len(), answers, "asked at {asked}");
        let chat = world.shop.chat(chat_of(&job)).await.unwrap().unwrap();
        let stale = "stale: asked before you said who it is".to_owned();
        let expected = if answers == 1 { (ChatState::Assistant, None) } else { (ChatState::NeedsYou, Some(stale)) };
        assert_eq!((chat.state, chat.reason), expected, "asked at {asked}");
    }
}

#[tokio::test]
async fn somebody_personal_gets_no_answer_any_more() {
    let world = world().await;
    world.says(ANA, "M1", "dinner at 8?", NOON).await;
    let ana = world.shop.contact_named(ANA.into()).await.unwrap();
    world.shop.review_contact(ana.id, Review::Personal, FRESH, later(1)).await.unwrap();
    assert!(world.claim(JobKind::AnswerChat, later(60)).await.is_empty());
    assert_eq!(world.shop.chats_of(ana.id).await.unwrap()[0].chat.state, ChatState::NeedsYou);
}

#[tokio::test]
async fn people_are_listed_by_name_and_filtered() {
    let world = world().await;
    for (number, name) in [(1, Some("Cleo")), (2, Some("Ana")), (3, None), (4, Some("Ben")), (5, None)] {
        import(&world, &format!("491511111111{number}@c.us"), name, Acquaintance::Chatted, NOON).await;
    }
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = world.shop.contacts(ContactFilter::default(), after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(ContactPlace::after(last));
        found.extend(page);
    }
    let names: Vec<_> = found.iter().map(|contact| contact.name.as_deref()).collect();
    assert_eq!(names, [None, None, Some("Ana"), Some("Ben"), Some("Cleo")]);

    let ana = &found[2];
    world.shop.tag_contact(ana.id, vec!["VIP".into(), " berlin ".into()], vec![]).await.unwrap();
    let tagged = world.shop.tag_contact(ana.id, vec!["vip".into()], vec!["Berlin".into()]).await.unwrap();
    assert_eq!(tagged.tags, ["VIP"]);
    assert!(matches!(world.shop.tag_contact(ana.id, vec!["a,b".into()], vec![]).await, Err(StoreError::Invalid(_))));
    for (filter, expected) in [
        (ContactFilter { tag: Some("vip".into()), ..ContactFilter::default() }, 1),
        (ContactFilter { review: Some(Review::Unreviewed), ..ContactFilter::default() }, 5),
        (ContactFilter { find: Some("be".into()), ..ContactFilter::default() }, 1),
        (ContactFilter { find: Some("1111113".into()), ..ContactFilter::default() }, 1),
    ] {
        assert_eq!(world.shop.contacts(filter.clone(), None, 10).await.unwrap().len(), expected, "{filter:?}");
    }
}

#[tokio::test]
async fn a_person_is_shown_with_every_address() {
    let world = world().await;
    world.says(LID, "M1", "hello", NOON).await;
    let lid = address(LID);
    world.shop.resolve_identity(lid, Some(address(ANA)), Duration::ZERO, later(1)).await.unwrap();
    let ana = world.shop.contact_named("+49 151 11111111".into()).await.unwrap();
    let mut addresses: Vec<_> = ana.addresses.iter().map(Address::as_str).collect();
    addresses.sort_unstable();
    assert_eq!(addresses, [ANA, LID]);
    assert_eq!(world.shop.contact_named(LID.into()).await.unwrap().id, ana.id);
}
