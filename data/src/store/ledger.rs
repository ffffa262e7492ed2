//! The credit ledger: entries only, never changed, and the purses they sum up to.
//!
//! Reserve before the model is asked, settle with the send, release on every other end. Each happens once, whoever
//! asks and however often: the reason of an entry is unique. The period's grant is spent first and expires.
//!
//! The current period is the one that contains now, also where the clock was wrong: a period that begins in the future
//! is left again, and the one that the clock comes back to has what it had left, never a second grant.

use jiff::tz::TimeZone;

use super::TenantStore;
use super::activity::Tally;
use super::change::Change;
use super::error::StoreError;
use super::scope::{Scope, Scoped};
use crate::credits::Credits;
use crate::ids::{EntryId, ReplyId};
use crate::model::ledger::{Entry, EntryKind, Summary, period};
use crate::scoped;
use crate::time::Timestamp;

/// What `credit audit` found: the balance by the ledger, the balance by what really happened, and the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audit {
    /// The sum of all entries.
    pub balance: Credits,
    /// Grants, adjustments and expiries, less answers that went out, less reservations that work still holds.
    pub derived: Credits,
    /// `balance − derived`: zero, or somebody was charged wrongly.
    pub drift: Credits,
}

/// How a reservation went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reservation {
    /// One credit is put aside.
    Made,
    /// Nothing is left.
    Empty,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purse {
    Period,
    Extra,
}

impl Purse {
    const fn word(self) -> &'static str {
        match self {
            Self::Period => "period",
            Self::Extra => "extra",
        }
    }
}

struct Purses {
    period: i64,
    extra: i64,
    reserved: i64,
    granted: i64,
    used: i64,
    period_start: Timestamp,
    period_end: Timestamp,
    warned: i64,
}

impl Purses {
    /// Does an instant lie in the period?
    fn covers(&self, at: Timestamp) -> bool {
        (self.period_start..self.period_end).contains(&at)
    }
}

const PURSES: Scoped = scoped!(
    "SELECT period, extra, reserved, granted, used, period_start, period_end, warned FROM purses
     WHERE tenant_id = :tenant"
);
const SAVE: Scoped = scoped!(
    "INSERT INTO purses (tenant_id, period, extra, reserved, granted, used, period_start, period_end, warned)
     VALUES (:tenant, :period, :extra, :reserved, :granted, :used, :period_start, :period_end, :warned)
     ON CONFLICT (tenant_id) DO UPDATE SET
         period = excluded.period, extra = excluded.extra, reserved = excluded.reserved, granted = excluded.granted,
         used = excluded.used, period_start = excluded.period_start, period_end = excluded.period_end,
         warned = excluded.warned"
);
const INSERT: Scoped = scoped!(
    "INSERT INTO ledger (tenant_id, id, at, kind, amount, reason, reply_id, purse, note)
     VALUES (:tenant, :id, :at, :kind, :amount, :reason, :reply, :purse, :note)
     ON CONFLICT (tenant_id, reason) DO NOTHING"
);

fn read_purses(scope: &Scope<'_>) -> Result<Option<Purses>, StoreError> {
    scope.row(PURSES, &[], |row| {
        Ok(Purses {
            period: row.get(0)?,
            extra: row.get(1)?,
            reserved: row.get(2)?,
            granted: row.get(3)?,
            used: row.get(4)?,
            period_start: row.get(5)?,
            period_end: row.get(6)?,
            warned: row.get(7)?,
        })
    })
}

fn save(scope: &Scope<'_>, purses: &Purses) -> Result<(), StoreError> {
    scope.execute(
        SAVE,
        &[
            (":period", &purses.period),
            (":extra", &purses.extra),
            (":reserved", &purses.reserved),
            (":granted", &purses.granted),
            (":used", &purses.used),
            (":period_start", &purses.period_start),
            (":period_end", &purses.period_end),
            (":warned", &purses.warned),
        ],
    )?;
    scope.emit(Change::CreditChanged(scope.tenant()));
    Ok(())
}

struct NewEntry<'e> {
    at: Timestamp,
    kind: EntryKind,
    amount: i64,
    reason: String,
    reply: Option<ReplyId>,
    purse: Purse,
    note: Option<&'e str>,
}

/// Adds an entry; `None` when one of the same reason stands already.
fn add(scope: &Scope<'_>, entry: &NewEntry<'_>) -> Result<Option<EntryId>, StoreError> {
    let id = EntryId::new();
    let added = scope.execute(
        INSERT,
        &[
            (":id", &id),
            (":at", &entry.at),
            (":kind", &entry.kind),
            (":amount", &entry.amount),
            (":reason", &entry.reason),
            (":reply", &entry.reply),
            (":purse", &entry.purse.word()),
            (":note", &entry.note),
        ],
    )?;
    Ok((added > 0).then_some(id))
}

