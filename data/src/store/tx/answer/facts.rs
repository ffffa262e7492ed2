//! What an answer is decided and made of.

use super::running;
use crate::ids::{ChatId, JobId, ReplyId};
use crate::model::chat::Chat;
use crate::model::contact::Review;
use crate::model::instance::Instance;
use crate::model::interaction::{Interaction, InteractionState};
use crate::model::quick_reply::QuickReply;
use crate::model::tenant::Tenant;
use crate::phone::Phone;
use crate::scoped;
use crate::store::TenantStore;
use crate::store::error::StoreError;
use crate::store::interactions::{self, Outbound};
use crate::store::scope::{Scope, Scoped};
use crate::store::settings::{Values, values};
use crate::store::{chats, instances, quick_replies};
use crate::time::Timestamp;

/// Everything that the decision about an answer, and its prompt, are made of.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The business.
    pub tenant: Tenant,
    /// The number.
    pub instance: Instance,
    /// The chat.
    pub chat: Chat,
    /// What the owner said about the person.
    pub review: Review,
    /// When the person asked not to be written to.
    pub opted_out_at: Option<Timestamp>,
    /// The language on record for the person.
    pub language: Option<String>,
    /// The person's number.
    pub phone: Option<Phone>,
    /// Was the person told in this chat that a machine writes?
    pub disclosed: bool,
    /// When the newest message that nobody has answered was written.
    pub asked_at: Option<Timestamp>,
    /// The person's tags.
    pub tags: Vec<String>,
    /// Settings of tenant, number and chat.
    pub values: Values,
    /// Every quick reply in use, by label.
    pub quick_replies: Vec<QuickReply>,
    /// The last messages of the chat that the model may see, oldest first.
    pub history: Vec<Interaction>,
    /// Messages of this job that have not come to an end.
    pub pending: Vec<Outbound>,
    /// The last message of this job, where an echo or an ack told what became of it and no run has noted it yet.
    pub told: Option<Outbound>,
    /// When the assistant's last answers in this chat went out, newest first.
    pub answers_at: Vec<Timestamp>,
    /// The reservation that the job holds.
    pub reply: Option<ReplyId>,
    /// How many answers of this job were thrown away for a newer message.
    pub redone: i64,
    /// Why the job must not go on.
    pub cancel: Option<String>,
    /// When the burst began.
    pub burst_began_at: Timestamp,
}

const HISTORY: i64 = 40;

impl TenantStore {
    /// Everything that the decision about an answer, and its prompt, are made of.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the job's chat or number is gone.
    pub async fn answer_facts(&self, job: JobId, chat: ChatId) -> Result<Facts, StoreError> {
        self.read(move |scope| facts(scope, Some(job), chat)).await
    }

    /// The same for a chat without a job: `ask` and previews.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the chat or its number is gone.
    pub async fn chat_facts(&self, chat: ChatId) -> Result<Facts, StoreError> {
        self.read(move |scope| facts(scope, None, chat)).await
    }
}

