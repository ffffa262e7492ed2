//! Sessions: their life, their codes, and the errors around them.

mod support;

use std::time::Duration;

use mychatflow_sandbox::waha::{Engine, Options, Pace, PhoneError, Server, Status};
use serde_json::{Value, json};
use support::{SOON, World};

fn quick_codes() -> Options {
    let life = Duration::from_millis(5);
    Options { qr_first: life, qr_next: life, ..Options::default() }
}

#[tokio::test]
async fn a_session_is_born_paired_and_removed() {
    let world = World::start(Options::default()).await;
    let (status, body) = world.client.post("/api/sessions/", world.session("default")).await;
    assert_eq!((status, &body["name"], &body["status"]), (201, &json!("default"), &json!("STARTING")));
    assert_eq!(body["config"]["noweb"], json!({"markOnline": true, "store": {"enabled": true, "fullSync": false}}));
    assert_eq!(body["engine"], json!({"engine": "NOWEB"}));

    world.waha.scan_qr("default").await.unwrap();
    let (_, body) = world.client.get("/api/sessions/default").await;
    assert_eq!((&body["status"], &body["me"]["id"]), (&json!("WORKING"), &json!("447700900500@c.us")));
    let (_, me) = world.client.get("/api/sessions/default/me").await;
    assert_eq!(me, body["me"]);

    assert_eq!(world.client.call("DELETE", "/api/sessions/default", Value::Null).await, (200, Value::Null));
    assert_eq!(world.client.call("DELETE", "/api/sessions/default", Value::Null).await, (200, Value::Null));
    let gone = json!({"message": "Session not found", "error": "Not Found", "statusCode": 404});
    assert_eq!(world.client.get("/api/sessions/default").await, (404, gone));
}

#[tokio::test]
async fn every_status_is_told_and_a_new_code_tells_it_again() {
    let world = World::start(quick_codes()).await;
    world.client.post("/api/sessions", world.session("default")).await;
    let told = world.endpoint.events("session.status", 8).await;
    let mut words: Vec<String> =
        told.iter().map(|hook| hook.json()["payload"]["status"].as_str().unwrap().to_owned()).collect();
    words.sort();
    assert_eq!(words, [vec!["FAILED"], vec!["SCAN_QR_CODE"; 6], vec!["STARTING"]].concat());
    let failed = told.iter().map(|hook| hook.json()).find(|event| event["payload"]["status"] == "FAILED").unwrap();
    assert_eq!(failed["payload"]["statuses"].as_array().unwrap().len(), 3);
    assert_eq!((&failed["payload"]["data"], &failed["me"]), (&Value::Null, &Value::Null));
    assert_eq!(world.waha.scan_qr("default").await, Err(PhoneError::NothingToScan("default".into())));
}

#[tokio::test]
async fn the_code_comes_as_picture_json_or_text() {
    let world = World::start(Options::default()).await;
    world.client.post("/api/sessions", world.session("default")).await;
    // Asked at once: the call waits for the code.
    let (status, raw) = world.client.get("/api/default/auth/qr?format=raw").await;
    let value = raw["value"].as_str().unwrap();
    assert_eq!((status, value.len()), (200, 237));

    let accept = |accept: &'static str| world.client.raw("GET", "/api/default/auth/qr").header("accept", accept).send();
    let json = accept("application/json").await.unwrap();
    let json: Value = serde_json::from_slice(&json.bytes().await.unwrap()).unwrap();
    assert_eq!(json["mimetype"], "image/png");
    let list = accept("application/json, text/plain, */*").await.unwrap();
    assert_eq!(list.headers()["content-type"], "image/png");
    assert!(list.bytes().await.unwrap().starts_with(b"\x89PNG"));

    let (status, code) =
        world.client.post("/api/default/auth/request-code", json!({"phoneNumber": "447700900500"})).await;
    assert_eq!((status, code["code"].as_str().unwrap().len()), (201, 9));
}

