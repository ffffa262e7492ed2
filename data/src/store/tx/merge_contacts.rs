//! Makes one person of two: a LID turned out to be a phone number that is known already.

use std::time::Duration;

use crate::ids::{ChatId, ContactId, InstanceId, JobId};
use crate::phone::{Address, AddressKind};
use crate::scoped;
use crate::store::TenantStore;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::scope::{Scope, Scoped};
use crate::store::{chats, erasures, jobs, recipients, suppressions};
use crate::time::Timestamp;

/// Moves everything of `gone` to `keep`: addresses, tags, chats, places on lists. Of two chats on one number one is left, with one live
/// answer at most and a new revision, so that an answer under way looks again.
pub(crate) fn merge(scope: &Scope<'_>, keep: ContactId, gone: ContactId, now: Timestamp) -> Result<(), StoreError> {
    const IDENTITIES: Scoped =
        scoped!("UPDATE identities SET contact_id = :keep WHERE tenant_id = :tenant AND contact_id = :gone");
    const TAGS: Scoped = scoped!(
        "INSERT INTO contact_tags (tenant_id, contact_id, tag)
         SELECT tenant_id, :keep, tag FROM contact_tags WHERE tenant_id = :tenant AND contact_id = :gone
         ON CONFLICT DO NOTHING"
    );
    // The stricter word of the two stands: personal, opted out, not reviewed.
    const PERSON: Scoped = scoped!(
        "UPDATE contacts AS k
         SET name = coalesce(k.name, g.name), phone = coalesce(k.phone, g.phone),
             opted_out_at = coalesce(k.opted_out_at, g.opted_out_at),
             review = CASE WHEN 'personal' IN (k.review, g.review) THEN 'personal'
                           WHEN 'customer' IN (k.review, g.review) THEN 'customer'
                           WHEN 'unreviewed' IN (k.review, g.review) THEN 'unreviewed'
                           ELSE 'new' END
         FROM contacts AS g
         WHERE k.tenant_id = :tenant AND g.tenant_id = :tenant AND k.id = :keep AND g.id = :gone"
    );
    const CHATS: Scoped = scoped!(
        "SELECT g.id, g.instance_id, k.id FROM chats AS g
         LEFT JOIN chats AS k ON k.tenant_id = g.tenant_id AND k.instance_id = g.instance_id AND k.contact_id = :keep
         WHERE g.tenant_id = :tenant AND g.contact_id = :gone"
    );
    const MOVE: Scoped = scoped!("UPDATE chats SET contact_id = :keep WHERE tenant_id = :tenant AND id = :chat");
    const DELETE: Scoped = scoped!("DELETE FROM contacts WHERE tenant_id = :tenant AND id = :gone");

    scope.execute(IDENTITIES, &[(":keep", &keep), (":gone", &gone)])?;
    scope.execute(TAGS, &[(":keep", &keep), (":gone", &gone)])?;
    scope.execute(PERSON, &[(":keep", &keep), (":gone", &gone)])?;
    let found = scope.rows(CHATS, &[(":keep", &keep), (":gone", &gone)], |row| {
        Ok((row.get::<_, ChatId>(0)?, row.get::<_, InstanceId>(1)?, row.get::<_, Option<ChatId>>(2)?))
    })?;
    for (chat, _, kept) in found {
        match kept {
            Some(kept) => merge_chats(scope, kept, chat, now)?,
            None => {
                scope.execute(MOVE, &[(":keep", &keep), (":chat", &chat)])?;
                scope.emit(Change::ChatChanged(scope.tenant(), chat));
            }
        }
    }
    recipients::merge(scope, keep, gone)?;
    scope.execute(DELETE, &[(":gone", &gone)])?;
    suppressions::spread(scope, keep, now)
}

