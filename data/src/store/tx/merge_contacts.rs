//! Makes one person of two: a LID turned out to be a phone number that is known already, or the owner says so. What both were
//! is written down in the same transaction; `unmerge_contacts` takes it back. A human's word under one address counts for both.

use std::time::Duration;

use crate::ids::{ChatId, ContactId, InteractionId, JobId, MergeId, NoteId};
use crate::model::contact::Contact;
use crate::model::merge::{self, Merge, MergeCause, ThreadRow};
use crate::phone::{Address, AddressKind};
use crate::scoped;
use crate::store::TenantStore;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::merges::{self, Before, Draft, Folded, Setting, Silent, Thread};
use crate::store::scope::{Scope, Scoped};
use crate::store::tx::takeover;
use crate::store::{chats, contacts, erasures, jobs, questions, recipients, suppressions};
use crate::time::Timestamp;

/// Moves everything of `gone` to `keep`: addresses, tags, chats, places on lists. Of two chats on one number one is left, with one live
/// answer at most and a new revision, so that an answer under way looks again.
pub(crate) fn merge(
    scope: &Scope<'_>,
    keep: ContactId,
    gone: ContactId,
    cause: MergeCause,
    now: Timestamp,
) -> Result<(), StoreError> {
    const LAST_SEQ: Scoped = scoped!(
        "SELECT coalesce(max(seq), 0), coalesce(sum(chat_id IN (SELECT id FROM chats WHERE tenant_id = :tenant AND contact_id = :gone)), 0)
         FROM interactions
         WHERE tenant_id = :tenant
           AND chat_id IN (SELECT id FROM chats WHERE tenant_id = :tenant AND contact_id IN (:keep, :gone))"
    );
    const IDENTITIES: Scoped =
        scoped!("UPDATE identities SET contact_id = :keep WHERE tenant_id = :tenant AND contact_id = :gone");
    const DELETE: Scoped = scoped!("DELETE FROM contacts WHERE tenant_id = :tenant AND id = :gone");

    let both: &[(&str, &dyn rusqlite::ToSql)] = &[(":keep", &keep), (":gone", &gone)];
    let ours = contacts::find(scope, keep)?.ok_or(StoreError::NotFound("contact"))?;
    let theirs = contacts::find(scope, gone)?.ok_or(StoreError::NotFound("contact"))?;
    let silent = silent(scope, [keep, gone])?;
    let (last_seq, messages) = scope.row(LAST_SEQ, both, |row| Ok((row.get(0)?, row.get(1)?)))?.unwrap_or_default();
    scope.execute(IDENTITIES, both)?;
    overwrite(scope, &merge::joined(&ours, &theirs))?;
    let threads = merge_threads(scope, &ours, &theirs, now)?;
    let places = recipients::merge(scope, keep, gone, now)?;
    let (merges, apart) = merges::hand_over(scope, keep, gone)?;
    scope.execute(DELETE, &[(":gone", &gone)])?;
    suppressions::spread(scope, keep, now)?;
    let joined = contacts::find(scope, keep)?.ok_or(StoreError::NotFound("contact"))?;
    let before =
        Before { kept: ours, gone: theirs, joined, silent, threads, places, merges, apart, last_seq, messages };
    merges::insert(scope, MergeId::new(), cause, &before, now)
}

/// The addresses of people that nobody writes to.
fn silent(scope: &Scope<'_>, people: [ContactId; 2]) -> Result<Vec<Silent>, StoreError> {
    let mut silent = Vec::new();
    for contact in people {
        for address in suppressions::addresses_of(scope, contact)? {
            if let Some((at, cause)) = suppressions::find(scope, &address)? {
                silent.push(Silent { address, at, cause });
            }
        }
    }
    Ok(silent)
}

