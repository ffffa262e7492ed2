//! A copy of a campaign has its texts, its plans and its file, and those of its people who are meant.

use std::time::Duration;

use mychatflow_data::ids::CampaignId;
use mychatflow_data::model::campaign::NumberCheck;
use mychatflow_data::model::contact::SuppressionCause;
use mychatflow_data::model::interaction::ContentKind;
use mychatflow_data::model::recipient::RecipientState;
use mychatflow_data::phone::Phone;
use mychatflow_data::store::campaign_series::Stretch;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::tx::clone_campaign::Whom;
use mychatflow_data::store::tx::draft_campaign::NewRecipient;
use mychatflow_data::store::tx::run_campaign::{Claim, Turn};

use crate::campaigns::{FREE, draft, later, phone, row, sent, spring};
use crate::support::{NOON, World, world};

/// A campaign that ended: 1 got it, 2 got it and answered, 3 asked for silence, 4 could not be made a text for, 5 is of
/// unknown end, and one row named nobody, one refused.
async fn ended(world: &World) -> CampaignId {
    let nobody = NewRecipient { phone: Err("not a phone number: \"n/a\"".into()), given: "n/a".into(), ..row(9) };
    let refused = NewRecipient { skip: Some("no consent".into()), ..row(6) };
    let mut rows: Vec<NewRecipient> = (1..=5).map(row).collect();
    rows.extend([nobody, refused]);
    let id = draft(world, spring(world), rows).await;
    let shop = &world.shop;
    shop.plan_texts(id, Some(vec!["Hello".into()]), None).await.unwrap();
    for (place, piece) in [(0, vec![1, 2, 3]), (3, vec![4])] {
        shop.attach_piece(id, "a.png".into(), "image/png".into(), place, piece).await.unwrap();
    }
    shop.complete_file(id, "image/png".into()).await.unwrap();
    shop.launch_campaign(id, NOON).await.unwrap();
    sent(world, id, "OUT1", later(1)).await;
    sent(world, id, "OUT2", later(2)).await;
    world.says(&phone(2).address().to_string(), "IN2", "hello", later(3)).await;
    let person = shop.contact_named(phone(3).to_string()).await.unwrap();
    shop.opt_out_contact(person.id, Some(later(4)), SuppressionCause::Owner, later(4)).await.unwrap();
    for text in [Ok("Hi".to_owned()), Err("no value for city".to_owned()), Ok("Hi".to_owned())] {
        let Turn::Next { material, .. } = shop.campaign_turn(id, FREE, later(5)).await.unwrap() else { break };
        if let Claim::Made(message) = shop.claim_recipient(id, material.recipient, text, FREE, later(5)).await.unwrap()
        {
            world.claim(mychatflow_data::model::job::JobKind::SendCampaign, later(5)).await;
            shop.start_message(message, None, later(5)).await.unwrap().unwrap();
            shop.record_unknown(message, "x".into(), later(6)).await.unwrap();
        }
    }
    id
}

async fn copied(world: &World, of: CampaignId, whom: Whom) -> Vec<(String, RecipientState)> {
    let name = format!("copy {whom:?}");
    let id = world.shop.begin_copy(of, name, later(100)).await.unwrap();
    assert_eq!(world.shop.copy_people(of, id, whom, None, later(100)).await.unwrap(), None);
    world.shop.complete_list(id, 0, later(100)).await.unwrap();
    let rows = world.shop.recipients(id, None, None, 100).await.unwrap();
    rows.into_iter().map(|row| (row.phone, row.state)).collect()
}

#[tokio::test]
async fn a_copy_is_for_those_who_are_meant() {
    use RecipientState::{Queued, Skipped};
    let world = world().await;
    let id = ended(&world).await;
    let states: Vec<_> =
        world.shop.recipients(id, None, None, 10).await.unwrap().into_iter().map(|row| row.state).collect();
    use RecipientState::{OptedOut, Replied, Sent, Unknown};
    assert_eq!(states, [Sent, Replied, OptedOut, Skipped, Unknown, Skipped, Skipped]);
    let all = |numbers: &[(u32, RecipientState)]| -> Vec<(String, RecipientState)> {
        numbers.iter().map(|(number, state)| (phone(*number).to_string(), *state)).collect()
    };
    let everybody = copied(&world, id, Whom::All).await;
    let mut expected = all(&[(1, Queued), (2, Queued), (4, Queued), (5, Queued)]);
    expected.push(("n/a".into(), Skipped));
    expected.extend(all(&[(6, Skipped)]));
    assert_eq!(everybody, expected);
    assert_eq!(copied(&world, id, Whom::NoReply).await, all(&[(1, Queued)]));
    // Nobody of unknown end; whom the list said no of stays out.
    assert_eq!(copied(&world, id, Whom::NotReached).await, all(&[(4, Queued), (6, Skipped)]));
}

