//! `quick-reply …`

use mychatflow_data::model::quick_reply::QuickReplyState;
use mychatflow_data::protocol::calls::quick_reply::{
    QuickReplyAdd, QuickReplyDocument, QuickReplyEdit, QuickReplyList, QuickReplyRemove, QuickReplyRender,
    QuickReplyRendered,
};

use super::{Cx, text_or_stdin};
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
            cx.show(&params, |added| format!("{} is stored; the assistant knows it now", clean(&added.label))).await
        }
        QuickReplyVerb::Edit { name, label, text, category, active, aside } => {
            let text = text.map(text_or_stdin).transpose()?;
            let state = match (active, aside) {
                (true, _) => Some(QuickReplyState::Active),
                (_, true) => Some(QuickReplyState::Aside),
                _ => None,
            };
            let params = QuickReplyEdit { tenant, name: name.into(), label, text, category, state };
            cx.show(&params, edited_line).await
        }
        QuickReplyVerb::Render { name, chat } => {
            let params = QuickReplyRender { tenant, name: name.map(Into::into), chat: chat.into() };
            let page = cx.call(&params).await?;
            match cx.output.format() {
                Format::Json => page.items.iter().try_for_each(|reply| cx.output.json(reply)),
                Format::People => cx.output.table(&rendered(&page.items)),
            }
        }
        QuickReplyVerb::Remove { name } => {
            let params = QuickReplyRemove { tenant, name: name.into() };
            cx.show(&params, |removed| format!("{} is gone; the assistant knows it no more", clean(&removed.label)))
                .await
        }
    }
}

fn edited_line(edited: &QuickReplyDocument) -> String {
    let known = match edited.state {
        QuickReplyState::Active => "the assistant knows it now",
        QuickReplyState::Aside => "it is put aside, and the assistant is not told",
    };
    format!("{} is changed; {known}", clean(&edited.label))
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
    let mut table = Table::new(["LABEL", "CATEGORY", "STATE", "SENT", "LAST", "TEXT"], none);
    for reply in replies {
        table.row([
            reply.label.clone(),
            reply.category.clone().unwrap_or_default(),
            reply.state.to_string(),
            reply.uses.to_string(),
            age_or(reply.used_at, cx.now, "never"),
            reply.text.clone(),
        ]);
    }
    table
}
