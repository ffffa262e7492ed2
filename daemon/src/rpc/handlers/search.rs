//! `chat.search`: messages by their words.

use mychatflow_data::ids::InteractionId;
use mychatflow_data::protocol::calls::search::{ChatSearch, SearchHit};
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::search::{Found, MARK_BEGIN, MARK_END, Wanted};

use super::{chats, instances};
use crate::cx::Cx;
use crate::flow::clean::{clean, clean_line};
use crate::rpc::paging;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// `chat.search`: newest first.
///
/// # Errors
/// `not_found` or `conflict` about chat or number, `invalid` for a cursor that is none of ours.
pub async fn search(_: &Cx, shop: &TenantStore, call: ChatSearch) -> Handled<Reply<ChatSearch>> {
    let instance = match &call.instance {
        Some(name) => Some(instances::named(shop, name).await?.id),
        None => None,
    };
    let chat = match &call.chat {
        Some(name) => Some(chats::named(shop, name, call.instance.as_ref()).await?.chat.id),
        None => None,
    };
    let before = call.after.as_ref().map(paging::whole::<InteractionId>).transpose()?;
    let limit = paging::limit(call.limit);
    let found = shop.search(Wanted { text: call.text, chat, instance }, before, paging::to_read(limit)).await?;
    Ok(Reply(paging::page(found, limit, |last| last.interaction.id.to_string(), hit)))
}

fn hit(found: Found) -> SearchHit {
    let (snippet, marks) = unmarked(&found.marked);
    SearchHit {
        interaction: chats::message(found.interaction, None),
        chat_name: found.chat_name.map(|name| clean_line(&name)),
        phone: found.phone,
        snippet,
        marks,
    }
}

/// Takes the marks out of a text, and says where they were. What could steer a terminal goes too.
fn unmarked(marked: &str) -> (String, Vec<[u32; 2]>) {
    let mut text = String::with_capacity(marked.len());
    let mut marks = Vec::new();
    let mut begin = None;
    for piece in marked.split_inclusive([MARK_BEGIN, MARK_END]) {
        text.push_str(&clean(piece));
        let at = u32::try_from(text.len()).unwrap_or(u32::MAX);
        if piece.ends_with(MARK_BEGIN) {
            begin = Some(at);
        } else if piece.ends_with(MARK_END)
            && let Some(begin) = begin.take()
        {
            marks.push([begin, at]);
        }
    }
    (text, marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_told_in_bytes_of_the_clean_text() {
        for (marked, text, marks) in [
            ("plain", "plain", vec![]),
            ("\u{1}Käse\u{2} und \u{1}Brot\u{2}", "Käse und Brot", vec![[0, 5], [10, 14]]),
            ("\u{1b}[31m\u{1}cake\u{2}", "[31mcake", vec![[4, 8]]),
            ("a\u{2}b\u{1}c", "abc", vec![]),
        ] {
            assert_eq!(unmarked(marked), (text.to_owned(), marks), "{marked:?}");
        }
    }
}