/// Turns the period when now lies outside of it: what is left of the old grant expires, the new one is added.
///
/// Months that nobody looked at are passed over: only the current one is granted.
fn turn_period(scope: &Scope<'_>, plan: Credits, now: Timestamp) -> Result<Purses, StoreError> {
    match read_purses(scope)? {
        Some(purses) if purses.covers(now) => Ok(purses),
        before => begin_period(scope, plan, now, before),
    }
}

fn begin_period(
    scope: &Scope<'_>,
    plan: Credits,
    now: Timestamp,
    before: Option<Purses>,
) -> Result<Purses, StoreError> {
    const TENANT: Scoped = scoped!("SELECT created_at, timezone FROM tenants WHERE id = :tenant");
    let (began, zone) = scope
        .row(TENANT, &[], |row| Ok((row.get::<_, Timestamp>(0)?, row.get::<_, String>(1)?)))?
        .ok_or(StoreError::NotFound("tenant"))?;
    let zone = TimeZone::get(&zone).unwrap_or(TimeZone::UTC);
    let (period_start, period_end) = period(began, &zone, now);
    if let Some(purses) = &before
        && purses.period > 0
    {
        let expiry = |reason| NewEntry {
            at: now,
            kind: EntryKind::Expire,
            amount: -purses.period,
            reason,
            reply: None,
            purse: Purse::Period,
            note: None,
        };
        let reason = format!("expire:{}", purses.period_start.millis());
        // A clock that goes back and forth leaves the same period more than once.
        if add(scope, &expiry(reason.clone()))?.is_none() {
            add(scope, &expiry(format!("{reason}:{}", EntryId::new())))?;
        }
    }
    let (extra, reserved) = before.as_ref().map_or((0, 0), |purses| (purses.extra, purses.reserved));
    let mut purses = Purses { period: 0, extra, reserved, granted: 0, used: 0, period_start, period_end, warned: 0 };
    let grant = NewEntry {
        at: now,
        kind: EntryKind::Grant,
        amount: plan.count(),
        reason: format!("grant:{}", period_start.millis()),
        reply: None,
        purse: Purse::Period,
        note: Some("plan"),
    };
    if plan.count() > 0 && add(scope, &grant)?.is_some() {
        purses.period = plan.count();
        purses.granted = plan.count();
    } else {
        come_back(scope, &mut purses, now)?;
    }
    save(scope, &purses)?;
    Ok(purses)
}

/// The clock comes back to a period that was left while it was wrong: what that one had left is there again.
fn come_back(scope: &Scope<'_>, purses: &mut Purses, now: Timestamp) -> Result<(), StoreError> {
    const GRANTED: Scoped = scoped!("SELECT amount FROM ledger WHERE tenant_id = :tenant AND reason = :grant");
    const SPENT: Scoped = scoped!(
        "SELECT count(*) FROM ledger AS r
         WHERE r.tenant_id = :tenant AND r.kind = 'reserve' AND r.purse = 'period' AND r.at >= :start AND r.at < :end
           AND NOT EXISTS (SELECT 1 FROM ledger AS e
                           WHERE e.tenant_id = :tenant AND e.reason = replace(r.reason, 'reserve:', 'release:'))"
    );
    // A refund is of the period in which its answer was settled.
    const REFUNDED: Scoped = scoped!(
        "SELECT coalesce(sum(a.amount), 0) FROM ledger AS a
         JOIN ledger AS s ON s.tenant_id = a.tenant_id
              AND s.reason IN (replace(a.reason, 'refund:', 'settle:'), replace(a.reason, 'refund:', 'settle:') || ':late')
         WHERE a.tenant_id = :tenant AND a.kind = 'adjust' AND a.purse = 'period' AND a.reply_id IS NOT NULL
           AND a.amount > 0 AND s.at >= :start AND s.at < :end"
    );
    // A refund that was taken back is of the period that paid for it.
    const CHARGED: Scoped = scoped!(
        "SELECT -coalesce(sum(amount), 0) FROM ledger
         WHERE tenant_id = :tenant AND kind = 'adjust' AND purse = 'period' AND reply_id IS NOT NULL
           AND amount < 0 AND at >= :start AND at < :end"
    );
    const USED: Scoped = scoped!(
        "SELECT count(*) FROM ledger WHERE tenant_id = :tenant AND kind = 'settle' AND at >= :start AND at < :end"
    );
    const BY_HAND: Scoped = scoped!(
        "SELECT coalesce(sum(amount), 0) FROM ledger
         WHERE tenant_id = :tenant AND kind IN ('grant', 'adjust') AND purse = 'extra' AND reply_id IS NULL
           AND at >= :start AND at < :end"
    );
    let grant = format!("grant:{}", purses.period_start.millis());
    let span: &[(&str, &dyn rusqlite::ToSql)] = &[(":start", &purses.period_start), (":end", &purses.period_end)];
    let number = |sql| Ok::<i64, StoreError>(scope.row(sql, span, |row| row.get(0))?.unwrap_or(0));
    let granted: i64 = scope.row(GRANTED, &[(":grant", &grant)], |row| row.get(0))?.unwrap_or(0);
    let left = (granted + number(REFUNDED)? - number(CHARGED)? - number(SPENT)?).max(0);
    (purses.used, purses.granted) = (number(USED)?, granted + number(BY_HAND)?);
    if left > 0 {
        let entry = NewEntry {
            at: now,
            kind: EntryKind::Adjust,
            amount: left,
            reason: format!("return:{}:{}", purses.period_start.millis(), EntryId::new()),
            reply: None,
            purse: Purse::Period,
            note: Some("the clock was wrong: what this period had left"),
        };
        add(scope, &entry)?;
    }
    purses.period = left;
    purses.warned = share_used(purses);
    Ok(())
}

