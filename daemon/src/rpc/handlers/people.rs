//! What is done to people as a whole: `contact.merge`, `contact.erase`, `contact.export`, and whom nobody writes to.

use mychatflow_data::protocol::calls::contact::{
    ContactErase, ContactExport, ContactMerge, ContactSuppressions, ContactUnmerge,
};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::store::TenantStore;

use crate::cx::Cx;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// `contact.export`
///
/// # Errors
/// `unavailable`
pub async fn export(_: &Cx, _: &TenantStore, _: ContactExport) -> Handled<Reply<ContactExport>> {
    Err(CallError::not_found("not there yet").into())
}

/// `contact.merge`
///
/// # Errors
/// `unavailable`
pub async fn merge(_: &Cx, _: &TenantStore, _: ContactMerge) -> Handled<Reply<ContactMerge>> {
    Err(CallError::not_found("not there yet").into())
}

/// `contact.unmerge`
///
/// # Errors
/// `unavailable`
pub async fn unmerge(_: &Cx, _: &TenantStore, _: ContactUnmerge) -> Handled<Reply<ContactUnmerge>> {
    Err(CallError::not_found("not there yet").into())
}

/// `contact.erase`
///
/// # Errors
/// `unavailable`
pub async fn erase(_: &Cx, _: &TenantStore, _: ContactErase) -> Handled<Reply<ContactErase>> {
    Err(CallError::not_found("not there yet").into())
}

/// `contact.suppressions`
///
/// # Errors
/// `unavailable`
pub async fn suppressions(_: &Cx, _: &TenantStore, _: ContactSuppressions) -> Handled<Reply<ContactSuppressions>> {
    Err(CallError::not_found("not there yet").into())
}
