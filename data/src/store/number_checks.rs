//! Look-ups of phone numbers before the first message of a campaign to them. The row says `checking` while nobody knows;
//! the look-up itself is made outside of any transaction.

use rusqlite::Row;

use super::TenantStore;
use super::campaigns;
use super::erasures;
use super::error::StoreError;
use super::scope::{Scope, Scoped};
use crate::ids::{CampaignId, InstanceId, RecipientId};
use crate::model::campaign::CampaignState;
use crate::model::number_check::{Found, Known, Look, look, tries_after_failure};
use crate::phone::{Address, Phone};
use crate::scoped;
use crate::time::Timestamp;

/// How far down the queue a batch of look-ups looks for more.
const AHEAD: i64 = 256;
/// The reason of a row whose number is not on WhatsApp.
pub const NO_WHATSAPP: &str = "no WhatsApp on this number";

/// What the store has of a number.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    pub(crate) known: Known,
    pub(crate) address: Option<Address>,
    pub(crate) reason: Option<String>,
}

/// Numbers to look up, and the number of ours that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    /// The number of ours.
    pub instance: InstanceId,
    /// Whose numbers; their rows say `checking` now.
    pub numbers: Vec<(RecipientId, Phone)>,
}

/// What became of a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookedUp {
    /// The number is on WhatsApp, under this address.
    There(Address),
    /// It is not.
    Absent,
    /// WAHA could not tell, and the number is to blame as far as can be told.
    Failed(String),
    /// It was not made, or its failure says nothing about the number.
    NotMade,
}

fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Checked>> {
    let Some(found) = row.get::<_, Option<Found>>(first)? else { return Ok(None) };
    let known = Known { found, tries: row.get(first + 1)?, at: row.get(first + 2)? };
    Ok(Some(Checked { known, address: row.get(first + 3)?, reason: row.get(first + 4)? }))
}

/// What is known of a number.
pub(crate) fn find(scope: &Scope<'_>, phone: &Phone) -> Result<Option<Checked>, StoreError> {
    const FIND: Scoped = scoped!(
        "SELECT found, tries, at, address, reason FROM number_checks WHERE tenant_id = :tenant AND phone = :phone"
    );
    Ok(scope.row(FIND, &[(":phone", phone)], |row| read(row, 0))?.flatten())
}

fn note(scope: &Scope<'_>, phone: &Phone, looked: &LookedUp, now: Timestamp) -> Result<(), StoreError> {
    const NOTE: Scoped = scoped!(
        "INSERT INTO number_checks (tenant_id, phone, found, address, tries, reason, at)
         VALUES (:tenant, :phone, :found, :address, :tries, :reason, :now)
         ON CONFLICT (tenant_id, phone) DO UPDATE SET
             found = excluded.found, address = excluded.address, tries = excluded.tries, reason = excluded.reason,
             at = excluded.at"
    );
    let known = find(scope, phone)?.map(|checked| checked.known);
    let (found, address, tries, reason) = match looked {
        LookedUp::There(address) => (Found::Yes, Some(address), 0, None),
        LookedUp::Absent => (Found::No, None, 0, None),
        LookedUp::Failed(reason) => (Found::Unknown, None, tries_after_failure(known), Some(reason)),
        LookedUp::NotMade => return Ok(()),
    };
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[
        (":phone", phone),
        (":found", &found),
        (":address", &address),
        (":tries", &tries),
        (":reason", &reason),
        (":now", &now),
    ];
    scope.execute(NOTE, params).map(drop)
}

/// Did a look-up of the number fail, so that it is made once more later? Until then its row says `checking`, out of the
/// way of the others.
fn tried_later(known: Option<Checked>, now: Timestamp) -> bool {
    matches!(look(known.map(|checked| checked.known), now), Look::Up(at) if at > now)
}

