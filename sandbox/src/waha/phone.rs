//! The phones: the shop's, the customers', and another program that uses the same account.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::message::{Ack, Content, Message, Quoted, Source, bare_id, chat_id};
use super::server::Server;
use super::sessions::Phone;
use super::state::{Chat, Session, Withheld};
use super::webhook::{Audience, Post, Signed};
use super::{Customer, Lid, Number, Presence, Status, shape};
use crate::clock;
use crate::log::TimedOut;

/// How long the phone waits for a code before it gives up.
const SCAN_WAIT: Duration = Duration::from_secs(10);

/// Which way a message of the history went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Direction {
    /// The customer wrote it.
    In,
    /// The shop wrote it, on the phone.
    Out,
}

/// What a history shows in place of the times that the server lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stamps {
    /// The time of the request.
    OfTheRequest,
    /// One time on all messages, in seconds since 1970: when the server read them from the phone.
    At(i64),
    /// The same on the messages of our side alone. They stay in the place that they have among the others.
    OnOurs(i64),
}

/// Why the phone could not do it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PhoneError {
    /// No such session.
    #[error("there is no session {0}")]
    NoSession(String),
    /// The session shows no code.
    #[error("session {0} shows no code to scan")]
    NothingToScan(String),
    /// The session was never paired, or not any more.
    #[error("session {0} is not paired")]
    NotPaired(String),
    /// No such message, or the record was told not to keep it.
    #[error("there is no message {0}")]
    NoMessage(String),
    /// It took too long.
    #[error("the phone gave up")]
    TimedOut(#[from] TimedOut),
}

impl Server {
    /// Scans the code, or types the pairing code; waits until the session is WORKING. A session on its
    /// way to the code is waited for. Each scan is that of another phone, with a number of its own.
    pub async fn scan_qr(&self, session: &str) -> Result<(), PhoneError> {
        self.scan(session, Phone::Another).await
    }

    /// The phone of the last pairing scans the code again.
    pub async fn scan_qr_again(&self, session: &str) -> Result<(), PhoneError> {
        self.scan(session, Phone::Same).await
    }

    async fn scan(&self, session: &str, phone: Phone) -> Result<(), PhoneError> {
        self.known(session)?;
        let ready = self.wait_for(SCAN_WAIT, |server| match server.status(session) {
            Some(Status::Starting) => None,
            status => Some(status == Some(Status::ScanQrCode)),
        });
        if !ready.await? {
            return Err(PhoneError::NothingToScan(session.to_owned()));
        }
        self.inner.pair(session, phone).await;
        Ok(())
    }

    /// Removes the device on the phone: FAILED, until logout or restart.
    pub async fn unlink(&self, session: &str) -> Result<(), PhoneError> {
        self.known(session)?;
        self.inner.unpair(session);
        Ok(())
    }

    /// The phone loses its network and finds it again: STARTING, then WORKING.
    pub async fn drop_network(&self, session: &str) -> Result<(), PhoneError> {
        let run = self.with(session, |session| session.current_run())?;
        self.inner.enter(session, run, Status::Starting);
        tokio::time::sleep(self.inner.options.pace.starting).await;
        self.inner.enter(session, run, Status::Working);
        Ok(())
    }

    /// Puts a session into any status, as WAHA does when it has its own troubles.
    pub async fn force_status(&self, session: &str, status: Status) -> Result<(), PhoneError> {
        let run = self.with(session, |session| session.current_run())?;
        self.inner.enter(session, run, status);
        Ok(())
    }

    /// The server loses its own store: it does not know the session any more, and no webhook tells.
    pub async fn forget_session(&self, session: &str) -> Result<(), PhoneError> {
        self.known(session)?;
        self.inner.state().sessions.remove(session);
        self.inner.changes.tell();
        Ok(())
    }

    /// A customer writes. Returns the full id of the message. While the session is down the message
    /// waits, and comes with its old timestamp once it works again.
    pub async fn customer_says(&self, session: &str, customer: &Customer, text: &str) -> Result<String, PhoneError> {
        self.customer_sends(session, customer, Content::Text(text.to_owned())).await
    }

    /// A customer sends a picture, a voice note, a place.
    pub async fn customer_sends(
        &self,
        session: &str,
        customer: &Customer,
        content: Content,
    ) -> Result<String, PhoneError> {
        let message = self.inner.incoming(customer, content, seconds());
        self.arrive(session, Some(customer), message)
    }

