//! People in full: who is never written to again, what owners keep about them, and how they become one, two, or nobody.

use std::time::Duration;

use mychatflow_data::model::contact::SuppressionCause;
use mychatflow_data::phone::{Address, Phone};
use mychatflow_data::store::contacts::OptedOut;
use mychatflow_data::time::Timestamp;

use crate::support::{NOON, World, world};

const ANA: &str = "4915111111111@c.us";
const LID: &str = "70000000000003@lid";

fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

async fn silent(world: &World, whom: &str) -> bool {
    world.shop.is_suppressed(address(whom)).await.unwrap()
}

#[tokio::test]
async fn whoever_opts_out_is_silent_under_every_address_and_back_under_all() {
    let world = world().await;
    world.says(LID, "M1", "hello", NOON).await;
    world.shop.resolve_identity(address(LID), Some(address(ANA)), Duration::ZERO, later(1)).await.unwrap();
    let ana = world.shop.contact_named(ANA.into()).await.unwrap();
    world.shop.opt_out_contact(ana.id, Some(later(2)), SuppressionCause::Word, later(2)).await.unwrap();
    assert!(silent(&world, ANA).await && silent(&world, LID).await);
    let listed = world.shop.suppressions(None, 10).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|(one, _)| one.cause == SuppressionCause::Word && one.at == later(2)));
    let next = world.shop.suppressions(Some(listed[0].1.clone()), 10).await.unwrap();
    assert_eq!(next, listed[1..]);

    let back = world.shop.opt_out_contact(ana.id, None, SuppressionCause::Owner, later(3)).await.unwrap();
    assert_eq!(back.opted_out_at, None);
    assert!(!silent(&world, ANA).await && !silent(&world, LID).await);
}

#[tokio::test]
async fn a_new_address_of_somebody_silent_is_silent_too() {
    let world = world().await;
    let phone = Phone::parse("+49 151 11111111").unwrap();
    let ana = world.shop.add_contact(phone, None, vec![], NOON).await.unwrap();
    world.shop.opt_out_contact(ana.id, Some(later(1)), SuppressionCause::Owner, later(1)).await.unwrap();
    world.says(LID, "M1", "hello", later(2)).await;
    world.shop.resolve_identity(address(LID), Some(address(ANA)), Duration::ZERO, later(3)).await.unwrap();
    assert!(silent(&world, LID).await);
    let merged = world.shop.contact_named(LID.into()).await.unwrap();
    assert_eq!(merged.opted_out_at, Some(later(1)));
}

#[tokio::test]
async fn a_number_that_nobody_knows_is_silent_and_so_is_whoever_has_it() {
    let world = world().await;
    let phone = || Phone::parse("+49 151 11111111").unwrap();
    let out = async |since: Option<Timestamp>, now| world.shop.opt_out_number(phone(), since, now).await.unwrap();
    assert_eq!(out(Some(later(1)), later(1)).await, OptedOut::Number(phone(), Some(later(1))));
    assert_eq!(out(Some(later(2)), later(2)).await, OptedOut::Number(phone(), Some(later(1))), "since the first time");
    let listed = world.shop.suppressions(None, 10).await.unwrap();
    assert_eq!((listed.len(), listed[0].0.cause), (1, SuppressionCause::Owner));
    assert_eq!(out(None, later(3)).await, OptedOut::Number(phone(), None));
    assert!(!silent(&world, ANA).await);

    out(Some(later(4)), later(4)).await;
    world.says(ANA, "M1", "hello", later(5)).await;
    let ana = world.shop.contact_named(ANA.into()).await.unwrap();
    assert_eq!(ana.opted_out_at, Some(later(4)));
    let OptedOut::Person(back) = out(None, later(6)).await else { panic!("it is Ana's number") };
    assert_eq!((back.id, back.opted_out_at, silent(&world, ANA).await), (ana.id, None, false));
}
