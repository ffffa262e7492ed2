//! How SQLite runs each statement of the store: with the figures that the store carries (see `statistics`) none may walk
//! through a table that grows, apart from those that are listed here with their reasons.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::Connection;

use self::source::{Statement, read_statements};
use super::db;

/// Tables whose rows are as many as people, messages or days. What is set up by hand stays small.
const GROWING: &[&str] = &[
    "activity",
    "chats",
    "citations",
    "contact_tags",
    "contacts",
    "deliveries",
    "drafts",
    "early_acks",
    "early_changes",
    "erasures",
    "identities",
    "instance_statuses",
    "interactions",
    "jobs",
    "ledger",
    "merges",
    "notes",
    "number_checks",
    "recipients",
    "search",
    "steps",
    "suppressions",
    "unreadable",
];

/// Indexes that hold only what waits for somebody or for something.
const SMALL_INDEXES: &[&str] = &[
    "chats_by_group",
    "chats_erased",
    "chats_snoozed",
    "chats_unread",
    "contacts_unreviewed",
    "jobs_discarded",
    "jobs_one_answer_per_chat",
    "jobs_running",
    "jobs_unfinished",
];

/// Statements that read all of a table, by the file and the way in which they begin, and why they may.
const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "chats",
        "SELECT i.address, c.created_at FROM chats AS h",
        "asked about twice an hour for each number; ends at its limit where people are hidden",
    ),
    ("contacts", "SELECT c.id, c.name, c.phone", "a page of people in the order of their names; ends at its limit"),
    ("find", "SELECT h.id, coalesce(c.name, h.title)", "a person looks for a name that may be misspelt"),
    ("jobs", "DELETE FROM deliveries", "once an hour; holds what was delivered in the last days and is no message"),
    ("jobs", "DELETE FROM early_acks", "once an hour; holds what came before its message"),
    ("jobs", "DELETE FROM early_changes", "once an hour; holds what came before its message"),
    ("ledger", "SELECT count(*) FROM ledger AS r", "once, when the clock comes back to a period that was left"),
    (
        "ledger",
        "SELECT coalesce(sum(a.amount), 0) FROM ledger AS a",
        "once, when the clock comes back to a period that was left",
    ),
    ("ledger", "SELECT -coalesce(sum(amount), 0)", "once, when the clock comes back to a period that was left"),
    (
        "ledger",
        "SELECT count(*) FROM ledger WHERE tenant_id = :tenant AND kind = 'settle'",
        "once, when the clock comes back to a period that was left",
    ),
    (
        "ledger",
        "SELECT coalesce(sum(amount), 0) FROM ledger WHERE tenant_id = :tenant AND kind IN ('grant', 'adjust') AND purse",
        "once, when the clock comes back to a period that was left",
    ),
    ("ledger", "SELECT id, at, kind, amount", "a page of the ledger, newest first; ends at its limit"),
    (
        "ledger",
        "SELECT coalesce(sum(amount), 0) FROM ledger WHERE tenant_id = :tenant",
        "the whole ledger is proved, for a person who looks at it",
    ),
    (
        "ledger",
        "SELECT count(DISTINCT reply_id) FROM interactions",
        "the whole ledger is proved, for a person who looks at it",
    ),
    ("ledger", "SELECT count(*) FROM ( SELECT reply_id", "the whole ledger is proved, for a person who looks at it"),
    ("overview", "SELECT state, count(*) FROM chats", "reads an index alone: 100,000 chats take some milliseconds"),
    (
        "overview",
        "SELECT i.at, i.id, i.reason FROM interactions AS i",
        "the newest of an index that holds failures only; ends at its limit",
    ),
    ("preflight", "SELECT count(*), coalesce(sum(last_in_at", "once before a campaign"),
    ("preflight", "SELECT count(*) FROM contacts", "once before a campaign"),
    ("queue", "SELECT sort, id, kind, state", "holds what is not finished and what could not be read"),
    ("search", "SELECT i.id, coalesce(c.name, h.title), c.phone, snippet", "an index of words is asked for a word"),
    ("suppressions", "SELECT address, cause, at, digest", "a page in the order of its index; ends at its limit"),
    ("tenants", "DELETE FROM tenants", "all of a shop goes"),
    ("tx/erase_contact", "DELETE FROM", "a person is erased wherever they may be named"),
    ("tx/erase_contact", "UPDATE jobs SET reason", "a person is erased wherever they may be named"),
    ("tx/mend_stamps", "SELECT id, max(", "once after the clock was wrong"),
    ("tx/mend_stamps", "SELECT max(last_at) FROM chats", "the end of an index"),
];

