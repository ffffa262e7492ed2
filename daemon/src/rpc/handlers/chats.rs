//! `chat.*`: reading, writing and steering threads.

use std::collections::HashSet;
use std::time::Duration;

use mychatflow_data::ids::{ChatId, ClientRef, InteractionId};
use mychatflow_data::model::chat::{Chat, ChatState, Mode};
use mychatflow_data::model::interaction::{Interaction, InteractionState, Quoted};
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::chat::{
    AfterEdit, ChatApprove, ChatCancel, ChatDone, ChatEdit, ChatList, ChatPause, ChatRead, ChatResume, ChatSend,
    ChatSent, ChatShow, ChatShown, ChatSnooze, ChatSummary, ClearDraft, InteractionDocument, ListOrder,
};
use mychatflow_data::protocol::error::{CallError, Code};
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::protocol::name::{ChatName, Cursor, InstanceName};
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::chat_list::{ChatFilter, ChatOrder, ChatPlace};
use mychatflow_data::store::chats::Listed;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::tx::send::{Composer, Written};
use mychatflow_data::time::Timestamp;

use super::{first_message, instances};
use crate::bus::{Audience, Heard, Listener, Wish};
use crate::cx::Cx;
use crate::flow::clean::{clean, clean_line};
use crate::rpc::paging;
use crate::rpc::refused::{Handled, Refused};
use crate::rpc::service::Reply;

/// The longest that `chat.send` waits for the end of a send.
pub const WAIT_MAX: Duration = Duration::from_secs(600);

/// A chat as replies show it: its untrusted texts cleaned, the mode that is in effect.
#[must_use]
pub fn document(listed: Listed, inherited: Mode) -> ChatSummary {
    let mode = listed.mode.unwrap_or(inherited);
    let mut chat = ChatSummary::new(listed.chat, mode);
    chat.sends_at = listed.sends_at;
    chat.name = chat.name.map(|name| clean_line(&name));
    chat.reason = chat.reason.map(|reason| clean_line(&reason));
    chat.preview = chat.preview.map(|preview| clean(&preview));
    chat.tags = chat.tags.iter().map(|tag| clean_line(tag)).collect();
    chat
}

/// A message as replies show it: its untrusted texts cleaned.
#[must_use]
pub fn message(interaction: Interaction, countdown: Option<Timestamp>) -> InteractionDocument {
    let mut message = InteractionDocument::from(interaction);
    message.text = clean(&message.text);
    message.reason = message.reason.map(|reason| clean_line(&reason));
    message.author_name = message.author_name.map(|name| clean_line(&name));
    message.reaction = message.reaction.map(|reaction| clean_line(&reaction));
    message.original = message.original.map(|text| clean(&text));
    message.quoted = message.quoted.map(|quoted| Quoted { text: clean(&quoted.text), ..quoted });
    if let Some(media) = &mut message.media {
        media.mime = media.mime.as_deref().map(clean_line);
        media.file_name = media.file_name.as_deref().map(clean_line);
    }
    message.sends_at = countdown.filter(|_| message.state == InteractionState::Draft);
    message
}

fn sent(interaction: Interaction) -> ChatSent {
    let mut sent = ChatSent::from(interaction);
    sent.reason = sent.reason.map(|reason| clean_line(&reason));
    sent
}

