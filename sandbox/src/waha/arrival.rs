//! How a message comes into being on a phone, and how the webhooks hear of it.

use std::sync::Arc;

use super::message::{Ack, Content, Message, Source, chat_id};
use super::state::{Inner, Session};
use super::{Customer, Engine, Number, Status, shape};

impl Session {
    pub(crate) fn learn(&mut self, customer: &Customer) {
        let contact = self.contacts.entry(customer.chat_id()).or_default();
        contact.push_name = Some(customer.name.clone());
        if let Some(lid) = customer.lid.as_ref().filter(|lid| lid.number == Number::Shown) {
            self.lids.insert(lid.full(), customer.number_id());
        }
    }
}

impl Inner {
    /// Tells of a message: others' as `message` and `message.any`, own ones as `message.any` alone.
    pub(crate) fn announce(self: &Arc<Self>, name: &str, message: &Message) {
        let engine = self.options.engine;
        let (audience, payload) = {
            let state = self.state();
            let Some(session) = state.sessions.get(name) else {
                return;
            };
            (session.audience(engine), shape::message(engine, &session.owner(), message))
        };
        let (id, envelope) = (message.id(), self.envelope_id());
        if !message.from_me {
            self.publish(&audience, "message", &envelope, Some(&id), &payload);
        }
        // WEBJS makes the twin an envelope of its own.
        let envelope = if engine == Engine::Webjs { self.envelope_id() } else { envelope };
        self.publish(&audience, "message.any", &envelope, Some(&id), &payload);
        self.changes.tell();
    }

    /// What came while the session was down, with its old timestamps.
    pub(crate) fn release_backlog(self: &Arc<Self>, name: &str) {
        let waiting = match self.state().sessions.get_mut(name) {
            Some(session) if session.status == Status::Working => {
                let waiting = std::mem::take(&mut session.backlog);
                waiting.iter().for_each(|message| session.add(message.clone()));
                waiting
            }
            _ => Vec::new(),
        };
        for message in waiting {
            self.announce(name, &message);
        }
    }

    pub(crate) fn foreign_id(&self) -> String {
        match self.options.engine {
            Engine::Gows => format!("AC{}", self.seed.hex(30)),
            _ => format!("3F{}", self.seed.hex(18)),
        }
    }

    pub(crate) fn incoming(&self, customer: &Customer, content: Content, at_s: i64) -> Message {
        Message {
            bare_id: self.foreign_id(),
            chat: customer.chat_id(),
            participant: None,
            from_me: false,
            source: Source::App,
            timestamp: at_s,
            content,
            ack: if self.options.engine == Engine::Webjs { Ack::Server } else { Ack::Device },
            push_name: customer.name.clone(),
            alt: customer.alt(),
            reply_to: None,
        }
    }

    pub(crate) fn outgoing(&self, session: &Session, chat: &str, text: &str, source: Source, at_s: i64) -> Message {
        let owner = session.owner();
        let chat = chat_id(chat);
        let app = source == Source::App;
        Message {
            bare_id: if app { format!("3A{}", self.seed.hex(18)) } else { self.own_id() },
            participant: chat.ends_with("@g.us").then_some(owner.id),
            chat,
            from_me: true,
            source,
            timestamp: at_s,
            content: Content::Text(text.to_owned()),
            ack: match (source, self.options.engine) {
                (Source::Api, _) => Ack::Pending,
                (Source::App, Engine::Noweb) => Ack::Device,
                (Source::App, _) => Ack::Server,
            },
            push_name: owner.push_name,
            alt: None,
            reply_to: None,
        }
    }
}
