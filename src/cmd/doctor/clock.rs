//! This machine's clock, beside those of the servers that were asked before: their answers say what time it is.

use mychatflow_daemon::cx::Clients;
use mychatflow_daemon::health::clock::{gather, judge, worst};
use mychatflow_data::time::Timestamp;

use super::{Check, Findings};

/// Compares it with each of them.
pub fn check(clients: &Clients, findings: &mut Findings<'_>) -> anyhow::Result<()> {
    let now = Timestamp::now();
    let evidence = gather(clients, now);
    match (judge(&evidence, now), worst(&evidence)) {
        (Some(found), _) => findings.add(Check::found(&found, now)),
        (None, Some(worst)) => {
            let detail = format!("right: {} s from {} at most", worst.found.by.as_secs(), worst.name);
            findings.add(Check::ok("clock", detail))
        }
        (None, None) => Ok(()),
    }
}
