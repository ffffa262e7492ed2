//! The chats, once one person is two again. Messages go by the address that they came from or were sent to.
//!
//! Nobody is answered or charged twice for it. An answer that is being written knows what both said, so it is taken back, and
//! its credit with it; whoever's question it was for gets one of their own. One whose message may be out goes on until that is
//! known, and counts as the answer. A question that was open when the other one got an answer, as the same person, is left to
//! a human: the assistant may have answered it there.

use std::time::Duration;

use super::half::{Half, Live};
use crate::ids::{ChatId, ContactId, JobId};
use crate::model::merge::{ThreadRow, Waiting, context_again, thread_again};
use crate::phone::Address;
use crate::scoped;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::merges::{self, Before, Draft, Folded, Thread};
use crate::store::scope::{Scope, Scoped};
use crate::store::tx::merge_contacts::{json, thread_row};
use crate::store::{chats, jobs, questions};
use crate::time::Timestamp;

/// Why an answer is taken back that was being written to both.
const TWO_AGAIN: &str = "the people are two again";
/// How long after its cause an answer starts at the latest.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Gives each of two people their chats.
pub(super) fn part(scope: &Scope<'_>, before: &Before, theirs: &[Address], now: Timestamp) -> Result<(), StoreError> {
    for chat in merges::chats_of(scope, before.kept.id)? {
        let thread = before.threads.iter().find(|thread| thread.joined.id == chat);
        Parting { scope, before, theirs, thread, now, chat }.run()?;
    }
    Ok(())
}

/// One chat that two people may have a part in.
struct Parting<'p, 'c> {
    scope: &'p Scope<'c>,
    before: &'p Before,
    theirs: &'p [Address],
    thread: Option<&'p Thread>,
    now: Timestamp,
    chat: ChatId,
}

/// Whose messages of a chat are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Kept,
    Gone,
}

impl Parting<'_, '_> {
    fn run(&self) -> Result<(), StoreError> {
        let row = thread_row(self.scope, self.chat)?;
        let (ours, theirs) = (self.any(Whose::Kept)?, self.any(Whose::Gone)?);
        let folded = self.thread.and_then(|thread| thread.folded.as_ref());
        match (folded, self.thread) {
            (Some(folded), Some(Thread { kept: Some(kept), gone: Some(gone), .. })) => {
                self.insert(gone.id, self.before.gone.id, gone)?;
                self.split(&row, Some(kept), Some(gone), gone.id, Whose::Gone, Some(folded))
            }
            // It came with the one who is back, and goes with them; the other one wrote in it since.
            (_, Some(Thread { kept: None, gone: gone @ Some(_), .. })) => {
                self.give(self.before.gone.id)?;
                if !ours {
                    return Ok(());
                }
                let chat = ChatId::new();
                self.insert(chat, self.before.kept.id, &ThreadRow { created_at: self.now, ..row.clone() })?;
                self.split(&row, None, gone.as_ref(), chat, Whose::Kept, None)
            }
            (_, thread) => {
                let kept = thread.and_then(|thread| thread.kept.as_ref());
                let all_theirs = !ours && (theirs || self.theirs.contains(&row.address));
                if kept.is_none() && all_theirs {
                    return self.give(self.before.gone.id);
                }
                if !theirs {
                    return Ok(());
                }
                let chat = ChatId::new();
                self.insert(chat, self.before.gone.id, &ThreadRow { created_at: self.now, ..row.clone() })?;
                self.split(&row, kept, None, chat, Whose::Gone, None)
            }
        }
    }

    /// The last message whose address says nothing about whose it is: what was in a chat of one of them before the merge is
    /// theirs. In one that two chats became part of, addresses tell for all.
    fn settled_until(&self) -> i64 {
        match self.thread {
            Some(Thread { folded: None, .. }) => self.before.last_seq,
            _ => i64::MIN,
        }
    }