#[tokio::test]
async fn a_code_is_refused_to_a_session_that_has_none() {
    let world = World::with(Engine::Noweb).await;
    let not_ready = |status: &str| {
        json!({
            "error": "Session status is not as expected. Try again later or restart the session",
            "session": "default", "status": status, "expected": ["SCAN_QR_CODE"],
        })
    };
    assert_eq!(world.client.get("/api/default/auth/qr").await, (422, not_ready("WORKING")));
    world.client.post("/api/sessions/default/stop", Value::Null).await;
    assert_eq!(world.client.get("/api/default/auth/qr").await, (422, not_ready("STOPPED")));
    let ghost = json!({"error": "Session \"ghost\" does not exist", "session": "ghost"});
    assert_eq!(world.client.get("/api/ghost/auth/qr").await, (422, ghost));
}

#[tokio::test]
async fn start_stop_and_restart_answer_as_the_real_one() {
    let world = World::with(Engine::Noweb).await;
    let (status, body) = world.client.post("/api/sessions/default/start", Value::Null).await;
    assert_eq!((status, &body["message"]), (422, &json!("Session 'default' is already started.")));
    let (status, body) = world.client.post("/api/sessions", world.session("default")).await;
    assert_eq!((status, &body["message"]), (422, &json!("Session 'default' already exists. Use PUT to update it.")));

    let (status, body) = world.client.post("/api/sessions/default/stop", Value::Null).await;
    assert_eq!(
        (status, &body["status"], &body["engine"], &body["me"]),
        (201, &json!("STOPPED"), &json!({}), &Value::Null)
    );
    assert_eq!(world.client.post("/api/sessions/ghost/stop", Value::Null).await, (201, Value::Null));
    assert_eq!(world.client.get("/api/sessions").await, (200, json!([])));
    let (_, all) = world.client.get("/api/sessions?all=true").await;
    assert_eq!(all[0]["name"], "default");

    // Still paired: no code is needed.
    world.client.post("/api/sessions/default/start", Value::Null).await;
    world.waha.wait_for_status("default", Status::Working, SOON).await.unwrap();
    // Logged out: a new one is.
    world.client.post("/api/sessions/default/logout", Value::Null).await;
    world.waha.wait_for_status("default", Status::ScanQrCode, SOON).await.unwrap();
    assert_eq!(world.client.get("/api/sessions/default/me").await, (200, Value::Null));
}

#[tokio::test]
async fn an_update_replaces_the_config_and_restarts() {
    let world = World::with(Engine::Noweb).await;
    let (status, body) =
        world.client.call("PUT", "/api/sessions/default", json!({"config": {"debug": true, "nonsense": 1}})).await;
    assert_eq!((status, &body["config"], &body["status"]), (200, &json!({"debug": true}), &json!("STARTING")));
    world.waha.wait_for_status("default", Status::Working, SOON).await.unwrap();
    let bad = json!({"config": {"webhooks": [{"url": "nonsense", "events": ["message"]}]}});
    let (status, body) = world.client.call("PUT", "/api/sessions/default", bad).await;
    assert_eq!((status, body["message"].is_array()), (400, true));
}

#[tokio::test]
async fn the_third_lifecycle_call_at_once_runs_into_the_lock() {
    // Wide margins: three calls do not come at quite the same time.
    let pace = Pace { lifecycle: Duration::from_millis(300), lock: Duration::from_millis(450), ..Pace::quick() };
    let world = World::working(Options { pace, ..Options::default() }).await;
    let restart = || world.client.post("/api/sessions/default/restart", Value::Null);
    let (a, b, c) = tokio::join!(restart(), restart(), restart());
    let mut statuses = [a.0, b.0, c.0];
    statuses.sort();
    assert_eq!(statuses, [201, 201, 500]);
    let failed = [a, b, c].into_iter().find(|answer| answer.0 == 500).unwrap().1;
    assert_eq!(failed["exception"]["message"], "async-lock timed out in queue default");
    assert_eq!(failed["request"]["path"], "/api/sessions/default/restart");
}