    /// A message written earlier and delivered only now, in seconds since 1970.
    pub async fn customer_said_at(
        &self,
        session: &str,
        customer: &Customer,
        text: &str,
        at_s: i64,
    ) -> Result<String, PhoneError> {
        self.customer_sent_at(session, customer, Content::Text(text.to_owned()), at_s).await
    }

    /// A picture, a voice note, a place that was sent earlier and is delivered only now, in seconds since 1970.
    pub async fn customer_sent_at(
        &self,
        session: &str,
        customer: &Customer,
        content: Content,
        at_s: i64,
    ) -> Result<String, PhoneError> {
        let message = self.inner.incoming(customer, content, at_s);
        self.arrive(session, Some(customer), message)
    }

    /// A customer answers one message in particular.
    pub async fn customer_replies(
        &self,
        session: &str,
        customer: &Customer,
        text: &str,
        to: &str,
    ) -> Result<String, PhoneError> {
        let mut message = self.inner.incoming(customer, Content::Text(text.to_owned()), seconds());
        message.reply_to = Some(
            self.with(session, |session| {
                let quoted = session.find(bare_id(to))?;
                let author = if quoted.from_me { session.owner().id } else { quoted.chat.clone() };
                Some(Quoted {
                    bare_id: quoted.bare_id.clone(),
                    participant: author,
                    body: quoted.content.text().unwrap_or_default().to_owned(),
                })
            })?
            .ok_or_else(|| PhoneError::NoMessage(to.to_owned()))?,
        );
        self.arrive(session, Some(customer), message)
    }

    /// A customer begins to type, or stops.
    pub async fn customer_types(
        &self,
        session: &str,
        customer: &Customer,
        presence: Presence,
    ) -> Result<(), PhoneError> {
        let payload = shape::presence(&customer.chat_id(), presence.as_str());
        self.tell(session, "presence.update", None, &payload)
    }

    /// A customer writes into a group that the shop is in.
    pub async fn group_says(
        &self,
        session: &str,
        group: &str,
        customer: &Customer,
        text: &str,
    ) -> Result<String, PhoneError> {
        let chat = if group.contains('@') { group.to_owned() } else { format!("{group}@g.us") };
        let from = self.inner.incoming(customer, Content::Text(text.to_owned()), seconds());
        self.arrive(session, Some(customer), Message { participant: Some(from.chat.clone()), chat, ..from })
    }

    /// A customer publishes a story.
    pub async fn status_broadcast(&self, session: &str, customer: &Customer, text: &str) -> Result<String, PhoneError> {
        self.group_says(session, "status@broadcast", customer, text).await
    }

    /// A channel publishes a post.
    pub async fn channel_posts(&self, session: &str, channel: &str, text: &str) -> Result<String, PhoneError> {
        let nobody = Customer::new("", "");
        let chat = if channel.contains('@') { channel.to_owned() } else { format!("{channel}@newsletter") };
        let message = Message { chat, ..self.inner.incoming(&nobody, Content::Text(text.to_owned()), seconds()) };
        self.arrive(session, None, message)
    }

    /// The owner writes on the phone.
    pub async fn owner_types_on_phone(&self, session: &str, chat: &str, text: &str) -> Result<String, PhoneError> {
        let message = self.with(session, |session| self.inner.outgoing(session, chat, text, Source::App, seconds()))?;
        self.arrive(session, None, message)
    }

    /// The owner sends a picture, a place, anything from the phone.
    pub async fn owner_sends_from_phone(
        &self,
        session: &str,
        chat: &str,
        content: Content,
    ) -> Result<String, PhoneError> {
        let message = self.with(session, |session| self.inner.outgoing(session, chat, "", Source::App, seconds()))?;
        self.arrive(session, None, Message { content, ..message })
    }

    /// Another program writes through the same account.
    pub async fn api_sends(&self, session: &str, chat: &str, text: &str) -> Result<String, PhoneError> {
        let message = self.with(session, |session| self.inner.outgoing(session, chat, text, Source::Api, seconds()))?;
        self.arrive(session, None, message)
    }

    /// The author of a message changes it. Returns the id of the edit.
    pub async fn edit(&self, session: &str, message_id: &str, text: &str) -> Result<String, PhoneError> {
        let action = self.action(session, message_id, Content::Text(text.to_owned()))?;
        let (audience, payload) = self.with(session, |session| {
            if let Some(message) = session.find_mut(bare_id(message_id)) {
                message.content = Content::Text(text.to_owned());
            }
            let engine = self.inner.options.engine;
            (session.audience(engine), shape::edited(engine, &session.owner(), &action, bare_id(message_id)))
        })?;
        Ok(self.publish(&audience, "message.edited", &action, &payload))
    }

