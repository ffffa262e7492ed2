//! Whom nobody writes to, once one person is two again.

use crate::model::contact::{Contact, SuppressionCause};
use crate::store::error::StoreError;
use crate::store::merges::Before;
use crate::store::scope::Scope;
use crate::store::suppressions;
use crate::time::Timestamp;

/// The addresses of whoever wants silence are silent; those of whoever does not are as they were.
pub(super) fn part(
    scope: &Scope<'_>,
    before: &Before,
    people: [&Contact; 2],
    now: Timestamp,
) -> Result<(), StoreError> {
    for person in people {
        for address in suppressions::addresses_of(scope, person.id)? {
            let was = before.silent.iter().find(|silent| silent.address == address);
            let is = suppressions::find(scope, &address)?;
            match (person.opted_out_at, was, is) {
                (Some(_), _, Some(_)) => {}
                (Some(_), Some(was), None) => suppressions::suppress(scope, &address, was.cause, was.at)?,
                (Some(since), None, None) => {
                    suppressions::suppress(scope, &address, SuppressionCause::Owner, since.min(now))?;
                }
                // It was the other one's silence that spread.
                (None, None, _) => suppressions::lift(scope, &address)?,
                (None, Some(_), _) => {}
            }
        }
    }
    Ok(())
}
