//! The opening hours of each tenant: words that are not understood close nothing, and the assistant answers at night.

use mychatflow_data::model::opening_hours::EXAMPLE;
use mychatflow_data::protocol::calls::settings::SettingsShow;
use mychatflow_data::protocol::name::TenantName;

use super::socket::Daemon;
use super::{Check, Findings, soon};

/// Looks at the hours of all tenants that the caller may see; says nothing where they are understood.
pub async fn check(daemon: &Daemon, findings: &mut Findings<'_>) -> anyhow::Result<()> {
    for tenant in &daemon.tenants {
        let whose = TenantName::from(tenant.id.to_string());
        let show = SettingsShow { tenant: Some(whose), ..SettingsShow::default() };
        // Who may not see the settings is told so elsewhere.
        let Ok(settings) = soon(daemon.client.call(&show)).await else { continue };
        for warning in settings.items.into_iter().filter_map(|line| line.warning) {
            let remedy = format!("mychatflow settings set business.hours \"{EXAMPLE}\"");
            findings.add(Check::warning(format!("hours of {}", tenant.name), warning, remedy))?;
        }
    }
    Ok(())
}
