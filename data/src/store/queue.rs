//! The queue as people see it: unfinished jobs and dead letters, unreadable deliveries, sends of unknown end.

use rusqlite::Row;

use super::TenantStore;
use super::error::StoreError;
use super::jobs::{FAR, decode};
use super::scope::{Scope, Scoped};
use crate::ids::{ChatId, InstanceId, InteractionId, JobId, QueueItemId, UnreadableId};
use crate::model::job::{JobArgs, JobKind, JobState};
use crate::scoped;
use crate::time::Timestamp;

/// What an entry of the queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// Work, and where it stands.
    Job(JobKind, JobState),
    /// A body that WAHA signed and nobody understood: `available`, or `held` by a person.
    Unreadable(JobState),
    /// A message that may or may not have been sent.
    UnknownSend,
}

/// Which sort of entries to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueFilter {
    /// All.
    All,
    /// Jobs in this state.
    Jobs(JobState),
    /// Whatever a person put aside.
    Held,
    /// Bodies that nobody understood.
    Unreadable,
    /// Sends of unknown end.
    UnknownSends,
}

/// An entry of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueItem {
    /// Its id, unique over all sorts of entries.
    pub id: QueueItemId,
    /// What it is.
    pub item: Item,
    /// Why it is where it is.
    pub reason: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// Since when it is here.
    pub created_at: Timestamp,
    /// When it runs next; `None` when it waits for a person.
    pub next_at: Option<Timestamp>,
    /// The chat it is about.
    pub chat: Option<ChatId>,
    /// The number it is about.
    pub instance: Option<InstanceId>,
}

/// An entry of the queue in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDetail {
    /// The entry.
    pub item: QueueItem,
    /// What a job is to do.
    pub args: Option<JobArgs>,
    /// The stored steps of a job, in order.
    pub steps: Vec<String>,
    /// A message's words, or an unreadable body as far as it is text.
    pub text: Option<String>,
}

/// Where a page of the queue ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueuePlace {
    /// When the last entry was made.
    pub created_at: Timestamp,
    /// The last entry.
    pub id: QueueItemId,
}

impl QueuePlace {
    /// The place after an entry.
    #[must_use]
    pub const fn after(item: &QueueItem) -> Self {
        Self { created_at: item.created_at, id: item.id }
    }
}

/// A body that WAHA signed and nobody understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its id.
    pub id: UnreadableId,
    /// The number it came for.
    pub instance: InstanceId,
    /// The body.
    pub body: Vec<u8>,
}

/// The columns of [`read`]: sort, id, kind, state, reason, attempts, made at, next at, chat, number, arguments.
macro_rules! jobs {
    () => {
        "SELECT 'job' AS sort, j.id AS id, j.kind AS kind, j.state AS state, j.reason AS reason,
                j.attempts AS attempts, j.created_at AS made_at, j.run_at AS next_at, j.chat_id AS chat_id,
                (SELECT h.instance_id FROM chats AS h WHERE h.tenant_id = j.tenant_id AND h.id = j.chat_id) AS instance_id,
                j.args AS args
         FROM jobs AS j
         WHERE j.tenant_id = :tenant
           AND j.state IN ('scheduled', 'available', 'running', 'retryable', 'held', 'discarded')"
    };
}
macro_rules! unreadable {
    () => {
        "SELECT 'unreadable', u.id, NULL, u.state, u.reason, u.attempts, u.at, NULL, NULL, u.instance_id, NULL
         FROM unreadable AS u WHERE u.tenant_id = :tenant"
    };
}
macro_rules! unknown {
    () => {
        "SELECT 'unknown', i.id, NULL, NULL, i.reason, 1, i.at, NULL, i.chat_id, i.instance_id, NULL
         FROM interactions AS i WHERE i.tenant_id = :tenant AND i.state = 'unknown'
           -- For the index of what is not out yet.
           AND i.state IN ('draft', 'held', 'queued', 'sending', 'unknown')
           -- Nobody can tell any more of one whose person was erased, nor send it again.
           AND i.chat_id NOT IN (SELECT id FROM chats WHERE tenant_id = :tenant AND kind = 'erased')"
    };
}

fn read(row: &Row<'_>) -> rusqlite::Result<QueueItem> {
    let item = match row.get_ref(0)?.as_str()? {
        "job" => Item::Job(row.get(2)?, row.get(3)?),
        "unreadable" => Item::Unreadable(row.get(3)?),
        _ => Item::UnknownSend,
    };
    let next_at: Option<Timestamp> = row.get(7)?;
    let waits = matches!(item, Item::Job(_, JobState::Held | JobState::Discarded | JobState::Running));
    let args: Option<String> = row.get(10)?;
    let instance: Option<InstanceId> = row.get(9)?;
    Ok(QueueItem {
        id: row.get(1)?,
        item,
        reason: row.get(4)?,
        attempts: row.get(5)?,
        created_at: row.get(6)?,
        next_at: next_at.filter(|at| *at < FAR && !waits),
        chat: row.get(8)?,
        instance: instance.or_else(|| args.and_then(|args| instance_of(&decode(&args).ok()?))),
    })
}

const fn instance_of(args: &JobArgs) -> Option<InstanceId> {
    match args {
        JobArgs::ResolveIdentity { instance, .. }
        | JobArgs::ReconcileInstance { instance }
        | JobArgs::SyncContacts { instance }
        | JobArgs::RecoverHistory { instance, .. } => Some(*instance),
        JobArgs::AnswerChat { .. }
        | JobArgs::SendMessage { .. }
        | JobArgs::SendCampaign { .. }
        | JobArgs::RunCampaign { .. } => None,
    }
}

