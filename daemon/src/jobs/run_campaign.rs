//! Runs a campaign, one recipient after the other at the pace of its number. It makes the texts; the store decides
//! whose turn it is, and the messages go out by themselves, like every other.

use mychatflow_data::ids::CampaignId;
use mychatflow_data::model::job::Job;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::tx::run_campaign::Turn;

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
                tenant.claim_recipient(id, material.recipient, made, limits, cx.now()).await?;
            }
        }
    }
    Ok(Outcome::End(Ended::Snooze { until: cx.now(), reason: "others have their turn".to_owned() }))
}
