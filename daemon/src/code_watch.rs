//! While somebody looks at a code, the session is asked every two seconds: a scan shows at once, whether its webhook comes or not.

use std::sync::Arc;
use std::time::Duration;

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::{Instance, InstanceStatus};
use mychatflow_data::store::error::StoreError;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::chain::chain;
use crate::cx::Cx;
use crate::instances::{InstanceError, request_reconcile, server};

/// The pause between two looks at a session whose code is shown.
pub const EVERY: Duration = Duration::from_secs(2);

/// Looks until it is told to stop; without a code it waits for one.
pub async fn run(cx: Arc<Cx>, every: Duration, stop: CancellationToken) {
    loop {
        if cx.numbers.codes_shown(cx.now()).is_empty() {
            tokio::select! {
                () = stop.cancelled() => return,
                () = cx.numbers.code_begins() => {}
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(every) => {}
        }
        if let Err(error) = look(&cx).await {
            tracing::warn!(error = chain(&error), "the sessions that show a code could not be looked at");
        }
    }
}

/// Looks once at every session whose code is shown.
///
/// # Errors
/// When the numbers can't be listed; what goes wrong with one of them is logged.
pub async fn look(cx: &Cx) -> Result<(), StoreError> {
    let shown = cx.numbers.codes_shown(cx.now());
    if shown.is_empty() {
        return Ok(());
    }
    let instances = cx.store.all_instances().await?;
    for id in shown {
        if let Err(error) = look_at(cx, &instances, id).await {
            tracing::debug!(instance.id = %id, error = chain(&error), "a session that shows a code could not be asked");
        }
    }
    Ok(())
}

async fn look_at(cx: &Cx, instances: &[Instance], id: InstanceId) -> Result<(), InstanceError> {
    let Some(instance) = instances.iter().find(|instance| instance.id == id) else {
        cx.numbers.end_code(id);
        return Ok(());
    };
    let asked_at = cx.now();
    let Some(status) = server(cx, instance)?.session_status(&instance.session).await? else { return Ok(()) };
    cx.numbers.note_status(id, &status, asked_at);
    if !matches!(status, InstanceStatus::ScanQrCode | InstanceStatus::Starting) {
        cx.numbers.end_code(id);
    }
    if instance.status.as_ref() != Some(&status) {
        let tenant = cx.store.tenant(instance.tenant).await?;
        request_reconcile(cx, &tenant, id).await?;
    }
    Ok(())
}
