//! `contact.import`: a list of people, piece by piece.

use mychatflow_data::protocol::calls::contact::ContactImport;
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::store::TenantStore;

use crate::cx::Cx;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// `contact.import`
///
/// # Errors
/// `unavailable`
pub async fn import(_: &Cx, _: &TenantStore, _: ContactImport) -> Handled<Reply<ContactImport>> {
    Err(CallError::not_found("not there yet").into())
}
