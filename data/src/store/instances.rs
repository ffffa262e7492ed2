//! Instances: our WhatsApp numbers, what WAHA says of them and what we think.

use std::time::Duration;

use rusqlite::Row;

use super::change::Change;
use super::error::StoreError;
use super::scope::{Scope, Scoped};
use super::{Store, TenantStore, jobs};
use crate::ids::{InstanceId, TenantId};
use crate::model::fault::SLOWED;
use crate::model::instance::{Instance, InstanceStatus, Me, StatusChange, Verdict};
use crate::model::job::{JobArgs, JobKind};
use crate::model::new_chats::NewChatCapping;
use crate::model::pairing::is_pairing;
use crate::scoped;
use crate::time::Timestamp;

macro_rules! columns {
    () => {
        "tenant_id, id, name, waha, session, status, verdict, reason, since, me, engine, version, paired_at, heard_at, \
         created_at, worked_at, list_read_at, new_chats, paired_unseen"
    };
}

fn read(row: &Row<'_>) -> rusqlite::Result<Instance> {
    let me: Option<String> = row.get(9)?;
    Ok(Instance {
        tenant: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        waha: row.get(3)?,
        session: row.get(4)?,
        status: row.get::<_, Option<String>>(5)?.map(InstanceStatus::from),
        verdict: row.get(6)?,
        reason: row.get(7)?,
        since: row.get(8)?,
        me: me.and_then(|json| serde_json::from_str(&json).ok()),
        engine: row.get(10)?,
        version: row.get(11)?,
        paired_at: row.get(12)?,
        heard_at: row.get(13)?,
        created_at: row.get(14)?,
        worked_at: row.get(15)?,
        list_read_at: row.get(16)?,
        new_chats: row.get::<_, Option<String>>(17)?.and_then(|json| serde_json::from_str(&json).ok()),
        paired_unseen: row.get(18)?,
    })
}

/// A number with the key that its webhooks are signed with.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub instance: InstanceId,
    /// The session that its webhooks must name.
    pub session: String,
    /// The key, as text: WAHA signs with its UTF-8 bytes.
    pub hmac_key: HmacKey,
}

/// A signing key that does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct HmacKey(String);

impl HmacKey {
    /// Wraps a key.
    #[must_use]
    pub fn new(key: String) -> Self {
        Self(key)
    }

    /// The key itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What a look at WAHA's session found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// WAHA's word; `None` keeps the last one (WAHA could not be asked).
    pub status: Option<InstanceStatus>,
    /// What we think.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<String>,
    /// The paired account, where WAHA told it.
    pub me: Option<Me>,
    /// The engine, where WAHA told it.
    pub engine: Option<String>,
    /// The version, where WAHA told it.
    pub version: Option<String>,
}

/// Was the number watched when a sighting shows something new of it?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// It was looked at a moment before.
    Kept,
    /// Not for some time: what is new may have happened at any time since.
    Missed,
}

/// What a sighting changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Was the number not working before and is now?
    pub connected: Connected,
}

/// Whether a number has just begun to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connected {
    /// For the first time with this account, or with one that nobody knows: a pairing.
    Paired,
    /// Again, after a gap: it did not work, or WAHA could not be asked.
    Again,
    /// No change.
    AsBefore,
}

/// How much further back than the gap missed messages are looked for: clocks differ, and files come late.
const GAP_SLACK: Duration = Duration::from_secs(600);
/// How far back they are looked for at most.
const GAP_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// From when on messages may be missing, for a number that was last heard from, or last worked, then.
fn missing_since(instance: &Instance, worked_until: Timestamp, now: Timestamp) -> Timestamp {
    // Whatever lies in the future was written down by a clock that was ahead.
    let heard_at = instance.heard_at.map_or(worked_until, |heard_at| heard_at.min(worked_until));
    let since = heard_at.min(now) - GAP_SLACK;
    // What was written before the pairing is none of our business.
    since.max(now - GAP_MAX).max(instance.paired_at.filter(|at| *at <= now).unwrap_or(since))
}

