//! An answer that was given up, and whose credit came back, went out after all.

use super::{NewEntry, Purse, Purses, add, count_used, open_reservation, read_purses, save, settle};
use crate::ids::ReplyId;
use crate::model::ledger::EntryKind;
use crate::scoped;
use crate::store::error::StoreError;
use crate::store::scope::{Scope, Scoped};
use crate::time::Timestamp;

/// Charges an answer of which WhatsApp says that it arrived, though it was taken for lost. Each answer is paid once: what was
/// refunded is taken again, what was released is reserved and settled anew, and doing it twice is the same as doing it once.
/// Where nothing is left the answer is free.
pub(crate) fn charge_late(scope: &Scope<'_>, reply: ReplyId, now: Timestamp) -> Result<(), StoreError> {
    if open_reservation(scope, reply)?.is_some() {
        return settle(scope, reply, now);
    }
    let Some(purses) = read_purses(scope)? else { return Ok(()) };
    if exists(scope, &format!("refund:{reply}"))? {
        return take_back_refund(scope, reply, purses, now);
    }
    let settled = exists(scope, &format!("settle:{reply}"))? || exists(scope, &format!("settle:{reply}:late"))?;
    if settled || !exists(scope, &format!("release:{reply}"))? {
        return Ok(());
    }
    settle_anew(scope, reply, purses, now)
}

fn exists(scope: &Scope<'_>, reason: &str) -> Result<bool, StoreError> {
    const EXISTS: Scoped = scoped!("SELECT 1 FROM ledger WHERE tenant_id = :tenant AND reason = :reason");
    Ok(scope.row(EXISTS, &[(":reason", &reason)], |_| Ok(()))?.is_some())
}

/// The purse that pays, as for every answer: the period's first.
const fn payer(purses: &Purses) -> Option<Purse> {
    match (purses.period, purses.extra) {
        (1.., _) => Some(Purse::Period),
        (_, 1..) => Some(Purse::Extra),
        _ => None,
    }
}

fn pay(purses: &mut Purses, purse: Purse) {
    match purse {
        Purse::Period => purses.period -= 1,
        Purse::Extra => purses.extra -= 1,
    }
}

fn take_back_refund(scope: &Scope<'_>, reply: ReplyId, mut purses: Purses, now: Timestamp) -> Result<(), StoreError> {
    let Some(purse) = payer(&purses) else { return Ok(()) };
    let entry = NewEntry {
        at: now,
        kind: EntryKind::Adjust,
        amount: -1,
        reason: format!("charge:{reply}"),
        reply: Some(reply),
        purse,
        note: Some("the answer arrived after all"),
    };
    if add(scope, &entry)?.is_none() {
        return Ok(());
    }
    pay(&mut purses, purse);
    save(scope, &purses)
}

fn settle_anew(scope: &Scope<'_>, reply: ReplyId, mut purses: Purses, now: Timestamp) -> Result<(), StoreError> {
    let entry =
        |kind, amount, reason, purse, note| NewEntry { at: now, kind, amount, reason, reply: Some(reply), purse, note };
    let purse = match payer(&purses) {
        Some(purse) => purse,
        // The balance can't go below zero.
        None => {
            let note = Some("nothing was left for an answer that arrived after all");
            if add(scope, &entry(EntryKind::Adjust, 1, format!("free:{reply}"), Purse::Extra, note))?.is_some() {
                purses.extra += 1;
            }
            Purse::Extra
        }
    };
    let note = Some("the answer arrived after all");
    if add(scope, &entry(EntryKind::Reserve, -1, format!("reserve:{reply}:late"), purse, note))?.is_none() {
        return Ok(());
    }
    add(scope, &entry(EntryKind::Settle, 0, format!("settle:{reply}:late"), purse, note))?;
    pay(&mut purses, purse);
    count_used(scope, purses, now)
}
