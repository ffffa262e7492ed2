//! What a clock that was ahead has left behind: stamps in the future. Once the clock is right they are moved back by as
//! much as it was ahead, so that gaps, caps and pauses are counted from where they began, and jobs sleep as long as was
//! meant and not until that far day.
//!
//! Only stamps of the time in which the clock is known to have been ahead are touched. That a stamp lies in the future
//! proves nothing: by a clock that is behind, everything that is right does.
//!
//! Entries of the ledger are never changed: a period is told by its bounds.

use std::time::Duration;

use rusqlite::ToSql;

use crate::ids::{ChatId, InstanceId};
use crate::model::job::{JobArgs, JobKind};
use crate::model::pairing::next_reading;
use crate::scoped;
use crate::store::TenantStore;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::jobs::{self, FAR};
use crate::store::scope::{Scope, Scoped};
use crate::time::Timestamp;

/// Every column that is mended, where a test compares it with the schema.
pub const MENDED_COLUMNS: &[&str] = &[
    "campaigns.created_at",
    "campaigns.finished_at",
    "campaigns.listed_at",
    "campaigns.resumed_at",
    "campaigns.started_at",
    "chats.context_from",
    "chats.created_at",
    "chats.handoff_at",
    "chats.last_at",
    "chats.last_in_at",
    "chats.last_out_at",
    "chats.paused_until",
    "chats.waiting_since",
    "contacts.consent_at",
    "contacts.created_at",
    "contacts.opted_out_at",
    "deliveries.at",
    "early_acks.at",
    "early_changes.at",
    "erasures.at",
    "instance_statuses.at",
    "instances.created_at",
    "instances.heard_at",
    "instances.list_read_at",
    "instances.paired_at",
    "instances.since",
    "instances.worked_at",
    "interactions.answered_at",
    "interactions.at",
    "interactions.created_at",
    "interactions.echoed_at",
    "interactions.sending_at",
    "interactions.sent_at",
    "interactions.written_at",
    "jobs.created_at",
    "jobs.run_at",
    "jobs.updated_at",
    "number_checks.at",
    "recipients.claimed_at",
    "recipients.created_at",
    "recipients.opted_out_at",
    "recipients.replied_at",
    "recipients.sent_at",
    "suppressions.at",
    "unreadable.at",
];

/// The longest that a job sleeps for a reason of its own. Only a campaign waits longer, for its time: it looks at that
/// again when it is woken.
const SLEEP_MAX_MS: i64 = 24 * 3600 * 1000;
/// A chat that is silent until this long after the clock was set back may be so by the wrong clock's word.
const SILENCE_MAX_MS: i64 = 31 * SLEEP_MAX_MS;

/// A time in which the clock was ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AheadSpan {
    /// Its beginning, by the clock that was ahead.
    pub from: Timestamp,
    /// Its end, by the same clock.
    pub to: Timestamp,
    /// How far the clock was ahead.
    pub by: Duration,
}

/// What was mended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MendedStamps {
    /// How many rows were changed.
    pub rows: usize,
    /// Chats that are paused or put away until a time that nobody may have meant: left as they are.
    pub silent: Vec<(ChatId, Timestamp)>,
}

/// Is a column's stamp of the wrong time?
macro_rules! is_wrong {
    ($column:literal) => {
        concat!($column, " BETWEEN :from AND :to")
    };
    ($column:literal, $($more:literal),+) => {
        concat!(is_wrong!($column), " OR ", is_wrong!($($more),+))
    };
}

/// Sets columns to what they should have been.
macro_rules! moved_back {
    ($column:literal) => {
        concat!($column, " = CASE WHEN ", is_wrong!($column), " THEN min(", $column, " - :by, :now) ELSE ", $column, " END")
    };
    ($column:literal, $($more:literal),+) => {
        concat!(moved_back!($column), ", ", moved_back!($($more),+))
    };
}

/// Moves the stamps of a table back; further conditions may follow.
macro_rules! mend {
    ($table:literal: $($column:literal),+) => {
        concat!("UPDATE ", $table, " SET ", moved_back!($($column),+),
                " WHERE tenant_id = :tenant AND (", is_wrong!($($column),+), ")")
    };
}

macro_rules! mend_messages {
    () => {
        mend!("interactions": "at", "sending_at", "answered_at", "sent_at", "echoed_at", "created_at", "written_at")
    };
}

/// The chats that were touched while the clock was ahead.
macro_rules! touched {
    () => {
        concat!(
            "tenant_id = :tenant AND (",
            is_wrong!(
                "last_at",
                "last_in_at",
                "last_out_at",
                "waiting_since",
                "context_from",
                "handoff_at",
                "created_at"
            ),
            ")"
        )
    };
}

