//! A real message from a number to itself: that WAHA's delivery of it comes back proves the whole way. It is no conversation:
//! nobody is answered, and nothing is charged.

use std::time::Duration;

use mychatflow_data::client::ClientError;
use mychatflow_data::protocol::calls::instance::{InstanceDocument, InstanceProbe, InstanceProbed};
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::name::InstanceName;
use tokio::time::timeout;

use super::Check;
use super::numbers::Which;

/// How long sending and waiting may take in all.
const PATIENCE: Duration = Duration::from_secs(45);

/// Has it sent, and waits for it.
pub async fn check(which: &Which<'_>, number: &InstanceDocument) -> Check {
    let label = format!("probe {}", number.name);
    let call = InstanceProbe { tenant: Some(which.tenant.clone()), name: InstanceName::from(which.id.as_str()) };
    let show = which.command("show", &number.name);
    match timeout(PATIENCE, which.client.call(&call)).await {
        Ok(Ok(probed)) => judged(label, &probed, show),
        Ok(Err(ClientError::Refused(refusal))) if matches!(refusal.code, Code::Forbidden | Code::Unauthenticated) => {
            Check::warning(label, "not sent: only the owner may send", "ask the owner to run the doctor")
        }
        Ok(Err(error)) => Check::failed(label, format!("not sent: {:#}", anyhow::Error::new(error)), show),
        Err(_) => Check::failed(label, format!("the daemon did not tell within {} s", PATIENCE.as_secs()), show),
    }
}

fn judged(label: String, probed: &InstanceProbed, show: String) -> Check {
    let seconds = |ms: u64| format!("{}.{} s", ms / 1000, ms % 1000 / 100);
    let error = probed.error.as_deref().unwrap_or("no reason is known");
    match (probed.sent_ms, probed.arrived_ms) {
        (Some(sent), Some(arrived)) => {
            let detail = format!(
                "a message to itself was sent in {}, and WAHA's delivery of it came after {}",
                seconds(sent),
                seconds(arrived)
            );
            Check::ok(label, detail)
        }
        (None, Some(arrived)) => {
            let detail = format!("WAHA's delivery of the message came after {}, but: {error}", seconds(arrived));
            Check::warning(label, detail, show)
        }
        (Some(sent), None) => {
            let detail = format!("a message to itself was sent in {}; {error}", seconds(sent));
            let remedy = "WAHA can't reach the daemon: set webhook.public_url to its address as WAHA sees it, then: \
                          mychatflow daemon reload";
            Check::failed(label, detail, remedy)
        }
        (None, None) => Check::failed(label, format!("a message to itself was not sent: {error}"), show),
    }
}

#[cfg(test)]
mod tests {
    use mychatflow_data::ids::InstanceId;

    use super::super::State;
    use super::*;

    #[test]
    fn only_what_came_back_is_a_proof() {
        let probed = |sent_ms, arrived_ms| InstanceProbed {
            id: InstanceId::new(),
            name: "shop".into(),
            sent_ms,
            arrived_ms,
            error: Some("waha did not answer".into()),
        };
        for (sent, arrived, state, words) in [
            (Some(210), Some(1480), State::Ok, "came after 1.4 s"),
            (Some(210), None, State::Failed, "sent in 0.2 s; waha did not answer"),
            (None, Some(90), State::Warning, "but: waha did not answer"),
            (None, None, State::Failed, "was not sent"),
        ] {
            let check = judged("probe shop".into(), &probed(sent, arrived), "mychatflow instance show shop".into());
            assert_eq!(check.state, state);
            assert!(check.detail.contains(words), "{}", check.detail);
        }
    }
}
