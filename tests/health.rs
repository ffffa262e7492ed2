//! What is broken is not called healthy: each story breaks something under the real daemon, and reads what its places say.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use mychatflow_sandbox::waha::Engine;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use serde_json::Value;

use crate::support::{DEADLINE, Shop, World};

/// Room for a row, and not for a long message.
const ROOM: u64 = 24 * 1024;

/// Nothing that the daemon writes may grow past this.
fn limit_files(world: &World, bytes: Option<u64>) {
    let pid = Pid::from_raw(world.pid().try_into().unwrap());
    let maximum = getrlimit(Resource::Fsize).maximum;
    prlimit(pid, Resource::Fsize, Rlimit { current: bytes, maximum }).unwrap();
}

/// What `daemon status` has found, by code.
async fn finding(world: &World, code: &str) -> Option<Value> {
    let status = world.done(&["daemon", "status"]).await.remove(0);
    let findings = status["findings"].as_array().unwrap().clone();
    findings.into_iter().find(|finding| finding["code"] == code)
}

async fn ready(world: &World) -> (u16, Value) {
    let status = world.done(&["daemon", "status"]).await.remove(0);
    let url = status["metrics"].as_str().unwrap().replace("/metrics", "/readyz");
    let client = mychatflow_daemon::http_client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();
    let answer = client.get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_disk_without_room_for_a_message_is_told_by_every_place() {
    let mut world = World::unfurnished(Shop::on(Engine::Noweb)).await;
    world.start().await;
    world.furnish().await;
    world.pair().await;
    assert_eq!(ready(&world).await.0, 200);
    let log = world.path().join("data").join(format!("{}-wal", mychatflow_daemon::STORE_FILE));
    limit_files(&world, Some(std::fs::metadata(&log).unwrap().len() + ROOM));
    world.ana_says(&"a long question ".repeat(3_750)).await;
    let told = world
        .until("it is not ready", DEADLINE, async || {
            let (status, told) = ready(&world).await;
            (status == 503).then_some(told)
        })
        .await;
    assert_eq!(told["ready"], false, "{told}");
    let finding = &told["findings"][0];
    assert!(["store_refuses_writes", "deliveries_refused"].contains(&finding["code"].as_str().unwrap()), "{told}");
    // The probe may go well meanwhile, and changes nothing.
    let (status, told) = ready(&world).await;
    assert_eq!(status, 503, "{told}");
    let status = world.done(&["daemon", "status"]).await.remove(0);
    assert_eq!(status["store"]["health"], "down", "{status}");
    let doctor = world.run(&["doctor"]).await;
    assert_eq!(doctor.code, 1);
    let checks = doctor.lines[0]["checks"].as_array().unwrap().clone();
    let store = checks.iter().find(|check| check["name"] == "store").unwrap();
    assert_eq!(store["state"], "failed", "{store}");
    assert!(store["remedy"].as_str().unwrap().contains("df -h"), "{store}");
    // There is room again: WAHA posts the message once more, and that is the proof.
    limit_files(&world, None);
    world.until("it is ready", DEADLINE, async || (ready(&world).await.0 == 200).then_some(())).await;
}

#[tokio::test]
async fn an_index_that_somebody_dropped_is_told_with_the_command_that_makes_it() {
    let mut world = World::unpaired(Shop::on(Engine::Noweb)).await;
    assert_eq!(finding(&world, "schema_changed").await, None);
    world.stop().await;
    let path = world.path().join("data").join(mychatflow_daemon::STORE_FILE);
    let file = rusqlite::Connection::open(&path).unwrap();
    file.execute_batch("DROP INDEX interactions_by_bare_id").unwrap();
    drop(file);
    // Who looks before the daemon starts is told too.
    let doctor = world.run(&["doctor"]).await.lines.remove(0);
    let store = doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == "store").cloned().unwrap();
    assert_eq!((&store["state"], &store["finding"]["code"]), (&"failed".into(), &"schema_changed".into()), "{store}");
    world.start().await;
    let told = world.until("it is told", DEADLINE, async || finding(&world, "schema_changed").await).await;
    assert!(told["summary"].as_str().unwrap().contains("the index interactions_by_bare_id is missing"), "{told}");
    assert!(told["remedy"].as_str().unwrap().contains("CREATE UNIQUE INDEX interactions_by_bare_id"), "{told}");
    assert!(told["seen_at"].is_string() && told["since"].is_string(), "{told}");
    let doctor = world.run(&["doctor"]).await;
    assert_eq!(doctor.code, 1);
    let store = doctor.lines[0]["checks"].as_array().unwrap().iter().find(|check| check["name"] == "store").cloned();
    assert_eq!(store.unwrap()["finding"]["code"], "schema_changed");
}

#[tokio::test]
async fn after_a_kill_the_store_is_looked_through_and_its_age_is_told() {
    let mut world = World::unpaired(Shop::on(Engine::Noweb)).await;
    world.kill().await;
    world.start().await;
    world
        .until("it was looked through", DEADLINE, async || {
            let status = world.done(&["daemon", "status"]).await.remove(0);
            status["store"]["looked_through_at"].is_string().then_some(())
        })
        .await;
    assert_eq!(finding(&world, "store_unchecked").await, None);
    assert_eq!(finding(&world, "store_damaged").await, None);
}

#[tokio::test]
async fn a_config_that_others_may_read_is_told_by_the_daemon_too() {
    let mut world = World::unfurnished(Shop::on(Engine::Noweb)).await;
    let config = world.config();
    let allow = |mode| std::fs::set_permissions(&config, std::fs::Permissions::from_mode(mode)).unwrap();
    allow(0o644);
    world.start().await;
    assert!(world.log().contains("holds keys, and others may read it (mode 0644)"), "{}", world.log());
    let told = finding(&world, "config_readable").await.unwrap();
    assert_eq!(told["remedy"], format!("chmod 600 {}", config.display()), "{told}");
    allow(0o600);
    assert_eq!(finding(&world, "config_readable").await, None);
}
