//! A file of the schema before the console, full of data, comes to the newest one with everything counted and indexed.

use std::sync::Arc;
use std::time::Duration;

use mychatflow_data::ids::TenantId;
use mychatflow_data::store::Store;
use mychatflow_data::store::change::Deaf;
use mychatflow_data::store::chat_list::ChatFilter;
use mychatflow_data::store::search::Wanted;
use mychatflow_data::time::Timestamp;
use rusqlite::Connection;

use crate::support::NOON;

const FIRST: &str = include_str!("../../src/store/migrations/0001_first.sql");
const STATISTICS: &str = include_str!("../../src/store/migrations/0002_statistics.sql");

fn write_old_file(path: &std::path::Path, tenant: TenantId) {
    let file = Connection::open(path).unwrap();
    file.execute_batch(
        "CREATE TABLE migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, length INTEGER NOT NULL) STRICT",
    )
    .unwrap();
    for (version, (name, sql)) in [("0001_first", FIRST), ("0002_statistics", STATISTICS)].into_iter().enumerate() {
        file.execute_batch(sql).unwrap();
        let length = i64::try_from(sql.len()).unwrap();
        let row = (i64::try_from(version + 1).unwrap(), name, length);
        file.execute("INSERT INTO migrations (version, name, length) VALUES (?1, ?2, ?3)", row).unwrap();
    }
    file.pragma_update(None, "user_version", 2).unwrap();
    let (id, noon) = (&tenant.bytes()[..], NOON.millis());
    file.execute("INSERT INTO tenants VALUES (?1, 'Shop', 'starter', 'UTC', 'active', ?2)", (id, noon)).unwrap();
    file.execute_batch(&format!(
        "INSERT INTO instances (tenant_id, id, name, waha, session, hmac_key, verdict, since, created_at)
             SELECT id, x'00000000000000000000000000000001', 'main', 'main', 'default', 'key', 'healthy', {noon}, {noon} FROM tenants;
         INSERT INTO contacts (tenant_id, id, name, phone, review, created_at)
             SELECT id, x'00000000000000000000000000000002', 'JÖRG', '4915111111111', 'unreviewed', {noon} FROM tenants;
         INSERT INTO chats (tenant_id, id, instance_id, contact_id, kind, address, state, unread, last_at, created_at)
             SELECT id, x'00000000000000000000000000000003', x'00000000000000000000000000000001', x'00000000000000000000000000000002', 'direct',
                    '4915111111111@c.us', 'needs_you', 2, {noon}, {noon} FROM tenants;"
    ))
    .unwrap();
    for (at, direction, author, state, text) in [
        (0, "in", "customer", "received", "is there cake?"),
        (1, "out", "assistant", "read", "yes, cake every day"),
        (2, "in", "customer", "received", "which cake?"),
        (3, "in", "customer", "received", "hello?"),
        (4, "out", "assistant", "cancelled", "all sorts of cake"),
    ] {
        file.execute(
            "INSERT INTO interactions (tenant_id, id, instance_id, chat_id, direction, author, state, kind, text, at,
                                       address, created_at)
             VALUES (?1, randomblob(16), x'00000000000000000000000000000001', x'00000000000000000000000000000003', ?2, ?3, ?4, 'text', ?5, ?6,
                     '4915111111111@c.us', ?6)",
            (id, direction, author, state, text, noon + at * 1000),
        )
        .unwrap();
    }
}

#[tokio::test]
async fn an_older_file_is_counted_and_indexed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let tenant = TenantId::new();
    write_old_file(&path, tenant);

    let store = Store::open(&path, Arc::new(Deaf)).await.unwrap();
    let shop = store.tenant(tenant).await.unwrap();
    let filter = ChatFilter { find: Some("jörg".into()), ..ChatFilter::default() };
    let listed = shop.chats(filter, None, 10).await.unwrap();
    assert_eq!(listed[0].chat.waiting_since, Some(NOON + Duration::from_secs(2)));
    let wanted = || Wanted { text: "cake".into(), ..Wanted::default() };
    assert_eq!(shop.search(wanted(), None, 10).await.unwrap().len(), 3, "what was taken back is not found");
    let activity = shop.activity(Timestamp::from_millis(0)).await.unwrap();
    let counts: Vec<_> = activity.iter().map(|(at, seen)| (*at, seen.received, seen.assistant)).collect();
    assert_eq!(counts, [(NOON, 3, 1)]);
    let counts = shop.counts(NOON).await.unwrap();
    assert_eq!((counts.unread, counts.unreviewed), (1, 1));
    drop((shop, store));

    let file = Connection::open(&path).unwrap();
    let sound: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    file.execute_batch("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)").unwrap();
}