    /// The author of a message takes it back. Returns the id of the act.
    pub async fn revoke(&self, session: &str, message_id: &str) -> Result<String, PhoneError> {
        let action = self.action(session, message_id, Content::Nothing)?;
        let (audience, payload) = self.with(session, |session| {
            if let Some(message) = session.find_mut(bare_id(message_id)) {
                message.content = Content::Nothing;
            }
            let engine = self.inner.options.engine;
            (session.audience(engine), shape::revoked(engine, &session.owner(), &action, bare_id(message_id)))
        })?;
        Ok(self.publish(&audience, "message.revoked", &action, &payload))
    }

    /// A customer sticks an emoji on a message; an empty one takes it off. Returns the id of the reaction.
    pub async fn react(
        &self,
        session: &str,
        customer: &Customer,
        message_id: &str,
        emoji: &str,
    ) -> Result<String, PhoneError> {
        let action = self.inner.incoming(customer, Content::Nothing, seconds());
        let payload = shape::reaction(self.inner.options.engine, &action, emoji, message_id);
        let audience = self.with(session, |session| session.audience(self.inner.options.engine))?;
        Ok(self.publish(&audience, "message.reaction", &action, &payload))
    }

    /// A customer calls. Returns the id of the call.
    pub async fn call(&self, session: &str, customer: &Customer) -> Result<String, PhoneError> {
        let id = self.inner.seed.hex(32);
        let payload = shape::call(self.inner.options.engine, &customer.chat_id(), &id, clock::now_ms());
        self.tell(session, "call.received", None, &payload)?;
        Ok(id)
    }

    /// The customer reads everything we wrote in this chat.
    pub async fn read_up_to(&self, session: &str, chat: &str) -> Result<(), PhoneError> {
        self.ack_chat(session, chat, Ack::Read)
    }

    /// Sets how far one of our messages got, errors included.
    pub async fn ack(&self, session: &str, message_id: &str, ack: Ack) -> Result<(), PhoneError> {
        self.known(session)?;
        self.inner.raise_ack(session, bare_id(message_id), ack);
        Ok(())
    }

    /// Delivers all webhooks of a message again, byte for byte. Needs `Record::Everything`.
    pub async fn redeliver(&self, message_id: &str) -> Result<(), PhoneError> {
        let posts: Vec<Arc<Post>> = {
            let posted = self.inner.posted.lock().unwrap_or_else(PoisonError::into_inner);
            let same =
                |post: &&Arc<Post>| post.message_id.as_deref().is_some_and(|id| bare_id(id) == bare_id(message_id));
            posted.iter().filter(same).cloned().collect()
        };
        if posts.is_empty() {
            return Err(PhoneError::NoMessage(message_id.to_owned()));
        }
        for post in posts {
            self.inner.deliver(post, Duration::ZERO);
        }
        Ok(())
    }

    /// Tells of a message again as if it were new: same message, another envelope. NOWEB really does that.
    pub async fn redeliver_as_new_event(&self, session: &str, message_id: &str) -> Result<(), PhoneError> {
        let found = self.with(session, |session| session.find(bare_id(message_id)).cloned())?;
        let message = found.ok_or_else(|| PhoneError::NoMessage(message_id.to_owned()))?;
        self.inner.announce(session, &message);
        Ok(())
    }

    /// Posts any bytes to the webhooks of a session, once each. Returns what they answered.
    pub async fn deliver_raw(
        &self,
        session: &str,
        body: impl Into<Bytes>,
        signed: &Signed,
    ) -> Result<Vec<Option<u16>>, PhoneError> {
        let hooks = self.with(session, |session| session.hooks.clone())?;
        Ok(self.inner.post_raw(&hooks, &body.into(), signed).await)
    }

    /// Puts an event of any kind on its way, with an envelope and a signature.
    pub async fn tell_event(&self, session: &str, event: &str, payload: &Value) -> Result<(), PhoneError> {
        self.tell(session, event, None, payload)
    }

    /// Writes somebody into the address book, under the name the shop gave them.
    pub async fn add_contact(&self, session: &str, customer: &Customer, name: &str) -> Result<(), PhoneError> {
        self.with(session, |session| {
            session.learn(customer);
            let contact = session.contacts.entry(customer.chat_id()).or_default();
            contact.name = Some(name.to_owned());
        })
    }

    /// From now on the phone keeps back what [`Server::add_history`] adds, as a phone does that was just paired: lists
    /// and histories have nothing of it until [`Server::history_arrives`].
    pub async fn hold_history(&self, session: &str) -> Result<(), PhoneError> {
        self.with(session, |session| {
            session.withheld.get_or_insert_default();
        })
    }

