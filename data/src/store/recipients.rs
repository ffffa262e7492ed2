//! Recipients: the rows of a campaign. How far one got is read from the message that was made for it.

use std::time::Duration;

use rusqlite::Row;

use super::TenantStore;
use super::campaigns;
use super::error::StoreError;
use super::merges::{LetGo, Place};
use super::scope::{Scope, Scoped};
use super::tx::run_campaign;
use crate::ids::{CampaignId, ContactId, InteractionId, RecipientId};
use crate::model::campaign::CampaignCounts;
use crate::model::interaction::InteractionState;
use crate::model::recipient::{Recipient, RecipientState};
use crate::model::variant::{self, TEXTS_MAX};
use crate::phone::Phone;
use crate::scoped;
use crate::time::Timestamp;

/// How long after a message an inbound counts as its reply.
const REPLY_WITHIN: Duration = Duration::from_secs(7 * 24 * 3600);
/// WhatsApp's clock has whole seconds, and need not agree with ours.
const CLOCK_SLACK: Duration = Duration::from_secs(5);

/// Why a person who opted out is left out.
pub(crate) const OPTED_OUT: &str = "asked not to be written to";

/// Which of the campaign's texts a recipient `r` got, or is to get. What is not claimed goes by its id, as
/// [`draw`](crate::model::variant::draw) does it; the bounds are those of [`bounds`].
macro_rules! effective_variant {
    () => {
        "CASE WHEN r.reached IN ('queued', 'checking', 'skipped', 'opted_out')
              THEN (substr(r.id, 15) >= :b) + (substr(r.id, 15) >= :c) + (substr(r.id, 15) >= :d) + (substr(r.id, 15) >= :e)
              ELSE r.variant END"
    };
}

/// Where the texts after the first begin.
fn bounds(texts: usize) -> [Vec<u8>; TEXTS_MAX - 1] {
    [1, 2, 3, 4].map(|variant| variant::begins(variant, texts))
}

/// The name of a recipient `r`: from its row, else that of its person `c`.
macro_rules! effective_name {
    () => {
        "coalesce(nullif(r.name, ''), c.name)"
    };
}
pub(crate) use effective_name;

/// Which recipients are meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only those in this state.
    pub state: Option<RecipientState>,
    /// Only those who got this one of the texts, or were to; 0 is the first.
    pub variant: Option<usize>,
}

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

/// What became of a list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    pub(crate) counts: CampaignCounts,
    /// The same for each text, where there are several.
    pub(crate) variants: Vec<CampaignCounts>,
    /// New people who still wait for their turn.
    pub(crate) newcomers_left: i64,
    /// Messages that were made since.
    pub(crate) begun_lately: i64,
}

/// Counts a list, from one index.
pub(crate) fn standing(
    scope: &Scope<'_>,
    campaign: CampaignId,
    texts: usize,
    since: Timestamp,
) -> Result<Standing, StoreError> {
    const COUNTS: Scoped = scoped!(
        "SELECT state, progress, variant, count(*), count(CASE WHEN opted_out_at IS NULL THEN replied_at END),
                count(opted_out_at), sum(newcomer), coalesce(sum(claimed_at > :since), 0)
         FROM recipients INDEXED BY recipients_progress
         WHERE tenant_id = :tenant AND campaign_id = :campaign GROUP BY state, progress, variant"
    );
    let rows = scope.rows(COUNTS, &[(":campaign", &campaign), (":since", &since)], |row| {
        let place =
            (row.get::<_, RecipientState>(0)?, row.get::<_, Option<InteractionState>>(1)?, row.get::<_, i64>(2)?);
        let count = |at| row.get::<_, i64>(at);
        Ok((place, count(3)?, (count(4)?, count(5)?), count(6)?, count(7)?))
    })?;
    let several = if texts > 1 { texts } else { 0 };
    let mut standing = Standing { variants: vec![CampaignCounts::default(); several], ..Standing::default() };
    for ((state, progress, variant), people, (answered, refused), newcomers, begun) in rows {
        let mut add = |reached, count| {
            standing.counts.add(reached, count);
            // Whoever has no message yet is counted by the text that they are to get.
            if !waits_or_left_out(state)
                && let Some(counts) = usize::try_from(variant).ok().and_then(|at| standing.variants.get_mut(at))
            {
                counts.add(reached, count);
            }
        };
        match reached(state, progress) {
            out @ (RecipientState::Sent | RecipientState::Delivered | RecipientState::Read) => {
                add(RecipientState::Replied, answered);
                add(RecipientState::OptedOut, refused);
                add(out, people - answered - refused);
            }
            other => add(other, people),
        }
        match state {
            RecipientState::Queued | RecipientState::Checking => standing.newcomers_left += newcomers,
            RecipientState::Skipped | RecipientState::OptedOut => {}
            _ => standing.begun_lately += begun,
        }
    }
    if several > 0 {
        to_get(scope, campaign, texts, &mut standing.variants)?;
    }
    Ok(standing)
}

