//! `quick-reply …`

use std::path::Path;

use anyhow::{Context, bail};
use mychatflow_data::client::Client;
use mychatflow_data::model::quick_reply::QuickReplyState;
use mychatflow_data::protocol::calls::quick_reply::{
    QuickReplyAdd, QuickReplyDocument, QuickReplyEdit, QuickReplyExport, QuickReplyFile, QuickReplyImport,
    QuickReplyImported, QuickReplyList, QuickReplyRejected, QuickReplyRemove, QuickReplyRender, QuickReplyRendered,
};
use mychatflow_data::protocol::name::TenantName;
use mychatflow_data::protocol::piece::Rehearsal;
use mychatflow_data::user_file::{Existing, Readers, write_user_file};
use serde::Serialize;

use super::{Cx, NothingToChange, existing, is_stdout, not_written, text_or_stdin};
use crate::cli::quick_reply::QuickReplyVerb;
use crate::output::{Format, Table, age_or, clean, counted};

/// Runs one verb.
pub async fn run(cx: &Cx, verb: QuickReplyVerb) -> anyhow::Result<()> {
    let tenant = cx.tenant();
    match verb {
        QuickReplyVerb::List { category, find, state, limit } => {
            let params = |limit, after| QuickReplyList {
                tenant: tenant.clone(),
                category: category.clone(),
                find: find.clone(),
                state,
                limit,
                after,
            };
            cx.list(limit, params, |replies| table(cx, replies)).await
        }
        QuickReplyVerb::Add { label, text, category } => {
            let params = QuickReplyAdd { tenant, label, text: text_or_stdin(text)?, category };
            cx.show(&params, |added| format!("{} is stored; {}", clean(&added.label), known(added))).await
        }
        QuickReplyVerb::Edit { name, label, text, category, active, aside } => {
            if label.is_none() && text.is_none() && category.is_none() && !active && !aside {
                return Err(NothingToChange("--label, --text, --category, --active or --aside").into());
            }
            let text = text.map(text_or_stdin).transpose()?;
            let state = match (active, aside) {
                (true, _) => Some(QuickReplyState::Active),
                (_, true) => Some(QuickReplyState::Aside),
                _ => None,
            };
            let params = QuickReplyEdit { tenant, name: name.into(), label, text, category, state };
            cx.show(&params, |edited| format!("{} is changed; {}", clean(&edited.label), known(edited))).await
        }
        QuickReplyVerb::Render { name, chat } => {
            let params = QuickReplyRender { tenant, name: name.map(Into::into), chat: chat.into() };
            let page = cx.call(&params).await?;
            match cx.output.format() {
                Format::Json => page.items.iter().try_for_each(|reply| cx.output.json(reply)),
                Format::People => cx.output.table(&rendered(&page.items)),
            }
        }
        QuickReplyVerb::Import { file, dry_run } => {
            let content = if file == "-" {
                text_or_stdin(file)?
            } else {
                std::fs::read_to_string(&file).with_context(|| format!("could not read {file}"))?
            };
            let params = QuickReplyImport { tenant, file: content, dry_run: dry_run.into() };
            let done = Imported { done: cx.call(&params).await?, dry_run: params.dry_run };
            cx.output.document(&done, imported)?;
            match done.done.rejected.len() {
                0 => Ok(()),
                left_out => {
                    bail!("{left_out} left out: mend those lines and import the file again, which changes nothing else")
                }
            }
        }
        QuickReplyVerb::Export { file, force } => {
            let client = cx.connect().await?;
            if is_stdout(&file) {
                let exported = client.call(&QuickReplyExport { tenant }).await?;
                return cx.output.document(&exported, |exported| exported.file.clone());
            }
            let exported = to_file(&client, tenant, &file, existing(force)).await.map_err(not_written)?;
            cx.output.document(&exported, |exported| written(exported, &file))
        }
        QuickReplyVerb::Remove { name } => {
            let params = QuickReplyRemove { tenant, name: name.into() };
            cx.show(&params, |removed| format!("{} is gone; {}", clean(&removed.label), forgotten(removed))).await
        }
    }
}

