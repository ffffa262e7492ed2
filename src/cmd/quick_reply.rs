//! `quick-reply …`

use mychatflow_data::protocol::calls::quick_reply::{
    QuickReplyAdd, QuickReplyDocument, QuickReplyEdit, QuickReplyList, QuickReplyRemove,
};

use super::{Cx, text_or_stdin};
use crate::cli::quick_reply::QuickReplyVerb;
use crate::output::{Table, clean};

/// Runs one verb.
pub async fn run(cx: &Cx, verb: QuickReplyVerb) -> anyhow::Result<()> {
    let tenant = cx.tenant();
    match verb {
        QuickReplyVerb::List(limit) => {
            let params =
                |limit, after| QuickReplyList { tenant: tenant.clone(), limit, after, ..QuickReplyList::default() };
            cx.list(limit, params, table).await
        }
        QuickReplyVerb::Add { label, text } => {
            let params = QuickReplyAdd { tenant, label, text: text_or_stdin(text)?, category: None };
            cx.show(&params, |added| format!("{} is stored; the assistant knows it now", clean(&added.label))).await
        }
        QuickReplyVerb::Edit { name, label, text } => {
            let text = text.map(text_or_stdin).transpose()?;
            let params = QuickReplyEdit { tenant, name: name.into(), label, text, ..QuickReplyEdit::default() };
            cx.show(&params, |edited| format!("{} is changed; the assistant knows it now", clean(&edited.label))).await
        }
        QuickReplyVerb::Remove { name } => {
            let params = QuickReplyRemove { tenant, name: name.into() };
            cx.show(&params, |removed| format!("{} is gone; the assistant knows it no more", clean(&removed.label)))
                .await
        }
    }
}

fn table(replies: &[QuickReplyDocument]) -> Table {
    let mut table = Table::new(["LABEL", "TEXT"], "no quick replies yet; next: mychatflow quick-reply add LABEL TEXT");
    for reply in replies {
        table.row([reply.label.clone(), reply.text.clone()]);
    }
    table
}