/// Has the row no message: does it wait, or was it left out?
const fn waits_or_left_out(state: RecipientState) -> bool {
    use RecipientState::{Checking, OptedOut, Queued, Skipped};
    matches!(state, Queued | Checking | Skipped | OptedOut)
}

/// How far a row got that is in this state, and its message in that one; replies apart. The column `reached` says the
/// same.
fn reached(state: RecipientState, progress: Option<InteractionState>) -> RecipientState {
    use InteractionState::{Cancelled, Delivered, Edited, Failed, Played, Read, Revoked, Sent, Unknown};
    if waits_or_left_out(state) {
        return state;
    }
    match progress {
        Some(Sent | Edited | Revoked) => RecipientState::Sent,
        Some(Delivered) => RecipientState::Delivered,
        Some(Read | Played) => RecipientState::Read,
        Some(Failed) => RecipientState::Failed,
        Some(Unknown) => RecipientState::Unknown,
        Some(Cancelled) => RecipientState::Skipped,
        _ => RecipientState::Sending,
    }
}

/// Counts those who have no message by the text that they were or are to get.
fn to_get(
    scope: &Scope<'_>,
    campaign: CampaignId,
    texts: usize,
    counts: &mut [CampaignCounts],
) -> Result<(), StoreError> {
    const FROM_EACH_ON: Scoped = scoped!(
        "SELECT state, count(*), sum(substr(id, 15) >= :b), sum(substr(id, 15) >= :c), sum(substr(id, 15) >= :d),
                sum(substr(id, 15) >= :e)
         FROM recipients INDEXED BY recipients_progress
         WHERE tenant_id = :tenant AND campaign_id = :campaign
           AND state IN ('queued', 'checking', 'skipped', 'opted_out')
         GROUP BY state"
    );
    let [b, c, d, e] = bounds(texts);
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":campaign", &campaign), (":b", &b), (":c", &c), (":d", &d), (":e", &e)];
    let rows = scope.rows(FROM_EACH_ON, params, |row| {
        let from_each_on: [i64; TEXTS_MAX] = [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
        Ok((row.get::<_, RecipientState>(0)?, from_each_on))
    })?;
    for (state, from_each_on) in rows {
        for (at, counts) in counts.iter_mut().enumerate() {
            counts.add(state, from_each_on[at] - from_each_on.get(at + 1).unwrap_or(&0));
        }
    }
    Ok(())
}

/// The last message of a campaign to a person within a week before they wrote: what they wrote answers it.
fn answered(scope: &Scope<'_>, contact: ContactId, at: Timestamp) -> Result<Option<InteractionId>, StoreError> {
    const ANSWERED: Scoped = scoped!(
        "SELECT r.interaction_id FROM recipients AS r
         JOIN interactions AS i ON i.tenant_id = r.tenant_id AND i.id = r.interaction_id
         WHERE r.tenant_id = :tenant AND r.contact_id = :contact
           AND coalesce(i.sent_at, i.sending_at) BETWEEN :since AND :latest
         ORDER BY coalesce(i.sent_at, i.sending_at) DESC LIMIT 1"
    );
    let (since, latest) = (at - REPLY_WITHIN, at + CLOCK_SLACK);
    scope.row(ANSWERED, &[(":contact", &contact), (":since", &since), (":latest", &latest)], |row| row.get(0))
}

