//! Runs a campaign: whose turn it is, and whether the pace of the number allows it.
//!
//! The claim is one transaction: it looks whether the campaign runs, the number works, the person may be written to and
//! the pace allows it, stores the message and its job, and takes the recipient. Whoever claims second finds another
//! turn. The message then goes out like every other, exactly once.

mod candidate;
mod claim;
pub(crate) mod counted;
mod steer;

use std::sync::Arc;
use std::time::Duration;

use self::candidate::{Among, Found, candidate};
pub(crate) use self::claim::may_leave;
pub use self::claim::{Claim, Letter};
use self::counted::{course, sent};
pub use self::steer::Recall;
pub(crate) use self::steer::{pause, take_back_from, take_back_row};
use crate::ids::{CampaignId, InstanceId, JobId};
use crate::model::campaign::{Campaign, CampaignState};
use crate::model::governor::{self, Brake, Limits, Pace, Whom, stops};
use crate::model::hush::Hush;
use crate::model::instance::InstanceStatus;
use crate::model::job::JobArgs;
use crate::model::recipient::RecipientState;
use crate::model::slot::{Number, Slot, slot};
use crate::model::tenant::TenantState;
use crate::scoped;
use crate::store::TenantStore;
use crate::store::campaigns;
use crate::store::error::StoreError;
use crate::store::jobs;
use crate::store::recipients::Material;
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

/// Why a campaign waits in which nobody may be disturbed.
const ASLEEP: &str = "quiet hours where everybody left lives";

/// What a campaign must keep to at this moment.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The pace of its number.
    pub limits: Limits,
    /// Whom nobody disturbs now, where it has quiet hours.
    pub hush: Option<Arc<Hush>>,
}

impl From<Limits> for Rules {
    fn from(limits: Limits) -> Self {
        Self { limits, hush: None }
    }
}

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

/// Does the number work, as far as a start at its time asks?
fn works(scope: &Scope<'_>, instance: InstanceId, now: Timestamp) -> Result<Number, StoreError> {
    Ok(if number_trouble(scope, instance, now)?.is_none() { Number::Works } else { Number::Waits })
}

/// What is to be done with a campaign whose time has come.
fn slot_of(scope: &Scope<'_>, campaign: &Campaign, at: Timestamp, now: Timestamp) -> Result<Slot, StoreError> {
    let number = works(scope, campaign.instance, now)?;
    Ok(slot(campaign.plan.missed, campaign.plan.late_max, now.since(at), number))
}

