//! Suppressions: addresses that nobody writes to any more. They are found by a digest, which outlives the person's erasure.

use sha2::{Digest, Sha256};

use super::error::StoreError;
use super::scope::{Scope, Scoped};
use crate::ids::TenantId;
use crate::model::contact::SuppressionCause;
use crate::phone::Address;
use crate::scoped;
use crate::time::Timestamp;

/// What an address is found by. The tenant is part of it, so that nobody can tell by it who else knows the address.
pub(crate) fn digest(tenant: TenantId, address: &Address) -> [u8; 32] {
    Sha256::new().chain_update(tenant.bytes()).chain_update(address.as_str()).finalize().into()
}

/// Is an address one that nobody writes to any more?
pub(crate) fn is_suppressed(scope: &Scope<'_>, address: &Address) -> Result<bool, StoreError> {
    const FIND: Scoped = scoped!("SELECT 1 FROM suppressions WHERE tenant_id = :tenant AND digest = :digest");
    let digest = digest(scope.tenant(), address);
    Ok(scope.row(FIND, &[(":digest", &digest.as_slice())], |_| Ok(()))?.is_some())
}

/// Nobody writes to an address any more. Who said so first stands.
pub(crate) fn suppress(
    scope: &Scope<'_>,
    address: &Address,
    cause: SuppressionCause,
    now: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: Scoped = scoped!(
        "INSERT INTO suppressions (tenant_id, digest, address, cause, at)
         VALUES (:tenant, :digest, :address, :cause, :now)
         ON CONFLICT (tenant_id, digest) DO NOTHING"
    );
    let digest = digest(scope.tenant(), address);
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":digest", &digest.as_slice()), (":address", address), (":cause", &cause), (":now", &now)];
    scope.execute(INSERT, params).map(drop)
}