/// The chat that a caller means.
pub(super) async fn named(shop: &TenantStore, chat: &ChatName, instance: Option<&InstanceName>) -> Handled<Listed> {
    let instance = match instance {
        Some(name) => Some(instances::named(shop, name).await?.id),
        None => None,
    };
    match shop.chat_named(chat.as_str().to_owned(), instance).await {
        Ok(listed) => Ok(listed),
        Err(StoreError::NotFound("chat")) => {
            let text = match Phone::parse(chat.as_str()) {
                Ok(phone) => format!(
                    "{phone} never wrote, so there is no chat yet; `mychatflow chat send {phone} TEXT` begins one, \
                     `mychatflow chat pause {phone}` keeps the assistant out of it beforehand"
                ),
                Err(_) => format!(
                    "no chat fits {:?}: give its id, a phone number with country code, or a name",
                    chat.as_str()
                ),
            };
            Err(CallError::not_found(text).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The chat as it is now.
pub(super) async fn shown(cx: &Cx, shop: &TenantStore, chat: ChatId) -> Handled<ChatSummary> {
    let listed = shop.listed_chat(chat).await?.ok_or(StoreError::NotFound("chat"))?;
    Ok(document(listed, cx.config().reply.mode))
}

async fn interaction(shop: &TenantStore, id: InteractionId) -> Handled<Interaction> {
    Ok(shop.outbound(id).await?.ok_or(StoreError::NotFound("message"))?.interaction)
}

/// `chat.list`
///
/// # Errors
/// `invalid` for a cursor that is none of ours.
pub async fn list(cx: &Cx, shop: &TenantStore, call: ChatList) -> Handled<Reply<ChatList>> {
    let instance = match &call.instance {
        Some(name) => Some(instances::named(shop, name).await?.id),
        None => None,
    };
    let after = call.after.as_ref().map(place).transpose()?;
    let limit = paging::limit(call.limit);
    let order = match call.order {
        ListOrder::Newest => ChatOrder::Newest,
        ListOrder::Oldest => ChatOrder::LongestWaiting,
    };
    let filter = ChatFilter { state: call.state, instance, find: call.find, order };
    let found = shop.chats(filter, after, paging::to_read(limit)).await?;
    let mode = cx.config().reply.mode;
    Ok(Reply(paging::page(found, limit, |last| cursor(&last.chat, order), |chat| document(chat, mode))))
}

/// `w` and a time: since when the customer waits; a time: the last message; `-`: no message at all.
fn cursor(last: &Chat, order: ChatOrder) -> String {
    let waiting = last.waiting_since.filter(|_| order == ChatOrder::LongestWaiting);
    let at = match (waiting, last.last_at) {
        (Some(since), _) => format!("w{}", since.millis()),
        (None, Some(at)) => at.millis().to_string(),
        (None, None) => "-".to_owned(),
    };
    format!("{at}:{}", last.id)
}

fn place(cursor: &Cursor) -> Handled<ChatPlace> {
    let (at, id): (String, ChatId) = paging::parts(cursor)?;
    let instant = |text: &str| Ok::<_, Refused>(Some(Timestamp::from_millis(paging::whole(&Cursor::from(text))?)));
    Ok(match at.strip_prefix('w') {
        Some(since) => ChatPlace { waiting_since: instant(since)?, last_at: None, id },
        None if at == "-" => ChatPlace { waiting_since: None, last_at: None, id },
        None => ChatPlace { waiting_since: None, last_at: instant(&at)?, id },
    })
}

/// A part of a thread, oldest first, and whether it goes on before and after it.
struct Part {
    messages: Vec<Interaction>,
    older: bool,
    newer: bool,
}

impl Part {
    /// The messages before one, or the newest.
    async fn before(shop: &TenantStore, chat: ChatId, id: Option<InteractionId>, limit: usize) -> Handled<Self> {
        let mut messages = shop.interactions(chat, id, paging::to_read(limit)).await?;
        let older = messages.len() > limit;
        messages.truncate(limit);
        messages.reverse();
        Ok(Self { messages, older, newer: id.is_some() })
    }

    /// The messages after one.
    async fn after(shop: &TenantStore, chat: ChatId, id: InteractionId, limit: usize) -> Handled<Self> {
        let mut messages = shop.interactions_after(chat, id, paging::to_read(limit)).await?;
        let newer = messages.len() > limit;
        messages.truncate(limit);
        Ok(Self { messages, older: true, newer })
    }

    /// The messages around one.
    async fn around(shop: &TenantStore, chat: ChatId, id: InteractionId, limit: usize) -> Handled<Self> {
        let middle = shop.outbound(id).await?.map(|found| found.interaction).filter(|found| found.chat == chat);
        let middle = middle.ok_or_else(|| CallError::not_found("this message is not in this chat"))?;
        let Self { mut messages, older, .. } = Self::before(shop, chat, Some(id), limit / 2).await?;
        let Self { messages: after, newer, .. } = Self::after(shop, chat, id, limit - limit / 2 - 1).await?;
        messages.push(middle);
        messages.extend(after);
        Ok(Self { messages, older, newer })
    }
}

/// `chat.show`: a part of the thread, oldest first.
///
/// # Errors
/// `not_found` or `conflict` about the chat, `not_found` about the message in the middle, `invalid` for a cursor that is
/// none of ours or for two places at once.
pub async fn show(cx: &Cx, shop: &TenantStore, call: ChatShow) -> Handled<Reply<ChatShow>> {
    let listed = named(shop, &call.chat, call.instance.as_ref()).await?;
    let limit = paging::limit(call.limit);
    let id = listed.chat.id;
    let part = match (&call.after, &call.before, call.around) {
        (after, None, None) => {
            let end = after.as_ref().map(paging::whole::<InteractionId>).transpose()?;
            Part::before(shop, id, end, limit).await?
        }
        (None, Some(before), None) => Part::after(shop, id, paging::whole(before)?, limit).await?,
        (None, None, Some(middle)) => Part::around(shop, id, middle, limit).await?,
        _ => return Err(CallError::invalid("of `after`, `before` and `around` only one at a time").into()),
    };
    let countdown = shop.countdown(id).await?;
    let end = |message: Option<&Interaction>| message.map(|message| Cursor::from(message.id.to_string()));
    let next = if part.older { end(part.messages.first()) } else { None };
    let newer = if part.newer { end(part.messages.last()) } else { None };
    Ok(Reply(ChatShown {
        items: part.messages.into_iter().map(|found| message(found, countdown)).collect(),
        next,
        newer,
        chat: document(listed, cx.config().reply.mode),
        draft: shop.draft(id).await?.map(|(text, _)| clean(&text)),
        notes: shop.notes(id).await?.into_iter().map(super::notes::document).collect(),
    }))
}

/// `chat.send`: stores and queues a human's message; with `wait` it answers when it was sent or has failed.
///
/// # Errors
/// `invalid` for a text that can't be sent; `conflict` for a first message to somebody that nobody said yes to.
pub async fn send(cx: &Cx, shop: &TenantStore, call: ChatSend) -> Handled<Reply<ChatSend>> {
    let listed = first_message::chat_to_write_in(cx, shop, &call).await?;
    let pause = super::rules(cx, shop, &listed).await?.takeover_pause;
    let client_ref = call.client_ref.unwrap_or_default();
    let composer = match call.clear_draft {
        ClearDraft::Keep => Composer::Keep,
        ClearDraft::Clear => Composer::Clear,
    };
    // Whoever listens only after the send may miss its end.
    let listener = cx.bus.listen(Wish {
        audience: Audience::Tenants(HashSet::from([shop.id()])),
        topics: vec![Topic::InteractionChanged],
        since: None,
    });
    let quick_reply = call.quick_reply.map(|name| name.as_str().to_owned());
    let written = Written { text: call.text, quick_reply };
    let stored = shop.send_message(listed.chat.id, written, client_ref, pause, composer, cx.now()).await?;
    let Some(wait) = call.wait else { return Ok(Reply(sent(stored))) };
    // Not sent in time is no failure: the message stays queued, and the reply says so.
    let waited = tokio::time::timeout(wait.0.min(WAIT_MAX), settled(shop, client_ref, listener)).await;
    let message = match waited {
        Ok(settled) => settled?,
        Err(_) => shop.by_client_ref(client_ref).await?.ok_or(StoreError::NotFound("message"))?,
    };
    Ok(Reply(sent(message)))
}

/// Waits until a message is neither queued nor on its way.
async fn settled(shop: &TenantStore, client_ref: ClientRef, mut listener: Listener) -> Handled<Interaction> {
    loop {
        let message = shop.by_client_ref(client_ref).await?.ok_or(StoreError::NotFound("message"))?;
        if !matches!(message.state, InteractionState::Queued | InteractionState::Sending) {
            return Ok(message);
        }
        let id = message.id.to_string();
        loop {
            match listener.next().await {
                Heard::Events(events) if events.iter().any(|event| event.data.get().contains(&id)) => break,
                Heard::Events(_) => {}
                Heard::Lagged(_) => break,
            }
        }
    }
}

/// Checks that a message named by the caller is one that waits in the chat.
fn expected(waiting: &[Interaction], id: Option<InteractionId>) -> Result<(), Refused> {
    match id {
        Some(id) if !waiting.iter().any(|message| message.id == id) => {
            Err(CallError::conflict("this message does not wait in the chat any more").into())
        }
        _ => Ok(()),
    }
}

fn is_draft(message: &Interaction) -> bool {
    matches!(message.state, InteractionState::Draft | InteractionState::Held)
}

async fn drafts(shop: &TenantStore, chat: ChatId) -> Handled<Vec<Interaction>> {
    Ok(shop.unsent(chat).await?.into_iter().filter(is_draft).collect())
}

/// `chat.approve`
///
/// # Errors
/// `conflict` when nothing waits for a human.
pub async fn approve(cx: &Cx, shop: &TenantStore, call: ChatApprove) -> Handled<Reply<ChatApprove>> {
    let listed = named(shop, &call.chat, call.instance.as_ref()).await?;
    expected(&drafts(shop, listed.chat.id).await?, call.id)?;
    let id = shop.approve_answer(listed.chat.id, cx.now()).await?;
    Ok(Reply(sent(interaction(shop, id).await?)))
}

/// `chat.edit`
///
/// # Errors
/// `conflict` when nothing waits for a human, `invalid` for a text that can't be sent.
pub async fn edit(cx: &Cx, shop: &TenantStore, call: ChatEdit) -> Handled<Reply<ChatEdit>> {
    let listed = named(shop, &call.chat, call.instance.as_ref()).await?;
    expected(&drafts(shop, listed.chat.id).await?, call.id)?;
    let now = cx.now();
    let id = shop.edit_answer(listed.chat.id, call.text, now).await?;
    if call.send == AfterEdit::Send {
        shop.approve_answer(listed.chat.id, now).await?;
    }
    Ok(Reply(sent(interaction(shop, id).await?)))
}

/// `chat.cancel`: the assistant's draft, or a message of a human that has not left yet.
///
/// # Errors
/// `conflict` when nothing waits to be sent.
pub async fn cancel(cx: &Cx, shop: &TenantStore, call: ChatCancel) -> Handled<Reply<ChatCancel>> {
    let listed = named(shop, &call.chat, call.instance.as_ref()).await?;
    let chat = listed.chat.id;
    let waiting = shop.unsent(chat).await?;
    expected(&waiting, call.id)?;
    let meant = match call.id {
        Some(id) => waiting.iter().find(|message| message.id == id),
        // The newest draft before the newest message of a human: it is the one that people see as waiting.
        None => waiting.iter().find(|message| is_draft(message)).or(waiting.first()),
    };
    let Some(meant) = meant else {
        let text = match listed.chat.state {
            ChatState::Assistant => "the answer is not written yet; `chat pause` stops it",
            _ => "nothing waits to be sent in this chat",
        };
        return Err(CallError::conflict(text).into());
    };
    if is_draft(meant) {
        shop.cancel_chat_answer(chat, cx.now()).await?;
    } else {
        shop.cancel_message(meant.id, cx.now()).await?;
    }
    Ok(Reply(sent(interaction(shop, meant.id).await?)))
}

/// `chat.pause`: also for a number that never wrote, then on each of our numbers or on the one that is named.
///
/// # Errors
/// `not_found` or `conflict` about the chat.
pub async fn pause(cx: &Cx, shop: &TenantStore, call: ChatPause) -> Handled<Reply<ChatPause>> {
    let now = cx.now();
    let chats = match named(shop, &call.chat, call.instance.as_ref()).await {
        Ok(listed) => vec![listed.chat.id],
        Err(Refused(error)) => match Phone::parse(call.chat.as_str()) {
            Ok(phone) if error.code == Code::NotFound => {
                let instance = match &call.instance {
                    Some(name) => Some(instances::named(shop, name).await?.id),
                    None => None,
                };
                shop.chats_for_phone(phone, instance, now).await?
            }
            _ => return Err(error.into()),
        },
    };
    let mut first = None;
    for chat in chats {
        let listed = shop.listed_chat(chat).await?.ok_or(StoreError::NotFound("chat"))?;
        let span = match call.span {
            Some(span) => span.0,
            None => super::rules(cx, shop, &listed).await?.takeover_pause,
        };
        shop.pause_chat(chat, cx.clock_error().latest(now) + span, now).await?;
        first = first.or(Some(chat));
    }
    Ok(Reply(shown(cx, shop, first.ok_or(StoreError::NotFound("chat"))?).await?))
}

/// `chat.resume`
///
/// # Errors
/// `not_found` or `conflict` about the chat.
pub async fn resume(cx: &Cx, shop: &TenantStore, call: ChatResume) -> Handled<Reply<ChatResume>> {
    let listed = named(shop, &call.chat, call.instance.as_ref()).await?;
    let freshness = super::rules(cx, shop, &listed).await?.freshness;
    shop.resume_chat(listed.chat.id, freshness, cx.now()).await?;
    Ok(Reply(shown(cx, shop, listed.chat.id).await?))
}

/// `chat.done`
///
/// # Errors
/// `not_found` or `conflict` about the chat.
pub async fn done(cx: &Cx, shop: &TenantStore, call: ChatDone) -> Handled<Reply<ChatDone>> {
    let listed = named(shop, &call.chat, call.instance.as_ref()).await?;
    shop.finish_chat(listed.chat.id, cx.now()).await?;
    Ok(Reply(shown(cx, shop, listed.chat.id).await?))
}

/// `chat.snooze`
///
/// # Errors
/// `not_found` or `conflict` about the chat.
pub async fn snooze(cx: &Cx, shop: &TenantStore, call: ChatSnooze) -> Handled<Reply<ChatSnooze>> {
    let listed = named(shop, &call.chat, call.instance.as_ref()).await?;
    let now = cx.now();
    shop.snooze_chat(listed.chat.id, now + call.span.0, now).await?;
    Ok(Reply(shown(cx, shop, listed.chat.id).await?))
}

/// `chat.read`
///
/// # Errors
/// `not_found` or `conflict` about the chat.
pub async fn read(cx: &Cx, shop: &TenantStore, call: ChatRead) -> Handled<Reply<ChatRead>> {
    let listed = named(shop, &call.chat, call.instance.as_ref()).await?;
    shop.read_chat(listed.chat.id).await?;
    Ok(Reply(shown(cx, shop, listed.chat.id).await?))
}
