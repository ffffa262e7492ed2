//! Runs a campaign, one recipient after the other at the pace of its number. It makes the texts; the store decides
//! whose turn it is, and the messages go out by themselves, like every other.

use mychatflow_data::ids::CampaignId;
use mychatflow_data::model::job::Job;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::tx::run_campaign::{Claim, Turn};

use super::number_check::{self, Next};
use super::{JobError, Outcome};
use crate::cx::Cx;
use crate::letter::letter;

/// Turns of one run: then other campaigns may have theirs.
const TURNS_MAX: usize = 200;

/// Runs the job.
///
/// # Errors
/// What the store says; the next run goes on.
pub async fn run(cx: &Cx, tenant: &TenantStore, _: &Job, id: CampaignId) -> Result<Outcome, JobError> {
    // A look-up that was cut off told nobody anything; only one run of a campaign is under way at a time.
    tenant.resume_checks(id, cx.now()).await?;
    for _ in 0..TURNS_MAX {
        let limits = cx.config().campaign.limits();
        let snooze = |until, reason: Option<String>| {
            let reason = reason.unwrap_or_else(|| "the gap between two messages".to_owned());
            Ok(Outcome::End(Ended::Snooze { until, reason }))
        };
        match tenant.campaign_turn(id, limits, cx.now()).await? {
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
                let made = letter(&text, &material);
                match tenant.claim_recipient(id, material.recipient, made, limits, cx.now()).await? {
                    Claim::LookUp(at) if at > cx.now() => {
                        let reason = "a number could not be looked up; it is tried again".to_owned();
                        tenant.note_campaign_waits(id, at, Some(reason.clone())).await?;
                        return snooze(at, Some(reason));
                    }
                    Claim::LookUp(_) => match number_check::look_up(cx, tenant, id, material.recipient, &limits).await?
                    {
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
