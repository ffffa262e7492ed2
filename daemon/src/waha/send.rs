//! Sending: texts, and the signs of life that go before them.
//!
//! WAHA has no idempotency: a repeated POST is a second message, unless it carries the id of the first (see
//! [`Ids`](super::capabilities::Ids)). What an error says about it, [`WahaError::doubt`] tells.

use mychatflow_data::phone::Address;
use serde::Deserialize;
use serde_json::json;

use super::client::Waha;
use super::error::WahaError;
use super::lenient::{Soft, Word};
use super::message_id::{MessageId, bare_of};
use super::wire::Key;

/// A text to send.
#[derive(Clone, Copy)]
pub struct SendText<'a> {
    /// The session that sends it.
    pub session: &'a str,
    /// Where to. WAHA 2026.4 checks nothing: a number that does not exist is a 201 all the same.
    pub chat: &'a Address,
    /// The words.
    pub text: &'a str,
    /// The bare id it shall have; only where [`Ids::Chosen`](super::capabilities::Ids::Chosen), others ignore it.
    pub id: Option<&'a str>,
    /// WAHA's full id of the message it answers.
    pub reply_to: Option<&'a str>,
}

/// A message that WAHA took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMessage {
    /// WAHA's full id; `None` where the engine's answer does not tell.
    pub wa_id: Option<String>,
    /// The stable part of it.
    pub bare_id: Option<String>,
}

/// What the engines answer: GOWS and WPP an `id` text, WEBJS an `id` object, NOWEB a `key` (WAHA 2026.4).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    key: Soft<Key<'a>>,
}

impl Sent<'_> {
    pub(super) fn message(&self) -> SentMessage {
        let wa_id = self.id.owned().or_else(|| full_id(self.key.0.as_ref()?));
        let bare_id = wa_id.as_deref().map(|id| bare_of(id).to_owned());
        // A bare id alone is no full one.
        SentMessage { wa_id: wa_id.filter(|id| MessageId::parse(id).is_some()), bare_id }
    }
}

fn full_id(key: &Key<'_>) -> Option<String> {
    let bare = key.id.filled()?;
    let Some(chat) = key.remote_jid.address() else { return Some(bare.to_owned()) };
    let mut id = format!("{}_{chat}_{bare}", key.from_me.or(true));
    if let (false, Some(participant)) = (chat.is_person(), key.participant.address()) {
        id.push('_');
        id.push_str(participant.as_str());
    }
    Some(id)
}

impl Waha {
    /// Sends a text. The echo of it (`message.any`) and its first ack may come before this returns.
    ///
    /// # Errors
    /// Any [`WahaError`]; ask [`WahaError::doubt`] whether the message may have gone out all the same.
    pub async fn send_text(&self, send: SendText<'_>) -> Result<SentMessage, WahaError> {
        let SendText { session, chat, text, id, reply_to } = send;
        let mut body = json!({"session": session, "chatId": chat.as_str(), "text": text});
        if let Some(id) = id {
            body["id"] = id.into();
        }
        if let Some(reply_to) = reply_to {
            body["reply_to"] = reply_to.into();
        }
        // A 2xx is a message that is sent: neither a body that is lost nor one that we can't read may look like an error.
        let answer = self.ask_done(self.post(self.send_text_path(), &[session], &body)?).await?;
        Ok(answer.json::<Sent<'_>>().ok().flatten().unwrap_or_default().message())
    }

    /// Reserves a bare id for a message to be sent (WAHA 2026.4.3 with NOWEB or GOWS).
    ///
    /// # Errors
    /// [`WahaError::NotFound`] on older servers, [`WahaError::Rejected`] on other engines.
    pub async fn new_message_id(&self, session: &str) -> Result<String, WahaError> {
        let answer = self.ask(self.get("/api/{session}/new-message-id", &[session])?).await?;
        answer.expect::<Sent<'_>>()?.id.owned().ok_or(WahaError::BadAnswer("no id"))
    }

    /// Marks messages as seen: those named by their full ids or, with none named, the unread ones of the last 7 days.
    ///
    /// # Errors
    /// Any [`WahaError`].
    pub async fn send_seen(&self, session: &str, chat: &Address, wa_ids: &[&str]) -> Result<(), WahaError> {
        let mut body = json!({"session": session, "chatId": chat.as_str()});
        if !wa_ids.is_empty() {
            body["messageIds"] = wa_ids.into();
        }
        self.ask(self.post("/api/sendSeen", &[], &body)?).await.map(drop)
    }

    /// Shows that we are typing, until it is stopped or a message is sent: it does not end by itself.
    ///
    /// # Errors
    /// Any [`WahaError`].
    pub async fn start_typing(&self, session: &str, chat: &Address) -> Result<(), WahaError> {
        let body = json!({"session": session, "chatId": chat.as_str()});
        self.ask(self.post("/api/startTyping", &[], &body)?).await.map(drop)
    }

    /// Shows that we stopped typing.
    ///
    /// # Errors
    /// Any [`WahaError`].
    pub async fn stop_typing(&self, session: &str, chat: &Address) -> Result<(), WahaError> {
        let body = json!({"session": session, "chatId": chat.as_str()});
        self.ask(self.post("/api/stopTyping", &[], &body)?).await.map(drop)
    }
}