#[tokio::test]
async fn a_missing_start_leaves_the_session_stopped() {
    let world = World::start(Options::default()).await;
    let (_, body) = world.client.post("/api/sessions", json!({"name": "quiet"})).await;
    assert_eq!((&body["status"], &body["config"]), (&json!("STOPPED"), &Value::Null));
    let (status, body) = world.client.post("/api/sessions", json!({"name": "no spaces"})).await;
    assert_eq!((status, body["message"].is_array()), (400, true));
}

#[tokio::test]
async fn an_unlinked_phone_fails_the_session_and_keeps_its_name() {
    let world = World::with(Engine::Gows).await;
    world.waha.unlink("default").await.unwrap();
    let (status, _) = world.client.post("/api/sessions/default/start", Value::Null).await;
    assert_eq!(status, 422);
    let (_, body) = world.client.get("/api/sessions/default").await;
    assert_eq!((&body["status"], &body["me"]["jid"]), (&json!("FAILED"), &json!("447700900500:17@s.whatsapp.net")));
}

#[tokio::test]
async fn old_core_knows_one_session_and_no_ids() {
    let world = World::start(Options { version: "2026.4.1".into(), ..Options::default() }).await;
    let (status, body) = world.client.post("/api/sessions", world.session("default")).await;
    assert_eq!((status, &body["error"]), (422, &json!("Unprocessable Entity")));
    assert_eq!(world.client.get("/api/sessions/other").await.0, 422);
    let (status, body) = world.client.get("/api/default/new-message-id").await;
    assert_eq!((status, &body["message"]), (404, &json!("Cannot GET /api/default/new-message-id")));
    assert_eq!(world.client.get("/health").await.0, 422);
}

#[tokio::test]
async fn strangers_are_turned_away() {
    let world = World::start(Options::default()).await;
    let stranger = support::Client::new(world.waha.url(), "wrong");
    let body = json!({"message": "Unauthorized", "statusCode": 401});
    assert_eq!(stranger.get("/api/sessions").await, (401, body));
    assert_eq!(stranger.get("/ping").await, (200, json!({"message": "pong"})));
    assert_eq!(stranger.get("/api/version?x-api-key=sandbox-waha-key").await.0, 200);
    let body = json!({"message": "Cannot POST /api/sessions/default/messages/send/text", "error": "Not Found", "statusCode": 404});
    assert_eq!(world.client.post("/api/sessions/default/messages/send/text", json!({})).await, (404, body));
    let (_, version) = world.client.get("/api/server/version").await;
    assert_eq!(version["worker"], json!({"id": null}));
}

#[tokio::test]
async fn an_outage_keeps_the_port_and_the_sessions() {
    let world = World::with(Engine::Noweb).await;
    world.waha.stop_listening().await;
    let refused = world.client.raw("GET", "/ping").send().await.unwrap_err();
    assert!(refused.is_connect());
    world.waha.resume_listening().await.unwrap();
    world.waha.resume_listening().await.unwrap();
    assert_eq!(world.client.get("/api/sessions/default").await.1["status"], "WORKING");
}

#[tokio::test]
async fn a_crash_keeps_the_pairing_and_old_core_forgets_the_rest() {
    let world = World::with(Engine::Noweb).await;
    world.waha.crash_and_restart().await.unwrap();
    world.waha.wait_for_status("default", Status::Working, SOON).await.unwrap();

    let old = World::start(Options { version: "2026.4.1".into(), ..Options::default() }).await;
    old.client.call("PUT", "/api/sessions/default", json!({"config": old.config()})).await;
    old.client.post("/api/sessions/default/start", Value::Null).await;
    old.waha.scan_qr("default").await.unwrap();
    old.waha.crash_and_restart().await.unwrap();
    let (_, session) = old.client.get("/api/sessions/default").await;
    assert_eq!((&session["status"], &session["config"]), (&json!("STOPPED"), &Value::Null));
    old.client.post("/api/sessions/default/start", Value::Null).await;
    old.waha.wait_for_status("default", Status::Working, SOON).await.unwrap();
}