/// The end of the last time that a number worked, and whether somebody scanned a code since.
fn gap(scope: &Scope<'_>, id: InstanceId) -> Result<(Option<Timestamp>, bool), StoreError> {
    const GAP: Scoped = scoped!(
        "SELECT min(at), max(coalesce(status = 'SCAN_QR_CODE', 0)) FROM instance_statuses
         WHERE tenant_id = :tenant AND instance_id = :id
           AND rowid > (SELECT max(rowid) FROM instance_statuses
                        WHERE tenant_id = :tenant AND instance_id = :id AND status = 'WORKING' AND verdict <> 'dead')"
    );
    let found =
        scope.row(GAP, &[(":id", &id)], |row| Ok((row.get(0)?, row.get::<_, Option<bool>>(1)?.unwrap_or(false))))?;
    Ok(found.unwrap_or_default())
}

fn request_history(
    scope: &Scope<'_>,
    instance: &Instance,
    worked_until: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let since = missing_since(instance, worked_until, now);
    let args = JobArgs::RecoverHistory { instance: instance.id, since };
    // The start is part of the key: a job that waits must not swallow one that reaches further back.
    jobs::insert_keyed(scope, &args, &format!("{} {}", instance.id, since.millis()), now, now)
}

/// One number.
pub(crate) fn find(scope: &Scope<'_>, id: InstanceId) -> Result<Option<Instance>, StoreError> {
    const FIND: Scoped = scoped!(concat!(
        "SELECT ",
        columns!(),
        " FROM instances WHERE tenant_id = :tenant AND id = :id AND removed_at IS NULL"
    ));
    scope.row(FIND, &[(":id", &id)], read)
}

impl Store {
    /// Every number that deliveries may come for.
    ///
    /// # Errors
    /// What the store says.
    pub async fn receivers(&self) -> Result<Vec<Receiver>, StoreError> {
        self.db
            .read(|connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT tenant_id, id, session, hmac_key FROM instances WHERE removed_at IS NULL",
                )?;
                let rows = statement.query_map([], |row| {
                    Ok(Receiver {
                        tenant: row.get(0)?,
                        instance: row.get(1)?,
                        session: row.get(2)?,
                        hmac_key: HmacKey(row.get(3)?),
                    })
                })?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?)
            })
            .await
    }

    /// Every number of every tenant, for the daemon's own rounds.
    ///
    /// # Errors
    /// What the store says.
    pub async fn all_instances(&self) -> Result<Vec<Instance>, StoreError> {
        self.db
            .read(|connection| {
                let mut statement = connection.prepare_cached(concat!(
                    "SELECT ",
                    columns!(),
                    " FROM instances WHERE removed_at IS NULL ORDER BY tenant_id, name"
                ))?;
                Ok(statement.query_map([], read)?.collect::<Result<Vec<_>, _>>()?)
            })
            .await
    }
}

