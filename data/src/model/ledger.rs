//! The credit ledger: entries only, never changed.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::words;
use crate::credits::Credits;
use crate::ids::{EntryId, ReplyId};
use crate::time::Timestamp;

words! {
    /// What an entry does to the balance.
    EntryKind {
        /// Adds.
        Grant => "grant",
        /// Takes one out before the model is asked.
        Reserve => "reserve",
        /// Gives a reserved one back.
        Release => "release",
        /// Says that a reserved one was earned; adds nothing.
        Settle => "settle",
        /// Takes what a period left over.
        Expire => "expire",
        /// A correction by hand.
        Adjust => "adjust",
    }
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// When.
    pub at: Timestamp,
    /// What it does.
    pub kind: EntryKind,
    /// What it adds; negative when it takes.
    pub amount: Credits,
    /// The answer it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<ReplyId>,
    /// Words of the person who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A tenant's credits in the current period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The name of the plan.
    pub plan: String,
    /// Granted in this period, by the plan and by hand.
    pub granted: Credits,
    /// Settled in this period.
    pub used: Credits,
    /// Reserved and neither settled nor released.
    pub reserved: Credits,
    /// What is left to reserve.
    pub balance: Credits,
    /// When the period began.
    pub period_start: Timestamp,
    /// When it ends.
    pub period_end: Timestamp,
}

/// The period of a month that `now` lies in: from the day of the month on which the tenant began, at midnight in its
/// zone, to the same day of the next month. A month without that day uses its last one.
#[must_use]
pub fn period(began: Timestamp, zone: &TimeZone, now: Timestamp) -> (Timestamp, Timestamp) {
    let day = began.to_jiff().to_zoned(zone.clone()).day();
    let today = now.to_jiff().to_zoned(zone.clone()).date();
    let start_of = |month: Date| {
        let first = month.first_of_month();
        let day = day.min(first.days_in_month());
        let start = first.with().day(day).build().unwrap_or(first);
        start.to_zoned(zone.clone()).map_or(now, |start| start.timestamp().into())
    };
    let this_month = start_of(today);
    if this_month <= now {
        let next = today.first_of_month().saturating_add(1.month());
        (this_month, start_of(next))
    } else {
        let last = today.first_of_month().saturating_sub(1.month());
        (start_of(last), this_month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_begins_on_the_tenants_day_at_its_own_midnight() {
        for (began, zone, now, start, end) in [
            ("2026-01-15T10:00:00Z", "UTC", "2026-11-23T00:00:00Z", "2026-11-15T00:00:00Z", "2026-12-15T00:00:00Z"),
            ("2026-01-15T10:00:00Z", "UTC", "2026-11-14T23:59:59Z", "2026-10-15T00:00:00Z", "2026-11-15T00:00:00Z"),
            ("2026-01-31T10:00:00Z", "UTC", "2026-02-28T12:00:00Z", "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"),
            // Midnight in Berlin is an hour earlier in winter, two in summer.
            (
                "2026-03-01T12:00:00Z",
                "Europe/Berlin",
                "2026-03-29T12:00:00Z",
                "2026-02-28T23:00:00Z",
                "2026-03-31T22:00:00Z",
            ),
            // 2026-01-31T23:30Z is already February in Johannesburg.
            (
                "2026-01-31T23:30:00Z",
                "Africa/Johannesburg",
                "2026-05-01T00:00:00Z",
                "2026-04-30T22:00:00Z",
                "2026-05-31T22:00:00Z",
            ),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            let found = period(began.parse().unwrap(), &zone, now.parse().unwrap());
            assert_eq!(found, (start.parse().unwrap(), end.parse().unwrap()), "{began} {now}");
        }
    }
}
