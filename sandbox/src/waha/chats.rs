//! Chats and history: what a client reads to catch up.

use std::borrow::Cow;
use std::cmp::Reverse;

use serde_json::{Value, json};

use super::message::{Message, bare_id, chat_id, jid};
use super::server::Call;
use super::state::{Inner, Session};
use super::{Engine, Stamps, refusal, shape};
use crate::clock;
use crate::http::Reply;

pub(crate) async fn list(call: &Call) -> Result<Reply, Reply> {
    let (limit, offset) = page(call, i64::MAX)?;
    ready(call).await?;
    let state = call.inner.state();
    let Some(session) = state.sessions.get(&call.route.session) else {
        return Err(refusal::ghost(&call.route.session));
    };
    let mut chats = newest_first(session);
    match call.query("sortBy") {
        Some("id") => chats.sort_by(|a, b| a.chat.cmp(&b.chat)),
        Some("name") => chats.sort_by_key(|message| name(session, &message.chat)),
        _ => {}
    }
    if call.query("sortOrder") == Some("asc") && call.query("sortBy").is_none_or(|by| by == "conversationTimestamp") {
        chats.reverse();
    }
    let engine = call.inner.options.engine;
    let shown = chats.into_iter().skip(offset).take(limit).map(|message| match engine {
        Engine::Noweb => json!({"id": jid(&message.chat), "conversationTimestamp": message.timestamp}),
        _ => json!({"id": message.chat, "name": name(session, &message.chat), "conversationTimestamp": message.timestamp}),
    });
    Ok(Reply::json(200, &shown.collect::<Vec<Value>>().into()))
}

pub(crate) async fn overview(call: &Call) -> Result<Reply, Reply> {
    let (mut limit, mut offset) = page(call, 20)?;
    let mut ids: Vec<String> = call.query.iter().filter(|(name, _)| name == "ids").map(|(_, id)| id.clone()).collect();
    if call.parts.method == hyper::Method::POST {
        let body = call.json()?;
        let number = |value: &Value, default| value.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(default);
        limit = number(&body["pagination"]["limit"], limit);
        offset = number(&body["pagination"]["offset"], offset);
        let wanted = body["filter"]["ids"].as_array().into_iter().flatten();
        ids.extend(wanted.filter_map(|id| id.as_str().map(str::to_owned)));
    }
    ready(call).await?;
    let status = if call.parts.method == hyper::Method::POST { 201 } else { 200 };
    let state = call.inner.state();
    let Some(session) = state.sessions.get(&call.route.session) else {
        return Err(refusal::ghost(&call.route.session));
    };
    let (engine, owner) = (call.inner.options.engine, session.owner());
    let chats = newest_first(session);
    let chats = chats.iter().filter(|message| ids.is_empty() || ids.contains(&message.chat));
    let shown = chats.skip(offset).take(limit).map(|message| {
        let inside = if engine == Engine::Noweb { jid(&message.chat) } else { message.chat.clone() };
        json!({
            "id": message.chat, "name": name(session, &message.chat), "picture": null,
            "lastMessage": shape::message(engine, &owner, message),
            "_chat": {"id": inside, "conversationTimestamp": message.timestamp},
        })
    });
    Ok(Reply::json(status, &shown.collect::<Vec<Value>>().into()))
}

pub(crate) async fn messages(call: &Call) -> Result<Reply, Reply> {
    let (limit, offset) = page(call, 10)?;
    let since = call.number("filter.timestamp.gte", i64::MIN)?;
    let until = call.number("filter.timestamp.lte", i64::MAX)?;
    ready(call).await?;
    let all = call.route.id == "all" && call.inner.options.engine != Engine::Webjs;
    let chat = chat_id(&call.route.id);
    let from_me = call.query("filter.fromMe").map(|text| text == "true");
    let ack = call.query("filter.ack");
    let state = call.inner.state();
    let Some(session) = state.sessions.get(&call.route.session) else {
        return Err(refusal::ghost(&call.route.session));
    };
    let ids = aliases(session, &chat);
    let messages = stamped(session);
    let in_place = matches!(session.made_up, Some(Stamps::OnOurs(_)));
    let mut found: Vec<(i64, &Message)> = messages
        .iter()
        .zip(session.messages.iter())
        .filter(|(message, _)| all || ids.contains(&message.chat))
        .map(|(message, known)| (if in_place { known.timestamp } else { message.timestamp }, message))
        .collect();
    found.sort_by_key(|(order, _)| *order);
    if call.query("sortOrder") != Some("asc") {
        found.reverse();
    }
    // The page is cut first and filtered then, so a page may come up short, as in the real one.
    let shown = found
        .into_iter()
        .map(|(_, message)| message)
        .filter(|message| (since..=until).contains(&message.timestamp))
        .skip(offset)
        .take(limit)
        .filter(|message| {
            from_me.is_none_or(|from_me| message.from_me == from_me) && ack.is_none_or(|ack| message.ack.name() == ack)
        });
    let (engine, owner) = (call.inner.options.engine, session.owner());
    Ok(Reply::json(200, &shown.map(|message| shape::message(engine, &owner, message)).collect::<Vec<Value>>().into()))
}

