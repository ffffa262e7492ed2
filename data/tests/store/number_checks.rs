//! Numbers are looked up before the first message of a campaign to them, and the word counts for a while.

use std::time::Duration;

use mychatflow_data::ids::{CampaignId, RecipientId};
use mychatflow_data::model::campaign::NumberCheck;
use mychatflow_data::model::recipient::RecipientState;
use mychatflow_data::phone::{Address, Phone};
use mychatflow_data::store::number_checks::{LookedUp, NO_WHATSAPP};
use mychatflow_data::store::tx::run_campaign::{Claim, Turn};
use mychatflow_data::time::Timestamp;

use crate::campaigns::{FREE, draft, later, phone, row, spring};
use crate::support::{NOON, World, world};

async fn checked(world: &World, people: u32) -> CampaignId {
    let id = draft(world, spring(world), (1..=people).map(row).collect()).await;
    world.shop.plan_texts(id, None, Some(NumberCheck::Before)).await.unwrap();
    world.shop.launch_campaign(id, NOON).await.unwrap();
    id
}

async fn claim(world: &World, id: CampaignId, now: Timestamp) -> Claim {
    let Turn::Next { material, .. } = world.shop.campaign_turn(id, FREE, now).await.unwrap() else { panic!("nobody") };
    world.shop.claim_recipient(id, material.recipient, Ok("Hi".into()), FREE, now).await.unwrap()
}

async fn first(world: &World, id: CampaignId) -> RecipientId {
    world.shop.recipients(id, None, None, 1).await.unwrap()[0].id
}

async fn states(world: &World, id: CampaignId) -> Vec<RecipientState> {
    world.shop.recipients(id, None, None, 100).await.unwrap().into_iter().map(|row| row.state).collect()
}

fn there(phone: &Phone) -> LookedUp {
    LookedUp::There(phone.address())
}

async fn settle(world: &World, id: CampaignId, number: &(RecipientId, Phone), looked: LookedUp, now: Timestamp) {
    world.shop.settle_checks(id, vec![(number.0, number.1.clone(), looked)], now).await.unwrap();
}

#[tokio::test]
async fn nobody_is_written_to_whose_number_nobody_looked_up() {
    use RecipientState::{Checking, Queued, Sending, Skipped};
    let world = world().await;
    let id = checked(&world, 3).await;
    assert_eq!(claim(&world, id, later(1)).await, Claim::LookUp(later(1)));
    assert_eq!(states(&world, id).await, [Queued; 3]);
    let checks = world.shop.begin_checks(id, first(&world, id).await, 2, later(1)).await.unwrap();
    assert_eq!(checks.instance, world.number);
    assert_eq!(checks.numbers.iter().map(|(_, phone)| phone.clone()).collect::<Vec<_>>(), [phone(1), phone(2)]);
    assert_eq!(states(&world, id).await, [Checking, Checking, Queued]);
    settle(&world, id, &checks.numbers[0], there(&phone(1)), later(2)).await;
    settle(&world, id, &checks.numbers[1], LookedUp::Absent, later(2)).await;
    assert_eq!(states(&world, id).await, [Queued, Skipped, Queued]);
    assert!(matches!(claim(&world, id, later(3)).await, Claim::Made(_)));
    assert_eq!(claim(&world, id, later(3)).await, Claim::LookUp(later(3)));
    assert_eq!(states(&world, id).await, [Sending, Skipped, Queued]);
    let report = world.shop.recipients(id, Some(Skipped), None, 10).await.unwrap();
    assert_eq!(report[0].reason.as_deref(), Some(NO_WHATSAPP));

    // The word counts for the next campaign too, and not for ever.
    let next =
        |name: &str| mychatflow_data::store::tx::draft_campaign::NewCampaign { name: name.into(), ..spring(&world) };
    let again = draft(&world, next("summer"), vec![row(2)]).await;
    world.shop.plan_texts(again, None, Some(NumberCheck::Before)).await.unwrap();
    world.shop.launch_campaign(again, later(10)).await.unwrap();
    assert_eq!(claim(&world, again, later(10)).await, Claim::LeftOut(Skipped));
    let much_later = later(31 * 86_400);
    let autumn = draft(&world, next("autumn"), vec![row(2)]).await;
    world.shop.plan_texts(autumn, None, Some(NumberCheck::Before)).await.unwrap();
    world.shop.launch_campaign(autumn, much_later).await.unwrap();
    assert_eq!(claim(&world, autumn, much_later).await, Claim::LookUp(much_later));
}

#[tokio::test]
async fn whoever_wrote_to_us_is_not_looked_up() {
    let world = world().await;
    world.says(&phone(1).address().to_string(), "IN1", "hello", later(0)).await;
    let chat = world.shop.find_chat(&phone(1).address()).await.unwrap().unwrap().id;
    world.shop.pause_chat(chat, later(9_000), later(1)).await.unwrap();
    let id = checked(&world, 1).await;
    assert!(matches!(claim(&world, id, later(2)).await, Claim::Made(_)));
}

