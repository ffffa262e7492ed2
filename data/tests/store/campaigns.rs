//! Campaigns: whoever is on the list gets the text once, at the pace of the number, unless something speaks against it.

use std::num::NonZeroU32;
use std::time::Duration;

use mychatflow_data::ids::{CampaignId, InteractionId, RecipientId};
use mychatflow_data::model::campaign::{CampaignCounts, CampaignState, NumberCheck};
use mychatflow_data::model::contact::{Review, SuppressionCause};
use mychatflow_data::model::delivery::{AckEvent, DeliveryEvent};
use mychatflow_data::model::governor::Limits;
use mychatflow_data::model::instance::{InstanceStatus, Verdict};
use mychatflow_data::model::interaction::{Ack, Author, InteractionState};
use mychatflow_data::model::job::JobKind;
use mychatflow_data::model::query::Query;
use mychatflow_data::model::recipient::RecipientState;
use mychatflow_data::model::setting::Rules;
use mychatflow_data::model::tenant::TenantState;
use mychatflow_data::phone::{Address, Phone};
use mychatflow_data::store::contacts::ContactFilter;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::instances::Sighting;
use mychatflow_data::store::queue::{Item, QueueFilter};
use mychatflow_data::store::tx::draft_campaign::{NewCampaign, NewRecipient};
use mychatflow_data::store::tx::outcome::After;
use mychatflow_data::store::tx::run_campaign::{Claim, Turn};
use mychatflow_data::time::Timestamp;

use crate::support::{NOON, World, world};

pub const FREE: Limits = Limits { gap: None, per_hour: None, per_day: None, new_people_per_day: None };

pub fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

pub fn phone(number: u32) -> Phone {
    Phone::parse(&format!("49151{number:08}")).unwrap()
}

pub fn address(number: u32) -> String {
    phone(number).address().to_string()
}

pub fn row(number: u32) -> NewRecipient {
    NewRecipient {
        phone: Ok(phone(number)),
        given: phone(number).to_string(),
        name: Some(format!("Person {number}")),
        fields: "{}".into(),
        skip: None,
    }
}

pub async fn works(world: &World, status: InstanceStatus, now: Timestamp) {
    let sighting = Sighting {
        status: Some(status),
        verdict: Verdict::Healthy,
        reason: None,
        me: None,
        engine: None,
        version: None,
    };
    world.shop.see_instance(world.number, sighting, now).await.unwrap();
}

pub fn spring(world: &World) -> NewCampaign {
    NewCampaign {
        name: "spring".into(),
        instance: world.number,
        text: "Hi {{ name }}".into(),
        scheduled_at: None,
        timezone: "UTC".into(),
        audience: None,
    }
}

/// A draft with these rows, on a number that works.
pub async fn draft(world: &World, new: NewCampaign, rows: Vec<NewRecipient>) -> CampaignId {
    works(world, InstanceStatus::Working, NOON).await;
    let id = world.shop.begin_campaign(new, NOON).await.unwrap();
    let duplicates = world.shop.add_recipients(id, rows, NOON).await.unwrap();
    world.shop.complete_list(id, duplicates, NOON).await.unwrap();
    world.shop.plan_texts(id, None, Some(NumberCheck::Never)).await.unwrap();
    id
}

pub async fn launched(world: &World, people: u32) -> CampaignId {
    let id = draft(world, spring(world), (1..=people).map(row).collect()).await;
    world.shop.launch_campaign(id, NOON).await.unwrap();
    id
}

pub async fn next(world: &World, id: CampaignId, limits: Limits, now: Timestamp) -> RecipientId {
    match world.shop.campaign_turn(id, limits, now).await.unwrap() {
        Turn::Next { material, .. } => material.recipient,
        turn => panic!("nobody is next: {turn:?}"),
    }
}

/// The next recipient, with the message made.
pub async fn made(world: &World, id: CampaignId, now: Timestamp) -> InteractionId {
    let recipient = next(world, id, FREE, now).await;
    match world.shop.claim_recipient(id, recipient, Ok("Hi".into()), FREE, now).await.unwrap() {
        Claim::Made(message) => message,
        claim => panic!("{claim:?}"),
    }
}

