//! Runs a campaign: whose turn it is, and whether the pace of the number allows it.
//!
//! The claim is one transaction: it looks whether the campaign runs, the number works, the person may be written to and
//! the pace allows it, stores the message and its job, and takes the recipient. Whoever claims second finds another
//! turn. The message then goes out like every other, exactly once.

mod claim;
mod steer;

use std::time::Duration;

pub use self::claim::Claim;
pub(crate) use self::claim::may_leave;
pub use self::steer::LATE_MAX;
pub(crate) use self::steer::pause;
use crate::ids::{CampaignId, InstanceId, InteractionId, JobId};
use crate::model::campaign::{Campaign, CampaignState};
use crate::model::governor::{self, Brake, Limits, Pace, Sent, Whom};
use crate::model::instance::InstanceStatus;
use crate::model::job::JobArgs;
use crate::model::recipient::RecipientState;
use crate::model::tenant::TenantState;
use crate::scoped;
use crate::store::TenantStore;
use crate::store::campaigns;
use crate::store::error::StoreError;
use crate::store::jobs;
use crate::store::recipients::{Material, material, read_material};
use crate::store::scope::{Scope, Scoped};
use crate::time::Timestamp;

/// Messages of campaigns that one number may have on their way: what is slow must not pile up.
const ON_THEIR_WAY_MAX: i64 = 8;
/// How long to wait for messages on their way; the end of one of them wakes the campaign sooner.
const ON_THEIR_WAY_WAIT: Duration = Duration::from_secs(5);
/// How long to wait for answers to customers.
const ANSWERS_WAIT: Duration = Duration::from_secs(5);
/// How long to wait for numbers that could not be looked up.
const LOOK_UPS_WAIT: Duration = Duration::from_secs(2);
/// How long to wait for a business that is suspended.
const SUSPENDED_WAIT: Duration = Duration::from_secs(300);
/// How long to wait for a number that does not work; it wakes the campaign when it does.
const NUMBER_WAIT: Duration = Duration::from_secs(30);

/// What a campaign may do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Nothing: it is not running.
    Stopped,
    /// Nothing before its time.
    NotBefore(Timestamp),
    /// Its time has come: start it.
    Due,
    /// Nothing yet.
    Wait {
        /// When to look again.
        until: Timestamp,
        /// Why, in words for people; `None` for the usual gap.
        reason: Option<String>,
    },
    /// Nothing by itself any more: a person must look.
    Stuck(String),
    /// Everybody got it or stands with a reason.
    Finished,
    /// This person's text may be made.
    Next {
        /// The text, with places for variables.
        text: String,
        /// What is put there.
        material: Box<Material>,
    },
}

struct Candidate {
    material: Material,
    whom: Whom,
}

/// The first in the queue whom no answer to their own question comes before.
fn candidate(scope: &Scope<'_>, campaign: &Campaign, known_only: bool) -> Result<Option<Candidate>, StoreError> {
    const FIRST: Scoped = scoped!(concat!(
        "SELECT ",
        material!(),
        ", h.last_at IS NULL
         FROM recipients AS r
         LEFT JOIN contacts AS c ON c.tenant_id = r.tenant_id AND c.id = r.contact_id
         LEFT JOIN chats AS h ON h.tenant_id = r.tenant_id AND h.contact_id = r.contact_id
                             AND h.instance_id = :instance
         WHERE r.tenant_id = :tenant AND r.campaign_id = :campaign AND r.state = 'queued'
           AND coalesce(h.state, '') <> 'assistant' AND (NOT :known_only OR h.last_at IS NOT NULL)
         ORDER BY r.id LIMIT 1"
    ));
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":campaign", &campaign.id), (":instance", &campaign.instance), (":known_only", &known_only)];
    scope.row(FIRST, params, |row| {
        let whom = if row.get(6)? { Whom::Newcomer } else { Whom::Known };
        Ok(Candidate { material: read_material(row)?, whom })
    })
}

