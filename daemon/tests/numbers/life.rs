//! Added, paired, adopted, mended, restarted, removed.

use std::time::Duration;

use mychatflow_daemon::instances::{
    InstanceError, UPDATES_MAX, add, drift, logout, pair, qr, remove, restart, webhook_url,
};
use mychatflow_daemon::rpc::handlers::instances::document;
use mychatflow_daemon::rpc::handlers::{self, tenants};
use mychatflow_daemon::rpc::peer::{Caller, Standing};
use mychatflow_daemon::rpc::tenancy;
use mychatflow_data::model::instance::{InstanceStatus, Verdict};
use mychatflow_data::model::job::JobKind;
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::instance::{InstanceAdd, Picture, SessionFate};
use mychatflow_data::protocol::calls::tenant::TenantRemove;
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::{Method, Needs};
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::time::Timestamp;
use mychatflow_sandbox::faults::{Fault, When};
use mychatflow_sandbox::waha::{Engine, Operation, Options, Status};
use serde_json::{Value, json};

use crate::world::{SOON, World};

const SESSION: &str = "/api/sessions/default";

/// Asks the server as another program would.
async fn foreign(world: &World, method: &str, path: &str, body: Value) {
    let http = mychatflow_daemon::http_client::builder().no_proxy().build().unwrap();
    let request = http.request(method.parse().unwrap(), format!("{}{path}", world.waha.url()));
    let answer = request.header("X-Api-Key", world.waha.api_key()).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{method} {path}: {}", answer.status());
}

