//! `contact.export`: everybody with everything that is known of them, a page at a time.

use mychatflow_data::model::contact::Contact;
use mychatflow_data::protocol::calls::contact::{ContactExport, ContactExported, ContactList};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::page::Page;
use mychatflow_data::store::TenantStore;

use super::contacts;
use crate::cx::Cx;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// How long a page may get, in bytes of JSON: an answer has 1 MiB at most, and a note may be long.
const PAGE_BYTES: usize = 700 * 1024;

/// `contact.export`: by name. A page may have fewer than asked for where people have much written about them.
///
/// # Errors
/// `invalid` for a cursor that is none of ours, or a query that can't be read.
pub async fn export(cx: &Cx, shop: &TenantStore, call: ContactExport) -> Handled<Reply<ContactExport>> {
    let ContactExport { tenant, query, limit, after } = call;
    let mut asked = ContactList { tenant, query, limit, after, ..ContactList::default() };
    let Reply(mut page) = contacts::list(cx, shop, asked.clone()).await?;
    let fit = fitting(&page.items)?;
    if fit < page.items.len() {
        asked.limit = u32::try_from(fit).ok();
        Reply(page) = contacts::list(cx, shop, asked).await?;
    }
    let Page { items, next } = page;
    let last = shop.last_words_of(items.iter().map(|contact| contact.id).collect()).await?;
    let told = |(contact, (last_in_at, last_out_at))| ContactExported { contact, last_in_at, last_out_at };
    Ok(Reply(Page { items: items.into_iter().zip(last).map(told).collect(), next }))
}

/// How many of these fit an answer: one at least.
fn fitting(people: &[Contact]) -> Handled<usize> {
    let mut bytes = 0;
    for (before, contact) in people.iter().enumerate() {
        let json = serde_json::to_vec(contact).map_err(|error| CallError::internal(error.to_string()))?;
        bytes += json.len();
        if before > 0 && bytes > PAGE_BYTES {
            return Ok(before);
        }
    }
    Ok(people.len())
}