/// Stores what is known of a person, tags too. Addresses are left alone.
pub(super) fn overwrite(scope: &Scope<'_>, contact: &Contact) -> Result<(), StoreError> {
    const LIMITS: Scoped = scoped!(
        "UPDATE contacts SET phone = :phone, review = :review, opted_out_at = :opted_out_at
         WHERE tenant_id = :tenant AND id = :id"
    );
    const UNTAG: Scoped = scoped!("DELETE FROM contact_tags WHERE tenant_id = :tenant AND contact_id = :id");
    super::edit_contact::store(scope, contact)?;
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[
        (":id", &contact.id),
        (":phone", &contact.phone),
        (":review", &contact.review),
        (":opted_out_at", &contact.opted_out_at),
    ];
    scope.execute(LIMITS, params)?;
    scope.execute(UNTAG, &[(":id", &contact.id)])?;
    contact.tags.iter().try_for_each(|tag| contacts::add_tag(scope, contact.id, tag).map(drop))
}

/// The row of a chat as it is now.
pub(super) fn thread_row(scope: &Scope<'_>, chat: ChatId) -> Result<ThreadRow, StoreError> {
    const ROW: Scoped = scoped!(
        "SELECT h.id, h.instance_id, h.address, h.state, h.reason, h.paused_until, h.snoozed_until, h.handoff_at,
                h.context_from, h.unread, h.revision, h.last_at, h.last_in_at, h.last_out_at, h.preview,
                h.waiting_since, h.created_at, h.needs_human,
                EXISTS (SELECT 1 FROM jobs AS j
                        WHERE j.tenant_id = h.tenant_id AND j.chat_id = h.id AND j.kind = 'answer_chat'
                          AND j.state IN ('scheduled', 'available', 'running', 'retryable', 'held'))
         FROM chats AS h WHERE h.tenant_id = :tenant AND h.id = :chat"
    );
    let row = scope.row(ROW, &[(":chat", &chat)], |row| {
        Ok(ThreadRow {
            id: row.get(0)?,
            instance: row.get(1)?,
            address: row.get(2)?,
            state: row.get(3)?,
            reason: row.get(4)?,
            paused_until: row.get(5)?,
            snoozed_until: row.get(6)?,
            handoff_at: row.get(7)?,
            context_from: row.get(8)?,
            unread: row.get(9)?,
            revision: row.get(10)?,
            last_at: row.get(11)?,
            last_in_at: row.get(12)?,
            last_out_at: row.get(13)?,
            preview: row.get(14)?,
            waiting_since: row.get(15)?,
            created_at: row.get(16)?,
            needs_human: row.get(17)?,
            answering: row.get(18)?,
        })
    })?;
    row.ok_or(StoreError::NotFound("chat"))
}

/// Makes the chats of two people those of one; says what they were, number by number.
fn merge_threads(scope: &Scope<'_>, keep: &Contact, gone: &Contact, now: Timestamp) -> Result<Vec<Thread>, StoreError> {
    const MOVE: Scoped = scoped!("UPDATE chats SET contact_id = :keep WHERE tenant_id = :tenant AND id = :chat");
    let rows = |contact: ContactId| -> Result<Vec<ThreadRow>, StoreError> {
        merges::chats_of(scope, contact)?.into_iter().map(|chat| thread_row(scope, chat)).collect()
    };
    let (ours, theirs) = (rows(keep.id)?, rows(gone.id)?);
    let mut threads = Vec::with_capacity(ours.len() + theirs.len());
    for row in theirs {
        let chat = row.id;
        match ours.iter().find(|kept| kept.instance == row.instance) {
            Some(kept) => {
                let folded = fold(scope, kept.id, chat, &gone.addresses, now)?;
                let joined = thread_row(scope, kept.id)?;
                threads.push(Thread { kept: Some(kept.clone()), gone: Some(row), joined, folded: Some(folded) });
            }
            None => {
                scope.execute(MOVE, &[(":keep", &keep.id), (":chat", &chat)])?;
                scope.emit(Change::ChatChanged(scope.tenant(), chat));
                threads.push(Thread { kept: None, joined: row.clone(), gone: Some(row), folded: None });
            }
        }
    }
    for row in ours {
        if threads.iter().all(|thread| thread.joined.id != row.id) {
            threads.push(Thread { kept: Some(row.clone()), gone: None, joined: row, folded: None });
        }
    }
    Ok(threads)
}

