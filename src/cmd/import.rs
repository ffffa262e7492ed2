//! `contact import`: a list of people, piece by piece, with a report in which every row is accounted for.

use std::fmt::Write as _;

use anyhow::bail;
use mychatflow_data::client::ClientError;
use mychatflow_data::protocol::calls::contact::{ContactImport, ContactImported, RowRejected, RowRemark};
use mychatflow_data::protocol::piece::{Rehearsal, Rest};
use serde::Serialize;

use super::Cx;
use super::progress::{Progress, grouped};
use super::source::Source;
use crate::cli::contact::ImportArgs;
use crate::output::{Format, Table, clean, note};

/// What a program is told.
#[derive(Debug, Serialize)]
struct Imported<'t> {
    #[serde(flatten)]
    told: &'t ContactImported,
    dry_run: Rehearsal,
    /// What the file is written in, where that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
}

/// Runs it.
pub async fn run(cx: &Cx, args: ImportArgs) -> anyhow::Result<()> {
    let mut source = Source::open(&args.file)?;
    let client = cx.connect().await?;
    let mut progress = Progress::begin();
    let mut call = ContactImport {
        tenant: cx.tenant(),
        name: source.name().map(str::to_owned),
        country: args.country,
        dry_run: args.dry_run.into(),
        suppress: args.suppress.into(),
        tags: args.tags,
        column: args.columns,
        ..ContactImport::default()
    };
    let (mut rejected, mut remarks): (Vec<RowRejected>, Vec<RowRemark>) = (Vec::new(), Vec::new());
    let mut told = ContactImported::default();
    while let Some(piece) = source.next()? {
        call.file = piece.text;
        call.more = piece.rest;
        loop {
            let mut reply = client.call(&call).await.map_err(|error| explained(error, &told, call.dry_run))?;
            rejected.append(&mut reply.rejected);
            remarks.append(&mut reply.remarks);
            call.import = reply.import;
            progress.show(reply.rows, source.share());
            told = reply;
            if told.unread == Rest::Nothing {
                break;
            }
            call.file = String::new();
        }
    }
    drop(progress);
    let nothing = rejected.len() as i64 == told.rows;
    told.rejected = rejected;
    told.remarks = remarks;
    if let Some(remark) = source.remark() {
        note(remark);
    }
    match cx.output.format() {
        Format::Json => {
            cx.output.json(&Imported { told: &told, dry_run: call.dry_run, encoding: source.encoding() })?
        }
        Format::People => {
            cx.output.text(&report(&told, call.dry_run))?;
            if !told.rejected.is_empty() {
                cx.output.table(&table(&told.rejected))?;
            }
            if !told.remarks.is_empty() {
                cx.output.table(&remarked(&told.remarks))?;
            }
        }
    }
    if nothing {
        bail!("no row could be imported: the reasons are above");
    }
    Ok(())
}

/// Why it failed, and that what was stored is still there; the daemon says so itself, where it can.
fn explained(error: ClientError, told: &ContactImported, rehearsal: Rehearsal) -> anyhow::Error {
    if error.to_string().contains("a column named phone") {
        note("where the heading says nothing, name the column: --column phone=HEADING");
    }
    let stored = told.imported > 0 && rehearsal == Rehearsal::Real;
    if !stored || matches!(error, ClientError::Refused(_)) {
        return error.into();
    }
    let stored = grouped(told.imported);
    anyhow::Error::new(error).context(format!("{stored} rows are stored, and importing the list again is harmless"))
}

fn report(told: &ContactImported, rehearsal: Rehearsal) -> String {
    let mut text = format!(
        "{} {}: {} imported",
        grouped(told.rows),
        if told.rows == 1 { "row" } else { "rows" },
        grouped(told.imported)
    );
    let mut parts = vec![format!("{} new", grouped(told.added))];
    if told.repaired > 0 {
        parts.push(format!("{} with a repaired number", grouped(told.repaired)));
    }
    let _ = write!(text, " ({})", parts.join(", "));
    for (count, words) in [
        (told.duplicates, "named twice"),
        (told.suppressed, "who asked not to be written to"),
        (told.rejected.len() as i64, "rejected"),
    ] {
        if count > 0 {
            let _ = write!(text, ", {} {words}", grouped(count));
        }
    }
    let columns: Vec<String> = told
        .columns
        .iter()
        .map(|column| {
            if column.heading == column.taken_for {
                column.heading.clone()
            } else {
                format!("{} = {}", column.heading, column.taken_for)
            }
        })
        .collect();
    let _ = write!(text, "\ncolumns: {}\n", clean(&columns.join(", ")));
    if rehearsal == Rehearsal::DryRun {
        text.push_str("this was a dry run: nothing was stored\n");
    }
    text
}

fn table(rejected: &[RowRejected]) -> Table {
    let mut table = Table::new(["ROW", "VALUE", "REASON"], "no row was rejected");
    for row in rejected {
        table.row([row.row.to_string(), row.value.clone(), row.reason.clone()]);
    }
    table
}

fn remarked(remarks: &[RowRemark]) -> Table {
    let mut table = Table::new(["ROW", "VALUE", "REMARK"], "no remarks");
    for row in remarks {
        table.row([row.row.to_string(), row.value.clone(), row.remark.clone()]);
    }
    table
}