fn merge_chats(scope: &Scope<'_>, keep: ChatId, gone: ChatId, now: Timestamp) -> Result<(), StoreError> {
    const LIVE: Scoped = scoped!(
        "SELECT id, run_at FROM jobs WHERE tenant_id = :tenant AND chat_id = :gone AND kind = 'answer_chat'
         AND state IN ('scheduled', 'available', 'running', 'retryable', 'held')"
    );
    const MESSAGES: Scoped =
        scoped!("UPDATE interactions SET chat_id = :keep WHERE tenant_id = :tenant AND chat_id = :gone");
    const SENDS: Scoped = scoped!(
        "UPDATE jobs SET chat_id = :keep, args = json_set(args, '$.chat', :keep_text)
         WHERE tenant_id = :tenant AND chat_id = :gone AND kind IN ('send_message', 'send_campaign')"
    );
    // Of the two the later word decides whose turn it is and where an answer goes.
    const SUM: Scoped = scoped!(
        "UPDATE chats AS k
         SET revision = max(k.revision, g.revision) + 1, unread = k.unread + g.unread,
             address = CASE WHEN coalesce(g.last_in_at, 0) > coalesce(k.last_in_at, 0) THEN g.address ELSE k.address END,
             preview = CASE WHEN coalesce(g.last_at, 0) > coalesce(k.last_at, 0) THEN g.preview ELSE k.preview END,
             state = CASE WHEN coalesce(g.last_at, 0) > coalesce(k.last_at, 0) THEN g.state ELSE k.state END,
             reason = CASE WHEN coalesce(g.last_at, 0) > coalesce(k.last_at, 0) THEN g.reason ELSE k.reason END,
             last_at = nullif(max(coalesce(k.last_at, 0), coalesce(g.last_at, 0)), 0),
             last_in_at = nullif(max(coalesce(k.last_in_at, 0), coalesce(g.last_in_at, 0)), 0),
             last_out_at = nullif(max(coalesce(k.last_out_at, 0), coalesce(g.last_out_at, 0)), 0),
             paused_until = nullif(max(coalesce(k.paused_until, 0), coalesce(g.paused_until, 0)), 0),
             handoff_at = coalesce(k.handoff_at, g.handoff_at),
             context_from = max(k.context_from, g.context_from)
         FROM chats AS g
         WHERE k.tenant_id = :tenant AND g.tenant_id = :tenant AND k.id = :keep AND g.id = :gone"
    );
    const SETTINGS: Scoped = scoped!(
        "UPDATE OR IGNORE settings SET scope_id = :keep
         WHERE tenant_id = :tenant AND scope = 'chat' AND scope_id = :gone"
    );
    const NOTES: Scoped = scoped!("UPDATE notes SET chat_id = :keep WHERE tenant_id = :tenant AND chat_id = :gone");
    const DRAFT: Scoped =
        scoped!("UPDATE OR IGNORE drafts SET chat_id = :keep WHERE tenant_id = :tenant AND chat_id = :gone");
    const DELETE: Scoped = scoped!("DELETE FROM chats WHERE tenant_id = :tenant AND id = :gone");

    let both: &[(&str, &dyn rusqlite::ToSql)] = &[(":keep", &keep), (":gone", &gone)];
    let live = scope.row(LIVE, &[(":gone", &gone)], |row| Ok((row.get::<_, JobId>(0)?, row.get(1)?)))?;
    jobs::cancel_answer(scope, gone, "the chat became part of another", now)?;
    scope.execute(MESSAGES, both)?;
    scope.execute(SENDS, &[(":keep", &keep), (":gone", &gone), (":keep_text", &keep.to_string())])?;
    scope.execute(SUM, both)?;
    scope.execute(SETTINGS, both)?;
    scope.execute(NOTES, both)?;
    scope.execute(DRAFT, both)?;
    chats::look_who_waits(scope, keep)?;
    if let Some((_, run_at)) = live {
        let run_at: Timestamp = run_at;
        let run_at = if run_at >= jobs::NEVER { now } else { run_at.max(now) };
        jobs::answer_at(scope, keep, run_at, Duration::from_secs(60), now)?;
    }
    scope.execute(DELETE, &[(":gone", &gone)])?;
    scope.emit(Change::ChatChanged(scope.tenant(), gone));
    scope.emit(Change::ChatChanged(scope.tenant(), keep));
    Ok(())
}

impl TenantStore {
    /// Notes that two addresses are one person; merges them when both were known. With `None` only the question is
    /// closed: the answer that waited for it may go.
    ///
    /// # Errors
    /// What the store says.
    pub async fn resolve_identity(
        &self,
        lid: Address,
        phone: Option<Address>,
        quiet: Duration,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // An answer that waited for this question alone starts when it would have without it.
        const HASTEN: Scoped = scoped!(
            "UPDATE jobs SET run_at = max(:now, created_at + :quiet_ms)
             WHERE tenant_id = :tenant AND kind = 'answer_chat' AND state = 'scheduled' AND run_at > :now
               AND run_at <= created_at + :wait_ms
               AND chat_id IN (SELECT h.id FROM chats AS h JOIN identities AS i
                               ON i.tenant_id = h.tenant_id AND i.contact_id = h.contact_id
                               WHERE h.tenant_id = :tenant AND i.address = :lid)"
        );
        let quiet_ms = i64::try_from(quiet.as_millis()).unwrap_or(i64::MAX);
        let wait_ms = i64::try_from(super::accept_delivery::LID_WAIT.as_millis()).unwrap_or(i64::MAX);
        self.write(move |scope| {
            if lid.kind() != AddressKind::Lid {
                return Err(StoreError::Invalid("only a LID is resolved to a phone number".to_owned()));
            }
            // They may have been erased while WAHA was asked.
            let gone = erasures::is_gone(scope, &lid)?;
            if let Some(phone) = phone.filter(|_| !gone) {
                let review = crate::model::contact::Review::New;
                chats::contact_of(scope, &lid, Some(&phone), None, review, now)?;
            }
            if scope
                .execute(HASTEN, &[(":lid", &lid), (":quiet_ms", &quiet_ms), (":wait_ms", &wait_ms), (":now", &now)])?
                > 0
            {
                scope.emit(Change::JobDue(crate::model::job::JobKind::AnswerChat, now));
            }
            Ok(())
        })
        .await
    }
}