/// Puts one credit aside for an answer. The same reply twice is one reservation.
pub(crate) fn reserve(
    scope: &Scope<'_>,
    reply: ReplyId,
    plan: Credits,
    now: Timestamp,
) -> Result<Reservation, StoreError> {
    let mut purses = turn_period(scope, plan, now)?;
    let purse = match (purses.period, purses.extra) {
        (1.., _) => Purse::Period,
        (_, 1..) => Purse::Extra,
        _ => return Ok(Reservation::Empty),
    };
    let entry = NewEntry {
        at: now,
        kind: EntryKind::Reserve,
        amount: -1,
        reason: format!("reserve:{reply}"),
        reply: Some(reply),
        purse,
        note: None,
    };
    if add(scope, &entry)?.is_some() {
        match purse {
            Purse::Period => purses.period -= 1,
            Purse::Extra => purses.extra -= 1,
        }
        purses.reserved += 1;
        save(scope, &purses)?;
    }
    Ok(Reservation::Made)
}

/// The purse that an open reservation was taken from; `None` when it was settled or released already.
fn open_reservation(scope: &Scope<'_>, reply: ReplyId) -> Result<Option<(Purse, Timestamp)>, StoreError> {
    const RESERVED: Scoped = scoped!("SELECT purse, at FROM ledger WHERE tenant_id = :tenant AND reason = :reserve");
    const ENDED: Scoped = scoped!("SELECT 1 FROM ledger WHERE tenant_id = :tenant AND reason IN (:settle, :release)");
    let found = scope.row(RESERVED, &[(":reserve", &format!("reserve:{reply}"))], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Timestamp>(1)?))
    })?;
    let Some((purse, at)) = found else { return Ok(None) };
    let (settle, release) = (format!("settle:{reply}"), format!("release:{reply}"));
    if scope.row(ENDED, &[(":settle", &settle), (":release", &release)], |_| Ok(()))?.is_some() {
        return Ok(None);
    }
    Ok(Some((if purse == "period" { Purse::Period } else { Purse::Extra }, at)))
}

/// Is a reservation neither settled nor released?
pub(crate) fn is_open(scope: &Scope<'_>, reply: ReplyId) -> Result<bool, StoreError> {
    Ok(open_reservation(scope, reply)?.is_some())
}

/// Says that a reserved credit was earned. Doing it twice is the same as doing it once.
pub(crate) fn settle(scope: &Scope<'_>, reply: ReplyId, now: Timestamp) -> Result<(), StoreError> {
    let Some((purse, _)) = open_reservation(scope, reply)? else { return Ok(()) };
    let entry = NewEntry {
        at: now,
        kind: EntryKind::Settle,
        amount: 0,
        reason: format!("settle:{reply}"),
        reply: Some(reply),
        purse,
        note: None,
    };
    if add(scope, &entry)?.is_none() {
        return Ok(());
    }
    let Some(mut purses) = read_purses(scope)? else { return Ok(()) };
    purses.reserved -= 1;
    count_used(scope, purses, now)
}