/// The same, gone out.
pub async fn sent(world: &World, id: CampaignId, bare_id: &str, now: Timestamp) -> InteractionId {
    let message = made(world, id, now).await;
    let job = world.claim(JobKind::SendCampaign, now).await;
    assert_eq!(job.len(), 1, "{job:?}");
    world.shop.start_message(message, Some(bare_id.into()), now).await.unwrap().unwrap();
    world.shop.record_sent(message, Some(bare_id.into()), None, After::Waiting, now).await.unwrap();
    message
}

pub async fn counts(world: &World, id: CampaignId) -> CampaignCounts {
    world.shop.campaign(id, NOON).await.unwrap().unwrap().counts
}

pub async fn state(world: &World, id: CampaignId) -> (CampaignState, Option<String>) {
    let campaign = world.shop.campaign(id, NOON).await.unwrap().unwrap().campaign;
    (campaign.state, campaign.reason)
}

pub async fn reasons(world: &World, id: CampaignId) -> Vec<(RecipientState, Option<String>)> {
    let rows = world.shop.recipients(id, None, None, 100).await.unwrap();
    rows.into_iter().map(|row| (row.state, row.reason)).collect()
}

#[tokio::test]
async fn every_row_of_a_list_is_accounted_for() {
    let world = world().await;
    let wrong = NewRecipient { phone: Err("not a phone number: \"n/a\"".into()), given: "n/a".into(), ..row(9) };
    let refused = NewRecipient { skip: Some("no consent".into()), ..row(3) };
    let rows = vec![row(1), row(2), row(1), wrong.clone(), wrong, refused];
    let id = draft(&world, spring(&world), rows).await;
    let found = world.shop.campaign(id, NOON).await.unwrap().unwrap();
    assert_eq!((found.counts.queued, found.counts.skipped, found.campaign.duplicates), (2, 3, 1));
    assert_eq!(found.newcomers_left, 2);
    let rows = world.shop.recipients(id, None, None, 10).await.unwrap();
    let phones: Vec<&str> = rows.iter().map(|row| row.phone.as_str()).collect();
    assert_eq!(phones, ["+4915100000001", "+4915100000002", "n/a", "n/a", "+4915100000003"]);
    // Whoever is on a list is a person that the assistant may answer.
    let people = world.shop.contacts(ContactFilter::default(), None, 10).await.unwrap();
    assert_eq!(people.len(), 3);
    assert!(people.iter().all(|person| person.review == Review::New && person.name.is_some()), "{people:?}");
    // By page and by state.
    let page = world.shop.recipients(id, None, Some(rows[1].id), 2).await.unwrap();
    assert_eq!(page, rows[2..4]);
    let skipped = world.shop.recipients(id, Some(RecipientState::Skipped), None, 10).await.unwrap();
    assert_eq!(skipped, rows[2..]);
}

#[tokio::test]
async fn a_list_that_was_broken_off_is_nowhere_and_makes_room() {
    let world = world().await;
    let id = world.shop.begin_campaign(spring(&world), NOON).await.unwrap();
    world.shop.add_recipients(id, vec![row(1)], NOON).await.unwrap();
    assert!(world.shop.campaign(id, NOON).await.unwrap().is_none());
    assert_eq!(world.shop.campaigns(None, None, 10, NOON).await.unwrap(), []);
    assert!(world.shop.launch_campaign(id, NOON).await.is_err());
    let whole = draft(&world, spring(&world), vec![row(2)]).await;
    assert!(matches!(world.shop.add_recipients(id, vec![row(3)], NOON).await, Err(StoreError::NotFound(_))));
    assert!(matches!(world.shop.add_recipients(whole, vec![row(3)], NOON).await, Err(StoreError::Conflict(_))));
    let taken = NewCampaign { name: "SPRING".into(), ..spring(&world) };
    assert!(matches!(world.shop.begin_campaign(taken, NOON).await, Err(StoreError::Conflict(_))));
    let empty = world.shop.begin_campaign(NewCampaign { name: "empty".into(), ..spring(&world) }, NOON).await.unwrap();
    assert!(matches!(world.shop.complete_list(empty, 0, NOON).await, Err(StoreError::Invalid(_))));
    world.shop.abandon_campaign(empty).await.unwrap();
    assert_eq!(world.shop.campaign_named(" Spring ".into()).await.unwrap().id, whole);
    assert_eq!(world.shop.campaign_named(whole.to_string()).await.unwrap().id, whole);
}

