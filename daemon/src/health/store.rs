//! The store and its disk: what became of real writes, and what is left to write on. A probe that goes well is no evidence
//! against a real write that failed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mychatflow_data::model::finding::{FindingCode, FindingSubject, HealthFinding};
use mychatflow_data::model::remedy::typed;
use mychatflow_data::store::soundness::{SchemaChange, SchemaDifference};
use mychatflow_data::store::write_record::WriteHealth;
use mychatflow_data::time::Timestamp;

use super::webhook::WebhookEvidence;
use crate::cx::Cx;
use crate::disk::{DiskRoom, disk_room};
use crate::soundness::SoundnessRecord;

/// With less the store will soon take no writes; on a small disk a tenth of it.
pub const DISK_LOW_BYTES: i64 = 1_000_000_000;
/// With less it may stop at any message; on a small disk a hundredth of it.
pub const DISK_FULL_BYTES: i64 = 50_000_000;
/// Files that SQLite makes and takes away need a place each.
const DISK_FULL_FILES: u64 = 16;
const DISK_LOW_FILES: u64 = 1_000;
/// So long after a write that failed it is not tried whether there is room.
const ROOM_PAUSE: Duration = Duration::from_secs(2);

/// What is known of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreEvidence {
    /// Where it is.
    pub path: PathBuf,
    /// What became of the last writes.
    pub writes: WriteHealth,
    /// What is left on its disk; `None`: the system does not tell.
    pub disk: Option<DiskRoom>,
    /// What looks at the file found.
    pub soundness: SoundnessRecord,
    /// When this run began.
    pub started_at: Timestamp,
}

/// Gathers it. `may_probe`: where a write has failed it is tried whether there is room again.
pub async fn gather(cx: &Cx, may_probe: bool) -> StoreEvidence {
    let now = cx.now();
    let mut writes = cx.store.write_health();
    let failed = writes.standing().map(|failed| failed.ago);
    let room_at = writes.room.map(|ago| now - ago);
    let refused = cx.intake.record().standing(room_at).map(|refused| now.since(refused.at));
    let is_due = failed.into_iter().chain(refused).min().is_some_and(|ago| ago >= ROOM_PAUSE);
    let is_rested = writes.room.is_none_or(|ago| ago >= ROOM_PAUSE);
    if may_probe && is_due && is_rested {
        // What stands in the way is noted with all that could not be written.
        let _ = cx.store.probe_room().await;
        writes = cx.store.write_health();
    }
    let path = cx.store.path().to_owned();
    let disk = disk_room(path.parent().unwrap_or(&path));
    let soundness = cx.soundness.borrow().clone();
    StoreEvidence { path, writes, disk, soundness, started_at: cx.started_at }
}

/// What is wrong with it.
#[must_use]
pub fn judge(evidence: &StoreEvidence, webhook: &WebhookEvidence, now: Timestamp) -> Vec<HealthFinding> {
    let path = evidence.path.display();
    let find = |code, summary: String, known: String, remedy: String| {
        HealthFinding::new(code, FindingSubject::Store, summary, known, remedy)
    };
    let look = format!("make room or let it be written to; look at: df -h {path}");
    let mut findings = Vec::new();
    let room_at = evidence.writes.room.map(|ago| now - ago);
    let refused = webhook.record.standing(room_at);
    let stored = match evidence.writes.stored {
        Some(_) => "none went well since",
        None => "none went well since the start",
    };
    if let Some(failed) = evidence.writes.standing() {
        let posted = match refused {
            Some(refused) => format!("; deliveries that got a 503: {}", refused.count),
            None => String::new(),
        };
        let summary = format!("{path} takes no writes: {}", failed.reason);
        let known = format!("the last write failed, and {stored}{posted}");
        findings.push(
            find(FindingCode::StoreRefusesWrites, summary, known, look.clone())
                .since(now - failed.since)
                .seen(now - failed.ago),
        );
    } else if let Some(refused) = refused {
        let summary = format!("deliveries of WAHA can't be stored: {}", refused.reason);
        let known = format!("deliveries that got a 503: {}, and none was stored since", refused.count);
        findings.push(
            find(FindingCode::DeliveriesRefused, summary, known, look.clone()).since(refused.since).seen(refused.at),
        );
    }
    findings.extend(evidence.disk.as_ref().and_then(|room| {
        let (code, summary) = judge_disk(room)?;
        let summary = format!("the disk of {path} {summary}");
        let remedy = match code {
            FindingCode::DiskReadOnly => {
                format!("see why with: dmesg | tail; then mount it for writing: findmnt -T {path}")
            }
            _ => "make room on the disk; what takes it: du -xh / | sort -h | tail".to_owned(),
        };
        Some(find(code, summary, "the system says so".to_owned(), remedy).seen(now))
    }));
    findings.extend(judge_file(evidence));
    findings
}