fn count_used(scope: &Scope<'_>, mut purses: Purses, now: Timestamp) -> Result<(), StoreError> {
    scope.tally(now, Tally::Credit);
    purses.used += 1;
    let share = share_used(&purses);
    if share > purses.warned {
        purses.warned = share;
        scope.emit(Change::CreditLow(scope.tenant(), share));
    }
    save(scope, &purses)
}

/// The highest threshold that what was used of this period has reached: 0, 80, 95 or 100 per cent.
fn share_used(purses: &Purses) -> i64 {
    let had = purses.used + purses.reserved + purses.period + purses.extra;
    [100, 95, 80].into_iter().find(|share| had > 0 && purses.used * 100 >= had * share).unwrap_or(0)
}

/// Takes back an entry that was only reserved. Doing it twice is the same as doing it once.
///
/// Called from every end of a reply but `settle`: a credit that stays reserved is money the tenant can neither
/// spend nor see.
pub(crate) fn release(scope: &Scope<'_>, reply: ReplyId, now: Timestamp) -> Result<(), StoreError> {
    let Some((purse, reserved_at)) = open_reservation(scope, reply)? else { return Ok(()) };
    let entry = NewEntry {
        at: now,
        kind: EntryKind::Release,
        amount: 1,
        reason: format!("release:{reply}"),
        reply: Some(reply),
        purse,
        note: None,
    };
    if add(scope, &entry)?.is_none() {
        return Ok(());
    }
    let Some(mut purses) = read_purses(scope)? else { return Ok(()) };
    purses.reserved -= 1;
    match purse {
        Purse::Extra => purses.extra += 1,
        Purse::Period if purses.covers(reserved_at) => purses.period += 1,
        // Its period is over: it comes back only to expire.
        Purse::Period => {
            let expiry = NewEntry {
                at: now,
                kind: EntryKind::Expire,
                amount: -1,
                reason: format!("expire:{reply}"),
                reply: Some(reply),
                purse,
                note: None,
            };
            add(scope, &expiry)?;
        }
    }
    save(scope, &purses)
}

/// Gives a settled credit back: the answer was taken by WAHA and refused by WhatsApp. Doing it twice is the same as
/// doing it once; a credit that was not settled is not given back here.
pub(crate) fn refund(scope: &Scope<'_>, reply: ReplyId, now: Timestamp) -> Result<(), StoreError> {
    const SETTLED: Scoped =
        scoped!("SELECT purse, at FROM ledger WHERE tenant_id = :tenant AND reason IN (:settle, :late)");
    let (settle, late) = (format!("settle:{reply}"), format!("settle:{reply}:late"));
    let settled = scope.row(SETTLED, &[(":settle", &settle), (":late", &late)], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Timestamp>(1)?))
    })?;
    let (Some((purse, at)), Some(mut purses)) = (settled, read_purses(scope)?) else { return Ok(()) };
    let in_period = purse == "period" && purses.covers(at);
    let entry = NewEntry {
        at: now,
        kind: EntryKind::Adjust,
        amount: 1,
        reason: format!("refund:{reply}"),
        reply: Some(reply),
        purse: if in_period { Purse::Period } else { Purse::Extra },
        note: Some("WhatsApp refused the answer"),
    };
    if add(scope, &entry)?.is_none() {
        return Ok(());
    }
    if in_period {
        purses.period += 1;
    } else {
        purses.extra += 1;
    }
    save(scope, &purses)
}

fn summary(plan: String, purses: &Purses) -> Summary {
    Summary {
        plan,
        granted: Credits::new(purses.granted),
        used: Credits::new(purses.used),
        reserved: Credits::new(purses.reserved),
        balance: Credits::new(purses.period + purses.extra),
        period_start: purses.period_start,
        period_end: purses.period_end,
    }
}

impl TenantStore {
    /// The credits as they stand; turns the period first when its end has come.
    ///
    /// # Errors
    /// What the store says.
    pub async fn credits(&self, plan: Credits, now: Timestamp) -> Result<Summary, StoreError> {
        const PLAN: Scoped = scoped!("SELECT plan FROM tenants WHERE id = :tenant");
        let name = self.read(|scope| scope.row(PLAN, &[], |row| row.get(0))).await?;
        let name: String = name.ok_or(StoreError::NotFound("tenant"))?;
        let current = self.read(read_purses).await?;
        let purses = match current {
            Some(purses) if purses.covers(now) => purses,
            _ => self.write(move |scope| turn_period(scope, plan, now)).await?,
        };
        Ok(summary(name, &purses))
    }

    /// Where no credit is left: when the next ones come. Only reads: a period that has ended says nothing, whoever needs the next
    /// one turns it.
    ///
    /// # Errors
    /// What the store says.
    pub async fn spent_until(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let purses = self.read(read_purses).await?;
        let spent = purses.filter(|purses| purses.covers(now) && purses.period + purses.extra <= 0);
        Ok(spent.map(|purses| purses.period_end))
    }

