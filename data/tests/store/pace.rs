//! What slows a campaign down, passes people over, or stops it: each with its reason.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use mychatflow_data::ids::{CampaignId, InteractionId};
use mychatflow_data::model::campaign::{CampaignState, MissedSlot, Plan};
use mychatflow_data::model::contact::SuppressionCause;
use mychatflow_data::model::delivery::{AckEvent, DeliveryEvent};
use mychatflow_data::model::governor::{Limits, stops};
use mychatflow_data::model::hush::Hush;
use mychatflow_data::model::instance::InstanceStatus;
use mychatflow_data::model::interaction::Ack;
use mychatflow_data::model::job::{JobArgs, JobKind};
use mychatflow_data::model::new_chats::NewChatCapping;
use mychatflow_data::model::recipient::RecipientState;
use mychatflow_data::store::contacts::ContactFilter;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::tx::draft_campaign::{NewCampaign, NewRecipient};
use mychatflow_data::store::tx::outcome::{After, Resolution};
use mychatflow_data::store::tx::run_campaign::{Claim, Recall, Rules, Turn};
use mychatflow_data::time::Timestamp;

use crate::campaigns::{
    FREE, counts, draft, later, launched, made, next, phone, reasons, row, sent, spring, state, works,
};
use crate::support::{NOON, World, world};

const DAY: u64 = 24 * 3600;

fn words(reason: &str) -> Option<String> {
    Some(reason.to_owned())
}

/// One that was launched for this time.
async fn scheduled(world: &World, name: &str, at: Timestamp, plan: Plan) -> CampaignId {
    let new = NewCampaign { name: name.into(), scheduled_at: Some(at), ..spring(world) };
    let id = draft(world, new, vec![row(1)]).await;
    world.shop.plan_campaign(id, plan).await.unwrap();
    world.shop.launch_campaign(id, NOON).await.unwrap();
    id
}

/// The next recipient's message, refused.
async fn refused(world: &World, id: CampaignId, reason: &str, now: Timestamp) -> InteractionId {
    let message = made(world, id, now).await;
    world.claim(JobKind::SendCampaign, now).await;
    world.shop.start_message(message, None, now).await.unwrap().unwrap();
    let ended = Ended::Discard { reason: reason.into() };
    world.shop.record_not_sent(message, ended, now).await.unwrap();
    message
}

async fn stuck(world: &World, id: CampaignId, now: Timestamp) -> Option<String> {
    match world.shop.campaign_turn(id, FREE, now).await.unwrap() {
        Turn::Stuck(reason) => Some(reason),
        _ => None,
    }
}

