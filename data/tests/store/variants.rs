//! Several texts: each person gets one of them, the same whenever it is asked, and they are counted apart.

use std::collections::BTreeSet;

use mychatflow_data::ids::CampaignId;
use mychatflow_data::model::campaign::NumberCheck;
use mychatflow_data::model::variant;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::recipients::Wanted;
use mychatflow_data::store::tx::run_campaign::{Claim, Turn};

use crate::campaigns::{FREE, draft, later, launched, row, sent, spring};
use crate::support::{NOON, World, world};

async fn with_texts(world: &World, people: u32) -> CampaignId {
    let id = draft(world, spring(world), (1..=people).map(row).collect()).await;
    world.shop.plan_texts(id, Some(vec!["Hello".into(), "Good day".into()]), None).await.unwrap();
    id
}

#[tokio::test]
async fn each_person_gets_the_text_that_was_told_before_the_launch() {
    let world = world().await;
    let id = with_texts(&world, 40).await;
    let before = world.shop.recipients(id, None, None, 100).await.unwrap();
    assert_eq!(before.iter().map(|row| row.variant).collect::<BTreeSet<_>>(), BTreeSet::from([0, 1, 2]));
    assert!(before.iter().all(|row| row.variant == variant::draw(row.id, 3)));
    world.shop.launch_campaign(id, NOON).await.unwrap();
    let texts = ["Hi {{ name }}", "Hello", "Good day"];
    for place in &before[..3] {
        let Turn::Next { text, material } = world.shop.campaign_turn(id, FREE, later(1)).await.unwrap() else {
            panic!()
        };
        assert_eq!((material.recipient, text.as_str()), (place.id, texts[place.variant]));
        let claim = world.shop.claim_recipient(id, place.id, Ok(text), FREE, later(1)).await.unwrap();
        assert!(matches!(claim, Claim::Made(_)), "{claim:?}");
    }
    let after = world.shop.recipients(id, None, None, 100).await.unwrap();
    assert!(after.iter().zip(&before).all(|(after, before)| after.variant == before.variant));
    let found = world.shop.campaign(id, NOON).await.unwrap().unwrap();
    for at in 0..3 {
        let total = before.iter().filter(|row| row.variant == at).count();
        let begun = before[..3].iter().filter(|row| row.variant == at).count();
        let counts = found.variants[at];
        assert_eq!((counts.total(), counts.sending), (total as i64, begun as i64), "{at}");
        let wanted = Wanted { state: None, variant: Some(at) };
        let page = world.shop.recipients_of(id, wanted, None, 100).await.unwrap();
        assert_eq!(page.len(), total);
    }
    assert_eq!(found.begun_lately, 3);
}

#[tokio::test]
async fn texts_are_for_drafts() {
    let world = world().await;
    let id = with_texts(&world, 3).await;
    let five = vec!["x".to_owned(); 5];
    assert!(matches!(world.shop.plan_texts(id, Some(five), None).await, Err(StoreError::Invalid(_))));
    assert!(matches!(world.shop.plan_texts(id, Some(vec![" ".into()]), None).await, Err(StoreError::Invalid(_))));
    world.shop.plan_texts(id, Some(vec![]), Some(NumberCheck::Before)).await.unwrap();
    let found = world.shop.campaign(id, NOON).await.unwrap().unwrap();
    assert_eq!((found.campaign.texts(), found.variants.len(), found.campaign.check), (1, 0, NumberCheck::Before));
    world.shop.launch_campaign(id, NOON).await.unwrap();
    assert!(matches!(world.shop.plan_texts(id, None, Some(NumberCheck::Never)).await, Err(StoreError::Conflict(_))));
    world.shop.pause_campaign(id, "x".into(), NOON).await.unwrap();
    world.shop.plan_texts(id, None, Some(NumberCheck::Never)).await.unwrap();
    assert!(matches!(world.shop.plan_texts(id, Some(vec![]), None).await, Err(StoreError::Conflict(_))));
}

#[tokio::test]
async fn what_is_taken_back_is_counted_where_it_stands() {
    let world = world().await;
    let id = launched(&world, 3).await;
    sent(&world, id, "OUT1", later(1)).await;
    let Turn::Next { material, .. } = world.shop.campaign_turn(id, FREE, later(2)).await.unwrap() else { panic!() };
    world.shop.claim_recipient(id, material.recipient, Ok("Hi".into()), FREE, later(2)).await.unwrap();
    world.shop.pause_campaign(id, "x".into(), later(3)).await.unwrap();
    let counts = world.shop.campaign(id, later(3)).await.unwrap().unwrap().counts;
    assert_eq!((counts.sent, counts.queued, counts.skipped), (1, 2, 0));
    world.shop.resume_campaign(id, later(4)).await.unwrap();
    let Turn::Next { material, .. } = world.shop.campaign_turn(id, FREE, later(5)).await.unwrap() else { panic!() };
    world.shop.claim_recipient(id, material.recipient, Ok("Hi".into()), FREE, later(5)).await.unwrap();
    let counts = world.shop.campaign(id, later(5)).await.unwrap().unwrap().counts;
    assert_eq!((counts.sent, counts.sending, counts.queued), (1, 1, 1), "an earlier message says nothing of this one");
}
