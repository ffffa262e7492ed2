//! Campaigns as they stand, with what became of their recipients.

use std::time::Duration;

use rusqlite::Row;

use super::TenantStore;
use super::change::Change;
use super::error::StoreError;
use super::recipients;
use super::scope::{Scope, Scoped};
use super::tx::run_campaign::counted;
use crate::ids::{CampaignId, InteractionId};
use crate::model::campaign::{Campaign, CampaignCounts, CampaignFile, CampaignState, Plan};
use crate::model::governor::estimate::Newcomers;
use crate::scoped;
use crate::time::Timestamp;

/// Over how long the rate of a campaign is measured.
pub const RATE_OVER: Duration = Duration::from_secs(3600);

/// A campaign and what became of its recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The campaign.
    pub campaign: Campaign,
    /// Its recipients by state.
    pub counts: CampaignCounts,
    /// The same for each of its texts, where it has several.
    pub variants: Vec<CampaignCounts>,
    /// Those who still wait for their turn and with whom nothing was ever written.
    pub newcomers_left: i64,
    /// Messages that were begun in the last [`RATE_OVER`] of it.
    pub begun_lately: i64,
    /// New people that its number wrote to.
    pub newcomers: Newcomers,
}

/// Where a page of campaigns ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CampaignPlace {
    /// When the last one was made.
    pub created_at: Timestamp,
    /// The last one.
    pub id: CampaignId,
}