/// A customer wrote: the last message of a campaign to them within a week is answered.
pub(crate) fn note_reply(scope: &Scope<'_>, contact: ContactId, at: Timestamp) -> Result<(), StoreError> {
    const REPLIED: Scoped = scoped!(
        "UPDATE recipients SET replied_at = :at
         WHERE tenant_id = :tenant AND replied_at IS NULL AND interaction_id = :message RETURNING campaign_id"
    );
    let Some(message) = answered(scope, contact, at)? else { return Ok(()) };
    if let Some(campaign) = scope.row(REPLIED, &[(":message", &message), (":at", &at)], |row| row.get(0))? {
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
    const REFUSED: Scoped = scoped!(
        "UPDATE recipients SET opted_out_at = :at
         WHERE tenant_id = :tenant AND opted_out_at IS NULL AND interaction_id = :message RETURNING campaign_id"
    );
    // One that has not begun asks again when its turn comes: until then people may have come back.
    const LEFT_OUT: Scoped = scoped!(
        "UPDATE recipients SET state = 'opted_out', reason = :reason, claimed_at = :now
         WHERE tenant_id = :tenant AND contact_id = :contact AND state IN ('queued', 'checking')
           AND campaign_id IN (SELECT id FROM campaigns WHERE tenant_id = :tenant AND state IN ('running', 'paused'))
         RETURNING campaign_id"
    );
    let refused: Option<CampaignId> = match answered(scope, contact, at)? {
        Some(message) => scope.row(REFUSED, &[(":message", &message), (":at", &at)], |row| row.get(0))?,
        None => None,
    };
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":contact", &contact), (":reason", &OPTED_OUT), (":now", &now)];
    let left_out: Vec<CampaignId> = scope.rows(LEFT_OUT, params, |row| row.get(0))?;
    for campaign in refused.into_iter().chain(left_out) {
        campaigns::emit(scope, campaign);
    }
    Ok(())
}

/// How far a row got, as far as it counts when another one is the same person's: of two the further one stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Got {
    /// There is no message.
    Nothing,
    /// There is one that can be taken back.
    Unsent,
    /// There is one that went out, or may have.
    Message,
}

impl Got {
    fn of(message: Option<InteractionState>) -> Self {
        match message {
            None => Self::Nothing,
            Some(InteractionState::Queued) => Self::Unsent,
            Some(_) => Self::Message,
        }
    }
}

/// Two people turned out to be one: of two rows of one campaign the one that was written to stands, else the first; nobody gets
/// it under both. Says what became of the places of the one who is gone.
pub(crate) fn merge(
    scope: &Scope<'_>,
    keep: ContactId,
    gone: ContactId,
    now: Timestamp,
) -> Result<Vec<Place>, StoreError> {
    const PAIRS: Scoped = scoped!(
        "SELECT g.campaign_id, g.id, gi.state, k.id, ki.state
         FROM recipients AS g
         LEFT JOIN interactions AS gi ON gi.tenant_id = g.tenant_id AND gi.id = g.interaction_id
         LEFT JOIN recipients AS k
             ON k.tenant_id = g.tenant_id AND k.contact_id = :keep AND k.campaign_id = g.campaign_id
         LEFT JOIN interactions AS ki ON ki.tenant_id = k.tenant_id AND ki.id = k.interaction_id
         WHERE g.tenant_id = :tenant AND g.contact_id = :gone"
    );
    const MOVE: Scoped = scoped!(
        "UPDATE recipients SET contact_id = :keep
         WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id AND contact_id IS NOT NULL"
    );
    let pairs = scope.rows(PAIRS, &[(":keep", &keep), (":gone", &gone)], |row| {
        Ok((
            row.get::<_, CampaignId>(0)?,
            (row.get::<_, RecipientId>(1)?, Got::of(row.get(2)?)),
            (row.get::<_, Option<RecipientId>>(3)?, Got::of(row.get(4)?)),
        ))
    })?;
    let mut places = Vec::with_capacity(pairs.len());
    for (campaign, (theirs, they_got), (ours, we_got)) in pairs {
        let second = ours.map(|ours| if they_got > we_got { (ours, we_got) } else { (theirs, they_got) });
        let let_go = second.map(|(row, got)| let_go(scope, campaign, row, got, now)).transpose()?;
        scope.execute(MOVE, &[(":keep", &keep), (":campaign", &campaign), (":id", &theirs)])?;
        places.push(Place { campaign, theirs, ours, let_go });
        campaigns::emit(scope, campaign);
    }
    Ok(places)
}

