//! Reads what the store says in the end, page by page over the socket.

use std::path::Path;

use anyhow::Context;
use mychatflow_data::client::{self, Client};
use mychatflow_data::model::interaction::Direction;
use mychatflow_data::model::ledger::EntryKind;
use mychatflow_data::protocol::calls::chat::{ChatList, ChatShow};
use mychatflow_data::protocol::calls::credit::{CreditAudit, CreditLedger, CreditShow};
use mychatflow_data::protocol::name::ChatName;

use super::people;
use super::record::{Books, StoredChat, StoredMessage};

/// Entries on one page.
const PAGE: u32 = 200;

/// The chats, and every message in them.
pub async fn chats(socket: &Path) -> anyhow::Result<(Vec<StoredChat>, Vec<StoredMessage>)> {
    let client = client::connect(socket).await?;
    let (mut chats, mut messages) = (Vec::new(), Vec::new());
    let mut list = ChatList { limit: Some(PAGE), ..ChatList::default() };
    loop {
        let page = client.call(&list).await?;
        for found in page.items {
            let chat = chats.len();
            thread(&client, &found.id.to_string(), chat, &mut messages).await?;
            let by_phone = found
                .phone
                .as_ref()
                .and_then(|phone| people::of_chat(&format!("{}@c.us", phone.to_string().trim_start_matches('+'))));
            let by_message = || {
                let own = messages.iter().filter(|message: &&StoredMessage| message.chat == chat);
                own.filter_map(|message| people::of_chat(message.wa_id.split('_').nth(1)?)).next()
            };
            chats.push(StoredChat {
                who: by_phone.or_else(by_message),
                state: found.state.to_string(),
                reason: found.reason.unwrap_or_default(),
            });
        }
        match page.next {
            Some(next) => list.after = Some(next),
            None => return Ok((chats, messages)),
        }
    }
}

async fn thread(client: &Client, id: &str, chat: usize, messages: &mut Vec<StoredMessage>) -> anyhow::Result<()> {
    let (tenant, instance, around) = (None, None, None);
    let name = ChatName::from(id.to_owned());
    let mut show = ChatShow { tenant, chat: name, instance, limit: Some(PAGE), after: None, before: None, around };
    loop {
        let page = client.call(&show).await.with_context(|| format!("the thread of {id}"))?;
        messages.extend(page.items.into_iter().map(|message| StoredMessage {
            chat,
            incoming: message.direction == Direction::In,
            wa_id: message.wa_id.unwrap_or_default(),
            state: message.state.to_string(),
            reason: message.reason.unwrap_or_default(),
            text: message.text,
            unanswered: message.unanswered,
        }));
        match page.next {
            Some(next) => show.after = Some(next),
            None => return Ok(()),
        }
    }
}

/// The balance as it is now.
pub async fn balance(socket: &Path) -> anyhow::Result<i64> {
    Ok(client::connect(socket).await?.call(&CreditShow::default()).await?.balance.count())
}

/// The ledger.
pub async fn books(socket: &Path, balance_min: i64) -> anyhow::Result<Books> {
    let client = client::connect(socket).await?;
    let mut settled = 0;
    let mut ledger = CreditLedger { limit: Some(PAGE), ..CreditLedger::default() };
    loop {
        let page = client.call(&ledger).await?;
        settled += page.items.iter().filter(|entry| entry.kind == EntryKind::Settle).count();
        match page.next {
            Some(next) => ledger.after = Some(next),
            None => break,
        }
    }
    let shown = client.call(&CreditShow::default()).await?;
    let drift = client.call(&CreditAudit::default()).await?.drift.count();
    let reserved = usize::try_from(shown.reserved.count()).unwrap_or(0);
    Ok(Books { drift, balance_min: balance_min.min(shown.balance.count()), settled, reserved })
}
