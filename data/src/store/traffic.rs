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
        // By way of the chats that had a message since: whatever is older is not looked at.
        const HABITS: Scoped = scoped!(
            "SELECT count(*), coalesce(max(gap), 0) FROM (
                 SELECT i.at - lag(i.at) OVER (ORDER BY i.at) AS gap FROM chats AS h CROSS JOIN interactions AS i
                 WHERE h.tenant_id = :tenant AND h.last_at > :since AND h.instance_id = :instance
                   AND i.tenant_id = h.tenant_id AND i.chat_id = h.id AND i.at > :since AND i.direction = 'in')"
        );
        const UNDELIVERED: Scoped = scoped!(
            "SELECT count(DISTINCT chat_id) FILTER (WHERE state = 'sent' AND at < :patience AND at > arrived_at) FROM (
                 SELECT i.chat_id AS chat_id, i.state AS state, i.at AS at,
                        max(CASE WHEN i.state IN ('delivered', 'read', 'played') THEN i.at ELSE 0 END) OVER () AS arrived_at
                 FROM chats AS h CROSS JOIN interactions AS i
                 WHERE h.tenant_id = :tenant AND h.last_at > :since AND h.instance_id = :instance
                   AND i.tenant_id = h.tenant_id AND i.chat_id = h.id AND i.at > :since AND i.direction = 'out')"
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
