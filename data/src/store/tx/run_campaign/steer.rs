//! What people do to a campaign: launch, pause, resume, cancel.

use super::claim::leave_out;
use super::{Rules, Turn, any_queued, number_trouble, slot_of, turn, wake};
use crate::ids::{CampaignId, ContactId, InteractionId, JobId, RecipientId};
use crate::model::campaign::{Campaign, CampaignState, Plan};
use crate::model::interaction::InteractionState;
use crate::model::recipient::RecipientState;
use crate::model::slot::Slot;
use crate::scoped;
use crate::store::TenantStore;
use crate::store::campaign_media;
use crate::store::campaigns::{self, found};
use crate::store::error::StoreError;
use crate::store::interactions;
use crate::store::recipients::OPTED_OUT;
use crate::store::scope::{Scope, Scoped};
use crate::time::Timestamp;

/// What became of a message that was to be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recall {
    /// Its recipient waits for another turn.
    Back,
    /// It is still to be sent, or may have been.
    Stays,
}

/// A recipient whose message was taken back waits for another turn.
pub(super) fn wait_again(scope: &Scope<'_>, id: CampaignId, recipient: RecipientId) -> Result<(), StoreError> {
    const WAITS: Scoped = scoped!(
        "UPDATE recipients SET state = 'queued', interaction_id = NULL, claimed_at = NULL
         WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id"
    );
    scope.execute(WAITS, &[(":campaign", &id), (":id", &recipient)]).map(drop)
}

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
    let unsent = scope.rows(UNSENT, &[(":id", &id)], |row| {
        Ok((row.get::<_, InteractionId>(0)?, row.get::<_, Option<JobId>>(1)?, row.get::<_, RecipientId>(2)?))
    })?;
    for (message, job, recipient) in unsent {
        withdraw(scope, message, job, reason, now)?;
        if then == RecipientState::Queued {
            wait_again(scope, id, recipient)?;
        } else {
            leave_out(scope, id, recipient, then, reason, now)?;
        }
    }
    Ok(())
}

/// Takes back what campaigns have for somebody and has not left yet: they asked not to be written to.
pub(crate) fn take_back_from(scope: &Scope<'_>, contact: ContactId, now: Timestamp) -> Result<(), StoreError> {
    const UNSENT: Scoped = scoped!(
        "SELECT i.id, i.job_id, r.campaign_id, r.id FROM recipients AS r
         JOIN interactions AS i ON i.tenant_id = r.tenant_id AND i.id = r.interaction_id
         WHERE r.tenant_id = :tenant AND r.contact_id = :contact AND i.state = 'queued'"
    );
    let unsent = scope.rows(UNSENT, &[(":contact", &contact)], |row| {
        Ok((
            row.get::<_, InteractionId>(0)?,
            row.get::<_, Option<JobId>>(1)?,
            row.get::<_, CampaignId>(2)?,
            row.get::<_, RecipientId>(3)?,
        ))
    })?;
    for (message, job, campaign, recipient) in unsent {
        withdraw(scope, message, job, OPTED_OUT, now)?;
        leave_out(scope, campaign, recipient, RecipientState::OptedOut, OPTED_OUT, now)?;
        wake(scope, campaign, now, now)?;
    }
    Ok(())
}

/// Takes back what a campaign has for one row and has not left yet: the row waits again.
pub(crate) fn take_back_row(
    scope: &Scope<'_>,
    campaign: CampaignId,
    row: RecipientId,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    const UNSENT: Scoped = scoped!(
        "SELECT i.id, i.job_id FROM recipients AS r
         JOIN interactions AS i ON i.tenant_id = r.tenant_id AND i.id = r.interaction_id
         WHERE r.tenant_id = :tenant AND r.campaign_id = :campaign AND r.id = :row AND i.state = 'queued'"
    );
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":campaign", &campaign), (":row", &row)];
    let unsent =
        scope.row(UNSENT, params, |row| Ok((row.get::<_, InteractionId>(0)?, row.get::<_, Option<JobId>>(1)?)))?;
    let Some((message, job)) = unsent else { return Ok(()) };
    withdraw(scope, message, job, reason, now)?;
    wait_again(scope, campaign, row)?;
    wake(scope, campaign, now, now)
}

fn withdraw(
    scope: &Scope<'_>,
    message: InteractionId,
    job: Option<JobId>,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    const JOB: Scoped = scoped!(
        "UPDATE jobs SET state = 'cancelled', reason = :reason, updated_at = :now
         WHERE tenant_id = :tenant AND id = :job AND state IN ('scheduled', 'available', 'retryable', 'held')"
    );
    interactions::set_state(scope, message, InteractionState::Cancelled, Some(reason))?;
    match job {
        Some(job) => scope.execute(JOB, &[(":job", &job), (":reason", &reason), (":now", &now)]).map(drop),
        None => Ok(()),
    }
}

fn conflict<T>(campaign: &Campaign, what: &str) -> Result<T, StoreError> {
    let state = match campaign.state {
        CampaignState::Draft => "a draft",
        state => state.word(),
    };
    Err(StoreError::Conflict(format!("{} is {state}: {what}", campaign.name)))
}

/// Stops a campaign until a person resumes it; what has not left yet stays in.
pub(crate) fn pause(scope: &Scope<'_>, id: CampaignId, reason: &str, now: Timestamp) -> Result<(), StoreError> {
    campaigns::set_state(scope, id, CampaignState::Paused, Some(reason), now)?;
    take_back(scope, id, RecipientState::Queued, "the campaign was paused", now)?;
    // So that its job does not stand in the queue until its time.
    wake(scope, id, now, now)
}

