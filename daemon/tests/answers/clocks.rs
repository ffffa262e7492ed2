//! Somebody sets the machine's clock to the year after next, and back a moment later.

use std::time::Duration;

use mychatflow_daemon::config::CampaignConfig;
use mychatflow_data::credits::Credits;
use mychatflow_data::model::campaign::CampaignState;
use mychatflow_data::model::setting::ExistingContacts;
use mychatflow_sandbox::waha::Engine;
use serde_json::json;

use super::campaigns::{UNLIMITED, campaign, list, received, until, until_state};
use super::world::{DEADLINE, PLAN, SESSION, world_with};

const YEAR: Duration = Duration::from_secs(400 * 86_400);

#[tokio::test]
async fn a_clock_that_was_wrong_for_a_moment_stops_no_campaign_and_no_answer() {
    let gap = Duration::from_millis(1_500);
    let world = world_with(Engine::Noweb, |config| {
        config.campaign = CampaignConfig { gap: Some((gap, gap)), ..UNLIMITED };
        config.reply.freshness = YEAR * 2;
        // The clock jumps through the first minutes after the pairing, in which unknown people are looked up.
        config.reply.existing_contacts = ExistingContacts::Answer;
    })
    .await;
    let made = json!({"name": "spring", "text": "Hi {{ name }}", "file": list(4)});
    campaign(&world, "campaign.create", made).await;
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    until(&world, "the first", |found| found.counts.sent >= 1).await;

    world.clock.set_ahead(YEAR);
    until(&world, "another while the clock is ahead", |found| found.counts.sent >= 2).await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    world.until("paid", async || (world.credits().await.used == Credits::ONE).then_some(())).await;
    // What nobody has seen to be wrong is not taken back.
    let wrong = async || world.daemon.cx.clock_doubt.is_wrong().then_some(());
    world.until("WAHA's word that the clock is ahead", wrong).await;
    let now = world.daemon.cx.now();
    world.shop.grant(Credits::new(10), None, PLAN, now).await.unwrap();

    world.clock.set_ahead(Duration::ZERO);
    until_state(&world, CampaignState::Completed).await;
    let before = world.waha.sent_count();
    world.waha.customer_says(SESSION, &world.ana, "How much is a coffee?").await.unwrap();
    world.waha.wait_for_sent(before + 1, DEADLINE).await.unwrap();
    world.until("paid", async || (world.credits().await.used == Credits::ONE).then_some(())).await;

    let credits = world.credits().await;
    let now = world.daemon.cx.now();
    assert!(credits.period_start <= now && now < credits.period_end, "{credits:?}");
    assert_eq!(credits.balance, Credits::new(409), "400 of this period, 10 by hand, one answer");
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
    assert!(received(&world).iter().all(|(who, count)| *count == 1 || *who == world.ana.chat_id()));
    let chat = world.chat().await;
    let shown = world.shop.chat(chat).await.unwrap().unwrap();
    assert!(shown.last_at <= Some(now), "it stands where it belongs in the list");
}
