//! Recipients: the rows of a campaign. How far one got is read from the message that was made for it.

use std::time::Duration;

use rusqlite::Row;

use super::TenantStore;
use super::campaigns;
use super::error::StoreError;
use super::scope::{Scope, Scoped};
use crate::ids::{CampaignId, ContactId, RecipientId};
use crate::model::campaign::CampaignCounts;
use crate::model::recipient::{Recipient, RecipientState};
use crate::phone::Phone;
use crate::scoped;
use crate::time::Timestamp;

/// How long after a message an inbound counts as its reply.
const REPLY_WITHIN: Duration = Duration::from_secs(7 * 24 * 3600);
/// WhatsApp's clock has whole seconds, and need not agree with ours.
const CLOCK_SLACK: Duration = Duration::from_secs(5);

/// Why a person who opted out is left out.
pub(crate) const OPTED_OUT: &str = "asked not to be written to";

/// How far a recipient `r` got, with its message `i`.
macro_rules! effective_state {
    () => {
        "CASE WHEN r.interaction_id IS NULL THEN r.state
              WHEN r.opted_out_at IS NOT NULL AND i.state IN ('sent', 'delivered', 'read', 'played') THEN 'opted_out'
              WHEN r.replied_at IS NOT NULL AND i.state IN ('sent', 'delivered', 'read', 'played') THEN 'replied'
              WHEN i.state IN ('sent', 'delivered', 'read', 'failed', 'unknown') THEN i.state
              WHEN i.state = 'played' THEN 'read'
              WHEN i.state IN ('edited', 'revoked') THEN 'sent'
              WHEN i.state = 'cancelled' THEN 'skipped'
              ELSE 'sending' END"
    };
}

/// The name of a recipient `r`: from its row, else that of its person `c`.
macro_rules! effective_name {
    () => {
        "coalesce(nullif(r.name, ''), c.name)"
    };
}
pub(crate) use effective_name;

/// What a recipient's text is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Material {
    /// The row.
    pub recipient: RecipientId,
    /// The phone number.
    pub phone: Option<Phone>,
    /// What the row says in its place.
    pub given: String,
    /// The person's name, from the row or from the contacts.
    pub name: Option<String>,
    /// The columns of the row, as a JSON object.
    pub fields: String,
    /// Why the row is left out already.
    pub reason: Option<String>,
}

/// The columns of [`read_material`], of `recipients AS r` and `contacts AS c`.
macro_rules! material {
    () => {
        concat!("r.id, r.phone, r.given, ", $crate::store::recipients::effective_name!(), ", r.fields, r.reason")
    };
}
pub(crate) use material;

pub(crate) fn read_material(row: &Row<'_>) -> rusqlite::Result<Material> {
    Ok(Material {
        recipient: row.get(0)?,
        phone: row.get(1)?,
        given: row.get(2)?,
        name: row.get(3)?,
        fields: row.get(4)?,
        reason: row.get(5)?,
    })
}

/// How many recipients are in each state, and how many of those who wait are new people.
pub(crate) fn counts(scope: &Scope<'_>, campaign: CampaignId) -> Result<(CampaignCounts, i64), StoreError> {
    const COUNTS: Scoped = scoped!(concat!(
        "SELECT ",
        effective_state!(),
        " AS effective, count(*), sum(r.newcomer)
         FROM recipients AS r
         LEFT JOIN interactions AS i ON i.tenant_id = r.tenant_id AND i.id = r.interaction_id
         WHERE r.tenant_id = :tenant AND r.campaign_id = :campaign GROUP BY effective"
    ));
    let rows = scope.rows(COUNTS, &[(":campaign", &campaign)], |row| {
        Ok((row.get::<_, RecipientState>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    })?;
    let (mut counts, mut newcomers_left) = (CampaignCounts::default(), 0);
    for (state, count, newcomers) in rows {
        counts.add(state, count);
        if state == RecipientState::Queued {
            newcomers_left += newcomers;
        }
    }
    Ok((counts, newcomers_left))
}

/// A customer wrote: the last message of a campaign to them within a week is answered.
pub(crate) fn note_reply(scope: &Scope<'_>, contact: ContactId, at: Timestamp) -> Result<(), StoreError> {
    const REPLIED: Scoped = scoped!(
        "UPDATE recipients SET replied_at = :at
         WHERE tenant_id = :tenant AND replied_at IS NULL AND interaction_id = (
             SELECT r.interaction_id FROM recipients AS r
             JOIN interactions AS i ON i.tenant_id = r.tenant_id AND i.id = r.interaction_id
             WHERE r.tenant_id = :tenant AND r.contact_id = :contact
               AND coalesce(i.sent_at, i.sending_at) BETWEEN :since AND :latest
             ORDER BY coalesce(i.sent_at, i.sending_at) DESC LIMIT 1)
         RETURNING campaign_id"
    );
    let (since, latest) = (at - REPLY_WITHIN, at + CLOCK_SLACK);
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":contact", &contact), (":at", &at), (":since", &since), (":latest", &latest)];
    if let Some(campaign) = scope.row(REPLIED, params, |row| row.get(0))? {
        campaigns::emit(scope, campaign);
    }
    Ok(())
}