/// A row is nobody's any more, for another one of the same person stands. One that was not written to never will be, and
/// what has not left is taken back.
fn let_go(
    scope: &Scope<'_>,
    campaign: CampaignId,
    row: RecipientId,
    got: Got,
    now: Timestamp,
) -> Result<LetGo, StoreError> {
    const SECOND: &str = "the same person as another row";
    const WAS: Scoped = scoped!(
        "SELECT state, reason FROM recipients WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id"
    );
    const LET_GO: Scoped = scoped!(
        "UPDATE recipients
         SET contact_id = NULL,
             reason = CASE WHEN interaction_id IS NULL THEN :reason ELSE reason END,
             state = CASE WHEN interaction_id IS NULL THEN 'skipped' ELSE state END
         WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id"
    );
    if got == Got::Unsent {
        run_campaign::take_back_row(scope, campaign, row, SECOND, now)?;
    }
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":campaign", &campaign), (":id", &row)];
    let (state, reason) =
        scope.row(WAS, params, |row| Ok((row.get(0)?, row.get(1)?)))?.ok_or(StoreError::NotFound("recipient"))?;
    scope.execute(LET_GO, &[(":campaign", &campaign), (":id", &row), (":reason", &SECOND)])?;
    Ok(LetGo { row, state, reason })
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
        self.recipients_of(campaign, Wanted { state, variant: None }, after, limit).await
    }

    /// The same, of one text too.
    ///
    /// # Errors
    /// What the store says.
    pub async fn recipients_of(
        &self,
        campaign: CampaignId,
        wanted: Wanted,
        after: Option<RecipientId>,
        limit: i64,
    ) -> Result<Vec<Recipient>, StoreError> {
        const PAGE: Scoped = scoped!(concat!(
            "SELECT r.id, r.phone, r.given, ",
            effective_name!(),
            ", r.reached,
                    CASE WHEN r.interaction_id IS NULL THEN r.reason
                         WHEN r.opted_out_at IS NOT NULL THEN coalesce(i.reason, 'replied STOP') ELSE i.reason END,
                    i.wa_id,
                    coalesce(r.replied_at, i.sent_at, i.sending_at, r.claimed_at), r.contact_id, i.chat_id, i.id, ",
            effective_variant!(),
            "
             FROM recipients AS r
             LEFT JOIN interactions AS i ON i.tenant_id = r.tenant_id AND i.id = r.interaction_id
             LEFT JOIN contacts AS c ON c.tenant_id = r.tenant_id AND c.id = r.contact_id
             WHERE r.tenant_id = :tenant AND r.campaign_id = :campaign AND (:after IS NULL OR r.id > :after)
               AND (:state IS NULL OR r.reached = :state)
               AND (:variant IS NULL OR :variant = ",
            effective_variant!(),
            ")
             ORDER BY r.id LIMIT :limit"
        ));
        self.read(move |scope| {
            let texts = campaigns::find(scope, campaign)?.map_or(1, |campaign| campaign.texts());
            let [b, c, d, e] = bounds(texts);
            let variant = wanted.variant.and_then(|variant| i64::try_from(variant).ok());
            let params: &[(&str, &dyn rusqlite::ToSql)] = &[
                (":campaign", &campaign),
                (":state", &wanted.state),
                (":variant", &variant),
                (":after", &after),
                (":limit", &limit),
                (":b", &b),
                (":c", &c),
                (":d", &d),
                (":e", &e),
            ];
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
                    variant: usize::try_from(row.get::<_, i64>(11)?).unwrap_or(0),
                })
            })
        })
        .await
    }

    /// What a text for this person is made from, where they are on the list; else for the first one who gets any.
    ///
    /// # Errors
    /// What the store says.
    pub async fn material_for(&self, campaign: CampaignId, phone: Phone) -> Result<Option<Material>, StoreError> {
        const BEST: Scoped = scoped!(concat!(
            "SELECT ",
            material!(),
            " FROM recipients AS r
             LEFT JOIN contacts AS c ON c.tenant_id = r.tenant_id AND c.id = r.contact_id
             WHERE r.tenant_id = :tenant AND r.campaign_id = :campaign
             ORDER BY r.phone IS :phone DESC, r.reason IS NULL DESC, r.id LIMIT 1"
        ));
        self.read(move |scope| scope.row(BEST, &[(":campaign", &campaign), (":phone", &phone)], read_material)).await
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
