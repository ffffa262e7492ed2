//! Activity: messages and credits by the quarter of an hour, counted in the transaction that they come from.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::TenantStore;
use super::error::StoreError;
use super::scope::Scoped;
use crate::ids::TenantId;
use crate::model::interaction::Author;
use crate::scoped;
use crate::time::Timestamp;

/// How long a quarter of an hour is. Every time zone in use is a whole number of them away from UTC.
const QUARTER_MS: i64 = 900_000;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tally {
    /// A message of a customer.
    Received,
    /// A message of ours, by whom.
    Sent(Author),
    /// A credit that an answer cost.
    Credit,
}

/// What was counted in a quarter of an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Activity {
    /// Messages of customers.
    pub received: i64,
    /// Messages of the assistant.
    pub assistant: i64,
    /// Messages of a human through the console, a command or another program.
    pub human: i64,
    /// Messages of the owner, on the phone.
    pub phone: i64,
    /// Messages of a campaign.
    pub campaign: i64,
    /// Credits that answers cost.
    pub credits: i64,
}

impl Activity {
    /// Messages of ours.
    #[must_use]
    pub const fn sent(&self) -> i64 {
        self.assistant + self.human + self.phone + self.campaign
    }

    /// Adds what another time saw.
    pub fn add(&mut self, other: &Self) {
        self.received += other.received;
        self.assistant += other.assistant;
        self.human += other.human;
        self.phone += other.phone;
        self.campaign += other.campaign;
        self.credits += other.credits;
    }

    fn count(&mut self, what: Tally) {
        *match what {
            Tally::Received | Tally::Sent(Author::Customer) => &mut self.received,
            Tally::Sent(Author::Assistant) => &mut self.assistant,
            Tally::Sent(Author::Human) => &mut self.human,
            Tally::Sent(Author::Phone) => &mut self.phone,
            Tally::Sent(Author::Campaign) => &mut self.campaign,
            Tally::Credit => &mut self.credits,
            // Nobody's work.
            Tally::Sent(Author::System) => return,
        } += 1;
    }
}

/// The quarter of an hour that an instant is in.
pub(crate) fn quarter(at: Timestamp) -> i64 {
    at.millis().div_euclid(QUARTER_MS)
}

/// Writes down what a batch has counted.
pub(crate) fn flush(connection: &Connection, tallies: &[(TenantId, i64, Tally)]) -> Result<(), StoreError> {
    let mut sums: BTreeMap<(TenantId, i64), Activity> = BTreeMap::new();
    for (tenant, quarter, what) in tallies {
        sums.entry((*tenant, *quarter)).or_default().count(*what);
    }
    for ((tenant, quarter), sum) in sums {
        connection
            .prepare_cached(
                "INSERT INTO activity (tenant_id, quarter, received, assistant, human, phone, campaign, credits)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (tenant_id, quarter) DO UPDATE SET
                     received = received + excluded.received, assistant = assistant + excluded.assistant,
                     human = human + excluded.human, phone = phone + excluded.phone,
                     campaign = campaign + excluded.campaign, credits = credits + excluded.credits",
            )?
            .execute((tenant, quarter, sum.received, sum.assistant, sum.human, sum.phone, sum.campaign, sum.credits))?;
    }
    Ok(())
}

impl TenantStore {
    /// What was counted since an instant, a quarter of an hour at a time: when it began, and the counts. Quarters in
    /// which nothing happened are left out.
    ///
    /// # Errors
    /// What the store says.
    pub async fn activity(&self, since: Timestamp) -> Result<Vec<(Timestamp, Activity)>, StoreError> {
        const SINCE: Scoped = scoped!(
            "SELECT quarter, received, assistant, human, phone, campaign, credits FROM activity
             WHERE tenant_id = :tenant AND quarter >= :since ORDER BY quarter"
        );
        self.read(move |scope| {
            scope.rows(SINCE, &[(":since", &quarter(since))], |row| {
                let began = Timestamp::from_millis(row.get::<_, i64>(0)? * QUARTER_MS);
                let activity = Activity {
                    received: row.get(1)?,
                    assistant: row.get(2)?,
                    human: row.get(3)?,
                    phone: row.get(4)?,
                    campaign: row.get(5)?,
                    credits: row.get(6)?,
                };
                Ok((began, activity))
            })
        })
        .await
    }
}