/// The messages of a chat that are, or are not, under some addresses.
fn under(scope: &Scope<'_>, chat: ChatId, addresses: &str, sql: Scoped) -> Result<Vec<InteractionId>, StoreError> {
    scope.rows(sql, &[(":chat", &chat), (":addresses", &addresses)], |row| row.get(0))
}

/// What belongs to a chat that is about to become part of another one.
fn belongings(scope: &Scope<'_>, keep: ChatId, gone: ChatId, addresses: &[Address]) -> Result<Folded, StoreError> {
    const SETTINGS: Scoped = scoped!(
        "SELECT key, value, updated_at FROM settings
         WHERE tenant_id = :tenant AND scope = 'chat' AND scope_id = :chat ORDER BY key"
    );
    const DRAFT: Scoped = scoped!("SELECT text, updated_at FROM drafts WHERE tenant_id = :tenant AND chat_id = :chat");
    const NOTES: Scoped = scoped!("SELECT id FROM notes WHERE tenant_id = :tenant AND chat_id = :chat ORDER BY id");
    const FOREIGN: Scoped = scoped!(
        "SELECT id FROM interactions
         WHERE tenant_id = :tenant AND chat_id = :chat AND address NOT IN (SELECT value FROM json_each(:addresses))"
    );
    const OWN: Scoped = scoped!(
        "SELECT id FROM interactions
         WHERE tenant_id = :tenant AND chat_id = :chat AND address IN (SELECT value FROM json_each(:addresses))"
    );
    let draft = |chat: ChatId| {
        scope.row(DRAFT, &[(":chat", &chat)], |row| Ok(Draft { text: row.get(0)?, updated_at: row.get(1)? }))
    };
    let notes: Vec<NoteId> = scope.rows(NOTES, &[(":chat", &gone)], |row| row.get(0))?;
    let addresses = json(addresses)?;
    Ok(Folded {
        settings: scope.rows(SETTINGS, &[(":chat", &gone)], |row| {
            Ok(Setting { key: row.get(0)?, value: row.get(1)?, updated_at: row.get(2)? })
        })?,
        draft: draft(gone)?,
        kept_draft: draft(keep)?,
        notes,
        strays: under(scope, gone, &addresses, FOREIGN)?,
        kept_strays: under(scope, keep, &addresses, OWN)?,
        answered: Vec::new(),
    })
}

/// Addresses as SQL takes them: `json_each(:addresses)`.
pub(super) fn json(addresses: &[Address]) -> Result<String, StoreError> {
    serde_json::to_string(addresses).map_err(|error| StoreError::Invalid(error.to_string()))
}

