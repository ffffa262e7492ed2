//! Which tenant a call is about, and who of its callers may see it.

use mychatflow_data::ids::TenantId;
use mychatflow_data::model::member::Role;
use mychatflow_data::model::tenant::Tenant;
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::{Method, Needs};
use mychatflow_data::store::Store;

use super::peer::{Caller, Standing};
use super::permit;
use super::refused::Handled;

/// How many tenants a refusal names.
const NAMED_MAX: usize = 8;

/// A tenant as one caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The tenant.
    pub tenant: Tenant,
    /// What the caller is there; `None` for an operator who is no member.
    pub role: Option<Role>,
}

/// The tenants that a caller may see, by name.
///
/// # Errors
/// What the store says.
pub async fn visible(store: &Store, caller: &Caller) -> Handled<Vec<Seen>> {
    let roles = store.roles_of(caller.uid).await?;
    let role = |tenant: TenantId| roles.iter().find(|(known, _)| *known == tenant).map(|(_, role)| *role);
    let tenants = store.tenants().await?.into_iter();
    let seen = tenants.map(|tenant| Seen { role: role(tenant.id), tenant });
    Ok(seen.filter(|seen| seen.role.is_some() || caller.standing == Standing::Operator).collect())
}

/// The same for a call that needs at least one: who works nowhere is told whom to ask, rather than shown an empty list.
///
/// # Errors
/// What [`permit`] says to somebody without any tenant.
pub async fn visible_to_member(store: &Store, caller: &Caller, method: Method) -> Handled<Vec<Seen>> {
    let seen = visible(store, caller).await?;
    if seen.is_empty() {
        permit(method, caller, None)?;
    }
    Ok(seen)
}

/// The tenant of a call: the one that is named, or the only one. Asks [`permit`] as well.
///
/// A tenant that the caller does not work for and one that is not there are refused in the same words.
///
/// # Errors
/// `invalid` without a name where several could be meant; otherwise what [`permit`] says, or `not_found`.
pub async fn resolve(store: &Store, caller: &Caller, method: Method, name: Option<&str>) -> Handled<Seen> {
    let mut seen = visible(store, caller).await?;
    let found = match name.map(str::trim) {
        Some(name) => {
            let id = name.parse::<TenantId>().ok();
            let fits = |seen: &Seen| match id {
                Some(id) => seen.tenant.id == id,
                None => seen.tenant.name.to_lowercase() == name.to_lowercase(),
            };
            match seen.iter().position(fits) {
                Some(at) => seen.swap_remove(at),
                None => return Err(not_visible(caller, method, name, seen.is_empty())?.into()),
            }
        }
        None => match seen.len() {
            1 => seen.swap_remove(0),
            0 => {
                permit(method, caller, None)?;
                let text = "there is no tenant yet; make one with `mychatflow tenant add NAME`";
                return Err(CallError::not_found(text).into());
            }
            count => {
                let names: Vec<&str> = seen.iter().take(NAMED_MAX).map(|seen| seen.tenant.name.as_str()).collect();
                let more = if count > NAMED_MAX { ", …" } else { "" };
                let text = format!("there are {count} tenants: say which with --tenant ({}{more})", names.join(", "));
                return Err(CallError::invalid(text).into());
            }
        },
    };
    permit(method, caller, found.role)?;
    Ok(found)
}

fn not_visible(caller: &Caller, method: Method, name: &str, sees_none: bool) -> Handled<CallError> {
    if caller.standing == Standing::Operator {
        return Ok(CallError::not_found(format!(
            "there is no tenant {name:?}; `mychatflow tenant list` shows those there are"
        )));
    }
    if sees_none {
        permit(method, caller, None)?;
    }
    let role = match method.needs {
        Needs::Member(role) => role,
        Needs::Anyone | Needs::Operator => Role::Viewer,
    };
    Ok(CallError::forbidden(format!(
        "{} does not work for {name:?}; ask an operator to run `mychatflow tenant grant {name:?} --user {} --role {role}`",
        caller.name, caller.name
    )))
}
