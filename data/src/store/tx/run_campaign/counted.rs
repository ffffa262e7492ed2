//! What the governor decides by, counted from what is stored: no counter is kept that could part from the messages.

use std::num::NonZeroU32;

use crate::ids::{CampaignId, InstanceId, InteractionId};
use crate::model::governor::estimate::{NewChatsLeft, Newcomers};
use crate::model::governor::stops::{self, Course};
use crate::model::governor::{DAY, Limits, Sent, packages, slow_start};
use crate::model::new_chats::NewChatCapping;
use crate::scoped;
use crate::store::TenantStore;
use crate::store::error::StoreError;
use crate::store::scope::{Scope, Scoped};
use crate::time::Timestamp;

/// Dice that were thrown when the id was made, and fall the same way whenever they are looked at.
fn dice(id: InteractionId) -> u64 {
    let bytes = id.bytes();
    u64::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]]) >> 8
}

/// When a number first wrote to a new person for a campaign.
pub(crate) fn first_newcomer(scope: &Scope<'_>, instance: InstanceId) -> Result<Option<Timestamp>, StoreError> {
    const FIRST: Scoped = scoped!(
        "SELECT r.claimed_at FROM recipients AS r
         JOIN campaigns AS p ON p.tenant_id = r.tenant_id AND p.id = r.campaign_id
         WHERE r.tenant_id = :tenant AND r.newcomer = 1 AND r.claimed_at IS NOT NULL
           AND r.interaction_id IS NOT NULL AND p.instance_id = :instance
         ORDER BY r.claimed_at LIMIT 1"
    );
    scope.row(FIRST, &[(":instance", &instance)], |row| row.get(0))
}

/// When people of ours began chats on a number in which nobody had written before, the newest first. Each is a new person, as
/// one of a campaign is.
pub(crate) fn chats_begun(
    scope: &Scope<'_>,
    instance: InstanceId,
    since: Timestamp,
) -> Result<Vec<Timestamp>, StoreError> {
    const BEGUN: Scoped = scoped!(
        "SELECT i.at FROM interactions AS i
         JOIN chats AS h ON h.tenant_id = i.tenant_id AND h.id = i.chat_id
         WHERE i.tenant_id = :tenant AND i.instance_id = :instance AND i.author = 'human' AND i.at > :since
           AND h.kind = 'direct'
           AND NOT EXISTS (SELECT 1 FROM interactions AS f
                           WHERE f.tenant_id = i.tenant_id AND f.chat_id = i.chat_id
                             AND (f.at, f.seq) < (i.at, i.seq))
         ORDER BY i.at DESC"
    );
    scope.rows(BEGUN, &[(":instance", &instance), (":since", &since)], |row| row.get(0))
}

/// Until when WhatsApp lets a number write to nobody new, as WAHA told it.
pub(crate) fn locked_until(scope: &Scope<'_>, instance: InstanceId) -> Result<Option<Timestamp>, StoreError> {
    const LOCKED: Scoped =
        scoped!("SELECT restricted_until FROM instances WHERE tenant_id = :tenant AND id = :instance");
    Ok(scope.row(LOCKED, &[(":instance", &instance)], |row| row.get(0))?.flatten())
}

/// What WhatsApp says of the new chats that a number may start, and how many it has started since that was told.
pub(crate) fn new_chats(scope: &Scope<'_>, instance: InstanceId) -> Result<Option<(NewChatCapping, i64)>, StoreError> {
    const TOLD: Scoped = scoped!("SELECT new_chats FROM instances WHERE tenant_id = :tenant AND id = :instance");
    const SINCE: Scoped = scoped!(
        "SELECT count(*) FROM recipients AS r
         JOIN campaigns AS p ON p.tenant_id = r.tenant_id AND p.id = r.campaign_id
         WHERE r.tenant_id = :tenant AND r.newcomer = 1 AND r.claimed_at > :since
           AND r.interaction_id IS NOT NULL AND p.instance_id = :instance"
    );
    let told: Option<String> = scope.row(TOLD, &[(":instance", &instance)], |row| row.get(0))?.flatten();
    let Some(told) = told.and_then(|json| serde_json::from_str::<NewChatCapping>(&json).ok()) else { return Ok(None) };
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":instance", &instance), (":since", &told.seen_at)];
    let of_campaigns: i64 = scope.row(SINCE, params, |row| row.get(0))?.unwrap_or(0);
    let by_people = count(&chats_begun(scope, instance, told.seen_at)?);
    Ok(Some((told, of_campaigns + by_people)))
}

