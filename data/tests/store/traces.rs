//! What lies where the store should be, and what is done with it before anything is touched.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mychatflow_data::store::Store;
use mychatflow_data::store::change::Deaf;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::identity::{Note, NoteFound, StoreId};
use mychatflow_data::store::opening::Opening;
use mychatflow_data::store::traces::{Decision, Log, Refusal, Standing, StoreFile, Traces, decide};

use crate::support::{NOON, shop};

const OURS: StoreId = StoreId::from_bytes([1; 16]);
const OTHER: StoreId = StoreId::from_bytes([2; 16]);
const GENERATION: i64 = 5;

/// Where an id is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Nowhere,
    Beside,
    Broken,
    Remembered,
}

fn traces(file: StoreFile, log: Log, known: Known, lock: bool) -> Traces {
    let note = Note { id: OURS, generation: GENERATION, log: GENERATION };
    let mut leftovers = Vec::new();
    if log != Log::Empty {
        leftovers.push("mychatflow.db-wal".to_owned());
    }
    if lock {
        leftovers.push("mychatflow.lock".to_owned());
    }
    let beside = match known {
        Known::Beside => NoteFound::Note(note),
        Known::Broken => NoteFound::Broken,
        Known::Nowhere | Known::Remembered => NoteFound::None,
    };
    if beside != NoteFound::None {
        leftovers.push("store.id".to_owned());
    }
    Traces {
        file,
        log,
        note: beside,
        memory: (known == Known::Remembered).then_some(note),
        leftovers,
        cut: false,
        odd: None,
        linked: None,
        saved: false,
    }
}

