//! Is the file what it should be: are its pages whole, and is its schema what the migrations make? A bit that was flipped
//! and an index that somebody dropped fail no question by themselves; they make wrong answers.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::Store;
use super::db;
use super::error::StoreError;
use super::migrate;

/// How a part of the schema differs from what the migrations make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaChange {
    /// It is not there.
    Missing,
    /// It is there, and is another.
    Other,
    /// No migration makes it.
    Extra,
}

/// A table, an index, a trigger or a view that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaDifference {
    /// What sort it is, in SQLite's word.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// How it differs.
    pub change: SchemaChange,
    /// The statement that makes it as it should be.
    pub sql: Option<String>,
}

/// The parts of a schema with the statements that make them.
type Schema = BTreeMap<(String, String), String>;

impl Store {
    /// What of the schema differs from what the migrations make.
    ///
    /// # Errors
    /// What the store says.
    pub async fn schema_differences(&self) -> Result<Vec<SchemaDifference>, StoreError> {
        self.db.read(|connection| Ok(compare(&db::built_schema(read_schema)?, &read_schema(connection)?))).await
    }

    /// Looks through every page, table by table, on a connection of its own, and rests between two of them for as long as each
    /// took, so that nobody waits. What is wrong, in SQLite's words; `None`: nothing.
    ///
    /// # Errors
    /// When it can't be looked at to its end.
    pub async fn look_through(&self) -> Result<Option<String>, StoreError> {
        let (path, closing) = (self.path().to_owned(), self.db.closing());
        let (told, looked) = oneshot::channel();
        // A thread of its own: nobody who stops waits for it.
        let thread = std::thread::Builder::new().name("store-look".to_owned());
        let look = move || {
            // Whoever asked may be gone.
            let _ = told.send(db::look_through_tables(&path, &closing));
        };
        thread.spawn(look).map_err(|error| StoreError::Invalid(format!("no thread for the look: {error}")))?;
        looked.await.map_err(|_| StoreError::Closed)?
    }

    /// Was the file closed in order before it was opened now?
    #[must_use]
    pub fn was_closed_in_order(&self) -> bool {
        self.db.was_closed_in_order()
    }
}

/// What is wrong with the pages of a file that another process may have open; `None`: nothing. Changes nothing.
///
/// # Errors
/// When it can't be looked at, or not to its end in that time.
pub fn look_through_file(path: &Path, patience: Duration) -> Result<Option<String>, StoreError> {
    db::find_damage(path, Some(patience))
}

/// The same for a file that no process has open and that has no log beside it: nothing is made there, whoever looks.
///
/// # Errors
/// When it can't be looked at, or not to its end in that time.
pub fn look_through_closed_file(path: &Path, patience: Duration) -> Result<Option<String>, StoreError> {
    db::find_damage_alone(path, patience)
}

/// What of the schema differs in a file that no process has open and that has no log beside it. One of another version has another
/// schema: nothing is told of it.
///
/// # Errors
/// When it can't be read.
pub fn schema_differences_of_closed_file(path: &Path) -> Result<Vec<SchemaDifference>, StoreError> {
    let file = db::open_alone(path)?;
    if migrate::is_newest(&file)? {
        Ok(compare(&db::built_schema(read_schema)?, &read_schema(&file)?))
    } else {
        Ok(Vec::new())
    }
}

fn read_schema(connection: &Connection) -> Result<Schema, StoreError> {
    // What SQLite makes by itself has no statement, or differs with what is in the tables.
    let sql = "SELECT type, name, sql FROM sqlite_schema
               WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'store_identity'";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    Ok(rows.collect::<Result<Schema, _>>()?)
}

/// Are two statements the same, but for spaces and ends of lines? Whoever follows a remedy types it on one line.
fn is_same(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

fn compare(wanted: &Schema, found: &Schema) -> Vec<SchemaDifference> {
    let difference = |(kind, name): &(String, String), change, sql: Option<&String>| SchemaDifference {
        kind: kind.clone(),
        name: name.clone(),
        change,
        sql: sql.cloned(),
    };
    let lacking = wanted.iter().filter_map(|(key, sql)| match found.get(key) {
        None => Some(difference(key, SchemaChange::Missing, Some(sql))),
        Some(there) if !is_same(there, sql) => Some(difference(key, SchemaChange::Other, Some(sql))),
        Some(_) => None,
    });
    let extra = found.keys().filter(|key| !wanted.contains_key(key));
    lacking.chain(extra.map(|key| difference(key, SchemaChange::Extra, None))).collect()
}