/// In this order: messages are found by the stamps of their chats.
const STAMPS: &[Scoped] = &[
    scoped!(concat!(mend_messages!(), " AND chat_id IN (SELECT id FROM chats WHERE ", touched!(), ")")),
    scoped!(concat!(mend_messages!(), " AND state IN ('draft', 'held', 'queued', 'sending', 'unknown')")),
    scoped!(concat!(
        mend_messages!(),
        " AND author = 'campaign' AND at >= :from
          AND instance_id IN (SELECT id FROM instances WHERE tenant_id = :tenant)"
    )),
    scoped!(mend!("recipients": "claimed_at", "sent_at", "replied_at", "opted_out_at", "created_at")),
    scoped!(mend!("campaigns": "listed_at", "started_at", "resumed_at", "finished_at", "created_at")),
    scoped!(mend!("number_checks": "at")),
    scoped!(mend!("erasures": "at")),
    scoped!(mend!("suppressions": "at")),
    scoped!(mend!("contacts": "opted_out_at", "consent_at", "created_at")),
    scoped!(mend!("instances": "since", "paired_at", "heard_at", "worked_at", "list_read_at", "created_at")),
    scoped!(mend!("instance_statuses": "at")),
    scoped!(mend!("unreadable": "at")),
    scoped!(mend!("deliveries": "at")),
    scoped!(mend!("early_acks": "at")),
    scoped!(mend!("early_changes": "at")),
];

