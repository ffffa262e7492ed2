//! One file per resource, one function per call. The tenant is found and the caller allowed before any of them runs.

pub mod ask;
pub mod audience;
pub mod campaign_copies;
pub mod campaign_files;
pub mod campaign_lists;
mod campaign_preview;
pub mod campaigns;
pub mod chats;
pub mod contact_edit;
pub mod contact_erase;
pub mod contact_export;
pub mod contact_import;
pub mod contact_merge;
pub mod contacts;
pub mod credits;
pub mod daemon;
pub mod drafts;
mod first_message;
pub mod instance_probe;
pub mod instances;
pub mod notes;
pub mod overview;
pub mod people;
pub mod preflight;
pub mod queue;
pub mod quick_replies;
pub mod search;
pub mod segments;
pub mod settings;
pub mod stats;
pub mod tenants;
pub mod why;

use mychatflow_data::model::setting::Rules;
use mychatflow_data::model::tenant::Tenant;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::chats::Listed;
use mychatflow_data::store::error::StoreError;

use super::refused::Handled;
use crate::cx::Cx;

/// The tenant's row.
async fn tenant(cx: &Cx, shop: &TenantStore) -> Handled<Tenant> {
    Ok(cx.store.find_tenant(shop.id()).await?.ok_or(StoreError::NotFound("tenant"))?)
}

/// The rules of answering that hold in a chat.
async fn rules(cx: &Cx, shop: &TenantStore, listed: &Listed) -> Handled<Rules> {
    let values = shop.settings(Some(listed.chat.instance), Some(listed.chat.id)).await?;
    Ok(values.rules(cx.config().reply))
}
