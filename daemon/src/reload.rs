//! Reads the config again while everything runs: checked first, told what differs, the last good one kept.

use std::sync::Arc;

use mychatflow_data::protocol::calls::daemon::ConfigChange;

use crate::chain::chain;
use crate::clients;
use crate::config::Config;
use crate::cx::Cx;
use crate::rpc::peer::Operators;

/// Reads the config from where it came from; an error is a sentence with file and line.
pub type ReadConfig = Arc<dyn Fn() -> Result<Config, String> + Send + Sync>;

/// The operators that a config names. Names that this machine does not know are told in the log.
#[must_use]
pub fn operators(config: &Config) -> Operators {
    let (operators, unknown) = Operators::resolve(&config.auth.operators);
    for name in unknown {
        tracing::warn!(name, "auth.operators names an account that this machine does not have");
    }
    operators
}

/// Reads the config again and puts it in force; tells what differs, and what of it needs a restart.
///
/// # Errors
/// Why it can't be; the last good one stays in force.
pub fn reload(cx: &Cx) -> Result<Vec<ConfigChange>, String> {
    let mut new = (cx.read_config)()?;
    let old = cx.config();
    // Port 0 was answered by the system at the start; asking again is no change.
    if new.webhook.listen.port() == 0 {
        new.webhook.listen = old.webhook.listen;
    }
    if new.metrics.listen.port() == 0 {
        new.metrics.listen = old.metrics.listen;
    }
    let changes = old.changes(&new);
    // What needs a restart stays as it is: the rest of the config must not speak of ports that nobody listens on.
    new.daemon = old.daemon.clone();
    new.webhook.listen = old.webhook.listen;
    new.metrics.listen = old.metrics.listen;
    let operators = operators(&new);
    let clients = clients::build(new).map_err(|error| chain(&error))?;
    let clients = clients::keep_evidence(&cx.clients(), clients);
    cx.operators.send_replace(operators);
    cx.clients.send_replace(Arc::new(clients));
    Ok(changes)
}
