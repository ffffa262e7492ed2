//! Campaigns with everything in place: whoever is on the list gets the text once, and customers come first.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use mychatflow_daemon::config::CampaignConfig;
use mychatflow_daemon::rpc::Service;
use mychatflow_daemon::rpc::peer::{Caller, Standing};
use mychatflow_daemon::rpc::service::Desk;
use mychatflow_data::model::campaign::CampaignState;
use mychatflow_data::protocol::Request;
use mychatflow_data::protocol::calls::campaign::CampaignDocument;
use mychatflow_data::protocol::event::Topic;
use mychatflow_sandbox::waha::{Ack, Engine};
use serde_json::{Value, json};

use crate::world::{DEADLINE, SESSION, World, world_with};

pub const UNLIMITED: CampaignConfig = CampaignConfig {
    gap: None,
    per_hour: None,
    per_day: None,
    new_people_per_day: None,
    consent: mychatflow_daemon::config::Consent::Assumed,
};

pub async fn unlimited(engine: Engine) -> World {
    world_with(engine, |config| config.campaign = UNLIMITED).await
}

pub async fn call(world: &World, method: &str, params: Value) -> Result<Value, String> {
    let desk = Desk { cx: Arc::clone(&world.daemon.cx) };
    let operator = Caller { uid: 0, name: "root".into(), standing: Standing::Operator };
    let request = Request::read(method, params).map_err(|error| error.message)?;
    let answer = desk.call(&operator, request).await.map_err(|error| error.to_string())?;
    Ok(serde_json::from_str(answer.into_raw().get()).unwrap())
}

pub async fn campaign(world: &World, method: &str, params: Value) -> CampaignDocument {
    serde_json::from_value(call(world, method, params).await.unwrap()).unwrap()
}

pub async fn spring(world: &World) -> CampaignDocument {
    campaign(world, "campaign.show", json!({"name": "spring"})).await
}

pub fn list(people: usize) -> String {
    let mut csv = "phone,name,city\n".to_owned();
    for number in 0..people {
        writeln!(csv, "+4477009{number:05},Person {number},Bath").unwrap();
    }
    csv
}

/// How often each address got something.
pub fn received(world: &World) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for sent in world.waha.sent() {
        *count.entry(sent.chat_id.clone()).or_default() += 1;
    }
    count
}

pub async fn until_state(world: &World, state: CampaignState) -> CampaignDocument {
    until(world, state.word(), |found| found.state == state).await
}

/// Waits until the campaign looks as wanted.
pub async fn until(world: &World, what: &str, wanted: impl Fn(&CampaignDocument) -> bool) -> CampaignDocument {
    world.until(what, async || Some(spring(world).await).filter(|found| wanted(found))).await
}

async fn everybody_gets_it_once(engine: Engine) {
    let world = unlimited(engine).await;
    let file = format!("{}nobody,Nobody,\n+447700900000,Again,Bath\n", list(200));
    let made =
        campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": file})).await;
    assert_eq!((made.state, made.recipients, made.duplicates), (CampaignState::Draft, 201, 1));
    assert_eq!(world.waha.sent_count(), 0, "a draft sends nothing");
    let mut heard = world.daemon.cx.bus.listen(mychatflow_daemon::bus::Wish {
        audience: mychatflow_daemon::bus::Audience::Everybody,
        topics: vec![Topic::CampaignChanged],
        since: None,
    });
    let began = std::time::Instant::now();
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let done = until_state(&world, CampaignState::Completed).await;
    let took = began.elapsed();
    println!("200 people on {engine:?} in {took:?}, {} an hour", done.per_hour);
    assert_eq!((done.counts.sent, done.counts.skipped, done.counts.total()), (200, 1, 201), "{done:#?}");
    let received = received(&world);
    assert_eq!(received.len(), 200);
    assert!(received.values().all(|count| *count == 1), "{received:#?}");
    assert!(world.waha.sent().iter().any(|sent| sent.text == "Hi Person 7"));
    // Nobody is paused by it, and nobody pays for it.
    assert_eq!(world.credits().await.used, mychatflow_data::credits::Credits::ZERO);
    // The last event tells the end, and there are not two hundred of them.
    let mut told = Vec::new();
    while told.last().is_none_or(|told: &Value| told["state"] != "completed") {
        let next = tokio::time::timeout(DEADLINE, heard.next()).await.expect("told in time");
        let mychatflow_daemon::bus::Heard::Events(events) = next else { panic!("{next:?}") };
        told.extend(events.iter().map(|event| serde_json::from_str::<Value>(event.data.get()).unwrap()));
    }
    let most = took.as_millis() / 500 + 4;
    assert!((told.len() as u128) <= most, "{} events in {took:?}", told.len());
}

