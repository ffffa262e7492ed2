//! `tenant.*`: the businesses of this daemon and the accounts that work for them.

use std::time::Duration;

use jiff::tz::TimeZone;
use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::member::Role;
use mychatflow_data::model::tenant::TenantState;
use mychatflow_data::protocol::calls::instance::SessionFate;
use mychatflow_data::protocol::calls::tenant::{
    Service, TenantAdd, TenantDocument, TenantGrant, TenantGranted, TenantList, TenantRemove, TenantRemoved,
    TenantShow, TenantShown, TenantSuspend,
};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::{Method, Needs};
use mychatflow_data::store::TenantStore;
use tokio::time::timeout;

use crate::config::PLAN;
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::instances;
use crate::rpc::paging;
use crate::rpc::peer::{self, Caller};
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;
use crate::rpc::tenancy::{self, Seen};

/// How long the removal of a tenant waits for WAHA.
const LEAVE_PATIENCE: Duration = Duration::from_secs(20);
/// Whoever works for any tenant may list.
const LIST: Method = Method { name: "tenant.list", needs: Needs::Member(Role::Viewer) };

/// `tenant.add`
///
/// # Errors
/// `invalid` for an unknown plan or time zone, `conflict` when the name is taken.
pub async fn add(cx: &Cx, _: &Caller, call: TenantAdd) -> Handled<Reply<TenantAdd>> {
    let config = cx.config();
    let plan = call.plan.unwrap_or_else(|| PLAN.to_owned());
    if !config.plans.contains_key(&plan) {
        let plans: Vec<&str> = config.plans.keys().map(String::as_str).collect();
        return Err(CallError::invalid(format!("no plan is called {plan:?}; there are {}", plans.join(", "))).into());
    }
    let timezone = call.timezone.unwrap_or_else(|| {
        let zone = TimeZone::system();
        zone.iana_name().unwrap_or("UTC").to_owned()
    });
    let tenant = cx.store.add_tenant(clean_line(&call.name), plan, timezone, cx.now()).await?;
    Ok(Reply(TenantDocument::new(tenant, None)))
}

/// `tenant.list`: those that the caller may see, by name.
///
/// # Errors
/// `unauthenticated` for whoever works for none.
pub async fn list(cx: &Cx, caller: &Caller, call: TenantList) -> Handled<Reply<TenantList>> {
    let limit = paging::limit(call.limit);
    let after = call.after.map(|after| after.as_str().to_lowercase());
    let name = |seen: &Seen| seen.tenant.name.to_lowercase();
    let mut seen = tenancy::visible_to_member(&cx.store, caller, LIST).await?;
    seen.sort_by_key(name);
    seen.retain(|seen| after.as_ref().is_none_or(|after| name(seen) > *after));
    seen.truncate(limit + 1);
    Ok(Reply(paging::page(seen, limit, name, |seen| TenantDocument::new(seen.tenant, seen.role))))
}

/// `tenant.show`
///
/// # Errors
/// What the store says.
pub async fn show(_: &Cx, shop: &TenantStore, _: TenantShow, seen: Seen) -> Handled<Reply<TenantShow>> {
    let members = shop.members().await?;
    Ok(Reply(TenantShown { tenant: TenantDocument::new(seen.tenant, seen.role), members }))
}

/// `tenant.suspend`
///
/// # Errors
/// What the store says.
pub async fn suspend(cx: &Cx, shop: &TenantStore, call: TenantSuspend, seen: Seen) -> Handled<Reply<TenantSuspend>> {
    let state = match call.resume {
        Service::Suspend => TenantState::Suspended,
        Service::Resume => TenantState::Active,
    };
    shop.set_tenant_state(state).await?;
    Ok(Reply(TenantDocument::new(super::tenant(cx, shop).await?, seen.role)))
}

/// `tenant.grant`
///
/// # Errors
/// `not_found` when this machine has no such account, or when there is no role to take away.
pub async fn grant(cx: &Cx, shop: &TenantStore, call: TenantGrant) -> Handled<Reply<TenantGrant>> {
    let user = call.user.trim().to_owned();
    let asked = user.clone();
    // An account of a directory service is found by running `getent`.
    let found = tokio::task::spawn_blocking(move || {
        let uid = peer::uid_of(&asked).ok().flatten()?;
        Some((uid, peer::name_of(uid)))
    })
    .await;
    let Some((uid, name)) = found.ok().flatten() else {
        return Err(CallError::not_found(format!("this machine has no account {user:?}; name one, or its uid")).into());
    };
    match call.role.role() {
        Some(role) => drop(shop.grant_role(uid, name.clone(), role, cx.now()).await?),
        None => shop.drop_member(uid).await?,
    }
    Ok(Reply(TenantGranted { tenant: shop.id(), uid, name, role: call.role }))
}

/// Takes our webhook away from a number's session. Whatever WAHA does, the tenant goes.
async fn leave(cx: &Cx, shop: &TenantStore, number: InstanceId) {
    let removed = timeout(LEAVE_PATIENCE, instances::remove(cx, shop, number, SessionFate::Keep)).await;
    let left_over = match removed {
        Ok(Ok(removed)) => removed.left_over,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some("WAHA did not answer in time; our webhook may still be in the session".to_owned()),
    };
    if let Some(left_over) = left_over {
        tracing::warn!(instance.id = %number, left_over, "something of a removed tenant is left at waha");
    }
}

/// `tenant.remove`: with everything it had. Our webhooks leave WAHA's sessions first. Never without its name.
///
/// # Errors
/// `invalid` without a name.
pub async fn remove(cx: &Cx, shop: &TenantStore, call: TenantRemove, seen: Seen) -> Handled<Reply<TenantRemove>> {
    if call.tenant.is_none() {
        return Err(CallError::invalid("say which tenant is to be removed, with everything it has").into());
    }
    let numbers = shop.instances().await?;
    let leave = numbers.iter().map(|number| leave(cx, shop, number.id));
    futures_util::future::join_all(leave).await;
    cx.store.remove_tenant(shop.id()).await?;
    Ok(Reply(TenantRemoved { id: seen.tenant.id, name: seen.tenant.name }))
}
