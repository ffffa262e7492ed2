//! What is wrong is told with its evidence and its age, in every place in the same words.

use mychatflow_daemon::http::intake::RefusalKind;
use mychatflow_daemon::http::signature::{ALGORITHM, ALGORITHM_HEADER, SIGNATURE_HEADER, sign};
use mychatflow_daemon::rpc::Service;
use mychatflow_daemon::rpc::peer::{Caller, Standing};
use mychatflow_daemon::rpc::service::Desk;
use mychatflow_data::model::delivery::SELF_POSTED_KIND;
use mychatflow_data::model::finding::{FindingCode, HealthFinding};
use mychatflow_data::model::member::Role;
use mychatflow_data::protocol::Request;
use mychatflow_data::protocol::calls::instance::{InstanceProbed, InstanceShown};
use mychatflow_data::protocol::calls::overview::Overview;
use mychatflow_data::protocol::calls::why::WhyDocument;
use mychatflow_data::store::error::StoreError;
use mychatflow_sandbox::waha::Engine;
use serde_json::{Value, json};

use super::why::call;
use super::world::{KEY, SESSION, World, world, world_with};

async fn post(world: &World, body: &str, key: &str) -> u16 {
    let signature = sign(key.as_bytes(), body.as_bytes());
    let post = world.client.post(world.webhook_url()).header(SIGNATURE_HEADER, signature);
    post.header(ALGORITHM_HEADER, ALGORITHM).body(body.to_owned()).send().await.unwrap().status().as_u16()
}

fn body(world: &World, kind: &str) -> String {
    let now = world.daemon.cx.now().millis();
    json!({"id": format!("evt_{now}"), "timestamp": now, "event": kind, "session": SESSION, "payload": {}}).to_string()
}

