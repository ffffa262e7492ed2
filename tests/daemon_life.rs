//! The daemon comes and goes: whoever stops it, starts it, or loses its socket meets it again, and never reads "start it" of
//! a daemon that runs.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use mychatflow_daemon::data_dir::is_locked;
use mychatflow_sandbox::waha::Engine;
use rustix::fs::{FlockOperation, flock};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::{DEADLINE, Shop, World};

fn lock(world: &World) -> PathBuf {
    world.path().join("data/mychatflow.lock")
}

async fn started() -> World {
    let mut world = World::unfurnished(Shop::on(Engine::Noweb)).await;
    world.start().await;
    world
}

async fn pid(world: &World) -> Value {
    world.done(&["daemon", "status"]).await[0]["pid"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_returns_when_the_next_daemon_can_be_started() {
    let mut world = World::unfurnished(Shop::on(Engine::Noweb)).await;
    for _ in 0..3 {
        world.start().await;
        let pid = world.pid();
        let told = world.done(&["daemon", "stop"]).await.remove(0);
        assert_eq!(told["pid"], json!(pid));
        assert!(!is_locked(&lock(&world)) && !is_locked(&world.path().join("data")), "its lock is free");
        // Its parent has not asked for it yet; nothing else of it is left.
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        assert!(stat.is_empty() || stat.contains(") Z "), "its process has gone: {stat}");
        assert_eq!(world.ended().await.code(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_starts_waits_for_one_that_goes() {
    let mut world = started().await;
    let mut next = world.command(&["daemon"]);
    let mut next = next.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(next.stderr.take().unwrap()).lines();
    while let Some(line) = said.next_line().await.unwrap() {
        if line.contains("another daemon is running") {
            break;
        }
    }
    // It goes on talking, and nobody must keep it from it.
    tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
    assert_eq!(world.stop().await.code(), Some(0));
    world
        .until("the next one answers", DEADLINE, async || {
            let ran = world.run(&["daemon", "status"]).await;
            (ran.code == 0 && ran.lines[0]["pid"] == json!(next.id())).then_some(())
        })
        .await;
    drop(next);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_somebody_deletes_is_made_anew_and_commands_wait_for_it() {
    let world = started().await;
    fs::remove_file(world.socket()).unwrap();
    assert_eq!(pid(&world).await, json!(world.pid()));
    fs::remove_dir_all(world.socket().parent().unwrap()).unwrap();
    assert_eq!(pid(&world).await, json!(world.pid()));
    assert!(world.socket().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_is_found_after_the_session_that_started_it_is_gone() {
    let world = World::unfurnished(Shop::on(Engine::Noweb)).await;
    let text = fs::read_to_string(world.config()).unwrap();
    let text: Vec<&str> = text.lines().filter(|line| !line.starts_with("socket = ")).collect();
    fs::write(world.config(), text.join("\n")).unwrap();
    let session = world.path().join("session");
    fs::create_dir(&session).unwrap();
    let mut daemon = world.command(&["daemon"]);
    daemon.env("XDG_RUNTIME_DIR", &session).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let daemon = daemon.spawn().unwrap();

    // From a session that has no such directory.
    let shown = world
        .until("it answers", DEADLINE, async || {
            let ran = world.run(&["daemon", "status"]).await;
            (ran.code == 0).then(|| ran.lines[0].clone())
        })
        .await;
    let usual = session.join("mychatflow/mychatflow.sock");
    assert_eq!((&shown["pid"], &shown["socket"]), (&json!(daemon.id()), &json!(usual.to_str().unwrap())));

    // What a logout leaves: no directory, and none that could be made.
    fs::remove_dir_all(&session).unwrap();
    fs::write(&session, "").unwrap();
    let refuge = world.path().join("data/run/mychatflow.sock");
    let shown = world.done(&["daemon", "status"]).await.remove(0);
    assert_eq!((&shown["pid"], &shown["socket"]), (&json!(daemon.id()), &json!(refuge.to_str().unwrap())));

    // Somebody logs in again.
    fs::remove_file(&session).unwrap();
    world
        .until("the socket is back", DEADLINE, async || {
            let mut status = world.command(&["daemon", "status"]);
            let told = status.arg("--json").env("XDG_RUNTIME_DIR", &session).output().await.unwrap();
            String::from_utf8_lossy(&told.stdout).contains(usual.to_str().unwrap()).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_to_start_a_daemon_that_runs() {
    let world = World::unfurnished(Shop::on(Engine::Noweb)).await;
    fs::create_dir(world.path().join("data")).unwrap();
    fs::write(lock(&world), "4242\nstarting\n").unwrap();
    let held = File::open(lock(&world)).unwrap();
    flock(&held, FlockOperation::LockExclusive).unwrap();
    for line in [&["chat", "list"][..], &[]] {
        let ran = world.command(line).output().await.unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(3), "{said}");
        assert!(said.contains("the daemon (pid 4242) runs, and does not listen at"), "{said}");
        assert!(!said.contains("tart"), "{said}");
    }
    let said = world.refused(&["daemon"]).await;
    assert!(said.contains("another daemon is running (pid 4242)"), "{said}");
}

/// A command of an account that has no rights of its own. `None` where the tests may not become one.
fn stranger(world: &World, line: &[&str]) -> Option<tokio::process::Command> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let program = world.path().join("mychatflow");
    if !program.exists() {
        fs::copy(env!("CARGO_BIN_EXE_mychatflow"), &program).unwrap();
        fs::set_permissions(world.path(), PermissionsExt::from_mode(0o755)).unwrap();
    }
    let mut command = tokio::process::Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program).args(line);
    command.arg("--socket").arg(world.socket()).env_clear().env("HOME", world.path()).env("PATH", "/usr/bin:/bin");
    Some(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_see_nothing_is_told_what_to_ask_the_operator_for() {
    let world = World::unpaired(Shop { daemon: "socket_group = \"65534\"", ..Shop::on(Engine::Noweb) }).await;
    for line in [&[][..], &["chat", "list"], &["tenant", "list"], &["overview"]] {
        let Some(mut command) = stranger(&world, line) else { return };
        let ran = command.output().await.unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(4), "{line:?}: {said}");
        assert!(said.contains("works for no tenant here; ask an operator to run `mychatflow tenant grant"), "{said}");
    }
    world.done(&["tenant", "grant", "--user", "65534", "--role", "viewer"]).await;
    let ran = stranger(&world, &["chat", "list"]).unwrap().output().await.unwrap();
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
}
