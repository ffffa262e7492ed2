//! `contact.*`: the people who wrote.

use mychatflow_data::ids::ContactId;
use mychatflow_data::model::contact::{Contact, SuppressionCause};
use mychatflow_data::model::query::Query;
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::contact::{
    ContactAdd, ContactList, ContactOptedOut, ContactOptout, ContactShow, ContactShown, ContactTag, NumberOptedOut,
    OptOut, Tagging,
};
use mychatflow_data::protocol::error::{CallError, Code};
use mychatflow_data::protocol::name::ContactName;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::contacts::{ContactFilter, ContactPlace, OptedOut};
use mychatflow_data::store::error::StoreError;

use super::chats;
use super::contact_merge;
use crate::cx::Cx;
use crate::flow::clean::{clean, clean_line, clean_name};
use crate::rpc::paging;
use crate::rpc::refused::{Handled, Refused};
use crate::rpc::service::Reply;

/// A person as callers may see them: what strangers and files wrote can't steer a terminal.
pub fn document(mut contact: Contact) -> Contact {
    contact.name = contact.name.map(|name| clean_line(&name));
    contact.tags = contact.tags.iter().map(|tag| clean_line(tag)).collect();
    contact.language = contact.language.map(|language| clean_line(&language));
    contact.note = contact.note.map(|note| clean(&note));
    contact.fields =
        contact.fields.into_iter().map(|(column, words)| (clean_line(&column), clean_line(&words))).collect();
    if let Some(consent) = &mut contact.consent {
        consent.source = consent.source.take().map(|source| clean_line(&source));
        consent.proof = consent.proof.take().map(|proof| clean_line(&proof));
    }
    contact
}

/// The person that was named.
///
/// # Errors
/// `not_found` or `conflict` about the person.
pub async fn named(shop: &TenantStore, contact: &ContactName) -> Handled<Contact> {
    match shop.contact_named(contact.as_str().to_owned()).await {
        Err(StoreError::NotFound("contact")) => {
            let name = contact.as_str();
            let text = format!("nobody fits {name:?}: give an id, a phone number with country code, or a name");
            Err(CallError::not_found(text).into())
        }
        found => Ok(found?),
    }
}

/// The people whom a query means, of those whom a filter does.
fn meant(query: &str, filter: ContactFilter) -> Handled<Query> {
    let query = Query::parse(query).map_err(StoreError::from)?;
    let query = filter.review.into_iter().fold(query, Query::reviewed);
    let query = filter.tag.iter().fold(query, |query, tag| query.tagged(tag));
    Ok(filter.find.iter().fold(query, |query, part| query.with(part)))
}

/// `contact.list`: by name.
///
/// # Errors
/// `invalid` for a cursor that is none of ours, or a query that can't be read.
pub async fn list(cx: &Cx, shop: &TenantStore, call: ContactList) -> Handled<Reply<ContactList>> {
    let limit = paging::limit(call.limit);
    let after = match &call.after {
        Some(cursor) => {
            let (id, name): (ContactId, String) = paging::parts(cursor)?;
            Some(ContactPlace { name: (!name.is_empty()).then_some(name), id })
        }
        None => None,
    };
    let filter = ContactFilter { review: call.review, tag: call.tag, find: call.find };
    let found = match &call.query {
        Some(query) => shop.contacts_that_fit(meant(query, filter)?, after, paging::to_read(limit), cx.now()).await?,
        None => shop.contacts(filter, after, paging::to_read(limit)).await?,
    };
    let cursor = |last: &Contact| format!("{}:{}", last.id, last.name.as_deref().unwrap_or(""));
    Ok(Reply(paging::page(found, limit, cursor, document)))
}

/// `contact.show`
///
/// # Errors
/// `not_found` or `conflict` about the person.
pub async fn show(cx: &Cx, shop: &TenantStore, call: ContactShow) -> Handled<Reply<ContactShow>> {
    let contact = named(shop, &call.contact).await?;
    let mode = cx.config().reply.mode;
    let chats = shop.chats_of(contact.id).await?.into_iter().map(|chat| chats::document(chat, mode)).collect();
    let merges = shop.merges_of(contact.id).await?.into_iter().map(contact_merge::merge_document).collect();
    Ok(Reply(ContactShown { contact: document(contact), chats, merges }))
}

/// `contact.tag`: tags, and what the owner says about the person.
///
/// # Errors
/// `not_found` or `conflict` about the person, `invalid` for a text that is no tag.
pub async fn tag(cx: &Cx, shop: &TenantStore, call: ContactTag) -> Handled<Reply<ContactTag>> {
    let found = named(shop, &call.contact).await?;
    let (add, remove) = match call.remove {
        Tagging::Add => (call.tags, Vec::new()),
        Tagging::Remove => (Vec::new(), call.tags),
    };
    let mut contact = shop.tag_contact(found.id, add, remove).await?;
    if let Some(reviewed) = call.review {
        let freshness = shop.settings(None, None).await?.rules(cx.config().reply).freshness;
        contact = shop.review_contact(found.id, reviewed.into(), freshness, cx.now()).await?;
    }
    Ok(Reply(document(contact)))
}

/// `contact.add`
///
/// # Errors
/// `invalid` for a text that is no tag.
pub async fn add(cx: &Cx, shop: &TenantStore, call: ContactAdd) -> Handled<Reply<ContactAdd>> {
    let name = call.name.as_deref().and_then(clean_name);
    Ok(Reply(document(shop.add_contact(call.phone, name, call.tags, cx.now()).await?)))
}

/// `contact.optout`: a number that nobody knows is kept by itself.
///
/// # Errors
/// `not_found` or `conflict` about the person, where it is no number.
pub async fn opt_out(cx: &Cx, shop: &TenantStore, call: ContactOptout) -> Handled<Reply<ContactOptout>> {
    let now = cx.now();
    let since = match call.back {
        OptOut::Out => Some(now),
        OptOut::Back => None,
    };
    let opted_out = match (named(shop, &call.contact).await, Phone::parse(call.contact.as_str())) {
        (Ok(found), _) => shop.opt_out_contact(found.id, since, SuppressionCause::Owner, now).await?.into(),
        (Err(Refused(refused)), Ok(phone)) if refused.code == Code::NotFound => {
            shop.opt_out_number(phone, since, now).await?
        }
        (Err(refused), _) => return Err(refused),
    };
    Ok(Reply(match opted_out {
        OptedOut::Person(person) => ContactOptedOut::Person(Box::new(document(*person))),
        OptedOut::Number(phone, opted_out_at) => ContactOptedOut::Number(NumberOptedOut { phone, opted_out_at }),
    }))
}