/// What the number has sent for campaigns lately, as far as the limits ask for it.
fn sent(scope: &Scope<'_>, instance: InstanceId, limits: &Limits) -> Result<Sent, StoreError> {
    const LAST: Scoped = scoped!(
        "SELECT at, id FROM interactions
         WHERE tenant_id = :tenant AND instance_id = :instance AND author = 'campaign' AND state <> 'cancelled'
         ORDER BY at DESC LIMIT 1"
    );
    const NTH: Scoped = scoped!(
        "SELECT at FROM interactions
         WHERE tenant_id = :tenant AND instance_id = :instance AND author = 'campaign' AND state <> 'cancelled'
         ORDER BY at DESC LIMIT 1 OFFSET :skip"
    );
    const NTH_NEWCOMER: Scoped = scoped!(
        "SELECT r.claimed_at FROM recipients AS r
         JOIN campaigns AS p ON p.tenant_id = r.tenant_id AND p.id = r.campaign_id
         WHERE r.tenant_id = :tenant AND r.newcomer = 1 AND r.claimed_at IS NOT NULL
           AND r.interaction_id IS NOT NULL AND p.instance_id = :instance
         ORDER BY r.claimed_at DESC LIMIT 1 OFFSET :skip"
    );
    let nth = |sql: Scoped, count: Option<std::num::NonZeroU32>| match count {
        None => Ok(None),
        Some(count) => {
            let skip = i64::from(count.get()) - 1;
            scope.row(sql, &[(":instance", &instance), (":skip", &skip)], |row| row.get(0))
        }
    };
    let last = match limits.gap {
        None => None,
        Some(_) => scope
            .row(LAST, &[(":instance", &instance)], |row| Ok((row.get(0)?, dice(row.get::<_, InteractionId>(1)?))))?,
    };
    Ok(Sent {
        last,
        hour: nth(NTH, limits.per_hour)?,
        day: nth(NTH, limits.per_day)?,
        new_people: nth(NTH_NEWCOMER, limits.new_people_per_day)?,
    })
}

/// Dice that were thrown when the id was made, and fall the same way whenever they are looked at.
fn dice(id: InteractionId) -> u64 {
    let bytes = id.bytes();
    u64::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]]) >> 8
}

/// Messages of campaigns on their way from a number, and of one campaign.
fn on_their_way(scope: &Scope<'_>, campaign: &Campaign) -> Result<(i64, i64), StoreError> {
    const COUNT: Scoped = scoped!(
        "SELECT count(*), coalesce(sum(r.campaign_id IS :campaign), 0) FROM interactions AS i
         LEFT JOIN recipients AS r ON r.tenant_id = i.tenant_id AND r.interaction_id = i.id
         WHERE i.tenant_id = :tenant AND i.author = 'campaign' AND i.instance_id = :instance
           -- The first list is that of the index, the second what is meant.
           AND i.state IN ('draft', 'held', 'queued', 'sending', 'unknown') AND i.state IN ('queued', 'sending')"
    );
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":campaign", &campaign.id), (":instance", &campaign.instance)];
    Ok(scope.row(COUNT, params, |row| Ok((row.get(0)?, row.get(1)?)))?.unwrap_or((0, 0)))
}

fn any_queued(scope: &Scope<'_>, id: CampaignId) -> Result<bool, StoreError> {
    any_in(scope, id, RecipientState::Queued)
}

fn any_in(scope: &Scope<'_>, id: CampaignId, state: RecipientState) -> Result<bool, StoreError> {
    const ANY: Scoped =
        scoped!("SELECT 1 FROM recipients WHERE tenant_id = :tenant AND campaign_id = :id AND state = :state LIMIT 1");
    Ok(scope.row(ANY, &[(":id", &id), (":state", &state)], |_| Ok(()))?.is_some())
}

/// Why the number can't send; `None` when it can.
fn number_trouble(scope: &Scope<'_>, instance: InstanceId, now: Timestamp) -> Result<Option<Turn>, StoreError> {
    const NUMBER: Scoped =
        scoped!("SELECT status, removed_at IS NOT NULL FROM instances WHERE tenant_id = :tenant AND id = :id");
    let number = scope
        .row(NUMBER, &[(":id", &instance)], |row| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, bool>(1)?)))?;
    Ok(match number {
        None | Some((_, true)) => Some(Turn::Stuck("the number was removed".to_owned())),
        Some((Some(status), _)) if status == InstanceStatus::Working.word() => None,
        Some((status, _)) => {
            let word = status.as_deref().unwrap_or("not reached yet");
            Some(Turn::Wait { until: now + NUMBER_WAIT, reason: Some(format!("waiting for the number: it is {word}")) })
        }
    })
}