fn urls(world: &World) -> Vec<String> {
    let config = world.waha.config("default").unwrap();
    let webhooks = config["webhooks"].as_array().unwrap();
    webhooks.iter().map(|webhook| webhook["url"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_number_is_added_paired_and_read() {
    let world = World::new(Options::default()).await;
    let added = add(&world.cx, &world.shop, "shop", None, None).await.unwrap();
    assert!(added.status.is_some(), "WAHA said what the session is");
    let key = world.shop.hmac_key(added.id).await.unwrap();
    let config = world.waha.config("default").unwrap();
    assert_eq!(config["webhooks"][0]["url"], webhook_url(&world.cx.config(), added.id));
    assert_eq!(config["webhooks"][0]["hmac"]["key"], key.reveal());
    assert_eq!(config["noweb"]["store"]["enabled"], true);
    assert!(world.cx.receivers.find(added.id).is_some(), "deliveries are taken from the first one on");

    let code = qr(&world.cx, &world.shop, added.id, Picture::Png).await.unwrap();
    assert_eq!((code.value.len(), code.attempt, code.attempts_max), (237, 1, 6));
    assert_eq!(code.expires_at.since(code.shown_at), Duration::from_secs(60));
    assert!(code.png.is_some());
    assert!(!format!("{code:?}").contains(&code.value));
    let seen = world.number(added.id).await;
    assert_eq!((seen.status, seen.reason.as_deref()), (Some(InstanceStatus::ScanQrCode), Some("scan the QR code")));
    let phone = Phone::parse("+44 7700 900500").unwrap();
    let pairing = pair(&world.cx, &world.shop, added.id, Some(&phone)).await.unwrap();
    assert_eq!(pairing.code.unwrap().expose().len(), 9);

    world.waha.scan_qr("default").await.unwrap();
    world.request_reconcile(added.id).await;
    let kinds: Vec<JobKind> = world.run_jobs().await.into_iter().map(|(job, _)| job.args.kind()).collect();
    assert_eq!(kinds, [JobKind::ReconcileInstance, JobKind::SyncContacts]);
    let seen = world.number(added.id).await;
    assert_eq!((seen.status, seen.verdict), (Some(InstanceStatus::Working), Verdict::Healthy));
    assert_eq!(seen.me.unwrap().id.as_str(), "447700900500@c.us");
    assert!(seen.paired_at.is_some());
    assert_eq!((seen.engine.as_deref(), seen.version.as_deref()), (Some("NOWEB"), Some("2026.7.1")));

    let refused = qr(&world.cx, &world.shop, added.id, Picture::Without).await.unwrap_err();
    assert_eq!(refused.code(), Code::Conflict);
    assert!(refused.to_string().contains("+447700900500"), "{refused}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_leaves_nothing() {
    let world = World::new(Options::default()).await;
    for (name, waha, session, expected) in [
        ("", None, None, Code::Invalid),
        ("shop", Some("other"), None, Code::Invalid),
        ("shop", None, Some("a b"), Code::Invalid),
    ] {
        let refused = add(&world.cx, &world.shop, name, waha, session).await.unwrap_err();
        assert_eq!(refused.code(), expected, "{refused}");
    }
    let refused = add(&world.cx, &world.shop, "shop", Some("other"), None).await.unwrap_err();
    assert_eq!(refused.to_string(), "the config has no [[waha]] named other: it has main");
    let no = json!({"message": ["no such config"], "error": "Bad Request", "statusCode": 400});
    world.waha.faults().add(Operation::CreateSession, When::Next(1), Fault::Answer { status: 400, body: no });
    let refused = add(&world.cx, &world.shop, "shop", None, None).await.unwrap_err();
    assert_eq!(refused.code(), Code::Invalid);
    assert!(world.shop.instances().await.unwrap().is_empty());

    add(&world.cx, &world.shop, "shop", None, None).await.unwrap();
    let again = add(&world.cx, &world.shop, "Shop", None, Some("second")).await.unwrap_err();
    assert_eq!(again.code(), Code::Conflict);
    let twin = add(&world.cx, &world.shop, "twin", None, Some("default")).await.unwrap_err();
    assert_eq!(twin.code(), Code::Conflict);
}

#[tokio::test]
async fn an_existing_session_keeps_its_foreign_webhook() {
    let world = World::new(Options::default()).await;
    let other = json!({"url": "http://127.0.0.1:9/crm", "events": ["message"]});
    let config = json!({"metadata": {"crm": "7"}, "webhooks": [other]});
    foreign(&world, "POST", "/api/sessions", json!({"name": "default", "start": true, "config": config})).await;
    world.waha.scan_qr("default").await.unwrap();

    let added = add(&world.cx, &world.shop, "shop", None, None).await.unwrap();
    let ours = webhook_url(&world.cx.config(), added.id);
    assert_eq!(urls(&world), ["http://127.0.0.1:9/crm".to_owned(), ours.clone()]);
    assert_eq!(world.waha.config("default").unwrap()["metadata"]["crm"], "7");
    world.status(Status::Working).await;
    world.run_jobs().await;
    assert_eq!(world.requests("PUT", SESSION), 1, "only the first comparison found a difference");
    assert_eq!(world.number(added.id).await.status, Some(InstanceStatus::Working));

    let removed = remove(&world.cx, &world.shop, added.id, SessionFate::Keep).await.unwrap();
    assert_eq!((removed.session, removed.left_over), (SessionFate::Keep, None));
    assert_eq!(urls(&world), ["http://127.0.0.1:9/crm"]);
    assert!(world.shop.instances().await.unwrap().is_empty());
    assert!(world.cx.receivers.find(added.id).is_none());
    world.status(Status::Working).await;

    let back = add(&world.cx, &world.shop, "shop", None, None).await.unwrap();
    assert_eq!(back.id, added.id, "it comes back with its chats");
    let removed = remove(&world.cx, &world.shop, back.id, SessionFate::Delete).await.unwrap();
    assert_eq!(removed.session, SessionFate::Delete);
    assert_eq!(world.waha.status("default"), None);
}

#[tokio::test]
async fn a_stopped_session_of_old_core_is_adopted_and_started() {
    let world = World::new(Options { version: "2026.4.1".into(), ..Options::default() }).await;
    assert_eq!(world.waha.status("default"), Some(Status::Stopped));
    let added = add(&world.cx, &world.shop, "shop", None, None).await.unwrap();
    world.status(Status::ScanQrCode).await;
    assert_eq!(urls(&world), [webhook_url(&world.cx.config(), added.id)]);
}

#[tokio::test]
async fn a_number_added_while_waha_is_down_comes_up_later() {
    let world = World::new(Options::default()).await;
    world.waha.stop_listening().await;
    let added = add(&world.cx, &world.shop, "shop", None, None).await.unwrap();
    assert_eq!((added.status, added.verdict), (None, Verdict::Dead));
    let done = world.run_jobs().await;
    assert!(matches!(done.as_slice(), [(_, Ended::Snooze { .. })]), "{done:?}");
    let reason = world.number(added.id).await.reason.unwrap();
    assert!(reason.starts_with("WAHA can't be reached: "), "{reason}");

    world.waha.resume_listening().await.unwrap();
    world.request_reconcile(added.id).await;
    world.run_jobs().await;
    world.status(Status::ScanQrCode).await;
    assert!(world.number(added.id).await.status.is_some());
    assert_eq!(urls(&world), [webhook_url(&world.cx.config(), added.id)]);
}

#[tokio::test]
async fn a_removed_tenant_leaves_no_webhook_and_waits_for_no_server() {
    for waha_is_down in [false, true] {
        let (world, _) = World::paired(Options::default()).await;
        if waha_is_down {
            world.waha.stop_listening().await;
        }
        let caller = Caller { uid: 0, name: "root".into(), standing: Standing::Operator };
        let method = Method { name: "tenant.remove", needs: Needs::Operator };
        let seen = tenancy::resolve(&world.cx.store, &caller, method, None).await.unwrap();
        let call = TenantRemove { tenant: Some("Corner Shop".into()) };
        tenants::remove(&world.cx, &world.shop, call, seen).await.unwrap();
        assert!(world.cx.store.tenants().await.unwrap().is_empty());
        assert_eq!(urls(&world).is_empty(), !waha_is_down);
    }
}

#[tokio::test]
async fn a_server_that_is_down_does_not_hold_up_a_removal() {
    let (world, number) = World::paired(Options::default()).await;
    let mut notices = world.notices();
    world.waha.stop_listening().await;
    let removed = remove(&world.cx, &world.shop, number, SessionFate::Keep).await.unwrap();
    assert!(removed.left_over.unwrap().contains("our webhook is still in its session default"));
    assert!(notices.next().await.contains("our webhook is still in its session"));
    assert!(world.shop.instances().await.unwrap().is_empty());
}

#[tokio::test]
async fn drift_is_shown_and_mended_so_often_an_hour() {
    let (world, number) = World::paired(Options::default()).await;
    let whole = world.waha.config("default").unwrap();
    let mut broken = whole.clone();
    broken["webhooks"][0]["events"] = json!(["message.any"]);
    for _ in 0..=UPDATES_MAX {
        foreign(&world, "PUT", SESSION, json!({"config": broken})).await;
        world.status(Status::Working).await;
        let found = drift(&world.cx, &world.shop, &world.number(number).await).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].to_string().starts_with("webhook.events is message.any, not "), "{found:?}");
        world.request_reconcile(number).await;
        world.run_jobs().await;
        world.status(Status::Working).await;
    }
    assert_eq!(world.waha.config("default").unwrap(), broken, "left alone");
    assert_eq!(world.requests("PUT", SESSION), 2 * UPDATES_MAX + 1, "all but the last were answered");
}

#[tokio::test]
async fn a_working_session_that_loses_our_webhook_again_gets_it_back() {
    let (world, number) = World::paired(Options::default()).await;
    let whole = world.waha.config("default").unwrap();
    for _ in 0..=UPDATES_MAX {
        foreign(&world, "PUT", SESSION, json!({"config": {}})).await;
        // The second look sees that it held.
        for _ in 0..2 {
            world.status(Status::Working).await;
            world.request_reconcile(number).await;
            world.run_jobs().await;
        }
        assert_eq!(world.waha.config("default").unwrap(), whole);
    }
}

#[tokio::test]
async fn a_session_that_fails_says_what_to_do() {
    let (world, number) = World::paired(Options::default()).await;
    world.waha.unlink("default").await.unwrap();
    world.request_reconcile(number).await;
    world.run_jobs().await;
    let seen = world.number(number).await;
    assert_eq!((seen.status.clone(), seen.verdict), (Some(InstanceStatus::Failed), Verdict::Dead));
    assert_eq!(seen.reason.as_deref(), Some("it failed at WAHA"), "nothing says that the phone unlinked it");
    assert_eq!(document(seen).remedy.as_deref(), Some("mychatflow instance restart shop"));

    // Asking for a code begins anew.
    let code = qr(&world.cx, &world.shop, number, Picture::Without).await.unwrap();
    assert_eq!(code.attempt, 1);
    world.waha.scan_qr("default").await.unwrap();
    world.request_reconcile(number).await;
    world.run_jobs().await;
    assert_eq!(world.number(number).await.verdict, Verdict::Healthy);

    let seen = restart(&world.cx, &world.shop, number).await.unwrap();
    assert!(seen.status.is_some());
    world.status(Status::Working).await;
    logout(&world.cx, &world.shop, number).await.unwrap();
    world.status(Status::ScanQrCode).await;
}

#[tokio::test]
async fn a_code_that_nobody_scans_is_told_from_an_unlinked_phone() {
    let life = Duration::from_millis(30);
    let world = World::new(Options { qr_first: life, qr_next: life, ..Options::default() }).await;
    let number = add(&world.cx, &world.shop, "shop", None, None).await.unwrap().id;
    qr(&world.cx, &world.shop, number, Picture::Without).await.unwrap();
    world.waha.wait_for_status("default", Status::Failed, SOON).await.unwrap();
    world.request_reconcile(number).await;
    world.run_jobs().await;
    let reason = world.number(number).await.reason.unwrap();
    assert_eq!(reason, "nobody scanned the QR code in time");
    let helps = document(world.number(number).await).remedy;
    assert_eq!(helps.as_deref(), Some("mychatflow instance pair shop"));
}

#[tokio::test]
async fn a_removed_number_is_nobodys_job() {
    let (world, number) = World::paired(Options::default()).await;
    world.request_reconcile(number).await;
    remove(&world.cx, &world.shop, number, SessionFate::Keep).await.unwrap();
    let done = world.run_jobs().await;
    assert!(matches!(done.as_slice(), [(_, Ended::Cancel { .. })]), "{done:?}");
    let gone = restart(&world.cx, &world.shop, number).await.unwrap_err();
    assert!(matches!(gone, InstanceError::NotFound));
}

#[tokio::test]
async fn a_number_that_fails_after_a_restart_is_logged_out_and_not_before() {
    let (world, number) = World::paired(Options::default()).await;
    world.waha.force_status("default", Status::Failed).await.unwrap();
    world.request_reconcile(number).await;
    world.run_jobs().await;
    let helps = |seen| document(seen).remedy.unwrap();
    assert_eq!(helps(world.number(number).await), "mychatflow instance restart shop");

    restart(&world.cx, &world.shop, number).await.unwrap();
    world.status(Status::Working).await;
    world.waha.force_status("default", Status::Failed).await.unwrap();
    world.request_reconcile(number).await;
    world.run_jobs().await;
    let both = "mychatflow instance logout shop, then: mychatflow instance pair shop";
    assert_eq!(helps(world.number(number).await), both);

    // Whoever works again fails like one that never did.
    logout(&world.cx, &world.shop, number).await.unwrap();
    world.waha.scan_qr("default").await.unwrap();
    world.request_reconcile(number).await;
    world.run_jobs().await;
    world.waha.force_status("default", Status::Failed).await.unwrap();
    world.request_reconcile(number).await;
    world.run_jobs().await;
    assert_eq!(helps(world.number(number).await), "mychatflow instance restart shop");
}

#[tokio::test]
async fn a_restart_that_waha_finds_needless_stops_and_starts() {
    let (world, number) = World::paired(Options::default()).await;
    let needless =
        json!({"message": "Session 'default' is already started.", "error": "Unprocessable Entity", "statusCode": 422});
    let answer = Fault::Answer { status: 422, body: needless };
    world.waha.faults().add(Operation::RestartSession, When::Next(1), answer);
    restart(&world.cx, &world.shop, number).await.unwrap();
    assert_eq!(world.requests("POST", &format!("{SESSION}/stop")), 1);
    assert_eq!(world.requests("POST", &format!("{SESSION}/start")), 1);
    world.status(Status::Working).await;
}

#[tokio::test]
async fn what_whatsapp_allows_of_new_chats_is_kept_and_a_working_that_tells_it_is_no_reconnect() {
    for (engine, version, known) in [
        (Engine::Gows, "2026.8.1", true),
        (Engine::Noweb, "2026.8.1", true),
        // An older server knows nothing of it: our own budget holds.
        (Engine::Gows, "2026.7.1", false),
    ] {
        let (world, number) = World::paired(Options { engine, version: version.into(), ..Options::default() }).await;
        world.pass(400);
        world.run_jobs().await;
        let paired_at = world.number(number).await.paired_at;
        let until_s = world.cx.now().millis() / 1000 + 7 * 86_400;
        world.waha.cap_new_chats("default", "FIRST_WARNING", (41, 50), until_s).await.unwrap();
        world.request_reconcile(number).await;
        let done: Vec<JobKind> = world.run_jobs().await.into_iter().map(|(job, _)| job.args.kind()).collect();
        assert_eq!(done, [JobKind::ReconcileInstance], "nothing is read anew");
        let seen = world.number(number).await;
        assert_eq!((seen.status, seen.paired_at), (Some(InstanceStatus::Working), paired_at));
        let told = seen.new_chats.map(|told| (told.state, told.used, told.quota, told.until));
        let until = Some(Timestamp::from_seconds(until_s));
        let expected = known.then(|| ("FIRST_WARNING".to_owned(), 41, Some(50), until));
        assert_eq!(told, expected, "{engine:?} {version}");
    }
}

#[tokio::test]
async fn a_time_lock_that_the_session_does_not_tell_restricts_the_number_all_the_same() {
    for (version, verdict) in [("2026.8.1", Verdict::Restricted), ("2026.7.1", Verdict::Healthy)] {
        let (world, number) = World::paired(Options { version: version.into(), ..Options::default() }).await;
        world.waha.lock_out("default", Duration::from_secs(7200)).await.unwrap();
        world.waha.hide_me("default", true).await.unwrap();
        world.request_reconcile(number).await;
        world.run_jobs().await;
        let seen = world.number(number).await;
        assert_eq!(seen.verdict, verdict, "{version}: {:?}", seen.reason);
    }
}

#[tokio::test]
async fn an_owner_adds_a_new_session_and_never_one_that_is_there() {
    let world = World::new(Options::default()).await;
    let (owner, operator) = (Standing::Person, Standing::Operator);
    let asked = async |standing: Standing, shop: &TenantStore, name: &str, session: &str| {
        let caller = Caller { uid: 2001, name: "olga".into(), standing };
        let call = InstanceAdd { tenant: None, name: name.to_owned(), waha: None, session: Some(session.to_owned()) };
        handlers::instances::add(&world.cx, shop, &caller, call).await.map(|reply| reply.0).map_err(|refused| refused.0)
    };
    asked(owner, &world.shop, "shop", "new-one").await.unwrap();

    // Of nobody here: somebody made it at WAHA. And of another tenant.
    foreign(&world, "POST", "/api/sessions", json!({"name": "of-somebody", "start": true, "config": {}})).await;
    let tenant =
        world.cx.store.add_tenant("Twin".into(), "starter".into(), "UTC".into(), world.cx.now()).await.unwrap();
    let twin = world.cx.store.tenant(tenant.id).await.unwrap();
    let mut words = Vec::new();
    for (shop, session) in [(&world.shop, "of-somebody"), (&twin, "of-somebody"), (&twin, "new-one")] {
        let refused = asked(owner, shop, "second", session).await.unwrap_err();
        assert_eq!(refused.code, Code::Forbidden, "{refused}");
        assert!(refused.message.contains("ask an operator to run `mychatflow instance add"), "{refused}");
        words.push(refused.message.replace(session, "…"));
    }
    words.dedup();
    assert_eq!(words.len(), 1, "a refusal does not tell whose it is: {words:?}");
    assert!(twin.instances().await.unwrap().is_empty(), "nothing was added");
    let config = world.waha.config("of-somebody").unwrap();
    assert!(config.get("webhooks").is_none(), "nothing of ours is in its config: {config}");

    // What is one's own is said plainly, and an operator may.
    let own = asked(owner, &world.shop, "other", "new-one").await.unwrap_err();
    assert!(own.code == Code::Conflict && own.message.contains("is that of shop"), "{own}");
    asked(operator, &world.shop, "second", "of-somebody").await.unwrap();
}

#[tokio::test]
async fn an_owner_adds_nothing_while_nobody_knows_what_is_there() {
    let world = World::new(Options::default()).await;
    world.waha.faults().add(
        Operation::ReadSession,
        When::Always,
        Fault::Answer { status: 500, body: json!({"message": "broken"}) },
    );
    let caller = Caller { uid: 2001, name: "olga".into(), standing: Standing::Person };
    let call = InstanceAdd { tenant: None, name: "shop".into(), waha: None, session: None };
    let refused = handlers::instances::add(&world.cx, &world.shop, &caller, call).await.unwrap_err().0;
    assert_eq!(refused.code, Code::Unavailable, "{refused}");
    assert!(world.shop.instances().await.unwrap().is_empty());
}
