//! `contact.erase`: a person with everything that was said.

use std::time::Duration;

use mychatflow_data::protocol::calls::contact::{ContactErase, ContactErased};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::tx::erase_contact::{Erased, Erasure};

use super::campaigns::count;
use super::contacts::named;
use crate::bus::{Audience, Wish};
use crate::cx::Cx;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// How long a message that is on its way is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// `contact.erase`
///
/// # Errors
/// `not_found` or `conflict` about the person; `conflict` while nobody knows whether a message to them went out.
pub async fn erase(cx: &Cx, shop: &TenantStore, call: ContactErase) -> Handled<Reply<ContactErase>> {
    let found = named(shop, &call.contact).await?;
    let topics = vec![Topic::InteractionChanged];
    let mut heard = cx.bus.listen(Wish { audience: Audience::Tenants([shop.id()].into()), topics, since: None });
    let erased = tokio::time::timeout(PATIENCE, async {
        loop {
            let now = cx.now();
            if let Erasure::Done(erased) = shop.erase_contact(found.id, now).await? {
                return Handled::Ok((erased, now));
            }
            heard.next().await;
        }
    });
    let Ok(erased) = erased.await else {
        let text = "a message to them is on its way, and nobody knows yet whether it arrived: nothing was erased; \
                    try again in a minute, or drop it first (`mychatflow queue list` has it)";
        return Err(CallError::conflict(text).into());
    };
    let (Erased { chats, messages, recipients }, at) = erased?;
    tracing::info!(tenant.id = %shop.id(), contact.id = %found.id, messages, "a person was erased");
    let (chats, messages, recipients) = (count(chats), count(messages), count(recipients));
    Ok(Reply(ContactErased { id: found.id, chats, messages, recipients, at }))
}
