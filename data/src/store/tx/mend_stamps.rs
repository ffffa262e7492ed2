//! What a clock that was ahead has left behind: stamps in the future. Once the clock is right they become now, so that
//! gaps, caps and pauses are counted from here on, and jobs sleep as long as was meant and not until that far day.
//!
//! Entries of the ledger are never changed: a period is told by its bounds.

use rusqlite::ToSql;

use crate::ids::ChatId;
use crate::model::job::JobKind;
use crate::scoped;
use crate::store::TenantStore;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::jobs::FAR;
use crate::store::scope::Scoped;
use crate::time::Timestamp;

/// The longest that a job sleeps for a reason of its own. Only a campaign waits longer, for its time: it looks at that
/// again when it is woken.
const SLEEP_MAX_MS: i64 = 24 * 3600 * 1000;

/// The chats that were touched while the clock was ahead.
macro_rules! touched {
    () => {
        "tenant_id = :tenant AND (last_at > :now OR last_in_at > :now OR last_out_at > :now OR waiting_since > :now
                                  OR context_from > :now OR handoff_at > :now)"
    };
}

/// The stamps of a message.
macro_rules! message_stamps {
    () => {
        "UPDATE interactions
         SET at = CASE WHEN at > :now THEN :now ELSE at END,
             sending_at = CASE WHEN sending_at > :now THEN :now ELSE sending_at END,
             answered_at = CASE WHEN answered_at > :now THEN :now ELSE answered_at END,
             sent_at = CASE WHEN sent_at > :now THEN :now ELSE sent_at END,
             echoed_at = CASE WHEN echoed_at > :now THEN :now ELSE echoed_at END,
             created_at = CASE WHEN created_at > :now THEN :now ELSE created_at END
         WHERE tenant_id = :tenant
           AND (at > :now OR sending_at > :now OR answered_at > :now OR sent_at > :now OR echoed_at > :now
                OR created_at > :now) AND "
    };
}

/// In this order: messages are found by the stamps of their chats.
const STAMPS: &[Scoped] = &[
    scoped!(concat!(message_stamps!(), "chat_id IN (SELECT id FROM chats WHERE ", touched!(), ")")),
    scoped!(concat!(message_stamps!(), "state IN ('draft', 'held', 'queued', 'sending', 'unknown')")),
    scoped!(concat!(
        message_stamps!(),
        "author = 'campaign' AND at > :now
         AND instance_id IN (SELECT id FROM instances WHERE tenant_id = :tenant)"
    )),
    scoped!(
        "UPDATE recipients
         SET claimed_at = CASE WHEN claimed_at > :now THEN :now ELSE claimed_at END,
             sent_at = CASE WHEN sent_at > :now THEN :now ELSE sent_at END,
             replied_at = CASE WHEN replied_at > :now THEN :now ELSE replied_at END,
             opted_out_at = CASE WHEN opted_out_at > :now THEN :now ELSE opted_out_at END
         WHERE tenant_id = :tenant
           AND (claimed_at > :now OR sent_at > :now OR replied_at > :now OR opted_out_at > :now)"
    ),
    scoped!(
        "UPDATE campaigns
         SET listed_at = CASE WHEN listed_at > :now THEN :now ELSE listed_at END,
             started_at = CASE WHEN started_at > :now THEN :now ELSE started_at END,
             resumed_at = CASE WHEN resumed_at > :now THEN :now ELSE resumed_at END,
             finished_at = CASE WHEN finished_at > :now THEN :now ELSE finished_at END,
             created_at = CASE WHEN created_at > :now THEN :now ELSE created_at END
         WHERE tenant_id = :tenant
           AND (listed_at > :now OR started_at > :now OR resumed_at > :now OR finished_at > :now OR created_at > :now)"
    ),
    scoped!("UPDATE number_checks SET at = :now WHERE tenant_id = :tenant AND at > :now"),
    scoped!("UPDATE erasures SET at = :now WHERE tenant_id = :tenant AND at > :now"),
    scoped!("UPDATE suppressions SET at = :now WHERE tenant_id = :tenant AND at > :now"),
    scoped!(
        "UPDATE contacts
         SET opted_out_at = CASE WHEN opted_out_at > :now THEN :now ELSE opted_out_at END,
             consent_at = CASE WHEN consent_at > :now THEN :now ELSE consent_at END
         WHERE tenant_id = :tenant AND (opted_out_at > :now OR consent_at > :now)"
    ),
    scoped!(
        "UPDATE instances
         SET since = CASE WHEN since > :now THEN :now ELSE since END,
             paired_at = CASE WHEN paired_at > :now THEN :now ELSE paired_at END,
             heard_at = CASE WHEN heard_at > :now THEN :now ELSE heard_at END
         WHERE tenant_id = :tenant AND (since > :now OR paired_at > :now OR heard_at > :now)"
    ),
    scoped!("UPDATE instance_statuses SET at = :now WHERE tenant_id = :tenant AND at > :now"),
    scoped!("UPDATE unreadable SET at = :now WHERE tenant_id = :tenant AND at > :now"),
    scoped!("UPDATE deliveries SET at = :now WHERE tenant_id = :tenant AND at > :now"),
];

