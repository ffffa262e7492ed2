//! The numbers, as the daemon sees them: their state, what differs on the server, and whether deliveries get through.

use std::time::Duration;

use mychatflow_daemon::cx::Clients;
use mychatflow_data::client::{Client, ClientError};
use mychatflow_data::ids::TenantId;
use mychatflow_data::model::instance::InstanceStatus;
use mychatflow_data::model::remedy::typed;
use mychatflow_data::protocol::calls::daemon::DaemonReload;
use mychatflow_data::protocol::calls::instance::{Drift, InstanceList, InstanceShow, InstanceShown};
use mychatflow_data::protocol::name::{InstanceName, TenantName};
use tokio::time::{Instant, sleep};

use super::socket::Daemon;
use super::{Check, Cx, Findings, Hand, Probing, message, probe, soon};
use crate::output::age;

/// How many numbers of a tenant are looked at.
const NUMBERS_MAX: u32 = 200;
/// How long the daemon may take to mend a number.
const MENDING: Duration = Duration::from_secs(15);
/// Between two looks at one that is being mended.
const LOOK: Duration = Duration::from_millis(250);

/// Looks at all that the caller may see, or at those of the tenant that was named.
pub async fn check(
    cx: &Cx,
    daemon: &Daemon,
    clients: Option<&Clients>,
    hand: Hand,
    probing: Probing,
    findings: &mut Findings<'_>,
) -> anyhow::Result<()> {
    let wanted = cx.tenant();
    let named = |name: &str, id: TenantId| {
        wanted.as_ref().is_none_or(|wanted| wanted.as_str() == name || wanted.as_str() == id.to_string())
    };
    for tenant in daemon.tenants.iter().filter(|tenant| named(&tenant.name, tenant.id)) {
        let whose = TenantName::from(tenant.id.to_string());
        let list = InstanceList { tenant: Some(whose.clone()), limit: Some(NUMBERS_MAX), after: None };
        let numbers = match soon(daemon.client.call(&list)).await {
            Ok(page) => page.items,
            Err(error) => {
                let remedy = "see the daemon's log, then: mychatflow instance list";
                findings.add(Check::failed(format!("numbers of {}", tenant.name), format!("{error:#}"), remedy))?;
                continue;
            }
        };
        for number in numbers {
            let call = match daemon.tenants.len() {
                1 => String::new(),
                _ => format!(" --tenant {}", typed(&tenant.name)),
            };
            let which = Which { client: &daemon.client, tenant: whose.clone(), id: number.id.to_string(), call };
            which.check(cx, clients, hand, findings).await?;
            if probing == Probing::Allowed {
                findings.add(message::check(&which, &number).await)?;
            }
        }
    }
    Ok(())
}

/// One number, and how to ask for it.
pub struct Which<'d> {
    /// The daemon.
    pub client: &'d Client,
    /// Whose it is.
    pub tenant: TenantName,
    /// Its id.
    pub id: String,
    /// What a command needs beside its name.
    call: String,
}

impl Which<'_> {
    async fn check(
        &self,
        cx: &Cx,
        clients: Option<&Clients>,
        hand: Hand,
        findings: &mut Findings<'_>,
    ) -> anyhow::Result<()> {
        let shown = match soon(self.show()).await {
            Ok(shown) => shown,
            Err(error) => {
                let remedy = "see the daemon's log, then: mychatflow instance list";
                return findings.add(Check::failed("number", format!("{error:#}"), remedy));
            }
        };
        for check in self.state(cx, &shown) {
            findings.add(check)?;
        }
        if !shown.drift.is_empty() {
            findings.add(self.drift(&shown, hand).await)?;
        }
        findings.add(probe::check(self, &shown, clients, cx.now).await)
    }

    async fn show(&self) -> Result<InstanceShown, ClientError> {
        let name = InstanceName::from(self.id.as_str());
        self.client.call(&InstanceShow { tenant: Some(self.tenant.clone()), name }).await
    }

    /// A command about this number, for people to copy.
    pub fn command(&self, verb: &str, name: &str) -> String {
        format!("mychatflow instance {verb} {}{}", typed(name), self.call)
    }

    /// The number by what the daemon found; in order where it found nothing.
    fn state(&self, cx: &Cx, shown: &InstanceShown) -> Vec<Check> {
        let number = &shown.instance;
        let found: Vec<Check> = shown.findings.iter().map(|found| Check::found(found, cx.now)).collect();
        let label = format!("number {}", number.name);
        let reason = number.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let status = number.status.as_ref().map_or("not seen yet", InstanceStatus::word);
        let detail = format!("{status}, {}{reason}, since {}", number.verdict, age(number.since, cx.now));
        if found.is_empty() { vec![Check::ok(label, detail)] } else { found }
    }

    async fn drift(&self, shown: &InstanceShown, hand: Hand) -> Check {
        let label = format!("drift {}", shown.instance.name);
        let remedy = "the daemon mends it within minutes; at once: mychatflow doctor --fix".to_owned();
        match hand {
            Hand::Looks => Check::failed(label, told(&shown.drift), remedy),
            Hand::Mends => match self.mended().await {
                Ok(left) if left.is_empty() => Check::ok(label, format!("mended: {}", told(&shown.drift))),
                Ok(left) => {
                    let text = "the daemon left it so as not to stop the number again within the hour, or WAHA did \
                                not keep it; see its log, or";
                    let remedy = format!("{text}: {}", self.command("restart", &shown.instance.name));
                    Check::failed(label, format!("still there: {}", told(&left)), remedy)
                }
                Err(error) => Check::failed(
                    label,
                    format!("{}; not mended: {error:#}", told(&shown.drift)),
                    "as an operator: mychatflow doctor --fix",
                ),
            },
        }
    }

    /// Asks the daemon to compare all numbers with what we want, and waits for this one. Says what still differs.
    async fn mended(&self) -> anyhow::Result<Vec<Drift>> {
        soon(self.client.call(&DaemonReload {})).await?;
        let end = Instant::now() + MENDING;
        loop {
            let left = soon(self.show()).await?.drift;
            if left.is_empty() || Instant::now() > end {
                return Ok(left);
            }
            sleep(LOOK).await;
        }
    }
}

fn told(drift: &[Drift]) -> String {
    drift.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