fn turn(scope: &Scope<'_>, id: CampaignId, limits: &Limits, now: Timestamp) -> Result<Turn, StoreError> {
    const TENANT: Scoped = scoped!("SELECT state FROM tenants WHERE id = :tenant");
    let Some(campaign) = campaigns::find(scope, id)? else { return Ok(Turn::Stopped) };
    match (campaign.state, campaign.scheduled_at) {
        (CampaignState::Running, _) => {}
        (CampaignState::Scheduled, Some(at)) if at > now => return Ok(Turn::NotBefore(at)),
        (CampaignState::Scheduled, _) => return Ok(Turn::Due),
        _ => return Ok(Turn::Stopped),
    }
    let wait = |span: Duration, reason: &str| Ok(Turn::Wait { until: now + span, reason: Some(reason.to_owned()) });
    if scope.row(TENANT, &[], |row| row.get::<_, TenantState>(0))? == Some(TenantState::Suspended) {
        return wait(SUSPENDED_WAIT, "the business is suspended");
    }
    let (of_the_number, of_this) = on_their_way(scope, &campaign)?;
    let Some(mut next) = candidate(scope, &campaign, false)? else {
        return match (any_queued(scope, id)?, of_this) {
            (true, _) => wait(ANSWERS_WAIT, "answers to customers go first"),
            (false, _) if any_in(scope, id, RecipientState::Checking)? => {
                wait(LOOK_UPS_WAIT, "the last numbers are looked up once more")
            }
            (false, 0) => Ok(Turn::Finished),
            (false, _) => wait(ON_THEIR_WAY_WAIT, "the last messages are on their way"),
        };
    };
    if let Some(trouble) = number_trouble(scope, campaign.instance, now)? {
        return Ok(trouble);
    }
    if of_the_number >= ON_THEIR_WAY_MAX {
        return wait(ON_THEIR_WAY_WAIT, "earlier messages are still on their way");
    }
    let sent = sent(scope, campaign.instance, limits)?;
    let mut pace = governor::pace(limits, &sent, next.whom, now);
    if matches!(pace, Pace::Wait { brake: Brake::NewPeople(_), .. })
        && let Some(known) = candidate(scope, &campaign, true)?
    {
        pace = governor::pace(limits, &sent, Whom::Known, now);
        next = known;
    }
    Ok(match pace {
        Pace::Go => Turn::Next {
            text: campaign.text_for(next.material.recipient).to_owned(),
            material: Box::new(next.material),
        },
        Pace::Wait { until, brake: Brake::Gap } => Turn::Wait { until, reason: None },
        Pace::Wait { until, brake } => Turn::Wait { until, reason: Some(brake.to_string()) },
    })
}

/// Makes a campaign look again.
fn wake(scope: &Scope<'_>, id: CampaignId, at: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    jobs::insert_keyed(scope, &JobArgs::RunCampaign { campaign: id }, &id.to_string(), at, now)
}

/// A message of a campaign came to its end: the campaign may go on.
pub(crate) fn nudge(scope: &Scope<'_>, send: JobId, now: Timestamp) -> Result<(), StoreError> {
    const WHOSE: Scoped = scoped!(
        "SELECT r.campaign_id FROM interactions AS i
         JOIN recipients AS r ON r.tenant_id = i.tenant_id AND r.interaction_id = i.id
         JOIN campaigns AS p ON p.tenant_id = r.tenant_id AND p.id = r.campaign_id
         WHERE i.tenant_id = :tenant AND i.job_id = :job AND p.state = 'running'"
    );
    match scope.row(WHOSE, &[(":job", &send)], |row| row.get(0))? {
        Some(campaign) => wake(scope, campaign, now, now),
        None => Ok(()),
    }
}

/// A number works again: its campaigns go on.
pub(crate) fn wake_all_of(scope: &Scope<'_>, instance: InstanceId, now: Timestamp) -> Result<(), StoreError> {
    const RUNNING: Scoped =
        scoped!("SELECT id FROM campaigns WHERE tenant_id = :tenant AND instance_id = :instance AND state = 'running'");
    let running: Vec<CampaignId> = scope.rows(RUNNING, &[(":instance", &instance)], |row| row.get(0))?;
    running.into_iter().try_for_each(|id| wake(scope, id, now, now))
}

impl TenantStore {
    /// What a campaign may do now.
    ///
    /// # Errors
    /// What the store says.
    pub async fn campaign_turn(&self, id: CampaignId, limits: Limits, now: Timestamp) -> Result<Turn, StoreError> {
        self.read(move |scope| turn(scope, id, &limits, now)).await
    }

    /// Notes why a campaign waits, and until when.
    ///
    /// # Errors
    /// What the store says.
    pub async fn note_campaign_waits(
        &self,
        id: CampaignId,
        until: Timestamp,
        reason: Option<String>,
    ) -> Result<(), StoreError> {
        const NOTE: Scoped = scoped!(
            "UPDATE campaigns SET next_at = :until, reason = :reason
             WHERE tenant_id = :tenant AND id = :id AND state = 'running'
               AND (next_at IS NOT :until OR reason IS NOT :reason)"
        );
        self.write(move |scope| {
            if scope.execute(NOTE, &[(":id", &id), (":until", &until), (":reason", &reason)])? > 0 {
                campaigns::emit(scope, id);
            }
            Ok(())
        })
        .await
    }
}
