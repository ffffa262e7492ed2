//! `chat.note` and `chat.unnote`: what humans write down about a chat, for each other.

use mychatflow_data::model::note::Note;
use mychatflow_data::protocol::calls::chat::{ChatNote, ChatUnnote, NoteDocument};
use mychatflow_data::store::TenantStore;

use super::chats;
use crate::cx::Cx;
use crate::flow::clean::{clean, clean_line};
use crate::rpc::peer::Caller;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// A note as replies show it.
#[must_use]
pub fn document(note: Note) -> NoteDocument {
    let mut note = NoteDocument::from(note);
    note.author = clean_line(&note.author);
    note.text = clean(&note.text);
    note
}

/// `chat.note`
///
/// # Errors
/// `not_found` or `conflict` about the chat, `invalid` for an empty or too long text.
pub async fn note(cx: &Cx, shop: &TenantStore, caller: &Caller, call: ChatNote) -> Handled<Reply<ChatNote>> {
    let chat = chats::named(shop, &call.chat, call.instance.as_ref()).await?.chat.id;
    let note = shop.add_note(chat, caller.name.clone(), clean(&call.text), cx.now()).await?;
    Ok(Reply(document(note)))
}

/// `chat.unnote`
///
/// # Errors
/// `not_found` or `conflict` about the chat, `not_found` about the note.
pub async fn unnote(_: &Cx, shop: &TenantStore, call: ChatUnnote) -> Handled<Reply<ChatUnnote>> {
    let chat = chats::named(shop, &call.chat, call.instance.as_ref()).await?.chat.id;
    Ok(Reply(document(shop.remove_note(chat, call.id).await?)))
}
