//! What both ends know: what really went over the wire, and what the store says over the socket.

use anyhow::Context;
use mychatflow_data::client::Client;
use mychatflow_data::protocol::calls::chat::{ChatList, ChatShow, ChatSummary, InteractionDocument};
use mychatflow_data::protocol::calls::contact::ContactSuppressions;
use mychatflow_data::protocol::calls::credit::{CreditAudit, CreditAudited, CreditShow, CreditSummary};
use mychatflow_data::protocol::calls::stats::{Stats, StatsDocument};
use mychatflow_data::protocol::name::ChatName;
use mychatflow_sandbox::log::{Delivery, Sent};
use mychatflow_sandbox::waha;

/// How much of a list is asked for at once.
const PAGE: u32 = 200;

/// What the made-up WAHA wrote down.
#[derive(Debug, Default)]
pub struct Record {
    /// Its webhooks.
    pub deliveries: Vec<Delivery>,
    /// WhatsApp messages that left.
    pub sent: Vec<Sent>,
}

/// A chat with everything in it.
#[derive(Debug)]
pub struct Thread {
    /// The chat.
    pub chat: ChatSummary,
    /// Its messages, oldest first.
    pub messages: Vec<InteractionDocument>,
}

/// What the store says.
#[derive(Debug)]
pub struct Store {
    /// Every chat.
    pub threads: Vec<Thread>,
    /// The balance.
    pub credits: CreditSummary,
    /// The balance, counted twice.
    pub audit: CreditAudited,
    /// What was counted.
    pub stats: StatsDocument,
    /// Addresses of people whom the visitor erased.
    pub erased: usize,
}

/// Reads WAHA's record.
pub fn record(waha: &waha::Server) -> Record {
    Record { deliveries: waha.deliveries(), sent: waha.sent() }
}

/// Reads everything that matters from the store.
pub async fn store(client: &Client) -> anyhow::Result<Store> {
    Ok(Store {
        threads: threads(client).await?,
        credits: client.call(&CreditShow::default()).await.context("credit show")?,
        audit: client.call(&CreditAudit::default()).await.context("credit audit")?,
        stats: client.call(&Stats::default()).await.context("stats")?,
        erased: erased(client).await?,
    })
}

async fn erased(client: &Client) -> anyhow::Result<usize> {
    let list = ContactSuppressions { limit: Some(PAGE), ..ContactSuppressions::default() };
    let listed = client.call(&list).await.context("contact suppressions")?.items;
    Ok(listed.iter().filter(|one| one.address.is_none()).count())
}

/// Reads every chat to its beginning.
pub async fn threads(client: &Client) -> anyhow::Result<Vec<Thread>> {
    let mut threads = Vec::new();
    for chat in chats(client).await? {
        let mut show = show(chat.id.to_string());
        let mut messages = Vec::new();
        loop {
            let page = client.call(&show).await.context("chat show")?;
            messages.splice(0..0, page.items);
            match page.next {
                Some(next) if Some(&next) != show.after.as_ref() => show.after = Some(next),
                _ => break,
            }
        }
        threads.push(Thread { chat, messages });
    }
    Ok(threads)
}

/// Every chat, without its messages.
pub async fn chats(client: &Client) -> anyhow::Result<Vec<ChatSummary>> {
    let mut list = ChatList { limit: Some(PAGE), ..ChatList::default() };
    let mut chats = Vec::new();
    loop {
        let page = client.call(&list).await.context("chat list")?;
        chats.extend(page.items);
        match page.next {
            Some(next) if Some(&next) != list.after.as_ref() => list.after = Some(next),
            _ => return Ok(chats),
        }
    }
}

/// A chat with its newest messages.
pub fn show(chat: String) -> ChatShow {
    ChatShow {
        tenant: None,
        chat: ChatName::from(chat),
        instance: None,
        limit: Some(PAGE),
        after: None,
        before: None,
        around: None,
    }
}