/// What the number has sent for campaigns lately, as far as the limits ask for it.
pub(crate) fn sent(
    scope: &Scope<'_>,
    instance: InstanceId,
    limits: &Limits,
    now: Timestamp,
) -> Result<Sent, StoreError> {
    const LATELY: Scoped = scoped!(
        "SELECT at, id FROM interactions
         WHERE tenant_id = :tenant AND instance_id = :instance AND author = 'campaign' AND state <> 'cancelled'
         ORDER BY at DESC LIMIT :count"
    );
    const NTH: Scoped = scoped!(
        "SELECT at FROM interactions
         WHERE tenant_id = :tenant AND instance_id = :instance AND author = 'campaign' AND state <> 'cancelled'
         ORDER BY at DESC LIMIT 1 OFFSET :skip"
    );
    const NEWCOMERS: Scoped = scoped!(
        "SELECT r.claimed_at FROM recipients AS r
         JOIN campaigns AS p ON p.tenant_id = r.tenant_id AND p.id = r.campaign_id
         WHERE r.tenant_id = :tenant AND r.newcomer = 1 AND r.claimed_at IS NOT NULL
           AND r.interaction_id IS NOT NULL AND p.instance_id = :instance
         ORDER BY r.claimed_at DESC LIMIT :count"
    );
    let nth = |sql: Scoped, count: Option<NonZeroU32>| match count {
        None => Ok(None),
        Some(count) => {
            let skip = i64::from(count.get()) - 1;
            scope.row(sql, &[(":instance", &instance), (":skip", &skip)], |row| row.get(0))
        }
    };
    let count = i64::try_from(packages::LOOK_BACK).unwrap_or(0);
    let lately = match limits.gap {
        None => Vec::new(),
        Some(_) => scope.rows(LATELY, &[(":instance", &instance), (":count", &count)], |row| {
            Ok((row.get(0)?, dice(row.get::<_, InteractionId>(1)?)))
        })?,
    };
    let first_newcomer = match limits.new_people_per_day {
        None => None,
        Some(_) => first_newcomer(scope, instance)?,
    };
    let today = limits.new_people_per_day.map(|full| slow_start::allowed(full, first_newcomer, now));
    Ok(Sent {
        lately,
        hour: nth(NTH, limits.per_hour)?,
        day: nth(NTH, limits.per_day)?,
        new_people: match today {
            None => None,
            Some(today) => {
                let most = i64::from(today.get());
                let mut all: Vec<Timestamp> =
                    scope.rows(NEWCOMERS, &[(":instance", &instance), (":count", &most)], |row| row.get(0))?;
                all.extend(chats_begun(scope, instance, now - DAY)?);
                all.sort_unstable_by(|one, other| other.cmp(one));
                usize::try_from(most - 1).ok().and_then(|last| all.get(last).copied())
            }
        },
        first_newcomer,
        locked_until: locked_until(scope, instance)?,
        new_chats_spent_until: new_chats(scope, instance)?.and_then(|(told, since)| told.spent_until(since, now)),
    })
}