#[tokio::test]
async fn a_copy_has_the_texts_the_plans_and_the_file() {
    let world = world().await;
    let id = ended(&world).await;
    copied(&world, id, Whom::All).await;
    let copy = world.shop.campaign_named("copy all".into()).await.unwrap();
    let original = world.shop.campaign_named("spring".into()).await.unwrap();
    assert_eq!((&copy.text, &copy.variants, copy.check), (&original.text, &original.variants, NumberCheck::Never));
    assert_eq!((copy.media.clone(), copy.scheduled_at), (original.media.clone(), None));
    assert_eq!(copy.media.unwrap().bytes, 4);
    // The copy goes on when the original is gone, and its messages carry the file.
    world.shop.cancel_campaign(id, later(101)).await.unwrap();
    world.shop.remove_campaign(id).await.unwrap();
    let message = world.shop.test_campaign(copy.id, phone(1), "Hi".into(), later(102)).await.unwrap();
    assert_eq!(message.kind, ContentKind::Image);
    assert_eq!(message.media.unwrap().file_name.as_deref(), Some("a.png"));
    assert_eq!(world.shop.file_of(message.id).await.unwrap().unwrap().data, [1, 2, 3, 4]);
    let taken = world.shop.begin_copy(copy.id, "COPY ALL".into(), later(103)).await;
    assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
}

#[tokio::test]
async fn a_test_counts_nowhere_and_takes_no_chat_over() {
    let world = world().await;
    let id = draft(&world, spring(&world), vec![row(1), row(2)]).await;
    let own = Phone::parse("+4915100000099").unwrap();
    let values = world.shop.material_for(id, own.clone()).await.unwrap().unwrap();
    assert_eq!(values.name.as_deref(), Some("Person 1"));
    assert_eq!(world.shop.material_for(id, phone(2)).await.unwrap().unwrap().name.as_deref(), Some("Person 2"));
    let message = world.shop.test_campaign(id, own, "Hi".into(), later(1)).await.unwrap();
    let chat = world.shop.chat(message.chat).await.unwrap().unwrap();
    assert_eq!(chat.paused_until, None);
    assert_eq!(world.shop.campaign_of(message.id).await.unwrap(), None);
    let found = world.shop.campaign(id, later(1)).await.unwrap().unwrap();
    assert_eq!((found.counts.queued, found.counts.total(), found.begun_lately), (2, 2, 0));
    let silent = world.shop.contact_named(phone(2).to_string()).await.unwrap();
    world.shop.opt_out_contact(silent.id, Some(later(2)), SuppressionCause::Owner, later(2)).await.unwrap();
    let told = world.shop.test_campaign(id, phone(2), "Hi".into(), later(3)).await;
    assert!(matches!(told, Err(StoreError::Conflict(_))), "{told:?}");
}

#[tokio::test]
async fn a_file_goes_nowhere_before_it_is_whole_and_changes_only_while_nothing_goes_out() {
    let world = world().await;
    let id = draft(&world, spring(&world), vec![row(1)]).await;
    let shop = &world.shop;
    let piece =
        async |place: u64, data: Vec<u8>| shop.attach_piece(id, "a.pdf".into(), "x/y".into(), place, data).await;
    assert_eq!(piece(0, vec![0; 10]).await.unwrap(), 10);
    assert!(matches!(piece(9, vec![1]).await, Err(StoreError::Conflict(_))));
    assert!(matches!(shop.launch_campaign(id, NOON).await, Err(StoreError::Conflict(_))));
    assert!(matches!(piece(10, vec![0; 16 * 1024 * 1024]).await, Err(StoreError::Invalid(_))));
    assert_eq!(piece(0, vec![7; 4]).await.unwrap(), 4, "a piece at 0 begins anew");
    shop.complete_file(id, "application/pdf".into()).await.unwrap();
    assert!(matches!(piece(4, vec![1]).await, Err(StoreError::Conflict(_))), "it is whole");
    shop.launch_campaign(id, NOON).await.unwrap();
    assert!(matches!(shop.detach_file(id).await, Err(StoreError::Conflict(_))));
    shop.pause_campaign(id, "x".into(), NOON).await.unwrap();
    shop.detach_file(id).await.unwrap();
    assert_eq!(shop.campaign(id, NOON).await.unwrap().unwrap().campaign.media, None);
}

#[tokio::test]
async fn a_chart_counts_what_happened_when_it_happened() {
    let world = world().await;
    let id = ended(&world).await;
    let series = world.shop.campaign_series(id, NOON, Duration::from_secs(2), 4).await.unwrap();
    let stretch = |sent, replied, failed, opted_out| Stretch { sent, replied, failed, opted_out };
    let expected = [stretch(1, 0, 0, 0), stretch(1, 1, 0, 0), stretch(0, 0, 1, 1), Stretch::default()];
    assert_eq!(series, expected);
}