/// The columns of [`read`], in its order.
macro_rules! columns {
    () => {
        "id, name, instance_id, text, state, scheduled_at, timezone, duplicates, created_at, started_at, finished_at, \
         reason, next_at, variants, number_check, audience, \
         (SELECT json_array(m.file_name, m.mime, m.bytes) FROM campaign_media AS m \
          WHERE m.tenant_id = campaigns.tenant_id AND m.campaign_id = campaigns.id AND m.whole = 1), quiet, missed, late_max_s"
    };
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Campaign> {
    let (variants, media): (String, Option<String>) = (row.get(13)?, row.get(16)?);
    let media = media.and_then(|media| serde_json::from_str::<(String, String, u64)>(&media).ok());
    Ok(Campaign {
        id: row.get(0)?,
        name: row.get(1)?,
        instance: row.get(2)?,
        text: row.get(3)?,
        state: row.get(4)?,
        scheduled_at: row.get(5)?,
        timezone: row.get(6)?,
        duplicates: row.get(7)?,
        created_at: row.get(8)?,
        started_at: row.get(9)?,
        finished_at: row.get(10)?,
        reason: row.get(11)?,
        next_at: row.get(12)?,
        variants: serde_json::from_str(&variants).unwrap_or_default(),
        check: row.get(14)?,
        audience: row.get(15)?,
        media: media.map(|(file_name, mime, bytes)| CampaignFile { file_name, mime, bytes }),
        plan: Plan {
            quiet: row.get(17)?,
            missed: row.get(18)?,
            late_max: Duration::from_secs(u64::try_from(row.get::<_, i64>(19)?).unwrap_or(0)),
        },
    })
}

/// One campaign whose list is complete.
pub(crate) fn find(scope: &Scope<'_>, id: CampaignId) -> Result<Option<Campaign>, StoreError> {
    const FIND: Scoped = scoped!(concat!(
        "SELECT ",
        columns!(),
        " FROM campaigns WHERE tenant_id = :tenant AND id = :id AND listed_at IS NOT NULL"
    ));
    scope.row(FIND, &[(":id", &id)], read)
}

/// One campaign, or the word that there is none.
pub(crate) fn found(scope: &Scope<'_>, id: CampaignId) -> Result<Campaign, StoreError> {
    find(scope, id)?.ok_or(StoreError::NotFound("campaign"))
}

/// Tells listeners that a campaign looks different.
pub(crate) fn emit(scope: &Scope<'_>, id: CampaignId) {
    scope.emit(Change::CampaignChanged(scope.tenant(), id));
}

/// Tells listeners that a message of a campaign got further.
pub(crate) fn emit_of(scope: &Scope<'_>, message: InteractionId) -> Result<(), StoreError> {
    const WHOSE: Scoped =
        scoped!("SELECT campaign_id FROM recipients WHERE tenant_id = :tenant AND interaction_id = :id");
    if let Some(id) = scope.row(WHOSE, &[(":id", &message)], |row| row.get(0))? {
        emit(scope, id);
    }
    Ok(())
}

/// Puts a campaign into a state, with the reason people read, and tells listeners.
pub(crate) fn set_state(
    scope: &Scope<'_>,
    id: CampaignId,
    state: CampaignState,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SET: Scoped = scoped!(
        "UPDATE campaigns
         SET state = :state, reason = :reason, next_at = CASE WHEN :state = 'scheduled' THEN scheduled_at END,
             started_at = CASE WHEN :state = 'running' THEN coalesce(started_at, :now) ELSE started_at END,
             finished_at = CASE WHEN :state IN ('completed', 'cancelled') THEN :now END
         WHERE tenant_id = :tenant AND id = :id"
    );
    scope.execute(SET, &[(":id", &id), (":state", &state), (":reason", &reason), (":now", &now)])?;
    emit(scope, id);
    Ok(())
}

fn progress(scope: &Scope<'_>, campaign: Campaign, now: Timestamp) -> Result<Progress, StoreError> {
    let since = campaign.finished_at.unwrap_or(now) - RATE_OVER;
    let standing = recipients::standing(scope, campaign.id, campaign.texts(), since)?;
    let recipients::Standing { counts, variants, newcomers_left, begun_lately } = standing;
    let newcomers = counted::newcomers(scope, campaign.instance, now)?;
    Ok(Progress { campaign, counts, variants, newcomers_left, begun_lately, newcomers })
}

impl TenantStore {
    /// Campaigns, newest first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn campaigns(
        &self,
        state: Option<CampaignState>,
        after: Option<CampaignPlace>,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<Progress>, StoreError> {
        const PAGE: Scoped = scoped!(concat!(
            "SELECT ",
            columns!(),
            " FROM campaigns
             WHERE tenant_id = :tenant AND listed_at IS NOT NULL AND (:state IS NULL OR state = :state)
               AND (:after IS NULL OR (created_at, id) < (:at, :after))
             ORDER BY created_at DESC, id DESC LIMIT :limit"
        ));
        self.read(move |scope| {
            let (at, id) = (after.map(|place| place.created_at), after.map(|place| place.id));
            let params: &[(&str, &dyn rusqlite::ToSql)] =
                &[(":state", &state), (":at", &at), (":after", &id), (":limit", &limit)];
            let page = scope.rows(PAGE, params, read)?;
            page.into_iter().map(|campaign| progress(scope, campaign, now)).collect()
        })
        .await
    }

    /// One campaign as it stands.
    ///
    /// # Errors
    /// What the store says.
    pub async fn campaign(&self, id: CampaignId, now: Timestamp) -> Result<Option<Progress>, StoreError> {
        self.read(move |scope| find(scope, id)?.map(|campaign| progress(scope, campaign, now)).transpose()).await
    }

    /// One campaign without what became of it; `None` when there is none.
    ///
    /// # Errors
    /// What the store says.
    pub async fn campaign_alone(&self, id: CampaignId) -> Result<Option<Campaign>, StoreError> {
        self.read(move |scope| find(scope, id)).await
    }

    /// The campaign that a person means: by id, or by its name whatever its case.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when none is called so.
    pub async fn campaign_named(&self, text: String) -> Result<Campaign, StoreError> {
        const BY_NAME: Scoped = scoped!(concat!(
            "SELECT ",
            columns!(),
            " FROM campaigns WHERE tenant_id = :tenant AND name = :name AND listed_at IS NOT NULL"
        ));
        self.read(move |scope| {
            let name = text.trim();
            let by_name = scope.row(BY_NAME, &[(":name", &name)], read)?;
            match (by_name, name.parse()) {
                (Some(campaign), _) => Ok(campaign),
                (None, Ok(id)) => found(scope, id),
                (None, Err(_)) => Err(StoreError::NotFound("campaign")),
            }
        })
        .await
    }
}