#[tokio::test]
async fn whoever_claims_second_finds_another_turn() {
    let world = world().await;
    let id = launched(&world, 2).await;
    let recipient = next(&world, id, FREE, later(1)).await;
    let text = || Ok("Hi Person 1".to_owned());
    let first = world.shop.claim_recipient(id, recipient, text(), FREE, later(1)).await.unwrap();
    let Claim::Made(message) = first else { panic!("{first:?}") };
    assert_eq!(world.shop.claim_recipient(id, recipient, text(), FREE, later(1)).await.unwrap(), Claim::Gone);
    let stored = world.shop.outbound(message).await.unwrap().unwrap().interaction;
    assert_eq!((stored.author, stored.state), (Author::Campaign, InteractionState::Queued));
    assert_eq!((stored.text.as_str(), stored.address.to_string()), ("Hi Person 1", address(1)));
    let sends = world.claim(JobKind::SendCampaign, later(1)).await;
    assert_eq!(sends.len(), 1, "{sends:?}");
    assert_ne!(next(&world, id, FREE, later(1)).await, recipient);
    assert_eq!((counts(&world, id).await.queued, counts(&world, id).await.sending), (1, 1));
}

#[tokio::test]
async fn a_recipient_follows_its_message_to_the_reply() {
    let world = world().await;
    let id = launched(&world, 1).await;
    let message = sent(&world, id, "OUT1", later(1)).await;
    let one = |counts: CampaignCounts, state: RecipientState| {
        let mut expected = CampaignCounts::default();
        expected.add(state, 1);
        assert_eq!(counts, expected, "{state}");
    };
    one(counts(&world, id).await, RecipientState::Sent);
    for (ack, state) in [
        (Ack::Device, RecipientState::Delivered),
        (Ack::Read, RecipientState::Read),
        (Ack::Played, RecipientState::Read),
    ] {
        let event = AckEvent { bare_id: "OUT1".into(), participant: None, from_me: true, ack };
        world.receives(DeliveryEvent::Ack(event), later(2)).await;
        one(counts(&world, id).await, state);
    }
    // A campaign is no answer, asks nobody, and costs nothing.
    let chat = world.shop.outbound(message).await.unwrap().unwrap().interaction.chat;
    assert_eq!(world.shop.chat(chat).await.unwrap().unwrap().paused_until, None);
    assert!(world.claim(JobKind::AnswerChat, later(100)).await.is_empty());
    assert_eq!(world.shop.ledger(None, 10).await.unwrap(), []);

    world.says(&address(1), "IN1", "tell me more", later(60)).await;
    one(counts(&world, id).await, RecipientState::Replied);
    assert_eq!(world.claim(JobKind::AnswerChat, later(100)).await.len(), 1, "the assistant answers replies");
    let report = world.shop.recipients(id, None, None, 10).await.unwrap();
    assert_eq!((report[0].interaction, report[0].chat), (Some(message), Some(chat)));
}

#[tokio::test]
async fn a_campaign_is_no_answer_to_what_a_customer_asked() {
    let world = world().await;
    world.says(&address(1), "IN1", "open today?", later(1)).await;
    let chat = world.shop.find_chat(&phone(1).address()).await.unwrap().unwrap().id;
    world.shop.pause_chat(chat, later(10_000), later(2)).await.unwrap();
    let before = world.shop.chat(chat).await.unwrap().unwrap();
    assert!(before.waiting_since.is_some());
    let id = launched(&world, 1).await;
    let message = sent(&world, id, "OUT1", later(10)).await;
    let after = world.shop.chat(chat).await.unwrap().unwrap();
    assert_eq!((after.waiting_since, after.state, after.unread), (before.waiting_since, before.state, before.unread));
    assert_eq!(after.preview.as_deref(), Some("Hi"));
    // Nor is one that failed a reason to look at the chat.
    let refused = AckEvent { bare_id: "OUT1".into(), participant: None, from_me: true, ack: Ack::Error };
    world.receives(DeliveryEvent::Ack(refused), later(11)).await;
    let failed = world.shop.outbound(message).await.unwrap().unwrap().interaction;
    assert_eq!(failed.state, InteractionState::Failed);
    let after = world.shop.chat(chat).await.unwrap().unwrap();
    assert_eq!((after.waiting_since, after.reason), (before.waiting_since, before.reason));
    assert_eq!(counts(&world, id).await.failed, 1);
}

#[tokio::test]
async fn what_is_written_a_week_later_is_no_reply() {
    let world = world().await;
    let id = launched(&world, 1).await;
    sent(&world, id, "OUT1", later(1)).await;
    world.says(&address(1), "IN1", "hello", later(8 * 24 * 3600)).await;
    assert_eq!(counts(&world, id).await.replied, 0);
}