#[tokio::test]
async fn a_new_life_has_a_start_of_its_own_and_may_leave_its_sessions_stopped() {
    let world = World::with(Engine::Noweb).await;
    let start = async || world.client.get("/api/server/status").await.1["startTimestamp"].as_i64().unwrap();
    let first = start().await;
    assert_eq!(start().await, first);
    world.waha.crash_and_leave_sessions_stopped().await.unwrap();
    assert!(start().await > first);
    let (_, session) = world.client.get("/api/sessions/default").await;
    assert_eq!((&session["status"], session["config"].is_object()), (&json!("STOPPED"), true));
    assert_eq!(world.client.get("/api/sessions").await.1, json!([]));
    let (_, all) = world.client.get("/api/sessions?all=true").await;
    assert_eq!(all[0]["status"], "STOPPED");
    let stops = |body: &[u8]| String::from_utf8_lossy(body).contains("STOPPED");
    assert!(!world.waha.deliveries().iter().any(|delivery| stops(&delivery.body)), "nobody is told");
    world.client.post("/api/sessions/default/start", Value::Null).await;
    world.waha.wait_for_status("default", Status::Working, SOON).await.unwrap();
}

#[tokio::test]
async fn a_global_webhook_is_heard_but_not_seen() {
    let endpoint = support::Endpoint::start().await;
    let hook = json!({"url": endpoint.url, "events": ["session.status"]});
    let world = World::start(Options { global_webhooks: vec![hook], ..Options::default() }).await;
    let (_, body) = world.client.post("/api/sessions", json!({"name": "default", "start": true})).await;
    assert_eq!(body["config"], Value::Null);
    let told = endpoint.events("session.status", 1).await;
    assert_eq!(told[0].header("x-webhook-hmac"), "");
}

#[tokio::test]
async fn retries_survive_the_pairing_and_die_with_the_session() {
    let world = World::start(Options::default()).await;
    let mut session = world.session("default");
    // Nobody listens there.
    session["config"]["webhooks"][0]["url"] = json!("http://127.0.0.1:1/");
    session["config"]["webhooks"][0]["retries"]["attempts"] = json!(10_000);
    world.client.post("/api/sessions", session).await;
    world.waha.scan_qr("default").await.unwrap();
    let tried_on = |waha: &Server| {
        let started = waha.deliveries().into_iter().next()?;
        (started.tries.len() > 2 && !started.finished).then_some(())
    };
    world.waha.wait_for(SOON, tried_on).await.unwrap();
    world.client.post("/api/sessions/default/stop", Value::Null).await;
    let given_up = |waha: &Server| {
        let all = waha.deliveries();
        let (last, others) = all.split_last()?;
        (others.iter().all(|delivery| delivery.finished) && !last.finished).then_some(())
    };
    world.waha.wait_for(SOON, given_up).await.unwrap();
}

#[tokio::test]
async fn a_new_server_tells_how_many_new_chats_an_account_may_start_and_an_old_one_knows_no_such_call() {
    for (engine, version, capping, time_lock, of_me) in [
        (Engine::Gows, "2026.8.1", 200, 200, true),
        (Engine::Noweb, "2026.8.1", 404, 200, true),
        (Engine::Gows, "2026.7.2", 404, 404, false),
    ] {
        let world = World::start(Options { engine, version: version.into(), ..Options::default() }).await;
        world.client.post("/api/sessions", world.session("default")).await;
        world.waha.scan_qr("default").await.unwrap();
        world.waha.lock_out("default", Duration::from_secs(3600)).await.unwrap();
        world.waha.cap_new_chats("default", "CAPPED", (50, 50), 1_796_256_000).await.unwrap();
        let (status, told) = world.client.get("/api/sessions/default/capping").await;
        assert_eq!(status, capping, "{engine:?} {version}");
        if capping == 200 {
            assert_eq!(
                (&told["cappingStatus"], &told["totalQuota"], &told["usedQuota"]),
                (&json!("CAPPED"), &json!(50), &json!(50))
            );
        }
        let (status, _) = world.client.get("/api/sessions/default/timelock").await;
        assert_eq!(status, time_lock, "{engine:?} {version}");
        let (_, session) = world.client.get("/api/sessions/default").await;
        assert_eq!(session["me"]["messageCapping"]["cappingStatus"] == "CAPPED", of_me, "{engine:?} {version}");
    }
}
