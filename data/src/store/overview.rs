//! Overview: the counts of one page, each from an index that holds only what is counted.

use super::TenantStore;
use super::error::StoreError;
use super::scope::{Params, Scope, Scoped};
use crate::ids::{InstanceId, InteractionId, JobId};
use crate::model::chat::ChatState;
use crate::model::instance::{InstanceStatus, Verdict};
use crate::model::job::JobKind;
use crate::scoped;
use crate::time::Timestamp;

/// How things stand, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Chats of each state that has any.
    pub states: Vec<(ChatState, i64)>,
    /// Chats with messages that nobody has read.
    pub unread: i64,
    /// Answers that a check holds.
    pub held: i64,
    /// Answers that wait for a human or for their countdown.
    pub drafts: i64,
    /// Messages of unknown end.
    pub unknown: i64,
    /// Jobs that were given up.
    pub dead_letters: i64,
    /// People who must be reviewed.
    pub unreviewed: i64,
    /// Has an answer of the assistant ever gone out?
    pub has_answered: bool,
    /// Is there a quick reply?
    pub has_quick_reply: bool,
    /// How long customers had waited for each of our first words, in milliseconds, the shortest first.
    pub waited_ms: Vec<i64>,
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Failed,
    /// Why, in words for people.
    pub reason: Option<String>,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// A job was given up.
    Job(JobId, JobKind),
    /// A message of ours was refused.
    Send(InteractionId),
    /// A number fell out.
    Number(InstanceId, String, Option<InstanceStatus>, Verdict),
}

fn counts(scope: &Scope<'_>, waited_since: Timestamp) -> Result<Counts, StoreError> {
    const STATES: Scoped = scoped!("SELECT state, count(*) FROM chats WHERE tenant_id = :tenant GROUP BY state");
    // They are done for ever, and no list shows them; the index by state does not know which they are.
    const OF_THE_ERASED: Scoped = scoped!("SELECT count(*) FROM chats WHERE tenant_id = :tenant AND kind = 'erased'");
    const UNREAD: Scoped = scoped!("SELECT count(*) FROM chats WHERE tenant_id = :tenant AND unread > 0");
    // An answer of several parts is one; the list of states is that of the index.
    const ANSWERS: Scoped = scoped!(
        "SELECT count(DISTINCT chat_id) FILTER (WHERE state = 'held'),
                count(DISTINCT chat_id) FILTER (WHERE state = 'draft'),
                count(*) FILTER (WHERE state = 'unknown')
         FROM interactions
         WHERE tenant_id = :tenant AND state IN ('draft', 'held', 'queued', 'sending', 'unknown')
           AND chat_id NOT IN (SELECT id FROM chats WHERE tenant_id = :tenant AND kind = 'erased')"
    );
    const DEAD: Scoped = scoped!("SELECT count(*) FROM jobs WHERE tenant_id = :tenant AND state = 'discarded'");
    const UNREVIEWED: Scoped =
        scoped!("SELECT count(*) FROM contacts WHERE tenant_id = :tenant AND review = 'unreviewed'");
    const ANSWERED: Scoped = scoped!(
        "SELECT EXISTS (SELECT 1 FROM ledger WHERE tenant_id = :tenant AND reason >= 'settle:' AND reason < 'settle;')"
    );
    const QUICK_REPLY: Scoped = scoped!("SELECT EXISTS (SELECT 1 FROM quick_replies WHERE tenant_id = :tenant)");
    const WAITED: Scoped = scoped!(
        "SELECT waited_ms FROM interactions
         WHERE tenant_id = :tenant AND waited_ms IS NOT NULL AND at >= :since ORDER BY waited_ms"
    );
    let number = |sql| Ok::<i64, StoreError>(scope.row(sql, &[], |row| row.get(0))?.unwrap_or(0));
    let (held, drafts, unknown) =
        scope.row(ANSWERS, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.unwrap_or_default();
    let mut states: Vec<(ChatState, i64)> = scope.rows(STATES, &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let erased = number(OF_THE_ERASED)?;
    for (_, chats) in states.iter_mut().filter(|(state, _)| *state == ChatState::Done) {
        *chats -= erased;
    }
    states.retain(|(_, chats)| *chats > 0);
    Ok(Counts {
        states,
        unread: number(UNREAD)?,
        held,
        drafts,
        unknown,
        dead_letters: number(DEAD)?,
        unreviewed: number(UNREVIEWED)?,
        has_answered: number(ANSWERED)? > 0,
        has_quick_reply: number(QUICK_REPLY)? > 0,
        waited_ms: scope.rows(WAITED, &[(":since", &waited_since)], |row| row.get(0))?,
    })
}

fn failures(scope: &Scope<'_>, limit: usize) -> Result<Vec<Failure>, StoreError> {
    const JOBS: Scoped = scoped!(
        "SELECT updated_at, id, kind, reason FROM jobs WHERE tenant_id = :tenant AND state = 'discarded'
         ORDER BY updated_at DESC LIMIT :limit"
    );
    // A send whose job was given up is told of once, by its job.
    const SENDS: Scoped = scoped!(
        "SELECT i.at, i.id, i.reason FROM interactions AS i
         WHERE i.tenant_id = :tenant AND i.state = 'failed'
           AND NOT EXISTS (SELECT 1 FROM jobs AS j
                           WHERE j.tenant_id = :tenant AND j.id = i.job_id AND j.state = 'discarded')
         ORDER BY i.at DESC LIMIT :limit"
    );
    // What a number goes through before its first pairing, and while WAHA starts it, is no trouble.
    const NUMBERS: Scoped = scoped!(
        "SELECT s.at, i.id, i.name, s.verdict, s.reason, s.status FROM instances AS i
         JOIN instance_statuses AS s ON s.tenant_id = i.tenant_id AND s.instance_id = i.id
         WHERE i.tenant_id = :tenant AND i.removed_at IS NULL AND s.verdict IN ('dead', 'restricted')
           AND s.at >= i.paired_at AND s.status IS NOT 'STARTING'
         ORDER BY s.at DESC LIMIT :limit"
    );
    let limit_rows = i64::try_from(limit).unwrap_or(i64::MAX);
    let params: Params<'_> = &[(":limit", &limit_rows)];
    let mut found = scope.rows(JOBS, params, |row| {
        Ok(Failure { at: row.get(0)?, what: Failed::Job(row.get(1)?, row.get(2)?), reason: row.get(3)? })
    })?;
    found.extend(scope.rows(SENDS, params, |row| {
        Ok(Failure { at: row.get(0)?, what: Failed::Send(row.get(1)?), reason: row.get(2)? })
    })?);
    found.extend(scope.rows(NUMBERS, params, |row| {
        let status = row.get::<_, Option<String>>(5)?.map(InstanceStatus::from);
        let what = Failed::Number(row.get(1)?, row.get(2)?, status, row.get(3)?);
        Ok(Failure { at: row.get(0)?, what, reason: row.get(4)? })
    })?);
    found.sort_by_key(|failure| std::cmp::Reverse(failure.at));
    found.truncate(limit);
    Ok(found)
}

impl TenantStore {
    /// How things stand, in numbers; how long customers waited counts from an instant on.
    ///
    /// # Errors
    /// What the store says.
    pub async fn counts(&self, waited_since: Timestamp) -> Result<Counts, StoreError> {
        self.read(move |scope| counts(scope, waited_since)).await
    }

    /// What went wrong last, newest first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn failures(&self, limit: usize) -> Result<Vec<Failure>, StoreError> {
        self.read(move |scope| failures(scope, limit)).await
    }
}
