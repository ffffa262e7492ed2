//! Sends one stored message of a human, a command or a campaign.

use std::time::Duration;

use mychatflow_data::ids::InteractionId;
use mychatflow_data::model::instance::InstanceStatus;
use mychatflow_data::model::interaction::{Author, InteractionState};
use mychatflow_data::model::job::Job;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::tx::outcome::After;
use mychatflow_data::store::tx::run_campaign::Recall;

use super::deliver::{Delivery, held_back, reserve_ids};
use super::{JobError, Outcome};
use crate::cx::Cx;
use crate::flow::gate::NUMBER_WAIT;

/// A message of a campaign that waited for its number for longer than this goes back to its campaign: it may be night by
/// now where the person lives.
const STALE: Duration = Duration::from_secs(600);

/// Runs the job.
///
/// # Errors
/// When it can't be told what became of it; the next run goes on.
pub async fn run(cx: &Cx, tenant: &TenantStore, job: &Job, id: InteractionId) -> Result<Outcome, JobError> {
    let done = Ok(Outcome::End(Ended::Done));
    let Some(message) = tenant.outbound(id).await? else { return done };
    let Some(instance) = tenant.instance(message.instance).await? else {
        let ended = Ended::Discard { reason: "the number was removed".to_owned() };
        tenant.record_not_sent(id, ended, cx.now()).await?;
        return Ok(Outcome::Settled);
    };
    let clients = cx.clients();
    let Some(waha) = clients.wahas.get(&instance.waha) else {
        return Err(JobError::Fatal(format!("no [[waha]] named {} is configured", instance.waha)));
    };
    // A file waits for its turn before the row says that it is on its way.
    let carries = message.interaction.media.is_some();
    let _turn = if carries { waha.file_turn().await } else { None };
    let file = if carries { tenant.file_of(id).await? } else { None };
    let after = After::Waiting;
    let attempts = job.attempts;
    let delivery =
        Delivery { cx, tenant, instance: &instance, waha, attempts, after, file: file.as_ref(), answers: None };
    let now = cx.now();
    if carries && file.is_none() && message.interaction.state == InteractionState::Queued {
        let ended = Ended::Discard { reason: "the file that goes with it is gone".to_owned() };
        tenant.record_not_sent(id, ended, now).await?;
        return Ok(Outcome::Settled);
    }
    match message.interaction.state {
        InteractionState::Sending => delivery.resume(message).await,
        InteractionState::Queued => {
            if instance.status != Some(InstanceStatus::Working) {
                let word = instance.status.as_ref().map_or("not reached yet", |status| status.word());
                let reason = format!("waiting for the number: it is {word}");
                tenant.record_waiting(id, Ended::Snooze { until: now + NUMBER_WAIT, reason }, now).await?;
                return Ok(Outcome::Settled);
            }
            if let Some((until, reason)) = held_back(cx, waha, instance.id, now) {
                tenant.record_waiting(id, Ended::Snooze { until, reason }, now).await?;
                return Ok(Outcome::Settled);
            }
            let waited = now.since(message.interaction.at);
            if message.interaction.author == Author::Campaign
                && job.attempts == 0
                && waited > STALE
                && tenant.recall_message(id, now).await? == Recall::Back
            {
                return done;
            }
            let reserved = match message.bare_id {
                Some(_) => None,
                // WAHA takes ids of ours for texts only: another one would send us looking for what is not there.
                None if carries => None,
                None => match reserve_ids(waha, &instance, 1).await {
                    Ok(ids) => ids.into_iter().next().flatten(),
                    Err(error) => return delivery.no_ids(id, error).await,
                },
            };
            match tenant.start_message(id, reserved, cx.now()).await? {
                Some(started) => delivery.post(started).await,
                None => done,
            }
        }
        _ => done,
    }
}
