//! The daemon behind its socket: is it there, is it ours, what may the caller do, does its store take writes?

use std::time::Duration;

use mychatflow_daemon::config::Config;
use mychatflow_data::client::{Client, ClientError};
use mychatflow_data::model::finding::{FindingCode, FindingSubject, HealthFinding};
use mychatflow_data::protocol::VERSION;
use mychatflow_data::protocol::calls::daemon::{DaemonShown, DaemonStatus, GeminiHealth, Health};
use mychatflow_data::protocol::calls::tenant::{TenantDocument, TenantList};
use mychatflow_data::protocol::hello::PRODUCT_VERSION;
use mychatflow_data::protocol::span::Span;

use super::super::wire;
use super::{Check, Cx, Findings, files, soon};
use crate::output::bytes;
use crate::paths;

const NAME: &str = "daemon";
/// How many tenants are looked at.
const TENANTS_MAX: u32 = 200;

/// A daemon that can be asked.
pub struct Daemon {
    /// The connection to it.
    pub client: Client,
    /// The tenants that the caller may see.
    pub tenants: Vec<TenantDocument>,
    /// What it has found, as far as the caller may know it.
    pub findings: Vec<HealthFinding>,
    /// How Gemini has answered it.
    pub gemini: GeminiHealth,
}

/// Looks at the daemon, its store and the caller's standing. `None`: it can't be asked any further.
pub async fn check(cx: &Cx, config: Option<Config>, findings: &mut Findings<'_>) -> anyhow::Result<Option<Daemon>> {
    let asked = async { anyhow::Ok(wire::connect_any_version(cx).await?.call(&DaemonStatus {}).await?) };
    let shown = match soon(asked).await {
        Ok(shown) => shown,
        Err(error) => {
            findings.add(unreachable(&error))?;
            if let Some(mut config) = config {
                config.daemon.state_dir = paths::state_dir();
                findings.add(files::data_dir(&config.daemon.data_dir))?;
                findings.add(files::store(&config))?;
            }
            return Ok(None);
        }
    };
    findings.add(version(&shown))?;
    for check in store(cx, &shown) {
        findings.add(check)?;
    }
    for found in own_findings(&shown, config.as_ref()) {
        findings.add(Check::found(found, cx.now))?;
    }
    if shown.protocol != VERSION {
        return Ok(None);
    }
    let asked = async {
        let client = wire::connect(cx).await?;
        let tenants = client.call(&TenantList { limit: Some(TENANTS_MAX), after: None }).await?.items;
        anyhow::Ok(Daemon { client, tenants, findings: shown.findings, gemini: shown.gemini })
    };
    match soon(asked).await {
        Ok(daemon) => {
            findings.add(standing(&daemon.tenants))?;
            Ok(Some(daemon))
        }
        Err(error) => {
            findings.add(Check::failed(
                "tenants",
                format!("{error:#}"),
                "see its log, then: mychatflow tenant list",
            ))?;
            Ok(None)
        }
    }
}

fn unreachable(error: &anyhow::Error) -> Check {
    match error.chain().find_map(|cause| cause.downcast_ref::<ClientError>()) {
        Some(ClientError::NotConnected { path, reason, remedy, .. }) => {
            Check::failed(NAME, format!("{reason} at {}", path.display()), remedy)
        }
        _ => Check::failed(NAME, format!("{error:#}"), "stop it and start it again: mychatflow daemon"),
    }
}

fn version(shown: &DaemonShown) -> Check {
    let uptime = Span(Duration::from_secs(shown.uptime_s.try_into().unwrap_or(0)));
    let detail = format!("version {} runs, pid {}, up {uptime}, at {}", shown.version, shown.pid, shown.socket);
    let restart = "take the new one: mychatflow daemon stop, then: mychatflow daemon";
    if shown.protocol != VERSION {
        let detail = format!("{detail}; it speaks protocol {}, this command {VERSION}", shown.protocol);
        Check::failed(NAME, detail, restart)
    } else if shown.version != PRODUCT_VERSION {
        Check::warning(NAME, format!("{detail}; this command is {PRODUCT_VERSION}"), restart)
    } else {
        Check::ok(NAME, detail)
    }
}

/// The store by what the daemon knows of real writes, and not by one that was made to be looked at.
fn store(cx: &Cx, shown: &DaemonShown) -> Vec<Check> {
    let store = &shown.store;
    let of_store = shown.findings.iter().filter(|found| found.subject == FindingSubject::Store);
    let mut checks: Vec<Check> = of_store.map(|found| Check::found(found, cx.now)).collect();
    // The caller may not know which file it is.
    let path = if store.path.is_empty() { "it" } else { store.path.as_str() };
    if checks.is_empty()
        && !store.path.is_empty()
        && let Some(damaged) = files::pages(std::path::Path::new(&store.path))
    {
        checks.push(damaged);
    }
    if checks.is_empty() {
        checks.push(match (store.health, &store.error) {
            (Health::Ok, _) => {
                let free = store.free_bytes.map(|free| format!(", {} free", bytes(free))).unwrap_or_default();
                Check::ok("store", format!("{path} takes writes{free}"))
            }
            (_, error) => {
                let why = error.as_deref().unwrap_or("nobody knows why");
                let look = match store.path.as_str() {
                    "" => "tell whoever runs the daemon".to_owned(),
                    path => format!("look at the disk: df -h {path}"),
                };
                Check::failed("store", format!("{path} takes no writes: {why}"), look)
            }
        });
    }
    checks
}

/// What the daemon found about itself, its config and its webhook. What the doctor has told of the config already is left
/// out: the daemon may have another one.
fn own_findings<'s>(shown: &'s DaemonShown, config: Option<&'s Config>) -> impl Iterator<Item = &'s HealthFinding> {
    let files = config.map(|config| config.secret_files.as_slice()).unwrap_or_default();
    let is_told = move |found: &HealthFinding| {
        let closes = |file: &std::path::PathBuf| found.remedy.ends_with(&format!(" {}", file.display()));
        found.code == FindingCode::ConfigReadable && files.iter().any(closes)
            || found.code == FindingCode::WahaMissing && config.is_some_and(|config| config.waha.is_empty())
    };
    shown.findings.iter().filter(move |found| match found.subject {
        FindingSubject::Daemon | FindingSubject::Webhook | FindingSubject::Config => !is_told(found),
        FindingSubject::Tenant { .. } => true,
        FindingSubject::Unknown => true,
        _ => false,
    })
}

fn standing(tenants: &[TenantDocument]) -> Check {
    if tenants.is_empty() {
        let remedy = "mychatflow tenant add NAME; if there is one, ask the operator for: \
                      mychatflow tenant grant TENANT --user YOU --role owner";
        return Check::warning("tenants", "there is none that you may see", remedy);
    }
    let told = tenants.iter().map(|tenant| {
        let role = tenant.role.map_or_else(|| "operator".to_owned(), |role| role.to_string());
        format!("{} (you: {role})", tenant.name)
    });
    Check::ok("tenants", told.collect::<Vec<_>>().join(", "))
}
