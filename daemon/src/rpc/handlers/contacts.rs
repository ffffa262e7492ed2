//! `contact.*`: the people who wrote.

use mychatflow_data::ids::ContactId;
use mychatflow_data::model::contact::{Contact, SuppressionCause};
use mychatflow_data::model::query::{Fact, Profile, Query, QueryError};
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

use super::campaigns::count;
use super::chats;
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

/// People whom a query is held against in one go.
const LOOKED_AT: usize = 500;

/// What a query may look at of a person.
async fn profile(shop: &TenantStore, contact: &Contact, query: &Query) -> Handled<Profile> {
    let asks = query.asks_for(Fact::LastIn) || query.asks_for(Fact::LastOut);
    let (last_in_at, last_out_at) = if asks { shop.last_words(contact.id).await? } else { (None, None) };
    Ok(Profile {
        name: contact.name.clone(),
        phone: contact.phone.as_ref().map(|phone| phone.digits().to_owned()),
        review: contact.review,
        opted_out_at: contact.opted_out_at,
        language: contact.language.clone(),
        consent: contact.consent.as_ref().map(|consent| consent.state),
        created_at: contact.created_at,
        tags: contact.tags.clone(),
        fields: contact.fields.clone(),
        last_in_at,
        last_out_at,
    })
}

/// People in the order of the list whom a query means, after a place, so many at most.
async fn meant(
    cx: &Cx,
    shop: &TenantStore,
    query: &str,
    filter: ContactFilter,
    mut after: Option<ContactPlace>,
    limit: i64,
) -> Handled<Vec<Contact>> {
    let wrong = |error: QueryError| CallError::invalid(error.to_string());
    let query = Query::parse(query).map_err(wrong)?;
    let query = query.resolved(&mut |_| Ok(None)).map_err(wrong)?;
    let (now, limit) = (cx.now(), usize::try_from(limit).unwrap_or(0));
    let mut found = Vec::new();
    loop {
        let page = shop.contacts(filter.clone(), after, count(LOOKED_AT)).await?;
        let whole = page.len() == LOOKED_AT;
        after = page.last().map(ContactPlace::after);
        for contact in page {
            if query.matches(&profile(shop, &contact, &query).await?, now) {
                found.push(contact);
            }
            if found.len() == limit {
                return Ok(found);
            }
        }
        if !whole {
            return Ok(found);
        }
    }
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
        Some(query) => meant(cx, shop, query, filter, after, paging::to_read(limit)).await?,
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
    Ok(Reply(ContactShown { contact: document(contact), chats, merges: Vec::new() }))
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