/// What is expected where, by what is known of the store: nothing, a note beside it, a broken note, a memory elsewhere.
#[test]
fn every_case_is_decided() {
    use Known::{Beside, Broken, Nowhere, Remembered};
    let create = || Decision::Create;
    let adopt = || Decision::Adopt;
    let open = || Decision::Open(Standing::AsLeft);
    let no = Decision::Refuse;
    let at = |id, generation| StoreFile::Marked { id, generation };
    let (same, older, newer, other) =
        (at(OURS, GENERATION), at(OURS, GENERATION - 1), at(OURS, GENERATION + 9), at(OTHER, 1));
    let swapped = || no(Refusal::OtherStore { known: OURS, found: OTHER });
    let empty_dir = || no(Refusal::DirectoryEmpty(OURS));
    let (missing, emptied) = (|| no(Refusal::FileMissing), || no(Refusal::FileEmptied));
    let spoilt = || no(Refusal::OlderFile);
    let copy = || Decision::Open(Standing::OlderCopy);
    let unlogged = || no(Refusal::LogMissing);
    let (foreign, text) = (|| no(Refusal::Foreign), || no(Refusal::NotSqlite));
    // The file; its log; the lock of a daemon that had a store; then what is decided, by where an id is known from.
    let (none, log, torn) = (Log::Empty, Log::Written, Log::NoCommit);
    let table: Vec<(StoreFile, Log, bool, [Decision; 4])> = vec![
        (StoreFile::Missing, none, false, [create(), missing(), missing(), empty_dir()]),
        (StoreFile::Missing, none, true, [missing(), missing(), missing(), missing()]),
        (StoreFile::Missing, log, false, [missing(), missing(), missing(), missing()]),
        (StoreFile::Missing, log, true, [missing(), missing(), missing(), missing()]),
        (StoreFile::Empty, none, false, [create(), emptied(), emptied(), emptied()]),
        (StoreFile::Empty, none, true, [emptied(), emptied(), emptied(), emptied()]),
        (StoreFile::Empty, log, false, [emptied(), emptied(), emptied(), emptied()]),
        (StoreFile::Empty, log, true, [emptied(), emptied(), emptied(), emptied()]),
        (StoreFile::Blank, none, false, [create(), emptied(), emptied(), emptied()]),
        (StoreFile::Blank, none, true, [emptied(), emptied(), emptied(), emptied()]),
        (StoreFile::Blank, log, false, [adopt(), emptied(), adopt(), emptied()]),
        (StoreFile::Blank, log, true, [adopt(), emptied(), adopt(), emptied()]),
        (StoreFile::Unmarked, none, false, [adopt(), adopt(), adopt(), adopt()]),
        (StoreFile::Unmarked, none, true, [adopt(), adopt(), adopt(), adopt()]),
        (StoreFile::Unmarked, log, false, [adopt(), spoilt(), adopt(), spoilt()]),
        (StoreFile::Unmarked, log, true, [adopt(), spoilt(), adopt(), spoilt()]),
        (same, none, false, [open(), unlogged(), open(), open()]),
        (same, none, true, [open(), unlogged(), open(), open()]),
        (same, log, true, [open(), open(), open(), open()]),
        (newer, none, true, [open(), open(), open(), open()]),
        (newer, log, true, [open(), open(), open(), open()]),
        (older, none, true, [open(), copy(), open(), copy()]),
        (older, log, true, [open(), spoilt(), open(), spoilt()]),
        (other, none, true, [open(), swapped(), open(), open()]),
        (other, log, true, [open(), swapped(), open(), swapped()]),
        (StoreFile::Unclear, none, true, [open(), open(), open(), open()]),
        (StoreFile::Unclear, log, true, [open(), open(), open(), open()]),
        (same, torn, true, [open(), unlogged(), open(), open()]),
        (newer, torn, true, [open(), open(), open(), open()]),
        (older, torn, true, [open(), spoilt(), open(), spoilt()]),
        (StoreFile::Foreign, none, false, [foreign(), foreign(), foreign(), foreign()]),
        (StoreFile::Foreign, log, true, [foreign(), foreign(), foreign(), foreign()]),
        (StoreFile::NotSqlite, none, false, [text(), text(), text(), text()]),
        (StoreFile::NotSqlite, log, true, [text(), text(), text(), text()]),
    ];
    for (file, log, lock, expected) in table {
        for (known, expected) in [Nowhere, Beside, Broken, Remembered].into_iter().zip(expected) {
            let traces = traces(file, log, known, lock);
            assert_eq!(decide(&traces), expected, "{file:?} {log:?} {known:?} lock: {lock}");
            // What would be opened is not, where a part of it is missing or a daemon saved what it had.
            let or = |refusal| if matches!(expected, Decision::Refuse(_)) { expected.clone() } else { no(refusal) };
            let cut = Traces { cut: true, ..traces.clone() };
            assert_eq!(decide(&cut), or(Refusal::FileCut), "{file:?} {log:?} {known:?} cut");
            let saved = Traces { saved: true, ..traces };
            assert_eq!(decide(&saved), or(Refusal::SavedBeside), "{file:?} {log:?} {known:?} with what was saved");
        }
    }
    let odd = Traces { odd: Some("mychatflow.db-wal".into()), ..traces(same, none, Nowhere, false) };
    assert_eq!(decide(&odd), no(Refusal::NotAFile("mychatflow.db-wal".into())));
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The files of a store that was killed in the middle of its work, with a log that holds a tenant.
async fn killed(dir: &Path, name: &str) -> PathBuf {
    let busy = tempfile::tempdir().unwrap();
    let path = busy.path().join("mychatflow.db");
    let store = Store::open(&path, Arc::new(Deaf)).await.unwrap();
    shop(&store, name, "default").await;
    for file in ["mychatflow.db", "mychatflow.db-wal", "store.id"] {
        std::fs::copy(busy.path().join(file), dir.join(file)).unwrap();
    }
    dir.join("mychatflow.db")
}

async fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open(path, Arc::new(Deaf)).await
}