/// Makes a chat part of another one on the same number.
fn fold(
    scope: &Scope<'_>,
    keep: ChatId,
    gone: ChatId,
    addresses: &[Address],
    now: Timestamp,
) -> Result<Folded, StoreError> {
    // What has left, or may have, is the answer to what was asked: another one would be the second.
    const LIVE: Scoped = scoped!(
        "SELECT id, run_at FROM jobs AS j WHERE tenant_id = :tenant AND chat_id = :gone AND kind = 'answer_chat'
         AND state IN ('scheduled', 'available', 'running', 'retryable', 'held')
         AND (again OR NOT EXISTS (SELECT 1 FROM interactions AS i
                                   WHERE i.tenant_id = :tenant AND i.job_id = j.id
                                     AND i.state IN ('sending', 'sent', 'delivered', 'read', 'played')))"
    );
    // One that goes on until it knows what became of its message finds the chat of that message.
    const LEFT: Scoped = scoped!(
        "UPDATE jobs SET args = json_set(args, '$.chat', :keep_text)
         WHERE tenant_id = :tenant AND chat_id = :gone AND kind = 'answer_chat'
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
             snoozed_until = CASE WHEN coalesce(g.last_at, 0) > coalesce(k.last_at, 0) THEN g.snoozed_until
                                  ELSE k.snoozed_until END,
             last_at = nullif(max(coalesce(k.last_at, 0), coalesce(g.last_at, 0)), 0),
             last_in_at = nullif(max(coalesce(k.last_in_at, 0), coalesce(g.last_in_at, 0)), 0),
             last_out_at = nullif(max(coalesce(k.last_out_at, 0), coalesce(g.last_out_at, 0)), 0),
             paused_until = nullif(max(coalesce(k.paused_until, 0), coalesce(g.paused_until, 0)), 0),
             handoff_at = coalesce(k.handoff_at, g.handoff_at), needs_human = coalesce(k.needs_human, g.needs_human),
             context_from = CASE WHEN :answering THEN min(k.context_from, g.context_from)
                                 ELSE max(k.context_from, g.context_from) END
         FROM chats AS g
         WHERE k.tenant_id = :tenant AND g.tenant_id = :tenant AND k.id = :keep AND g.id = :gone"
    );
    // As in one chat: what only a person can deal with is dealt with once one wrote after all that the customer said.
    const DEALT_WITH: Scoped = scoped!(
        "UPDATE chats SET needs_human = NULL
         WHERE tenant_id = :tenant AND id = :keep AND needs_human IS NOT NULL
           AND last_in_at <= (SELECT max(i.at) FROM interactions AS i
                              WHERE i.tenant_id = :tenant AND i.chat_id = :keep AND i.direction = 'out'
                                AND i.author IN ('human', 'phone')
                                AND i.state NOT IN ('draft', 'held', 'failed', 'cancelled'))"
    );
    const NOT_DEALT_WITH: Scoped = scoped!(
        "UPDATE chats SET state = 'needs_you', reason = needs_human
         WHERE tenant_id = :tenant AND id = :keep AND state = 'waiting' AND needs_human IS NOT NULL"
    );
    // Whoever calls while they are being answered is being answered.
    const CALLED: Scoped = scoped!(
        "UPDATE chats SET state = 'assistant', reason = NULL
         WHERE tenant_id = :tenant AND id = :keep AND state = 'needs_you' AND reason = 'called you'"
    );
    const SETTINGS: Scoped = scoped!(
        "UPDATE OR IGNORE settings SET scope_id = :keep
         WHERE tenant_id = :tenant AND scope = 'chat' AND scope_id = :gone"
    );
    const NOTES: Scoped = scoped!("UPDATE notes SET chat_id = :keep WHERE tenant_id = :tenant AND chat_id = :gone");
    // Of two values for one thing the chat that is left keeps its own.
    const REST: Scoped =
        scoped!("DELETE FROM settings WHERE tenant_id = :tenant AND scope = 'chat' AND scope_id = :gone");
    const DRAFT: Scoped =
        scoped!("UPDATE OR IGNORE drafts SET chat_id = :keep WHERE tenant_id = :tenant AND chat_id = :gone");
    const DELETE: Scoped = scoped!("DELETE FROM chats WHERE tenant_id = :tenant AND id = :gone");

    let mut folded = belongings(scope, keep, gone, addresses)?;
    let both: &[(&str, &dyn rusqlite::ToSql)] = &[(":keep", &keep), (":gone", &gone)];
    let live = scope.row(LIVE, &[(":gone", &gone)], |row| Ok((row.get::<_, JobId>(0)?, row.get(1)?)))?;
    jobs::cancel_answer(scope, gone, "the chat became part of another", now)?;
    scope.execute(LEFT, &[(":gone", &gone), (":keep_text", &keep.to_string())])?;
    let revision = thread_row(scope, keep)?.revision.max(thread_row(scope, gone)?.revision) + 1;
    questions::keep_covered(scope, keep)?;
    questions::keep_covered(scope, gone)?;
    // An answer that was begun in one of the two chats has not seen what was asked in the other one.
    questions::recount(scope, gone, revision)?;
    if questions::is_answer_sending(scope, gone)? {
        questions::recount(scope, keep, revision)?;
    }
    scope.execute(MESSAGES, both)?;
    scope.execute(SENDS, &[(":keep", &keep), (":gone", &gone), (":keep_text", &keep.to_string())])?;
    // What is to be answered must be seen, whatever was closed in the other chat since.
    let answering = live.is_some() || thread_row(scope, keep)?.answering;
    scope.execute(SUM, &[(":keep", &keep), (":gone", &gone), (":answering", &answering)])?;
    scope.execute(SETTINGS, both)?;
    scope.execute(REST, &[(":gone", &gone)])?;
    scope.execute(NOTES, both)?;
    scope.execute(DRAFT, both)?;
    scope.execute(DEALT_WITH, &[(":keep", &keep)])?;
    scope.execute(NOT_DEALT_WITH, &[(":keep", &keep)])?;
    folded.answered = takeover::close_answered(scope, keep)?;
    chats::look_who_waits(scope, keep)?;
    let silent = answering && takeover::carry_over(scope, keep, now)?;
    if answering && !silent {
        scope.execute(CALLED, &[(":keep", &keep)])?;
    }
    if let Some((_, run_at)) = live.filter(|_| !silent)
        && questions::any_open(scope, keep)?
    {
        let run_at: Timestamp = run_at;
        let run_at = if run_at >= jobs::NEVER { now } else { run_at.max(now) };
        jobs::answer_at(scope, keep, run_at, Duration::from_secs(60), now)?;
    }
    scope.execute(DELETE, &[(":gone", &gone)])?;
    scope.emit(Change::ChatChanged(scope.tenant(), gone));
    scope.emit(Change::ChatChanged(scope.tenant(), keep));
    Ok(folded)
}