async fn ready(world: &World) -> (u16, Value) {
    let answer = world.client.get(format!("http://{}/readyz", world.daemon.metrics)).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn found(findings: &[HealthFinding], code: FindingCode) -> &HealthFinding {
    findings.iter().find(|finding| finding.code == code).unwrap_or_else(|| panic!("no {code}: {findings:#?}"))
}

#[tokio::test]
async fn forty_five_bad_signatures_are_not_called_healthy() {
    let world = world(Engine::Noweb).await;
    for _ in 0..45 {
        assert_eq!(post(&world, &body(&world, "message.any"), "the key of another daemon").await, 401);
    }
    let shown: InstanceShown = call(&world, "instance.show", json!({"name": world.number.to_string()})).await;
    let told = found(&shown.findings, FindingCode::SignatureRefused);
    assert!(told.evidence.starts_with("refused: 45, the last one from 127.0.0.1"), "{told:?}");
    assert!(told.summary.contains("a second daemon") && told.remedy.contains("instance restart main"), "{told:?}");
    assert!(told.since.is_some() && told.seen_at >= told.since, "{told:?}");
    // The same words in the other places.
    let overview: Overview = call(&world, "overview", json!({})).await;
    assert_eq!(found(&overview.findings, FindingCode::SignatureRefused), told);
    let (status, ready) = ready(&world).await;
    assert_eq!(status, 200, "what is refused is no fault of the store");
    let codes: Vec<&Value> = ready["findings"].as_array().unwrap().iter().map(|found| &found["code"]).collect();
    assert!(codes.contains(&&json!("signature_refused")), "{ready}");
    let metrics = world.client.get(format!("http://{}/metrics", world.daemon.metrics)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(metrics.contains("mychatflow_findings{code=\"signature_refused\",level=\"failed\"} 1\n"), "{metrics}");
    assert!(metrics.contains("mychatflow_findings{code=\"disk_read_only\",level=\"failed\"} 0\n"), "{metrics}");
}

#[tokio::test]
async fn why_a_chat_is_silent_tells_what_is_refused() {
    let world = world(Engine::Noweb).await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    let chat = world.chat().await;
    assert_eq!(post(&world, &body(&world, "message.any"), "the key of another daemon").await, 401);
    let why: WhyDocument = call(&world, "why", json!({"id": chat.to_string()})).await;
    let told = why.lines.iter().find(|line| line.what.contains("signed with another key")).unwrap();
    assert!(told.detail.as_deref().unwrap().contains("what helps: mychatflow instance restart main"), "{told:?}");
}

async fn why_of_nobody(world: &World) -> String {
    let desk = Desk { cx: std::sync::Arc::clone(&world.daemon.cx) };
    let caller = Caller { uid: 0, name: "root".into(), standing: Standing::Operator };
    let asked = Request::read("why", json!({"id": "+49 151 5550199"})).unwrap();
    desk.call(&caller, asked).await.map(drop).unwrap_err().message
}

#[tokio::test]
async fn why_of_somebody_who_never_wrote_tells_of_deliveries_that_were_turned_away() {
    let world = world(Engine::Noweb).await;
    let told = why_of_nobody(&world).await;
    assert!(told.contains("never wrote") && !told.contains("turned away"), "{told}");
    let now = world.daemon.cx.now();
    world.daemon.cx.intake.note_not_stored(&StoreError::DiskFull, now - std::time::Duration::from_secs(240));
    world.daemon.cx.intake.note_not_stored(&StoreError::DiskFull, now - std::time::Duration::from_secs(120));
    // One that is stored since mends the daemon, not what was lost.
    assert_eq!(post(&world, &body(&world, "message.any"), KEY).await, 200);
    let told = why_of_nobody(&world).await;
    assert!(told.contains("2 deliveries were turned away, from 4 min ago to 2 min ago"), "{told}");
    // Those for another shop's number are none of ours.
    let other = mychatflow_data::ids::InstanceId::new();
    world.daemon.cx.intake.note_refused(RefusalKind::Unsigned, Some(other), None, now);
    assert_eq!(why_of_nobody(&world).await, told);
    assert_eq!(post(&world, &body(&world, "message.any"), "the key of another daemon").await, 401);
    assert!(why_of_nobody(&world).await.contains("3 deliveries were turned away"));
}

#[tokio::test]
async fn a_delivery_that_was_not_stored_makes_it_unready_though_a_probe_goes_well() {
    let world = world(Engine::Noweb).await;
    world.daemon.cx.intake.note_not_stored(&StoreError::Panicked, world.daemon.cx.now());
    world.daemon.cx.store.probe().await.unwrap();
    let (status, told) = ready(&world).await;
    assert_eq!((status, &told["ready"]), (503, &json!(false)), "{told}");
    assert_eq!(told["findings"][0]["code"], "deliveries_refused", "{told}");
    assert!(told["store"]["error"].as_str().unwrap().contains("a unit of work panicked"), "{told}");
    // One that is stored is proof.
    assert_eq!(post(&world, "not json", KEY).await, 200);
    assert_eq!(ready(&world).await.0, 200);
}

#[tokio::test]
async fn what_the_doctor_posts_is_no_sign_of_life_of_waha() {
    let world = world(Engine::Noweb).await;
    let before = world.shop.instance(world.number).await.unwrap().unwrap().heard_at;
    assert_eq!(post(&world, &body(&world, SELF_POSTED_KIND), KEY).await, 200);
    assert_eq!(world.shop.instance(world.number).await.unwrap().unwrap().heard_at, before);
}

#[tokio::test]
async fn a_message_of_a_number_to_itself_comes_back_and_means_nothing() {
    let world = world(Engine::Noweb).await;
    let name = world.number.to_string();
    let probed: InstanceProbed = call(&world, "instance.probe", json!({"name": name})).await;
    assert!(probed.sent_ms.is_some() && probed.arrived_ms.is_some() && probed.error.is_none(), "{probed:?}");
    assert_eq!(world.waha.sent_count(), 1);
    // It was taken in, and nothing of it was kept: no chat, no job, no credit.
    let chats = world.shop.find_chat(&"447700900500@c.us".parse().unwrap()).await.unwrap();
    assert!(chats.is_none());
    assert!(world.jobs_done().await);
    let credits = world.credits().await;
    assert_eq!((credits.used.count(), credits.reserved.count()), (0, 0));
}

#[tokio::test]
async fn a_probe_that_waha_does_not_tell_of_is_no_success() {
    let world = world(Engine::Noweb).await;
    world.waha.stop_listening().await;
    let probed: InstanceProbed = call(&world, "instance.probe", json!({"name": world.number.to_string()})).await;
    assert_eq!((probed.sent_ms, probed.arrived_ms), (None, None));
    assert!(probed.error.is_some_and(|error| error.contains("refused")), "said why");
}

#[tokio::test]
async fn a_member_reads_nothing_of_the_machine() {
    let world = world_with(Engine::Noweb, |config| config.gemini.api_key = String::new().into()).await;
    world.daemon.cx.intake.note_not_stored(&StoreError::Panicked, world.daemon.cx.now());
    world.shop.grant_role(4242, "anna".into(), Role::Owner, world.daemon.cx.now()).await.unwrap();
    let owner = Caller { uid: 4242, name: "anna".into(), standing: Standing::Person };
    let desk = Desk { cx: std::sync::Arc::clone(&world.daemon.cx) };
    let request = Request::read("overview", json!({})).unwrap();
    let answer = desk.call(&owner, request).await.unwrap().into_raw().get().to_owned();
    let overview: Overview = serde_json::from_str(&answer).unwrap();
    let told = found(&overview.findings, FindingCode::DeliveriesRefused);
    assert_eq!(told.summary, FindingCode::DeliveriesRefused.meaning());
    assert!(overview.findings.iter().any(|found| found.code == FindingCode::ModelOff));
    let dir = world.daemon.cx.store.path().display().to_string();
    assert!(!answer.contains(&dir) && !answer.contains("panicked"), "{answer}");
}