#[tokio::test]
async fn a_campaign_that_missed_its_time_does_what_its_plan_says() {
    let world = world().await;
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let plan = |missed| Plan { missed, late_max: hours(2), quiet: None };
    let asks = words("missed its time by 3 h: resume it to send now, or cancel it");
    use MissedSlot::{Ask, RunLateWithin, Skip};
    for (name, missed, late, expected) in [
        ("in time", Skip, Duration::ZERO, (CampaignState::Running, None)),
        ("late", RunLateWithin, hours(2), (CampaignState::Running, None)),
        ("too late", RunLateWithin, hours(3), (CampaignState::Paused, asks.clone())),
        ("asks", Ask, hours(3), (CampaignState::Paused, asks)),
        ("skips", Skip, hours(3), (CampaignState::Cancelled, words("missed its time by 3 h"))),
    ] {
        let at = later(600);
        let id = scheduled(&world, name, at, plan(missed)).await;
        assert_eq!(world.shop.campaign_turn(id, FREE, later(599)).await.unwrap(), Turn::NotBefore(at));
        let now = at + late;
        let jobs = world.claim(JobKind::RunCampaign, now).await;
        assert!(jobs.iter().any(|job| job.args == JobArgs::RunCampaign { campaign: id }), "{name}");
        assert_eq!(world.shop.campaign_turn(id, FREE, now).await.unwrap(), Turn::Due);
        world.shop.start_campaign(id, now).await.unwrap();
        assert_eq!(state(&world, id).await, expected, "{name}");
        match expected.0 {
            CampaignState::Paused => {
                world.shop.resume_campaign(id, now).await.unwrap();
                assert_eq!(state(&world, id).await.0, CampaignState::Running, "{name}");
            }
            CampaignState::Cancelled => {
                assert_eq!(reasons(&world, id).await, [(RecipientState::Skipped, words("missed its time by 3 h"))]);
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_campaign_waits_for_its_number_but_not_for_ever() {
    let world = world().await;
    let plan = Plan { missed: MissedSlot::RunLateWithin, late_max: Duration::from_secs(3600), quiet: None };
    let patient = scheduled(&world, "patient", later(600), plan.clone()).await;
    let strict = scheduled(&world, "strict", later(600), Plan { missed: MissedSlot::Skip, ..plan }).await;
    works(&world, InstanceStatus::Failed, later(500)).await;
    for id in [patient, strict] {
        let turn = world.shop.campaign_turn(id, FREE, later(610)).await.unwrap();
        let Turn::Wait { until, reason } = turn else { panic!("{turn:?}") };
        assert_eq!(reason, words("waiting for the number: it is FAILED"));
        world.shop.note_campaign_waits(id, until, reason.clone()).await.unwrap();
        assert_eq!(state(&world, id).await, (CampaignState::Scheduled, reason));
    }
    assert_eq!(world.shop.campaign_turn(strict, FREE, later(800)).await.unwrap(), Turn::Due);
    world.shop.start_campaign(strict, later(800)).await.unwrap();
    assert_eq!(state(&world, strict).await.0, CampaignState::Cancelled);
    // The number comes back, and its job does not sleep over that.
    for job in world.claim(JobKind::RunCampaign, later(800)).await {
        let ended = Ended::Snooze { until: later(5_000), reason: "x".into() };
        world.shop.end_job(job.id, ended, later(800)).await.unwrap();
    }
    works(&world, InstanceStatus::Working, later(1_000)).await;
    let jobs = world.claim(JobKind::RunCampaign, later(1_000)).await;
    assert!(jobs.iter().any(|job| job.args == JobArgs::RunCampaign { campaign: patient }), "{jobs:?}");
    world.shop.start_campaign(patient, later(1_000)).await.unwrap();
    assert_eq!(state(&world, patient).await, (CampaignState::Running, None));
}

#[tokio::test]
async fn a_time_lock_stops_the_campaign_and_once_its_end_is_known_only_new_people_wait() {
    let world = world().await;
    world.says(&phone(4).address().to_string(), "IN1", "hello", later(1)).await;
    let answer = world.claim(JobKind::AnswerChat, later(10)).await.remove(0);
    world.shop.end_job(answer.id, Ended::Done, later(10)).await.unwrap();
    let chat = world.shop.find_chat(&phone(4).address()).await.unwrap().unwrap();
    world.shop.finish_chat(chat.id, later(10)).await.unwrap();
    let id = launched(&world, 4).await;
    refused(&world, id, stops::TIME_LOCKED, later(20)).await;
    let told = "WhatsApp lets this number write to no new people (463): let it rest for a day, then resume";
    assert_eq!(stuck(&world, id, later(21)).await, words(told));
    world.shop.give_up_campaign(id, told.into(), later(21)).await.unwrap();
    assert_eq!(state(&world, id).await, (CampaignState::Paused, words(told)));
    // Whoever resumes it is not stopped for the same thing again.
    world.shop.resume_campaign(id, later(30)).await.unwrap();
    next(&world, id, FREE, later(30)).await;

    let ends_at = later(7_000);
    refused(&world, id, stops::TIME_LOCKED, later(40)).await;
    world.shop.restrict_instance(world.number, Some(ends_at), None).await.unwrap();
    let known = next(&world, id, FREE, later(41)).await;
    let rows = world.shop.recipients(id, None, None, 10).await.unwrap();
    assert_eq!(rows[3].id, known, "people we know go on");
    sent(&world, id, "OUT4", later(42)).await;
    let turn = world.shop.campaign_turn(id, FREE, later(43)).await.unwrap();
    let reason = words("WhatsApp lets this number write to no new people until then");
    assert_eq!(turn, Turn::Wait { until: ends_at, reason });
}

#[tokio::test]
async fn new_people_wait_once_the_new_chats_that_whatsapp_allows_are_used_up() {
    let world = world().await;
    let id = launched(&world, 4).await;
    let until = later(90_000);
    let told =
        NewChatCapping { state: "FIRST_WARNING".into(), quota: Some(50), used: 48, until: Some(until), seen_at: NOON };
    world.shop.restrict_instance(world.number, None, Some(told.clone())).await.unwrap();
    // Where WAHA says nothing at the next look, what it said before stays.
    world.shop.restrict_instance(world.number, None, None).await.unwrap();
    assert_eq!(world.shop.instance(world.number).await.unwrap().unwrap().new_chats, Some(told));
    sent(&world, id, "OUT1", later(20)).await;
    sent(&world, id, "OUT2", later(21)).await;
    let turn = world.shop.campaign_turn(id, FREE, later(22)).await.unwrap();
    let reason = words("the new chats that WhatsApp lets this number start are used up until then");
    assert_eq!(turn, Turn::Wait { until, reason });
    let outlook = world.shop.campaign_outlook(id, later(22)).await.unwrap();
    assert_eq!(outlook.number.new_chats.map(|(_, left)| left), Some(0));
    next(&world, id, FREE, until).await;
}

#[tokio::test]
async fn rising_failures_stop_every_campaign_of_the_number() {
    let world = world().await;
    let id = launched(&world, 12).await;
    let other = draft(&world, NewCampaign { name: "summer".into(), ..spring(&world) }, vec![row(30)]).await;
    world.shop.launch_campaign(other, NOON).await.unwrap();
    for second in 1..=4 {
        refused(&world, id, "the engine failed: no such number", later(second)).await;
        assert_eq!(stuck(&world, id, later(second)).await, None);
    }
    refused(&world, id, "the engine failed: no such number", later(5)).await;
    let told = words("5 of the last 5 did not go out: the engine failed: no such number");
    assert_eq!((stuck(&world, id, later(6)).await, stuck(&world, other, later(6)).await), (told.clone(), told));
    // One with nobody left has nothing to stop.
    let recipient = world.shop.recipients(other, None, None, 1).await.unwrap()[0].id;
    let claim = world.shop.claim_recipient(other, recipient, Ok("Hi".into()), FREE, later(6)).await.unwrap();
    let Claim::Made(last) = claim else { panic!("{claim:?}") };
    let turn = world.shop.campaign_turn(other, FREE, later(6)).await.unwrap();
    assert!(matches!(turn, Turn::Wait { .. }), "{turn:?}");
    world.claim(JobKind::SendCampaign, later(6)).await;
    world.shop.start_message(last, None, later(6)).await.unwrap().unwrap();
    world.shop.record_sent(last, Some("LAST".into()), None, After::Waiting, later(6)).await.unwrap();
    assert_eq!(world.shop.campaign_turn(other, FREE, later(6)).await.unwrap(), Turn::Finished);
    world.shop.give_up_campaign(id, "x".into(), later(6)).await.unwrap();
    world.shop.resume_campaign(id, later(7)).await.unwrap();
    refused(&world, id, "the engine failed: no such number", later(8)).await;
    assert_eq!(stuck(&world, id, later(9)).await, None, "only what came after counts");
}

#[tokio::test]
async fn people_who_ask_for_silence_stop_the_campaign_that_they_got() {
    let world = world().await;
    let id = launched(&world, 8).await;
    for number in 1..=5_u32 {
        sent(&world, id, &format!("OUT{number}"), later(u64::from(number))).await;
    }
    let people = world.shop.contacts(ContactFilter::default(), None, 10).await.unwrap();
    for number in [1, 2, 3] {
        assert_eq!(stuck(&world, id, later(60)).await, None, "before {number}");
        let person = people.iter().find(|person| person.phone == Some(phone(number))).unwrap();
        world.shop.opt_out_contact(person.id, Some(later(50)), SuppressionCause::Owner, later(50)).await.unwrap();
    }
    let told = words("3 of the last 5 people asked for silence: look at the text and the list");
    assert_eq!(stuck(&world, id, later(60)).await, told);
}

#[tokio::test]
async fn a_number_goes_slower_while_nothing_arrives() {
    let world = world().await;
    let id = launched(&world, 10).await;
    for number in 1..=5_u64 {
        sent(&world, id, &format!("OUT{number}"), later(number)).await;
    }
    next(&world, id, FREE, later(100)).await;
    let turn = world.shop.campaign_turn(id, FREE, later(200)).await.unwrap();
    let slow = Turn::Wait { until: later(260), reason: words("5 messages wait for WhatsApp to deliver them") };
    assert_eq!(turn, slow);
    let event = AckEvent { bare_id: "OUT5".into(), participant: None, from_me: true, ack: Ack::Device };
    world.receives(DeliveryEvent::Ack(event), later(210)).await;
    next(&world, id, FREE, later(211)).await;
}

#[tokio::test]
async fn new_people_are_few_on_the_first_days_of_a_number() {
    let world = world().await;
    let id = launched(&world, 12).await;
    let limits = Limits { new_people_per_day: NonZeroU32::new(6), ..FREE };
    let mut number = 0;
    for (day, allowed) in [(0, 2), (1, 4), (2, 6)] {
        for at in 0..allowed {
            let now = later(1 + day * DAY + at);
            next(&world, id, limits, now).await;
            number += 1;
            sent(&world, id, &format!("OUT{number}"), now).await;
            let event =
                AckEvent { bare_id: format!("OUT{number}"), participant: None, from_me: true, ack: Ack::Device };
            world.receives(DeliveryEvent::Ack(event), now).await;
        }
        if day < 2 {
            let turn = world.shop.campaign_turn(id, limits, later(10 + day * DAY)).await.unwrap();
            let reason = words(&format!("{allowed} new people today: a number new to campaigns starts slowly"));
            assert_eq!(turn, Turn::Wait { until: later(1 + (day + 1) * DAY), reason });
        }
    }
}

#[tokio::test]
async fn a_pause_follows_a_package_of_all_campaigns_of_a_number() {
    let world = world().await;
    let first = launched(&world, 25).await;
    let rows = (101..=125).map(row).collect();
    let second = draft(&world, NewCampaign { name: "summer".into(), ..spring(&world) }, rows).await;
    world.shop.launch_campaign(second, NOON).await.unwrap();
    for number in 0..40_u64 {
        let id = if number % 2 == 0 { first } else { second };
        sent(&world, id, &format!("OUT{number}"), later(1 + number)).await;
    }
    let limits = Limits { gap: Some((Duration::from_secs(1), Duration::from_secs(1))), ..FREE };
    for id in [first, second] {
        let turn = world.shop.campaign_turn(id, limits, later(42)).await.unwrap();
        let Turn::Wait { until, reason } = turn else { panic!("{turn:?}") };
        assert_eq!(reason, words("a pause after 40 messages in a row"));
        assert!((later(45)..=later(50)).contains(&until), "{until}");
    }
}

fn living_in(number: &str, fields: &str) -> NewRecipient {
    let phone = mychatflow_data::phone::Phone::parse(number).unwrap();
    NewRecipient { given: phone.to_string(), phone: Ok(phone), name: None, fields: fields.into(), skip: None }
}

#[tokio::test]
async fn people_in_their_quiet_hours_are_passed_over_until_they_end() {
    let world = world().await;
    let rows = vec![
        living_in("4915100000001", "{}"),
        living_in("447700900001", r#"{"timezone": "Asia/Tokyo"}"#),
        living_in("447700900002", r#"{"timezone": "no zone"}"#),
        living_in("4915100000002", "{}"),
    ];
    let id = draft(&world, spring(&world), rows).await;
    world.shop.launch_campaign(id, NOON).await.unwrap();
    let hush = |code: &str, until: u64, zone: Option<u64>| Rules {
        limits: FREE,
        hush: Some(Arc::new(Hush {
            codes: [(code.to_owned(), Some(later(until)))].into(),
            zones: [("asia/tokyo".to_owned(), zone.map(later))].into(),
            elsewhere: None,
        })),
    };
    let turn = async |rules: Rules| world.shop.campaign_turn(id, rules, later(1)).await.unwrap();
    let given = |turn: Turn| match turn {
        Turn::Next { material, .. } => material.given,
        other => panic!("{other:?}"),
    };
    assert_eq!(given(turn(hush("49", 900, Some(700))).await), "+447700900002");
    assert_eq!(given(turn(hush("49", 900, None)).await), "+447700900001");
    assert_eq!(given(turn(hush("44", 900, Some(700))).await), "+4915100000001");
    assert_eq!(given(turn(hush("7", 900, Some(700))).await), "+4915100000001");
    let everybody = Hush { elsewhere: Some(later(900)), ..Hush::default() };
    let rules = Rules { limits: FREE, hush: Some(Arc::new(everybody)) };
    let reason = words("quiet hours where everybody left lives");
    assert_eq!(turn(rules.clone()).await, Turn::Wait { until: later(900), reason });
    // Nobody is claimed who may not be disturbed, and nobody is forgotten.
    let row = world.shop.recipients(id, None, None, 1).await.unwrap()[0].id;
    world.shop.claim_recipient(id, row, Ok("Hi".into()), rules, later(1)).await.unwrap();
    assert_eq!(counts(&world, id).await.queued, 4);
    world.shop.finish_campaign(id, later(1)).await.unwrap();
    assert_eq!(state(&world, id).await.0, CampaignState::Running);
}

#[tokio::test]
async fn whoever_is_awake_is_found_behind_many_who_are_not() {
    let world = world().await;
    let mut rows: Vec<_> = (1..=1_100).map(row).collect();
    rows.push(living_in("447700900001", "{}"));
    let id = draft(&world, spring(&world), rows).await;
    world.shop.launch_campaign(id, NOON).await.unwrap();
    let hush = Hush { codes: [("49".to_owned(), Some(later(900)))].into(), ..Hush::default() };
    let rules = Rules { limits: FREE, hush: Some(Arc::new(hush)) };
    let turn = world.shop.campaign_turn(id, rules.clone(), later(1)).await.unwrap();
    let Turn::Next { material, .. } = turn else { panic!("{turn:?}") };
    assert_eq!(material.given, "+447700900001");
    let claim = world.shop.claim_recipient(id, material.recipient, Ok("Hi".into()), rules.clone(), later(1)).await;
    assert!(matches!(claim.unwrap(), Claim::Made(_)));
    let turn = world.shop.campaign_turn(id, rules, later(1)).await.unwrap();
    assert!(matches!(turn, Turn::Wait { until, .. } if until == later(900)), "{turn:?}");
}

#[tokio::test]
async fn a_message_that_could_not_leave_goes_back_and_is_made_anew() {
    let world = world().await;
    let id = launched(&world, 2).await;
    let stale = made(&world, id, later(1)).await;
    assert_eq!(world.shop.recall_message(stale, later(700)).await.unwrap(), Recall::Back);
    let job = world.claim(JobKind::SendCampaign, later(700)).await.remove(0);
    assert!(world.shop.start_message(stale, None, later(700)).await.unwrap().is_none(), "it never leaves any more");
    world.shop.end_job(job.id, Ended::Done, later(700)).await.unwrap();
    assert_eq!((counts(&world, id).await.queued, counts(&world, id).await.sending), (2, 0));
    let again = sent(&world, id, "OUT1", later(701)).await;
    assert_ne!(again, stale);
    // What may be on its way stays, and what has no other turn, too.
    assert_eq!(world.shop.recall_message(again, later(702)).await.unwrap(), Recall::Stays);
    let last = made(&world, id, later(703)).await;
    world.claim(JobKind::SendCampaign, later(703)).await;
    world.shop.start_message(last, None, later(704)).await.unwrap().unwrap();
    world.shop.record_unknown(last, "nobody knows".into(), later(705)).await.unwrap();
    world.shop.finish_campaign(id, later(706)).await.unwrap();
    world.shop.resolve_unknown(last, Resolution::Again, later(9_000)).await.unwrap();
    assert_eq!(world.shop.recall_message(last, later(9_000)).await.unwrap(), Recall::Stays);
}

#[tokio::test]
async fn a_campaign_is_run_by_one_at_a_time() {
    let world = world().await;
    let id = launched(&world, 3).await;
    let run = world.claim(JobKind::RunCampaign, later(1)).await;
    assert_eq!(run.len(), 1);
    // Whatever wakes it while it runs makes it run again afterwards, never beside.
    works(&world, InstanceStatus::Stopped, later(2)).await;
    works(&world, InstanceStatus::Working, later(3)).await;
    world.shop.pause_campaign(id, "x".into(), later(4)).await.unwrap();
    world.shop.resume_campaign(id, later(5)).await.unwrap();
    assert!(world.claim(JobKind::RunCampaign, later(100_000)).await.is_empty());
    world.shop.end_job(run[0].id, Ended::Done, later(6)).await.unwrap();
    assert_eq!(world.claim(JobKind::RunCampaign, later(6)).await.len(), 1);
}
