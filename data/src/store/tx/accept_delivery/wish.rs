//! A customer's word that is an opt-out, or brings them back: what follows from it, in the transaction that stores it.

use super::Intake;
use crate::ids::{ChatId, ContactId, InteractionId};
use crate::model::chat::ChatState;
use crate::model::contact::{Contact, Review, SuppressionCause};
use crate::model::interaction::{Author, ContentKind, Interaction};
use crate::model::opt_out::{self, Wish, Word};
use crate::model::setting::{Rules, SettingKey};
use crate::phone::Address;
use crate::scoped;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::interactions::{self, Extra};
use crate::store::scope::Scoped;
use crate::store::settings::values;
use crate::store::tx::run_campaign;
use crate::store::{chats, contacts, jobs, recipients};
use crate::time::Timestamp;

/// How many later messages are looked through for a later word: nobody changes their mind more often than that.
const LATER_MAX: i64 = 200;

/// A message of a customer, as far as it may be such a word.
pub(super) struct Said<'s> {
    pub(super) chat: ChatId,
    pub(super) message: InteractionId,
    pub(super) kind: ContentKind,
    pub(super) text: &'s str,
    pub(super) at: Timestamp,
    pub(super) address: &'s Address,
}

/// Was a message a word that has been dealt with?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heeded {
    /// Yes: nobody needs to answer it, the assistant never does.
    Yes,
    /// It is a message like every other.
    No,
}

impl Intake<'_, '_> {
    /// Follows a word such as STOP or START. A private person's means nothing: friends say it to each other.
    pub(super) fn heed(&self, said: &Said<'_>, rules: &Rules) -> Result<Heeded, StoreError> {
        let Some(word) = opt_out::read(said.text).filter(|_| said.kind == ContentKind::Text) else {
            return Ok(Heeded::No);
        };
        let Some(contact) = chats::find(self.scope, said.chat)?.and_then(|chat| chat.contact) else {
            return Ok(Heeded::No);
        };
        let Some(person) = contacts::find(self.scope, contact)? else { return Ok(Heeded::No) };
        let silent = person.opted_out_at.is_some_and(|since| since <= said.at);
        if person.review == Review::Personal || (word.wish == Wish::Start && !silent) {
            return Ok(Heeded::No);
        }
        // Messages may come late or in another order: then what was said after them holds.
        let later = self.later(contact, said.at)?;
        let newest = later.last().and_then(|text| opt_out::read(text));
        if later.iter().any(|text| opt_out::read(text).is_some()) {
            self.note(said, word.wish)?;
            if let Some(newest) = newest {
                self.put_away(said.chat, ChatState::Done, newest.wish)?;
            }
            return Ok(Heeded::Yes);
        }
        match word.wish {
            Wish::Stop => {
                contacts::opt_out(self.scope, contact, said.at, SuppressionCause::Word, self.now)?;
                run_campaign::take_back_from(self.scope, contact, self.now)?;
                recipients::note_opt_out(self.scope, contact, said.at, self.now)?;
            }
            Wish::Start => {
                contacts::opt_in(self.scope, contact)?;
            }
        }
        self.note(said, word.wish)?;
        jobs::cancel_answer(self.scope, said.chat, word.wish.told(), self.now)?;
        let state = if later.is_empty() { ChatState::Done } else { ChatState::NeedsYou };
        self.put_away(said.chat, state, word.wish)?;
        let news = match word.wish {
            Wish::Stop => person.opted_out_at.is_none(),
            Wish::Start => true,
        };
        if news {
            self.scope.count(match word.wish {
                Wish::Stop => "optouts.stopped",
                Wish::Start => "optouts.started",
            });
            self.scope.emit(Change::Wished(self.scope.tenant(), said.chat, word.wish));
            if self.now.since(said.at) <= rules.freshness {
                self.confirm(said, word, &person)?;
            }
        }
        Ok(Heeded::Yes)
    }

    /// What the person wrote after an instant, on any number, oldest first.
    fn later(&self, contact: ContactId, at: Timestamp) -> Result<Vec<String>, StoreError> {
        const LATER: Scoped = scoped!(
            "SELECT text FROM interactions
             WHERE tenant_id = :tenant AND direction = 'in' AND kind = 'text' AND state <> 'revoked' AND at > :at
               AND chat_id IN (SELECT id FROM chats WHERE tenant_id = :tenant AND contact_id = :contact)
             ORDER BY at, seq LIMIT :limit"
        );
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":contact", &contact), (":at", &at), (":limit", &LATER_MAX)];
        self.scope.rows(LATER, params, |row| row.get(0))
    }

    /// The message says what its word has done, and asks for no answer.
    fn note(&self, said: &Said<'_>, wish: Wish) -> Result<(), StoreError> {
        const TOLD: Scoped = scoped!(concat!(
            "UPDATE interactions SET reason = :reason, open_revision = NULL
             WHERE tenant_id = :tenant AND id = :id RETURNING ",
            interactions::columns!()
        ));
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":id", &said.message), (":reason", &wish.told())];
        if let Some(told) = self.scope.row(TOLD, params, interactions::read)? {
            self.scope.emit(Change::InteractionChanged(self.scope.tenant(), Box::new(told)));
        }
        Ok(())
    }

    /// Nobody waits for an answer to such a word, and the chat says so.
    fn put_away(&self, chat: ChatId, state: ChatState, wish: Wish) -> Result<(), StoreError> {
        const ANSWERED: Scoped =
            scoped!("UPDATE chats SET waiting_since = NULL WHERE tenant_id = :tenant AND id = :chat");
        self.scope.execute(ANSWERED, &[(":chat", &chat)])?;
        chats::set_state(self.scope, chat, state, Some(wish.told()))
    }

    /// Tells the person once, in their language or in the owner's words. An empty text tells nothing.
    fn confirm(&self, said: &Said<'_>, word: Word, person: &Contact) -> Result<(), StoreError> {
        let values = values(self.scope, Some(self.instance), Some(said.chat))?;
        let text = match (word.wish, values.get(SettingKey::OptOutConfirmation)) {
            (Wish::Stop, Some(own)) => own,
            _ => word.confirmation(person.language.as_deref(), person.phone.as_ref()),
        };
        if text.trim().is_empty() {
            return Ok(());
        }
        let (text, to) = (text.to_owned(), said.address.clone());
        let confirmation = Interaction::outgoing(said.chat, to, Author::System, text, self.now);
        interactions::insert(self.scope, self.instance, &confirmation, &Extra::default(), self.now)?;
        jobs::insert_send(self.scope, said.chat, confirmation.id, self.now).map(drop)
    }
}
