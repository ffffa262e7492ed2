//! A number is shown as it is, and how that is known: by asking WAHA, by its deliveries, by what it took of us.

use std::sync::Arc;
use std::time::Duration;

use mychatflow_daemon::health::{HealthScope, findings};
use mychatflow_daemon::instances::{Numbers, add, qr, slow_down};
use mychatflow_daemon::{code_watch, rounds, server_watch::ServerWatch};
use mychatflow_data::model::finding::FindingCode;
use mychatflow_data::model::instance::{InstanceStatus, Verdict};
use mychatflow_data::model::job::JobKind;
use mychatflow_data::protocol::calls::instance::Picture;
use mychatflow_sandbox::faults::{Fault, When};
use mychatflow_sandbox::waha::{Operation, Options, Status};
use serde_json::json;

use crate::world::World;

const SESSION: &str = "/api/sessions/default";
const SESSIONS: &str = "/api/sessions";

fn reason(number: &mychatflow_data::model::instance::Instance) -> &str {
    number.reason.as_deref().unwrap_or_default()
}

#[tokio::test]
async fn a_number_whose_deliveries_do_not_arrive_says_so_and_how_it_is_known() {
    let world = World::new(Options::default()).await;
    world.lose_all_posts();
    let number = add(&world.cx, &world.shop, "shop", None, None).await.unwrap().id;
    qr(&world.cx, &world.shop, number, Picture::Without).await.unwrap();
    world.waha.scan_qr("default").await.unwrap();
    code_watch::look(&world.cx).await.unwrap();
    world.run_jobs().await;
    let seen = world.number(number).await;
    assert_eq!((seen.status, seen.verdict), (Some(InstanceStatus::Working), Verdict::Healthy), "it may still come");

    world.pass(16);
    let mut watch = ServerWatch::default();
    watch.look(&world.cx).await.unwrap();
    world.run_jobs().await;
    let seen = world.number(number).await;
    assert_eq!(seen.verdict, Verdict::Suspect, "{seen:?}");
    assert!(reason(&seen).starts_with("WAHA's deliveries do not arrive: it is WORKING since "), "{seen:?}");
    assert!(reason(&seen).ends_with(" (asked), no delivery told so"), "{seen:?}");

    // The first one that comes ends it, within a look.
    world.cx.numbers.note_delivery(number, None, world.cx.now());
    watch.look(&world.cx).await.unwrap();
    world.run_jobs().await;
    assert_eq!(world.number(number).await.verdict, Verdict::Healthy);
}

#[tokio::test]
async fn a_number_whose_server_is_away_is_known_by_the_questions_that_got_no_answer() {
    let (world, number) = World::paired(Options::default()).await;
    let mut watch = ServerWatch::default();
    watch.look(&world.cx).await.unwrap();
    world.waha.stop_listening().await;
    world.pass(20);
    let away_since = world.cx.now();
    for _ in 0..5 {
        watch.look(&world.cx).await.unwrap();
        world.pass(20);
        // The words change while it lasts, and the state is kept anew.
        world.request_reconcile(number).await;
        world.run_jobs().await;
    }
    let found = findings(&world.cx, HealthScope::Number(world.shop.id(), number)).await.remove(0);
    assert_eq!((found.code, found.since), (FindingCode::NumberDown, Some(away_since)), "{found:#?}");
    assert_eq!(found.seen_at, Some(world.cx.now()), "{found:#?}");
    assert!(found.evidence.starts_with("WAHA was asked 0 s ago and did not say"), "{found:#?}");
    assert!(found.evidence.contains("it last answered 2 min ago"), "{found:#?}");
}

#[tokio::test]
async fn a_scan_is_noticed_at_once_without_any_webhook() {
    let world = World::new(Options::default()).await;
    world.lose_all_posts();
    let number = add(&world.cx, &world.shop, "shop", None, None).await.unwrap().id;
    code_watch::look(&world.cx).await.unwrap();
    let asked = world.requests("GET", SESSION);
    qr(&world.cx, &world.shop, number, Picture::Without).await.unwrap();
    assert_eq!(world.number(number).await.status, Some(InstanceStatus::ScanQrCode));
    let shown = world.requests("GET", SESSION);
    assert!(shown > asked, "nobody looked at a code before");
    world.waha.scan_qr("default").await.unwrap();
    code_watch::look(&world.cx).await.unwrap();
    assert_eq!(world.requests("GET", SESSION), shown + 1, "a look is one question");
    world.run_jobs().await;
    assert_eq!(world.number(number).await.status, Some(InstanceStatus::Working));
    let done = world.requests("GET", SESSION);
    code_watch::look(&world.cx).await.unwrap();
    assert_eq!(world.requests("GET", SESSION), done, "there is no code any more");
}

