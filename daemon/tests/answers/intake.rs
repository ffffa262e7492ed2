//! What the webhook takes, refuses and counts.

use futures_util::future::join_all;
use mychatflow_daemon::bus::{Audience, Heard, Wish};
use mychatflow_daemon::http::signature::{ALGORITHM, ALGORITHM_HEADER, SIGNATURE_HEADER, sign};
use mychatflow_data::credits::Credits;
use mychatflow_data::protocol::event::Topic;
use mychatflow_sandbox::waha::Engine;

use super::world::{DEADLINE, KEY, SESSION, World, world};

fn body(world: &World, event: &str, id: &str, text: &str) -> String {
    let now = world.daemon.cx.now().millis();
    serde_json::json!({
        "id": format!("evt_{id}"), "timestamp": now, "event": event, "session": SESSION, "engine": "NOWEB",
        "payload": {"id": format!("false_{}_{id}", world.ana.chat_id()), "timestamp": now / 1000,
                    "from": world.ana.chat_id(), "fromMe": false, "source": "app", "body": text, "hasMedia": false,
                    "_data": {"pushName": "Ana"}},
    })
    .to_string()
}

async fn post(world: &World, body: String, signature: Option<String>) -> (u16, String) {
    let mut request = world.client.post(world.webhook_url()).header("content-type", "application/json");
    if let Some(signature) = signature {
        request = request.header(SIGNATURE_HEADER, signature).header(ALGORITHM_HEADER, ALGORITHM);
    }
    let answer = request.body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn signed(world: &World, body: String) -> (u16, String) {
    let signature = sign(KEY.as_bytes(), body.as_bytes());
    post(world, body, Some(signature)).await
}

async fn counted(world: &World, name: &str) -> i64 {
    let counters = world.daemon.cx.store.counters().await.unwrap();
    counters.iter().filter(|counter| counter.name == name).map(|counter| counter.value).sum()
}

#[tokio::test]
async fn a_hundred_at_once_are_one_message_one_answer_one_credit() {
    let world = world(Engine::Noweb).await;
    let any = body(&world, "message.any", "SAME", "When are you open?");
    let one = body(&world, "message", "SAME", "When are you open?");
    let posts = (0..100).map(|n| signed(&world, if n % 2 == 0 { any.clone() } else { one.clone() }));
    let answers = join_all(posts).await;
    assert!(answers.iter().all(|(status, _)| *status == 200));
    assert_eq!(answers.iter().filter(|(_, body)| body == r#"{"stored":true}"#).count(), 1);
    assert_eq!(answers.iter().filter(|(_, body)| body == r#"{"duplicate":true}"#).count(), 99);
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    world.until("settled", async || (world.credits().await.used == Credits::ONE).then_some(())).await;
    assert_eq!(world.waha.sent_count(), 1);
    assert_eq!(counted(&world, "ingest.duplicate").await, 99);
}

#[tokio::test]
async fn nothing_unsigned_is_stored() {
    let world = world(Engine::Noweb).await;
    let body = body(&world, "message.any", "X1", "hi");
    let good = sign(KEY.as_bytes(), body.as_bytes());
    for signature in [None, Some(String::new()), Some(good.to_uppercase()), Some(sign(b"another", body.as_bytes()))] {
        assert_eq!(post(&world, body.clone(), signature).await.0, 401);
    }
    let other =
        world.client.post(world.webhook_url()).header(SIGNATURE_HEADER, &good).header(ALGORITHM_HEADER, "sha256");
    assert_eq!(other.body(body.clone()).send().await.unwrap().status(), 401);
    world.until_counted("ingest.bad_signature", 5).await;
    assert_eq!(counted(&world, "ingest.accepted").await, 0);
    assert_eq!(signed(&world, body).await, (200, r#"{"stored":true}"#.into()));
}

#[tokio::test]
async fn refusals_are_told_once_in_a_while() {
    let world = world(Engine::Noweb).await;
    let wish = Wish { audience: Audience::Everybody, topics: vec![Topic::DaemonNotice], since: None };
    let mut notices = world.daemon.cx.bus.listen(wish);
    let unknown = world.webhook_url().replace(&world.number.to_string(), "019aaaaa-0000-7000-8000-000000000000");
    for _ in 0..20 {
        assert_eq!(post(&world, "{}".into(), None).await.0, 401);
        assert_eq!(world.client.post(&unknown).body("{}").send().await.unwrap().status(), 404);
    }
    // Whatever was told before this one has been told.
    world.daemon.cx.bus.publish(None, Topic::DaemonNotice, &"the end");
    let mut told = Vec::new();
    while !told.iter().any(|text: &String| text.contains("the end")) {
        match tokio::time::timeout(DEADLINE, notices.next()).await.unwrap() {
            Heard::Events(events) => told.extend(events.iter().map(|event| event.data.get().to_owned())),
            other => panic!("{other:?}"),
        }
    }
    let refusals: Vec<&String> = told.iter().filter(|text| text.contains("127.0.0.1")).collect();
    // A slow machine may need longer than one pause.
    assert!((2..=4).contains(&refusals.len()), "{told:?}");
    assert!(refusals[0].contains("bad signature") && refusals[1].contains("not here"), "{told:?}");
}

#[tokio::test]
async fn readiness_and_metrics_tell_of_the_servers() {
    let world = world(Engine::Noweb).await;
    let get = async |path: &str| {
        let answer = world.client.get(format!("http://{}{path}", world.daemon.metrics)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    };
    let ready: serde_json::Value = serde_json::from_str(&get("/readyz").await).unwrap();
    assert_eq!(ready["ready"], true);
    assert!(ready["store"]["probe_ms"].is_u64() && ready["store"]["waiting"].is_u64(), "{ready}");
    assert!(ready["disk"]["free_bytes"].as_i64() > Some(0), "{ready}");
    assert_eq!(ready["waha"][0]["name"], "main");
    assert_eq!(ready["gemini"]["up"], serde_json::Value::Null, "it was not asked yet");
    let metrics = get("/metrics").await;
    assert!(metrics.contains("\nmychatflow_waha_up{name=\"main\"} 1\n"), "{metrics}");
    assert!(metrics.contains("\nmychatflow_gemini_breaker_open 0\n"), "{metrics}");
    assert!(metrics.ends_with("# EOF\n"));
}

#[tokio::test]
async fn what_is_authentic_is_never_refused() {
    let world = world(Engine::Noweb).await;
    let foreign = body(&world, "message.any", "F1", "hi").replace(SESSION, "another");
    let mut group: serde_json::Value = serde_json::from_str(&body(&world, "message.any", "G1", "hi")).unwrap();
    group["payload"]["id"] = "false_120363000000000001@g.us_G1_447700900123@c.us".into();
    group["payload"]["from"] = "120363000000000001@g.us".into();
    for (text, expected) in [
        ("not json".to_owned(), r#"{"unreadable":true}"#),
        (foreign, r#"{"ignored":true}"#),
        (group.to_string(), r#"{"ignored":true}"#),
        (
            r#"{"id":"evt_9","timestamp":1,"event":"label.upsert","session":"shop","payload":{}}"#.to_owned(),
            r#"{"ignored":true}"#,
        ),
    ] {
        assert_eq!(signed(&world, text.clone()).await, (200, expected.into()), "{text}");
    }
    let unknown = world.webhook_url().replace(&world.number.to_string(), "019aaaaa-0000-7000-8000-000000000000");
    assert_eq!(world.client.post(unknown).body("{}").send().await.unwrap().status(), 404);
    world.until_counted("ingest.ignored", 4).await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_and_the_next_one_is_taken() {
    let world = world(Engine::Noweb).await;
    let huge = " ".repeat(17 * 1024 * 1024);
    // The server may close before it has read everything: both ways of saying no will do.
    match world.client.post(world.webhook_url()).body(huge).send().await {
        Ok(answer) => assert_eq!(answer.status(), 413),
        Err(error) => assert!(error.is_request() || error.is_body(), "{error}"),
    }
    assert_eq!(signed(&world, body(&world, "message.any", "N1", "hi")).await.0, 200);
}
