//! `quick_reply.*`: stored answers, which the assistant reads as facts.

use mychatflow_data::model::quick_reply::QuickReply;
use mychatflow_data::protocol::calls::quick_reply::{QuickReplyAdd, QuickReplyDocument, QuickReplyList};
use mychatflow_data::store::TenantStore;

use crate::cx::Cx;
use crate::flow::clean::{clean, clean_line};
use crate::rpc::paging;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

fn document(reply: QuickReply) -> QuickReplyDocument {
    QuickReplyDocument {
        id: reply.id,
        label: reply.label,
        text: reply.text,
        created_at: reply.created_at,
        updated_at: Some(reply.updated_at),
    }
}

/// `quick_reply.list`: by label.
///
/// # Errors
/// What the store says.
pub async fn list(_: &Cx, shop: &TenantStore, call: QuickReplyList) -> Handled<Reply<QuickReplyList>> {
    let limit = paging::limit(call.limit);
    let after = call.after.map(|after| after.as_str().to_owned());
    let found = shop.quick_replies(after, paging::to_read(limit)).await?;
    Ok(Reply(paging::page(found, limit, |last| last.label.clone(), document)))
}

/// `quick_reply.add`
///
/// # Errors
/// `conflict` when the label is taken, `invalid` when label or text is empty.
pub async fn add(cx: &Cx, shop: &TenantStore, call: QuickReplyAdd) -> Handled<Reply<QuickReplyAdd>> {
    let added = shop.add_quick_reply(clean_line(&call.label), clean(&call.text), cx.now()).await?;
    Ok(Reply(document(added)))
}