#[tokio::test]
async fn everybody_gets_it_once_with_ids_of_ours() {
    everybody_gets_it_once(Engine::Noweb).await;
}

#[tokio::test]
async fn everybody_gets_it_once_without_ids() {
    everybody_gets_it_once(Engine::Webjs).await;
}

#[tokio::test]
async fn an_answer_overtakes_a_campaign_and_a_reply_is_answered() {
    let world = unlimited(Engine::Noweb).await;
    let ana = format!("phone,name\n+{},Ana\n", world.ana.phone);
    let file = format!("{}{}", ana, list(300).split_once('\n').unwrap().1);
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": file})).await;
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    world.waha.customer_says(SESSION, &world.ana, "How much is the sourdough?").await.unwrap();
    let chat = world.ana.chat_id();
    let answered =
        |waha: &mychatflow_sandbox::waha::Server| (waha.sent_to(&chat).len() >= 2).then(|| waha.sent_count());
    let sent = world.waha.wait_for(DEADLINE, answered).await.unwrap();
    assert!(sent < 301, "the answer waited for the whole campaign");
    let done = until_state(&world, CampaignState::Completed).await;
    // Ana is on the list a second time.
    assert_eq!((done.counts.replied, done.counts.gone_out(), done.duplicates), (1, 300, 1), "{done:#?}");
    assert_eq!(world.waha.sent_to(&chat).len(), 2);
}

#[tokio::test]
async fn a_pause_stops_it_and_resume_goes_on_where_it_was() {
    let world = unlimited(Engine::Noweb).await;
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": list(150)})).await;
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    world.waha.wait_for_sent(20, DEADLINE).await.unwrap();
    campaign(&world, "campaign.pause", json!({"name": "spring"})).await;
    // What was under way at that very moment comes to its end.
    let paused = until(&world, "nothing under way", |found| found.counts.sending == 0).await;
    assert_eq!(paused.state, CampaignState::Paused);
    assert!(paused.counts.queued > 0, "{paused:#?}");
    let sent = world.waha.sent_count();
    assert_eq!(i64::try_from(sent).unwrap(), paused.counts.gone_out());
    assert!(world.jobs_done().await || world.waha.sent_count() == sent);
    campaign(&world, "campaign.resume", json!({"name": "spring"})).await;
    let done = until_state(&world, CampaignState::Completed).await;
    assert_eq!(done.counts.sent, 150, "{done:#?}");
    let received = received(&world);
    assert_eq!((received.len(), received.values().max()), (150, Some(&1)));
}

#[tokio::test]
async fn the_pace_tells_when_it_goes_on() {
    let world = world_with(Engine::Noweb, |config| {
        config.campaign = CampaignConfig { per_hour: std::num::NonZeroU32::new(3), ..UNLIMITED };
    })
    .await;
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": list(10)})).await;
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    world.waha.wait_for_sent(3, DEADLINE).await.unwrap();
    let slow = until(&world, "a reason to wait", |found| found.counts.sent == 3 && found.reason.is_some()).await;
    let reason = slow.reason.unwrap();
    assert!(reason.starts_with("next at ") && reason.ends_with(": 3 an hour reached"), "{reason}");
    assert!(slow.next_at.is_some() && slow.eta > slow.next_at, "{:?} {:?}", slow.next_at, slow.eta);
    assert_eq!(world.waha.sent_count(), 3);
}

