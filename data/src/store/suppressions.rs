//! Suppressions: addresses that nobody writes to any more. They are known by a digest, which outlives the person's erasure.

use sha2::{Digest, Sha256};

use super::TenantStore;
use super::error::StoreError;
use super::scope::{Scope, Scoped};
use crate::ids::{ContactId, TenantId};
use crate::model::contact::{Suppression, SuppressionCause};
use crate::phone::Address;
use crate::scoped;
use crate::time::Timestamp;

/// Where a page of suppressions ended: the newest come first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressionPlace {
    /// When the last one began.
    pub at: Timestamp,
    /// Its digest.
    pub digest: Vec<u8>,
}

/// What an address is known by once its person is forgotten. The tenant is part of it, so that two lists can't be compared.
pub(crate) fn digest(tenant: TenantId, address: &Address) -> [u8; 32] {
    Sha256::new().chain_update(tenant.bytes()).chain_update(address.as_str()).finalize().into()
}

/// An address, and the same number as it is spelt elsewhere.
pub(crate) fn spellings(address: &Address) -> impl Iterator<Item = Address> {
    std::iter::once(address.clone()).chain(address.other_spelling())
}

/// Since when an address is not written to any more, and why. Whoever said so under one spelling of a number is meant
/// under the other one too.
pub(crate) fn find(scope: &Scope<'_>, address: &Address) -> Result<Option<(Timestamp, SuppressionCause)>, StoreError> {
    const FIND: Scoped = scoped!("SELECT at, cause FROM suppressions WHERE tenant_id = :tenant AND digest = :digest");
    let by = |address: &Address| {
        let digest = digest(scope.tenant(), address);
        scope.row(FIND, &[(":digest", &digest)], |row| Ok((row.get(0)?, row.get(1)?)))
    };
    match (by(address)?, address.other_spelling()) {
        (None, Some(other)) => by(&other),
        (found, _) => Ok(found),
    }
}

/// Is this address one that nobody writes to any more?
pub(crate) fn is_suppressed(scope: &Scope<'_>, address: &Address) -> Result<bool, StoreError> {
    Ok(find(scope, address)?.is_some())
}

/// Nobody writes to this address any more. Whoever is on the list stays there since when they were first; a word of theirs
/// says more than that they were erased once.
pub(crate) fn suppress(
    scope: &Scope<'_>,
    address: &Address,
    cause: SuppressionCause,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SUPPRESS: Scoped = scoped!(
        "INSERT INTO suppressions (tenant_id, digest, address, cause, at)
         VALUES (:tenant, :digest, :address, :cause, :now)
         ON CONFLICT (tenant_id, digest) DO UPDATE SET
             address = coalesce(address, excluded.address),
             at = CASE cause WHEN 'erased' THEN excluded.at ELSE at END,
             cause = CASE cause WHEN 'erased' THEN excluded.cause ELSE cause END"
    );
    let digest = digest(scope.tenant(), address);
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":digest", &digest), (":address", address), (":cause", &cause), (":now", &now)];
    scope.execute(SUPPRESS, params).map(drop)
}

/// Nobody writes to this address any more, and what it is was forgotten.
pub(crate) fn forget(scope: &Scope<'_>, address: &Address, now: Timestamp) -> Result<(), StoreError> {
    const FORGET: Scoped =
        scoped!("UPDATE suppressions SET address = NULL WHERE tenant_id = :tenant AND digest = :digest");
    suppress(scope, address, SuppressionCause::Erased, now)?;
    for address in spellings(address) {
        scope.execute(FORGET, &[(":digest", &digest(scope.tenant(), &address))])?;
    }
    Ok(())
}

/// This address may be written to again.
pub(crate) fn lift(scope: &Scope<'_>, address: &Address) -> Result<(), StoreError> {
    const LIFT: Scoped = scoped!("DELETE FROM suppressions WHERE tenant_id = :tenant AND digest = :digest");
    for address in spellings(address) {
        scope.execute(LIFT, &[(":digest", &digest(scope.tenant(), &address))])?;
    }
    Ok(())
}

/// Every address of a person, that of the phone number too.
pub(crate) fn addresses_of(scope: &Scope<'_>, contact: ContactId) -> Result<Vec<Address>, StoreError> {
    const ADDRESSES: Scoped = scoped!(
        "SELECT address FROM identities WHERE tenant_id = :tenant AND contact_id = :contact
         UNION SELECT phone || '@c.us' FROM contacts
               WHERE tenant_id = :tenant AND id = :contact AND phone IS NOT NULL"
    );
    scope.rows(ADDRESSES, &[(":contact", &contact)], |row| row.get(0))
}

/// A person got another address, or became one with somebody: whoever is silent under one address is under all of them.
pub(crate) fn spread(scope: &Scope<'_>, contact: ContactId, now: Timestamp) -> Result<(), StoreError> {
    const SINCE: Scoped = scoped!("SELECT opted_out_at FROM contacts WHERE tenant_id = :tenant AND id = :contact");
    const SILENCE: Scoped = scoped!(
        "UPDATE contacts SET opted_out_at = coalesce(opted_out_at, :at) WHERE tenant_id = :tenant AND id = :contact"
    );
    let since: Option<Timestamp> = scope.row(SINCE, &[(":contact", &contact)], |row| row.get(0))?.flatten();
    let addresses = addresses_of(scope, contact)?;
    let mut listed = None;
    for address in &addresses {
        listed = match (listed, find(scope, address)?) {
            (Some(first), Some(other)) => Some(std::cmp::min_by_key(first, other, |(at, _)| *at)),
            (first, other) => first.or(other),
        };
    }
    let (at, cause) = match (listed, since) {
        (Some(listed), _) => listed,
        (None, Some(_)) => (now, SuppressionCause::Owner),
        (None, None) => return Ok(()),
    };
    // Whoever was erased and writes again is a customer like any other: only campaigns leave them alone.
    if since.is_some() || cause != SuppressionCause::Erased {
        scope.execute(SILENCE, &[(":contact", &contact), (":at", &at)])?;
    }
    addresses.iter().try_for_each(|address| suppress(scope, address, cause, now))
}

impl TenantStore {
    /// Addresses that nobody writes to any more, newest first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn suppressions(
        &self,
        after: Option<SuppressionPlace>,
        limit: i64,
    ) -> Result<Vec<(Suppression, SuppressionPlace)>, StoreError> {
        const PAGE: Scoped = scoped!(
            "SELECT address, cause, at, digest FROM suppressions
             WHERE tenant_id = :tenant AND (:at IS NULL OR (at, digest) < (:at, :digest))
             ORDER BY at DESC, digest DESC LIMIT :limit"
        );
        self.read(move |scope| {
            let (at, digest) = after.map(|place| (place.at, place.digest)).unzip();
            scope.rows(PAGE, &[(":at", &at), (":digest", &digest), (":limit", &limit)], |row| {
                let suppression = Suppression { address: row.get(0)?, cause: row.get(1)?, at: row.get(2)? };
                let place = SuppressionPlace { at: suppression.at, digest: row.get(3)? };
                Ok((suppression, place))
            })
        })
        .await
    }

    /// Is this address one that nobody writes to any more?
    ///
    /// # Errors
    /// What the store says.
    pub async fn is_suppressed(&self, address: Address) -> Result<bool, StoreError> {
        self.read(move |scope| is_suppressed(scope, &address)).await
    }
}
