//! What the planner of SQLite believes about the store: always the same, whatever is in it.
//!
//! Figures that are measured depend on the moment: a small shop that is stopped leaves "hardly a row anywhere", and what is asked
//! for every message becomes a walk through the whole table once the shop has grown. So nothing is ever measured. The
//! figures of a shop of some size are part of the store's shape, as its indexes are, and are put back wherever they differ.

use rusqlite::Connection;

use super::error::StoreError;

/// Table, index and figures, as `sqlite_stat1` has them: how many rows the index has, then how many of them share its first
/// column, its first two, and so on. A table without a rowid is its own index.
const STATISTICS: &[(&str, &str, &str)] = &[
    ("activity", "activity", "3000 1000 1"),
    ("campaign_media", "campaign_media", "30 10 1"),
    ("campaign_media_pieces", "sqlite_autoindex_campaign_media_pieces_1", "300 100 10 1"),
    ("campaigns", "campaigns", "60 20 1"),
    ("campaigns", "campaigns_by_instance", "60 20 10"),
    ("campaigns", "sqlite_autoindex_campaigns_2", "60 20 1"),
    ("chats", "chats", "6000 2000 1"),
    ("chats", "chats_by_contact", "6000 2000 1 1"),
    ("chats", "chats_by_group", "600 200 100 1"),
    ("chats", "chats_by_state", "6000 2000 400 1"),
    ("chats", "chats_by_time", "6000 2000 1 1 1"),
    ("chats", "chats_erased", "3 1 1"),
    ("chats", "chats_snoozed", "60 1"),
    ("chats", "chats_unread", "300 100"),
    ("chats", "chats_waiting", "600 200 1 1"),
    ("citations", "citations", "30000 10000 2 1"),
    ("citations", "citations_by_quick_reply", "30000 10000 1000"),
    ("contact_tags", "contact_tags", "1200 400 2 1"),
    ("contacts", "contacts", "6000 2000 1"),
    ("contacts", "contacts_by_name", "6000 2000 1"),
    ("contacts", "contacts_by_phone", "6000 2000 1"),
    ("contacts", "contacts_unreviewed", "300 100"),
    ("counters", "counters", "90 30 1"),
    ("deliveries", "deliveries", "180000 60000 30000 1"),
    ("drafts", "drafts", "120 40 1"),
    ("early_acks", "early_acks", "90 30 30 1 1"),
    ("early_changes", "early_changes", "90 30 30 1"),
    ("erasures", "erasures", "60 20 1"),
    ("identities", "identities", "7989 2663 1"),
    ("identities", "identities_by_contact", "7989 2663 2"),
    ("instance_statuses", "instance_statuses_by_instance", "120 40 20 1"),
    ("instances", "instances", "6 2 1"),
    ("instances", "instances_by_name", "6 2 1"),
    ("instances", "instances_by_session", "6 6 1"),
    ("instances", "sqlite_autoindex_instances_1", "6 1"),
    ("interactions", "interactions_by_bare_id", "120000 40000 20000 1 1"),
    ("interactions", "interactions_by_chat", "120000 40000 20 1 1"),
    ("interactions", "interactions_by_client_ref", "6000 2000 1"),
    ("interactions", "interactions_by_job", "60000 20000 1 1"),
    ("interactions", "interactions_by_people", "30000 10000 5000 1"),
    ("interactions", "interactions_by_reply", "60000 20000 1"),
    ("interactions", "interactions_disclosing", "6000 2000 1"),
    ("interactions", "interactions_failed", "150 50 1"),
    ("interactions", "interactions_of_campaigns", "30000 10000 5000 1"),
    ("interactions", "interactions_open", "150 50 50 1"),
    ("interactions", "interactions_unanswered", "3000 1000 1 1"),
    ("interactions", "interactions_waited", "30000 10000 1 1"),
    ("interactions", "interactions_without_id", "300 100 50 1"),
    ("interactions", "sqlite_autoindex_interactions_1", "120000 40000 1"),
    ("jobs", "jobs", "60090 20030 1"),
    ("jobs", "jobs_by_age", "59940 1"),
    ("jobs", "jobs_by_chat", "60000 20000 10"),
    ("jobs", "jobs_by_key", "30 10 5 1"),
    ("jobs", "jobs_discarded", "30 10 1"),
    ("jobs", "jobs_due", "150 150 50 1 1"),
    ("jobs", "jobs_one_answer_per_chat", "150 50 1"),
    ("jobs", "jobs_running", "30 30 10 1"),
    ("jobs", "jobs_sends_by_chat", "60 20 1 1"),
    ("jobs", "jobs_unfinished", "150 50 50"),
    ("ledger", "ledger", "120000 40000 1"),
    ("ledger", "sqlite_autoindex_ledger_2", "120000 40000 1"),
    ("members", "members", "3 1 1"),
    ("merges", "merges", "1500 500 1"),
    ("merges", "merges_apart", "150 50 1"),
    ("merges", "merges_by_kept", "1500 500 1"),
    ("notes", "notes", "300 100 1"),
    ("notes", "notes_by_chat", "300 100 2 1 1"),
    ("number_checks", "number_checks", "6000 2000 1"),
    ("purses", "purses", "3 1"),
    ("quick_replies", "quick_replies", "30 10 1"),
    ("quick_replies", "sqlite_autoindex_quick_replies_2", "30 10 1"),
    ("recipients", "recipients", "60000 20000 1000 1"),
    ("recipients", "recipients_by_contact", "60000 20000 10 1"),
    ("recipients", "recipients_by_interaction", "30000 10000 1"),
    ("recipients", "recipients_by_phone", "60000 20000 1000 1"),
    ("recipients", "recipients_by_state", "60000 20000 1000 300 1"),
    ("recipients", "recipients_newcomers", "9000 3000 1"),
    ("recipients", "recipients_progress", "60000 20000 1000 300 200 150 100 1 1 1 1 1"),
    ("segments", "segments", "30 10 1"),
    ("segments", "sqlite_autoindex_segments_2", "30 10 1"),
    ("settings", "settings", "144 48 24 2 1"),
    ("steps", "steps", "60000 20000 1 1 1"),
    ("suppressions", "suppressions", "600 200 1"),
    ("suppressions", "suppressions_by_time", "600 200 1 1"),
    ("tenants", "sqlite_autoindex_tenants_2", "3 1"),
    ("tenants", "tenants", "3 1"),
    ("unreadable", "sqlite_autoindex_unreadable_2", "90 30 30 1"),
    ("unreadable", "unreadable", "90 30 1"),
];

