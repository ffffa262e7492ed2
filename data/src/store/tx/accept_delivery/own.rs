//! Messages of our own side: the echo of what we sent, or a human's.

use std::time::Duration;

use super::{Accepted, Intake, preview_of};
use crate::model::contact::Review;
use crate::model::delivery::{MessageEvent, Source};
use crate::model::interaction::Author;
use crate::scoped;
use crate::store::chats;
use crate::store::error::StoreError;
use crate::store::interactions::{self, Outbound};
use crate::store::scope::Scoped;
use crate::store::tx::outcome;

/// How much older than the start of a send its echo may seem: WhatsApp's clock has whole seconds.
const CLOCK_SLACK: Duration = Duration::from_secs(2);

impl Intake<'_, '_> {
    /// A message of our side: the echo of our own send, or a human's.
    pub(super) fn own_message(&self, message: &MessageEvent) -> Result<Accepted, StoreError> {
        const ECHO: Scoped = scoped!(
            "UPDATE interactions SET echoed_at = :now
             WHERE tenant_id = :tenant AND id = :id AND echoed_at IS NULL"
        );
        let ours = match self.by_bare_id(&message.bare_id)? {
            Some(known) => Some(known),
            None => self.sending_without_id(message)?,
        };
        if let Some(ours) = ours {
            if self.scope.execute(ECHO, &[(":id", &ours.interaction.id), (":now", &self.now)])? == 0 {
                return Ok(Accepted::Duplicate);
            }
            outcome::mark_sent(self.scope, &ours, Some(&message.bare_id), Some(&message.wa_id), self.now)?;
            if let Some(ack) = message.ack
                && let Some(ours) = interactions::find(self.scope, ours.interaction.id)?
            {
                outcome::apply_ack(self.scope, &ours, ack, self.now)?;
            }
            return Ok(Accepted::Stored);
        }
        if self.forgotten(message)? {
            return Ok(Accepted::Duplicate);
        }
        let name = None;
        let alternate = message.alternate.as_ref();
        let thread = chats::thread(self.scope, self.instance, &message.chat, alternate, name, Review::New, self.now)?;
        let author = if message.source == Source::Api { Author::Human } else { Author::Phone };
        let interaction = self.interaction(message, thread.chat, author);
        if !interactions::insert(self.scope, self.instance, &interaction, &self.extra(message), self.now)? {
            return Ok(Accepted::Duplicate);
        }
        let pause = self.rules(Some(thread.chat))?.takeover_pause;
        let text = preview_of(&interaction);
        crate::store::tx::send::human_spoke(
            self.scope,
            thread.chat,
            &text,
            interaction.at,
            message.at.min(self.now) + pause,
            self.now,
        )?;
        chats::answered(self.scope, thread.chat, interaction.id, interaction.at)?;
        self.scope.count("takeovers");
        Ok(Accepted::Stored)
    }

    pub(super) fn by_bare_id(&self, bare_id: &str) -> Result<Option<Outbound>, StoreError> {
        const FIND: Scoped = scoped!(concat!(
            "SELECT ",
            interactions::outbound_columns!(),
            " FROM interactions
             WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :bare_id AND direction = 'out'"
        ));
        self.scope.row(FIND, &[(":instance", &self.instance), (":bare_id", &bare_id)], interactions::read_outbound)
    }

    /// On servers without ids: the oldest send in this chat with this text that nobody has claimed.
    pub(super) fn sending_without_id(&self, message: &MessageEvent) -> Result<Option<Outbound>, StoreError> {
        const FIND: Scoped = scoped!(concat!(
            "SELECT ",
            interactions::outbound_columns!(),
            " FROM interactions
             WHERE tenant_id = :tenant AND instance_id = :instance
               -- The first list is that of the index, the second what is meant.
               AND state IN ('draft', 'held', 'queued', 'sending', 'unknown') AND state IN ('sending', 'unknown')
               -- A start in the future was written down by a clock that was ahead.
               AND bare_id IS NULL AND text = :text AND (sending_at <= :latest OR sending_at > :ahead)
               AND chat_id IN (SELECT h.id FROM chats AS h
                               JOIN identities AS i ON i.tenant_id = h.tenant_id AND i.contact_id = h.contact_id
                               WHERE h.tenant_id = :tenant AND i.address IN (:chat, :alternate))
             ORDER BY seq LIMIT 1"
        ));
        let Some(text) = &message.text else { return Ok(None) };
        let latest = message.at + CLOCK_SLACK;
        self.scope.row(
            FIND,
            &[
                (":instance", &self.instance),
                (":text", text),
                (":latest", &latest),
                (":ahead", &(self.now + CLOCK_SLACK)),
                (":chat", &message.chat),
                (":alternate", &message.alternate),
            ],
            interactions::read_outbound,
        )
    }
}