impl TenantStore {
    /// Adds a number. One that was removed, with the same server and session, comes back with its chats.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name, or the session on that server, is taken.
    pub async fn add_instance(
        &self,
        name: String,
        waha: String,
        session: String,
        hmac_key: HmacKey,
        now: Timestamp,
    ) -> Result<Instance, StoreError> {
        const TAKEN: Scoped =
            scoped!("SELECT name FROM instances WHERE tenant_id = :tenant AND name = :name AND removed_at IS NULL");
        const BACK: Scoped = scoped!(
            "UPDATE OR IGNORE instances
             SET removed_at = NULL, name = :name, hmac_key = :hmac_key, status = NULL, verdict = 'dead',
                 reason = 'not reached yet', since = :now
             WHERE tenant_id = :tenant AND waha = :waha AND session = :session
             RETURNING id"
        );
        const INSERT: Scoped = scoped!(
            "INSERT INTO instances (tenant_id, id, name, waha, session, hmac_key, verdict, reason, since, created_at)
             VALUES (:tenant, :id, :name, :waha, :session, :hmac_key, 'dead', 'not reached yet', :now, :now)
             ON CONFLICT DO NOTHING"
        );
        self.write(move |scope| {
            if scope.row(TAKEN, &[(":name", &name)], |_| Ok(()))?.is_some() {
                return Err(StoreError::Conflict(format!("there is a number named {name} already")));
            }
            let taken = || StoreError::Conflict(format!("session {session} of {waha} belongs to another number"));
            let key = hmac_key.reveal();
            let held: Option<Option<Timestamp>> = scope.row(
                scoped!(
                    "SELECT removed_at FROM instances WHERE tenant_id = :tenant AND waha = :waha AND session = :session"
                ),
                &[(":waha", &waha), (":session", &session)],
                |row| row.get(0),
            )?;
            let id = match held {
                Some(None) => return Err(taken()),
                Some(Some(_)) => scope
                    .row(
                        BACK,
                        &[
                            (":name", &name),
                            (":waha", &waha),
                            (":session", &session),
                            (":hmac_key", &key),
                            (":now", &now),
                        ],
                        |row| row.get(0),
                    )?
                    .ok_or_else(taken)?,
                None => {
                    let id = InstanceId::new();
                    let added = scope.execute(
                        INSERT,
                        &[
                            (":id", &id),
                            (":name", &name),
                            (":waha", &waha),
                            (":session", &session),
                            (":hmac_key", &key),
                            (":now", &now),
                        ],
                    )?;
                    if added == 0 {
                        return Err(taken());
                    }
                    id
                }
            };
            scope.emit(Change::InstanceChanged(scope.tenant(), id));
            find(scope, id)?.ok_or(StoreError::NotFound("instance"))
        })
        .await
    }

    /// Every number of the tenant, by name.
    ///
    /// # Errors
    /// What the store says.
    pub async fn instances(&self) -> Result<Vec<Instance>, StoreError> {
        const ALL: Scoped = scoped!(concat!(
            "SELECT ",
            columns!(),
            " FROM instances WHERE tenant_id = :tenant AND removed_at IS NULL ORDER BY name"
        ));
        self.read(|scope| scope.rows(ALL, &[], read)).await
    }

    /// One number.
    ///
    /// # Errors
    /// What the store says.
    pub async fn instance(&self, id: InstanceId) -> Result<Option<Instance>, StoreError> {
        self.read(move |scope| find(scope, id)).await
    }

    /// The key that a number's webhooks are signed with.
    ///
    /// # Errors
    /// What the store says.
    pub async fn hmac_key(&self, id: InstanceId) -> Result<HmacKey, StoreError> {
        const KEY: Scoped = scoped!("SELECT hmac_key FROM instances WHERE tenant_id = :tenant AND id = :id");
        let key = self.read(move |scope| scope.row(KEY, &[(":id", &id)], |row| row.get(0))).await?;
        key.map(HmacKey).ok_or(StoreError::NotFound("instance"))
    }

