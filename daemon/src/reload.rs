//! Reads the config again while everything runs: checked first, told what differs, the last good one kept.

use std::sync::Arc;

use secrecy::ExposeSecret;

use crate::clients;
use crate::config::Config;
use crate::cx::Cx;
use crate::jobs::chain;
use crate::rpc::peer::Operators;

/// Reads the config from where it came from; an error is a sentence with file and line.
pub type ReadConfig = Arc<dyn Fn() -> Result<Config, String> + Send + Sync>;

/// What a reload did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// What differs now, a line each, without secrets.
    pub changed: Vec<String>,
    /// What differs and holds only after a restart.
    pub needs_restart: Vec<String>,
}

/// The operators that a config names. Names that this machine does not know are told in the log.
#[must_use]
pub fn operators(config: &Config) -> Operators {
    let (operators, unknown) = Operators::resolve(&config.auth.operators);
    for name in unknown {
        tracing::warn!(name, "auth.operators names an account that this machine does not have");
    }
    operators
}

/// Reads the config again and puts it in force.
///
/// # Errors
/// Why it can't be; the last good one stays in force.
pub fn reload(cx: &Cx) -> Result<Reloaded, String> {
    let mut new = (cx.read_config)()?;
    let old = cx.config();
    let mut reloaded = Reloaded::default();
    let mut fixed = |key: &str, same: bool| {
        if !same {
            reloaded.needs_restart.push(key.to_owned());
        }
    };
    fixed("daemon.data_dir", old.daemon.data_dir == new.daemon.data_dir);
    fixed("daemon.socket", old.daemon.socket == new.daemon.socket);
    fixed("daemon.socket_group", old.daemon.socket_group == new.daemon.socket_group);
    let same_port = |old: std::net::SocketAddr, new: std::net::SocketAddr| new.port() == 0 || old == new;
    fixed("webhook.listen", same_port(old.webhook.listen, new.webhook.listen));
    fixed("metrics.listen", same_port(old.metrics.listen, new.metrics.listen));
    // What needs a restart stays as it is: the rest of the config must not speak of ports that nobody listens on.
    new.daemon = old.daemon.clone();
    new.webhook.listen = old.webhook.listen;
    new.metrics.listen = old.metrics.listen;
    reloaded.changed = differences(&old, &new);
    let operators = operators(&new);
    let clients = clients::build(new).map_err(|error| chain(&error))?;
    cx.operators.send_replace(operators);
    cx.clients.send_replace(Arc::new(clients));
    Ok(reloaded)
}

fn differences(old: &Config, new: &Config) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |section: &str, old: String, new: String| {
        if old != new {
            found.push(format!("{section}: {old} → {new}"));
        }
    };
    compare("webhook.public_url", format!("{:?}", old.webhook.public_url), format!("{:?}", new.webhook.public_url));
    compare("webhook.max_body_bytes", old.webhook.max_body_bytes.to_string(), new.webhook.max_body_bytes.to_string());
    compare("reply", format!("{:?}", old.reply), format!("{:?}", new.reply));
    compare("campaign", format!("{:?}", old.campaign), format!("{:?}", new.campaign));
    compare("plans", format!("{:?}", old.plans), format!("{:?}", new.plans));
    compare("auth", format!("{:?}", old.auth), format!("{:?}", new.auth));
    let names = |config: &Config| {
        let servers = config.waha.iter().map(|entry| format!("{} {}", entry.name, entry.url));
        servers.collect::<Vec<_>>().join(", ")
    };
    compare("waha", names(old), names(new));
    for (old, new) in old.waha.iter().zip(&new.waha) {
        if old.api_key.expose_secret() != new.api_key.expose_secret() {
            found.push(format!("waha.{}.api_key: changed", new.name));
        }
    }
    let gemini = |config: &Config| {
        let section = &config.gemini;
        format!(
            "{} {} {} max_concurrent={} timeout={:?} models={:?}",
            section.base_url,
            section.api_version,
            section.model,
            section.concurrent_max,
            section.timeout,
            section.models
        )
    };
    if gemini(old) != gemini(new) {
        found.push(format!("gemini: {} → {}", gemini(old), gemini(new)));
    }
    if old.gemini.api_key.expose_secret() != new.gemini.api_key.expose_secret() {
        found.push("gemini.api_key: changed".to_owned());
    }
    found
}