/// The statements that could not be read out of the source: they are made by macros that repeat.
const UNREAD: &str = "tx/mend_stamps";

fn store() -> (tempfile::TempDir, Connection) {
    let dir = tempfile::tempdir().unwrap();
    let connection = db::open_migrated(&dir.path().join("store.db"));
    (dir, connection)
}

fn all_statements() -> Vec<Statement> {
    let (statements, unread) = read_statements(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store"));
    let lost: Vec<_> = unread.iter().filter(|place| !place.starts_with(UNREAD)).collect();
    assert!(lost.is_empty(), "statements that this test can't read: {lost:?}");
    assert!(statements.len() > 500, "only {} statements were found", statements.len());
    statements
}

/// The steps of a plan, as SQLite tells them.
fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut explain =
        connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap_or_else(|error| panic!("{error}: {sql}"));
    let steps = explain.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>();
    steps.unwrap()
}

/// What each name of a statement stands for.
fn tables_of(sql: &str) -> BTreeMap<&str, &str> {
    let words: Vec<&str> =
        sql.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect();
    let mut tables = BTreeMap::new();
    for at in 0..words.len() {
        if GROWING.contains(&words[at]) {
            tables.insert(words[at], words[at]);
            if words.get(at + 1) == Some(&"AS") && at + 2 < words.len() {
                tables.insert(words[at + 2], words[at]);
            }
        }
    }
    tables
}

/// The steps that read a growing table, or one shop's part of it, from one end to the other.
fn walks(sql: &str, plan: &[String]) -> Vec<String> {
    let tables = tables_of(sql);
    let is_walk = |step: &&String| {
        let mut words = step.split(' ');
        let (verb, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let grows = tables.contains_key(name) || GROWING.contains(&name);
        let bounds = step.split_once('(').map(|(_, bounds)| bounds.trim_end_matches(" LEFT-JOIN"));
        let unbound = verb == "SCAN" || verb == "SEARCH" && bounds.is_none_or(|bounds| bounds == "tenant_id=?)");
        grows && unbound && !SMALL_INDEXES.iter().any(|index| step.split([' ', '(']).any(|word| word == *index))
    };
    plan.iter().filter(is_walk).cloned().collect()
}

#[test]
fn no_statement_walks_through_a_table_that_grows() {
    let (_dir, connection) = store();
    let mut used = BTreeSet::new();
    let mut found = Vec::new();
    for Statement { file, line, sql } in all_statements() {
        let walks = walks(&sql, &plan(&connection, &sql));
        if walks.is_empty() {
            continue;
        }
        let allowed = ALLOWED.iter().position(|(place, begin, _)| *place == file && sql.starts_with(begin));
        match allowed {
            Some(at) => drop(used.insert(at)),
            None => found.push(format!("{file}.rs:{line}: {}\n    {sql}", walks.join("; "))),
        }
    }
    assert!(found.is_empty(), "{} statements read too much:\n{}", found.len(), found.join("\n"));
    let idle: Vec<_> =
        ALLOWED.iter().enumerate().filter(|(at, _)| !used.contains(at)).map(|(_, entry)| entry).collect();
    assert!(idle.is_empty(), "allowed, and needed no more: {idle:?}");
}

#[test]
fn a_walk_is_noticed() {
    let (_dir, connection) = store();
    for (sql, expected) in [
        ("SELECT count(*) FROM interactions WHERE tenant_id = ?1 AND instance_id = ?2", true),
        ("SELECT 1 FROM interactions AS i WHERE i.tenant_id = ?1 AND i.text = 'x'", true),
        ("DELETE FROM jobs WHERE updated_at < ?1", true),
        ("SELECT 1 FROM interactions WHERE tenant_id = ?1 AND chat_id = ?2", false),
        ("SELECT name FROM tenants", false),
    ] {
        assert_eq!(!walks(sql, &plan(&connection, sql)).is_empty(), expected, "{sql}");
    }
}