/// Does one of two addresses belong to somebody?
fn known(scope: &Scope<'_>, addresses: [&Address; 2]) -> Result<bool, StoreError> {
    const KNOWN: Scoped = scoped!("SELECT 1 FROM identities WHERE tenant_id = :tenant AND address IN (:one, :other)");
    let [one, other] = addresses;
    Ok(scope.row(KNOWN, &[(":one", &one), (":other", &other)], |_| Ok(()))?.is_some())
}

impl TenantStore {
    /// The owner says that two people are one, who keeps the first one's name. That they were kept apart is forgotten.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without one of them, [`StoreError::Conflict`] when they are one already.
    pub async fn merge_contacts(
        &self,
        keep: ContactId,
        other: ContactId,
        now: Timestamp,
    ) -> Result<(Contact, Merge), StoreError> {
        self.write(move |scope| {
            let contact = contacts::find(scope, keep)?.ok_or(StoreError::NotFound("contact"))?;
            if keep == other {
                let who = contact.name.unwrap_or_else(|| "this".to_owned());
                return Err(StoreError::Conflict(format!("both are {who}: name two people who are to be one")));
            }
            merge(scope, keep, other, MergeCause::Owner, now)?;
            let newest = merges::of(scope, keep)?.into_iter().next().ok_or(StoreError::NotFound("merge"))?;
            let contact = contacts::find(scope, keep)?.ok_or(StoreError::NotFound("contact"))?;
            Ok((contact, newest.merge))
        })
        .await
    }

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
            // Of two people whom nobody here knows there is nothing to note.
            if let Some(phone) = phone.filter(|_| !gone)
                && known(scope, [&lid, &phone])?
            {
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