fn facts(scope: &Scope<'_>, job: Option<JobId>, chat: ChatId) -> Result<Facts, StoreError> {
    const TENANT: Scoped =
        scoped!("SELECT id, name, plan, timezone, state, created_at FROM tenants WHERE id = :tenant");
    // What may have gone out has told it; what certainly did not has not.
    const PERSON: Scoped = scoped!(
        "SELECT review, opted_out_at, language, phone,
                EXISTS (SELECT 1 FROM interactions
                        WHERE tenant_id = :tenant AND chat_id = :chat AND discloses = 1
                          AND state IN ('sending', 'unknown', 'sent', 'delivered', 'read', 'played')),
                (SELECT max(coalesce(written_at, at)) FROM interactions
                 WHERE tenant_id = :tenant AND chat_id = :chat AND open_revision IS NOT NULL)
         FROM contacts WHERE tenant_id = :tenant AND id = :contact"
    );
    const TAGS: Scoped =
        scoped!("SELECT tag FROM contact_tags WHERE tenant_id = :tenant AND contact_id = :contact ORDER BY tag");
    const RECENT: Scoped = scoped!(concat!(
        "SELECT ",
        interactions::columns!(),
        " FROM interactions WHERE tenant_id = :tenant AND chat_id = :chat
             AND at >= (SELECT context_from FROM chats WHERE tenant_id = :tenant AND id = :chat)
             AND state NOT IN ('revoked', 'cancelled', 'failed', 'draft', 'held', 'queued', 'sending')
             -- What a person of the shop took back keeps its state, and has its own words as those of before.
             AND NOT (direction = 'out' AND original IS NOT NULL AND original = text)
         ORDER BY at DESC, seq DESC LIMIT :limit"
    ));
    const PENDING: Scoped = scoped!(concat!(
        "SELECT ",
        interactions::outbound_columns!(),
        " FROM interactions WHERE tenant_id = :tenant AND job_id = :job
             AND state IN ('draft', 'held', 'queued', 'sending')
         ORDER BY part"
    ));
    const LAST: Scoped = scoped!(concat!(
        "SELECT ",
        interactions::outbound_columns!(),
        " FROM interactions WHERE tenant_id = :tenant AND chat_id = :chat AND job_id = :job
         ORDER BY at DESC, seq DESC LIMIT 1"
    ));
    const ANSWERS: Scoped = scoped!(
        "SELECT at FROM interactions
         WHERE tenant_id = :tenant AND chat_id = :chat AND author = 'assistant'
           AND state IN ('sent', 'delivered', 'read', 'played')
         ORDER BY at DESC, seq DESC LIMIT 12"
    );
    let tenant = scope
        .row(TENANT, &[], |row| {
            Ok(Tenant {
                id: row.get(0)?,
                name: row.get(1)?,
                plan: row.get(2)?,
                timezone: row.get(3)?,
                state: row.get(4)?,
                created_at: row.get(5)?,
            })
        })?
        .ok_or(StoreError::NotFound("tenant"))?;
    let thread = chats::find(scope, chat)?.ok_or(StoreError::NotFound("chat"))?;
    let instance = instances::find(scope, thread.instance)?.ok_or(StoreError::NotFound("instance"))?;
    let person = scope.row(PERSON, &[(":contact", &thread.contact), (":chat", &chat)], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
    })?;
    let (review, opted_out_at, language, phone, disclosed, asked_at) =
        person.unwrap_or((Review::New, None, None, None, false, None));
    let tags = scope.rows(TAGS, &[(":contact", &thread.contact)], |row| row.get(0))?;
    let quick_replies = quick_replies::told(scope)?;
    let mut history = scope.rows(RECENT, &[(":chat", &chat), (":limit", &HISTORY)], interactions::read)?;
    history.reverse();
    let found = match job {
        Some(job) => running(scope, job)?,
        None => None,
    };
    Ok(Facts {
        values: values(scope, Some(thread.instance), Some(chat))?,
        pending: match job {
            Some(job) => scope.rows(PENDING, &[(":job", &job)], interactions::read_outbound)?,
            None => Vec::new(),
        },
        told: match &found {
            Some(now) => scope
                .row(LAST, &[(":chat", &chat), (":job", &job)], interactions::read_outbound)?
                .filter(|last| told(last, now.reply)),
            None => None,
        },
        answers_at: scope.rows(ANSWERS, &[(":chat", &chat)], |row| row.get(0))?,
        reply: found.as_ref().and_then(|job| job.reply),
        redone: found.as_ref().map_or(0, |job| job.redone),
        burst_began_at: found.as_ref().map_or(Timestamp::from_millis(0), |job| job.created_at),
        cancel: match (job, found) {
            (Some(_), None) => Some("the job is no longer running".to_owned()),
            (_, found) => found.and_then(|job| job.cancel),
        },
        tenant,
        instance,
        chat: thread,
        review,
        opted_out_at,
        language,
        phone,
        disclosed,
        asked_at,
        tags,
        quick_replies,
        history,
    })
}

/// Did a message come to its end without its run? One that failed before has given its reservation up.
fn told(last: &Outbound, held: Option<ReplyId>) -> bool {
    use InteractionState::{Delivered, Failed, Played, Read, Sent};
    match last.interaction.state {
        Sent | Delivered | Read | Played => true,
        Failed => held.is_some() && last.reply == held,
        _ => false,
    }
}