/// What became of the messages since a campaign was started or resumed.
pub(super) fn course(scope: &Scope<'_>, id: CampaignId, now: Timestamp) -> Result<Course, StoreError> {
    const SINCE: Scoped = scoped!(
        "SELECT instance_id, coalesce(resumed_at, started_at) FROM campaigns WHERE tenant_id = :tenant AND id = :id"
    );
    const ENDED: Scoped = scoped!(
        "SELECT state IN ('failed', 'unknown'), state = 'failed' AND reason IS :time_locked, reason
         FROM interactions
         WHERE tenant_id = :tenant AND instance_id = :instance AND author = 'campaign' AND at >= :since
           AND state NOT IN ('draft', 'held', 'queued', 'sending', 'cancelled')
         ORDER BY at DESC LIMIT :most"
    );
    const REACHED: Scoped = scoped!(
        "SELECT count(*), coalesce(sum(opted_out), 0) FROM (
             SELECT coalesce(c.opted_out_at >= i.at, 0) AS opted_out FROM interactions AS i
             JOIN recipients AS r ON r.tenant_id = i.tenant_id AND r.interaction_id = i.id
             LEFT JOIN contacts AS c ON c.tenant_id = r.tenant_id AND c.id = r.contact_id
             WHERE i.tenant_id = :tenant AND i.instance_id = :instance AND i.author = 'campaign' AND i.at >= :since
               AND i.sent_at IS NOT NULL AND r.campaign_id = :id
             ORDER BY i.at DESC LIMIT :most)"
    );
    const PENDING: Scoped = scoped!(
        "SELECT count(*) FROM interactions
         WHERE tenant_id = :tenant AND instance_id = :instance AND author = 'campaign'
           AND state = 'sent' AND sent_at < :late
           AND at > max(:since, :forgotten, coalesce((
               SELECT max(at) FROM interactions
               WHERE tenant_id = :tenant AND instance_id = :instance AND author = 'campaign'
                 AND at >= :forgotten AND state IN ('delivered', 'read', 'played')), 0))"
    );
    let begun = scope
        .row(SINCE, &[(":id", &id)], |row| Ok((row.get::<_, InstanceId>(0)?, row.get::<_, Option<Timestamp>>(1)?)))?;
    let Some((instance, Some(since))) = begun else { return Ok(Course::default()) };
    // Begun in the future by a clock that was ahead: what came since must still be able to stop it.
    let since = since.min(now);
    let mut course = Course { locked_until: locked_until(scope, instance)?, ..Course::default() };
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[
        (":instance", &instance),
        (":since", &since),
        (":time_locked", &stops::TIME_LOCKED),
        (":most", &stops::ENDED),
    ];
    let ended = scope.rows(ENDED, params, |row| {
        Ok((row.get::<_, bool>(0)?, row.get::<_, bool>(1)?, row.get::<_, Option<String>>(2)?))
    })?;
    for (trouble, time_locked, why) in ended {
        course.ended += 1;
        course.trouble += i64::from(trouble);
        course.time_locked += i64::from(time_locked);
        if trouble && !time_locked && course.why.is_none() {
            course.why = why;
        }
    }
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":instance", &instance), (":since", &since), (":id", &id), (":most", &stops::REACHED)];
    let reached = scope.row(REACHED, params, |row| Ok((row.get(0)?, row.get(1)?)))?;
    (course.reached, course.opted_out) = reached.unwrap_or_default();
    let (late, forgotten) = (now - stops::PENDING_AFTER, now - stops::PENDING_UNTIL);
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":instance", &instance), (":since", &since), (":late", &late), (":forgotten", &forgotten)];
    course.pending = scope.row(PENDING, params, |row| row.get(0))?.unwrap_or(0);
    Ok(course)
}

/// What a number has written to new people, for campaigns or by a person's hand.
pub(crate) fn newcomers(scope: &Scope<'_>, instance: InstanceId, now: Timestamp) -> Result<Newcomers, StoreError> {
    const LATELY: Scoped = scoped!(
        "SELECT count(*) FROM recipients AS r
         JOIN campaigns AS p ON p.tenant_id = r.tenant_id AND p.id = r.campaign_id
         WHERE r.tenant_id = :tenant AND r.newcomer = 1 AND r.claimed_at > :since
           AND r.interaction_id IS NOT NULL AND p.instance_id = :instance"
    );
    let lately = scope.row(LATELY, &[(":instance", &instance), (":since", &(now - DAY))], |row| row.get(0))?;
    let by_people = count(&chats_begun(scope, instance, now - DAY)?);
    let whatsapp = new_chats(scope, instance)?
        .and_then(|(told, since)| Some(NewChatsLeft { count: told.left(since, now)?, until: told.until? }));
    Ok(Newcomers { first: first_newcomer(scope, instance)?, lately: lately.unwrap_or(0) + by_people, whatsapp })
}

fn count(found: &[Timestamp]) -> i64 {
    i64::try_from(found.len()).unwrap_or(i64::MAX)
}

impl TenantStore {
    /// What a number has written to new people.
    ///
    /// # Errors
    /// What the store says.
    pub async fn newcomers(&self, instance: InstanceId, now: Timestamp) -> Result<Newcomers, StoreError> {
        self.read(move |scope| newcomers(scope, instance, now)).await
    }

    /// Until when a number may start no new chats, as WhatsApp has told WAHA; `None`: it may, or nobody knows.
    ///
    /// # Errors
    /// What the store says.
    pub async fn new_chats_closed_until(
        &self,
        instance: InstanceId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.read(move |scope| {
            let locked = locked_until(scope, instance)?.filter(|until| *until > now);
            let spent = new_chats(scope, instance)?.and_then(|(told, since)| told.spent_until(since, now));
            Ok(locked.max(spent))
        })
        .await
    }
}
