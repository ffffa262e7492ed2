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
use mychatflow_data::store::quick_replies::{QuickReplyChange, QuickReplyFilter};

use crate::cx::Cx;
use crate::flow::clean::{clean, clean_line};
use crate::flow::template;
use crate::rpc::paging;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

fn document(reply: QuickReply) -> QuickReplyDocument {
    QuickReplyDocument {
        variables: template::variables(&reply.text),
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
    }
}

/// `quick_reply.list`: by label.
///
/// # Errors
/// What the store says.
pub async fn list(_: &Cx, shop: &TenantStore, call: QuickReplyList) -> Handled<Reply<QuickReplyList>> {
    let limit = paging::limit(call.limit);
    let after = call.after.map(|after| after.as_str().to_owned());
    let filter = QuickReplyFilter { category: call.category, find: call.find, state: call.state };
    let found = shop.quick_replies_like(filter, after, paging::to_read(limit)).await?;
    Ok(Reply(paging::page(found, limit, |last| last.label.clone(), document)))
}

/// Refuses words that nobody could be sent.
fn readable(text: &str) -> Handled<()> {
    Ok(template::check(text).map_err(CallError::invalid)?)
}

/// `quick_reply.add`
///
/// # Errors
/// `conflict` when the label is taken, `invalid` when label or text is empty or the text is no template.
pub async fn add(cx: &Cx, shop: &TenantStore, call: QuickReplyAdd) -> Handled<Reply<QuickReplyAdd>> {
    let text = clean(&call.text);
    readable(&text)?;
    let category = call.category.map(|category| clean_line(&category));
    let added = shop.add_quick_reply(clean_line(&call.label), text, category, cx.now()).await?;
    Ok(Reply(document(added)))
}

/// `quick_reply.edit`
///
/// # Errors
/// `not_found` without it, `conflict` when the label is taken, `invalid` when label or text is empty, the text is no
/// template, or nothing is given.
pub async fn edit(cx: &Cx, shop: &TenantStore, call: QuickReplyEdit) -> Handled<Reply<QuickReplyEdit>> {
    let change = QuickReplyChange {
        label: call.label.map(|label| clean_line(&label)),
        text: call.text.map(|text| clean(&text)),
        category: call.category.map(|category| clean_line(&category)),
        state: call.state,
    };
    if change == QuickReplyChange::default() {
        let text = "say what shall change: the label, the text, the category or the state";
        return Err(CallError::invalid(text).into());
    }
    change.text.as_deref().map_or(Ok(()), readable)?;
    let edited = shop.edit_quick_reply(call.name.as_str().to_owned(), change, cx.now()).await;
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
