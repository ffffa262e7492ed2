//! Is the file what it should be: pages and schema.

use std::os::unix::fs::FileExt;
use std::sync::Arc;

use mychatflow_data::model::delivery::{DeliveryEvent, PROBE_MARK};
use mychatflow_data::model::instance::{InstanceStatus, Me, Verdict};
use mychatflow_data::model::setting::Rules;
use mychatflow_data::phone::Address;
use mychatflow_data::store::Store;
use mychatflow_data::store::change::Deaf;
use mychatflow_data::store::instances::Sighting;
use mychatflow_data::store::soundness::{SchemaChange, look_through_closed_file};
use mychatflow_data::store::tx::accept_delivery::Accepted;

use crate::support::{NOON, message, shop, world};

#[tokio::test]
async fn a_store_that_this_version_made_is_built_as_it_should_be() {
    let world = world().await;
    assert_eq!(world.store.schema_differences().await.unwrap(), []);
    assert_eq!(world.store.look_through().await.unwrap(), None);
    assert!(world.store.was_closed_in_order());
}

#[tokio::test]
async fn a_unique_index_that_somebody_dropped_is_found() {
    let world = world().await;
    let file = world.file();
    file.execute_batch("DROP INDEX interactions_by_bare_id; CREATE TABLE notes_of_mine (x)").unwrap();
    let found = world.store.schema_differences().await.unwrap();
    let told: Vec<_> = found.iter().map(|found| (found.name.as_str(), found.change)).collect();
    assert_eq!(told, [("interactions_by_bare_id", SchemaChange::Missing), ("notes_of_mine", SchemaChange::Extra)]);
    // Typed on one line, as the remedy has it.
    let made = found[0].sql.as_deref().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    file.execute_batch(&format!("{made}; DROP TABLE notes_of_mine")).unwrap();
    assert_eq!(world.store.schema_differences().await.unwrap(), []);
}

#[tokio::test]
async fn flipped_bits_of_a_page_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let store = Store::open(&path, Arc::new(Deaf)).await.unwrap();
    let (shop, _) = shop(&store, "Corner Shop", "default").await;
    shop.add_quick_reply("hours".into(), "8 to 18".into(), None, NOON).await.unwrap();
    drop((shop, store));
    assert_eq!(look_through_closed_file(&path, std::time::Duration::from_secs(60)).unwrap(), None);
    // Where the table of quick replies begins, its page says what sort it is.
    let connection = rusqlite::Connection::open(&path).unwrap();
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'quick_replies'";
    let page: u32 = connection.query_row(root, [], |row| row.get(0)).unwrap();
    let bytes: u32 = connection.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    drop(connection);
    let file = std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let mut head = [0; 4];
    file.read_exact_at(&mut head, u64::from(page - 1) * u64::from(bytes)).unwrap();
    file.write_all_at(&head.map(|byte| byte ^ 0x55), u64::from(page - 1) * u64::from(bytes)).unwrap();
    drop(file);
    assert!(look_through_closed_file(&path, std::time::Duration::from_secs(60)).unwrap().is_some());
    let store = Store::open(&path, Arc::new(Deaf)).await.unwrap();
    assert!(store.look_through().await.unwrap().is_some());
}

#[tokio::test]
async fn a_store_that_was_killed_says_so() {
    let world = world().await;
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("store.db");
    let from = world.store.path();
    for suffix in ["", "-wal"] {
        let name = |path: &std::path::Path| format!("{}{suffix}", path.display());
        std::fs::copy(name(from), name(&copy)).unwrap();
    }
    let store = Store::open(&copy, Arc::new(Deaf)).await.unwrap();
    assert!(!store.was_closed_in_order());
}

#[tokio::test]
async fn only_real_writes_are_evidence_that_the_store_takes_any() {
    let world = world().await;
    let before = world.store.write_health().stored.unwrap();
    world.store.probe().await.unwrap();
    assert!(world.store.write_health().stored.unwrap() >= before, "a probe is no real write");
    world.store.probe_room().await.unwrap();
    assert!(world.store.write_health().room.is_some());
    let counters = world.store.counters().await.unwrap();
    assert!(counters.iter().all(|counter| counter.name.len() < 200), "the probe leaves nothing");
    world.says("447700900123@c.us", "A1", "hello", NOON).await;
    let health = world.store.write_health();
    assert!(health.stored < health.room, "a message is: {health:?}");
}

/// A number may write to itself to see whether deliveries come. Nobody is answered for that, and nobody took over.
#[tokio::test]
async fn a_test_message_of_a_number_to_itself_is_no_conversation() {
    let world = world().await;
    let me = Address::parse("447700900500@c.us").unwrap();
    let sighting = Sighting {
        status: Some(InstanceStatus::Working),
        verdict: Verdict::Healthy,
        reason: None,
        me: Some(Me { id: me.clone(), lid: None, name: None }),
        engine: None,
        version: None,
    };
    world.shop.see_instance(world.number, sighting, NOON).await.unwrap();
    let text = format!("{PROBE_MARK} 019b. Nobody needs to answer it.");
    let mut own = message(me.as_str(), "P1", &text, NOON);
    for from_me in [true, false] {
        own.from_me = from_me;
        assert_eq!(world.receives(DeliveryEvent::Message(own.clone()), NOON).await, Accepted::Ignored);
    }
    let found = world.shop.recover_message(world.number, own, Rules::default(), NOON).await.unwrap();
    assert_eq!(found, Accepted::Ignored);
    let chats = |file: &rusqlite::Connection| -> i64 {
        file.query_row("SELECT count(*) FROM chats", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(chats(&world.file()), 0);
    // The same words of a customer are a message like any other.
    assert_eq!(world.says("447700900123@c.us", "C1", &text, NOON).await, Accepted::Stored);
}