/// A customer wrote a word such as STOP: the last message of a campaign to them within a week was answered with it, and
/// campaigns under way leave them out.
pub(crate) fn note_opt_out(
    scope: &Scope<'_>,
    contact: ContactId,
    at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    const ANSWERED: Scoped = scoped!(
        "UPDATE recipients SET opted_out_at = :at
         WHERE tenant_id = :tenant AND opted_out_at IS NULL AND interaction_id = (
             SELECT r.interaction_id FROM recipients AS r
             JOIN interactions AS i ON i.tenant_id = r.tenant_id AND i.id = r.interaction_id
             WHERE r.tenant_id = :tenant AND r.contact_id = :contact
               AND coalesce(i.sent_at, i.sending_at) BETWEEN :since AND :latest
             ORDER BY coalesce(i.sent_at, i.sending_at) DESC LIMIT 1)
         RETURNING campaign_id"
    );
    // One that has not begun asks again when its turn comes: until then people may have come back.
    const LEFT_OUT: Scoped = scoped!(
        "UPDATE recipients SET state = 'opted_out', reason = :reason, claimed_at = :now
         WHERE tenant_id = :tenant AND contact_id = :contact AND state IN ('queued', 'checking')
           AND campaign_id IN (SELECT id FROM campaigns WHERE tenant_id = :tenant AND state IN ('running', 'paused'))
         RETURNING campaign_id"
    );
    let (since, latest) = (at - REPLY_WITHIN, at + CLOCK_SLACK);
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":contact", &contact), (":at", &at), (":since", &since), (":latest", &latest)];
    let answered: Option<CampaignId> = scope.row(ANSWERED, params, |row| row.get(0))?;
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":contact", &contact), (":reason", &OPTED_OUT), (":now", &now)];
    let left_out: Vec<CampaignId> = scope.rows(LEFT_OUT, params, |row| row.get(0))?;
    for campaign in answered.into_iter().chain(left_out) {
        campaigns::emit(scope, campaign);
    }
    Ok(())
}

