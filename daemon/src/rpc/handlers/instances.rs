//! `instance.*`: the WhatsApp numbers of a tenant.

use std::time::Duration;

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::Instance;
use mychatflow_data::protocol::calls::instance::{
    Drift, InstanceAdd, InstanceAdded, InstanceDocument, InstanceList, InstanceLogout, InstancePair, InstanceQr,
    InstanceRemove, InstanceRemoved, InstanceRestart, InstanceShow, InstanceShown, InstanceWebhook, Key, Secret,
    WebhookDocument,
};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::name::InstanceName;
use mychatflow_data::store::TenantStore;

use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::health::{self, HealthScope};
use crate::instances::{self, webhook_url};
use crate::rpc::paging;
use crate::rpc::peer::{Caller, Standing};
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// How long `instance.show` waits for what differs on the server.
const DRIFT_PATIENCE: Duration = Duration::from_secs(2);
/// How many lines of its history a number shows.
const HISTORY: i64 = 20;

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

/// The same with how old WAHA's word is.
fn dated(cx: &Cx, instance: Instance) -> InstanceDocument {
    let asked_at = cx.numbers.evidence(instance.id, cx.now()).asked_at;
    InstanceDocument { asked_at, ..document(instance) }
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
pub async fn list(cx: &Cx, shop: &TenantStore, call: InstanceList) -> Handled<Reply<InstanceList>> {
    let limit = paging::limit(call.limit);
    let after = call.after.map(|after| after.as_str().to_owned());
    let name = |instance: &Instance| instance.name.to_lowercase();
    let mut found = shop.instances().await?;
    found.sort_by_key(name);
    found.retain(|instance| after.as_ref().is_none_or(|after| name(instance) > *after));
    found.truncate(limit + 1);
    Ok(Reply(paging::page(found, limit, name, |instance| dated(cx, instance))))
}

/// `instance.show`
///
/// # Errors
/// `not_found` when no number has this name.
pub async fn show(cx: &Cx, shop: &TenantStore, caller: &Caller, call: InstanceShow) -> Handled<Reply<InstanceShow>> {
    let found = named(shop, &call.name).await?;
    let history = shop.instance_history(found.id, HISTORY).await?;
    let webhook_url = webhook_url(&cx.config(), found.id);
    // A server that is down or slow must not keep the page: then the verdict and its reason say so.
    let asked = tokio::time::timeout(DRIFT_PATIENCE, instances::drift(cx, shop, &found)).await;
    let drift = asked.ok().and_then(Result::ok).unwrap_or_default().into_iter().map(cleaned).collect();
    let findings = health::findings_for(cx, HealthScope::Number(shop.id(), found.id), shop.id(), caller).await;
    Ok(Reply(InstanceShown { instance: dated(cx, found), webhook_url, history, drift, findings }))
}

/// The server's own words are untrusted.
fn cleaned(drift: Drift) -> Drift {
    Drift { what: clean_line(&drift.what), wanted: clean_line(&drift.wanted), found: clean_line(&drift.found) }
}

/// `instance.add`: returns once WAHA has confirmed session, webhook and key; with the server down, without a status.
///
/// # Errors
/// `invalid` for a server that is not in the config, `conflict` when the name or the session is taken, `forbidden` when
/// somebody who is no operator names a session that is there already.
pub async fn add(cx: &Cx, shop: &TenantStore, caller: &Caller, call: InstanceAdd) -> Handled<Reply<InstanceAdd>> {
    let (waha, session) = (call.waha.as_deref(), call.session.as_deref());
    let added = match caller.standing {
        Standing::Operator => instances::add(cx, shop, &call.name, waha, session).await?,
        Standing::Person => instances::add_with_new_session(cx, shop, &call.name, waha, session).await?,
    };
    Ok(Reply(InstanceAdded {
        webhook_url: webhook_url(&cx.config(), added.id),
        id: added.id,
        name: added.name,
        waha: added.waha,
        session: added.session,
        status: added.status,
    }))
}

/// `instance.qr`
///
/// # Errors
/// `not_connected` when the session shows no code.
pub async fn qr(cx: &Cx, shop: &TenantStore, call: InstanceQr) -> Handled<Reply<InstanceQr>> {
    let found = named(shop, &call.name).await?;
    Ok(Reply(instances::qr(cx, shop, found.id, call.png).await?))
}

/// `instance.pair`
///
/// # Errors
/// `not_connected` when the session can't be paired now.
pub async fn pair(cx: &Cx, shop: &TenantStore, call: InstancePair) -> Handled<Reply<InstancePair>> {
    let found = named(shop, &call.name).await?;
    Ok(Reply(instances::pair(cx, shop, found.id, call.phone.as_ref()).await?))
}

/// `instance.restart`
///
/// # Errors
/// `unavailable` when WAHA did not.
pub async fn restart(cx: &Cx, shop: &TenantStore, call: InstanceRestart) -> Handled<Reply<InstanceRestart>> {
    let found = named(shop, &call.name).await?;
    Ok(Reply(document(instances::restart(cx, shop, found.id).await?)))
}

/// `instance.logout`
///
/// # Errors
/// `unavailable` when WAHA did not.
pub async fn logout(cx: &Cx, shop: &TenantStore, call: InstanceLogout) -> Handled<Reply<InstanceLogout>> {
    let found = named(shop, &call.name).await?;
    Ok(Reply(document(instances::logout(cx, shop, found.id).await?)))
}

/// `instance.remove`: our webhook goes, the session stays unless it is to be deleted.
///
/// # Errors
/// `not_found` when no number has this name.
pub async fn remove(cx: &Cx, shop: &TenantStore, call: InstanceRemove) -> Handled<Reply<InstanceRemove>> {
    let found = named(shop, &call.name).await?;
    let removed = instances::remove(cx, shop, found.id, call.delete_session).await?;
    if let Some(left_over) = removed.left_over {
        tracing::warn!(instance.id = %found.id, left_over, "something of a removed number is left at waha");
    }
    Ok(Reply(InstanceRemoved { id: found.id, name: found.name, session_deleted: removed.session }))
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
    Ok(Reply(WebhookDocument { url: webhook_url(&cx.config(), found.id), hmac_key }))
}
