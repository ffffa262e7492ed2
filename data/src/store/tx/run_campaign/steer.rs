//! What people do to a campaign: launch, pause, resume, cancel.

use std::time::Duration;

use super::claim::leave_out;
use super::{Turn, any_queued, number_trouble, turn, wake};
use crate::ids::{CampaignId, InteractionId, JobId, RecipientId};
use crate::model::campaign::{Campaign, CampaignState};
use crate::model::governor::Limits;
use crate::model::interaction::InteractionState;
use crate::model::recipient::RecipientState;
use crate::scoped;
use crate::store::TenantStore;
use crate::store::campaign_media;
use crate::store::campaigns::{self, found};
use crate::store::error::StoreError;
use crate::store::interactions;
use crate::store::scope::{Scope, Scoped};
use crate::time::Timestamp;

/// How late a campaign may start that was to start while the daemon was down.
pub const LATE_MAX: Duration = Duration::from_secs(3600);

/// Takes back what has not left yet. Its recipients wait again, or are left out for good.
fn take_back(
    scope: &Scope<'_>,
    id: CampaignId,
    then: RecipientState,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    const UNSENT: Scoped = scoped!(
        "SELECT i.id, i.job_id, r.id FROM interactions AS i
         JOIN recipients AS r ON r.tenant_id = i.tenant_id AND r.interaction_id = i.id
         WHERE i.tenant_id = :tenant AND i.author = 'campaign' AND r.campaign_id = :id
           -- The first list is that of the index, the second what is meant.
           AND i.state IN ('draft', 'held', 'queued', 'sending', 'unknown') AND i.state = 'queued'"
    );
    const JOB: Scoped = scoped!(
        "UPDATE jobs SET state = 'cancelled', reason = :reason, updated_at = :now
         WHERE tenant_id = :tenant AND id = :job AND state IN ('scheduled', 'available', 'retryable', 'held')"
    );
    const WAITS: Scoped = scoped!(
        "UPDATE recipients SET state = 'queued', interaction_id = NULL, claimed_at = NULL
         WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id"
    );
    let unsent = scope.rows(UNSENT, &[(":id", &id)], |row| {
        Ok((row.get::<_, InteractionId>(0)?, row.get::<_, Option<JobId>>(1)?, row.get::<_, RecipientId>(2)?))
    })?;
    for (message, job, recipient) in unsent {
        interactions::set_state(scope, message, InteractionState::Cancelled, Some(reason))?;
        if let Some(job) = job {
            scope.execute(JOB, &[(":job", &job), (":reason", &reason), (":now", &now)])?;
        }
        if then == RecipientState::Queued {
            scope.execute(WAITS, &[(":campaign", &id), (":id", &recipient)])?;
        } else {
            leave_out(scope, id, recipient, then, reason, now)?;
        }
    }
    Ok(())
}

fn conflict<T>(campaign: &Campaign, what: &str) -> Result<T, StoreError> {
    Err(StoreError::Conflict(format!("{} is {}: {what}", campaign.name, campaign.state)))
}

/// Stops a campaign until a person resumes it; what has not left yet stays in.
pub(crate) fn pause(scope: &Scope<'_>, id: CampaignId, reason: &str, now: Timestamp) -> Result<(), StoreError> {
    campaigns::set_state(scope, id, CampaignState::Paused, Some(reason), now)?;
    take_back(scope, id, RecipientState::Queued, "the campaign was paused", now)?;
    // So that its job does not stand in the queue until its time.
    wake(scope, id, now, now)
}

/// Starts a campaign, now or at its time.
fn set_going(scope: &Scope<'_>, campaign: &Campaign, now: Timestamp) -> Result<Campaign, StoreError> {
    match campaign.scheduled_at {
        Some(at) if at > now => {
            campaigns::set_state(scope, campaign.id, CampaignState::Scheduled, None, now)?;
            wake(scope, campaign.id, at, now)?;
        }
        _ => {
            campaigns::set_state(scope, campaign.id, CampaignState::Running, None, now)?;
            wake(scope, campaign.id, now, now)?;
        }
    }
    found(scope, campaign.id)
}