#[tokio::test]
async fn sessions_that_a_new_life_of_waha_left_stopped_are_started_after_the_next_look() {
    let (world, number) = World::paired(Options::default()).await;
    let mut watch = ServerWatch::default();
    watch.look(&world.cx).await.unwrap();
    assert!(world.run_jobs().await.is_empty(), "all is as we know it");
    world.waha.crash_and_leave_sessions_stopped().await.unwrap();
    watch.look(&world.cx).await.unwrap();
    world.run_jobs().await;
    assert_ne!(world.waha.status("default"), Some(Status::Stopped));
    assert_ne!(world.number(number).await.status, Some(InstanceStatus::Working), "it says what is");
    world.status(Status::Working).await;
    watch.look(&world.cx).await.unwrap();
    world.run_jobs().await;
    let seen = world.number(number).await;
    assert_eq!((seen.status.as_ref(), seen.verdict), (Some(&InstanceStatus::Working), Verdict::Healthy), "{seen:?}");
}

#[tokio::test]
async fn a_new_life_of_waha_is_seen_by_its_start_though_the_sessions_work() {
    let (world, _) = World::paired(Options::default()).await;
    let mut watch = ServerWatch::default();
    watch.look(&world.cx).await.unwrap();
    world.run_jobs().await;
    world.waha.crash_and_restart().await.unwrap();
    world.status(Status::Working).await;
    watch.look(&world.cx).await.unwrap();
    let kinds: Vec<_> = world.run_jobs().await.iter().map(|(job, _)| job.args.kind()).collect();
    // The webhooks that it was still repeating are gone.
    assert!(kinds.contains(&JobKind::RecoverHistory) && kinds.contains(&JobKind::ReconcileInstance), "{kinds:?}");
    watch.look(&world.cx).await.unwrap();
    assert!(world.run_jobs().await.is_empty(), "once a life");
}

#[tokio::test]
async fn a_server_that_is_away_and_comes_back_is_told_within_two_looks_and_one() {
    let (world, number) = World::paired(Options::default()).await;
    let mut watch = ServerWatch::default();
    watch.look(&world.cx).await.unwrap();
    world.waha.stop_listening().await;
    watch.look(&world.cx).await.unwrap();
    assert_eq!(world.number(number).await.verdict, Verdict::Healthy, "one question without an answer is no outage");
    watch.look(&world.cx).await.unwrap();
    let seen = world.number(number).await;
    assert!(seen.verdict == Verdict::Dead && reason(&seen).starts_with("WAHA can't be reached"), "{seen:?}");
    let recovered = world.cx.clients().wahas["main"].clone();
    world.waha.resume_listening().await.unwrap();
    watch.look(&world.cx).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), recovered.recovered()).await.expect("whoever waits is told");
    world.run_jobs().await;
    assert_eq!(world.number(number).await.verdict, Verdict::Healthy);
}

#[tokio::test]
async fn a_look_is_two_questions_however_many_numbers_a_server_has() {
    let (world, _) = World::paired(Options::default()).await;
    for name in ["two", "three"] {
        add(&world.cx, &world.shop, name, None, Some(name)).await.unwrap();
    }
    world.run_jobs().await;
    let before = world.waha.requests().len();
    ServerWatch::default().look(&world.cx).await.unwrap();
    assert_eq!(world.waha.requests().len(), before + 2);
    assert_eq!((world.requests("GET", SESSIONS), world.requests("GET", "/api/server/status")), (1, 1));
}

#[tokio::test]
async fn a_key_for_single_sessions_asks_for_them_one_by_one() {
    let (world, number) = World::paired(Options::default()).await;
    let forbidden = Fault::Answer { status: 403, body: json!({"message": "Forbidden", "statusCode": 403}) };
    world.waha.faults().add(Operation::ListSessions, When::Always, forbidden);
    let mut watch = ServerWatch::default();
    for _ in 0..3 {
        watch.look(&world.cx).await.unwrap();
    }
    assert_eq!(world.requests("GET", SESSIONS), 1, "it is not asked again for what it refuses");
    assert_eq!(world.number(number).await.verdict, Verdict::Healthy);
    world.waha.unlink("default").await.unwrap();
    watch.look(&world.cx).await.unwrap();
    world.run_jobs().await;
    assert_eq!(world.number(number).await.status, Some(InstanceStatus::Failed));
}

