//! The socket: who connects, what a line means, and who may call what. What a call does is the service's matter.

pub mod handlers;
pub mod listener;
pub mod paging;
pub mod peer;
pub mod refused;
pub mod room;
pub mod service;
pub mod session;
pub mod tenancy;

use std::future::Future;

use mychatflow_data::model::member::Role;
use mychatflow_data::protocol::error::{CallError, Code};
use mychatflow_data::protocol::{Answer, Method, Needs, Request};

use self::peer::{Caller, Standing};
use crate::bus::{Audience, Bus};

/// What answers the calls of a session.
pub trait Service: Send + Sync + 'static {
    /// Answers a call. Resolves the tenant and asks [`permit`] before any handler runs.
    fn call(&self, caller: &Caller, request: Request) -> impl Future<Output = Result<Answer, CallError>> + Send;

    /// Whose events the caller may hear: of one tenant where it is named, else of every tenant that the caller may see.
    fn audience(
        &self,
        caller: &Caller,
        tenant: Option<&str>,
    ) -> impl Future<Output = Result<Audience, CallError>> + Send;

    /// Where events come from.
    fn bus(&self) -> &Bus;
}

/// May the caller, who has this role in the tenant of the call, make it? The one place that decides.
///
/// # Errors
/// `forbidden` with what to ask for, or `unauthenticated` where the caller is nobody we know.
pub fn permit(method: Method, caller: &Caller, role: Option<Role>) -> Result<(), CallError> {
    let needed = match (method.needs, caller.standing) {
        (_, Standing::Operator) | (Needs::Anyone, _) => return Ok(()),
        (Needs::Operator, Standing::Person) => {
            let text = format!(
                "only an operator may do this ({}); run it as root or as the daemon's own account, or be named in auth.operators",
                method.name
            );
            return Err(CallError::forbidden(text));
        }
        (Needs::Member(needed), Standing::Person) => needed,
    };
    match role {
        Some(role) if role.covers(needed) => Ok(()),
        Some(role) => Err(CallError::forbidden(format!(
            "{} needs the role {needed}, and {} is {role}; ask an owner to run `mychatflow tenant grant TENANT --user {} --role {needed}`",
            method.name, caller.name, caller.name
        ))),
        None => Err(CallError::new(
            Code::Unauthenticated,
            format!(
                "the account {} works for no tenant here; ask an operator to run `mychatflow tenant grant TENANT --user {} --role {needed}`",
                caller.name, caller.name
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_do_what() {
        let caller = |standing| Caller { uid: 1000, name: "anna".to_owned(), standing };
        let (operator, person) = (Standing::Operator, Standing::Person);
        for (needs, standing, role, expected) in [
            (Needs::Anyone, person, None, None),
            (Needs::Operator, operator, None, None),
            (Needs::Operator, person, Some(Role::Owner), Some(Code::Forbidden)),
            (Needs::Member(Role::Owner), operator, None, None),
            (Needs::Member(Role::Viewer), person, Some(Role::Viewer), None),
            (Needs::Member(Role::Viewer), person, Some(Role::Owner), None),
            (Needs::Member(Role::Agent), person, Some(Role::Viewer), Some(Code::Forbidden)),
            (Needs::Member(Role::Viewer), person, None, Some(Code::Unauthenticated)),
        ] {
            let refused = permit(Method { name: "chat.send", needs }, &caller(standing), role).err();
            assert_eq!(refused.map(|error| error.code), expected, "{needs:?} {standing:?} {role:?}");
        }
    }
}
