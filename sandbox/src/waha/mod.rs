//! A WAHA on loopback: its HTTP API, its webhooks, and the phone at the other end.

mod arrival;
mod chats;
mod contacts;
mod customer;
mod files;
mod info;
mod message;
mod phone;
mod qr;
mod refusal;
mod route;
mod send;
mod server;
mod sessions;
mod shape;
mod state;
mod status;
mod webhook;

use std::time::Duration;

pub use customer::{Customer, Lid, Number, Presence};
pub use message::{Ack, Content};
pub use phone::{Direction, PhoneError, Stamps};
pub use route::Operation;
pub use server::Server;
pub use status::Status;
pub use webhook::Signed;

use crate::log::Record;

/// Which WhatsApp library the server pretends to run. It decides the shape of almost everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Baileys, WAHA's default.
    #[default]
    Noweb,
    /// whatsmeow.
    Gows,
    /// whatsapp-web.js in a browser.
    Webjs,
}

impl Engine {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Engine::Noweb => "NOWEB",
            Engine::Gows => "GOWS",
            Engine::Webjs => "WEBJS",
        }
    }
}

/// How far the acks of our own messages get by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Acks {
    /// No ack at all; for benches.
    Off,
    /// The customer's phone has it; reading is left to `read_up_to`.
    Delivered,
    /// The customer reads at once.
    #[default]
    Read,
}

/// Whether a message sent through the API comes back as `message.any`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Echo {
    /// As WAHA does.
    #[default]
    On,
    /// For benches.
    Off,
}

/// What the server makes of `offset` in its lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offsets {
    /// A page begins there.
    #[default]
    Heeded,
    /// Every page is the first one, as on some servers.
    Ignored,
}

/// How long things take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// From STARTING to the next status.
    pub starting: Duration,
    /// What stop, restart and logout take.
    pub lifecycle: Duration,
    /// How long a lifecycle call waits for the one before it, until `async-lock timed out`.
    pub lock: Duration,
    /// How long a call waits for a session that is not running.
    pub running_wait: Duration,
    /// How long a call waits for the right status.
    pub status_wait: Duration,
    /// Between two acks of a message.
    pub ack: Duration,
    /// What one second of a webhook's retry policy takes, and of a `Retry-After`.
    pub retry_second: Duration,
}

impl Pace {
    /// Tests: everything in its order, nothing slow.
    pub fn quick() -> Pace {
        Pace {
            starting: Duration::from_millis(10),
            lifecycle: Duration::from_millis(30),
            lock: Duration::from_millis(50),
            running_wait: Duration::from_millis(100),
            status_wait: Duration::from_millis(400),
            ack: Duration::from_millis(5),
            retry_second: Duration::from_millis(10),
        }
    }

    /// As measured on a real server.
    pub fn real() -> Pace {
        Pace {
            starting: Duration::from_millis(400),
            lifecycle: Duration::from_secs(3),
            lock: Duration::from_secs(5),
            running_wait: Duration::from_secs(5),
            status_wait: Duration::from_secs(10),
            ack: Duration::from_millis(350),
            retry_second: Duration::from_secs(1),
        }
    }
}

/// What kind of WAHA to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port on 127.0.0.1; any free one when `None`.
    pub port: Option<u16>,
    /// What `X-Api-Key` must say.
    pub api_key: String,
    /// The WhatsApp library.
    pub engine: Engine,
    /// The version it reports, which also decides what it can do: client-chosen message ids since
    /// 2026.4.3, sessions beside `default` and sending files since 2026.6.1.
    pub version: String,
    /// How long the first pairing code lives.
    pub qr_first: Duration,
    /// How long each later code lives.
    pub qr_next: Duration,
    /// How long everything else takes.
    pub pace: Pace,
    /// How far acks get by themselves.
    pub acks: Acks,
    /// Whether own messages come back.
    pub echo: Echo,
    /// What it makes of `offset` in its lists.
    pub offsets: Offsets,
    /// Webhooks for every session, in the form of `config.webhooks`: added to the session's own and
    /// invisible in the API, as those of WAHA's environment variables.
    pub global_webhooks: Vec<serde_json::Value>,
    /// How much is remembered.
    pub record: Record,
    /// The name on the shop's WhatsApp account.
    pub push_name: String,
    /// The shop's number, digits only; the second session gets the next number.
    pub phone: u64,
    /// The same seed gives the same ids and codes.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            port: None,
            api_key: "sandbox-waha-key".to_owned(),
            engine: Engine::Noweb,
            version: "2026.7.1".to_owned(),
            qr_first: Duration::from_secs(60),
            qr_next: Duration::from_secs(20),
            pace: Pace::quick(),
            acks: Acks::Read,
            echo: Echo::On,
            offsets: Offsets::Heeded,
            global_webhooks: Vec::new(),
            record: Record::Everything,
            push_name: crate::shop::SHOP_NAME.to_owned(),
            phone: 447_700_900_500,
            seed: 1,
        }
    }
}
