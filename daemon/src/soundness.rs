//! Looks after the store's file while it is in use: its schema and its ledgers at the start and every hour, its pages soon after the start
//! and once a day.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::TenantId;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::soundness::SchemaDifference;
use mychatflow_data::time::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::chain::chain;
use crate::cx::Cx;
use crate::halt;

/// How often the schema is compared, and the ledgers are added up.
const COMPARE: Duration = Duration::from_secs(3600);
/// How long after the start the pages are looked through where the end before was in order: whatever changed the file meanwhile left no
/// trace. Until then those who waited for the start have the disk.
const LOOK_FIRST: Duration = Duration::from_secs(10);
/// How often the pages are looked through.
const LOOK_THROUGH: Duration = Duration::from_secs(24 * 3600);

/// A ledger that does not add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerDrift {
    /// By how much the balance is off.
    pub credits: Credits,
    /// When that was first found.
    pub since: Timestamp,
}

/// What is known of the store's file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SoundnessRecord {
    /// Did the run before this one end without closing it?
    pub unclean_end: bool,
    /// When its schema was compared last.
    pub compared_at: Option<Timestamp>,
    /// How its schema differs from what the migrations make.
    pub differences: Vec<SchemaDifference>,
    /// When it was first found to differ, of the times without one between at which it did not.
    pub differing_since: Option<Timestamp>,
    /// When the ledgers were last added up.
    pub audited_at: Option<Timestamp>,
    /// Those that do not add up.
    pub drifts: BTreeMap<TenantId, LedgerDrift>,
    /// When its pages were last looked through to their end.
    pub looked_at: Option<Timestamp>,
    /// What was wrong with them.
    pub damage: Option<String>,
    /// When something was first found to be wrong with them.
    pub damaged_since: Option<Timestamp>,
    /// Why they could not be looked through.
    pub unfinished: Option<String>,
}

/// Looks until it is told to stop.
pub async fn run(cx: Arc<Cx>, stop: CancellationToken) {
    let found = &cx.soundness;
    found.send_modify(|found| found.unclean_end = !cx.store.was_closed_in_order());
    let mut first_pause = if cx.store.was_closed_in_order() { LOOK_FIRST } else { Duration::ZERO };
    let mut looked_at: Option<Timestamp> = None;
    loop {
        let looks = async {
            compare(&cx, found).await;
            audit(&cx, found).await;
            tokio::time::sleep(std::mem::take(&mut first_pause)).await;
            let is_due = looked_at.is_none_or(|at| cx.now().since(at) >= LOOK_THROUGH);
            if is_due && look_through(&cx, found).await {
                looked_at = Some(cx.now());
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = looks => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(COMPARE) => {}
        }
    }
}

/// Adds up the ledger of every tenant.
async fn audit(cx: &Cx, found: &watch::Sender<SoundnessRecord>) {
    match drifts(cx).await {
        Ok(drifts) => {
            for (tenant, drift) in &drifts {
                tracing::error!(tenant.id = %tenant, drift = drift.count(), "a ledger does not add up");
            }
            let now = cx.now();
            found.send_modify(|found| {
                let since = |tenant: &TenantId| found.drifts.get(tenant).map_or(now, |known| known.since);
                let drifts = drifts.into_iter().map(|(tenant, credits)| {
                    let since = since(&tenant);
                    (tenant, LedgerDrift { credits, since })
                });
                found.drifts = drifts.collect();
                found.audited_at = Some(now);
            });
        }
        Err(error) => tracing::warn!(error = chain(&error), "the ledgers could not be added up"),
    }
}

async fn drifts(cx: &Cx) -> Result<Vec<(TenantId, Credits)>, StoreError> {
    let mut drifts = Vec::new();
    for tenant in cx.store.tenants().await? {
        let drift = cx.store.tenant(tenant.id).await?.audit().await?.drift;
        if drift != Credits::ZERO {
            drifts.push((tenant.id, drift));
        }
    }
    Ok(drifts)
}

async fn compare(cx: &Cx, found: &watch::Sender<SoundnessRecord>) {
    match cx.store.schema_differences().await {
        Ok(differences) => {
            if !differences.is_empty() {
                tracing::error!(?differences, "the store is not built as this version builds it");
            }
            found.send_modify(|found| {
                let now = cx.now();
                let differs = !differences.is_empty();
                found.differing_since = differs.then(|| found.differing_since.unwrap_or(now));
                found.differences = differences;
                found.compared_at = Some(now);
            });
        }
        Err(error) => tracing::warn!(error = chain(&error), "the schema of the store could not be compared"),
    }
}

/// Looks through the pages; true when it came to their end.
async fn look_through(cx: &Cx, found: &watch::Sender<SoundnessRecord>) -> bool {
    halt::at("store_look").await;
    let looked = cx.store.look_through().await;
    let is_whole = looked.is_ok();
    if let Ok(Some(damage)) = &looked {
        tracing::error!(damage, "the store is damaged");
    }
    let now = cx.now();
    found.send_modify(|found| match looked {
        Ok(damage) => {
            found.looked_at = Some(now);
            found.damaged_since = damage.as_ref().map(|_| found.damaged_since.unwrap_or(now));
            found.damage = damage;
            found.unfinished = None;
        }
        Err(error) => found.unfinished = Some(chain(&error)),
    });
    is_whole
}
