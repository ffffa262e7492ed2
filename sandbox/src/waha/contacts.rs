//! Contacts, who is on WhatsApp, and the two ids that one person may have.

use serde_json::{Value, json};

use super::message::chat_id;
use super::refusal;
use super::server::Call;
use super::state::{Contact, Session};
use crate::http::Reply;

const PHONE_DIGITS_MIN: usize = 7;
const PHONE_DIGITS_MAX: usize = 15;

pub(crate) async fn read(call: &Call) -> Result<Reply, Reply> {
    let in_path = !call.route.session.is_empty();
    let name = if in_path { call.route.session.as_str() } else { session(call)? };
    let id = if in_path { call.route.id.as_str() } else { call.query("contactId").unwrap_or_default() };
    let id = chat_id(id);
    call.working(name).await?;
    Ok(with(call, name, |session| match session.contacts.get(&id) {
        Some(contact) => Reply::json(200, &shape(&id, contact)),
        None => Reply::empty(200),
    }))
}

pub(crate) async fn list(call: &Call) -> Result<Reply, Reply> {
    let name = session(call)?;
    let limit = usize::try_from(call.number("limit", i64::MAX)?).unwrap_or(0);
    let offset = call.offset()?;
    call.working(name).await?;
    Ok(with(call, name, |session| {
        let contacts = session.contacts.iter().skip(offset).take(limit);
        Reply::json(200, &contacts.map(|(id, contact)| shape(id, contact)).collect::<Vec<Value>>().into())
    }))
}

pub(crate) async fn check_exists(call: &Call) -> Result<Reply, Reply> {
    let name = session(call)?;
    let digits: String = call.query("phone").unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    call.working(name).await?;
    Ok(with(call, name, |session| {
        let plausible = (PHONE_DIGITS_MIN..=PHONE_DIGITS_MAX).contains(&digits.len());
        let body = if plausible && !session.strangers.contains(&digits) {
            let chat_id = session.known_as.get(&digits).cloned().unwrap_or_else(|| format!("{digits}@c.us"));
            json!({"numberExists": true, "chatId": chat_id})
        } else {
            json!({"numberExists": false})
        };
        Reply::json(200, &body)
    }))
}

pub(crate) async fn lids(call: &Call) -> Result<Reply, Reply> {
    let limit = usize::try_from(call.number("limit", 100)?).unwrap_or(0);
    let offset = call.offset()?;
    call.working(&call.route.session).await?;
    Ok(with(call, &call.route.session, |session| {
        let pairs = session.lids.iter().skip(offset).take(limit);
        Reply::json(200, &pairs.map(|(lid, pn)| json!({"lid": lid, "pn": pn})).collect::<Vec<Value>>().into())
    }))
}

pub(crate) async fn lids_count(call: &Call) -> Result<Reply, Reply> {
    call.working(&call.route.session).await?;
    Ok(with(call, &call.route.session, |session| Reply::json(200, &json!({"count": session.lids.len()}))))
}

pub(crate) async fn lid(call: &Call) -> Result<Reply, Reply> {
    call.working(&call.route.session).await?;
    let lid = if call.route.id.contains('@') { call.route.id.clone() } else { format!("{}@lid", call.route.id) };
    // Unknown is not an error: 200 with a null.
    Ok(with(call, &call.route.session, |session| Reply::json(200, &json!({"lid": lid, "pn": session.lids.get(&lid)}))))
}

pub(crate) async fn lid_of_phone(call: &Call) -> Result<Reply, Reply> {
    call.working(&call.route.session).await?;
    let pn = chat_id(&call.route.id);
    Ok(with(call, &call.route.session, |session| {
        let lid = session.lids.iter().find(|(_, known)| **known == pn).map(|(lid, _)| lid);
        Reply::json(200, &json!({"lid": lid, "pn": pn}))
    }))
}

fn session(call: &Call) -> Result<&str, Reply> {
    call.query("session").filter(|name| !name.is_empty()).ok_or_else(|| refusal::nest(400, "Session name is required"))
}

fn with(call: &Call, name: &str, read: impl FnOnce(&Session) -> Reply) -> Reply {
    call.inner.state().sessions.get(name).map_or_else(|| refusal::ghost(name), read)
}

fn shape(id: &str, contact: &Contact) -> Value {
    let mut shown = json!({"id": id});
    if let Some(name) = &contact.name {
        shown["name"] = name.as_str().into();
    }
    if let Some(push_name) = &contact.push_name {
        shown["pushname"] = push_name.as_str().into();
    }
    shown
}