/// Two people turned out to be one: of two rows of one campaign the one that was written to stands, else the first.
pub(crate) fn merge(scope: &Scope<'_>, keep: ContactId, gone: ContactId) -> Result<(), StoreError> {
    const PAIRS: Scoped = scoped!(
        "SELECT g.campaign_id, g.id, g.interaction_id IS NOT NULL, k.id, k.interaction_id IS NOT NULL
         FROM recipients AS g
         LEFT JOIN recipients AS k
             ON k.tenant_id = g.tenant_id AND k.contact_id = :keep AND k.campaign_id = g.campaign_id
         WHERE g.tenant_id = :tenant AND g.contact_id = :gone"
    );
    const LET_GO: Scoped = scoped!(
        "UPDATE recipients
         SET contact_id = NULL,
             reason = CASE WHEN interaction_id IS NULL THEN 'the same person as another row' ELSE reason END,
             state = CASE WHEN interaction_id IS NULL THEN 'skipped' ELSE state END
         WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id"
    );
    const MOVE: Scoped = scoped!(
        "UPDATE recipients SET contact_id = :keep
         WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id AND contact_id IS NOT NULL"
    );
    let pairs = scope.rows(PAIRS, &[(":keep", &keep), (":gone", &gone)], |row| {
        Ok((
            row.get::<_, CampaignId>(0)?,
            (row.get::<_, RecipientId>(1)?, row.get::<_, bool>(2)?),
            (row.get::<_, Option<RecipientId>>(3)?, row.get::<_, bool>(4)?),
        ))
    })?;
    for (campaign, (theirs, theirs_has_it), (ours, ours_has_it)) in pairs {
        if let Some(ours) = ours {
            let second = if theirs_has_it && !ours_has_it { ours } else { theirs };
            scope.execute(LET_GO, &[(":campaign", &campaign), (":id", &second)])?;
        }
        scope.execute(MOVE, &[(":keep", &keep), (":campaign", &campaign), (":id", &theirs)])?;
        campaigns::emit(scope, campaign);
    }
    Ok(())
}

impl TenantStore {
    /// Recipients in the order of the list, after one of them or from the first on.
    ///
    /// # Errors
    /// What the store says.
    pub async fn recipients(
        &self,
        campaign: CampaignId,
        state: Option<RecipientState>,
        after: Option<RecipientId>,
        limit: i64,
    ) -> Result<Vec<Recipient>, StoreError> {
        const PAGE: Scoped = scoped!(concat!(
            "SELECT r.id, r.phone, r.given, ",
            effective_name!(),
            ", ",
            effective_state!(),
            " AS effective,
                    CASE WHEN r.interaction_id IS NULL THEN r.reason
                         WHEN r.opted_out_at IS NOT NULL THEN coalesce(i.reason, 'replied STOP') ELSE i.reason END,
                    i.wa_id,
                    coalesce(r.replied_at, i.sent_at, i.sending_at, r.claimed_at), r.contact_id, i.chat_id, i.id
             FROM recipients AS r
             LEFT JOIN interactions AS i ON i.tenant_id = r.tenant_id AND i.id = r.interaction_id
             LEFT JOIN contacts AS c ON c.tenant_id = r.tenant_id AND c.id = r.contact_id
             WHERE r.tenant_id = :tenant AND r.campaign_id = :campaign AND (:after IS NULL OR r.id > :after)
               AND (:state IS NULL OR :state = ",
            effective_state!(),
            ")
             ORDER BY r.id LIMIT :limit"
        ));
        self.read(move |scope| {
            let params: &[(&str, &dyn rusqlite::ToSql)] =
                &[(":campaign", &campaign), (":state", &state), (":after", &after), (":limit", &limit)];
            scope.rows(PAGE, params, |row| {
                let phone: Option<Phone> = row.get(1)?;
                let given: String = row.get(2)?;
                Ok(Recipient {
                    id: row.get(0)?,
                    phone: phone.map_or(given, |phone| phone.to_string()),
                    name: row.get(3)?,
                    state: row.get(4)?,
                    reason: row.get(5)?,
                    wa_id: row.get(6)?,
                    at: row.get(7)?,
                    contact: row.get(8)?,
                    chat: row.get(9)?,
                    interaction: row.get(10)?,
                })
            })
        })
        .await
    }

    /// What the texts of the first recipients are made from.
    ///
    /// # Errors
    /// What the store says.
    pub async fn recipient_materials(&self, campaign: CampaignId, limit: i64) -> Result<Vec<Material>, StoreError> {
        const FIRST: Scoped = scoped!(concat!(
            "SELECT ",
            material!(),
            " FROM recipients AS r
             LEFT JOIN contacts AS c ON c.tenant_id = r.tenant_id AND c.id = r.contact_id
             WHERE r.tenant_id = :tenant AND r.campaign_id = :campaign ORDER BY r.id LIMIT :limit"
        ));
        self.read(move |scope| scope.rows(FIRST, &[(":campaign", &campaign), (":limit", &limit)], read_material)).await
    }
}
