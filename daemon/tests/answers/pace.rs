//! What holds a campaign back with everything in place: its time, the hours of the people on its list, and trouble.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use mychatflow_daemon::start;
use mychatflow_data::model::campaign::CampaignState;
use mychatflow_data::model::instance::Verdict;
use mychatflow_data::model::job::JobArgs;
use mychatflow_data::time::Timestamp;
use mychatflow_sandbox::faults::{Fault, When};
use mychatflow_sandbox::waha::{Engine, Operation};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::campaigns::{call, campaign, list, received, unlimited, until, until_state};
use crate::world::{DEADLINE, SESSION, World};

const HOUR: Duration = Duration::from_secs(3600);

/// One that was launched hours ago for a time at which no daemon was there.
async fn missed(world: &World, policy: Value) {
    let mut params = json!({"name": "spring", "text": "Hi {{ name }}", "file": list(3), "at": "2099-01-01 09:00"});
    params.as_object_mut().unwrap().extend(policy.as_object().unwrap().clone());
    let made = campaign(world, "campaign.create", params).await;
    let now = Timestamp::now();
    let (launched_at, time) = (now - 4 * HOUR, now - 3 * HOUR);
    world.shop.edit_campaign(made.id, None, Some(time), "UTC".into()).await.unwrap();
    world.shop.launch_campaign(made.id, launched_at).await.unwrap();
}

