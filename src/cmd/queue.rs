//! `queue …`

use std::time::Duration;

use mychatflow_data::protocol::calls::queue::{
    QueueDrop, QueueHold, QueueLine, QueueList, QueueRelease, QueueRetry, QueueShow, QueueShown,
};

use super::Cx;
use crate::cli::QueueVerb;
use crate::output::{Table, age, clean, clean_lines, facts};

/// Runs one verb.
pub async fn run(cx: &Cx, verb: QueueVerb) -> anyhow::Result<()> {
    let tenant = cx.tenant();
    match verb {
        QueueVerb::List { state, limit } => {
            let params = |limit, after| QueueList { tenant: tenant.clone(), state, limit, after };
            cx.list(limit, params, |lines| table(cx, lines)).await
        }
        QueueVerb::Show { id } => cx.show(&QueueShow { tenant, id: id.into() }, |shown| full(cx, shown)).await,
        QueueVerb::Hold { id } => cx.show(&QueueHold { tenant, id: id.into() }, line).await,
        QueueVerb::Release { id } => cx.show(&QueueRelease { tenant, id: id.into() }, line).await,
        QueueVerb::Retry { id } => cx.show(&QueueRetry { tenant, id: id.into() }, line).await,
        QueueVerb::Drop { id } => cx.show(&QueueDrop { tenant, id: id.into() }, line).await,
    }
}

fn line(line: &QueueLine) -> String {
    let reason = line.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    clean(&format!("{} {} is {}{reason}", line.kind, line.id, line.state))
}

fn aged(cx: &Cx, line: &QueueLine) -> String {
    age(cx.now - Duration::from_secs(line.age_s.try_into().unwrap_or(0)), cx.now)
}

fn table(cx: &Cx, lines: &[QueueLine]) -> Table {
    let mut table = Table::new(["KIND", "STATE", "SINCE", "TRIES", "NEXT", "REASON", "ID"], "nothing is waiting");
    for line in lines {
        table.row([
            line.kind.to_string(),
            line.state.to_string(),
            aged(cx, line),
            line.attempts.to_string(),
            line.next_at.map(|at| age(at, cx.now)).unwrap_or_default(),
            line.reason.clone().unwrap_or_default(),
            line.id.to_string(),
        ]);
    }
    table
}

fn full(cx: &Cx, shown: &QueueShown) -> String {
    let QueueShown { line, created_at, steps, text } = shown;
    let mut full = facts([
        ("id", line.id.to_string()),
        ("kind", line.kind.to_string()),
        ("state", line.state.to_string()),
        ("reason", line.reason.clone().unwrap_or_default()),
        ("made", age(*created_at, cx.now)),
        ("tries", line.attempts.to_string()),
        ("next", line.next_at.map(|at| age(at, cx.now)).unwrap_or_default()),
        ("chat", line.chat.map(|chat| chat.to_string()).unwrap_or_default()),
        ("number", line.instance.map(|instance| instance.to_string()).unwrap_or_default()),
        ("done", steps.join(", ")),
    ]);
    if let Some(text) = text {
        full.push_str(&format!("\n{}\n", clean_lines(text).join("\n")));
    }
    full
}