impl TenantStore {
    /// Takes back what a clock that was ahead has left behind. To be called when the clock is known to be right: one that
    /// is behind takes everything for the future. Returns how many rows it changed.
    ///
    /// # Errors
    /// What the store says.
    pub async fn mend_stamps(&self, now: Timestamp) -> Result<usize, StoreError> {
        // A pause that was counted from a word of ours in the future keeps its length.
        const CHATS: Scoped = scoped!(concat!(
            "UPDATE chats
             SET paused_until = CASE WHEN last_out_at > :now AND paused_until > last_out_at
                                     THEN :now + (paused_until - last_out_at) ELSE paused_until END,
                 last_at = CASE WHEN last_at > :now THEN :now ELSE last_at END,
                 last_in_at = CASE WHEN last_in_at > :now THEN :now ELSE last_in_at END,
                 last_out_at = CASE WHEN last_out_at > :now THEN :now ELSE last_out_at END,
                 waiting_since = CASE WHEN waiting_since > :now THEN :now ELSE waiting_since END,
                 context_from = CASE WHEN context_from > :now THEN :now ELSE context_from END,
                 handoff_at = CASE WHEN handoff_at > :now THEN :now ELSE handoff_at END
             WHERE ",
            touched!(),
            " RETURNING id"
        ));
        // How long it was to sleep is told by when it was put to sleep.
        const JOBS: Scoped = scoped!(
            "UPDATE jobs
             SET run_at = CASE WHEN run_at > :now AND updated_at > :now AND run_at - updated_at BETWEEN 0 AND :sleep_max
                               THEN :now + (run_at - updated_at) ELSE min(run_at, :now) END,
                 created_at = CASE WHEN created_at > :now THEN :now ELSE created_at END,
                 updated_at = :now
             WHERE tenant_id = :tenant AND state IN ('scheduled', 'available', 'retryable')
               AND (updated_at > :now OR created_at > :now OR (run_at > :now + :sleep_max AND kind <> 'run_campaign'))
               AND run_at < :far
             RETURNING kind, run_at"
        );
        // What waits for a person goes on waiting.
        const OTHER_JOBS: Scoped = scoped!(
            "UPDATE jobs SET created_at = CASE WHEN created_at > :now THEN :now ELSE created_at END, updated_at = :now
             WHERE tenant_id = :tenant AND updated_at > :now"
        );
        self.write(move |scope| {
            let at: &[(&str, &dyn ToSql)] = &[(":now", &now)];
            let mut mended = 0;
            for stamps in STAMPS {
                mended += scope.execute(*stamps, at)?;
            }
            let chats: Vec<ChatId> = scope.rows(CHATS, at, |row| row.get(0))?;
            mended += chats.len();
            for chat in chats {
                scope.emit(Change::ChatChanged(scope.tenant(), chat));
            }
            let params: &[(&str, &dyn ToSql)] = &[(":now", &now), (":sleep_max", &SLEEP_MAX_MS), (":far", &FAR)];
            let jobs: Vec<(JobKind, Timestamp)> = scope.rows(JOBS, params, |row| Ok((row.get(0)?, row.get(1)?)))?;
            mended += jobs.len();
            for (kind, due) in jobs {
                scope.emit(Change::JobDue(kind, due));
            }
            mended += scope.execute(OTHER_JOBS, at)?;
            Ok(mended)
        })
        .await
    }
}
