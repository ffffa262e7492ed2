//! What goes out: text, files, reactions, and the small signs that somebody is there.

use std::sync::Arc;

use serde_json::{Value, json};

use super::message::{Ack, Content, Message, Quoted, Source, bare_id, chat_id, full_id, jid};
use super::server::{Call, unknown};
use super::state::Inner;
use super::{Acks, Echo, Engine, refusal, shape};
use crate::clock;
use crate::http::Reply;
use crate::log::Sent;

pub(crate) async fn new_message_id(call: &Call) -> Result<Reply, Reply> {
    if !call.inner.features.message_ids {
        return Ok(unknown(call));
    }
    call.working(&call.route.session).await?;
    Ok(Reply::json(200, &json!({"id": call.inner.own_id()})))
}

pub(crate) async fn text(call: &Call) -> Result<Reply, Reply> {
    let body = call.json()?;
    let session = session(&body)?;
    call.working(session).await?;
    let chat = chat(call, &body)?;
    let Some(text) = body["text"].as_str() else {
        return Err(refusal::engine_error(call, "TypeError", "Cannot read properties of undefined (reading 'text')"));
    };
    send(call, session, chat, Content::Text(text.to_owned()), &body)
}

pub(crate) async fn media(call: &Call) -> Result<Reply, Reply> {
    if !call.inner.features.plus {
        return Err(refusal::plus_only(&call.inner));
    }
    let body = call.json()?;
    let session = session(&body)?;
    call.working(session).await?;
    let chat = chat(call, &body)?;
    let file = &body["file"];
    if file["url"].as_str().or(file["data"].as_str()).is_none() {
        return Err(refusal::nest(400, vec!["file must contain url or data"]));
    }
    let caption = body["caption"].as_str().map(str::to_owned);
    let content = match call.parts.uri.path().trim_end_matches('/').rsplit('/').next() {
        Some("sendImage") => Content::Image { caption },
        Some("sendVoice") => Content::Voice,
        _ => Content::Document { filename: file["filename"].as_str().unwrap_or("file").to_owned(), caption },
    };
    send(call, session, chat, content, &body)
}

pub(crate) async fn seen(call: &Call) -> Result<Reply, Reply> {
    let body = call.json()?;
    let session = session(&body)?;
    call.working(session).await?;
    let chat = chat(call, &body)?;
    if body["messageIds"].as_array().is_some_and(|ids| !ids.is_empty()) {
        return Ok(Reply::empty(201));
    }
    let ids = call.inner.mark_read(session, &chat);
    Ok(Reply::json(201, &json!({"ids": ids})))
}

pub(crate) async fn typing(call: &Call) -> Result<Reply, Reply> {
    let body = call.json()?;
    let session = session(&body)?;
    call.working(session).await?;
    chat(call, &body)?;
    Ok(Reply::json(201, &json!({"result": true})))
}

pub(crate) async fn react(call: &Call) -> Result<Reply, Reply> {
    let body = call.json()?;
    let session = session(&body)?;
    call.working(session).await?;
    let Some(target) = body["messageId"].as_str() else {
        return Err(refusal::engine_error(call, "TypeError", "Cannot read properties of undefined (reading 'split')"));
    };
    let mut parts = target.split('_');
    let (from_me, chat) = (parts.next() == Some("true"), parts.next().unwrap_or_default());
    let id = call.inner.own_id();
    let reply = match call.inner.options.engine {
        Engine::Noweb => {
            let now = clock::now_ms();
            json!({
                "key": {"remoteJid": jid(chat), "fromMe": true, "id": id},
                "message": {"reactionMessage": {
                    "key": {"fromMe": from_me, "id": bare_id(target), "remoteJid": jid(chat)},
                    "text": body["reaction"], "senderTimestampMs": now,
                }},
                "messageTimestamp": now / 1000, "status": 1,
            })
        }
        _ => json!({"id": full_id(true, chat, &id, None), "_data": null}),
    };
    Ok(Reply::json(200, &reply))
}

fn session(body: &Value) -> Result<&str, Reply> {
    body["session"]
        .as_str()
        .filter(|name| !name.is_empty())
        .ok_or_else(|| refusal::nest(400, "Session name is required"))
}

fn chat(call: &Call, body: &Value) -> Result<String, Reply> {
    let missing =
        || refusal::engine_error(call, "TypeError", "Cannot read properties of undefined (reading 'includes')");
    body["chatId"].as_str().map(chat_id).ok_or_else(missing)
}

fn send(call: &Call, session: &str, chat: String, content: Content, body: &Value) -> Result<Reply, Reply> {
    if call.inner.is_locked_out(session, &chat) {
        return Err(refusal::engine_error(call, "Error", "2 UNKNOWN: server returned error 463"));
    }
    if call.inner.is_too_fast(session) {
        return Err(refusal::engine_error(call, "Error", "rate-overlimit"));
    }
    let chosen = body["id"].as_str().filter(|_| call.inner.features.message_ids);
    let reply_to = body["reply_to"].as_str();
    match call.inner.send(session, chat, content, chosen, reply_to) {
        Some(sent) => Ok(Reply::json(201, &sent)),
        None => Err(refusal::ghost(session)),
    }
}

impl Inner {
    /// WhatsApp's error 463: while the account is locked it may write to nobody who never wrote to it.
    fn is_locked_out(&self, name: &str, chat: &str) -> bool {
        let state = self.state();
        let Some(session) = state.sessions.get(name) else { return false };
        session.locked_until_s.is_some_and(|until| until * 1000 > clock::now_ms())
            && !session.messages.iter().any(|message| message.chat == chat && !message.from_me)
    }

