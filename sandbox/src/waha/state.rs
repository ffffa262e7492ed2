//! Everything the server knows, behind one lock that no await ever sees.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::message::Message;
use super::route::Operation;
use super::shape::Owner;
use super::webhook::{Audience, Post, Webhook};
use super::{Customer, Engine, Options, Status};
use crate::clock;
use crate::faults::{Fault, Plan, WebhookFault};
use crate::http::Door;
use crate::log::{Changes, Log, Requests};
use crate::seed::Seed;

/// What the reported version can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Features {
    /// A client may choose the id of a message.
    pub(crate) message_ids: bool,
    /// Sessions beside `default`, files, `/health`.
    pub(crate) plus: bool,
    /// `session.status` carries `data`.
    pub(crate) status_data: bool,
    /// The server tells how many new chats an account may start, and of its time-lock by a call.
    pub(crate) limits: bool,
}

impl Features {
    pub(crate) fn of(version: &str, engine: Engine) -> Features {
        let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0_u32));
        let mut next = || numbers.next().unwrap_or(0);
        let version = (next(), next(), next());
        Features {
            message_ids: version >= (2026, 4, 3) && engine != Engine::Webjs,
            plus: version >= (2026, 6, 1),
            status_data: version >= (2026, 7, 0),
            limits: version >= (2026, 8, 1),
        }
    }
}

pub(crate) struct Inner {
    pub(crate) options: Options,
    pub(crate) features: Features,
    pub(crate) door: Door,
    /// When this life of the server began.
    pub(crate) started_ms: AtomicI64,
    pub(crate) seed: Seed,
    pub(crate) changes: Changes,
    pub(crate) log: Log,
    pub(crate) requests: Requests,
    pub(crate) faults: Plan<Operation, Fault>,
    pub(crate) webhook_faults: Plan<String, WebhookFault>,
    pub(crate) client: reqwest::Client,
    // Plain locks: handlers take them for a few map operations. An actor would put a queue in front
    // of every request, and the benches ask for several thousand a second.
    pub(crate) state: Mutex<State>,
    pub(crate) posted: Mutex<Vec<Arc<Post>>>,
}

impl Inner {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) sessions: BTreeMap<String, Session>,
    pub(crate) numbers_given: u64,
}

/// A person or a group as the address book has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contact {
    pub(crate) name: Option<String>,
    pub(crate) push_name: Option<String>,
}

/// A message of the history that the phone has not handed over yet.
pub(crate) struct Withheld {
    pub(crate) customer: Customer,
    pub(crate) message: Message,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Chat {
    /// Where its newest message is.
    pub(crate) last: usize,
}

pub(crate) struct Session {
    pub(crate) name: String,
    pub(crate) status: Status,
    pub(crate) statuses: Vec<(Status, i64)>,
    pub(crate) config: Option<Value>,
    pub(crate) hooks: Arc<[Webhook]>,
    /// Set by the first pairing; FAILED still shows it.
    pub(crate) owner: Option<Owner>,
    /// The account of the last pairing; a logout does not forget it.
    pub(crate) last_owner: Option<Owner>,
    /// Whether the account is kept from answers for now.
    pub(crate) hides_me: bool,
    /// What the phone has not handed over yet, where its history comes late.
    pub(crate) withheld: Option<Vec<Withheld>>,
    /// Whether the phone still knows this device.
    pub(crate) paired: bool,
    pub(crate) code: Option<String>,
    pub(crate) activity: Option<i64>,
    pub(crate) lifecycle: Arc<tokio::sync::Mutex<()>>,
    /// Counts every turn its way takes (start, stop, pairing): an older way ends where it sees a new number.
    pub(crate) run: Arc<AtomicU64>,
    /// Counts stops alone: pending retries of webhooks die with them.
    pub(crate) stops: Arc<AtomicU64>,
    pub(crate) messages: Vec<Message>,
    pub(crate) places: HashMap<String, usize>,
    pub(crate) chats: HashMap<String, Chat>,
    pub(crate) contacts: BTreeMap<String, Contact>,
    pub(crate) strangers: Vec<String>,
    pub(crate) known_as: BTreeMap<String, String>,
    /// Until when WhatsApp lets it write to nobody new, in seconds since 1970.
    pub(crate) locked_until_s: Option<i64>,
    /// How many new chats WhatsApp lets the account start.
    pub(crate) capping: Option<Value>,
    /// Whoever sends before this instant is refused, and the wait of so many milliseconds begins anew.
    pub(crate) slowed: Option<(i64, i64)>,
    pub(crate) lids: BTreeMap<String, String>,
    /// Under which address what is sent to a chat is told and kept.
    pub(crate) echoes_as: BTreeMap<String, String>,
    /// The time that is on every message of the history, instead of its own.
    pub(crate) made_up: Option<super::Stamps>,
    /// What customers wrote while the session was down.
    pub(crate) backlog: Vec<Message>,
}

impl Session {
    pub(crate) fn new(name: &str) -> Session {
        Session {
            name: name.to_owned(),
            status: Status::Stopped,
            statuses: Vec::new(),
            config: None,
            hooks: Arc::from([]),
            owner: None,
            last_owner: None,
            hides_me: false,
            withheld: None,
            paired: false,
            code: None,
            activity: None,
            lifecycle: Arc::default(),
            run: Arc::default(),
            stops: Arc::default(),
            messages: Vec::new(),
            places: HashMap::new(),
            chats: HashMap::new(),
            contacts: BTreeMap::new(),
            strangers: Vec::new(),
            known_as: BTreeMap::new(),
            locked_until_s: None,
            capping: None,
            slowed: None,
            lids: BTreeMap::new(),
            echoes_as: BTreeMap::new(),
            made_up: None,
            backlog: Vec::new(),
        }
    }

