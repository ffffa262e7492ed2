//! `credit …`

use mychatflow_data::credits::Credits;
use mychatflow_data::model::ledger::Entry;
use mychatflow_data::protocol::calls::credit::{
    CreditAudit, CreditAudited, CreditGrant, CreditLedger, CreditShow, CreditSummary,
};

use super::Cx;
use crate::cli::CreditVerb;
use crate::output::{Table, facts, local};

/// Runs one verb.
pub async fn run(cx: &Cx, verb: CreditVerb) -> anyhow::Result<()> {
    let tenant = cx.tenant();
    match verb {
        CreditVerb::Show => cx.show(&CreditShow { tenant }, summary).await,
        CreditVerb::Ledger(limit) => {
            let params = |limit, after| CreditLedger { tenant: tenant.clone(), limit, after };
            cx.list(limit, params, ledger).await
        }
        CreditVerb::Grant { amount, note } => {
            note.iter().for_each(|note| super::remark_on_escape(note));
            let params = CreditGrant { tenant, amount: Credits::new(amount), note };
            cx.show(&params, |granted| format!("granted {}; the balance is {}", granted.amount, granted.balance)).await
        }
        CreditVerb::Audit => cx.show(&CreditAudit { tenant }, audited).await,
    }
}

fn summary(summary: &CreditSummary) -> String {
    facts([
        ("balance", summary.balance.to_string()),
        ("used", format!("{} of {} granted", summary.used, summary.granted)),
        ("reserved", format!("{} for answers under way", summary.reserved)),
        ("plan", summary.plan.clone()),
        ("period", format!("{} to {}", local(summary.period_start, "%d %b %Y"), local(summary.period_end, "%d %b %Y"))),
    ])
}

fn ledger(entries: &[Entry]) -> Table {
    let mut table = Table::new(["AT", "ENTRY", "AMOUNT", "ANSWER", "NOTE"], "no entries yet");
    for entry in entries {
        table.row([
            local(entry.at, "%d %b %H:%M:%S"),
            entry.kind.to_string(),
            format!("{:+}", entry.amount.count()),
            entry.reply.map(|reply| reply.to_string()).unwrap_or_default(),
            entry.note.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn audited(audited: &CreditAudited) -> String {
    let verdict = if audited.drift == Credits::ZERO {
        "they agree"
    } else {
        "they do not agree: this is a mistake of ours, please report it"
    };
    format!(
        "the ledger says {}, what happened says {}: {verdict} (drift {})",
        audited.balance, audited.derived, audited.drift
    )
}
