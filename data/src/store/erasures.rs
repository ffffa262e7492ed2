//! Erasures: until when what was said to or by an address is forgotten. WAHA tells of messages more than once, and its
//! history has them all: what was erased must not come back that way.

use super::error::StoreError;
use super::scope::{Scope, Scoped};
use super::suppressions::{digest, spellings};
use crate::ids::InstanceId;
use crate::phone::Address;
use crate::scoped;
use crate::time::Timestamp;

/// WhatsApp's clock has whole seconds.
const SECOND_MS: i64 = 1000;

/// The address that stands where one was erased.
pub(crate) fn nobody() -> Address {
    Address::parse("erased@lid").expect("it has a known ending")
}

/// What is said to or by an address until now is forgotten, whichever way its number is spelt.
pub(crate) fn note(scope: &Scope<'_>, address: &Address, now: Timestamp) -> Result<(), StoreError> {
    const NOTE: Scoped = scoped!(
        "INSERT INTO erasures (tenant_id, digest, at) VALUES (:tenant, :digest, :now)
         ON CONFLICT (tenant_id, digest) DO UPDATE SET at = max(at, excluded.at)"
    );
    for address in spellings(address) {
        scope.execute(NOTE, &[(":digest", &digest(scope.tenant(), &address)), (":now", &now)])?;
    }
    Ok(())
}

/// Was anything of this address ever forgotten?
fn any(scope: &Scope<'_>, address: &Address) -> Result<bool, StoreError> {
    const ANY: Scoped = scoped!("SELECT 1 FROM erasures WHERE tenant_id = :tenant AND digest = :digest");
    Ok(scope.row(ANY, &[(":digest", &digest(scope.tenant(), address))], |_| Ok(()))?.is_some())
}

/// Was the person of this address erased, and is nobody known by it since? Whatever was asked about them before must not
/// make them known again.
pub(crate) fn is_gone(scope: &Scope<'_>, address: &Address) -> Result<bool, StoreError> {
    const KNOWN: Scoped = scoped!("SELECT 1 FROM identities WHERE tenant_id = :tenant AND address = :address");
    Ok(any(scope, address)? && scope.row(KNOWN, &[(":address", address)], |_| Ok(()))?.is_none())
}

/// Was what this address said, or heard, at an instant forgotten since? What came in the very second of the erasure may
/// be a new word: its id tells.
pub(crate) fn forgot(scope: &Scope<'_>, address: &Address, at: Timestamp) -> Result<bool, StoreError> {
    const FORGOT: Scoped = scoped!(
        "SELECT 1 FROM erasures WHERE tenant_id = :tenant AND digest = :digest AND at / :second > :at / :second"
    );
    let digest = digest(scope.tenant(), address);
    Ok(scope.row(FORGOT, &[(":digest", &digest), (":at", &at), (":second", &SECOND_MS)], |_| Ok(()))?.is_some())
}

/// Was the message of this id erased? It is remembered as long as WAHA may post it again.
pub(crate) fn forgot_message(scope: &Scope<'_>, instance: InstanceId, bare_id: &str) -> Result<bool, StoreError> {
    const FORGOT: Scoped =
        scoped!("SELECT 1 FROM deliveries WHERE tenant_id = :tenant AND instance_id = :instance AND key = :key");
    let key = format!("erased:{bare_id}");
    Ok(scope.row(FORGOT, &[(":instance", &instance), (":key", &key)], |_| Ok(()))?.is_some())
}
