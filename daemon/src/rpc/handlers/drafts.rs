//! `chat.draft`: what a human has begun to write in a chat.

use mychatflow_data::protocol::calls::chat::{ChatCompose, ChatDraft};
use mychatflow_data::store::TenantStore;

use super::chats;
use crate::cx::Cx;
use crate::flow::clean::clean;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// `chat.draft`: reads the composer's words; with a text it keeps them first.
///
/// # Errors
/// `not_found` or `conflict` about the chat.
pub async fn draft(cx: &Cx, shop: &TenantStore, call: ChatCompose) -> Handled<Reply<ChatCompose>> {
    let chat = chats::named(shop, &call.chat, call.instance.as_ref()).await?.chat.id;
    if let Some(text) = call.text {
        let text = if text.trim().is_empty() { String::new() } else { clean(&text) };
        shop.set_draft(chat, text, cx.now()).await?;
    }
    let (text, updated_at) = shop.draft(chat).await?.unzip();
    Ok(Reply(ChatDraft { chat, text: text.map(|text| clean(&text)).unwrap_or_default(), updated_at }))
}
