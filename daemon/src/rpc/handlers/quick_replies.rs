//! `quick_reply.*`: stored answers, which the assistant reads as facts.

use mychatflow_data::model::quick_reply::QuickReply;
use mychatflow_data::protocol::calls::quick_reply::{
    QuickReplyAdd, QuickReplyDocument, QuickReplyEdit, QuickReplyExport, QuickReplyImport, QuickReplyList,
    QuickReplyRemove, QuickReplyRender,
};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::name::QuickReplyName;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::error::StoreError;

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
        category: reply.category,
        state: reply.state,
        uses: reply.uses,
        citations: reply.citations,
        used_at: reply.used_at,
        variables: Vec::new(),
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

/// `quick_reply.edit`
///
/// # Errors
/// `not_found` without it, `conflict` when the label is taken, `invalid` when label or text is empty, or neither is given.
pub async fn edit(cx: &Cx, shop: &TenantStore, call: QuickReplyEdit) -> Handled<Reply<QuickReplyEdit>> {
    let label = call.label.map(|label| clean_line(&label));
    let text = call.text.map(|text| clean(&text));
    if label.is_none() && text.is_none() {
        return Err(CallError::invalid("say what shall change: the label, the text, or both").into());
    }
    let edited = shop.edit_quick_reply(call.name.as_str().to_owned(), label, text, cx.now()).await;
    Ok(Reply(document(found(edited, &call.name)?)))
}

/// `quick_reply.remove`
///
/// # Errors
/// `not_found` without it.
pub async fn remove(_: &Cx, shop: &TenantStore, call: QuickReplyRemove) -> Handled<Reply<QuickReplyRemove>> {
    let removed = shop.remove_quick_reply(call.name.as_str().to_owned()).await;
    Ok(Reply(document(found(removed, &call.name)?)))
}

fn found(reply: Result<QuickReply, StoreError>, name: &QuickReplyName) -> Handled<QuickReply> {
    match reply {
        Err(StoreError::NotFound("quick reply")) => {
            Err(CallError::not_found(format!("no quick reply has the label or the id {:?}", name.as_str())).into())
        }
        found => Ok(found?),
    }
}

/// `quick_reply.import`
///
/// # Errors
/// `unavailable`
pub async fn import(_: &Cx, _: &TenantStore, _: QuickReplyImport) -> Handled<Reply<QuickReplyImport>> {
    Err(CallError::not_found("not there yet").into())
}

/// `quick_reply.export`
///
/// # Errors
/// `unavailable`
pub async fn export(_: &Cx, _: &TenantStore, _: QuickReplyExport) -> Handled<Reply<QuickReplyExport>> {
    Err(CallError::not_found("not there yet").into())
}

/// `quick_reply.render`
///
/// # Errors
/// `unavailable`
pub async fn render(_: &Cx, _: &TenantStore, _: QuickReplyRender) -> Handled<Reply<QuickReplyRender>> {
    Err(CallError::not_found("not there yet").into())
}