#[tokio::test]
async fn the_last_campaign_gets_the_reply() {
    let world = world().await;
    let first = launched(&world, 1).await;
    sent(&world, first, "OUT1", later(1)).await;
    let second = NewCampaign { name: "summer".into(), ..spring(&world) };
    let second = draft(&world, second, vec![row(1)]).await;
    world.shop.launch_campaign(second, later(2)).await.unwrap();
    sent(&world, second, "OUT2", later(3)).await;
    for (message, at) in [("IN1", 60), ("IN2", 61)] {
        world.says(&address(1), message, "hello", later(at)).await;
    }
    assert_eq!((counts(&world, first).await.replied, counts(&world, second).await.replied), (0, 1));
}

#[tokio::test]
async fn what_speaks_against_a_recipient_is_looked_at_when_it_is_claimed() {
    let world = world().await;
    let id = launched(&world, 4).await;
    let people = world.shop.contacts(ContactFilter::default(), None, 10).await.unwrap();
    let by = |number: u32| people.iter().find(|person| person.phone == Some(phone(number))).unwrap().id;
    world.shop.review_contact(by(1), Review::Personal, Duration::ZERO, later(1)).await.unwrap();
    for expected in [Claim::LeftOut(RecipientState::Skipped), Claim::LeftOut(RecipientState::Skipped)] {
        let recipient = next(&world, id, FREE, later(2)).await;
        let text = if reasons(&world, id).await[0].0 == RecipientState::Queued {
            Ok("Hi".to_owned())
        } else {
            Err("no value for city".to_owned())
        };
        assert_eq!(world.shop.claim_recipient(id, recipient, text, FREE, later(2)).await.unwrap(), expected);
    }
    let told = reasons(&world, id).await;
    assert_eq!(told[0].1.as_deref(), Some("personal: campaigns never write here"));
    assert_eq!(told[1].1.as_deref(), Some("no value for city"));
    // The message is made, and then the owner says that the person is none for campaigns: it does not leave.
    let message = made(&world, id, later(3)).await;
    world.shop.review_contact(by(3), Review::Personal, Duration::ZERO, later(3)).await.unwrap();
    assert!(world.shop.start_message(message, Some("OUT3".into()), later(4)).await.unwrap().is_none());
    let stored = world.shop.outbound(message).await.unwrap().unwrap().interaction;
    assert_eq!(stored.state, InteractionState::Cancelled);
    assert_eq!(reasons(&world, id).await[2].0, RecipientState::Skipped);
    assert_eq!(counts(&world, id).await.queued, 1);
}

#[tokio::test]
async fn whoever_asked_for_silence_gets_nothing_however_late_they_asked() {
    let world = world().await;
    let id = launched(&world, 3).await;
    let people = world.shop.contacts(ContactFilter::default(), None, 10).await.unwrap();
    let opt_out = async |number: u32, now: Timestamp| {
        let person = people.iter().find(|person| person.phone == Some(phone(number))).unwrap();
        world.shop.opt_out_contact(person.id, Some(now), SuppressionCause::Owner, now).await.unwrap();
    };
    opt_out(1, later(1)).await;
    let recipient = next(&world, id, FREE, later(1)).await;
    let claim = world.shop.claim_recipient(id, recipient, Ok("Hi".into()), FREE, later(1)).await.unwrap();
    assert_eq!(claim, Claim::LeftOut(RecipientState::OptedOut));
    let message = made(&world, id, later(2)).await;
    opt_out(2, later(2)).await;
    assert!(world.shop.start_message(message, Some("OUT2".into()), later(3)).await.unwrap().is_none());
    assert_eq!(world.shop.outbound(message).await.unwrap().unwrap().interaction.state, InteractionState::Cancelled);
    let now = counts(&world, id).await;
    assert_eq!((now.opted_out, now.queued, now.total()), (2, 1, 3));
    assert!(reasons(&world, id).await[..2].iter().all(|(_, why)| why.as_deref() == Some("asked not to be written to")));
}