/// Writes all of them to a file.
///
/// # Errors
/// When nothing was written; a [`UserFileError`](mychatflow_data::user_file::UserFileError) where the place is at fault.
pub async fn to_file(
    client: &Client,
    tenant: Option<TenantName>,
    file: &Path,
    existing: Existing,
) -> anyhow::Result<QuickReplyFile> {
    let exported = client.call(&QuickReplyExport { tenant }).await?;
    write_user_file(file, exported.file.as_bytes(), existing, Readers::AsUsual)?;
    Ok(exported)
}

/// How many are where.
pub fn written(exported: &QuickReplyFile, file: &Path) -> String {
    let count = counted(exported.quick_replies, "quick reply is", "quick replies are");
    format!("{count} in {}", file.display())
}

/// What an import did, or would do.
#[derive(Debug, Serialize)]
struct Imported {
    #[serde(flatten)]
    done: QuickReplyImported,
    dry_run: Rehearsal,
}

fn imported(Imported { done, dry_run }: &Imported) -> String {
    let (added, changed) = (done.added.len(), done.changed.len());
    let mut text =
        format!("{added} new, {changed} changed, {} the same, {} left out", done.unchanged, done.rejected.len());
    for QuickReplyRejected { line, label, reason } in &done.rejected {
        text.push_str(&format!("\nline {line}: {}: {}", clean(label), clean(reason)));
    }
    if *dry_run == Rehearsal::DryRun {
        text.push_str("\nthis was a dry run: nothing was stored");
    }
    text
}

/// What the assistant knew of one that is gone.
fn forgotten(reply: &QuickReplyDocument) -> &'static str {
    let readable = reply.problem.is_none() && reply.personal_variables().is_empty();
    let told = reply.state == QuickReplyState::Active && readable;
    if told { "the assistant knows it no more" } else { "the assistant was not told it" }
}

/// What the assistant knows of one.
fn known(reply: &QuickReplyDocument) -> String {
    let personal: Vec<String> = reply.personal_variables().into_iter().map(clean).collect();
    match reply.state {
        QuickReplyState::Aside => "it is put aside, and the assistant is not told".to_owned(),
        QuickReplyState::Active if reply.problem.is_some() => {
            let problem = clean(reply.problem.as_deref().unwrap_or_default());
            format!("the assistant is not told, since {problem}; write it anew with --text TEXT")
        }
        QuickReplyState::Active if !personal.is_empty() => {
            format!("the assistant is not told, since it differs by customer: {}", personal.join(", "))
        }
        QuickReplyState::Active => "the assistant knows it now".to_owned(),
    }
}

fn rendered(replies: &[QuickReplyRendered]) -> Table {
    let mut table = Table::new(["LABEL", "NO VALUE FOR", "TEXT"], "no quick replies in use");
    for reply in replies {
        table.row([reply.label.clone(), reply.missing.join(", "), reply.text.clone()]);
    }
    table
}

fn table(cx: &Cx, replies: &[QuickReplyDocument]) -> Table {
    let none = "no quick replies here; next: mychatflow quick-reply add LABEL TEXT";
    let mut table = Table::new(["LABEL", "CATEGORY", "STATE", "SENT", "CITED", "LAST", "TEXT"], none);
    for reply in replies {
        table.row([
            reply.label.clone(),
            reply.category.clone().unwrap_or_default(),
            match &reply.problem {
                Some(problem) => format!("not told: {problem}"),
                None => reply.state.to_string(),
            },
            reply.uses.to_string(),
            reply.citations.to_string(),
            age_or(reply.used_at, cx.now, "never"),
            reply.text.clone(),
        ]);
    }
    table
}