pub(crate) async fn message(call: &Call) -> Result<Reply, Reply> {
    ready(call).await?;
    let all = call.route.id == "all";
    let chat = chat_id(&call.route.id);
    let state = call.inner.state();
    let Some(session) = state.sessions.get(&call.route.session) else {
        return Err(refusal::ghost(&call.route.session));
    };
    let ids = aliases(session, &chat);
    let found = session.find(bare_id(&call.route.message)).filter(|message| all || ids.contains(&message.chat));
    match found {
        Some(message) => Ok(Reply::json(200, &shape::message(call.inner.options.engine, &session.owner(), message))),
        None => Err(refusal::nest(404, "Message not found")),
    }
}

pub(crate) async fn mark_read(call: &Call) -> Result<Reply, Reply> {
    ready(call).await?;
    let ids = call.inner.mark_read(&call.route.session, &chat_id(&call.route.id));
    Ok(Reply::json(201, &json!({"ids": ids})))
}

/// WORKING, and with a store where the engine needs one.
async fn ready(call: &Call) -> Result<(), Reply> {
    call.working(&call.route.session).await?;
    if store_is_off(&call.inner, &call.route.session) {
        return Err(refusal::nest(
            400,
            "Enable NOWEB store \"config.noweb.store.enabled=True\" and \"config.noweb.store.full_sync=True\" when starting a new session.",
        ));
    }
    Ok(())
}

fn store_is_off(inner: &Inner, session: &str) -> bool {
    inner.options.engine == Engine::Noweb
        && inner.state().sessions.get(session).is_some_and(|session| {
            session.config.as_ref().is_none_or(|config| config["noweb"]["store"]["enabled"] != true)
        })
}

fn page(call: &Call, limit: i64) -> Result<(usize, usize), Reply> {
    let limit = usize::try_from(call.number("limit", limit)?).unwrap_or(0);
    Ok((limit, call.offset()?))
}

/// The messages with the times that the history shows.
fn stamped(session: &Session) -> Cow<'_, [Message]> {
    let timestamp = match session.made_up {
        None => return Cow::Borrowed(&session.messages),
        Some(Stamps::OfTheRequest) => clock::now_ms() / 1000,
        Some(Stamps::At(at_s) | Stamps::OnOurs(at_s)) => at_s,
    };
    let ours_alone = matches!(session.made_up, Some(Stamps::OnOurs(_)));
    let shown = |message: &Message| match ours_alone && !message.from_me {
        true => message.clone(),
        false => Message { timestamp, ..message.clone() },
    };
    Cow::Owned(session.messages.iter().map(shown).collect())
}

fn newest_first(session: &Session) -> Vec<Message> {
    let messages = stamped(session);
    let mut last: Vec<Message> = session.chats.values().filter_map(|chat| messages.get(chat.last)).cloned().collect();
    last.sort_by(|a, b| (Reverse(a.timestamp), &a.chat).cmp(&(Reverse(b.timestamp), &b.chat)));
    last
}

fn name(session: &Session, chat: &str) -> Option<String> {
    session.contacts.get(chat).and_then(|contact| contact.name.clone().or_else(|| contact.push_name.clone()))
}

/// All ids of one chat: `merge=true` is the default, so a lid and its number are the same.
fn aliases(session: &Session, chat: &str) -> Vec<String> {
    let number = session.lids.get(chat).map_or(chat, String::as_str);
    let lids = session.lids.iter().filter(|(_, known)| *known == number);
    let mut ids: Vec<String> = lids.map(|(lid, _)| lid.clone()).collect();
    ids.push(number.to_owned());
    if !ids.iter().any(|id| id == chat) {
        ids.push(chat.to_owned());
    }
    ids
}
