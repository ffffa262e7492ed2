//! Messages that were sent from here and are not confirmed. Matched by `client_ref`, never by their words.

use std::time::Duration;

use mychatflow_data::ids::{ChatId, ClientRef, QuickReplyId};
use mychatflow_data::time::Timestamp;

/// How long the daemon may take before a send counts as unknown.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How long after it was written a message goes out by itself when the daemon is back.
const YOUNG: Duration = Duration::from_secs(5 * 60);

/// How far a send got, as far as this console knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// On its way to the daemon.
    Sending,
    /// The daemon has it; the message itself is about to come.
    Taken,
    /// The daemon refused it: it was not sent.
    Failed(String),
    /// The daemon did not answer: it may have been taken.
    Unknown,
}

/// A send that is not confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its id, made here.
    pub client_ref: ClientRef,
    /// Where it goes.
    pub chat: ChatId,
    /// The words.
    pub text: String,
    /// When it was sent.
    pub at: Timestamp,
    /// How far it got.
    pub stage: Stage,
    /// The quick reply that the words were, before they were edited.
    pub quick_reply: Option<QuickReplyId>,
}

impl Pending {
    /// A message that is about to be sent.
    #[must_use]
    pub const fn new(client_ref: ClientRef, chat: ChatId, text: String, at: Timestamp) -> Self {
        Self { client_ref, chat, text, at, stage: Stage::Sending, quick_reply: None }
    }
}

/// All of them, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    pending: Vec<Pending>,
}

impl Outbox {
    /// A new one.
    pub fn send(&mut self, pending: Pending) {
        self.pending.push(pending);
    }

    /// Those of a chat.
    pub fn of(&self, chat: ChatId) -> impl Iterator<Item = &Pending> {
        self.pending.iter().filter(move |pending| pending.chat == chat)
    }

    /// Is anything on its way?
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.pending.iter().any(|pending| pending.stage == Stage::Sending)
    }

    /// The daemon said so before the message itself came.
    pub fn taken(&mut self, client_ref: ClientRef) {
        self.set(client_ref, Stage::Taken);
    }

    /// The message itself came, before or after the daemon's answer: it stands in the thread from now on.
    pub fn confirm(&mut self, client_ref: ClientRef) {
        self.pending.retain(|pending| pending.client_ref != client_ref);
    }

    /// The daemon refused it.
    pub fn fail(&mut self, client_ref: ClientRef, reason: &str) {
        self.set(client_ref, Stage::Failed(reason.to_owned()));
    }

    /// Nobody knows whether the daemon has it.
    pub fn doubt(&mut self, client_ref: ClientRef) {
        self.set(client_ref, Stage::Unknown);
    }

    /// Those that nobody knows of, and that are not too old to be sent without asking.
    #[must_use]
    pub fn doubtful(&self, now: Timestamp) -> Vec<Pending> {
        let young = |pending: &&Pending| pending.stage == Stage::Unknown && now.since(pending.at) < YOUNG;
        self.pending.iter().filter(young).cloned().collect()
    }

    /// How many messages are known to nobody but this console.
    #[must_use]
    pub fn unsettled(&self) -> usize {
        self.pending.iter().filter(|pending| pending.stage != Stage::Taken).count()
    }

    /// Their chats.
    pub fn unsettled_chats(&self) -> impl Iterator<Item = ChatId> {
        self.pending.iter().filter(|pending| pending.stage != Stage::Taken).map(|pending| pending.chat)
    }

    /// Sends one once more under the same id, so that the daemon takes it at most once.
    pub fn again(&mut self, client_ref: ClientRef, now: Timestamp) -> Option<&Pending> {
        let pending = self.pending.iter_mut().find(|pending| pending.client_ref == client_ref)?;
        pending.stage = Stage::Sending;
        pending.at = now;
        Some(pending)
    }

    /// What has waited too long becomes unknown. Returns when the next one will have.
    pub fn age(&mut self, now: Timestamp) -> Option<Timestamp> {
        for pending in &mut self.pending {
            if pending.stage == Stage::Sending && now.since(pending.at) >= PATIENCE {
                pending.stage = Stage::Unknown;
            }
        }
        self.pending.iter().filter(|pending| pending.stage == Stage::Sending).map(|pending| pending.at + PATIENCE).min()
    }

    fn set(&mut self, client_ref: ClientRef, stage: Stage) {
        if let Some(pending) = self.pending.iter_mut().find(|pending| pending.client_ref == client_ref) {
            pending.stage = stage;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_send_is_confirmed_by_its_own_id_alone() {
        let (mut outbox, now) = (Outbox::default(), Timestamp::from_millis(0));
        let (chat, one, two) = (ChatId::new(), ClientRef::new(), ClientRef::new());
        outbox.send(Pending::new(one, chat, "hi".to_owned(), now));
        outbox.send(Pending::new(two, chat, "hi".to_owned(), now));
        outbox.confirm(two);
        assert_eq!(outbox.of(chat).map(|pending| pending.client_ref).collect::<Vec<_>>(), [one]);
        assert_eq!(outbox.age(now + PATIENCE), None);
        assert_eq!(outbox.of(chat).next().map(|pending| pending.stage.clone()), Some(Stage::Unknown));
        outbox.confirm(one);
        assert_eq!(outbox.of(chat).count(), 0);
    }
}
