//! What a message holds, in the words that are stored of it, and the contents that only a human can deal with.

use super::{Intake, preview};
use crate::ids::ChatId;
use crate::model::delivery::MessageEvent;
use crate::model::interaction::{ContentKind, Direction, Interaction};
use crate::scoped;
use crate::store::change::Change;
use crate::store::erasures;
use crate::store::error::StoreError;
use crate::store::interactions::{self, Question};
use crate::store::scope::Scoped;
use crate::store::tx::accept_delivery::Accepted;

/// Why a vote needs a human.
pub(super) const VOTED: &str = "voted in a poll";

/// The words of a message: what it says, with the name of its file before it, by which people look for it.
///
/// Sends of ours are found again by their caption alone; that is asked before these words are made.
pub(super) fn words(message: &MessageEvent) -> String {
    let text = message.text.as_deref().unwrap_or_default();
    let file = message.media.as_ref().and_then(|media| media.filename.as_deref());
    match file.filter(|_| message.kind == ContentKind::Document) {
        Some(name) if text.is_empty() || text == name => name.to_owned(),
        Some(name) => format!("{name}\n{text}"),
        None => text.to_owned(),
    }
}

impl Intake<'_, '_> {
    /// A message that WhatsApp could not decrypt before is readable now: it takes the place of its placeholder. Where it was
    /// edited meanwhile, the new words stay.
    pub(super) fn fill_in(
        &self,
        message: &MessageEvent,
        question: Question,
    ) -> Result<Option<Interaction>, StoreError> {
        const FILL: Scoped = scoped!(concat!(
            "UPDATE interactions
             SET kind = :kind, media = :media,
                 text = CASE WHEN state = 'edited' THEN text ELSE :text END,
                 original = CASE WHEN state = 'edited' THEN coalesce(nullif(original, ''), nullif(:text, text)) ELSE original END,
                 open_revision = CASE WHEN :open THEN (SELECT h.revision + 1 FROM chats AS h
                                                       WHERE h.tenant_id = :tenant AND h.id = interactions.chat_id) END
             WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :bare_id AND direction = :direction
               AND kind = 'waiting' AND :kind <> 'waiting' AND address <> :nobody
             RETURNING ",
            interactions::columns!()
        ));
        let direction = if message.from_me { Direction::Out } else { Direction::In };
        let filled = self.scope.row(
            FILL,
            &[
                (":instance", &self.instance),
                (":bare_id", &message.bare_id),
                (":direction", &direction),
                (":kind", &message.kind),
                (":text", &words(message)),
                (":media", &self.extra(message).media),
                (":open", &(question == Question::Open)),
                (":nobody", &erasures::nobody()),
            ],
            interactions::read,
        )?;
        if let Some(filled) = &filled {
            self.scope.emit(Change::InteractionChanged(self.scope.tenant(), Box::new(filled.clone())));
        }
        Ok(filled)
    }

    /// A message that is in the store by its edit comes after all: what it said before is kept beside its words. Of messages
    /// that are in the store alone.
    pub(super) fn keep_original(&self, message: &MessageEvent) -> Result<(), StoreError> {
        const KEEP: Scoped = scoped!(concat!(
            "UPDATE interactions SET original = :text, media = coalesce(media, :media)
             WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :bare_id AND direction = 'in'
               AND state = 'edited' AND original IS NULL AND text <> :text AND :text <> ''
             RETURNING ",
            interactions::columns!()
        ));
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[
            (":instance", &self.instance),
            (":bare_id", &message.bare_id),
            (":text", &words(message)),
            (":media", &self.extra(message).media),
        ];
        if let Some(kept) = self.scope.row(KEEP, params, interactions::read)? {
            self.scope.emit(Change::InteractionChanged(self.scope.tenant(), Box::new(kept)));
        }
        Ok(())
    }

    /// Nothing will answer this: a human is asked, now or, where an answer to what was said before is on its way, after it.
    pub(super) fn ask_human(&self, chat: ChatId, reason: &str) -> Result<(), StoreError> {
        const ASK: Scoped = scoped!(
            "UPDATE chats SET needs_human = :reason,
                 state = CASE WHEN state = 'assistant' THEN state ELSE 'needs_you' END,
                 reason = CASE WHEN state = 'assistant' THEN reason ELSE :reason END
             WHERE tenant_id = :tenant AND id = :chat"
        );
        self.scope.execute(ASK, &[(":chat", &chat), (":reason", &reason)]).map(drop)
    }

    /// What was voted for, and in which poll, where that is in the store.
    pub(super) fn vote_words(&self, options: &[String], poll: Option<&str>) -> Result<String, StoreError> {
        const POLL: Scoped = scoped!(
            "SELECT text FROM interactions
             WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :poll LIMIT 1"
        );
        let mut words =
            if options.is_empty() { "[vote]".to_owned() } else { format!("[vote: {}]", options.join(", ")) };
        if let Some(poll) = poll {
            let question: Option<String> =
                self.scope.row(POLL, &[(":instance", &self.instance), (":poll", &poll)], |row| row.get(0))?;
            if let Some(question) = question.filter(|question| !question.is_empty()) {
                words = format!("{words} {}", preview(&question));
            }
        }
        Ok(words)
    }

    /// Writes the question of its poll beside a vote. Of votes alone, which are rare.
    pub(super) fn name_poll(&self, vote: &mut Interaction) -> Result<(), StoreError> {
        if vote.kind == ContentKind::Poll && vote.text == "[vote]" && vote.reply_to.is_some() {
            vote.text = self.vote_words(&[], vote.reply_to.as_deref())?;
        }
        Ok(())
    }

    /// Puts what was voted for into the message that carried the vote, unless that is known.
    pub(super) fn fill_in_vote(&self, chat: ChatId, bare_id: &str, text: &str) -> Result<Accepted, StoreError> {
        const FILL: Scoped = scoped!(concat!(
            "UPDATE interactions SET text = :text
             WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :bare_id AND direction = 'in'
               AND kind = 'poll' AND (text = '[vote]' OR text LIKE '[vote] %')
             RETURNING ",
            interactions::columns!()
        ));
        const PREVIEW: Scoped = scoped!(
            "UPDATE chats SET preview = :preview
             WHERE tenant_id = :tenant AND id = :chat AND (preview = '[vote]' OR preview LIKE '[vote] %')"
        );
        let params: &[(&str, &dyn rusqlite::ToSql)] =
            &[(":instance", &self.instance), (":bare_id", &bare_id), (":text", &text)];
        let Some(filled) = self.scope.row(FILL, params, interactions::read)? else { return Ok(Accepted::Duplicate) };
        self.scope.execute(PREVIEW, &[(":chat", &chat), (":preview", &preview(text))])?;
        self.scope.emit(Change::InteractionChanged(self.scope.tenant(), Box::new(filled)));
        self.scope.emit(Change::ChatChanged(self.scope.tenant(), chat));
        Ok(Accepted::Stored)
    }
}
