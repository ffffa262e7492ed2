//! A message of a campaign is on its way when somebody stops it, and turns out not to be sent: it stays in.

use std::time::Duration;

use mychatflow_data::ids::{CampaignId, InteractionId};
use mychatflow_data::model::contact::SuppressionCause;
use mychatflow_data::model::interaction::InteractionState;
use mychatflow_data::model::job::JobKind;
use mychatflow_data::model::recipient::RecipientState;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::tx::outcome::After;
use mychatflow_data::time::Timestamp;

use crate::campaigns::{launched, made, reasons};
use crate::support::{NOON, World, world};

fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

/// One of two is on its way.
async fn under_way() -> (World, CampaignId, InteractionId) {
    let world = world().await;
    let id = launched(&world, 2).await;
    let message = made(&world, id, later(1)).await;
    assert_eq!(world.claim(JobKind::SendCampaign, later(1)).await.len(), 1);
    world.shop.start_message(message, Some("OUT1".into()), later(1)).await.unwrap().unwrap();
    (world, id, message)
}

fn refused() -> Ended {
    Ended::Snooze { until: later(3), reason: "waiting for waha".into() }
}

#[tokio::test]
async fn refused_after_a_pause_it_waits_for_the_campaign() {
    let (world, id, message) = under_way().await;
    world.shop.pause_campaign(id, "paused by a person".into(), later(2)).await.unwrap();
    world.shop.record_not_sent(message, refused(), later(2)).await.unwrap();
    assert!(world.shop.start_message(message, Some("OUT1".into()), later(4)).await.unwrap().is_none());
    let stands = world.shop.outbound(message).await.unwrap().unwrap().interaction.state;
    assert_eq!(stands, InteractionState::Cancelled);
    assert_eq!(reasons(&world, id).await, [(RecipientState::Queued, None), (RecipientState::Queued, None)]);
    // Resumed, the person has a turn as before.
    world.shop.resume_campaign(id, later(5)).await.unwrap();
    assert_ne!(made(&world, id, later(5)).await, message);
}

#[tokio::test]
async fn refused_after_a_cancel_it_never_leaves() {
    let (world, id, message) = under_way().await;
    world.shop.cancel_campaign(id, later(2)).await.unwrap();
    world.shop.record_not_sent(message, refused(), later(2)).await.unwrap();
    assert!(world.shop.start_message(message, Some("OUT1".into()), later(4)).await.unwrap().is_none());
    let cancelled = || (RecipientState::Skipped, Some("the campaign was cancelled".to_owned()));
    assert_eq!(reasons(&world, id).await, [cancelled(), cancelled()]);
}

#[tokio::test]
async fn absent_at_waha_it_is_not_sent_again_to_whoever_asked_for_silence_meanwhile() {
    let (world, id, message) = under_way().await;
    let chat = world.shop.outbound(message).await.unwrap().unwrap().interaction.chat;
    let contact = world.shop.chat(chat).await.unwrap().unwrap().contact.unwrap();
    world.shop.opt_out_contact(contact, Some(later(2)), SuppressionCause::Word, later(2)).await.unwrap();
    assert!(!world.shop.record_resend(message, later(40)).await.unwrap(), "it would leave once more");
    let (state, reason) = reasons(&world, id).await.remove(0);
    assert_eq!((state, reason.as_deref()), (RecipientState::OptedOut, Some("asked not to be written to")));
}

#[tokio::test]
async fn absent_at_waha_it_is_sent_again_while_the_campaign_runs() {
    let (world, _, message) = under_way().await;
    assert!(world.shop.record_resend(message, later(40)).await.unwrap());
    let stands = world.shop.outbound(message).await.unwrap().unwrap().interaction.state;
    assert_eq!(stands, InteractionState::Sending);
}

#[tokio::test]
async fn a_send_that_began_in_the_future_is_looked_for_from_now_on() {
    let (world, _, message) = under_way().await;
    let file = world.file();
    let began = || -> i64 {
        file.query_row("SELECT sending_at FROM interactions WHERE state = 'sending'", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(began(), later(1).millis());
    // What began before stays as it is, and so does what began at this instant.
    world.shop.begin_search(message, later(5)).await.unwrap();
    world.shop.begin_search(message, later(1)).await.unwrap();
    assert_eq!(began(), later(1).millis());
    world.shop.begin_search(message, NOON).await.unwrap();
    assert_eq!(began(), NOON.millis());
    // A message that left stays as it is.
    world.shop.record_sent(message, Some("OUT1".into()), None, After::Waiting, later(2)).await.unwrap();
    world.shop.begin_search(message, NOON - Duration::from_secs(60)).await.unwrap();
    let sending_at: i64 =
        file.query_row("SELECT sending_at FROM interactions WHERE bare_id = 'OUT1'", [], |row| row.get(0)).unwrap();
    assert_eq!(sending_at, NOON.millis());
}