/// A pause that was counted from a word of ours keeps its length.
const CHATS: Scoped = scoped!(concat!(
    "UPDATE chats
     SET paused_until = CASE WHEN last_out_at BETWEEN :from AND :to
                              AND paused_until BETWEEN last_out_at AND last_out_at + :sleep_max
                             THEN paused_until - :by ELSE paused_until END, ",
    moved_back!("last_at", "last_in_at", "last_out_at", "waiting_since", "context_from", "handoff_at", "created_at"),
    " WHERE ",
    touched!(),
    " RETURNING id"
));
/// How long it was to sleep is told by when it was put to sleep.
const JOBS: Scoped = scoped!(concat!(
    "UPDATE jobs
     SET run_at = CASE WHEN updated_at BETWEEN :from AND :to AND run_at - updated_at BETWEEN 0 AND :sleep_max
                       THEN min(run_at, :now + (run_at - updated_at)) ELSE min(run_at, :now) END,
         created_at = min(created_at, :now),
         updated_at = :now
     WHERE tenant_id = :tenant AND state IN ('scheduled', 'available', 'retryable')
       AND (",
    is_wrong!("updated_at", "created_at"),
    "       OR (run_at > :now + :sleep_max AND run_at <= :to + :sleep_max AND kind <> 'run_campaign'))
       AND run_at < :far
     RETURNING kind, run_at"
));
/// What waits for a person goes on waiting.
const OTHER_JOBS: Scoped = scoped!(mend!("jobs": "created_at", "updated_at"));
/// No job sleeps that long. To wake one too early does no harm: it looks at its reason again.
const SLEEPERS: Scoped = scoped!(
    "UPDATE jobs SET run_at = :now
     WHERE tenant_id = :tenant AND state IN ('scheduled', 'available', 'retryable')
       AND run_at > :now + :sleep_max AND run_at < :far AND kind <> 'run_campaign'
     RETURNING kind, run_at"
);
const SILENT: Scoped = scoped!(
    "SELECT id, max(coalesce(paused_until, 0), CASE WHEN state = 'snoozed' THEN coalesce(snoozed_until, 0) ELSE 0 END)
     FROM chats
     WHERE tenant_id = :tenant
       AND (paused_until BETWEEN :from AND :to + :silence
            OR (state = 'snoozed' AND snoozed_until BETWEEN :from AND :to + :silence))"
);
const NUMBERS: Scoped =
    scoped!("SELECT id, worked_at, list_read_at FROM instances WHERE tenant_id = :tenant AND removed_at IS NULL");
const NEWEST: Scoped = scoped!("SELECT max(last_at) FROM chats WHERE tenant_id = :tenant");

impl TenantStore {
    /// Moves back what a clock that was ahead has left behind. To be called when the clock is known to be right, and to
    /// have been ahead. Each table is a unit of its own: what comes in meanwhile gets its turn in between.
    ///
    /// # Errors
    /// What the store says.
    pub async fn mend_stamps(&self, span: AheadSpan, now: Timestamp) -> Result<MendedStamps, StoreError> {
        // What is not in the future is not wrong for sure.
        let from = span.from.max(Timestamp::from_millis(now.millis() + 1));
        let (to, by) = (span.to, i64::try_from(span.by.as_millis()).unwrap_or(i64::MAX));
        let mut mended = MendedStamps::default();
        if to < from {
            return Ok(mended);
        }
        for stamps in STAMPS.iter().copied() {
            mended.rows += self
                .write(move |scope| {
                    scope.execute(stamps, &[(":from", &from), (":to", &to), (":by", &by), (":now", &now)])
                })
                .await?;
        }
        mended.rows += self
            .write(move |scope| {
                let at: &[(&str, &dyn ToSql)] =
                    &[(":from", &from), (":to", &to), (":by", &by), (":now", &now), (":sleep_max", &SLEEP_MAX_MS)];
                let chats: Vec<ChatId> = scope.rows(CHATS, at, |row| row.get(0))?;
                for chat in &chats {
                    scope.emit(Change::ChatChanged(scope.tenant(), *chat));
                }
                Ok(chats.len())
            })
            .await?;
        mended.rows += self
            .write(move |scope| {
                let params: &[(&str, &dyn ToSql)] =
                    &[(":from", &from), (":to", &to), (":now", &now), (":sleep_max", &SLEEP_MAX_MS), (":far", &FAR)];
                let jobs: Vec<(JobKind, Timestamp)> = scope.rows(JOBS, params, |row| Ok((row.get(0)?, row.get(1)?)))?;
                let rows = jobs.len();
                for (kind, due) in jobs {
                    scope.emit(Change::JobDue(kind, due));
                }
                let at: &[(&str, &dyn ToSql)] = &[(":from", &from), (":to", &to), (":by", &by), (":now", &now)];
                Ok(rows + scope.execute(OTHER_JOBS, at)?)
            })
            .await?;
        self.write(move |scope| read_lists_again(scope, now)).await?;
        mended.silent = self
            .read(move |scope| {
                let at: &[(&str, &dyn ToSql)] = &[(":from", &from), (":to", &to), (":silence", &SILENCE_MAX_MS)];
                scope.rows(SILENT, at, |row| Ok((row.get(0)?, row.get(1)?)))
            })
            .await?;
        Ok(mended)
    }

    /// Wakes the jobs that a clock which was ahead, in an earlier run, has put to sleep for longer than any job sleeps.
    /// Returns how many.
    ///
    /// # Errors
    /// What the store says.
    pub async fn wake_sleepers(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.write(move |scope| {
            let at: &[(&str, &dyn ToSql)] = &[(":now", &now), (":sleep_max", &SLEEP_MAX_MS), (":far", &FAR)];
            let jobs: Vec<(JobKind, Timestamp)> = scope.rows(SLEEPERS, at, |row| Ok((row.get(0)?, row.get(1)?)))?;
            let rows = jobs.len();
            for (kind, due) in jobs {
                scope.emit(Change::JobDue(kind, due));
            }
            Ok(rows)
        })
        .await
    }

    /// When the newest message is of, by its stamp.
    ///
    /// # Errors
    /// What the store says.
    pub async fn newest_stamp(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|scope| Ok(scope.row(NEWEST, &[], |row| row.get(0))?.flatten())).await
    }
}

/// By the wrong clock the last reading of the people that a phone knows was over, and its job with it: what is due by the right
/// one is asked for again.
fn read_lists_again(scope: &Scope<'_>, now: Timestamp) -> Result<(), StoreError> {
    type Row = (InstanceId, Option<Timestamp>, Option<Timestamp>);
    let numbers: Vec<Row> = scope.rows(NUMBERS, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for (id, worked_at, read_at) in numbers {
        let Some(due) = worked_at.and_then(|worked_at| next_reading(worked_at, read_at)) else { continue };
        jobs::insert_keyed(scope, &JobArgs::SyncContacts { instance: id }, &id.to_string(), due.max(now), now)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_that_are_listed_are_those_of_the_statements() {
        let statements: Vec<String> =
            STAMPS.iter().chain([&CHATS, &JOBS, &OTHER_JOBS]).map(|sql| format!("{sql:?}")).collect();
        for name in MENDED_COLUMNS {
            let (table, column) = name.split_once('.').unwrap();
            let sets =
                |sql: &&String| sql.contains(&format!("UPDATE {table}")) && sql.contains(&format!("{column} = "));
            assert!(statements.iter().any(|sql| sets(&sql)), "{name}");
        }
    }
}
