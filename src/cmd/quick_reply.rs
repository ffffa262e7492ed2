//! `quick-reply …`

use std::io::Write;

use anyhow::Context;
use mychatflow_data::model::quick_reply::QuickReplyState;
use mychatflow_data::protocol::calls::quick_reply::{
    QuickReplyAdd, QuickReplyDocument, QuickReplyEdit, QuickReplyExport, QuickReplyImport, QuickReplyImported,
    QuickReplyList, QuickReplyRejected, QuickReplyRemove, QuickReplyRender, QuickReplyRendered,
};

use super::{Cx, is_stdout, text_or_stdin};
use crate::cli::quick_reply::QuickReplyVerb;
use crate::output::{Format, Table, age_or, clean};

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
            cx.show(&params, imported).await
        }
        QuickReplyVerb::Export { file, force } => {
            let exported = cx.call(&QuickReplyExport { tenant }).await?;
            if is_stdout(&file) {
                return cx.output.document(&exported, |exported| exported.file.clone());
            }
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(!force).create(force).truncate(force);
            let opened = options.open(&file);
            let mut out = opened.with_context(|| {
                format!("could not write {}; --force writes over a file that is there", file.display())
            })?;
            out.write_all(exported.file.as_bytes()).with_context(|| format!("could not write {}", file.display()))?;
            cx.output.document(&exported, |exported| format!("{} quick replies are written", exported.quick_replies))
        }
        QuickReplyVerb::Remove { name } => {
            let params = QuickReplyRemove { tenant, name: name.into() };
            cx.show(&params, |removed| format!("{} is gone; the assistant knows it no more", clean(&removed.label)))
                .await
        }
    }
}

fn imported(done: &QuickReplyImported) -> String {
    let (added, changed) = (done.added.len(), done.changed.len());
    let mut text =
        format!("{added} new, {changed} changed, {} the same, {} left out", done.unchanged, done.rejected.len());
    for QuickReplyRejected { line, label, reason } in &done.rejected {
        text.push_str(&format!("\nline {line}: {}: {}", clean(label), clean(reason)));
    }
    text
}

/// What the assistant knows of one.
fn known(reply: &QuickReplyDocument) -> String {
    let personal: Vec<String> = reply.personal_variables().into_iter().map(clean).collect();
    match reply.state {
        QuickReplyState::Aside => "it is put aside, and the assistant is not told".to_owned(),
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
            reply.state.to_string(),
            reply.uses.to_string(),
            reply.citations.to_string(),
            age_or(reply.used_at, cx.now, "never"),
            reply.text.clone(),
        ]);
    }
    table
}
