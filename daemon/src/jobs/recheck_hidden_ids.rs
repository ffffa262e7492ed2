//! Asks once more whose the hidden ids are that WAHA did not know when their people first wrote. It learns numbers later: from an
//! address book, a shared group, a message.

use std::collections::HashMap;
use std::time::Duration;

use mychatflow_data::model::instance::Instance;
use mychatflow_data::phone::{Address, AddressKind};
use mychatflow_data::store::TenantStore;
use mychatflow_data::time::Timestamp;

use super::JobError;
use crate::cx::Cx;
use crate::instances::server;
use crate::waha::paging::{Paging, Turn};
use crate::waha::{Waha, WahaError};

/// How often it is looked whether somebody is due.
pub const EVERY: Duration = Duration::from_secs(3600);
/// How old an unknown hidden id is when it is asked about again.
const FIRST: Duration = Duration::from_secs(3600);
/// The same for the second time.
const SECOND: Duration = Duration::from_secs(86_400);
/// From then on it is asked about so often.
const THEN: Duration = Duration::from_secs(7 * 86_400);
/// How many people without a number are looked at, those of the youngest words first.
const PEOPLE_MAX: i64 = 1000;
/// Pairs on one page.
const PAGE: u32 = 500;
/// How many pages are read at most.
const PAGES_MAX: u32 = 40;
/// How many are asked about one by one where the server has no list.
const SINGLY_MAX: usize = 10;

/// Must somebody whom we met then be asked about, after the last time that anybody was?
#[must_use]
pub fn is_due(met_at: Timestamp, asked_at: Option<Timestamp>, now: Timestamp) -> bool {
    let age = now.since(met_at);
    let weeks = u32::try_from(age.as_secs() / THEN.as_secs()).unwrap_or(u32::MAX);
    let due_at = match age {
        _ if age < FIRST => return false,
        _ if age < SECOND => met_at + FIRST,
        _ if age < THEN => met_at + SECOND,
        _ => met_at + THEN.saturating_mul(weeks),
    };
    asked_at.is_none_or(|asked_at| asked_at < due_at || asked_at > now)
}

/// Asks about a number's people without a number, if one of them is due, and makes one person of two where WAHA knows. Returns
/// how many it knew.
///
/// # Errors
/// What WAHA or the store says.
pub async fn recheck(cx: &Cx, tenant: &TenantStore, instance: &Instance) -> Result<usize, JobError> {
    let now = cx.now();
    let asked_at = cx.numbers.hidden_ids_asked_at(instance.id);
    let hidden = tenant.hidden_people(instance.id, PEOPLE_MAX).await?;
    if !hidden.iter().any(|(_, met_at)| is_due(*met_at, asked_at, now)) {
        return Ok(0);
    }
    let waha = server(cx, instance)?;
    let found = match numbers_of(&waha, instance, &hidden).await {
        Err(WahaError::NotFound { .. } | WahaError::Rejected { .. } | WahaError::Engine { .. }) => {
            let due = hidden.iter().filter(|(_, met_at)| is_due(*met_at, asked_at, now));
            ask_singly(&waha, instance, due.map(|(lid, _)| lid)).await?
        }
        found => found?,
    };
    cx.numbers.hidden_ids_were_asked(instance.id, now);
    let quiet = tenant.settings(Some(instance.id), None).await?.rules(cx.config().reply).burst_quiet;
    let count = found.len();
    for (lid, phone) in found {
        tenant.resolve_identity(lid, Some(phone), quiet, cx.now()).await?;
    }
    if count > 0 {
        tracing::info!(instance.id = %instance.id, count, "hidden ids turned out to be known numbers");
    }
    Ok(count)
}

/// The numbers that WAHA's list has for these people.
async fn numbers_of(
    waha: &Waha,
    instance: &Instance,
    hidden: &[(Address, Timestamp)],
) -> Result<HashMap<Address, Address>, WahaError> {
    let mut found = HashMap::new();
    let mut paging = Paging::new(PAGE, PAGES_MAX);
    loop {
        let page = waha.lids(&instance.session, paging.limit(), paging.offset()).await?;
        let turn = paging.turn(page.rows, page.items.iter().map(|pair| pair.lid.as_str()));
        let known = page.items.into_iter().filter_map(|pair| Some((pair.lid, pair.phone?)));
        found.extend(known.filter(|(lid, phone)| is_number(phone) && hidden.iter().any(|(other, _)| other == lid)));
        if page.rows < PAGE as usize || turn != Turn::On || found.len() == hidden.len() {
            return Ok(found);
        }
    }
}

async fn ask_singly(
    waha: &Waha,
    instance: &Instance,
    hidden: impl Iterator<Item = &Address>,
) -> Result<HashMap<Address, Address>, WahaError> {
    let mut found = HashMap::new();
    for lid in hidden.take(SINGLY_MAX) {
        match waha.lid_to_phone(&instance.session, lid).await {
            Ok(Some(phone)) if is_number(&phone) => {
                found.insert(lid.clone(), phone);
            }
            Ok(_) => {}
            // This server can't tell at all.
            Err(WahaError::NotFound { .. } | WahaError::Rejected { .. }) => return Ok(found),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn is_number(address: &Address) -> bool {
    address.kind() == AddressKind::Phone && address.is_person()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_stays_unknown_is_asked_about_ever_more_rarely() {
        let met_at = Timestamp::from_seconds(1_795_392_000);
        let at = |hours: u64| met_at + Duration::from_secs(hours * 3600);
        for (asked_at, now, due) in [
            (None, at(0), false),
            (None, at(1), true),
            (Some(at(1)), at(2), false),
            (Some(at(1)), at(24), true),
            (Some(at(24)), at(100), false),
            (Some(at(24)), at(168), true),
            (Some(at(168)), at(335), false),
            (Some(at(168)), at(336), true),
            // Noted by a clock that was ahead.
            (Some(at(1000)), at(2), true),
        ] {
            assert_eq!(is_due(met_at, asked_at, now), due, "{asked_at:?} {now}");
        }
    }
}