    /// Who we are; a nameless one before the first pairing.
    pub(crate) fn owner(&self) -> Owner {
        self.owner.clone().unwrap_or_else(|| Owner {
            session: self.name.clone(),
            id: "0@c.us".to_owned(),
            push_name: String::new(),
            lid: "0@lid".to_owned(),
        })
    }

    /// Those who hear of events from now on, until the session stops.
    pub(crate) fn audience(&self, engine: Engine) -> Audience {
        Audience {
            session: self.name.clone(),
            hooks: self.hooks.clone(),
            me: self.owner.as_ref().map(|owner| owner.me(engine)),
            metadata: self.config.as_ref().and_then(|config| config.get("metadata")).cloned(),
            stops: Some((self.stops.clone(), self.stops.load(Ordering::Acquire))),
        }
    }

    pub(crate) fn add(&mut self, message: Message) {
        let place = self.messages.len();
        let newer = self
            .chats
            .get(&message.chat)
            .and_then(|chat| self.messages.get(chat.last))
            .is_none_or(|last| last.timestamp <= message.timestamp);
        if newer {
            self.chats.insert(message.chat.clone(), Chat { last: place });
        }
        self.places.insert(message.bare_id.clone(), place);
        self.messages.push(message);
        self.activity = Some(clock::now_ms());
    }

    pub(crate) fn find(&self, bare_id: &str) -> Option<&Message> {
        self.places.get(bare_id).and_then(|place| self.messages.get(*place))
    }

    pub(crate) fn find_mut(&mut self, bare_id: &str) -> Option<&mut Message> {
        self.places.get(bare_id).and_then(|place| self.messages.get_mut(*place))
    }

    /// Whether `config.ignore` keeps this chat out at the source.
    pub(crate) fn ignores(&self, chat: &str) -> bool {
        let kind = match chat {
            "status@broadcast" => "status",
            chat if chat.ends_with("@g.us") => "groups",
            chat if chat.ends_with("@newsletter") => "channels",
            chat if chat.ends_with("@broadcast") => "broadcast",
            _ => return false,
        };
        self.config.as_ref().is_some_and(|config| config["ignore"][kind] == true)
    }

    /// Ends everything that belongs to the run so far.
    pub(crate) fn next_run(&mut self) -> u64 {
        self.run.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Ends that, and all pending retries with it.
    pub(crate) fn next_life(&mut self) -> u64 {
        self.stops.fetch_add(1, Ordering::AcqRel);
        self.next_run()
    }

    pub(crate) fn is_run(&self, run: u64) -> bool {
        self.run.load(Ordering::Acquire) == run
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_engines_decide_what_can_be_done() {
        let new = Features { message_ids: true, plus: true, status_data: true, limits: false };
        let old = Features { message_ids: false, plus: false, status_data: false, limits: false };
        assert_eq!(Features::of("2026.7.1", Engine::Gows), new);
        assert_eq!(Features::of("2026.7.1", Engine::Webjs), Features { message_ids: false, ..new });
        assert_eq!(Features::of("2026.4.1", Engine::Noweb), old);
        assert_eq!(Features::of("2026.4.3", Engine::Noweb), Features { message_ids: true, ..old });
    }
}
