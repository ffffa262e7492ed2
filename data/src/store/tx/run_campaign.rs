//! Runs a campaign: launch, pause, resume, cancel, and the claim of one recipient at a time.
//!
//! The claim is one transaction: it looks whether the campaign runs, the number works, the person may be written to and
//! the pace allows it, stores the message and its job, and takes the recipient. Whoever claims second finds another
//! turn. The message then goes out like every other, exactly once.

use std::time::Duration;

use crate::ids::{CampaignId, ChatId, InstanceId, InteractionId, JobId, RecipientId};
use crate::model::campaign::{Campaign, CampaignState};
use crate::model::contact::Review;
use crate::model::governor::{self, Brake, Limits, Pace, Sent, Whom};
use crate::model::instance::InstanceStatus;
use crate::model::interaction::{Author, ContentKind, Direction, Interaction, InteractionState};
use crate::model::job::JobArgs;
use crate::model::recipient::RecipientState;
use crate::model::tenant::TenantState;
use crate::phone::Address;
use crate::scoped;
use crate::store::TenantStore;
use crate::store::campaigns::{self, found};
use crate::store::contacts;
use crate::store::error::StoreError;
use crate::store::interactions::{self, Extra};
use crate::store::recipients::{Material, material, read_material};
use crate::store::scope::{Scope, Scoped};
use crate::store::{chats, jobs};
use crate::time::Timestamp;

/// How late a campaign may start that was to start while the daemon was down.
pub const LATE_MAX: Duration = Duration::from_secs(3600);
/// Messages of campaigns that one number may have on their way: what is slow must not pile up.
const ON_THEIR_WAY_MAX: i64 = 8;
/// How long to wait for messages on their way; the end of one of them wakes the campaign sooner.
const ON_THEIR_WAY_WAIT: Duration = Duration::from_secs(5);
/// How long to wait for answers to customers.
const ANSWERS_WAIT: Duration = Duration::from_secs(5);
/// How long to wait for a business that is suspended.
const SUSPENDED_WAIT: Duration = Duration::from_secs(300);
/// How long to wait for a number that does not work; it wakes the campaign when it does.
const NUMBER_WAIT: Duration = Duration::from_secs(30);

const OPTED_OUT: &str = "asked not to be written to";

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

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The message is stored and its job made.
    Made(InteractionId),
    /// The person is left out.
    LeftOut(RecipientState),
    /// It is not this person's turn any more: look again.
    Gone,
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
    const QUEUED: Scoped = scoped!(
        "SELECT 1 FROM recipients WHERE tenant_id = :tenant AND campaign_id = :id AND state = 'queued' LIMIT 1"
    );
    Ok(scope.row(QUEUED, &[(":id", &id)], |_| Ok(()))?.is_some())
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
        Pace::Go => Turn::Next { text: campaign.text, material: Box::new(next.material) },
        Pace::Wait { until, brake: Brake::Gap } => Turn::Wait { until, reason: None },
        Pace::Wait { until, brake } => Turn::Wait { until, reason: Some(brake.to_string()) },
    })
}

struct Person {
    contact: crate::ids::ContactId,
    review: Review,
    opted_out: bool,
    address: Option<Address>,
    newcomer: bool,
}

/// The person of a row, and where a message to them goes: to the address that wrote last, else to the phone number.
fn person(scope: &Scope<'_>, campaign: &Campaign, id: RecipientId) -> Result<Option<Person>, StoreError> {
    const PERSON: Scoped = scoped!(
        "SELECT c.id, c.review, c.opted_out_at IS NOT NULL, h.address, r.phone, h.last_at IS NULL,
                (SELECT max(address) FROM identities WHERE tenant_id = c.tenant_id AND contact_id = c.id)
         FROM recipients AS r
         JOIN contacts AS c ON c.tenant_id = r.tenant_id AND c.id = r.contact_id
         LEFT JOIN chats AS h ON h.tenant_id = r.tenant_id AND h.contact_id = r.contact_id
                             AND h.instance_id = :instance
         WHERE r.tenant_id = :tenant AND r.campaign_id = :campaign AND r.id = :id"
    );
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":campaign", &campaign.id), (":instance", &campaign.instance), (":id", &id)];
    scope.row(PERSON, params, |row| {
        let (thread, phone): (Option<Address>, Option<crate::phone::Phone>) = (row.get(3)?, row.get(4)?);
        let (identity, by_phone): (Option<Address>, _) = (row.get(6)?, phone.map(|phone| phone.address()));
        Ok(Person {
            contact: row.get(0)?,
            review: row.get(1)?,
            opted_out: row.get(2)?,
            address: thread.or(by_phone).or(identity).filter(Address::is_person),
            newcomer: row.get(5)?,
        })
    })
}

