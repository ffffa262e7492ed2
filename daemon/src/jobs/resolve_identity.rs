//! Asks WAHA which phone number a hidden id belongs to. A match makes one person of two.

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::job::Job;
use mychatflow_data::phone::{Address, AddressKind};
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::jobs::Ended;

use super::{JobError, Outcome, broken_off};
use crate::cx::Cx;
use crate::instances::server;
use crate::waha::WahaError;

/// Runs the job.
///
/// # Errors
/// What WAHA or the store says.
pub async fn run(
    cx: &Cx,
    tenant: &TenantStore,
    _job: &Job,
    instance: InstanceId,
    lid: &Address,
) -> Result<Outcome, JobError> {
    let Some(found) = tenant.instance(instance).await? else {
        return Ok(Outcome::End(Ended::Cancel { reason: "the number was removed".to_owned() }));
    };
    let waha = server(cx, &found)?;
    let phone = match waha.lid_to_phone(&found.session, lid).await {
        // Only a number on the phone's side makes two addresses one person.
        Ok(phone) => phone.filter(|phone| phone.kind() == AddressKind::Phone && phone.is_person()),
        // The engine cannot tell, or there is no such session: the answer need not wait for more.
        Err(WahaError::NotFound { .. } | WahaError::Rejected { .. }) => None,
        Err(error) => return broken_off(&waha, error, cx.now()),
    };
    let quiet = tenant.settings(Some(instance), None).await?.rules(cx.config().reply).burst_quiet;
    tenant.resolve_identity(lid.clone(), phone, quiet, cx.now()).await?;
    Ok(Outcome::End(Ended::Done))
}
