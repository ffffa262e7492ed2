//! Makes a number's session as we want it, and keeps what WAHA says of it.

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::job::Job;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::jobs::Ended;

use super::{JobError, Outcome, broken_off};
use crate::cx::Cx;
use crate::instances::{InstanceError, mend, server, told};

/// Runs the job.
///
/// # Errors
/// What WAHA or the store says.
pub async fn run(cx: &Cx, tenant: &TenantStore, _job: &Job, instance: InstanceId) -> Result<Outcome, JobError> {
    let began_at = cx.now();
    match mend(cx, tenant, instance).await {
        Ok(mended) => {
            if !mended.drift.is_empty() {
                tracing::warn!(instance.id = %instance, drift = told(&mended.drift), "the session differs");
            }
            // A number that rests is looked at again when it may send: until then it is told as restricted. So is one
            // whose rest ended during this look, which still found it at rest.
            Ok(Outcome::End(match cx.numbers.slowed_until(instance, began_at) {
                Some(until) => Ended::Snooze { until, reason: "the number rests".to_owned() },
                None => Ended::Done,
            }))
        }
        Err(InstanceError::NotFound) => Ok(Outcome::End(Ended::Cancel { reason: "the number was removed".to_owned() })),
        // What is wrong stands in the number's reason; the next round looks again, so that no dead letter is needed.
        Err(error @ InstanceError::Invalid(_)) => Ok(Outcome::End(Ended::Cancel { reason: error.to_string() })),
        Err(InstanceError::Waha(error)) if !error.retryable() => {
            Ok(Outcome::End(Ended::Cancel { reason: InstanceError::Waha(error).to_string() }))
        }
        Err(InstanceError::Waha(error)) => match tenant.instance(instance).await? {
            Some(found) => broken_off(&server(cx, &found)?, error, cx.now()),
            None => Ok(Outcome::End(Ended::Cancel { reason: "the number was removed".to_owned() })),
        },
        Err(error) => Err(error.into()),
    }
}
