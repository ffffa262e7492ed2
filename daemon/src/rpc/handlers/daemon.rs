//! `daemon.*`: the daemon itself, and what it leans on.

use std::collections::BTreeSet;
use std::path::Path;

use mychatflow_data::ids::TenantId;
use mychatflow_data::model::finding::{FindingCode, FindingLevel, FindingSubject, HealthFinding};
use mychatflow_data::protocol::VERSION;
use mychatflow_data::protocol::calls::daemon::{
    DaemonReload, DaemonReloaded, DaemonShown, DaemonStatus, DaemonStop, DaemonStopping, GeminiHealth, Health,
    StoreHealth, WahaHealth,
};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::hello::{BUILD, PRODUCT_VERSION};
use mychatflow_data::store::admin::DAEMON;

use crate::LOCK_FILE;
use crate::cx::{Clients, Cx};
use crate::disk::free_bytes;
use crate::flow::clean::clean_line;
use crate::health::{self, HealthScope};
use crate::reload;
use crate::rounds;
use crate::rpc::peer::{Caller, Standing};
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;
use crate::rpc::tenancy;

/// `daemon.status`
///
/// # Errors
/// Never; what does not answer is in the reply.
pub async fn status(cx: &Cx, caller: &Caller, _: DaemonStatus) -> Handled<Reply<DaemonStatus>> {
    let clients = cx.clients();
    let config = &clients.config;
    let socket = cx.socket.borrow().display().to_string();
    let uptime = cx.now().since(cx.started_at).as_secs();
    let mut store = store(cx).await;
    let (findings, sight) = findings(cx, caller).await?;
    // A probe that went well says less than a real write that did not, and nothing of what was written before.
    let is_broken =
        |found: &&HealthFinding| found.subject == FindingSubject::Store && found.level == FindingLevel::Failed;
    if let Some(broken) = findings.iter().find(is_broken) {
        store.health = Health::Down;
        store.error.get_or_insert_with(|| broken.summary.clone());
    }
    let shown = DaemonShown {
        version: PRODUCT_VERSION.to_owned(),
        protocol: VERSION,
        pid: std::process::id(),
        uptime_s: i64::try_from(uptime).unwrap_or(i64::MAX),
        socket,
        webhook: config.webhook.base_url(),
        waha: wahas(&clients),
        gemini: gemini(&clients),
        store,
        build: BUILD.to_owned(),
        epoch: cx.run,
        metrics: Some(format!("http://{}/metrics", config.metrics.listen)),
        findings,
    };
    Ok(Reply(match sight {
        Sight::Everything => shown,
        Sight::Servers(servers) => for_member(shown, &servers),
    }))
}

/// What a caller may know of the servers.
enum Sight {
    /// All of it.
    Everything,
    /// That these are there, and whether they answer.
    Servers(BTreeSet<String>),
}

/// The daemon as somebody may see it who does not run it: nothing of the machine, and of the servers those that their numbers
/// are at. What stands in the way is told in the words of the finding about it.
fn for_member(mut shown: DaemonShown, servers: &BTreeSet<String>) -> DaemonShown {
    let findings = std::mem::take(&mut shown.findings);
    let words = |subject: &FindingSubject, otherwise: FindingCode| {
        let told = findings.iter().find(|found| found.subject == *subject && found.level == otherwise.level());
        told.map_or(otherwise, |found| found.code).meaning().to_owned()
    };
    shown.waha.retain(|waha| servers.contains(&waha.name));
    for waha in &mut shown.waha {
        waha.url.clear();
        let subject = FindingSubject::Waha { name: waha.name.clone() };
        waha.error = waha.error.take().map(|_| words(&subject, FindingCode::WahaDown));
    }
    let of_gemini = if shown.gemini.health == Health::Off { FindingCode::ModelOff } else { FindingCode::ModelDown };
    shown.gemini.error = shown.gemini.error.take().map(|_| words(&FindingSubject::Gemini, of_gemini));
    shown.store.path.clear();
    shown.store.error =
        shown.store.error.take().map(|_| words(&FindingSubject::Store, FindingCode::StoreRefusesWrites));
    shown.webhook.clear();
    shown.metrics = None;
    shown.findings = findings;
    shown
}

