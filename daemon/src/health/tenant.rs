//! The tenants: whether they have a number and credits, and whether their ledger adds up.

use jiff::tz::TimeZone;
use mychatflow_data::ids::TenantId;
use mychatflow_data::model::finding::{FindingCode, FindingSubject, HealthFinding};
use mychatflow_data::model::remedy::typed;
use mychatflow_data::model::tenant::{Tenant, TenantState};
use mychatflow_data::store::error::StoreError;
use mychatflow_data::time::Timestamp;

use super::HealthScope;
use crate::compose;
use crate::cx::Cx;
use crate::flow::verdict::stamp;
use crate::soundness::LedgerDrift;

/// What is known of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantEvidence {
    /// Which.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// Must a command say which tenant is meant?
    pub is_one_of_several: bool,
    /// Has it a number?
    pub has_number: bool,
    /// No credit is left, and the next ones come then.
    pub spent_until: Option<Timestamp>,
    /// Its ledger does not add up.
    pub drift: Option<LedgerDrift>,
    /// When its ledger was last added up.
    pub audited_at: Option<Timestamp>,
    /// Its time zone.
    pub zone: TimeZone,
}

/// Gathers it.
///
/// # Errors
/// What the store says.
pub async fn gather(cx: &Cx, scope: HealthScope) -> Result<Vec<TenantEvidence>, StoreError> {
    let tenants = cx.store.tenants().await?;
    let is_one_of_several = tenants.len() > 1;
    let is_meant = |tenant: &Tenant| match scope {
        HealthScope::Everything => tenant.state == TenantState::Active,
        HealthScope::Tenant(id) => tenant.id == id,
        HealthScope::Number(..) => false,
    };
    let mut evidence = Vec::new();
    for tenant in tenants.into_iter().filter(is_meant) {
        let shop = cx.store.tenant(tenant.id).await?;
        let record = cx.soundness.borrow().clone();
        evidence.push(TenantEvidence {
            id: tenant.id,
            is_one_of_several,
            has_number: !shop.instances().await?.is_empty(),
            spent_until: shop.spent_until(cx.now()).await?,
            drift: record.drifts.get(&tenant.id).copied(),
            audited_at: record.audited_at,
            zone: compose::zone(&tenant.timezone),
            name: tenant.name,
        });
    }
    Ok(evidence)
}

/// What is wrong with it.
#[must_use]
pub fn judge(evidence: &TenantEvidence, now: Timestamp) -> Vec<HealthFinding> {
    let TenantEvidence { id, name, .. } = evidence;
    let whose = if evidence.is_one_of_several { format!(" --tenant {}", typed(name)) } else { String::new() };
    let find = |code, summary: String, known: &str, remedy: String| {
        let subject = FindingSubject::Tenant { id: *id, name: name.clone() };
        HealthFinding::new(code, subject, summary, known, remedy)
    };
    let drifted = evidence.drift.map(|drift| {
        let summary = format!("the credits of {name} do not add up: the ledger is off by {}", drift.credits.count());
        let known = "the ledger was compared with what went out";
        let remedy =
            format!("see what is in it: mychatflow credit ledger{whose}; then put a backup of the store in its place");
        find(FindingCode::LedgerDrift, summary, known, remedy).since(drift.since).seen(evidence.audited_at)
    });
    let without_number = (!evidence.has_number).then(|| {
        let remedy = format!("mychatflow instance add NAME{whose}");
        find(FindingCode::NumberMissing, format!("{name} has no number yet"), "the list of numbers", remedy).seen(now)
    });
    let spent = evidence.spent_until.map(|until| {
        let until = stamp(until, &evidence.zone);
        let summary = format!("{name} has no credit left: the assistant answers nobody until {until}");
        let remedy = format!("mychatflow credit grant AMOUNT{whose}");
        find(FindingCode::CreditsSpent, summary, "the ledger", remedy).seen(now)
    });
    drifted.into_iter().chain(without_number).chain(spent).collect()
}

#[cfg(test)]
mod tests {
    use mychatflow_data::credits::Credits;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn evidence() -> TenantEvidence {
        TenantEvidence {
            id: TenantId::from_bytes([1; 16]),
            name: "Corner Shop".to_owned(),
            is_one_of_several: true,
            has_number: true,
            spent_until: None,
            drift: None,
            audited_at: Some(NOW),
            zone: TimeZone::UTC,
        }
    }

    #[test]
    fn what_a_tenant_lacks_is_told_with_the_command_that_helps() {
        assert_eq!(judge(&evidence(), NOW), []);
        let drift = LedgerDrift { credits: Credits::new(-2), since: NOW };
        let all = TenantEvidence { has_number: false, spent_until: Some(NOW), drift: Some(drift), ..evidence() };
        let found = judge(&all, NOW);
        let told: Vec<_> = found.iter().map(|found| (found.code, found.remedy.as_str())).collect();
        assert!(told[0].0 == FindingCode::LedgerDrift && found[0].summary.ends_with("off by -2"), "{found:?}");
        assert_eq!(told[1], (FindingCode::NumberMissing, "mychatflow instance add NAME --tenant 'Corner Shop'"));
        assert_eq!(told[2], (FindingCode::CreditsSpent, "mychatflow credit grant AMOUNT --tenant 'Corner Shop'"));
        let alone = TenantEvidence { is_one_of_several: false, ..all };
        assert_eq!(judge(&alone, NOW)[1].remedy, "mychatflow instance add NAME");
    }
}