#[tokio::test]
async fn a_campaign_whose_time_passed_while_the_daemon_was_down_does_what_its_policy_says() {
    for (policy, state, reason) in [
        (json!({}), CampaignState::Paused, Some("missed its time by 3 h: resume it to send now, or cancel it")),
        (json!({"missed": "run_late_within", "late_within": "4h"}), CampaignState::Completed, None),
        (json!({"missed": "skip"}), CampaignState::Cancelled, Some("missed its time by 3 h")),
        (
            json!({"missed": "ask", "late_within": "4h"}),
            CampaignState::Paused,
            Some("missed its time by 3 h: resume it to send now, or cancel it"),
        ),
    ] {
        let world = unlimited(Engine::Noweb).await;
        missed(&world, policy.clone()).await;
        let found = until_state(&world, state).await;
        assert_eq!(found.reason.as_deref(), reason, "{policy}");
        let expected = if state == CampaignState::Completed { 3 } else { 0 };
        assert_eq!(world.waha.sent_count(), expected, "{policy}");
        match state {
            CampaignState::Paused => {
                campaign(&world, "campaign.resume", json!({"name": "spring"})).await;
                assert_eq!(until_state(&world, CampaignState::Completed).await.counts.sent, 3);
            }
            CampaignState::Cancelled => {
                let report = call(&world, "campaign.report", json!({"name": "spring"})).await.unwrap();
                assert_eq!(
                    (found.counts.skipped, &report["items"][0]["reason"]),
                    (3, &"missed its time by 3 h".into())
                );
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_time_lock_pauses_the_campaign_and_nothing_is_sent_again_for_it() {
    for engine in [Engine::Gows, Engine::Webjs] {
        let world = unlimited(engine).await;
        let fault = Fault::EngineError("2 UNKNOWN: server returned error 463".into());
        world.waha.faults().add(Operation::SendText, When::Next(1), fault);
        campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": list(40)})).await;
        campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
        let paused =
            until(&world, "a pause", |found| found.state == CampaignState::Paused && found.counts.sending == 0).await;
        let reason = paused.reason.unwrap();
        assert!(reason.starts_with("WhatsApp lets this number write to no new people (463)"), "{reason}");
        assert_eq!(paused.counts.failed, 1, "{engine:?}");
        assert!(paused.counts.queued > 0);
        // Whoever was refused is not written to again, and the others get it once the campaign is resumed.
        campaign(&world, "campaign.resume", json!({"name": "spring"})).await;
        let done = until_state(&world, CampaignState::Completed).await;
        assert_eq!((done.counts.sent, done.counts.failed), (39, 1), "{engine:?}");
        let received = received(&world);
        assert_eq!((received.len(), received.values().max()), (39, Some(&1)));
    }
}

#[tokio::test]
async fn while_waha_tells_the_end_of_a_time_lock_only_new_people_wait() {
    let world = unlimited(Engine::Gows).await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    world.until("the answer", async || (world.waha.sent_count() == 1 && world.jobs_done().await).then_some(())).await;
    world.waha.lock_out(SESSION, 2 * HOUR).await.unwrap();
    let now = Timestamp::now();
    let look = JobArgs::ReconcileInstance { instance: world.number };
    world.shop.request_job(look, world.number.to_string(), now, now).await.unwrap();
    world
        .until("a restricted number", async || {
            let number = world.shop.instance(world.number).await.unwrap().unwrap();
            (number.verdict == Verdict::Restricted).then_some(())
        })
        .await;
    let file = format!("{}+{},Ana,Bath\n", list(5), world.ana.phone);
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": file})).await;
    let found = call(&world, "campaign.preflight", json!({"name": "spring"})).await.unwrap();
    assert_eq!(
        (&found["newcomers"], &found["newcomers_today"], &found["risk"]),
        (&5.into(), &0.into(), &"high".into())
    );
    assert_eq!(found["advice"][0], "WhatsApp restricts this number now: wait until that is over");
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let waits = until(&world, "a reason", |found| found.counts.sent == 1 && found.reason.is_some()).await;
    assert_eq!((waits.state, waits.counts.queued), (CampaignState::Running, 5));
    let reason = waits.reason.unwrap();
    assert!(reason.ends_with(": WhatsApp lets this number write to no new people until then"), "{reason}");
    let ahead = waits.next_at.unwrap().since(Timestamp::now());
    assert!((HOUR..=2 * HOUR).contains(&ahead), "{ahead:?}");
    assert_eq!(world.waha.sent_to(&world.ana.chat_id()).len(), 2);
}

#[tokio::test]
async fn rising_failures_pause_it_with_the_reason() {
    let world = unlimited(Engine::Noweb).await;
    let body = json!({"message": "no such number", "error": "Bad Request", "statusCode": 400});
    world.waha.faults().add(Operation::SendText, When::Always, Fault::Answer { status: 400, body });
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": list(60)})).await;
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let paused =
        until(&world, "a pause", |found| found.state == CampaignState::Paused && found.counts.sending == 0).await;
    let reason = paused.reason.unwrap();
    assert!(reason.ends_with("did not go out: waha answered 400: no such number"), "{reason}");
    // What was on its way at that moment came to its end, and no more.
    assert!((5..=20).contains(&paused.counts.failed), "{:?}", paused.counts);
    world.waha.faults().clear();
    campaign(&world, "campaign.resume", json!({"name": "spring"})).await;
    let done = until_state(&world, CampaignState::Completed).await;
    assert_eq!((done.counts.sent + done.counts.failed, done.counts.failed), (60, paused.counts.failed));
}

#[tokio::test]
async fn a_server_that_answers_every_send_with_an_error_is_not_hammered() {
    let world = unlimited(Engine::Noweb).await;
    world.waha.faults().add(Operation::SendText, When::Always, Fault::EngineError("Timed Out".into()));
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": list(2)})).await;
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let report = async || call(&world, "campaign.report", json!({"name": "spring"})).await.unwrap();
    // Both rest before the next attempt, and say why.
    world
        .until("a rest", async || {
            let report = report().await;
            let why = |at: usize| report["items"][at]["reason"].as_str().unwrap_or_default().to_owned();
            let rests = |at: usize| why(at).starts_with("the engine failed: Timed Out, tried ");
            (rests(0) && rests(1)).then_some(())
        })
        .await;
    world.waha.faults().clear();
    let done = until_state(&world, CampaignState::Completed).await;
    assert_eq!(done.counts.sent, 2);
    let received = received(&world);
    assert_eq!((received.len(), received.values().max()), (2, Some(&1)));
}

#[tokio::test]
async fn a_second_daemon_on_the_same_data_is_refused_in_the_middle_of_a_campaign() {
    let world = unlimited(Engine::Noweb).await;
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": list(60)})).await;
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    world.waha.wait_for_sent(5, DEADLINE).await.unwrap();
    // With a socket of its own, as with another config file.
    let mut config = (*world.daemon.cx.config()).clone();
    config.daemon.socket = config.daemon.data_dir.join("second/socket");
    let again = config.clone();
    let second = start(config, Arc::new(move || Ok(again.clone())), CancellationToken::new()).await;
    let refused = second.err().expect("the data has its daemon").to_string();
    assert!(refused.contains("another daemon is running"), "{refused}");
    let done = until_state(&world, CampaignState::Completed).await;
    let received = received(&world);
    assert_eq!((done.counts.sent, received.len(), received.values().max()), (60, 60, Some(&1)));
}

/// Hours around this one, on the clock of a place.
fn around_now(zone: &str) -> String {
    let now = Timestamp::now().to_jiff().to_zoned(TimeZone::get(zone).unwrap());
    let hour = |hours: i64| now.checked_add(jiff::Span::new().hours(hours)).unwrap().strftime("%H:%M").to_string();
    format!("{}-{}", hour(-2), hour(2))
}

#[tokio::test]
async fn people_in_their_quiet_hours_wait_while_others_get_it() {
    let world = unlimited(Engine::Noweb).await;
    let file = "phone,name,timezone\n+447700900001,Ana,\n+447700900002,Ben,Pacific/Auckland\n+818012345678,Cho,\n";
    let quiet = around_now("Europe/London");
    let params =
        json!({"name": "spring", "text": "Hi {{ name }}", "file": file, "quiet": quiet, "timezone": "Europe/London"});
    let made = campaign(&world, "campaign.create", params).await;
    assert_eq!(made.quiet.as_deref(), Some(quiet.as_str()));
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    world.waha.wait_for_sent(2, DEADLINE).await.unwrap();
    let waits = until(&world, "a reason", |found| found.counts.sent == 2 && found.reason.is_some()).await;
    assert_eq!((waits.state, waits.counts.queued), (CampaignState::Running, 1));
    let reason = waits.reason.unwrap();
    assert!(reason.ends_with("quiet hours where everybody left lives"), "{reason}");
    let ahead = waits.next_at.unwrap().since(Timestamp::now());
    assert!((HOUR..3 * HOUR).contains(&ahead), "{ahead:?}");
    assert!(!received(&world).contains_key("447700900001@c.us"));
}

#[tokio::test]
async fn a_preflight_tells_who_gets_it_and_what_it_risks() {
    let world = unlimited(Engine::Noweb).await;
    let rows = format!("{}nobody,Nobody,\n+447700900001,Again,\n", list(40));
    let params = json!({"name": "spring", "text": "Sale! https://bit.ly/x", "file": rows, "quiet": "21-8"});
    let made = campaign(&world, "campaign.create", params).await;
    assert_eq!((made.quiet.as_deref(), made.late_within_s), (Some("21:00-08:00"), 3600));
    let found = call(&world, "campaign.preflight", json!({"name": "spring"})).await.unwrap();
    assert_eq!((&found["recipients"], &found["audience"], &found["newcomers"]), (&41.into(), &40.into(), &40.into()));
    assert_eq!(found["left_out"], json!([{"reason": "not a phone number: \"nobody\"", "people": 1}]));
    assert_eq!(
        (&found["safe_today"], &found["newcomers_today"], &found["ends_at"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(found["risk"], "high", "{found:#}");
    let advice = found["advice"].to_string();
    for word in ["no gap between messages", "never heard from you", "hides where it leads"] {
        assert!(advice.contains(word), "{advice}");
    }
    for (params, why) in
        [(json!({"quiet": "night"}), "are no hours"), (json!({"quiet": "00:00-24:00"}), "is the whole day")]
    {
        let mut params = params;
        params["name"] = "spring".into();
        let told = call(&world, "campaign.edit", params).await.unwrap_err();
        assert!(told.contains(why), "{told}");
    }
    let edit = json!({"name": "spring", "quiet": "", "missed": "skip", "late_within": "2h"});
    let edited = campaign(&world, "campaign.edit", edit).await;
    assert_eq!((edited.quiet, edited.missed.word(), edited.late_within_s), (None, "skip", 7200));
}

#[tokio::test]
async fn new_people_beyond_the_budget_are_spread_over_days() {
    let world = crate::world::world_with(Engine::Noweb, |config| {
        let usual = mychatflow_daemon::config::CampaignConfig::default();
        config.campaign = mychatflow_daemon::config::CampaignConfig { gap: None, per_hour: None, ..usual };
    })
    .await;
    let text = "Hi {{ name }}";
    let made = campaign(&world, "campaign.create", json!({"name": "spring", "text": text, "file": list(25)})).await;
    assert_eq!(made.newcomers_left, 25);
    let found = call(&world, "campaign.preflight", json!({"name": "spring"})).await.unwrap();
    assert_eq!((&found["newcomers_today"], &found["safe_today"]), (&10.into(), &10.into()));
    let advice = found["advice"].to_string();
    assert!(advice.contains("25 new people are more than today's 10: they are spread over 2 days"), "{advice}");
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let slow = until(&world, "a reason", |found| found.counts.sent == 10 && found.reason.is_some()).await;
    let reason = slow.reason.unwrap();
    assert!(reason.ends_with("10 new people today: a number new to campaigns starts slowly"), "{reason}");
    assert!(slow.eta.unwrap() > slow.next_at.unwrap() || slow.eta == slow.next_at);
    let found = call(&world, "campaign.preflight", json!({"name": "spring"})).await.unwrap();
    assert_eq!((&found["newcomers_today"], &found["audience"]), (&0.into(), &15.into()));
}

#[tokio::test]
async fn a_preflight_makes_every_text() {
    let world = unlimited(Engine::Noweb).await;
    let rows = "phone,name,city\n+447700900001,Ana,Bath\n+447700900002,Ben,\n+447700900003,Cleo,\n";
    let params = json!({"name": "spring", "text": "Hi {{ name }} in {{ city }}", "file": rows});
    campaign(&world, "campaign.create", params).await;
    let found = call(&world, "campaign.preflight", json!({"name": "spring"})).await.unwrap();
    assert_eq!((&found["recipients"], &found["audience"], &found["newcomers"]), (&3.into(), &1.into(), &1.into()));
    assert_eq!(found["left_out"], json!([{"reason": "no value for city", "people": 2}]));
}
