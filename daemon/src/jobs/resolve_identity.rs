//! Asks WAHA for a person's other address: the phone number of a hidden id, or the hidden id of a number. A match makes one
//! person of two.

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
    address: &Address,
) -> Result<Outcome, JobError> {
    let Some(found) = tenant.instance(instance).await? else {
        return Ok(Outcome::End(Ended::Cancel { reason: "the number was removed".to_owned() }));
    };
    let waha = server(cx, &found)?;
    let number = address.phone();
    let asked = match &number {
        Some(number) => waha.phone_to_lid(&found.session, number).await,
        None => waha.lid_to_phone(&found.session, address).await,
    };
    let wanted = if number.is_some() { AddressKind::Lid } else { AddressKind::Phone };
    let other = match asked {
        // Only a number on one side and a hidden id on the other make two addresses one person.
        Ok(other) => other.filter(|other| other.kind() == wanted && other.is_person()),
        // The engine cannot tell, or there is no such session: the answer need not wait for more.
        Err(WahaError::NotFound { .. } | WahaError::Rejected { .. }) => None,
        Err(error) => return broken_off(&waha, error, cx.now()),
    };
    let (lid, phone) = match (number, other) {
        (Some(_), Some(lid)) => (lid, Some(address.clone())),
        (Some(_), None) => return Ok(Outcome::End(Ended::Done)),
        (None, phone) => (address.clone(), phone),
    };
    let quiet = tenant.settings(Some(instance), None).await?.rules(cx.config().reply).burst_quiet;
    tenant.resolve_identity(lid, phone, quiet, cx.now()).await?;
    Ok(Outcome::End(Ended::Done))
}