    /// Are there messages in the chat whose addresses are one's of the two?
    fn any(&self, whose: Whose) -> Result<bool, StoreError> {
        const KEPT: Scoped = scoped!(
            "SELECT 1 FROM interactions WHERE tenant_id = :tenant AND chat_id = :chat AND seq > :after
             AND address NOT IN (SELECT value FROM json_each(:addresses)) LIMIT 1"
        );
        const GONE: Scoped = scoped!(
            "SELECT 1 FROM interactions WHERE tenant_id = :tenant AND chat_id = :chat AND seq > :after
             AND address IN (SELECT value FROM json_each(:addresses)) LIMIT 1"
        );
        let sql = if whose == Whose::Kept { KEPT } else { GONE };
        let addresses = json(self.theirs)?;
        let params: &[(&str, &dyn rusqlite::ToSql)] =
            &[(":chat", &self.chat), (":addresses", &addresses), (":after", &self.settled_until())];
        Ok(self.scope.row(sql, params, |_| Ok(()))?.is_some())
    }

    /// The whole chat is somebody's.
    fn give(&self, to: ContactId) -> Result<(), StoreError> {
        const GIVE: Scoped = scoped!("UPDATE chats SET contact_id = :to WHERE tenant_id = :tenant AND id = :chat");
        self.scope.execute(GIVE, &[(":chat", &self.chat), (":to", &to)]).map(drop)
    }

    fn insert(&self, chat: ChatId, contact: ContactId, row: &ThreadRow) -> Result<(), StoreError> {
        const INSERT: Scoped = scoped!(
            "INSERT INTO chats (tenant_id, id, instance_id, contact_id, kind, address, state, created_at)
             VALUES (:tenant, :id, :instance, :contact, 'direct', :address, 'waiting', :created_at)"
        );
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[
            (":id", &chat),
            (":instance", &row.instance),
            (":contact", &contact),
            (":address", &row.address),
            (":created_at", &row.created_at),
        ];
        self.scope.execute(INSERT, params).map(drop)
    }

    /// Moves the part of one of the two to a chat of its own and looks what both are then.
    fn split(
        &self,
        now: &ThreadRow,
        kept: Option<&ThreadRow>,
        gone: Option<&ThreadRow>,
        to: ChatId,
        leaves: Whose,
        folded: Option<&Folded>,
    ) -> Result<(), StoreError> {
        let live = self.live()?;
        let silenced = live.is_none() && self.was_silenced();
        let live = live.or_else(|| silenced.then_some(Live { run_at: self.now, idle: true, held: false }));
        if live.as_ref().is_some_and(|live| !live.idle) {
            jobs::cancel_answer(self.scope, self.chat, TWO_AGAIN, self.now)?;
        }
        questions::keep_covered(self.scope, self.chat)?;
        self.move_messages(to, leaves, folded)?;
        self.move_jobs(to)?;
        if let Some(folded) = folded {
            self.move_belongings(to, folded)?;
        }
        let (stays, goes) = if leaves == Whose::Gone { (kept, gone) } else { (gone, kept) };
        let joined = self.thread.map(|thread| &thread.joined);
        let context = |before| context_again(before, joined, now);
        let stays = Half { chat: self.chat, other: to, before: stays, context_from: context(stays) };
        let goes = Half { chat: to, other: self.chat, before: goes, context_from: context(goes) };
        let last_seq = self.before.last_seq;
        let mut parts = [stays.part(self.scope, last_seq, now, &live)?, goes.part(self.scope, last_seq, now, &live)?];
        if silenced {
            for (half, part) in [&stays, &goes].into_iter().zip(&mut parts) {
                part.owed &= half.before.is_some_and(|before| before.answering);
            }
        }
        let inbound_since = parts.iter().map(|part| part.inbound_since).sum();
        if live.as_ref().is_some_and(|live| live.idle) && !parts[0].owed {
            jobs::cancel_answer(self.scope, self.chat, TWO_AGAIN, self.now)?;
        }
        for (half, part) in [stays, goes].iter().zip(&parts) {
            let (row, waiting) = thread_again(half.chat, half.before, joined, now, part, inbound_since);
            write(self.scope, &row)?;
            questions::recount(self.scope, row.id, row.revision)?;
            if let Some(folded) = folded {
                questions::reopen(self.scope, row.id, &folded.answered, row.revision)?;
            }
            if waiting == Waiting::Look {
                chats::look_who_waits(self.scope, row.id)?;
            }
            if let Some(until) = row.snoozed_until {
                self.scope.emit(Change::Snoozed(until));
            }
            if let Some(live) = live.as_ref().filter(|_| part.owed)
                && questions::any_open(self.scope, row.id)?
            {
                let at = if live.run_at >= jobs::FAR { self.now } else { live.run_at.max(self.now) };
                jobs::answer_at(self.scope, row.id, at, ANSWER_WITHIN, self.now)?;
            }
            self.scope.emit(Change::ChatChanged(self.scope.tenant(), row.id));
        }
        Ok(())
    }

