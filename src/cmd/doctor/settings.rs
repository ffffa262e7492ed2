//! What each tenant has told its assistant: whether it answers at all, and opening hours that are not understood.

use mychatflow_data::model::opening_hours::EXAMPLE;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::calls::settings::SettingsShow;
use mychatflow_data::protocol::name::TenantName;

use super::socket::Daemon;
use super::{Check, Findings, soon};

/// Looks at the settings of all tenants that the caller may see.
pub async fn check(daemon: &Daemon, findings: &mut Findings<'_>) -> anyhow::Result<()> {
    for tenant in &daemon.tenants {
        let whose = TenantName::from(tenant.id.to_string());
        let show = SettingsShow { tenant: Some(whose), ..SettingsShow::default() };
        // Who may not see the settings is told so elsewhere.
        let Ok(settings) = soon(daemon.client.call(&show)).await else { continue };
        for line in settings.items {
            if line.key == SettingKey::ReplyMode {
                let words = told_mode(line.value.as_deref().unwrap_or_default());
                findings.add(Check::ok(format!("assistant of {}", tenant.name), words))?;
            }
            // Words that are not understood close nothing, and the assistant answers at night.
            if let Some(warning) = line.warning {
                let remedy = format!("mychatflow settings set business.hours \"{EXAMPLE}\"");
                findings.add(Check::warning(format!("hours of {}", tenant.name), warning, remedy))?;
            }
        }
    }
    Ok(())
}

/// It is nobody's fault that an assistant is off, and yet the reason why nobody is answered.
fn told_mode(mode: &str) -> String {
    match mode {
        "off" => "switched off (reply.mode is off): it answers nobody".to_owned(),
        "draft" => "writes drafts (reply.mode is draft): each is sent once a person approves it".to_owned(),
        mode => format!("answers by itself (reply.mode is {mode})"),
    }
}