/// The file by what looks at it found.
fn judge_file(evidence: &StoreEvidence) -> impl Iterator<Item = HealthFinding> {
    let SoundnessRecord { unclean_end, compared_at, differences, looked_at, damage, unfinished, .. } =
        &evidence.soundness;
    let SoundnessRecord { differing_since, damaged_since, .. } = evidence.soundness;
    let path = evidence.path.display();
    let find =
        |code, summary, known: &str, remedy| HealthFinding::new(code, FindingSubject::Store, summary, known, remedy);
    let damaged = damage.as_ref().map(|damage| {
        let dir = evidence.path.parent().unwrap_or(&evidence.path).display();
        let remedy = format!("mychatflow daemon stop; copy {dir} away; then put a backup in its place");
        let summary = format!("{path} is damaged: {damage}");
        let found = find(FindingCode::StoreDamaged, summary, "its pages were looked through", remedy);
        found.since(damaged_since).seen(*looked_at)
    });
    let changed =
        judge_schema(&evidence.path, differences).map(|found| found.since(differing_since).seen(*compared_at));
    let unchecked = (*unclean_end && looked_at.is_none()).then(|| {
        let known = match unfinished {
            Some(reason) => format!("it could not be looked through to its end: {reason}"),
            None => "it is being looked through".to_owned(),
        };
        let summary = format!("{path} was not closed in order, and nobody knows whether it is whole");
        let remedy = "wait until it was looked through; mychatflow doctor looks too".to_owned();
        find(FindingCode::StoreUnchecked, summary, &known, remedy).since(evidence.started_at)
    });
    damaged.into_iter().chain(changed).chain(unchecked)
}

/// The schema by how it differs from what this version makes, for every place that has compared them.
#[must_use]
pub fn judge_schema(path: &Path, differences: &[SchemaDifference]) -> Option<HealthFinding> {
    let first = differences.first()?;
    let path = path.display().to_string();
    let more = if differences.len() > 1 { format!(", and {} more", differences.len() - 1) } else { String::new() };
    let summary = format!("{path}: {}{more}", difference(first));
    let remedy = mend_schema(&path, first);
    let known = "its schema was compared with what this version makes";
    Some(HealthFinding::new(FindingCode::SchemaChanged, FindingSubject::Store, summary, known, remedy))
}

fn difference(found: &SchemaDifference) -> String {
    let SchemaDifference { kind, name, change, .. } = found;
    match change {
        SchemaChange::Missing => format!("the {kind} {name} is missing"),
        SchemaChange::Other => format!("the {kind} {name} is another than this version makes"),
        SchemaChange::Extra => format!("the {kind} {name} was made by somebody else"),
    }
}