    /// Did the merge take an answer back, since a human had written to the other one?
    fn was_silenced(&self) -> bool {
        self.thread.is_some_and(|Thread { kept, gone, joined, .. }| {
            !joined.answering && [kept, gone].into_iter().flatten().any(|row| row.answering)
        })
    }

    fn live(&self) -> Result<Option<Live>, StoreError> {
        const LIVE: Scoped = scoped!(
            "SELECT j.run_at, j.state <> 'running'
                    AND NOT EXISTS (SELECT 1 FROM interactions AS i WHERE i.tenant_id = :tenant AND i.job_id = j.id),
                    j.state = 'held'
             FROM jobs AS j
             WHERE j.tenant_id = :tenant AND j.chat_id = :chat AND j.kind = 'answer_chat'
               AND j.state IN ('scheduled', 'available', 'running', 'retryable', 'held')"
        );
        self.scope.row(LIVE, &[(":chat", &self.chat)], |row| {
            Ok(Live { run_at: row.get(0)?, idle: row.get(1)?, held: row.get(2)? })
        })
    }

    fn move_messages(&self, to: ChatId, leaves: Whose, folded: Option<&Folded>) -> Result<(), StoreError> {
        const THEIRS: Scoped = scoped!(
            "UPDATE interactions SET chat_id = :to WHERE tenant_id = :tenant AND chat_id = :chat AND seq > :after
             AND address IN (SELECT value FROM json_each(:addresses))"
        );
        const OURS: Scoped = scoped!(
            "UPDATE interactions SET chat_id = :to WHERE tenant_id = :tenant AND chat_id = :chat AND seq > :after
             AND address NOT IN (SELECT value FROM json_each(:addresses))"
        );
        const ONE: Scoped =
            scoped!("UPDATE interactions SET chat_id = :to WHERE tenant_id = :tenant AND chat_id = :chat AND id = :id");
        let sql = if leaves == Whose::Gone { THEIRS } else { OURS };
        let addresses = json(self.theirs)?;
        let params: &[(&str, &dyn rusqlite::ToSql)] =
            &[(":chat", &self.chat), (":to", &to), (":addresses", &addresses), (":after", &self.settled_until())];
        self.scope.execute(sql, params)?;
        let Some(folded) = folded else { return Ok(()) };
        for (ids, from, to) in [(&folded.strays, self.chat, to), (&folded.kept_strays, to, self.chat)] {
            for id in ids {
                self.scope.execute(ONE, &[(":id", id), (":chat", &from), (":to", &to)])?;
            }
        }
        Ok(())
    }

    /// What is to be sent goes with its message; an answer of the chat that is back finds it again.
    fn move_jobs(&self, to: ChatId) -> Result<(), StoreError> {
        const OF_MESSAGES: Scoped = scoped!(
            "SELECT DISTINCT j.id FROM interactions AS i
             JOIN jobs AS j ON j.tenant_id = i.tenant_id AND j.id = i.job_id
             WHERE i.tenant_id = :tenant AND i.chat_id = :to AND j.chat_id = :chat
               AND j.kind IN ('send_message', 'send_campaign')"
        );
        const MOVE: Scoped = scoped!(
            "UPDATE jobs SET chat_id = :to, args = json_set(args, '$.chat', :to_text)
             WHERE tenant_id = :tenant AND id = :id"
        );
        const OWN: Scoped = scoped!(
            "UPDATE jobs SET args = json_set(args, '$.chat', :to_text)
             WHERE tenant_id = :tenant AND chat_id = :to AND kind = 'answer_chat'
               AND state IN ('scheduled', 'available', 'running', 'retryable', 'held')"
        );
        let to_text = to.to_string();
        let found: Vec<JobId> =
            self.scope.rows(OF_MESSAGES, &[(":chat", &self.chat), (":to", &to)], |row| row.get(0))?;
        for id in found {
            self.scope.execute(MOVE, &[(":id", &id), (":to", &to), (":to_text", &to_text)])?;
        }
        self.scope.execute(OWN, &[(":to", &to), (":to_text", &to_text)]).map(drop)
    }