    /// The phone hands over the next messages that it kept back, in the order they were added; nobody is told. Returns
    /// how many it still keeps.
    pub async fn history_arrives(&self, session: &str, messages: usize) -> Result<usize, PhoneError> {
        self.with(session, |session| {
            let Some(mut kept) = session.withheld.take() else { return 0 };
            let later = kept.split_off(messages.min(kept.len()));
            for Withheld { customer, message } in kept {
                session.learn(&customer);
                session.add(message);
            }
            let left = later.len();
            session.withheld = Some(later);
            left
        })
    }

    /// The session tells no account although it is paired, or tells it again.
    pub async fn hide_me(&self, session: &str, hidden: bool) -> Result<(), PhoneError> {
        self.with(session, |session| session.hides_me = hidden)
    }

    /// A message that is in the history but was never told: old, or missed. Returns its full id.
    pub async fn add_history(
        &self,
        session: &str,
        customer: &Customer,
        direction: Direction,
        text: &str,
        at_s: i64,
    ) -> Result<String, PhoneError> {
        self.with(session, |session| {
            let mut message = match direction {
                Direction::In => self.inner.incoming(customer, Content::Text(text.to_owned()), at_s),
                Direction::Out => self.inner.outgoing(session, &customer.chat_id(), text, Source::App, at_s),
            };
            message.ack = Ack::Read;
            let id = message.id();
            match &mut session.withheld {
                Some(withheld) => withheld.push(Withheld { customer: customer.clone(), message }),
                None => {
                    session.learn(customer);
                    session.add(message);
                }
            }
            id
        })
    }

    /// Tells WAHA which number is behind a hidden id.
    pub async fn map_lid(&self, session: &str, lid: &str, phone: &str) -> Result<(), PhoneError> {
        let lid = Lid { id: lid.to_owned(), number: Number::Shown }.full();
        let number = Customer::new(phone, "").number_id();
        self.with(session, |session| {
            session.lids.insert(lid, number);
        })
    }

    /// From now on what is sent to a chat is told, answered and kept under the other address of the same person.
    pub async fn echo_as(&self, session: &str, chat: &str, other: &str) -> Result<(), PhoneError> {
        let (chat, other) = (chat_id(chat), chat_id(other));
        self.with(session, |session| {
            session.echoes_as.insert(chat, other);
        })
    }

    /// The server loses the times of its messages: the history shows others in their place.
    pub async fn make_up_stamps(&self, session: &str, stamps: Stamps) -> Result<(), PhoneError> {
        self.with(session, |session| session.made_up = Some(stamps))
    }

    /// The server forgets what it sent to a chat and reads it from the phone anew: it is there under another id, under the other
    /// address of the person, and as if it were typed on the phone. Returns how many messages that were.
    pub async fn reread_sent(&self, session: &str, chat: &str, other: &str) -> Result<usize, PhoneError> {
        let (chat, other) = (chat_id(chat), chat_id(other));
        self.with(session, |session| {
            let mut reread = 0;
            for (place, message) in session.messages.iter_mut().enumerate() {
                if message.from_me && message.chat == chat {
                    session.places.remove(&message.bare_id);
                    message.bare_id = format!("3A{}", self.inner.seed.hex(18));
                    session.places.insert(message.bare_id.clone(), place);
                    message.chat.clone_from(&other);
                    message.source = Source::App;
                    session.chats.insert(other.clone(), Chat { last: place });
                    reread += 1;
                }
            }
            reread
        })
    }

    /// A number that `check-exists` does not find.
    pub async fn not_on_whatsapp(&self, session: &str, phone: &str) -> Result<(), PhoneError> {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        self.with(session, |session| session.strangers.push(digits))
    }

    /// A number that `check-exists` finds under another one, such as a Brazilian one without its ninth digit.
    pub async fn known_as(&self, session: &str, phone: &str, chat_id: &str) -> Result<(), PhoneError> {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        self.with(session, |session| {
            session.known_as.insert(digits, chat_id.to_owned());
        })
    }

    /// WhatsApp lets the account write to nobody new for a while. WAHA tells it of the session.
    pub async fn lock_out(&self, session: &str, span: Duration) -> Result<(), PhoneError> {
        let span_s = i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        self.with(session, |session| session.locked_until_s = Some(clock::now_ms() / 1000 + span_s))
    }