#[tokio::test]
async fn a_pause_holds_before_the_next_claim_and_takes_back_what_has_not_left() {
    let world = world().await;
    let id = launched(&world, 3).await;
    sent(&world, id, "OUT1", later(1)).await;
    let waiting = made(&world, id, later(2)).await;
    let recipient = next(&world, id, FREE, later(3)).await;
    world.shop.pause_campaign(id, "paused by a person".into(), later(3)).await.unwrap();
    let claim = world.shop.claim_recipient(id, recipient, Ok("Hi".into()), FREE, later(3)).await.unwrap();
    assert_eq!(claim, Claim::Gone);
    assert_eq!(world.shop.campaign_turn(id, FREE, later(3)).await.unwrap(), Turn::Stopped);
    assert!(world.shop.start_message(waiting, None, later(3)).await.unwrap().is_none());
    assert!(world.claim(JobKind::SendCampaign, later(3)).await.is_empty());
    let now = counts(&world, id).await;
    assert_eq!((now.sent, now.queued, now.sending), (1, 2, 0));
    assert_eq!(state(&world, id).await, (CampaignState::Paused, Some("paused by a person".into())));

    world.shop.resume_campaign(id, later(4)).await.unwrap();
    assert!(world.shop.resume_campaign(id, later(4)).await.is_err());
    let again = made(&world, id, later(5)).await;
    assert_ne!(again, waiting);
    let text = world.shop.outbound(again).await.unwrap().unwrap().interaction;
    assert_eq!(text.address.to_string(), address(2), "the same person, with another message");
}

#[tokio::test]
async fn a_cancelled_campaign_leaves_the_rest_out_for_good() {
    let world = world().await;
    let id = launched(&world, 3).await;
    sent(&world, id, "OUT1", later(1)).await;
    made(&world, id, later(2)).await;
    world.shop.cancel_campaign(id, later(3)).await.unwrap();
    let now = counts(&world, id).await;
    assert_eq!((now.sent, now.skipped, now.total()), (1, 2, 3));
    let told = reasons(&world, id).await;
    assert!(told[1..].iter().all(|(_, why)| why.as_deref() == Some("the campaign was cancelled")), "{told:?}");
    assert!(world.claim(JobKind::SendCampaign, later(3)).await.is_empty());
    assert!(world.shop.resume_campaign(id, later(4)).await.is_err());
    assert!(world.shop.cancel_campaign(id, later(4)).await.is_err());
    world.shop.remove_campaign(id).await.unwrap();
    assert_eq!(world.shop.campaigns(None, None, 10, NOON).await.unwrap(), []);
}

#[tokio::test]
async fn only_what_makes_sense_may_follow() {
    let world = world().await;
    let id = draft(&world, spring(&world), vec![row(1)]).await;
    let shop = &world.shop;
    assert!(shop.pause_campaign(id, "x".into(), NOON).await.is_err());
    assert!(shop.resume_campaign(id, NOON).await.is_err());
    let edited = shop.edit_campaign(id, Some("Hello".into()), Some(later(60)), "Europe/Berlin".into()).await.unwrap();
    assert_eq!((edited.text.as_str(), edited.scheduled_at), ("Hello", Some(later(60))));
    shop.launch_campaign(id, NOON).await.unwrap();
    assert_eq!(state(&world, id).await.0, CampaignState::Scheduled);
    assert!(shop.launch_campaign(id, NOON).await.is_err());
    assert!(shop.edit_campaign(id, None, None, "UTC".into()).await.is_err());
    assert!(shop.remove_campaign(id).await.is_err());
    let nobody = NewRecipient { skip: Some("no consent".into()), ..row(2) };
    let nobody = draft(&world, NewCampaign { name: "nobody".into(), ..spring(&world) }, vec![nobody]).await;
    assert!(matches!(shop.launch_campaign(nobody, NOON).await, Err(StoreError::Conflict(_))));
}