/// What is wrong, as far as the caller may know it: of the numbers those of its own tenants.
async fn findings(cx: &Cx, caller: &Caller) -> Handled<(Vec<HealthFinding>, Sight)> {
    let found = health::findings(cx, HealthScope::Everything).await;
    if caller.standing == Standing::Operator {
        return Ok((found, Sight::Everything));
    }
    let tenants = tenancy::visible(&cx.store, caller).await?;
    let ids: Vec<TenantId> = tenants.iter().map(|seen| seen.tenant.id).collect();
    let servers = health::servers_of(cx, &ids).await;
    let seen = found.into_iter().filter(|finding| health::may_be_seen(finding, &servers)).filter_map(|finding| {
        let whose = match finding.subject {
            FindingSubject::Number { tenant, .. } | FindingSubject::Tenant { id: tenant, .. } => {
                tenants.iter().any(|seen| seen.tenant.id == tenant).then_some(tenant)
            }
            _ => Some(DAEMON),
        };
        finding.for_member(whose?)
    });
    let seen = seen.collect();
    Ok((seen, Sight::Servers(servers)))
}

fn wahas(clients: &Clients) -> Vec<WahaHealth> {
    let servers = clients.wahas.iter();
    servers
        .map(|(name, waha)| {
            let found = waha.health();
            let health = match (&found.outage, found.succeeded_at) {
                (Some(_), _) => Health::Down,
                (None, Some(_)) => Health::Ok,
                (None, None) => Health::Unknown,
            };
            let error = found.last_error.filter(|_| health == Health::Down).map(|failure| failure.reason);
            let url = waha.url().to_owned();
            let version = found.version.map(|version| clean_line(&version));
            WahaHealth {
                name: name.clone(),
                url,
                health,
                version,
                ok_at: found.succeeded_at,
                error,
                looked_at: found.looked_at,
                started_at: found.started_at,
            }
        })
        .collect()
}

fn gemini(clients: &Clients) -> GeminiHealth {
    let Some(gemini) = &clients.gemini else {
        let model = clients.config.gemini.model.clone();
        let error = Some("no key: set gemini.api_key, or gemini.api_key_file, and reload".to_owned());
        return GeminiHealth { model, answered_by: None, health: Health::Off, ok_at: None, error };
    };
    let state = gemini.state();
    let failed = state.record.standing_error();
    let health = match (&failed, state.record.last_ok_at) {
        (Some(_), _) => Health::Down,
        (None, Some(_)) => Health::Ok,
        (None, None) => Health::Unknown,
    };
    GeminiHealth {
        model: gemini.model().to_owned(),
        answered_by: state.in_its_place.map(|other| other.model),
        health,
        ok_at: state.record.last_ok_at.map(Into::into),
        error: failed.map(|failed| failed.error.to_string()),
    }
}

async fn store(cx: &Cx) -> StoreHealth {
    let probe = cx.store.probe().await.err();
    let path = cx.store.path();
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        size(Path::new(&name))
    };
    StoreHealth {
        path: path.display().to_string(),
        health: if probe.is_none() { Health::Ok } else { Health::Down },
        schema: cx.store.schema(),
        size_bytes: size(path),
        wal_bytes: beside("-wal"),
        free_bytes: free_bytes(path.parent().unwrap_or(path)),
        error: probe.map(|error| error.to_string()),
        looked_through_at: cx.soundness.borrow().looked_at,
        written_at: cx.store.write_health().stored.map(|ago| cx.now() - ago),
    }
}

fn size(path: &Path) -> i64 {
    std::fs::metadata(path).ok().and_then(|file| i64::try_from(file.len()).ok()).unwrap_or(0)
}

/// `daemon.stop`: what was begun is finished, then the daemon ends.
///
/// # Errors
/// Never.
pub async fn stop(cx: &Cx, caller: &Caller, _: DaemonStop) -> Handled<Reply<DaemonStop>> {
    tracing::info!(caller.uid = caller.uid, "told to stop");
    cx.stop.cancel();
    let lock = cx.config().daemon.data_dir.join(LOCK_FILE);
    Ok(Reply(DaemonStopping { pid: std::process::id(), lock: Some(lock.display().to_string()) }))
}

/// `daemon.reload`: validated first; the last good config stays where the new one is wrong.
///
/// # Errors
/// `invalid` with what is wrong in the file.
pub async fn reload(cx: &Cx, caller: &Caller, _: DaemonReload) -> Handled<Reply<DaemonReload>> {
    let changed = reload::reload(cx).map_err(CallError::invalid)?;
    tracing::info!(caller.uid = caller.uid, "the config was read anew");
    rounds::reconcile_all(cx).await?;
    Ok(Reply(DaemonReloaded { changed }))
}
