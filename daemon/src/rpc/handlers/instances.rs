//! `instance.*`: the WhatsApp numbers of a tenant.

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::Instance;
use mychatflow_data::protocol::calls::instance::{
    InstanceDocument, InstanceList, InstanceShow, InstanceShown, InstanceWebhook, Key, Secret, WebhookDocument,
};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::name::InstanceName;
use mychatflow_data::store::TenantStore;

use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::rpc::paging;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;
use crate::waha::session_config::WEBHOOK_PATH;

/// How many lines of its history a number shows.
const HISTORY: i64 = 20;

/// Where WAHA posts what happens on a number.
#[must_use]
pub fn webhook_url(cx: &Cx, id: InstanceId) -> String {
    format!("{}{WEBHOOK_PATH}{id}", cx.config().webhook.base_url())
}

/// A number as replies show it: its untrusted texts cleaned.
#[must_use]
pub fn document(instance: Instance) -> InstanceDocument {
    let mut instance = InstanceDocument::from(instance);
    instance.reason = instance.reason.map(|reason| clean_line(&reason));
    if let Some(me) = &mut instance.me {
        me.name = me.name.take().map(|name| clean_line(&name));
    }
    instance
}

/// The number that a caller means, by name or id.
///
/// # Errors
/// `not_found`, naming those there are.
pub async fn named(shop: &TenantStore, name: &InstanceName) -> Handled<Instance> {
    let wanted = name.as_str().trim();
    let id = wanted.parse::<InstanceId>().ok();
    let instances = shop.instances().await?;
    let fits = |instance: &Instance| match id {
        Some(id) => instance.id == id,
        None => instance.name.to_lowercase() == wanted.to_lowercase(),
    };
    match instances.iter().find(|instance| fits(instance)) {
        Some(found) => Ok(found.clone()),
        None if instances.is_empty() => {
            let text = format!("no number is called {wanted:?}; add one with `mychatflow instance add NAME`");
            Err(CallError::not_found(text).into())
        }
        None => {
            let names: Vec<&str> = instances.iter().map(|instance| instance.name.as_str()).collect();
            let text = format!("no number is called {wanted:?}; there are {}", names.join(", "));
            Err(CallError::not_found(text).into())
        }
    }
}

/// `instance.list`: by name.
///
/// # Errors
/// What the store says.
pub async fn list(_: &Cx, shop: &TenantStore, call: InstanceList) -> Handled<Reply<InstanceList>> {
    let limit = paging::limit(call.limit);
    let after = call.after.map(|after| after.as_str().to_owned());
    let name = |instance: &Instance| instance.name.to_lowercase();
    let mut found = shop.instances().await?;
    found.sort_by_key(name);
    found.retain(|instance| after.as_ref().is_none_or(|after| name(instance) > *after));
    found.truncate(limit + 1);
    Ok(Reply(paging::page(found, limit, name, document)))
}

/// `instance.show`
///
/// # Errors
/// `not_found` when no number has this name.
pub async fn show(cx: &Cx, shop: &TenantStore, call: InstanceShow) -> Handled<Reply<InstanceShow>> {
    let found = named(shop, &call.name).await?;
    let history = shop.instance_history(found.id, HISTORY).await?;
    let webhook_url = webhook_url(cx, found.id);
    Ok(Reply(InstanceShown { instance: document(found), webhook_url, history, drift: Vec::new() }))
}

/// `instance.webhook`: the key only when it is asked for.
///
/// # Errors
/// `not_found` when no number has this name.
pub async fn webhook(cx: &Cx, shop: &TenantStore, call: InstanceWebhook) -> Handled<Reply<InstanceWebhook>> {
    let found = named(shop, &call.name).await?;
    let hmac_key = match call.reveal {
        Key::Hidden => None,
        Key::Revealed => Some(Secret::new(shop.hmac_key(found.id).await?.reveal())),
    };
    Ok(Reply(WebhookDocument { url: webhook_url(cx, found.id), hmac_key }))
}