/// Ends a campaign: whoever has not got it yet never will.
fn cancel(
    scope: &Scope<'_>,
    id: CampaignId,
    reason: Option<&str>,
    reason_of_rows: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    const REST: Scoped = scoped!(
        "UPDATE recipients SET state = 'skipped', reason = :reason, claimed_at = :now
         WHERE tenant_id = :tenant AND campaign_id = :id AND state IN ('queued', 'checking')"
    );
    campaigns::set_state(scope, id, CampaignState::Cancelled, reason, now)?;
    take_back(scope, id, RecipientState::Skipped, reason_of_rows, now)?;
    scope.execute(REST, &[(":id", &id), (":reason", &reason_of_rows), (":now", &now)])?;
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
            if campaign.scheduled_at.is_some_and(|at| at + campaign.plan.late_max < now) {
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
        const RESUMED: Scoped =
            scoped!("UPDATE campaigns SET resumed_at = :now WHERE tenant_id = :tenant AND id = :id");
        self.write(move |scope| {
            let campaign = found(scope, id)?;
            if campaign.state != CampaignState::Paused {
                return conflict(&campaign, "only a paused one can be resumed");
            }
            campaign_media::must_be_whole(scope, id)?;
            if let Some(Turn::Stuck(reason)) = number_trouble(scope, campaign.instance, now)? {
                return conflict(&campaign, &reason);
            }
            scope.execute(RESUMED, &[(":id", &id), (":now", &now)])?;
            set_going(scope, &campaign, now)
        })
        .await
    }

    /// Ends a campaign: whoever has not got it yet never will.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it has ended already.
    pub async fn cancel_campaign(&self, id: CampaignId, now: Timestamp) -> Result<Campaign, StoreError> {
        self.write(move |scope| {
            let campaign = found(scope, id)?;
            if matches!(campaign.state, CampaignState::Completed | CampaignState::Cancelled) {
                return conflict(&campaign, "there is nothing to cancel");
            }
            cancel(scope, id, None, "the campaign was cancelled", now)?;
            found(scope, id)
        })
        .await
    }

    /// Starts a campaign whose time has come. One that missed it does what its plan says.
    ///
    /// # Errors
    /// What the store says.
    pub async fn start_campaign(&self, id: CampaignId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |scope| {
            let Some(campaign) = campaigns::find(scope, id)? else { return Ok(()) };
            let slot = match (campaign.state, campaign.scheduled_at) {
                (CampaignState::Scheduled, Some(at)) if at <= now => slot_of(scope, &campaign, at, now)?,
                (CampaignState::Scheduled, None) => Slot::Start,
                _ => return Ok(()),
            };
            match slot {
                Slot::Start => campaigns::set_state(scope, id, CampaignState::Running, None, now),
                Slot::Wait => Ok(()),
                Slot::Ask(reason) => pause(scope, id, &reason, now),
                Slot::Skip(reason) => cancel(scope, id, Some(&reason), &reason, now),
            }
        })
        .await
    }

    /// Gives a draft another plan: when it may write to whom, and what happens when its time is missed.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was launched, [`StoreError::NotFound`] without it.
    pub async fn plan_campaign(&self, id: CampaignId, plan: Plan) -> Result<(), StoreError> {
        const STATE: Scoped = scoped!("SELECT name, state FROM campaigns WHERE tenant_id = :tenant AND id = :id");
        const PLAN: Scoped = scoped!(
            "UPDATE campaigns SET quiet = :quiet, missed = :missed, late_max_s = :late
             WHERE tenant_id = :tenant AND id = :id"
        );
        self.write(move |scope| {
            let found = scope.row(STATE, &[(":id", &id)], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
            match found.ok_or(StoreError::NotFound("campaign"))? {
                (_, CampaignState::Draft) => {}
                (name, state) => {
                    let text = format!("only a draft can be edited: {name} is {state}");
                    return Err(StoreError::Conflict(text));
                }
            }
            let late = i64::try_from(plan.late_max.as_secs()).unwrap_or(i64::MAX);
            let params: &[(&str, &dyn rusqlite::ToSql)] =
                &[(":id", &id), (":quiet", &plan.quiet), (":missed", &plan.missed), (":late", &late)];
            scope.execute(PLAN, params)?;
            campaigns::emit(scope, id);
            Ok(())
        })
        .await
    }

    /// Takes back a message that could not leave for so long that other rules may hold by now: night has come, the
    /// number has its pause. Its recipient waits for another turn. One that may be on its way stays, and so does one of
    /// a campaign that does not run: there would be no other turn.
    ///
    /// # Errors
    /// What the store says.
    pub async fn recall_message(&self, message: InteractionId, now: Timestamp) -> Result<Recall, StoreError> {
        const UNSENT: Scoped = scoped!(
            "SELECT r.campaign_id, r.id FROM interactions AS i
             JOIN recipients AS r ON r.tenant_id = i.tenant_id AND r.interaction_id = i.id
             JOIN campaigns AS p ON p.tenant_id = r.tenant_id AND p.id = r.campaign_id
             WHERE i.tenant_id = :tenant AND i.id = :message AND i.state = 'queued' AND p.state = 'running'"
        );
        const REASON: &str = "it could not leave for too long, and is made anew";
        self.write(move |scope| {
            let row = scope.row(UNSENT, &[(":message", &message)], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let Some((campaign, recipient)) = row else { return Ok(Recall::Stays) };
            interactions::set_state(scope, message, InteractionState::Cancelled, Some(REASON))?;
            wait_again(scope, campaign, recipient)?;
            campaigns::emit(scope, campaign);
            wake(scope, campaign, now, now)?;
            Ok(Recall::Back)
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
        self.write(move |scope| match turn(scope, id, &Rules::default(), now)? {
            Turn::Finished => campaigns::set_state(scope, id, CampaignState::Completed, None, now),
            _ => Ok(()),
        })
        .await
    }
}
