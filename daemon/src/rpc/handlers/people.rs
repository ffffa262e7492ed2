//! `contact.suppressions`: whom nobody writes to.

use mychatflow_data::model::contact::Suppression;
use mychatflow_data::protocol::calls::contact::{ContactSuppressions, SuppressionDocument};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::name::Cursor;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::suppressions::SuppressionPlace;
use mychatflow_data::time::Timestamp;

use crate::cx::Cx;
use crate::rpc::paging;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// `contact.suppressions`: newest first.
///
/// # Errors
/// `invalid` for a cursor that is none of ours.
pub async fn suppressions(
    _: &Cx,
    shop: &TenantStore,
    call: ContactSuppressions,
) -> Handled<Reply<ContactSuppressions>> {
    let limit = paging::limit(call.limit);
    let after = call.after.as_ref().map(place).transpose()?;
    let found = shop.suppressions(after, paging::to_read(limit)).await?;
    let cursor = |(_, place): &(Suppression, SuppressionPlace)| {
        let digest: String = place.digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}:{digest}", place.at.millis())
    };
    Ok(Reply(paging::page(found, limit, cursor, |(Suppression { address, cause, at }, _)| SuppressionDocument {
        address,
        cause,
        at,
    })))
}

fn place(cursor: &Cursor) -> Handled<SuppressionPlace> {
    let (millis, hex): (i64, String) = paging::parts(cursor)?;
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let digest: Option<Vec<u8>> = hex.as_bytes().chunks(2).map(byte).collect();
    let digest = digest.ok_or_else(|| CallError::invalid("this is not where a page of this list ends"))?;
    Ok(SuppressionPlace { at: Timestamp::from_millis(millis), digest })
}