    /// A number's history, newest first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn instance_history(&self, id: InstanceId, limit: i64) -> Result<Vec<StatusChange>, StoreError> {
        const PAGE: Scoped = scoped!(
            "SELECT at, status, verdict, reason FROM instance_statuses
             WHERE tenant_id = :tenant AND instance_id = :id ORDER BY at DESC, rowid DESC LIMIT :limit"
        );
        self.read(move |scope| {
            scope.rows(PAGE, &[(":id", &id), (":limit", &limit)], |row| {
                Ok(StatusChange {
                    at: row.get(0)?,
                    status: row.get::<_, Option<String>>(1)?.map(InstanceStatus::from),
                    verdict: row.get(2)?,
                    reason: row.get(3)?,
                })
            })
        })
        .await
    }

    /// Keeps until when WhatsApp lets a number write to nobody new, and how many new chats it may start, as WAHA tells it. What
    /// was told of new chats before stays where WAHA says nothing of them.
    ///
    /// # Errors
    /// What the store says.
    pub async fn restrict_instance(
        &self,
        id: InstanceId,
        until: Option<Timestamp>,
        new_chats: Option<NewChatCapping>,
    ) -> Result<(), StoreError> {
        const SET: Scoped = scoped!(
            "UPDATE instances SET restricted_until = :until, new_chats = coalesce(:new_chats, new_chats)
             WHERE tenant_id = :tenant AND id = :id
               AND (restricted_until IS NOT :until OR coalesce(:new_chats, new_chats) IS NOT new_chats)"
        );
        let new_chats = new_chats.and_then(|told| serde_json::to_string(&told).ok());
        self.write(move |scope| {
            scope.execute(SET, &[(":id", &id), (":until", &until), (":new_chats", &new_chats)]).map(drop)
        })
        .await
    }

    /// Keeps what a look at WAHA found. A working number wakes the work that waited for it.
    ///
    /// # Errors
    /// What the store says.
    pub async fn see_instance(&self, id: InstanceId, sighting: Sighting, now: Timestamp) -> Result<Seen, StoreError> {
        self.see_instance_after(id, sighting, Watch::Kept, now).await
    }

    /// The same for a number that may not have been looked at for some time.
    ///
    /// # Errors
    /// What the store says.
    pub async fn see_instance_after(
        &self,
        id: InstanceId,
        sighting: Sighting,
        watch: Watch,
        now: Timestamp,
    ) -> Result<Seen, StoreError> {
        const SET: Scoped = scoped!(
            "UPDATE instances
             SET status = coalesce(:status, status), verdict = :verdict, reason = :reason, since = :since,
                 me = CASE WHEN :paired THEN :me ELSE coalesce(:me, me) END, engine = coalesce(:engine, engine), version = coalesce(:version, version),
                 paired_at = CASE WHEN :paired THEN :now ELSE paired_at END,
                 paired_unseen = CASE WHEN :paired THEN :missed ELSE paired_unseen END,
                 worked_at = CASE WHEN :begun THEN :now WHEN :paired THEN NULL ELSE worked_at END,
                 list_read_at = CASE WHEN :begun OR :paired THEN NULL ELSE list_read_at END,
                 -- Another account has a quota of its own.
                 new_chats = CASE WHEN :paired AND :me IS NOT me THEN NULL ELSE new_chats END
             WHERE tenant_id = :tenant AND id = :id"
        );
        const HISTORY: Scoped = scoped!(
            "INSERT INTO instance_statuses (tenant_id, instance_id, at, status, verdict, reason)
             VALUES (:tenant, :id, :now, :status, :verdict, :reason)"
        );
        const WAKE: Scoped = scoped!(
            "UPDATE jobs SET run_at = :now, state = 'available'
             WHERE tenant_id = :tenant AND state IN ('scheduled', 'retryable')
               AND state IN ('scheduled', 'available', 'running', 'retryable', 'held', 'discarded')
               -- Of what waited for the end of a rest first, and for the number then, the first cause is told.
               AND (reason LIKE 'waiting for the number%' OR substr(reason, 1, length(:slowed)) = :slowed)
               AND EXISTS (SELECT 1 FROM chats AS h
                           WHERE h.tenant_id = :tenant AND h.id = jobs.chat_id AND h.instance_id = :id)"
        );
        self.write(move |scope| {
            let before = find(scope, id)?.ok_or(StoreError::NotFound("instance"))?;
            let status = sighting.status.clone().or(before.status.clone());
            let works = status == Some(InstanceStatus::Working);
            let told_to_work = sighting.status == Some(InstanceStatus::Working);
            let worked = before.status == Some(InstanceStatus::Working) && before.verdict != Verdict::Dead;
            let (worked_until, scanned) = if works && !worked { gap(scope, id)? } else { (None, false) };
            let paired = is_pairing(&before, sighting.status.as_ref(), sighting.me.as_ref(), scanned);
            let connected = if told_to_work && (paired || before.worked_at.is_none()) {
                Connected::Paired
            } else if works && !worked {
                Connected::Again
            } else {
                Connected::AsBefore
            };
            // Scanned anew by the same phone, which hands its history over once more.
            let begun = connected == Connected::Paired || (connected == Connected::Again && scanned);
            let changed =
                status != before.status || sighting.verdict != before.verdict || sighting.reason != before.reason;
            let since = if changed { now } else { before.since };
            let word = status.as_ref().map(InstanceStatus::word);
            let me = sighting.me.as_ref().and_then(|me| serde_json::to_string(me).ok());
            scope.execute(
                SET,
                &[
                    (":id", &id),
                    (":status", &word),
                    (":verdict", &sighting.verdict),
                    (":reason", &sighting.reason),
                    (":since", &since),
                    (":me", &me),
                    (":engine", &sighting.engine),
                    (":version", &sighting.version),
                    (":paired", &paired),
                    (":missed", &(watch == Watch::Missed)),
                    (":begun", &begun),
                    (":now", &now),
                ],
            )?;
            // What another phone missed, or had before, is none of our business.
            if let (Connected::Again, Some(worked_until)) = (connected, worked_until) {
                request_history(scope, &before, worked_until, now)?;
            }
            if begun {
                jobs::insert_keyed(scope, &JobArgs::SyncContacts { instance: id }, &id.to_string(), now, now)?;
            }
            if changed {
                scope.execute(
                    HISTORY,
                    &[
                        (":id", &id),
                        (":now", &now),
                        (":status", &word),
                        (":verdict", &sighting.verdict),
                        (":reason", &sighting.reason),
                    ],
                )?;
                scope.emit(Change::InstanceChanged(scope.tenant(), id));
            }
            if changed && works && scope.execute(WAKE, &[(":id", &id), (":slowed", &SLOWED), (":now", &now)])? > 0 {
                scope.emit(Change::JobDue(JobKind::AnswerChat, now));
                scope.emit(Change::JobDue(JobKind::SendMessage, now));
                scope.emit(Change::JobDue(JobKind::SendCampaign, now));
            }
            if changed && works {
                super::tx::run_campaign::wake_all_of(scope, id, now)?;
            }
            Ok(Seen { connected })
        })
        .await
    }

    /// Notes that a reading of the people that a number knows is complete; it began then.
    ///
    /// # Errors
    /// What the store says.
    pub async fn note_list_read(&self, id: InstanceId, begun_at: Timestamp) -> Result<(), StoreError> {
        // One that began before the last pairing says nothing about it.
        const READ: Scoped = scoped!(
            "UPDATE instances SET list_read_at = max(coalesce(list_read_at, 0), :at)
             WHERE tenant_id = :tenant AND id = :id AND worked_at <= :at"
        );
        self.write(move |scope| scope.execute(READ, &[(":id", &id), (":at", &begun_at)]).map(drop)).await
    }

    /// Asks for the messages that came while nobody listened, from the last time that a paired number was heard.
    ///
    /// # Errors
    /// What the store says.
    pub async fn recover_since_heard(&self, id: InstanceId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |scope| {
            let Some(instance) = find(scope, id)? else { return Ok(()) };
            match instance.paired_at {
                Some(_) => request_history(scope, &instance, instance.heard_at.unwrap_or(now), now),
                None => Ok(()),
            }
        })
        .await
    }

    /// Takes a number away. Its chats stay, and come back with it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it is not there.
    pub async fn remove_instance(&self, id: InstanceId, now: Timestamp) -> Result<(), StoreError> {
        const REMOVE: Scoped = scoped!(
            "UPDATE instances SET removed_at = :now WHERE tenant_id = :tenant AND id = :id AND removed_at IS NULL"
        );
        const CHATS: Scoped = scoped!(
            "SELECT DISTINCT j.chat_id FROM jobs AS j
             JOIN chats AS h ON h.tenant_id = j.tenant_id AND h.id = j.chat_id
             WHERE j.tenant_id = :tenant AND h.instance_id = :id AND j.kind = 'answer_chat'
               AND j.state IN ('scheduled', 'available', 'running', 'retryable', 'held')"
        );
        self.write(move |scope| {
            if scope.execute(REMOVE, &[(":id", &id), (":now", &now)])? == 0 {
                return Err(StoreError::NotFound("instance"));
            }
            for chat in scope.rows(CHATS, &[(":id", &id)], |row| row.get(0))? {
                jobs::cancel_answer(scope, chat, "the number was removed", now)?;
            }
            scope.emit(Change::InstanceChanged(scope.tenant(), id));
            Ok(())
        })
        .await
    }
}