fn refusal(opened: Result<Store, StoreError>) -> Refusal {
    match opened.map(drop) {
        Err(StoreError::Refused(refused)) => refused.refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_log_without_its_store_is_refused_and_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = killed(dir.path(), "Corner Shop").await;
    let kept = dir.path().join("elsewhere");
    std::fs::rename(&path, &kept).unwrap();
    let log = std::fs::read(dir.path().join("mychatflow.db-wal")).unwrap();
    let before = names(dir.path());
    assert_eq!(refusal(open(&path).await), Refusal::FileMissing);
    assert_eq!(names(dir.path()), before, "nothing is made and nothing is taken away");
    assert_eq!(std::fs::read(dir.path().join("mychatflow.db-wal")).unwrap(), log);

    std::fs::copy(&kept, &path).unwrap();
    let store = open(&path).await.unwrap();
    assert_eq!(store.tenants().await.unwrap().len(), 1, "what was only in the log is there");
}

/// Everything in a directory but the index of a log, which is made anew at each look.
fn contents(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let names = names(dir).into_iter().filter(|name| !name.ends_with("-shm"));
    names.map(|name| (name.clone(), std::fs::read(dir.join(name)).unwrap())).collect()
}

const PAGE: usize = 4096;

#[tokio::test]
async fn a_store_that_was_cut_or_overwritten_is_refused_and_its_log_stays_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = killed(dir.path(), "Corner Shop").await;
    let whole = std::fs::read(&path).unwrap();
    let mut overwritten = whole.clone();
    overwritten[PAGE * 3..PAGE * 23].fill(0xff);
    for (bytes, cut) in [(&whole[..whole.len() / 2], true), (&whole[..PAGE * 3 + 9], true), (&overwritten[..], false)] {
        std::fs::write(&path, bytes).unwrap();
        let before = contents(dir.path());
        let refused = refusal(open(&path).await);
        assert!(matches!(refused, Refusal::FileCut) == cut, "{refused:?}");
        assert!(cut || matches!(refused, Refusal::Damaged(_)), "{refused:?}");
        assert!(contents(dir.path()) == before, "nothing is changed, the log least of all");
    }
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(open(&path).await.unwrap().tenants().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_store_without_its_log_is_refused_until_the_log_is_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = killed(dir.path(), "Corner Shop").await;
    let log = dir.path().join("mychatflow.db-wal");
    let whole = std::fs::read(&log).unwrap();
    let file = std::fs::read(&path).unwrap();
    for bytes in [None, Some(vec![]), Some(vec![b'x'; 50_000]), Some(vec![0; whole.len()])] {
        match bytes {
            Some(bytes) => std::fs::write(&log, bytes).unwrap(),
            None => std::fs::remove_file(&log).unwrap(),
        }
        assert_eq!(refusal(open(&path).await), Refusal::LogMissing);
        assert!(std::fs::read(&path).unwrap() == file);
    }
    std::fs::write(&log, &whole).unwrap();
    drop(open(&path).await.unwrap());
    // Whoever has no log any more can go on with the file.
    std::fs::write(&path, &file).unwrap();
    std::fs::remove_file(dir.path().join("store.id")).unwrap();
    assert!(open(&path).await.unwrap().tenants().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_store_whose_log_is_in_the_file_needs_it_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let path = killed(dir.path(), "Corner Shop").await;
    // Somebody looks at it with another program, which tidies up when it is closed.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.query_row("SELECT count(*) FROM tenants", [], |row| row.get::<_, i64>(0)).unwrap();
    drop(other);
    assert!(!dir.path().join("mychatflow.db-wal").exists());
    let store = open(&path).await.unwrap();
    assert_eq!(store.tenants().await.unwrap().len(), 1);
    // Killed before anything was written, after the log was emptied.
    let emptied = tempfile::tempdir().unwrap();
    for file in ["mychatflow.db", "mychatflow.db-wal", "store.id"] {
        std::fs::copy(dir.path().join(file), emptied.path().join(file)).unwrap();
    }
    assert_eq!(std::fs::metadata(emptied.path().join("mychatflow.db-wal")).unwrap().len(), 0);
    assert_eq!(open(&emptied.path().join("mychatflow.db")).await.unwrap().tenants().await.unwrap().len(), 1);
    // Closed in order, and copied with and without what is beside it.
    drop(store);
    for note in [true, false] {
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(&path, copy.path().join("mychatflow.db")).unwrap();
        if note {
            std::fs::copy(dir.path().join("store.id"), copy.path().join("store.id")).unwrap();
        }
        assert_eq!(open(&copy.path().join("mychatflow.db")).await.unwrap().tenants().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_damaged_store_is_refused_in_words_and_set_aside_for_who_insists() {
    // Some pages, or everything behind a head that is in order.
    for damaged in [PAGE..PAGE * 30, 100..PAGE * 30] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mychatflow.db");
        drop(open(&path).await.unwrap());
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[damaged].fill(0xff);
        std::fs::write(&path, &bytes).unwrap();
        let said = open(&path).await.map(drop).unwrap_err().to_string();
        assert!(["is damaged", ".recover", "--new"].iter().all(|words| said.contains(words)), "{said}");
        assert!(matches!(refusal(open(&path).await), Refusal::Damaged(_)));
        assert!(std::fs::read(&path).unwrap() == bytes);
        let fresh = Opening { fresh: Some(NOON), ..Opening::of(&path) };
        let store = Store::open_as(fresh, Arc::new(Deaf)).await.unwrap();
        assert!(store.tenants().await.unwrap().is_empty());
        let aside = names(dir.path()).into_iter().find(|name| name.starts_with("mychatflow.db.aside-")).unwrap();
        assert!(std::fs::read(dir.path().join(aside)).unwrap() == bytes);
    }
}

#[tokio::test]
async fn a_store_killed_while_its_log_was_brought_into_it_still_opens() {
    let dir = tempfile::tempdir().unwrap();
    let path = killed(dir.path(), "Corner Shop").await;
    let killed = contents(dir.path());
    let before = std::fs::read(&path).unwrap();
    // SQLite brings the log into the file page by page, from the first to the last, and makes it longer on the way.
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let after = std::fs::read(&path).unwrap();
    let halves = |done: usize| [&after[..done], before.get(done..).unwrap_or_default()].concat();
    for (name, bytes) in &killed {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    let pages = after.len() / PAGE;
    for done in 0..=pages {
        std::fs::write(&path, halves(done * PAGE)).unwrap();
        let decision = decide(&Opening::of(&path).look().unwrap());
        assert_eq!(decision, Decision::Open(Standing::AsLeft), "{done} of {pages} pages");
    }
    for done in [1, pages / 2, pages - 1] {
        for (name, bytes) in &killed {
            std::fs::write(dir.path().join(name), bytes).unwrap();
        }
        std::fs::write(&path, halves(done * PAGE)).unwrap();
        let store = open(&path).await.unwrap();
        assert_eq!(store.tenants().await.unwrap().len(), 1, "{done} of {pages} pages");
    }
}

#[tokio::test]
async fn a_file_cut_by_a_kill_in_the_first_write_is_brought_back_by_its_journal() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mychatflow.db");
    drop(open(&path).await.unwrap());
    let file = std::fs::read(&path).unwrap();
    std::fs::write(&path, &file[..PAGE]).unwrap();
    std::fs::write(dir.path().join("mychatflow.db-journal"), [1; 512]).unwrap();
    let decision = decide(&Opening::of(&path).look().unwrap());
    assert!(!matches!(decision, Decision::Refuse(_)), "{decision:?}");
}

#[tokio::test]
async fn an_older_file_beside_a_newer_log_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mychatflow.db");
    let store = open(&path).await.unwrap();
    shop(&store, "Corner Shop", "default").await;
    drop(store);
    let older = std::fs::read(&path).unwrap();
    // Another run goes on from there, and is killed.
    let store = open(&path).await.unwrap();
    shop(&store, "Bakery", "bakery").await;
    let crashed = tempfile::tempdir().unwrap();
    for file in ["mychatflow.db-wal", "store.id"] {
        std::fs::copy(dir.path().join(file), crashed.path().join(file)).unwrap();
    }
    let restored = crashed.path().join("mychatflow.db");
    std::fs::write(&restored, &older).unwrap();
    assert_eq!(refusal(open(&restored).await), Refusal::OlderFile);
    assert_eq!(std::fs::read(&restored).unwrap(), older);

    // Without the log it is an older copy, and is taken for one.
    std::fs::remove_file(crashed.path().join("mychatflow.db-wal")).unwrap();
    assert_eq!(decide(&Opening::of(&restored).look().unwrap()), Decision::Open(Standing::OlderCopy));
    let store = open(&restored).await.unwrap();
    assert_eq!(store.tenants().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_copy_from_before_the_log_began_anew_is_older_within_one_run_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mychatflow.db");
    let store = open(&path).await.unwrap();
    let (corner, _) = shop(&store, "Corner Shop", "default").await;
    let older = std::fs::read(&path).unwrap();
    // More than a log holds before it is brought into the file and begins anew.
    for round in 0..40 {
        corner.add_quick_reply(format!("label {round}"), "x".repeat(200_000), None, NOON).await.unwrap();
    }
    store.probe().await.unwrap();
    let crashed = tempfile::tempdir().unwrap();
    for file in ["mychatflow.db", "mychatflow.db-wal", "store.id"] {
        std::fs::copy(dir.path().join(file), crashed.path().join(file)).unwrap();
    }
    let restored = crashed.path().join("mychatflow.db");
    assert_eq!(decide(&Opening::of(&restored).look().unwrap()), Decision::Open(Standing::AsLeft));
    std::fs::write(&restored, older).unwrap();
    assert_eq!(refusal(open(&restored).await), Refusal::OlderFile);
}

#[tokio::test]
async fn a_foreign_file_another_store_and_a_link_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = killed(dir.path(), "Corner Shop").await;
    let elsewhere = tempfile::tempdir().unwrap();
    let other = killed(elsewhere.path(), "Bakery").await;
    std::fs::remove_file(elsewhere.path().join("mychatflow.db-wal")).unwrap();
    std::fs::copy(&other, &path).unwrap();
    assert!(matches!(refusal(open(&path).await), Refusal::OtherStore { .. }));

    std::fs::write(&path, "Dear diary").unwrap();
    assert_eq!(refusal(open(&path).await), Refusal::NotSqlite);

    std::fs::remove_file(&path).unwrap();
    let foreign = rusqlite::Connection::open(&path).unwrap();
    foreign.execute_batch("CREATE TABLE songs (title TEXT)").unwrap();
    drop(foreign);
    assert_eq!(refusal(open(&path).await), Refusal::Foreign);

    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(&other, &path).unwrap();
    assert_eq!(refusal(open(&path).await), Refusal::NotAFile("mychatflow.db".into()));
}

#[tokio::test]
async fn a_store_with_a_second_name_is_refused_until_it_has_one_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = killed(dir.path(), "Corner Shop").await;
    let elsewhere = dir.path().join("elsewhere");
    for name in ["mychatflow.db", "mychatflow.db-wal"] {
        std::fs::hard_link(dir.path().join(name), &elsewhere).unwrap();
        assert_eq!(refusal(open(&path).await), Refusal::HardLink(name.into()));
        std::fs::remove_file(&elsewhere).unwrap();
    }
    assert_eq!(open(&path).await.unwrap().tenants().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_new_store_is_made_beside_what_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let path = killed(dir.path(), "Corner Shop").await;
    let log = std::fs::read(dir.path().join("mychatflow.db-wal")).unwrap();
    let fresh = || Opening { fresh: Some(NOON), ..Opening::of(&path) };
    let opened = Store::open_as(fresh(), Arc::new(Deaf)).await.map(drop);
    assert!(matches!(opened, Err(StoreError::Conflict(_))), "a store in order is not set aside: {opened:?}");
    assert_eq!(std::fs::read(dir.path().join("mychatflow.db-wal")).unwrap(), log);

    std::fs::remove_file(&path).unwrap();
    let store = Store::open_as(fresh(), Arc::new(Deaf)).await.unwrap();
    assert!(store.tenants().await.unwrap().is_empty());
    let aside = names(dir.path()).into_iter().find(|name| name.starts_with("mychatflow.db-wal.aside-")).unwrap();
    assert_eq!(std::fs::read(dir.path().join(aside)).unwrap(), log);
}

#[tokio::test]
async fn an_empty_directory_is_refused_where_a_store_is_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let memory = tempfile::tempdir().unwrap();
    let path = dir.path().join("mychatflow.db");
    let opening = || Opening { memory: Some(memory.path().to_owned()), ..Opening::of(&path) };
    let store = Store::open_as(opening(), Arc::new(Deaf)).await.unwrap();
    let id = store.id();
    drop(store);
    for name in names(dir.path()) {
        std::fs::remove_file(dir.path().join(name)).unwrap();
    }
    let opened = Store::open_as(opening(), Arc::new(Deaf)).await;
    assert_eq!(refusal(opened), Refusal::DirectoryEmpty(id));
    assert!(names(dir.path()).is_empty());
}

#[tokio::test]
async fn what_is_written_into_a_deleted_file_is_not_acknowledged_and_is_saved() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mychatflow.db");
    let store = open(&path).await.unwrap();
    shop(&store, "Corner Shop", "default").await;
    for file in ["mychatflow.db", "mychatflow.db-wal", "mychatflow.db-shm"] {
        std::fs::remove_file(dir.path().join(file)).unwrap();
    }
    assert!(matches!(store.probe().await, Err(StoreError::Lost(_))));
    let told = store.lost().await;
    assert!(told.contains("mychatflow.db was deleted") && told.contains("mychatflow.db.saved"), "{told}");
    assert!(matches!(store.probe().await, Err(StoreError::Lost(_))), "and nothing is from now on");
    drop(store);

    assert_eq!(refusal(open(&path).await), Refusal::FileMissing);
    std::fs::rename(dir.path().join("mychatflow.db.saved"), &path).unwrap();
    let store = open(&path).await.unwrap();
    assert_eq!(store.tenants().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_written_into_a_cut_or_overwritten_file_is_not_acknowledged() {
    type Deed = fn(&std::fs::File) -> std::io::Result<()>;
    let cases: [(&str, &str, Deed); 5] = [
        ("mychatflow.db-wal", "was cut", |log| log.set_len(0)),
        ("mychatflow.db-wal", "was cut", |log| log.set_len(log.metadata()?.len() / 2)),
        ("mychatflow.db", "was cut", |file| file.set_len(0)),
        ("mychatflow.db", "was cut", |file| file.set_len(200_000)),
        ("mychatflow.db", "was overwritten", |file| file.write_all_at(&[b'x'; 5000], 0)),
    ];
    for (name, told, deed) in cases {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mychatflow.db");
        let store = open(&path).await.unwrap();
        shop(&store, "Corner Shop", "default").await;
        // Kept until the process ends: closing a descriptor of the file takes away SQLite's locks.
        let file = std::fs::OpenOptions::new().write(true).open(dir.path().join(name)).unwrap();
        deed(&file).unwrap();
        std::mem::forget(file);
        assert!(!store.is_in_place(), "{name} {told}");
        assert!(matches!(store.probe().await, Err(StoreError::Lost(_))), "{name} {told}");
        let words = store.lost().await;
        assert!(words.contains(name) && words.contains(told), "{words}");
        assert!(matches!(store.probe().await, Err(StoreError::Lost(_))), "and nothing is from now on");
        drop(store);
        let refused = refusal(open(&path).await);
        if dir.path().join("mychatflow.db.saved").exists() {
            for name in ["mychatflow.db", "mychatflow.db-wal", "mychatflow.db-shm"] {
                let _ = std::fs::remove_file(dir.path().join(name));
            }
            std::fs::rename(dir.path().join("mychatflow.db.saved"), &path).unwrap();
            let store = open(&path).await.unwrap();
            assert_eq!(store.tenants().await.unwrap().len(), 1, "{name} {told}");
        } else {
            assert!(name == "mychatflow.db" && words.contains("not whole"), "{refused:?}: {words}");
        }
    }
}

#[tokio::test]
async fn an_emptied_log_of_our_own_is_no_loss() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mychatflow.db");
    let store = open(&path).await.unwrap();
    let (corner, _) = shop(&store, "Corner Shop", "default").await;
    // More than the log holds before it begins anew, and more than it may keep then.
    for round in 0..2 {
        corner.add_quick_reply(format!("label {round}"), "x".repeat(70_000_000), None, NOON).await.unwrap();
        store.probe().await.unwrap();
    }
    assert!(store.is_in_place());
    drop((corner, store));
    assert!(open(&path).await.is_ok());
}

#[tokio::test]
async fn a_store_of_a_version_without_ids_gets_one_and_keeps_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mychatflow.db");
    super::upgrade::unpack(&super::upgrade::fixture("0.1.0"), &path);
    assert_eq!(decide(&Opening::of(&path).look().unwrap()), Decision::Adopt);
    let store = open(&path).await.unwrap();
    let id = store.id();
    drop(store);
    let traces = Opening::of(&path).look().unwrap();
    assert!(matches!(traces.file, StoreFile::Marked { id: found, .. } if found == id), "{traces:?}");
    assert_eq!(traces.note.note().map(|note| note.id), Some(id));
    assert_eq!(open(&path).await.unwrap().id(), id);
}
