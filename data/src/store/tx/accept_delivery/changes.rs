//! What happens to a message after it was sent: acks, reactions, edits, deletions. WAHA keeps no order, so each of them
//! may come before the message.

use super::wish::{Heeded, Said};
use super::{Accepted, Intake, Origin};
use crate::model::chat::ChatState;
use crate::model::delivery::{AckEvent, EditedEvent, MessageEvent, ReactionEvent, RevokedEvent};
use crate::model::interaction::{Ack, Author, Direction, Interaction, InteractionState};
use crate::phone::Address;
use crate::scoped;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::scope::Scoped;
use crate::store::tx::outcome;
use crate::store::{chats, erasures, interactions, jobs, questions};

/// Why an answer under way ends when the customer took the question back.
const TAKEN_BACK: &str = "the customer took the question back";

/// What happened to a message before it came.
pub(super) enum Changed {
    /// Its words are these.
    Edited(String),
    /// It was taken back.
    Revoked,
}

impl Intake<'_, '_> {
    /// WAHA keeps no order: an edit or a deletion may come before its message. Takes what was kept of it.
    pub(super) fn take_early(&self, message: &MessageEvent) -> Result<Option<Changed>, StoreError> {
        const TAKE: Scoped = scoped!(
            "DELETE FROM early_changes WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :bare_id
             RETURNING kind, text"
        );
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":instance", &self.instance), (":bare_id", &message.bare_id)];
        let taken = self.scope.row(TAKE, params, |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        let Some((kind, text)) = taken else { return Ok(None) };
        Ok(match kind.as_str() {
            "revoked" => Some(Changed::Revoked),
            // An older version kept the words of an edit apart; those of this one are younger.
            _ if self.origin == Origin::Edit => None,
            _ => Some(Changed::Edited(text)),
        })
    }

    /// A message came that was taken back before: it stands in its chat as taken back, and nobody has to see to it.
    pub(super) fn keep_taken_back(&self, message: &MessageEvent, taken_back: &Interaction) -> Result<(), StoreError> {
        const STAND: Scoped = scoped!(
            "UPDATE chats SET revision = revision + 1, last_at = max(coalesce(last_at, 0), :at)
             WHERE tenant_id = :tenant AND id = :chat"
        );
        self.scope.execute(STAND, &[(":chat", &taken_back.chat), (":at", &taken_back.at)])?;
        self.revoke(&message.bare_id, None).map(drop)
    }

    pub(super) fn keep_early(&self, bare_id: &str, kind: &'static str, text: &str) -> Result<(), StoreError> {
        const KEEP: Scoped = scoped!(
            "INSERT INTO early_changes (tenant_id, instance_id, bare_id, kind, text, at)
             VALUES (:tenant, :instance, :bare_id, :kind, :text, :now)
             ON CONFLICT DO UPDATE SET kind = excluded.kind, text = excluded.text
             WHERE kind <> 'revoked'"
        );
        self.scope
            .execute(
                KEEP,
                &[
                    (":instance", &self.instance),
                    (":bare_id", &bare_id),
                    (":kind", &kind),
                    (":text", &text),
                    (":now", &self.now),
                ],
            )
            .map(drop)
    }

    pub(super) fn ack(&self, ack: &AckEvent) -> Result<Accepted, StoreError> {
        const EARLY: Scoped = scoped!(
            "INSERT INTO early_acks (tenant_id, instance_id, bare_id, ack, at)
             VALUES (:tenant, :instance, :bare_id, :ack, :now) ON CONFLICT DO NOTHING"
        );
        if !ack.from_me {
            return Ok(Accepted::Ignored);
        }
        let participant = ack.participant.as_ref().map_or("", Address::as_str);
        self.once(&format!("ack:{}:{participant}:{}", ack.bare_id, ack.ack), || {
            if let Some(message) = self.by_bare_id(&ack.bare_id)? {
                outcome::apply_ack(self.scope, &message, ack.ack, self.now)?;
            } else if ack.ack != Ack::Pending {
                self.scope.execute(
                    EARLY,
                    &[
                        (":instance", &self.instance),
                        (":bare_id", &ack.bare_id),
                        (":ack", &ack.ack),
                        (":now", &self.now),
                    ],
                )?;
            }
            Ok(Accepted::Stored)
        })
    }

    pub(super) fn reaction(&self, reaction: &ReactionEvent) -> Result<Accepted, StoreError> {
        const REACT: Scoped = scoped!(concat!(
            "UPDATE interactions SET reaction = nullif(:text, '')
             WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :target AND address <> :nobody
             RETURNING ",
            interactions::columns!()
        ));
        self.once(&format!("reaction:{}", reaction.bare_id), || {
            let changed = self.scope.rows(
                REACT,
                &[
                    (":instance", &self.instance),
                    (":target", &reaction.target_bare_id),
                    (":text", &reaction.text),
                    (":nobody", &erasures::nobody()),
                ],
                interactions::read,
            )?;
            for interaction in changed {
                self.scope.emit(Change::InteractionChanged(self.scope.tenant(), Box::new(interaction)));
            }
            Ok(Accepted::Stored)
        })
    }

    pub(super) fn edited(&self, edited: &EditedEvent, envelope_id: &str) -> Result<Accepted, StoreError> {
        // An edit without an id of its own is known by its envelope: the next one of the message has the same id.
        let has_id = edited.bare_id != edited.target_bare_id;
        let key = if has_id { edited.bare_id.as_str() } else { envelope_id };
        self.once(&format!("edited:{key}"), || {
            // New words of a message that was erased are none of ours either.
            if erasures::forgot_message(self.scope, self.instance, &edited.target_bare_id)? {
                return Ok(Accepted::Ignored);
            }
            let side = Direction::of(edited.from_me);
            let sender = edited.message.as_ref().map(|message| &message.chat);
            // Where the browser's engine gives the edit the id of its message, that message is the one that is known.
            for id in [&edited.target_bare_id, &edited.bare_id] {
                let changed = self.edit(id, &edited.text, side, sender)?;
                if changed.is_empty() {
                    continue;
                }
                // Nobody but a person changes what was sent from here.
                if let Some(ours) = changed.into_iter().find(|changed| changed.direction == Direction::Out) {
                    let at = edited.at.min(self.now);
                    self.take_over(&Interaction { at, ..ours }, edited.at)?;
                }
                return Ok(Accepted::Stored);
            }
            // It is there, but of the other side or in another chat: who changes it has not written it.
            if self.is_known(&edited.target_bare_id)? {
                return Ok(Accepted::Ignored);
            }
            match &edited.message {
                // It is the message itself for us: its own webhook may never come, and finds it in the store if it does.
                Some(message) => Intake { origin: Origin::Edit, ..*self }.message(message),
                None => {
                    self.keep_early(&edited.target_bare_id, "edited", &edited.text)?;
                    Ok(Accepted::Stored)
                }
            }
        })
    }

    /// Is this message of a customer there with its content, while nobody is known by its addresses? Some engines tell of a
    /// message a second time under the other address of its person.
    pub(super) fn is_known_of_another_address(&self, message: &MessageEvent) -> Result<bool, StoreError> {
        const KNOWN: Scoped = scoped!(
            "SELECT 1 FROM interactions
             WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :target AND direction = 'in'
               AND kind <> 'waiting' AND address <> :address
               AND NOT EXISTS (SELECT 1 FROM identities WHERE tenant_id = :tenant AND address = :address)
               AND NOT EXISTS (SELECT 1 FROM identities WHERE tenant_id = :tenant AND address = :alternate)"
        );
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[
            (":instance", &self.instance),
            (":target", &message.bare_id),
            (":address", &message.chat),
            (":alternate", &message.alternate),
        ];
        Ok(self.scope.row(KNOWN, params, |_| Ok(()))?.is_some())
    }

    /// Is a message of this id there, whoever wrote it?
    fn is_known(&self, bare_id: &str) -> Result<bool, StoreError> {
        const KNOWN: Scoped = scoped!(
            "SELECT 1 FROM interactions WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :target"
        );
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":instance", &self.instance), (":target", &bare_id)];
        Ok(self.scope.row(KNOWN, params, |_| Ok(()))?.is_some())
    }

    /// Changes the words of a message of one side, by whoever wrote it; returns what was changed. A customer changes what stands
    /// in their own chats alone, as far as their address is known.
    pub(super) fn edit(
        &self,
        bare_id: &str,
        text: &str,
        side: Direction,
        sender: Option<&Address>,
    ) -> Result<Vec<Interaction>, StoreError> {
        const EDIT: Scoped = scoped!(concat!(
            "UPDATE interactions
             SET original = coalesce(original, nullif(text, :text)), text = :text, state = CASE direction WHEN 'in' THEN 'edited' ELSE state END,
                 -- The model saw nothing to answer in the words of before.
                 reason = CASE WHEN substr(reason, 1, :length) = :ignored THEN NULL ELSE reason END,
                 open_revision = CASE WHEN direction = 'in' AND substr(reason, 1, :length) = :ignored
                                      THEN (SELECT h.revision + 1 FROM chats AS h
                                            WHERE h.tenant_id = :tenant AND h.id = interactions.chat_id)
                                      ELSE open_revision END
             WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :target AND direction = :side
               AND (:sender IS NULL
                    OR NOT EXISTS (SELECT 1 FROM identities WHERE tenant_id = :tenant AND address = :sender)
                    OR chat_id IN (SELECT h.id FROM identities AS i CROSS JOIN chats AS h
                                   WHERE i.tenant_id = :tenant AND i.address = :sender
                                     AND h.tenant_id = i.tenant_id AND h.contact_id = i.contact_id))
             RETURNING ",
            interactions::columns!()
        ));
        let length = i64::try_from(questions::IGNORED.len()).unwrap_or(i64::MAX);
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[
            (":instance", &self.instance),
            (":target", &bare_id),
            (":text", &text),
            (":ignored", &questions::IGNORED),
            (":length", &length),
            (":side", &side),
            (":sender", &sender),
        ];
        let changed = self.scope.rows(EDIT, params, interactions::read)?;
        self.tell_changed(&changed)?;
        Ok(changed)
    }

    pub(super) fn tell_changed(&self, changed: &[Interaction]) -> Result<(), StoreError> {
        for interaction in changed {
            if interaction.direction == Direction::In {
                self.changed_by_customer(interaction)?;
            }
            self.scope.emit(Change::InteractionChanged(self.scope.tenant(), Box::new(interaction.clone())));
        }
        Ok(())
    }

    /// An answer under way looks again. A message that was answered stays answered, whatever becomes of it or of others; where
    /// nothing is left to answer, an answer under way is taken back.
    pub(super) fn changed_by_customer(&self, interaction: &Interaction) -> Result<(), StoreError> {
        const REVISE: Scoped =
            scoped!("UPDATE chats SET revision = revision + 1 WHERE tenant_id = :tenant AND id = :chat");
        let rules = self.rules(Some(interaction.chat))?;
        // Whoever corrects a typing error means what stands there now.
        if interaction.state == InteractionState::Edited && interaction.author == Author::Customer {
            let said = Said {
                chat: interaction.chat,
                message: interaction.id,
                kind: interaction.kind,
                text: &interaction.text,
                at: interaction.at,
                address: &interaction.address,
            };
            if self.heed(&said, &rules)? == Heeded::Yes {
                return Ok(());
            }
        }
        let chat = interaction.chat;
        self.scope.execute(REVISE, &[(":chat", &chat)])?;
        let under_way = jobs::is_answering(self.scope, chat)?;
        if interaction.unanswered || (under_way && questions::any_open(self.scope, chat)?) {
            self.answer_after(chat, rules.burst_quiet, rules.burst_max)?;
        } else if jobs::is_answer_unsent(self.scope, chat)? {
            jobs::cancel_answer(self.scope, chat, TAKEN_BACK, self.now)?;
            chats::set_state(self.scope, chat, ChatState::Waiting, None)?;
        } else if interaction.state == InteractionState::Revoked && jobs::is_answer_in_doubt(self.scope, chat)? {
            // If it turns out that it was not sent, it is not sent any more.
            jobs::cancel_answer(self.scope, chat, TAKEN_BACK, self.now)?;
        }
        self.scope.emit(Change::ChatChanged(self.scope.tenant(), interaction.chat));
        Ok(())
    }

    pub(super) fn revoked(&self, revoked: &RevokedEvent) -> Result<Accepted, StoreError> {
        self.once(&format!("revoked:{}", revoked.target_bare_id), || {
            let changed = self.revoke(&revoked.target_bare_id, revoked.from_me.map(Direction::of))?;
            if changed.is_empty() && self.is_known(&revoked.target_bare_id)? {
                return Ok(Accepted::Ignored);
            }
            if changed.is_empty() {
                self.keep_early(&revoked.target_bare_id, "revoked", "")?;
            }
            // A person of the shop took back what was sent from here: the conversation is theirs.
            if let Some(ours) = changed.into_iter().find(|changed| changed.direction == Direction::Out) {
                let at = revoked.at.min(self.now);
                self.take_over(&Interaction { at, ..ours }, revoked.at)?;
            }
            Ok(Accepted::Stored)
        })
    }

    /// Marks a message as taken back, by its own side where that is known; returns what was changed.
    pub(super) fn revoke(&self, bare_id: &str, side: Option<Direction>) -> Result<Vec<Interaction>, StoreError> {
        const REVOKE: Scoped = scoped!(concat!(
            "UPDATE interactions
             SET original = coalesce(original, text), state = CASE direction WHEN 'in' THEN 'revoked' ELSE state END,
                 open_revision = NULL
             WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :target
               AND (:side IS NULL OR direction = :side)
             RETURNING ",
            interactions::columns!()
        ));
        let params: &[(&str, &dyn rusqlite::ToSql)] =
            &[(":instance", &self.instance), (":target", &bare_id), (":side", &side)];
        let changed = self.scope.rows(REVOKE, params, interactions::read)?;
        for interaction in &changed {
            chats::look_who_waits(self.scope, interaction.chat)?;
        }
        self.tell_changed(&changed)?;
        Ok(changed)
    }
}
