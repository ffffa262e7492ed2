//! Chats and their history: what to read after a gap, and how a doubtful send is looked up.

use mychatflow_data::model::delivery::MessageEvent;
use mychatflow_data::phone::Address;
use mychatflow_data::time::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::client::{Page, Waha};
use super::error::WahaError;
use super::lenient::{Number, Soft, Word};
use super::message;
use super::wire::Message;

/// A chat in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatEntry {
    /// Its address.
    pub address: Address,
    /// Its name, where the engine tells it. Not cleaned yet.
    pub name: Option<String>,
    /// When something last happened in it, where the engine tells it.
    pub at: Option<Timestamp>,
}

/// A chat with its last message.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatOverview {
    /// Its address.
    pub address: Address,
    /// Its name. Not cleaned yet.
    pub name: Option<String>,
    /// Its last message, where there is one and we understood it.
    pub last: Option<MessageEvent>,
}

/// Whose history to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chats<'a> {
    /// That of all chats together (NOWEB and GOWS).
    All,
    /// That of one.
    One(&'a Address),
}

/// Whose messages to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    Everybodys,
    /// Ours only.
    Ours,
    /// The others' only.
    Theirs,
}

/// In which order to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The newest first, as WAHA does unasked.
    NewestFirst,
    /// The oldest first.
    OldestFirst,
}

/// Which messages of a history to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    /// Not older than this. WAHA counts in seconds; parts of one are cut off, so a message too many may come.
    pub since: Option<Timestamp>,
    /// Not younger than this, cut to the second as well.
    pub until: Option<Timestamp>,
    /// Whose.
    pub whose: Whose,
    /// In which order.
    pub order: Order,
    /// How many at most.
    pub limit: u32,
    /// How many to pass over first.
    pub offset: u32,
}

impl Default for Filter {
    fn default() -> Self {
        Self { since: None, until: None, whose: Whose::Everybodys, order: Order::NewestFirst, limit: 100, offset: 0 }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ChatWire<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    name: Word<'a>,
    conversation_timestamp: Number,
    timestamp: Number,
    #[serde(borrow)]
    last_message: Soft<Message<'a>>,
}

impl Waha {
    /// The chats of a session.
    ///
    /// # Errors
    /// [`WahaError::Rejected`] with 400 on NOWEB without its store (`config.noweb.store.enabled`).
    pub async fn chats(&self, session: &str, limit: u32, offset: u32) -> Result<Page<ChatEntry>, WahaError> {
        let request = self.get(self.chats_path(), &[session])?.query(&[("limit", limit), ("offset", offset)]);
        let answer = self.ask(request).await?;
        let rows: Vec<Soft<ChatWire<'_>>> = answer.expect()?;
        let entry = |row: &Soft<ChatWire<'_>>| {
            let chat = row.0.as_ref()?;
            let at = chat.conversation_timestamp.instant().or_else(|| chat.timestamp.instant());
            Some(ChatEntry { address: chat.id.address()?, name: chat.name.owned(), at })
        };
        Ok(Page { items: rows.iter().filter_map(entry).collect(), rows: rows.len() })
    }

    /// The chats of a session with their last messages, newest first.
    ///
    /// # Errors
    /// As [`Waha::chats`].
    pub async fn overview(&self, session: &str, limit: u32, offset: u32) -> Result<Page<ChatOverview>, WahaError> {
        let request = self.get("/api/{session}/chats/overview", &[session])?;
        let answer = self.ask(request.query(&[("limit", limit), ("offset", offset)])).await?;
        let rows: Vec<Soft<ChatWire<'_>>> = answer.expect()?;
        let entry = |row: &Soft<ChatWire<'_>>| {
            let chat = row.0.as_ref()?;
            let last = chat.last_message.0.as_ref().and_then(|last| message::event(last, None, None).ok());
            Some(ChatOverview { address: chat.id.address()?, name: chat.name.owned(), last })
        };
        Ok(Page { items: rows.iter().filter_map(entry).collect(), rows: rows.len() })
    }

    /// Messages of a session's history, without their files. Rows that are no messages are left out.
    ///
    /// # Errors
    /// As [`Waha::chats`].
    pub async fn messages(
        &self,
        session: &str,
        chats: Chats<'_>,
        filter: &Filter,
    ) -> Result<Page<MessageEvent>, WahaError> {
        let chat = match chats {
            Chats::All => "all",
            Chats::One(chat) => chat.as_str(),
        };
        let order = match filter.order {
            Order::NewestFirst => "desc",
            Order::OldestFirst => "asc",
        };
        let mut request = self
            .get("/api/{session}/chats/{chatId}/messages", &[session, chat])?
            .query(&[("limit", filter.limit), ("offset", filter.offset)])
            // Files would be fetched from WhatsApp one by one before the answer.
            .query(&[("downloadMedia", "false"), ("sortBy", "timestamp"), ("sortOrder", order)]);
        for (name, at) in [("filter.timestamp.gte", filter.since), ("filter.timestamp.lte", filter.until)] {
            if let Some(at) = at {
                request = request.query(&[(name, at.millis().div_euclid(1000))]);
            }
        }
        request = match filter.whose {
            Whose::Everybodys => request,
            Whose::Ours => request.query(&[("filter.fromMe", "true")]),
            Whose::Theirs => request.query(&[("filter.fromMe", "false")]),
        };
        let answer = self.ask(request).await?;
        let rows: Vec<&RawValue> = answer.expect()?;
        let event = |row: &&RawValue| message::event(&serde_json::from_str(row.get()).ok()?, None, None).ok();
        Ok(Page { items: rows.iter().filter_map(event).collect(), rows: rows.len() })
    }

    /// One message by its full id, or `None` when WAHA has none.
    ///
    /// # Errors
    /// Any [`WahaError`]; a session that does not exist is [`WahaError::NotFound`], not `None`.
    pub async fn message(&self, session: &str, chat: &Address, wa_id: &str) -> Result<Option<MessageEvent>, WahaError> {
        let path = "/api/{session}/chats/{chatId}/messages/{messageId}";
        let request = self.get(path, &[session, chat.as_str(), wa_id])?.query(&[("downloadMedia", "false")]);
        let answer = match self.ask(request).await {
            Err(WahaError::NotFound { message }) if message.contains("Message not found") => return Ok(None),
            other => other?,
        };
        let Some(found) = answer.json::<Message<'_>>()? else { return Ok(None) };
        message::event(&found, None, None).map(Some).map_err(|_| WahaError::BadAnswer("not a message"))
    }
}