    /// Settings, notes and draft of the chat that is back.
    fn move_belongings(&self, to: ChatId, folded: &Folded) -> Result<(), StoreError> {
        const TAKE: Scoped = scoped!(
            "DELETE FROM settings WHERE tenant_id = :tenant AND scope = 'chat' AND scope_id = :chat AND key = :key
             AND value = :value AND updated_at = :at"
        );
        const SET: Scoped = scoped!(
            "INSERT INTO settings (tenant_id, scope, scope_id, key, value, updated_at)
             VALUES (:tenant, 'chat', :to, :key, :value, :at)
             ON CONFLICT (tenant_id, scope, scope_id, key)
             DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at"
        );
        const NOTE: Scoped =
            scoped!("UPDATE notes SET chat_id = :to WHERE tenant_id = :tenant AND chat_id = :chat AND id = :id");
        for setting in &folded.settings {
            let (key, value, at) = (&setting.key, &setting.value, &setting.updated_at);
            self.scope.execute(TAKE, &[(":chat", &self.chat), (":key", key), (":value", value), (":at", at)])?;
            self.scope.execute(SET, &[(":to", &to), (":key", key), (":value", value), (":at", at)])?;
        }
        for note in &folded.notes {
            self.scope.execute(NOTE, &[(":chat", &self.chat), (":to", &to), (":id", note)])?;
        }
        self.move_draft(to, folded)
    }

    fn move_draft(&self, to: ChatId, folded: &Folded) -> Result<(), StoreError> {
        const FIND: Scoped =
            scoped!("SELECT text, updated_at FROM drafts WHERE tenant_id = :tenant AND chat_id = :chat");
        const TAKE: Scoped = scoped!("DELETE FROM drafts WHERE tenant_id = :tenant AND chat_id = :chat");
        const SET: Scoped =
            scoped!("INSERT INTO drafts (tenant_id, chat_id, text, updated_at) VALUES (:tenant, :to, :text, :at)");
        let Some(draft) = &folded.draft else { return Ok(()) };
        let now = self
            .scope
            .row(FIND, &[(":chat", &self.chat)], |row| Ok(Draft { text: row.get(0)?, updated_at: row.get(1)? }))?;
        match (&folded.kept_draft, now) {
            // It was the only one, and was sent or thrown away since.
            (None, None) => return Ok(()),
            (None, Some(now)) if now == *draft => {
                self.scope.execute(TAKE, &[(":chat", &self.chat)])?;
            }
            _ => {}
        }
        self.scope.execute(SET, &[(":to", &to), (":text", &draft.text), (":at", &draft.updated_at)]).map(drop)
    }
}

/// Writes a chat's row.
fn write(scope: &Scope<'_>, row: &ThreadRow) -> Result<(), StoreError> {
    const WRITE: Scoped = scoped!(
        "UPDATE chats
         SET address = :address, state = :state, reason = :reason, paused_until = :paused_until,
             snoozed_until = :snoozed_until, handoff_at = :handoff_at, needs_human = :needs_human,
             context_from = :context_from, unread = :unread,
             revision = :revision, last_at = :last_at, last_in_at = :last_in_at, last_out_at = :last_out_at,
             preview = :preview, waiting_since = :waiting_since
         WHERE tenant_id = :tenant AND id = :id"
    );
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[
        (":id", &row.id),
        (":address", &row.address),
        (":state", &row.state),
        (":reason", &row.reason),
        (":paused_until", &row.paused_until),
        (":snoozed_until", &row.snoozed_until),
        (":handoff_at", &row.handoff_at),
        (":needs_human", &row.needs_human),
        (":context_from", &row.context_from),
        (":unread", &row.unread),
        (":revision", &row.revision),
        (":last_at", &row.last_at),
        (":last_in_at", &row.last_in_at),
        (":last_out_at", &row.last_out_at),
        (":preview", &row.preview),
        (":waiting_since", &row.waiting_since),
    ];
    scope.execute(WRITE, params).map(drop)
}