/// One entry.
pub(crate) fn find(scope: &Scope<'_>, id: QueueItemId) -> Result<Option<QueueItem>, StoreError> {
    const JOB: Scoped = scoped!(concat!(jobs!(), " AND j.id = :id"));
    const UNREADABLE: Scoped = scoped!(concat!(unreadable!(), " AND u.id = :id"));
    const UNKNOWN: Scoped = scoped!(concat!(unknown!(), " AND i.id = :id"));
    for sql in [JOB, UNREADABLE, UNKNOWN] {
        if let Some(found) = scope.row(sql, &[(":id", &id)], read)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// What a job is to do, whatever its state.
pub(crate) fn args_of(scope: &Scope<'_>, id: JobId) -> Result<Option<JobArgs>, StoreError> {
    const ARGS: Scoped = scoped!("SELECT args FROM jobs WHERE tenant_id = :tenant AND id = :id");
    scope.row(ARGS, &[(":id", &id)], |row| row.get::<_, String>(0))?.map(|args| decode(&args)).transpose()
}

fn detail(scope: &Scope<'_>, id: QueueItemId) -> Result<Option<QueueDetail>, StoreError> {
    const STEPS: Scoped =
        scoped!("SELECT name FROM steps WHERE tenant_id = :tenant AND job_id = :id ORDER BY at, name, revision");
    const WORDS: Scoped = scoped!("SELECT text FROM interactions WHERE tenant_id = :tenant AND id = :id");
    const BODY: Scoped = scoped!("SELECT body FROM unreadable WHERE tenant_id = :tenant AND id = :id");
    let Some(item) = find(scope, id)? else { return Ok(None) };
    let words = |id: InteractionId| scope.row(WORDS, &[(":id", &id)], |row| row.get::<_, String>(0));
    let (args, text) = match item.item {
        Item::Job(..) => {
            let args = args_of(scope, id.into())?;
            let text = match &args {
                Some(args) => args.message().map_or(Ok(None), |(_, interaction)| words(interaction))?,
                None => None,
            };
            (args, text)
        }
        Item::Unreadable(_) => {
            let body = scope.row(BODY, &[(":id", &id)], |row| row.get::<_, Vec<u8>>(0))?;
            (None, body.map(|body| String::from_utf8_lossy(&body).into_owned()))
        }
        Item::UnknownSend => (None, words(id.into())?),
    };
    let steps = scope.rows(STEPS, &[(":id", &id)], |row| row.get(0))?;
    Ok(Some(QueueDetail { item, args, steps, text }))
}

impl TenantStore {
    /// What is not finished, oldest first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn queue(
        &self,
        filter: QueueFilter,
        after: Option<QueuePlace>,
        limit: i64,
    ) -> Result<Vec<QueueItem>, StoreError> {
        const PAGE: Scoped = scoped!(concat!(
            "SELECT sort, id, kind, state, reason, attempts, made_at, next_at, chat_id, instance_id, args FROM (",
            jobs!(),
            " UNION ALL ",
            unreadable!(),
            " UNION ALL ",
            unknown!(),
            ") WHERE (:sort IS NULL OR sort = :sort) AND (:state IS NULL OR state = :state)
                 AND (made_at, id) > (:at, :id)
               ORDER BY made_at, id LIMIT :limit"
        ));
        let (sort, state) = match filter {
            QueueFilter::All => (None, None),
            QueueFilter::Jobs(state) => (Some("job"), Some(state)),
            QueueFilter::Held => (None, Some(JobState::Held)),
            QueueFilter::Unreadable => (Some("unreadable"), None),
            QueueFilter::UnknownSends => (Some("unknown"), None),
        };
        let begin = QueuePlace { created_at: Timestamp::from_millis(i64::MIN), id: QueueItemId::from_bytes([0; 16]) };
        let place = after.unwrap_or(begin);
        self.read(move |scope| {
            scope.rows(
                PAGE,
                &[
                    (":sort", &sort),
                    (":state", &state),
                    (":at", &place.created_at),
                    (":id", &place.id),
                    (":limit", &limit),
                ],
                read,
            )
        })
        .await
    }

    /// One entry in short.
    ///
    /// # Errors
    /// What the store says.
    pub async fn queue_item(&self, id: QueueItemId) -> Result<Option<QueueItem>, StoreError> {
        self.read(move |scope| find(scope, id)).await
    }

    /// One entry in full.
    ///
    /// # Errors
    /// What the store says.
    pub async fn queue_detail(&self, id: QueueItemId) -> Result<Option<QueueDetail>, StoreError> {
        self.read(move |scope| detail(scope, id)).await
    }

    /// A body that nobody understood.
    ///
    /// # Errors
    /// What the store says.
    pub async fn unreadable(&self, id: UnreadableId) -> Result<Option<Unreadable>, StoreError> {
        const FIND: Scoped =
            scoped!("SELECT id, instance_id, body FROM unreadable WHERE tenant_id = :tenant AND id = :id");
        self.read(move |scope| {
            scope.row(FIND, &[(":id", &id)], |row| {
                Ok(Unreadable { id: row.get(0)?, instance: row.get(1)?, body: row.get(2)? })
            })
        })
        .await
    }
}
