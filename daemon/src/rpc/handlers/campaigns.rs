//! `campaign.*`: one text to many people.

use mychatflow_data::protocol::calls::campaign::{
    CampaignCancel, CampaignCreate, CampaignEdit, CampaignLaunch, CampaignList, CampaignPause, CampaignPreview,
    CampaignRemove, CampaignReport, CampaignResume, CampaignShow,
};
use mychatflow_data::protocol::error::{CallError, Code};
use mychatflow_data::protocol::page::Page;
use mychatflow_data::store::TenantStore;

use crate::cx::Cx;
use crate::rpc::refused::{Handled, Refused};
use crate::rpc::service::Reply;

/// The table of calls comes before the campaigns themselves: nothing can be made yet, so nothing is there.
fn not_yet() -> Refused {
    CallError::new(Code::Unavailable, "campaigns are not built yet").into()
}

/// `campaign.create`
///
/// # Errors
/// `unavailable`
pub async fn create(_: &Cx, _: &TenantStore, _: CampaignCreate) -> Handled<Reply<CampaignCreate>> {
    Err(not_yet())
}

/// `campaign.list`
///
/// # Errors
/// `unavailable`
pub async fn list(_: &Cx, _: &TenantStore, _: CampaignList) -> Handled<Reply<CampaignList>> {
    Ok(Reply(Page::whole(Vec::new())))
}

/// `campaign.show`
///
/// # Errors
/// `unavailable`
pub async fn show(_: &Cx, _: &TenantStore, _: CampaignShow) -> Handled<Reply<CampaignShow>> {
    Err(not_yet())
}

/// `campaign.preview`
///
/// # Errors
/// `unavailable`
pub async fn preview(_: &Cx, _: &TenantStore, _: CampaignPreview) -> Handled<Reply<CampaignPreview>> {
    Err(not_yet())
}

/// `campaign.launch`
///
/// # Errors
/// `unavailable`
pub async fn launch(_: &Cx, _: &TenantStore, _: CampaignLaunch) -> Handled<Reply<CampaignLaunch>> {
    Err(not_yet())
}

/// `campaign.pause`
///
/// # Errors
/// `unavailable`
pub async fn pause(_: &Cx, _: &TenantStore, _: CampaignPause) -> Handled<Reply<CampaignPause>> {
    Err(not_yet())
}

/// `campaign.resume`
///
/// # Errors
/// `unavailable`
pub async fn resume(_: &Cx, _: &TenantStore, _: CampaignResume) -> Handled<Reply<CampaignResume>> {
    Err(not_yet())
}

/// `campaign.cancel`
///
/// # Errors
/// `unavailable`
pub async fn cancel(_: &Cx, _: &TenantStore, _: CampaignCancel) -> Handled<Reply<CampaignCancel>> {
    Err(not_yet())
}

/// `campaign.edit`
///
/// # Errors
/// `unavailable`
pub async fn edit(_: &Cx, _: &TenantStore, _: CampaignEdit) -> Handled<Reply<CampaignEdit>> {
    Err(not_yet())
}

/// `campaign.remove`
///
/// # Errors
/// `unavailable`
pub async fn remove(_: &Cx, _: &TenantStore, _: CampaignRemove) -> Handled<Reply<CampaignRemove>> {
    Err(not_yet())
}

/// `campaign.report`
///
/// # Errors
/// `unavailable`
pub async fn report(_: &Cx, _: &TenantStore, _: CampaignReport) -> Handled<Reply<CampaignReport>> {
    Err(not_yet())
}
