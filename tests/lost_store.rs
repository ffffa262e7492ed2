//! The store's files are deleted, replaced or moved, under a running daemon and without one: nothing that was
//! acknowledged is destroyed, and whoever finds it reads what to do.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::fs;
use std::path::PathBuf;

use mychatflow_sandbox::waha::Engine;

use crate::support::{DEADLINE, NUMBER, Shop, World};

const STORE: &str = "mychatflow.db";
const LOG: &str = "mychatflow.db-wal";
const LOCK: &str = "mychatflow.lock";

/// Ana has her answer.
async fn answered() -> World {
    let world = World::open(Shop::on(Engine::Noweb)).await;
    world.ana_asks().await;
    world.answered_once(DEADLINE).await;
    world
}

fn data(world: &World, name: &str) -> PathBuf {
    world.path().join("data").join(name)
}

fn names(world: &World) -> Vec<String> {
    let entries = fs::read_dir(world.path().join("data")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_deleted_under_the_daemon_stops_it_and_nothing_more_is_acknowledged() {
    let mut world = answered().await;
    let before = world.waha.deliveries().len();
    for name in names(&world).into_iter().filter(|name| name.starts_with(STORE)) {
        fs::remove_file(data(&world, &name)).unwrap();
    }
    // The made-up WAHA may find nobody there any more.
    let _ = world.waha.customer_says(NUMBER, &world.ana, "Is anybody there?").await;
    assert_eq!(world.ended().await.code(), Some(1));
    let after = world.waha.deliveries().split_off(before);
    assert!(after.iter().all(|delivery| !delivery.acknowledged), "{after:#?}");
    assert!(world.log().contains("was deleted or moved away"), "{}", world.log());

    let said = world.refused(&["daemon"]).await;
    assert!(said.contains("is missing") && said.contains("mychatflow daemon --new"), "{said}");
    // What was in the open files was saved.
    fs::rename(data(&world, "mychatflow.db.saved"), data(&world, STORE)).unwrap();
    world.start().await;
    assert_eq!(world.sent().await.len(), 1, "what was acknowledged is there");
    world.books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_replaced_under_the_daemon_is_noticed_though_nobody_writes() {
    let mut world = answered().await;
    fs::rename(data(&world, STORE), data(&world, "kept")).unwrap();
    fs::write(data(&world, STORE), "Dear diary").unwrap();
    assert_eq!(world.ended().await.code(), Some(1));
    assert!(world.log().contains("was replaced by another file"), "{}", world.log());
    assert_eq!(fs::read(data(&world, STORE)).unwrap(), b"Dear diary");
    let said = world.refused(&["daemon"]).await;
    assert!(said.contains("is no store"), "{said}");

    fs::rename(data(&world, "kept"), data(&world, STORE)).unwrap();
    let said = world.refused(&["daemon"]).await;
    assert!(said.contains("mychatflow.db.saved out of the directory"), "one of the two is chosen: {said}");
    fs::remove_file(data(&world, "mychatflow.db.saved")).unwrap();
    world.start().await;
    assert_eq!(world.sent().await.len(), 1);
    world.books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_whose_store_is_missing_is_left_alone_until_the_store_is_back() {
    let mut world = answered().await;
    world.kill().await;
    let store = fs::read(data(&world, STORE)).unwrap();
    let log = fs::read(data(&world, LOG)).unwrap();
    fs::remove_file(data(&world, STORE)).unwrap();
    let said = world.refused(&["daemon"]).await;
    assert!(said.contains("is missing") && said.contains(LOG) && said.contains("--new"), "{said}");
    assert!(log == fs::read(data(&world, LOG)).unwrap() && !data(&world, STORE).exists());
    let doctor = world.run(&["doctor"]).await;
    let checks = doctor.lines[0]["checks"].as_array().unwrap().clone();
    let check = checks.iter().find(|check| check["name"] == "store").unwrap();
    assert!(check["state"] == "failed" && check["remedy"].as_str().unwrap().contains("--new"), "{check}");
    assert!(log == fs::read(data(&world, LOG)).unwrap() && !data(&world, STORE).exists());

    fs::write(data(&world, STORE), store).unwrap();
    world.start().await;
    assert_eq!(world.sent().await.len(), 1);
    world.books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_is_refused_before_its_log_is_used_up() {
    let mut world = answered().await;
    world.kill().await;
    let store = fs::read(data(&world, STORE)).unwrap();
    let log = fs::read(data(&world, LOG)).unwrap();
    let mut overwritten = store.clone();
    overwritten[3 * 4096..23 * 4096].fill(0xff);
    for (damaged, told) in [(&store[..store.len() / 2], "a part of it was cut off"), (&overwritten[..], "is damaged")] {
        fs::write(data(&world, STORE), damaged).unwrap();
        let said = world.refused(&["daemon"]).await;
        assert!(said.contains(told) && said.contains("copy of mychatflow.db") && said.contains("--new"), "{said}");
        assert!(log == fs::read(data(&world, LOG)).unwrap(), "the log is the only place of what was acknowledged");
        assert!(damaged == fs::read(data(&world, STORE)).unwrap());
    }
    fs::write(data(&world, STORE), store).unwrap();
    world.start().await;
    assert_eq!(world.sent().await.len(), 1);
    world.books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_whose_log_was_deleted_or_emptied_is_not_opened_as_a_new_one() {
    let mut world = answered().await;
    world.kill().await;
    let log = fs::read(data(&world, LOG)).unwrap();
    fs::write(data(&world, LOG), "").unwrap();
    for _ in ["emptied", "deleted"] {
        let said = world.refused(&["daemon"]).await;
        assert!(said.contains("put mychatflow.db-wal back") && said.contains("--new"), "{said}");
        let _ = fs::remove_file(data(&world, LOG));
    }
    fs::write(data(&world, LOG), log).unwrap();
    world.start().await;
    assert_eq!(world.sent().await.len(), 1);

    // Under the daemon: it saves everything, and the next start waits until that is used.
    fs::remove_file(data(&world, LOG)).unwrap();
    assert_eq!(world.ended().await.code(), Some(1));
    let said = world.refused(&["daemon"]).await;
    assert!(said.contains("mychatflow.db.saved") && said.contains("--new"), "{said}");
    fs::rename(data(&world, "mychatflow.db.saved"), data(&world, STORE)).unwrap();
    world.start().await;
    assert_eq!(world.sent().await.len(), 1);
    world.books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_cut_under_the_daemon_stops_it_and_nothing_more_is_acknowledged() {
    let mut world = answered().await;
    let before = world.waha.deliveries().len();
    fs::OpenOptions::new().write(true).open(data(&world, LOG)).unwrap().set_len(0).unwrap();
    // The made-up WAHA may find nobody there any more.
    let _ = world.waha.customer_says(NUMBER, &world.ana, "Is anybody there?").await;
    assert_eq!(world.ended().await.code(), Some(1));
    let after = world.waha.deliveries().split_off(before);
    assert!(after.iter().all(|delivery| !delivery.acknowledged), "{after:#?}");
    assert!(world.log().contains("mychatflow.db-wal was cut"), "{}", world.log());

    let said = world.refused(&["daemon"]).await;
    assert!(said.contains("mychatflow.db.saved") && said.contains("--new"), "{said}");
    for name in [STORE, LOG, "mychatflow.db-shm"] {
        let _ = fs::rename(data(&world, name), world.path().join(name));
    }
    fs::rename(data(&world, "mychatflow.db.saved"), data(&world, STORE)).unwrap();
    world.start().await;
    assert_eq!(world.sent().await.len(), 1, "what was acknowledged is there");
    world.books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_insists_gets_a_new_store_and_loses_nothing() {
    let mut world = answered().await;
    let said = world.refused(&["daemon", "--new"]).await;
    assert!(said.contains("another daemon is running"), "{said}");
    world.kill().await;
    let said = world.refused(&["daemon", "--new"]).await;
    assert!(said.contains("start without --new"), "a store in order is not set aside: {said}");
    let log = fs::read(data(&world, LOG)).unwrap();
    fs::remove_file(data(&world, STORE)).unwrap();
    world.start_as(&["daemon", "--new"]).await;
    assert!(world.done(&["tenant", "list"]).await.is_empty());
    let aside = names(&world).into_iter().find(|name| name.starts_with("mychatflow.db-wal.aside-")).unwrap();
    assert_eq!(fs::read(data(&world, &aside)).unwrap(), log);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_directory_where_a_store_was_is_no_first_start() {
    let mut world = answered().await;
    assert!(world.stop().await.success());
    let (dir, disk) = (world.path().join("data"), world.path().join("disk"));
    fs::rename(&dir, &disk).unwrap();
    for mounted in [false, true] {
        if mounted {
            fs::create_dir(&dir).unwrap();
        }
        let said = world.refused(&["daemon"]).await;
        assert!(said.contains("not mounted") && said.contains("--new"), "{said}");
        assert_eq!(dir.exists(), mounted, "nothing is made there");
    }
    assert!(names(&world).is_empty());
    fs::remove_dir(&dir).unwrap();
    fs::rename(&disk, &dir).unwrap();
    world.start().await;
    assert_eq!(world.sent().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_lock_lets_no_second_daemon_in() {
    let mut world = answered().await;
    fs::remove_file(data(&world, LOCK)).unwrap();
    let other = world.path().join("other/socket");
    let said = world.refused(&["daemon", "--socket", other.to_str().unwrap()]).await;
    assert!(said.contains("another daemon is running"), "{said}");
    world
        .until("the lock is there again", DEADLINE, async || {
            let text = fs::read_to_string(data(&world, LOCK)).unwrap_or_default();
            text.starts_with(&world.pid().to_string()).then_some(())
        })
        .await;
    assert!(world.stop().await.success());

    // A lock whose store is gone tells of it.
    for name in names(&world).into_iter().filter(|name| *name != LOCK) {
        let _ = fs::remove_file(data(&world, &name));
    }
    fs::remove_dir_all(world.path().join(".local")).unwrap();
    let said = world.refused(&["daemon"]).await;
    assert!(said.contains("is missing") && said.contains(LOCK), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_name_of_the_store_lets_no_second_daemon_in() {
    let world = answered().await;
    let other = world.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::hard_link(data(&world, STORE), other.join(STORE)).unwrap();
    let config = fs::read_to_string(world.config()).unwrap();
    let data_dir = world.path().join("data").display().to_string();
    let moved = world.path().join("other.toml");
    fs::write(&moved, config.replace(&data_dir, other.to_str().unwrap())).unwrap();
    let socket = world.path().join("other/socket");
    let line = ["daemon", "--config", moved.to_str().unwrap(), "--socket", socket.to_str().unwrap()];
    let said = world.refused(&line).await;
    assert!(said.contains("a hard link") && said.contains("cp -p mychatflow.db"), "{said}");
    world.ana_asks_more().await;
    world.answered_twice(DEADLINE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_or_a_socket_that_is_a_link_is_refused() {
    let world = World::unfurnished(Shop::on(Engine::Noweb)).await;
    fs::create_dir(world.path().join("data")).unwrap();
    let letter = world.path().join("letter");
    fs::write(&letter, "Dear Ana").unwrap();
    std::os::unix::fs::symlink(&letter, data(&world, LOCK)).unwrap();
    let said = world.refused(&["daemon"]).await;
    assert!(said.contains(LOCK) && said.contains("is a link"), "{said}");
    fs::remove_file(data(&world, LOCK)).unwrap();

    fs::create_dir(world.path().join("run")).unwrap();
    std::os::unix::fs::symlink(&letter, world.socket()).unwrap();
    let said = world.refused(&["daemon"]).await;
    assert!(said.contains("run/socket") && said.contains("is a link"), "{said}");
    assert_eq!(fs::read_to_string(&letter).unwrap(), "Dear Ana");
}
