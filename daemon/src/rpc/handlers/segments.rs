//! `segment.*`: saved filters of contacts.

use mychatflow_data::protocol::calls::segment::{SegmentAdd, SegmentList, SegmentRemove};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::store::TenantStore;

use crate::cx::Cx;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// `segment.list`
///
/// # Errors
/// `unavailable`
pub async fn list(_: &Cx, _: &TenantStore, _: SegmentList) -> Handled<Reply<SegmentList>> {
    Err(CallError::not_found("this version keeps no segments yet; `contact list --query` finds people").into())
}

/// `segment.add`
///
/// # Errors
/// `unavailable`
pub async fn add(_: &Cx, _: &TenantStore, _: SegmentAdd) -> Handled<Reply<SegmentAdd>> {
    Err(CallError::not_found("this version keeps no segments yet; `contact list --query` finds people").into())
}

/// `segment.remove`
///
/// # Errors
/// `unavailable`
pub async fn remove(_: &Cx, _: &TenantStore, _: SegmentRemove) -> Handled<Reply<SegmentRemove>> {
    Err(CallError::not_found("this version keeps no segments yet; `contact list --query` finds people").into())
}
