//! The file itself: opened again, and written by a newer version.

use std::sync::Arc;

use mychatflow_data::store::Store;
use mychatflow_data::store::change::Deaf;
use mychatflow_data::store::error::StoreError;

use crate::support::{NOON, shop};

#[tokio::test]
async fn what_was_written_is_there_when_the_file_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let store = Store::open(&path, Arc::new(Deaf)).await.unwrap();
    let (shop, _) = shop(&store, "Corner Shop", "default").await;
    shop.add_quick_reply("hours".into(), "8 to 18".into(), None, NOON).await.unwrap();
    let tenant = shop.id();
    drop((shop, store));

    let store = Store::open(&path, Arc::new(Deaf)).await.unwrap();
    let shop = store.tenant(tenant).await.unwrap();
    assert_eq!(shop.quick_replies(None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    drop(Store::open(&path, Arc::new(Deaf)).await.unwrap());
    // The schema's number is the big-endian word at byte 60 of an SQLite file.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[60..64].copy_from_slice(&99u32.to_be_bytes());
    std::fs::write(&path, bytes).unwrap();
    let opened = Store::open(&path, Arc::new(Deaf)).await;
    assert!(matches!(opened.map(drop), Err(StoreError::Newer { found: 99, .. })));
}

#[tokio::test]
async fn a_migrated_file_is_sound_and_knows_its_kinds_of_jobs() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let store = Store::open(&path, Arc::new(Deaf)).await.unwrap();
    let (shop, _) = shop(&store, "Corner Shop", "default").await;
    let connection = rusqlite::Connection::open(&path).unwrap();
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let insert = "INSERT INTO jobs (tenant_id, id, kind, args, state, run_at, created_at, updated_at)
                  VALUES (?1, zeroblob(16), ?2, '{}', 'held', 0, 0, 0)";
    let id = shop.id();
    let tenant = &id.bytes()[..];
    assert!(connection.execute(insert, (tenant, "make_coffee")).is_err());
    assert_eq!(connection.execute(insert, (tenant, "run_campaign")).unwrap(), 1);
}

#[tokio::test]
async fn an_open_chat_is_found_by_its_chat_and_not_by_looking_through_the_shop() {
    // The planner has no figures of a new store: without seeded ones it takes `tenant_id` for a narrow search.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    drop(Store::open(&path, Arc::new(Deaf)).await.unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    for (table, column) in
        [("jobs", "chat_id"), ("interactions", "job_id"), ("interactions", "reply_id"), ("recipients", "contact_id")]
    {
        let sql = format!("EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE tenant_id = ?1 AND {column} = ?2");
        let plan: String = connection.query_row(&sql, (&[0u8; 16][..], &[0u8; 16][..]), |row| row.get(3)).unwrap();
        assert!(plan.contains(&format!("{column}=?")), "{table}.{column}: {plan}");
    }
}
