//! Brings a file to the newest schema, one transaction a migration, and refuses a newer one.

use rusqlite::{Connection, TransactionBehavior, named_params};

use super::error::StoreError;

/// Every migration in order. Append only: what a released version ran is never edited.
pub(crate) const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_first", include_str!("migrations/0001_first.sql")),
    ("0002_statistics", include_str!("migrations/0002_statistics.sql")),
    ("0003_console", include_str!("migrations/0003_console.sql")),
    ("0004_campaigns", include_str!("migrations/0004_campaigns.sql")),
    ("0005_people", include_str!("migrations/0005_people.sql")),
    ("0006_campaign_plans", include_str!("migrations/0006_campaign_plans.sql")),
    ("0007_quick_replies", include_str!("migrations/0007_quick_replies.sql")),
    ("0008_open_questions", include_str!("migrations/0008_open_questions.sql")),
    ("0009_contents", include_str!("migrations/0009_contents.sql")),
    ("0010_disclosure", include_str!("migrations/0010_disclosure.sql")),
    ("0011_pairing_window", include_str!("migrations/0011_pairing_window.sql")),
    ("0012_needs_human", include_str!("migrations/0012_needs_human.sql")),
    ("0013_new_chats", include_str!("migrations/0013_new_chats.sql")),
    ("0014_sends_without_id", include_str!("migrations/0014_sends_without_id.sql")),
    ("0015_answer_fault", include_str!("migrations/0015_answer_fault.sql")),
    ("0016_unwitnessed_pairing", include_str!("migrations/0016_unwitnessed_pairing.sql")),
    ("0017_begun_by_people", include_str!("migrations/0017_begun_by_people.sql")),
];

/// Says which schema the file has, or refuses one that this program does not know, before anything is written.
pub(crate) fn refuse_newer(connection: &Connection) -> Result<i64, StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known { Err(StoreError::Newer { found, known }) } else { Ok(found) }
}

/// Has the file the schema of this version?
pub(crate) fn is_newest(connection: &Connection) -> Result<bool, StoreError> {
    Ok(refuse_newer(connection)? == i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX))
}

/// Runs what the file has not seen yet.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let found = refuse_newer(connection)?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, length INTEGER NOT NULL) STRICT",
    )?;
    for (version, (name, sql)) in (1i64..).zip(MIGRATIONS) {
        let length = i64::try_from(sql.len()).unwrap_or(i64::MAX);
        if version <= found {
            let same: bool = connection.query_row(
                "SELECT EXISTS (SELECT 1 FROM migrations WHERE version = :version AND name = :name AND length = :length)",
                named_params! {":version": version, ":name": name, ":length": length},
                |row| row.get(0),
            )?;
            if !same {
                return Err(StoreError::MigrationChanged(version));
            }
            continue;
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
        transaction.execute_batch(sql)?;
        transaction.execute(
            "INSERT INTO migrations (version, name, length) VALUES (:version, :name, :length)",
            named_params! {":version": version, ":name": name, ":length": length},
        )?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}