#[tokio::test]
async fn the_pace_of_a_number_is_shared_by_its_campaigns() {
    let world = world().await;
    let cap = |count: u32| NonZeroU32::new(count);
    let first = launched(&world, 3).await;
    let second =
        draft(&world, NewCampaign { name: "summer".into(), ..spring(&world) }, (11..=13).map(row).collect()).await;
    world.shop.launch_campaign(second, NOON).await.unwrap();
    sent(&world, first, "OUT1", later(10)).await;
    sent(&world, second, "OUT2", later(20)).await;
    let wait = |until: u64, reason: Option<&str>| Turn::Wait { until: later(until), reason: reason.map(str::to_owned) };
    for (limits, expected) in [
        (Limits { gap: Some((Duration::from_secs(30), Duration::from_secs(30))), ..FREE }, Some(wait(50, None))),
        (Limits { per_hour: cap(2), ..FREE }, Some(wait(3610, Some("2 an hour reached")))),
        (Limits { per_hour: cap(3), ..FREE }, None),
        (Limits { per_day: cap(1), ..FREE }, Some(wait(86_420, Some("1 a day reached")))),
        // A third of six on the first day of a number.
        (
            Limits { new_people_per_day: cap(6), ..FREE },
            Some(wait(86_410, Some("2 new people today: a number new to campaigns starts slowly"))),
        ),
        (Limits { new_people_per_day: cap(9), ..FREE }, None),
    ] {
        for id in [first, second] {
            let turn = world.shop.campaign_turn(id, limits, later(30)).await.unwrap();
            match &expected {
                Some(expected) => assert_eq!(turn, *expected),
                None => assert!(matches!(turn, Turn::Next { .. }), "{limits:?}: {turn:?}"),
            }
        }
    }
    // Whoever wrote to us is no new person: they come first while the budget of new people is used up.
    world.says(&address(3), "IN1", "hello", later(40)).await;
    let answer = world.claim(JobKind::AnswerChat, later(60)).await.remove(0);
    let limits = Limits { new_people_per_day: cap(6), ..FREE };
    let turn = world.shop.campaign_turn(first, limits, later(61)).await.unwrap();
    assert!(matches!(turn, Turn::Wait { .. }), "while their question is being answered they wait: {turn:?}");
    world.shop.end_job(answer.id, mychatflow_data::store::jobs::Ended::Done, later(61)).await.unwrap();
    let chat = world.shop.find_chat(&phone(3).address()).await.unwrap().unwrap();
    world.shop.finish_chat(chat.id, later(62)).await.unwrap();
    let known = next(&world, first, limits, later(63)).await;
    let rows = world.shop.recipients(first, None, None, 10).await.unwrap();
    assert_eq!(rows.iter().find(|row| row.id == known).unwrap().phone, phone(3).to_string());
}

#[tokio::test]
async fn a_number_that_does_not_work_uses_nobody_up() {
    let world = world().await;
    let id = launched(&world, 1).await;
    works(&world, InstanceStatus::Stopped, later(1)).await;
    let recipient = {
        let rows = world.shop.recipients(id, None, None, 1).await.unwrap();
        rows[0].id
    };
    let turn = world.shop.campaign_turn(id, FREE, later(2)).await.unwrap();
    let Turn::Wait { until, reason: Some(reason) } = turn else { panic!("{turn:?}") };
    assert_eq!(reason, "waiting for the number: it is STOPPED");
    world.shop.note_campaign_waits(id, until, Some(reason.clone())).await.unwrap();
    assert_eq!(state(&world, id).await, (CampaignState::Running, Some(reason)));
    let claim = world.shop.claim_recipient(id, recipient, Ok("Hi".into()), FREE, later(2)).await.unwrap();
    assert_eq!((claim, counts(&world, id).await.queued), (Claim::Gone, 1));
    // Its job sleeps until the number works again.
    let job = world.claim(JobKind::RunCampaign, later(2)).await.remove(0);
    let ended = mychatflow_data::store::jobs::Ended::Snooze { until: later(32), reason: "x".into() };
    world.shop.end_job(job.id, ended, later(2)).await.unwrap();
    works(&world, InstanceStatus::Working, later(3)).await;
    assert_eq!(world.claim(JobKind::RunCampaign, later(3)).await.len(), 1);
    made(&world, id, later(3)).await;
}

#[tokio::test]
async fn a_suspended_business_sends_nothing() {
    let world = world().await;
    let id = launched(&world, 1).await;
    world.shop.set_tenant_state(TenantState::Suspended).await.unwrap();
    let turn = world.shop.campaign_turn(id, FREE, later(1)).await.unwrap();
    assert!(matches!(&turn, Turn::Wait { reason: Some(why), .. } if why == "the business is suspended"), "{turn:?}");
    world.shop.set_tenant_state(TenantState::Active).await.unwrap();
    made(&world, id, later(2)).await;
}

