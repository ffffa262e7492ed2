//! How a campaign went over time, counted from its rows.

use std::time::Duration;

use super::TenantStore;
use super::error::StoreError;
use super::scope::Scoped;
use crate::ids::CampaignId;
use crate::scoped;
use crate::time::Timestamp;

/// What happened in one stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stretch {
    /// Messages that WAHA took.
    pub sent: i64,
    /// People who wrote back.
    pub replied: i64,
    /// People who were refused, or whose end is unknown.
    pub failed: i64,
    /// People who asked not to be written to.
    pub opted_out: i64,
}

impl TenantStore {
    /// So many stretches of a campaign from an instant on. What came before or after them is left out.
    ///
    /// # Errors
    /// What the store says.
    pub async fn campaign_series(
        &self,
        id: CampaignId,
        from: Timestamp,
        step: Duration,
        stretches: usize,
    ) -> Result<Vec<Stretch>, StoreError> {
        const SERIES: Scoped = scoped!(
            "SELECT 0, (sent_at - :from) / :step AS place, count(*) FROM recipients INDEXED BY recipients_progress
             WHERE tenant_id = :tenant AND campaign_id = :id AND state = 'sending'
               AND progress IN ('sent', 'delivered', 'read', 'played', 'edited', 'revoked') GROUP BY place
             UNION ALL
             SELECT 1, (replied_at - :from) / :step AS place, count(*) FROM recipients INDEXED BY recipients_progress
             WHERE tenant_id = :tenant AND campaign_id = :id AND state = 'sending'
               AND progress IN ('sent', 'delivered', 'read', 'played') AND replied_at IS NOT NULL GROUP BY place
             UNION ALL
             SELECT 2, (claimed_at - :from) / :step AS place, count(*) FROM recipients INDEXED BY recipients_progress
             WHERE tenant_id = :tenant AND campaign_id = :id AND state = 'sending'
               AND progress IN ('failed', 'unknown') GROUP BY place
             UNION ALL
             SELECT 3, (claimed_at - :from) / :step AS place, count(*) FROM recipients INDEXED BY recipients_progress
             WHERE tenant_id = :tenant AND campaign_id = :id AND state = 'opted_out' GROUP BY place"
        );
        self.read(move |scope| {
            let step = i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1);
            let rows = scope.rows(SERIES, &[(":id", &id), (":from", &from), (":step", &step)], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, i64>(2)?))
            })?;
            let mut series = vec![Stretch::default(); stretches];
            for (what, place, count) in rows {
                let place = place.and_then(|place| usize::try_from(place).ok());
                let Some(stretch) = place.and_then(|place| series.get_mut(place)) else { continue };
                match what {
                    0 => stretch.sent += count,
                    1 => stretch.replied += count,
                    2 => stretch.failed += count,
                    _ => stretch.opted_out += count,
                }
            }
            Ok(series)
        })
        .await
    }
}
