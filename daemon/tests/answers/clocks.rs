//! Somebody sets the machine's clock to the year after next, and back a moment later.

use std::time::Duration;

use mychatflow_daemon::config::CampaignConfig;
use mychatflow_data::credits::Credits;
use mychatflow_data::model::campaign::CampaignState;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::setting::ExistingContacts;
use mychatflow_sandbox::waha::Engine;
use serde_json::json;

use super::campaigns::{UNLIMITED, call as call_daemon, campaign, list, received, until, until_state};
use super::world::{DEADLINE, PLAN, SESSION, World, world_with};

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

/// A month, as a machine that woke up without its battery shows it.
const MONTH: Duration = Duration::from_secs(30 * 86_400);

/// Waits until a server has said that the clock is behind, lets a person of the shop speak, and sets the clock right. Nobody
/// answers over them then.
async fn a_person_speaks_while_the_clock_is_behind(speaks: impl AsyncFnOnce(&World)) {
    let world = world_with(Engine::Noweb, |config| config.reply.existing_contacts = ExistingContacts::Answer).await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    world.until("paid", async || (world.credits().await.used == Credits::ONE).then_some(())).await;

    world.clock.set_behind(MONTH);
    let behind = async || (world.daemon.cx.clock_error().behind > MONTH - Duration::from_secs(60)).then_some(());
    world.until("a server's word that the clock is behind", behind).await;
    speaks(&world).await;
    let (chat, paused) = (world.chat().await, Some(ChatState::NeedsYou));
    let silenced = async || {
        let chat = world.shop.chat(chat).await.unwrap()?;
        (chat.paused_until.is_some() && world.jobs_done().await).then_some(chat.paused_until)
    };
    world.until("silence", silenced).await;
    let sent = world.waha.sent_count();

    world.clock.set_ahead(Duration::ZERO);
    world.waha.customer_says(SESSION, &world.ana, "And what is a coffee?").await.unwrap();
    let left_to_a_person = async || {
        let chat = world.shop.chat(chat).await.unwrap()?;
        (Some(chat.state) == paused && world.jobs_done().await).then_some(chat)
    };
    let chat = world.until("left to a person", left_to_a_person).await;
    assert_eq!(chat.reason.as_deref(), Some("paused"));
    assert_eq!(world.waha.sent_count(), sent, "the assistant is silent");
    let left = chat.paused_until.unwrap().since(world.daemon.cx.now());
    // A server tells the time in whole seconds.
    assert!(left <= HALF_A_DAY + Duration::from_secs(1) && left > HALF_A_DAY - DEADLINE, "{left:?}");
}

const HALF_A_DAY: Duration = Duration::from_secs(12 * 3600);

#[tokio::test]
async fn the_owner_on_the_phone_is_not_answered_over_when_a_clock_that_was_behind_is_set_right() {
    a_person_speaks_while_the_clock_is_behind(async |world| {
        world.waha.owner_types_on_phone(SESSION, &world.ana.chat_id(), "Marta here, I take over").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_person_at_the_console_is_not_answered_over_when_a_clock_that_was_behind_is_set_right() {
    a_person_speaks_while_the_clock_is_behind(async |world| {
        let call = json!({"chat": world.ana.chat_id(), "text": "Marta here, I take over", "wait": 10_000});
        call_daemon(world, "chat.send", call).await.unwrap();
    })
    .await;
}