#[tokio::test]
async fn whose_turn_it_is_is_found_without_looking_through_the_list() {
    let world = world().await;
    let file = rusqlite::Connection::open(world.store.path()).unwrap();
    let sql = "EXPLAIN QUERY PLAN SELECT r.id FROM recipients AS r
               WHERE r.tenant_id = ?1 AND r.campaign_id = ?2 AND r.state = 'queued' ORDER BY r.id LIMIT 1";
    let plan: String = file.query_row(sql, (&[0u8; 16][..], &[0u8; 16][..]), |row| row.get(3)).unwrap();
    assert!(plan.contains("recipients_by_state"), "{plan}");
}

#[tokio::test]
async fn what_is_slow_does_not_pile_up_and_its_end_wakes_the_campaign() {
    let world = world().await;
    let id = launched(&world, 20).await;
    let run = world.claim(JobKind::RunCampaign, later(1)).await.remove(0);
    let mut messages = Vec::new();
    while let Turn::Next { material, .. } = world.shop.campaign_turn(id, FREE, later(1)).await.unwrap() {
        let claim = world.shop.claim_recipient(id, material.recipient, Ok("Hi".into()), FREE, later(1)).await.unwrap();
        let Claim::Made(message) = claim else { panic!("{claim:?}") };
        messages.push(message);
    }
    assert_eq!(messages.len(), 8);
    let first = messages[0];
    let sends = world.claim(JobKind::SendCampaign, later(1)).await;
    assert_eq!(sends.len(), 8);
    // It ends while the campaign's job still runs: the job must not sleep over that.
    world.shop.start_message(first, Some("OUT1".into()), later(2)).await.unwrap().unwrap();
    world.shop.record_sent(first, None, None, After::Waiting, later(2)).await.unwrap();
    let ended = mychatflow_data::store::jobs::Ended::Snooze { until: later(60), reason: "x".into() };
    world.shop.end_job(run.id, ended, later(2)).await.unwrap();
    assert_eq!(world.claim(JobKind::RunCampaign, later(2)).await.len(), 1);
}

#[tokio::test]
async fn a_campaign_is_through_when_nothing_is_on_its_way() {
    let world = world().await;
    let id = launched(&world, 2).await;
    sent(&world, id, "OUT1", later(1)).await;
    let last = made(&world, id, later(2)).await;
    assert!(matches!(world.shop.campaign_turn(id, FREE, later(2)).await.unwrap(), Turn::Wait { .. }));
    world.shop.finish_campaign(id, later(2)).await.unwrap();
    assert_eq!(state(&world, id).await.0, CampaignState::Running);
    world.claim(JobKind::SendCampaign, later(2)).await;
    world.shop.start_message(last, None, later(3)).await.unwrap().unwrap();
    world.shop.record_unknown(last, "nobody knows".into(), later(70)).await.unwrap();
    assert_eq!(world.shop.campaign_turn(id, FREE, later(71)).await.unwrap(), Turn::Finished);
    world.shop.finish_campaign(id, later(71)).await.unwrap();
    assert_eq!(state(&world, id).await.0, CampaignState::Completed);
    let now = counts(&world, id).await;
    assert_eq!((now.sent, now.unknown), (1, 1));
    assert_eq!(reasons(&world, id).await[1].1.as_deref(), Some("nobody knows"));
    // Nobody asked anything in that chat: it stays out of the owner's way, but not out of the queue.
    let chat = world.shop.outbound(last).await.unwrap().unwrap().interaction.chat;
    assert_eq!(world.shop.chat(chat).await.unwrap().unwrap().reason, None);
    let queue = world.shop.queue(QueueFilter::UnknownSends, None, 10).await.unwrap();
    world.shop.retry(queue[0].id, later(80)).await.unwrap();
    assert_eq!(world.claim(JobKind::SendCampaign, later(80)).await.len(), 1);
    assert_eq!(counts(&world, id).await.sending, 1);
}

