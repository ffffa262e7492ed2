//! `contact.merge` and `contact.unmerge`: two people are one, and two again.

use mychatflow_data::model::merge::Merge;
use mychatflow_data::protocol::calls::contact::{
    ContactMerge, ContactMerged, ContactUnmerge, ContactUnmerged, MergeDocument,
};
use mychatflow_data::store::TenantStore;

use super::contacts::{document, named};
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// A merge as callers may see it.
pub fn merge_document(merge: Merge) -> MergeDocument {
    let Merge { id, kept, name, phone, addresses, chats, messages, cause, at } = merge;
    MergeDocument { id, kept, name: name.map(|name| clean_line(&name)), phone, addresses, chats, messages, cause, at }
}

/// `contact.merge`: the first one's name stays.
///
/// # Errors
/// `not_found` or `conflict` about the people, `conflict` when both are the same.
pub async fn merge(cx: &Cx, shop: &TenantStore, call: ContactMerge) -> Handled<Reply<ContactMerge>> {
    let (kept, other) = (named(shop, &call.contact).await?, named(shop, &call.other).await?);
    let (contact, merge) = shop.merge_contacts(kept.id, other.id, cx.now()).await?;
    Ok(Reply(ContactMerged { contact: document(contact), merge: merge_document(merge) }))
}

/// `contact.unmerge`: the last merge of a person is taken back.
///
/// # Errors
/// `not_found` or `conflict` about the person, `conflict` when there is no merge, or not this one, to take back.
pub async fn unmerge(cx: &Cx, shop: &TenantStore, call: ContactUnmerge) -> Handled<Reply<ContactUnmerge>> {
    let kept = named(shop, &call.contact).await?;
    let undone = shop.unmerge_contacts(kept.id, call.merge, cx.now()).await?;
    let merge = merge_document(undone.merge);
    Ok(Reply(ContactUnmerged { contact: document(undone.contact), back: document(undone.back), merge }))
}
