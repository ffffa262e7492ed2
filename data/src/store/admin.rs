//! The few questions that are about the daemon, not about one tenant.

use super::change::Change;
use super::db::UnitKind;
use super::error::StoreError;
use super::scope::Scoped;
use super::{Store, TenantStore};
use crate::ids::TenantId;
use crate::model::interaction::InteractionState;
use crate::scoped;
use crate::time::Timestamp;

/// One counter of `stats`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// Whose; the id of sixteen zero bytes is the daemon itself.
    pub tenant: TenantId,
    /// What was counted.
    pub name: String,
    /// How often.
    pub value: i64,
}

/// The daemon itself, as the owner of counters that belong to no tenant.
pub const DAEMON: TenantId = TenantId::from_bytes([0; 16]);
/// How much a probe for room writes: more than any message.
const ROOM_BYTES: i64 = 512 * 1024;
/// No counter has a longer name; what is longer was left by a probe.
const COUNTER_NAME_MAX: i64 = 200;

impl Store {
    /// The number of the schema.
    #[must_use]
    pub fn schema(&self) -> i64 {
        i64::try_from(super::migrate::MIGRATIONS.len()).unwrap_or(i64::MAX)
    }

    /// The opening hours that are set anywhere, with whose they are.
    ///
    /// # Errors
    /// What the store says.
    pub async fn all_opening_hours(&self) -> Result<Vec<(TenantId, String)>, StoreError> {
        self.db
            .read(|connection| {
                let mut statement =
                    connection.prepare("SELECT tenant_id, value FROM settings WHERE key = 'business.hours'")?;
                let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?)
            })
            .await
    }

    /// Every counter of every tenant.
    ///
    /// # Errors
    /// What the store says.
    pub async fn counters(&self) -> Result<Vec<Counter>, StoreError> {
        self.db
            .read(|connection| {
                let mut statement = connection
                    .prepare_cached("SELECT tenant_id, name, value FROM counters WHERE length(name) <= ?1")?;
                let rows = statement.query_map([COUNTER_NAME_MAX], |row| {
                    Ok(Counter { tenant: row.get(0)?, name: row.get(1)?, value: row.get(2)? })
                })?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?)
            })
            .await
    }

    /// Adds to counters outside any other unit of work: deliveries that were refused.
    ///
    /// # Errors
    /// What the store says.
    pub async fn count(&self, counts: Vec<(TenantId, &'static str, i64)>) -> Result<(), StoreError> {
        self.db
            .write(move |writer| {
                for (tenant, name, by) in counts {
                    writer.count(tenant, name, by);
                }
                Ok(())
            })
            .await
    }

    /// Brings back the chats whose time away is over, and says when the next one's is.
    ///
    /// # Errors
    /// What the store says.
    pub async fn wake_snoozed(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.db
            .write(move |writer| {
                let mut wake = writer.connection.prepare_cached(
                    "UPDATE chats
                     SET snoozed_until = NULL,
                         state = CASE WHEN coalesce(last_in_at, 0) > coalesce(last_out_at, 0) THEN 'needs_you'
                                      ELSE 'waiting' END,
                         reason = CASE WHEN coalesce(last_in_at, 0) > coalesce(last_out_at, 0) THEN 'back from snooze'
                                       ELSE NULL END
                     WHERE state = 'snoozed' AND snoozed_until <= ?1
                     RETURNING tenant_id, id",
                )?;
                let mut woken = wake.query([now])?;
                while let Some(row) = woken.next()? {
                    writer.emit(Change::ChatChanged(row.get(0)?, row.get(1)?));
                }
                let next = "SELECT min(snoozed_until) FROM chats WHERE state = 'snoozed'";
                Ok(writer.connection.prepare_cached(next)?.query_row([], |row| row.get(0))?)
            })
            .await
    }

    /// Does the store take writes? It writes one row over, which may fit where nothing else does: see
    /// [`Store::write_health`].
    ///
    /// # Errors
    /// What stands in the way.
    pub async fn probe(&self) -> Result<(), StoreError> {
        self.db
            .write(|writer| {
                writer.is_only(UnitKind::Probe);
                writer.connection.execute(
                    "INSERT INTO counters (tenant_id, name, value) VALUES (?1, 'probe', 1)
                     ON CONFLICT (tenant_id, name) DO UPDATE SET value = value + 1",
                    [DAEMON],
                )?;
                Ok(())
            })
            .await
    }

    /// Is there room again, after a write has failed? Commits half a megabyte, and takes it away.
    ///
    /// # Errors
    /// What stands in the way.
    pub async fn probe_room(&self) -> Result<(), StoreError> {
        let made = self.db.write(|writer| {
            writer.is_only(UnitKind::LargeProbe);
            writer.connection.execute(
                "INSERT OR REPLACE INTO counters (tenant_id, name, value) VALUES (?1, hex(zeroblob(?2)), 0)",
                (DAEMON, ROOM_BYTES / 2),
            )?;
            Ok(())
        });
        made.await?;
        let taken = self.db.write(|writer| {
            writer.is_only(UnitKind::Probe);
            let long = "DELETE FROM counters WHERE tenant_id = ?1 AND length(name) > ?2";
            writer.connection.execute(long, (DAEMON, COUNTER_NAME_MAX))?;
            Ok(())
        });
        taken.await
    }

    /// How many jobs are in each state, over all tenants.
    ///
    /// # Errors
    /// What the store says.
    pub async fn job_counts(&self) -> Result<Vec<(String, i64)>, StoreError> {
        self.db
            .read(|connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT state, count(*) FROM jobs
                     WHERE state IN ('scheduled', 'available', 'running', 'retryable', 'held', 'discarded')
                     GROUP BY state",
                )?;
                let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?)
            })
            .await
    }
}

impl TenantStore {
    /// Every counter of the tenant.
    ///
    /// # Errors
    /// What the store says.
    pub async fn counters(&self) -> Result<Vec<Counter>, StoreError> {
        const ALL: Scoped = scoped!("SELECT name, value FROM counters WHERE tenant_id = :tenant ORDER BY name");
        let tenant = self.tenant;
        self.read(move |scope| {
            scope.rows(ALL, &[], |row| Ok(Counter { tenant, name: row.get(0)?, value: row.get(1)? }))
        })
        .await
    }

    /// How many messages of ours have not come to an end, by state.
    ///
    /// # Errors
    /// What the store says.
    pub async fn open_sends(&self) -> Result<Vec<(InteractionState, i64)>, StoreError> {
        const OPEN: Scoped = scoped!(
            "SELECT state, count(*) FROM interactions
             WHERE tenant_id = :tenant AND state IN ('draft', 'held', 'queued', 'sending', 'unknown')
             GROUP BY state"
        );
        self.read(move |scope| scope.rows(OPEN, &[], |row| Ok((row.get(0)?, row.get(1)?)))).await
    }
}
