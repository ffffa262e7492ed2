//! What goes out: one of several texts, to numbers that were looked up.

use mychatflow_data::model::campaign::CampaignState;
use mychatflow_sandbox::faults::{Fault, When};
use mychatflow_sandbox::waha::{Engine, Operation};
use serde_json::json;

use crate::campaigns::{call, campaign, list, received, spring, unlimited, until, until_state};
use crate::world::SESSION;

#[tokio::test]
async fn each_text_goes_to_its_part_of_the_people() {
    let world = unlimited(Engine::Noweb).await;
    let texts = json!(["Hello {{ name }}", "{{ street }}"]);
    let params = json!({"name": "spring", "text": "Hi {{ name }}", "variants": texts, "file": list(60)});
    campaign(&world, "campaign.create", params).await;
    let preview = call(&world, "campaign.preview", json!({"name": "spring"})).await.unwrap();
    let shown: Vec<_> = preview["items"].as_array().unwrap().iter().map(|line| line["variant"].clone()).collect();
    assert!(["A", "B", "C"].iter().all(|label| shown.contains(&json!(label))) && shown.len() == 5, "{preview:#}");
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let done = until_state(&world, CampaignState::Completed).await;
    let [a, b, c] = [0, 1, 2].map(|at| done.variants[at].counts);
    assert_eq!((a.sent + b.sent, c.skipped, a.total() + b.total() + c.total()), (60 - c.total(), c.total(), 60));
    assert_eq!((&preview["looked_at"], &preview["left_out"]), (&json!(60), &json!(c.total())));
    let begins = |with: &str| world.waha.sent().iter().filter(|sent| sent.text.starts_with(with)).count() as i64;
    assert_eq!((begins("Hi "), begins("Hello ")), (a.sent, b.sent));
    let report = call(&world, "campaign.report", json!({"name": "spring", "variant": "b"})).await.unwrap();
    let lines = report["items"].as_array().unwrap();
    assert!(lines.len() as i64 == b.total() && lines.iter().all(|line| line["variant"] == "B"), "{report:#}");
    let none = call(&world, "campaign.report", json!({"name": "spring", "variant": "D"})).await.unwrap_err();
    assert!(none.contains("A to C"), "{none}");
}

#[tokio::test]
async fn who_is_not_on_whatsapp_is_left_out_and_others_get_it_where_whatsapp_knows_them() {
    let world = unlimited(Engine::Noweb).await;
    world.waha.not_on_whatsapp(SESSION, "447700900001").await.unwrap();
    world.waha.known_as(SESSION, "447700900002", "44770090002@c.us").await.unwrap();
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": list(100)})).await;
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let done = until_state(&world, CampaignState::Completed).await;
    assert_eq!((done.counts.sent, done.counts.skipped), (99, 1), "{done:#?}");
    let received = received(&world);
    assert_eq!((received.len(), received.values().max()), (99, Some(&1)));
    assert!(received.contains_key("44770090002@c.us") && !received.contains_key("447700900002@c.us"));
    let left_out = call(&world, "campaign.report", json!({"name": "spring", "state": "skipped"})).await.unwrap();
    assert_eq!(left_out["items"][0]["reason"], "no WhatsApp on this number");
}

#[tokio::test]
async fn a_look_up_that_fails_now_and_then_stops_nothing() {
    let world = unlimited(Engine::Noweb).await;
    let fault = Fault::EngineError("rate-overlimit".into());
    world.waha.faults().add(Operation::CheckExists, When::Every(5), fault);
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": list(30)})).await;
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let told = until(&world, "most of them", |found| found.counts.sent >= 20).await;
    assert!(told.counts.skipped == 0 && told.state == CampaignState::Running, "{told:#?}");
    world.waha.faults().clear();
    let done = until_state(&world, CampaignState::Completed).await;
    assert_eq!(done.counts.sent, 30, "{done:#?}");
}

#[tokio::test]
async fn a_server_that_looks_nothing_up_stops_the_campaign_until_somebody_says_to_go_on_without() {
    let world = unlimited(Engine::Noweb).await;
    let fault = Fault::Answer { status: 501, body: json!({"message": "not implemented by the engine"}) };
    world.waha.faults().add(Operation::CheckExists, When::Always, fault);
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": list(30)})).await;
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let paused = until_state(&world, CampaignState::Paused).await;
    let reason = paused.reason.unwrap();
    assert!(reason.contains("can't look numbers up") && reason.contains("--no-check"), "{reason}");
    assert_eq!((paused.counts.queued, world.waha.sent_count()), (30, 0));
    campaign(&world, "campaign.edit", json!({"name": "spring", "check": "never"})).await;
    campaign(&world, "campaign.resume", json!({"name": "spring"})).await;
    assert_eq!(until_state(&world, CampaignState::Completed).await.counts.sent, 30);
    assert_eq!(spring(&world).await.check.word(), "never");
}
