//! The numbers: what WAHA said of them last, and what we think of that.

use mychatflow_data::model::finding::{FindingCode, FindingSubject, HealthFinding};
use mychatflow_data::model::instance::{Instance, InstanceStatus, Verdict};
use mychatflow_data::model::remedy::{remedy, typed};
use mychatflow_data::store::error::StoreError;
use mychatflow_data::time::Timestamp;

use super::HealthScope;
use crate::cx::Cx;
use crate::flow::clean::clean_line;

/// What is known of one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberEvidence {
    /// The number as it was last seen.
    pub instance: Instance,
    /// The name of its tenant, where a command must say which.
    pub tenant_name: Option<String>,
}

impl NumberEvidence {
    /// What findings of it are about.
    #[must_use]
    pub fn subject(&self) -> FindingSubject {
        let Instance { id, tenant, .. } = self.instance;
        FindingSubject::Number { id, name: self.instance.name.clone(), tenant }
    }

    /// A command about it, to be copied.
    #[must_use]
    pub fn command(&self, verb: &str) -> String {
        let whose = self.tenant_name.as_ref().map(|name| format!(" --tenant {}", typed(name))).unwrap_or_default();
        format!("mychatflow instance {verb} {}{whose}", typed(&self.instance.name))
    }
}

/// Gathers it.
///
/// # Errors
/// What the store says.
pub async fn gather(cx: &Cx, scope: HealthScope) -> Result<Vec<NumberEvidence>, StoreError> {
    let tenants = cx.store.tenants().await?;
    let mut instances = match scope {
        HealthScope::Everything => cx.store.all_instances().await?,
        HealthScope::Tenant(tenant) | HealthScope::Number(tenant, _) => {
            cx.store.tenant(tenant).await?.instances().await?
        }
    };
    if let HealthScope::Number(_, id) = scope {
        instances.retain(|instance| instance.id == id);
    }
    let name = |instance: &Instance| {
        let whose = tenants.iter().find(|tenant| tenant.id == instance.tenant);
        whose.filter(|_| tenants.len() > 1).map(|tenant| tenant.name.clone())
    };
    Ok(instances.into_iter().map(|instance| NumberEvidence { tenant_name: name(&instance), instance }).collect())
}

/// What is wrong with it.
#[must_use]
pub fn judge(evidence: &NumberEvidence, _now: Timestamp) -> Vec<HealthFinding> {
    let number = &evidence.instance;
    let Some(helps) = remedy(number.status.as_ref(), number.verdict, number.reason.as_deref()) else {
        return Vec::new();
    };
    let code = match (&number.status, number.verdict) {
        (Some(InstanceStatus::Working), Verdict::Quiet) => FindingCode::NumberQuiet,
        (Some(InstanceStatus::Working), Verdict::Restricted) => FindingCode::NumberRestricted,
        (Some(InstanceStatus::Working), Verdict::Suspect) => FindingCode::NumberSuspect,
        (Some(InstanceStatus::ScanQrCode), _) => FindingCode::NumberUnpaired,
        (Some(InstanceStatus::Starting), _) => FindingCode::NumberConnecting,
        _ => FindingCode::NumberDown,
    };
    let status = number.status.as_ref().map_or("not seen yet", InstanceStatus::word);
    let reason = number.reason.as_deref().map(|reason| format!(": {}", clean_line(reason))).unwrap_or_default();
    let summary = format!("{} is {status}, {}{reason}", number.name, number.verdict);
    let known = match number.heard_at {
        Some(_) => "WAHA's word; its last delivery came",
        None => "WAHA's word; it has delivered nothing yet",
    };
    let remedy = helps.told(|verb| evidence.command(verb));
    vec![HealthFinding::new(code, evidence.subject(), summary, known, remedy).since(number.since).seen(number.heard_at)]
}