fn leave_out(
    scope: &Scope<'_>,
    campaign: CampaignId,
    id: RecipientId,
    state: RecipientState,
    reason: &str,
    now: Timestamp,
) -> Result<Claim, StoreError> {
    const LEAVE: Scoped = scoped!(
        "UPDATE recipients SET state = :state, reason = :reason, interaction_id = NULL, claimed_at = :now
         WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id"
    );
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":campaign", &campaign), (":id", &id), (":state", &state), (":reason", &reason), (":now", &now)];
    scope.execute(LEAVE, params)?;
    campaigns::emit(scope, campaign);
    Ok(Claim::LeftOut(state))
}

fn claim(
    scope: &Scope<'_>,
    campaign: &Campaign,
    id: RecipientId,
    text: Result<String, String>,
    now: Timestamp,
) -> Result<Claim, StoreError> {
    const TAKE: Scoped = scoped!(
        "UPDATE recipients SET state = 'sending', interaction_id = :interaction, claimed_at = :now, newcomer = :newcomer
         WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id AND state = 'queued'"
    );
    const GOES_ON: Scoped = scoped!(
        "UPDATE campaigns SET reason = NULL, next_at = NULL
         WHERE tenant_id = :tenant AND id = :campaign AND (reason IS NOT NULL OR next_at IS NOT NULL)"
    );
    let skip = |reason: &str| leave_out(scope, campaign.id, id, RecipientState::Skipped, reason, now);
    let Some(person) = person(scope, campaign, id)? else { return skip("nobody we know") };
    if person.opted_out {
        return leave_out(scope, campaign.id, id, RecipientState::OptedOut, OPTED_OUT, now);
    }
    if person.review == Review::Personal {
        return skip("personal: campaigns never write here");
    }
    let text = match text {
        Ok(text) => text,
        Err(reason) => return skip(&reason),
    };
    let Some(address) = person.address else { return skip("no phone number is known") };
    let thread = chats::thread(scope, campaign.instance, &address, None, None, Review::New, now)?;
    if thread.contact != person.contact {
        return skip("the address belongs to somebody else");
    }
    let interaction = Interaction {
        id: InteractionId::new(),
        chat: thread.chat,
        direction: Direction::Out,
        author: Author::Campaign,
        state: InteractionState::Queued,
        kind: ContentKind::Text,
        text,
        at: now,
        wa_id: None,
        address,
        reason: None,
        client_ref: None,
        reply_to: None,
        author_name: None,
        reaction: None,
        model: None,
        latency_ms: None,
        original: None,
        media: None,
        tokens: None,
        quoted: None,
    };
    interactions::insert(scope, campaign.instance, &interaction, &Extra::default(), now)?;
    jobs::insert_campaign_send(scope, thread.chat, interaction.id, now)?;
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[
        (":campaign", &campaign.id),
        (":id", &id),
        (":interaction", &interaction.id),
        (":newcomer", &person.newcomer),
        (":now", &now),
    ];
    if scope.execute(TAKE, params)? != 1 {
        return Err(StoreError::Conflict("the recipient was taken meanwhile".to_owned()));
    }
    scope.execute(GOES_ON, &[(":campaign", &campaign.id)])?;
    campaigns::emit(scope, campaign.id);
    Ok(Claim::Made(interaction.id))
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

/// May a message of a campaign that waits to be sent leave? The person may have asked for silence since it was made:
/// then it is taken back, and the row says so.
pub(crate) fn may_leave(
    scope: &Scope<'_>,
    chat: ChatId,
    message: InteractionId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const ROW: Scoped =
        scoped!("SELECT campaign_id, id FROM recipients WHERE tenant_id = :tenant AND interaction_id = :message");
    let Some(contact) = chats::find(scope, chat)?.and_then(|chat| chat.contact) else { return Ok(false) };
    let Some(person) = contacts::find(scope, contact)? else { return Ok(false) };
    let (state, reason) = match (person.opted_out_at, person.review) {
        (Some(_), _) => (RecipientState::OptedOut, OPTED_OUT),
        (None, Review::Personal) => (RecipientState::Skipped, "personal: campaigns never write here"),
        _ => return Ok(true),
    };
    interactions::set_state(scope, message, InteractionState::Cancelled, Some(reason))?;
    let row = scope.row(ROW, &[(":message", &message)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if let Some((campaign, recipient)) = row {
        leave_out(scope, campaign, recipient, state, reason, now)?;
    }
    Ok(false)
}

/// Takes back what has not left yet. Its recipients wait again, or are left out for good.
fn take_back(
    scope: &Scope<'_>,
    id: CampaignId,
    then: RecipientState,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    const UNSENT: Scoped = scoped!(
        "SELECT i.id, i.job_id, r.id FROM interactions AS i
         JOIN recipients AS r ON r.tenant_id = i.tenant_id AND r.interaction_id = i.id
         WHERE i.tenant_id = :tenant AND i.author = 'campaign' AND r.campaign_id = :id
           -- The first list is that of the index, the second what is meant.
           AND i.state IN ('draft', 'held', 'queued', 'sending', 'unknown') AND i.state = 'queued'"
    );
    const JOB: Scoped = scoped!(
        "UPDATE jobs SET state = 'cancelled', reason = :reason, updated_at = :now
         WHERE tenant_id = :tenant AND id = :job AND state IN ('scheduled', 'available', 'retryable', 'held')"
    );
    const WAITS: Scoped = scoped!(
        "UPDATE recipients SET state = 'queued', interaction_id = NULL, claimed_at = NULL
         WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id"
    );
    let unsent = scope.rows(UNSENT, &[(":id", &id)], |row| {
        Ok((row.get::<_, InteractionId>(0)?, row.get::<_, Option<JobId>>(1)?, row.get::<_, RecipientId>(2)?))
    })?;
    for (message, job, recipient) in unsent {
        interactions::set_state(scope, message, InteractionState::Cancelled, Some(reason))?;
        if let Some(job) = job {
            scope.execute(JOB, &[(":job", &job), (":reason", &reason), (":now", &now)])?;
        }
        if then == RecipientState::Queued {
            scope.execute(WAITS, &[(":campaign", &id), (":id", &recipient)])?;
        } else {
            leave_out(scope, id, recipient, then, reason, now)?;
        }
    }
    Ok(())
}

fn conflict<T>(campaign: &Campaign, what: &str) -> Result<T, StoreError> {
    Err(StoreError::Conflict(format!("{} is {}: {what}", campaign.name, campaign.state)))
}

/// Stops a campaign until a person resumes it; what has not left yet stays in.
pub(crate) fn pause(scope: &Scope<'_>, id: CampaignId, reason: &str, now: Timestamp) -> Result<(), StoreError> {
    campaigns::set_state(scope, id, CampaignState::Paused, Some(reason), now)?;
    take_back(scope, id, RecipientState::Queued, "the campaign was paused", now)?;
    // So that its job does not stand in the queue until its time.
    wake(scope, id, now, now)
}

/// Starts a campaign, now or at its time.
fn set_going(scope: &Scope<'_>, campaign: &Campaign, now: Timestamp) -> Result<Campaign, StoreError> {
    match campaign.scheduled_at {
        Some(at) if at > now => {
            campaigns::set_state(scope, campaign.id, CampaignState::Scheduled, None, now)?;
            wake(scope, campaign.id, at, now)?;
        }
        _ => {
            campaigns::set_state(scope, campaign.id, CampaignState::Running, None, now)?;
            wake(scope, campaign.id, now, now)?;
        }
    }
    found(scope, campaign.id)
}

impl TenantStore {
    /// Starts a draft, now or at its time.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is no draft, nobody is left to write to, or its time is over.
    pub async fn launch_campaign(&self, id: CampaignId, now: Timestamp) -> Result<Campaign, StoreError> {
        self.write(move |scope| {
            let campaign = found(scope, id)?;
            if campaign.state != CampaignState::Draft {
                return conflict(&campaign, "only a draft can be launched");
            }
            if !any_queued(scope, id)? {
                return conflict(&campaign, "everybody on its list is left out; see its report");
            }
            if let Some(Turn::Stuck(reason)) = number_trouble(scope, campaign.instance, now)? {
                return conflict(&campaign, &reason);
            }
            if campaign.scheduled_at.is_some_and(|at| at + LATE_MAX < now) {
                return conflict(&campaign, "its time is over; give it another one, or `now`");
            }
            set_going(scope, &campaign, now)
        })
        .await
    }

    /// Stops a campaign until it is resumed. What has not left yet stays in.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is not under way.
    pub async fn pause_campaign(&self, id: CampaignId, reason: String, now: Timestamp) -> Result<Campaign, StoreError> {
        self.write(move |scope| {
            let campaign = found(scope, id)?;
            if !matches!(campaign.state, CampaignState::Running | CampaignState::Scheduled) {
                return conflict(&campaign, "there is nothing to pause");
            }
            pause(scope, id, &reason, now)?;
            found(scope, id)
        })
        .await
    }

    /// Lets a paused campaign go on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is not paused.
    pub async fn resume_campaign(&self, id: CampaignId, now: Timestamp) -> Result<Campaign, StoreError> {
        self.write(move |scope| {
            let campaign = found(scope, id)?;
            if campaign.state != CampaignState::Paused {
                return conflict(&campaign, "only a paused one can be resumed");
            }
            if let Some(Turn::Stuck(reason)) = number_trouble(scope, campaign.instance, now)? {
                return conflict(&campaign, &reason);
            }
            set_going(scope, &campaign, now)
        })
        .await
    }

    /// Ends a campaign: whoever has not got it yet never will.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it has ended already.
    pub async fn cancel_campaign(&self, id: CampaignId, now: Timestamp) -> Result<Campaign, StoreError> {
        const REST: Scoped = scoped!(
            "UPDATE recipients SET state = 'skipped', reason = :reason, claimed_at = :now
             WHERE tenant_id = :tenant AND campaign_id = :id AND state IN ('queued', 'checking')"
        );
        const REASON: &str = "the campaign was cancelled";
        self.write(move |scope| {
            let campaign = found(scope, id)?;
            if matches!(campaign.state, CampaignState::Completed | CampaignState::Cancelled) {
                return conflict(&campaign, "there is nothing to cancel");
            }
            campaigns::set_state(scope, id, CampaignState::Cancelled, None, now)?;
            take_back(scope, id, RecipientState::Skipped, REASON, now)?;
            scope.execute(REST, &[(":id", &id), (":reason", &REASON), (":now", &now)])?;
            wake(scope, id, now, now)?;
            found(scope, id)
        })
        .await
    }

    /// What a campaign may do now.
    ///
    /// # Errors
    /// What the store says.
    pub async fn campaign_turn(&self, id: CampaignId, limits: Limits, now: Timestamp) -> Result<Turn, StoreError> {
        self.read(move |scope| turn(scope, id, &limits, now)).await
    }

    /// Starts a campaign whose time has come; one that missed it by too much is paused.
    ///
    /// # Errors
    /// What the store says.
    pub async fn start_campaign(&self, id: CampaignId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |scope| {
            let Some(campaign) = campaigns::find(scope, id)? else { return Ok(()) };
            match (campaign.state, campaign.scheduled_at) {
                (CampaignState::Scheduled, Some(at)) if at + LATE_MAX < now => pause(scope, id, "missed its time", now),
                (CampaignState::Scheduled, _) => campaigns::set_state(scope, id, CampaignState::Running, None, now),
                _ => Ok(()),
            }
        })
        .await
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

    /// Stops a campaign that can't go on by itself.
    ///
    /// # Errors
    /// What the store says.
    pub async fn give_up_campaign(&self, id: CampaignId, reason: String, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |scope| match campaigns::find(scope, id)?.map(|campaign| campaign.state) {
            Some(CampaignState::Running | CampaignState::Scheduled) => pause(scope, id, &reason, now),
            _ => Ok(()),
        })
        .await
    }

    /// Notes that everybody got it or stands with a reason, unless that is not so any more.
    ///
    /// # Errors
    /// What the store says.
    pub async fn finish_campaign(&self, id: CampaignId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |scope| match turn(scope, id, &Limits::default(), now)? {
            Turn::Finished => campaigns::set_state(scope, id, CampaignState::Completed, None, now),
            _ => Ok(()),
        })
        .await
    }

    /// Takes one recipient: everything that speaks against it is looked at here, and the message and its job are
    /// stored in the same transaction. `text` is what the recipient gets, or why nothing can be made of it.
    ///
    /// # Errors
    /// What the store says.
    pub async fn claim_recipient(
        &self,
        id: CampaignId,
        recipient: RecipientId,
        text: Result<String, String>,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        self.write(move |scope| match turn(scope, id, &limits, now)? {
            Turn::Next { material, .. } if material.recipient == recipient => {
                claim(scope, &found(scope, id)?, recipient, text, now)
            }
            _ => Ok(Claim::Gone),
        })
        .await
    }
}