impl TenantStore {
    /// Takes the number of the recipient whose turn it is, and of those who come after, that are to be looked up.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without the campaign.
    pub async fn begin_checks(
        &self,
        id: CampaignId,
        first: RecipientId,
        limit: usize,
        now: Timestamp,
    ) -> Result<Checks, StoreError> {
        const AHEAD_OF: Scoped = scoped!(
            "SELECT r.id, r.phone, n.found, n.tries, n.at, n.address, n.reason
             FROM (SELECT id, phone, contact_id FROM recipients
                   WHERE tenant_id = :tenant AND campaign_id = :id AND state = 'queued' AND id >= :first
                   ORDER BY id LIMIT :ahead) AS r
             LEFT JOIN number_checks AS n ON n.tenant_id = :tenant AND n.phone = r.phone
             WHERE r.phone IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM chats AS w
                               WHERE w.tenant_id = :tenant AND w.contact_id = r.contact_id AND w.last_in_at IS NOT NULL)
             ORDER BY r.id"
        );
        const CHECKING: Scoped = scoped!(
            "UPDATE recipients SET state = 'checking'
             WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id AND state = 'queued'"
        );
        self.write(move |scope| {
            let campaign = campaigns::found(scope, id)?;
            let mut checks = Checks { instance: campaign.instance, numbers: Vec::new() };
            if campaign.state != CampaignState::Running {
                return Ok(checks);
            }
            let ahead = scope.rows(AHEAD_OF, &[(":id", &id), (":first", &first), (":ahead", &AHEAD)], |row| {
                Ok((row.get::<_, RecipientId>(0)?, row.get::<_, Phone>(1)?, read(row, 2)?))
            })?;
            let due = |known: &Option<Checked>| {
                matches!(look(known.as_ref().map(|checked| checked.known), now), Look::Up(at) if at <= now)
            };
            for (recipient, phone, _) in ahead.into_iter().filter(|(.., known)| due(known)).take(limit) {
                scope.execute(CHECKING, &[(":campaign", &id), (":id", &recipient)])?;
                checks.numbers.push((recipient, phone));
            }
            if !checks.numbers.is_empty() {
                campaigns::emit(scope, id);
            }
            Ok(checks)
        })
        .await
    }

    /// Notes what look-ups told: whoever has WhatsApp waits for their turn again, whoever has not is left out.
    ///
    /// # Errors
    /// What the store says.
    pub async fn settle_checks(
        &self,
        id: CampaignId,
        looked_up: Vec<(RecipientId, Phone, LookedUp)>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // Whoever was left out meanwhile stays out: the campaign may have been cancelled.
        const WAITS: Scoped = scoped!(
            "UPDATE recipients SET state = 'queued'
             WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id AND state = 'checking'"
        );
        const LEAVE: Scoped = scoped!(
            "UPDATE recipients SET state = 'skipped', reason = :reason, claimed_at = :now
             WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id AND state = 'checking'"
        );
        self.write(move |scope| {
            for (recipient, phone, looked) in &looked_up {
                // They may have been erased while WAHA was asked.
                if !erasures::is_gone(scope, &phone.address())? {
                    note(scope, phone, looked, now)?;
                }
                if *looked == LookedUp::Absent {
                    let params: &[(&str, &dyn rusqlite::ToSql)] =
                        &[(":campaign", &id), (":id", recipient), (":reason", &NO_WHATSAPP), (":now", &now)];
                    scope.execute(LEAVE, params)?;
                } else if !tried_later(find(scope, phone)?, now) {
                    scope.execute(WAITS, &[(":campaign", &id), (":id", recipient)])?;
                }
            }
            campaigns::emit(scope, id);
            Ok(())
        })
        .await
    }

    /// Whoever was being looked up by a run that was cut off, or is to be looked up once more, waits for their turn
    /// again.
    ///
    /// # Errors
    /// What the store says.
    pub async fn resume_checks(&self, id: CampaignId, now: Timestamp) -> Result<(), StoreError> {
        const CHECKING: Scoped = scoped!(
            "SELECT r.id, r.phone FROM recipients AS r
             WHERE r.tenant_id = :tenant AND r.campaign_id = :id AND r.state = 'checking'"
        );
        const WAITS: Scoped = scoped!(
            "UPDATE recipients SET state = 'queued'
             WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id AND state = 'checking'"
        );
        let due = self.read(move |scope| {
            let checking = scope.rows(CHECKING, &[(":id", &id)], |row| {
                Ok((row.get::<_, RecipientId>(0)?, row.get::<_, Option<Phone>>(1)?))
            })?;
            let mut due = Vec::new();
            for (recipient, phone) in checking {
                let known = phone.map(|phone| find(scope, &phone)).transpose()?.flatten();
                if !tried_later(known, now) {
                    due.push(recipient);
                }
            }
            Ok(due)
        });
        let due = due.await?;
        if due.is_empty() {
            return Ok(());
        }
        self.write(move |scope| {
            for recipient in &due {
                scope.execute(WAITS, &[(":campaign", &id), (":id", recipient)])?;
            }
            campaigns::emit(scope, id);
            Ok(())
        })
        .await
    }
}