/// What makes a part of the schema as it should be. A table is not made anew: what was in it is gone.
fn mend_schema(path: &str, found: &SchemaDifference) -> String {
    let SchemaDifference { kind, name, change, sql } = found;
    let made = sql.as_deref().map(|sql| sql.split_whitespace().collect::<Vec<_>>().join(" "));
    let statement = match (change, made) {
        _ if kind == "table" && *change != SchemaChange::Extra => None,
        (SchemaChange::Missing, Some(made)) => Some(format!("{made};")),
        (SchemaChange::Other, Some(made)) => Some(format!("DROP {kind} {name}; {made};")),
        _ => Some(format!("DROP {kind} {name};")),
    };
    match statement {
        Some(statement) => {
            format!("mychatflow daemon stop; then: sqlite3 {} {}; then start it again", typed(path), typed(&statement))
        }
        None => "mychatflow daemon stop; then put a backup of the store in its place".to_owned(),
    }
}

fn judge_disk(room: &DiskRoom) -> Option<(FindingCode, String)> {
    let left = |words: &str| format!("{words}: {} MB left", room.free_bytes / 1_000_000);
    let files = |words: &str| format!("{words}: room for {} more files", room.free_files.unwrap_or_default());
    let (full, low) = (DISK_FULL_BYTES.min(room.total_bytes / 100), DISK_LOW_BYTES.min(room.total_bytes / 10));
    if room.is_read_only {
        Some((FindingCode::DiskReadOnly, "is mounted for reading only".to_owned()))
    } else if room.free_bytes < full {
        Some((FindingCode::DiskFull, left("is full")))
    } else if room.free_files.is_some_and(|free| free < DISK_FULL_FILES) {
        Some((FindingCode::DiskFull, files("is full")))
    } else if room.free_bytes < low {
        Some((FindingCode::DiskLow, left("is nearly full")))
    } else if room.free_files.is_some_and(|free| free < DISK_LOW_FILES) {
        Some((FindingCode::DiskLow, files("is nearly full")))
    } else {
        None
    }
}

/// The store can't be asked.
#[must_use]
pub fn unread(reason: &str, now: Timestamp) -> HealthFinding {
    let remedy = "see the daemon's log; then: mychatflow doctor";
    let summary = format!("the store can't be read: {reason}");
    HealthFinding::new(FindingCode::StoreUnread, FindingSubject::Store, summary, "it was asked for the numbers", remedy)
        .seen(now)
}

#[cfg(test)]
mod tests {
    use mychatflow_data::store::write_record::WriteFailure;