/// Puts the figures where the planner looks for them, unless they are there. Connections that are open already keep what they
/// believe.
pub(crate) fn set_statistics(connection: &mut Connection) -> Result<(), StoreError> {
    if is_set(connection)? {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    // This makes the tables and measures nothing.
    transaction.execute_batch("ANALYZE sqlite_schema; DELETE FROM sqlite_stat1;")?;
    if transaction.table_exists(None, "sqlite_stat4")? {
        transaction.execute_batch("DELETE FROM sqlite_stat4;")?;
    }
    let mut put = transaction.prepare("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?1, ?2, ?3)")?;
    for row in STATISTICS {
        put.execute(*row)?;
    }
    drop(put);
    transaction.commit()?;
    connection.execute_batch("ANALYZE sqlite_schema;")?;
    Ok(())
}

/// Are the figures there, and no others?
fn is_set(connection: &Connection) -> Result<bool, StoreError> {
    if !connection.table_exists(None, "sqlite_stat1")? {
        return Ok(false);
    }
    if connection.table_exists(None, "sqlite_stat4")? {
        let samples: bool = connection.query_row("SELECT EXISTS (SELECT 1 FROM sqlite_stat4)", [], |row| row.get(0))?;
        if samples {
            return Ok(false);
        }
    }
    let mut read = connection.prepare("SELECT tbl, coalesce(idx, ''), stat FROM sqlite_stat1 ORDER BY tbl, idx")?;
    let found = read.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let found = found.collect::<Result<Vec<(String, String, String)>, _>>()?;
    let same = |(found, wanted): (&(String, String, String), &(&str, &str, &str))| {
        (found.0.as_str(), found.1.as_str(), found.2.as_str()) == *wanted
    };
    Ok(found.len() == STATISTICS.len() && found.iter().zip(STATISTICS).all(same))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::db;

    #[test]
    fn every_index_has_its_figures() {
        let dir = tempfile::tempdir().unwrap();
        let connection = db::open_migrated(&dir.path().join("store.db"));
        // Two keys of one table have figures under the names that the other statements of this test read.
        let mut read = connection
            .prepare(
                "SELECT tbl_name, name FROM sqlite_schema WHERE type = 'index' AND tbl_name NOT LIKE 'search%'
                 UNION SELECT name, name FROM sqlite_schema
                 WHERE type = 'table' AND sql LIKE '%WITHOUT ROWID%' AND name NOT LIKE 'search%'",
            )
            .unwrap();
        let indexes = read.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let indexes: Vec<(String, String)> = indexes.collect::<Result<_, _>>().unwrap();
        let figures: Vec<(String, String)> =
            STATISTICS.iter().map(|(table, index, _)| ((*table).to_owned(), (*index).to_owned())).collect();
        let missing: Vec<_> = indexes.iter().filter(|index| !figures.contains(index)).collect();
        let left: Vec<_> = figures.iter().filter(|index| !indexes.contains(index)).collect();
        assert!(missing.is_empty() && left.is_empty(), "without figures: {missing:?}; figures of nothing: {left:?}");
    }

    #[test]
    fn figures_that_were_measured_are_put_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut connection = db::open_migrated(&dir.path().join("store.db"));
        assert!(is_set(&connection).unwrap());
        for spoil in ["ANALYZE", "DELETE FROM sqlite_stat1", "UPDATE sqlite_stat1 SET stat = '0 0 0'"] {
            connection.execute_batch(spoil).unwrap();
            assert!(!is_set(&connection).unwrap(), "{spoil}");
            set_statistics(&mut connection).unwrap();
            assert!(is_set(&connection).unwrap(), "{spoil}");
        }
    }
}