fn turn(scope: &Scope<'_>, id: CampaignId, rules: &Rules, now: Timestamp) -> Result<Turn, StoreError> {
    const TENANT: Scoped = scoped!("SELECT state FROM tenants WHERE id = :tenant");
    let Some(campaign) = campaigns::find(scope, id)? else { return Ok(Turn::Stopped) };
    match (campaign.state, campaign.scheduled_at) {
        (CampaignState::Running, _) => {}
        (CampaignState::Scheduled, Some(at)) if at > now => return Ok(Turn::NotBefore(at)),
        (CampaignState::Scheduled, Some(at)) if slot_of(scope, &campaign, at, now)? == Slot::Wait => {
            return Ok(number_trouble(scope, campaign.instance, now)?.unwrap_or(Turn::Due));
        }
        (CampaignState::Scheduled, _) => return Ok(Turn::Due),
        _ => return Ok(Turn::Stopped),
    }
    let until = |until: Timestamp, reason: &str| Ok(Turn::Wait { until, reason: Some(reason.to_owned()) });
    let wait = |span: Duration, reason: &str| until(now + span, reason);
    if scope.row(TENANT, &[], |row| row.get::<_, TenantState>(0))? == Some(TenantState::Suspended) {
        return wait(SUSPENDED_WAIT, "the business is suspended");
    }
    let (of_the_number, of_this) = on_their_way(scope, &campaign)?;
    let hush = rules.hush.as_deref();
    let mut next = match candidate(scope, &campaign, hush, Among::Everybody)? {
        Found::Somebody(next) => next,
        Found::Asleep(opens_at) => return until(opens_at, ASLEEP),
        Found::Nobody => {
            return match (any_queued(scope, id)?, of_this) {
                (true, _) => wait(ANSWERS_WAIT, "answers to customers go first"),
                (false, _) if any_in(scope, id, RecipientState::Checking)? => {
                    wait(LOOK_UPS_WAIT, "the last numbers are looked up once more")
                }
                (false, 0) => Ok(Turn::Finished),
                (false, _) => wait(ON_THEIR_WAY_WAIT, "the last messages are on their way"),
            };
        }
    };
    if let Some(trouble) = number_trouble(scope, campaign.instance, now)? {
        return Ok(trouble);
    }
    if of_the_number >= ON_THEIR_WAY_MAX {
        return wait(ON_THEIR_WAY_WAIT, "earlier messages are still on their way");
    }
    let limits = &rules.limits;
    let sent = sent(scope, campaign.instance, limits, now)?;
    let mut pace = governor::pace(limits, &sent, next.whom, now);
    if let Pace::Wait { until: held_until, brake } = pace
        && next.whom == Whom::Newcomer
        && brake.spares_known_people()
    {
        match candidate(scope, &campaign, hush, Among::KnownPeople)? {
            Found::Somebody(known) => {
                pace = governor::pace(limits, &sent, Whom::Known, now);
                next = known;
            }
            Found::Asleep(opens_at) if opens_at < held_until => {
                return until(opens_at, &format!("{brake}; quiet hours where everybody else lives"));
            }
            Found::Asleep(_) | Found::Nobody => {}
        }
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

/// The turn, unless a rule stops the campaign or slows it down.
fn ruled_turn(scope: &Scope<'_>, id: CampaignId, rules: &Rules, now: Timestamp) -> Result<Turn, StoreError> {
    let turn = turn(scope, id, rules, now)?;
    if !matches!(turn, Turn::Next { .. } | Turn::Wait { .. }) {
        return Ok(turn);
    }
    // What is on its way comes to its end: with nobody left there is nothing to stop.
    if !any_queued(scope, id)? {
        return Ok(turn);
    }
    let course = course(scope, id, now)?;
    if let Some(stop) = stops::stop(&course, now) {
        return Ok(Turn::Stuck(stop.to_string()));
    }
    Ok(match (turn, stops::pending(&course)) {
        (Turn::Next { .. }, Some(reason)) => Turn::Wait { until: now + stops::PENDING_WAIT, reason: Some(reason) },
        (turn, _) => turn,
    })
}

/// Makes a campaign look again.
pub(crate) fn wake(scope: &Scope<'_>, id: CampaignId, at: Timestamp, now: Timestamp) -> Result<(), StoreError> {
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

/// Somebody is on a campaign's list no more: it may go on with the next, or be over.
pub(crate) fn look_again(scope: &Scope<'_>, id: CampaignId, now: Timestamp) -> Result<(), StoreError> {
    match campaigns::find(scope, id)? {
        Some(campaign) if campaign.state == CampaignState::Running => wake(scope, id, now, now),
        _ => Ok(()),
    }
}

/// A number works again: its campaigns go on.
pub(crate) fn wake_all_of(scope: &Scope<'_>, instance: InstanceId, now: Timestamp) -> Result<(), StoreError> {
    const RUNNING: Scoped = scoped!(
        "SELECT id FROM campaigns
         WHERE tenant_id = :tenant AND instance_id = :instance
           AND (state = 'running' OR state = 'scheduled' AND scheduled_at <= :now)"
    );
    let running: Vec<CampaignId> =
        scope.rows(RUNNING, &[(":instance", &instance), (":now", &now)], |row| row.get(0))?;
    running.into_iter().try_for_each(|id| wake(scope, id, now, now))
}

impl TenantStore {
    /// What a campaign may do now.
    ///
    /// # Errors
    /// What the store says.
    pub async fn campaign_turn(
        &self,
        id: CampaignId,
        rules: impl Into<Rules>,
        now: Timestamp,
    ) -> Result<Turn, StoreError> {
        let rules = rules.into();
        self.read(move |scope| ruled_turn(scope, id, &rules, now)).await
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
             WHERE tenant_id = :tenant AND id = :id AND state IN ('running', 'scheduled')
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
