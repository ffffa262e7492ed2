//! Files of older versions, full of data, come to the newest schema with everything counted and indexed.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::TenantId;
use mychatflow_data::store::Store;
use mychatflow_data::store::change::Deaf;
use mychatflow_data::store::chat_list::ChatFilter;
use mychatflow_data::store::contacts::ContactFilter;
use mychatflow_data::store::queue::QueueFilter;
use mychatflow_data::store::search::Wanted;
use mychatflow_data::time::Timestamp;
use rusqlite::Connection;

use crate::full_store::{empty_tables, missing_words};
use crate::support::NOON;

const FIRST: &str = include_str!("../../src/store/migrations/0001_first.sql");
const STATISTICS: &str = include_str!("../../src/store/migrations/0002_statistics.sql");

fn write_old_file(path: &Path, tenant: TenantId) {
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

/// The full store of a released version, as that version wrote it.
pub fn fixture(version: &str) -> PathBuf {
    let name = format!("store-{version}.db.gz");
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Writes a store to where fixtures are.
pub fn pack(from: &Path, to: &Path) {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&std::fs::read(from).unwrap()).unwrap();
    std::fs::write(to, packed.finish().unwrap()).unwrap();
}

pub fn unpack(from: &Path, to: &Path) {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(from).unwrap()).read_to_end(&mut bytes).unwrap();
    std::fs::write(to, bytes).unwrap();
}

/// Rows of a table, as another pair of eyes counts them.
fn rows(file: &Connection, table: &str) -> i64 {
    file.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_store_of_version_0_1_0_opens() {
    const KEPT: &[&str] = &[
        "tenants",
        "members",
        "instances",
        "contacts",
        "identities",
        "contact_tags",
        "chats",
        "drafts",
        "interactions",
        "early_acks",
        "early_changes",
        "deliveries",
        "unreadable",
        "ledger",
        "purses",
        "settings",
        "quick_replies",
        "jobs",
        "steps",
        "notes",
        "activity",
        "campaigns",
        "recipients",
        "suppressions",
        "erasures",
        "segments",
        "merges",
        "campaign_media",
        "campaign_media_pieces",
        "number_checks",
        "citations",
    ];
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mychatflow.db");
    unpack(&fixture("0.1.0"), &path);
    let file = Connection::open(&path).unwrap();
    assert_eq!((empty_tables(&file), missing_words(&file)), (vec![], vec![]), "the fixture is full");
    let before: Vec<_> = KEPT.iter().map(|table| (*table, rows(&file, table))).collect();
    drop(file);

    let store = Store::open(&path, Arc::new(Deaf)).await.unwrap();
    let tenants = store.tenants().await.unwrap();
    assert_eq!(tenants.iter().map(|tenant| tenant.name.as_str()).collect::<Vec<_>>(), ["Bakery", "Corner Shop"]);
    for tenant in tenants {
        let shop = store.tenant(tenant.id).await.unwrap();
        assert_eq!(shop.audit().await.unwrap().drift, Credits::ZERO);
        let cake = Wanted { text: "cake".into(), ..Wanted::default() };
        assert!(shop.search(cake, None, 100).await.unwrap().len() > 10, "words are found");
        let chats = shop.chats(ChatFilter::default(), None, 1000).await.unwrap();
        assert!(chats.len() > 15);
        for listed in &chats {
            shop.interactions(listed.chat.id, None, 1000).await.unwrap();
            shop.notes(listed.chat.id).await.unwrap();
            shop.draft(listed.chat.id).await.unwrap();
        }
        for contact in shop.contacts(ContactFilter::default(), None, 1000).await.unwrap() {
            shop.merges_of(contact.id).await.unwrap();
        }
        for found in shop.campaigns(None, None, 1000, NOON).await.unwrap() {
            shop.recipients(found.campaign.id, None, None, 1000).await.unwrap();
        }
        assert!(!shop.queue(QueueFilter::All, None, 1000).await.unwrap().is_empty());
        assert!(!shop.ledger(None, 1000).await.unwrap().is_empty());
        assert!(!shop.activity(Timestamp::from_millis(0)).await.unwrap().is_empty());
        shop.suppressions(None, 1000).await.unwrap();
        shop.counts(NOON).await.unwrap();
    }
    drop(store);

    let file = Connection::open(&path).unwrap();
    let after: Vec<_> = KEPT.iter().map(|table| (*table, rows(&file, table))).collect();
    assert_eq!(after, before, "nothing is lost and nothing is added");
    let sound: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let broken: i64 = file.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
    assert_eq!(broken, 0);
    file.execute_batch("INSERT INTO search (search) VALUES ('integrity-check')").unwrap();
}