#[tokio::test]
async fn a_message_goes_to_the_address_that_whatsapp_names() {
    let world = world().await;
    let id = checked(&world, 2).await;
    let checks = world.shop.begin_checks(id, first(&world, id).await, 9, later(1)).await.unwrap();
    let other = Address::parse("4915100000091@c.us").unwrap();
    settle(&world, id, &checks.numbers[0], LookedUp::There(other.clone()), later(1)).await;
    let Claim::Made(message) = claim(&world, id, later(2)).await else { panic!() };
    assert_eq!(world.shop.outbound(message).await.unwrap().unwrap().interaction.address, other);
    // Whoever answers from there is the same person.
    world.says(other.as_str(), "IN1", "hello", later(9)).await;
    assert_eq!(world.shop.campaign(id, later(9)).await.unwrap().unwrap().counts.sending, 1);
    assert_eq!(world.shop.find_chat(&phone(1).address()).await.unwrap(), world.shop.find_chat(&other).await.unwrap());
    // The address of somebody who is on the list as well: they are one, and get it once.
    settle(&world, id, &checks.numbers[1], LookedUp::There(other), later(10)).await;
    let last = claim(&world, id, later(11)).await;
    assert_eq!(last, Claim::Gone);
    let rows = world.shop.recipients(id, None, None, 10).await.unwrap();
    assert_eq!(
        (rows[1].state, rows[1].reason.as_deref()),
        (RecipientState::Skipped, Some("the same person as another row"))
    );
}

#[tokio::test]
async fn a_failed_look_up_is_tried_again_and_then_left_out() {
    let world = world().await;
    let id = checked(&world, 1).await;
    let failed = || LookedUp::Failed("the engine failed: x".into());
    let mut now = later(1);
    for wait in [2, 10] {
        let checks = world.shop.begin_checks(id, first(&world, id).await, 9, now).await.unwrap();
        settle(&world, id, &checks.numbers[0], failed(), now).await;
        // It is out of the way of the others, and the campaign is not through.
        assert_eq!(states(&world, id).await, [RecipientState::Checking]);
        let turn = world.shop.campaign_turn(id, FREE, now).await.unwrap();
        assert!(matches!(turn, Turn::Wait { .. }), "{turn:?}");
        world.shop.resume_checks(id, now).await.unwrap();
        assert!(world.shop.begin_checks(id, first(&world, id).await, 9, now).await.unwrap().numbers.is_empty());
        now = now + Duration::from_secs(wait);
        world.shop.resume_checks(id, now).await.unwrap();
        assert_eq!(claim(&world, id, now).await, Claim::LookUp(now));
    }
    let checks = world.shop.begin_checks(id, first(&world, id).await, 9, now).await.unwrap();
    settle(&world, id, &checks.numbers[0], failed(), now).await;
    assert_eq!(claim(&world, id, now).await, Claim::LeftOut(RecipientState::Skipped));
    let rows = world.shop.recipients(id, None, None, 10).await.unwrap();
    let why = "nobody could tell whether this number has WhatsApp: the engine failed: x";
    assert_eq!(rows[0].reason.as_deref(), Some(why));
}

#[tokio::test]
async fn a_look_up_that_was_cut_off_is_made_again_and_a_cancelled_one_changes_nothing() {
    let world = world().await;
    let id = checked(&world, 2).await;
    world.shop.begin_checks(id, first(&world, id).await, 9, later(1)).await.unwrap();
    world.shop.resume_checks(id, later(1)).await.unwrap();
    assert_eq!(states(&world, id).await, [RecipientState::Queued; 2]);
    let checks = world.shop.begin_checks(id, first(&world, id).await, 9, later(2)).await.unwrap();
    assert_eq!(checks.numbers.len(), 2);
    world.shop.cancel_campaign(id, later(3)).await.unwrap();
    for number in &checks.numbers {
        settle(&world, id, number, there(&number.1), later(4)).await;
    }
    assert_eq!(states(&world, id).await, [RecipientState::Skipped; 2]);
    assert!(world.shop.begin_checks(id, first(&world, id).await, 9, later(5)).await.unwrap().numbers.is_empty());
}

#[tokio::test]
async fn whose_turn_it_is_is_looked_up_before_those_ahead() {
    let world = world().await;
    let id = checked(&world, 5).await;
    let rows = world.shop.recipients(id, None, None, 10).await.unwrap();
    let checks = world.shop.begin_checks(id, rows[3].id, 9, later(1)).await.unwrap();
    assert_eq!(checks.numbers.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [rows[3].id, rows[4].id]);
}
