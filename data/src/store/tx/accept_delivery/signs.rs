//! Signs of life that are no messages: typing, calls, votes.

use std::time::Duration;

use super::content::VOTED;
use super::{Accepted, Intake, preview};
use crate::ids::ChatId;
use crate::model::contact::Review;
use crate::model::delivery::{CallEvent, CallKind, PollVoteEvent, Presence, PresenceEvent};
use crate::model::interaction::{ContentKind, Interaction};
use crate::phone::{Address, AddressKind};
use crate::scoped;
use crate::store::change::Change;
use crate::store::chats::{self, Known};
use crate::store::error::StoreError;
use crate::store::interactions::{self, Extra};
use crate::store::scope::Scoped;
use crate::time::Timestamp;

/// How much longer the quiet window is while the customer types.
const TYPING_GRACE: Duration = Duration::from_secs(4);
/// An answer that starts later than this waits for something else than the end of a burst.
const BURST_SOON: Duration = Duration::from_secs(60);

impl Intake<'_, '_> {
    pub(super) fn presence(&self, presence: &PresenceEvent) -> Result<Accepted, StoreError> {
        const CHAT: Scoped = scoped!(
            "SELECT h.id FROM chats AS h
             JOIN identities AS i ON i.tenant_id = h.tenant_id AND i.contact_id = h.contact_id
             WHERE h.tenant_id = :tenant AND h.instance_id = :instance AND i.address = :address"
        );
        const MOVE: Scoped = scoped!(
            "UPDATE jobs SET run_at = min(:run_at, created_at + :cap_ms)
             WHERE tenant_id = :tenant AND chat_id = :chat AND kind = 'answer_chat' AND state = 'scheduled'
               AND run_at > :now AND run_at <= created_at + :cap_ms AND reply_id IS NULL
             RETURNING run_at"
        );
        let found: Option<ChatId> =
            self.scope.row(CHAT, &[(":instance", &self.instance), (":address", &presence.chat)], |row| row.get(0))?;
        let Some(chat) = found else {
            if presence.presence == Presence::Typing && self.may_be_awaited(&presence.chat)? {
                self.ask_who_is(&presence.chat)?;
            }
            return Ok(Accepted::Ignored);
        };
        let rules = self.rules(Some(chat))?;
        let wait = match presence.presence {
            Presence::Typing => rules.burst_quiet + TYPING_GRACE,
            Presence::Idle => rules.burst_quiet,
        };
        let cap_ms = i64::try_from(rules.burst_max.as_millis()).unwrap_or(i64::MAX);
        let run_at = self.now + wait;
        let moved: Option<Timestamp> = self.scope.row(
            MOVE,
            &[(":chat", &chat), (":run_at", &run_at), (":cap_ms", &cap_ms), (":now", &self.now)],
            |row| row.get(0),
        )?;
        if let Some(due) = moved {
            self.scope.emit(Change::JobDue(crate::model::job::JobKind::AnswerChat, due));
        }
        if presence.presence == Presence::Typing {
            self.scope.emit(Change::Typing(self.scope.tenant(), chat));
        }
        Ok(Accepted::Stored)
    }

    /// Nobody is known under an address that types: may it be the other one of somebody who is about to be answered?
    fn may_be_awaited(&self, address: &Address) -> Result<bool, StoreError> {
        const AWAITED: Scoped = scoped!(
            "SELECT 1 FROM jobs AS j
             WHERE j.tenant_id = :tenant AND j.kind = 'answer_chat' AND j.run_at > :now AND j.run_at <= :soon
               -- The first list is that of the index, the second what is meant.
               AND j.state IN ('scheduled', 'available', 'retryable') AND j.state = 'scheduled'
               AND EXISTS (SELECT 1 FROM chats AS h
                           WHERE h.tenant_id = :tenant AND h.id = j.chat_id AND h.instance_id = :instance
                             AND NOT EXISTS (SELECT 1 FROM identities AS i
                                             WHERE i.tenant_id = :tenant AND i.contact_id = h.contact_id
                                               AND i.address LIKE '%@lid'))
             LIMIT 1"
        );
        if address.kind() != AddressKind::Lid {
            return Ok(false);
        }
        let soon = self.now + BURST_SOON;
        let params: &[(&str, &dyn rusqlite::ToSql)] =
            &[(":instance", &self.instance), (":now", &self.now), (":soon", &soon)];
        Ok(self.scope.row(AWAITED, params, |_| Ok(()))?.is_some())
    }

    pub(super) fn call(&self, call: &CallEvent, envelope_id: &str) -> Result<Accepted, StoreError> {
        let Some(from) = call.from.as_ref().filter(|from| from.is_person()) else { return Ok(Accepted::Ignored) };
        self.once(&format!("call:{}:{envelope_id}", call.id), || {
            if self.before_erasure(from, call.at)? {
                return Ok(Accepted::Ignored);
            }
            let thread = chats::thread(self.scope, self.instance, from, None, None, Review::New, self.now)?;
            let text = match call.kind {
                CallKind::Voice => "[voice call]",
                CallKind::Video => "[video call]",
            };
            let at = call.at.min(self.now);
            let interaction = self.placeholder(thread.chat, from, ContentKind::Other, text.to_owned(), at);
            let bare_id = format!("call:{}", call.id);
            let extra = Extra { bare_id: Some(&bare_id), ..Extra::default() };
            if !interactions::insert(self.scope, self.instance, &interaction, &extra, self.now)? {
                return Ok(Accepted::Duplicate);
            }
            self.customer_spoke(thread.chat, from, text, at, at)?;
            if thread.known == Known::ByLidOnly {
                self.ask_who_is(from)?;
            }
            self.ask_human(thread.chat, "called you")?;
            Ok(Accepted::Stored)
        })
    }

    pub(super) fn poll_vote(&self, vote: &PollVoteEvent) -> Result<Accepted, StoreError> {
        self.once(&format!("poll:{}", vote.bare_id), || {
            let Some(chat) = vote.chat.as_ref().filter(|chat| chat.is_person()) else {
                return Ok(Accepted::Ignored);
            };
            if self.before_erasure(chat, vote.at)? {
                return Ok(Accepted::Ignored);
            }
            let thread = chats::thread(self.scope, self.instance, chat, None, None, Review::New, self.now)?;
            let at = vote.at.min(self.now);
            let text = self.vote_words(&vote.options, vote.poll.as_deref())?;
            let interaction = Interaction {
                reply_to: vote.poll.clone(),
                ..self.placeholder(thread.chat, chat, ContentKind::Poll, text.clone(), at)
            };
            let extra = Extra { bare_id: Some(&vote.bare_id), ..Extra::default() };
            if !interactions::insert(self.scope, self.instance, &interaction, &extra, self.now)? {
                // The message that carried the vote came first, and said only that there is one.
                return self.fill_in_vote(thread.chat, &vote.bare_id, &text);
            }
            self.customer_spoke(thread.chat, chat, &preview(&text), at, at)?;
            if thread.known == Known::ByLidOnly {
                self.ask_who_is(chat)?;
            }
            self.ask_human(thread.chat, VOTED)?;
            Ok(Accepted::Stored)
        })
    }

    pub(super) fn placeholder(
        &self,
        chat: ChatId,
        address: &Address,
        kind: ContentKind,
        text: String,
        at: Timestamp,
    ) -> Interaction {
        Interaction { kind, ..Interaction::received(chat, address.clone(), text, at) }
    }
}
