//! `tenant …`

use std::io::{BufRead, IsTerminal};

use anyhow::{Context, bail};
use mychatflow_data::protocol::calls::tenant::{
    TenantAdd, TenantDocument, TenantGrant, TenantList, TenantRemove, TenantShow, TenantShown, TenantSuspend,
};
use mychatflow_data::protocol::name::TenantName;

use super::Cx;
use crate::cli::{TenantArg, TenantVerb};
use crate::output::{Table, age, clean, facts, note};

/// Runs one verb.
pub async fn run(cx: &Cx, verb: TenantVerb) -> anyhow::Result<()> {
    let which = |arg: TenantArg| arg.tenant.map(TenantName::from).or_else(|| cx.tenant());
    match verb {
        TenantVerb::Add { name, plan, timezone } => {
            let params = TenantAdd { name, plan: Some(plan), timezone };
            cx.show(&params, |tenant| format!("{} is in, on the plan {}", clean(&tenant.name), tenant.plan)).await?;
            if !cx.globals.json {
                note("next: mychatflow instance add NAME --waha main --session default");
            }
            Ok(())
        }
        TenantVerb::List(limit) => {
            cx.list(limit, |limit, after| TenantList { limit, after }, |tenants| table(cx, tenants)).await
        }
        TenantVerb::Show(tenant) => cx.show(&TenantShow { tenant: which(tenant) }, |shown| full(cx, shown)).await,
        TenantVerb::Suspend { tenant, resume } => {
            let params = TenantSuspend { tenant: which(tenant), resume: resume.into() };
            cx.show(&params, |tenant| format!("{} is {}", clean(&tenant.name), tenant.state)).await
        }
        TenantVerb::Grant { tenant, user, role } => {
            let params = TenantGrant { tenant: which(tenant), user, role };
            cx.show(&params, |granted| {
                format!("{} (uid {}) is {} now", clean(&granted.name), granted.uid, granted.role)
            })
            .await
        }
        TenantVerb::Remove { tenant, yes } => {
            let tenant = which(tenant);
            if !yes {
                ask(tenant.as_ref())?;
            }
            cx.show(&TenantRemove { tenant }, |removed| format!("{} is gone", clean(&removed.name))).await
        }
    }
}

/// Asks a person; a script has thought about it.
fn ask(tenant: Option<&TenantName>) -> anyhow::Result<()> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Ok(());
    }
    let name = tenant.map_or("the tenant", TenantName::as_str);
    note(&format!("This removes {} with all its numbers, chats and credits. Type yes to go on.", clean(name)));
    let mut line = String::new();
    stdin.lock().read_line(&mut line).context("could not read the answer")?;
    if line.trim() == "yes" { Ok(()) } else { bail!("nothing was removed") }
}

fn table(cx: &Cx, tenants: &[TenantDocument]) -> Table {
    let mut table = Table::new(
        ["NAME", "PLAN", "TIME ZONE", "STATE", "ROLE", "SINCE"],
        "no tenants yet; next: mychatflow tenant add NAME",
    );
    for tenant in tenants {
        let role = tenant.role.map_or_else(|| "operator".to_owned(), |role| role.to_string());
        let since = age(tenant.created_at, cx.now);
        table.row([
            tenant.name.clone(),
            tenant.plan.clone(),
            tenant.timezone.clone(),
            tenant.state.to_string(),
            role,
            since,
        ]);
    }
    table
}

fn full(cx: &Cx, shown: &TenantShown) -> String {
    let TenantShown { tenant, members } = shown;
    let members: Vec<String> = members.iter().map(|member| format!("{} ({})", member.name, member.role)).collect();
    facts([
        ("name", tenant.name.clone()),
        ("id", tenant.id.to_string()),
        ("plan", tenant.plan.clone()),
        ("time zone", tenant.timezone.clone()),
        ("state", tenant.state.to_string()),
        ("since", age(tenant.created_at, cx.now)),
        ("members", if members.is_empty() { "operators only".to_owned() } else { members.join(", ") }),
    ])
}