    use super::*;
    use crate::http::intake::{IntakeRecord, NotStored};

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);
    const ROOMY: DiskRoom = DiskRoom {
        free_bytes: 50_000_000_000,
        total_bytes: 100_000_000_000,
        free_files: Some(1_000_000),
        is_read_only: false,
    };

    fn evidence(writes: WriteHealth) -> StoreEvidence {
        StoreEvidence {
            path: "/data/db".into(),
            writes,
            disk: Some(ROOMY),
            soundness: SoundnessRecord::default(),
            started_at: NOW - Duration::from_secs(600),
        }
    }

    fn codes(evidence: &StoreEvidence, record: IntakeRecord) -> Vec<FindingCode> {
        judge(evidence, &WebhookEvidence { record }, NOW).iter().map(|found| found.code).collect()
    }

    #[test]
    fn a_write_that_failed_is_told_until_a_real_one_goes_well() {
        let ago = Duration::from_secs;
        let failed = WriteFailure { ago: ago(10), since: ago(60), reason: "the disk is full".into(), may_pass: true };
        let failing = evidence(WriteHealth { stored: Some(ago(90)), room: None, failed: Some(failed.clone()) });
        let found = judge(&failing, &WebhookEvidence::default(), NOW);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].code, found[0].since), (FindingCode::StoreRefusesWrites, Some(NOW - ago(60))));
        assert_eq!(found[0].seen_at, Some(NOW - ago(10)));
        assert!(found[0].summary.contains("the disk is full"), "{found:?}");
        let mended = evidence(WriteHealth { stored: Some(ago(1)), room: None, failed: Some(failed) });
        assert_eq!(codes(&mended, IntakeRecord::default()), []);
    }

    #[test]
    fn a_delivery_that_was_not_stored_is_told_though_other_writes_go_well() {
        let (at, since) = (NOW - Duration::from_secs(5), NOW - Duration::from_secs(50));
        let refused = NotStored { at, since, count: 12, reason: "the disk is full".into(), may_pass: true };
        let record = IntakeRecord { not_stored: Some(refused), ..IntakeRecord::default() };
        let well = evidence(WriteHealth { stored: Some(Duration::ZERO), ..WriteHealth::default() });
        assert_eq!(codes(&well, record.clone()), [FindingCode::DeliveriesRefused]);
        let room = WriteHealth { room: Some(Duration::from_secs(1)), ..WriteHealth::default() };
        assert_eq!(codes(&evidence(room), record.clone()), []);
        let stored = IntakeRecord { stored_at: Some(NOW), ..record };
        assert_eq!(codes(&well, stored), []);
    }

    #[test]
    fn an_index_that_somebody_dropped_is_named_with_the_statement_that_makes_it() {
        let dropped = SchemaDifference {
            kind: "index".into(),
            name: "by_id".into(),
            change: SchemaChange::Missing,
            sql: Some("CREATE UNIQUE INDEX by_id\n    ON t (id)".into()),
        };
        let mut changed = evidence(WriteHealth::default());
        changed.soundness.differences = vec![dropped];
        changed.soundness.compared_at = Some(NOW);
        changed.soundness.differing_since = Some(NOW - Duration::from_secs(7_200));
        let found = judge(&changed, &WebhookEvidence::default(), NOW);
        assert_eq!(found[0].code, FindingCode::SchemaChanged);
        assert!(found[0].headline(NOW).ends_with(", for 2 h"), "{found:?}");
        assert!(found[0].summary.contains("the index by_id is missing"), "{found:?}");
        assert!(found[0].remedy.contains("'CREATE UNIQUE INDEX by_id ON t (id);'"), "{found:?}");
    }

    #[test]
    fn after_an_unclean_end_nobody_calls_the_store_whole_before_somebody_looked() {
        let mut unclean = evidence(WriteHealth::default());
        unclean.soundness.unclean_end = true;
        assert_eq!(codes(&unclean, IntakeRecord::default()), [FindingCode::StoreUnchecked]);
        unclean.soundness.looked_at = Some(NOW);
        assert_eq!(codes(&unclean, IntakeRecord::default()), []);
        unclean.soundness.damage = Some("Tree 5 page 9: btreeInitPage() returns error code 11".into());
        assert_eq!(codes(&unclean, IntakeRecord::default()), [FindingCode::StoreDamaged]);
    }

    #[test]
    fn a_disk_is_judged_by_bytes_files_and_how_it_is_mounted() {
        let room = |free_bytes| DiskRoom { free_bytes, ..ROOMY };
        for (room, expected) in [
            (ROOMY, None),
            (room(DISK_LOW_BYTES - 1), Some(FindingCode::DiskLow)),
            (room(DISK_FULL_BYTES - 1), Some(FindingCode::DiskFull)),
            (DiskRoom { free_files: Some(0), ..ROOMY }, Some(FindingCode::DiskFull)),
            (DiskRoom { free_files: Some(500), ..ROOMY }, Some(FindingCode::DiskLow)),
            (DiskRoom { free_files: None, ..ROOMY }, None),
            (DiskRoom { is_read_only: true, ..ROOMY }, Some(FindingCode::DiskReadOnly)),
            (DiskRoom { free_bytes: 60_000_000, total_bytes: 100_000_000, ..ROOMY }, None),
        ] {
            assert_eq!(judge_disk(&room).map(|(code, _)| code), expected, "{room:?}");
        }
    }
}
