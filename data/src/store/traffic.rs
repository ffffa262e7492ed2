//! What comes and goes on a number: the facts behind its verdict.

use std::time::Duration;

use super::TenantStore;
use super::error::StoreError;
use super::scope::Scoped;
use crate::ids::InstanceId;
use crate::model::instance::Traffic;
use crate::scoped;
use crate::time::Timestamp;

/// How far back a habit is looked for.
const HABIT: Duration = Duration::from_secs(14 * 24 * 3600);
/// How far back messages that did not arrive count.
const RECENT: Duration = Duration::from_secs(24 * 3600);
/// How long a message may take to arrive.
const PATIENCE: Duration = Duration::from_secs(600);

impl TenantStore {
    /// What came and went on a number lately.
    ///
    /// # Errors
    /// What the store says.
    pub async fn traffic(&self, instance: InstanceId, now: Timestamp) -> Result<Traffic, StoreError> {
        const HABITS: Scoped = scoped!(
            "SELECT count(*), coalesce(max(gap), 0) FROM (
                 SELECT at - lag(at) OVER (ORDER BY at) AS gap FROM interactions
                 WHERE tenant_id = :tenant AND instance_id = :instance AND direction = 'in' AND at > :since)"
        );
        const UNDELIVERED: Scoped = scoped!(
            "SELECT count(DISTINCT chat_id) FROM interactions
             WHERE tenant_id = :tenant AND instance_id = :instance AND direction = 'out' AND state = 'sent'
               AND at < :patience
               AND at > max(:since, coalesce((
                   SELECT max(at) FROM interactions
                   WHERE tenant_id = :tenant AND instance_id = :instance AND direction = 'out'
                     AND state IN ('delivered', 'read', 'played')), 0))"
        );
        self.read(move |scope| {
            let habit = scope.row(HABITS, &[(":instance", &instance), (":since", &(now - HABIT))], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
            })?;
            let (messages, gap) = habit.unwrap_or_default();
            let undelivered = scope.row(
                UNDELIVERED,
                &[(":instance", &instance), (":since", &(now - RECENT)), (":patience", &(now - PATIENCE))],
                |row| row.get(0),
            )?;
            Ok(Traffic {
                messages,
                gap_longest: Duration::from_millis(u64::try_from(gap).unwrap_or(0)),
                undelivered_chats: undelivered.unwrap_or(0),
            })
        })
        .await
    }
}