    /// While the account is slowed, each try makes the wait begin anew.
    fn is_too_fast(&self, name: &str) -> bool {
        let mut state = self.state();
        let Some(session) = state.sessions.get_mut(name) else { return false };
        let now = clock::now_ms();
        let Some((until, span)) = session.slowed.filter(|(until, _)| *until > now) else { return false };
        session.slowed = Some((until.max(now + span), span));
        true
    }

    pub(crate) fn own_id(&self) -> String {
        format!("3EB0{}", self.seed.hex(18))
    }

    /// Sends, records, echoes and acknowledges. The answer has the engine's shape; `None` without such a session.
    pub(crate) fn send(
        self: &Arc<Self>,
        name: &str,
        chat: String,
        content: Content,
        chosen: Option<&str>,
        reply_to: Option<&str>,
    ) -> Option<Value> {
        let engine = self.options.engine;
        let now = clock::now_ms();
        let (message, audience, owner) = {
            let mut state = self.state();
            let session = state.sessions.get_mut(name)?;
            let owner = session.owner();
            let to = chat.clone();
            let chat = session.echoes_as.get(&chat).cloned().unwrap_or(chat);
            if let Some(known) = chosen.and_then(|id| session.find(id)) {
                // WhatsApp knows this id already: nothing new appears on the customer's phone.
                self.log.posted_again(name, &known.bare_id);
                return Some(shape::sent(engine, &owner, known));
            }
            let quoted = reply_to.and_then(|id| session.find(bare_id(id))).map(|quoted| Quoted {
                bare_id: quoted.bare_id.clone(),
                participant: quoted.participant.clone().unwrap_or_else(|| quoted.chat.clone()),
                body: quoted.content.text().unwrap_or_default().to_owned(),
            });
            let message = Message {
                bare_id: chosen.map_or_else(|| self.own_id(), str::to_owned),
                participant: chat.ends_with("@g.us").then(|| owner.id.clone()),
                chat,
                from_me: true,
                source: Source::Api,
                timestamp: now / 1000,
                content,
                ack: Ack::Pending,
                push_name: owner.push_name.clone(),
                alt: None,
                reply_to: quoted,
            };
            session.add(message.clone());
            self.log.sent(Sent {
                session: name.to_owned(),
                chat_id: to,
                text: message.content.text().unwrap_or_default().to_owned(),
                bare_id: message.bare_id.clone(),
                posts: 1,
                at_ms: now,
            });
            (message, session.audience(engine), owner)
        };
        self.changes.tell();
        if self.options.echo == Echo::On && !audience.hooks.is_empty() {
            let payload = shape::message(engine, &owner, &message);
            self.publish(&audience, "message.any", &self.envelope_id(), Some(&message.id()), &payload);
        }
        let sent = shape::sent(engine, &owner, &message);
        if self.options.acks != Acks::Off && reaches_somebody(&message.chat) {
            self.acknowledge(name.to_owned(), message);
        }
        Some(sent)
    }

    /// SERVER, DEVICE, READ, one after the other.
    fn acknowledge(self: &Arc<Self>, name: String, message: Message) {
        let inner = self.clone();
        tokio::spawn(async move {
            let last = if inner.options.acks == Acks::Read { Ack::Read } else { Ack::Device };
            for ack in [Ack::Server, Ack::Device, Ack::Read] {
                // GOWS reports no SERVER ack for direct chats.
                let silent = inner.options.engine == Engine::Gows && ack == Ack::Server && !message.is_group();
                if ack > last || silent {
                    continue;
                }
                tokio::time::sleep(inner.options.pace.ack).await;
                inner.raise_ack(&name, &message.bare_id, ack);
            }
        });
    }

    /// Takes a message further and tells the webhooks. Never takes it back.
    pub(crate) fn raise_ack(self: &Arc<Self>, name: &str, bare_id: &str, ack: Ack) {
        let engine = self.options.engine;
        let (audience, owner, message) = {
            let mut state = self.state();
            let Some(session) = state.sessions.get_mut(name) else {
                return;
            };
            let Some(message) = session.find_mut(bare_id).filter(|message| message.ack < ack || ack == Ack::Error)
            else {
                return;
            };
            message.ack = ack;
            let message = message.clone();
            (session.audience(engine), session.owner(), message)
        };
        let event = if message.is_group() { "message.ack.group" } else { "message.ack" };
        let payload = shape::ack(engine, &owner, &message);
        self.publish(&audience, event, &self.envelope_id(), Some(&message.id()), &payload);
        self.changes.tell();
    }

    /// We read what the customer wrote. Causes no webhook: acks are for own messages only.
    pub(crate) fn mark_read(&self, name: &str, chat: &str) -> Vec<String> {
        let mut state = self.state();
        let Some(session) = state.sessions.get_mut(name) else {
            return Vec::new();
        };
        let unread = session
            .messages
            .iter_mut()
            .filter(|message| message.chat == chat && !message.from_me && message.ack < Ack::Read);
        unread
            .map(|message| {
                message.ack = Ack::Read;
                message.id()
            })
            .collect()
    }
}

/// WAHA takes any chat id with a 201; only a well-formed one gets anywhere.
fn reaches_somebody(chat: &str) -> bool {
    chat.split_once('@').is_some_and(|(user, _)| !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_digit()))
}