impl TenantStore {
    /// Starts a draft, now or at its time.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is no draft, nobody is left to write to, or its time is over.
    pub async fn launch_campaign(&self, id: CampaignId, now: Timestamp) -> Result<Campaign, StoreError> {
        self.write(move |scope| {
            let campaign = found(scope, id)?;
            if campaign.state != CampaignState::Draft {
                return conflict(&campaign, "only a draft can be launched");
            }
            campaign_media::must_be_whole(scope, id)?;
            if !any_queued(scope, id)? {
                return conflict(&campaign, "everybody on its list is left out; see its report");
            }
            if let Some(Turn::Stuck(reason)) = number_trouble(scope, campaign.instance, now)? {
                return conflict(&campaign, &reason);
            }
            if campaign.scheduled_at.is_some_and(|at| at + LATE_MAX < now) {
                return conflict(&campaign, "its time is over; give it another one, or `now`");
            }
            set_going(scope, &campaign, now)
        })
        .await
    }

    /// Stops a campaign until it is resumed. What has not left yet stays in.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is not under way.
    pub async fn pause_campaign(&self, id: CampaignId, reason: String, now: Timestamp) -> Result<Campaign, StoreError> {
        self.write(move |scope| {
            let campaign = found(scope, id)?;
            if !matches!(campaign.state, CampaignState::Running | CampaignState::Scheduled) {
                return conflict(&campaign, "there is nothing to pause");
            }
            pause(scope, id, &reason, now)?;
            found(scope, id)
        })
        .await
    }

    /// Lets a paused campaign go on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is not paused.
    pub async fn resume_campaign(&self, id: CampaignId, now: Timestamp) -> Result<Campaign, StoreError> {
        self.write(move |scope| {
            let campaign = found(scope, id)?;
            if campaign.state != CampaignState::Paused {
                return conflict(&campaign, "only a paused one can be resumed");
            }
            campaign_media::must_be_whole(scope, id)?;
            if let Some(Turn::Stuck(reason)) = number_trouble(scope, campaign.instance, now)? {
                return conflict(&campaign, &reason);
            }
            set_going(scope, &campaign, now)
        })
        .await
    }

    /// Ends a campaign: whoever has not got it yet never will.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it has ended already.
    pub async fn cancel_campaign(&self, id: CampaignId, now: Timestamp) -> Result<Campaign, StoreError> {
        const REST: Scoped = scoped!(
            "UPDATE recipients SET state = 'skipped', reason = :reason, claimed_at = :now
             WHERE tenant_id = :tenant AND campaign_id = :id AND state IN ('queued', 'checking')"
        );
        const REASON: &str = "the campaign was cancelled";
        self.write(move |scope| {
            let campaign = found(scope, id)?;
            if matches!(campaign.state, CampaignState::Completed | CampaignState::Cancelled) {
                return conflict(&campaign, "there is nothing to cancel");
            }
            campaigns::set_state(scope, id, CampaignState::Cancelled, None, now)?;
            take_back(scope, id, RecipientState::Skipped, REASON, now)?;
            scope.execute(REST, &[(":id", &id), (":reason", &REASON), (":now", &now)])?;
            wake(scope, id, now, now)?;
            found(scope, id)
        })
        .await
    }

    /// Starts a campaign whose time has come; one that missed it by too much is paused.
    ///
    /// # Errors
    /// What the store says.
    pub async fn start_campaign(&self, id: CampaignId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |scope| {
            let Some(campaign) = campaigns::find(scope, id)? else { return Ok(()) };
            match (campaign.state, campaign.scheduled_at) {
                (CampaignState::Scheduled, Some(at)) if at + LATE_MAX < now => pause(scope, id, "missed its time", now),
                (CampaignState::Scheduled, _) => campaigns::set_state(scope, id, CampaignState::Running, None, now),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Stops a campaign that can't go on by itself.
    ///
    /// # Errors
    /// What the store says.
    pub async fn give_up_campaign(&self, id: CampaignId, reason: String, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |scope| match campaigns::find(scope, id)?.map(|campaign| campaign.state) {
            Some(CampaignState::Running | CampaignState::Scheduled) => pause(scope, id, &reason, now),
            _ => Ok(()),
        })
        .await
    }

    /// Notes that everybody got it or stands with a reason, unless that is not so any more.
    ///
    /// # Errors
    /// What the store says.
    pub async fn finish_campaign(&self, id: CampaignId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |scope| match turn(scope, id, &Limits::default(), now)? {
            Turn::Finished => campaigns::set_state(scope, id, CampaignState::Completed, None, now),
            _ => Ok(()),
        })
        .await
    }
}
