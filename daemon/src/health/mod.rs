//! What is wrong, and how it is known. Each subject gathers its evidence as plain data and judges it by a plain function;
//! every place that shows health asks here, so that all of them say the same.
//!
//! A state is shown only with its evidence and the age of that; missing evidence is a warning.

pub mod address;
pub mod clock;
pub mod config;
pub mod gemini;
pub mod number;
pub mod store;
pub mod tenant;
pub mod waha;
pub mod webhook;

use std::collections::BTreeSet;

use mychatflow_data::ids::{InstanceId, TenantId};
use mychatflow_data::model::finding::{FindingSubject, HealthFinding, order_findings};
use mychatflow_data::store::error::StoreError;
use mychatflow_data::time::Timestamp;

use self::address::AddressEvidence;
use self::clock::ClockEvidence;
use self::config::ConfigEvidence;
use self::gemini::GeminiEvidence;
use self::number::NumberEvidence;
use self::store::StoreEvidence;
use self::tenant::TenantEvidence;
use self::waha::WahaEvidence;
use self::webhook::WebhookEvidence;
use crate::cx::Cx;
use crate::rpc::peer::{Caller, Standing};

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthScope {
    /// Everything.
    Everything,
    /// What concerns one tenant: its numbers, and what all of them lean on.
    Tenant(TenantId),
    /// One number.
    Number(TenantId, InstanceId),
}

/// All that is known, at one moment.
#[derive(Debug, Clone)]
pub struct HealthEvidence {
    /// What time it is.
    pub now: Timestamp,
    /// Of the store and its disk.
    pub store: StoreEvidence,
    /// Of deliveries.
    pub webhook: WebhookEvidence,
    /// Of the address that each server posts to.
    pub addresses: Vec<AddressEvidence>,
    /// Of each WAHA server.
    pub wahas: Vec<WahaEvidence>,
    /// Of Gemini.
    pub gemini: GeminiEvidence,
    /// Of the clock, by each server.
    pub clock: Vec<ClockEvidence>,
    /// Of each tenant that is looked at; empty where they can't be read, which the numbers say.
    pub tenants: Vec<TenantEvidence>,
    /// Of each number that is looked at; `Err`: they can't be read.
    pub numbers: Result<Vec<NumberEvidence>, String>,
    /// Of the config.
    pub config: ConfigEvidence,
}

/// What is wrong, the worst first.
#[must_use]
pub fn judge(evidence: &HealthEvidence) -> Vec<HealthFinding> {
    let now = evidence.now;
    let mut findings = store::judge(&evidence.store, &evidence.webhook, now);
    findings.extend(config::judge(&evidence.config, now));
    findings.extend(address::judge(&evidence.addresses, now));
    findings.extend(waha::judge(&evidence.wahas, now));
    findings.extend(gemini::judge(&evidence.gemini, now));
    findings.extend(clock::judge(&evidence.clock, now));
    findings.extend(evidence.tenants.iter().flat_map(|tenant| tenant::judge(tenant, now)));
    match &evidence.numbers {
        Ok(numbers) => {
            findings.extend(webhook::judge(&evidence.webhook, numbers, now));
            findings.extend(numbers.iter().flat_map(|number| number::judge(number, now)));
        }
        Err(reason) => findings.push(store::unread(reason, now)),
    }
    order_findings(&mut findings);
    findings
}

/// What is wrong, the worst first. Asks no other server.
pub async fn findings(cx: &Cx, scope: HealthScope) -> Vec<HealthFinding> {
    let evidence = gather(cx, scope).await;
    let mut findings = judge(&evidence);
    findings.retain(|finding| match (scope, &finding.subject) {
        (HealthScope::Everything, _) => true,
        (HealthScope::Tenant(tenant), FindingSubject::Number { tenant: whose, .. }) => tenant == *whose,
        (HealthScope::Tenant(tenant), FindingSubject::Tenant { id, .. }) => tenant == *id,
        (HealthScope::Tenant(_), _) => true,
        (HealthScope::Number(_, wanted), FindingSubject::Number { id, .. }) => wanted == *id,
        (HealthScope::Number(..), _) => false,
    });
    findings
}

/// What of it this caller may know, in one tenant: an operator everything, a member nothing of the machine.
pub async fn findings_for(cx: &Cx, scope: HealthScope, tenant: TenantId, caller: &Caller) -> Vec<HealthFinding> {
    let found = findings(cx, scope).await;
    match caller.standing {
        Standing::Operator => found,
        Standing::Person => {
            let mine = servers_of(cx, &[tenant]).await;
            let seen = found.into_iter().filter(|finding| may_be_seen(finding, &mine));
            seen.filter_map(|finding| finding.for_member(tenant)).collect()
        }
    }
}

/// The servers that the numbers of these tenants are at. None where the store can't say.
pub async fn servers_of(cx: &Cx, tenants: &[TenantId]) -> BTreeSet<String> {
    let numbers = cx.store.all_instances().await.unwrap_or_default();
    let theirs = numbers.into_iter().filter(|number| tenants.contains(&number.tenant));
    theirs.map(|number| number.waha).collect()
}

/// May a member know that there is such a thing? A server is for those who have a number at it.
#[must_use]
pub fn may_be_seen(finding: &HealthFinding, servers: &BTreeSet<String>) -> bool {
    match &finding.subject {
        FindingSubject::Waha { name } => servers.contains(name),
        _ => true,
    }
}

async fn gather(cx: &Cx, scope: HealthScope) -> HealthEvidence {
    let store = store::gather(cx, scope == HealthScope::Everything).await;
    let clients = cx.clients();
    HealthEvidence {
        now: cx.now(),
        store,
        webhook: webhook::gather(cx),
        addresses: address::gather(cx),
        wahas: waha::gather(&clients),
        gemini: gemini::gather(&clients),
        clock: clock::gather(&clients, cx.now()),
        tenants: tenant::gather(cx, scope).await.unwrap_or_default(),
        numbers: number::gather(cx, scope).await.map_err(|error: StoreError| error.to_string()),
        config: config::gather(&clients.config),
    }
}