#[tokio::test]
async fn another_key_is_tried_for_all_sessions_at_once() {
    let (world, _) = World::paired(Options::default()).await;
    let forbidden = Fault::Answer { status: 403, body: json!({"message": "Forbidden", "statusCode": 403}) };
    world.waha.faults().add(Operation::ListSessions, When::Always, forbidden);
    let mut watch = ServerWatch::default();
    watch.look(&world.cx).await.unwrap();
    // A reload: the config may have another key.
    world.waha.faults().clear();
    let clients = (*world.cx.clients()).clone();
    world.cx.clients.send_replace(Arc::new(clients));
    watch.look(&world.cx).await.unwrap();
    watch.look(&world.cx).await.unwrap();
    assert_eq!(world.requests("GET", SESSIONS), 3, "one that was refused, and two");
}

#[tokio::test]
async fn a_session_that_can_not_be_made_is_tried_seldomer_and_seldomer() {
    let (world, _) = World::paired(Options::default()).await;
    world.waha.forget_session("default").await.unwrap();
    let full = Fault::Answer { status: 422, body: json!({"message": "no more sessions", "statusCode": 422}) };
    world.waha.faults().add(Operation::CreateSession, When::Always, full);
    let mut watch = ServerWatch::default();
    let mut tried = Vec::new();
    for look in 1..=40 {
        watch.look(&world.cx).await.unwrap();
        let before = world.requests("POST", SESSIONS);
        world.run_jobs().await;
        world.pass(20);
        if world.requests("POST", SESSIONS) > before {
            tried.push(look);
        }
    }
    assert_eq!(tried, [1, 2, 4, 8, 16, 32], "each look is 20 s after the one before");
    world.waha.faults().clear();
    for _ in 0..8 {
        watch.look(&world.cx).await.unwrap();
        world.run_jobs().await;
    }
    assert_ne!(world.waha.status("default"), None, "it is made within five minutes once it can be");
}

#[tokio::test]
async fn what_waha_leaves_out_or_garbles_is_told() {
    let (world, number) = World::paired(Options::default()).await;
    let scope = HealthScope::Number(world.shop.id(), number);
    let codes = async || findings(&world.cx, scope).await.iter().map(|found| found.code).collect::<Vec<_>>();
    assert_eq!(codes().await, []);
    let compare = async || {
        world.request_reconcile(number).await;
        world.run_jobs().await;
    };
    let answers = |body| Fault::Answer { status: 200, body };

    world.waha.hide_me("default", true).await.unwrap();
    world.waha.faults().add(Operation::Version, When::Always, answers(json!({})));
    compare().await;
    assert_eq!(codes().await, [FindingCode::NumberUntold]);
    world.waha.hide_me("default", false).await.unwrap();
    world.waha.faults().clear();
    compare().await;
    assert_eq!(codes().await, []);

    for operation in [Operation::ReadSession, Operation::ListSessions] {
        world.waha.faults().add(operation, When::Always, answers(json!({"odd": true})));
    }
    world.pass(700);
    ServerWatch::default().look(&world.cx).await.unwrap();
    compare().await;
    assert_eq!(world.number(number).await.verdict, Verdict::Healthy);
    assert_eq!(codes().await, [FindingCode::NumberUnproven], "it may be in any state by now");

    world.waha.faults().clear();
    let dreams = answers(json!({"name": "default", "status": "DREAMING"}));
    world.waha.faults().add(Operation::ReadSession, When::Always, dreams);
    world.pass(60);
    compare().await;
    let found = findings(&world.cx, scope).await;
    assert_eq!(found[0].code, FindingCode::NumberDown);
    assert!(found[0].summary.contains("DREAMING") && found[0].evidence.starts_with("WAHA was asked "), "{found:?}");
}

#[tokio::test]
async fn a_rest_outlives_a_restart_of_the_daemon_and_goes_on_doubling() {
    let (mut world, number) = World::paired(Options::default()).await;
    let until = slow_down(&world.cx, &world.shop, number).await.unwrap();
    world.cx.numbers = Numbers::default();
    assert_eq!(world.cx.numbers.slowed_until(number, world.cx.now()), None);
    rounds::recover_downtime(&world.cx).await.unwrap();
    assert_eq!(world.cx.numbers.slowed_until(number, world.cx.now()), Some(until));
    // After a look once the rest is over, and one more start.
    world.pass(61);
    world.request_reconcile(number).await;
    world.run_jobs().await;
    assert_eq!(world.number(number).await.verdict, Verdict::Healthy);
    world.cx.numbers = Numbers::default();
    rounds::recover_downtime(&world.cx).await.unwrap();
    let now = world.cx.now();
    let second = slow_down(&world.cx, &world.shop, number).await.unwrap();
    assert_eq!(second.since(now).as_secs().div_ceil(60), 2, "twice as long as the one before");
}