#[tokio::test]
async fn acks_and_refusals_are_told_of_each_recipient() {
    let world = unlimited(Engine::Noweb).await;
    let file = "phone,name,city\n+447700900001,Ana,Bath\n+447700900002,Ben,\n";
    let text = "Hi {{ name }} in {{ city }}";
    campaign(&world, "campaign.create", json!({"name": "spring", "text": text, "file": file})).await;
    let shown = call(&world, "campaign.preview", json!({"name": "spring"})).await.unwrap();
    assert_eq!(shown["items"][0]["text"], "Hi Ana in Bath");
    assert_eq!((&shown["items"][1]["text"], &shown["items"][1]["reason"]), (&Value::Null, &"no value for city".into()));
    let other = json!({"text": "{{ name }}!", "file": file, "limit": 1});
    let unstored = call(&world, "campaign.preview", other).await.unwrap();
    assert_eq!(unstored["items"], json!([{"phone": "+447700900001", "name": "Ana", "text": "Ana!", "reason": null}]));

    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    until_state(&world, CampaignState::Completed).await;
    let sent = world.waha.sent().remove(0);
    let id = world.waha.last_out(SESSION, &sent.chat_id).unwrap();
    world.waha.ack(SESSION, &id, Ack::Read).await.unwrap();
    until(&world, "read", |found| found.counts.read > 0).await;
    let report = call(&world, "campaign.report", json!({"name": "spring"})).await.unwrap();
    let line = |at: usize| report["items"][at].clone();
    assert_eq!((&line(0)["state"], &line(0)["phone"]), (&"read".into(), &"+447700900001".into()));
    assert!(line(0)["wa_id"].as_str().unwrap().starts_with("true_447700900001@c.us_"), "{report:#}");
    assert_eq!((&line(1)["state"], &line(1)["reason"]), (&"skipped".into(), &"no value for city".into()));
    let removed = call(&world, "campaign.remove", json!({"name": "spring"})).await.unwrap();
    assert_eq!(removed["name"], "spring");
    assert!(call(&world, "campaign.show", json!({"name": "spring"})).await.is_err());
}

#[tokio::test]
async fn what_can_not_be_sent_is_refused_before_it_is_stored() {
    let world = unlimited(Engine::Noweb).await;
    for (params, why) in [
        (json!({"text": "Hi {{ name }", "file": list(1)}), "line 1"),
        (json!({"text": "Hi\n{{ name|shout }}", "file": list(1)}), "line 2"),
        (json!({"text": " ", "file": list(1)}), "needs a text"),
        (json!({"text": "Hi", "file": "a,b\n1,2\n"}), "named phone"),
        (json!({"text": "Hi"}), "say who gets it"),
        (json!({"text": "Hi", "segment": "vip"}), "is no segment"),
        (json!({"text": "Hi", "segment": "tag:vip"}), "nobody is on"),
        (json!({"text": "Hi", "file": list(1), "country": "Germany"}), "is no country"),
        (json!({"text": "Hi", "file": list(1), "at": "tomorrow"}), "is no time"),
        (json!({"text": "Hi", "file": list(1), "at": "2020-01-01 09:00"}), "is over"),
        (json!({"text": "Hi", "file": list(1), "timezone": "Mars/Olympus"}), "no time zone"),
        (json!({"text": "Hi", "file": list(1), "instance": "other"}), "no number is called"),
    ] {
        let mut params = params;
        params["name"] = "spring".into();
        let told = call(&world, "campaign.create", params.clone()).await.unwrap_err();
        assert!(told.contains(why), "{params}: {told}");
    }
    assert_eq!(call(&world, "campaign.list", json!({})).await.unwrap()["items"], json!([]));
    let at =
        json!({"name": "spring", "text": "Hi", "file": list(1), "at": "2099-07-01 09:00", "timezone": "Europe/Berlin"});
    let made = campaign(&world, "campaign.create", at).await;
    assert_eq!(made.scheduled_at.unwrap().to_string(), "2099-07-01T07:00:00.000Z");
    let moved = campaign(&world, "campaign.edit", json!({"name": "spring", "timezone": "America/New_York"})).await;
    assert_eq!(moved.scheduled_at.unwrap().to_string(), "2099-07-01T13:00:00.000Z");
    let launched = campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    assert_eq!((launched.state, launched.next_at), (CampaignState::Scheduled, launched.scheduled_at));
}