    /// WhatsApp lets the account start so many new chats, of which so many are used; -1 is no limit. A server that knows of it
    /// says so with another `session.status` of `WORKING`.
    pub async fn cap_new_chats(
        &self,
        session: &str,
        status: &str,
        (used, quota): (i64, i64),
        cycle_end_s: i64,
    ) -> Result<(), PhoneError> {
        let told = json!({
            "cappingStatus": status, "totalQuota": quota, "usedQuota": used, "cycleStart": cycle_end_s - 30 * 86_400,
            "cycleEnd": cycle_end_s, "mvStatus": "NOT_ELIGIBLE", "oteStatus": "NOT_ELIGIBLE",
        });
        let run = self.with(session, |session| {
            session.capping = Some(told);
            session.current_run()
        })?;
        if self.inner.features.limits {
            self.inner.enter(session, run, Status::Working);
        }
        Ok(())
    }

    /// WhatsApp finds that the account sends too much: it refuses every message with `rate-overlimit`, until none was tried for
    /// this long.
    pub async fn slow_down(&self, session: &str, span: Duration) -> Result<(), PhoneError> {
        let span_ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 2);
        self.with(session, |session| session.slowed = Some((clock::now_ms() + span_ms, span_ms)))
    }

    /// The full id of the newest message that somebody else wrote in this chat.
    pub fn last_in(&self, session: &str, chat: &str) -> Option<String> {
        self.last(session, chat, Direction::In)
    }

    /// The full id of the newest message that the shop wrote in this chat.
    pub fn last_out(&self, session: &str, chat: &str) -> Option<String> {
        self.last(session, chat, Direction::Out)
    }

    fn last(&self, session: &str, chat: &str, direction: Direction) -> Option<String> {
        let chat = chat_id(chat);
        let own = direction == Direction::Out;
        let state = self.inner.state();
        let messages = state.sessions.get(session)?.messages.iter().rev();
        messages.filter(|message| message.chat == chat && message.from_me == own).map(Message::id).next()
    }

    fn known(&self, session: &str) -> Result<(), PhoneError> {
        self.with(session, |_| ())
    }

    fn with<T>(&self, name: &str, change: impl FnOnce(&mut Session) -> T) -> Result<T, PhoneError> {
        let mut state = self.inner.state();
        let session = state.sessions.get_mut(name).ok_or_else(|| PhoneError::NoSession(name.to_owned()))?;
        Ok(change(session))
    }

    fn tell(&self, name: &str, event: &str, message_id: Option<&str>, payload: &Value) -> Result<(), PhoneError> {
        let audience = self.with(name, |session| session.audience(self.inner.options.engine))?;
        self.inner.publish(&audience, event, &self.inner.envelope_id(), message_id, payload);
        Ok(())
    }

    fn publish(&self, audience: &Audience, event: &str, action: &Message, payload: &Value) -> String {
        let id = action.id();
        self.inner.publish(audience, event, &self.inner.envelope_id(), Some(&id), payload);
        id
    }

    /// A message by the author of another one.
    fn action(&self, session: &str, message_id: &str, content: Content) -> Result<Message, PhoneError> {
        let found = self.with(session, |session| session.find(bare_id(message_id)).cloned())?;
        let of = found.ok_or_else(|| PhoneError::NoMessage(message_id.to_owned()))?;
        Ok(Message { bare_id: self.inner.foreign_id(), timestamp: seconds(), content, reply_to: None, ..of })
    }

    fn ack_chat(&self, session: &str, chat: &str, ack: Ack) -> Result<(), PhoneError> {
        let chat = chat_id(chat);
        let ids: Vec<String> = self.with(session, |session| {
            let own =
                session.messages.iter().filter(|message| message.from_me && message.chat == chat && message.ack < ack);
            own.map(|message| message.bare_id.clone()).collect()
        })?;
        for id in ids {
            self.inner.raise_ack(session, &id, ack);
        }
        Ok(())
    }

    fn arrive(&self, name: &str, customer: Option<&Customer>, message: Message) -> Result<String, PhoneError> {
        let id = message.id();
        let now = self.with(name, |session| {
            if !session.paired {
                return Err(PhoneError::NotPaired(name.to_owned()));
            }
            if session.ignores(&message.chat) {
                return Ok(None);
            }
            if let Some(customer) = customer {
                session.learn(customer);
            }
            if session.status != Status::Working {
                session.backlog.push(message);
                return Ok(None);
            }
            session.add(message.clone());
            Ok(Some(message))
        })??;
        if let Some(message) = now {
            self.inner.announce(name, &message);
        }
        Ok(id)
    }
}

fn seconds() -> i64 {
    clock::now_ms() / 1000
}