#[tokio::test]
async fn two_people_who_turn_out_to_be_one_get_it_once() {
    let world = world().await;
    let lid = "70000000000003@lid";
    world.says(lid, "IN1", "hello", later(1)).await;
    let job = world.claim(JobKind::AnswerChat, later(10)).await.remove(0);
    world.shop.end_job(job.id, mychatflow_data::store::jobs::Ended::Done, later(10)).await.unwrap();
    let chat = world.shop.find_chat(&Address::parse(lid).unwrap()).await.unwrap().unwrap();
    world.shop.finish_chat(chat.id, later(11)).await.unwrap();
    world.shop.tag_contact(chat.contact.unwrap(), vec!["vip".into()], vec![]).await.unwrap();

    works(&world, InstanceStatus::Working, later(11)).await;
    let id = world.shop.begin_campaign(spring(&world), later(12)).await.unwrap();
    world.shop.add_recipients(id, vec![row(1), row(2)], later(12)).await.unwrap();
    let tagged = Query::parse("tag:VIP").unwrap();
    assert_eq!(world.shop.add_people(id, tagged, None, None, later(12)).await.unwrap().next, None);
    world.shop.complete_list(id, 0, later(12)).await.unwrap();
    world.shop.plan_texts(id, None, Some(NumberCheck::Never)).await.unwrap();
    world.shop.launch_campaign(id, later(12)).await.unwrap();
    assert_eq!(counts(&world, id).await.queued, 3);
    // The first one is written to, and then turns out to be the one behind the LID.
    sent(&world, id, "OUT1", later(13)).await;
    let phone = Some(phone(1).address());
    world.shop.resolve_identity(Address::parse(lid).unwrap(), phone, Duration::ZERO, later(14)).await.unwrap();
    let told = reasons(&world, id).await;
    assert_eq!(told[2], (RecipientState::Skipped, Some("the same person as another row".into())));
    sent(&world, id, "OUT2", later(15)).await;
    assert_eq!(world.shop.campaign_turn(id, FREE, later(16)).await.unwrap(), Turn::Finished);
    let now = counts(&world, id).await;
    assert_eq!((now.sent, now.skipped, now.total()), (2, 1, 3));
    // And the reply of the one they are now is attributed.
    world.says(lid, "IN2", "thanks", later(20)).await;
    assert_eq!(counts(&world, id).await.replied, 1);
}

#[tokio::test]
async fn everybody_is_a_segment_and_whom_nobody_looked_at_is_left_out_of_it() {
    let world = world().await;
    let person = |number: u32| mychatflow_data::store::tx::import_known::KnownPerson {
        address: phone(number).address(),
        alternate: None,
        name: None,
        acquaintance: mychatflow_data::store::tx::import_known::Acquaintance::Chatted,
    };
    world.shop.import_known(world.number, vec![person(1), person(2)], NOON, Rules::default(), NOON).await.unwrap();
    world.says(&address(3), "IN1", "hello", later(1)).await;
    works(&world, InstanceStatus::Working, later(1)).await;
    let id = world.shop.begin_campaign(spring(&world), later(1)).await.unwrap();
    let listed = world.shop.add_people(id, Query::all(), None, None, later(1)).await.unwrap();
    assert_eq!((listed.duplicates, listed.next), (0, None));
    world.shop.complete_list(id, 0, later(1)).await.unwrap();
    let now = counts(&world, id).await;
    assert_eq!((now.queued, now.skipped), (1, 2));
}

#[tokio::test]
async fn a_campaign_whose_work_is_dropped_says_so() {
    let world = world().await;
    let id = launched(&world, 2).await;
    let entries = world.shop.queue(QueueFilter::All, None, 10).await.unwrap();
    let entry = entries.into_iter().find(|entry| matches!(entry.item, Item::Job(JobKind::RunCampaign, _))).unwrap();
    world.shop.drop_entry(entry.id, later(1)).await.unwrap();
    assert_eq!(state(&world, id).await, (CampaignState::Paused, Some("its work was dropped by a human".into())));
}

#[tokio::test]
async fn a_word_takes_back_what_has_not_left_and_the_report_says_so() {
    let world = world().await;
    let id = launched(&world, 3).await;
    sent(&world, id, "OUT1", later(1)).await;
    let waiting = made(&world, id, later(2)).await;
    for number in 1..=3 {
        world.says(&address(number), &format!("IN{number}"), "Stop", later(3)).await;
    }
    let told = world.shop.outbound(waiting).await.unwrap().unwrap().interaction;
    assert_eq!(told.state, InteractionState::Cancelled);
    let asked = Some("asked not to be written to".to_owned());
    let out = RecipientState::OptedOut;
    assert_eq!(reasons(&world, id).await, [(out, Some("replied STOP".into())), (out, asked.clone()), (out, asked)]);
    assert_eq!((counts(&world, id).await.opted_out, counts(&world, id).await.total()), (3, 3));
    assert!(world.claim(JobKind::SendCampaign, later(4)).await.is_empty(), "nothing more goes out");
    assert_eq!(world.shop.campaign_turn(id, FREE, later(5)).await.unwrap(), Turn::Finished);
}
