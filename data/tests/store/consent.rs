//! Consent that changes after a campaign's list was written: it is looked at again before anything leaves.

use mychatflow_data::ids::CampaignId;
use mychatflow_data::model::contact::{Consent, ConsentState};
use mychatflow_data::model::interaction::InteractionState;
use mychatflow_data::model::recipient::{CONSENT_REFUSED, NO_CONSENT_ON_RECORD, RecipientState};
use mychatflow_data::store::tx::edit_contact::ContactChange;
use mychatflow_data::store::tx::run_campaign::{Claim, Letter};

use crate::campaigns::{FREE, address, draft, later, launched, made, next, reasons, row, spring};
use crate::support::{NOON, World, world};

async fn says(world: &World, number: u32, state: ConsentState) {
    let person = world.shop.contact_named(address(number)).await.unwrap();
    let consent = Consent { state, at: NOON, source: Some("by phone".into()), proof: None };
    let change = ContactChange { consent: Some(consent), ..ContactChange::default() };
    world.shop.edit_contact(person.id, change).await.unwrap();
}

/// Claims the next one, whose row says this about consent.
async fn claimed(world: &World, id: CampaignId, said: Option<&str>) -> Claim {
    let recipient = next(world, id, FREE, later(1)).await;
    let letter = Letter { text: Ok("Hi".into()), said: said.map(str::to_owned) };
    world.shop.claim_recipient(id, recipient, letter, FREE, later(1)).await.unwrap()
}

#[tokio::test]
async fn whoever_refuses_while_they_wait_gets_nothing_and_the_row_says_why() {
    let world = world().await;
    let id = launched(&world, 2).await;
    says(&world, 1, ConsentState::Refused).await;
    assert_eq!(claimed(&world, id, None).await, Claim::LeftOut(RecipientState::Skipped));
    assert!(matches!(claimed(&world, id, None).await, Claim::Made(_)));
    let reasons = reasons(&world, id).await;
    assert_eq!(reasons[0], (RecipientState::Skipped, Some(CONSENT_REFUSED.into())));
    assert_eq!(reasons[1].0, RecipientState::Sending);
}

#[tokio::test]
async fn whoever_refuses_after_the_claim_gets_nothing_either() {
    let world = world().await;
    let id = launched(&world, 1).await;
    let message = made(&world, id, later(1)).await;
    says(&world, 1, ConsentState::Refused).await;
    assert!(world.shop.start_message(message, Some("OUT1".into()), later(2)).await.unwrap().is_none());
    assert_eq!(reasons(&world, id).await, [(RecipientState::Skipped, Some(CONSENT_REFUSED.into()))]);
    let stored = world.shop.outbound(message).await.unwrap().unwrap().interaction;
    assert_eq!((stored.state, stored.reason.as_deref()), (InteractionState::Cancelled, Some(CONSENT_REFUSED)));
}

#[tokio::test]
async fn where_consent_must_be_on_record_it_must_be_there_when_it_leaves() {
    let world = world().await;
    let id = draft(&world, spring(&world), (1..=3).map(row).collect()).await;
    world.shop.launch_campaign(id, NOON).await.unwrap();
    says(&world, 2, ConsentState::Given).await;
    // The policy became strict after the list was written: the first one is not on record, the second is, and the third
    // one's row said yes.
    assert_eq!(claimed(&world, id, Some(NO_CONSENT_ON_RECORD)).await, Claim::LeftOut(RecipientState::Skipped));
    assert!(matches!(claimed(&world, id, Some(NO_CONSENT_ON_RECORD)).await, Claim::Made(_)));
    assert!(matches!(claimed(&world, id, None).await, Claim::Made(_)));
    assert_eq!(reasons(&world, id).await[0], (RecipientState::Skipped, Some(NO_CONSENT_ON_RECORD.into())));
}
