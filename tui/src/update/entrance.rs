//! Coming in: which business, and what every screen needs to know of it.

use jiff::tz::TimeZone;
use mychatflow_data::protocol::calls::credit::CreditShow;
use mychatflow_data::protocol::calls::daemon::DaemonStatus;
use mychatflow_data::protocol::calls::instance::InstanceList;
use mychatflow_data::protocol::calls::overview::OverviewShow;
use mychatflow_data::protocol::calls::tenant::{TenantDocument, TenantList};
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::page::Page;

use super::{Cx, ahead, enter, palette};
use crate::msg::Refusal;
use crate::state::overlay::{Overlay, Reader, ReaderLine};
use crate::state::{Entrance, State};
use crate::text::CleanText;

/// Reads what every screen needs.
pub fn refresh(state: &mut State, cx: &mut Cx<'_>) {
    cx.ask(TenantList::default());
    cx.ask(DaemonStatus {});
    if state.tenant.is_some() {
        shop(state, cx);
    }
}

/// Reads what every screen needs of the business.
fn shop(state: &State, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    cx.ask(OverviewShow { tenant: tenant.clone() });
    cx.ask(CreditShow { tenant: tenant.clone() });
    cx.ask(InstanceList { tenant, ..InstanceList::default() });
}

/// The businesses that one may see.
pub fn tenants(state: &mut State, reply: Result<Page<TenantDocument>, Refusal>, cx: &mut Cx<'_>) {
    let page = match reply {
        Ok(page) => page,
        Err(refusal) => {
            if matches!(refusal.code, Some(Code::Forbidden | Code::Unauthenticated)) {
                state.entrance = Entrance::Stranger(refusal.text);
            }
            return;
        }
    };
    let left = state.shop().map(|shop| shop.name.clone());
    state.tenants = page.items;
    if state.shop().is_some() {
        return;
    }
    let left = left.filter(|_| state.entrance == Entrance::In);
    if left.is_some() {
        leave(state, cx);
    }
    let wanted = state.wanted_tenant.as_ref().map(|name| name.as_str().to_owned());
    let known = |name: &str| {
        state.tenants.iter().find(|shop| shop.name.eq_ignore_ascii_case(name) || shop.id.to_string() == name)
    };
    let chosen = match (&wanted, state.tenants.as_slice()) {
        (_, []) => {
            state.entrance = Entrance::NoTenant;
            return;
        }
        (Some(name), _) => known(name),
        (None, [only]) => Some(only),
        (None, _) => state.prefs.tenant.as_deref().and_then(known),
    };
    match (chosen.map(|shop| shop.id), wanted) {
        (Some(id), _) => {
            choose(state, id, cx);
            if let Some(left) = left {
                tell_change(state, &left);
            }
        }
        (None, Some(name)) => {
            state.entrance =
                Entrance::Stranger(format!("there is no business {name:?} here that this account may see"));
        }
        (None, None) => {
            // What was typed before there was a business to choose is no choice of one.
            ahead::drop_all(state, cx);
            palette::tenants(state);
            if let Some(left) = left {
                tell_change(state, &left);
            }
        }
    }
}

/// The business on the screen is not among those any more: nothing of it may be acted on, and nothing that was begun for
/// it may reach another one.
fn leave(state: &mut State, cx: &Cx<'_>) {
    ahead::drop_all(state, cx);
    state.overlays.clear();
    state.forget_shop();
    state.tenant = None;
    state.entrance = Entrance::Waiting;
}

/// Whoever is in the middle of a word types on: the letters must not become commands in another business.
fn tell_change(state: &mut State, left: &str) {
    let words = format!(
        "You may not see {} any more, or it is gone. What was being done there is not done, and what was being written \
         was not sent.",
        CleanText::line(left)
    );
    let lines = vec![ReaderLine::Words(CleanText::line(&words))];
    state.overlays.push(Overlay::Reader(Reader::new("Another business", lines)));
}

/// Goes into a business.
pub fn choose(state: &mut State, id: mychatflow_data::ids::TenantId, cx: &mut Cx<'_>) {
    if state.tenant.is_some_and(|before| before != id) {
        // What was typed and opened was about the other one.
        ahead::drop_all(state, cx);
        state.overlays.clear();
    }
    state.tenant = Some(id);
    state.entrance = Entrance::In;
    if let Some(zone) = state.shop().and_then(|shop| TimeZone::get(&shop.timezone).ok()) {
        state.zone = zone;
    }
    state.forget_shop();
    let id = id.to_string();
    if state.tenants.len() > 1 && state.prefs.tenant.as_deref() != Some(id.as_str()) {
        state.prefs.tenant = Some(id);
        cx.want(crate::msg::Effect::Remember(state.prefs.clone()));
    }
    shop(state, cx);
    enter(state, state.screen, cx);
}
