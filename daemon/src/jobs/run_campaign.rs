//! Runs a campaign, one recipient after the other at the pace of its number. It makes the texts; the store decides
//! whose turn it is, and the messages go out by themselves, like every other.

use std::sync::Arc;

use mychatflow_data::ids::CampaignId;
use mychatflow_data::model::campaign::{Campaign, CampaignState};
use mychatflow_data::model::hush::Hush;
use mychatflow_data::model::job::Job;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::tx::run_campaign::{Claim, Letter, Rules, Turn};
use mychatflow_data::time::Timestamp;

use super::number_check::{self, Next};
use super::{JobError, Outcome};
use crate::compose::zone;
use crate::cx::Cx;
use crate::flow::consent;
use crate::flow::quiet::{self, Window};
use crate::flow::slowdown;
use crate::letter::letter;
use crate::stored_texts;

/// Turns of one run: then other campaigns may have theirs.
const TURNS_MAX: usize = 200;

/// Whom nobody disturbs at this moment. Made anew for each run: the turns of one are over in seconds.
fn hush(campaign: &Campaign, now: Timestamp) -> Result<Option<Arc<Hush>>, JobError> {
    let window = Window::parse(campaign.plan.quiet.as_deref().unwrap_or("")).map_err(JobError::Fatal)?;
    Ok(window.map(|window| Arc::new(quiet::hush(window, &zone(&campaign.timezone), now))))
}

/// Runs the job.
///
/// # Errors
/// What the store says; the next run goes on.
pub async fn run(cx: &Cx, tenant: &TenantStore, _: &Job, id: CampaignId) -> Result<Outcome, JobError> {
    let Some(campaign) = tenant.campaign_alone(id).await? else { return Ok(Outcome::End(Ended::Done)) };
    let hush = hush(&campaign, cx.now())?;
    // A look-up that was cut off told nobody anything; only one run of a campaign is under way at a time.
    tenant.resume_checks(id, cx.now()).await?;
    let (stored, state) = (campaign.clone(), campaign.state);
    if matches!(state, CampaignState::Running | CampaignState::Scheduled)
        && let Some(problem) = cx.renders.run(tenant.id(), move || stored_texts::problem(&stored)).await?
    {
        // As a version with other limits may have stored it: nobody is left out for that.
        tenant.give_up_campaign(id, problem, cx.now()).await?;
    }
    for _ in 0..TURNS_MAX {
        cx.hurry.lull(&*cx.clock).await;
        let rules = Rules { limits: cx.config().campaign.limits(), hush: hush.clone() };
        let snooze = |until, reason: Option<String>| {
            let reason = reason.unwrap_or_else(|| "the gap between two messages".to_owned());
            Ok(Outcome::End(Ended::Snooze { until, reason }))
        };
        let turn = tenant.campaign_turn(id, rules.clone(), cx.now()).await?;
        if let (Turn::Wait { .. } | Turn::Next { .. }, Some(until)) =
            (&turn, cx.numbers.slowed_until(campaign.instance, cx.now()))
        {
            let reason = slowdown::reason(until);
            tenant.note_campaign_waits(id, until, Some(reason.clone())).await?;
            return snooze(until, Some(reason));
        }
        match turn {
            Turn::Stopped => return Ok(Outcome::End(Ended::Done)),
            Turn::NotBefore(at) => return snooze(at, Some("its time has not come".to_owned())),
            Turn::Due => tenant.start_campaign(id, cx.now()).await?,
            Turn::Stuck(reason) => tenant.give_up_campaign(id, reason, cx.now()).await?,
            Turn::Finished => tenant.finish_campaign(id, cx.now()).await?,
            Turn::Wait { until, reason } => {
                tenant.note_campaign_waits(id, until, reason.clone()).await?;
                return snooze(until, reason);
            }
            Turn::Next { text, material } => {
                let said = consent::refused(consent::said_in(&material.fields), cx.config().campaign.consent);
                let recipient = material.recipient;
                let made = cx.renders.run(tenant.id(), move || letter(&text, &material)).await?;
                let letter = Letter { text: made, said: said.map(str::to_owned) };
                match tenant.claim_recipient(id, recipient, letter, rules.clone(), cx.now()).await? {
                    Claim::LookUp(at) if at > cx.now() => {
                        let reason = "a number could not be looked up; it is tried again".to_owned();
                        tenant.note_campaign_waits(id, at, Some(reason.clone())).await?;
                        return snooze(at, Some(reason));
                    }
                    Claim::LookUp(_) => match number_check::look_up(cx, tenant, id, recipient, &rules.limits).await? {
                        Next::GoOn => {}
                        Next::Stuck(reason) => tenant.give_up_campaign(id, reason, cx.now()).await?,
                        Next::Wait { until, reason } => {
                            tenant.note_campaign_waits(id, until, Some(reason.clone())).await?;
                            return snooze(until, Some(reason));
                        }
                    },
                    Claim::Made(_) | Claim::LeftOut(_) | Claim::Gone => {}
                }
            }
        }
    }
    Ok(Outcome::End(Ended::Snooze { until: cx.now(), reason: "others have their turn".to_owned() }))
}