    /// Adds credits that do not expire; negative amounts take away, never below zero.
    ///
    /// Chats that stopped for credit are the caller's to wake: see [`TenantStore::wake_unpaid`].
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for zero or for more than is there.
    pub async fn grant(
        &self,
        amount: Credits,
        note: Option<String>,
        plan: Credits,
        now: Timestamp,
    ) -> Result<(EntryId, Credits), StoreError> {
        self.write(move |scope| {
            let mut purses = turn_period(scope, plan, now)?;
            let count = amount.count();
            let invalid = |text: &str| StoreError::Invalid(text.to_owned());
            if count == 0 {
                return Err(invalid("a grant of nothing"));
            }
            purses.extra = purses.extra.checked_add(count).filter(|left| *left >= 0).ok_or_else(|| {
                invalid("that is more than can be taken: only credits that were granted by hand can be taken back")
            })?;
            purses.granted = purses.granted.saturating_add(count);
            purses.warned = 0;
            let kind = if count > 0 { EntryKind::Grant } else { EntryKind::Adjust };
            let entry = NewEntry {
                at: now,
                kind,
                amount: count,
                reason: format!("{kind}:{}", EntryId::new()),
                reply: None,
                purse: Purse::Extra,
                note: note.as_deref(),
            };
            let id = add(scope, &entry)?.ok_or(StoreError::Conflict("the same grant stands already".to_owned()))?;
            save(scope, &purses)?;
            Ok((id, Credits::new(purses.period + purses.extra)))
        })
        .await
    }

    /// Entries, newest first, before an entry or from the newest on.
    ///
    /// # Errors
    /// What the store says.
    pub async fn ledger(&self, before: Option<EntryId>, limit: i64) -> Result<Vec<Entry>, StoreError> {
        const PAGE: Scoped = scoped!(
            "SELECT id, at, kind, amount, reply_id, note FROM ledger
             WHERE tenant_id = :tenant AND (:before IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
        );
        self.read(move |scope| {
            scope.rows(PAGE, &[(":before", &before), (":limit", &limit)], |row| {
                Ok(Entry {
                    id: row.get(0)?,
                    at: row.get(1)?,
                    kind: row.get(2)?,
                    amount: row.get(3)?,
                    reply: row.get(4)?,
                    note: row.get(5)?,
                })
            })
        })
        .await
    }

    /// Derives the balance from what happened, without settle, reserve and release, and compares.
    ///
    /// # Errors
    /// What the store says.
    pub async fn audit(&self) -> Result<Audit, StoreError> {
        const BALANCE: Scoped = scoped!("SELECT coalesce(sum(amount), 0) FROM ledger WHERE tenant_id = :tenant");
        const GIVEN: Scoped = scoped!(
            "SELECT coalesce(sum(amount), 0) FROM ledger
             WHERE tenant_id = :tenant AND kind IN ('grant', 'adjust', 'expire')"
        );
        const ANSWERED: Scoped = scoped!(
            "SELECT count(DISTINCT reply_id) FROM interactions
             WHERE tenant_id = :tenant AND author = 'assistant' AND sent_at IS NOT NULL"
        );
        // A reservation that no answer has used up is held by a live job or by a send of unknown end.
        const HELD: Scoped = scoped!(
            "SELECT count(*) FROM (
                 SELECT reply_id FROM jobs
                 WHERE tenant_id = :tenant AND reply_id IS NOT NULL
                   AND state IN ('scheduled', 'available', 'running', 'retryable', 'held')
                 UNION
                 SELECT reply_id FROM interactions
                 WHERE tenant_id = :tenant AND author = 'assistant' AND reply_id IS NOT NULL AND state = 'unknown'
                 EXCEPT
                 SELECT reply_id FROM interactions
                 WHERE tenant_id = :tenant AND author = 'assistant' AND sent_at IS NOT NULL
             )"
        );
        self.read(move |scope| {
            let number = |sql| Ok::<i64, StoreError>(scope.row(sql, &[], |row| row.get(0))?.unwrap_or(0));
            let balance = number(BALANCE)?;
            let derived = number(GIVEN)? - number(ANSWERED)? - number(HELD)?;
            Ok(Audit {
                balance: Credits::new(balance),
                derived: Credits::new(derived),
                drift: Credits::new(balance - derived),
            })
        })
        .await
    }
}

mod late;
pub(crate) use late::charge_late;

#[cfg(test)]
mod tests;
